"""Routing: what tickets need of agents, how much work they are, and how each queue gives them out."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from csdesk.domain.records._model import Key, Name
from csdesk.domain.records._settings import Section, refused
from csdesk.domain.records.changes import RankOrder
from csdesk.domain.records.durations import Duration, DurationOrZero
from csdesk.domain.records.priorities import PriorityName
from csdesk.domain.records.tickets import Priority
from csdesk.domain.rules.language import Condition

Strategy = Literal["least_loaded", "most_idle", "round_robin", "weighted", "consistent_hash"]
"""Who of those who may get a ticket gets it."""

ORDERS: dict[Strategy, RankOrder] = {
    "least_loaded": RankOrder.LOAD,
    "weighted": RankOrder.LOAD,
    "most_idle": RankOrder.IDLE,
    "round_robin": RankOrder.TURN,
    "consistent_hash": RankOrder.RING,
}
"""In which order the store gives the candidates of each strategy."""


class SkillWish(Section):
    """A skill that is asked for, at that level (1 to 5) or above."""

    name: Name
    level: int = Field(default=1, ge=1, le=5)
    must: bool = True
    """False: the skill *should* be there; it is dropped after ``relax_after``, or (None) as soon as nobody has it."""
    relax_after: Duration | None = None
    """How long a ticket waits for it; a ``must`` without it is never dropped."""


class RoutingNeed(Section):
    """What the tickets that fit need of whoever gets them. Every need that fits counts."""

    name: Name
    when: Condition | None = None
    """None: every ticket of the queues. It may ask about the ticket, the customer and the time, never the message."""
    queues: tuple[Name, ...] = ()
    """Empty: every queue."""
    skills: tuple[SkillWish, ...] = ()
    grade: int | None = Field(default=None, ge=1, le=9)
    """The least grade of the agent."""
    relax_grade_after: Duration | None = None
    """How long a ticket waits for that grade; None: for ever."""
    clock: Literal["wall", "working"] = "wall"
    """How ``relax_after`` is counted: every second, or the working time of ``calendar``."""
    calendar: Name | None = None
    """None: the hours of the ticket's queue, or the desk's default calendar."""

    @model_validator(mode="after")
    def _needs_something(self) -> Self:
        if not self.skills and self.grade is None:
            raise refused("a need that asks for nothing", "add skills or grade")
        return self


class WorkWeight(Section):
    """How many units of work the tickets that fit are; the first weight that fits holds."""

    units: int = Field(ge=1, le=1000)
    queues: tuple[Name, ...] = ()
    types: tuple[Name, ...] = ()
    """With everything below them in the tree of types."""
    accounts: tuple[Key, ...] = ()


class RoutingPolicy(Section):
    """What holds for the routing of the whole desk."""

    needs: tuple[RoutingNeed, ...] = ()
    weights: tuple[WorkWeight, ...] = ()
    reconcile_every: Duration = timedelta(hours=1)
    """How often the loads of agents are compared with the tickets they really have."""


class Overflow(Section):
    """Another queue whose people help out. The ticket stays where it is; only the circle of agents grows."""

    queue: Name
    after: DurationOrZero | None = None
    """Once the ticket has waited that long."""
    when: tuple[Literal["nobody", "closed"], ...] = ()
    """``nobody``: at once when nobody before in the chain can take it; ``closed``: outside the hours of the queue."""

    @model_validator(mode="after")
    def _has_an_occasion(self) -> Self:
        if self.after is None and not self.when:
            raise refused("no occasion to help out", 'add after = "10m" or when = ["nobody"]')
        return self


class QueueRouting(Section):
    """How a queue gives its tickets to its people."""

    strategy: Strategy = "least_loaded"
    assign: Literal["push", "offer"] = "push"
    """``push``: the ticket is theirs at once. ``offer``: they may accept or decline it."""
    offer_within: Duration = timedelta(minutes=2)
    """How long an offer stands."""
    ask_again_after: Duration = timedelta(minutes=30)
    """How long those who declined an offer, or let it lapse, are not asked for the same ticket again."""
    hours: Name | None = None
    """The calendar in which those work who have no shift of their own. None: always."""
    language: Literal["any", "should", "must"] = "any"
    """Whether an agent has to speak the language of the ticket."""
    relax_language_after: Duration | None = None
    """How long a ticket waits for somebody who speaks it; None: ``should`` gives way at once, ``must`` never."""
    order: Literal["age", "priority"] = "age"
    """Which of the waiting tickets is next: the oldest, or the most urgent, where age counts too (``aging``)."""
    aging: Duration = timedelta(minutes=30)
    """With the order ``priority``: how much older a ticket counts for each step of its priority above ``low``."""
    dedicated_wait: DurationOrZero = timedelta(0)
    """How long a ticket waits for the customer's dedicated agent, if that agent is here but has no room."""
    last_agent: bool = False
    """Is a follow-up offered first to whoever had the ticket before it?"""
    last_agent_wait: DurationOrZero = timedelta(0)
    capacity: int | None = Field(default=None, ge=1, le=1_000_000)
    """How many units of this queue's work agents have in hand at once, all together; None: no limit."""
    reserve: int = Field(default=0, ge=0, le=1000)
    """How many units of each agent's capacity this queue's ordinary tickets leave free."""
    reserve_for: PriorityName = Priority.HIGH
    """From this priority on a ticket may use what is kept free."""
    reserve_levels: tuple[Name, ...] = ()
    """The customer levels whose tickets may use it too."""
    save_room_after: DurationOrZero = timedelta(minutes=10)
    """How long the oldest ticket waits that lacks nothing but room before an agent's room is saved for it."""
    overflow: tuple[Overflow, ...] = ()
    """Who helps out, in this order; their own helpers help too."""
