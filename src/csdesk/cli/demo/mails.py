"""Raw mails, as a mail server would hand them over: the desk reads them with its own parser."""

from __future__ import annotations

from base64 import b64decode
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Final

from csdesk.cli.demo.material import OUR_ADDRESS, MailScript

_PIXEL: Final = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
"""A picture of one pixel."""


def scripted(mail: MailScript, at: datetime, identifier: str) -> bytes:
    """The mail of a script."""
    message = _begin(mail, at, identifier)
    message["Subject"] = mail.subject
    if mail.cc:
        message["Cc"] = mail.cc
    if mail.list_id:
        message["List-Id"] = f"<{mail.list_id}>"
        message["Precedence"] = "bulk"
    if mail.html:
        message.set_content(f"<html><body><p>{mail.body.strip()}</p></body></html>", subtype="html")
    else:
        message.set_content(mail.body, charset=mail.charset)
    if mail.attach:
        message.add_attachment(_PIXEL, maintype="image", subtype="png", filename=mail.attach)
    return message.as_bytes()


def answer(mail: MailScript, at: datetime, identifier: str, answered: str, said: str) -> bytes:
    """The customer's answer to a mail of ours, with ours quoted below it."""
    message = _begin(mail, at, identifier, answered)
    message["Subject"] = f"{'回复' if mail.sender.endswith('.cn') else 'Re'}: {mail.subject}"
    body = mail.then.body if mail.then is not None else ""
    message.set_content(f"{body}\n\n{_quote(mail, at, said)}\n", charset=mail.charset)
    return message.as_bytes()


def vacation(mail: MailScript, at: datetime, identifier: str, answered: str) -> bytes:
    """The automatic reply of somebody who is away (RFC 3834)."""
    message = _begin(mail, at, identifier, answered)
    message["Subject"] = f"Automatic reply: {mail.subject}"
    message["Auto-Submitted"] = "auto-replied"
    message.set_content(mail.then.body if mail.then is not None else "")
    return message.as_bytes()


def bounce(mail: MailScript, at: datetime, identifier: str, answered: str) -> bytes:
    """A mail server's report that ours could not be delivered (RFC 3464)."""
    reason = mail.then.body if mail.then is not None else ""
    lines = (
        f"From: MAILER-DAEMON@{mail.sender.partition('@')[2]}",
        f"To: {OUR_ADDRESS}",
        f"Date: {format_datetime(at)}",
        f"Message-ID: {identifier}",
        "Subject: Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="part"',
        "",
        "--part",
        "Content-Type: text/plain; charset=utf-8",
        "",
        f"Your message could not be delivered to {mail.sender}.",
        "",
        "--part",
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns; mx.{mail.sender.partition('@')[2]}",
        "",
        f"Final-Recipient: rfc822; {mail.sender}",
        "Action: failed",
        "Status: 5.2.2",
        f"Diagnostic-Code: smtp; {reason}",
        "",
        "--part",
        "Content-Type: text/rfc822-headers",
        "",
        f"From: {OUR_ADDRESS}",
        f"To: {mail.sender}",
        f"Message-ID: {answered}",
        "",
        "--part--",
        "",
    )
    return "\r\n".join(lines).encode()


def _begin(mail: MailScript, at: datetime, identifier: str, answered: str = "") -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = formataddr((mail.name, mail.sender))
    message["To"] = OUR_ADDRESS
    message["Date"] = format_datetime(at)
    message["Message-ID"] = identifier
    if answered:
        message["In-Reply-To"] = answered
        message["References"] = answered
    return message


def _quote(mail: MailScript, at: datetime, said: str) -> str:
    if mail.is_chinese:
        return f"------------------ 原始邮件 ------------------\n发件人: {OUR_ADDRESS}\n收件人: {mail.sender}\n\n{said}"
    quoted = "\n".join(f"> {line}" for line in said.splitlines())
    return f"On {at:%a, %d %b %Y} {OUR_ADDRESS} wrote:\n{quoted}"
