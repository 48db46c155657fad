"""Small records with everything a test doesn't care about filled in.

``ticket(3)`` is the third ticket: its id ends in 3, it has number 3, and it came through ``identity(3)`` of
``customer(3)``. Keyword arguments set any field. Records are as their first entry leaves them (version 1); ``birth``
gives that entry.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from csdesk.domain import ids
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.agents import Agent, Presence
from csdesk.domain.records.articles import Article
from csdesk.domain.records.assets import Asset
from csdesk.domain.records.authority import Settlement
from csdesk.domain.records.changes import ChangeSet, Put, Stored
from csdesk.domain.records.customers import Customer, Identity
from csdesk.domain.records.drafts import Draft
from csdesk.domain.records.holidays import PublicHolidays, SavedYear
from csdesk.domain.records.messages import AuthorKind, Delivery, Direction, Message, TextPart
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.records.queues import DueItem, InboxItem, InboxState, OutboxItem
from csdesk.domain.records.tickets import Owner, OwnerKind, Ticket
from csdesk.testing.clocks import START
from csdesk.testing.ids import serial


def at(seconds: float) -> datetime:
    """The instant that many seconds after ``START``."""
    return START + timedelta(seconds=seconds)


def identity(number: int = 1, /, **values: object) -> Identity:
    """An e-mail identity."""
    given = {"id": serial(ids.IDENTITY, number), "kind": "email", "external_id": f"c{number}@example.org"}
    return Identity.model_validate({**given, "linked_at": START, **values})


def customer(number: int = 1, /, **values: object) -> Customer:
    """A customer with one identity."""
    given = {"id": serial(ids.CUSTOMER, number), "version": 1, "name": f"Customer {number}", "created_at": START}
    return Customer.model_validate({**given, "identities": (identity(number),), **values})


def ticket(number: int = 1, /, **values: object) -> Ticket:
    """A new ticket in the queue ``general``, through the account ``mail``."""
    queue = str(values.get("queue", "general"))
    given = {
        "id": serial(ids.TICKET, number),
        "number": number,
        "version": 1,
        "subject": f"Ticket {number}",
        "queue": queue,
        "identity": serial(ids.IDENTITY, number),
        "account": "mail",
        "conversation": f"conversation-{number}",
        "owner": Owner(kind=OwnerKind.QUEUE, id=queue),
        "created_at": START,
        "updated_at": values.get("created_at", START),
    }
    return Ticket.model_validate({**given, **values})


def message(number: int = 1, text: str = "Hello", /, **values: object) -> Message:
    """A customer's message in the ticket of the same number."""
    given = {
        "id": serial(ids.MESSAGE, number),
        "ticket": serial(ids.TICKET, number),
        "direction": Direction.IN,
        "author": AuthorKind.CUSTOMER,
        "identity": serial(ids.IDENTITY, number),
        "account": "mail",
        "conversation": f"conversation-{number}",
        "parts": (TextPart(text=text),),
        "received_at": at(number),
        "occurred_at": at(number),
    }
    return Message.model_validate({**given, **values})


def reply(number: int = 1, text: str = "Good day", /, **values: object) -> Message:
    """An agent's answer that waits to be sent, in the ticket of the same number."""
    given = {
        "direction": Direction.OUT,
        "author": AuthorKind.AGENT,
        "author_id": serial(ids.AGENT, number),
        "delivery": Delivery.PENDING,
    }
    return message(number, text, **{**given, **values})


def agent(number: int = 1, /, **values: object) -> Agent:
    """An agent who is online in the queue ``general`` with a capacity of 10."""
    given = {"id": serial(ids.AGENT, number), "version": 1, "name": f"Agent {number}", "queues": ("general",)}
    return Agent.model_validate({**given, "presence": Presence.ONLINE, "created_at": START, **values})


def holidays(number: int = 1, /, **values: object) -> PublicHolidays:
    """The holidays of a place, one year of them."""
    years = (SavedYear(year=2026, closed=(date(2026, 1, 1),), working=(date(2026, 1, 4),)),)
    given = {"id": serial("hol_", number), "version": 1, "place": f"P{number}", "years": years, "updated_at": START}
    return PublicHolidays.model_validate({**given, **values})


def asset(number: int = 1, /, **values: object) -> Asset:
    """A brochure that is mere words; with ``digest`` a file beside them."""
    digest = values.pop("digest", None)
    file = {"part": {"kind": "media", "ref": {"sha256": digest, "size": 1}}}
    variants = [*([file] if digest is not None else []), {"part": {"kind": "text", "text": "All we sell."}}]
    given = {"id": serial(ids.ASSET, number), "version": 1, "title": f"Asset {number}", "variants": variants}
    return Asset.model_validate({**given, "created_at": START, "updated_at": START, **values})


def phrase(number: int = 1, /, **values: object) -> LibraryPhrase:
    """A prepared answer."""
    given = {
        "id": serial(ids.PHRASE, number),
        "version": 1,
        "title": f"Phrase {number}",
        "wordings": ({"text": "We are open."},),
    }
    return LibraryPhrase.model_validate({**given, "created_at": START, "updated_at": START, **values})


def article(number: int = 1, /, **values: object) -> Article:
    """An article with one section."""
    given = {"id": serial(ids.ARTICLE, number), "version": 1, "title": f"Article {number}", "what": "A sale."}
    return Article.model_validate({**given, "created_at": START, "updated_at": START, **values})


def settlement(number: int = 1, /, **values: object) -> Settlement:
    """A refund of 12.50 that an agent asks for, for the customer of the same number."""
    given = {
        "id": serial(ids.SETTLEMENT, number),
        "version": 1,
        "action": "refund",
        "ledger": "refund",
        "unit": "CNY",
        "digits": 2,
        "amount": 1250,
        "subject": f"order:{number}",
        "ticket": serial(ids.TICKET, number),
        "customer": serial(ids.CUSTOMER, number),
        "agent": serial(ids.AGENT, number),
        "by": f"agent:{serial(ids.AGENT, number)}",
        "created_at": START,
    }
    return Settlement.model_validate({**given, **values})


def draft(number: int = 1, /, **values: object) -> Draft:
    """A reply in the making for the ticket of the same number."""
    given = {
        "id": serial(ids.DRAFT, number),
        "version": 1,
        "ticket": serial(ids.TICKET, number),
        "author": serial(ids.AGENT, number),
        "text": "Dear customer",
        "answers_version": 1,
        "updated_at": START,
    }
    return Draft.model_validate({**given, **values})


def outbox_item(number: int = 1, conversation: str = "conversation-1", account: str = "mail") -> OutboxItem:
    """An outbound message that is due at ``at(0)``, created ``number`` seconds after ``START``."""
    return OutboxItem(
        message=ids.MessageId(serial(ids.MESSAGE, number)),
        ticket=ids.TicketId(serial(ids.TICKET, 1)),
        account=account,
        conversation=conversation,
        due_at=START,
        created_at=at(number),
    )


def inbox_item(number: int = 1, state: InboxState = InboxState.PARKED) -> InboxItem:
    """A message that did not reach a ticket."""
    return InboxItem(
        id=ids.MessageId(serial(ids.MESSAGE, number)),
        account="mail",
        conversation=f"conversation-{number}",
        state=state,
        error="error.example",
        detail="InvalidInput",
        told='{"field": "queue", "problem": "\\u4e0d\\u5728"}',
        payload='{"text": "Hello"}',
        created_at=at(number),
    )


def due_item(key: str = "pull/mail", seconds: float = 0, kind: str = "pull") -> DueItem:
    """A due item, ``seconds`` after ``START``."""
    return DueItem(key=key, kind=kind, due_at=at(seconds), payload="{}")


def entry(subject: str, *events: ev.Event, seconds: float = 0, cause: str = "") -> ev.Entry:
    """An entry of the system, ``seconds`` after ``START``; its salt and cause follow from the subject."""
    return ev.Entry(
        subject=subject,
        at=at(seconds),
        actor=Actor.system(),
        cause=cause or f"birth of {subject}",
        epochs=ev.Epochs(),
        events=events,
        salt=f"salt{subject[-12:]:>12}",
    )


def birth(record: Stored) -> ev.Entry:
    """The entry that makes the record, if it is one that begins this way (no later values set).

    A message is born in its ticket's stream; for a draft, which has no stream, the desk's own stream notes nothing.
    """
    match record:
        case Customer():
            return _customer_born(record)
        case Ticket():
            return _ticket_born(record)
        case Settlement():
            return _settlement_born(record)
        case Message():
            return _message_born(record)
        case Draft():
            return entry(ev.DESK)
        case _:
            return entry(record.id, _saved(record))


def _saved(record: Agent | LibraryPhrase | Article | Asset | PublicHolidays) -> ev.Event:
    """What tells of a record that is saved as a whole."""
    match record:
        case Agent():
            return ev.AgentSaved(agent=record)
        case LibraryPhrase():
            return ev.PhraseSaved(phrase=record)
        case Article():
            return ev.ArticleSaved(article=record)
        case Asset():
            return ev.AssetSaved(asset=record)
        case PublicHolidays():
            return ev.HolidaysSaved(holidays=record)


def _customer_born(record: Customer) -> ev.Entry:
    made = ev.CustomerCreated(
        id=record.id,
        name=record.name,
        language=record.language,
        account=record.first_account,
        level=record.level,
        traffic=record.source.traffic if record.source is not None else None,
        origin=record.source.origin if record.source is not None else None,
    )
    linked = [
        ev.IdentityLinked(
            identity=one.id,
            identity_kind=one.kind,
            scope=one.scope,
            external_id=one.external_id,
            evidence=one.evidence,
        )
        for one in record.identities
    ]
    tagged = [ev.CustomerTagged(tags=record.tags)] if record.tags else []
    flagged = [ev.CustomerFlagged(flag=one.name, until=one.until) for one in record.flags]
    planned = [ev.SegmentsPlanned(at=record.segments_at)] if record.segments_at is not None else []
    entered = [ev.SegmentEntered(segment=one.name) for one in record.segments]
    return entry(record.id, made, *linked, *tagged, *flagged, *entered, *planned)


def _ticket_born(record: Ticket) -> ev.Entry:
    made = ev.TicketOpened(
        id=record.id,
        number=record.number,
        subject=record.subject,
        type=record.type,
        queue=record.queue,
        priority=record.priority,
        language=record.language,
        identity=record.identity,
        account=record.account,
        conversation=record.conversation,
        participants=record.participants,
        links=record.links,
        origin=record.origin,
    )
    tagged = [ev.TicketTagged(tags=record.tags)] if record.tags else []
    flagged = [ev.TicketFlagged(flag=one.name, until=one.until) for one in record.flags]
    return entry(record.id, made, *tagged, *flagged)


def _settlement_born(record: Settlement) -> ev.Entry:
    given = {name: getattr(record, name) for name in ev.SettlementBegan.model_fields if name != "kind"}
    return entry(record.id, ev.SettlementBegan(**given))


def _message_born(record: Message) -> ev.Entry:
    if record.direction is Direction.NOTE:
        return entry(record.ticket, ev.NoteAdded(message=record.id))
    if record.direction is Direction.OUT:
        return entry(record.ticket, ev.ReplyQueued(message=record.id))
    heard = ev.MessageReceived(message=record.id, identity=record.identity, occurred_at=record.occurred_at)
    return entry(record.ticket, heard)


def changes_for(*records: Stored) -> ChangeSet:
    """The commit that stores new records, each with its birth; a message's birth is left to its ticket's entries."""
    born = tuple(birth(one) for one in records if not isinstance(one, Message | Draft))
    return ChangeSet(puts=tuple(Put(one, 0) for one in records), entries=born)
