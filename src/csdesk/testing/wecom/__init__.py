"""A WeCom customer-service platform in the process: cursors, quotas, the 48 hours, states, tokens, and misbehaviour.

It keeps the platform's documented rules, so an adapter that passes against it has met each of them once. Answers come
through an httpx transport (``FakeKf.transport``), or over a loopback server (``FakeKf.served``) for clients that bring
their own HTTP.
"""

from __future__ import annotations

from csdesk.testing.platforms import Broken, Misbehaviour
from csdesk.testing.wecom.model import Sent, Talk
from csdesk.testing.wecom.platform import FakeKf

__all__ = ["Broken", "FakeKf", "Misbehaviour", "Sent", "Talk"]
