"""What tests compare with: one spelling for each value, so that Python, TOML and JSON give equal conditions.

Instants are written in ISO 8601 and UTC (``2026-11-11T00:00:00Z``), durations in their shortest form (``7d``),
priorities by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import isfinite
from typing import Final, TypeGuard

from csdesk._nearest import nearest
from csdesk.domain.records._model import Scalar
from csdesk.domain.records._settings import refused
from csdesk.domain.records.durations import LONGEST, format_duration, parse_duration
from csdesk.domain.records.priorities import PRIORITIES
from csdesk.domain.records.tickets import Priority
from csdesk.domain.rules import fields
from csdesk.domain.rules.fields import Field, FieldType, Op
from csdesk.domain.rules.patterns import compiled_pattern
from csdesk.domain.text.folding import fold
from csdesk.errors import sentence

TestValue = Scalar | tuple[Scalar, ...]
"""What a test compares with."""


def plain(value: object) -> object:
    """Scalars and flat lists of them; nothing else can be compared."""
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
        return tuple(_plain_scalar(one) for one in items)
    return _plain_scalar(value)


def _plain_scalar(value: object) -> object:
    for kind, write in _WRITTEN.items():
        if isinstance(value, kind):
            return write(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and isfinite(value):
        return value
    raise refused("not a comparable value", "pass a text, a number, true or false, an instant, or a list of them")


def instant_text(at: datetime) -> str:
    """An instant as a condition writes it.

    Raises:
        PydanticCustomError: it is naive.
    """
    if at.tzinfo is None:
        raise refused("an instant without its zone", "write it with its offset, for example 2026-11-11T00:00:00+08:00")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


# ``Any`` is avoided: each function is called with its own kind only.
_WRITTEN: Final[dict[type, Callable[..., object]]] = {
    Priority: lambda value: value.name.lower(),
    StrEnum: str,
    datetime: instant_text,
    timedelta: format_duration,
}


def read_instant(value: object) -> datetime | None:
    """The instant that a text names, None if it names none."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def fits(declared: Field, value: Scalar) -> bool:
    """True if a custom field of that type may hold the value; None, which clears it, always fits."""
    if value is None:
        return True
    if declared.type in (FieldType.FLAG, FieldType.NUMBER, FieldType.TIME):
        return _FITS[declared.type](value)
    return isinstance(value, str) and (not declared.choices or value in declared.choices)


def read_duration(value: object) -> timedelta | None:
    """The duration that a text names, None if it names none or one of no length."""
    try:
        found = parse_duration(value) if isinstance(value, str) else None
    except OverflowError:
        return None
    return found if found is not None and timedelta(0) < found <= LONGEST else None


def checked(declared: Field, op: Op, value: TestValue) -> TestValue:
    """The value in its one spelling.

    Raises:
        PydanticCustomError: it does not fit the field or the operator; says what would.
    """
    if op in fields.UNARY:
        if value is not None:
            raise refused(sentence("{op} takes no value", op=op), "leave it out")
        return value
    if op is Op.BETWEEN:
        return _between(declared, value)
    if op is Op.LIKE_PHRASE:
        return _phrase(value)
    if op in fields.SETS or (op in fields.LISTABLE and isinstance(value, tuple)):
        if not isinstance(value, tuple) or not value:
            raise refused(sentence("{op} takes a list with at least one entry", op=op), "pass a list")
        return tuple(_one(declared, op, one) for one in value)
    if isinstance(value, tuple):
        raise refused(sentence("{op} takes one value", op=op), "pass one value, or use an operator for lists")
    return _one(declared, op, value)


def _between(declared: Field, value: TestValue) -> TestValue:
    if not isinstance(value, tuple) or len(value) != 2:
        raise refused("between takes a list of two", "pass [least, greatest]")
    least, greatest = (_one(declared, Op.BETWEEN, one) for one in value)
    first, last = (PRIORITIES.get(one, one) if isinstance(one, str) else one for one in (least, greatest))
    if first > last:  # type: ignore[operator]  # both are numbers or both are priorities
        raise refused("between is the wrong way round", "put the lesser value first")
    return least, greatest


def _phrase(value: TestValue) -> TestValue:
    if not isinstance(value, tuple) or len(value) != 2 or not _is_text(value[0]) or not is_number(value[1]):
        raise refused("like_phrase takes a list of two", "pass [phrase, least score], for example ['where is it', 0.8]")
    if not 0 < value[1] <= 1:
        raise refused("a score that is not above 0 and at most 1", "pass one such as 0.8")
    return value


def _one(declared: Field, op: Op, value: Scalar) -> Scalar:
    if op in fields.LASTING:
        duration = read_duration(value)
        if duration is None:
            raise refused("not a duration", 'write it like "30m", "4h", "2d"; at most ten years')
        return format_duration(duration)
    if op in fields.INSTANT:
        at = read_instant(value)
        if at is None:
            raise refused("not an instant with its zone", "write it like 2026-11-11T00:00:00+08:00")
        return instant_text(at)
    if op in fields.PATTERNS:
        if not isinstance(value, str) or not value:
            raise refused("not a pattern", "pass a regular expression")
        compiled_pattern(value)
        return value
    _check(declared, op, value)
    return value


_TEXTUAL: Final = fields.KEYWORD | fields.LISTABLE


def _check(declared: Field, op: Op, value: Scalar) -> None:
    kind = declared.type
    if op in fields.CALENDAR:
        kind = FieldType.WORD
    elif kind is FieldType.SCALAR:
        kind = FieldType.NUMBER if op in fields.ORDER else FieldType.TEXT if op in _TEXTUAL else FieldType.SCALAR
    problem, remedy = _MISFITS[kind]
    if not _FITS[kind](value):
        raise refused(problem, remedy)
    if declared.choices and op not in fields.LISTABLE | fields.CALENDAR and value not in declared.choices:
        raise refused("unknown value", nearest(value, declared.choices))


def is_number(value: object) -> TypeGuard[int | float]:
    """True for a number, which true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(fold(value))


_FITS: Final[Mapping[FieldType, Callable[[object], bool]]] = {
    FieldType.TEXT: _is_text,
    FieldType.WORD: _is_text,
    FieldType.TAGS: _is_text,
    FieldType.FLAG: lambda value: isinstance(value, bool),
    FieldType.NUMBER: is_number,
    FieldType.RANK: lambda value: value in PRIORITIES,
    FieldType.TIME: lambda value: read_instant(value) is not None,
    FieldType.SCALAR: lambda value: value is not None,
}
_MISFITS: Final[Mapping[FieldType, tuple[str, str]]] = {
    FieldType.TEXT: ("not a text with a visible character", "pass a text"),
    FieldType.WORD: ("not a name", "pass a text"),
    FieldType.TAGS: ("not the name of a tag", "pass a text"),
    FieldType.FLAG: ("not true or false", "pass true or false"),
    FieldType.NUMBER: ("not a number", "pass a number"),
    FieldType.RANK: ("not a priority", sentence("choose one of: {names}", names=tuple(PRIORITIES))),
    FieldType.TIME: ("not an instant with its zone", "write it like 2026-11-11T00:00:00+08:00"),
    FieldType.SCALAR: ("no value", "pass a text, a number, true or false"),
}
