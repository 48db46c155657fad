"""Agents: the people who answer, where they sit and how much they can take."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from csdesk.domain.ids import AgentId
from csdesk.domain.records._model import Instant, Key, Name, Record, Word
from csdesk.domain.records.authority import AuthorityGrant


class Presence(Word):
    """Whether an agent takes new work: only ``online`` does. ``busy``: at work, but not to be disturbed."""

    ONLINE = "online"
    BUSY = "busy"
    AWAY = "away"
    OFFLINE = "offline"


class Skill(Record):
    """A skill with its level, 1 (knows a little) to 5 (teaches it)."""

    name: Name
    level: int = Field(default=1, ge=1, le=5)


class Agent(Record):
    """A person who works at the desk. Load is a counter beside the document, never inside it."""

    SCHEMA: ClassVar[int] = 1

    id: AgentId
    version: int = 0
    name: str
    external_id: str = ""
    """What the host's staff system calls the agent; no two have one. Empty: it knows nothing of the agent."""
    queues: tuple[Name, ...] = ()
    skills: tuple[Skill, ...] = ()
    languages: tuple[Key, ...] = ()
    grade: int = Field(default=1, ge=1, le=9)
    capacity: int = Field(default=10, ge=0, le=1_000_000)
    """How many units of work the agent takes at once; automatic assignment never passes it."""
    weight: int = Field(default=1, ge=1, le=100)
    """How much work the agent gets compared with others, where a queue goes by weight."""
    shift: Name | None = None
    """The calendar of the agent's working time; outside it nothing is given to the agent. None: the queue's hours."""
    sites: tuple[Name, ...] = ()
    """The sites that the agent works for; empty: every one."""
    presence: Presence = Presence.OFFLINE
    presence_since: Instant | None = None
    """Since when that is so; None: since the agent was added."""
    retired: bool = False
    roles: tuple[Name, ...] = ()
    """What the agent is besides: names of the configuration's authority, such as ``shift_lead``."""
    lead: AgentId | None = None
    """Who leads the agent's team."""
    grants: tuple[AuthorityGrant, ...] = ()
    """Raises of the agent's limits; those whose time is over hold no more."""
    created_at: Instant

    @property
    def is_absent(self) -> bool:
        """True if nobody may wait for this agent now: away, offline or retired."""
        return self.retired or self.presence in (Presence.AWAY, Presence.OFFLINE)

    @property
    def takes_work(self) -> bool:
        """True if automatic assignment may choose this agent now."""
        return self.presence is Presence.ONLINE and not self.retired
