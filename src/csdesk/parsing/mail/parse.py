"""One mail, from bytes to an event.

Who wrote: From; if that is an address of ours and Reply-To is not (a form on the host's own site), then Reply-To. Any
other Reply-To takes part as a cc, because that is where its owner wants to read: replies reach both. From an address
of ours to somebody else is an answer given elsewhere; from us to us, or written by a machine of ours, is a loop and
ignored, and so is what the receiving server calls spam: somebody else wrote it under our address.

What it says: the visible part of its text; quoted lines and signatures are parts of their own (``said``).

What it belongs to: see ``headers.references``. The conversation is the root of the thread, so an account's whole thread
has one key, also when its mails arrive in another order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final

from csdesk.domain.records._model import clean_text, trusted
from csdesk.domain.records.channels import ChannelEvent, IgnoredEvent, InboundMessage, Sender, StatusEvent, UnknownEvent
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import Automatic
from csdesk.errors import InvalidInput
from csdesk.parsing.mail.addresses import Mailbox, address_of, without_tag
from csdesk.parsing.mail.automatic import automatic_of
from csdesk.parsing.mail.content import Attachment, read_content, with_media
from csdesk.parsing.mail.headers import Headers, date_of, message_id, references
from csdesk.parsing.mail.reports import Report, read_report
from csdesk.parsing.mail.said import said_apart
from csdesk.parsing.mail.structure import Node, read_tree

MOST_SUBJECT: Final = 1000

_Sender = trusted(Sender)

Hint = Callable[[str], str]
"""Gives the ticket that an address or a message id of ours proves, empty if it proves none."""

_AUTHORS: Final = ("from", "sender", "reply-to", "return-path")
"""Whose address is the author's: the first that holds one."""
_HINTED: Final = ("delivered-to", "x-original-to", "envelope-to", "to", "cc")


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """What a mail became. Attachments belong to the ``MediaPart`` whose ``provider_id`` is their ``part``."""

    event: ChannelEvent
    attachments: tuple[Attachment, ...] = ()

    def stored(self, put: Callable[[Attachment], MediaRef]) -> ChannelEvent:
        """The event with every attachment put into a media store by ``put``, and its reference in its part."""
        return stored(self.event, self.attachments, put)


def stored(
    event: ChannelEvent, attachments: Iterable[Attachment], put: Callable[[Attachment], MediaRef]
) -> ChannelEvent:
    """The event with references to its attachments, which ``put`` takes in one by one."""
    if not isinstance(event, InboundMessage):
        return event
    return event.model_copy(update={"parts": with_media(event.parts, attachments, put)})


@dataclass(frozen=True, slots=True)
class _Mail:
    """A mail that is being read, with what its reader was told."""

    raw: bytes
    root: Node
    account: str
    own: frozenset[str]
    scope: str
    received_at: datetime
    id: str
    hint: Hint | None

    @property
    def headers(self) -> Headers:
        return self.root.headers

    def is_ours(self, address: str) -> bool:
        return address in self.own or without_tag(address) in self.own

    def sender(self, person: Mailbox) -> Sender:
        return _Sender(kind="email", scope=self.scope, external_id=person.address, name=person.name)


def parse_mail(
    raw: bytes,
    *,
    account: str,
    own_addresses: frozenset[str] = frozenset(),
    received_at: datetime,
    scope: str = "",
    hint: Hint | None = None,
) -> ParsedMail:
    """The event a mail is, whatever its bytes are; time and memory grow with its size and no faster.

    Args:
        raw: the mail as RFC 5322 bytes, with any line ends.
        account: the id of the account that received it.
        own_addresses: the host's own addresses; a plus tag on a received address is not compared.
        received_at: when it came, an aware datetime: the time of a report that has no Date.
        scope: the scope of the identities; empty unless the host keeps several worlds of addresses.
        hint: asked for each address it was sent to, then each message id it answers (without brackets).

    Raises:
        InvalidInput: ``account`` is empty or ``received_at`` is naive. Nothing in ``raw`` raises.
    """
    if received_at.tzinfo is None:
        raise InvalidInput(
            "received_at", "it has no zone", "pass an aware datetime, for example with tzinfo=datetime.UTC"
        )
    return parse_tree(
        read_tree(raw), raw, account=account, own=own_addresses, received_at=received_at, scope=scope, hint=hint
    )


def parse_tree(
    root: Node,
    raw: bytes,
    *,
    account: str,
    own: frozenset[str],
    received_at: datetime,
    scope: str,
    hint: Hint | None,
) -> ParsedMail:
    """The same of a mail whose tree has been read already."""
    own, scope = _addresses(own), str(clean_text(scope))
    identifier = message_id(root.headers.get("message-id")) or _synthetic_id(root)
    mail = _Mail(raw, root, account, own, scope, received_at, identifier, hint)
    report = read_report(root)
    if report is not None:
        return ParsedMail(_report_event(mail, report))
    return _message(mail)


@lru_cache(maxsize=256)
def _addresses(own: frozenset[str]) -> frozenset[str]:
    return frozenset(known for one in own if (known := address_of(one)))


def _synthetic_id(root: Node) -> str:
    """An id from what a mail says: the same after another delivery, in other line ends, in or out of an mbox."""
    digest = sha256()
    for name in ("from", "to", "cc", "date", "subject"):
        digest.update(root.headers.get(name).encode("utf-8", "replace") + b"\n")
    body = root.content[root.begin : root.end].replace(b"\r\n", b"\n").rstrip(b"\n")
    digest.update(body)
    return f"<sha256.{digest.hexdigest()}@missing.invalid>"


def _report_event(mail: _Mail, report: Report) -> ChannelEvent:
    at = date_of(mail.headers.get("date")) or mail.received_at
    if not report.status:
        return IgnoredEvent(
            account=mail.account, dedupe_key=mail.id, occurred_at=at, reason=report.reason, raw=mail.raw
        )
    return StatusEvent(
        account=mail.account,
        dedupe_key=mail.id,
        occurred_at=at,
        raw=mail.raw,
        provider_id=report.original,
        status=report.status,
        reason=report.reason,
        permanent=report.permanent and report.status == "failed",
    )


def _message(mail: _Mail) -> ParsedMail:
    people = _people(mail)
    if not people:
        return ParsedMail(
            UnknownEvent(account=mail.account, dedupe_key=mail.id, provider_type="mail.no_sender", raw=mail.raw)
        )
    automatic = automatic_of(mail.headers)
    elsewhere = mail.is_ours(people[0].address)
    others = _recipients(mail)
    spam = mail.headers.text("x-spam-flag").lower() == "yes"
    if elsewhere:
        if not others or automatic is not Automatic.NO:
            return ParsedMail(_ignored(mail, "mail.own_loop"))
        if spam:
            return ParsedMail(_ignored(mail, "mail.own_spam"))
        people, others = others[:1], others[1:]
    elif automatic is not Automatic.NO:
        people = people[:1]  # a list's or a machine's Reply-To is no person who takes part
    cc = {one.address: one for one in (*people[1:], *others) if one.address != people[0].address}
    answered, root = references(mail.headers, own=mail.id)
    parts, attachments = read_content(mail.root)
    event = InboundMessage(
        account=mail.account,
        dedupe_key=mail.id,
        conversation=root or mail.id,
        sender=mail.sender(people[0]),
        cc=tuple(mail.sender(one) for one in cc.values()),
        subject=mail.headers.subject[:MOST_SUBJECT],
        parts=said_apart(parts),
        provider_id=mail.id,
        references=answered,
        ticket_hint=_hint(mail, answered),
        sent_at=date_of(mail.headers.get("date")),
        author="elsewhere" if elsewhere else "customer",
        automatic=automatic,
        spam=spam,
        raw=mail.raw,
    )
    return ParsedMail(event, attachments)


def _people(mail: _Mail) -> tuple[Mailbox, ...]:
    """The author, then where the author wants answers, if that is elsewhere. Empty if nobody can be made out."""
    headers = mail.headers
    authors = next((found for name in _AUTHORS if (found := headers.mailboxes(name))), ())
    if not authors:
        return ()
    answers = [one for one in headers.mailboxes("reply-to") if not mail.is_ours(one.address)]
    if answers and mail.is_ours(authors[0].address):
        return (answers[0],)
    return (authors[0], *(one for one in answers if one.address != authors[0].address))


def _recipients(mail: _Mail) -> tuple[Mailbox, ...]:
    """To and Cc without ourselves."""
    found: dict[str, Mailbox] = {}
    for name in ("to", "cc"):
        for one in mail.headers.every_mailbox(name):
            if not mail.is_ours(one.address):
                found.setdefault(one.address, one)
    return tuple(found.values())


def _ignored(mail: _Mail, reason: str) -> IgnoredEvent:
    return IgnoredEvent(
        account=mail.account,
        dedupe_key=mail.id,
        occurred_at=date_of(mail.headers.get("date")) or mail.received_at,
        reason=reason,
        raw=mail.raw,
    )


def _hint(mail: _Mail, answered: tuple[str, ...]) -> str:
    if mail.hint is None:
        return ""
    addresses = [one.address for name in _HINTED for one in mail.headers.mailboxes(name)]
    for candidate in dict.fromkeys((*addresses, *(one.strip("<>") for one in answered))):
        if found := mail.hint(candidate):
            return found
    return ""
