"""The channel contract: an adapter translates, nothing more.

``receive`` is pure: it verifies and parses. ``send`` and ``pull`` are flows that yield HTTP exchanges, so that one
adapter serves ``Desk`` and ``AsyncDesk``; an adapter around a vendor's SDK or a socket is a ``BlockingChannel``. The
desk, not the adapter, checks sizes and windows, splits texts, keeps quotas, retries and remembers.

What only some channels can do is a protocol of its own: media, recalls, a check of its health, conversations that
customers read from the desk itself. A channel has a power if it has the methods.

The values of the contract stand here too, so that an author needs this one module.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol, TypeVar, runtime_checkable

from csdesk.domain.records.channels import (
    Capabilities,
    ChannelEvent,
    ContactEvent,
    ConversationRate,
    DeleteEvent,
    EchoEvent,
    EditEvent,
    Entrance,
    Feed,
    FeedPage,
    HandoffEvent,
    HandshakeEvent,
    Health,
    Held,
    IdentityEvent,
    IgnoredEvent,
    InboundMessage,
    InboundResult,
    Limit,
    MediaFetched,
    MediaFile,
    MediaLimit,
    MediaWanted,
    MenuLimits,
    OutboundMessage,
    PullHint,
    PullPage,
    Rate,
    RawRequest,
    RawResponse,
    ReactionEvent,
    Receipt,
    Rejected,
    Said,
    Seat,
    Sender,
    SentMessage,
    SessionEvent,
    StatusEvent,
    TypingEvent,
    UnknownEvent,
    WindowState,
)
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import TextPart
from csdesk.errors import ChannelError, Disposition
from csdesk.ports.clock import Clock
from csdesk.ports.http import HttpRequest, HttpResponse
from csdesk.ports.ids import IdSource

__all__ = [
    "BlockingChannel",
    "BlockingCheckedChannel",
    "BlockingEditingChannel",
    "BlockingMediaChannel",
    "BlockingRecallingChannel",
    "BlockingSeatedChannel",
    "Capabilities",
    "Channel",
    "ChannelError",
    "ChannelEvent",
    "CheckedChannel",
    "ContactEvent",
    "ConversationRate",
    "DeleteEvent",
    "Disposition",
    "EchoEvent",
    "EditEvent",
    "EditingChannel",
    "Entrance",
    "Exchange",
    "Feed",
    "FeedChannel",
    "FeedPage",
    "HandoffEvent",
    "HandshakeEvent",
    "Health",
    "Held",
    "HttpRequest",
    "HttpResponse",
    "IdSource",
    "IdentityEvent",
    "IgnoredEvent",
    "InboundMessage",
    "InboundResult",
    "Limit",
    "MediaChannel",
    "MediaFetched",
    "MediaFile",
    "MediaLimit",
    "MediaRef",
    "MediaWanted",
    "MenuLimits",
    "NamingChannel",
    "OutboundMessage",
    "PullHint",
    "PullPage",
    "Rate",
    "RawRequest",
    "RawResponse",
    "ReactionEvent",
    "RecallingChannel",
    "Receipt",
    "Rejected",
    "Said",
    "Seat",
    "SeatedChannel",
    "Sender",
    "SentMessage",
    "SessionEvent",
    "StatusEvent",
    "TimedChannel",
    "TypingEvent",
    "UnknownEvent",
    "WindowState",
]

T = TypeVar("T")

Exchange = Generator[HttpRequest, HttpResponse, T]
"""A conversation with a provider that ends with a T."""


class _Described(Protocol):
    @property
    def account(self) -> str:
        """The id of this configured instance; unique in the desk."""
        ...

    @property
    def kind(self) -> str:
        """The kind of channel: ``email``, ``wecom``, ``webchat`` ..."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What the channel can do."""
        ...

    def receive(self, request: RawRequest) -> InboundResult:
        """Verify and parse a request; never raises for what a stranger sent: that is ``rejected``."""
        ...


@runtime_checkable
class Channel(_Described, Protocol):
    """An adapter whose network is HTTP."""

    def send(self, message: OutboundMessage) -> Exchange[Receipt]:
        """Hand over one message, under its key.

        Raises:
            ChannelError: with the disposition that says what the desk does next.
        """
        ...

    def pull(self, hint: PullHint | None, cursor: str | None) -> Exchange[PullPage]:
        """Fetch one page after the cursor (None: from the beginning); only where ``capabilities.pull``.

        Raises:
            ChannelError: the page is asked for again later, not before its ``retry_after``.
        """
        ...


@runtime_checkable
class BlockingChannel(_Described, Protocol):
    """An adapter with its own blocking I/O (SMTP, an SDK). Under ``AsyncDesk`` it runs in a worker thread."""

    def send_now(self, message: OutboundMessage) -> Receipt:
        """As ``Channel.send``, done when it returns."""
        ...

    def pull_now(self, hint: PullHint | None, cursor: str | None) -> PullPage:
        """As ``Channel.pull``, done when it returns."""
        ...


@runtime_checkable
class MediaChannel(Protocol):
    """A ``Channel`` that carries media by an id of the provider."""

    def upload(self, file: MediaFile) -> Exchange[str]:
        """Give the provider a file; its id there, good for ``capabilities.media_lives``.

        Raises:
            ChannelError: as for ``send``.
        """
        ...

    def fetch(self, wanted: MediaWanted) -> Exchange[MediaFetched]:
        """Fetch what a customer sent; never more than ``wanted.most`` bytes.

        Raises:
            ChannelError: ``retry`` is tried again while the provider keeps it, anything else is final.
        """
        ...


@runtime_checkable
class BlockingMediaChannel(Protocol):
    """A ``BlockingChannel`` that carries media by an id of the provider."""

    def upload_now(self, file: MediaFile) -> str:
        """As ``MediaChannel.upload``, done when it returns."""
        ...

    def fetch_now(self, wanted: MediaWanted) -> MediaFetched:
        """As ``MediaChannel.fetch``, done when it returns."""
        ...


@runtime_checkable
class RecallingChannel(Protocol):
    """A ``Channel`` that can take back what was sent, within ``capabilities.recall_within``."""

    def recall(self, sent: SentMessage) -> Exchange[None]:
        """Take it back.

        Raises:
            ChannelError: it is too late, or the provider does not know it.
        """
        ...


@runtime_checkable
class BlockingRecallingChannel(Protocol):
    """A ``BlockingChannel`` that can take back what was sent."""

    def recall_now(self, sent: SentMessage) -> None:
        """As ``RecallingChannel.recall``, done when it returns."""
        ...


@runtime_checkable
class EditingChannel(Protocol):
    """A ``Channel`` that can change what was sent, within ``capabilities.edit_within``."""

    def edit(self, sent: SentMessage, part: TextPart) -> Exchange[None]:
        """Let it say something else; it was one sending, and is asked for one text.

        Raises:
            ChannelError: it is too late, or the provider does not know it.
        """
        ...


@runtime_checkable
class BlockingEditingChannel(Protocol):
    """A ``BlockingChannel`` that can change what was sent."""

    def edit_now(self, sent: SentMessage, part: TextPart) -> None:
        """As ``EditingChannel.edit``, done when it returns."""
        ...


@runtime_checkable
class BlockingCheckedChannel(Protocol):
    """A ``BlockingChannel`` that can say whether it works."""

    def check_now(self) -> Health:
        """As ``CheckedChannel.check``, done when it returns."""
        ...


@runtime_checkable
class SeatedChannel(Protocol):
    """A ``Channel`` whose provider keeps who has a conversation (``capabilities.seats``)."""

    def seat(self, seat: Seat) -> Exchange[None]:
        """Tell who has it now; told what holds already it changes nothing.

        Raises:
            ChannelError: ``retry`` is tried again, anything else raises an alert.
        """
        ...


@runtime_checkable
class BlockingSeatedChannel(Protocol):
    """A ``BlockingChannel`` whose provider keeps who has a conversation."""

    def seat_now(self, seat: Seat) -> None:
        """As ``SeatedChannel.seat``, done when it returns."""
        ...


@runtime_checkable
class TimedChannel(Protocol):
    """A channel that has to know the present time: the desk that it is given to tells it once where that comes from."""

    def keep_time(self, clock: Clock) -> None:
        """Take "now" from there, unless it was made with a clock of its own."""
        ...


@runtime_checkable
class NamingChannel(Protocol):
    """A channel that gives ids to strangers: the desk that it is given to lends it its source once."""

    def keep_ids(self, ids: IdSource) -> None:
        """Take new ids from there, unless it was made with a source of its own."""
        ...


@runtime_checkable
class FeedChannel(Protocol):
    """A channel whose customers read the conversation from the desk itself (``capabilities.feed``), as on a web page.

    ``receive`` verifies who asks and answers with ``InboundResult.feed``; the desk reads what they may see; ``show``
    writes it down. ``send`` has nobody to talk to: a message is sent when the desk has recorded that it is, since then
    it stands in the feed.
    """

    def show(self, feed: Feed, page: FeedPage) -> bytes:
        """The page as the customer's device wants it: the body of an answer, or (``feed.stream``) a piece of it. Pure.

        Status and headers are those of the ``reply`` that came with the feed.
        """
        ...


@runtime_checkable
class CheckedChannel(Protocol):
    """A ``Channel`` that can say whether it works."""

    def check(self) -> Exchange[Health]:
        """Ask the provider something harmless; never raises ``ChannelError``."""
        ...
