"""Asking about authority without writing anything: decisions, standings, settlements, what waits for an approver."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Literal

from csdesk._batched import batched
from csdesk.domain.analysis.authority import people
from csdesk.domain.analysis.findings import Finding
from csdesk.domain.authority.deciding import decide, grants_of, is_approver, per_agent, who_of
from csdesk.domain.authority.ledger import actor_places
from csdesk.domain.authority.verdicts import AuthorityDecision, LimitReading, Standing
from csdesk.domain.policy.authority_book import AuthorityBook, Limits
from csdesk.domain.policy.compiled import compile_policy
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.policy.sections.authority import ActionPolicy
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor, ActorKind
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.authority import AuthorityGrant, Period, Settlement, SettlementState
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.money import shown
from csdesk.domain.records.trace import Outcome, Trace, Verdict, verdict
from csdesk.errors import NotFound
from csdesk.flows.authority.matters import Matter, matter_of
from csdesk.flows.authority.seeing import LOADS, see_matter
from csdesk.flows.reading import checks
from csdesk.flows.reading.known_names import listed
from csdesk.flows.reading.lists import everything, filters, read
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Loaded
from csdesk.ports.store import Page, Query

_CHUNK: Final = 200


def decision(command: cmd.SettleAmount) -> Flow[AuthorityDecision]:
    """What would be said to it now.

    Raises:
        InvalidInput: an action or an amount that there cannot be.
        NotFound: this desk has no such record.
    """
    scope = yield from steps.attempt(0, loads=LOADS)

    def make(loaded: Loaded) -> Matter:
        found = matter_of(command, loaded)
        assert found is not None, "something is to be given"
        return found

    first = Needs(
        tickets=(command.ticket,) if command.ticket is not None else (),
        customers=(command.customer,) if command.customer is not None else (),
        agents=(command.actor.id,) if command.actor.kind is ActorKind.AGENT else (),
        parties=True,
    )
    sight = yield from see_matter(first, make, scope)
    assert sight.case is not None, "it was made"
    return decide(sight.loaded.policy.authority, sight.case).decision


def standings(actor: Actor, level: str) -> Flow[tuple[Standing, ...]]:
    """What somebody may give now, action by action, with what is used of it.

    Raises:
        NotFound: this desk has no such agent.
    """
    checks.an_instance(actor, Actor, "actor")
    checks.an_id(level, "level")
    scope = yield from steps.attempt(0)
    loaded = yield from steps.load(Needs(agents=(actor.id,) if actor.kind is ActorKind.AGENT else ()))
    agent = loaded.snapshot.agents.get(actor.id)
    if actor.kind is ActorKind.AGENT and agent is None:
        raise NotFound("agent", actor.id)
    book = loaded.policy.authority
    starts = book.starts(scope.now)
    places = {name: actor_places(scope.keys, one.book, str(actor), starts) for name, one in book.actions.items()}
    counters = tuple(sorted({one.counter for each in places.values() for one in each}))
    values = (yield from steps.load(Needs(counters=counters))).snapshot.counters
    return tuple(
        _standing(
            action,
            str(actor),
            book.limits(name, who_of(actor, agent), level),
            grants_of(agent, name, scope.now),
            {one.period: one.used(values) for one in places[name] if one.period is not None},
        )
        for name, action in book.actions.items()
    )


def _standing(
    action: ActionPolicy,
    actor: str,
    limits: Limits | None,
    grants: tuple[AuthorityGrant, ...],
    used: Mapping[Period, int],
) -> Standing:
    if limits is None or limits.never:
        told = verdict("authority.no_limit", Outcome.REMOVED, actor=actor)
        may: Literal["never", "not_granted"] = "not_granted"
        if limits is not None:
            told, may = verdict("authority.never", Outcome.REMOVED, actor=actor), "never"
        return Standing(action=action.name, unit=action.unit, may=may, trace=_trace(action, told))
    digits = action.digits
    per_case = limits.per_case
    if per_case is not None:
        per_case = max((per_case, *(one.limit for one in grants)))
    readings = tuple(
        LimitReading(
            scope="agent",
            period=period,
            source=source,
            limit=shown(limit, digits),
            used=shown(used.get(period, 0), digits),
            asked=shown(0, digits),
        )
        for period, (limit, source) in per_agent(limits, grants).items()
    )
    case = None if per_case is None else shown(per_case, digits)
    told = verdict("authority.per_case", Outcome.PASSED, limit=None if case is None else f"{case:f}", unit=action.unit)
    raised = (verdict("authority.granted", until=one.until.isoformat(), by=one.by) for one in grants)
    return Standing(
        action=action.name,
        unit=action.unit,
        may="alone",
        per_case=case,
        readings=readings,
        grants=grants,
        trace=_trace(action, told, *(_told(one, action.unit) for one in readings), *raised),
    )


def _told(reading: LimitReading, unit: str) -> Verdict:
    return verdict(
        f"authority.limit_agent_{reading.period}",
        Outcome.PASSED if reading.left > 0 else Outcome.REMOVED,
        limit=f"{reading.limit:f}",
        used=f"{reading.used:f}",
        left=f"{reading.left:f}",
        unit=unit,
    )


def _trace(action: ActionPolicy, *told: Verdict) -> Trace:
    return Trace(verdicts=(verdict("authority.standing", Outcome.NOTED, *told, action=action.name),))


def get_settlement(settlement: str) -> Flow[Settlement]:
    """The settlement of that id.

    Raises:
        NotFound: this desk has none.
    """
    loaded = yield from read(Needs(settlements=(settlement,)))
    found = loaded.snapshot.settlements.get(settlement)
    if found is None:
        raise NotFound("settlement", settlement)
    return found


def settlements(
    *,
    ticket: str | None,
    customer: str | None,
    subject: str | None,
    action: str | None,
    agent: str | None,
    state: SettlementState | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    cursor: str | None,
) -> Flow[Page[Settlement]]:
    """A page of settlements, latest first."""
    people: tuple[str, ...] | None = None
    if customer is not None:
        people = (customer, *(yield from _members(customer)))
    where = filters(ticket=ticket, customer=people, subject=subject, action=action, agent=agent, state=state)
    return (
        yield from listed(
            Settlement,
            Query(
                kind="settlement",
                where=where,
                since=since,
                until=until,
                order="created_at",
                descending=True,
                limit=limit,
                after=cursor,
            ),
        )
    )


def _members(customer: str) -> Flow[tuple[str, ...]]:
    loaded = yield from read(Needs(customers=(customer,)))
    found: Customer | None = loaded.snapshot.customers.get(customer)
    if found is None:
        raise NotFound("customer", customer)
    return tuple(map(str, found.members))


def inbox(agent_id: str) -> Flow[tuple[Settlement, ...]]:
    """The open requests that an agent is asked to answer now, those first that are due first.

    Raises:
        NotFound: this desk has no such agent.
    """
    loaded = yield from read(Needs(agents=(agent_id,)))
    agent = loaded.snapshot.agents.get(agent_id)
    if agent is None:
        raise NotFound("agent", agent_id)
    query = Query(kind="settlement", where=(("state", SettlementState.REQUESTED.value),), order="created_at", limit=500)
    waiting = yield from everything(Settlement, query)
    askers = yield from _askers(waiting)
    book = loaded.policy.authority
    mine = [one for one in waiting if _is_for(one, agent, book, askers)]
    return tuple(
        sorted(mine, key=lambda one: (one.asking.due_at if one.asking is not None else one.created_at, one.id))
    )


def check(config: DeskConfig | None) -> Flow[tuple[Finding, ...]]:
    """What the authority of a configuration names that nobody at this desk is or has; None: the active one."""
    if config is not None:
        checks.an_instance(config, DeskConfig, "config")
    loaded = yield from read(Needs())
    policy = loaded.policy if config is None else compile_policy(config)
    agents = yield from everything(Agent, Query(kind="agent", limit=1000))
    return tuple(people(policy, agents))


def _is_for(one: Settlement, agent: Agent, book: AuthorityBook, askers: Mapping[str, Agent]) -> bool:
    asking, action = one.asking, book.actions.get(one.action)
    if asking is None or action is None or one.agent == agent.id or agent.retired:
        return False
    if asking.to is not None:
        return asking.to == agent.id
    if asking.step > len(action.approvers):
        return False
    return is_approver(action.approvers[asking.step - 1], agent, askers.get(one.agent or ""))


def _askers(waiting: Iterable[Settlement]) -> Flow[Mapping[str, Agent]]:
    keys = sorted({one.agent for one in waiting if one.agent is not None})
    found: dict[str, Agent] = {}
    for part in batched(keys, _CHUNK):
        loaded = yield from read(Needs(agents=part))
        found.update(loaded.snapshot.agents)
    return found
