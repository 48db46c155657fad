"""The ledger: the counters that a settlement counts in, and what each of them holds.

Every settlement counts in all of them, whichever limits there are: for its subject, for its ticket (and those it was
split from), for its actor and for its customer in the present day, week and month. So a limit that comes later
finds what was given before, and an amount that is split, over tickets, people or actions of one ledger, meets the same
counters. Commits add to them only while they stay within the limit; nothing else decides who was first.

What was merged away stays in counters of its own, which nobody adds to any more; it counts besides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from csdesk.domain.authority.verdicts import Scope
from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.records.authority import Period
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Place:
    """One counter that a settlement counts in."""

    scope: Scope
    period: Period | None
    counter: str
    besides: tuple[str, ...] = ()
    """Counters that count with it and take nothing any more."""

    @property
    def counters(self) -> tuple[str, ...]:
        """All counters to be read for it."""
        return (self.counter, *self.besides)

    def used(self, values: Mapping[str, int]) -> int:
        """What it holds."""
        return sum(values.get(name, 0) for name in self.counters)


@dataclass(frozen=True, slots=True)
class Matter:
    """What a settlement is about."""

    ledger: str
    subject: str
    ticket: Ticket | None
    customer: Customer
    kin: tuple[Ticket, ...] = ()
    """The tickets that it was split from, and those that they were split from."""


def places_of(keys: ClaimKeys, matter: Matter, actor: str, starts: Mapping[Period, date]) -> tuple[Place, ...]:
    """Every counter that a settlement counts in; ``actor`` is under whose authority."""
    people = _customers(keys, matter, starts)
    return (*_cases(keys, matter), *actor_places(keys, matter.ledger, actor, starts), *people)


def actor_places(keys: ClaimKeys, ledger: str, actor: str, starts: Mapping[Period, date]) -> tuple[Place, ...]:
    """The counters of what somebody gives in the present day, week and month."""
    return tuple(
        Place("agent", period, keys.counter("ledger", ledger, "agent", actor, period, start.isoformat()))
        for period, start in starts.items()
    )


def _cases(keys: ClaimKeys, matter: Matter) -> Iterator[Place]:
    def name(case: str) -> str:
        return keys.counter("ledger", matter.ledger, "case", case)

    if matter.subject:
        yield Place("subject", None, name(f"subject {matter.subject}"))
    for ticket in (matter.ticket, *matter.kin):
        if ticket is not None:
            merged = tuple(name(f"ticket {one}") for one in ticket.absorbed)
            yield Place("ticket", None, name(f"ticket {ticket.id}"), merged)


def _customers(keys: ClaimKeys, matter: Matter, starts: Mapping[Period, date]) -> Iterator[Place]:
    def name(customer: str, period: Period, start: date) -> str:
        return keys.counter("ledger", matter.ledger, "customer", customer, period, start.isoformat())

    for period, start in starts.items():
        merged = tuple(name(one, period, start) for one in matter.customer.members)
        yield Place("customer", period, name(matter.customer.id, period, start), merged)
