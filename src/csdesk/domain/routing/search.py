"""A search: where somebody is looked for at an instant, and what that somebody must be. Plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from csdesk.domain.records.changes import CandidateNeed, Needs
from csdesk.domain.records.counters import load_counter, work_counter
from csdesk.domain.records.trace import Verdict
from csdesk.domain.routing.demands import Demand
from csdesk.domain.routing.roster import Fitting

Strategy = Literal["least_loaded", "most_idle", "round_robin", "weighted", "consistent_hash"]
"""Who of those who may get a ticket gets it."""

Kind = Literal["kept", "dedicated", "last", "saved"]
"""Why somebody comes before all others: has had the ticket, is the customer's own agent, had the ticket before it, or
has saved room for it."""

FEW: Final = 8
"""How many candidates of a queue are loaded for one ticket, shared among the kinds of agents that fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTerms:
    """One queue of a chain: the ticket's own comes first, the others help out."""

    queue: str
    strategy: Strategy = "least_loaded"
    hours: str = ""
    helps: int = -1
    """The place in the chain of the queue that it helps; -1: the ticket's own."""
    after: timedelta | None = None
    """How long a ticket must have waited; None: waiting alone does not open it."""
    when_nobody: bool = False
    when_closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTerms:
    """How a queue gives out its tickets."""

    name: str
    stages: tuple[StageTerms, ...]
    is_offered: bool = False
    offer_within: timedelta = timedelta(minutes=2)
    ask_again_after: timedelta = timedelta(minutes=30)
    dedicated_wait: timedelta = timedelta(0)
    last_agent: bool = False
    last_wait: timedelta = timedelta(0)
    capacity: int | None = None
    save_after: timedelta = timedelta(minutes=10)
    """How long the oldest ticket waits for room before an agent's room is saved for it."""
    bonus: tuple[timedelta, ...] = (timedelta(0),) * 5
    """How much older a ticket counts, by its priority."""

    @property
    def hours(self) -> str:
        """The calendar of those who have no shift of their own."""
        return self.stages[0].hours


class Stage(NamedTuple):
    """A queue that is open to the ticket now."""

    queue: str
    strategy: Strategy
    strict: Fitting
    """Who meets everything that is still wished."""
    loose: Fitting
    """Who meets what must be met; the same if nothing gives way at once."""
    off: frozenset[str] = frozenset()
    """The shifts that are off now; with the empty one, those who have none of their own are off too."""
    why: str = ""
    """Why it helps out: ``waited``, ``nobody`` or ``closed``; empty: the ticket's own queue."""


class Preferred(NamedTuple):
    """Somebody who comes before all others."""

    agent: str
    kind: Kind
    until: datetime | None = None
    """Until when the ticket waits for them where they are here but have no room."""
    held: int = 0
    """How much of their load is room that they save for the ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Where somebody is looked for, and what they must be."""

    terms: QueueTerms
    at: datetime
    """When it was drawn up; one that time does not change may be older than the question."""
    units: int = 1
    reserve: int = 0
    demands: tuple[Demand, ...] = ()
    """What must be met."""
    stages: tuple[Stage, ...] = ()
    preferred: tuple[Preferred, ...] = ()
    asked: frozenset[str] = frozenset()
    """Who declined the ticket lately."""
    off: frozenset[str] = frozenset()
    """The calendars outside whose time it is now, as far as they matter."""
    start: int = 0
    """Where the ring of a queue that goes by consistent hash begins."""
    notes: tuple[Verdict, ...] = ()
    next_at: datetime | None = None
    """When time alone may change the answer; known only where it was asked for."""

    @property
    def queue(self) -> str:
        """The ticket's queue."""
        return self.terms.name

    @property
    def room(self) -> int:
        """How much must be free below an agent's capacity."""
        return self.units + self.reserve

    @property
    def signature(self) -> tuple[object, ...]:
        """What the answer depends on, but for time and preferred people: equal ones have equal answers."""
        return self.queue, self.room, self.stages, self.asked, self.start

    def key(self, stage: Stage) -> str:
        """What the candidates of a stage are called."""
        return stage.queue if stage.strategy != "consistent_hash" else self.need(stage).key

    def need(self, stage: Stage, more: int = 0) -> CandidateNeed:
        """The candidates of a stage; ``more``: how many further tickets may take of them before."""
        start = self.start if stage.strategy == "consistent_hash" else 0
        profiles = stage.loose.profiles
        limit = _share(len(profiles)) + len(self.asked) + more
        return CandidateNeed(stage.queue, limit, profiles, self.room, start)


def needs_of(searches: Iterable[Search], *, more: int = 0, waiting: bool = True) -> Needs:
    """What must be loaded to answer searches one after the other; ``more``: how many further ones may follow.

    ``waiting``: whether it matters who waits already.
    """
    searches = tuple(searches)
    if len(searches) == 1 and len(searches[0].stages) == 1 and not searches[0].preferred:
        return _needs_of_one(searches[0], more, waiting)
    wanted: dict[str, CandidateNeed] = {}
    agents: dict[str, None] = {}
    counters: dict[str, None] = {}
    for search in searches:
        for stage in search.stages:
            need = search.need(stage, more)
            if need.profiles:
                known = wanted.get(need.key)
                wanted[need.key] = need if known is None else _joined(known, need, more)
        for one in search.preferred:
            agents[one.agent] = None
            counters[load_counter(one.agent)] = None
        if search.terms.capacity is not None:
            counters[work_counter(search.queue)] = None
    needs = tuple([wanted[key] for key in sorted(wanted)])
    # A queue that has nobody who fits may have tickets that wait for its helpers, too.
    own = [one.queue for one in searches if any(stage.loose.profiles for stage in one.stages)]
    queues = dict.fromkeys([*[one.queue for one in needs], *own]) if waiting else ()
    return Needs(candidates=needs, waiting=tuple(queues), agents=tuple(agents), counters=tuple(counters))


def _needs_of_one(search: Search, more: int, waiting: bool) -> Needs:  # as it was asked
    """The same for the most frequent question: one ticket, one queue, nobody who comes first."""
    need = search.need(search.stages[0], more)
    counters = (work_counter(search.queue),) if search.terms.capacity is not None else ()
    if not need.profiles:
        return Needs(counters=counters)
    return Needs(candidates=(need,), waiting=(need.queue,) if waiting else (), counters=counters)


def _joined(one: CandidateNeed, other: CandidateNeed, more: int) -> CandidateNeed:
    """Enough for both: each may take the best of a kind from the other."""
    profiles = tuple(dict.fromkeys((*one.profiles, *other.profiles)))
    # Each ticket takes one of a kind from those that follow; only of unequal ones may some pass over many.
    limit = max(one.limit, other.limit) + 1 if one.room == other.room else one.limit + other.limit - more
    return CandidateNeed(one.queue, limit, profiles, min(one.room, other.room), one.start)


def _share(kinds: int) -> int:
    return max(2, FEW // max(1, kinds))
