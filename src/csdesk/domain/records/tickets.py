"""Tickets: one matter of one customer, from the first message to the end.

The *category* is one of a fixed set with one transition table (below); the *status* is the desk's own name inside it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import ClassVar, Final

from csdesk.domain.ids import AgentId, IdentityId, MessageId, PhraseId, TicketId
from csdesk.domain.records._model import Instant, Key, Name, Record, Scalar, Word
from csdesk.domain.records.authority import ExceptionRequest
from csdesk.domain.records.clocks import Clock, ClockPhase
from csdesk.domain.records.flags import Flag
from csdesk.domain.records.goals import Goal
from csdesk.domain.records.origins import Origin
from csdesk.domain.records.tags import TagAssignment, TagRemoval, next_expiry

_BREACHED_AFTER = timedelta(microseconds=1)
# Met exactly when due is met: a breach is to be looked for just after.
_WAKES = ("snoozed_until", "close_at", "rules_at")


class Category(Word):
    """The fixed states of a ticket."""

    NEW = "new"
    OPEN = "open"
    WAITING_CUSTOMER = "waiting_customer"
    WAITING_INTERNAL = "waiting_internal"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    CLOSED = "closed"
    MERGED = "merged"


class Move(Word):
    """Why a ticket changes its category: the rows of the transition table."""

    CUSTOMER_MESSAGE = "customer_message"
    AGENT_REPLY = "agent_reply"
    START = "start"
    WAIT_CUSTOMER = "wait_customer"
    WAIT_INTERNAL = "wait_internal"
    SNOOZE = "snooze"
    WAKE = "wake"
    RESOLVE = "resolve"
    CLOSE = "close"
    REOPEN = "reopen"
    MERGE = "merge"
    UNMERGE = "unmerge"


_WORKED = (Category.NEW, Category.OPEN, Category.WAITING_CUSTOMER, Category.WAITING_INTERNAL, Category.SNOOZED)
_ANSWERED = {
    Category.NEW: Category.WAITING_CUSTOMER,
    Category.OPEN: Category.WAITING_CUSTOMER,
    Category.WAITING_CUSTOMER: Category.WAITING_CUSTOMER,
    Category.WAITING_INTERNAL: Category.WAITING_INTERNAL,
    Category.SNOOZED: Category.SNOOZED,
    Category.RESOLVED: Category.RESOLVED,
}

TRANSITIONS: dict[Move, dict[Category, Category]] = {
    # A customer who writes again makes a waiting ticket open; resolved ones reopen by policy through REOPEN.
    Move.CUSTOMER_MESSAGE: {
        Category.NEW: Category.NEW,
        Category.OPEN: Category.OPEN,
        Category.WAITING_CUSTOMER: Category.OPEN,
        Category.WAITING_INTERNAL: Category.WAITING_INTERNAL,
        Category.SNOOZED: Category.OPEN,
        Category.RESOLVED: Category.RESOLVED,
        Category.CLOSED: Category.CLOSED,
    },
    Move.AGENT_REPLY: _ANSWERED,
    Move.START: dict.fromkeys(_WORKED, Category.OPEN),
    Move.WAIT_CUSTOMER: dict.fromkeys(_WORKED, Category.WAITING_CUSTOMER),
    Move.WAIT_INTERNAL: dict.fromkeys(_WORKED, Category.WAITING_INTERNAL),
    Move.SNOOZE: dict.fromkeys(_WORKED, Category.SNOOZED),
    Move.WAKE: {Category.SNOOZED: Category.OPEN},
    Move.RESOLVE: dict.fromkeys(_WORKED, Category.RESOLVED),
    Move.CLOSE: dict.fromkeys((*_WORKED, Category.RESOLVED), Category.CLOSED),
    Move.REOPEN: {Category.RESOLVED: Category.OPEN, Category.CLOSED: Category.OPEN},
    Move.MERGE: dict.fromkeys((*_WORKED, Category.RESOLVED), Category.MERGED),
    Move.UNMERGE: {Category.MERGED: Category.OPEN},
}
"""Where each move leads from each category; a missing pair is an illegal transition."""

ACTIVE = frozenset({Category.NEW, Category.OPEN, Category.WAITING_CUSTOMER, Category.WAITING_INTERNAL})
"""The categories in which a ticket counts towards its worker's load."""

LIVE = ACTIVE | {Category.SNOOZED}
"""The categories in which a ticket still wants something done."""


class Priority(IntEnum):
    """How urgent a ticket is; a higher number comes first."""

    LOW = 1
    NORMAL = 2
    HIGH = 3
    URGENT = 4


class Role(Word):
    """What a participant is to the ticket."""

    REQUESTER = "requester"
    CC = "cc"
    FOLLOWER = "follower"


class Participant(Record):
    """Somebody who may write into the ticket; requester and cc also receive replies."""

    identity: IdentityId
    role: Role = Role.REQUESTER


class OwnerKind(Word):
    """Who can be accountable for a ticket."""

    AGENT = "agent"
    QUEUE = "queue"
    DEPARTMENT = "department"


class Owner(Record):
    """The one who is accountable for the ticket, always set, apart from who works on it now."""

    kind: OwnerKind
    id: Key


class WorkerKind(Word):
    """Who can work on a ticket."""

    AGENT = "agent"
    BOT = "bot"
    DEPARTMENT = "department"


class Worker(Record):
    """Who works on the ticket now, under a lease: a fencing number that only grows, and perhaps an end."""

    kind: WorkerKind
    id: Key
    fence: int
    until: Instant | None = None
    """When the lease ends by itself; None: it holds until somebody ends it."""
    lent: bool = False
    """True under a return clause: when the lease ends, the work goes back to the accountable owner."""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


class Reception(Record):
    """How a bot has received the ticket so far, since it was opened, reopened or handed back."""

    bot: Name
    turns: int = 0
    """How many messages of the customer it was asked to answer."""
    failed: int = 0
    """How many of the last turns brought no answer."""
    asked: MessageId | None = None
    """The message of the turn that is under way."""
    is_over: bool = False
    """True once it was handed off to people: the bot stays out until a person hands the ticket back."""


class Lent(Record):
    """A return clause: the work is lent, the giver stays accountable and gets it back."""

    within: timedelta | None = None
    """How long after accepting; None: when the borrower releases it."""


class OfferPurpose(Word):
    """What an offer is about: ``work`` that waits for somebody, or a ``transfer`` from the one who has it.

    ``room``: the ticket goes on waiting, and the agent is given nothing else until there is room for it. They need not
    answer; who accepts takes it before there is room.
    """

    WORK = "work"
    TRANSFER = "transfer"
    ROOM = "room"


class Offer(Record):
    """A ticket that was offered to an agent or a queue, who may take it, decline it, or let it lapse.

    It holds its agent's capacity while it is open. Somebody who gets the ticket, another queue, and a ticket that is no
    longer active end it.
    """

    number: int = 1
    """Which offer of its ticket it is, from 1: an answer to an older one is refused."""
    purpose: OfferPurpose = OfferPurpose.WORK
    agent: AgentId | None = None
    """Whom it was made to; None: whoever works in ``queue`` or speaks for ``department``."""
    department: Name | None = None
    queue: str
    """The queue the work belongs to when it is taken."""
    units: int = 1
    """How much of the agent's capacity it holds."""
    made_at: Instant
    due_at: Instant | None = None
    """When it lapses; None: never."""
    brief: MessageId | None = None
    """The internal note that tells what the next one must know."""
    back_to: Owner | None = None
    """Who gets the ticket back if nobody takes it; None: it waits in its queue."""
    reason: str = ""
    """Why it is transferred: a code of the giver's."""
    lend: Lent | None = None
    """None: who takes it becomes accountable."""


class LinkKind(Word):
    """How two tickets belong together."""

    FOLLOW_UP_OF = "follow_up_of"
    SPLIT_FROM = "split_from"
    INCIDENT = "incident"
    PROBLEM = "problem"
    RELATED = "related"


class Link(Record):
    """A link to another ticket."""

    kind: LinkKind
    ticket: TicketId


class FieldValue(Record):
    """One custom field."""

    name: Key
    value: Scalar


class Firing(Record):
    """The last cycle of a timed rule on a ticket that is over: see the event ``RuleTimed``."""

    rule: Name
    version: str
    since: Instant


class Untouched(Record):
    """That what happened at an instant was the work of timed rules, and when something else happened last."""

    at: Instant
    touched_at: Instant


class AppliedSla(Record):
    """The service level that holds for a ticket."""

    policy: Name | None = None
    group: Name | None = None
    """The policy of the group that has the ticket (OLA)."""
    level: str = ""
    """The customer's level when it was applied."""
    targets: tuple[str, ...] = ()
    """The targets whose conditions held, for policies that have such; empty: all of them."""


class Deflection(Record):
    """An answer that spared a person the work: a phrase sent without one, or a link to an article."""

    phrase: PhraseId
    at: Instant
    returned_at: Instant | None = None
    """When the question came back; the matter counts as unresolved from then on."""


class Ticket(Record):
    """One matter of one customer. Everything here is folded from its events by ``evolve``."""

    SCHEMA: ClassVar[int] = 1

    id: TicketId
    number: int
    """Short and sayable, unique in the desk; gaps are normal."""
    version: int = 0
    subject: str = ""
    type: str = "general"
    category: Category = Category.NEW
    status: str = "new"
    priority: Priority = Priority.NORMAL
    queue: str
    language: str | None = None
    site: Name | None = None
    """The site that its customer belongs to; None: nothing tells it."""
    identity: IdentityId
    """The identity the ticket came through; its customer is resolved from the link graph."""
    account: str
    conversation: str
    origin: Origin | None = None
    """Where the conversation came from in which it was opened; None: nobody told."""
    owner: Owner
    worker: Worker | None = None
    fence: int = 0
    """The last fencing number given to a worker of this ticket."""
    reception: Reception | None = None
    """None: no bot has received it."""
    hand_offs: int = 0
    """How often the work went from one to another: from a bot to people, or by a transfer."""
    units: int = 1
    """How many units of work it is to its worker, as weighed when it was given to them."""
    offer: Offer | None = None
    """What was offered and not answered yet."""
    offers: int = 0
    """How many offers of it were made so far."""
    asked: tuple[AgentId, ...] = ()
    """Who declined it or let it lapse since somebody last had it or it came to another queue."""
    asked_at: Instant | None = None
    """When the last of them did."""
    queued_at: Instant | None = None
    """When it last began to wait for somebody in its queue; None: when it was opened."""
    participants: tuple[Participant, ...] = ()
    tags: tuple[TagAssignment, ...] = ()
    withheld: tuple[TagRemoval, ...] = ()
    """Tags that were taken away on purpose."""
    flags: tuple[Flag, ...] = ()
    goal: Goal | None = None
    """What its session should lead to; None: nothing was set."""
    firings: tuple[Firing, ...] = ()
    """Of each timed rule the last cycle that is over."""
    rules_at: Instant | None = None
    """When the next timed rule is due."""
    untouched: Untouched | None = None
    fields: tuple[FieldValue, ...] = ()
    sla: AppliedSla | None = None
    """None: no service level has applied yet."""
    clocks: tuple[Clock, ...] = ()
    links: tuple[Link, ...] = ()
    merged_into: TicketId | None = None
    """The survivor, if merged; never a chain."""
    exceptions: tuple[ExceptionRequest, ...] = ()
    """What the customer wished that policy refuses, and what came of it."""
    absorbed: tuple[TicketId, ...] = ()
    """The tickets merged into this one."""
    close_reason: str = ""
    snoozed_until: Instant | None = None
    close_at: Instant | None = None
    """When a resolved ticket closes by itself."""
    escalations: tuple[str, ...] = ()
    """The escalations by condition that were made since it was opened or reopened."""
    created_at: Instant
    updated_at: Instant
    """When the last event of the ticket happened; "now" is never earlier than this."""
    customer_at: Instant | None = None
    """When a customer last wrote."""
    customer_message: MessageId | None = None
    """The customer's last message, which opened the reply window; None if it came with a split or a merge."""
    replied_at: Instant | None = None
    """The last public reply of a person."""
    waiting_since: Instant | None = None
    """The first customer message that no person has answered yet."""
    resolved_at: Instant | None = None
    closed_at: Instant | None = None
    cycle: int = 1
    """The resolution cycle: grows with each reopening."""
    messages: int = 0
    """How many messages the ticket holds, notes included."""
    unanswered: int = 0
    """How many messages we have sent since the customer's last one: what a channel's quota counts."""
    elsewhere: str = ""
    """Who has the conversation on the channel's own side, by the provider's id; empty: nobody. The desk's bots wait."""
    auto_replied_at: Instant | None = None
    """The last automatic answer of the conversation."""
    session_over: bool = False
    """A new session began after the last automatic answer."""
    deflection: Deflection | None = None
    """The last answer that sent the customer away without a person's work."""
    last_message: MessageId | None = None
    erased_at: Instant | None = None
    """When its texts and custom fields were erased; nothing happens to the ticket after that."""

    @property
    def assignee(self) -> AgentId | None:
        """The agent who works on the ticket now."""
        worker = self.worker
        return AgentId(worker.id) if worker is not None and worker.kind is WorkerKind.AGENT else None

    @property
    def waits(self) -> Priority | None:
        """Its priority while somebody has to be found for it; None if nobody has to."""
        if self.worker is not None or self.category not in (Category.NEW, Category.OPEN):
            return None
        return self.priority if self.offer is None or self.saved_with is not None else None

    @property
    def offered_to(self) -> AgentId | None:
        """The agent who has an open offer of it."""
        return self.offer.agent if self.offer is not None else None

    @property
    def saved_with(self) -> AgentId | None:
        """The agent who is given nothing else until there is room for this ticket."""
        offer = self.offer
        return offer.agent if offer is not None and offer.purpose is OfferPurpose.ROOM else None

    @property
    def waits_since(self) -> datetime:
        """Since when somebody is wanted for it; it keeps its own age besides."""
        return self.queued_at or self.created_at

    @property
    def is_live(self) -> bool:
        """True while the ticket still wants something done."""
        return self.category in LIVE

    @property
    def due_at(self) -> datetime | None:
        """The earliest instant at which a live clock is due; None if none is. It may have passed: then it is late."""
        return min([one.due_at for one in self.clocks if one.is_live and one.due_at is not None], default=None)

    @property
    def wake_at(self) -> datetime | None:
        """The next instant at which something is due for this ticket: a warning, a breach, an escalation, ..."""
        own = self.__dict__
        marks: list[datetime] = []
        for name in _WAKES:
            if own[name] is not None:
                marks.append(own[name])  # noqa: PERF401  a comprehension is a call more, and every ticket is asked often
        if own["tags"] and own["erased_at"] is None and (expiry := next_expiry(own["tags"])) is not None:
            marks.append(expiry)
        if own["flags"] or own["goal"] is not None:
            marks += self._ends()
        if (worker := own["worker"]) is not None and worker.until is not None:
            marks.append(worker.until)
        if (offer := own["offer"]) is not None and offer.due_at is not None:
            marks.append(offer.due_at)
        if own["clocks"]:
            _note_marks(own["clocks"], marks)
        return min(marks) if marks else None

    def _ends(self) -> list[datetime]:
        """When flags end, and the session whose goal is open."""
        if self.erased_at is not None:
            return []
        ends = [one.until for one in self.flags if one.until is not None]
        if self.goal is not None and self.goal.is_open:
            ends.append(self.goal.due_at)
        return ends

    @property
    def touched_at(self) -> datetime:
        """When something last happened to the ticket that no timed rule did by itself."""
        mark = self.untouched
        return mark.touched_at if mark is not None and mark.at == self.updated_at else self.updated_at

    def field(self, name: str) -> Scalar:
        """The value of a custom field, None if unset."""
        return next((one.value for one in self.fields if one.name == name), None)

    def has_tag(self, name: str) -> bool:
        """True if the ticket carries that tag."""
        return any(tag.name == name for tag in self.tags)

    def flag(self, name: str) -> Flag | None:
        """The flag of that name, None if the ticket has none."""
        return next((one for one in self.flags if one.name == name), None)

    def participates(self, identity: str) -> bool:
        """True if the identity takes part in the ticket."""
        return any(one.identity == identity for one in self.participants)


Burdens = dict[AgentId, int]
"""Units of work by the agents who carry them."""


NEVER_DUE: Final = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
"""Where tickets with nothing due stand in a list by ``due_at``: behind all others."""


def _note_marks(clocks: tuple[Clock, ...], marks: list[datetime]) -> None:
    for clock in clocks:
        values = clock.__dict__
        if values["phase"] is not ClockPhase.RUNNING:
            continue
        if (warn := values["warn_at"]) is not None:
            marks.append(warn)
        if (due := values["due_at"]) is not None and values["breached_at"] is None:
            marks.append(due + _BREACHED_AFTER)
        if (escalate := values["escalate_at"]) is not None:
            marks.append(escalate + _BREACHED_AFTER)


def burdens_of(ticket: Ticket | None) -> Burdens:
    """What a ticket puts on agents: on the one who works on it, and on the one it is offered to."""
    values = ticket.__dict__ if ticket is not None else {}
    if ticket is None or values["category"] not in ACTIVE:
        return {}
    worker, offer = values["worker"], values["offer"]
    burdens = {AgentId(worker.id): ticket.units} if worker is not None and worker.kind is WorkerKind.AGENT else {}
    if offer is not None and offer.agent is not None:
        burdens[offer.agent] = burdens.get(offer.agent, 0) + offer.units
    return burdens
