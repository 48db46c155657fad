"""What people's replies must not say, and how to say it better."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from csdesk.domain.records._settings import Section, refused
from csdesk.domain.text.folding import fold

Mode = Literal["off", "warn", "refuse"]
"""``warn``: the reply goes out, the trace and an event tell. ``refuse``: it does not, unless somebody says why."""


class WordRule(Section):
    """Words that are looked for in people's replies; case, width, script, quotes and blanks do not matter."""

    text: str = Field(min_length=1, max_length=100)
    kind: Literal["forbidden", "cold"] = "forbidden"
    instead: str = Field(default="", max_length=500)
    """How to say it better."""

    @field_validator("text", mode="after")
    @classmethod
    def _visible(cls, value: str) -> str:
        if not fold(value):
            raise refused("words without a visible character", "remove them or write them out")
        return value


class WordingPolicy(Section):
    """How people's replies are checked before they are sent."""

    forbidden: Mode = "warn"
    """Words that must not be said at all."""
    cold: Mode = "warn"
    """Refusals in a reply that offers nothing."""
    verbatim: Mode = "off"
    """Passages copied word for word from a phrase's rationale, which is written for its own people."""
    standard: bool = True
    """Are csdesk's own lists used too, English and Chinese?"""
    words: tuple[WordRule, ...] = ()
    """The desk's own words; one that is in csdesk's lists too takes its place."""
