"""What is due: clocks, snoozes, the outbox, planned work, waiting tickets, upkeep. Bounded, and safe to run anywhere.

Every part may run in several processes at once: tickets are guarded by their version, other work is leased.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from csdesk.domain.records.changes import Needs
from csdesk.domain.records.erasures import ERASE
from csdesk.domain.time.instants import earliest
from csdesk.flows import queues, turns
from csdesk.flows.authority import due as authority
from csdesk.flows.channels import fetching, seating
from csdesk.flows.channels.pulling import pull_due
from csdesk.flows.due import rebuilding
from csdesk.flows.due.waking import wake_tickets
from csdesk.flows.due.waking_customers import wake_customers
from csdesk.flows.outbound.outbox import deliver
from csdesk.flows.removal import erasing, keeping
from csdesk.flows.routing import reconciling
from csdesk.flows.routing.draining import drain
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import OutlookRequest

SLICE = 100
"""How much of one kind of work is taken at a time, so that no kind starves the others."""

WAKE_SLICE = 500
"""As many tickets are woken at a time: they share commits, so they cost less than other work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReport:
    """What ``run_due`` did, and when to come back.

    ``more`` True: the limit or the time ran out, call again at once. Otherwise sleep until ``next_due_at`` (None:
    nothing is planned; come back when you like, new work makes itself known at the next call).
    """

    answered: int = 0
    """Turns of bots that were answered."""
    handed_off: int = 0
    """Turns of bots after which people have the ticket, or may have it."""
    tickets: int = 0
    """Tickets for which something came due: warnings, breaches, escalations, snoozes, tags that end, timed rules."""
    customers: int = 0
    """Customers for whom something came due: the end of a tag or flag, segments that time changes."""
    rebuilt: int = 0
    """Customers and tickets that were looked at anew because the configuration changed, or two people were parted."""
    assigned: int = 0
    """Waiting tickets that found an agent."""
    repaired: int = 0
    """Counters of routing that had drifted from the tickets, and were set right."""
    sent: int = 0
    failed: int = 0
    """Outbound messages that are now dead or unknown, and media that will never come."""
    retried: int = 0
    """Sendings, pulls and fetches that failed and are tried again."""
    pulled: int = 0
    """Events that pulls brought in."""
    fetched: int = 0
    """Pieces of media that were fetched from providers."""
    resumed: int = 0
    """Conversations whose messages waited in the inbox for nothing, and went on."""
    indexed: int = 0
    """Messages that were indexed for search."""
    expired: int = 0
    """Claims that expired."""
    escalated: int = 0
    """Requests for approval that nobody answered in time: the next ones are asked, or they lapsed."""
    carried: int = 0
    """Calls of systems of yours that carry out what was settled."""
    erased: int = 0
    """Records, entries and files that lost what was personal, because their customers are being erased."""
    raw_removed: int = 0
    """Messages whose payload was kept long enough."""
    tickets_emptied: int = 0
    """Closed tickets on which what was said was kept long enough."""
    inbox_removed: int = 0
    """Discarded messages that were kept long enough."""
    outbox_removed: int = 0
    """Dead and unknown messages that were kept long enough."""
    media_removed: int = 0
    """Files to which nothing refers."""
    more: bool = False
    next_due_at: datetime | None = None


_KEPT = {
    "raw": "raw_removed",
    "closed_tickets": "tickets_emptied",
    "discarded_inbox": "inbox_removed",
    "dead_outbox": "outbox_removed",
    "media": "media_removed",
}
_COUNTS = (
    "answered",
    "handed_off",
    "tickets",
    "customers",
    "rebuilt",
    "assigned",
    "repaired",
    "sent",
    "failed",
    "retried",
    "pulled",
    "fetched",
    "resumed",
    "indexed",
    "expired",
    "escalated",
    "carried",
    "erased",
    *_KEPT.values(),
)


def run_due(limit: int, out_of_time: Callable[[], bool]) -> Flow[DueReport]:
    """Do what is due, at most about ``limit`` pieces of work; ``out_of_time`` is asked between pieces.

    Only the accounts whose channels this process has are sent for and pulled: the rest is left to those that have them.
    """
    done = dict.fromkeys(_COUNTS, 0)
    left = limit
    more = False
    nexts: list[datetime] = []
    parts, next_at = yield from _look_ahead()
    if next_at is not None:
        nexts.append(next_at)
    for part in parts:
        if left <= 0 or out_of_time():
            more = True
            break
        share = WAKE_SLICE if part in (wake_tickets, wake_customers) else SLICE
        counts, again, next_at = yield from part(min(left, share), out_of_time)
        for name, amount in counts.items():
            done[name] += amount
        left -= sum(counts.values())
        more = more or again
        if next_at is not None:
            nexts.append(next_at)
    if not more and any(count for name, count in done.items() if name not in _WAKES_NOBODY):
        more, next_at = yield from _wake_again(done, max(1, min(left, WAKE_SLICE)), out_of_time)
        nexts += [] if next_at is None else [next_at]
    return DueReport(**done, more=more, next_due_at=min(nexts, default=None))


def _wake_again(
    done: dict[str, int], limit: int, out_of_time: Callable[[], bool]
) -> Flow[tuple[bool, datetime | None]]:
    """What was done after the tickets and customers were woken may have set them a time to wake: an offer, a clock."""
    more, next_at = False, None
    for part in (wake_tickets, wake_customers):
        counts, again, later = yield from part(limit, out_of_time)
        for name, amount in counts.items():
            done[name] += amount
        # What follows from what woke, a message to send or a ticket to give to somebody, is done in the next round.
        more = more or again or any(counts.values())
        next_at = earliest(next_at, later)
    return more, next_at


def _look_ahead() -> Flow[tuple[tuple[Callable[[int, Callable[[], bool]], Flow[_Part]], ...], datetime | None]]:
    """One look instead of one for each kind of work: what is to be done now, and if nothing is due, when."""
    yield from steps.attempt(0)
    # On the way phrases that are at hand take in what people have decided about suggestions.
    yield from steps.load(Needs(), phrases="held")
    scope = yield from steps.attempt(0)
    parts = _PARTS if scope.policy.authority else _WITHOUT_AUTHORITY
    ahead = yield from steps.outlook(_ahead_of(scope))
    if ahead is None:
        return parts, None
    is_due = any(at is not None and at <= scope.now for at in (ahead.next_at, ahead.upkeep_at))
    return (parts, None) if is_due or ahead.waits else (_IDLE, ahead.next_at)


def _ahead_of(scope: Scope) -> OutlookRequest:
    kinds = (*rebuilding.KINDS, ERASE, *seating.kinds_of(scope), *turns.kinds_of(scope.bots))
    kinds = (*kinds, *authority.kinds_of(scope))
    return OutlookRequest(
        kinds=(*kinds, *fetching.kinds_of(scope)),
        upkeep=(reconciling.KIND, *keeping.KINDS),
        accounts=tuple(scope.channels),
    )


_Part = tuple[dict[str, int], bool, datetime | None]
"""What was done, whether more of it is left, and when more will be due."""


def _deliver(limit: int, out_of_time: Callable[[], bool]) -> Flow[_Part]:
    scope = yield from steps.attempt(0)
    done: Counter[str] = Counter()
    more = False
    next_at: datetime | None = None
    for account in scope.channels:
        left = limit - done.total()
        if left <= 0 or out_of_time():
            return dict(done), True, next_at
        sending = yield from deliver(left, account=account, out_of_time=out_of_time)
        done.update(sending.counts)
        more = more or sending.more
        next_at = earliest(next_at, sending.next_due_at)
    return dict(done), more, next_at


def _reconcile(_limit: int, _: Callable[[], bool]) -> Flow[_Part]:
    repaired = yield from reconciling.reconcile()
    return {"repaired": repaired}, False, None


def _drain(limit: int, out_of_time: Callable[[], bool]) -> Flow[_Part]:
    yield from steps.attempt(0)
    loaded = yield from steps.load(Needs(), roster=True)
    assigned, is_cut, next_at = yield from drain(loaded, limit, out_of_time)
    return {"assigned": assigned}, is_cut, next_at


def _seats(limit: int, out_of_time: Callable[[], bool]) -> Flow[_Part]:
    """After sending: a farewell goes out before the conversation leaves."""
    counts, more, next_at = yield from seating.seat_due(limit, out_of_time)
    return dict(counts), more, next_at


def _turns(limit: int, out_of_time: Callable[[], bool]) -> Flow[_Part]:
    """Ask bots; what they hand off finds its people in the next round."""
    turned = yield from turns.turns_due(limit, out_of_time)
    counts = {"answered": turned.answered, "handed_off": turned.handed_off}
    return counts, turned.more or turned.handed_off > 0, turned.next_due_at


def _planned(limit: int, out_of_time: Callable[[], bool]) -> Flow[_Part]:
    pulled = yield from pull_due(limit, out_of_time)
    counts = Counter(pulled=pulled.events, retried=pulled.retried)
    more, next_at = pulled.more, pulled.next_due_at
    if not pulled.events:
        return dict(counts), more, next_at
    # What came in may have been answered, or asks for a bot: that is due at once, and its turn has passed.
    for part in (_deliver, _seats, _turns):
        left = limit - counts.total()
        if left <= 0 or out_of_time():
            return dict(counts), True, next_at
        done, again, later = yield from part(left, out_of_time)
        counts.update(done)
        more, next_at = more or again, earliest(next_at, later)
    return dict(counts), more, next_at


def _fetch(limit: int, out_of_time: Callable[[], bool]) -> Flow[_Part]:
    fetched = yield from fetching.fetch_due(limit, out_of_time)
    counts = {"fetched": fetched.stored, "failed": fetched.failed, "retried": fetched.retried}
    return counts, fetched.more, fetched.next_due_at


def _resume(limit: int, _: Callable[[], bool]) -> Flow[_Part]:
    resumed = yield from queues.resume(limit)
    return {"resumed": resumed}, resumed >= limit, None


def _maintain(limit: int, _: Callable[[], bool]) -> Flow[_Part]:
    done = yield from steps.maintain(limit * 10)
    return {"indexed": done.searches_indexed, "expired": done.claims_expired}, done.more, None


def _approvals(limit: int, out_of_time: Callable[[], bool]) -> Flow[_Part]:
    done, more, next_at = yield from authority.approvals_due(limit, out_of_time)
    return {"escalated": done}, more, next_at


def _carry(limit: int, out_of_time: Callable[[], bool]) -> Flow[_Part]:
    done, more, next_at = yield from authority.carry_due(limit, out_of_time)
    return {"carried": done}, more, next_at


def _erase(limit: int, out_of_time: Callable[[], bool]) -> Flow[_Part]:
    worked = yield from erasing.work_on(limit, out_of_time)
    return {"erased": worked.erased}, worked.is_busy, worked.next_due_at


def _keep(limit: int, out_of_time: Callable[[], bool]) -> Flow[_Part]:
    counts, more = yield from keeping.keep(limit, out_of_time)
    return {_KEPT[name]: count for name, count in counts.items()}, more, None


_WAKES_NOBODY: Final = frozenset({"tickets", "customers", "indexed", "expired", *_KEPT.values()})
"""What sets no ticket or customer a time to wake, or was asked for the next one when it was done."""

_IDLE: Final = (_maintain, _planned)
"""What is to be done when nothing is due: upkeep, and planning when accounts are polled."""

# What may be slow comes last.
_PARTS: Final = (
    *(
        wake_tickets,
        wake_customers,
        rebuilding.rebuild,  # before the waiting tickets: those of agents who left are among them
        _reconcile,
        _drain,
        _resume,
        _maintain,
        _erase,
        _approvals,
        _deliver,
        _seats,
        _turns,
        _carry,
        _planned,
        _fetch,
        _keep,
    ),
)

_WITHOUT_AUTHORITY: Final = tuple(one for one in _PARTS if one not in (_approvals, _carry))
