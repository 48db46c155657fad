"""What has to change so that the agents are those of the host's staff list.

The rule: an agent with an ``external_id`` follows the list, every other one is the desk's own and stays as it is. Who
is not in the list, or not active there, retires; who comes back works again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.business import StaffMember

StaffStep = Literal["add", "change", "return", "retire"]
"""What becomes of an agent."""

_FOLLOWED: Final = ("name", "queues", "grade")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange:
    """One change of one agent."""

    step: StaffStep
    external_id: str
    command: cmd.SaveAgent


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedMember:
    """A person of the list who stays as they are at the desk, because the list says something unknown of them."""

    external_id: str
    unknown: Literal["queue", "department"]
    name: str
    """The queue or department that nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPlan:
    """Everything that has to change."""

    changes: tuple[PlannedChange, ...]
    """People who are added, changed and come back in the order of the list, then those who retire."""
    unchanged: int
    """How many people of the list are at the desk as the list says."""
    skipped: tuple[SkippedMember, ...]
    in_force: int
    """How many agents who follow the list work here now."""

    @property
    def retiring(self) -> int:
        """How many of them would retire."""
        return sum(one.step == "retire" for one in self.changes)


def plan_staff(
    agents: Iterable[Agent],
    members: Iterable[StaffMember],
    *,
    queues: frozenset[str],
    departments: Mapping[str, tuple[str, ...]],
    actor: Actor,
) -> StaffPlan:
    """What has to change; ``queues`` are those of the configuration, ``departments`` names the queues of each."""
    left = {one.external_id: one for one in agents if one.external_id}
    in_force = sum(not one.retired for one in left.values())
    changes: list[PlannedChange] = []
    skipped: list[SkippedMember] = []
    unchanged = 0
    for member in members:
        agent = left.pop(member.external_id, None)
        unknown = _unknown(member, queues, departments)
        if unknown is not None:
            skipped.append(unknown)
            continue
        change = _change(member, agent, _queues(member, departments), actor)
        if change is None:
            unchanged += 1
        else:
            changes.append(change)
    gone = [_retired(one, actor) for one in left.values() if not one.retired]
    ordered = sorted([*changes, *gone], key=lambda one: one.step == "retire")
    return StaffPlan(changes=tuple(ordered), unchanged=unchanged, skipped=tuple(skipped), in_force=in_force)


def _unknown(
    member: StaffMember, queues: frozenset[str], departments: Mapping[str, tuple[str, ...]]
) -> SkippedMember | None:
    """What the list says of somebody that nobody knows; whoever is to go may come from anywhere."""
    if not member.active:
        return None
    for queue in member.queues or ():
        if queue not in queues:
            return SkippedMember(external_id=member.external_id, unknown="queue", name=queue)
    for one in member.departments if departments else ():
        if one not in departments:
            return SkippedMember(external_id=member.external_id, unknown="department", name=one)
    return None


def _queues(member: StaffMember, departments: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """The queues that the list gives somebody; None: it says nothing of them."""
    of_departments = [queue for one in member.departments for queue in departments.get(one, ())]
    if member.queues is None and not (departments and member.departments):
        return None
    return tuple(dict.fromkeys([*(member.queues or ()), *of_departments]))


def _change(
    member: StaffMember, agent: Agent | None, queues: tuple[str, ...] | None, actor: Actor
) -> PlannedChange | None:
    if not member.active:
        return None if agent is None or agent.retired else _retired(agent, actor)
    wanted = {"name": member.name, "queues": queues, "grade": member.grade}
    given: dict[str, object] = {name: wanted[name] for name in _FOLLOWED if wanted[name] is not None}
    step: StaffStep = "add"
    if agent is not None:
        given = {name: value for name, value in given.items() if value != getattr(agent, name)}
        step = "return" if agent.retired else "change"
        if not given and not agent.retired:
            return None
        given |= {"agent": agent.id} | ({"retired": False} if agent.retired else {})
    command = cmd.SaveAgent.model_validate({**given, "external_id": member.external_id, "actor": actor})
    return PlannedChange(step=step, external_id=member.external_id, command=command)


def _retired(agent: Agent, actor: Actor) -> PlannedChange:
    command = cmd.SaveAgent(agent=agent.id, retired=True, actor=actor)
    return PlannedChange(step="retire", external_id=agent.external_id, command=command)
