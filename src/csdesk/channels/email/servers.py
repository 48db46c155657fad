"""Where the mail servers are, and how they are spoken to."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, get_args

from csdesk.channels._settings import LOOPBACK, check_choice
from csdesk.errors import InvalidInput

Security = Literal["tls", "starttls", "none"]

_LONGEST_WAIT: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """The server that takes our mail.

    ``security``: ``tls`` from the first byte, ``starttls`` before anything is told, ``none`` only to this machine
    unless ``allow_plain``. ``timeout`` is in seconds, for each answer; more than 0, at most 60.

    Raises:
        InvalidInput: a setting is impossible, or a password would go over the network in the clear.
    """

    host: str
    port: int = 465
    user: str = ""
    password: str = field(default="", repr=False)
    security: Security = "tls"
    allow_plain: bool = False
    timeout: float = 30.0
    context: ssl.SSLContext | None = field(default=None, repr=False)
    """How certificates are checked; the system's way by default."""

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapServer:
    """The mailbox that is read; nothing in it is changed, not even what is marked as read.

    ``since``: older mail is left alone, by the day (None: everything). ``page_size``: mails of one page, 1 to 1000;
    ``page_bytes``: a page ends when it holds that much. The rest as for ``SmtpServer``.

    Raises:
        InvalidInput: a setting is impossible, or a password would go over the network in the clear.
    """

    host: str
    port: int = 993
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    security: Security = "tls"
    allow_plain: bool = False
    timeout: float = 30.0
    context: ssl.SSLContext | None = field(default=None, repr=False)
    since: date | None = None
    page_size: int = 50
    page_bytes: int = 20_000_000

    def __post_init__(self) -> None:
        _check(self)
        for name in ("user", "password", "folder"):
            if not getattr(self, name):
                raise InvalidInput(f"imap.{name}", "is empty", "pass what the mail server knows")
        if not self.folder.isascii() or not self.folder.isprintable():
            raise InvalidInput("imap.folder", "holds signs beyond ASCII", "pass its name in modified UTF-7")
        if not 1 <= self.page_size <= 1000 or self.page_bytes < 1:
            raise InvalidInput("imap.page_size", "is out of range", "pass 1 to 1000 mails and at least one byte")


def _check(server: SmtpServer | ImapServer) -> None:
    where = "smtp" if isinstance(server, SmtpServer) else "imap"
    # Any other word would be taken for "none" further on, and the password would go in the clear.
    check_choice(f"{where}.security", server.security, get_args(Security))
    if not server.host or not server.host.isprintable() or " " in server.host:
        raise InvalidInput(f"{where}.host", "is empty or malformed", "pass a host name or an address")
    if not 0 < server.port < 65_536:
        raise InvalidInput(f"{where}.port", "is out of range", "pass 1 to 65535")
    if not 0 < server.timeout <= _LONGEST_WAIT:
        raise InvalidInput(f"{where}.timeout", "is out of range", "pass more than 0 and at most 60 seconds")
    if server.security == "none" and server.host not in LOOPBACK and server.allow_plain is not True:
        raise InvalidInput(
            f"{where}.security", "would send mail in the clear", "use tls or starttls, or allow_plain=True"
        )
    if bool(server.user) != bool(server.password):
        raise InvalidInput(f"{where}.password", "stands without its user, or the other way round", "pass both or none")
    for name, value in (("user", server.user), ("password", server.password)):
        if any(sign in value for sign in "\r\n\0"):
            raise InvalidInput(f"{where}.{name}", "holds a line end", "pass it as the mail server knows it")


def context_of(server: SmtpServer | ImapServer) -> ssl.SSLContext:
    """How its certificate is checked."""
    return server.context or ssl.create_default_context()
