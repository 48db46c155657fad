"""When time alone may turn a condition over a customer: the next instant at which one of its tests comes out otherwise.

The rule: a test that compares with the present moment changes at instants that follow from the value it looks at, and a
count over days at the midnight after which a day no longer counts. The earliest of them, over all tests, is when to
look again; looking in vain is allowed, missing a turn is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from csdesk.domain.rules.facts import Facts, reader_of
from csdesk.domain.rules.fields import LASTING, Declared, Op, history_of
from csdesk.domain.rules.history import in_window
from csdesk.domain.rules.language import Test
from csdesk.domain.rules.values import read_duration

Turns = Callable[[Facts], Iterator[datetime]]
"""The instants at which a test may come out otherwise; those that are past are of no use."""

_TICK: Final = timedelta(microseconds=1)


def turns_of(tests: Iterable[Test], declared: Declared) -> tuple[Turns, ...]:
    """What tells the turns of those tests that time alone can change."""
    found = [_turns(test, declared) for test in tests]
    return tuple(one for one in found if one is not None)


def next_turn(turns: Iterable[Turns], facts: Facts) -> datetime | None:
    """The earliest turn after the present moment; None: time changes nothing any more."""
    return min((at for one in turns for at in one(facts) if at > facts.now), default=None)


def _turns(test: Test, declared: Declared) -> Turns | None:
    asked = history_of(test.field)
    if asked is not None:
        days = timedelta(days=asked.days)
        return lambda facts: (
            _midnight(facts, one.day + days) for one in in_window(facts.customer, asked, facts.local(facts.now).date())
        )
    if test.op in LASTING:
        return _lasting(test, declared)
    if test.op is Op.TODAY:
        return _today(test, declared)
    return None


def _lasting(test: Test, declared: Declared) -> Turns:
    read, span = reader_of(test.field, declared), read_duration(test.value)
    assert span is not None

    def turns(facts: Facts) -> Iterator[datetime]:
        at = read(facts)
        if not isinstance(at, datetime):
            return
        if test.op is Op.WITHIN_NEXT:
            yield from (at - span, at + _TICK)
        elif test.op is Op.WITHIN_LAST:
            yield from (at, at + span)
        else:
            yield at + span

    return turns


def _today(test: Test, declared: Declared) -> Turns:
    read = reader_of(test.field, declared)

    def turns(facts: Facts) -> Iterator[datetime]:
        at = read(facts)
        if isinstance(at, datetime):
            day = facts.local(at).date()
            yield from (_midnight(facts, day), _midnight(facts, day + timedelta(days=1)))

    return turns


def _midnight(facts: Facts, day: date) -> datetime:
    """The beginning of a day in the desk's time zone."""
    return datetime.combine(day, time.min, ZoneInfo(facts.zone)).astimezone(UTC)
