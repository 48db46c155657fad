"""The batched read: what is named, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from csdesk.domain.ids import CUSTOMER, IDENTITY, MESSAGE, TICKET, CustomerId, IdentityId
from csdesk.domain.records.changes import Needs, Snapshot
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.messages import Message
from csdesk.domain.records.tickets import Ticket
from csdesk.stores.memory.state import DeskState

V = TypeVar("V")


def load(desk: DeskState, needs: Needs) -> Snapshot:
    """Everything that is needed and that exists, as it stands now."""
    found = _Found(desk, parties=needs.parties)
    claims = {key: desk.claims[key].owner for key in needs.claims if key in desk.claims}
    for owner in claims.values():
        found.follow(owner)
    found.add(needs)
    return Snapshot(
        epochs=desk.epochs,
        claims=MappingProxyType(claims),
        tickets=MappingProxyType(found.tickets),
        customers=MappingProxyType(found.customers),
        homes=MappingProxyType(found.homes),
        messages=MappingProxyType(found.messages),
        agents=_picked(desk.agents, needs.agents),
        phrases=_picked(desk.phrases, needs.phrases),
        articles=_picked(desk.articles, needs.articles),
        assets=_picked(desk.assets, needs.assets),
        holidays=_picked(desk.holidays, needs.holidays),
        drafts=_picked(desk.drafts, needs.drafts),
        candidates=MappingProxyType({need.key: desk.seats.candidates(need) for need in needs.candidates}),
        waiting=MappingProxyType(_waiting(desk, needs.waiting)),
        counters=_picked(desk.counters, needs.counters),
        inbox=_picked(desk.inbox, needs.inbox),
        outbox=_picked(desk.outbox, needs.outbox),
        settlements=_picked(desk.settlements, needs.settlements),
    )


def _picked(table: Mapping[str, V], keys: Iterable[str]) -> Mapping[str, V]:
    return MappingProxyType({key: table[key] for key in keys if key in table})


class _Found:
    """Collects records and follows what they point to."""

    def __init__(self, desk: DeskState, *, parties: bool) -> None:
        self._desk = desk
        self._parties = parties
        self.tickets: dict[str, Ticket] = {}
        self.customers: dict[str, Customer] = {}
        self.homes: dict[IdentityId, CustomerId] = {}
        self.messages: dict[str, Message] = {}

    def add(self, needs: Needs) -> None:
        """Everything that is named by id."""
        for road, keys in (
            (self._identity, needs.identities),
            (self._customer, needs.customers),
            (self._ticket, needs.tickets),
            (self._message, needs.messages),
        ):
            for key in keys:
                road(key)

    def follow(self, key: str) -> None:
        """The record of an id and what it brings; ids of other kinds bring nothing."""
        roads = {IDENTITY: self._identity, CUSTOMER: self._customer, TICKET: self._ticket, MESSAGE: self._message}
        road = roads.get(key[:4])
        if road is not None:
            road(key)

    def _identity(self, key: str) -> None:
        home = self._desk.homes.get(key)
        if home is not None:
            self.homes[IdentityId(key)] = CustomerId(home)
            self._customer(home)

    def _customer(self, key: str) -> None:
        customer = self._desk.customers.get(key)
        if customer is None or key in self.customers:
            return
        self.customers[key] = customer
        if customer.merged_into is not None:
            self._customer(customer.merged_into)

    def _ticket(self, key: str) -> None:
        ticket = self._desk.tickets.get(key)
        if ticket is None or key in self.tickets:
            return
        self.tickets[key] = ticket
        if self._parties:
            self._identity(ticket.identity)
        if ticket.merged_into is not None:
            self._ticket(ticket.merged_into)

    def _message(self, key: str) -> None:
        message = self._desk.messages.get(key)
        if message is not None:
            self.messages[key] = message
            self._ticket(message.ticket)


def _waiting(desk: DeskState, queues: Iterable[str]) -> dict[str, tuple[tuple[int, datetime], ...]]:
    """When the oldest ticket that waits in each queue was opened, by priority."""
    wanted = {*queues}
    found: dict[str, dict[int, datetime]] = {}
    for ticket in desk.tickets.values() if wanted else ():
        if ticket.queue in wanted and ticket.waits is not None:
            oldest = found.setdefault(ticket.queue, {})
            oldest[ticket.waits] = min(ticket.created_at, oldest.get(ticket.waits, ticket.created_at))
    return {queue: tuple(sorted(oldest.items())) for queue, oldest in found.items()}
