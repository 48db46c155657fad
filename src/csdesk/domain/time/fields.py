"""The field types of a calendar: mappings kept as sorted tuples of pairs, written out as mappings again.

What is equal in meaning is equal in value: order, repeats and overlapping spans are normalised away on the way in,
and sets are written in order, so that one calendar has one serial form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import partial
from typing import Annotated, Literal, TypeVar, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from csdesk._nearest import guess
from csdesk._sentence import sentence
from csdesk.domain.time.errors import CalendarError
from csdesk.domain.time.spans import TextSpan, text_spans

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
Spans = tuple[TextSpan, ...]
Key = TypeVar("Key", date, Weekday)

_MONTH_DAY = re.compile(r"[0-9]{2}-[0-9]{2}", re.ASCII)
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def zone_name(raw: object) -> str:
    """An IANA zone name that this machine has data for."""
    if not isinstance(raw, str):
        raise CalendarError("unknown_zone", "zone", "not a zone name", "use an IANA name such as Asia/Shanghai")
    try:
        ZoneInfo(raw)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        remedy = sentence(
            "{guess}use an IANA name such as Asia/Shanghai (on systems without zone data, install tzdata)",
            guess=guess(raw, sorted(available_timezones()), likeness=0.8),
        )
        raise CalendarError("unknown_zone", "zone", "no such time zone", remedy) from None
    return raw


def weekday_key(raw: object, field: str) -> Weekday:
    """One of the seven three-letter weekdays."""
    for day in WEEKDAYS:
        if raw == day:
            return day
    raise CalendarError("unknown_weekday", field, "not a weekday", "use mon, tue, wed, thu, fri, sat or sun")


def date_key(raw: object, field: str) -> date:
    """A date, or its text YYYY-MM-DD."""
    if type(raw) is date:
        return raw
    if isinstance(raw, str) and _ISO_DATE.fullmatch(raw):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            pass  # such as 2026-02-30: refused below like any other bad date
    raise CalendarError("bad_date", field, "not a date", "pass datetime.date or YYYY-MM-DD")


def month_day(raw: object, field: str) -> str:
    """A day of every year, MM-DD; 02-29 falls in leap years only."""
    if isinstance(raw, str) and _MONTH_DAY.fullmatch(raw):
        try:
            date.fromisoformat(f"2000-{raw}")
        except ValueError:
            pass  # such as 02-30: refused below
        else:
            return raw
    raise CalendarError("bad_month_day", field, "not a day of the year", 'write it MM-DD, such as "01-01"')


def known_date(raw: object) -> date | None:
    """The last date whose holidays are known, if the calendar says so."""
    return None if raw is None else date_key(raw, "known_until")


def _pairs(raw: object, field: str) -> Iterable[tuple[object, object]]:
    if isinstance(raw, Mapping):
        return raw.items()
    if isinstance(raw, (list, tuple)) and all(isinstance(item, (list, tuple)) and len(item) == 2 for item in raw):
        return tuple((item[0], item[1]) for item in raw)
    raise CalendarError("bad_mapping", field, "not a mapping", "map each day to its list of spans")


def _hours(raw: object, *, field: str, key_of: Callable[[object, str], Key], keep_empty: bool) -> dict[Key, Spans]:
    seen: set[Key] = set()
    hours: dict[Key, Spans] = {}
    for raw_key, raw_spans in _pairs(raw, field):
        key = key_of(raw_key, field)
        if key in seen:
            raise CalendarError("repeated_key", f"{field}.{key}", "given twice", "put all its spans in one list")
        seen.add(key)
        spans = text_spans(raw_spans, f"{field}.{key}")
        if spans or keep_empty:
            hours[key] = spans
    return hours


def weekly_hours(raw: object) -> tuple[tuple[Weekday, Spans], ...]:
    """Hours by weekday, Monday first; a weekday without spans is left out."""
    hours = _hours(raw, field="weekly", key_of=weekday_key, keep_empty=False)
    return tuple((day, hours[day]) for day in WEEKDAYS if day in hours)


def date_hours(raw: object, *, field: str, keep_empty: bool) -> tuple[tuple[date, Spans], ...]:
    """Hours by date, in order."""
    return tuple(sorted(_hours(raw, field=field, key_of=date_key, keep_empty=keep_empty).items()))


def _members(raw: object, field: str) -> Iterable[object]:
    if isinstance(raw, (str, bytes)) or not isinstance(raw, Iterable):
        raise CalendarError("bad_set", field, "not a set or list", "pass a set or a list")
    return raw


def date_set(raw: object, *, field: str) -> frozenset[date]:
    """A set of dates; a mapping such as a holiday table gives its keys."""
    return frozenset(date_key(item, field) for item in _members(raw, field))


def month_day_set(raw: object) -> frozenset[str]:
    """A set of days of the year."""
    return frozenset(month_day(item, "annual_holidays") for item in _members(raw, "annual_holidays"))


def _as_weekly(hours: tuple[tuple[Weekday, Spans], ...]) -> dict[str, list[list[str]]]:
    return {day: [list(span) for span in spans] for day, spans in hours}


def _as_dates(hours: tuple[tuple[date, Spans], ...]) -> dict[str, list[list[str]]]:
    return {day.isoformat(): [list(span) for span in spans] for day, spans in hours}


def date_list(dates: frozenset[date]) -> list[str]:
    """The dates as texts, in order."""
    return [day.isoformat() for day in sorted(dates)]


def _as_list(days: frozenset[str]) -> list[str]:
    return sorted(days)


_SPAN_LIST_SCHEMA = {
    "type": "array",
    "maxItems": 48,
    "items": {"type": "array", "items": {"type": "string", "pattern": "^[0-4][0-9]:[0-5][0-9]$"},
              "minItems": 2, "maxItems": 2},
}  # fmt: skip
_WEEKLY_SCHEMA = {
    "type": "object",
    "properties": dict.fromkeys(WEEKDAYS, _SPAN_LIST_SCHEMA),
    "additionalProperties": False,
}
_DATES_SCHEMA = {
    "type": "object",
    "propertyNames": {"format": "date"},
    "additionalProperties": _SPAN_LIST_SCHEMA,
}

ZoneName = Annotated[str, BeforeValidator(zone_name)]
WeeklyHours = Annotated[
    tuple[tuple[Weekday, Spans], ...],
    BeforeValidator(weekly_hours),
    PlainSerializer(_as_weekly),
    WithJsonSchema(_WEEKLY_SCHEMA),
]
DateHours = Annotated[
    tuple[tuple[date, Spans], ...],
    BeforeValidator(partial(date_hours, field="dates", keep_empty=True)),
    PlainSerializer(_as_dates),
    WithJsonSchema(_DATES_SCHEMA),
]
Breaks = Annotated[
    tuple[tuple[date, Spans], ...],
    BeforeValidator(partial(date_hours, field="breaks", keep_empty=False)),
    PlainSerializer(_as_dates),
    WithJsonSchema(_DATES_SCHEMA),
]
Holidays = Annotated[frozenset[date], BeforeValidator(partial(date_set, field="holidays")), PlainSerializer(date_list)]
ForceDates = Annotated[
    frozenset[date], BeforeValidator(partial(date_set, field="force_dates")), PlainSerializer(date_list)
]
AnnualHolidays = Annotated[frozenset[str], BeforeValidator(month_day_set), PlainSerializer(_as_list)]
KnownUntil = Annotated[date | None, BeforeValidator(known_date)]
