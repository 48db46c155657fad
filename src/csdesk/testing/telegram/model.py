"""The values of the fake Telegram, and the limits that it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

TEXT: Final = 4096
CAPTION: Final = 1024
DELETES_FOR: Final = timedelta(hours=48)
FETCHES: Final = 20_000_000
UPLOADS: Final = {"photo": 10_000_000, "sticker": 512_000}
MOST_UPLOADED: Final = 50_000_000


@dataclass(slots=True)
class Chat:
    """One chat as Telegram has it; ``moved`` is the new id of a group that became a supergroup."""

    id: int
    name: str = "Ann"
    blocked: bool = False
    moved: int | None = None
    last: datetime | None = None
    """When the bot wrote there last."""

    @property
    def type(self) -> str:
        """``private``, or ``supergroup`` for ids below zero."""
        return "private" if self.id > 0 else "supergroup"

    def told(self) -> dict[str, Any]:
        """The object of the Bot API. ``Any``: it is JSON."""
        return {"id": self.id, "type": self.type, "first_name" if self.id > 0 else "title": self.name}


@dataclass(slots=True)
class Sent:
    """A message that the bot sent; ``text`` is its text or caption, as it stands after edits."""

    chat: int
    number: int
    method: str
    params: Mapping[str, Any]
    text: str
    at: datetime
    file: bytes | None = field(default=None, repr=False)
    deleted: bool = False


@dataclass(slots=True)
class Stored:
    """A file that lies there."""

    content: bytes
    path: str
    size: int


class Refusal(Exception):
    """The Bot API refuses."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters
