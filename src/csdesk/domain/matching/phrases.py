"""What a library holds and what a question comes with: phrases, and the context that conditions are checked in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from csdesk.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Phrase:
    """A prepared answer and how it is found.

    Attributes:
        id: names the phrase; unique in a library.
        title: its short name, which counts as one question.
        questions: how customers ask for it; the more, the surer the match.
        keywords: words that speak for it; together they count as one question.
        tags: for the application's own use.
        answer: what to say; matching does not read it.
        related: ids of phrases to offer beside it.
        language: the language of the answer, as a tag such as "zh" or "en"; None fits every question.
        channels: the channels it may be used on; empty means all.
        levels: the customer levels it is for; empty means all.
        valid_from: from when it may be used (aware, inclusive); None means always.
        valid_until: until when it may be used (aware, exclusive); None means for ever.
        auto_reply: whether ``decide`` may answer with it without a person.
    """

    id: str
    title: str
    questions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    answer: str = ""
    related: tuple[str, ...] = ()
    language: str | None = None
    channels: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    auto_reply: bool = True

    def __post_init__(self) -> None:
        if not self.id:
            raise InvalidInput("id", "a phrase has none", "give each phrase its own text as id")
        for name in _MANY:
            given = getattr(self, name)
            if isinstance(given, str):
                raise InvalidInput(name, "is one text", "pass a sequence of texts")
            if type(given) is not tuple:
                object.__setattr__(self, name, tuple(given))
        for name in ("valid_from", "valid_until"):
            at = getattr(self, name)
            if at is not None and at.tzinfo is None:
                raise InvalidInput(name, "is naive", "pass an aware datetime, for example with tzinfo=datetime.UTC")

    @property
    def samples(self) -> int:
        """How many questions it is known by: the title is not counted where there are others."""
        return max(1, len(self.questions))


_MANY: Final = ("questions", "keywords", "tags", "related", "channels", "levels")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known about a question beside its text. None means unknown, and then nothing is ruled out by it.

    Attributes:
        now: when it is asked (aware).
        channel: the channel it came on.
        language: the language to answer in.
        level: the customer's level.
    """

    now: datetime | None = None
    channel: str | None = None
    language: str | None = None
    level: str | None = None

    def __post_init__(self) -> None:
        if self.now is not None and self.now.tzinfo is None:
            raise InvalidInput("now", "is naive", "pass an aware datetime, for example with tzinfo=datetime.UTC")


ANYWHERE: Final = Context()


def excluded_by(phrase: Phrase, context: Context) -> str | None:
    """The condition that rules the phrase out here (``language``, ``channel``, ``level``, ``validity``), or None."""
    if context.language and phrase.language and not _same_language(phrase.language, context.language):
        return "language"
    if context.channel and phrase.channels and context.channel not in phrase.channels:
        return "channel"
    if context.level and phrase.levels and context.level not in phrase.levels:
        return "level"
    if context.now is not None:
        early = phrase.valid_from is not None and context.now < phrase.valid_from
        if early or (phrase.valid_until is not None and context.now >= phrase.valid_until):
            return "validity"
    return None


def _same_language(one: str, other: str) -> bool:
    """Whether two language tags share their language: zh and zh-CN do."""
    return one.partition("-")[0].lower() == other.partition("-")[0].lower()
