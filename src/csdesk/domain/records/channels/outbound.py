"""What an adapter is asked to send, and what it answers."""

from __future__ import annotations

from typing import Literal

from csdesk.domain.records._model import Instant, Key, Text, Value
from csdesk.domain.records.channels.inbound import Sender
from csdesk.domain.records.messages import Part


class Receipt(Value):
    """What the channel said about a sent message: taken over (``sent``) or more. Failures are ``ChannelError``."""

    status: Literal["sent", "delivered", "read"] = "sent"
    provider_id: Text = ""
    also: tuple[Text, ...] = ()
    """Other ids under which echoes and answers may name this message."""


class OutboundMessage(Value):
    """What an adapter is asked to send. ``key`` is the reserved id: at most 31 bytes of ``[0-9a-z_]``."""

    key: Key
    account: Key
    conversation: Key
    to: Sender
    cc: tuple[Sender, ...] = ()
    subject: Text = ""
    parts: tuple[Part, ...]
    answers: tuple[Text, ...] = ()
    """Provider ids of the messages before it, newest first: what a mail thread needs."""
    automatic: bool = False
    """A machine wrote it: mail adapters mark it so that machines do not answer it."""
    occurred_at: Instant
