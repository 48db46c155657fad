"""E-mail: what belongs to the channel, usable by itself."""

from __future__ import annotations

from csdesk.parsing.mail.reply import ReplyParts, ReplySpan, split_reply

__all__ = ["ReplyParts", "ReplySpan", "split_reply"]
