"""What a library holds and what a question comes with: phrases, and the context that conditions are checked in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from csdesk._sentence import is_a
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
        for name in ("id", "title", "answer"):
            _a_text(name, getattr(self, name))
        if not self.id:
            raise InvalidInput("id", "a phrase has none", "give each phrase its own text as id")
        if self.language is not None:
            _a_text("language", self.language)
        for name in _MANY:
            object.__setattr__(self, name, _texts(name, getattr(self, name)))
        for name in ("valid_from", "valid_until"):
            at = getattr(self, name)
            if at is not None and (not isinstance(at, datetime) or at.tzinfo is None):
                raise InvalidInput(name, "is naive", "pass an aware datetime, for example with tzinfo=datetime.UTC")
        if not isinstance(self.auto_reply, bool):
            raise InvalidInput("auto_reply", is_a(self.auto_reply), "pass True or False")

    @property
    def samples(self) -> int:
        """How many questions it is known by: the title is not counted where there are others."""
        return max(1, len(self.questions))


def _a_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise InvalidInput(name, is_a(value), "pass a str")


def _texts(name: str, given: object) -> tuple[str, ...]:
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise InvalidInput(name, is_a(given), "pass a sequence of texts")
    texts = given if type(given) is tuple else tuple(given)
    for one in texts:
        _a_text(name, one)
    return texts


_MANY: Final = ("questions", "keywords", "tags", "related", "channels", "levels")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known about a question beside its text. None means unknown, and then nothing is ruled out by it.

    Attributes:
        now: when it is asked (aware).
        channel: the channel it came on.
        account: another name of the channel, such as the desk's account; a phrase may name either.
        language: the language to answer in.
        level: the customer's level; an empty one is that of customers who have none.
        barred: the ids of phrases that wait for a scenario which is off.
    """

    now: datetime | None = None
    channel: str | None = None
    language: str | None = None
    level: str | None = None
    account: str | None = None
    barred: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name in ("channel", "language", "level", "account"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise InvalidInput(name, is_a(value), "pass a str")
        if self.now is not None and not isinstance(self.now, datetime):
            raise InvalidInput("now", is_a(self.now), "pass an aware datetime")
        if self.now is not None and self.now.tzinfo is None:
            raise InvalidInput("now", "is naive", "pass an aware datetime, for example with tzinfo=datetime.UTC")


ANYWHERE: Final = Context()


EXCLUSIONS: Final = {
    "language": "its language is another",
    "channel": "its channels do not include this one",
    "level": "its levels do not include this customer's",
    "validity": "it is not valid now (valid_from, valid_until)",
    "scenario": "no scenario that names it is on",
}
"""What it means when a condition of a phrase excludes it."""


def excluded_by(phrase: Phrase, context: Context) -> str | None:
    """What rules the phrase out here: ``language``, ``channel``, ``level``, ``validity`` or ``scenario``; else None."""
    if context.language and phrase.language and not _same_language(phrase.language, context.language):
        return "language"
    names = {context.channel, context.account} - {None, ""}
    if phrase.channels and names and names.isdisjoint(phrase.channels):
        return "channel"
    if context.level is not None and phrase.levels and context.level not in phrase.levels:
        return "level"
    if context.now is not None:
        early = phrase.valid_from is not None and context.now < phrase.valid_from
        if early or (phrase.valid_until is not None and context.now >= phrase.valid_until):
            return "validity"
    return "scenario" if phrase.id in context.barred else None


def _same_language(one: str, other: str) -> bool:
    """Whether two language tags share their language: zh and zh-CN do."""
    return one.partition("-")[0].lower() == other.partition("-")[0].lower()
