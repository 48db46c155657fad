"""Durations as people write them: ``"4h"``, ``"1h30m"``, ``"2d"``, ISO 8601 or a ``timedelta``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from csdesk.domain.records._settings import refused

LONGEST: Final = timedelta(days=3653)
"""Ten years: the longest duration a configuration takes."""

_UNITS: Final = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_SHORT: Final = re.compile(r"(?:\d{1,9}(?:\.\d{1,6})?[wdhms])+")
_PIECE: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([wdhms])")
_ISO: Final = re.compile(
    r"P(?=.)(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,6})?)S)?)?"
)
_REMEDY: Final = 'write it like "30m", "4h", "1h30m", "2d" or "PT4H"'
_STEPS: Final = ((86400, "d"), (3600, "h"), (60, "m"))


def parse_duration(text: str) -> timedelta | None:
    """The duration that a text names, None if it names none. Units: w, d (24 hours), h, m (minutes), s."""
    short = text.strip().lower().replace(" ", "")
    if _SHORT.fullmatch(short):
        return sum((timedelta(**{_UNITS[unit]: float(n)}) for n, unit in _PIECE.findall(short)), timedelta())
    iso = _ISO.fullmatch(text.strip().upper())
    if iso is None:
        return None
    return timedelta(**{name: float(n) for name, n in zip(_UNITS.values(), iso.groups(), strict=True) if n})


def format_duration(value: timedelta) -> str:
    """The duration in its shortest exact form: ``"2d"``, ``"90m"``, ``"0.5s"``.

    >>> format_duration(timedelta(hours=36))
    '36h'
    """
    microseconds = value // timedelta(microseconds=1)
    seconds, rest = divmod(microseconds, 1_000_000)
    if rest:
        return f"{seconds}.{rest:06}".rstrip("0") + "s"
    return next((f"{seconds // size}{unit}" for size, unit in _STEPS if seconds and seconds % size == 0), f"{seconds}s")


def _read(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise refused("not a duration", _REMEDY)
    try:
        found = parse_duration(value)
    except OverflowError:
        found = LONGEST * 2
    if found is None:
        raise refused("not a duration", _REMEDY)
    return found


def _not_negative(value: timedelta) -> timedelta:
    if value < timedelta(0):
        raise refused("a negative duration", "pass zero or more")
    if value > LONGEST:
        raise refused("longer than 10 years", "pass a shorter duration")
    return value


def _positive(value: timedelta) -> timedelta:
    if not _not_negative(value):
        raise refused("a duration of zero", "pass more than zero")
    return value


_WRITE = PlainSerializer(format_duration, return_type=str, when_used="json")
_SCHEMA = WithJsonSchema({"type": "string", "examples": ["30m", "4h", "1h30m", "2d", "PT4H"]})

Duration = Annotated[timedelta, BeforeValidator(_read), AfterValidator(_positive), _WRITE, _SCHEMA]
"""A duration of more than zero and at most ten years."""

DurationOrZero = Annotated[timedelta, BeforeValidator(_read), AfterValidator(_not_negative), _WRITE, _SCHEMA]
"""A duration from zero to ten years."""
