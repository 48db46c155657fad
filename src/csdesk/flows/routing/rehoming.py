"""Tickets that wait in a queue which the configuration no longer has move to the one that took its place.

That is the queue that names it in ``formerly``, or the default queue. They keep their age; what somebody has, or is
offered, stays where it is until it waits again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from csdesk.domain.core.casework.giving import withdraw_room
from csdesk.domain.core.casework.tickets import set_field
from csdesk.domain.core.catching_up import catch_up
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs, WaitingLine
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome, verdict
from csdesk.flows.reading.lists import page_of
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import Query

BATCH: Final = 50
"""How many tickets share a commit at most."""

_ACTOR: Final = Actor.system("routing")


def rehome(line: WaitingLine, out_of_time: Callable[[], bool]) -> Flow[None]:
    """Move the tickets of one line, as far as there is time."""
    where = (("waits", line.priority), ("queue", line.queue))
    while not out_of_time():
        page = yield from page_of(Ticket, Query(kind="ticket", where=where, order="created_at", limit=BATCH))
        found = tuple(one.id for one in page.items)
        if not found or not (yield from retried(lambda scope: _move(line.queue, found, scope))):  # noqa: B023  # run at once
            return


def _move(queue: str, found: tuple[str, ...], scope: Scope) -> Flow[int]:
    loaded = yield from steps.load(Needs(tickets=found, parties=True))
    work = workspace(loaded, scope)
    heir = work.policy.heir_of(queue)
    moved = [key for key in found if not work.policy.has_queue(queue) and _moves(work, key, queue, heir)]
    yield from steps.commit(work.changes())
    return len(moved)


def _moves(work: Workspace, key: str, queue: str, heir: str) -> bool:
    ticket = work.ticket(key)
    if ticket.queue != queue or ticket.waits is None:
        return False
    work.begin(f"rehome/{key}", _ACTOR)
    ticket = withdraw_room(work, catch_up(work, ticket), "rehomed")
    if ticket.queue == queue:
        set_field(work, ticket, "queue", heir)
    work.end(key, (verdict("route.rehomed", Outcome.NOTED, queue=queue, heir=heir),))
    return True
