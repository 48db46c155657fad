"""Customers whose instant has come: tags and flags that end, segments that time may change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.domain.time.instants import earliest
from csdesk.flows.due.batches import Woken, wake_all
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import LeaseRequest


def wake_customers(limit: int, out_of_time: Callable[[], bool]) -> Flow[tuple[dict[str, int], bool, datetime | None]]:
    """End the tags and flags of customers whose time is over, and look again at segments that time may change."""
    scope = yield from steps.attempt(0)
    leased = yield from steps.lease(LeaseRequest(what="customers", now=scope.now, limit=limit))
    woken, is_cut, next_at = yield from wake_all(leased.customers, _wake, leased.next_due_at, out_of_time, loads=2)
    return {"customers": woken}, is_cut or len(leased.customers) == limit, next_at


def _wake(customers: Sequence[str], scope: Scope) -> Flow[Woken]:
    loaded = yield from steps.load(Needs(customers=tuple(customers)))
    work = workspace(loaded, scope)
    for key in customers:
        work.begin(f"wake/{key}", Actor.system("clock"))
        work.ready(work.customer(key))
        work.end(key)
    changes = work.changes()
    yield from steps.commit(changes)
    wakes = (work.customer(key).wake_at for key in customers)
    return len(changes.entries), earliest(*wakes)
