"""Timed rules that go on for ever: what one does gives another one, or itself, a new cycle to be due in.

A timed rule acts once for each value of its instant. Rules can move some of these instants (they resolve and reopen,
they change what a service level depends on): then the desk busies itself, once in each period, with nobody saying a
word. It is looked for by trying: time goes on after a witness until nothing is due, or a rule has acted too often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from csdesk.domain.analysis.effects import reaches, settles, timer_slot
from csdesk.domain.analysis.findings import Finding
from csdesk.domain.analysis.reachable import Rules
from csdesk.domain.analysis.trying import bench
from csdesk.domain.analysis.worlds import Witness
from csdesk.domain.core.catching_up import come_due
from csdesk.domain.core.ruling import after_command, fire_timed
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.tickets import Category, FieldValue, Ticket
from csdesk.domain.rules.language import RulePolicy

OFTEN: Final = 3
"""A rule that acts so many times with nobody saying a word goes on for ever."""

_MOST: Final = 24
"""How many instants are gone through after a witness."""


def timed_loops(rules: Rules, policy: Policy, paths: dict[str, str]) -> Iterator[Finding]:
    """The timed rules that go on for ever, or might."""
    timed = [(number, rule) for number, (_, rule) in enumerate(rules.plan) if timer_slot(rule)]
    given = reaches(rules.plan, policy, renewed=True) if timed else ()
    moving = settles(given)
    involved = {one.rule.name for one in given if one.slots & moving or one.reads & moving}
    suspects = [rule.name for _, rule in timed if rule.name in involved]
    if not suspects:
        return
    slots = ", ".join(sorted(moving))
    for number, rule in enumerate([rule for _, rule in rules.plan]):
        found = rules.can_fire(number, "time").witness if rule.timer is not None else None
        if found is None:
            continue
        witness = replace(found, ticket=_due(found, rule))
        again = acting_on(policy, witness)
        if again:
            told = (("rules", ", ".join(again)), ("slots", slots))
            yield Finding(code="check.timed_loop", path=paths[again[0]], params=told, rules=again, witness=witness)
            return
    told = (("rules", ", ".join(suspects)), ("slots", slots))
    yield Finding(code="check.timed_loop_undecided", path=paths[suspects[0]], params=told, rules=tuple(suspects))


def acting_on(policy: Policy, witness: Witness) -> tuple[str, ...]:
    """The rules that act again and again after the witness; none if everything comes to rest."""
    work = bench(policy, witness)
    key, clock = witness.ticket.id, Actor.system("clock")
    for step in range(_MOST):
        ticket = work.ticket(key)
        planned = policy.timers.planned(ticket)
        marks = [at for at in (planned[0].at if planned else None, ticket.wake_at) if at is not None]
        if not marks or min(marks) > witness.now + timedelta(days=3650):
            break
        work.now = max(work.now, min(marks))
        work.begin(f"try{step}", clock)
        come_due(work, ticket)
        after_command(work, ticket, work.customer(witness.customer.id), clock)
        fire_timed(work, ticket, ticket.touched_at, "try")
        work.end(key)
    acted = Counter(
        event.rule
        for entry in work.changes().entries
        for event in entry.events
        if isinstance(event, ev.RuleTimed) and event.fired
    )
    return tuple(name for name, times in acted.items() if times >= OFTEN)


def _due(witness: Witness, rule: RulePolicy) -> Ticket:
    """The witness's ticket with the instant that the rule counts from, so that it is due at the present time."""
    ticket, timer = witness.ticket, rule.timer
    assert timer is not None
    since = witness.now - timer.after if timer.after is not None else witness.now + (timer.before or timedelta(0))
    match timer.of:
        case "ticket.resolved_at":
            return replaced(ticket, category=Category.RESOLVED, status="resolved", resolved_at=since, worker=None)
        case "ticket.closed_at":
            return replaced(ticket, category=Category.CLOSED, status="closed", closed_at=since, worker=None)
        case of if of.startswith("ticket.x."):
            name = of.removeprefix("ticket.x.")
            others = tuple(one for one in ticket.fields if one.name != name)
            return replaced(ticket, fields=(*others, FieldValue(name=name, value=since.isoformat())))
        case "ticket.sla_due_at":
            return ticket
        case of:
            return replaced(ticket, **{of.removeprefix("ticket."): since})
