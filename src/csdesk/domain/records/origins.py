"""Where conversations come from, and where customers came from first."""

from __future__ import annotations

from typing import Final, Literal

from csdesk.domain.records._model import Instant, Key, Record, Text

Traffic = Literal["public", "private"]
"""``public`` (公域): people whom a platform leads here, such as from a live room, a search or an advertisement.
``private`` (私域): people whom one reaches oneself, such as friends of a work account, groups and own pages."""


class Origin(Record):
    """Where a conversation came from: what the channel told when it began, and the entry point that this is."""

    scene: Text = ""
    """The code of the link, QR code, advertisement or page."""
    param: Text = ""
    """What the link carried beside it."""
    code: Text = ""
    """What the platform calls this one visit: the id of a click."""
    live_room: Text = ""
    product: Text = ""
    order: Text = ""
    entry: str = ""
    """The code of the entry point of the configuration; empty: none has it."""
    campaign: str = ""
    """The campaign of that entry point, as it was then."""


TOLD: Final = ("scene", "param", "code", "live_room", "product", "order")
"""The fields of an origin that channels tell."""


class Source(Record):
    """Where a customer came from first. Later visits never change it: they are events, and ``Customer.entered``."""

    account: str
    """The account through which they came."""
    traffic: Traffic | None = None
    """As their entry point or account was configured then; None: neither says."""
    origin: Origin | None = None
    """What their channel told; None: nothing."""


class Entered(Record):
    """The last time that a customer came by a link, a code or a page, told before or with what they wrote."""

    account: Key
    conversation: str
    at: Instant
    origin: Origin
    is_first: bool = False
    """True if nobody knew the customer before."""
    has_written: bool = False
    """True once they wrote after it."""
