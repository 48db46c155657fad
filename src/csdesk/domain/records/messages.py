"""Messages: what was said, by whom, when, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from csdesk.domain.ids import IdentityId, MessageId, TicketId
from csdesk.domain.records._model import Instant, Record, Text, Word
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.origins import Origin

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_SAFE_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})


class TextPart(Record):
    """Plain text. A text over 64 KB lies whole in the media store; ``text`` is then its beginning."""

    kind: Literal["text"] = "text"
    text: Text
    full: MediaRef | None = None


class QuotePart(Record):
    """What a mail repeats of earlier ones (``quoted``) or signs with (``signature``): no part of what is said now.

    Rules, answers and ``message.text`` pass over it; searches find it.
    """

    kind: Literal["quote"] = "quote"
    role: Literal["quoted", "signature"] = "quoted"
    text: Text
    full: MediaRef | None = None


class HtmlPart(Record):
    """The HTML form of a mail, as received: never shown unsanitised."""

    kind: Literal["html"] = "html"
    html: Text
    full: MediaRef | None = None


class MediaKind(Word):
    """How a piece of media is meant."""

    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"
    STICKER = "sticker"


class MediaPart(Record):
    """A picture, voice, video or file. ``ref`` is None until it is fetched from the provider (``provider_id``)."""

    kind: Literal["media"] = "media"
    media: MediaKind = MediaKind.FILE
    ref: MediaRef | None = None
    provider_id: Text = ""
    name: Text = ""
    type: Text = ""
    caption: Text = ""
    problem: Text = ""
    """Why it could not be fetched; empty while it still can."""


class LocationPart(Record):
    """A place: degrees north and east (WGS 84 unless the channel says otherwise)."""

    kind: Literal["location"] = "location"
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    name: Text = ""
    address: Text = ""


class LinkPart(Record):
    """A link with a title; also mini programs (``app_id``) and products."""

    kind: Literal["link"] = "link"
    url: Text = ""
    title: Text = ""
    description: Text = ""
    app_id: Text = ""
    thumb: MediaRef | None = None
    """A picture beside it, for channels that show one."""
    thumb_id: Text = ""
    """The provider's id of that picture."""


class ContactPart(Record):
    """A business card."""

    kind: Literal["contact"] = "contact"
    external_id: Text = ""
    name: Text = ""
    address: Text = ""


class ChoicePart(Record):
    """A menu item or button that the customer chose."""

    kind: Literal["choice"] = "choice"
    id: Text
    text: Text = ""


class MenuItem(Record):
    """One item of a menu: a choice (``id``), a link (``url``, with ``app_id`` into a mini program) or mere words."""

    text: Text
    id: Text = ""
    url: Text = ""
    app_id: Text = ""


class MenuPart(Record):
    """A menu that the desk sends."""

    kind: Literal["menu"] = "menu"
    head: Text = ""
    items: tuple[MenuItem, ...]
    tail: Text = ""


class TemplateValue(Record):
    """What stands in one place of a template: words, an amount of money or a time, already written out in ``text``."""

    text: Text
    name: Text = ""
    """The place, where the template names its places; empty: they are counted."""
    is_time: bool = False
    currency: Text = ""
    """An ISO 4217 code: then it is money, and ``amount_1000`` its amount times a thousand."""
    amount_1000: int = 0


class TemplateButton(Record):
    """What a button of a template needs: the id that comes back (``reply``), the end of its URL, a code to copy."""

    kind: Literal["reply", "url", "code"] = "reply"
    index: int = Field(default=0, ge=0, le=9)
    """Its place among the template's buttons, counted from 0."""
    value: Text


class TemplatePart(Record):
    """A message that the provider has approved before, filled in: what may be sent where nothing else may."""

    kind: Literal["template"] = "template"
    name: Text
    """The provider's name of the template."""
    locale: Text
    """The provider's code of its language, such as ``zh_CN``."""
    text: Text = ""
    """What the customer will read, as far as the host knows it: for the ticket's own history, it is not sent."""
    header: TemplateValue | None = None
    media: MediaKind = MediaKind.IMAGE
    ref: MediaRef | None = None
    """A picture, video or file on top, instead of ``header``."""
    provider_id: Text = ""
    """The provider's id of it."""
    body: tuple[TemplateValue, ...] = ()
    buttons: tuple[TemplateButton, ...] = ()


class OtherPart(Record):
    """Content of a type that csdesk does not model; the provider's own name is kept, the bytes are in ``raw``."""

    kind: Literal["other"] = "other"
    provider_type: Text
    text: Text = ""


Part = Annotated[
    TextPart
    | QuotePart
    | HtmlPart
    | MediaPart
    | LocationPart
    | LinkPart
    | ContactPart
    | ChoicePart
    | MenuPart
    | TemplatePart
    | OtherPart,
    Field(discriminator="kind"),
]
"""One piece of a message's content."""


def plain_text(parts: tuple[Part, ...]) -> str:
    """The words of all text parts, joined by newlines; else those of a choice, a template or unknown content."""
    if len(parts) == 1 and type(parts[0]) is TextPart:
        return parts[0].text
    return plain_text_of(_texts(parts))


def whole_text(parts: tuple[Part, ...]) -> str:
    """``plain_text``, and what a mail quotes and signs with, in their order: what searches read."""
    return whole_text_of(_texts(parts))


def _texts(parts: tuple[Part, ...]) -> list[KindOfText]:
    return [(part.kind, getattr(part, "text", "")) for part in parts]


KindOfText = tuple[str, str]
"""The kind of a part and its text."""


def plain_text_of(texts: Sequence[KindOfText]) -> str:
    """As ``plain_text``, where the parts are no records."""
    said = [text for kind, text in texts if kind == "text"]
    return "\n".join(said or [text for kind, text in texts if kind in ("choice", "template", "other")])


def whole_text_of(texts: Sequence[KindOfText]) -> str:
    """As ``whole_text``, where the parts are no records."""
    if "quote" not in [kind for kind, _ in texts]:
        return plain_text_of(texts)
    return "\n".join([text for kind, text in texts if kind in ("text", "quote")])


def says_nothing(parts: tuple[Part, ...]) -> bool:
    """True if nothing but blanks would be sent."""
    return all(isinstance(one, TextPart) and not one.text.strip() for one in parts)


def is_safe_link(url: str) -> bool:
    """True if the address has no scheme, or one that runs no code where somebody presses it."""
    bare = "".join(sign for sign in url if sign > " ")  # browsers pass over blanks and control signs
    scheme, colon, _ = bare.partition(":")
    return not colon or not _SCHEME.fullmatch(scheme) or scheme.lower() in _SAFE_SCHEMES


class Direction(Word):
    """Which way a message goes; notes stay inside."""

    IN = "in"
    OUT = "out"
    NOTE = "note"


class AuthorKind(Word):
    """Who wrote a message. ``elsewhere``: a person of ours, but not through this desk."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"
    ELSEWHERE = "elsewhere"


class Purpose(Word):
    """What a message of ours is for: consent, quiet hours and caps go by it."""

    SERVICE = "service"
    MARKETING = "marketing"
    SURVEY = "survey"


class Delivery(Word):
    """What became of an outbound message. ``unknown``: sent, but nobody can say whether it arrived."""

    NONE = "none"
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Automatic(Word):
    """Whether a machine wrote an inbound message; anything but ``no`` is never answered automatically."""

    NO = "no"
    REPLY = "reply"
    NOTICE = "notice"
    BULK = "bulk"
    BOUNCE = "bounce"


class Message(Record):
    """One message of a ticket. Content never changes; edits and recalls are events on it."""

    SCHEMA: ClassVar[int] = 1

    id: MessageId
    ticket: TicketId
    version: int = 1
    direction: Direction
    author: AuthorKind
    author_id: str = ""
    """The id of an agent, the name of a bot; empty for customers and for people elsewhere, whom ``identity`` tells."""
    identity: IdentityId | None = None
    """The customer identity the message came from or goes to; None for notes."""
    account: str = ""
    conversation: str = ""
    subject: str = ""
    parts: tuple[Part, ...] = ()
    provider_id: str = ""
    provider_order: int = 0
    """The provider's own sequence: breaks ties of ``occurred_at``."""
    sent_at: Instant | None = None
    """As the provider said."""
    received_at: Instant
    """By the desk's clock."""
    occurred_at: Instant
    """``sent_at`` clamped to the account's backlog limit: what clocks and display order use."""
    automatic: Automatic = Automatic.NO
    backlog: bool = False
    """True if it was too old on arrival to be answered automatically."""
    language: str | None = None
    origin: Origin | None = None
    """Where it came from, told with it or with the beginning of the session that it begins."""
    purpose: Purpose = Purpose.SERVICE
    """For messages of ours: what it is for."""
    delivery: Delivery = Delivery.NONE
    delivery_reason: str = ""
    delivery_needs: str = ""
    """What would make a refused message possible: see ``csdesk.domain.records.queues.NEEDS``."""
    pieces: tuple[str, ...] = ()
    """The provider's ids of the sendings that a split message became so far, all but the last."""
    recalled_at: Instant | None = None
    edited: tuple[Part, ...] = ()
    """The content after the last edit; empty if never edited."""
    raw: bytes = b""
    """The provider's payload as received, up to 64 KB."""
    raw_media: MediaRef | None = None
    """A larger payload."""
    erased_at: Instant | None = None
    """When its content was erased: what was said is gone, that it was said stays."""

    @property
    def text(self) -> str:
        """Its plain text: see ``plain_text``. Of a mail what was said in it, without what it quotes."""
        return plain_text(self.edited or self.parts)

    @property
    def whole_text(self) -> str:
        """The same with what a mail quotes and signs with: what searches read."""
        return whole_text(self.edited or self.parts)


_NO_MEDIA: Final[frozenset[str]] = frozenset()


def media_of(message: Message) -> frozenset[str]:
    """The digests of all media that the message refers to, in whatever field of its parts."""
    parts, whole = (*message.parts, *message.edited), message.raw_media
    refs = [value for part in parts for value in part.__dict__.values() if type(value) is MediaRef]
    if not refs and whole is None:
        return _NO_MEDIA
    return frozenset([one.sha256 for one in ([*refs, whole] if whole is not None else refs)])
