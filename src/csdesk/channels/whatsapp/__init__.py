"""WhatsApp: ``WhatsAppCloud`` is the channel of one number of the Cloud API."""

from __future__ import annotations

from csdesk.channels.whatsapp.adapter import BASE_URL, VERSION, WhatsAppCloud
from csdesk.channels.whatsapp.limits import CAPABILITIES

__all__ = ["BASE_URL", "CAPABILITIES", "VERSION", "WhatsAppCloud"]
