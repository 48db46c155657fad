"""Giving waiting tickets to agents who have room again: over all queues the oldest comes first, or the most urgent.

Where a queue goes by priority, each step of it counts as some age, so that every ticket has its turn at last. A ticket
that nobody may take now is passed over; those behind it that ask for the same are passed over with it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from csdesk.domain.core.casework.giving import HELD_BACK, age_of, give
from csdesk.domain.core.catching_up import catch_up
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs, WaitingLine
from csdesk.domain.records.tickets import LinkKind, Ticket
from csdesk.domain.routing.choice import Found
from csdesk.domain.routing.roster import Roster
from csdesk.domain.routing.search import Search, needs_of
from csdesk.domain.time.instants import earliest
from csdesk.errors import GuardFailed
from csdesk.flows.inbound.routing import followed_up
from csdesk.flows.reading.lists import everything, page_of
from csdesk.flows.retrying import retried
from csdesk.flows.routing.racing import is_overtaken
from csdesk.flows.routing.rehoming import rehome
from csdesk.flows.routing.saving import Saving, tell_if_nobody_ever
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Loaded, Scope
from csdesk.ports.store import Query

_PAGE: Final = 100
"""How many tickets of a line are read at a time."""

Drained = tuple[int, bool, datetime | None]
"""How many tickets found somebody, whether more may, and when time alone may change something for those that wait."""


@dataclass(slots=True)
class _Line:
    """The tickets of one queue and priority that wait, oldest first, read a page at a time."""

    queue: str
    priority: int
    cursor: str | None = None
    is_read: bool = False
    tickets: list[Ticket] = field(default_factory=list)

    def next_page(self) -> Flow[None]:
        """Read on."""
        where = (("waits", self.priority), ("queue", self.queue))
        query = Query(kind="ticket", where=where, order="created_at", limit=_PAGE, after=self.cursor)
        page = yield from page_of(Ticket, query)
        self.tickets = list(reversed(page.items))
        self.cursor = page.cursor
        self.is_read = page.cursor is None


@dataclass(slots=True)
class _Pass:
    """One pass over all that wait."""

    limit: int
    out_of_time: Callable[[], bool]
    assigned: int = 0
    next_at: datetime | None = None
    is_cut: bool = False
    hopeless: set[tuple[object, ...]] = field(default_factory=set)
    """What was asked for in vain: while a pass goes on nobody's load falls, so it need not be asked again."""
    saving: Saving = field(default_factory=Saving)

    @property
    def is_over(self) -> bool:
        """True if no more is to be done now."""
        self.is_cut = self.is_cut or self.assigned >= self.limit or self.out_of_time()
        return self.is_cut

    def wake(self, at: datetime | None) -> None:
        """Note when to look again."""
        self.next_at = earliest(self.next_at, at)


def drain(loaded: Loaded, limit: int, out_of_time: Callable[[], bool]) -> Flow[Drained]:
    """Give out waiting tickets, ``limit`` at most; those of a queue that is gone move to its heir before."""
    rows = yield from everything(WaitingLine, Query(kind="line", limit=1000))
    left_behind = [row for row in rows if not loaded.policy.has_queue(row.queue)]
    for row in left_behind:
        yield from rehome(row, out_of_time)
    if left_behind:
        rows = yield from everything(WaitingLine, Query(kind="line", limit=1000))
    rows = tuple(row for row in rows if _has_people(row.queue, loaded))
    if not rows:
        return 0, False, None
    going = _Pass(limit, out_of_time)
    ages = _Ages(rows)
    while not going.is_over:
        ticket = yield from ages.pop()
        if ticket is None:
            break
        yield from _serve(ticket, ages, going)
    return going.assigned, going.is_cut or going.saving.has_freed, going.next_at


def _has_people(queue: str, loaded: Loaded) -> bool:
    """True if anybody works in a queue, or in one that may help out; of ``bot_only`` people get nothing by routing."""
    return queue not in loaded.policy.reception.bot_only and any(
        loaded.roster.groups(helper) for helper in loaded.policy.routing.helpers(queue)
    )


class _Ages:
    """All lines merged by the age at which their tickets count."""

    def __init__(self, rows: tuple[WaitingLine, ...]) -> None:
        self._lines = [_Line(row.queue, row.priority) for row in rows]
        self._heap: list[tuple[datetime, str, int]] = []
        self._work: Workspace | None = None
        self._is_begun = False
        self.people: dict[str, Workspace] = {}
        """Of the tickets that are read: what was loaded with each."""
        self.roster = Roster()

    def pop(self) -> Flow[Ticket | None]:
        """The ticket whose turn it is; None: no more wait."""
        if not self._is_begun:
            self._is_begun = True
            for place in range(len(self._lines)):
                yield from self._refill(place)
        if not self._heap:
            return None
        _, _, place = heapq.heappop(self._heap)
        line = self._lines[place]
        ticket = line.tickets.pop()
        self._push(place)
        if not line.tickets and not line.is_read:
            yield from self._refill(place)
        return ticket

    def _refill(self, place: int) -> Flow[None]:
        line = self._lines[place]
        yield from line.next_page()
        wanted = tuple(ticket.id for ticket in line.tickets)
        if wanted:
            links = (one.ticket for ticket in line.tickets for one in ticket.links if one.kind is LinkKind.FOLLOW_UP_OF)
            scope = yield from steps.attempt(0)
            loaded = yield from steps.load(Needs(tickets=(*wanted, *dict.fromkeys(links)), parties=True), roster=True)
            work = workspace(loaded, scope)
            self._work, self.roster = work, loaded.roster
            self.people |= dict.fromkeys(wanted, work)
        self._push(place)

    def _push(self, place: int) -> None:
        line = self._lines[place]
        if line.tickets and self._work is not None:
            head = line.tickets[-1]
            age = age_of(self._work, line.queue, line.priority, head.created_at)
            heapq.heappush(self._heap, (age, head.id, place))


def _serve(ticket: Ticket, ages: _Ages, going: _Pass) -> Flow[None]:
    work = ages.people.pop(ticket.id)
    search = _search(work, work.ticket(ticket.id), ages.roster)
    if search is None:
        return
    going.wake(search.next_at)
    if not search.preferred and search.signature in going.hopeless:
        return
    tried = yield from retried(lambda scope: _assign(ticket, search, scope))
    if tried is None:
        return
    if tried.found:
        going.assigned += 1
        return
    if not search.preferred:
        going.hopeless.add(search.signature)
    if tried.lacks_anybody:
        yield from tell_if_nobody_ever(ticket, search, ages.roster)
    elif not tried.is_held_back:
        going.wake((yield from going.saving.consider(ticket, search, work.now)))


def _search(work: Workspace, ticket: Ticket, roster: Roster) -> Search | None:
    if ticket.waits is None:
        return None
    return work.policy.routing.search(
        ticket,
        work.person(ticket.identity),
        roster,
        work.policy.service,
        now=work.time_of(ticket.id),
        zone=work.policy.zone,
        prior=followed_up(work, ticket),
        plans=True,
    )


class _Tried(NamedTuple):
    """What came of looking for somebody."""

    found: bool
    is_held_back: bool = False
    """True if nobody was looked for, however much room there is."""
    lacks_anybody: bool = False
    """True if there is no agent who might fit now."""


def _assign(seen: Ticket, wanted: Search, scope: Scope) -> Flow[_Tried | None]:
    """Whether the ticket found somebody; None: it is no longer what it was, and this was not the time to ask."""
    needs = needs_of((wanted,), waiting=False)
    if not needs.candidates and not needs.agents:
        return _Tried(found=False, lacks_anybody=True)
    both = Needs(
        tickets=(seen.id,), candidates=needs.candidates, agents=needs.agents, counters=needs.counters, parties=True
    )
    loaded = yield from steps.load(both)
    found = Found()
    while True:
        work = workspace(loaded, scope)
        found.lay_in(needs, loaded.snapshot, partial(age_of, work))
        work.found = found.afresh()
        work.begin(f"drain/{seen.id}", Actor.system("routing"))
        if work.ticket(seen.id).version != seen.version:
            return None
        ticket = catch_up(work, work.ticket(seen.id))
        if ticket.waits is None or ticket.queue != wanted.queue:
            return None
        given, told = give(work, ticket, wanted)
        if given.waits is not None:
            return _Tried(found=False, is_held_back=told.code == HELD_BACK)
        work.end(seen.id, (told,))
        try:
            yield from steps.commit(work.changes())
        except GuardFailed as problem:
            if not is_overtaken(problem, found):
                raise
        else:
            return _Tried(found=True)
