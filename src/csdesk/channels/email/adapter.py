"""The adapter of one mail account: SMTP out, IMAP or an inbound webhook in."""

from __future__ import annotations

import hmac
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from csdesk.channels._settings import check_name, check_span, several
from csdesk.channels.email import delivering, pulling, waiting
from csdesk.channels.email.composing import compose, mail_address, one_line
from csdesk.channels.email.delivering import Envelope, nothing_sent
from csdesk.channels.email.servers import ImapServer, SmtpServer
from csdesk.channels.email.settings import (
    CAPABILITIES,
    MOST_BYTES,
    SENDS,
    bearers_of,
    check_server,
    checked_keys,
    checked_tags,
    own_address,
)
from csdesk.channels.email.signing import Signer
from csdesk.domain.ids import TICKET
from csdesk.errors import ChannelError, InvalidInput, UnsupportedFeature, sentence
from csdesk.parsing.mail import Attachment, ParsedMail
from csdesk.parsing.mail.addresses import address_of, without_tag
from csdesk.parsing.mail.parse import parse_tree
from csdesk.parsing.mail.structure import Node, read_tree
from csdesk.ports.channel import (
    ChannelEvent,
    EchoEvent,
    Health,
    InboundMessage,
    InboundResult,
    MediaFile,
    MediaRef,
    OutboundMessage,
    PullHint,
    PullPage,
    Rate,
    RawRequest,
    RawResponse,
    Receipt,
    Rejected,
    Sender,
    StatusEvent,
    UnknownEvent,
)

if TYPE_CHECKING:
    from email.headerregistry import Address

_AUTHORS: Final = ("from", "sender", "return-path")


class EmailChannel:
    """One mail account as a ``BlockingChannel`` that can be checked. Safe between threads.

    Args:
        account: the desk's id of this account.
        address: the address it writes from.
        signing_keys: secrets of at least 16 bytes that sign the ids of our mails; the first signs, each is believed.
        name: what stands before the address, such as the name of the shop.
        smtp: the server that takes our mail; None: nothing can be sent.
        imap: the mailbox that is pulled; None: mail comes by webhook only.
        also: other addresses of ours: mail from them is an answer given elsewhere.
        tagged_replies: whether answers go to a signed address (``address+tag@``): the mail server must deliver those.
        webhook_secrets: what an inbound webhook shows as ``Authorization: Bearer SECRET``, each is good; empty: web
            requests are refused.
        null_return_path: whether automatic answers are sent with an empty return path (RFC 3834), so that no bounce
            of them comes back; some servers refuse it.
        poll_every: how often the mailbox is asked, more than 0.
        rate: how fast mail goes out, as the provider allows; None: at any speed.
        most_bytes: the largest mail that is read; of a larger one the header lands in the inbox as ``mail.too_large``.
        scope: the scope of the identities; empty unless the host keeps several worlds of addresses.

    Raises:
        InvalidInput: a setting is empty or malformed.
    """

    kind: Final = "email"

    def __init__(
        self,
        account: str,
        *,
        address: str,
        signing_keys: tuple[bytes, ...],
        name: str = "",
        smtp: SmtpServer | None = None,
        imap: ImapServer | None = None,
        also: tuple[str, ...] = (),
        tagged_replies: bool = False,
        webhook_secrets: tuple[str, ...] = (),
        null_return_path: bool = False,
        poll_every: timedelta = timedelta(minutes=1),
        rate: Rate | None = None,
        most_bytes: int = MOST_BYTES,
        scope: str = "",
    ) -> None:
        check_name("account", account, "pass the desk's id of this account")
        check_span("poll_every", poll_every)
        check_server("smtp", smtp, SmtpServer)
        check_server("imap", imap, ImapServer)
        if most_bytes < 1:
            raise InvalidInput("most_bytes", "is out of range", "pass at least 1")
        self.account: Final = account
        self._address = own_address("address", address)
        others = several("also", also, str, "pass a tuple of addresses")
        self._own = frozenset({self._address, *(own_address("also", one) for one in others)})
        self._tagged = checked_tags(self._address, tagged_replies)
        self._name = one_line(name)
        self._smtp = smtp
        self._imap = imap
        self._secrets = bearers_of(webhook_secrets)
        self._null_path = null_return_path
        self._most = most_bytes
        self._scope = scope
        self._domain = self._address.rpartition("@")[2]
        self._signer = Signer(account, self._domain, checked_keys(signing_keys))
        self.capabilities: Final = CAPABILITIES.model_copy(
            update={
                "parts": SENDS if smtp is not None else frozenset(),
                "rate": rate,
                "pull": imap is not None,
                "poll_every": poll_every if imap is not None else None,
            }
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.account!r}, address={self._address!r})"

    # In

    def receive(self, request: RawRequest) -> InboundResult:
        """The mail that is the body of the request, as RFC 5322 bytes.

        Raises:
            InvalidInput: the request does not say when it came (the desk fills that in).
        """
        if not self._secrets:
            return _refused(404, "no_requests")
        shown = (request.header("Authorization") or "").encode("utf-8", "replace")
        if not any(hmac.compare_digest(one, shown) for one in self._secrets):
            return _refused(401, "bad_secret")
        if len(request.body) > self._most:
            return _refused(413, "too_large")
        root = read_tree(request.body)
        if not any(name in root.headers for name in _AUTHORS):
            return _refused(400, "not_a_mail")
        if request.received_at is None:
            raise InvalidInput("received_at", "is missing", "pass when the request came")
        return InboundResult(events=(self._event(root, request.body, request.received_at),))

    def pull_now(self, hint: PullHint | None, cursor: str | None) -> PullPage:  # noqa: ARG002  mail gives no hints
        """The next page of the mailbox.

        Raises:
            UnsupportedFeature: the channel was made without ``imap``.
            ChannelError: the mailbox cannot be read now, or the password is refused.
        """
        if self._imap is None:
            raise UnsupportedFeature(
                sentence("account {account}", account=self.account),
                "pull",
                "make the channel with imap=ImapServer(...)",
            )
        page = pulling.read_page(self.account, self._imap, cursor, most=self._most)
        return PullPage(events=tuple(self._pulled(one) for one in page.mails), cursor=page.cursor, more=page.more)

    def wait_for_mail(self, known: str | None = None, *, at_most: timedelta) -> str:
        """Wait until the mailbox holds other mail than what is ``known``; what is known then.

        Blocks for ``at_most`` (up to a day); by IDLE where the server has it, else the mailbox is looked at every
        minute. Without ``known`` it returns at once. A pull is then asked for by ``desk.channels.pull_soon``.

        Raises:
            UnsupportedFeature: the channel was made without ``imap``.
            InvalidInput: ``at_most`` is no span of time between nothing and a day.
            ChannelError: the mailbox cannot be read now, or the password is refused.
        """
        if self._imap is None:
            raise UnsupportedFeature(
                sentence("account {account}", account=self.account),
                "pull",
                "make the channel with imap=ImapServer(...)",
            )
        span: object = at_most
        if not isinstance(span, timedelta) or not timedelta(0) <= span <= timedelta(days=1):
            raise InvalidInput("at_most", "is out of range", "pass a datetime.timedelta of a day at most")
        return waiting.news_of(self.account, self._imap, known, at_most)

    def _pulled(self, mail: pulling.Mail) -> ChannelEvent:
        at = mail.received_at or datetime.fromtimestamp(0, UTC)  # a server that breaks the protocol
        if not mail.too_large:
            return self._event(read_tree(mail.raw), mail.raw, at)
        event = self._parsed(read_tree(mail.raw), mail.raw, at).event
        return UnknownEvent(
            account=self.account,
            dedupe_key=event.dedupe_key,
            provider_type="mail.too_large",
            raw=mail.raw,
            occurred_at=at,
        )

    def _parsed(self, root: Node, raw: bytes, at: datetime) -> ParsedMail:
        return parse_tree(
            root,
            raw,
            account=self.account,
            own=self._own,
            received_at=at,
            scope=self._scope,
            hint=self._signer.ticket_of,
        )

    def _event(self, root: Node, raw: bytes, at: datetime) -> ChannelEvent:
        parsed = self._parsed(root, raw, at)
        event = parsed.event
        if isinstance(event, StatusEvent):
            return event.model_copy(update={"key": self._signer.key_of(event.provider_id)})
        if not isinstance(event, InboundMessage):
            return event
        key = self._signer.key_of(event.provider_id)
        if key and event.author == "elsewhere":
            return _echo(event, key)
        if not parsed.attachments:
            return event
        files: list[MediaFile] = []

        def kept(one: Attachment) -> MediaRef:
            file = _file(one)
            files.append(file)
            return MediaRef(sha256=file.sha256, size=len(file.content), type=file.type, name=file.name)

        stored = parsed.stored(kept)
        return stored.model_copy(update={"files": tuple({one.sha256: one for one in files}.values())})

    # Out

    def send_now(self, message: OutboundMessage) -> Receipt:
        """Send a mail; its Message-ID is made of the key, so trying again makes no second id.

        Raises:
            ChannelError: as the table in ``delivering`` says.
        """
        if self._smtp is None:
            raise ChannelError(self.account, "there is no SMTP server", disposition="operator", provider_code="no_smtp")
        with nothing_sent(self.account):
            envelope, identifier, mail = self._mail(message)
        delivering.hand_over(self.account, self._smtp, self._domain, envelope, mail)
        return Receipt(provider_id=identifier)

    def _mail(self, message: OutboundMessage) -> tuple[Envelope, str, bytes]:
        """For whom it is, its Message-ID, and the mail."""
        to = mail_address(self.account, message.to)
        copies = {one.addr_spec: one for one in self._copies(message) if one.addr_spec != to.addr_spec}
        ticket = message.ticket if message.ticket.startswith(TICKET) else ""
        identifier = self._signer.message_id(message.key, ticket)
        mail = compose(
            message,
            sender=Sender(kind=self.kind, external_id=self._address, name=self._name),
            to=to,
            cc=copies.values(),
            message_id=identifier,
            answer_to=self._signer.reply_address(self._address, ticket) if self._tagged else "",
        )
        sender = "" if message.automatic and self._null_path else self._address
        return Envelope(sender, to.addr_spec, tuple(copies)), identifier, mail

    def _copies(self, message: OutboundMessage) -> list[Address]:
        """Who takes part and has an address that is not ours; one that cannot be written to is left out."""
        found = []
        for person in message.cc:
            if person.kind != self.kind or without_tag(address_of(person.external_id)) in self._own:
                continue
            with suppress(ChannelError):
                found.append(mail_address(self.account, person))
        return found

    def check_now(self) -> Health:
        """Log in where mail goes and comes from; the first that fails."""
        seen = Health(status="ok")
        if self._smtp is not None:
            seen = delivering.check(self.account, self._smtp, self._domain)
        if self._imap is not None and seen.status == "ok":
            seen = pulling.check(self.account, self._imap)
        return seen


def _refused(status: int, code: str) -> InboundResult:
    return InboundResult(reply=RawResponse(status=status), rejected=Rejected(code=code))


def _file(one: Attachment) -> MediaFile:
    return MediaFile(sha256=sha256(one.content).hexdigest(), type=one.type, name=one.name, content=one.content)


def _echo(event: InboundMessage, key: str) -> EchoEvent:
    return EchoEvent(
        account=event.account,
        dedupe_key=event.dedupe_key,
        conversation=event.conversation,
        to=event.sender,
        key=key,
        provider_id=event.provider_id,
        parts=event.parts,
        occurred_at=event.sent_at,
        raw=event.raw,
    )
