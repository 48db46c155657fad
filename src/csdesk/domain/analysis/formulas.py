"""Conditions as formulas: ``and`` and ``or`` over literals, negation pushed down to them.

A literal is about one *variable*. A keyword of a text, a tag and "there was a moment before" are true or false by
themselves; every other test restricts the value of its field, now or before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from csdesk.domain.rules.checks import listed
from csdesk.domain.rules.fields import KEYWORD, TIMED, Declared, FieldType, Op, field_of
from csdesk.domain.rules.language import Condition, Test
from csdesk.domain.rules.predicates import SEARCHED
from csdesk.domain.text.folding import fold


@dataclass(frozen=True, slots=True)
class Keyword:
    """The folded keyword occurs in that part of the message."""

    part: str
    word: str


@dataclass(frozen=True, slots=True)
class Held:
    """The set of names holds that one."""

    field: str
    name: str


@dataclass(frozen=True, slots=True)
class Filled:
    """The set of names is not empty."""

    field: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """There was a moment before."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """The test holds for the value of its field, now or (``before``) at the moment before."""

    test: Test
    before: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """The value now and the value before stand in that relation: ``changed``, ``increased`` or ``decreased``."""

    field: str
    op: Op


@dataclass(frozen=True, slots=True)
class Opaque:
    """A test of which nothing is known but how to try it."""

    test: Test


Atom = Keyword | Held | Filled | Earlier | Restriction | Pair | Opaque


@dataclass(frozen=True, slots=True)
class Literal:
    """An atom, or its negation."""

    atom: Atom
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Both:
    """All of them."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of them."""

    parts: tuple[Formula, ...]


Formula = Literal | Both | Either


def formula(condition: Condition | None, declared: Declared, *, holds: bool = True) -> Formula:
    """A condition, or its negation, as a formula."""
    if condition is None:
        return Both(()) if holds else Either(())
    if isinstance(condition, Test):
        return _test(condition, declared, holds=holds)
    parts = [formula(one, declared, holds=holds) for one in condition.all or ()]
    if condition.any is not None:
        parts.append(_joined([formula(one, declared, holds=holds) for one in condition.any], all_=not holds))
    parts += [formula(one, declared, holds=not holds) for one in condition.none or ()]
    return _joined(parts, all_=holds)


def _joined(parts: Iterable[Formula], *, all_: bool) -> Formula:
    several = tuple(parts)
    if len(several) == 1:
        return several[0]
    return Both(several) if all_ else Either(several)


def _test(test: Test, declared: Declared, *, holds: bool) -> Formula:
    known = field_of(test.field, declared)
    assert known is not None
    if test.field in SEARCHED and test.op in KEYWORD:
        return _names(test, holds=holds, atoms=lambda word: _keyword(test.field, fold(word)))
    if known.type is FieldType.TAGS and test.op in KEYWORD:
        return _names(test, holds=holds, atoms=lambda name: (Held(test.field, name),))
    if known.type is FieldType.TAGS and test.op in (Op.IS_SET, Op.NOT_SET):
        return Literal(Filled(test.field), holds=(test.op is Op.IS_SET) is holds)
    if test.op in (Op.CHANGED_TO, Op.CHANGED_FROM, Op.CHANGED, Op.INCREASED, Op.DECREASED):
        return _change(test, known.type, holds=holds)
    if test.field == "message.any" or test.op in _UNTRACKED or (known.type is FieldType.SCALAR and test.op in TIMED):
        return Literal(Opaque(test), holds=holds)
    return Literal(Restriction(test), holds=holds)


_UNTRACKED = frozenset({Op.LIKE_PHRASE, Op.WORKING_TIME, Op.NOT_WORKING_TIME, Op.TODAY})


def _keyword(field: str, word: str) -> tuple[Atom, ...]:
    parts = ("text", "subject") if field == "message.any" else (field.removeprefix("message."),)
    return tuple(Keyword(part, word) for part in parts)


def _names(test: Test, *, holds: bool, atoms: Callable[[str], tuple[Atom, ...]]) -> Formula:
    """Each name is found by one of its atoms; the operator says how many of them must be."""
    wanted = test.op not in (Op.NOT_CONTAINS, Op.CONTAINS_NONE)
    is_all = test.op is Op.CONTAINS_ALL
    positive = wanted is holds
    each = [
        _joined([Literal(atom, holds=positive) for atom in atoms(str(one))], all_=not positive)
        for one in listed(test.value)
    ]
    return _joined(each, all_=is_all is positive)


def _change(test: Test, kind: FieldType, *, holds: bool) -> Formula:
    earlier: Formula = Literal(Earlier(), holds=holds)
    if test.op in (Op.CHANGED, Op.INCREASED, Op.DECREASED) or kind is FieldType.TAGS:
        return _joined([earlier, Literal(Pair(test.field, test.op), holds=holds)], all_=holds)
    same = Restriction(Test(field=test.field, op=Op.EQ, value=test.value))
    was = Restriction(same.test, before=True)
    now, then = (same, was) if test.op is Op.CHANGED_TO else (was, same)
    return _joined([earlier, Literal(now, holds=holds), Literal(then, holds=not holds)], all_=holds)
