"""What conditions read beyond the message, its ticket and its customer: declared, so that one load can bring it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from csdesk.domain.rules.fields import BY_PHRASE, CALENDAR, SINCE, History, Op, history_of
from csdesk.domain.rules.language import Condition, Group, Test


@dataclass(frozen=True, slots=True)
class Reads:
    """The needs of a set of conditions."""

    fields: frozenset[str] = frozenset()
    """Every field that is read."""
    before: frozenset[str] = frozenset()
    """The fields whose value before is read too."""
    history: frozenset[History] = frozenset()
    """Counts over the customer's past."""
    phrases: frozenset[str] = frozenset()
    """The phrases that messages are compared with."""
    calendars: frozenset[str] = frozenset()
    """The working calendars that are asked."""
    segments: frozenset[str] = frozenset()
    """The segments that are asked for."""

    @property
    def asks_phrases(self) -> bool:
        """True if some condition asks which phrase answers a message."""
        return bool(self.phrases) or not BY_PHRASE.isdisjoint(self.fields)

    @property
    def counts_tickets(self) -> bool:
        """True if some condition asks how many tickets a customer opened, or when the last one."""
        return "customer.ticket_at" in self.fields or any(one.what == "tickets" for one in self.history)

    def __or__(self, other: Reads) -> Reads:
        return Reads(
            self.fields | other.fields,
            self.before | other.before,
            self.history | other.history,
            self.phrases | other.phrases,
            self.calendars | other.calendars,
            self.segments | other.segments,
        )


def tests_of(condition: Condition | None) -> Iterator[Test]:
    """Every test of a condition, at any depth."""
    if isinstance(condition, Test):
        yield condition
    elif isinstance(condition, Group):
        for part in (condition.all, condition.any, condition.none):
            for below in part or ():
                yield from tests_of(below)


def reads_of(conditions: Iterable[Condition | None]) -> Reads:
    """What these conditions read."""
    tests = [test for condition in conditions for test in tests_of(condition)]
    return Reads(
        fields=frozenset([test.field for test in tests]),
        before=frozenset([test.field for test in tests if test.op in SINCE]),
        history=frozenset([asked for test in tests if (asked := history_of(test.field)) is not None]),
        phrases=frozenset([_first(test) for test in tests if test.op is Op.LIKE_PHRASE]),
        calendars=frozenset([str(test.value) for test in tests if test.op in CALENDAR]),
        segments=frozenset([name for test in tests if test.field == "customer.segments" for name in _names(test)]),
    )


def _first(test: Test) -> str:
    return _names(test)[0]


def _names(test: Test) -> tuple[str, ...]:
    return tuple(str(one) for one in (test.value if isinstance(test.value, tuple) else (test.value,)))
