"""Commands about people of the desk and their days off."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from csdesk.domain.ids import (
    AgentId,
)
from csdesk.domain.records._model import Key, Name, Text, plain_key
from csdesk.domain.records.agents import Presence, Skill
from csdesk.domain.records.commands._base import (
    _Command,
)


class SaveAgent(_Command):
    """Add an agent or change one; None leaves a value as it is."""

    kind: Literal["save_agent"] = "save_agent"
    agent: AgentId | None = None
    expected_version: int | None = None
    name: Text | None = None
    queues: tuple[Name, ...] | None = None
    skills: tuple[Skill, ...] | None = None
    languages: tuple[Key, ...] | None = None
    grade: int | None = Field(default=None, ge=1, le=9)
    capacity: int | None = Field(default=None, ge=0, le=1_000_000)
    weight: int | None = Field(default=None, ge=1, le=100)
    shift: Annotated[str, Field(max_length=64)] | None = None
    """A calendar of the configuration; empty: the hours of the queue."""
    sites: tuple[Name, ...] | None = None
    presence: Presence | None = None
    retired: bool | None = None
    roles: tuple[Name, ...] | None = None
    lead: Annotated[str, Field(max_length=64)] | None = None
    """The agent who leads the team; empty: nobody."""
    external_id: Annotated[str, Field(max_length=1000), AfterValidator(plain_key)] | None = None
    """What the host's staff system calls the agent; empty: it knows nothing of the agent."""


class SaveHolidays(_Command):
    """Save one year of a place's public holidays; a year saved before is replaced."""

    kind: Literal["save_holidays"] = "save_holidays"
    place: Name
    year: int = Field(ge=1900, le=9990)
    closed: tuple[date, ...] = ()
    working: tuple[date, ...] = ()
    """Weekend dates that are worked in return."""
    known: bool = True
    """False while nobody has announced the year."""
