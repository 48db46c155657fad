"""Letting the agents be those of the host's staff list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from csdesk._nearest import nearest
from csdesk.domain.core.staff_plan import PlannedChange, SkippedMember, StaffPlan, StaffStep, plan_staff
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.business import StaffMember, StaffQuestion
from csdesk.domain.records.changes import Needs
from csdesk.errors import BusinessUnavailable, InvalidInput, sentence
from csdesk.flows import business
from csdesk.flows.commands import execute, result_id
from csdesk.flows.reading import checks
from csdesk.flows.reading.lists import everything, read
from csdesk.ports import steps
from csdesk.ports.steps import Flow
from csdesk.ports.store import Query

WITHIN: Final = timedelta(minutes=1)
"""How long the staff system has, unless the caller says otherwise."""

_EVERYBODY: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffChange:
    """What became of one agent."""

    step: StaffStep
    agent: Agent
    """As it is now; after a dry run, as it would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSync:
    """What a staff list changed, or would change."""

    changes: tuple[StaffChange, ...]
    """One of each agent who changed: first those who are here, then those who retired."""
    unchanged: int
    """How many people of the list are at the desk as the list says."""
    skipped: tuple[SkippedMember, ...]
    """People who stayed as they are, since the list puts them in a queue or department that nobody knows."""
    dry_run: bool
    """True if nothing was stored."""

    def agents(self, step: StaffStep) -> tuple[Agent, ...]:
        """The agents of whom that became: who was added, changed, came back, retired."""
        return tuple(one.agent for one in self.changes if one.step == step)


def sync(
    departments: Mapping[str, Iterable[str]] | None,
    retire_at_most: int | None,
    within: timedelta,
    actor: Actor | None,
    *,
    dry_run: bool,
) -> Flow[StaffSync]:
    """Add, change and retire agents as the staff list says; ``actor`` None: the system.

    A run that fails half way may be begun again: what it did is then left alone.

    Raises:
        BusinessUnavailable: the staff system failed, was late, broke its contract, or told nobody.
        InvalidInput: too many would retire, or a department leads to a queue that there is none of.
    """
    checks.patience(within)
    if retire_at_most is not None:
        checks.a_number(retire_at_most, "retire_at_most", 0, _EVERYBODY)
    policy = (yield from read(Needs())).policy
    mapped = _departments(departments, policy)
    members = yield from _members(within)
    agents = yield from everything(Agent, Query(kind="agent", limit=1000))
    names = frozenset(policy.queue_names)
    plan = plan_staff(agents, members, queues=names, departments=mapped, actor=actor or Actor.system("staff"))
    if not dry_run:
        _check_retiring(plan, retire_at_most)
    changes: list[StaffChange] = []
    for planned in plan.changes:
        changes += [(yield from _carried_out(planned, dry_run=dry_run))]
    return StaffSync(changes=tuple(changes), unchanged=plan.unchanged, skipped=plan.skipped, dry_run=dry_run)


def _carried_out(planned: PlannedChange, *, dry_run: bool) -> Flow[StaffChange]:
    scope = yield from steps.attempt(0)
    done = yield from execute(planned.command, result_id(planned.command, scope.ids), dry_run=dry_run)
    assert done.agent is not None, "the command is about an agent"
    return StaffChange(step=planned.step, agent=done.agent)


def _members(within: timedelta) -> Flow[tuple[StaffMember, ...]]:
    now = (yield from steps.attempt(0)).now
    told = yield from business.answered("staff", StaffQuestion(asked_at=now, deadline=now + within), within)
    members = business.each(StaffMember, told, "staff")
    if not members:
        raise BusinessUnavailable("staff", "empty")
    if len({one.external_id for one in members}) < len(members):
        raise BusinessUnavailable("staff", "wrong")
    return members


def _departments(given: Mapping[str, Iterable[str]] | None, policy: Policy) -> dict[str, tuple[str, ...]]:
    found = {name: checks.several(queues, "departments") for name, queues in checks.pairs(given or {}, "departments")}
    for queue in (one for queues in found.values() for one in queues):
        if not policy.has_queue(queue):
            problem = sentence("no queue {queue!r}", queue=queue)
            raise InvalidInput("departments", problem, nearest(queue, policy.queue_names))
    return found


def _check_retiring(plan: StaffPlan, at_most: int | None) -> None:
    limit = plan.in_force // 2 if at_most is None else at_most
    if plan.retiring > limit:
        raise InvalidInput(
            "retire_at_most",
            sentence("{count} of {agents} agents would retire", count=plan.retiring, agents=plan.in_force),
            sentence(
                "look at them with dry_run=True; if it is right, pass retire_at_most={count}", count=plan.retiring
            ),
        )


def find(external_id: str) -> Flow[Agent | None]:
    """The agent whom the staff system calls so; None: it is nobody here."""
    checks.an_id(external_id, "external_id")
    scope = yield from steps.attempt(0)
    key = scope.keys.staff(external_id)
    owner = (yield from read(Needs(claims=(key,)))).snapshot.claims.get(key)
    if owner is None:
        return None
    return (yield from read(Needs(agents=(owner,)))).snapshot.agents.get(owner)
