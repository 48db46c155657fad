"""Rules at work: a round sees one snapshot, its effects apply after it, and what they change may call the next round.

The first round tries the rules of a message, or those of a change that somebody made. As long as a round has changed
something that conditions can see, the rules ``on`` a change are tried once more, and see as ``changed`` what that round
did. One cause may set off ``rule_budget`` actions; what goes beyond is not done, and an event and an alert tell.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from csdesk.domain.core.acting import Acting
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tickets import Category, Ticket
from csdesk.domain.records.trace import Outcome, Verdict, verdict
from csdesk.domain.rules.asked import RuleResult
from csdesk.domain.rules.facts import Facts
from csdesk.domain.rules.language import Trigger

EXHAUSTED: Final = "rules.exhausted"
"""The name of the alert that tells of a spent budget."""


class Ruled(NamedTuple):
    """What the rules did for one cause."""

    fired: tuple[str, ...] = ()
    """The rules that fired, in the order of the rounds."""
    rounds: int = 0
    exhausted: bool = False
    verdicts: tuple[Verdict, ...] = ()
    """``rules.fired`` with the rules below it for each round, then what was not possible, and alerts."""
    left: int = 0
    """How many actions the cause may still set off."""


def apply_rules(acting: Acting, facts: Facts, on: Trigger) -> Ruled:
    """Try the rules, let their effects happen, and go on while they change something."""
    work = acting.work
    return go_on(acting, facts, work.policy.rules.evaluate(facts, on), work.policy.config.rule_budget)


def go_on(acting: Acting, facts: Facts, result: RuleResult, left: int) -> Ruled:
    """Let what rules ask for happen, then what those on changes ask for; ``left`` is what the cause may still do."""
    rules = acting.work.policy.rules
    fired: list[str] = []
    told: list[Verdict] = []
    rounds, exhausted = 0, False
    while result.fired:
        rounds += 1
        fired += result.fired
        told.append(_round(acting, result, rounds))
        left = _carry_out(acting, result, left, rounds)
        exhausted = left < 0
        if exhausted or not rules.has("change"):
            break
        after = _facts_after(acting, facts)
        if after is None:
            break
        facts, result = after, rules.evaluate(after, "change")
    return Ruled(tuple(fired), rounds, exhausted, (*told, *acting.verdicts), max(left, 0))


def _round(acting: Acting, result: RuleResult, number: int) -> Verdict:
    """The verdict of a round; the first one tells how many events of ticket and customer it came after."""
    if number == 1:
        seen, customer = acting.work.happened(acting.ticket), acting.customer
        known = acting.work.happened(customer.id) if customer is not None else 0
        names = ",".join(result.fired)
        return verdict("rules.fired", Outcome.PASSED, *result.verdicts, rules=names, seen=seen, known=known)
    return verdict("rules.round", Outcome.PASSED, *result.verdicts, round=number)


def _carry_out(acting: Acting, result: RuleResult, left: int, rounds: int) -> int:
    """Let the effects of a round happen; what is left of the budget, below 0 if it was not enough."""
    for effect in result.effects[:left]:
        acting.by = effect.rule
        acting.carry_out(effect.action)
    skipped = result.effects[left:]
    if not skipped:
        return left - len(result.effects)
    names = tuple(dict.fromkeys(effect.rule for effect in skipped))
    budget = acting.work.policy.config.rule_budget
    acting.work.emit(
        acting.ticket,
        ev.RulesExhausted(budget=budget, rounds=rounds, rules=names),
        ev.AlertRaised(name=EXHAUSTED, rule=names[0]),
    )
    acting.verdicts.append(
        verdict("rules.exhausted", Outcome.REMOVED, budget=budget, rounds=rounds, rules=",".join(names))
    )
    return -1


def _facts_after(acting: Acting, facts: Facts) -> Facts | None:
    """What conditions see after a round; None if it has changed nothing."""
    ticket, customer = acting.subject, acting.customer or facts.customer
    if acting.customer is not None and asks_segments(acting.work.policy):
        customer = acting.work.settle(customer)
    if outline(ticket, customer) == outline(facts.ticket, facts.customer):
        return None
    return Facts(
        facts.message,
        facts.text,
        ticket,
        customer,
        new_ticket=facts.new_ticket,
        new_customer=facts.new_customer,
        now=facts.now,
        zone=facts.zone,
        before=facts,
        actor=Actor.rule(acting.by),
        match=facts.match,
        calendars=facts.calendars,
    )


def outline(ticket: Ticket, customer: Customer) -> tuple[object, ...]:
    """What a rule can change and a condition can see: two equal outlines call for no further round."""
    return (
        ticket.category,
        ticket.status,
        ticket.priority,
        ticket.type,
        ticket.queue,
        ticket.language,
        ticket.site,
        ticket.subject,
        ticket.worker.id if ticket.worker is not None else None,
        ticket.owner.id,
        ticket.close_reason,
        ticket.hand_offs,
        frozenset([tag.name for tag in ticket.tags]),
        frozenset([(one.name, one.value) for one in ticket.fields]),
        frozenset([flag.name for flag in ticket.flags]),
        (ticket.goal.name, ticket.goal.state) if ticket.goal is not None else None,
        customer.level,
        customer.stage,
        customer.language,
        customer.dedicated_agent,
        frozenset([tag.name for tag in customer.tags]),
        frozenset([flag.name for flag in customer.flags]),
        frozenset([one.name for one in customer.segments]),
        frozenset([(one.name, one.value) for one in customer.attributes]),
    )


def asks_segments(policy: Policy) -> bool:
    """True if some rule asks what segments a customer belongs to."""
    return "customer.segments" in policy.rules.reads.fields


def ready(work: Workspace, customer: Customer) -> Customer:
    """The customer as the rules have to see it: what is over has ended, and the segments are those of now."""
    customer = work.ready(customer)
    return work.settle(customer) if asks_segments(work.policy) else customer


def fire_timed(
    work: Workspace, ticket: Ticket, touched_at: datetime, allowance: str | None = None
) -> tuple[Verdict, ...]:
    """Let the timed rules of a ticket act whose time has come, earliest first; each at most once.

    They share the budget of one cause. ``touched_at`` is when something last happened that they did not do;
    ``allowance`` is the counter of what is said to this customer today, None if nothing may be said.
    """
    policy, key = work.policy, ticket.id
    told: list[Verdict] = []
    done: set[int] = set()
    left = policy.config.rule_budget
    while True:
        ticket, now = work.ticket(key), work.time_of(key)
        found = next((one for one in policy.timers.planned(ticket) if one.at <= now and one.number not in done), None)
        customer = work.person(ticket.identity)
        if found is None or customer is None:
            return tuple(told)
        done.add(found.number)
        zone, calendars = policy.zone, policy.service.times
        customer = ready(work, customer)
        facts = Facts(None, "", ticket, customer, now=now, zone=zone, actor=_CLOCK, calendars=calendars)
        result = policy.rules.evaluate_one(found.number, facts)
        rule = policy.rules.plan[found.number][1]
        event = ev.RuleTimed(
            rule=rule.name,
            version=policy.timers.version(found.number),
            since=found.since,
            due_at=found.at,
            touched_at=touched_at,
            fired=bool(result.fired),
        )
        work.emit(key, event)
        if result.fired:
            ruled = go_on(Acting(work=work, ticket=key, allowance=allowance), facts, result, left)
            left = ruled.left
            told += ruled.verdicts


_CLOCK: Final = Actor.system("clock")


def _flagged_then(ticket: Ticket) -> Ticket:
    """The ticket with the flags that were in force when it last changed, as those of a moment before have to be."""
    if not ticket.flags:
        return ticket
    held = [one for one in ticket.flags if one.until is None or one.until > ticket.updated_at]
    return replaced(ticket, flags=tuple(replaced(one, until=None) for one in held))


def after_command(work: Workspace, ticket: Ticket, customer: Customer, actor: Actor) -> Ruled:
    """Let the rules on changes see what was done to a ticket and its customer, given as they were before."""
    rules, zone = work.policy.rules, work.policy.zone
    changed, person = work.ticket(ticket.id), work.person(ticket.identity)
    if not rules.has("change") or person is None or changed.category is Category.MERGED:
        return Ruled()
    if outline(ticket, customer) == outline(changed, person):
        return Ruled()
    now = work.time_of(ticket.id)
    calendars = work.policy.service.times
    was = Facts(None, "", _flagged_then(ticket), customer, now=now, zone=zone, calendars=calendars)
    facts = Facts(None, "", changed, person, now=now, zone=zone, before=was, actor=actor, calendars=calendars)
    return apply_rules(Acting(work=work, ticket=ticket.id), facts, "change")
