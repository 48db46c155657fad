"""After the configuration changed: everybody's segments and every ticket's timers are worked out anew, bit by bit.

Each change that matters makes a due item of its own, which walks all customers or tickets once, a page in each commit,
and carries how far it came in that commit: so it goes on where it stopped, in any process. Whatever happens to a record
meanwhile is decided by the new configuration anyway. The same counts the tickets of single customers anew,
and lets go of the tickets of agents who retired.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from csdesk.domain.core.customers.acts import RECOUNT
from csdesk.domain.core.staff import LEAVING
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.customers import COUNTED_DAYS, Customer, DayCount
from csdesk.domain.records.queues import DueItem
from csdesk.domain.records.tickets import LIVE, Category, Ticket
from csdesk.flows.reading.lists import all_pages
from csdesk.flows.retrying import retried
from csdesk.flows.routing.leaving import leave
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import LeaseRequest, Page, Query, Row

SEGMENTS: Final = "segments"
"""The kind of due item that works out the segments of all customers."""
TIMERS: Final = "timers"
"""The kind of due item that works out the timers of all tickets."""
KINDS: Final = (RECOUNT, SEGMENTS, TIMERS, LEAVING)

BATCH: Final = 50
"""How many records share a commit at most."""
_ITEMS: Final = 20

_ACTOR: Final = Actor.system("config")


def walks(before: Policy, after: Policy, run: str, now: datetime) -> Iterator[DueItem]:
    """What has to be worked out anew when one configuration takes the place of another; ``run`` names the change.

    Where nobody can tell what was before, everything is.
    """
    if not before.is_usable or _segments_of(before) != _segments_of(after):
        yield DueItem(key=f"{SEGMENTS}/{run}", kind=SEGMENTS, due_at=now)
    if not before.is_usable or before.timers.digest() != after.timers.digest():
        yield DueItem(key=f"{TIMERS}/{run}", kind=TIMERS, due_at=now)


def _segments_of(policy: Policy) -> str:
    return policy.segments.digest(counts_tickets=policy.counts_tickets)


def rebuild(limit: int, out_of_time: Callable[[], bool]) -> Flow[tuple[dict[str, int], bool, datetime | None]]:
    """Go on with what has to be worked out anew; how many records were looked at, whether more is left, and when."""
    scope = yield from steps.attempt(0)
    request = LeaseRequest(what="due", now=scope.now, limit=_ITEMS, kinds=KINDS)
    leased = yield from steps.lease(request)
    done = 0
    for number, item in enumerate(leased.due):
        cursor: str | None = item.payload or None
        going = True
        while going:
            if done >= limit or out_of_time():
                yield from retried(_putting_back(replace(item, payload=cursor or ""), *leased.due[number + 1 :]))
                return {"rebuilt": done}, True, leased.next_due_at
            # One load for the page, and one for each customer that others were merged into.
            count, cursor = yield from retried(_walking(item, cursor), loads=BATCH + 1)
            done += count
            going = cursor is not None
    return {"rebuilt": done}, len(leased.due) == _ITEMS, leased.next_due_at


def _putting_back(*items: DueItem) -> Callable[[Scope], Flow[None]]:
    def put_back(scope: Scope) -> Flow[None]:
        loaded = yield from steps.load(Needs())
        work = workspace(loaded, scope)
        for one in items:
            work.put_due(replace(one, due_at=scope.now))
        yield from steps.commit(work.changes())

    return put_back


def _walking(item: DueItem, cursor: str | None) -> Callable[[Scope], Flow[tuple[int, str | None]]]:
    walk = {RECOUNT: _recount, SEGMENTS: _customers, TIMERS: _tickets, LEAVING: leave}[item.kind]
    return lambda scope: walk(item, cursor, scope)


def _recount(item: DueItem, subject: str | None, scope: Scope) -> Flow[tuple[int, str | None]]:
    """One customer: the one of that id, or the one behind that identity."""
    assert subject is not None
    loaded = yield from steps.load(Needs(customers=(subject,), identities=(subject,)))
    work = workspace(loaded, scope)
    found = work.find(subject)
    customer = found if isinstance(found, Customer) else work.person(subject)
    if customer is not None and customer.merged_into is not None:
        survivor = work.find(customer.merged_into)
        customer = survivor if isinstance(survivor, Customer) else None
    if customer is not None:
        yield from _settle(work, customer, f"recount/{item.key}")
    work.end_due(item.key)
    yield from steps.commit(work.changes())
    return 1, None


def _customers(item: DueItem, cursor: str | None, scope: Scope) -> Flow[tuple[int, str | None]]:
    """A page of customers."""
    page = yield from steps.listed(Query(kind="customer", limit=BATCH, after=cursor))
    found = [one for one in page.items if isinstance(one, Customer)]
    loaded = yield from steps.load(Needs(customers=tuple(str(one.id) for one in found)))
    work = workspace(loaded, scope)
    for one in found:
        yield from _settle(work, work.customer(one.id), f"segments/{one.id}")
    yield from _go_on(work, item, page)
    return len(found), page.cursor


def _go_on(work: Workspace, item: DueItem, page: Page[Row]) -> Flow[None]:
    if page.cursor is None:
        work.end_due(item.key)
    else:
        work.put_due(replace(item, due_at=work.now, payload=page.cursor))
    yield from steps.commit(work.changes())


def _settle(work: Workspace, customer: Customer, cause: str) -> Flow[None]:
    work.begin(cause, _ACTOR)
    if work.policy.counts_tickets and customer.merged_into is None and customer.erasure is None:
        days = yield from _tickets_by_day(customer, work.policy, work.now)
        if days != tuple(one for one in customer.acts if one.did == "ticket"):
            work.emit(customer.id, ev.ActsRecounted(did="ticket", days=days))
    work.settle(work.ready(work.customer(customer.id)))
    work.end(customer.id)


def _tickets_by_day(customer: Customer, policy: Policy, now: datetime) -> Flow[tuple[DayCount, ...]]:
    """The customer's tickets by the day on which they were opened, those of merged customers included."""
    identities = [str(one.id) for one in customer.identities]
    if customer.members:
        loaded = yield from steps.load(Needs(customers=customer.members))
        members = loaded.snapshot.customers
        identities += [str(one.id) for key in customer.members if key in members for one in members[key].identities]
    if not identities:
        return ()
    where = (("identity", tuple(identities)),)
    oldest = now - timedelta(days=COUNTED_DAYS + 1)
    query = Query(kind="ticket", where=where, order="created_at", since=oldest, limit=500)
    tickets = yield from all_pages(Ticket, query)
    count: Counter[date] = Counter()
    last: dict[date, datetime] = {}
    for one in tickets:
        day = policy.day_of(one.created_at)
        count[day] += 1
        last[day] = max(one.created_at, last.get(day, one.created_at))
    first = policy.day_of(now) - timedelta(days=COUNTED_DAYS)
    days = [day for day in sorted(count) if day > first or day == max(count)]
    return tuple(DayCount(did="ticket", day=day, count=count[day], last_at=last[day]) for day in days)


def _tickets(item: DueItem, cursor: str | None, scope: Scope) -> Flow[tuple[int, str | None]]:
    """A page of tickets that may have timers."""
    ended = (Category.RESOLVED.value, Category.CLOSED.value)
    categories = (*(one.value for one in LIVE), *ended)
    where = (("category", tuple(sorted(categories))),)
    page = yield from steps.listed(Query(kind="ticket", where=where, limit=BATCH, after=cursor))
    found = [one for one in page.items if isinstance(one, Ticket)]
    loaded = yield from steps.load(Needs(tickets=tuple(str(one.id) for one in found)))
    work = workspace(loaded, scope)
    for one in found:
        ticket = work.ticket(one.id)
        if ticket.is_live or ticket.rules_at is not None or work.policy.timers.reads_ends:
            work.begin(f"timers/{one.id}", _ACTOR)
            work.plan_again(ticket)
            work.end(one.id)
    yield from _go_on(work, item, page)
    return len(found), page.cursor
