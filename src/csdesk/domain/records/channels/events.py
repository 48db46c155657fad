"""Everything that a channel can report, told apart by ``kind``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from csdesk.domain.records._model import Instant, Key, Text, Value
from csdesk.domain.records.channels.inbound import Entrance, InboundMessage, Sender
from csdesk.domain.records.messages import Part, Purpose


class _ChannelEvent(Value):
    account: Key
    dedupe_key: Key
    occurred_at: Instant | None = None
    raw: bytes = b""


class EditEvent(_ChannelEvent):
    """The sender changed a message."""

    kind: Literal["edit"] = "edit"
    provider_id: Key
    parts: tuple[Part, ...]


class DeleteEvent(_ChannelEvent):
    """The sender took a message back."""

    kind: Literal["delete"] = "delete"
    provider_id: Key


class ReactionEvent(_ChannelEvent):
    """Somebody put a sign on a message; an empty one takes it away."""

    kind: Literal["reaction"] = "reaction"
    provider_id: Key
    sender: Sender
    sign: Text = ""


class StatusEvent(_ChannelEvent):
    """What became of a message of ours. ``key`` is the id we reserved, ``provider_id`` the provider's."""

    kind: Literal["status"] = "status"
    key: Text = ""
    provider_id: Text = ""
    status: Literal["sent", "delivered", "read", "failed", "blocked", "opted_out"]
    reason: Text = ""
    permanent: bool = True
    """For a failure: False if the message may well arrive when it is sent again; it then needs ``retry``."""
    facts: tuple[tuple[Key, Text], ...] = ()
    """What else the provider tells of the delivery, such as its price: codes and ids, nothing personal."""
    needs: Text = ""
    """For a failure: what would make the message possible, one of ``csdesk.domain.records.queues.NEEDS`` or empty."""


class TypingEvent(_ChannelEvent):
    """A customer is typing: shown to agents for a few seconds, and kept nowhere else."""

    kind: Literal["typing"] = "typing"
    conversation: Key
    sender: Sender


class ContactEvent(_ChannelEvent):
    """Somebody let us write to them, or no longer: they blocked us, or took that back."""

    kind: Literal["contact"] = "contact"
    sender: Sender
    allowed: bool
    purpose: Purpose | None = None
    """What they want, or do not want, messages for; None: for anything."""


class IdentityEvent(_ChannelEvent):
    """The channel vouches that somebody has another identity too: a new number, a second id, an account of the host.

    An identity that nobody has yet is linked to the customer behind ``sender``. With ``joins`` it also holds the other
    way round, and two customers become one, unless the one behind ``sender`` is known already by another identity of
    the same kind and scope: one device, two people. Without it, what belongs to another customer stays there.
    """

    kind: Literal["identity"] = "identity"
    sender: Sender
    """Who they were so far."""
    also: tuple[Sender, ...]
    joins: bool = False


class SessionEvent(_ChannelEvent):
    """A conversation began, ended, or its reply window changed."""

    kind: Literal["session"] = "session"
    conversation: Key
    sender: Sender
    what: Literal["started", "ended", "window"]
    entrance: Entrance | None = None
    code: Text = ""
    """A code that allows one message in answer to this event."""


class HandoffEvent(_ChannelEvent):
    """The provider's own side gave the conversation to somebody else."""

    kind: Literal["handoff"] = "handoff"
    conversation: Key
    to: Text = ""
    """The provider's id of the person who has it now; empty: it waits for one."""
    before: Text = ""
    agent: Text = ""
    """The id of the desk's own agent, if that person is one."""


class EchoEvent(_ChannelEvent):
    """Something of ours came back: sent by this desk (``key`` or ``provider_id`` tell), or by a person elsewhere."""

    kind: Literal["echo"] = "echo"
    conversation: Key
    to: Sender
    author: Text = ""
    """The provider's id of the person who wrote."""
    key: Text = ""
    """The id that we reserved, where the provider gives it back: an echo may come before the answer to our request."""
    provider_id: Text = ""
    provider_order: int = Field(default=0, ge=-(2**63), lt=2**63)
    parts: tuple[Part, ...] = ()


class HandshakeEvent(_ChannelEvent):
    """The provider checked the address; the answer stands in the result's reply."""

    kind: Literal["handshake"] = "handshake"


class IgnoredEvent(_ChannelEvent):
    """Something that needs nothing done; ``reason`` says why."""

    kind: Literal["ignored"] = "ignored"
    reason: Key


class UnknownEvent(_ChannelEvent):
    """Something this adapter does not know; the raw payload is kept."""

    kind: Literal["unknown"] = "unknown"
    provider_type: Text = ""


ChannelEvent = Annotated[
    InboundMessage
    | EditEvent
    | DeleteEvent
    | ReactionEvent
    | StatusEvent
    | TypingEvent
    | ContactEvent
    | IdentityEvent
    | SessionEvent
    | HandoffEvent
    | EchoEvent
    | HandshakeEvent
    | IgnoredEvent
    | UnknownEvent,
    Field(discriminator="kind"),
]
"""Everything an adapter can report."""
