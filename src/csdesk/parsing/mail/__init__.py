"""Mail as bytes, made into an event and its attachments."""

from __future__ import annotations

from csdesk.parsing.mail.content import Attachment
from csdesk.parsing.mail.parse import Hint, ParsedMail, parse_mail

__all__ = ["Attachment", "Hint", "ParsedMail", "parse_mail"]
