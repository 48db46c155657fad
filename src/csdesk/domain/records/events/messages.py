"""What happens to messages, in their ticket's stream or, after their birth, in their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from csdesk.domain.ids import ArticleId, AssetId, IdentityId, MessageId, PhraseId, TicketId
from csdesk.domain.records._model import Instant
from csdesk.domain.records.events._base import EventBase
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import Automatic, Delivery, Part
from csdesk.domain.records.tickets import Deflection
from csdesk.domain.records.wording import WordingSpot


class MessageReceived(EventBase):
    """A customer's message, or one of our people elsewhere, joined the ticket; its text stands in the message."""

    kind: Literal["message.received"] = "message.received"
    message: MessageId
    identity: IdentityId | None = None
    occurred_at: Instant
    elsewhere: bool = False
    bot: bool = False
    """True if a machine of ours wrote it elsewhere."""
    automatic: Automatic = Automatic.NO
    clamped: timedelta | None = None
    """How much ``sent_at`` was moved to fit between the backlog limit and the arrival; None if it was not."""


class ReplyQueued(EventBase):
    """A public reply was written to the outbox."""

    kind: Literal["message.queued"] = "message.queued"
    message: MessageId
    by_person: bool = True
    """A bot's or rule's reply never answers for a person."""


class NoteAdded(EventBase):
    """An internal note."""

    kind: Literal["message.noted"] = "message.noted"
    message: MessageId


class DeliveryChanged(EventBase):
    """What became of an outbound message; ``reason`` is a code, or what the provider said."""

    PERSONAL = frozenset({"reason", "provider_id"})
    kind: Literal["message.delivery"] = "message.delivery"
    message: MessageId
    before: Delivery
    after: Delivery
    reason: str | None = ""
    provider_id: str | None = ""
    needs: str = ""
    """What would make a refused message possible; see ``csdesk.domain.records.queues.NEEDS``."""
    facts: tuple[tuple[str, str], ...] = ()
    """What else the provider told, such as the price: codes and ids, nothing personal."""


class PieceSent(EventBase):
    """One of the sendings that a long message is split into was taken over; the last one is told as delivery."""

    PERSONAL = frozenset({"provider_id"})
    kind: Literal["message.piece"] = "message.piece"
    message: MessageId
    number: int
    """Counted from 1."""
    of: int
    provider_id: str | None = ""


class MediaStored(EventBase):
    """Media that a customer sent were fetched from the provider, or (``problem``) never will be."""

    PERSONAL = frozenset({"ref", "problem"})
    kind: Literal["message.media"] = "message.media"
    message: MessageId
    part: int
    """Which part of the message, counted from 0."""
    ref: MediaRef | None = None
    problem: str | None = ""
    """A code: ``too_large``, ``type_mismatch``, ``expired``, or the provider's own."""


class MessageRecalled(EventBase):
    """The sender took the message back; the original stays for those who may see it."""

    kind: Literal["message.recalled"] = "message.recalled"
    message: MessageId


class MessageReacted(EventBase):
    """Somebody put a sign on the message, or (empty) took theirs away."""

    PERSONAL = frozenset({"sign"})
    kind: Literal["message.reacted"] = "message.reacted"
    message: MessageId
    identity: IdentityId | None = None
    """Who it was, if the desk knows them."""
    sign: str | None = ""


class MessageEdited(EventBase):
    """The sender changed the message; the original content stays in the message record."""

    PERSONAL = frozenset({"parts"})
    kind: Literal["message.edited"] = "message.edited"
    message: MessageId
    parts: tuple[Part, ...] | None = ()


class MessageErased(EventBase):
    """What the message said is gone, its payload and its attachments too."""

    kind: Literal["message.erased"] = "message.erased"
    message: MessageId


class RawRemoved(EventBase):
    """The provider's payload of the message was kept long enough."""

    kind: Literal["message.raw_removed"] = "message.raw_removed"
    message: MessageId


class MessageMoved(EventBase):
    """The message belongs to another ticket now."""

    kind: Literal["message.moved"] = "message.moved"
    message: MessageId
    before: TicketId
    after: TicketId


class ReplyDecided(EventBase):
    """The desk considered answering by itself."""

    kind: Literal["reply.decided"] = "reply.decided"
    message: MessageId
    action: Literal["auto_reply", "suggest", "hand_over"]
    phrase: PhraseId | None = None
    confidence: float = 0.0
    learned: int = 0
    """How many lessons the matcher had learnt when it decided."""
    trained: int = 0
    """The training that told its phrases apart; 0: none."""


class PhraseUsed(EventBase):
    """A phrase was taken for a reply, by a person or by a rule."""

    PERSONAL = frozenset({"reason"})
    kind: Literal["reply.phrase_used"] = "reply.phrase_used"
    message: MessageId
    phrase: PhraseId
    question: MessageId | None = None
    """The customer's message that it answers."""
    link: bool = False
    """The phrase sends the customer to an article instead of solving the matter here."""
    despite: str = ""
    """The condition that rules the phrase out here (``language``, ``channel``, ``level``, ...), if one does."""
    reason: str | None = ""
    """Why it was sent all the same."""


class AssetSent(EventBase):
    """An asset was taken for a reply: which version of it, and in which of its forms, counted from 0."""

    kind: Literal["reply.asset_sent"] = "reply.asset_sent"
    message: MessageId
    asset: AssetId
    version: int
    variant: int


class QuestionReturned(EventBase):
    """A question came back that a phrase had answered: the matter was turned away, not solved."""

    kind: Literal["reply.returned"] = "reply.returned"
    message: MessageId
    phrase: PhraseId
    said: bool = False
    """Whether the customer said that the answer did not help; False: the same was asked again."""


class SessionBegan(EventBase):
    """A new session of the conversation begins with what comes next: it may be answered automatically once more."""

    kind: Literal["ticket.session"] = "ticket.session"


class SessionJoined(EventBase):
    """The ticket goes on with a session of its conversation that had its automatic answer on an earlier ticket."""

    kind: Literal["ticket.session_joined"] = "ticket.session_joined"
    answered_at: Instant
    deflection: Deflection | None = None


class ReplyCorrected(EventBase):
    """An answer of ours was wrong; the customer is to be contacted again."""

    PERSONAL = frozenset({"reason"})
    kind: Literal["reply.corrected"] = "reply.corrected"
    message: MessageId
    phrase: PhraseId | None = None
    """The phrase that was wrong here, if the answer was made from one."""
    right: PhraseId | None = None
    reason: str | None = ""


class ExemplarPromoted(EventBase):
    """A person made a phrase or an article of a good answer; ``reason``: why what looks personal may stand in it."""

    PERSONAL = frozenset({"reason"})
    kind: Literal["reply.promoted"] = "reply.promoted"
    message: MessageId
    """The answer."""
    phrase: PhraseId | None = None
    article: ArticleId | None = None
    reason: str | None = ""


class WordingFound(EventBase):
    """A reply went out although the desk's policy on wording spoke against some of its words."""

    PERSONAL = frozenset({"reason"})
    kind: Literal["reply.wording"] = "reply.wording"
    message: MessageId
    found: tuple[WordingSpot, ...]
    overridden: bool = False
    """The policy refuses such words, and somebody sent them all the same."""
    reason: str | None = ""
