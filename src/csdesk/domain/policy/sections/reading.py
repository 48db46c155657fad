"""What the desk reads out of a message, and how it answers by itself: tags and replies."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator

from csdesk.domain.records._model import Name
from csdesk.domain.records._settings import Section, refused
from csdesk.domain.records.durations import Duration
from csdesk.domain.rules.language import Condition
from csdesk.domain.text.folding import fold


class TagPolicy(Section):
    """A tag of tickets; its keywords, found in an inbound text, set it."""

    name: Name
    title: str = ""
    keywords: tuple[str, ...] = ()
    polarity: Literal["negative", "neutral", "positive"] = "neutral"
    group: Name | None = None
    """A ticket or customer has one tag of a group at most: a new one takes the other's place, unless that one counts
    for more. Of several keywords' tags the first one in the order of the configuration is set."""
    lasts: Duration | None = None
    """How long it stays when nobody says until when; None: until somebody takes it."""

    @field_validator("keywords", mode="after")
    @classmethod
    def _visible(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for place, keyword in enumerate(value):
            if not fold(keyword):
                raise refused("a keyword without a visible character", "remove it or write it out", place)
        return value


class FlagPolicy(Section):
    """A flag that customers may have: a warning that everybody who serves them sees. If one is listed, all are."""

    name: Name
    title: str = ""


class SegmentPolicy(Section):
    """The customers of whom a condition holds; it may ask fields that begin with ``customer.``."""

    name: Name
    title: str = ""
    when: Condition
    note: str = ""


class ReplyPolicy(Section):
    """When a phrase is sure enough to be sent without a person, and what follows from answers."""

    threshold: float = Field(default=0.95, gt=0, le=1)
    """The least confidence: the probability that the phrase is the right one."""
    margin: float = Field(default=0.0, ge=0, le=1)
    """The least lead in score over the second phrase."""
    floor: float = Field(default=0.1, ge=0, le=1)
    """Below this confidence the desk leaves the message to people and does not even name a phrase."""
    suggestions: int = Field(default=5, ge=1, le=50)
    """How many phrases are suggested at most."""
    learn: bool = True
    """Is what people pick learnt from?"""
    returns_within: Duration = timedelta(hours=72)
    """How long after an automatic answer or a link the same question counts as unresolved."""
    second_contact: Duration = timedelta(hours=24)
    """How soon the customer is contacted again after a wrong answer."""
