"""The JSON that a system of the host sends, by its ``type``; unknown fields are passed over.

    {"type": "message", "timestamp": "2026-01-05T09:00:00Z",
     "data": {"conversation": "c-1", "sender": {"id": "u-1", "name": "王芳"}, "text": "在吗？"}}

``docs/how-to/connect-your-own-system.md`` lists all types.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal, Self, TypedDict

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from csdesk.domain.records._model import Instant, Key, Text, Value
from csdesk.domain.records.customers import Evidence
from csdesk.domain.records.messages import TextPart
from csdesk.errors import RequestRejected
from csdesk.ports.channel import (
    ChannelEvent,
    DeleteEvent,
    EchoEvent,
    EditEvent,
    InboundMessage,
    Sender,
    StatusEvent,
    UnknownEvent,
)

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_MOST_FIELDS: Final = 20
Words = Annotated[Text, StringConstraints(min_length=1)]
"""Free text that is not empty."""


class _Head(TypedDict):
    account: str
    dedupe_key: str
    occurred_at: datetime | None
    raw: bytes


class Delivered(Value):
    """What stands around every event: whose it is, its id, when it happened, the bytes as they came."""

    account: Key
    dedupe_key: Key
    occurred_at: Instant | None = None
    raw: bytes = b""
    sender_kind: Key = "webhook"


class _Form(Value):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore")


class Envelope(BaseModel):
    """The outside of a body, as Standard Webhooks recommends it. No value of the desk: it is read at once, not kept."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    type: Key
    timestamp: Instant | None = None
    data: dict[str, object] = Field(default_factory=dict)


class Person(_Form):
    """A customer as the host's system knows them."""

    id: Key
    name: Text = ""
    kind: Key | None = None
    """The kind of identity, where the id is one that other channels know too, such as ``email``."""
    scope: Text = ""

    def sender(self, kind: str) -> Sender:
        """The person in the desk's words; the host's own system vouches for them."""
        return Sender(
            kind=self.kind or kind,
            scope=self.scope,
            external_id=self.id,
            name=self.name,
            evidence=Evidence.PROVIDER,
        )


class MessageForm(_Form):
    """Somebody wrote."""

    conversation: Key
    sender: Person
    text: Words
    subject: Text = ""
    id: Text = ""
    references: tuple[Text, ...] = ()
    language: Text | None = None
    author: Literal["customer", "elsewhere", "bot"] = "customer"

    def event(self, around: Delivered) -> ChannelEvent:
        """The message."""
        return InboundMessage(
            account=around.account,
            dedupe_key=around.dedupe_key,
            conversation=self.conversation,
            sender=self.sender.sender(around.sender_kind),
            subject=self.subject,
            text=self.text,
            provider_id=self.id,
            references=self.references,
            sent_at=around.occurred_at,
            author=self.author,
            language=self.language,
            raw=around.raw,
        )


class EditForm(_Form):
    """The sender changed a message."""

    id: Key
    text: Words

    def event(self, around: Delivered) -> ChannelEvent:
        """The edit."""
        return EditEvent(**_head(around), provider_id=self.id, parts=(TextPart(text=self.text),))


class DeleteForm(_Form):
    """The sender took a message back."""

    id: Key

    def event(self, around: Delivered) -> ChannelEvent:
        """The deletion."""
        return DeleteEvent(**_head(around), provider_id=self.id)


class StatusForm(_Form):
    """What became of a reply: by the ``key`` it was posted with, or the ``id`` it was given in answer."""

    status: Literal["sent", "delivered", "read", "failed", "blocked", "opted_out"]
    key: Text = ""
    id: Text = ""
    reason: Text = ""

    @model_validator(mode="after")
    def _names_a_message(self) -> Self:
        if not self.key and not self.id:
            raise PydanticCustomError("missing", "key or id is missing")
        return self

    def event(self, around: Delivered) -> ChannelEvent:
        """The receipt."""
        return StatusEvent(**_head(around), key=self.key, provider_id=self.id, status=self.status, reason=self.reason)


class EchoForm(_Form):
    """A person of ours wrote to the customer elsewhere, or a reply of the desk (``key``) comes back."""

    conversation: Key
    to: Person
    text: Words
    key: Text = ""
    id: Text = ""
    author: Text = ""

    def event(self, around: Delivered) -> ChannelEvent:
        """The echo."""
        return EchoEvent(
            **_head(around),
            conversation=self.conversation,
            to=self.to.sender(around.sender_kind),
            author=self.author,
            key=self.key,
            provider_id=self.id,
            parts=(TextPart(text=self.text),),
        )


AnyForm = MessageForm | EditForm | DeleteForm | StatusForm | EchoForm

FORMS: Final[Mapping[str, type[AnyForm]]] = MappingProxyType(
    {
        "message": MessageForm,
        "message.edited": EditForm,
        "message.deleted": DeleteForm,
        "message.status": StatusForm,
        "message.echo": EchoForm,
    }
)
"""The types that are understood; any other is kept as ``UnknownEvent``."""


class BadFields(RequestRejected):
    """A known type lacks what it needs; ``fields`` names where, never what stood there."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__("bad_fields")
        self.fields = fields


def event_of(body: bytes, around: Delivered) -> ChannelEvent:
    """The event in a body.

    Raises:
        RequestRejected: ``bad_body``: no JSON object with a type; ``bad_fields``: see ``BadFields``.
    """
    try:
        envelope = Envelope.model_validate_json(body)
    except ValidationError as error:
        if any(one["type"] in ("json_invalid", "model_type") or one["loc"] == ("type",) for one in _errors(error)):
            raise RequestRejected("bad_body") from None
        raise BadFields(_fields(error)) from None
    around = around.model_copy(update={"occurred_at": envelope.timestamp})
    form = FORMS.get(envelope.type)
    if form is None:
        return UnknownEvent(**_head(around), provider_type=envelope.type)
    try:
        return form.model_validate(envelope.data).event(around)
    except ValidationError as error:
        raise BadFields(_fields(error, "data")) from None


def _head(around: Delivered) -> _Head:
    return {
        "account": around.account,
        "dedupe_key": around.dedupe_key,
        "occurred_at": around.occurred_at,
        "raw": around.raw,
    }


def _errors(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_input=False, include_context=False)


def _fields(error: ValidationError, *before: str) -> tuple[str, ...]:
    """Where the problems lie. Unknown fields are passed over, so these are names of ours."""
    found = dict.fromkeys(".".join([*before, *map(str, one["loc"])]) for one in _errors(error))
    return tuple(found)[:_MOST_FIELDS]
