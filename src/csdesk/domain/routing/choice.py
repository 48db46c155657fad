"""The choice: who of the candidates gets a ticket, by the rules of its queue. Same values, same answer.

    people who come first (dedicated, last)  ->  the ticket's own queue  ->  the queues that help out

Of each queue those who fit, have room and did not decline are ranked by its strategy; ties go to whoever has been
without new work for longest, then to the smaller id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import Final, NamedTuple

from csdesk.domain.records.agents import Agent
from csdesk.domain.records.changes import Candidate, Needs, Snapshot
from csdesk.domain.records.counters import load_counter, work_counter
from csdesk.domain.records.trace import Outcome, Verdict, verdict
from csdesk.domain.routing.judging import reason_why_not
from csdesk.domain.routing.profiles import profile_from, spot_of
from csdesk.domain.routing.search import Preferred, Search, Stage, Strategy

_NEVER: Final = 1 << 62
_SHORT: Final = 16
"""How many candidates are simply looked through."""


class Lines(NamedTuple):
    """A pool, kind by kind: within a kind, whoever was given nothing since stands in the order of the strategy."""

    kinds: tuple[tuple[Candidate, ...], ...]
    members: Mapping[str, Candidate]


@dataclass(slots=True)
class Found:
    """What the store found, with what decisions have given out since."""

    pools: dict[str, tuple[Candidate, ...]] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    loads: dict[str, int] = field(default_factory=dict)
    """Counters: of agents who were loaded by name, and of queues that limit their work."""
    asked: dict[str, set[str]] = field(default_factory=dict)
    """Which kinds of agents were asked for, by the key of their pool."""
    ahead: dict[str, datetime] = field(default_factory=dict)
    """The age of whoever is next in each queue in which somebody waits."""
    waiting: dict[str, datetime] = field(default_factory=dict)
    """The same of those who have begun to wait since."""
    taken: dict[str, int] = field(default_factory=dict)
    """Units given to agents since."""
    turns: dict[str, int] = field(default_factory=dict)
    """When each of them was given work last: a number that grows."""
    in_hand: dict[str, int] = field(default_factory=dict)
    """Units of queues given out since."""
    full: set[str] = field(default_factory=set)
    """Agents and queues (by their counters) whose guard failed: others gave them work in between."""
    lines: dict[str, Lines] = field(default_factory=dict)
    """Long pools, kind by kind, as far as they were needed."""

    def lay_in(self, needs: Needs, found: Snapshot, age: Callable[[str, int, datetime], datetime]) -> None:
        """Take in the answer to needs; ``age`` tells how old a ticket of a queue and priority counts."""
        for need in needs.candidates:
            self.asked.setdefault(need.key, set()).update(need.profiles)
            self.pools[need.key] = found.candidates.get(need.key, ())
            self.lines.pop(need.key, None)
        self.agents |= found.agents
        for name in needs.counters:
            self.loads[name] = found.counters.get(name, 0)
        for queue in needs.waiting:
            ages = [age(queue, priority, opened_at) for priority, opened_at in found.waiting.get(queue, ())]
            if ages:
                self.ahead[queue] = min(ages)

    def wait(self, queue: str, age: datetime) -> None:
        """Note that a ticket of that age waits in a queue."""
        self.waiting[queue] = min(age, self.waiting.get(queue, age))

    def next_in(self, queue: str) -> datetime | None:
        """The age of whoever is next in a queue; None if nobody waits there."""
        return min((ages[queue] for ages in (self.ahead, self.waiting) if queue in ages), default=None)

    def afresh(self) -> Found:
        """What the store found, with nothing given out yet."""
        return replace(self, waiting={}, taken={}, turns={}, in_hand={})

    def covers(self, search: Search) -> bool:
        """True if everything was asked for that a search wants to know."""
        if any(load_counter(one.agent) not in self.loads for one in search.preferred):
            return False
        return all(self.asked.get(search.key(stage), set()).issuperset(stage.loose.profiles) for stage in search.stages)

    def load(self, agent: str, stored: int) -> int:
        """What an agent carries now."""
        return stored + self.taken.get(agent, 0)

    def give(self, agent: str, units: int) -> None:
        """Note that an agent was given work; among equals they now come last."""
        self.taken[agent] = self.taken.get(agent, 0) + units
        self.turns.pop(agent, None)
        self.turns[agent] = next(reversed(self.turns.values()), 0) + 1

    def hand_out(self, queue: str, units: int) -> None:
        """Note that work of a queue was given out."""
        self.in_hand[queue] = self.in_hand.get(queue, 0) + units


class Choice(NamedTuple):
    """What came out."""

    agent: str | None = None
    """None: the ticket waits."""
    load: int = 0
    """What the agent carried before."""
    limit: int = 0
    """What the agent's load must not pass by this ticket."""
    queue: str = ""
    """The queue whose people the agent is one of; empty: somebody who comes before all others."""
    how: str = ""
    """The strategy, or the kind of preference."""
    verdicts: tuple[Verdict, ...] = ()
    is_held_back: bool = False
    """True if nobody was looked for: older tickets come first, the queue has enough in hand, or somebody is waited for.
    """


class Turn(NamedTuple):
    """When a ticket is due to be served: its age, and whether it comes last among those of the same age."""

    age: datetime
    is_last: bool = False

    def is_before(self, other: datetime) -> bool:
        """True if it comes before one of that age, or is that one."""
        return self.age < other or (self.age == other and not self.is_last)


def choose(search: Search, found: Found, turn: Turn | None = None) -> Choice:
    """Who gets the ticket; ``turn`` None: it is its turn."""
    told = list(search.notes)
    for one in search.preferred:
        lack, load, capacity = _lack_of(one, search, found)
        if not lack:
            return Choice(one.agent, load, capacity, how=one.kind, verdicts=tuple(told))
        told.append(verdict("route.preferred", Outcome.REMOVED, agent=one.agent, kind=one.kind, reason=lack))
        if one.until is not None and search.at < one.until and lack in ("full", "presence"):
            until = one.until.isoformat()
            told.append(verdict("route.waits_for", Outcome.SKIPPED, agent=one.agent, until=until))
            return Choice(verdicts=tuple(told), is_held_back=True)
    if _is_full(search, found):
        told.append(verdict("route.queue_full", Outcome.REMOVED, queue=search.queue, limit=search.terms.capacity))
        return Choice(verdicts=tuple(told), is_held_back=True)
    return _among(search, found, turn, told)


def _among(search: Search, found: Found, turn: Turn | None, told: list[Verdict]) -> Choice:
    for stage in search.stages:
        ahead = found.next_in(stage.queue) if turn is not None else None
        if ahead is not None and turn is not None and not turn.is_before(ahead):
            told.append(verdict("route.behind", Outcome.SKIPPED, queue=stage.queue))
            if not stage.why:  # those who wait longer come first with the helpers, too
                return Choice(verdicts=tuple(told), is_held_back=True)
            continue
        if stage.why:
            told.append(verdict("route.overflow", Outcome.NOTED, queue=stage.queue, reason=stage.why))
        told += stage.loose.told
        best = _best(search, stage, found, told)
        if best is not None:
            load = found.load(best.agent, best.load)
            limit = best.capacity - search.reserve
            return Choice(best.agent, load, limit, stage.queue, stage.strategy, tuple(told))
    return Choice(verdicts=tuple(told))


def _lack_of(one: Preferred, search: Search, found: Found) -> tuple[str, int, int]:
    """Why somebody who comes first cannot get the ticket (empty: nothing), their load, and their capacity."""
    agent = found.agents.get(one.agent)
    if agent is None or agent.retired:
        return "retired", 0, 0
    load = found.load(agent.id, found.loads.get(load_counter(agent.id), 0))
    if one.kind == "kept":  # it is theirs already, and counted
        return absence(agent, search.off, search.terms.hours), load, load
    if agent.id in search.asked:
        return "asked", load, agent.capacity
    if one.kind == "saved":
        return _lack_of_saved(one, agent, load, search, found)
    lack = absence(agent, search.off, search.terms.hours)
    if not lack and agent.presence != "online":
        lack = "presence"
    if not lack and (load + search.units > agent.capacity or load_counter(agent.id) in found.full):
        lack = "full"
    return lack, load, agent.capacity


def _lack_of_saved(one: Preferred, agent: Agent, load: int, search: Search, found: Found) -> tuple[str, int, int]:
    """The same of somebody who saves room for the ticket: they have to fit as everybody else does."""
    others = load - one.held
    reasons = [reason_why_not(agent, others, search, stage) for stage in search.stages]
    lack = "" if "" in reasons else ("full" if "full" in reasons else next(iter(reasons), "elsewhere"))
    if not lack and load_counter(agent.id) in found.full:
        lack = "full"
    return lack, others, agent.capacity - search.reserve


def absence(agent: Agent, off: frozenset[str], hours: str) -> str:
    """Why an agent is not there (empty: the agent is): ``retired``, ``shift``, or ``absent``."""
    if agent.retired:
        return "retired"
    if (agent.shift or hours) in off:
        return "shift"
    return "absent" if agent.is_absent else ""


def _is_full(search: Search, found: Found) -> bool:
    limit = search.terms.capacity
    if limit is None:
        return False
    counter = work_counter(search.queue)
    used = found.loads.get(counter, 0) + found.in_hand.get(search.queue, 0)
    return used + search.units > limit or counter in found.full


def _best(search: Search, stage: Stage, found: Found, told: list[Verdict]) -> Candidate | None:
    pool = found.pools.get(search.key(stage), ())
    free = _free(pool, search, found) if len(pool) <= _SHORT else _heads(pool, search, stage, found)
    asked = sum(one.agent in search.asked for one in pool) if search.asked else 0
    if asked:
        told.append(verdict("route.removed", Outcome.REMOVED, queue=stage.queue, agents=asked, reason="asked"))
    for fitting in (stage.strict, stage.loose):
        profiles = fitting.profiles
        best = first(stage.strategy, [one for one in free if one.profile in profiles], search, found)
        if best is not None:
            if fitting is not stage.strict:
                told.append(verdict("route.gave_way", Outcome.NOTED, queue=stage.queue))
            return best
        if stage.loose is stage.strict:
            break
    return None


def _free(pool: Iterable[Candidate], search: Search, found: Found) -> list[Candidate]:
    """Those of a pool who have room and may be asked."""
    room, asked, taken, full = search.room, search.asked, found.taken, found.full
    if not (asked or taken or full):
        return [one for one in pool if one.load + room <= one.capacity]
    return [
        one
        for one in pool
        if one.load + taken.get(one.agent, 0) + room <= one.capacity
        and one.agent not in asked
        and not (full and load_counter(one.agent) in full)
    ]


def _heads(pool: Sequence[Candidate], search: Search, stage: Stage, found: Found) -> list[Candidate]:
    """Of a long pool: those with room who were given work since, and of each kind the first of the others.

    Whoever else has room stands behind one of them: so a batch of messages is no square of its size.
    """
    key = search.key(stage)
    lines = found.lines.get(key)
    if lines is None:
        lines = found.lines[key] = _lines_of(pool, stage.strategy, search)
    free = _free([lines.members[agent] for agent in found.taken if agent in lines.members], search, found)
    for kind in lines.kinds:
        for one in kind:
            if one.agent not in found.taken and _free((one,), search, found):
                free.append(one)
                break
    return free


def _lines_of(pool: Sequence[Candidate], strategy: Strategy, search: Search) -> Lines:
    kinds: dict[str, list[Candidate]] = {}
    for one in ordered(pool, strategy, search):
        kinds.setdefault(one.profile, []).append(one)
    return Lines(tuple(map(tuple, kinds.values())), {one.agent: one for one in pool})


def first(strategy: Strategy, pool: Sequence[Candidate], search: Search, found: Found) -> Candidate | None:
    """The first of a pool by a strategy; None of an empty one."""
    return min(pool, key=_RANKS[strategy](search, found), default=None)


_Rank = tuple[float | int | str, ...]
_Ranking = Callable[[Candidate], _Rank]


_AS_STORED: Final = attrgetter("load", "given", "agent")


def _by_load(_: Search, found: Found) -> _Ranking:
    taken, turns = found.taken, found.turns
    if not taken:
        return _AS_STORED

    def rank(one: Candidate) -> _Rank:
        agent = one.agent
        if agent in taken:
            return one.load + taken[agent], _NEVER + turns[agent], agent
        return one.load, one.given, agent

    return rank


def _by_turn(_: Search, found: Found) -> _Ranking:
    return lambda one: (_given(one, found), one.agent)


def _by_weight(search: Search, found: Found) -> _Ranking:
    def rank(one: Candidate) -> _Rank:
        # What the share would be with this ticket: of two idle agents the one of more weight is first.
        share = (found.load(one.agent, one.load) + search.units) / profile_from(one.profile).weight
        return share, _given(one, found), one.agent

    return rank


def _by_ring(search: Search, _: Found) -> _Ranking:
    return lambda one: ((spot_of(one.agent) - search.start) % (1 << 33), one.agent)


def _given(one: Candidate, found: Found) -> int:
    turn = found.turns.get(one.agent)
    return one.given if turn is None else _NEVER + turn


_RANKS: Final[Mapping[Strategy, Callable[[Search, Found], _Ranking]]] = {
    "least_loaded": _by_load,
    "most_idle": _by_turn,
    "round_robin": _by_turn,
    "weighted": _by_weight,
    "consistent_hash": _by_ring,
}


def ordered(pool: Sequence[Candidate], strategy: Strategy, search: Search) -> list[Candidate]:
    """All of a pool, as a strategy ranks them."""
    return sorted(pool, key=_RANKS[strategy](search, Found()))
