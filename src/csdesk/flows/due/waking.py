"""Tickets whose instant has come: clocks, snoozes, closing by itself. Many share one load and one commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from csdesk.domain.core.catching_up import come_due
from csdesk.domain.core.ruling import after_command, fire_timed
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs, person_behind
from csdesk.domain.records.goals import GoalName
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import StoreError
from csdesk.flows.retrying import ATTEMPTS, may_repeat, retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Loaded, Scope
from csdesk.ports.store import LeaseRequest

BATCH = 100
"""How many tickets share a commit at most."""

Woken = tuple[int, datetime | None]
"""How many tickets had something due, and when the first of them wants to be woken again."""


def wake_tickets(limit: int, out_of_time: Callable[[], bool]) -> Flow[tuple[dict[str, int], bool, datetime | None]]:
    """Let what is due happen, earliest first; what was done, whether more is left, when more will be due."""
    scope = yield from steps.attempt(0)
    leased = yield from steps.lease(LeaseRequest(what="tickets", now=scope.now, limit=limit))
    woken = 0
    next_at = leased.next_due_at
    for start in range(0, len(leased.tickets), BATCH):
        if out_of_time():
            return {"tickets": woken}, True, next_at
        count, again = yield from _wake_batch(leased.tickets[start : start + BATCH])
        woken += count
        next_at = min((at for at in (next_at, again) if at is not None), default=None)
    return {"tickets": woken}, len(leased.tickets) == limit, next_at


def _wake_batch(tickets: Sequence[str]) -> Flow[Woken]:
    """The batch in one commit; if it keeps losing races, its tickets one by one."""
    try:
        return (yield from retried(_waking(tickets), attempts=2 if len(tickets) > 1 else ATTEMPTS, loads=3))
    except StoreError as error:
        if len(tickets) == 1 or not may_repeat(error):
            raise
    woken = 0
    nexts: list[datetime] = []
    for one in tickets:
        count, again = yield from retried(_waking((one,)), loads=3)
        woken += count
        nexts += [] if again is None else [again]
    return woken, min(nexts, default=None)


def _waking(tickets: Sequence[str]) -> Callable[[Scope], Flow[Woken]]:
    return lambda scope: _wake(tickets, scope)


def _wake(tickets: Sequence[str], scope: Scope) -> Flow[Woken]:
    rules = scope.policy.rules
    acts = rules.has("change") or rules.has("time")
    agents, phrases = (rules.agents, rules.phrases) if acts else ((), ())
    needs = Needs(tickets=tuple(tickets), agents=agents, phrases=phrases, parties=loaded_parties(scope))
    loaded = yield from steps.load(needs)
    if not needs.parties and any(_asks_the_customer(one) for one in loaded.snapshot.tickets.values()):
        loaded = yield from steps.load(needs._replace(parties=True))
    counters = _reminding(loaded, scope)
    if counters:
        counted = yield from steps.load(Needs(counters=tuple(counters.values())))
        loaded = loaded._replace(snapshot=loaded.snapshot._replace(counters=counted.snapshot.counters))
    work = workspace(loaded, scope)
    clock = Actor.system("clock")
    for key in tickets:
        ticket = work.ticket(key)
        # If another process was faster, nothing is due any more, and nothing happens.
        work.begin(f"wake/{key}", clock)
        person = work.person(ticket.identity)
        come_due(work, ticket)
        if person is not None:
            work.tell(*after_command(work, ticket, person, clock).verdicts)
        if ticket.rules_at is not None and ticket.rules_at <= work.time_of(key):
            work.tell(*fire_timed(work, ticket, ticket.touched_at, counters.get(key)))
        work.end(key)
    changes = work.changes()
    yield from steps.commit(changes)
    wakes = (work.ticket(key).wake_at for key in tickets)
    return len(changes.entries), min((at for at in wakes if at is not None), default=None)


def _asks_the_customer(ticket: Ticket) -> bool:
    """True if what the customer did decides about the goal of the ticket's session."""
    return ticket.goal is not None and ticket.goal.is_open and ticket.goal.name is GoalName.ORDER


def _reminding(loaded: Loaded, scope: Scope) -> dict[str, str]:
    """By ticket, the counter of what was said to its customer today, where a rule whose time has come may say more."""
    if not loaded.policy.rules.reminds:
        return {}
    found: dict[str, str] = {}
    for ticket in loaded.snapshot.tickets.values():
        if ticket.rules_at is None or ticket.rules_at > max(scope.now, ticket.updated_at):
            continue
        customer = person_behind(ticket.identity, loaded.snapshot.homes, loaded.snapshot.customers)
        known = customer.identity(ticket.identity) if customer is not None else None
        if known is not None:
            found[ticket.id] = scope.keys.automatic(known.kind, known.scope, known.external_id, scope.now.date())
    return found


def loaded_parties(scope: Scope) -> bool:
    """True if the customer must be known: to look again for a service level, or for rules on changes."""
    service = scope.policy.service
    rules = scope.policy.rules
    return bool(service.reads or service.regroups) or rules.has("change") or rules.has("time")
