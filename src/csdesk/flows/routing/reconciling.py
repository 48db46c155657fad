"""Comparing the counters of routing with the tickets, and setting right what has drifted.

Counter and tickets are read in one moment, and every right change moves both by the same amount: so the difference
stays what it is whatever happens meanwhile, and adding it repairs the counter exactly.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Burden, Needs
from csdesk.domain.records.counters import WORK, work_counter
from csdesk.domain.records.queues import DueItem
from csdesk.flows.reading.lists import page_of
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import LeaseRequest, Query

KIND: Final = "routing/reconcile"
_PAGE: Final = 500


def reconcile() -> Flow[int]:
    """Look through all counters if that is due; how many had drifted."""
    scope = yield from steps.attempt(0)
    leased = yield from steps.lease(LeaseRequest(what="due", now=scope.now, limit=1, kinds=(KIND,)))
    if not leased.due:
        return 0
    repaired = 0
    cursor: str | None = None
    while True:
        page = yield from page_of(Burden, Query(kind="burden", limit=_PAGE, after=cursor))
        drifted = tuple(one for one in page.items if one.counted != one.carried)
        cursor = page.cursor
        repaired += yield from retried(lambda scope: _repair(drifted, scope, is_last=cursor is None))  # noqa: B023  # run at once
        if cursor is None:
            return repaired


def _repair(drifted: tuple[Burden, ...], scope: Scope, *, is_last: bool) -> Flow[int]:
    loaded = yield from steps.load(Needs())
    work = workspace(loaded, scope)
    work.begin(f"{KIND}/{scope.now.isoformat()}", Actor.system("routing"))
    counted = {work_counter(one.name) for one in loaded.policy.config.queues if one.routing.capacity is not None}
    wrong = [one for one in drifted if not one.counter.startswith(WORK) or one.counter in counted]
    for one in wrong:
        work.add(one.counter, one.carried - one.counted)
        work.emit(ev.DESK, ev.LoadRepaired(counter=one.counter, counted=one.counted, carried=one.carried))
    if is_last:
        work.put_due(planned(scope.now, loaded.policy.config))
    work.end(ev.DESK)
    yield from steps.commit(work.changes())
    return len(wrong)


def planned(now: datetime, config: DeskConfig) -> DueItem:
    """The next time to look."""
    return DueItem(key=KIND, kind=KIND, due_at=now + config.routing.reconcile_every)
