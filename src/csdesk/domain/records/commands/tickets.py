"""Commands that change a ticket."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from csdesk.domain.ids import (
    IdentityId,
    MessageId,
    TicketId,
)
from csdesk.domain.records._model import GivenScalar, Instant, Key, Name, Text, Value
from csdesk.domain.records.clocks import Metric
from csdesk.domain.records.commands._base import (
    _TicketCommand,
)
from csdesk.domain.records.commands.work import (
    Span,
)
from csdesk.domain.records.goals import GoalName
from csdesk.domain.records.tags import TagSource
from csdesk.domain.records.tickets import Priority, Role


class SetStatus(_TicketCommand):
    """Move the ticket to a status: one of the fixed categories, or a custom name of the configuration."""

    kind: Literal["set_status"] = "set_status"
    status: Name
    reason: Text = ""
    until: Instant | None = None
    """The end of a snooze."""


class SetTicketField(_TicketCommand):
    """Set ``priority``, ``type``, ``language``, ``subject`` or ``x.<custom field>``; None clears a custom field."""

    kind: Literal["set_field"] = "set_field"
    name: Key
    value: GivenScalar | Priority


class TagTicket(_TicketCommand):
    """Put tags on the ticket."""

    kind: Literal["tag"] = "tag"
    tags: tuple[Key, ...] = Field(min_length=1)
    source: TagSource = TagSource.HAND
    expires_at: Instant | None = None


class UntagTicket(_TicketCommand):
    """Take tags from the ticket; whoever counts for less than the source does not put them back."""

    kind: Literal["untag"] = "untag"
    tags: tuple[Key, ...] = Field(min_length=1)
    source: TagSource = TagSource.HAND


class FlagTicket(_TicketCommand):
    """Write down a warning about a ticket, or (``lifted``) lift it; the same flag again takes the old one's place."""

    kind: Literal["flag_ticket"] = "flag_ticket"
    flag: Name
    reason: Text = ""
    evidence: tuple[Key, ...] = Field(default=(), max_length=50)
    until: Instant | None = None
    lifted: bool = False


class SetGoal(_TicketCommand):
    """Say what the present session with the customer should lead to, or (``goal`` None) give that up."""

    kind: Literal["set_goal"] = "set_goal"
    goal: GoalName | None
    span: Span | None = None
    """How long nobody says anything before the session is over; None: the configuration's ``session_gap``."""


class NewParticipant(Value):
    """An identity that joins the ticket."""

    identity: IdentityId
    role: Role = Role.CC


class ChangeParticipants(_TicketCommand):
    """Add people to the ticket, or take them off it; the requester stays."""

    kind: Literal["participants"] = "participants"
    add: tuple[NewParticipant, ...] = ()
    remove: tuple[IdentityId, ...] = ()


class RunMacro(_TicketCommand):
    """Run a macro of the configuration: all of its actions happen, or none.

    The actor must be allowed every command that does the same by hand.
    """

    kind: Literal["run_macro"] = "run_macro"
    macro: Name


class MergeTickets(_TicketCommand):
    """Merge ``ticket`` into ``into``, which takes its messages from now on."""

    kind: Literal["merge_tickets"] = "merge_tickets"
    into: TicketId


class UnmergeTicket(_TicketCommand):
    """Take a merged ticket out of its survivor; it is open, and otherwise as it was before the merge."""

    kind: Literal["unmerge_ticket"] = "unmerge_ticket"


class SplitTicket(_TicketCommand):
    """Move some of the ticket's messages to a new ticket, linked to it as ``split_from``."""

    kind: Literal["split_ticket"] = "split_ticket"
    messages: tuple[MessageId, ...] = Field(min_length=1)
    subject: Text = ""
    """Of the new ticket; empty: that of the first moved message, or of the ticket."""


class ReassessTicket(_TicketCommand):
    """Look at the ticket's promises again under the service levels in force.

    ``pin`` keeps every clock as it is; ``forward``: live clocks take the terms in force from now on, what was used
    stays; ``retro``: as if these terms had held from the opening on.
    """

    kind: Literal["reassess"] = "reassess"
    mode: Literal["pin", "forward", "retro"] = "forward"


class StartClock(_TicketCommand):
    """Begin a step, or promise something: within a time of the calendar, or until an instant."""

    kind: Literal["start_clock"] = "start_clock"
    metric: Literal[Metric.STEP, Metric.PROMISE]
    name: Name | None = None
    within: timedelta | None = Field(default=None, gt=timedelta(0), le=timedelta(days=3653))
    until: Instant | None = None
    calendar: Name | None = None
    """The calendar whose working time counts; None: every second (a step: as its target says)."""
    warn: timedelta | None = Field(default=None, gt=timedelta(0), le=timedelta(days=3653))
    """Warn when that much is left."""


class EndClock(_TicketCommand):
    """End a step or settle a promise: kept, or (``kept`` False) given up."""

    kind: Literal["end_clock"] = "end_clock"
    metric: Literal[Metric.STEP, Metric.PROMISE]
    cycle: int | None = None
    """Which one; None: the oldest that is live (of that ``name``)."""
    name: Name | None = None
    kept: bool = True
