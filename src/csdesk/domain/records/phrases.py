"""Phrases as a team keeps them: wordings for whom they are meant, conditions, validity, owner, reasons, and usage."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from csdesk.domain.records._model import Instant, Key, Record, Text, Value
from csdesk.domain.text.templates import Template
from csdesk.errors import InvalidInput

Section = Literal["what", "rules", "fees", "cautions", "steps", "questions"]
"""What an article about an activity or a product has to say (活动知识)."""

SECTIONS: tuple[Section, ...] = ("what", "rules", "fees", "cautions", "steps", "questions")


class Variable(Value):
    """A value that wordings leave open."""

    name: Key
    type: Literal["text", "number", "date"] = "text"
    about: Text = ""
    """What to put there, for people."""


class Wording(Value):
    """One way to say the answer, and for whom. What is None fits everybody."""

    text: Text = Field(min_length=1)
    """A template, see ``csdesk.domain.text.templates``."""
    language: str | None = None
    channel: Key | None = None
    level: Key | None = None

    def fit(self, *, language: str | None, channel: str | None, level: str | None) -> int | None:
        """How closely the wording fits: a point for each thing it was written for; None where it is for others."""
        points = 0
        for own, asked in ((self.level, level), (self.channel, channel), (self.language, language)):
            if own is not None and own != asked:
                return None
            points = points * 2 + (own is not None)
        return points


class ArticleLink(Value):
    """The article that a phrase is taken from, and which of its sections are written."""

    title: Text = Field(min_length=1)
    url: Text = ""
    sections: tuple[Section, ...] = ()

    @property
    def missing(self) -> tuple[Section, ...]:
        """The sections that nobody has written yet."""
        return tuple(one for one in SECTIONS if one not in self.sections)


class Usage(Value):
    """How often a phrase was shown, sent, sent by itself, and turned out wrong."""

    shown: int = Field(default=0, ge=0)
    sent: int = Field(default=0, ge=0)
    auto_sent: int = Field(default=0, ge=0)
    wrong: int = Field(default=0, ge=0)
    last_sent_at: Instant | None = None


class LibraryPhrase(Record):
    """A phrase with everything a team notes about it.

    The first wording without audience is the one for everybody; a more specific one goes before it, level before
    channel before language.
    """

    SCHEMA: ClassVar[int] = 1

    id: Key
    version: int = Field(default=1, ge=1)
    title: Text = Field(min_length=1)
    questions: tuple[Text, ...] = ()
    keywords: tuple[Text, ...] = ()
    tags: tuple[Key, ...] = ()
    wordings: tuple[Wording, ...] = Field(min_length=1)
    variables: tuple[Variable, ...] = ()
    language: str | None = None
    channels: tuple[Key, ...] = ()
    levels: tuple[Key, ...] = ()
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    owner: Key | None = None
    rationale: Text = ""
    """Why it is answered so (知其所以然)."""
    related: tuple[Key, ...] = ()
    attachments: tuple[Key, ...] = ()
    article: ArticleLink | None = None
    auto_reply: bool = False
    usage: Usage = Usage()
    created_at: Instant
    updated_at: Instant

    @model_validator(mode="after")
    def _coherent(self) -> LibraryPhrase:
        if self.valid_from is not None and self.valid_until is not None and self.valid_until <= self.valid_from:
            raise PydanticCustomError("value_error", "valid_until must lie after valid_from")
        names = [one.name for one in self.variables]
        if len(set(names)) < len(names):
            raise PydanticCustomError("value_error", "two variables have one name")
        for wording in self.wordings:
            unknown = set(self.template(wording).variables) - set(names)
            if unknown:
                raise PydanticCustomError("value_error", f"the variable {min(unknown)} is not declared")
        return self

    def template(self, wording: Wording) -> Template:
        """The template of a wording, with the types of the phrase's variables."""
        return Template.parse(wording.text, {one.name: one.type for one in self.variables})

    def wording_for(
        self, *, language: str | None = None, channel: str | None = None, level: str | None = None
    ) -> Wording | None:
        """The wording that fits most closely; the first of equals; None where all are for others."""
        fits = [(wording.fit(language=language, channel=channel, level=level), wording) for wording in self.wordings]
        fitting = [(fit, wording) for fit, wording in fits if fit is not None]
        return max(fitting, key=lambda pair: pair[0])[1] if fitting else None

    def render(
        self,
        values: dict[str, str | int | float | Decimal | date],
        *,
        language: str | None = None,
        channel: str | None = None,
        level: str | None = None,
    ) -> str:
        """The answer for somebody, filled in.

        Raises:
            InvalidInput: no wording is for them, or a variable has no value or one of the wrong type.
        """
        wording = self.wording_for(language=language, channel=channel, level=level)
        if wording is None:
            raise InvalidInput("wordings", "none is for this customer", "add one without language, channel and level")
        return self.template(wording).render(values)


def never_used(phrases: tuple[LibraryPhrase, ...]) -> tuple[LibraryPhrase, ...]:
    """Phrases that nobody has ever sent, the oldest first."""
    return tuple(sorted((one for one in phrases if one.usage.sent == 0), key=lambda one: (one.created_at, one.id)))


def stale(phrases: tuple[LibraryPhrase, ...], now: Instant, age: timedelta) -> tuple[LibraryPhrase, ...]:
    """Phrases that nobody has changed for so long, or whose validity is over, the longest untouched first."""
    old = (
        one
        for one in phrases
        if one.updated_at <= now - age or (one.valid_until is not None and one.valid_until <= now)
    )
    return tuple(sorted(old, key=lambda one: (one.updated_at, one.id)))
