"""What must hold in the stored state of any desk at any moment, whatever crashed before: ``problems_of`` looks.

Records are the fold of their entries, loads are counted right, every message is told of once, every queue row points to
something, and everything that waits has something that will move it on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.core.evolve import evolve_message, fold
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.articles import Article
from csdesk.domain.records.assets import Asset
from csdesk.domain.records.authority import Settlement
from csdesk.domain.records.changes import Needs, Stored
from csdesk.domain.records.counters import load_counter
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.messages import AuthorKind, Delivery, Direction, Message
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.records.queues import InboxItem, InboxState, OutboxItem, OutboxState
from csdesk.domain.records.tickets import Ticket, burdens_of
from csdesk.flows.outbound.outgoing import ARRIVED
from csdesk.ports.store import Query, Store

R = TypeVar("R")

_TOLD: Final = (ev.MessageReceived, ev.ReplyQueued, ev.NoteAdded)
_ON_ITS_WAY: Final = (Delivery.PENDING, Delivery.SENDING)


@dataclass(slots=True)
class _Desk:
    """Everything of one desk, read once, and what is wrong with it."""

    store: Store
    name: str
    stories: dict[str, list[ev.Entry]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def rows(self, query: Query, cls: type[R]) -> list[R]:
        found: list[R] = []
        while True:
            page = self.store.query(self.name, query)
            found += [row for row in page.items if isinstance(row, cls)]
            if page.cursor is None:
                return found
            query = replace(query, after=page.cursor)

    def expect(self, holds: bool, problem: str) -> None:
        if not holds:
            self.problems.append(problem)


def problems_of(store: Store, desk: str = "main") -> tuple[str, ...]:
    """What is wrong with a desk's stored state, one sentence with ids each; empty if nothing is.

    Reads everything: for tests and for a check after an accident, not for every day. Nobody may write meanwhile.

    Raises:
        NotFound: the store has no desk of that name.
    """
    found = _Desk(store, desk)
    for entry in found.rows(Query(kind="entry", limit=1000), ev.Entry):
        found.stories.setdefault(entry.subject, []).append(entry)
    tickets = {str(one.id): one for one in found.rows(Query(kind="ticket", limit=1000), Ticket)}
    messages = {str(one.id): one for one in found.rows(Query(kind="message", limit=1000), Message)}
    customers = found.rows(Query(kind="customer", limit=1000), Customer)
    agents = found.rows(Query(kind="agent", limit=1000), Agent)
    told: list[Stored] = [*tickets.values(), *customers, *agents]
    told += found.rows(Query(kind="phrase", limit=1000), LibraryPhrase)
    told += found.rows(Query(kind="article", limit=1000), Article)
    told += found.rows(Query(kind="settlement", limit=1000), Settlement)
    told += found.rows(Query(kind="asset", limit=1000), Asset)
    for record in told:
        found.expect(fold(found.stories.get(record.id, ())) == record, f"{record.id} is not the fold of its entries")
    _check_messages(found, tickets, messages)
    _check_loads(found, list(tickets.values()), agents)
    _check_identities(found, customers)
    _check_outbox(found, messages)
    _check_inbox(found, messages)
    return tuple(found.problems)


def _check_messages(found: _Desk, tickets: dict[str, Ticket], messages: dict[str, Message]) -> None:
    told: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for subject, story in found.stories.items():
        for event in (event for entry in story for event in entry.events):
            if isinstance(event, _TOLD):
                told[event.message] += 1
                counts[subject] += 1
                one = messages.get(event.message)
                born = one is not None and _born_on(found, one) == subject
                found.expect(born, f"{subject} tells of {event.message}")
            elif isinstance(event, ev.MessagesMoved):
                counts[subject] += len(event.messages) * (1 if event.target == subject else -1)
    for key, message in messages.items():
        found.expect(told[key] == 1, f"{key} is told of {told[key]} times")
        _check_stream(found, message)
    for key, ticket in tickets.items():
        found.expect(ticket.messages == counts[key], f"{key} counts {ticket.messages} messages, has {counts[key]}")


def _born_on(found: _Desk, message: Message) -> str:
    """The ticket that the message reached first: a split may have moved it since."""
    story = found.stories.get(message.id, [])
    moves = (event for entry in story for event in entry.events if isinstance(event, ev.MessageMoved))
    first = next(moves, None)
    return message.ticket if first is None else first.before


def _check_stream(found: _Desk, message: Message) -> None:
    story = found.stories.get(message.id, [])
    found.expect(message.version == 1 + len(story), f"{message.id} has version {message.version}")
    again: Message = replaced(message, pieces=())
    is_ours = message.direction is Direction.OUT and message.author is not AuthorKind.ELSEWHERE
    delivery = Delivery.PENDING if is_ours else Delivery.NONE
    for entry in story:
        for event in entry.events:
            if isinstance(event, ev.DeliveryChanged):
                found.expect(
                    event.before == delivery, f"{message.id}: a delivery state follows another one than it says"
                )
                found.expect(
                    event.before != event.after or event.provider_id != "", f"{message.id}: nothing changed in an entry"
                )
                delivery = Delivery(event.after)
            again = evolve_message(again, event, entry.at)
    found.expect(again == message, f"{message.id} is not the fold of its entries")


def _check_loads(found: _Desk, tickets: list[Ticket], agents: list[Agent]) -> None:
    loads: Counter[str] = Counter()
    for ticket in tickets:
        loads.update(burdens_of(ticket))
    needed = tuple(load_counter(key) for key in {*loads, *(one.id for one in agents)})
    counters = found.store.load(found.name, Needs(counters=needed)).counters
    for agent in agents:
        stored = counters.get(load_counter(agent.id), 0)
        found.expect(stored == loads[agent.id], f"{agent.id} has load {stored} and carries {loads[agent.id]} units")


def _check_identities(found: _Desk, customers: list[Customer]) -> None:
    homes = Counter(one.id for customer in customers for one in customer.identities)
    names = Counter(
        (one.kind, one.scope, one.external_id)
        for customer in customers
        if customer.erasure is None
        for one in customer.identities
    )
    found.expect(all(count == 1 for count in homes.values()), "an identity has two homes")
    found.expect(all(count == 1 for count in names.values()), "two identities are of one sender")


def _check_outbox(found: _Desk, messages: dict[str, Message]) -> None:
    queued = {str(item.message): item for item in found.rows(Query(kind="outbox", limit=1000), OutboxItem)}
    for key, item in queued.items():
        message = messages.get(key)
        state = None if message is None else message.delivery
        fits = {
            OutboxState.DEAD: (Delivery.FAILED,),
            OutboxState.UNKNOWN: (Delivery.UNKNOWN,),
            # The provider may tell that it failed before whoever sends it has written that down.
            OutboxState.SENDING: (*_ON_ITS_WAY, Delivery.FAILED, *ARRIVED),
        }.get(item.state, (*_ON_ITS_WAY, *ARRIVED))
        found.expect(state in fits, f"{key} is {item.state} in the outbox and {state} itself")
    for key, message in messages.items():
        waits = message.delivery in _ON_ITS_WAY
        found.expect(not waits or key in queued, f"{key} is {message.delivery} and not in the outbox")


def _check_inbox(found: _Desk, messages: dict[str, Message]) -> None:
    items = found.rows(Query(kind="inbox", limit=1000), InboxItem)
    keys = ClaimKeys(found.store.open_desk(found.name, secret=b"").secret)
    waiting = {keys.parked(one.account, one.conversation): one for one in items if one.state is InboxState.WAITING}
    held = found.store.load(found.name, Needs(claims=tuple(waiting))).claims
    for key, item in waiting.items():
        found.expect(key in held, f"{item.id} waits in the inbox for nothing")
    for item in items:
        found.expect(item.id not in messages, f"{item.id} is in the inbox and on a ticket")
