"""Sites: the cities, branches and regions of one desk, each with its people, its hours and its neighbours."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from csdesk.domain.records._model import Name
from csdesk.domain.records._settings import PREFIX, Section, refused
from csdesk.domain.records.durations import DurationOrZero
from csdesk.domain.text.folding import fold
from csdesk.domain.time.fields import ZoneName


def _visible(value: str) -> str:
    if not fold(value).strip():
        raise refused("no visible character", "write it out, or leave it out")
    return value


Region = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_visible)]
"""How a place is written; case, width and script variant do not matter."""

Prefix = Annotated[str, Field(pattern=PREFIX)]
"""How telephone numbers begin: digits, perhaps with ``+`` before the country code."""


class SiteTitle(Section):
    """What a site is called in one language."""

    language: Name
    title: str = Field(min_length=1, max_length=200)


class SitePolicy(Section):
    """A site: whose customers go to its own people first, then to those of other sites, each after a bounded wait."""

    name: Name
    title: str = ""
    titles: tuple[SiteTitle, ...] = Field(default=(), max_length=50)
    """In other languages."""
    parent: Name | None = None
    """The site above it, a region or the head office: lists and permissions of that one hold for this one too."""
    zone: ZoneName | None = None
    """The time zone of its customers, by which ``[contact]`` keeps quiet hours and counts days.

    None: that of its calendar; without one that of ``[contact]``.
    """
    calendar: Name | None = None
    """Its hours: what service levels count by that name no calendar, and when queues work that serve only it."""
    languages: tuple[Name, ...] = ()
    """What its customers speak: the first one is the language of messages whose own is not known."""
    queue: Name | None = None
    """Where its tickets wait that nothing directs elsewhere: its own ``default_queue``."""
    regions: tuple[Region, ...] = ()
    """What the places of its customers begin with, as ``site_fields`` of their profiles state them."""
    phones: tuple[Prefix, ...] = ()
    """What the telephone numbers of its customers begin with; of several sites the longest beginning counts."""
    fallback: tuple[Name, ...] = ()
    """The sites whose people help out, one after the other: neighbours, then perhaps the head office.

    Empty: the site above it, and so on.
    """
    wait: DurationOrZero = timedelta(minutes=10)
    """How long a ticket waits before each of them, and before anybody of its queue may take it."""
    last: Literal["anybody", "nobody"] = "anybody"
    """Who may take it when all of these have had their time: ``nobody`` keeps it within the sites that are named."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.name in self.fallback:
            raise refused("it falls back on itself", "name other sites", "fallback")
        if len({*self.fallback}) < len(self.fallback):
            raise refused("a site stands twice", "name each once", "fallback")
        languages = [one.language for one in self.titles]
        if len({*languages}) < len(languages):
            raise refused("a language stands twice", "keep one title for each", "titles")
        return self

    def title_in(self, language: str) -> str:
        """What it is called in a language; without a title for it the usual one, or its name."""
        base = language.partition("-")[0]
        found = {one.language: one.title for one in self.titles}
        return found.get(language) or found.get(base) or self.title or self.name
