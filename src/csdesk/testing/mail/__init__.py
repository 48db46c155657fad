"""Mail servers on loopback that misbehave as planned, and the rigs of the mail channel.

``SmtpSink`` (aiosmtpd) takes mail and refuses as it is told; ``Mailbox`` (pymap) holds mail for IMAP; a ``FlakyLine``
stands before either of them and breaks connections. Needs the packages aiosmtpd and pymap (the extra ``peers``).
"""

from __future__ import annotations

from csdesk.testing.mail.lines import FlakyLine, LineFault
from csdesk.testing.mail.mailbox import Folder, Mailbox
from csdesk.testing.mail.rigs import EmailRig, MailHookRig
from csdesk.testing.mail.sink import SentMail, SmtpSink

__all__ = ["EmailRig", "FlakyLine", "Folder", "LineFault", "MailHookRig", "Mailbox", "SentMail", "SmtpSink"]
