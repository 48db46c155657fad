"""Conditions as functions of the facts: each test becomes one closure, keyword tests ask what one search has found.

The rule: keyword tests do not search; they ask which keyword ids were found (``Found``), so one search serves all
rules. Tests of a message's text by keyword are the only ones that use it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from csdesk.domain.rules import fields
from csdesk.domain.rules.checks import check_of, converted, listed, sameness
from csdesk.domain.rules.facts import Fact, Facts, Reader, reader_of
from csdesk.domain.rules.fields import Declared, Field, Op, field_of
from csdesk.domain.rules.language import Condition, Group, Test
from csdesk.domain.rules.values import is_number, read_duration
from csdesk.domain.text.folding import fold

_NONE: Final[frozenset[int]] = frozenset()


class Found(NamedTuple):
    """The ids of the keywords that occur in the message's text and in its subject."""

    text: frozenset[int] = _NONE
    subject: frozenset[int] = _NONE


Predicate = Callable[[Facts, Found], bool]

SEARCHED: Final = frozenset({"message.text", "message.subject", "message.any"})
"""The fields whose keywords are searched once for all rules."""

COSTLY: Final = frozenset({Op.LIKE_PHRASE, Op.MATCHES, Op.NOT_MATCHES})
"""The operators that are tried last."""

_TAKERS: Final[dict[str, Callable[[Found], frozenset[int]]]] = {
    "message.text": lambda found: found.text,
    "message.subject": lambda found: found.subject,
    "message.any": lambda found: found.text | found.subject,
}


def is_searched(test: Test) -> bool:
    """True for a test that asks what the search for keywords has found."""
    return test.op in fields.KEYWORD and test.field in SEARCHED


@dataclass(slots=True)
class Compiler:
    """Compiles conditions that share one numbering of keywords."""

    declared: Declared
    keywords: dict[str, int] = field(default_factory=dict)
    """Folded keyword to id."""
    reads_subject: bool = False
    """Does any keyword test look at the subject?"""

    def predicate(self, condition: Condition) -> Predicate:
        """The condition as a function."""
        if isinstance(condition, Group):
            return self._group(condition)
        return self._searched(condition) if is_searched(condition) else self._plain(condition)

    def _group(self, group: Group) -> Predicate:
        parts = [self.predicate(one) for one in by_cost(group.all or ())]
        if group.any is not None:
            parts.append(_any([self.predicate(one) for one in by_cost(group.any)]))
        if group.none is not None:
            parts.append(_none([self.predicate(one) for one in by_cost(group.none)]))
        return parts[0] if len(parts) == 1 else all_of(parts)

    def _searched(self, test: Test) -> Predicate:
        ids, take = self.ids(test), _TAKERS[test.field]
        if test.op in (Op.CONTAINS_NONE, Op.NOT_CONTAINS):
            return lambda _, found: ids.isdisjoint(take(found))
        if test.op is Op.CONTAINS_ALL:
            return lambda _, found: ids <= take(found)
        return lambda _, found: not ids.isdisjoint(take(found))

    def _plain(self, test: Test) -> Predicate:
        known = field_of(test.field, self.declared)
        assert known is not None
        read = reader_of(test.field, self.declared)
        build = _MOMENTARY.get(test.op)
        if build is not None:
            return build(test, known, read)
        holds = check_of(test, known)
        return lambda facts, _: holds(read(facts))

    def ids(self, test: Test) -> frozenset[int]:
        """The ids of a test's keywords."""
        self.reads_subject |= test.field != "message.text"
        return frozenset([self.keywords.setdefault(fold(str(one)), len(self.keywords)) for one in listed(test.value)])


def cost_of(condition: Condition) -> int:
    """How much later than others a condition should be tried: 0 for cheap ones."""
    if isinstance(condition, Test):
        return 1 if condition.op in COSTLY or condition.field in fields.BY_PHRASE else 0
    return max(cost_of(one) for part in (condition.all, condition.any, condition.none) for one in part or ())


def by_cost(conditions: tuple[Condition, ...]) -> list[Condition]:
    """Conditions in the order in which they are best tried: their outcome does not depend on it."""
    return sorted(conditions, key=cost_of)


def all_of(parts: list[Predicate]) -> Predicate:
    """True if all of them hold."""
    if len(parts) == 2:
        first, second = parts
        return lambda facts, found: first(facts, found) and second(facts, found)
    return lambda facts, found: all(part(facts, found) for part in parts)


def _any(parts: list[Predicate]) -> Predicate:
    return lambda facts, found: any(part(facts, found) for part in parts)


def _none(parts: list[Predicate]) -> Predicate:
    return lambda facts, found: not any(part(facts, found) for part in parts)


# What depends on more than the field's value: the present time, the value before, the whole message.


def _lasting(holds: Callable[[datetime, datetime, timedelta], bool]) -> Callable[[Test, Field, Reader], Predicate]:
    def build(test: Test, _: Field, read: Reader) -> Predicate:
        span = read_duration(test.value)
        assert span is not None
        return lambda facts, _: isinstance(at := read(facts), datetime) and holds(at, facts.now, span)

    return build


def _today(_test: Test, _field: Field, read: Reader) -> Predicate:
    def holds(facts: Facts, _: Found) -> bool:
        at = read(facts)
        return isinstance(at, datetime) and facts.local(at).date() == facts.local(facts.now).date()

    return holds


def _working(test: Test, _: Field, read: Reader) -> Predicate:
    name, wanted = str(test.value), test.op is Op.WORKING_TIME

    def holds(facts: Facts, _: Found) -> bool:
        at = read(facts)
        return isinstance(at, datetime) and facts.calendars[name].is_open(at) is wanted

    return holds


def _like(test: Test, _: Field, _read: Reader) -> Predicate:
    phrase, least = listed(test.value)
    name = str(phrase)

    def holds(facts: Facts, _: Found) -> bool:
        assert isinstance(least, int | float)
        best = facts.best
        return name in (best.title, best.id) and best.score >= least

    return holds


def _changed(_test: Test, _field: Field, read: Reader) -> Predicate:
    return lambda facts, _: facts.before is not None and sameness(read(facts.before)) != sameness(read(facts))


def _changed_at(test: Test, known: Field, read: Reader) -> Predicate:
    wanted = sameness(converted(test.value, known.type))  # type: ignore[arg-type]  # one value: the language says so
    leaves = test.op is Op.CHANGED_FROM

    def holds(facts: Facts, _: Found) -> bool:
        if facts.before is None:
            return False
        was, now = sameness(read(facts.before)), sameness(read(facts))
        return was != now and (was if leaves else now) == wanted

    return holds


def _moved(test: Test, _field: Field, read: Reader) -> Predicate:
    up = test.op is Op.INCREASED

    def holds(facts: Facts, _: Found) -> bool:
        was: Fact = read(facts.before) if facts.before is not None else None
        now = read(facts)
        if not (is_number(was) and is_number(now)):
            return False
        return now > was if up else now < was

    return holds


_MOMENTARY: Final[dict[Op, Callable[[Test, Field, Reader], Predicate]]] = {
    Op.OLDER_THAN: _lasting(lambda at, now, span: at <= now - span),
    Op.WITHIN_LAST: _lasting(lambda at, now, span: now - span < at <= now),
    Op.WITHIN_NEXT: _lasting(lambda at, now, span: now <= at <= now + span),
    Op.TODAY: _today,
    Op.WORKING_TIME: _working,
    Op.NOT_WORKING_TIME: _working,
    Op.LIKE_PHRASE: _like,
    Op.CHANGED: _changed,
    Op.CHANGED_FROM: _changed_at,
    Op.CHANGED_TO: _changed_at,
    Op.INCREASED: _moved,
    Op.DECREASED: _moved,
}

MOMENTARY: Final = frozenset(_MOMENTARY)
"""The operators that depend on more than the value of their field."""
