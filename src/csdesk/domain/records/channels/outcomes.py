"""What became of a message that came in, and of one that went out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from csdesk.domain.records._model import Value
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.messages import Delivery, Message
from csdesk.domain.records.replies import Phrase
from csdesk.domain.records.tickets import Ticket, Worker
from csdesk.domain.records.trace import Trace


class Suggestion(Value):
    """A phrase that may answer the message."""

    phrase: Phrase
    score: float
    confidence: float
    margin: float


class ReplyDecision(Value):
    """Whether the desk answers by itself, suggests, or leaves it to a person."""

    action: Literal["auto_reply", "suggest", "hand_over"]
    reason: str
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of an inbound message.

    ``ticket`` and ``customer`` are None only for a parked message. A duplicate delivery gives the first outcome's ids
    with the records as they stand now.
    """

    STATES: ClassVar[tuple[str, ...]] = ("stored", "duplicate", "parked", "blocked", "ignored")

    state: Literal["stored", "duplicate", "parked", "blocked", "ignored"] = "stored"
    message_id: str
    message: Message | None = None
    ticket: Ticket | None = None
    customer: Customer | None = None
    worker: Worker | None = None
    reply: ReplyDecision | None = None
    trace: Trace = Trace()
    error: str = ""
    """The code of the error that parked the message."""

    @property
    def duplicate(self) -> bool:
        """True if this delivery was stored before."""
        return self.state == "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of an outbound message."""

    message: Message
    ticket: Ticket
    delivery: Delivery
    trace: Trace = Trace()
