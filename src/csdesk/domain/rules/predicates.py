"""Conditions as functions: each test becomes one closure over the facts and the keywords found.

The rule: what a test compares with is folded, converted and filed once, when the condition is compiled. Keyword tests
do not search; they ask which keyword ids were found (``Found``), so one search serves all rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from csdesk.domain.records._model import Scalar
from csdesk.domain.records.priorities import PRIORITIES
from csdesk.domain.rules.facts import Facts
from csdesk.domain.rules.fields import FieldType, Op, field_of
from csdesk.domain.rules.language import Condition, Group, Test
from csdesk.domain.text.folding import fold

_NONE: Final[frozenset[int]] = frozenset()


class Found(NamedTuple):
    """The ids of the keywords that occur in the message's text and in its subject."""

    text: frozenset[int] = _NONE
    subject: frozenset[int] = _NONE


Predicate = Callable[[Facts, Found], bool]
Need = frozenset[int] | None
"""Keywords of which a condition needs at least one to hold; None: it may hold without any."""

_TAKERS: Final[dict[str, Callable[[Found], frozenset[int]]]] = {
    "message.text": lambda found: found.text,
    "message.subject": lambda found: found.subject,
    "message.any": lambda found: found.text | found.subject,
}


@dataclass(slots=True)
class Compiler:
    """Compiles conditions that share one numbering of keywords."""

    keywords: dict[str, int] = field(default_factory=dict)
    """Folded keyword to id."""
    reads_subject: bool = False
    """Does any keyword test look at the subject?"""

    def compile(self, condition: Condition | None) -> tuple[Predicate, Need]:
        """The condition as a function, and the keywords of which it needs one."""
        if condition is None:
            return _always, None
        return self._group(condition) if isinstance(condition, Group) else self._test(condition)

    def _group(self, group: Group) -> tuple[Predicate, Need]:
        parts: list[Predicate] = []
        needs: list[frozenset[int]] = []
        if group.all is not None:
            below = [self.compile(one) for one in group.all]
            parts += [predicate for predicate, _ in below]
            needs += [need for _, need in below if need is not None]
        if group.any is not None:
            below = [self.compile(one) for one in group.any]
            parts.append(_any([predicate for predicate, _ in below]))
            given = [need for _, need in below if need is not None]
            if len(given) == len(below):
                needs.append(frozenset().union(*given))
        if group.none is not None:
            parts.append(_none([self.compile(one)[0] for one in group.none]))
        return (parts[0] if len(parts) == 1 else _all(parts)), min(needs, key=len, default=None)

    def _test(self, test: Test) -> tuple[Predicate, Need]:
        declared = field_of(test.field)
        assert declared is not None
        if declared.type is FieldType.TEXT and test.op in _KEYWORD_OPS:
            return self._keyword_test(test)
        return _plain_test(test, declared.type), None

    def _keyword_test(self, test: Test) -> tuple[Predicate, Need]:
        self.reads_subject |= test.field != "message.text"
        ids = frozenset([self._id(str(one)) for one in _listed(test.value)])
        take = _TAKERS[test.field]
        if test.op is Op.CONTAINS_NONE:
            return (lambda _, found: ids.isdisjoint(take(found))), None
        if test.op is Op.CONTAINS_ALL:
            return (lambda _, found: ids <= take(found)), frozenset([min(ids)])
        return (lambda _, found: not ids.isdisjoint(take(found))), ids

    def _id(self, keyword: str) -> int:
        return self.keywords.setdefault(fold(keyword), len(self.keywords))


_KEYWORD_OPS: Final = frozenset({Op.CONTAINS, Op.CONTAINS_ANY, Op.CONTAINS_ALL, Op.CONTAINS_NONE})


def _always(_facts: Facts, _found: Found) -> bool:
    return True


def _all(parts: list[Predicate]) -> Predicate:
    return lambda facts, found: all(part(facts, found) for part in parts)


def _any(parts: list[Predicate]) -> Predicate:
    return lambda facts, found: any(part(facts, found) for part in parts)


def _none(parts: list[Predicate]) -> Predicate:
    return lambda facts, found: not any(part(facts, found) for part in parts)


def _listed(value: Scalar | tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    return value if isinstance(value, tuple) else (value,)


def _plain_test(test: Test, kind: FieldType) -> Predicate:
    name = test.field
    holds = _holds(test, kind)
    return lambda facts, _: holds(facts[name])


Check = Callable[[object], bool]


def _holds(test: Test, kind: FieldType) -> Check:
    """A function from the field's value to the outcome of the test."""
    op, value = test.op, test.value
    if op is Op.IS_SET:
        return _is_set
    if op is Op.NOT_SET:
        return lambda fact: not _is_set(fact)
    if kind is FieldType.RANK:
        value = tuple(int(PRIORITIES[str(one)]) for one in _listed(value))
    if op in (Op.EQ, Op.NE, Op.IN, Op.NOT_IN):
        return _equality(op, value, kind)
    if op in _COMPARE:
        return _comparison(op, value)
    if kind is FieldType.TAGS:
        return _tag_test(op, frozenset([str(one) for one in _listed(value)]))
    return _textual(op, value, kind)


def _is_set(fact: object) -> bool:
    return fact is not None and fact not in ("", frozenset())


def _sameness(value: object) -> tuple[bool, object]:
    # True equals 1 in Python; for a desk they are different values.
    return isinstance(value, bool), value


def _equality(op: Op, value: Scalar | tuple[Scalar, ...], kind: FieldType) -> Check:
    folded = kind is FieldType.TEXT
    wanted = frozenset([_sameness(fold(str(one)) if folded else one) for one in _listed(value)])
    if op in (Op.EQ, Op.IN):
        return lambda fact: _sameness(fact) in wanted
    return lambda fact: _sameness(fact) not in wanted


_COMPARE: Final[dict[Op, Callable[[float, float], bool]]] = {
    Op.GT: lambda fact, value: fact > value,
    Op.GE: lambda fact, value: fact >= value,
    Op.LT: lambda fact, value: fact < value,
    Op.LE: lambda fact, value: fact <= value,
}


def _comparison(op: Op, value: Scalar | tuple[Scalar, ...]) -> Check:
    compare = _COMPARE[op]
    (limit,) = _listed(value)
    assert isinstance(limit, int | float)
    return lambda fact: isinstance(fact, int | float) and not isinstance(fact, bool) and compare(fact, limit)


def _tag_test(op: Op, names: frozenset[str]) -> Check:
    if op is Op.CONTAINS_ALL:
        return lambda fact: isinstance(fact, frozenset) and names <= fact
    if op is Op.CONTAINS_NONE:
        return lambda fact: isinstance(fact, frozenset) and names.isdisjoint(fact)
    return lambda fact: isinstance(fact, frozenset) and not names.isdisjoint(fact)


def _textual(op: Op, value: Scalar | tuple[Scalar, ...], kind: FieldType) -> Check:
    """Tests of text that need no keyword index: beginnings, and the contents of custom values."""
    exact = kind is FieldType.WORD
    wanted = tuple(str(one) if exact else fold(str(one)) for one in _listed(value))
    fit = fold if kind is FieldType.SCALAR else str
    if op is Op.STARTS_WITH:
        return lambda fact: isinstance(fact, str) and fit(fact).startswith(wanted)
    if op is Op.CONTAINS_NONE:
        return lambda fact: not (isinstance(fact, str) and any(one in fit(fact) for one in wanted))
    if op is Op.CONTAINS_ALL:
        return lambda fact: isinstance(fact, str) and all(one in fit(fact) for one in wanted)
    return lambda fact: isinstance(fact, str) and any(one in fit(fact) for one in wanted)
