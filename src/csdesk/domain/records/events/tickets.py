"""What happens to a ticket."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from csdesk.domain.ids import AgentId, IdentityId, MessageId, TicketId
from csdesk.domain.records._model import Instant, Name, Scalar
from csdesk.domain.records.clocks import Clock, Mark, Metric
from csdesk.domain.records.events._base import EventBase, Gone
from csdesk.domain.records.goals import GoalName
from csdesk.domain.records.origins import Origin
from csdesk.domain.records.tags import TagAssignment, TagSource
from csdesk.domain.records.tickets import Category, Link, Offer, Participant, Priority, Worker


class TicketOpened(EventBase):
    """A new matter."""

    PERSONAL = frozenset({"subject", "conversation", "origin"})
    kind: Literal["ticket.opened"] = "ticket.opened"
    id: TicketId
    number: int
    subject: str | None = ""
    type: str = "general"
    queue: str
    priority: Priority = Priority.NORMAL
    language: str | None = None
    site: Name | None = None
    identity: IdentityId
    account: str
    conversation: str | None = ""
    """The adapter's key of the conversation: often an address or an open id."""
    participants: tuple[Participant, ...] = ()
    links: tuple[Link, ...] = ()
    origin: Origin | None = None
    """Where the conversation came from."""


class TicketTagged(EventBase):
    """Tags were put on the ticket."""

    kind: Literal["ticket.tagged"] = "ticket.tagged"
    tags: tuple[TagAssignment, ...]


class TicketUntagged(EventBase):
    """A tag was taken from the ticket."""

    kind: Literal["ticket.untagged"] = "ticket.untagged"
    tag: str
    source: TagSource = TagSource.HAND
    """Who took it: whoever counts for less does not put it back."""
    why: Gone = ""
    """``expired``: its time was over; ``group``: another tag of its exclusive group took its place."""


class TicketFieldSet(EventBase):
    """A property changed (``priority``, ``type``, ``queue``, ``language``, ``site``)."""

    kind: Literal["ticket.field_set"] = "ticket.field_set"
    name: str
    before: Scalar = None
    after: Scalar = None


class TicketFlagged(EventBase):
    """A warning about the ticket was written down, or written anew under the same name."""

    PERSONAL = frozenset({"reason", "evidence"})
    kind: Literal["ticket.flagged"] = "ticket.flagged"
    flag: str
    reason: str | None = ""
    evidence: tuple[str, ...] | None = ()
    until: Instant | None = None
    by: str = ""
    """Who wrote it, as ``kind:id``."""


class TicketUnflagged(EventBase):
    """A warning about the ticket was lifted, or its time was over (``expired``)."""

    kind: Literal["ticket.unflagged"] = "ticket.unflagged"
    flag: str
    expired: bool = False


class GoalSet(EventBase):
    """What the ticket's session should lead to was set, or (``goal`` None) given up."""

    kind: Literal["ticket.goal_set"] = "ticket.goal_set"
    goal: GoalName | None = None
    span: timedelta = timedelta(0)
    """How long nobody says anything before the session is over."""
    due_at: Instant | None = None
    """When it is over, unless something is said before."""
    by: str = ""
    """Who set it, as ``kind:id``."""


class GoalSettled(EventBase):
    """The goal of a session was reached (``at``), or the session was over without it."""

    kind: Literal["ticket.goal_settled"] = "ticket.goal_settled"
    goal: GoalName
    reached: bool
    at: Instant


class CustomFieldSet(EventBase):
    """A custom field changed; what it holds is the host's, and may be anything that somebody said."""

    PERSONAL = frozenset({"before", "after"})
    kind: Literal["ticket.custom_field"] = "ticket.custom_field"
    name: str
    """Without the ``x.`` of commands and rules."""
    before: Scalar = None
    after: Scalar = None


class SubjectSet(EventBase):
    """The subject changed."""

    PERSONAL = frozenset({"subject"})
    kind: Literal["ticket.subject_set"] = "ticket.subject_set"
    subject: str | None = ""


class StatusChanged(EventBase):
    """The ticket went to another status; ``reason`` is a code, ``remark`` what somebody wrote about it."""

    PERSONAL = frozenset({"remark"})
    kind: Literal["ticket.status"] = "ticket.status"
    before: Category
    after: Category
    status: str
    reason: str = ""
    remark: str | None = ""
    until: Instant | None = None
    """The end of a snooze."""
    close_at: Instant | None = None
    """When it closes by itself, for a ticket that was resolved."""


class TicketAssigned(EventBase):
    """Somebody works on the ticket now; ``worker`` None: nobody. ``accountable``: becomes the owner too.

    ``reason`` is a code, ``remark`` what somebody wrote about it.
    """

    PERSONAL = frozenset({"remark"})
    kind: Literal["ticket.assigned"] = "ticket.assigned"
    worker: Worker | None = None
    before: Worker | None = None
    accountable: bool = True
    units: int = 1
    """How many units of work it is to the worker."""
    reason: str = ""
    remark: str | None = ""


class OwnerLeft(EventBase):
    """Whoever was accountable works here no longer: the ticket's queue is."""

    kind: Literal["ticket.owner_left"] = "ticket.owner_left"
    agent: AgentId


class OfferMade(EventBase):
    """The ticket was offered to an agent or a queue."""

    kind: Literal["offer.made"] = "offer.made"
    offer: Offer


class OfferAccepted(EventBase):
    """Somebody took what was offered; ``ticket.assigned`` follows."""

    kind: Literal["offer.accepted"] = "offer.accepted"
    number: int
    agent: AgentId


class OfferDeclined(EventBase):
    """Somebody did not want what was offered; ``reason`` is a code, ``remark`` what they wrote about it."""

    PERSONAL = frozenset({"remark"})
    kind: Literal["offer.declined"] = "offer.declined"
    number: int
    agent: AgentId | None = None
    reason: str = ""
    remark: str | None = ""


class OfferExpired(EventBase):
    """Nobody answered in time; ``at`` is the true instant, which may lie before the event's."""

    kind: Literal["offer.expired"] = "offer.expired"
    number: int
    agent: AgentId | None = None
    at: Instant


class OfferWithdrawn(EventBase):
    """The offer was taken back before anybody answered; ``reason`` is a code."""

    kind: Literal["offer.withdrawn"] = "offer.withdrawn"
    number: int
    agent: AgentId | None = None
    reason: str = ""


class ConversationTaken(EventBase):
    """A person has the conversation on the channel's own side now; ``by`` is the provider's id, empty: nobody."""

    kind: Literal["ticket.elsewhere"] = "ticket.elsewhere"
    by: str = ""
    before: str = ""


class ParticipantsChanged(EventBase):
    """People were added to the ticket or left it."""

    kind: Literal["ticket.participants"] = "ticket.participants"
    added: tuple[Participant, ...] = ()
    removed: tuple[IdentityId, ...] = ()


class SlaApplied(EventBase):
    """The service level that holds for the ticket from ``at`` on: its policy, and (OLA) that of its group."""

    kind: Literal["ticket.sla"] = "ticket.sla"
    policy: Name | None = None
    group: Name | None = None
    level: str = ""
    """The customer's level, by which amounts may differ."""
    targets: tuple[str, ...] = ()
    """The targets whose conditions held, for policies that have such; empty: all of them."""
    at: Instant
    regrouped: bool = False
    """True if the ticket came to another queue: the group's clocks begin anew."""


class ClocksChanged(EventBase):
    """Clocks of the ticket began, paused, resumed, were met or cancelled; only the changed ones stand here."""

    kind: Literal["ticket.clocks"] = "ticket.clocks"
    clocks: tuple[Clock, ...]
    given: Literal["", "split", "reassessed"] = ""
    """What set them, if they do not follow from the ticket's own events."""


class ClockStarted(EventBase):
    """Somebody began a step or made a promise: for that long, or until that instant."""

    kind: Literal["ticket.clock_started"] = "ticket.clock_started"
    metric: Literal[Metric.STEP, Metric.PROMISE]
    name: str = ""
    within: timedelta | None = None
    until: Instant | None = None
    calendar: str = ""
    warn_on: tuple[Mark, ...] = ()


class ClockEnded(EventBase):
    """A step ended or a promise was settled: kept, or given up."""

    kind: Literal["ticket.clock_ended"] = "ticket.clock_ended"
    metric: Literal[Metric.STEP, Metric.PROMISE]
    cycle: int
    kept: bool = True


class ClockWarned(EventBase):
    """A clock came to its warning; ``at`` is the true instant, which may lie before the event's."""

    kind: Literal["sla.warned"] = "sla.warned"
    clock: Clock
    level: int = 1
    """Which of the clock's warnings, from 1."""
    at: Instant
    quiet: bool = False
    """True if it came too late to tell anybody (``catch_up``)."""


class ClockBreached(EventBase):
    """A clock ran out; ``at`` is the true instant."""

    kind: Literal["sla.breached"] = "sla.breached"
    clock: Clock
    at: Instant
    quiet: bool = False
    retroactive: bool = False
    """True if a reassessment found it under terms that did not hold at that time."""


class ClockEscalated(EventBase):
    """A clock came to one of its escalations; ``at`` is the true instant. ``TicketEscalated`` says what was done."""

    kind: Literal["sla.escalated"] = "sla.escalated"
    clock: Clock
    level: int = 1
    """Which of the clock's escalations, from 1."""
    at: Instant
    quiet: bool = False


class TicketEscalated(EventBase):
    """The ticket was escalated, by a clock or by a condition; what changed follows in events of its own."""

    kind: Literal["ticket.escalated"] = "ticket.escalated"
    step: str
    """The name of the escalation, or ``<policy>/<metric>/<cycle>/<level>`` for a clock's."""
    by_clock: bool = False
    tell: tuple[str, ...] = ()
    """Who is to be told: ids or names as the configuration gives them."""


class BreachVoided(EventBase):
    """A reassessment found that a breach told before does not hold under the new terms; the old event stays."""

    kind: Literal["sla.breach_voided"] = "sla.breach_voided"
    clock: Clock
    was_at: Instant


class LinksChanged(EventBase):
    """Links to other tickets were added."""

    kind: Literal["ticket.links"] = "ticket.links"
    added: tuple[Link, ...] = ()


class TicketMerged(EventBase):
    """The ticket was merged into another one, which takes its messages from now on."""

    kind: Literal["ticket.merged"] = "ticket.merged"
    into: TicketId
    receives: bool = False
    """True if new messages of its conversation reached this very ticket until then."""


class TicketAbsorbed(EventBase):
    """Other tickets were merged into this one."""

    kind: Literal["ticket.absorbed"] = "ticket.absorbed"
    tickets: tuple[TicketId, ...]
    participants: tuple[Participant, ...] = ()


class TicketUnmerged(EventBase):
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


class TicketReleased(EventBase):
    """Tickets that were merged into this one were taken out again, with the participants that only they brought."""

    kind: Literal["ticket.released"] = "ticket.released"
    tickets: tuple[TicketId, ...]
    participants: tuple[IdentityId, ...] = ()


class MessagesMoved(EventBase):
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


class TicketErased(EventBase):
    """The ticket's texts and custom fields are gone; its numbers stay, and nothing happens to it any more."""

    kind: Literal["ticket.erased"] = "ticket.erased"


class AlertRaised(EventBase):
    """A rule asks somebody to look."""

    kind: Literal["alert.raised"] = "alert.raised"
    name: str
    rule: str = ""


class ActionRequested(EventBase):
    """A rule or a macro asks the application around the desk to do something; its subscribers do it."""

    kind: Literal["action.requested"] = "action.requested"
    what: Literal["notify", "call"]
    name: str
    to: str = ""
    """For ``notify``: an agent, a queue, or a name that the application knows."""
    by: str = ""
    """The rule or macro."""


class RuleTimed(EventBase):
    """The instant of a timed rule came: its condition was looked at, for this cycle once and for all."""

    kind: Literal["rules.timed"] = "rules.timed"
    rule: str
    version: str
    """Of the rule: another one when its time, condition or actions change."""
    since: Instant
    """What the time was counted from: each value is a cycle."""
    due_at: Instant
    """When it was to be; the entry's time tells how late it was."""
    touched_at: Instant
    """When something last happened to the ticket that no timed rule did."""
    fired: bool = True
    """False: the condition did not hold."""


class RulesPlanned(EventBase):
    """When the next timed rule is due for the ticket; None: none is."""

    kind: Literal["rules.planned"] = "rules.planned"
    at: Instant | None = None
    touched_at: Instant | None = None
    """Set if nothing else happened to the ticket: when something last did."""


class RulesExhausted(EventBase):
    """One cause set off more actions of rules than the budget allows; those beyond it were not done."""

    kind: Literal["rules.exhausted"] = "rules.exhausted"
    budget: int
    rounds: int
    """How often the rules were tried."""
    rules: tuple[str, ...]
    """The rules whose actions were left out."""


class SkewSeen(EventBase):
    """The clock stood before the last event of the ticket; "now" was moved up by ``behind``."""

    kind: Literal["time.skew"] = "time.skew"
    behind: timedelta
