"""A Telegram in the process: updates by webhook or polling, the Bot API's limits and refusals, and misbehaviour.

Answers come through an httpx transport (``FakeTelegram.transport``), or over a loopback server
(``FakeTelegram.served``) for clients that bring their own HTTP.
"""

from __future__ import annotations

from csdesk.testing.platforms import Broken, Misbehaviour
from csdesk.testing.telegram.model import Chat, Sent
from csdesk.testing.telegram.platform import FakeTelegram

__all__ = ["Broken", "Chat", "FakeTelegram", "Misbehaviour", "Sent"]
