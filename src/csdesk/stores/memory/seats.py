"""The agents of each queue in the order in which they get work: sorted lists, one for each kind of agent."""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from csdesk.domain.records.agents import Agent
from csdesk.domain.records.changes import AgentGroup, Candidate, CandidateNeed, RankOrder
from csdesk.domain.routing.profiles import key_of, spot_of


class _Seat(NamedTuple):
    rank: int
    given: int
    agent: str
    load: int
    capacity: int


class Seats:
    """Who may be given work, queue by queue. The caller holds the store's lock."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], list[_Seat]] = {}
        self._places: dict[str, list[tuple[tuple[str, str], _Seat]]] = {}
        """Where each agent stands."""
        self._members: dict[str, tuple[str, tuple[str, ...]]] = {}
        """The profile and queues of each agent, whether they take work now or not."""
        self._groups: dict[tuple[str, str], int] = {}
        self._given: dict[str, int] = {}
        """For each agent the last commit that gave them work."""
        self._turns: dict[str, dict[str, int]] = {}
        """The same for each of their queues that goes by turn."""
        self.orders: Mapping[str, RankOrder] = {}

    def give(self, agent: str, queue: str, number: int) -> None:
        """Note that an agent was given work; later work has a greater number."""
        self._given[agent] = number
        turns = self._turns.get(agent, {})
        if queue in turns:
            turns[queue] = number

    def place(self, agent: Agent, load: int) -> None:
        """Let the agent stand where the document and the load say."""
        for key, seat in self._places.pop(agent.id, ()):
            line = self._lines[key]
            del line[bisect_left(line, seat)]
        profile = self._join(agent)
        self._turns[agent.id] = self._turns_of(agent)
        if not agent.takes_work or load >= agent.capacity:
            return
        places = self._places[agent.id] = []
        for queue in agent.queues:
            seat = _Seat(*self._order(agent.id, queue, load), agent.id, load, agent.capacity)
            insort(self._lines.setdefault((queue, profile), []), seat)
            places.append(((queue, profile), seat))

    def _turns_of(self, agent: Agent) -> dict[str, int]:
        """Of those who join a line by turn, or whose line begins to be one, any work was the last turn."""
        known, given = self._turns.get(agent.id, {}), self._given.get(agent.id, 0)
        by_turn = [queue for queue in agent.queues if self.orders.get(queue) is RankOrder.TURN]
        return {queue: known.get(queue, given) for queue in by_turn}

    def _join(self, agent: Agent) -> str:
        before, queues = self._members.get(agent.id, ("", ()))
        profile, now = key_of(agent), () if agent.retired else agent.queues
        if (before, queues) != (profile, now):
            for queue in queues:
                self._groups[queue, before] -= 1
            for queue in now:
                self._groups[queue, profile] = self._groups.get((queue, profile), 0) + 1
            self._members[agent.id] = profile, now
        return profile

    def _order(self, agent: str, queue: str, load: int) -> tuple[int, int]:
        match self.orders.get(queue, RankOrder.LOAD):
            case RankOrder.LOAD:
                return load, self._given.get(agent, 0)
            case RankOrder.IDLE:
                return 0, self._given.get(agent, 0)
            case RankOrder.TURN:
                return 0, self._turns[agent][queue]
            case RankOrder.RING:
                return spot_of(agent), 0

    def groups(self) -> list[AgentGroup]:
        """How many agents of each kind belong to each queue."""
        return [AgentGroup(queue, profile, count) for (queue, profile), count in self._groups.items() if count]

    def candidates(self, need: CandidateNeed) -> tuple[Candidate, ...]:
        """The first of each line that is wanted."""
        if not need.profiles:
            lines = [line for (queue, _), line in self._lines.items() if queue == need.queue]
            return tuple(_first(list(heapq.merge(*lines)), need, ""))
        return tuple(
            one
            for profile in need.profiles
            for one in _first(self._lines.get((need.queue, profile), []), need, profile)
        )


def _first(line: list[_Seat], need: CandidateNeed, profile: str) -> list[Candidate]:
    found: list[Candidate] = []
    for seat in _around(line, need.start):
        if len(found) == need.limit:
            break
        if seat.load + need.room <= seat.capacity:
            found.append(Candidate(seat.agent, seat.load, seat.capacity, seat.given, profile))
    return found


def _around(line: list[_Seat], start: int) -> Iterator[_Seat]:
    begin = bisect_left(line, (start,)) if start else 0
    yield from _between(line, range(begin, len(line)))
    yield from _between(line, range(begin))


def _between(line: list[_Seat], places: Iterable[int]) -> Iterator[_Seat]:
    for place in places:
        yield line[place]
