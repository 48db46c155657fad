"""A message of the desk as a mail, in bytes that every server takes (7-bit, CRLF).

No text of anybody becomes a header of its own: line ends and control signs in subjects and names become blanks, ids
that are none are left out, and addresses must be addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

from csdesk.channels._words import link_words
from csdesk.domain.records.channels import MediaFile, OutboundMessage, Sender
from csdesk.domain.records.messages import HtmlPart, LinkPart, LocationPart, MediaPart, TextPart
from csdesk.domain.text.markup import text_of_html
from csdesk.errors import ChannelError
from csdesk.parsing.mail.addresses import address_of
from csdesk.parsing.mail.fields import safe_name

if TYPE_CHECKING:
    from email.headerregistry import Address
    from email.message import EmailMessage

MOST_CHAIN: Final = 20
"""How many messages before it a mail names in References: the first of those known, and the nearest."""

_ID: Final = re.compile(r"<[!-;=?-~]{1,900}>")
_UNSEEN: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MOST_HEADER: Final = 900
_ANSWER: Final = re.compile(r"\s*(?:re|aw|sv|antw|回复|回覆|答复|答覆|返信)\s*[:：]", re.IGNORECASE)
_TYPE: Final = re.compile(r"(application|audio|font|image|model|text|video)/([a-z0-9][a-z0-9!#$&^_.+-]{0,100})")


def one_line(text: str) -> str:
    """The text as a header may hold it: no line ends, no control signs, not endless.

    What looks like an encoded word is parted: the standard library would write it as it stands, and whoever gets the
    mail would read what it hides, line ends included.
    """
    return _UNSEEN.sub(" ", text.encode("utf-8", "replace").decode()).strip()[:_MOST_HEADER].replace("=?", "= ?")


def mail_address(account: str, person: Sender) -> Address:
    """Where somebody gets mail.

    Raises:
        ChannelError: it is no address, or one that needs SMTPUTF8 (``recipient_gone``).
    """
    from email.headerregistry import Address

    local, _, domain = address_of(person.external_id).rpartition("@")
    try:
        if not local or not local.isascii():
            raise ValueError
        return Address(one_line(person.name), local, domain.encode("idna").decode("ascii") if domain else "")
    except (ValueError, IndexError) as error:
        raise ChannelError(
            account, "the address cannot be written to", disposition="recipient_gone", provider_code="bad_address"
        ) from error


def compose(
    message: OutboundMessage, *, sender: Sender, to: Address, cc: Iterable[Address], message_id: str, answer_to: str
) -> bytes:
    """The mail as RFC 5322 bytes. ``answer_to`` is where answers go if not to the sender (empty: to the sender).

    Raises:
        ChannelError: it has nothing to say, or the bytes of a file are missing (``fix_content``).
    """
    from email import policy
    from email.message import EmailMessage

    rules = policy.SMTP.clone(cte_type="7bit")
    mail = EmailMessage(rules)
    mail["From"] = mail_address(message.account, sender)
    mail["To"] = to
    if copies := tuple(cc):
        mail["Cc"] = copies
    if answer_to:
        mail["Reply-To"] = answer_to
    if subject := _subject(message):
        mail["Subject"] = subject
    mail["Date"] = format_datetime(message.occurred_at.astimezone(UTC))
    for name, value in _marks(message):
        mail[name] = value
    _fill(mail, message)
    return _threading(message, message_id) + mail.as_bytes()


def _subject(message: OutboundMessage) -> str:
    subject = one_line(message.subject)
    if not subject or not message.answers or _ANSWER.match(subject):
        return subject
    return f"Re: {subject}"


def _marks(message: OutboundMessage) -> Iterator[tuple[str, str]]:
    """What keeps machines from answering (RFC 3834); a person's mail only asks that no absence note comes back."""
    if message.automatic:
        yield "Auto-Submitted", "auto-replied"
    yield "X-Auto-Response-Suppress", "All" if message.automatic else "OOF, AutoReply"


def _threading(message: OutboundMessage, message_id: str) -> bytes:
    """The headers that hold ids. Written here: the standard library breaks those that are longer than a line."""
    known = [one for one in dict.fromkeys(message.answers) if _ID.fullmatch(one) and one != message_id]
    lines = [f"Message-ID: {message_id}"]
    if known:
        chain = known if len(known) <= MOST_CHAIN else [*known[: MOST_CHAIN - 1], known[-1]]
        lines += [f"In-Reply-To: {known[0]}", "References: " + "\r\n ".join(reversed(chain))]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _fill(mail: EmailMessage, message: OutboundMessage) -> None:
    pages = [part.html for part in message.parts if isinstance(part, HtmlPart)]
    text = "\n\n".join(_texts(message)) or "\n\n".join(text_of_html(page) for page in pages)
    files = [_file(message, part) for part in message.parts if isinstance(part, MediaPart)]
    if not text.strip() and not pages and not files:
        raise ChannelError(
            message.account, "there is nothing to send", disposition="fix_content", provider_code="empty"
        )
    mail.set_content(_whole(text))
    if pages:
        mail.add_alternative(_whole("\n".join(pages)), subtype="html")
    for file in files:
        found = _TYPE.fullmatch(file.type.partition(";")[0].strip().lower())
        kind, detail = (found[1], found[2]) if found else ("application", "octet-stream")
        mail.add_attachment(file.content, maintype=kind, subtype=detail, filename=safe_name(file.name) or "file")


def _texts(message: OutboundMessage) -> Iterator[str]:
    for part in message.parts:
        if isinstance(part, TextPart):
            yield part.text
        elif isinstance(part, LinkPart):
            yield link_words(part)
        elif isinstance(part, LocationPart):
            yield "\n".join(one for one in (part.name, part.address, f"{part.latitude}, {part.longitude}") if one)


def _file(message: OutboundMessage, part: MediaPart) -> MediaFile:
    for file in message.files:
        if part.ref is not None and file.sha256 == part.ref.sha256:
            return file
    raise ChannelError(
        message.account, "the bytes of a file are missing", disposition="fix_content", provider_code="media_missing"
    )


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
