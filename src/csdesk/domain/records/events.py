"""Events: what happened, in the past tense. The new record is always ``evolve(record, event)``.

Personal values and message text never stand in an event's body. A field named in ``PERSONAL`` is stored beside the
body, in a column of its own that erasing empties; the body then holds a salted digest of it, so that the chain stays
checkable. ``None`` in such a field means "erased" when the event is read back.

An ``Entry`` is what one cause did to one subject: the time, the actor, the cause and the epochs once, then the events.
Every entry of a ticket, customer, agent or phrase makes its version grow by one. What happens to a message after its
birth stands in the message's own stream; what concerns no record stands in the stream of ``DESK``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from csdesk.domain.ids import AgentId, CustomerId, IdentityId, MessageId, PhraseId, TicketId
from csdesk.domain.records._model import Instant, Record, Scalar
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.agents import Agent, Presence
from csdesk.domain.records.clocks import Clock
from csdesk.domain.records.customers import Attribute, Evidence
from csdesk.domain.records.messages import Automatic, Delivery, Part
from csdesk.domain.records.replies import Phrase
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.tickets import Category, Link, Participant, Priority, Worker
from csdesk.domain.records.trace import Trace


class _Event(Record):
    PERSONAL: ClassVar[frozenset[str]] = frozenset()


# Customers


class CustomerCreated(_Event):
    """Somebody came for the first time."""

    PERSONAL = frozenset({"name"})
    kind: Literal["customer.created"] = "customer.created"
    id: CustomerId
    name: str | None = ""
    language: str | None = None
    account: str = ""
    level: str = ""


class IdentityLinked(_Event):
    """An identity was attached to the customer."""

    PERSONAL = frozenset({"external_id"})
    kind: Literal["customer.identity_linked"] = "customer.identity_linked"
    identity: IdentityId
    identity_kind: str
    scope: str = ""
    external_id: str | None = ""
    evidence: Evidence = Evidence.FIRST_CONTACT
    origin: CustomerId | None = None
    """The customer it was taken from, if it was unlinked from one."""


class IdentityUnlinked(_Event):
    """An identity left the customer; ``into`` is its home from now on."""

    kind: Literal["customer.identity_unlinked"] = "customer.identity_unlinked"
    identity: IdentityId
    into: CustomerId
    evidence: Evidence = Evidence.AGENT


class CustomerNamed(_Event):
    """The customer's name was set."""

    PERSONAL = frozenset({"name"})
    kind: Literal["customer.named"] = "customer.named"
    name: str | None = ""


class AttributesSet(_Event):
    """Profile values were set; a value of None removes the attribute."""

    PERSONAL = frozenset({"attributes"})
    kind: Literal["customer.attributes_set"] = "customer.attributes_set"
    attributes: tuple[Attribute, ...] | None = ()


class CustomerPlaced(_Event):
    """The level, stage, language or dedicated agent of the customer changed; None leaves a value as it is."""

    kind: Literal["customer.placed"] = "customer.placed"
    level: str | None = None
    stage: str | None = None
    language: str | None = None
    dedicated_agent: AgentId | None = None


class CustomerTagged(_Event):
    """Tags were put on the customer."""

    kind: Literal["customer.tagged"] = "customer.tagged"
    tags: tuple[TagAssignment, ...]


class CustomerUntagged(_Event):
    """A tag was taken from the customer."""

    kind: Literal["customer.untagged"] = "customer.untagged"
    tag: str


class CustomerBlocked(_Event):
    """Messages of the customer go no further than storage, until ``until`` (None: for good)."""

    kind: Literal["customer.blocked"] = "customer.blocked"
    reason: str = ""
    until: Instant | None = None


class CustomerUnblocked(_Event):
    """The block was lifted."""

    kind: Literal["customer.unblocked"] = "customer.unblocked"


class CustomerMerged(_Event):
    """The customer was merged into another one, which now speaks for both."""

    kind: Literal["customer.merged"] = "customer.merged"
    into: CustomerId
    evidence: Evidence = Evidence.AGENT


class CustomerAbsorbed(_Event):
    """Other customers were merged into this one."""

    kind: Literal["customer.absorbed"] = "customer.absorbed"
    customers: tuple[CustomerId, ...]
    evidence: Evidence = Evidence.AGENT


class CustomerUnmerged(_Event):
    """The customer was taken out of its survivor and speaks for itself again, and for ``members``."""

    kind: Literal["customer.unmerged"] = "customer.unmerged"
    out_of: CustomerId
    members: tuple[CustomerId, ...] = ()
    """The customers that were merged into this one before, and come out with it."""


class CustomerReleased(_Event):
    """Customers that were merged into this one were taken out again."""

    kind: Literal["customer.released"] = "customer.released"
    customers: tuple[CustomerId, ...]


# Tickets


class TicketOpened(_Event):
    """A new matter."""

    PERSONAL = frozenset({"subject"})
    kind: Literal["ticket.opened"] = "ticket.opened"
    id: TicketId
    number: int
    subject: str | None = ""
    type: str = "general"
    queue: str
    priority: Priority = Priority.NORMAL
    language: str | None = None
    identity: IdentityId
    account: str
    conversation: str
    participants: tuple[Participant, ...] = ()
    links: tuple[Link, ...] = ()


class MessageReceived(_Event):
    """A customer's message, or one of our people elsewhere, joined the ticket; its text stands in the message."""

    kind: Literal["message.received"] = "message.received"
    message: MessageId
    identity: IdentityId | None = None
    occurred_at: Instant
    elsewhere: bool = False
    automatic: Automatic = Automatic.NO
    clamped: timedelta | None = None
    """How much ``sent_at`` was moved to fit between the backlog limit and the arrival; None if it was not."""


class ReplyQueued(_Event):
    """A public reply was written to the outbox."""

    kind: Literal["message.queued"] = "message.queued"
    message: MessageId
    by_person: bool = True
    """A bot's or rule's reply never answers for a person."""


class NoteAdded(_Event):
    """An internal note."""

    kind: Literal["message.noted"] = "message.noted"
    message: MessageId


class DeliveryChanged(_Event):
    """What became of an outbound message; ``reason`` is a code."""

    kind: Literal["message.delivery"] = "message.delivery"
    message: MessageId
    before: Delivery
    after: Delivery
    reason: str = ""
    provider_id: str = ""


class MessageRecalled(_Event):
    """The sender took the message back; the original stays for those who may see it."""

    kind: Literal["message.recalled"] = "message.recalled"
    message: MessageId


class MessageEdited(_Event):
    """The sender changed the message; the original content stays in the message record."""

    PERSONAL = frozenset({"parts"})
    kind: Literal["message.edited"] = "message.edited"
    message: MessageId
    parts: tuple[Part, ...] | None = ()


class TicketTagged(_Event):
    """Tags were put on the ticket."""

    kind: Literal["ticket.tagged"] = "ticket.tagged"
    tags: tuple[TagAssignment, ...]


class TicketUntagged(_Event):
    """A tag was taken from the ticket."""

    kind: Literal["ticket.untagged"] = "ticket.untagged"
    tag: str


class TicketFieldSet(_Event):
    """A property or custom field changed (``priority``, ``type``, ``queue``, ``language``, ``x.<name>``)."""

    kind: Literal["ticket.field_set"] = "ticket.field_set"
    name: str
    before: Scalar = None
    after: Scalar = None


class SubjectSet(_Event):
    """The subject changed."""

    PERSONAL = frozenset({"subject"})
    kind: Literal["ticket.subject_set"] = "ticket.subject_set"
    subject: str | None = ""


class StatusChanged(_Event):
    """The ticket went to another status."""

    kind: Literal["ticket.status"] = "ticket.status"
    before: Category
    after: Category
    status: str
    reason: str = ""
    until: Instant | None = None
    """The end of a snooze."""


class TicketAssigned(_Event):
    """Somebody works on the ticket now; ``worker`` None: nobody. ``accountable``: becomes the owner too."""

    kind: Literal["ticket.assigned"] = "ticket.assigned"
    worker: Worker | None = None
    before: Worker | None = None
    accountable: bool = True
    reason: str = ""


class ParticipantsChanged(_Event):
    """People were added to the ticket or left it."""

    kind: Literal["ticket.participants"] = "ticket.participants"
    added: tuple[Participant, ...] = ()
    removed: tuple[IdentityId, ...] = ()


class ClocksChanged(_Event):
    """Clocks of the ticket began, paused, resumed, were met or cancelled; only the changed ones stand here."""

    kind: Literal["ticket.clocks"] = "ticket.clocks"
    clocks: tuple[Clock, ...]


class ClockWarned(_Event):
    """A clock came to its warning; ``at`` is the true instant, which may lie before the event's."""

    kind: Literal["sla.warned"] = "sla.warned"
    clock: Clock
    at: Instant


class ClockBreached(_Event):
    """A clock ran out; ``at`` is the true instant."""

    kind: Literal["sla.breached"] = "sla.breached"
    clock: Clock
    at: Instant


class LinksChanged(_Event):
    """Links to other tickets were added."""

    kind: Literal["ticket.links"] = "ticket.links"
    added: tuple[Link, ...] = ()


class TicketMerged(_Event):
    """The ticket was merged into another one, which takes its messages from now on."""

    kind: Literal["ticket.merged"] = "ticket.merged"
    into: TicketId
    receives: bool = False
    """True if new messages of its conversation reached this very ticket until then."""


class TicketAbsorbed(_Event):
    """Other tickets were merged into this one."""

    kind: Literal["ticket.absorbed"] = "ticket.absorbed"
    tickets: tuple[TicketId, ...]
    participants: tuple[Participant, ...] = ()


class TicketUnmerged(_Event):
    """The ticket was taken out of its survivor and is open; what the merge took from it stands here."""

    kind: Literal["ticket.unmerged"] = "ticket.unmerged"
    out_of: TicketId
    before: Category
    """What it was before the merge."""
    status: str
    worker: Worker | None = None
    clocks: tuple[Clock, ...] = ()
    waiting_since: Instant | None = None
    absorbed: tuple[TicketId, ...] = ()
    """The tickets that were merged into this one before, and come out with it."""


class TicketReleased(_Event):
    """Tickets that were merged into this one were taken out again, with the participants that only they brought."""

    kind: Literal["ticket.released"] = "ticket.released"
    tickets: tuple[TicketId, ...]
    participants: tuple[IdentityId, ...] = ()


class MessagesMoved(_Event):
    """Messages went from one ticket to another; it stands in the stream of both, with what each now knows of its own.

    The marks are those that the messages which this ticket holds after the move give it.
    """

    kind: Literal["ticket.messages_moved"] = "ticket.messages_moved"
    messages: tuple[MessageId, ...]
    source: TicketId
    target: TicketId
    customer_at: Instant | None = None
    replied_at: Instant | None = None
    waiting_since: Instant | None = None
    auto_replied_at: Instant | None = None
    unanswered: int = 0
    last_message: MessageId | None = None


class MessageMoved(_Event):
    """The message belongs to another ticket now."""

    kind: Literal["message.moved"] = "message.moved"
    message: MessageId
    before: TicketId
    after: TicketId


class ReplyDecided(_Event):
    """The desk considered answering by itself."""

    kind: Literal["reply.decided"] = "reply.decided"
    message: MessageId
    action: Literal["auto_reply", "suggest", "hand_over"]
    phrase: PhraseId | None = None
    confidence: float = 0.0


class PhraseUsed(_Event):
    """An agent took a suggested phrase for a reply."""

    kind: Literal["reply.phrase_used"] = "reply.phrase_used"
    message: MessageId
    phrase: PhraseId


class AlertRaised(_Event):
    """A rule asks somebody to look."""

    kind: Literal["alert.raised"] = "alert.raised"
    name: str
    rule: str = ""


class SkewSeen(_Event):
    """The clock stood before the last event of the ticket; "now" was moved up by ``behind``."""

    kind: Literal["time.skew"] = "time.skew"
    behind: timedelta


# The desk


class AgentSaved(_Event):
    """An agent was added or changed; the event carries the new record (people of the desk, not customers)."""

    PERSONAL = frozenset({"agent"})
    kind: Literal["agent.saved"] = "agent.saved"
    agent: Agent | None = None


class PresenceChanged(_Event):
    """An agent came or went."""

    kind: Literal["agent.presence"] = "agent.presence"
    before: Presence
    after: Presence


class PhraseSaved(_Event):
    """A phrase was added, changed or retired; the event carries the new record."""

    kind: Literal["phrase.saved"] = "phrase.saved"
    phrase: Phrase


class ConfigActivated(_Event):
    """Another configuration became active."""

    kind: Literal["config.activated"] = "config.activated"
    digest: str
    before: str = ""


class CommandDenied(_Event):
    """An actor was refused. It stands in the desk's own stream; the subject did not change."""

    kind: Literal["access.denied"] = "access.denied"
    subject: str
    command: str
    reason: str


class MessageParked(_Event):
    """A message broke the pipeline; it lies in the inbox with its error, nothing of it is lost."""

    kind: Literal["inbox.parked"] = "inbox.parked"
    item: MessageId
    error: str


class MessageReleased(_Event):
    """A parked message left the inbox: retried with success, or discarded."""

    kind: Literal["inbox.released"] = "inbox.released"
    item: MessageId
    discarded: bool = False


Event = Annotated[
    CustomerCreated
    | IdentityLinked
    | IdentityUnlinked
    | CustomerNamed
    | AttributesSet
    | CustomerPlaced
    | CustomerTagged
    | CustomerUntagged
    | CustomerBlocked
    | CustomerUnblocked
    | CustomerMerged
    | CustomerAbsorbed
    | CustomerUnmerged
    | CustomerReleased
    | TicketOpened
    | MessageReceived
    | ReplyQueued
    | NoteAdded
    | DeliveryChanged
    | MessageRecalled
    | MessageEdited
    | TicketTagged
    | TicketUntagged
    | TicketFieldSet
    | SubjectSet
    | StatusChanged
    | TicketAssigned
    | ParticipantsChanged
    | ClocksChanged
    | ClockWarned
    | ClockBreached
    | LinksChanged
    | TicketMerged
    | TicketAbsorbed
    | TicketUnmerged
    | TicketReleased
    | MessagesMoved
    | MessageMoved
    | ReplyDecided
    | PhraseUsed
    | AlertRaised
    | SkewSeen
    | AgentSaved
    | PresenceChanged
    | PhraseSaved
    | ConfigActivated
    | CommandDenied
    | MessageParked
    | MessageReleased,
    Field(discriminator="kind"),
]
"""Every event of the desk."""


DESK: Final = "desk"
"""The subject of what concerns no single record."""


@dataclass(frozen=True, slots=True)
class Epochs:
    """The versions of what a decision rested on: each grows by one with every change."""

    config: int = 0
    phrases: int = 0
    agents: int = 0
    calendars: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one cause did to one subject (a ticket, customer, message, agent, phrase, or the desk itself)."""

    subject: str
    at: datetime
    actor: Actor
    cause: str
    """The id of the command or inbound message behind it."""
    epochs: Epochs
    events: tuple[Event, ...]
    trace: Trace | None = None
    salt: str = ""
    """What the digest of the personal values is salted with; stored beside them and erased with them."""
    position: str = ""
    """Where it stands in the desk's order of commits, opaque; set when it is read."""
