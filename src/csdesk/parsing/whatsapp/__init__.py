"""WhatsApp Cloud API: deliveries of its webhook made into events, and what its error codes mean."""

from __future__ import annotations

from csdesk.parsing.whatsapp.deliveries import Reading, parse_delivery
from csdesk.parsing.whatsapp.errors import ERRORS, refusal

__all__ = ["ERRORS", "Reading", "parse_delivery", "refusal"]
