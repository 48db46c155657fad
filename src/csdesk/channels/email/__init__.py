"""E-mail: ``EmailChannel`` is the channel of one mail account; ``split_reply`` and ``safe_html`` stand by themselves.

Only ``safe_html`` needs the extra ``email``.
"""

from __future__ import annotations

from csdesk.channels.email.adapter import EmailChannel
from csdesk.channels.email.servers import ImapServer, Security, SmtpServer
from csdesk.channels.email.showing import safe_html
from csdesk.parsing.mail.reply import ReplyParts, ReplySpan, split_reply

__all__ = [
    "EmailChannel",
    "ImapServer",
    "ReplyParts",
    "ReplySpan",
    "Security",
    "SmtpServer",
    "safe_html",
    "split_reply",
]
