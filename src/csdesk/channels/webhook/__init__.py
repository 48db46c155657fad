"""Standard Webhooks (https://www.standardwebhooks.com): a channel between the desk and a system of your own.

``WebhookChannel`` takes messages as signed JSON and posts replies the same way; ``WebhookSigner`` signs and verifies.
The desk's own events go out with ``csdesk.web.EventPusher``.
"""

from __future__ import annotations

from csdesk.channels.webhook.adapter import CAPABILITIES, WebhookChannel
from csdesk.channels.webhook.signing import TOLERANCE, WebhookSigner

__all__ = ["CAPABILITIES", "TOLERANCE", "WebhookChannel", "WebhookSigner"]
