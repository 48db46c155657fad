"""What happens to agents, phrases, the configuration and the inbox."""

from __future__ import annotations

from typing import Literal

from csdesk.domain.ids import ArticleId, MessageId, PhraseId, TicketId
from csdesk.domain.records._model import Instant
from csdesk.domain.records.agents import Agent, Presence
from csdesk.domain.records.articles import Article
from csdesk.domain.records.assets import Asset
from csdesk.domain.records.events._base import EventBase
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.records.messages import AuthorKind
from csdesk.domain.records.phrases import LibraryPhrase

Fate = Literal["shown", "picked", "edited", "ignored", "wrong"]
"""What became of suggestions: seen and nothing decided yet, sent as it stood, sent with changes, passed over for words
of one's own, or sent and found wrong."""


class AgentSaved(EventBase):
    """An agent was added or changed; the event carries the new record (people of the desk, not customers)."""

    PERSONAL = frozenset({"agent"})
    kind: Literal["agent.saved"] = "agent.saved"
    agent: Agent | None = None


class PresenceChanged(EventBase):
    """An agent came or went."""

    kind: Literal["agent.presence"] = "agent.presence"
    before: Presence
    after: Presence


class LoadRepaired(EventBase):
    """A counter of routing (an agent's load, a queue's work) was not what the tickets say, and was set right."""

    kind: Literal["routing.repaired"] = "routing.repaired"
    counter: str
    counted: int
    carried: int


class PhraseSaved(EventBase):
    """A phrase was added, changed or retired; the event carries the new record."""

    kind: Literal["phrase.saved"] = "phrase.saved"
    phrase: LibraryPhrase


class ArticleSaved(EventBase):
    """An article was added, changed or retired; the event carries the new record."""

    kind: Literal["article.saved"] = "article.saved"
    article: Article


class AssetSaved(EventBase):
    """An asset was added, changed or retired; the event carries the new record."""

    kind: Literal["asset.saved"] = "asset.saved"
    asset: Asset


class LibraryChanged(EventBase):
    """Phrases or articles were saved: what every process goes along by. It stands in the stream of ``LIBRARY``."""

    kind: Literal["library.changed"] = "library.changed"
    phrases: tuple[PhraseId, ...] = ()
    articles: tuple[ArticleId, ...] = ()


class SuggestionsJudged(EventBase):
    """What became of suggestions: the fate of those that somebody saw. It stands in the stream of ``LEARNING``.

    The text that was asked stands in the message alone, so what is learnt from it goes when the message is erased.
    """

    kind: Literal["learning.judged"] = "learning.judged"
    question: MessageId
    """The customer's message that was to be answered."""
    fate: Fate
    picked: PhraseId | None = None
    """The phrase that was sent, or would have been right; None: none of those shown fitted."""
    shown: tuple[PhraseId, ...] = ()
    """The phrases that were shown, best first."""
    number: int = 0
    """How many lessons there were, with it, as far as was known when it was decided; 0: it teaches nothing.

    Several of those decided at the same moment may have one number. Their order is that of the stream.
    """
    lead: float = 0.0
    """By how much the matcher scored ``picked`` above all others, -1 to 1."""
    evidence: tuple[float, ...] = ()
    """What its confidence in the first phrase shown was made of."""


class LessonsForgotten(EventBase):
    """Lessons count no more. It stands in the stream of ``LEARNING``."""

    kind: Literal["learning.forgotten"] = "learning.forgotten"
    lessons: tuple[str, ...] = ()
    """The causes of their entries: the ids of the commands and replies by which they were given."""
    erased: bool = False
    """Messages were erased: whatever was learnt from them is gone with them."""


class LibraryTrained(EventBase):
    """The phrases were trained to be told apart. It stands in the stream of ``TRAINING``."""

    kind: Literal["library.trained"] = "library.trained"
    number: int
    phrases: int
    """How many phrases took part."""
    questions: int
    """How many of their texts did."""
    body: str = ""
    """What was taught, in the form of ``csdesk.domain.matching.trainings``: some ten bytes a question, and no text."""


class TrainingChosen(EventBase):
    """Another training tells the phrases apart, or none (0). It stands in the streams ``TRAINING`` and ``LEARNING``."""

    kind: Literal["learning.training"] = "learning.training"
    number: int = 0


class ReplyAssessed(EventBase):
    """An answer turned out wrong, for whoever assesses the work. It stands in the stream of ``ASSESSMENT``."""

    kind: Literal["assessment.reply"] = "assessment.reply"
    ticket: TicketId
    message: MessageId
    author: AuthorKind
    author_id: str = ""
    """The agent; for a bot the phrase or the rule."""
    phrase: PhraseId | None = None
    right: PhraseId | None = None


class HolidaysSaved(EventBase):
    """Holiday years were saved; the event carries the new record."""

    kind: Literal["holidays.saved"] = "holidays.saved"
    holidays: PublicHolidays


class ConfigActivated(EventBase):
    """Another configuration became active."""

    kind: Literal["config.activated"] = "config.activated"
    digest: str
    before: str = ""


class SessionAnswered(EventBase):
    """The beginning or end of a session was answered with the account's own words; ``problem``: it was not taken."""

    kind: Literal["session.answered"] = "session.answered"
    account: str
    what: str
    problem: str = ""


class AccountPaused(EventBase):
    """An account failed so often in a row that it rests; one message tries it again at ``until``, once in a while.

    Sending and pulling rest apart from each other.
    """

    kind: Literal["account.paused"] = "account.paused"
    account: str
    until: Instant
    reason: str
    """The code of the last failure."""
    what: Literal["send", "pull"] = "send"


class AccountResumed(EventBase):
    """A message went out by an account that had been paused, or it could be pulled again."""

    kind: Literal["account.resumed"] = "account.resumed"
    account: str
    what: Literal["send", "pull"] = "send"


class CommandDenied(EventBase):
    """An actor was refused. It stands in the desk's own stream; the subject did not change."""

    kind: Literal["access.denied"] = "access.denied"
    subject: str
    command: str
    reason: str


class MessageParked(EventBase):
    """A message broke the pipeline; it lies in the inbox with its error, nothing of it is lost."""

    kind: Literal["inbox.parked"] = "inbox.parked"
    item: MessageId
    error: str


class MessageReleased(EventBase):
    """A parked message left the inbox: retried with success, or discarded."""

    kind: Literal["inbox.released"] = "inbox.released"
    item: MessageId
    discarded: bool = False
