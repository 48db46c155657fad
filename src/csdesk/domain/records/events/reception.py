"""What happens between bots and people: leases, a bot's turns, hand-off and hand-back."""

from __future__ import annotations

from typing import Literal

from csdesk.domain.ids import AgentId, MessageId
from csdesk.domain.records._model import Instant, Name
from csdesk.domain.records.bots import TurnOutcome
from csdesk.domain.records.events._base import EventBase
from csdesk.domain.records.tickets import Owner


class LeaseRenewed(EventBase):
    """Who works on the ticket goes on under the same fencing number, until then (None: without an end)."""

    kind: Literal["ticket.lease_renewed"] = "ticket.lease_renewed"
    fence: int
    until: Instant | None = None


class TurnBegan(EventBase):
    """A bot was asked to answer a message of the customer, and has until then."""

    kind: Literal["bot.turn_began"] = "bot.turn_began"
    message: MessageId
    bot: Name
    until: Instant


class TurnEnded(EventBase):
    """What came of a bot's turn. ``reason`` is a code, ``sources`` what the answer was taken from."""

    PERSONAL = frozenset({"sources"})
    kind: Literal["bot.turn_ended"] = "bot.turn_ended"
    message: MessageId
    bot: Name
    outcome: TurnOutcome
    reason: str = ""
    confidence: float | None = None
    reply: MessageId | None = None
    """What was said; None: nothing."""
    sources: tuple[str, ...] | None = ()


class TicketHandedOff(EventBase):
    """A bot gave the ticket to people, or it was taken from it. What changed follows in events of its own."""

    kind: Literal["ticket.handed_off"] = "ticket.handed_off"
    bot: Name
    reason: str
    """A code: ``requested``, ``mood``, ``abstained``, ``failed_turns``, ``timeout``, ``error``, or the bot's own."""
    message: MessageId | None = None
    """The customer's message behind it."""
    turns: int = 0
    failed: int = 0
    brief: MessageId | None = None
    """The note in which the bot says what the next one must know."""


class TicketTransferred(EventBase):
    """The work went to an agent, a department or a queue. What changed follows in events of its own."""

    kind: Literal["ticket.transferred"] = "ticket.transferred"
    queue: Name
    agent: AgentId | None = None
    department: Name | None = None
    reason: str = ""
    brief: MessageId | None = None
    before: Owner
    """Who was accountable before."""
    lent: bool = False
    """True under a return clause: who was accountable stays so."""


class TicketHandedBack(EventBase):
    """A person gave the ticket to a bot again; ``reason`` is what they wrote about it."""

    PERSONAL = frozenset({"reason"})
    kind: Literal["ticket.handed_back"] = "ticket.handed_back"
    bot: Name
    reason: str | None = ""
