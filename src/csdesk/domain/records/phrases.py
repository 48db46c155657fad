"""Phrases (话术) as a team keeps them: wordings for whom they are meant, conditions, validity, owner, reasons.

They are records that people edit while the desk runs. How often they are used stands apart (see ``Usage``), so that
sending a phrase does not change it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Final, Literal, NamedTuple

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from csdesk._nearest import nearest
from csdesk.domain.records._model import Instant, Key, Record, Text, Value
from csdesk.domain.records.articles import ArticleLink
from csdesk.domain.records.products import PRODUCT, ProductFact
from csdesk.domain.records.validity import check_validity, is_over
from csdesk.domain.text.templates import Template, TemplateValue, plain
from csdesk.errors import InvalidInput, sentence

SOURCES: Final = frozenset(
    {
        *("customer.name", "customer.level", "customer.language"),
        *("ticket.number", "ticket.subject", "ticket.queue", "ticket.type", "ticket.created_at"),
        "agent.name",
    }
)
"""What a variable may be filled with by the desk, beside custom fields (``ticket.x.<name>``, ``customer.x.<name>``) and
facts of a product (``product.name``, ``product.sku``, ``product.<fact>``)."""


UNSAVED: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The times of a phrase that no desk has saved."""


class Variable(Record):
    """A value that wordings leave open."""

    name: Key
    type: Literal["text", "number", "date"] = "text"
    about: Text = ""
    """What to put there, for people."""
    source: Key | None = None
    """Where the desk finds it, one of ``SOURCES`` or a custom field; None: whoever sends the phrase says it."""

    @model_validator(mode="after")
    def _known(self) -> Variable:
        given = self.source
        if given is not None and given not in SOURCES and not given.startswith(("ticket.x.", "customer.x.", PRODUCT)):
            known = (*SOURCES, "ticket.x.<name>", "customer.x.<name>", f"{PRODUCT}<fact>")
            told = sentence("source: nothing is called {name}; {remedy}", name=given, remedy=nearest(given, known))
            raise PydanticCustomError("value_error", told)
        return self

    def found(self, sources: Mapping[str, object]) -> TemplateValue | None:
        """The value among what the desk knows, as the variable's type; None if it is not there or does not fit."""
        value = sources.get(self.source or "")
        if isinstance(value, ProductFact):
            value = value.text if self.type == "text" else value.value
        if self.type == "number":
            is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
            return value if is_number else None  # type: ignore[return-value]
        if self.type == "date":
            return _date_of(value)
        return None if value is None or value == "" else plain(value)


def _date_of(value: object) -> date | None:
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, date) else None


class Wording(Record):
    """One way to say the answer, and for whom. What is None fits everybody."""

    text: Text = Field(min_length=1)
    """A template, see ``csdesk.domain.text.templates``."""
    language: str | None = None
    channel: Key | None = None
    level: Key | None = None

    def fit(self, *, language: str | None, channels: Collection[str], level: str | None) -> int | None:
        """How closely the wording fits: a point for each thing it was written for; None where it is for others."""
        points = 0
        for own, fits in (
            (self.level, self.level == level),
            (self.channel, self.channel in channels),
            (self.language, _same_language(self.language, language)),
        ):
            if own is not None and not fits:
                return None
            points = points * 2 + (own is not None)
        return points


def _same_language(one: str | None, other: str | None) -> bool:
    """Whether two language tags share their language: zh and zh-CN do."""
    return one is not None and other is not None and one.partition("-")[0].lower() == other.partition("-")[0].lower()


class Usage(Value):
    """How often a phrase was shown, sent by a person, sent by itself, turned out wrong, and was asked again after."""

    shown: int = Field(default=0, ge=0)
    sent: int = Field(default=0, ge=0)
    auto_sent: int = Field(default=0, ge=0)
    wrong: int = Field(default=0, ge=0)
    returned: int = Field(default=0, ge=0)
    """How often the question came back after the phrase had answered it."""


class Preview(NamedTuple):
    """A wording filled in as far as possible; the names of missing values stand in ⟨brackets⟩."""

    text: str
    missing: tuple[str, ...]


class LibraryPhrase(Record):
    """A phrase with everything a team notes about it.

    The first wording without audience is the one for everybody; a more specific one goes before it, level before
    channel before language.
    """

    SCHEMA: ClassVar[int] = 1

    id: Key
    version: int = Field(default=0, ge=0)
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
    """What to send along. ``ast_<name>`` is an asset of the desk, and ``desk.replies.send`` sends it; other names are
    the host's, who looks them up and passes them to ``desk.replies.send(attachments=)``."""
    article: ArticleLink | None = None
    auto_reply: bool = False
    """May be sent without a person, where account and queue allow it too."""
    retired: bool = False
    created_at: Instant = UNSAVED
    updated_at: Instant = UNSAVED
    """The desk sets both, and the version, when it saves the phrase."""

    @model_validator(mode="after")
    def _coherent(self) -> LibraryPhrase:
        check_validity(self.valid_from, self.valid_until)
        names = [one.name for one in self.variables]
        if len(set(names)) < len(names):
            raise PydanticCustomError("value_error", "two variables have one name")
        for wording in self.wordings:
            unknown = set(self.template(wording).variables) - set(names)
            if unknown:
                raise PydanticCustomError(
                    "value_error", sentence("the variable {name} is not declared", name=min(unknown))
                )
        return self

    def template(self, wording: Wording) -> Template:
        """The template of a wording, with the types of the phrase's variables."""
        return Template.parse(wording.text, {one.name: one.type for one in self.variables})

    def wording_for(
        self,
        *,
        language: str | None = None,
        channel: str | None = None,
        level: str | None = None,
        channels: Collection[str] = (),
    ) -> Wording | None:
        """The wording that fits most closely; the first of equals; None where all are for others.

        Args:
            language: the language to answer in.
            channel: what the channel is called.
            level: the customer's level.
            channels: further names of the channel, such as the account's.
        """
        named = {*channels, channel} - {None}
        fits = [
            (wording.fit(language=language, channels=named, level=level), wording)  # type: ignore[arg-type]
            for wording in self.wordings
        ]
        fitting = [(fit, wording) for fit, wording in fits if fit is not None]
        return max(fitting, key=lambda pair: pair[0])[1] if fitting else None

    def values(
        self, given: Mapping[str, TemplateValue], sources: Mapping[str, object] | None = None
    ) -> dict[str, TemplateValue]:
        """What is known of the variables: what is given goes before what the desk finds."""
        found = {one.name: one.found(sources or {}) for one in self.variables if one.source is not None}
        return {**{name: value for name, value in found.items() if value is not None}, **given}

    def render(
        self,
        values: Mapping[str, TemplateValue],
        *,
        language: str | None = None,
        channel: str | None = None,
        level: str | None = None,
        channels: Collection[str] = (),
    ) -> str:
        """The answer for somebody, filled in.

        Raises:
            InvalidInput: no wording is for them, or a variable has no value or one of the wrong type.
        """
        wording = self.wording_for(language=language, channel=channel, level=level, channels=channels)
        if wording is None:
            raise InvalidInput("wordings", "none is for this customer", "add one without language, channel and level")
        return self.template(wording).render(values)

    def preview(
        self,
        values: Mapping[str, TemplateValue],
        *,
        language: str | None = None,
        channels: Collection[str] = (),
        level: str | None = None,
    ) -> Preview:
        """The answer for somebody as far as it can be filled in; empty where no wording is for them."""
        wording = self.wording_for(language=language, channels=channels, level=level)
        if wording is None:
            return Preview("", ())
        template = self.template(wording)
        return Preview(template.preview(values), template.missing(values))

    def says(self, text: str) -> bool:
        """Whether a text is one of the wordings with some values in it, and nothing else."""
        return any(self.template(one).fits(text) for one in self.wordings)


class PhraseUse(NamedTuple):
    """A phrase and how often it was used."""

    phrase: LibraryPhrase
    usage: Usage


def never_used(uses: Collection[PhraseUse]) -> tuple[PhraseUse, ...]:
    """Phrases that were never sent, by a person or without, the oldest first."""
    unused = (one for one in uses if not one.usage.sent and not one.usage.auto_sent)
    return tuple(sorted(unused, key=lambda one: (one.phrase.created_at, one.phrase.id)))


def stale(uses: Collection[PhraseUse], now: datetime, age: timedelta) -> tuple[PhraseUse, ...]:
    """Phrases that nobody has changed for so long, or whose validity is over, the longest untouched first."""
    old = (one for one in uses if one.phrase.updated_at <= now - age or is_over(one.phrase.valid_until, now))
    return tuple(sorted(old, key=lambda one: (one.phrase.updated_at, one.phrase.id)))


def usage_counter(phrase: str, what: str) -> str:
    """The counter of one figure of ``Usage``."""
    return f"phrase/{phrase}/{what}"
