"""What an adapter is asked to send, and what it answers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from csdesk.domain.records._model import Instant, Key, Text, Value
from csdesk.domain.records.channels.inbound import MediaFile, Sender
from csdesk.domain.records.messages import MediaKind, Part, Purpose


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
    ticket: Text = ""
    """The id of its ticket: what a signed reply address can prove later."""
    to: Sender
    cc: tuple[Sender, ...] = ()
    subject: Text = ""
    parts: tuple[Part, ...]
    files: tuple[MediaFile, ...] = ()
    """The bytes of the media among ``parts``, found by ``ref.sha256``: where ``media_by`` is ``content``."""
    answers: tuple[Text, ...] = ()
    """Provider ids of the messages before it, newest first: what a mail thread needs."""
    code: Text = Field(default="", repr=False)
    """The code of the event that this answers (``SessionEvent.code``); empty for an ordinary message."""
    again: bool = False
    """True if it was tried before and nobody knows whether it arrived."""
    automatic: bool = False
    """A machine wrote it: mail adapters mark it so that machines do not answer it."""
    purpose: Purpose = Purpose.SERVICE
    """What it is for: some providers want to know."""
    occurred_at: Instant


class Seat(Value):
    """Who has a conversation now: what the provider is told."""

    account: Key
    conversation: Key
    customer: Sender
    holder: Literal["bot", "people"]
    agent: Key | None = None
    """The agent who has it; None: nobody in particular."""
    away: bool = False
    """True if people answer in the provider's own client; False: in the desk, through this channel."""


class MediaWanted(Value):
    """Media that a customer sent and the provider still has."""

    account: Key
    provider_id: Key
    media: MediaKind = MediaKind.FILE
    name: Text = ""
    most: int = Field(default=25_000_000, gt=0)
    """The largest size to fetch, in bytes."""


class MediaFetched(Value):
    """The bytes of fetched media, and what the provider says they are: neither type nor name is to be trusted."""

    content: bytes = Field(repr=False)
    type: str = ""
    name: Text = ""


class SentMessage(Value):
    """A message of ours as the provider knows it: what is recalled."""

    key: Key
    account: Key
    conversation: Key
    to: Sender
    provider_ids: tuple[Text, ...] = ()
    """The id of each sending that it became, in order."""


class Health(Value):
    """Whether a channel works: ``auth`` means that its secret is refused, ``degraded`` that only a part works."""

    status: Literal["ok", "auth", "unreachable", "degraded"]
    code: Text = ""
    """The provider's own word for what is wrong."""
