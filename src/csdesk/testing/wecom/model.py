"""The values of the fake platform, and the limits that it keeps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

WINDOW: Final = timedelta(hours=48)
PER_MESSAGE: Final = 5
RECALL: Final = timedelta(minutes=2)
CODE_LIVES: Final = timedelta(seconds=20)
TOKEN_LIVES: Final = timedelta(hours=2)
MEDIA_LIVES: Final = timedelta(days=3)
MSGID: Final = re.compile(r"[0-9a-zA-Z_-]{1,32}")
LIMITS: Final = {"image": 10_485_760, "voice": 2_097_152, "video": 10_485_760, "file": 20_971_520}


@dataclass(slots=True)
class Talk:
    """One conversation as the platform has it."""

    state: int = 4
    servicer: str = ""
    wrote_at: datetime | None = None
    sent: int = 0


@dataclass(slots=True)
class Code:
    """A code that allows one message."""

    open_kfid: str
    customer: str
    expires_at: datetime
    used: bool = False


@dataclass(slots=True)
class Media:
    """What lies under a media id."""

    content: bytes
    type: str
    name: str
    expires_at: datetime


@dataclass(slots=True)
class Sent:
    """A message that an application sent to a customer."""

    msgid: str
    open_kfid: str
    customer: str
    body: Mapping[str, Any]
    at: datetime
    recalled: bool = False
