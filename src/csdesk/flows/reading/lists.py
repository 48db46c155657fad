"""Reading: one record, lists, what happened to a record, the outbound event stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from csdesk._batched import batched
from csdesk._sentence import is_a
from csdesk.domain.ids import article_id, by_another_name, phrase_id
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.articles import Article
from csdesk.domain.records.changes import Needs, Snapshot, person_behind
from csdesk.domain.records.counters import load_counter
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.events import Entry, Event
from csdesk.domain.records.messages import Message
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Trace
from csdesk.errors import InvalidInput, NotFound
from csdesk.flows.reading import checks
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Loaded
from csdesk.ports.store import Page, Query, Scalar, Where

R = TypeVar("R")
E = TypeVar("E", bound=Event)


def filters(**given: Scalar | Sequence[Scalar] | None) -> Where:
    """Equal-to filters of what was given; None means "not filtered"."""
    return tuple(
        (name, tuple(value) if isinstance(value, list | tuple | set | frozenset) else value)  # type: ignore[misc]
        for name, value in given.items()
        if value is not None
    )


def read(needs: Needs) -> Flow[Loaded]:
    """One load."""
    yield from steps.attempt(0)
    return (yield from steps.load(checks.needs(needs)))


def sites_below(where: Where) -> Flow[Where]:
    """The filters with the sites below the one they ask for."""
    site = dict(where).get("site")
    if not isinstance(site, str):
        return where
    scope = yield from steps.attempt(0)
    wanted = scope.policy.sites.below(checks.an_id(site, "site"))
    return (*[one for one in where if one[0] != "site"], ("site", wanted))


def get_ticket(ticket_id: str) -> Flow[Ticket]:
    """The ticket of that id.

    Raises:
        NotFound: this desk has none.
    """
    loaded = yield from read(Needs(tickets=(ticket_id,)))
    found = loaded.snapshot.tickets.get(ticket_id)
    if found is None:
        raise NotFound("ticket", ticket_id, remedy=by_another_name("ticket", ticket_id))
    return found


def get_numbered(number: int) -> Flow[Ticket]:
    """The ticket of that number.

    Raises:
        InvalidInput: it is no number.
        NotFound: this desk has none.
    """
    if isinstance(number, bool) or not isinstance(number, int):
        raise InvalidInput("number", is_a(number), "pass an int; desk.tickets.get finds a ticket by its id")
    page = yield from page_of(Ticket, Query(kind="ticket", where=(("number", number),), limit=1))
    if not page.items:
        raise NotFound("ticket", str(number))
    return page.items[0]


def get_customer(customer_id: str) -> Flow[Customer]:
    """The customer of that id; one that was merged leads to its survivor.

    Raises:
        NotFound: this desk has none.
    """
    loaded = yield from read(Needs(customers=(customer_id,)))
    found = _one(loaded.snapshot.customers.get(customer_id), "customer", customer_id)
    if found.merged_into is None:
        return found
    return _one(loaded.snapshot.customers.get(found.merged_into), "customer", found.merged_into)


def customer_of(identity: str) -> Flow[Customer]:
    """The customer behind an identity.

    Raises:
        NotFound: nobody has that identity.
    """
    loaded = yield from read(Needs(identities=(identity,)))
    return person(loaded.snapshot, identity)


def person(snapshot: Snapshot, identity: str) -> Customer:
    """The customer behind an identity of a snapshot.

    Raises:
        NotFound: the snapshot has none.
    """
    return _one(person_behind(identity, snapshot.homes, snapshot.customers), "identity", identity)


def find_customer(kind: str, scope: str, external_id: str) -> Flow[Customer | None]:
    """The customer whom a channel knows by that id; None if nobody is."""
    attempt = yield from steps.attempt(0)
    for name, value in (("kind", kind), ("scope", scope), ("external_id", external_id)):
        checks.an_id(value, name)
    key = attempt.keys.identity(kind, scope, external_id)
    loaded = yield from steps.load(Needs(claims=(key,)))
    owner = loaded.snapshot.claims.get(key)
    return None if owner is None else person(loaded.snapshot, owner)


def _one(found: R | None, kind: str, key: str) -> R:
    if found is None:
        raise NotFound(kind, key, remedy=by_another_name(kind, key))
    return found


def page_of(cls: type[R], query: Query) -> Flow[Page[R]]:
    """A page of one kind of record."""
    yield from steps.attempt(0)
    page = yield from steps.listed(checks.query(query))
    return Page(tuple(one for one in page.items if isinstance(one, cls)), page.cursor)


def everything(cls: type[R], query: Query) -> Flow[tuple[R, ...]]:
    """All pages of a list. Only for what stays small: agents, phrases, the messages of one ticket."""
    yield from steps.attempt(0)
    return (yield from all_pages(cls, checks.query(query)))


def told_in(subject: str, kind: type[E]) -> Flow[tuple[tuple[int, Entry, E], ...]]:
    """The events of one kind in a subject's stream, oldest first: each with the version it made, and its entry."""
    query = Query(kind="entry", where=(("subject", subject),), order="position", limit=500)
    entries = yield from everything(Entry, query)
    return tuple(
        (number, entry, event)
        for number, entry in enumerate(entries, start=1)
        for event in entry.events
        if isinstance(event, kind)
    )


def all_pages(cls: type[R], query: Query) -> Flow[tuple[R, ...]]:
    """All pages of a list, within the attempt that goes on: its "now" and what is left of its loads stay."""
    found: list[R] = []
    while True:
        page = yield from steps.listed(query)
        found += [one for one in page.items if isinstance(one, cls)]
        if page.cursor is None:
            return tuple(found)
        query = replace(query, after=page.cursor)


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One thing that happened on a ticket: a message or an entry of events; ``at`` is when it counts."""

    at: datetime
    message: Message | None = None
    entry: Entry | None = None


def ticket_timeline(ticket_id: str) -> Flow[tuple[TimelineItem, ...]]:
    """Everything that happened on a ticket and what was merged into it, oldest first.

    Raises:
        NotFound: this desk has no such ticket.
    """
    ticket = yield from get_ticket(ticket_id)
    wanted = (str(ticket.id), *map(str, ticket.absorbed))
    messages = yield from everything(Message, Query(kind="message", where=(("ticket", wanted),), limit=1000))
    subjects = (*wanted, *(str(one.id) for one in messages))
    items = [TimelineItem(one.occurred_at, message=one) for one in messages]
    for part in batched(subjects, 200):
        where = (("subject", part),)
        entries = yield from everything(Entry, Query(kind="entry", where=where, order="position", limit=500))
        items += [TimelineItem(one.at, entry=one) for one in entries]
    return tuple(sorted(items, key=_when))


def ticket_messages(ticket_id: str, limit: int, cursor: str | None, *, descending: bool) -> Flow[Page[Message]]:
    """A page of what was said on a ticket and what was merged into it.

    Raises:
        NotFound: this desk has no such ticket.
    """
    ticket = yield from get_ticket(ticket_id)
    where = (("ticket", (str(ticket.id), *map(str, ticket.absorbed))),)
    query = Query(kind="message", where=where, order="occurred_at", descending=descending, limit=limit, after=cursor)
    return (yield from page_of(Message, query))


def _when(item: TimelineItem) -> tuple[datetime, int, int, str]:
    if item.message is not None:
        return (item.at, 0, item.message.provider_order, item.message.id)
    return (item.at, 1, 0, item.entry.position if item.entry is not None else "")


def caused_by(cause: str) -> Flow[tuple[Entry, ...]]:
    """All entries that one command or message caused, in order, within the attempt that goes on."""
    return (yield from all_pages(Entry, Query(kind="entry", where=(("cause", cause),), order="position", limit=500)))


def trace_in(entries: tuple[Entry, ...]) -> Trace:
    """The trace of what caused the entries: it stands with one of them."""
    return next((one.trace for one in entries if one.trace is not None), Trace())


def entries_of(subject: str) -> Flow[tuple[Entry, ...]]:
    """All entries of one subject, in order."""
    return (
        yield from everything(Entry, Query(kind="entry", where=(("subject", subject),), order="position", limit=500))
    )


def explain(subject: str) -> Flow[tuple[Entry, ...]]:
    """The entries that tell why: those of a ticket, customer or agent, or those that one message or command caused.

    Raises:
        NotFound: nothing is recorded under that id.
    """
    found = yield from entries_of(subject)
    if not found or subject.startswith("msg_"):
        where = (("cause", subject),)
        caused = yield from everything(Entry, Query(kind="entry", where=where, order="position", limit=500))
        known = {one.position for one in found}
        found = (*(one for one in caused if one.position not in known), *found)
    if not found:
        raise NotFound("record", subject)
    return found


def identities_of(customer: Customer) -> Flow[tuple[str, ...]]:
    """The ids of all identities of a customer and of those merged into it."""
    own = [str(one.id) for one in customer.identities]
    if customer.members:
        loaded = yield from read(Needs(customers=tuple(customer.members)))
        for member in customer.members:
            own += [one.id for one in loaded.snapshot.customers[member].identities]
    return tuple(own)


def count(query: Query) -> Flow[int]:
    """How many records match."""
    yield from steps.attempt(0)
    return (yield from steps.count(checks.query(query)))


def get_survivor(ticket_id: str) -> Flow[Ticket]:
    """The ticket that a ticket was merged into, or the ticket itself."""
    ticket = yield from get_ticket(ticket_id)
    return ticket if ticket.merged_into is None else (yield from get_ticket(ticket.merged_into))


@dataclass(frozen=True, slots=True)
class AgentLoad:
    """An agent with the present load, in units of work."""

    agent: Agent
    load: int


def get_agent(agent_id: str) -> Flow[AgentLoad]:
    """The agent of that id, with the present load.

    Raises:
        NotFound: this desk has none.
    """
    counter = load_counter(agent_id)
    loaded = yield from read(Needs(agents=(agent_id,), counters=(counter,)))
    agent = _one(loaded.snapshot.agents.get(agent_id), "agent", agent_id)
    return AgentLoad(agent, loaded.snapshot.counters.get(counter, 0))


def get_phrase(name: str) -> Flow[LibraryPhrase]:
    """The phrase of that id.

    Raises:
        NotFound: this desk has none.
    """
    key = phrase_id(name)
    loaded = yield from read(Needs(phrases=(key,)))
    return _one(loaded.snapshot.phrases.get(key), "phrase", key)


def get_article(name: str) -> Flow[Article]:
    """The article of that id.

    Raises:
        NotFound: this desk has none.
    """
    key = article_id(name)
    loaded = yield from read(Needs(articles=(key,)))
    return _one(loaded.snapshot.articles.get(key), "article", key)


def read_events(consumer: str, limit: int) -> Flow[tuple[Entry, ...]]:
    """The next entries for a consumer; ``limit`` from 1 to 10 000."""
    if not consumer:
        raise InvalidInput("consumer", "is empty", "pass the name of the reader")
    checks.a_number(limit, "limit", 1, 10_000)
    yield from steps.attempt(0)
    return (yield from steps.read_entries(checks.an_id(consumer, "consumer"), limit))


def ack_events(consumer: str, position: str) -> Flow[None]:
    """Move a consumer's cursor."""
    yield from steps.attempt(0)
    yield from steps.ack(checks.an_id(consumer, "consumer"), checks.an_id(position, "position"))
