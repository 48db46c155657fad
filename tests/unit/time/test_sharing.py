"""Tables are shared between equal calendars and threads, stay small, and never change an answer."""

from __future__ import annotations

import gc
import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from csdesk.domain.time import CalendarError, NoWorkingTime, WorkingCalendar, arithmetic
from csdesk.domain.time.days import DayRules
from csdesk.domain.time.instants import instant_of, written_in
from csdesk.domain.time.table import MAX_YEARS, SHARED_TABLES, SharedTable, SpanTable, shared_table

HOUR = timedelta(hours=1)
START = datetime(2026, 3, 6, 12, tzinfo=UTC)


def busy(holiday: date, zone: str = "America/New_York") -> WorkingCalendar:
    hours = [("00:30", "03:00"), ("09:00", "12:00"), ("13:00", "26:00")]
    return WorkingCalendar(zone=zone, weekly=dict.fromkeys(("mon", "wed", "sun"), hours), holidays=[holiday])


def years_of(calendar: WorkingCalendar) -> int:
    table = calendar._shared.table
    return 0 if table is None else table.last - table.first + 1


def fresh(calendar: WorkingCalendar) -> SharedTable:
    return SharedTable(DayRules(calendar._rules()))


def test_equal_calendars_share_one_table() -> None:
    one, two = busy(date(2026, 5, 1)), busy(date(2026, 5, 1))
    assert one is not two
    assert one.add(START, HOUR) == two.add(START, HOUR)
    assert one._shared is two._shared
    assert busy(date(2026, 5, 2))._shared is not one._shared


def test_a_table_grows_only_by_the_years_asked_for() -> None:
    calendar = busy(date(2026, 5, 3))
    calendar.is_open(START)
    assert years_of(calendar) == 1
    calendar.between(START, START.replace(year=2028))
    assert years_of(calendar) == 3
    calendar.subtract(START, timedelta(hours=1500))
    assert years_of(calendar) == 4


def test_memory_has_a_bound() -> None:
    calendar = busy(date(2026, 5, 4))
    for year in (1900, 1930, 1960, 2100, 1955, 1925):
        start = START.replace(year=year)
        calendar.add(start, timedelta(days=365))
        calendar.between(start, start.replace(year=year + 29))
        calendar.subtract(start, timedelta(days=700))
        calendar.add_days(start, 2000)
        assert years_of(calendar) <= MAX_YEARS
    with pytest.raises(NoWorkingTime):
        calendar.add(START, timedelta(days=6000))
    assert years_of(calendar) <= MAX_YEARS


def test_calendars_no_longer_used_are_forgotten() -> None:
    calendars = [busy(date(2030, 1, 1) + timedelta(days=day)) for day in range(2 * SHARED_TABLES)]
    for calendar in calendars:
        calendar.is_open(START)
    assert shared_table.cache_info().currsize <= SHARED_TABLES
    del calendars, calendar
    gc.collect()
    assert sum(isinstance(thing, SpanTable) for thing in gc.get_objects()) <= 2 * SHARED_TABLES


def test_answers_do_not_depend_on_what_was_asked_before() -> None:
    calendar = busy(date(2026, 5, 5))
    worn = fresh(calendar)
    places = [instant_of(START.replace(year=year), "start") for year in (2026, 1990, 2050, 2027, 1930, 2026, 2011)]
    for start in places:
        for amount in (1, 10**13):
            for snap in (False, True):
                new = arithmetic.forward(fresh(calendar), start, amount, snap=snap, field="amount")
                assert arithmetic.forward(worn, start, amount, snap=snap, field="amount") == new
                old = arithmetic.backward(fresh(calendar), start, amount, snap=snap, field="amount")
                assert arithmetic.backward(worn, start, amount, snap=snap, field="amount") == old
        assert arithmetic.next_close(worn, start, "at") == arithmetic.next_close(fresh(calendar), start, "at")


def test_the_horizon_does_not_move_with_the_table() -> None:
    first, last = date(2020, 1, 1), date(2051, 1, 1)
    calendar = WorkingCalendar(zone="UTC", dates={first: [("09:00", "10:00")], last: [("09:00", "10:00")]})
    early, late = datetime(2020, 6, 1, tzinfo=UTC), datetime(2051, 2, 1, tzinfo=UTC)
    calendar._shared.covering(2020, 2051)
    with pytest.raises(NoWorkingTime):
        calendar.add(early, HOUR)
    with pytest.raises(NoWorkingTime):
        calendar.add_days(early, 1)
    with pytest.raises(CalendarError):
        calendar.next_close(early)
    with pytest.raises(NoWorkingTime):
        calendar.subtract(late - 31 * 24 * HOUR, HOUR)


def test_a_day_at_the_seam_of_two_years_is_whole() -> None:
    calendar = WorkingCalendar(zone="Pacific/Kiritimati", weekly={"thu": [("00:00", "24:00")]})
    seam = datetime(2025, 12, 31, 10, tzinfo=UTC)  # Thursday 2026-01-01 begins
    assert calendar.intervals(seam - HOUR, seam + 48 * HOUR) == ((seam, seam + 24 * HOUR),)
    shared = fresh(calendar)
    assert written_in(arithmetic.next_close(shared, instant_of(seam, "at"), "at"), UTC) == seam + 24 * HOUR
    assert written_in(arithmetic.worked_day(shared, date(2025, 12, 31).toordinal(), 1, "n"), UTC)


def test_threads_that_grow_one_table_all_get_the_right_answers() -> None:
    workers, holiday = 4, date(2026, 5, 6)
    starts = [START.replace(year=2000 + year) for year in range(40)]
    reference = busy(holiday, "Australia/Lord_Howe")
    alone = fresh(reference)
    expected = [
        written_in(arithmetic.forward(alone, instant_of(at, "start"), 10**13, snap=False, field="amount"), UTC)
        for at in starts
    ]
    answers: dict[int, list[datetime]] = {}
    barrier = threading.Barrier(workers)

    def work(number: int) -> None:
        calendar = busy(holiday, "Australia/Lord_Howe")
        barrier.wait()
        order = range(len(starts)) if number % 2 else reversed(range(len(starts)))
        found = {place: calendar.add(starts[place], timedelta(microseconds=10**13)) for place in order}
        answers[number] = [found[place] for place in range(len(starts))]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(answers.values()) == [expected] * workers
    assert years_of(reference) <= MAX_YEARS
