"""Telegram: ``Telegram`` is the channel of one bot, by webhook or by polling."""

from __future__ import annotations

from csdesk.channels.telegram.adapter import BASE_URL, Telegram
from csdesk.channels.telegram.limits import ALLOWED_UPDATES, CAPABILITIES
from csdesk.channels.telegram.webhooks import WebhookInfo, Webhooks

__all__ = ["ALLOWED_UPDATES", "BASE_URL", "CAPABILITIES", "Telegram", "WebhookInfo", "Webhooks"]
