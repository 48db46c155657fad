"""Room for tickets that lack nothing else, and word of those for whom nobody is right.

The rule: of each queue the oldest ticket that has waited ``save_room_after`` and lacks nothing but room has one agent
save it: that agent is given nothing else until there is room, or the ticket finds somebody sooner. Nobody saves room
for two tickets; of two that ask the older one is served. So small tickets cannot pass a big one for ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from csdesk._batched import batched
from csdesk.domain.core.casework.giving import STUCK, save_room, withdraw_room
from csdesk.domain.core.catching_up import catch_up
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import AgentId
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.agents import Agent, Presence
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.counters import load_counter
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome, verdict
from csdesk.domain.routing.judging import reason_why_not
from csdesk.domain.routing.roster import Roster
from csdesk.domain.routing.search import Search
from csdesk.flows.reading.lists import everything
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Loaded, Scope
from csdesk.ports.store import Query, Where

_PAGE: Final = 1000
"""How many agents are read at a time, of a queue or of their loads."""

_ACTOR: Final = Actor.system("routing")


class _Saver(NamedTuple):
    """An agent who could save room; the first in order has the least left to do before there is room."""

    missing: int
    load: int
    agent: str


@dataclass(slots=True)
class Saving:
    """What one pass over all that wait knows of saved room."""

    queues: set[str] = field(default_factory=set)
    """Those whose oldest ticket was considered."""
    agents: set[str] = field(default_factory=set)
    """Who saves room for a ticket that was considered."""
    people: dict[str, tuple[Agent, ...]] = field(default_factory=dict)
    """Who is online in each queue, as far as anybody asked."""
    has_freed: bool = False
    """Room was taken from a ticket whose turn it is not: it may be what an older one lacked in this pass."""

    def consider(self, ticket: Ticket, search: Search, now: datetime) -> Flow[datetime | None]:
        """Save room for a ticket that found nobody, if it is its turn; when to look again because of it."""
        if ticket.queue in self.queues:
            if ticket.saved_with is not None:
                yield from retried(lambda scope: _withdraw(ticket, scope))
                self.has_freed = True
            return None
        since = ticket.waits_since + search.terms.save_after
        if now < since:
            self.queues.add(ticket.queue)
            return since
        agent = yield from self._saver(ticket, search)
        if agent is None:
            return None  # it lacks more than room, and holds up nobody
        self.queues.add(ticket.queue)
        self.agents.add(agent)
        return None

    def _saver(self, ticket: Ticket, search: Search) -> Flow[str | None]:
        """Who saves room for the ticket now, newly or still."""
        kept = ticket.saved_with
        if kept is not None and kept not in self.agents and (yield from _still_fits(kept, search)):
            return kept
        people = yield from self._people(search)
        able = [one for one in people if one.id not in self.agents and _may_save(one, search)]
        loads = yield from _loads(able)
        savers = (_Saver(loads[one.id] + search.room - one.capacity, loads[one.id], one.id) for one in able)
        found = min(savers, default=None)
        if found is None and kept is None:
            return None
        saved = yield from retried(lambda scope: _save(ticket, search, found, scope))
        return found.agent if found is not None and saved else None

    def _people(self, search: Search) -> Flow[list[Agent]]:
        """Everybody online in the queues that are asked: read once in a pass, however many tickets look for room."""
        found: dict[str, Agent] = {}
        for queue in dict.fromkeys(stage.queue for stage in search.stages):
            if queue not in self.people:
                self.people[queue] = yield from everything(Agent, Query(kind="agent", where=_here(queue), limit=_PAGE))
            found |= {one.id: one for one in self.people[queue]}
        return list(found.values())


def _may_save(one: Agent, search: Search) -> bool:
    """True if an agent fits who carries nothing, and others could pass the ticket at theirs.

    A ticket of one unit can only be passed by those of other queues.
    """
    is_passed = search.units > 1 or len(one.queues) > 1
    return is_passed and _fits(one, search)


def _fits(one: Agent, search: Search) -> bool:
    return any(reason_why_not(one, 0, search, stage) == "" for stage in search.stages)


def _still_fits(agent: str, search: Search) -> Flow[bool]:
    yield from steps.attempt(0)
    known = (yield from steps.load(Needs(agents=(agent,)))).snapshot.agents.get(AgentId(agent))
    return known is not None and _fits(known, search)


def _here(queue: str) -> Where:
    return (("queue", queue), ("presence", Presence.ONLINE.value))


def _loads(people: list[Agent]) -> Flow[dict[str, int]]:
    found: dict[str, int] = {}
    for part in batched(people, _PAGE):
        yield from steps.attempt(0)
        loaded = yield from steps.load(Needs(counters=tuple(load_counter(one.id) for one in part)))
        found |= {one.id: loaded.snapshot.counters.get(load_counter(one.id), 0) for one in part}
    return found


def _begun(seen: Ticket, loaded: Loaded, scope: Scope) -> tuple[Workspace, Ticket] | None:
    """A workspace in which the ticket still waits as it did; None if something happened to it."""
    work = workspace(loaded, scope)
    work.begin(f"room/{seen.id}", _ACTOR)
    if work.ticket(seen.id).version != seen.version:
        return None
    ticket = catch_up(work, work.ticket(seen.id))
    return (work, ticket) if ticket.waits is not None else None


def _withdraw(seen: Ticket, scope: Scope) -> Flow[None]:
    loaded = yield from steps.load(Needs(tickets=(seen.id,), parties=True))
    begun = _begun(seen, loaded, scope)
    if begun is not None:
        work, ticket = begun
        withdraw_room(work, ticket, "older_first")
        work.end(seen.id)
        yield from steps.commit(work.changes())


def _save(seen: Ticket, search: Search, saver: _Saver | None, scope: Scope) -> Flow[bool]:
    """Let an agent save room (None: nobody), instead of whoever did."""
    loaded = yield from steps.load(Needs(tickets=(seen.id,), parties=True))
    begun = _begun(seen, loaded, scope)
    if begun is None:
        return False
    work, ticket = begun
    ticket = withdraw_room(work, ticket, "another_agent")
    if saver is not None:
        _, told = save_room(work, ticket, search, saver.agent, saver.load)
        work.tell(told)
    work.end(seen.id)
    yield from steps.commit(work.changes())
    return True


def tell_if_nobody_ever(ticket: Ticket, search: Search, roster: Roster) -> Flow[None]:
    """Raise an alert, once for as long as it waits, about a ticket that no agent can ever be given."""
    yield from retried(lambda scope: _tell(ticket, search, roster, scope))


def _tell(seen: Ticket, search: Search, roster: Roster, scope: Scope) -> Flow[None]:
    key = scope.keys.effect("stuck", seen.id, seen.waits_since.isoformat())
    loaded = yield from steps.load(Needs(claims=(key,), tickets=(seen.id,), parties=True))
    if key in loaded.snapshot.claims:
        return
    begun = _begun(seen, loaded, scope)
    if begun is None:
        return
    work, ticket = begun
    policy = work.policy
    reach = policy.routing.reach(ticket, work.person(ticket.identity), roster, policy.service, zone=policy.zone)
    if any(one.profiles for one in reach):
        return  # in time somebody may get it
    work.claim(key, ticket.id, keep=policy.config.retention.command_claims)
    work.emit(ticket.id, ev.AlertRaised(name=STUCK))
    below = [one for fitting in reach for one in fitting.told]
    work.end(ticket.id, (verdict("route.nobody_ever", Outcome.REMOVED, *below, queue=search.queue),))
    yield from steps.commit(work.changes())
