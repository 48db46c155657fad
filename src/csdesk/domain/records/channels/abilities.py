"""What a channel can do, and whether a reply is possible now."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from csdesk.domain.records._model import Instant, Value


class Limit(Value):
    """A size limit with its unit."""

    amount: int = Field(gt=0)
    unit: Literal["bytes", "chars", "utf16"] = "chars"


class Capabilities(Value):
    """What a channel can do, declared by its adapter; the desk validates, splits and refuses from it."""

    text: Limit | None = Limit(amount=4096)
    """The longest text of one message; None: the channel takes no text."""
    parts: frozenset[str] = frozenset({"text"})
    """The kinds of part that can be sent."""
    menu_items: int = 0
    media_bytes: int = 0
    recall_within: timedelta | None = None
    edit_within: timedelta | None = None
    receipts: frozenset[Literal["sent", "delivered", "read"]] = frozenset()
    threads: bool = False
    window: timedelta | None = None
    """How long after the customer's last message a reply is possible; None: always."""
    per_message: int | None = None
    """How many messages may answer one message of the customer; None: any number."""
    may_start: bool = False
    """Whether the desk may write first."""
    idempotency: Literal["key", "none"] = "none"
    """``key``: sending twice with the same key sends once, so an unknown outcome may be tried again."""
    pull: bool = False


class WindowState(Value):
    """Whether a reply is possible now: until when (None: no limit), how many are left (None: any number)."""

    is_open: bool = True
    open_until: Instant | None = None
    remaining: int | None = None
    reopens: Literal["customer_message", "never", "always"] = "always"
