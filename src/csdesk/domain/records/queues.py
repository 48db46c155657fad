"""Rows of the desk's work queues: what waits to be sent, done or repaired. They are work, not history."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from csdesk.domain.ids import MessageId, TicketId
from csdesk.domain.records._model import Word
from csdesk.domain.records.telling import Told, unpacked

NEEDS: Final = frozenset(
    {
        "customer_message",  # the customer must write again: the reply window is closed or its quota used up
        "template",  # the reply window is closed, but one of the provider's templates may be sent
        "shorter_text",  # too long, even split
        "other_content",  # a part, a size or a value that the channel does not take
        "other_recipient",  # the recipient is gone or unknown: reach the customer on another channel
        "consent",  # the customer wants no such messages
        "operator",  # the account needs somebody: a permission, a secret, a setting
        "channel",  # this process has no channel for the account: one that has it sends the message
        "retry",  # it failed as often as it is tried: the provider was busy or could not be reached
        "check",  # nobody knows whether it arrived: look before it is sent again
    }
)
"""What would make a refused message possible."""


class OutboxState(Word):
    """Where an outbound message stands. ``dead`` and ``unknown`` wait for a person and hold nobody up."""

    PENDING = "pending"
    SENDING = "sending"
    DEAD = "dead"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """One outbound message on its way. Sent ones leave the outbox; their message keeps the delivery state."""

    message: MessageId
    ticket: TicketId
    account: str
    conversation: str
    state: OutboxState = OutboxState.PENDING
    attempts: int = 0
    due_at: datetime
    """Not before this instant; for a message being sent, the end of its lease."""
    reason: str = ""
    created_at: datetime
    needs: str = ""
    """For a dead or unknown one: what would make it possible, one of ``NEEDS``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueItem:
    """Something to do at a time, for what is not a ticket: a pull, a fetch, a clean-up. One per key."""

    key: str
    kind: str
    due_at: datetime
    payload: str = ""
    attempts: int = 0


class InboxState(Word):
    """Why something lies in the inbox. ``unknown``: a kind of event that the adapter doesn't know."""

    PARKED = "parked"
    WAITING = "waiting"
    BLOCKED = "blocked"
    DISCARDED = "discarded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    """A message that did not reach a ticket, with all that came: nothing is lost."""

    id: MessageId
    account: str
    conversation: str
    state: InboxState
    error: str = ""
    """The code of the error that parked it: ``render(item.error, **item.params)`` says what was wrong."""
    detail: str = ""
    """The class of that error."""
    told: str = ""
    """What the error said beside its code, packed; ``params`` reads it."""
    payload: str
    """The inbound message as JSON, raw payload included."""
    attempts: int = 1
    created_at: datetime

    @property
    def params(self) -> dict[str, Told]:
        """What the error said beside its code, such as the field, the problem and the remedy; no customer's text."""
        return unpacked(self.told)


_MEDIA: Final = re.compile(r'"sha256":"([0-9a-f]{64})"')


def media_in(item: InboxItem) -> frozenset[str]:
    """The digests of all media that the payload of an inbox item refers to."""
    return frozenset(_MEDIA.findall(item.payload))
