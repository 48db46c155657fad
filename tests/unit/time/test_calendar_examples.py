"""Worked examples, each with its answer spelled out."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from csdesk import render
from csdesk.domain.time import (
    CalendarError,
    HolidaysUnknown,
    HolidaysUnknownWarning,
    HolidayYear,
    NoWorkingTime,
    WorkingCalendar,
    observe,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
EVERY_DAY = (*WORKDAYS, "sat", "sun")
LUNCH = [("09:00", "12:00"), ("13:00", "18:00")]
HOUR = timedelta(hours=1)


def office(**changes: object) -> WorkingCalendar:
    return WorkingCalendar.model_validate({"weekly": dict.fromkeys(WORKDAYS, LUNCH)} | changes)


def daily(opens: str, closes: str, **changes: object) -> WorkingCalendar:
    return WorkingCalendar.model_validate({"weekly": {day: [(opens, closes)] for day in EVERY_DAY}} | changes)


def shanghai(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


def new_york(month: int, day: int, hour: int, minute: int = 0, *, fold: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=NEW_YORK, fold=fold)


def real(a: datetime, b: datetime) -> timedelta:
    return b.astimezone(UTC) - a.astimezone(UTC)


def test_lunch_and_the_weekend_are_not_worked() -> None:
    assert office().add(shanghai(6, 11), 3 * HOUR) == shanghai(6, 15)
    assert office().add(shanghai(6, 17), 2 * HOUR) == shanghai(9, 10)
    assert office().subtract(shanghai(9, 10), 2 * HOUR) == shanghai(6, 17)
    assert office().between(shanghai(6, 11), shanghai(9, 10)) == 7 * HOUR
    assert office().between(shanghai(9, 10), shanghai(6, 11)) == -7 * HOUR


def test_a_target_that_uses_up_the_day_is_due_at_the_close_or_snaps_to_the_next_opening() -> None:
    assert office().add(shanghai(6, 17), HOUR) == shanghai(6, 18)
    assert office().add(shanghai(6, 17), HOUR, snap=True) == shanghai(9, 9)
    assert office().subtract(shanghai(9, 10), HOUR) == shanghai(9, 9)
    assert office().subtract(shanghai(9, 10), HOUR, snap=True) == shanghai(6, 18)


def test_zero_is_the_start_unless_snapped() -> None:
    saturday = shanghai(7, 12)
    assert office().add(saturday, timedelta()) == saturday == office().subtract(saturday, timedelta())
    assert office().add(saturday, timedelta(), snap=True) == shanghai(9, 9)
    assert office().subtract(saturday, timedelta(), snap=True) == shanghai(6, 18)
    assert office().add(shanghai(6, 10), timedelta(), snap=True) == shanghai(6, 10)


def test_a_span_includes_its_opening_and_not_its_close() -> None:
    tick = timedelta(microseconds=1)
    assert office().is_open(shanghai(6, 9))
    assert not office().is_open(shanghai(6, 9) - tick)
    assert office().is_open(shanghai(6, 18) - tick)
    assert not office().is_open(shanghai(6, 18))
    assert office().add(shanghai(6, 18) - tick, 2 * tick) == shanghai(9, 9) + tick


def test_next_open_and_next_close() -> None:
    assert office().next_open(shanghai(6, 10)) == shanghai(6, 10)
    assert office().next_open(shanghai(6, 12)) == shanghai(6, 13)
    assert office().next_close(shanghai(6, 10)) == shanghai(6, 12)
    assert office().next_close(shanghai(6, 12)) == shanghai(6, 18)
    assert office().next_close(shanghai(7, 12)) == shanghai(9, 12)


def test_a_shift_past_midnight_belongs_to_the_day_it_opens_on() -> None:
    night = daily("22:00", "26:00")
    assert night.is_open(shanghai(7, 1))
    assert night.add(shanghai(6, 23), 3 * HOUR) == shanghai(7, 2)
    friday_off = daily("22:00", "26:00", holidays=[date(2026, 3, 6)])
    assert friday_off.is_open(shanghai(6, 1))  # the tail of Thursday's shift
    assert not friday_off.is_open(shanghai(7, 1))  # the tail of Friday's


def test_a_close_on_the_new_year_is_no_edge_of_the_calendar() -> None:
    eve = datetime(2025, 12, 31, 23, tzinfo=UTC)
    night = daily("22:00", "26:00", zone="UTC")
    assert night.next_close(eve) == datetime(2026, 1, 1, 2, tzinfo=UTC)
    assert night.intervals(eve, eve + 5 * HOUR) == ((eve, eve + 3 * HOUR),)
    assert night.subtract(eve + 2 * HOUR, 3 * HOUR) == eve - HOUR


def test_24_00_joins_the_next_day_and_23_59_does_not() -> None:
    midnight = shanghai(7, 0)
    assert daily("00:00", "24:00").is_open(midnight - timedelta(seconds=1))
    assert not daily("00:00", "23:59").is_open(midnight - timedelta(seconds=1))
    assert daily("00:00", "23:59").weekly[0] == ("mon", (("00:00", "23:59"),))
    assert daily("00:00", "24:00").between(midnight, shanghai(14, 0)) == timedelta(days=7)


def test_a_half_day_and_a_closed_date_replace_the_weekday() -> None:
    calendar = office(dates={date(2026, 3, 6): [("09:00", "12:00")], date(2026, 3, 9): []})
    assert calendar.add(shanghai(6, 11), 2 * HOUR) == shanghai(10, 10)


def test_a_make_up_saturday_is_worked_and_the_spring_festival_is_not() -> None:
    festival = frozenset(date(2026, 2, day) for day in range(15, 24))
    make_up = frozenset({date(2026, 2, 14), date(2026, 2, 28)})
    calendar = observe(office(), {2026: HolidayYear(closed=festival, working=make_up)})
    friday = shanghai(13, 17, month=2)
    assert calendar.add(friday, 2 * HOUR) == shanghai(14, 10, month=2)
    assert calendar.add(friday, 10 * HOUR) == shanghai(24, 10, month=2)
    assert calendar.add_days(friday, 2) == shanghai(24, 17, month=2)
    assert calendar.known_until == date(2026, 12, 31)


def test_precedence_is_holiday_break_date_weekday_and_force_beats_the_holiday() -> None:
    friday = date(2026, 3, 6)
    listed = {"holidays": [friday], "dates": {friday: [("10:00", "14:00")]}}
    assert not office(**listed).is_open(shanghai(6, 11))
    forced = office(**listed, force_dates=[friday], breaks={friday: [("11:00", "12:00")]})
    assert forced.intervals(shanghai(6, 0), shanghai(7, 0)) == (
        (shanghai(6, 10), shanghai(6, 11)),
        (shanghai(6, 12), shanghai(6, 14)),
    )


def test_an_annual_holiday_comes_back_every_year() -> None:
    calendar = daily("00:00", "24:00", annual_holidays=["01-01", "02-29"])
    assert calendar.between(shanghai(1, 0, month=1), shanghai(3, 0, month=1)) == timedelta(days=1)
    assert not calendar.is_open(datetime(2028, 2, 29, 12, tzinfo=SHANGHAI))


def test_a_break_takes_wall_time_from_the_tail_of_the_night_before_too() -> None:
    night = daily("22:00", "26:00", breaks={date(2026, 3, 7): [("00:00", "01:00")]})
    assert night.add(shanghai(6, 23), 2 * HOUR) == shanghai(7, 2)


def test_overlapping_and_touching_spans_are_one() -> None:
    split = office(weekly={"fri": [("12:00", "18:00"), ("09:00", "10:00"), ("09:30", "12:00")]})
    assert split == office(weekly={"fri": [("09:00", "18:00")], "mon": []})
    nights = daily("20:00", "30:00", weekly={"thu": [("20:00", "30:00")], "fri": [("05:00", "08:00")]})
    assert nights.between(shanghai(5, 0), shanghai(7, 0)) == 12 * HOUR


def test_spring_forward_works_one_hour_less() -> None:
    night = daily("00:00", "08:00", zone="America/New_York")
    assert night.between(new_york(3, 8, 0), new_york(3, 8, 12)) == 7 * HOUR
    assert night.add(new_york(3, 8, 1), 2 * HOUR) == new_york(3, 8, 4)
    opens_in_gap = daily("02:30", "04:00", zone="America/New_York")
    assert opens_in_gap.next_open(new_york(3, 8, 0)) == new_york(3, 8, 3)
    assert opens_in_gap.between(new_york(3, 8, 0), new_york(3, 8, 12)) == HOUR
    inside_gap = daily("02:00", "03:00", zone="America/New_York")
    assert inside_gap.between(new_york(3, 8, 0), new_york(3, 8, 12)) == timedelta()


def test_fall_back_works_the_hour_twice() -> None:
    hour = daily("01:00", "02:00", zone="America/New_York")
    assert hour.between(new_york(11, 1, 0), new_york(11, 1, 12)) == 2 * HOUR
    first, second = new_york(11, 1, 1, 30), new_york(11, 1, 1, 30, fold=1)
    assert hour.between(first, second) == HOUR
    split = daily("01:00", "01:30", zone="America/New_York")
    assert len(split.intervals(new_york(11, 1, 0), new_york(11, 1, 12))) == 2
    round_the_clock = WorkingCalendar(zone="America/New_York", always_open=True)
    assert round_the_clock.between(new_york(11, 1, 0), new_york(11, 2, 0)) == 25 * HOUR


def test_midnight_that_does_not_exist() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    calendar = daily("00:00", "08:00", zone="America/Sao_Paulo")
    eve, noon = datetime(2015, 10, 17, 12, tzinfo=zone), datetime(2015, 10, 18, 12, tzinfo=zone)
    assert calendar.next_open(eve) == datetime(2015, 10, 18, 1, tzinfo=zone)
    assert calendar.between(eve, noon) == 7 * HOUR


def test_half_an_hour_of_summer_time() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    calendar = daily("00:00", "04:00", zone="Australia/Lord_Howe")
    spring, autumn = datetime(2026, 10, 4, tzinfo=zone), datetime(2026, 4, 5, tzinfo=zone)
    assert calendar.between(spring, spring.replace(hour=12)) == 3.5 * HOUR
    assert calendar.between(autumn, autumn.replace(hour=12)) == 4.5 * HOUR


def test_a_date_the_zone_left_out() -> None:
    zone = ZoneInfo("Pacific/Apia")
    calendar = daily("09:00", "17:00", zone="Pacific/Apia")
    thursday = datetime(2011, 12, 29, 16, tzinfo=zone)
    assert calendar.add(thursday, 2 * HOUR) == datetime(2011, 12, 31, 10, tzinfo=zone)
    assert calendar.add_days(thursday, 1) == datetime(2011, 12, 31, 16, tzinfo=zone)
    assert [skip.code for skip in calendar.explain(thursday, 2 * HOUR).skipped] == ["date_missing"]


def test_a_year_of_round_the_clock_is_real_time() -> None:
    calendar, start = WorkingCalendar(zone="America/New_York", always_open=True), new_york(1, 1, 0)
    assert real(start, calendar.add(start, timedelta(days=3650, microseconds=1))) == timedelta(3650, microseconds=1)
    with pytest.raises(CalendarError, match="no close") as caught:
        calendar.next_close(start)
    assert caught.value.reason == "never_closes"


def test_days_keep_the_wall_time() -> None:
    calendar = office(holidays=[date(2026, 3, 9)])
    assert calendar.add_days(shanghai(6, 20), 1) == shanghai(10, 20)
    assert calendar.add_days(shanghai(6, 20), 1, snap="working") == shanghai(11, 9)
    assert calendar.add_days(shanghai(6, 20), 1, snap="end_of_day") == shanghai(10, 18)
    assert calendar.add_days(shanghai(10, 20), -1) == shanghai(6, 20)
    assert calendar.add_days(shanghai(7, 20), 0) == shanghai(7, 20)
    assert calendar.add_days(shanghai(7, 20), 0, snap="working") == shanghai(10, 9)
    assert calendar.add_days(shanghai(7, 20), 0, snap="end_of_day") == shanghai(10, 18)
    assert daily("22:00", "26:00").add_days(shanghai(6, 9), 1, snap="end_of_day") == shanghai(8, 2)


def test_a_day_on_into_a_gap_is_the_first_instant_after_it() -> None:
    calendar = daily("00:00", "24:00", zone="America/New_York")
    moved = calendar.add_days(new_york(3, 7, 2, 30), 1)
    assert (moved.hour, moved.minute) == (3, 0)
    twice = calendar.add_days(new_york(10, 31, 1, 30), 1)
    assert real(new_york(11, 1, 1, 30, fold=0), twice) == timedelta()


def test_an_answer_is_written_in_the_zone_of_the_question() -> None:
    due = office().add(shanghai(6, 17).astimezone(NEW_YORK), 2 * HOUR)
    assert due.tzinfo is NEW_YORK
    assert due == shanghai(9, 10)


def test_explain_lists_what_was_worked_and_what_was_passed_over() -> None:
    calendar = office(
        holidays=[date(2026, 3, 9)],
        dates={date(2026, 3, 10): [], date(2026, 3, 7): [("10:00", "11:00")]},
        breaks={date(2026, 3, 11): [("08:00", "10:00")]},
        annual_holidays=["03-12"],
    )
    told = calendar.explain(shanghai(6, 17), 10 * HOUR)
    assert [(span.on.day, span.code, span.worked) for span in told.consumed] == [
        (6, "weekly", HOUR),
        (7, "dates", HOUR),
        (11, "weekly", 2 * HOUR),
        (11, "weekly", 5 * HOUR),
        (13, "weekly", HOUR),
    ]
    assert [(skip.on.day, skip.code) for skip in told.skipped] == [
        (8, "weekday_closed"),
        (9, "holiday"),
        (10, "date_closed"),
        (11, "break"),
        (12, "annual_holiday"),
    ]
    assert (told.skipped[3].opens, told.skipped[3].closes) == (shanghai(11, 9), shanghai(11, 10))
    assert told.due == shanghai(13, 10)
    assert told.notes == ()
    assert hash(told) == hash(calendar.explain(shanghai(6, 17), 10 * HOUR))


def test_an_overlap_of_two_shifts_is_told_once() -> None:
    calendar = office(weekly={"thu": [("20:00", "30:00")], "fri": [("05:00", "08:00")]})
    told = calendar.explain(shanghai(5, 20), 12 * HOUR)
    assert [(span.on.day, span.worked) for span in told.consumed] == [(5, 10 * HOUR), (6, 2 * HOUR)]


def test_the_tail_of_a_shift_is_told_on_the_date_it_opened() -> None:
    told = daily("22:00", "26:00").explain(shanghai(7, 1), 2 * HOUR)
    assert [(span.on.day, span.opens, span.worked) for span in told.consumed] == [
        (6, shanghai(7, 1), HOUR),
        (7, shanghai(7, 22), HOUR),
    ]


def test_the_midnight_that_ends_the_last_known_date_is_still_known() -> None:
    calendar = daily("09:00", "24:00", known_until=date(2026, 3, 6), beyond_known="raise")
    assert calendar.add(shanghai(6, 23), HOUR) == shanghai(7, 0)
    with pytest.raises(HolidaysUnknown):
        calendar.add(shanghai(6, 23), HOUR + timedelta(microseconds=1))


def test_the_same_midnight_begins_a_date_that_is_not_known() -> None:
    calendar = WorkingCalendar(
        zone="Asia/Shanghai", always_open=True, known_until=date(2026, 3, 6), beyond_known="raise"
    )
    assert calendar.is_open(shanghai(7, 0) - timedelta(microseconds=1))
    for ask in (calendar.is_open, calendar.next_open):
        with pytest.raises(HolidaysUnknown):
            ask(shanghai(7, 0))


def test_past_the_known_holidays_answers_warn() -> None:
    calendar = office(known_until=date(2026, 3, 6))
    assert calendar.add(shanghai(6, 17), HOUR) == shanghai(6, 18)
    with pytest.warns(HolidaysUnknownWarning, match="2026-03-06"):
        assert calendar.add(shanghai(6, 17), 2 * HOUR) == shanghai(9, 10)
    with pytest.warns(HolidaysUnknownWarning) as told:
        calendar.between(shanghai(9, 17), shanghai(6, 17))
    warning = told[0].message
    assert isinstance(warning, HolidaysUnknownWarning)
    assert render(warning, "zh-CN") == "工作时间：结果晚于 2026-03-06，之后的节假日尚不可知；请补充之后公布的节假日"
    assert render(warning, "en") == str(warning)
    again = pickle.loads(pickle.dumps(warning))
    assert (render(again), str(again)) == (render(warning), str(warning))
    assert calendar.explain(shanghai(6, 17), 2 * HOUR).notes == ("holidays_unknown",)


@pytest.mark.parametrize(
    "ask",
    [
        lambda calendar, at: calendar.add(at, HOUR),
        lambda calendar, at: calendar.subtract(at, HOUR),
        lambda calendar, at: calendar.between(at, at),
        lambda calendar, at: calendar.intervals(at, at),
        lambda calendar, at: calendar.is_open(at),
        lambda calendar, at: calendar.next_open(at),
        lambda calendar, at: calendar.next_close(at),
        lambda calendar, at: calendar.add_days(at, 1),
    ],
)
def test_past_the_known_holidays_every_question_can_be_refused(ask: object) -> None:
    calendar = office(known_until=date(2026, 3, 6), beyond_known="raise")
    assert callable(ask)
    ask(calendar, shanghai(6, 10) - timedelta(days=7))
    with pytest.raises(HolidaysUnknown) as caught:
        ask(calendar, shanghai(7, 10))
    assert caught.value.field == "known_until"


def test_known_for_ever_never_warns() -> None:
    calendar = office(known_until=date.max, beyond_known="raise")
    assert calendar.is_open(datetime(9000, 1, 1, 10, tzinfo=SHANGHAI))


@pytest.mark.parametrize(
    ("start", "amount", "field", "code"),
    [
        (datetime(2026, 3, 6), HOUR, "start", "naive_instant"),  # noqa: DTZ001 - what is refused
        (date(2026, 3, 6), HOUR, "start", "bad_instant"),
        (float("nan"), HOUR, "start", "bad_instant"),
        (datetime(1, 1, 1, tzinfo=UTC), HOUR, "start", "out_of_range"),
        (datetime(9999, 12, 31, tzinfo=UTC), HOUR, "start", "out_of_range"),
        (datetime.min.replace(tzinfo=SHANGHAI), HOUR, "start", "out_of_range"),
        (datetime.max.replace(tzinfo=NEW_YORK), HOUR, "start", "out_of_range"),
        (shanghai(6, 10), -HOUR, "amount", "negative_amount"),
        (shanghai(6, 10), float("nan"), "amount", "bad_amount"),
        (shanghai(6, 10), 3600, "amount", "bad_amount"),
        (shanghai(6, 10), timedelta.max, "amount", "no_working_time"),
        (shanghai(6, 10), timedelta(days=5000), "amount", "no_working_time"),
    ],
)
def test_a_bad_question_names_its_field(start: datetime, amount: timedelta, field: str, code: str) -> None:
    for ask in (office().add, office().subtract, office().explain):
        with pytest.raises(CalendarError) as caught:
            ask(start, amount)
        assert (caught.value.field, caught.value.reason) == (field, code)


def test_the_edges_of_the_supported_years_are_answered_or_refused() -> None:
    low, high = datetime(3, 1, 1, tzinfo=UTC), datetime(9997, 12, 31, 23, 59, 59, tzinfo=UTC)
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        calendar = daily("00:00", "24:00", zone=zone)
        assert calendar.add(low, HOUR) == low + HOUR
        assert calendar.subtract(high, HOUR) == high - HOUR
        calendar.add_days(low + timedelta(days=2), 1, snap="end_of_day")
        with pytest.raises(NoWorkingTime):
            calendar.add(high, timedelta(days=800))
        with pytest.raises(NoWorkingTime):
            calendar.subtract(low, timedelta(days=800))
        for n in (-1000, 1000):
            with pytest.raises(NoWorkingTime):
                calendar.add_days(low if n < 0 else high, n)


def test_beyond_the_horizon_is_an_error_and_not_a_loop() -> None:
    last_day = WorkingCalendar(dates={date(2026, 3, 6): [("09:00", "10:00")]})
    for ask in (last_day.next_open, last_day.next_close):
        with pytest.raises(NoWorkingTime) as caught:
            ask(shanghai(6, 10))
        assert caught.value.field == "at"
    with pytest.raises(NoWorkingTime):
        last_day.subtract(shanghai(6, 9), HOUR)
    with pytest.raises(NoWorkingTime):
        last_day.add_days(shanghai(6, 9), 1)
    with pytest.raises(CalendarError) as beyond:
        office().between(shanghai(6, 9), shanghai(6, 9).replace(year=2057))
    assert (beyond.value.reason, beyond.value.field) == ("beyond_horizon", "b")


@pytest.mark.parametrize("n", [1.0, "1", True, float("nan")])
def test_days_are_counted_in_whole_numbers(n: int) -> None:
    with pytest.raises(CalendarError) as caught:
        office().add_days(shanghai(6, 9), n)
    assert caught.value.field == "n"
    with pytest.raises(CalendarError) as unknown:
        office().add_days(shanghai(6, 9), 1, snap="morning")  # type: ignore[arg-type]  # what is refused
    assert unknown.value.field == "snap"


def test_copies_keep_their_own_tables() -> None:
    calendar = office()
    assert calendar.is_open(shanghai(6, 10))
    for same in (copy.copy(calendar), copy.deepcopy(calendar), pickle.loads(pickle.dumps(calendar))):
        assert same == calendar
        assert same.is_open(shanghai(6, 10))
    closed = calendar.model_copy(update={"holidays": [date(2026, 3, 6)]})
    assert not closed.is_open(shanghai(6, 10))
    with pytest.raises(AttributeError):
        _ = calendar.colour  # type: ignore[attr-defined]  # what is refused


def test_an_error_survives_a_process_boundary() -> None:
    error = NoWorkingTime("no_working_time", "amount", "too little", "pass less")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.reason) == ("amount: too little; pass less", "no_working_time")
