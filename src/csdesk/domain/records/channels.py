"""The values of the channel contract: what an adapter takes in, what it reports, what it can do.

An adapter only translates. ``InboundMessage`` is what a customer said, in the desk's words; it is also the argument of
``desk.receive``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from csdesk.domain.records._model import Instant, Key, Text, Value
from csdesk.domain.records.customers import Customer, Evidence
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import Automatic, Delivery, Message, Part, TextPart, plain_text
from csdesk.domain.records.replies import Phrase
from csdesk.domain.records.tickets import Ticket, Worker
from csdesk.domain.records.trace import Trace


class Sender(Value):
    """Who wrote, as the channel knows them. ``kind`` and ``scope`` say in which world ``external_id`` is unique."""

    kind: Key = "external"
    scope: Text = ""
    external_id: Key
    name: Text = ""
    evidence: Evidence = Evidence.FIRST_CONTACT


class Entrance(Value):
    """Where a conversation came from: a code, a page, a campaign."""

    scene: Text = ""
    param: Text = ""
    code: Text = ""


class InboundMessage(Value):
    """What somebody said on a channel. ``text="..."`` is short for one text part.

    ``dedupe_key`` is the provider's id of this delivery: the same key on the same account is stored once. Times must be
    aware; a missing ``sent_at`` means the time of arrival.
    """

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
            values["parts"] = (TextPart(text=text), *values.get("parts", ()))
        return values

    @property
    def text(self) -> str:
        """Its plain text: see ``csdesk.domain.records.messages.plain_text``."""
        return plain_text(self.parts)


class _ChannelEvent(Value):
    account: Key
    dedupe_key: Key
    occurred_at: Instant | None = None
    raw: bytes = b""


class EditEvent(_ChannelEvent):
    """The sender changed a message."""

    kind: Literal["edit"] = "edit"
    provider_id: Key
    parts: tuple[Part, ...]


class DeleteEvent(_ChannelEvent):
    """The sender took a message back."""

    kind: Literal["delete"] = "delete"
    provider_id: Key


class ReactionEvent(_ChannelEvent):
    """Somebody put a sign on a message; an empty one takes it away."""

    kind: Literal["reaction"] = "reaction"
    provider_id: Key
    sender: Sender
    sign: Text = ""


class StatusEvent(_ChannelEvent):
    """What became of a message of ours. ``key`` is the id we reserved, ``provider_id`` the provider's."""

    kind: Literal["status"] = "status"
    key: Text = ""
    provider_id: Text = ""
    status: Literal["sent", "delivered", "read", "failed", "blocked", "opted_out"]
    reason: Text = ""
    permanent: bool = True


class SessionEvent(_ChannelEvent):
    """A conversation began, ended, or its reply window changed."""

    kind: Literal["session"] = "session"
    conversation: Key
    sender: Sender
    what: Literal["started", "ended", "window"]
    entrance: Entrance | None = None
    code: Text = ""
    """A code that allows one message in answer to this event."""


class HandoffEvent(_ChannelEvent):
    """The provider's own side gave the conversation to somebody else."""

    kind: Literal["handoff"] = "handoff"
    conversation: Key
    to: Text = ""
    before: Text = ""


class EchoEvent(_ChannelEvent):
    """A person of ours answered, but not through this desk."""

    kind: Literal["echo"] = "echo"
    conversation: Key
    to: Sender
    author: Text = ""
    provider_id: Text = ""
    parts: tuple[Part, ...] = ()


class HandshakeEvent(_ChannelEvent):
    """The provider checked the address; the answer stands in the result's reply."""

    kind: Literal["handshake"] = "handshake"


class IgnoredEvent(_ChannelEvent):
    """Something that needs nothing done; ``reason`` says why."""

    kind: Literal["ignored"] = "ignored"
    reason: Key


class UnknownEvent(_ChannelEvent):
    """Something this adapter does not know; the raw payload is kept."""

    kind: Literal["unknown"] = "unknown"
    provider_type: Text = ""


ChannelEvent = Annotated[
    InboundMessage
    | EditEvent
    | DeleteEvent
    | ReactionEvent
    | StatusEvent
    | SessionEvent
    | HandoffEvent
    | EchoEvent
    | HandshakeEvent
    | IgnoredEvent
    | UnknownEvent,
    Field(discriminator="kind"),
]
"""Everything an adapter can report."""


class RawRequest(Value):
    """A web request as it came: signatures are over raw bytes. Header names compare without case; names may repeat."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    remote: str = ""
    received_at: Instant | None = None
    """When it came; the desk fills it in from its clock if the host did not."""

    def header(self, name: str) -> str | None:
        """The first value of that header, None if it is missing."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class RawResponse(Value):
    """What the host answers with."""

    status: int = Field(default=200, ge=100, le=599)
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class PullHint(Value):
    """The provider said that something waits; ``token`` eases the fetch while it lives."""

    account: Key
    token: str = Field(default="", repr=False)


class Rejected(Value):
    """Why a request was refused: a code, never the provider's secret."""

    code: Key
    detail: str = ""


class InboundResult(Value):
    """What an adapter made of a request. ``reply`` is sent only after events and hints are stored."""

    reply: RawResponse = RawResponse()
    events: tuple[ChannelEvent, ...] = ()
    pulls: tuple[PullHint, ...] = ()
    rejected: Rejected | None = None


class PullPage(Value):
    """One page of a pull; the cursor is stored in the commit that stores the events."""

    events: tuple[ChannelEvent, ...] = ()
    cursor: str = ""
    more: bool = False


class Limit(Value):
    """A size limit with its unit."""

    amount: int = Field(gt=0)
    unit: Literal["bytes", "chars", "utf16"] = "chars"


class Capabilities(Value):
    """What a channel can do, declared by its adapter; the desk validates, splits and refuses from it."""

    text: Limit | None = Limit(amount=4096)
    """The longest text of one message; None: the channel takes no text."""
    parts: frozenset[str] = frozenset({"text"})
    """The kinds of part that can be sent."""
    menu_items: int = 0
    media_bytes: int = 0
    recall_within: timedelta | None = None
    edit_within: timedelta | None = None
    receipts: frozenset[Literal["sent", "delivered", "read"]] = frozenset()
    threads: bool = False
    window: timedelta | None = None
    """How long after the customer's last message a reply is possible; None: always."""
    per_message: int | None = None
    """How many messages may answer one message of the customer; None: any number."""
    may_start: bool = False
    """Whether the desk may write first."""
    idempotency: Literal["key", "none"] = "none"
    """``key``: sending twice with the same key sends once, so an unknown outcome may be tried again."""
    pull: bool = False


class WindowState(Value):
    """Whether a reply is possible now: until when (None: no limit), how many are left (None: any number)."""

    is_open: bool = True
    open_until: Instant | None = None
    remaining: int | None = None
    reopens: Literal["customer_message", "never", "always"] = "always"


class Receipt(Value):
    """What the channel said about a sent message: taken over (``sent``) or more. Failures are ``ChannelError``."""

    status: Literal["sent", "delivered", "read"] = "sent"
    provider_id: Text = ""
    also: tuple[Text, ...] = ()
    """Other ids under which echoes and answers may name this message."""


class OutboundMessage(Value):
    """What an adapter is asked to send. ``key`` is the reserved id: at most 31 bytes of ``[0-9a-z_]``."""

    key: Key
    account: Key
    conversation: Key
    to: Sender
    cc: tuple[Sender, ...] = ()
    subject: Text = ""
    parts: tuple[Part, ...]
    answers: tuple[Text, ...] = ()
    """Provider ids of the messages before it, newest first: what a mail thread needs."""
    automatic: bool = False
    """A machine wrote it: mail adapters mark it so that machines do not answer it."""
    occurred_at: Instant


class Suggestion(Value):
    """A phrase that may answer the message."""

    phrase: Phrase
    score: float
    confidence: float
    margin: float


class ReplyDecision(Value):
    """Whether the desk answers by itself, suggests, or leaves it to a person."""

    action: Literal["auto_reply", "suggest", "hand_over"]
    reason: str
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of an inbound message.

    ``ticket`` and ``customer`` are None only for a parked message. A duplicate delivery gives the first outcome's ids
    with the records as they stand now.
    """

    STATES: ClassVar[tuple[str, ...]] = ("stored", "duplicate", "parked", "blocked", "ignored")

    state: Literal["stored", "duplicate", "parked", "blocked", "ignored"] = "stored"
    message_id: str
    message: Message | None = None
    ticket: Ticket | None = None
    customer: Customer | None = None
    worker: Worker | None = None
    reply: ReplyDecision | None = None
    trace: Trace = Trace()
    error: str = ""
    """The code of the error that parked the message."""

    @property
    def duplicate(self) -> bool:
        """True if this delivery was stored before."""
        return self.state == "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of an outbound message."""

    message: Message
    ticket: Ticket
    delivery: Delivery
    trace: Trace = Trace()
