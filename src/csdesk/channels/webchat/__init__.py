"""Web chat: ``WebChat`` is the channel of a chat window on web pages, with its widget and without any provider.

``sign_user`` says on the host's server who of its own users is looking at the page.
"""

from __future__ import annotations

from csdesk.channels.webchat.adapter import CAPABILITIES, FILE_TYPES, WebChat
from csdesk.channels.webchat.forms import Look
from csdesk.channels.webchat.users import sign_user
from csdesk.channels.webchat.visits import Limits

__all__ = ["CAPABILITIES", "FILE_TYPES", "Limits", "Look", "WebChat", "sign_user"]
