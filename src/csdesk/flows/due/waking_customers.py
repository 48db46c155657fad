"""Customers whose instant has come: tags and flags that end, segments that time may change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.errors import StoreError
from csdesk.flows.due.waking import BATCH, Woken
from csdesk.flows.retrying import ATTEMPTS, may_repeat, retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import LeaseRequest


def wake_customers(limit: int, out_of_time: Callable[[], bool]) -> Flow[tuple[dict[str, int], bool, datetime | None]]:
    """End the tags and flags of customers whose time is over, and look again at segments that time may change."""
    scope = yield from steps.attempt(0)
    leased = yield from steps.lease(LeaseRequest(what="customers", now=scope.now, limit=limit))
    woken, next_at = 0, leased.next_due_at
    for start in range(0, len(leased.customers), BATCH):
        if out_of_time():
            return {"customers": woken}, True, next_at
        count, again = yield from _wake_people(leased.customers[start : start + BATCH])
        woken += count
        next_at = min((at for at in (next_at, again) if at is not None), default=None)
    return {"customers": woken}, len(leased.customers) == limit, next_at


def _wake_people(customers: Sequence[str]) -> Flow[Woken]:
    """The batch in one commit; if it keeps losing races, its customers one by one."""
    try:
        return (yield from retried(_waking_people(customers), attempts=2 if len(customers) > 1 else ATTEMPTS))
    except StoreError as error:
        if len(customers) == 1 or not may_repeat(error):
            raise
    woken = 0
    nexts: list[datetime] = []
    for one in customers:
        count, again = yield from retried(_waking_people((one,)))
        woken += count
        nexts += [] if again is None else [again]
    return woken, min(nexts, default=None)


def _waking_people(customers: Sequence[str]) -> Callable[[Scope], Flow[Woken]]:
    return lambda scope: _wake_them(customers, scope)


def _wake_them(customers: Sequence[str], scope: Scope) -> Flow[Woken]:
    loaded = yield from steps.load(Needs(customers=tuple(customers)))
    work = workspace(loaded, scope)
    for key in customers:
        work.begin(f"wake/{key}", Actor.system("clock"))
        work.ready(work.customer(key))
        work.end(key)
    changes = work.changes()
    yield from steps.commit(changes)
    wakes = (work.customer(key).wake_at for key in customers)
    return len(changes.entries), min((at for at in wakes if at is not None), default=None)
