"""The mail channel as the contract wants it: ``csdesk conform csdesk.testing.mail:EmailRig``, or ``:MailHookRig``."""

from __future__ import annotations

import email
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cached_property
from itertools import count
from types import MappingProxyType
from typing import Any, Final, Literal, cast

from csdesk.channels.email import EmailChannel, ImapServer, SmtpServer
from csdesk.engine.core import AnyChannel
from csdesk.ports.channel import RawRequest
from csdesk.testing.channel_contract.rig import Arrival, ChannelRig, Expected, HealthState
from csdesk.testing.mail.lines import FlakyLine, LineFault
from csdesk.testing.mail.mailbox import Folder, Mailbox
from csdesk.testing.mail.sink import SmtpSink, SmtpStage

_KEY: Final = b"contract-signing-key-0123456789"
_SECRETS: Final = ("hook-secret-new", "hook-secret-old")
_PASSWORD: Final = "smtp-contract-password"  # noqa: S105  invented
_PATIENCE: Final = 0.3
"""How long the channel waits for an answer on a ``slow`` line, which never gives one, in seconds."""

_REFUSALS: Final[Mapping[str, tuple[SmtpStage, str, Expected]]] = {
    "greylisted": ("rcpt", "451 4.7.1 come back later", "retry"),
    "mailbox busy": ("rcpt", "450 4.2.1 busy", "retry"),
    "closing": ("mail", "421 4.3.2 shutting down", "retry"),
    "later": ("data", "452 4.3.1 disk full", "retry"),
    "no such user": ("rcpt", "550 5.1.1 nobody here", "other_recipient"),
    "mailbox full": ("rcpt", "552 5.2.2 full", "other_recipient"),
    "relaying": ("rcpt", "554 5.7.1 relaying denied", "operator"),
    "starttls": ("mail", "530 5.7.0 must issue STARTTLS first", "operator"),
    "too large": ("data", "552 5.3.4 too large", "other_content"),
    "spam": ("data", "554 looks like spam", "other_content"),
    "policy": ("data", "550 5.7.1 policy", "operator"),
    "password": ("auth", "535 5.7.8 credentials invalid", "operator"),
}
_BREAKS: Final[Mapping[str, Expected]] = {
    "refused": "retry",
    "reset": "retry",
    "half": "retry",
    "slow": "retry",
    "cut": "unknown",
    "lost": "unknown",
}


class EmailRig(ChannelRig):
    """A mail account with an SMTP server (aiosmtpd) and an IMAP folder (pymap), each behind a line that may break."""

    faults: Mapping[str, Expected] = MappingProxyType(
        {**{name: expected for name, (_, _, expected) in _REFUSALS.items()}, **_BREAKS}
    )

    def __init__(self) -> None:
        super().__init__()
        self.sink = SmtpSink(user="desk", password=_PASSWORD)
        self.smtp_line = FlakyLine("127.0.0.1", self.sink.port)
        self._server = self.sink.server(port=self.smtp_line.port)
        self._folders: dict[str, Folder] = {}
        self._numbers = count(1)
        self._is_closed = False
        self._last: dict[str, str] = {}

    @cached_property
    def mailbox(self) -> Mailbox:
        """The server of the folders; it is started by the first rig that needs it."""
        return Mailbox.shared()

    @cached_property
    def imap_line(self) -> FlakyLine:
        """The line before it."""
        return FlakyLine("127.0.0.1", self.mailbox.port, half_beyond=200)

    def folder(self, account: str) -> Folder:
        """The folder in which the mail of an account arrives."""
        if account not in self._folders:
            self._folders[account] = self.mailbox.folder()
        return self._folders[account]

    def channel(self, account: str) -> AnyChannel:
        """The channel of an account with an address of its own."""
        return self._made(account)

    def _made(self, account: str, **given: Any) -> EmailChannel:
        settings: dict[str, Any] = {
            "address": self.mail_address(account),
            "also": (f"colleague-{account}@shop.example",),
            "signing_keys": (_KEY,),
            "smtp": self._server,
            "imap": self._imap(account),
            "webhook_secrets": _SECRETS,
            "poll_every": timedelta(seconds=30),
            **given,
        }
        return EmailChannel(account, **settings)

    def _imap(self, account: str) -> ImapServer | None:
        return self.folder(account).server(port=self.imap_line.port, page_size=2)

    # What customers and others write

    def mail_address(self, account: str) -> str:
        """Where customers of an account write to."""
        return f"{account}@shop.example"

    def mail(self, raw: bytes, *, account: str | None = None) -> Arrival:
        """Any mail arrives."""
        self.folder(account or self.account).put(raw, at=self.clock.now())
        return None

    def customer_writes(
        self, text: str, *, account: str, customer: str = "c1", sent_at: datetime | None = None
    ) -> Arrival:
        """A customer writes a new mail."""
        return self.mail(self._written(text, account=account, customer=customer, sent_at=sent_at), account=account)

    def _written(self, text: str, *, account: str, customer: str, sent_at: datetime | None = None) -> bytes:
        own = f"<in-{next(self._numbers)}@customers.example>"
        self._last[customer] = own
        return self._letter(
            text,
            (
                ("From", f"{customer}@customers.example"),
                ("To", self.mail_address(account)),
                ("Message-ID", own),
                ("Subject", "order"),
                ("Date", format_datetime(sent_at or self.clock.now())),
            ),
        )

    def _letter(self, text: str, headers: Iterable[tuple[str, str]]) -> bytes:
        letter = EmailMessage(policy.SMTP)
        for name, value in headers:
            letter[name] = value
        letter.set_content(text)
        return letter.as_bytes()

    def unknown_kind(self) -> Sequence[Arrival]:
        """A mail of nobody."""
        return (self.mail(f"From: <>\r\nMessage-ID: <u{next(self._numbers)}@x.example>\r\n\r\nwho?\r\n".encode()),)

    def colleague_writes(self, text: str, *, customer: str = "c1") -> Sequence[Arrival]:
        """A colleague answers from a mail program."""
        headers = (
            ("From", f"colleague-{self.account}@shop.example"),
            ("To", f"{customer}@customers.example"),
            ("Cc", self.mail_address(self.account)),
            ("Message-ID", f"<col-{next(self._numbers)}@shop.example>"),
            ("In-Reply-To", self._last[customer]),
            ("References", self._last[customer]),
        )
        return (self.mail(self._letter(text, headers)),)

    def echoes(self, key: str) -> Sequence[Arrival]:
        """Our own mail comes back, as it does where the address is also on a list."""
        return (self.mail(self._mailed(key)),)

    def statuses(self, key: str) -> Sequence[Arrival]:
        """It was delivered (RFC 3464), then read (RFC 8098)."""
        own = str(email.message_from_bytes(self._mailed(key))["Message-ID"])
        return (self._delivered(own, "delivered", "2.0.0"), self._read(own))

    def bounces(self, key: str) -> Sequence[Arrival]:
        """It could not be delivered."""
        own = str(email.message_from_bytes(self._mailed(key))["Message-ID"])
        return (self._delivered(own, "failed", "5.1.1"),)

    def _delivered(self, own: str, action: str, status: str) -> Arrival:
        told = (
            "Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; c1@customers.example\r\n"
            f"Action: {action}\r\nStatus: {status}\r\n"
        )
        return self._report("delivery-status", "message/delivery-status", told, own)

    def _read(self, own: str) -> Arrival:
        told = (
            f"Final-Recipient: rfc822; c1@customers.example\r\nOriginal-Message-ID: {own}\r\n"
            "Disposition: manual-action/MDN-sent-manually; displayed\r\n"
        )
        return self._report("disposition-notification", "message/disposition-notification", told, own)

    def _report(self, kind: str, type_: str, told: str, own: str) -> Arrival:
        number = next(self._numbers)
        return self.mail(
            (
                f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: {self.mail_address(self.account)}\r\n"
                f"Message-ID: <r{number}@mx.example>\r\nSubject: report\r\nMIME-Version: 1.0\r\n"
                f'Content-Type: multipart/report; report-type={kind}; boundary="b"\r\n\r\n'
                f"--b\r\n\r\nreport\r\n--b\r\nContent-Type: {type_}\r\n\r\n{told}\r\n"
                f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {own}\r\n\r\n--b--\r\n"
            ).encode()
        )

    def batch(self, texts: Sequence[str]) -> Sequence[Arrival] | None:
        """A folder with broken mails between good ones."""
        for one in texts:
            self.customer_writes(one, account=self.account)
            self.mail(b"From: <>\r\n\r\nnobody\r\n")
            self.mail(b"no mail at all")
            self.mail(b"\xff\xfe\x00\x01 : \xff\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n--\r\n")
        return (None,)

    def misbehave(self, how: Literal["repeat", "empty", "reversed"]) -> bool:
        """The folder is made anew between two pages, mails move while they are read, or lie in another order."""
        folder = self.folder(self.account)
        if how == "repeat":
            self.imap_line.before_connection(self.imap_line.connections + 2, folder.make_anew)
        elif how == "empty":
            self.imap_line.before_word(b" FETCH ", lambda: folder.move_first(2))
        else:
            folder.make_anew(range(len(folder.mails) - 1, -1, -1))
        return True

    def media_arrives(self, content: bytes, *, type: str, name: str) -> Sequence[Arrival]:
        """A mail with a file."""
        raw = self._written("see it", account=self.account, customer="c1")
        letter = email.message_from_bytes(raw, policy=policy.SMTP)
        kind, _, detail = type.partition("/")
        letter.add_attachment(content, maintype=kind, subtype=detail, filename=name)
        return (self.mail(letter.as_bytes()),)

    # What the desk writes

    def mailed(self) -> Sequence[bytes]:
        """What the server took over."""
        return [one.content for one in self.sink.mails]

    def arrived(self) -> Sequence[tuple[str, str]]:
        """The key in the Message-ID, and the text."""
        found = []
        for raw in self.mailed():
            letter = email.message_from_bytes(raw, policy=policy.default)
            body = letter.get_body(("plain",))
            assert body is not None
            found.append((_key_of(raw), str(body.get_content()).replace("\r\n", "\n").removesuffix("\n")))
        return found

    def _mailed(self, key: str) -> bytes:
        return next(raw for raw in self.mailed() if _key_of(raw) == key)

    def fail(self, *faults: str) -> None:
        """Let the server refuse, or the line break."""
        for one in faults:
            if one in _REFUSALS:
                stage, reply, _ = _REFUSALS[one]
                self.sink.plan(stage, *[reply] * (2 if stage == "auth" else 1))  # clients try each way that is offered
            else:
                if one == "slow":
                    object.__setattr__(self._server, "timeout", _PATIENCE)  # the channel has it already
                self.smtp_line.plan(cast("LineFault", one))

    # Web requests

    def signed(self, *, at: datetime | None = None) -> RawRequest:  # noqa: ARG002  the secret signs no time
        """A mail as the body of a request; half of it names nobody."""
        raw = self._written("signed", account=self.account, customer="c1")
        return _request(b"X-Trace: " + b"x" * 900 + b"\r\n" + raw, _SECRETS[0])

    def tampered(self) -> Iterable[RawRequest]:
        """The secret changed, cut, left out. It signs nothing: that the mail is whole is what TLS is for."""
        good = self.signed()
        for value in (f"Bearer {_SECRETS[0]}x", f"Bearer {_SECRETS[0][:-1]}", "Bearer ", _SECRETS[0], "Basic x"):
            yield good.model_copy(update={"headers": (("Authorization", value),)})
        yield good.model_copy(update={"headers": ()})

    def rotated(self) -> Iterable[RawRequest]:
        """The new and the old secret."""
        return [_request(self.signed().body, one) for one in _SECRETS]

    def without_secrets(self) -> Iterable[Callable[[], object]]:
        """Each of its secrets, empty."""
        return [
            lambda: self._made(self.account, webhook_secrets=("",)),
            lambda: self._made(self.account, signing_keys=()),
            lambda: self._made(self.account, signing_keys=(b"",)),
            lambda: SmtpServer(host="127.0.0.1", user="desk", password="", security="none"),
            lambda: ImapServer(host="127.0.0.1", user="desk", password="", security="none"),
        ]

    def health(self, state: HealthState) -> AnyChannel | None:
        """Good, with a wrong password, and behind a line that breaks."""
        if state == "degraded":
            return None
        if state == "unreachable":
            self.smtp_line.plan("reset")
        wrong = replace(self.sink.server(), password="wrong")  # noqa: S106  refused, as it should be
        return self._made(self.account, **({"smtp": wrong} if state == "auth" else {}))

    def secrets(self) -> Sequence[str]:
        """The passwords, the secrets of the requests, the key that signs."""
        return (_PASSWORD, Mailbox.password, *_SECRETS, _KEY.decode())

    def payloads(self) -> Iterable[bytes]:
        """An ordinary mail, one with a file, a report."""
        self.media_arrives(b"\x89PNG\r\n\x1a\n", type="image/png", name="截图.png")
        self._delivered("<msg_1.tkt_1.aaaaaaaaaaaaaaaa@shop.example>", "failed", "5.1.1")
        kept = [raw for raw, _ in self.folder(self.account).mails]
        return [self.signed().body, *kept]

    def mutated(self, payload: bytes) -> object:
        """A request with the payload as its mail."""
        channel = self._made(self.account)
        request = _request(payload, _SECRETS[0]).model_copy(update={"received_at": self.clock.now()})
        return channel.receive(request)

    def close(self) -> None:
        """Stop the servers of this rig; the one with the folders goes on for others."""
        if not self._is_closed:
            self._is_closed = True
            self.smtp_line.close()
            if "imap_line" in vars(self):
                self.imap_line.close()
            self.sink.close()


class MailHookRig(EmailRig):
    """The same account, where mail comes as web requests."""

    def _imap(self, account: str) -> ImapServer | None:  # noqa: ARG002
        return None

    def folder(self, account: str) -> Folder:
        """There is none.

        Raises:
            AssertionError: always.
        """
        raise AssertionError(account)

    def mail(self, raw: bytes, *, account: str | None = None) -> Arrival:  # noqa: ARG002  the request names it
        """Any mail arrives, as a request."""
        return _request(raw, _SECRETS[0])

    def batch(self, texts: Sequence[str]) -> Sequence[Arrival] | None:  # noqa: ARG002
        """A request holds one mail."""
        return None

    def misbehave(self, how: Literal["repeat", "empty", "reversed"]) -> bool:  # noqa: ARG002
        """Nothing is pulled."""
        return False

    def payloads(self) -> Iterable[bytes]:
        """An ordinary mail, one with a file, a report."""
        made = (
            *self.media_arrives(b"\x89PNG\r\n\x1a\n", type="image/png", name="截图.png"),
            self._delivered("<msg_1.tkt_1.aaaaaaaaaaaaaaaa@shop.example>", "failed", "5.1.1"),
        )
        return [self.signed().body, *(one.body for one in made if isinstance(one, RawRequest))]


_OWN: Final = re.compile(rb"^Message-ID: <(msg_[0-9a-z]+)\.", re.MULTILINE | re.IGNORECASE)


def _key_of(raw: bytes) -> str:
    found = _OWN.search(raw)
    return found[1].decode() if found else ""


def _request(raw: bytes, secret: str) -> RawRequest:
    headers = (("Authorization", f"Bearer {secret}"), ("Content-Type", "message/rfc822"))
    return RawRequest(method="POST", url="https://desk.example/mail", headers=headers, body=raw)
