"""What became of a message that came in, and of one that went out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from csdesk.domain.ids import PhraseId
from csdesk.domain.records.articles import Article
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.matches import Guard, Why
from csdesk.domain.records.messages import Delivery, Message
from csdesk.domain.records.phrases import LibraryPhrase, Preview
from csdesk.domain.records.telling import Told, unpacked
from csdesk.domain.records.tickets import Ticket, Worker
from csdesk.domain.records.trace import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A phrase that may answer the message.

    Attributes:
        phrase: the record, with its rationale, attachments and article.
        score: how well it answers, 0 to 1; for ordering, not a probability.
        confidence: the probability that it is the right one, 0 to 1.
        margin: its lead in score over the best of the others, -1 to 1.
        guards: what speaks against sending it, however sure it is.
        article: the article of ``desk.articles`` that the phrase is taken from, as it is now; None: it names none.
    """

    phrase: LibraryPhrase
    score: float
    confidence: float
    margin: float
    guards: tuple[Guard, ...] = ()
    article: Article | None = None
    _preview: Callable[[], Preview] = field(repr=False, compare=False)
    _why: Callable[[], Why] = field(repr=False, compare=False)

    @property
    def preview(self) -> Preview:
        """The wording for this customer, filled in as far as the desk knows the values, and the names of the rest."""
        return self._preview()

    @property
    def text(self) -> str:
        """The wording for this customer; the names of missing values stand in ⟨brackets⟩."""
        return self._preview().text

    @property
    def missing(self) -> tuple[str, ...]:
        """The variables for which nobody has said a value yet."""
        return self._preview().missing

    @property
    def why(self) -> Why:
        """What the match rests on; worked out when it is asked for."""
        return self._why()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDecision:
    """Whether the desk answers by itself, suggests, or leaves it to a person.

    Attributes:
        action: ``auto_reply`` (the first phrase is sent), ``suggest``, or ``hand_over`` (nothing fits).
        reason: why: ``asked`` (somebody wanted suggestions), a reason of ``csdesk.matching.Reason``, ``missing_value``
            (nobody knows the value of a variable) or ``no_wording`` (the phrase says nothing to this customer).
        suggestions: phrases, best first.
        related: ids of phrases to offer beside the first: what else is wanted, those it names, then the next ones.
        wishes: the phrases that parts of the message ask for, in its order, where it has several wishes; else empty.
        learned: how many decisions of people the matcher had learnt from.
        trained: the training that told the phrases apart; 0: none.
        embedder: the name of the model of meaning that took part; empty: none did.
        embedder_failure: why the desk's model took no part: ``late``, ``wrong`` (something else than vectors), the code
            of a csdesk error or the name of another; empty: it did, or the desk has none.
        embedder_paused_until: until then the desk does not ask its model again, since it failed; None: it does.
    """

    action: Literal["auto_reply", "suggest", "hand_over"]
    reason: str
    suggestions: tuple[Suggestion, ...] = ()
    related: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()
    learned: int = 0
    trained: int = 0
    embedder: str = ""
    embedder_failure: str = ""
    embedder_paused_until: datetime | None = None

    @property
    def shown(self) -> tuple[PhraseId, ...]:
        """The ids of the suggested phrases, best first: what ``desk.reply`` and ``desk.learning`` take."""
        return tuple([PhraseId(one.phrase.id) for one in self.suggestions])


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
    """The code of the error that parked the message: ``render(got.error, **got.params)`` says what was wrong."""
    told: str = ""
    """What the error said beside its code, packed; ``params`` reads it."""

    @property
    def params(self) -> dict[str, Told]:
        """What the error said beside its code, such as the field, the problem and the remedy; no customer's text."""
        return unpacked(self.told)

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
