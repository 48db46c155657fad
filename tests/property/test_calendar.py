"""What holds for every calendar: laws of the arithmetic, and agreement with a walk minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.conftest import many

from csdesk.domain.time import CalendarError, WorkingCalendar

DAYS = 16
MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)
WINDOW = timedelta(days=DAYS)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# Stretches with a clock change (or none), and two that cross the new year.
WINDOWS = (
    ("America/New_York", date(2026, 3, 1)),
    ("America/New_York", date(2026, 10, 25)),
    ("America/Sao_Paulo", date(2015, 2, 15)),
    ("America/Sao_Paulo", date(2015, 10, 11)),
    ("Asia/Tehran", date(2015, 3, 15)),
    ("Asia/Tehran", date(2015, 9, 15)),
    ("Asia/Tehran", date(2016, 3, 14)),
    ("Asia/Tehran", date(2016, 9, 14)),
    ("Australia/Lord_Howe", date(2026, 3, 29)),
    ("Australia/Lord_Howe", date(2026, 9, 27)),
    ("Pacific/Apia", date(2011, 12, 24)),
    ("Asia/Shanghai", date(2025, 12, 25)),
    ("Asia/Shanghai", date(2026, 2, 9)),
)


@cache
def wall_clock(zone: str, first: date) -> list[tuple[date, int]]:
    """The wall date and minute of every minute of the window, asked of the zone one by one."""
    begin, clock = datetime(first.year, first.month, first.day, tzinfo=UTC), ZoneInfo(zone)
    walls = ((begin + minute * MINUTE).astimezone(clock) for minute in range(DAYS * 1440))
    return [(wall.date(), wall.hour * 60 + wall.minute) for wall in walls]


class Oracle:
    """The same questions answered from the raw rules, one minute at a time."""

    def __init__(self, zone: str, first: date, raw: dict[str, Any]) -> None:
        self.raw = raw
        self.begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
        walls = wall_clock(zone, first)
        worked = {day: self._minutes_of(day) for day in {day for day, _ in walls}}
        self.open = [minute in worked[day] for day, minute in walls]

    def _minutes_of(self, day: date) -> set[int]:
        eve, breaks = day - timedelta(days=1), self.raw["breaks"]
        own = _minutes(self._hours(day)) - _minutes(breaks.get(day, ()))
        late = _minutes(self._hours(eve)) - _minutes(breaks.get(eve, ()))
        tail = {minute - 1440 for minute in late} - _minutes(breaks.get(day, ()))
        late_breaks = {minute - 1440 for minute in _minutes(breaks.get(eve, ()))}
        return (own - late_breaks) | tail

    def _hours(self, day: date) -> Any:
        raw = self.raw
        if day in raw["force_dates"]:
            return raw["dates"][day]
        if day in raw["holidays"] or day.strftime("%m-%d") in raw["annual_holidays"]:
            return ()
        if day in raw["dates"]:
            return raw["dates"][day]
        return (("00:00", "24:00"),) if raw["always_open"] else raw["weekly"].get(WEEKDAYS[day.weekday()], ())

    def is_open(self, at: datetime) -> bool:
        return self.open[(at - self.begin) // MINUTE]

    def between(self, a: datetime, b: datetime) -> timedelta:
        return self._worked_before(b) - self._worked_before(a)

    def _worked_before(self, at: datetime) -> timedelta:
        minute, rest = divmod(at - self.begin, MINUTE)
        return sum(self.open[:minute]) * MINUTE + (rest if self.open[minute] else timedelta())

    def add(self, at: datetime, amount: timedelta) -> datetime | None:
        """None if the window ends before."""
        minute, rest = divmod(at - self.begin, MINUTE)
        left = (amount + rest if self.open[minute] else amount) // MICROSECOND
        if not amount:
            return at
        for place in range(minute, DAYS * 1440):
            if self.open[place]:
                if left <= 60_000_000:
                    return self.begin + place * MINUTE + left * MICROSECOND
                left -= 60_000_000
        return None

    def subtract(self, at: datetime, amount: timedelta) -> datetime | None:
        """None if the window begins after."""
        minute, rest = divmod(at - self.begin, MINUTE)
        left = (amount + (MINUTE - rest) if self.open[minute] else amount) // MICROSECOND
        if not amount:
            return at
        for place in range(minute, -1, -1):
            if self.open[place]:
                if left <= 60_000_000:
                    return self.begin + (place + 1) * MINUTE - left * MICROSECOND
                left -= 60_000_000
        return None


@cache
def _minutes(spans: Any) -> set[int]:
    worked: set[int] = set()
    for opens, closes in spans:
        first, last = (int(clock[:2]) * 60 + int(clock[3:]) for clock in (opens, closes))
        worked.update(range(first, last))
    return worked


class Case(NamedTuple):
    zone: str
    first: date
    raw: dict[str, Any]
    calendar: WorkingCalendar

    @property
    def begin(self) -> datetime:
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def spans(draw: st.DrawFn) -> tuple[tuple[str, str], ...]:
    """Up to three spans, often at night, where clocks change, and sometimes past midnight."""
    found = []
    for _ in range(draw(st.integers(0, 3))):
        opens = draw(st.one_of(st.integers(0, 240), st.integers(0, 1600)))
        length = draw(st.one_of(st.integers(1, 90), st.integers(1, 1200)))
        found.append((clock(opens), clock(min(opens + length, 2880))))
    return tuple(found)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zone, first = draw(st.sampled_from(WINDOWS))
    days = st.sampled_from([first + timedelta(days=day) for day in range(DAYS)])
    always_open = draw(st.integers(0, 5)) == 0
    weekly = {} if always_open else draw(st.dictionaries(st.sampled_from(WEEKDAYS), spans(), min_size=2))
    # Half an hour a week at least, or the amounts drawn here pass the horizon of 30 years.
    assume(always_open or any(len(_minutes(day)) >= 30 for day in weekly.values()))
    dates = draw(st.dictionaries(days, spans(), max_size=3))
    raw: dict[str, Any] = {
        "zone": zone,
        "weekly": weekly,
        "dates": dates,
        "holidays": draw(st.frozensets(days, max_size=3)),
        "annual_holidays": frozenset(day.strftime("%m-%d") for day in draw(st.frozensets(days, max_size=1))),
        "breaks": draw(st.dictionaries(days, spans(), max_size=3)),
        "force_dates": draw(st.frozensets(st.sampled_from(sorted(dates)), max_size=2)) if dates else frozenset(),
        "always_open": always_open,
    }
    return Case(zone, first, raw, WorkingCalendar.model_validate(raw))


def offsets(limit: timedelta) -> st.SearchStrategy[timedelta]:
    """From nothing to a limit, on a minute or on any microsecond."""
    whole = st.integers(0, limit // MINUTE - 1).map(lambda count: count * MINUTE)
    return st.one_of(whole, st.integers(0, limit // MICROSECOND - 1).map(lambda count: count * MICROSECOND))


AMOUNTS = offsets(timedelta(hours=60))
TIMES = offsets(WINDOW)
law = settings(max_examples=many(25), deadline=None)


@law
@given(cases(), TIMES, AMOUNTS)
def test_what_was_added_has_been_worked(case: Case, offset: timedelta, amount: timedelta) -> None:
    start = case.begin + offset
    assert case.calendar.between(start, case.calendar.add(start, amount)) == amount
    assert case.calendar.between(start, case.calendar.add(start, amount, snap=True)) == amount
    assert case.calendar.between(case.calendar.subtract(start, amount), start) == amount


@law
@given(cases(), TIMES, st.data())
def test_adding_the_time_between_leads_to_a_worked_instant(case: Case, offset: timedelta, data: st.DataObject) -> None:
    start = case.begin + offset
    opens, closes = draw_span(case, start, data)
    inside = data.draw(offsets(closes - opens))
    assume(opens + inside > start)
    nearest = opens + inside if inside else closes
    assert case.calendar.add(start, case.calendar.between(start, nearest)) == nearest
    snapped = opens + inside
    assert case.calendar.add(start, case.calendar.between(start, snapped), snap=True) == snapped


def draw_span(case: Case, start: datetime, data: st.DataObject) -> tuple[datetime, datetime]:
    found = case.calendar.intervals(start, start + WINDOW)
    assume(found)
    return data.draw(st.sampled_from(found))


@law
@given(cases(), TIMES, TIMES, TIMES)
def test_time_between_adds_up_and_has_a_sign(case: Case, a: timedelta, b: timedelta, c: timedelta) -> None:
    first, second, third = case.begin + a, case.begin + b, case.begin + c
    between = case.calendar.between
    assert between(first, second) + between(second, third) == between(first, third)
    assert between(first, second) == -between(second, first)


@law
@given(cases(), TIMES, AMOUNTS, AMOUNTS)
def test_adding_twice_is_adding_the_sum(case: Case, offset: timedelta, one: timedelta, two: timedelta) -> None:
    assume(one and two)
    start, calendar = case.begin + offset, case.calendar
    assert calendar.add(calendar.add(start, one), two) == calendar.add(start, one + two)
    assert calendar.subtract(calendar.subtract(start, one), two) == calendar.subtract(start, one + two)


@law
@given(cases(), st.tuples(TIMES, TIMES), st.tuples(AMOUNTS, AMOUNTS), st.booleans())
def test_later_or_longer_is_never_due_earlier(
    case: Case, times: tuple[timedelta, timedelta], amounts: tuple[timedelta, timedelta], snap: bool
) -> None:
    (early, late), (short, long) = sorted(times), sorted(amounts)
    calendar = case.calendar
    assert calendar.add(case.begin + early, short, snap=snap) <= calendar.add(case.begin + late, short, snap=snap)
    assert calendar.add(case.begin + early, short, snap=snap) <= calendar.add(case.begin + early, long, snap=snap)


@law
@given(cases(), TIMES, TIMES)
def test_working_time_is_never_more_than_real_time(case: Case, a: timedelta, b: timedelta) -> None:
    begin, end = case.begin + min(a, b), case.begin + max(a, b)
    assert timedelta() <= case.calendar.between(begin, end) <= end - begin
    assert WorkingCalendar(zone=case.zone, always_open=True).between(begin, end) == end - begin


@law
@given(cases(), TIMES, AMOUNTS, st.data())
def test_subtracting_undoes_adding_inside_a_span(
    case: Case, offset: timedelta, amount: timedelta, data: st.DataObject
) -> None:
    opens, closes = draw_span(case, case.begin + offset, data)
    start = opens + data.draw(offsets(closes - opens))
    assume(case.calendar.is_open(start - MICROSECOND) and case.calendar.is_open(start))
    assert case.calendar.subtract(case.calendar.add(start, amount), amount) == start


@law
@given(cases(), TIMES, AMOUNTS, st.sampled_from(WEEKDAYS), spans())
def test_more_hours_are_never_slower(
    case: Case, offset: timedelta, amount: timedelta, weekday: str, extra: tuple[tuple[str, str], ...]
) -> None:
    start, raw = case.begin + offset, dict(case.raw)
    raw["breaks"] = {}
    if not raw["always_open"]:
        raw["weekly"] = {**raw["weekly"], weekday: raw["weekly"].get(weekday, ()) + extra}
    bigger = WorkingCalendar.model_validate(raw)
    assert bigger.add(start, amount) <= case.calendar.add(start, amount)
    assert bigger.between(start, start + amount) >= case.calendar.between(start, start + amount)


@law
@given(cases(), TIMES, AMOUNTS, st.integers(0, DAYS))
def test_a_holiday_is_never_faster(case: Case, offset: timedelta, amount: timedelta, day: int) -> None:
    start, holidays = case.begin + offset, case.raw["holidays"] | {case.first + timedelta(days=day)}
    fewer = case.calendar.model_copy(update={"holidays": holidays})
    assert fewer.add(start, amount) >= case.calendar.add(start, amount)


@law
@given(cases(), TIMES, AMOUNTS, st.sampled_from(WINDOWS), st.booleans())
def test_the_zone_an_instant_is_written_in_does_not_matter(
    case: Case, offset: timedelta, amount: timedelta, other: tuple[str, date], snap: bool
) -> None:
    start, told_in = case.begin + offset, ZoneInfo(other[0])
    due = case.calendar.add(start.astimezone(told_in), amount, snap=snap)
    assert due.tzinfo is told_in
    assert due.astimezone(UTC) == case.calendar.add(start, amount, snap=snap)
    assert case.calendar.between(start.astimezone(told_in), due.astimezone(UTC)) == amount


@settings(max_examples=many(40), deadline=None)
@given(cases(), st.lists(TIMES, min_size=3, max_size=3), st.lists(AMOUNTS, min_size=3, max_size=3))
def test_a_walk_by_the_minute_agrees(case: Case, times: list[timedelta], amounts: list[timedelta]) -> None:
    oracle, calendar = Oracle(case.zone, case.first, case.raw), case.calendar
    week = case.begin + timedelta(days=7)
    assert calendar.between(case.begin, week) == sum(oracle.open[: 7 * 1440]) * MINUTE
    for one, two, amount in zip(times, reversed(times), amounts, strict=True):
        at, other = case.begin + one, case.begin + two
        assert calendar.is_open(at) == oracle.is_open(at)
        assert calendar.between(at, other) == oracle.between(at, other)
        assert (due := oracle.add(at, amount)) is None or calendar.add(at, amount) == due
        assert (since := oracle.subtract(at, amount)) is None or calendar.subtract(at, amount) == since


@law
@given(cases())
def test_intervals_and_edges_agree_with_the_walk(case: Case) -> None:
    oracle, calendar = Oracle(case.zone, case.first, case.raw), case.calendar
    edges = [m for m in range(1, DAYS * 1440) if oracle.open[m] != oracle.open[m - 1]]
    bounds = ([0] if oracle.open[0] else []) + edges + ([DAYS * 1440] if oracle.open[-1] else [])
    told = [case.begin + minute * MINUTE for minute in bounds]
    assert calendar.intervals(case.begin, case.begin + WINDOW) == tuple(zip(told[::2], told[1::2], strict=True))
    for minute in edges:
        edge = case.begin + minute * MINUTE
        if oracle.open[minute]:
            assert calendar.next_open(edge - MICROSECOND) == edge == calendar.next_open(edge)
        else:
            assert calendar.next_close(edge - MICROSECOND) == edge


@law
@given(cases(), TIMES, AMOUNTS)
def test_an_explanation_accounts_for_every_microsecond(case: Case, offset: timedelta, amount: timedelta) -> None:
    start = case.begin + offset
    told = case.calendar.explain(start, amount)
    assert told.due == case.calendar.add(start, amount)
    assert sum((span.worked for span in told.consumed), timedelta()) == amount
    assert all(case.calendar.between(span.opens, span.closes) == span.worked for span in told.consumed)
    assert not {skip.on for skip in told.skipped if skip.code != "break"} & {span.on for span in told.consumed}


@law
@given(cases(), st.integers(-4, 4), TIMES)
def test_days_are_counted_by_worked_dates(case: Case, n: int, offset: timedelta) -> None:
    start = case.begin + offset
    end = case.calendar.add_days(start, n, snap="end_of_day")
    assert not case.calendar.is_open(end) or case.calendar.is_open(end - MICROSECOND)
    if n > 0:
        step = case.calendar.add_days(case.calendar.add_days(start, 1), n - 1, snap="end_of_day")
        assert step == end
        assert case.calendar.add_days(start, n) <= case.calendar.add_days(start, n + 1)


@law
@given(cases())
def test_a_calendar_survives_its_serial_form(case: Case) -> None:
    calendar = case.calendar
    text = calendar.model_dump_json()
    again = WorkingCalendar.model_validate_json(text)
    assert again == calendar == WorkingCalendar.model_validate(calendar.model_dump())
    assert hash(again) == hash(calendar)
    assert again.model_dump_json() == text


BROKEN = st.one_of(
    st.fixed_dictionaries({"zone": st.sampled_from(["", "Mars/Olympus", "../etc", "america", 8])}),
    st.fixed_dictionaries({"weekly": st.sampled_from([{}, {"mon": []}, {"mon": [("09:00", "09:00")]}, "mon", None])}),
    st.fixed_dictionaries({"weekly": st.fixed_dictionaries({"tue": st.text(max_size=5)})}),
    st.fixed_dictionaries({"weekly": st.sampled_from([{"monday": [("09:00", "10:00")]}, {"mon": [("9", "10:00")]}])}),
    st.fixed_dictionaries({"breaks": st.sampled_from([{"2026-02-30": []}, {"soon": []}, {date(2026, 1, 1): [1]}])}),
    st.fixed_dictionaries({"annual_holidays": st.sampled_from([["02-30"], ["1-1"], "01-01", [101]])}),
    st.fixed_dictionaries({"holidays": st.sampled_from([[datetime(2026, 1, 1, tzinfo=UTC)], [1.5], ["today"]])}),
    st.fixed_dictionaries({"force_dates": st.just([date(1999, 1, 1)])}),
)


@law
@given(cases(), BROKEN)
def test_a_broken_calendar_never_comes_to_be(case: Case, broken: dict[str, Any]) -> None:
    only_weekly = {"weekly": case.raw["weekly"], "zone": case.zone, "always_open": case.raw["always_open"]}
    assume("weekly" not in broken or not case.raw["always_open"])
    with pytest.raises(CalendarError):
        WorkingCalendar.model_validate(only_weekly | broken)
    with pytest.raises(CalendarError):
        WorkingCalendar.model_validate(only_weekly).model_copy(update=broken)
