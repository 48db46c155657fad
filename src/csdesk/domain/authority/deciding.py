"""Deciding: may this actor give this, who could approve it, what is there to offer instead. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from csdesk.domain.authority.ledger import Place
from csdesk.domain.authority.verdicts import Alternative, Approver, AuthorityDecision, LimitReading, Outcome, Source
from csdesk.domain.ids import AgentId
from csdesk.domain.policy.authority_book import AuthorityBook, Limits, Who, in_periods, likeness, smallest
from csdesk.domain.policy.sections.authority import ActionPolicy, ApproverPolicy
from csdesk.domain.records.actors import Actor, ActorKind
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.authority import AuthorityGrant, Period
from csdesk.domain.records.money import shown
from csdesk.domain.records.trace import Outcome as Mark
from csdesk.domain.records.trace import Trace, Verdict, verdict

_CASE: Final = frozenset({"subject", "ticket"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that a decision rests on."""

    action: ActionPolicy
    amount: int
    """In the smallest unit."""
    subject: str
    level: str
    actor: Actor
    agent: Agent | None
    """The agent who acts; None: a bot, a customer, or the desk itself."""
    asks: AgentId | None = None
    """Who asked for it and so may not approve it; None: the actor."""
    lead: Agent | None = None
    named: Mapping[str, Agent] = field(default_factory=dict)
    """The agents who are named as approvers."""
    places: tuple[Place, ...]
    """The counters it would count in."""
    values: Mapping[str, int]
    """What the counters hold."""
    now: datetime


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit on a counter."""

    place: Place
    source: Source
    limit: int


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision, with the limits that a commit must keep to."""

    decision: AuthorityDecision
    bounds: tuple[Bound, ...]


def who_of(actor: Actor, agent: Agent | None) -> Who:
    """Somebody as limits see them; who has retired has nothing."""
    if actor.kind is not ActorKind.AGENT:
        return Who(actor.kind, actor.id)
    if agent is None or agent.retired:
        return Who(ActorKind.CUSTOMER, actor.id)  # whom no limit fits
    return Who(ActorKind.AGENT, agent.id, agent.grade, frozenset(agent.roles))


def grants_of(agent: Agent | None, action: str, now: datetime) -> tuple[AuthorityGrant, ...]:
    """The raises of an action's limits that hold now."""
    if agent is None:
        return ()
    return tuple(one for one in agent.grants if one.action == action and one.since <= now < one.until)


def decide(book: AuthorityBook, case: Case) -> Ruling:
    """Whether the actor may settle it."""
    limits = book.limits(case.action.name, who_of(case.actor, case.agent), case.level)
    caps = tuple(_caps(case))
    own = () if limits is None or limits.never else tuple(_own(limits, case, case.agent))
    told = [_told(case, bound) for bound in (*own, *caps)]
    holds = all(_holds(case, bound) for bound in (*own, *caps))
    if limits is None:
        told.insert(0, verdict("authority.no_limit", Mark.REMOVED, actor=str(case.actor)))
    elif limits.never:
        told.insert(0, verdict("authority.never", Mark.REMOVED, actor=str(case.actor)))
    told += [verdict("authority.granted", Mark.NOTED, until=one.until.isoformat(), by=one.by) for one in _held(case)]
    if limits is not None and not limits.never and holds:
        return _ruled(case, "allowed", (*own, *caps), told)
    is_barred = limits is not None and limits.never
    if is_barred or not all(_holds(case, bound) for bound in caps):
        return _ruled(case, "forbidden", (*own, *caps), told, others=_others(book, case.action))
    by, asked = _approver(book, case)
    if by is None:
        return _ruled(case, "forbidden", (*own, *caps), [*told, *asked], others=_others(book, case.action))
    return _ruled(case, "needs_approval", (*own, *caps), [*told, *asked], by=by)


def _held(case: Case) -> tuple[AuthorityGrant, ...]:
    return grants_of(case.agent, case.action.name, case.now)


def _ruled(
    case: Case,
    outcome: Outcome,
    bounds: tuple[Bound, ...],
    told: list[Verdict],
    *,
    by: Approver | None = None,
    others: tuple[Alternative, ...] = (),
) -> Ruling:
    mark = Mark.CHOSEN if outcome == "allowed" else Mark.REMOVED
    digits = case.action.digits
    head = verdict(
        f"authority.{outcome}",
        mark,
        *told,
        action=case.action.name,
        amount=f"{shown(case.amount, digits):f}",
        unit=case.action.unit,
    )
    decision = AuthorityDecision(
        outcome=outcome,
        action=case.action.name,
        amount=shown(case.amount, digits),
        unit=case.action.unit,
        subject=case.subject,
        actor=case.actor,
        readings=tuple(_reading(case, bound) for bound in bounds),
        by=by,
        alternatives=others,
        trace=Trace(verdicts=(head,)),
    )
    return Ruling(decision, bounds)


# Limits


def _own(limits: Limits, case: Case, agent: Agent | None) -> Iterator[Bound]:
    """What the limits of somebody bound, raised by what they were granted."""
    grants = grants_of(agent, case.action.name, case.now)
    raised = max((one.limit for one in grants), default=0)
    per_case = limits.per_case
    over_time = per_agent(limits, grants)
    for place in case.places:
        if place.scope in _CASE and per_case is not None:
            yield Bound(place, "grant" if raised > per_case else "limit", max(per_case, raised))
        elif place.scope == "agent" and place.period is not None and place.period in over_time:
            limit, source = over_time[place.period]
            yield Bound(place, source, limit)
        elif place.scope == "customer":
            yield from (
                Bound(place, "limit", amount) for period, amount in limits.per_customer if period is place.period
            )


def per_agent(limits: Limits, grants: tuple[AuthorityGrant, ...]) -> Mapping[Period, tuple[int, Source]]:
    """What somebody may give in each period that is limited, and where that comes from."""
    found: dict[Period, tuple[int, Source]] = {period: (amount, "limit") for period, amount in limits.per_agent}
    for one in (each for grant in grants for each in grant.periods):
        if one.period in found and one.amount > found[one.period][0]:
            found[one.period] = (one.amount, "grant")
    return found


def _caps(case: Case) -> Iterator[Bound]:
    """What nobody passes."""
    action = case.action
    of_customer = dict(in_periods(action.cap_per_customer, action.digits))
    for place in case.places:
        if place.scope in _CASE and action.cap_per_case is not None:
            yield Bound(place, "cap", smallest(action.cap_per_case, action.digits))
        elif place.scope == "customer" and place.period in of_customer:
            yield Bound(place, "cap", of_customer[place.period])


def _holds(case: Case, bound: Bound) -> bool:
    return bound.place.used(case.values) + case.amount <= bound.limit


def _reading(case: Case, bound: Bound) -> LimitReading:
    digits = case.action.digits
    return LimitReading(
        scope=bound.place.scope,
        period=bound.place.period,
        source=bound.source,
        limit=shown(bound.limit, digits),
        used=shown(bound.place.used(case.values), digits),
        asked=shown(case.amount, digits),
    )


def _told(case: Case, bound: Bound) -> Verdict:
    reading = _reading(case, bound)
    kind = "cap" if bound.source == "cap" else "limit"
    when = f"_{reading.period}" if reading.period is not None else ""
    return verdict(
        f"authority.{kind}_{reading.scope}{when}",
        Mark.PASSED if reading.holds else Mark.REMOVED,
        limit=f"{reading.limit:f}",
        used=f"{reading.used:f}",
        asked=f"{reading.asked:f}",
        left=f"{reading.left:f}",
        unit=case.action.unit,
    )


# Approvers


def _approver(book: AuthorityBook, case: Case) -> tuple[Approver | None, list[Verdict]]:
    """The first approvers whose limits suffice, and what was said of those before them."""
    told: list[Verdict] = []
    for step, policy in enumerate(case.action.approvers, start=1):
        found = approver_at(book, case, step, policy)
        told.append(verdict("authority.approver", Mark.REMOVED if found is None else Mark.CHOSEN, step=step))
        if found is not None:
            return found, told
    if not told:
        told.append(verdict("authority.no_approver", Mark.REMOVED))
    return None, told


def next_approver(book: AuthorityBook, case: Case, after: int) -> Approver | None:
    """The first approvers behind a step whose limits suffice."""
    for step, policy in enumerate(case.action.approvers, start=1):
        if step > after and (found := approver_at(book, case, step, policy)) is not None:
            return found
    return None


def approver_at(book: AuthorityBook, case: Case, step: int, policy: ApproverPolicy) -> Approver | None:
    """The approvers of one step; None: their limits do not suffice, or nobody is left of them."""
    model = likeness(policy)
    if model is not None:
        if not _suffices(book, case, model, None):
            return None
        return Approver(step=step, grade=policy.grade, role=policy.role, within=policy.within)
    able = [one for one in _people(case, policy) if can_approve(book, case, one)]
    if not able:
        return None
    return Approver(step=step, agents=tuple(one.id for one in able), within=policy.within)


def _people(case: Case, policy: ApproverPolicy) -> list[Agent]:
    if policy.lead:
        return [case.lead] if case.lead is not None else []
    return [case.named[key] for key in policy.agents if key in case.named]


def is_approver(policy: ApproverPolicy, agent: Agent, asker: Agent | None) -> bool:
    """True if an agent is one of those who are asked at a step by that asker."""
    if policy.lead:
        return asker is not None and asker.lead == agent.id
    if policy.agents:
        return agent.id in policy.agents
    return (policy.grade is None or agent.grade >= policy.grade) and (policy.role is None or policy.role in agent.roles)


def fits_step(case: Case, policy: ApproverPolicy, agent: Agent) -> bool:
    """True if an agent is one of those who are asked about the case at a step."""
    return is_approver(policy, agent, case.named.get(asker_of(case)))


def asker_of(case: Case) -> str:
    """Who asks, and so never approves."""
    return case.asks or (case.agent.id if case.agent is not None else "")


def can_approve(book: AuthorityBook, case: Case, agent: Agent) -> bool:
    """True if an agent's limits suffice for the case, and it is somebody else who asks."""
    if agent.id == asker_of(case):
        return False
    return _suffices(book, case, who_of(Actor.agent(agent.id), agent), agent)


def _suffices(book: AuthorityBook, case: Case, who: Who, agent: Agent | None) -> bool:
    """Whether the case fits somebody's limits but those over time of their own, which count when they approve."""
    limits = book.limits(case.action.name, who, case.level)
    if limits is None or limits.never:
        return False
    bounds = (bound for bound in _own(limits, case, agent) if bound.place.scope != "agent")
    return all(_holds(case, bound) for bound in (*bounds, *_caps(case)))


# Instead


def _others(book: AuthorityBook, action: ActionPolicy) -> tuple[Alternative, ...]:
    return tuple(
        Alternative(name=one.name, zh=one.titles.zh, en=one.titles.en, action=one.action, amount=one.amount)
        for one in map(book.alternative, action.alternatives)
    )
