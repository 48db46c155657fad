"""What a record's own stream tells of its past: how a merged one was before, who came by a merge, who said what.

Unmerging and splitting read streams; they are rare and never part of taking in a message. Everything here is a pure
fold of entries, of which all must be given, in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from csdesk.domain.core.evolve import evolve
from csdesk.domain.ids import CustomerId, IdentityId, MessageId, TicketId
from csdesk.domain.matching.book import PhraseBook
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.customers import Customer, Evidence
from csdesk.domain.records.messages import AuthorKind, Direction, Message
from csdesk.domain.records.tickets import Category, Ticket

Entries = tuple[ev.Entry, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """What a decision was given beside its snapshot: streams by subject, messages, a ticket number, the phrases."""

    streams: Mapping[str, Entries] = field(default_factory=lambda: MappingProxyType({}))
    messages: tuple[Message, ...] = ()
    number: int = 0
    book: PhraseBook | None = None


@dataclass(frozen=True, slots=True)
class FormerTicket:
    """A merged ticket as it was just before; ``absorbed`` is what it had absorbed and what has not left since."""

    ticket: Ticket
    receives: bool
    absorbed: tuple[TicketId, ...]


@dataclass(frozen=True, slots=True)
class FormerCustomer:
    """A merged customer's members just before that have not left since, and why it was merged."""

    members: tuple[CustomerId, ...]
    evidence: Evidence


def _told(entries: Entries) -> Iterator[tuple[ev.Event, datetime]]:
    return ((event, entry.at) for entry in entries for event in entry.events)


def former_ticket(entries: Entries) -> FormerTicket:
    """How a ticket that is merged now was before its last merge; being led on to another survivor is none."""
    record: Ticket | None = None
    former: FormerTicket | None = None
    for event, at in _told(entries):
        if isinstance(event, ev.TicketMerged) and record is not None and record.merged_into is None:
            former = FormerTicket(record, event.receives, record.absorbed)
        elif isinstance(event, ev.TicketReleased) and former is not None:
            left = tuple(one for one in former.absorbed if one not in event.tickets)
            former = replace(former, absorbed=left)
        record = evolve(record, event, at)  # type: ignore[assignment]  # a ticket's stream makes a ticket
    assert former is not None
    return former


def former_customer(entries: Entries) -> FormerCustomer:
    """What a customer that is merged now had absorbed before its last merge."""
    record: Customer | None = None
    former: FormerCustomer | None = None
    for event, at in _told(entries):
        if isinstance(event, ev.CustomerMerged) and record is not None and record.merged_into is None:
            former = FormerCustomer(record.members, event.evidence)
        elif isinstance(event, ev.CustomerReleased) and former is not None:
            former = replace(former, members=tuple(one for one in former.members if one not in event.customers))
        record = evolve(record, event, at)  # type: ignore[assignment]  # a customer's stream makes a customer
    assert former is not None
    return former


def brought(entries: Entries) -> frozenset[IdentityId]:
    """The participants of a ticket whom nobody added: they came with tickets that were merged into it."""
    by_merge: dict[IdentityId, bool] = {}
    for event, _ in _told(entries):
        match event:
            case ev.TicketOpened():
                by_merge.update((one.identity, False) for one in event.participants)
            case ev.ParticipantsChanged():
                for identity in event.removed:
                    by_merge.pop(identity, None)
                by_merge.update((one.identity, False) for one in event.added)
            case ev.TicketAbsorbed():
                for one in event.participants:
                    by_merge.setdefault(one.identity, True)
            case ev.TicketReleased():
                for identity in event.participants:
                    by_merge.pop(identity, None)
    return frozenset(identity for identity, is_brought in by_merge.items() if is_brought)


def received_since(entries: Entries, absorbed: str) -> tuple[MessageId, ...]:
    """The messages that reached a survivor after it absorbed a ticket (the last time), in order."""
    found: list[MessageId] = []
    for event, _ in _told(entries):
        if isinstance(event, ev.TicketAbsorbed) and absorbed in event.tickets:
            found.clear()
        elif isinstance(event, ev.MessageReceived):
            found.append(event.message)
    return tuple(found)


@dataclass(slots=True)
class _Union:
    attributes: dict[str, None] = field(default_factory=dict)
    tags: dict[str, None] = field(default_factory=dict)
    fields: dict[str, None] = field(default_factory=dict)
    identities: dict[str, None] = field(default_factory=dict)


def done_to_union(entries: Entries, absorbed: str) -> Iterator[tuple[str, str]]:
    """What was set on a survivor since it absorbed a customer (the last time).

    Pairs of a kind (``attribute``, ``tag``, ``field``, ``identity``, in that order) and a name or id.
    """
    union = _Union()
    for event, _ in _told(entries):
        match event:
            case ev.CustomerAbsorbed() if absorbed in event.customers:
                union = _Union()
            case ev.AttributesSet():
                union.attributes.update((one.name, None) for one in event.attributes or ())
            case ev.CustomerTagged():
                union.tags.update((one.name, None) for one in event.tags)
            case ev.CustomerNamed():
                union.fields["name"] = None
            case ev.CustomerPlaced():
                placed = ("level", "stage", "language", "dedicated_agent")
                union.fields.update((name, None) for name in placed if getattr(event, name) is not None)
            case ev.CustomerBlocked():
                union.fields["block"] = None
            case ev.IdentityLinked():
                union.identities[event.identity] = None
    yield from (("attribute", name) for name in union.attributes)
    yield from (("tag", name) for name in union.tags)
    yield from (("field", name) for name in union.fields)
    yield from (("identity", name) for name in union.identities)


def birth(message: Message) -> ev.MessageReceived | ev.ReplyQueued | ev.NoteAdded:
    """The event with which a message joined its first ticket, as far as it counts there."""
    if message.direction is Direction.NOTE:
        return ev.NoteAdded(message=message.id)
    if message.direction is Direction.OUT and message.author is not AuthorKind.ELSEWHERE:
        return ev.ReplyQueued(message=message.id, by_person=message.author is AuthorKind.AGENT)
    return ev.MessageReceived(
        message=message.id,
        identity=message.identity,
        occurred_at=message.occurred_at,
        elsewhere=message.author is AuthorKind.ELSEWHERE,
        automatic=message.automatic,
    )


def _joined(event: ev.Event, ticket: str) -> tuple[MessageId, ...]:
    match event:
        case ev.MessageReceived() | ev.ReplyQueued() | ev.NoteAdded():
            return (event.message,)
        case ev.MessagesMoved() if event.target == ticket:
            return event.messages
    return ()


def joined(entries: Entries, ticket: str) -> tuple[MessageId, ...]:
    """The messages that a ticket ever held, in the order in which they came."""
    return tuple(message for event, _ in _told(entries) for message in _joined(event, ticket))


def recounted(ticket: Ticket, entries: Entries, kept: Iterable[Message]) -> Ticket:
    """The ticket with the marks that it would have if it had never held any but the ``kept`` messages.

    Marks are ``messages``, ``last_message``, ``customer_at``, ``replied_at``, ``waiting_since``, ``unanswered`` and
    ``auto_replied_at``.
    """
    held = {one.id: one for one in kept}
    blank = {"messages": 0, "unanswered": 0}
    marks = ("last_message", "customer_at", "replied_at", "waiting_since", "auto_replied_at")
    told = replaced(ticket, **blank, **dict.fromkeys(marks))
    for event, _ in _told(entries):
        if isinstance(event, ev.StatusChanged) and event.after in (Category.RESOLVED, Category.CLOSED):
            told = replaced(told, waiting_since=None)
        for key in _joined(event, ticket.id):
            if key in held:
                told = evolve(told, birth(held[key]), held[key].received_at)  # type: ignore[assignment]
    return told
