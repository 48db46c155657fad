"""Who could take work, who could not, and how long the lines are: questions about routing, answered on demand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from csdesk._batched import batched
from csdesk.domain.core.casework.giving import age_of
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.changes import AgentGroup, CandidateNeed, Needs, WaitingLine
from csdesk.domain.records.counters import load_counter
from csdesk.domain.records.tickets import LinkKind, Ticket
from csdesk.domain.records.trace import Verdict
from csdesk.domain.routing.choice import ordered
from csdesk.domain.routing.judging import judged
from csdesk.domain.routing.search import Search, Stage
from csdesk.errors import InvalidInput
from csdesk.flows.inbound.routing import followed_up
from csdesk.flows.reading import checks
from csdesk.flows.reading.known_names import check_names
from csdesk.flows.reading.lists import everything, page_of
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Loaded
from csdesk.ports.store import Query, Where

_EVERYBODY: Final = 1_000_000
_CHUNK: Final = 500
_MOST_AHEAD: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether an agent can be given work now, and if not, for which reasons."""

    agent: Agent
    load: int
    """What the agent carries, in units."""
    queue: str
    """The queue that it is about: the ticket's own, or one that helps out."""
    reasons: tuple[Verdict, ...] = ()
    """``csdesk.render`` makes text of them; empty: the agent can."""

    @property
    def is_available(self) -> bool:
        """True if routing may choose the agent now."""
        return not self.reasons


def available(queue: str | None, ticket: str | None) -> Flow[tuple[Availability, ...]]:
    """Everybody who works in a queue, or in those open to a ticket: who can take it first, the best before others."""
    if (queue is None) == (ticket is None):
        raise InvalidInput("queue", "give one of queue and ticket", "pass queue= or ticket=")
    search = yield from (_for_queue(queue) if queue is not None else _for_ticket(str(ticket)))
    found: list[Availability] = []
    seen: set[str] = set()
    for stage in search.stages:
        people = yield from everything(Agent, Query(kind="agent", where=(("queue", stage.queue),), limit=1000))
        fresh = [one for one in people if one.id not in seen]
        seen.update(one.id for one in fresh)
        found += yield from _judged(fresh, search, stage)
    return tuple(found)


def _for_queue(queue: str) -> Flow[Search]:
    checks.an_id(queue, "queue")
    scope = yield from steps.attempt(0)
    loaded = yield from steps.load(Needs(), roster=True)
    if not loaded.policy.has_queue(queue):
        yield from check_names((("queue", queue),))
    return loaded.policy.routing.look(queue, loaded.roster, loaded.policy.service, scope.now)


def _for_ticket(ticket_id: str) -> Flow[Search]:
    checks.an_id(ticket_id, "ticket")
    scope = yield from steps.attempt(0)
    loaded = yield from steps.load(Needs(tickets=(ticket_id,), parties=True), roster=True)
    links = loaded.snapshot.tickets[ticket_id].links if ticket_id in loaded.snapshot.tickets else ()
    prior = tuple(one.ticket for one in links if one.kind is LinkKind.FOLLOW_UP_OF)
    if prior:
        loaded = yield from steps.load(Needs(tickets=(ticket_id, *prior), parties=True), roster=True)
    work = workspace(loaded, scope)
    return _search(work, work.ticket(ticket_id), loaded)


def _search(work: Workspace, ticket: Ticket, loaded: Loaded) -> Search:
    policy = work.policy
    return policy.routing.search(
        ticket,
        work.person(ticket.identity),
        loaded.roster,
        policy.service,
        now=work.time_of(ticket.id),
        zone=policy.zone,
        prior=followed_up(work, ticket),
        plans=True,
    )


def _judged(people: list[Agent], search: Search, stage: Stage) -> Flow[list[Availability]]:
    yield from steps.attempt(0)
    start = search.start if stage.strategy == "consistent_hash" else 0
    need = CandidateNeed(stage.queue, _EVERYBODY, start=start)
    loaded = yield from steps.load(Needs(candidates=(need,)))
    best = [one.agent for one in ordered(loaded.snapshot.candidates[need.key], stage.strategy, search)]
    # Whom routing asks first: who had the ticket before, or the customer's own agent.
    places = {
        agent: place for place, agent in enumerate(dict.fromkeys([*(one.agent for one in search.preferred), *best]))
    }
    found: list[Availability] = []
    for part in batched(people, _CHUNK):
        yield from steps.attempt(0)
        loaded = yield from steps.load(Needs(counters=tuple(load_counter(one.id) for one in part)))
        for one in part:
            load = loaded.snapshot.counters.get(load_counter(one.id), 0)
            told = judged(one, load, search, stage)
            found.append(Availability(agent=one, load=load, queue=stage.queue, reasons=told))
    return sorted(found, key=lambda one: (bool(one.reasons), places.get(one.agent.id, len(places)), one.agent.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Where a ticket stands in its line."""

    ticket: Ticket
    position: int
    """From 1: how many tickets of its queue have their turn before it, and itself."""
    is_capped: bool
    """True if more are ahead of it than were counted."""
    since: datetime
    """When it began to wait in this queue."""
    next_at: datetime | None
    """When time alone may change who is asked: a wish is dropped, a helper or a shift begins."""


def groups(queue: str | None) -> Flow[tuple[AgentGroup, ...]]:
    """The kinds of agents of each queue."""
    yield from steps.attempt(0)
    where: Where = () if queue is None else (("queue", checks.an_id(queue, "queue")),)
    found = yield from everything(AgentGroup, Query(kind="group", where=where, limit=1000))
    if not found:
        yield from check_names(where)
    return found


def waiting(queue: str | None) -> Flow[tuple[WaitingLine, ...]]:
    """The lines of tickets that wait for somebody, by queue and priority."""
    yield from steps.attempt(0)
    where: Where = () if queue is None else (("queue", checks.an_id(queue, "queue")),)
    found = yield from everything(WaitingLine, Query(kind="line", where=where, limit=1000))
    if not found:
        yield from check_names(where)
    return found


def position(ticket_id: str) -> Flow[Wait | None]:
    """Where a ticket stands in the line of its queue; None if it does not wait for anybody.

    Raises:
        NotFound: this desk has no such ticket.
    """
    checks.an_id(ticket_id, "ticket")
    scope = yield from steps.attempt(0)
    loaded = yield from steps.load(Needs(tickets=(ticket_id,), parties=True), roster=True)
    work = workspace(loaded, scope)
    ticket = work.ticket(ticket_id)
    if ticket.waits is None:
        return None
    mine = (age_of(work, ticket.queue, int(ticket.waits), ticket.created_at), ticket.id)
    ahead, is_capped = 0, False
    for priority in range(1, 5):
        where = (("waits", priority), ("queue", ticket.queue))
        query = Query(kind="ticket", where=where, order="created_at", limit=_MOST_AHEAD)
        page = yield from page_of(Ticket, query)
        before = sum((age_of(work, one.queue, priority, one.created_at), one.id) < mine for one in page.items)
        ahead += before
        is_capped = is_capped or (before == len(page.items) and page.cursor is not None)
    search = _search(work, ticket, loaded)
    return Wait(
        ticket=ticket, position=ahead + 1, is_capped=is_capped, since=ticket.waits_since, next_at=search.next_at
    )
