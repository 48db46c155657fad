"""The values of the fake WhatsApp, and the limits that it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

WINDOW: Final = timedelta(hours=24)
URL_LIVES: Final = timedelta(minutes=5)
MEDIA_LIVES: Final = timedelta(days=30)
TEXT: Final = 4096
BODY: Final = 1024
LIMITS: Final = {
    "image/jpeg": 5_000_000,
    "image/png": 5_000_000,
    "image/webp": 500_000,
    "audio/ogg": 16_000_000,
    "audio/mpeg": 16_000_000,
    "audio/aac": 16_000_000,
    "audio/amr": 16_000_000,
    "audio/mp4": 16_000_000,
    "video/mp4": 16_000_000,
    "video/3gpp": 16_000_000,
}
"""The largest file of a type; any other type is a document."""
DOCUMENT: Final = 100_000_000


@dataclass(slots=True)
class Person:
    """Somebody with WhatsApp; ``wrote_at`` is when they last wrote, by ``phone_number_id``."""

    number: str
    name: str = "Ann"
    user_id: str = ""
    reachable: bool = True
    """False: messages are taken, and reported as undeliverable later."""
    wrote_at: dict[str, datetime] = field(default_factory=dict)
    last: datetime | None = None
    """When a message was last sent to them."""

    def told(self) -> dict[str, Any]:
        """The object of the webhook. ``Any``: it is JSON."""
        found: dict[str, Any] = {"profile": {"name": self.name}, "wa_id": self.number}
        return {**found, "user_id": self.user_id} if self.user_id else found


@dataclass(slots=True)
class Sent:
    """A message that was sent to somebody."""

    id: str
    phone: str
    to: str
    key: str
    body: Mapping[str, Any]
    at: datetime

    @property
    def text(self) -> str:
        """Its words: of a text, over buttons, or its caption."""
        kind = str(self.body["type"])
        inner = self.body[kind]
        if kind == "interactive":
            return str(inner["body"]["text"])
        return str(inner.get("body") or inner.get("caption") or "") if isinstance(inner, Mapping) else ""


@dataclass(slots=True)
class Media:
    """A file that lies there: until when, and under what address until when."""

    content: bytes = field(repr=False)
    type: str
    size: int
    expires_at: datetime
    url_until: datetime | None = None


class Refusal(Exception):
    """The platform refuses with a code."""

    def __init__(self, code: int, status: int = 400) -> None:
        super().__init__(str(code))
        self.code = code
        self.status = status
