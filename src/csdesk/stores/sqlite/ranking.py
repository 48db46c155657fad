"""The parts of a read that routing asks for: the first agents of each line, and whether tickets wait in a queue.

Each kind of agent is one look at the head of its part of the index; a ring is looked at from its starting point on, and
then from its beginning.
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

KINDS: Final = frozenset({"candidate", "waits"})
"""What the rows of these parts begin with."""

_MOST_PARTS: Final = 60
"""How many kinds of agents are looked up one by one; more are read in one pass over the queue's free agents."""

_FREE: Final = "desk=? AND queue=? AND open=1 AND load<capacity AND load+?<=capacity"
_WAITS: Final = (
    "SELECT 'waits',?,column1,(SELECT min(created_at) FROM csdesk_ticket WHERE desk=? AND queue=? AND waits=column1)"
    ",NULL,NULL FROM (VALUES(1),(2),(3),(4))"
)
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


@cache
def _part(*, has_profile: bool, side: str) -> str:
    where = _FREE + (" AND profile=?" if has_profile else "") + (f" AND rank{side}?" if side else "")
    return (
        "SELECT 'candidate',?,agent,load,assigned,profile FROM (SELECT agent,load,assigned,profile FROM csdesk_seat"  # noqa: S608  # constants
        f" WHERE {where} ORDER BY rank,assigned,agent LIMIT ?)"
    )


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
        cells += (queue, desk, queue)
    return Terms(tuple(parts), tuple(cells))


def _add(desk: int, need: CandidateNeed, parts: list[str], cells: list[Cell]) -> None:
    sides = (">=", "<") if need.start else ("",)
    if len(need.profiles) > _MOST_PARTS:
        profiles = json.dumps(need.profiles)
        for side in sides:
            parts.append(_PASS.format(f" AND rank{side}?" if side else ""))
            cells += (need.key, desk, need.queue, need.room)
            cells += (need.start, profiles, need.limit) if side else (profiles, need.limit)
        return
    for profile in need.profiles or (None,):
        for side in sides:
            parts.append(_part(has_profile=profile is not None, side=side))
            cells += (need.key, desk, need.queue, need.room)
            if profile is not None:
                cells.append(profile)
            if side:
                cells.append(need.start)
            cells.append(need.limit)


class Ranked:
    """Collects the rows of these parts."""

    def __init__(self) -> None:
        self._found: dict[str, list[Candidate]] = {}
        self._waiting: dict[str, tuple[tuple[int, datetime], ...]] = {}

    # ``Any``: a row of the driver.
    def take(self, row: tuple[Any, ...]) -> None:
        """One more row."""
        what, key, first, second, third, profile = row
        if what == "waits":
            if second is not None:
                self._waiting[key] = (*self._waiting.get(key, ()), (first, instant(second)))
        else:
            candidate = Candidate(first, second, profile_from(profile).capacity, third, profile)
            self._found.setdefault(key, []).append(candidate)

    @property
    def waiting(self) -> Mapping[str, tuple[tuple[int, datetime], ...]]:
        """Of the queues in which tickets wait: when the oldest of each priority was opened."""
        return self._waiting

    def candidates(self, needs: Needs) -> Mapping[str, tuple[Candidate, ...]]:
        """What was found for each need, cut to its limits."""
        return {need.key: self._cut(need) for need in needs.candidates}

    def _cut(self, need: CandidateNeed) -> tuple[Candidate, ...]:
        found = self._found.get(need.key, [])
        if not need.start:
            return tuple(found)  # the statement has cut it
        lines: dict[str, list[Candidate]] = {}
        for one in found:
            lines.setdefault(one.profile if need.profiles else "", []).append(one)
        return tuple(one for line in lines.values() for one in line[: need.limit])
