"""A WhatsApp Cloud API in the process: signed deliveries, the 24 hours, templates, error codes, and misbehaviour.

Answers come through an httpx transport (``FakeWhatsApp.transport``), or over a loopback server
(``FakeWhatsApp.served``) for clients that bring their own HTTP.
"""

from __future__ import annotations

from csdesk.testing.platforms import Broken, Misbehaviour
from csdesk.testing.whatsapp.model import Person, Sent
from csdesk.testing.whatsapp.platform import FakeWhatsApp

__all__ = ["Broken", "FakeWhatsApp", "Misbehaviour", "Person", "Sent"]
