"""The roster: which kinds of agents belong to each queue. A cache of what the store counted, swapped by its epoch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from csdesk.domain.records.changes import AgentGroup
from csdesk.domain.records.trace import Outcome, Verdict, verdict
from csdesk.domain.routing.demands import Demand, is_met
from csdesk.domain.routing.profiles import profile_from

_REMEMBERED: Final = 4096


_MOST_TOLD: Final = 8
"""How many reasons for which agents of one queue were removed are told."""


class Fitting(NamedTuple):
    """The kinds of agents of a queue that fit, and why others do not."""

    profiles: tuple[str, ...]
    told: tuple[Verdict, ...] = ()
    """How many lack what, the most first; the same verdicts for every ticket that asks for the same."""


class Roster:
    """The kinds of agents of each queue. Immutable but for what it remembers."""

    __slots__ = ("_groups", "_known", "shifts")

    def __init__(self, groups: Iterable[AgentGroup] = ()) -> None:
        found: dict[str, list[AgentGroup]] = {}
        for group in sorted(groups, key=lambda one: (one.queue, one.profile)):
            found.setdefault(group.queue, []).append(group)
        self._groups = {queue: tuple(kinds) for queue, kinds in found.items()}
        self._known: dict[tuple[str, tuple[Demand, ...], frozenset[str], int], Fitting] = {}
        self.shifts: dict[str, frozenset[str]] = {
            queue: frozenset(profile_from(one.profile).shift for one in kinds) for queue, kinds in self._groups.items()
        }
        """The shifts that people of each queue work in; empty text: those who have none of their own."""

    def groups(self, queue: str) -> tuple[AgentGroup, ...]:
        """The kinds of agents who belong to a queue."""
        return self._groups.get(queue, ())

    def fitting(
        self, queue: str, demands: tuple[Demand, ...], off: frozenset[str] = frozenset(), room: int = 0
    ) -> Fitting:
        """Which kinds of agents of a queue meet demands while some shifts are ``off``, and can carry ``room`` units."""
        key = (queue, demands, off, room)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[key] = self._judged(queue, demands, off, room)
        return known

    def _judged(self, queue: str, demands: tuple[Demand, ...], off: frozenset[str], room: int) -> Fitting:
        profiles: list[str] = []
        removed: dict[tuple[str, str], int] = {}
        for group in self.groups(queue):
            lack = lacking(group.profile, demands, off, room)
            if lack is None:
                profiles.append(group.profile)
            else:
                removed[lack] = removed.get(lack, 0) + group.agents
        most = sorted(((count, *lack) for lack, count in removed.items()), reverse=True)[:_MOST_TOLD]
        told = [
            verdict("route.removed", Outcome.REMOVED, queue=queue, agents=count, reason=by, what=what)
            for count, by, what in most
        ]
        return Fitting(tuple(profiles), tuple(told))


def lacking(profile: str, demands: tuple[Demand, ...], off: frozenset[str], room: int = 0) -> tuple[str, str] | None:
    """The first thing that agents of a profile lack: what kind of thing, and which one; None if they fit.

    ``room`` is what they must be able to carry when they carry nothing else.
    """
    agent = profile_from(profile)
    if agent.shift in off:
        return "shift", agent.shift
    for demand in demands:
        if not is_met(demand, agent):
            return demand.kind, demand.told
    return ("capacity", f"{room}/{agent.capacity}") if room > agent.capacity else None
