"""Tests as functions of a field's value: what a test compares with is converted and folded once.

A *check* sees nothing but the value, so its outcome can be remembered for it. What depends on the present moment, on
the value before or on the whole message is a *predicate* over the facts (``predicates.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from csdesk.domain.records.priorities import PRIORITIES
from csdesk.domain.rules.facts import Fact
from csdesk.domain.rules.fields import PATTERNS, Field, FieldType, Op
from csdesk.domain.rules.language import Test
from csdesk.domain.rules.patterns import MOST_READ, compiled_pattern
from csdesk.domain.rules.values import TestValue, is_number, read_instant
from csdesk.domain.text.folding import fold

Check = Callable[[Fact], bool]


def check_of(test: Test, field: Field) -> Check:  # noqa: PLR0911  one for each family of operators
    """A function from the field's value to the outcome of the test, for the operators that need no more."""
    op, kind, value = test.op, field.type, test.value
    if op is Op.IS_SET:
        return is_set
    if op is Op.NOT_SET:
        return lambda fact: not is_set(fact)
    if op in PATTERNS:
        return _pattern(op, str(value), field)
    if op in _INSTANTS:
        return _instant(op, value)
    if op in (Op.EQ, Op.NE, Op.IN, Op.NOT_IN):
        wanted = frozenset([sameness(converted(one, kind)) for one in listed(value)])
        return _equality(wanted, holds=op in (Op.EQ, Op.IN))
    if op in _COMPARE or op is Op.BETWEEN:
        return _comparison(op, tuple(converted(one, kind) for one in listed(value)))
    if kind is FieldType.TAGS:
        return _held(op, frozenset([str(one) for one in listed(value)]))
    return _textual(op, value, kind)


def is_set(fact: Fact) -> bool:
    """True for a value that is neither missing nor empty."""
    return fact is not None and fact not in ("", frozenset())


def listed(value: TestValue) -> tuple[Fact, ...]:
    """The values that a test compares with."""
    return value if isinstance(value, tuple) else (value,)


def converted(value: Fact, kind: FieldType) -> Fact:
    """A test's value as facts of that type have it."""
    if kind is FieldType.RANK and isinstance(value, str):
        return int(PRIORITIES[value])
    if kind is FieldType.TEXT and isinstance(value, str):
        return fold(value)
    return value


def sameness(value: Fact) -> tuple[bool, Fact]:
    """What two equal values share. True equals 1 in Python; for a desk they are different values."""
    return isinstance(value, bool), value


def _equality(wanted: frozenset[tuple[bool, Fact]], *, holds: bool) -> Check:
    if holds:
        return lambda fact: sameness(fact) in wanted
    return lambda fact: sameness(fact) not in wanted


_COMPARE: Final[dict[Op, Callable[[float, float], bool]]] = {
    Op.GT: lambda fact, value: fact > value,
    Op.GE: lambda fact, value: fact >= value,
    Op.LT: lambda fact, value: fact < value,
    Op.LE: lambda fact, value: fact <= value,
}


def _comparison(op: Op, limits: tuple[Fact, ...]) -> Check:
    least, greatest = limits[0], limits[-1]
    assert isinstance(least, int | float)
    assert isinstance(greatest, int | float)
    if op is Op.BETWEEN:
        return lambda fact: is_number(fact) and least <= fact <= greatest
    compare = _COMPARE[op]
    return lambda fact: is_number(fact) and compare(fact, least)


_INSTANTS: Final = frozenset({Op.BEFORE, Op.AFTER})


def _instant(op: Op, value: TestValue) -> Check:
    mark = read_instant(value)
    assert mark is not None
    if op is Op.BEFORE:
        return lambda fact: isinstance(fact, datetime) and fact < mark
    return lambda fact: isinstance(fact, datetime) and fact > mark


def _held(op: Op, names: frozenset[str]) -> Check:
    if op is Op.CONTAINS_ALL:
        return lambda fact: isinstance(fact, frozenset) and names <= fact
    if op in (Op.CONTAINS_NONE, Op.NOT_CONTAINS):
        return lambda fact: isinstance(fact, frozenset) and names.isdisjoint(fact)
    return lambda fact: isinstance(fact, frozenset) and not names.isdisjoint(fact)


def _pattern(op: Op, text: str, field: Field) -> Check:
    search = compiled_pattern(text).search
    fit = str if field.type is FieldType.TEXT else fold

    def found(fact: Fact) -> bool:
        return isinstance(fact, str) and search(fit(fact[:MOST_READ])) is not None

    return found if op is Op.MATCHES else lambda fact: not found(fact)


def _textual(op: Op, value: TestValue, kind: FieldType) -> Check:
    """Tests of text that need no keyword index: beginnings and ends, and the contents of custom values."""
    exact = kind is FieldType.WORD
    wanted = tuple(str(one) if exact else fold(str(one)) for one in listed(value))
    fit = fold if kind is FieldType.SCALAR else str
    if op is Op.STARTS_WITH:
        return lambda fact: isinstance(fact, str) and fit(fact).startswith(wanted)
    if op is Op.ENDS_WITH:
        return lambda fact: isinstance(fact, str) and fit(fact).endswith(wanted)
    if op in (Op.CONTAINS_NONE, Op.NOT_CONTAINS):
        return lambda fact: not (isinstance(fact, str) and any(one in fit(fact) for one in wanted))
    if op is Op.CONTAINS_ALL:
        return lambda fact: isinstance(fact, str) and all(one in fit(fact) for one in wanted)
    return lambda fact: isinstance(fact, str) and any(one in fit(fact) for one in wanted)
