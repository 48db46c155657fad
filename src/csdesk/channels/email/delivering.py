"""One mail over SMTP, and what a failure means.

Until the server has the whole mail, nothing was sent: a lost connection is tried again. After that, and until it says
what it made of it, nobody knows. What a refusal means is read from the enhanced status code (RFC 3463) where there is
one, else from the reply code and the command it answers (RFC 5321, section 4.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Self

from csdesk.channels.email.servers import SmtpServer, context_of
from csdesk.errors import ChannelError, Disposition, sentence
from csdesk.ports.channel import Health

if TYPE_CHECKING:
    from smtplib import SMTP

Stage = Literal["connect", "auth", "mail", "rcpt", "data"]

_DOT: Final = re.compile(rb"(?m)^\.")
_ENHANCED: Final = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})(?!\d)")
_GONE: Final = frozenset({550, 551, 553})
_BUSY: Final = 421
_GO_AHEAD: Final = 354
_PERMANENT: Final = 500

_BY_STATUS: Final[tuple[tuple[str, Disposition], ...]] = (
    ("5.1.7", "operator"),  # our own address is refused
    ("5.1.8", "operator"),
    ("5.1.", "recipient_gone"),
    ("5.2.3", "fix_content"),  # larger than the mailbox takes
    ("5.2.", "recipient_gone"),
    ("5.3.4", "fix_content"),  # larger than the system takes
    ("5.6.", "fix_content"),
    ("5.", "operator"),
)
"""What a permanent enhanced status means: the first beginning that fits."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sends and who gets a mail, as servers see it. ``sender`` may be empty: nobody wants to hear of failures."""

    sender: str
    to: str
    cc: tuple[str, ...] = ()


def refusal(account: str, code: int, said: bytes, stage: Stage) -> ChannelError:
    """The error of a reply; it holds the codes and never the server's words, which may repeat an address."""
    found = _ENHANCED.match(said)
    enhanced = found[1].decode() if found else ""
    return ChannelError(
        account,
        sentence("the mail server refused at {stage}", stage=stage),
        disposition=_meaning(code, enhanced, stage),
        provider_code=f"{code} {enhanced}".strip(),
        retry_after=60 if code == _BUSY else None,
        alone=stage in ("rcpt", "data") and code != _BUSY,
    )


def _meaning(code: int, enhanced: str, stage: Stage) -> Disposition:
    if code < _PERMANENT:
        return "retry"
    if stage in ("connect", "auth"):
        return "operator"
    if enhanced.startswith("5."):
        return next(meaning for start, meaning in _BY_STATUS if enhanced.startswith(start))
    if stage == "rcpt":
        return "recipient_gone" if code in (*_GONE, 552) else "operator"
    return "fix_content" if code == 552 or (stage == "data" and code in (550, 554)) else "operator"


def hand_over(account: str, server: SmtpServer, helo: str, envelope: Envelope, mail: bytes) -> None:
    """Give the mail to the server; done when it has taken it over. A refused copy does not stop the rest.

    Raises:
        ChannelError: with the disposition of the table, ``retry`` if it could not be reached, ``unknown_outcome`` if
            the connection was lost when the server had the mail.
    """
    with _Talk(account, server, helo) as talk:
        with nothing_sent(account):
            talk.begin(envelope)
        talk.give(mail)


@contextmanager
def nothing_sent(account: str) -> Iterator[None]:
    """What breaks in here did so before any mail was given away: it failed, and nobody has to wonder.

    Raises:
        ChannelError: with the disposition ``operator``, for whatever else broke.
    """
    try:
        yield
    except ChannelError:
        raise
    except Exception as error:
        raise ChannelError(
            account,
            "the mail could not be made",
            disposition="operator",
            provider_code=type(error).__name__,
            alone=True,
        ) from error


def check(account: str, server: SmtpServer, helo: str) -> Health:
    """Whether the server lets us in."""
    try:
        with _Talk(account, server, helo):
            return Health(status="ok")
    except ChannelError as error:
        status: Literal["auth", "unreachable"] = "auth" if error.disposition == "operator" else "unreachable"
        return Health(status=status, code=error.provider_code or "")


class _Talk:
    """A conversation with the server, logged in. What smtplib raises becomes a ``ChannelError``."""

    def __init__(self, account: str, server: SmtpServer, helo: str) -> None:
        self._account = account
        self._server = server
        self._helo = helo
        self._smtp: SMTP | None = None

    def __enter__(self) -> Self:
        import smtplib
        import ssl

        try:
            self._smtp = self._connected()
            self._log_in(self._smtp)
        except smtplib.SMTPResponseException as error:
            self._hang_up()
            stage: Stage = "auth" if isinstance(error, smtplib.SMTPAuthenticationError) else "connect"
            raise refusal(self._account, error.smtp_code, _bytes(error.smtp_error), stage) from None
        except smtplib.SMTPNotSupportedError:
            self._hang_up()
            raise self._error("the mail server lacks what the settings ask for", "operator", "unsupported") from None
        except UnicodeError:
            self._hang_up()
            raise self._error("the user or password holds signs beyond ASCII", "operator", "not_ascii") from None
        except ssl.SSLError as error:
            self._hang_up()
            raise self._error("the mail server's certificate was refused", "operator", "tls") from error
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            raise self._error("the mail server cannot be reached", "retry", type(error).__name__) from None
        return self

    def __exit__(self, *_: object) -> None:
        self._hang_up()

    def _connected(self) -> SMTP:
        import smtplib

        one = self._server
        if one.security == "tls":
            return smtplib.SMTP_SSL(
                one.host, one.port, local_hostname=self._helo, timeout=one.timeout, context=context_of(one)
            )
        return smtplib.SMTP(one.host, one.port, local_hostname=self._helo, timeout=one.timeout)

    def _log_in(self, smtp: SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        if self._server.security == "starttls":
            smtp.starttls(context=context_of(self._server))
            smtp.ehlo()
        if self._server.user:
            smtp.login(self._server.user, self._server.password)

    def begin(self, envelope: Envelope) -> None:
        """Say from whom and to whom."""
        self._ask("mail", f"MAIL FROM:<{envelope.sender}>")
        self._ask("rcpt", f"RCPT TO:<{envelope.to}>")
        for copy in envelope.cc:
            with suppress(_Refused):
                self._ask("rcpt", f"RCPT TO:<{copy}>")

    def give(self, mail: bytes) -> None:
        """Hand the mail over, and wait for the word."""
        import smtplib

        self._ask("data", "DATA", wanted=_GO_AHEAD)
        smtp = self._open()
        try:
            smtp.send(_DOT.sub(b"..", mail) + (b"" if mail.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            code, said = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise self._error(
                "the connection was lost when the mail was handed over", "unknown_outcome", type(error).__name__
            ) from None
        if not _is_good(code):
            if not _is_refusal(code):
                raise self._error("the mail server answered nonsense to the mail", "unknown_outcome", "nonsense")
            raise refusal(self._account, code, said, "data")

    def _ask(self, stage: Stage, line: str, *, wanted: int | None = None) -> None:
        import smtplib

        try:
            self._open().putcmd(line)
            code, said = self._open().getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise self._error(
                "the connection was lost before the mail was sent", "retry", type(error).__name__
            ) from None
        if code == wanted or (wanted is None and _is_good(code)):
            return
        refused = refusal(self._account, code, said, stage)
        raise _Refused.of(refused) if stage == "rcpt" and code != _BUSY else refused

    def _open(self) -> SMTP:
        assert self._smtp is not None
        return self._smtp

    def _hang_up(self) -> None:
        """Leave politely; the mail's fate is decided, so nothing that happens here counts."""
        import smtplib

        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        with suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        with suppress(OSError):
            smtp.close()

    def _error(self, problem: str, disposition: Disposition, code: str) -> ChannelError:
        return ChannelError(self._account, problem, disposition=disposition, provider_code=code)


class _Refused(ChannelError):
    """One recipient was refused."""

    @classmethod
    def of(cls, error: ChannelError) -> _Refused:
        return cls(
            error.account,
            "the mail server refused a recipient",
            disposition=error.disposition,
            provider_code=error.provider_code,
            retry_after=error.retry_after,
            alone=True,
        )


def _is_good(code: int) -> bool:
    return 200 <= code < 300  # RFC 5321, section 4.2.1


def _is_refusal(code: int) -> bool:
    return 400 <= code < 600


def _bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode("utf-8", "replace")
