"""``evolve(record, event)``: the only way in which a record changes.

Folding a subject's entries in order gives the stored record; the store contract checks it after random commands.
A version counts the entries of its subject.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced, trusted
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.changes import Stored
from csdesk.domain.records.clocks import with_clocks
from csdesk.domain.records.customers import Attribute, Block, Customer, Identity
from csdesk.domain.records.messages import Delivery, Message
from csdesk.domain.records.replies import Phrase
from csdesk.domain.records.tags import with_tag, without_tag
from csdesk.domain.records.tickets import (
    Category,
    FieldValue,
    Owner,
    OwnerKind,
    Participant,
    Priority,
    Ticket,
    Worker,
    WorkerKind,
)

# Customers


_Customer = trusted(Customer)
_Identity = trusted(Identity)
_Ticket = trusted(Ticket)
_Owner = trusted(Owner)


def _customer_created(_: Customer | None, event: ev.CustomerCreated, at: datetime) -> Customer:
    return _Customer(
        id=event.id,
        name=event.name or "",
        language=event.language,
        level=event.level,
        first_account=event.account,
        created_at=at,
    )


def _identity_linked(customer: Customer, event: ev.IdentityLinked, at: datetime) -> Customer:
    identity = _Identity(
        id=event.identity,
        kind=event.identity_kind,
        scope=event.scope,
        external_id=event.external_id or "",
        evidence=event.evidence,
        linked_at=at,
        origin=event.origin,
    )
    kept = tuple(one for one in customer.identities if one.id != identity.id)
    return replaced(customer, identities=(*kept, identity))


def _identity_unlinked(customer: Customer, event: ev.IdentityUnlinked, _: datetime) -> Customer:
    return replaced(customer, identities=tuple(one for one in customer.identities if one.id != event.identity))


def _customer_named(customer: Customer, event: ev.CustomerNamed, _: datetime) -> Customer:
    return replaced(customer, name=event.name or "")


def _attributes_set(customer: Customer, event: ev.AttributesSet, _: datetime) -> Customer:
    values: dict[str, Attribute] = {one.name: one for one in customer.attributes}
    for one in event.attributes or ():
        if one.value is None:
            values.pop(one.name, None)
        else:
            values[one.name] = one
    return replaced(customer, attributes=tuple(values.values()))


def _customer_placed(customer: Customer, event: ev.CustomerPlaced, _: datetime) -> Customer:
    given = {
        name: value
        for name in ("level", "stage", "language", "dedicated_agent")
        if (value := getattr(event, name)) is not None
    }
    return replaced(customer, **given)


def _customer_tagged(customer: Customer, event: ev.CustomerTagged, _: datetime) -> Customer:
    tags = customer.tags
    for tag in event.tags:
        tags = with_tag(tags, tag)
    return replaced(customer, tags=tags)


def _customer_untagged(customer: Customer, event: ev.CustomerUntagged, _: datetime) -> Customer:
    return replaced(customer, tags=without_tag(customer.tags, event.tag))


def _customer_blocked(customer: Customer, event: ev.CustomerBlocked, at: datetime) -> Customer:
    return replaced(customer, block=Block(reason=event.reason, at=at, until=event.until))


def _customer_unblocked(customer: Customer, _event: ev.CustomerUnblocked, _: datetime) -> Customer:
    return replaced(customer, block=None)


def _customer_merged(customer: Customer, event: ev.CustomerMerged, _: datetime) -> Customer:
    return replaced(customer, merged_into=event.into, members=())


def _customer_absorbed(customer: Customer, event: ev.CustomerAbsorbed, _: datetime) -> Customer:
    return replaced(customer, members=(*customer.members, *event.customers))


def _customer_unmerged(customer: Customer, event: ev.CustomerUnmerged, _: datetime) -> Customer:
    return replaced(customer, merged_into=None, members=event.members)


def _customer_released(customer: Customer, event: ev.CustomerReleased, _: datetime) -> Customer:
    return replaced(customer, members=tuple(one for one in customer.members if one not in event.customers))


# Tickets


def _ticket_opened(_: Ticket | None, event: ev.TicketOpened, at: datetime) -> Ticket:
    return _Ticket(
        id=event.id,
        number=event.number,
        subject=event.subject or "",
        type=event.type,
        queue=event.queue,
        priority=event.priority,
        language=event.language,
        identity=event.identity,
        account=event.account,
        conversation=event.conversation,
        owner=_Owner(kind=OwnerKind.QUEUE, id=event.queue),
        participants=event.participants,
        links=event.links,
        created_at=at,
        updated_at=at,
    )


def _message_received(ticket: Ticket, event: ev.MessageReceived, _: datetime) -> Ticket:
    counted = {"messages": ticket.messages + 1, "last_message": event.message}
    if event.elsewhere:
        return replaced(ticket, **counted, replied_at=event.occurred_at, waiting_since=None)
    latest = event.occurred_at if ticket.customer_at is None else max(ticket.customer_at, event.occurred_at)
    waits = event.automatic == "no" and ticket.waiting_since is None
    since = event.occurred_at if waits else ticket.waiting_since
    return replaced(ticket, **counted, customer_at=latest, waiting_since=since, unanswered=0)


def _reply_queued(ticket: Ticket, event: ev.ReplyQueued, at: datetime) -> Ticket:
    counted: dict[str, object] = {
        "messages": ticket.messages + 1,
        "last_message": event.message,
        "unanswered": ticket.unanswered + 1,
    }
    if not event.by_person:
        return replaced(ticket, **counted, auto_replied_at=at)
    return replaced(ticket, **counted, replied_at=at, waiting_since=None)


def _note_added(ticket: Ticket, event: ev.NoteAdded, _: datetime) -> Ticket:
    return replaced(ticket, messages=ticket.messages + 1, last_message=event.message)


def _ticket_tagged(ticket: Ticket, event: ev.TicketTagged, _: datetime) -> Ticket:
    tags = ticket.tags
    for tag in event.tags:
        tags = with_tag(tags, tag)
    return replaced(ticket, tags=tags)


def _ticket_untagged(ticket: Ticket, event: ev.TicketUntagged, _: datetime) -> Ticket:
    return replaced(ticket, tags=without_tag(ticket.tags, event.tag))


def _field_set(ticket: Ticket, event: ev.TicketFieldSet, _: datetime) -> Ticket:
    if event.name.startswith("x."):
        name = event.name[2:]
        kept = tuple(one for one in ticket.fields if one.name != name)
        fresh = () if event.after is None else (FieldValue(name=name, value=event.after),)
        return replaced(ticket, fields=(*kept, *fresh))
    if event.name == "queue":
        return replaced(ticket, queue=event.after, owner=_Owner(kind=OwnerKind.QUEUE, id=str(event.after)))
    value: object = event.after
    if event.name == "priority":
        value = Priority(int(event.after or Priority.NORMAL))
    return replaced(ticket, **{event.name: value})


def _subject_set(ticket: Ticket, event: ev.SubjectSet, _: datetime) -> Ticket:
    return replaced(ticket, subject=event.subject or "")


def _status_changed(ticket: Ticket, event: ev.StatusChanged, at: datetime) -> Ticket:
    changes: dict[str, object] = {"category": event.after, "status": event.status, "snoozed_until": event.until}
    if event.after is Category.RESOLVED:
        changes |= {"resolved_at": at, "waiting_since": None}
    elif event.after is Category.CLOSED:
        changes |= {"closed_at": at, "close_reason": event.reason, "waiting_since": None}
    elif event.before in (Category.RESOLVED, Category.CLOSED):
        changes |= {"resolved_at": None, "closed_at": None, "close_reason": "", "cycle": ticket.cycle + 1}
    return replaced(ticket, **changes)


def _ticket_assigned(ticket: Ticket, event: ev.TicketAssigned, _: datetime) -> Ticket:
    worker = event.worker
    changes: dict[str, object] = {"worker": worker}
    if worker is not None:
        changes["fence"] = worker.fence
    if event.accountable:
        changes["owner"] = _owner_after(ticket, worker)
    return replaced(ticket, **changes)


def _owner_after(ticket: Ticket, worker: Worker | None) -> Owner:
    if worker is not None and worker.kind is WorkerKind.AGENT:
        return _Owner(kind=OwnerKind.AGENT, id=worker.id)
    return _Owner(kind=OwnerKind.QUEUE, id=ticket.queue)


def _with_participants(
    ticket: Ticket, added: tuple[Participant, ...], removed: tuple[str, ...]
) -> tuple[Participant, ...]:
    gone = {*removed, *(one.identity for one in added)}
    return (*(one for one in ticket.participants if one.identity not in gone), *added)


def _participants_changed(ticket: Ticket, event: ev.ParticipantsChanged, _: datetime) -> Ticket:
    return replaced(ticket, participants=_with_participants(ticket, event.added, event.removed))


def _clocks_changed(ticket: Ticket, event: ev.ClocksChanged, _: datetime) -> Ticket:
    return replaced(ticket, clocks=with_clocks(ticket.clocks, event.clocks))


def _clock_marked(ticket: Ticket, event: ev.ClockWarned | ev.ClockBreached, _: datetime) -> Ticket:
    return replaced(ticket, clocks=with_clocks(ticket.clocks, (event.clock,)))


def _links_changed(ticket: Ticket, event: ev.LinksChanged, _: datetime) -> Ticket:
    return replaced(ticket, links=(*ticket.links, *event.added))


def _ticket_merged(ticket: Ticket, event: ev.TicketMerged, at: datetime) -> Ticket:
    if ticket.merged_into is not None:
        return replaced(ticket, merged_into=event.into)  # only its survivor is another one now
    return replaced(
        ticket,
        merged_into=event.into,
        absorbed=(),
        category=Category.MERGED,
        status=Category.MERGED.value,
        worker=None,
        waiting_since=None,
        snoozed_until=None,
        closed_at=at,
    )


def _ticket_absorbed(ticket: Ticket, event: ev.TicketAbsorbed, _: datetime) -> Ticket:
    known = {one.identity for one in ticket.participants}
    fresh = tuple(one for one in event.participants if one.identity not in known)
    return replaced(ticket, absorbed=(*ticket.absorbed, *event.tickets), participants=(*ticket.participants, *fresh))


def _ticket_unmerged(ticket: Ticket, event: ev.TicketUnmerged, _: datetime) -> Ticket:
    changes: dict[str, object] = {
        "merged_into": None,
        "category": Category.OPEN,
        "status": event.status,
        "worker": event.worker,
        "clocks": event.clocks,
        "waiting_since": event.waiting_since,
        "absorbed": event.absorbed,
        "closed_at": None,
    }
    if event.before is Category.RESOLVED:
        changes |= {"resolved_at": None, "cycle": ticket.cycle + 1}
    return replaced(ticket, **changes)


def _ticket_released(ticket: Ticket, event: ev.TicketReleased, _: datetime) -> Ticket:
    return replaced(
        ticket,
        absorbed=tuple(one for one in ticket.absorbed if one not in event.tickets),
        participants=_with_participants(ticket, (), event.participants),
    )


def _messages_moved(ticket: Ticket, event: ev.MessagesMoved, _: datetime) -> Ticket:
    moved = len(event.messages)
    return replaced(
        ticket,
        messages=ticket.messages + (moved if ticket.id == event.target else -moved),
        customer_at=event.customer_at,
        replied_at=event.replied_at,
        waiting_since=event.waiting_since,
        auto_replied_at=event.auto_replied_at,
        unanswered=event.unanswered,
        last_message=event.last_message,
    )


def _unchanged(record: Stored, _event: object, _: datetime) -> Stored:
    return record


# Messages, agents, phrases


def _delivery_changed(message: Message, event: ev.DeliveryChanged, _: datetime) -> Message:
    known = event.provider_id or message.provider_id
    return replaced(message, delivery=Delivery(event.after), delivery_reason=event.reason, provider_id=known)


def _message_recalled(message: Message, _event: ev.MessageRecalled, at: datetime) -> Message:
    return replaced(message, recalled_at=at)


def _message_edited(message: Message, event: ev.MessageEdited, _: datetime) -> Message:
    return replaced(message, edited=event.parts or ())


def _message_moved(message: Message, event: ev.MessageMoved, _: datetime) -> Message:
    return replaced(message, ticket=event.after)


def _agent_saved(_: Agent | None, event: ev.AgentSaved, _at: datetime) -> Agent | None:
    return event.agent


def _presence_changed(agent: Agent, event: ev.PresenceChanged, _: datetime) -> Agent:
    return replaced(agent, presence=event.after)


def _phrase_saved(_: Phrase | None, event: ev.PhraseSaved, _at: datetime) -> Phrase:
    return event.phrase


# ``Any``: each function takes the record and event of its own row; the table is private and walked by a test.
_FOLDS: Final[dict[type, Callable[[Any, Any, datetime], Any]]] = {
    ev.CustomerCreated: _customer_created,
    ev.IdentityLinked: _identity_linked,
    ev.IdentityUnlinked: _identity_unlinked,
    ev.CustomerNamed: _customer_named,
    ev.AttributesSet: _attributes_set,
    ev.CustomerPlaced: _customer_placed,
    ev.CustomerTagged: _customer_tagged,
    ev.CustomerUntagged: _customer_untagged,
    ev.CustomerBlocked: _customer_blocked,
    ev.CustomerUnblocked: _customer_unblocked,
    ev.CustomerMerged: _customer_merged,
    ev.CustomerAbsorbed: _customer_absorbed,
    ev.CustomerUnmerged: _customer_unmerged,
    ev.CustomerReleased: _customer_released,
    ev.TicketOpened: _ticket_opened,
    ev.MessageReceived: _message_received,
    ev.ReplyQueued: _reply_queued,
    ev.NoteAdded: _note_added,
    ev.TicketTagged: _ticket_tagged,
    ev.TicketUntagged: _ticket_untagged,
    ev.TicketFieldSet: _field_set,
    ev.SubjectSet: _subject_set,
    ev.StatusChanged: _status_changed,
    ev.TicketAssigned: _ticket_assigned,
    ev.ParticipantsChanged: _participants_changed,
    ev.ClocksChanged: _clocks_changed,
    ev.ClockWarned: _clock_marked,
    ev.ClockBreached: _clock_marked,
    ev.LinksChanged: _links_changed,
    ev.TicketMerged: _ticket_merged,
    ev.TicketAbsorbed: _ticket_absorbed,
    ev.TicketUnmerged: _ticket_unmerged,
    ev.TicketReleased: _ticket_released,
    ev.MessagesMoved: _messages_moved,
    ev.ReplyDecided: _unchanged,
    ev.PhraseUsed: _unchanged,
    ev.AlertRaised: _unchanged,
    ev.ActionRequested: _unchanged,
    ev.RulesExhausted: _unchanged,
    ev.SkewSeen: _unchanged,
    ev.CommandDenied: _unchanged,
    ev.AgentSaved: _agent_saved,
    ev.PresenceChanged: _presence_changed,
    ev.PhraseSaved: _phrase_saved,
}

ON_MESSAGES: Final[dict[type, Callable[[Any, Any, datetime], Message]]] = {
    ev.DeliveryChanged: _delivery_changed,
    ev.MessageRecalled: _message_recalled,
    ev.MessageEdited: _message_edited,
    ev.MessageMoved: _message_moved,
}
"""What changes a message after its birth: events of the message's own stream."""


def evolve(record: Stored | None, event: ev.Event, at: datetime) -> Stored:
    """The record after the event; None before a subject's first event."""
    fold = _FOLDS.get(type(event))
    if fold is None:
        assert record is not None
        return record
    result: Stored = fold(record, event, at)
    return result


def evolve_message(message: Message, event: ev.Event, at: datetime) -> Message:
    """The message after an event that changes it."""
    return ON_MESSAGES[type(event)](message, event, at)


def sealed(record: Stored, version: int, at: datetime) -> Stored:
    """The record as one entry leaves it: its version, and for a ticket the time of its last event (never earlier)."""
    if isinstance(record, Ticket):
        return replaced(record, version=version, updated_at=max(record.updated_at, at))
    return replaced(record, version=version)


def fold(entries: Iterable[ev.Entry]) -> Stored | None:
    """The record that a subject's entries, in order, make."""
    record: Stored | None = None
    for version, entry in enumerate(entries, start=1):
        for event in entry.events:
            record = evolve(record, event, entry.at)
        if record is not None:
            record = sealed(record, version, entry.at)
    return record
