"""What tickets need of whoever gets them: which of the configured needs hold, and what each of them wishes.

Whether a need holds is worked out once for all tickets that are alike in what the needs ask about, where that is only
what is written on the ticket and the customer; a wish that has no end is worked out once for all.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from csdesk.domain.policy.sections.routing import RoutingNeed
from csdesk.domain.policy.service_book import ServiceBook
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.routing.demands import Demand, Wish
from csdesk.domain.rules.compiled import Conditions
from csdesk.domain.rules.facts import ticket_facts
from csdesk.domain.rules.fields import Declared
from csdesk.domain.time.counting import EVERY_SECOND, Timeline

_MOST: Final = 1024
"""How many kinds of tickets are remembered."""

_Value = Callable[[Ticket, Customer], Hashable]

_WRITTEN: Final[Mapping[str, _Value]] = {
    "ticket.account": lambda ticket, _: ticket.account,
    "ticket.language": lambda ticket, _: ticket.language,
    "ticket.priority": lambda ticket, _: ticket.priority,
    "ticket.queue": lambda ticket, _: ticket.queue,
    "ticket.site": lambda ticket, _: ticket.site,
    "ticket.tags": lambda ticket, _: frozenset([tag.name for tag in ticket.tags]),
    "ticket.type": lambda ticket, _: ticket.type,
    "customer.level": lambda _, customer: customer.level,
    "customer.tags": lambda _, customer: frozenset([tag.name for tag in customer.tags]),
}
"""What conditions on these fields depend on: no instant, and few different values."""


class CompiledNeed:
    """One need of the configuration."""

    __slots__ = ("need", "queues", "wishes")

    def __init__(self, need: RoutingNeed) -> None:
        self.need = need
        self.queues = frozenset(need.queues)
        ends = need.relax_grade_after is not None or any(one.relax_after is not None for one in need.skills)
        self.wishes = None if ends else _wishes(need, lambda _: None)
        """What it asks for; None if that changes while a ticket waits."""

    def ending(self, hours: str | None, book: ServiceBook, since: datetime) -> tuple[Wish, ...]:
        """What it asks for of a ticket that waits since then in a queue of those hours."""
        need = self.need
        time = EVERY_SECOND if need.clock == "wall" else book.time(need.calendar or hours or book.default)
        return _wishes(need, lambda after: end_of(time, since, after))


class Needs:
    """The needs of a configuration. Immutable but for what it remembers."""

    __slots__ = ("_known", "_needs", "_values", "_when")

    def __init__(self, needs: Sequence[RoutingNeed], declared: Declared) -> None:
        self._needs = tuple(map(CompiledNeed, needs))
        self._when = Conditions([one.when for one in needs], declared)
        read = sorted(self._when.reads.fields)
        self._values = tuple([_WRITTEN[field] for field in read]) if _WRITTEN.keys() >= {*read} else None
        self._known: dict[Hashable, tuple[CompiledNeed, ...]] = {}

    def holding(
        self, ticket: Ticket, customer: Customer | None, book: ServiceBook, zone: str
    ) -> tuple[CompiledNeed, ...]:
        """Those that hold for a ticket; of an unknown customer only the unconditional ones."""
        if not self._needs:
            return ()
        if customer is None:
            return tuple([one for one in self._needs if one.need.when is None and _is_in(ticket, one)])
        if self._values is None:
            return self._found(ticket, customer, book, zone)
        key = (ticket.queue, *[value(ticket, customer) for value in self._values])
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[key] = self._found(ticket, customer, book, zone)
        return known

    def _found(self, ticket: Ticket, customer: Customer, book: ServiceBook, zone: str) -> tuple[CompiledNeed, ...]:
        # By the instant at which it began to wait: what a ticket needs does not change while it waits.
        facts = ticket_facts(ticket, customer, now=ticket.waits_since, zone=zone, calendars=book.times)
        found = [self._needs[number] for number in self._when.all_holding(facts)]
        return tuple([one for one in found if _is_in(ticket, one)])


def _is_in(ticket: Ticket, need: CompiledNeed) -> bool:
    return not need.queues or ticket.queue in need.queues


def _wishes(need: RoutingNeed, end: Callable[[timedelta | None], datetime | None]) -> tuple[Wish, ...]:
    found = [
        Wish(Demand("skill", one.name, one.level), end(one.relax_after), not one.must and one.relax_after is None)
        for one in need.skills
    ]
    if need.grade is not None:
        found.append(Wish(Demand("grade", "", need.grade), end(need.relax_grade_after)))
    return tuple(found)


def end_of(time: Timeline, since: datetime, after: timedelta | None) -> datetime | None:
    """When a wish is dropped that is kept up for that long."""
    return None if after is None else time.add(since, after)
