"""What somebody said on a channel, in the desk's words; also the argument of ``desk.receive``."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from csdesk.domain.records._model import Instant, Key, Text, Value, clean_text, trusted
from csdesk.domain.records.customers import Evidence
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import Automatic, MediaKind, Part, TextPart, plain_text


class Sender(Value):
    """Who wrote, as the channel knows them. ``kind`` and ``scope`` say in which world ``external_id`` is unique."""

    kind: Key = "external"
    scope: Text = ""
    external_id: Key
    name: Text = ""
    evidence: Evidence = Evidence.FIRST_CONTACT


_TextPart = trusted(TextPart)


class Entrance(Value):
    """Where a conversation came from, as the channel tells it: see ``Origin``, which keeps it."""

    scene: Text = ""
    """The code of a link, QR code, advertisement or page: an entry point of the configuration may have it."""
    param: Text = ""
    """What the link carries beside it."""
    code: Text = ""
    """What else the platform names: its word for this one visit; of WeCom, the WeChat Channels account or shop."""
    live_room: Text = ""
    """The live room, by name or id."""
    product: Text = ""
    order: Text = ""


class MediaFile(Value):
    """A piece of media on its way to a provider or from one, with its bytes."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    media: MediaKind = MediaKind.FILE
    type: str = "application/octet-stream"
    name: Text = ""
    """A file name without a path."""
    content: bytes = Field(repr=False)


class InboundMessage(Value):
    """What somebody said on a channel. ``text="..."`` is short for one text part.

    ``dedupe_key`` is the provider's id of this delivery: the same key on the same account is stored once. Times must be
    aware; a missing ``sent_at`` means the time of arrival.
    """

    _ALSO: ClassVar[tuple[str, ...]] = ("text",)

    kind: Literal["message"] = "message"
    account: Key
    dedupe_key: Key
    conversation: Key
    """The adapter's key of the conversation; messages of one conversation reach one ticket at a time."""
    sender: Sender
    also: tuple[Sender, ...] = ()
    """Other identities of the same person that the provider vouches for."""
    cc: tuple[Sender, ...] = ()
    """Other people who take part."""
    subject: Text = ""
    parts: tuple[Part, ...] = ()
    provider_id: Text = ""
    """The provider's id of the message itself (a mail's Message-ID)."""
    references: tuple[Text, ...] = ()
    """Message ids this one answers, strongest evidence first."""
    ticket_hint: Text = ""
    """A ticket id that a signed address or token of ours proved."""
    provider_order: int = Field(default=0, ge=-(2**63), lt=2**63)
    sent_at: Instant | None = None
    author: Literal["customer", "elsewhere", "bot"] = "customer"
    automatic: Automatic = Automatic.NO
    spam: bool = False
    language: Text | None = None
    entrance: Entrance | None = None
    files: tuple[MediaFile, ...] = ()
    """The bytes of media that came with the message (a mail's attachments): the part they belong to names them by
    ``ref.sha256``. They are put into the media store before the message is stored."""
    raw: bytes = b""
    """The provider's payload as received."""
    raw_media: MediaRef | None = None
    """The payload, where it lies in the media store already."""

    if TYPE_CHECKING:
        # The fields again and ``text``: type checkers would refuse a keyword that is no field.
        def __init__(  # noqa: PLR0913  one for each field
            self,
            *,
            kind: Literal["message"] = "message",
            account: str,
            dedupe_key: str,
            conversation: str,
            sender: Sender,
            also: tuple[Sender, ...] = (),
            cc: tuple[Sender, ...] = (),
            subject: str = "",
            text: str = "",
            parts: tuple[Part, ...] = (),
            provider_id: str = "",
            references: tuple[str, ...] = (),
            ticket_hint: str = "",
            provider_order: int = 0,
            sent_at: datetime | None = None,
            author: Literal["customer", "elsewhere", "bot"] = "customer",
            automatic: Automatic | Literal["no", "reply", "notice", "bulk", "bounce"] = Automatic.NO,
            spam: bool = False,
            language: str | None = None,
            entrance: Entrance | None = None,
            files: tuple[MediaFile, ...] = (),
            raw: bytes = b"",
            raw_media: MediaRef | None = None,
        ) -> None: ...

    @model_validator(mode="before")
    @classmethod
    def _text_is_a_part(cls, values: object) -> object:
        if isinstance(values, dict) and "text" in values:
            values = dict(values)
            text = values.pop("text")
            if not isinstance(text, str):
                raise PydanticCustomError("string_type", "text should be a valid string")
            values["parts"] = (_TextPart(text=str(clean_text(text))), *values.get("parts", ()))
        return values

    @property
    def text(self) -> str:
        """Its plain text: see ``csdesk.domain.records.messages.plain_text``."""
        return plain_text(self.parts)
