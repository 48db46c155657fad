"""Commands about who works on a ticket."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from csdesk.domain.ids import (
    AgentId,
)
from csdesk.domain.records._model import Name, Text
from csdesk.domain.records.commands._base import (
    Number,
    _TicketCommand,
)


class AssignTicket(_TicketCommand):
    """Give the ticket to an agent (None: to nobody). A person's choice may pass the agent's capacity."""

    kind: Literal["assign"] = "assign"
    agent: AgentId | None
    reason: Text = ""


class AcceptOffer(_TicketCommand):
    """The actor takes what was offered: work that waits, or a transfer."""

    kind: Literal["accept_offer"] = "accept_offer"
    number: Number | None = None
    """Which offer; None: the present one."""


class DeclineOffer(_TicketCommand):
    """The actor leaves what was offered: work to others, who are asked next; a transfer to the giver, who goes on."""

    kind: Literal["decline_offer"] = "decline_offer"
    number: Number | None = None
    """Which offer; None: the present one."""
    reason: Text = ""


Span = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=366))]


class LeaseTicket(_TicketCommand):
    """Work on the ticket: the actor (an agent or a bot), or the department for which the actor speaks."""

    kind: Literal["lease"] = "lease"
    department: Name | None = None
    span: Span | None = None
    """How long; None: a bot as long as an answer may take, others without an end."""
    take_over: bool = False
    """Take it from whoever works on it now, for a ``reason``."""
    reason: Text = ""


class RenewLease(_TicketCommand):
    """Go on working on the ticket for that long from now, under the same number."""

    kind: Literal["renew_lease"] = "renew_lease"
    fence: Number
    span: Span | None = None


class ReleaseTicket(_TicketCommand):
    """Stop working on the ticket. It waits for people; who is accountable stays so."""

    kind: Literal["release"] = "release"
    fence: Number
    reason: Text = ""


class HandOff(_TicketCommand):
    """Give a bot's ticket to people."""

    kind: Literal["hand_off"] = "hand_off"
    reason: Name = "wanted"
    """A code of yours."""
    brief: Text = ""
    """What they must know; kept as an internal note."""


class HandBack(_TicketCommand):
    """Give the ticket to the bot of its queue again, or of another queue."""

    kind: Literal["hand_back"] = "hand_back"
    queue: Name | None = None
    reason: Text = ""


class TransferTicket(_TicketCommand):
    """Move the work to a queue, an agent or a department. The latter are asked first, unless ``ask`` says otherwise."""

    kind: Literal["transfer"] = "transfer"
    queue: Name | None = None
    """The queue it belongs to then; None: an agent takes it where it is, a department in its own queue."""
    agent: AgentId | None = None
    department: Name | None = None
    ask: bool | None = None
    """True: it is offered, and the giver has it until somebody accepts. False: it goes over at once."""
    reason: Name = "wanted"
    """A code of yours."""
    brief: Text = ""
    """What the next one must know; kept as an internal note."""
    fields: tuple[tuple[Name, Text], ...] = ()
    """Named parts of the brief; the configuration says which ones must be there."""
    within: Span | None = None
    """How long the offer stands; None: as the configuration says."""
    returns: bool = False
    """The return clause: the work is lent, the giver stays accountable and gets it back."""
    return_within: Span | None = None
    """How long it is lent at most; None: until it is released."""


class WithdrawTransfer(_TicketCommand):
    """Take an offered transfer back."""

    kind: Literal["withdraw_transfer"] = "withdraw_transfer"
    number: Number | None = None
