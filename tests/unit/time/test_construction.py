"""What a calendar refuses to be, and how it is written down."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from csdesk import InvalidInput, WorkingCalendar
from csdesk.domain.time import CalendarError
from csdesk.domain.time.counting import EVERY_SECOND

MONDAY = {"mon": [("09:00", "18:00")]}
FIRST = date(2026, 1, 1)


def refusal(**fields: Any) -> CalendarError:
    """What construction by every door raises: the same error."""
    told = []
    for build in (WorkingCalendar, lambda **given: WorkingCalendar.model_validate(given)):
        with pytest.raises(CalendarError) as caught:
            build(**fields)
        told.append(caught.value)
    assert str(told[0]) == str(told[1])
    assert isinstance(told[0], InvalidInput)
    return told[0]


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({}, "weekly", "empty_calendar"),
        ({"weekly": {"mon": []}}, "weekly", "empty_calendar"),
        ({"dates": {FIRST: [("09:00", "18:00")]}, "holidays": [FIRST]}, "weekly", "empty_calendar"),
        (
            {"dates": {FIRST: [("09:00", "18:00")]}, "breaks": {FIRST: [("08:00", "19:00")]}},
            "weekly",
            "empty_calendar",
        ),
        (
            {"zone": "Pacific/Apia", "dates": {date(2011, 12, 30): [("09:00", "18:00")]}},
            "weekly",
            "empty_calendar",
        ),
        ({"weekly": {"mon": [("09:00", "09:00")]}}, "weekly.mon[0]", "empty_span"),
        ({"weekly": {"tue": [("08:00", "09:00"), ("18:00", "09:00")]}}, "weekly.tue[1]", "empty_span"),
        ({"weekly": {"mon": [("9:00", "18:00")]}}, "weekly.mon[0]", "bad_time"),
        ({"weekly": {"mon": [("09:60", "18:00")]}}, "weekly.mon[0]", "bad_time"),
        ({"weekly": {"mon": [("09:00", "48:01")]}}, "weekly.mon[0]", "bad_time"),
        ({"weekly": {"mon": [("０9:00", "18:00")]}}, "weekly.mon[0]", "bad_time"),
        ({"weekly": {"mon": [(9, 18)]}}, "weekly.mon[0]", "bad_time"),
        ({"weekly": {"mon": [("09:00", "10:00", "11:00")]}}, "weekly.mon[0]", "bad_spans"),
        ({"weekly": {"mon": "09:00-18:00"}}, "weekly.mon", "bad_spans"),
        ({"weekly": {"mon": [("09:00", "18:00")] * 49}}, "weekly.mon", "too_many_spans"),
        ({"weekly": {"monday": []}}, "weekly", "unknown_weekday"),
        ({"weekly": [("mon", []), ("mon", [])]}, "weekly.mon", "repeated_key"),
        ({"weekly": "mon"}, "weekly", "bad_mapping"),
        ({"weekly": MONDAY, "zone": "Asia/Beijing"}, "zone", "unknown_zone"),
        ({"weekly": MONDAY, "zone": "America"}, "zone", "unknown_zone"),
        ({"weekly": MONDAY, "zone": "/etc/localtime"}, "zone", "unknown_zone"),
        ({"weekly": MONDAY, "zone": None}, "zone", "unknown_zone"),
        ({"weekly": MONDAY, "dates": {"2026-02-30": []}}, "dates", "bad_date"),
        ({"weekly": MONDAY, "dates": {datetime(2026, 1, 1, tzinfo=UTC): []}}, "dates", "bad_date"),
        ({"weekly": MONDAY, "dates": {"20260101": []}}, "dates", "bad_date"),
        ({"weekly": MONDAY, "dates": {FIRST: [("10:00", "09:00")]}}, "dates.2026-01-01[0]", "empty_span"),
        ({"weekly": MONDAY, "breaks": {FIRST: [("noon", "13:00")]}}, "breaks.2026-01-01[0]", "bad_time"),
        ({"weekly": MONDAY, "holidays": "2026-01-01"}, "holidays", "bad_set"),
        ({"weekly": MONDAY, "holidays": [20260101]}, "holidays", "bad_date"),
        ({"weekly": MONDAY, "annual_holidays": ["02-30"]}, "annual_holidays", "bad_month_day"),
        ({"weekly": MONDAY, "annual_holidays": ["2026-01-01"]}, "annual_holidays", "bad_month_day"),
        ({"weekly": MONDAY, "force_dates": [FIRST]}, "force_dates.2026-01-01", "force_without_hours"),
        ({"weekly": MONDAY, "known_until": "soon"}, "known_until", "bad_date"),
        ({"weekly": MONDAY, "always_open": True}, "weekly", "always_open_hours"),
    ],
)
def test_a_calendar_that_means_nothing_is_refused_with_its_field(fields: dict[str, Any], field: str, code: str) -> None:
    error = refusal(**fields)
    assert (error.field, error.reason) == (field, code)
    assert error.remedy


def test_holidays_on_every_day_of_the_year_leave_nothing() -> None:
    year = [date.fromordinal(date(2028, 1, 1).toordinal() + day).strftime("%m-%d") for day in range(366)]
    assert refusal(weekly=MONDAY, annual_holidays=year).reason == "empty_calendar"
    assert WorkingCalendar(weekly={"mon": [("09:00", "18:00")]}, annual_holidays=year[1:])


def test_unknown_fields_are_refused() -> None:
    error = refusal(weekly=MONDAY, holiday=[])
    assert (error.field, error.reason) == ("holiday", "unknown_field")


def test_plain_values_of_the_wrong_kind_are_refused_without_being_quoted() -> None:
    error = refusal(weekly=MONDAY, beyond_known="secret")
    assert (error.field, error.reason) == ("beyond_known", "bad_value")
    assert "secret" not in str(error)
    assert refusal(weekly=MONDAY, always_open="perhaps").field == "always_open"


def test_a_broken_serial_form_is_refused() -> None:
    for text in ("{", "[]", '{"weekly": {"mon": [["09:00"]]}}'):
        with pytest.raises(CalendarError):
            WorkingCalendar.model_validate_json(text)


def test_a_calendar_inside_a_model_is_refused_with_its_path() -> None:
    class Team(BaseModel):
        hours: WorkingCalendar

    with pytest.raises(ValidationError) as caught:
        Team.model_validate({"hours": {"weekly": MONDAY, "zone": "Mars/Olympus"}})
    assert caught.value.errors()[0]["loc"] == ("hours", "zone")


def test_values_are_frozen_and_equal_in_meaning() -> None:
    one = WorkingCalendar(weekly={"tue": [("09:00", "12:00"), ("12:00", "18:00")], "mon": [("09:00", "18:00")]})
    two = WorkingCalendar.model_validate(
        {"weekly": [["mon", [["09:00", "18:00"]]], ["tue", [["10:00", "18:00"], ["09:00", "11:00"]]], ["wed", []]]}
    )
    assert one == two
    assert hash(one) == hash(two)
    assert len({one, two}) == 1
    with pytest.raises(ValidationError):
        one.zone = "UTC"  # type: ignore[misc]  # what is refused


def test_the_serial_form_is_plain_and_sorted() -> None:
    calendar = WorkingCalendar(
        weekly={"fri": [("22:00", "26:00")]},
        dates={date(2026, 2, 14): [("09:00", "24:00")], date(2026, 1, 2): []},
        holidays={date(2026, month, 1): "初一" for month in range(12, 0, -1)},
        annual_holidays={"12-25", "01-01"},
        known_until=date(2026, 12, 31),
    )
    written = json.loads(calendar.model_dump_json())
    assert written["weekly"] == {"fri": [["22:00", "26:00"]]}
    assert list(written["dates"].items()) == [("2026-01-02", []), ("2026-02-14", [["09:00", "24:00"]])]
    assert written["holidays"] == [f"2026-{month:02}-01" for month in range(1, 13)]
    assert written["annual_holidays"] == ["01-01", "12-25"]
    assert written["known_until"] == "2026-12-31"
    assert WorkingCalendar.model_validate(written) == calendar


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_the_json_schema_describes_mappings(mode: Any) -> None:
    fields = WorkingCalendar.model_json_schema(mode=mode)["properties"]
    assert set(fields["weekly"]["properties"]) == {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
    assert fields["dates"]["type"] == "object"
    assert fields["holidays"]["type"] == "array"


def test_where_every_second_counts_nothing_is_closed_or_guessed():
    at = datetime(2099, 1, 1, tzinfo=UTC)
    assert EVERY_SECOND.is_open(at)
    assert not EVERY_SECOND.is_guess(at)
