"""What the desk reads out of a message, and how it answers by itself: tags and replies."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from csdesk.domain.records._model import Name
from csdesk.domain.records._settings import Section, refused
from csdesk.domain.text.folding import fold


class TagPolicy(Section):
    """A tag of tickets; its keywords, found in an inbound text, set it."""

    name: Name
    title: str = ""
    keywords: tuple[str, ...] = ()
    polarity: Literal["negative", "neutral", "positive"] = "neutral"
    group: Name | None = None
    """Of the tags of one group only the first one that fits is set, in the order of the configuration."""

    @field_validator("keywords", mode="after")
    @classmethod
    def _visible(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for place, keyword in enumerate(value):
            if not fold(keyword):
                raise refused("a keyword without a visible character", "remove it or write it out", place)
        return value


class ReplyPolicy(Section):
    """When a phrase is sure enough to be sent without a person."""

    threshold: float = Field(default=0.85, gt=0, le=1)
    """The least confidence."""
    margin: float = Field(default=0.1, ge=0, le=1)
    """The least lead over the second phrase."""
    suggestions: int = Field(default=5, ge=1, le=50)
    """How many phrases are suggested at most."""
