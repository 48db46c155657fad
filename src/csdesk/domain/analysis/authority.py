"""What the authority of a configuration says and can never mean: limits that nobody meets, approvers who have no more.

What ``authority`` says is proved from the configuration alone; who has which role a desk knows, see ``people``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from csdesk.domain.analysis.findings import Finding
from csdesk.domain.ids import AgentId
from csdesk.domain.policy.authority_book import SELF_SERVICE, AuthorityBook, Limits, Who, likeness, smallest
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.policy.sections.authority import ActionPolicy, ApproverPolicy, LimitPolicy
from csdesk.domain.records.actors import ActorKind
from csdesk.domain.records.agents import Agent


def authority(policy: Policy) -> Iterator[Finding]:
    """Look for what can never hold."""
    book = policy.authority
    for action in book.actions.values():
        limits = list(book.all_limits(action.name))
        if not limits:
            yield _finding("check.action_nobody_may", f"authority.actions.{action.name}", action=action.name)
        yield from _shadowed(limits)
        for given, own in limits:
            yield from _out_of_reach(action, given, own)
        yield from _approvers(book, action, [own for _, own in limits])
    yield from _services(book)
    yield from _roles(policy)


def _finding(code: str, path: str, **params: str | int) -> Finding:
    return Finding(code=code, path=path, params=tuple(params.items()))


def _shadowed(limits: list[tuple[LimitPolicy, Limits]]) -> Iterator[Finding]:
    """Limits whose every actor has an earlier one."""
    for place, (later, own) in enumerate(limits):
        for earlier, other in limits[:place]:
            if _covers(earlier, later):
                yield _finding("check.limit_shadowed", _at(own), limit=own.place + 1, by=other.place + 1)
                break


def _at(limits: Limits) -> str:
    return f"authority.limits.{limits.place}"


def _covers(earlier: LimitPolicy, later: LimitPolicy) -> bool:
    """True if the earlier limit fits everybody whom the later one fits."""
    if earlier.levels and not (later.levels and {*later.levels} <= {*earlier.levels}):
        return False
    if later.bots or later.system:
        return {*later.bots} <= {*earlier.bots} and (earlier.system or not later.system)
    if earlier.bots or earlier.system:
        return False
    return (
        (earlier.grade is None or (later.grade is not None and later.grade >= earlier.grade))
        and (earlier.role is None or earlier.role == later.role)
        and (not earlier.agents or (bool(later.agents) and {*later.agents} <= {*earlier.agents}))
    )


def _out_of_reach(action: ActionPolicy, given: LimitPolicy, own: Limits) -> Iterator[Finding]:
    """Amounts for a case that another bound always stops before."""
    if own.per_case is None:
        return
    path = f"{_at(own)}.per_case"
    if action.cap_per_case is not None and own.per_case > smallest(action.cap_per_case, action.digits):
        yield _finding("check.limit_above_cap", path, limit=own.place + 1, cap=f"{action.cap_per_case:f}")
    days = min((amount for _, amount in own.per_agent), default=None)
    if days is not None and days < own.per_case and not given.system:
        yield _finding("check.limit_above_period", path, limit=own.place + 1)


def _approvers(book: AuthorityBook, action: ActionPolicy, limits: list[Limits]) -> Iterator[Finding]:
    """Approvers who have no more than the least of those who would ask them."""
    asking = [one for one in limits if not one.never and one.per_case is not None]
    least = min((one.per_case or 0 for one in asking), default=None)
    for place, approver in enumerate(action.approvers):
        model = likeness(approver)
        if model is None:
            continue
        own = book.limits(action.name, model)
        has_more = own is not None and not own.never and (own.per_case is None or (least or 0) < own.per_case)
        if not has_more:
            path = f"authority.actions.{action.name}.approvers.{place}"
            yield _finding("check.approver_too_low", path, action=action.name, step=place + 1)


def _services(book: AuthorityBook) -> Iterator[Finding]:
    for service in book.services:
        own = book.limits(service.action, Who(ActorKind.SYSTEM, SELF_SERVICE))
        if (own is None or own.never) and service.otherwise == "refuse":
            path = f"authority.services.{service.name}"
            yield _finding("check.service_without_limit", path, service=service.name, action=service.action)


def _roles(policy: Policy) -> Iterator[Finding]:
    given = policy.config.authority
    used = {one.role for one in given.limits} | {one.role for action in given.actions for one in action.approvers}
    for role in given.roles:
        if role not in used:
            yield _finding("check.role_never_used", "authority.roles", role=role)


def people(policy: Policy, agents: Iterable[Agent]) -> Iterator[Finding]:
    """Compare the authority of a configuration with those who work at a desk: names that nobody there has."""
    present = [one for one in agents if not one.retired]
    known, roles = {one.id for one in present}, {role for one in present for role in one.roles}
    given = policy.config.authority
    for place, limit in enumerate(given.limits):
        yield from _unknown(limit.agents, known, f"authority.limits.{place}.agents")
        if limit.role is not None and limit.role not in roles:
            yield _finding("check.role_nobody_has", f"authority.limits.{place}.role", role=limit.role)
    for action in given.actions:
        for place, approver in enumerate(action.approvers):
            path = f"authority.actions.{action.name}.approvers.{place}"
            yield from _unknown(approver.agents, known, f"{path}.agents")
            if not any(_may_be(approver, one, present) for one in present):
                yield _finding("check.approver_nobody", path, action=action.name, step=place + 1)


def _unknown(names: tuple[str, ...], known: set[AgentId], path: str) -> Iterator[Finding]:
    for number, name in enumerate(names):
        if name not in known:
            yield _finding("check.agent_unknown", f"{path}.{number}", agent=name)


def _may_be(approver: ApproverPolicy, agent: Agent, present: list[Agent]) -> bool:
    """True if an agent is ever asked as one of these approvers."""
    if approver.lead:
        return any(one.lead == agent.id for one in present)
    if approver.agents:
        return agent.id in approver.agents
    has_grade = approver.grade is None or agent.grade >= approver.grade
    return has_grade and (approver.role is None or approver.role in agent.roles)
