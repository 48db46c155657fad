"""The roster: which kinds of agents belong to each queue. A cache of what the store counted, swapped by its epoch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from csdesk.domain.records.changes import AgentGroup
from csdesk.domain.routing.demands import Demand, is_met
from csdesk.domain.routing.profiles import profile_from

_REMEMBERED: Final = 4096


class Removed(NamedTuple):
    """A kind of agent that does not fit: how many they are, and what they lack."""

    agents: int
    by: str
    """``skill``, ``grade``, ``language`` or ``shift``."""
    what: str


class Fitting(NamedTuple):
    """The kinds of agents of a queue that fit, and those that do not."""

    profiles: tuple[str, ...]
    removed: tuple[Removed, ...] = ()


class Roster:
    """The kinds of agents of each queue. Immutable but for what it remembers."""

    __slots__ = ("_groups", "_known", "shifts")

    def __init__(self, groups: Iterable[AgentGroup] = ()) -> None:
        found: dict[str, list[AgentGroup]] = {}
        for group in sorted(groups, key=lambda one: (one.queue, one.profile)):
            found.setdefault(group.queue, []).append(group)
        self._groups = {queue: tuple(kinds) for queue, kinds in found.items()}
        self._known: dict[tuple[str, tuple[Demand, ...], frozenset[str]], Fitting] = {}
        self.shifts: dict[str, frozenset[str]] = {
            queue: frozenset(profile_from(one.profile).shift for one in kinds) for queue, kinds in self._groups.items()
        }
        """The shifts that people of each queue work in; empty text: those who have none of their own."""

    def groups(self, queue: str) -> tuple[AgentGroup, ...]:
        """The kinds of agents who belong to a queue."""
        return self._groups.get(queue, ())

    def fitting(self, queue: str, demands: tuple[Demand, ...], off: frozenset[str] = frozenset()) -> Fitting:
        """Which kinds of agents of a queue meet demands while some shifts are ``off``."""
        key = (queue, demands, off)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[key] = self._judged(queue, demands, off)
        return known

    def _judged(self, queue: str, demands: tuple[Demand, ...], off: frozenset[str]) -> Fitting:
        profiles: list[str] = []
        removed: dict[tuple[str, str], int] = {}
        for group in self.groups(queue):
            lack = lacking(group.profile, demands, off)
            if lack is None:
                profiles.append(group.profile)
            else:
                removed[lack] = removed.get(lack, 0) + group.agents
        told = sorted((Removed(count, by, what) for (by, what), count in removed.items()), reverse=True)
        return Fitting(tuple(profiles), tuple(told))


def lacking(profile: str, demands: tuple[Demand, ...], off: frozenset[str]) -> tuple[str, str] | None:
    """The first thing that agents of a profile lack: what kind of thing, and which one; None if they fit."""
    agent = profile_from(profile)
    if agent.shift in off:
        return "shift", agent.shift
    for demand in demands:
        if not is_met(demand, agent):
            return demand.kind, demand.told
    return None
