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
from csdesk.domain.time.instants import earliest
from csdesk.flows.due.batches import Woken, wake_all
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Loaded, Scope
from csdesk.ports.store import LeaseRequest


def wake_tickets(limit: int, out_of_time: Callable[[], bool]) -> Flow[tuple[dict[str, int], bool, datetime | None]]:
    """Let what is due happen, earliest first; what was done, whether more is left, when more will be due."""
    scope = yield from steps.attempt(0)
    leased = yield from steps.lease(LeaseRequest(what="tickets", now=scope.now, limit=limit))
    woken, is_cut, next_at = yield from wake_all(leased.tickets, _wake, leased.next_due_at, out_of_time, loads=3)
    return {"tickets": woken}, is_cut or len(leased.tickets) == limit, next_at


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
    return len(changes.entries), earliest(*wakes)


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
