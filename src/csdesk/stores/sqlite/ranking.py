"""The parts of a read that routing asks for: the first agents of each line, and whether tickets wait in a queue.

Each kind of agent is one look at the head of its part of the index; a ring is looked at from its starting point on, and
then from its beginning. Where no kinds are named, the statement goes from kind to kind, looks at the head of each, and
the heads are put in order here: so no read passes over all agents of a queue.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from csdesk.domain.records.changes import Candidate, CandidateNeed, Needs
from csdesk.domain.routing.profiles import profile_from
from csdesk.stores.sqlite.values import Cell, instant

KINDS: Final = frozenset({"candidate", "head", "waits"})
"""What the rows of these parts begin with."""

_MOST_PARTS: Final = 60
"""How many kinds of agents are looked up one by one; more are read in one pass over the queue's free agents."""

_FREE: Final = "desk=? AND queue=? AND open=1 AND load<capacity AND load+?<=capacity"
_PRIORITIES: Final = (1, 2, 3, 4)
_OLDEST: Final = "(SELECT min(created_at) FROM csdesk_ticket WHERE desk=? AND queue=? AND waits={})"
_WAITS: Final = f"SELECT 'waits',?,{','.join(map(_OLDEST.format, _PRIORITIES))}"
"""The oldest of each priority: four looks at the ends of the index."""
_PASS: Final = (
    "SELECT 'candidate',?,agent,load,assigned,profile FROM (SELECT agent,load,assigned,profile,row_number() OVER"  # noqa: S608  # constants
    f" (PARTITION BY profile ORDER BY rank,assigned,agent) AS place FROM csdesk_seat WHERE {_FREE}{{}}"
    " AND profile IN (SELECT value FROM json_each(?))) WHERE place<=?"
)


class Terms(NamedTuple):
    """Parts of a compound statement, and their parameters."""

    parts: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()


NO_TERMS: Final = Terms()


_NEXT: Final = (
    "SELECT profile FROM csdesk_seat WHERE desk=? AND queue=? AND open=1 AND load<capacity{} ORDER BY profile LIMIT 1"
)
_EACH: Final = (
    f"(WITH RECURSIVE kind(name) AS (SELECT ({_NEXT.format('')}) UNION ALL"  # noqa: S608  # constants
    f" SELECT ({_NEXT.format(' AND profile>name')}) FROM kind WHERE name IS NOT NULL)"
    " SELECT name FROM kind WHERE name IS NOT NULL)"
)
"""The kinds of free agents of a queue, each found with one step into the index."""


@cache
def _part(side: str) -> str:
    return (
        "SELECT 'candidate',?,agent,load,assigned,profile FROM (SELECT agent,load,assigned,profile FROM csdesk_seat"  # noqa: S608  # constants
        f" WHERE {_FREE} AND profile=?{_beside(side)} ORDER BY rank,assigned,agent LIMIT ?)"
    )


@cache
def _heads(side: str) -> str:
    return (
        "SELECT 'head',?,name,(SELECT json_group_array(json_array(rank,assigned,agent,load)) FROM (SELECT"  # noqa: S608  # constants
        f" rank,assigned,agent,load FROM csdesk_seat WHERE {_FREE} AND profile=name{_beside(side)}"
        f" ORDER BY rank,assigned,agent LIMIT ?)),{int(side == '<')},NULL FROM {_EACH}"
    )


def _beside(side: str) -> str:
    return f" AND rank{side}?" if side else ""


def terms_of(desk: int, needs: Needs) -> Terms:
    """What has to be read for the candidates and the waiting queues of the needs."""
    if not needs.candidates and not needs.waiting:
        return NO_TERMS
    parts: list[str] = []
    cells: list[Cell] = []
    for need in needs.candidates:
        _add(desk, need, parts, cells)
    for queue in needs.waiting:
        parts.append(_WAITS)
        cells += (queue, *((desk, queue) * len(_PRIORITIES)))
    return Terms(tuple(parts), tuple(cells))


def _add(desk: int, need: CandidateNeed, parts: list[str], cells: list[Cell]) -> None:
    sides = (">=", "<") if need.start else ("",)
    if len(need.profiles) > _MOST_PARTS:
        profiles = json.dumps(need.profiles)
        for side in sides:
            parts.append(_PASS.format(_beside(side)))
            cells += (need.key, desk, need.queue, need.room)
            cells += (need.start, profiles, need.limit) if side else (profiles, need.limit)
        return
    line = (desk, need.queue)
    if not need.profiles:
        for side in sides:
            parts.append(_heads(side))
            cells += (need.key, *line, need.room, *((need.start,) if side else ()), need.limit, *line, *line)
    for profile in need.profiles:
        for side in sides:
            parts.append(_part(side))
            cells += (need.key, *line, need.room, profile, *((need.start,) if side else ()), need.limit)


_Head = tuple[int, int, int, str, int, str]
"""An agent at the head of a kind: behind the start of the ring or before it, rank, assigned, id, load, kind."""


class Ranked:
    """Collects the rows of these parts."""

    def __init__(self) -> None:
        self._found: dict[str, list[Candidate]] = {}
        self._heads: dict[str, list[_Head]] = {}
        self._waiting: dict[str, tuple[tuple[int, datetime], ...]] = {}

    # ``Any``: a row of the driver.
    def take(self, row: tuple[Any, ...]) -> None:
        """One more row."""
        what, key, first, second, third, profile = row
        if what == "candidate":
            found = self._found.get(key)
            if found is None:
                found = self._found[key] = []
            found.append(Candidate(first, second, profile_from(profile).capacity, third, profile))
        elif what == "head":
            self._heads.setdefault(key, []).extend([(third, *one, first) for one in json.loads(second)])
        elif oldest := tuple(
            [(each, instant(at)) for each, at in zip(_PRIORITIES, row[2:], strict=True) if at is not None]
        ):
            self._waiting[key] = oldest

    @property
    def waiting(self) -> Mapping[str, tuple[tuple[int, datetime], ...]]:
        """Of the queues in which tickets wait: when the oldest of each priority was opened."""
        return self._waiting

    def candidates(self, needs: Needs) -> Mapping[str, tuple[Candidate, ...]]:
        """What was found for each need, cut to its limits."""
        return {need.key: self._cut(need) for need in needs.candidates}

    def _cut(self, need: CandidateNeed) -> tuple[Candidate, ...]:
        if not need.profiles:
            heads = sorted(self._heads.get(need.key, ()))[: need.limit]
            return tuple([Candidate(one[3], one[4], profile_from(one[5]).capacity, one[2], one[5]) for one in heads])
        found = self._found.get(need.key, [])
        if not need.start:
            return tuple(found)  # the statement has cut it
        lines: dict[str, list[Candidate]] = {}
        for one in found:
            lines.setdefault(one.profile, []).append(one)
        return tuple(one for line in lines.values() for one in line[: need.limit])
