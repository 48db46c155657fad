"""What is due: clocks, snoozes, the outbox, planned work, waiting tickets, upkeep. Bounded, and safe to run anywhere.

Every part may run in several processes at once: tickets are guarded by their version, other work is leased.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from csdesk.domain.core.tickets import assign, catch_up, change_status
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import TicketId
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import CandidateNeed, ChangeSet, Claim, ClaimMove, Needs
from csdesk.domain.records.channels import PullHint, PullPage
from csdesk.domain.records.queues import DueItem
from csdesk.domain.records.tickets import Category, Move, Ticket
from csdesk.domain.records.trace import Outcome, verdict
from csdesk.flows import queues
from csdesk.flows.outbox import deliver
from csdesk.flows.reports import PULL, take_events
from csdesk.flows.retrying import retried
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import Leased, LeaseRequest, Query

SLICE = 100
"""How much of one kind of work is taken at a time, so that no kind starves the others."""

PULL_AGAIN = timedelta(minutes=1)
"""How long a failed pull waits before it is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReport:
    """What ``run_due`` did, and when to come back.

    ``more`` True: the limit or the time ran out, call again at once. Otherwise sleep until ``next_due_at`` (None:
    nothing is planned; come back when you like, new work makes itself known at the next call).
    """

    tickets: int = 0
    """Tickets whose warnings, breaches or snoozes came due."""
    assigned: int = 0
    """Waiting tickets that found an agent."""
    sent: int = 0
    failed: int = 0
    """Outbound messages that are now dead or unknown."""
    retried: int = 0
    pulled: int = 0
    """Events that pulls brought in."""
    resumed: int = 0
    """Conversations whose messages waited in the inbox for nothing, and went on."""
    indexed: int = 0
    """Messages that were indexed for search."""
    expired: int = 0
    """Claims that expired."""
    more: bool = False
    next_due_at: datetime | None = None


_COUNTS = ("tickets", "assigned", "sent", "failed", "retried", "pulled", "resumed", "indexed", "expired")


def run_due(limit: int, out_of_time: Callable[[], bool]) -> Flow[DueReport]:
    """Do what is due, at most about ``limit`` pieces of work; ``out_of_time`` is asked between pieces."""
    done = dict.fromkeys(_COUNTS, 0)
    left = limit
    more = False
    nexts: list[datetime] = []
    for part in (_wake_tickets, _deliver, _drain, _planned, _resume, _maintain):
        if left <= 0 or out_of_time():
            more = True
            break
        counts, again, next_at = yield from part(min(left, SLICE))
        for name, amount in counts.items():
            done[name] += amount
        left -= sum(counts.values())
        more = more or again
        if next_at is not None:
            nexts.append(next_at)
    return DueReport(**done, more=more, next_due_at=min(nexts, default=None))


_Part = tuple[dict[str, int], bool, datetime | None]


def _wake_tickets(limit: int) -> Flow[_Part]:
    scope = yield from steps.attempt(0)
    leased = yield from steps.lease(LeaseRequest(what="tickets", now=scope.now, limit=limit))
    woken = 0
    for ticket_id in leased.tickets:
        woken += yield from retried(_waking(ticket_id))
    return {"tickets": woken}, len(leased.tickets) == limit, leased.next_due_at


def _waking(ticket_id: str) -> Callable[[Scope], Flow[int]]:
    return lambda scope: _wake(ticket_id, scope)


def _wake(ticket_id: str, scope: Scope) -> Flow[int]:
    loaded = yield from steps.load(Needs(tickets=(ticket_id,)))
    work = Workspace(loaded.snapshot, loaded.policy, scope.keys, scope.now, scope.ids)
    work.begin(f"wake/{ticket_id}", Actor.system("clock"))
    ticket = catch_up(work, work.ticket(ticket_id))
    if ticket.category is Category.SNOOZED and ticket.snoozed_until is not None and ticket.snoozed_until <= scope.now:
        change_status(work, ticket, Move.WAKE, reason="snooze_over")
    work.end(ticket_id)
    changes = work.changes()
    yield from steps.commit(changes)
    return 1 if changes.entries else 0


def _deliver(limit: int) -> Flow[_Part]:
    sending = yield from deliver(limit)
    counts = {"sent": sending.sent, "failed": sending.failed, "retried": sending.retried}
    return counts, len(sending.leased.outbox) == limit, sending.leased.next_due_at


def _drain(limit: int) -> Flow[_Part]:
    """Give waiting tickets to agents who have room again, oldest first."""
    where = (("assignee", None), ("category", (Category.NEW.value, Category.OPEN.value)))
    page = yield from steps.listed(Query(kind="ticket", where=where, order="created_at", limit=limit))
    waiting = [one for one in page.items if isinstance(one, Ticket)]
    assigned = 0
    full: set[str] = set()
    for ticket in waiting:
        if ticket.queue in full:
            continue
        found = yield from retried(_assigning(ticket.id, ticket.queue))
        assigned += found
        if not found:
            full.add(ticket.queue)
    return {"assigned": assigned}, False, None


def _assigning(ticket_id: TicketId, queue: str) -> Callable[[Scope], Flow[int]]:
    return lambda scope: _assign(ticket_id, queue, scope)


def _assign(ticket_id: TicketId, queue: str, scope: Scope) -> Flow[int]:
    loaded = yield from steps.load(Needs(tickets=(ticket_id,), candidates=(CandidateNeed(queue),)))
    work = Workspace(loaded.snapshot, loaded.policy, scope.keys, scope.now, scope.ids)
    work.add_candidates(loaded.snapshot.candidates)
    ticket = work.ticket(ticket_id)
    if ticket.worker is not None or not ticket.is_live or ticket.queue != queue:
        return 0
    candidate = work.take_candidate(queue)
    if candidate is None:
        return 0
    work.begin(f"drain/{ticket_id}", Actor.system("routing"))
    work.guard_load(candidate.agent, candidate.capacity)
    assign(work, catch_up(work, ticket), candidate.agent, reason="route.least_loaded")
    work.end(
        ticket_id,
        (verdict("route.assigned", Outcome.CHOSEN, agent=candidate.agent, load=candidate.load, queue=queue),),
    )
    yield from steps.commit(work.changes())
    return 1


def _planned(limit: int) -> Flow[_Part]:
    scope = yield from steps.attempt(0)
    leased: Leased = yield from steps.lease(LeaseRequest(what="due", now=scope.now, limit=limit, kinds=(PULL,)))
    pulled = 0
    for item in leased.due:
        pulled += yield from _pull(item)
    return {"pulled": pulled}, len(leased.due) == limit, leased.next_due_at


def _pull(item: DueItem) -> Flow[int]:
    """Fetch page after page; the cursor moves only after a page is stored, so a crash repeats a page and loses none."""
    hint = PullHint.model_validate_json(item.payload)
    scope = yield from steps.attempt(0)
    key = scope.keys.cursor(hint.account)
    loaded = yield from steps.load(Needs(claims=(key,)))
    cursor = loaded.snapshot.claims.get(key)
    taken = 0
    while True:
        try:
            page: PullPage = yield from steps.pull(hint.account, hint, cursor)
        except Exception:  # noqa: BLE001  refused, no channel any more, or an adapter that breaks: later pulls may work
            again = replace(item, due_at=scope.now + PULL_AGAIN, attempts=item.attempts + 1)
            yield from steps.commit(ChangeSet(due=(again,)))
            return taken
        result = yield from take_events(hint.account, page.events)
        taken += len(result.received) + result.reports
        yield from _move_cursor(key, cursor, page.cursor)
        cursor = page.cursor or cursor
        if not page.more:
            yield from steps.commit(ChangeSet(due_done=(item.key,)))
            return taken


def _move_cursor(key: str, before: str | None, after: str) -> Flow[None]:
    if not after or after == before:
        return
    if before is None:
        yield from steps.commit(ChangeSet(claims=(Claim(key, after),)))
    else:
        yield from steps.commit(ChangeSet(moves=(ClaimMove(key, before, after),)))


def _resume(limit: int) -> Flow[_Part]:
    resumed = yield from queues.resume(limit)
    return {"resumed": resumed}, False, None


def _maintain(limit: int) -> Flow[_Part]:
    done = yield from steps.maintain(limit * 10)
    return {"indexed": done.searches_indexed, "expired": done.claims_expired}, done.more, None
