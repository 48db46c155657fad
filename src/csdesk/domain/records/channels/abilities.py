"""What a channel can do, and whether a reply is possible now."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from csdesk.domain.records._model import Instant, Text, Value
from csdesk.domain.records.messages import MediaKind


class Limit(Value):
    """A size limit with its unit: Unicode code points, UTF-8 bytes or UTF-16 code units."""

    amount: int = Field(gt=0)
    unit: Literal["bytes", "chars", "utf16"] = "chars"

    def size(self, text: str) -> int:
        """How large the text is, in this unit."""
        if self.unit == "chars":
            return len(text)
        return len(text.encode()) if self.unit == "bytes" else len(text.encode("utf-16-le")) // 2

    def holds(self, text: str) -> bool:
        """True if the text fits."""
        return self.size(text) <= self.amount


class MediaLimit(Value):
    """What a channel takes of one kind of media: sizes in bytes, both inclusive."""

    media: MediaKind
    most: int = Field(gt=0)
    least: int = Field(default=0, ge=0)
    types: frozenset[str] = frozenset()
    """The MIME types it takes; empty: any."""


class MenuLimits(Value):
    """How large the pieces of a menu may be; None: no limit of their own."""

    head: Limit | None = None
    tail: Limit | None = None
    choice: Limit | None = None
    """The words of an item that is chosen."""
    choice_id: Limit | None = None
    link: Limit | None = None
    """The words of an item that is a link."""
    url: Limit | None = None


class Rate(Value):
    """How fast a provider takes sendings: ``amount`` in each ``per``, evenly, ``burst`` of them at once."""

    amount: int = Field(gt=0, le=1_000_000)
    per: timedelta = Field(default=timedelta(minutes=1), gt=timedelta(0), le=timedelta(days=1))
    burst: int | None = Field(default=None, gt=0, le=1_000_000)
    """How many may go at once after a rest; None: as many as ``amount``."""


class ConversationRate(Value):
    """How fast a single conversation takes sendings, of those whose key begins with ``begins``."""

    rate: Rate
    begins: Text = ""


class Capabilities(Value):
    """What a channel can do, declared by its adapter; the desk validates, splits and refuses from it."""

    text: Limit | None = Limit(amount=4096)
    """The longest text of one sending, a longer one is split; None: no limit."""
    caption: Limit | None = None
    """The longest caption of a piece of media; None: no limit."""
    most_pieces: int = Field(default=10, ge=1, le=36)
    """Into how many sendings one message may be split at most; a longer one is refused."""
    parts: frozenset[str] = frozenset({"text"})
    """The kinds of part that can be sent."""
    together: bool = True
    """Whether one sending may carry several parts; False: each part is a sending of its own."""
    menu_items: int = 0
    menu: MenuLimits = MenuLimits()
    media_bytes: int = 0
    """The largest media of any kind, in bytes; 0: only what ``media`` says, and without it no limit."""
    media: tuple[MediaLimit, ...] = ()
    """Limits of single kinds of media. A kind that is not named is refused if any is."""
    media_by: Literal["content", "upload"] = "content"
    """``content``: the bytes come with the message (``OutboundMessage.files``). ``upload``: the desk uploads them first
    (``MediaChannel.upload``), and the part carries the provider's id."""
    media_lives: timedelta | None = None
    """How long an uploaded id can be used again; None: it is uploaded anew for each message."""
    fetches_media: bool = False
    """Whether media that customers send are fetched (``MediaChannel.fetch``)."""
    fetch_within: timedelta = timedelta(days=3)
    """How long the provider keeps them."""
    recall_within: timedelta | None = None
    edit_within: timedelta | None = None
    receipts: frozenset[Literal["sent", "delivered", "read"]] = frozenset()
    threads: bool = False
    window: timedelta | None = None
    """How long after the customer's last message a reply is possible; None: always."""
    outside_window: frozenset[str] = frozenset()
    """The kinds of part that may be sent when the window is closed, or before the customer ever wrote."""
    per_message: int | None = None
    """How many sendings may answer one message of the customer; None: any number."""
    taps_renew: bool = True
    """Whether a tap on a menu is such a message, or (False) only one that the customer writes."""
    rate: Rate | None = None
    """How fast the account may send, all processes together; None: any speed. What is too fast waits."""
    conversation_rates: tuple[ConversationRate, ...] = ()
    """How fast it may send in each conversation: the first that fits its key counts; without one at any speed."""
    code_lives: timedelta = timedelta(seconds=20)
    """How long the code of a session event allows a message."""
    may_start: bool = False
    """Whether the desk may write first."""
    idempotency: Literal["key", "none"] = "none"
    """``key``: sending twice with the same key sends once, so an unknown outcome may be tried again."""
    seats: bool = False
    """Whether the provider keeps who has a conversation, and can be told (``SeatedChannel``)."""
    pull: bool = False
    poll_every: timedelta | None = None
    """For a provider that gives no hint, or may lose one: how often it is asked for news. None: only after a hint."""
    feed: bool = False
    """Customers read what was said from the desk itself (``FeedChannel``): a message is sent when it stands there.
    What follows the account in a web address is then the channel's own."""

    def rate_in(self, conversation: str) -> Rate | None:
        """How fast a conversation with that key takes sendings; None: at any speed."""
        return next((one.rate for one in self.conversation_rates if conversation.startswith(one.begins)), None)


class WindowState(Value):
    """Whether a reply is possible now: until when (None: no limit), how many are left (None: any number)."""

    is_open: bool = True
    open_until: Instant | None = None
    remaining: int | None = None
    reopens: Literal["customer_message", "never", "always"] = "always"
