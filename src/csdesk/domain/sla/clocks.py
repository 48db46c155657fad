"""One clock: how it begins, stops, pauses, ends and takes other terms. Pure; time is counted by a ``Timeline``.

* It is due at ``add(start of the running segment, amount - used)`` and breached strictly after that instant; the breach
  happened at that instant, whenever somebody looks.
* A clock that ends or pauses after its unfolded due instant still carries the breach; flows fold what is due first.
* A promise is never broken before it is made: a clock with nothing left is due at the moment of the change.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from csdesk.domain.records._model import replaced, trusted
from csdesk.domain.records.clocks import LIVE_PHASES, Clock, ClockPhase, Metric, Scope
from csdesk.domain.records.events import ClockBreached, ClockEscalated, ClockWarned
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.sla.terms import Book, Plan, Terms

_ZERO: Final = timedelta(0)
_Clock = trusted(Clock)
_Warned = trusted(ClockWarned)
_Breached = trusted(ClockBreached)
_Escalated = trusted(ClockEscalated)

ClockMark = ClockWarned | ClockBreached | ClockEscalated
"""What a clock comes to by itself."""


def live(ticket: Ticket, *metrics: Metric, scope: Scope | None = None) -> list[Clock]:
    """The live clocks of those metrics (none named: of all)."""
    found = []
    for clock in ticket.clocks:
        values = clock.__dict__
        if (
            values["phase"] in LIVE_PHASES
            and (not metrics or values["metric"] in metrics)
            and (scope is None or values["scope"] is scope)
        ):
            found.append(clock)
    return found


def latest(ticket: Ticket, metric: Metric, scope: Scope) -> Clock | None:
    """The last cycle of a metric, live or ended; None if it never began."""
    found = [clock for clock in ticket.clocks if clock.metric is metric and clock.scope is scope]
    return max(found, key=lambda clock: clock.cycle, default=None)


def begun(book: Book, plan: Plan, terms: Terms, ticket: Ticket, at: datetime, *, name: str = "") -> Clock:
    """A new cycle of a metric from an instant on; paused if the ticket's category wants it."""
    last = latest(ticket, terms.metric, plan.scope) if ticket.clocks else None
    is_paused = ticket.category in terms.pause_on
    # Laid out in one go, not paused first and then set running: every new ticket pays for this.
    due = warn = None
    if not is_paused:
        time = book.time(terms.calendar)
        due = time.add(at, terms.amount, snap=terms.snap)
        if len(terms.warn_on) == 1 and isinstance(mark := terms.warn_on[0], float):
            warn = time.add(at, terms.amount * mark)
    clock: Clock = _Clock(
        metric=terms.metric,
        cycle=1 if last is None else last.cycle + 1,
        scope=plan.scope,
        name=name,
        policy=plan.policy,
        version=plan.version,
        phase=ClockPhase.PAUSED if is_paused else ClockPhase.RUNNING,
        amount=terms.amount,
        calendar=terms.calendar,
        snap=terms.snap,
        pause_on=terms.pause_on,
        warn_on=terms.warn_on,
        escalate_on=terms.escalate_on,
        on_reopen=terms.on_reopen,
        by_bot=terms.by_bot,
        started_at=at,
        due_at=due,
        warn_at=warn,
    )
    if is_paused:
        return clock
    if warn is None and terms.warn_on:
        clock = _warned_next(book, clock, at)
    return _escalated_next(book, clock) if terms.escalate_on else clock


def running(book: Book, clock: Clock, at: datetime) -> Clock:
    """The clock with a new running segment from ``at`` on."""
    at = max(at, clock.started_at)
    left = clock.amount - clock.used
    due = book.time(clock.calendar).add(at, max(_ZERO, left), snap=clock.snap)
    changes = {"phase": ClockPhase.RUNNING, "started_at": at, "due_at": due, "met_at": None}
    clock = _warned_next(book, replaced(clock, **changes), at)
    return _escalated_next(book, clock) if clock.escalate_on else clock


def _warned_next(book: Book, clock: Clock, after: datetime) -> Clock:
    """The clock with its first warning that lies after an instant and was not given before."""
    if clock.breached_at is not None or not clock.warn_on:
        return clock if clock.warn_at is None else replaced(clock, warn_at=None)
    time = book.time(clock.calendar)
    for level, threshold in enumerate(thresholds(clock), start=1):
        if level > clock.warned and threshold > clock.used:
            at = time.add(clock.started_at, threshold - clock.used)
            if at is not None and at > after:
                return replaced(clock, warn_at=at, warned=level - 1)
    return clock if clock.warn_at is None else replaced(clock, warn_at=None)


def _escalated_next(book: Book, clock: Clock) -> Clock:
    """The clock with the instant of its first escalation that was not made; one before the due instant may pass."""
    time = book.time(clock.calendar)
    for level, offset in enumerate(clock.escalate_on, start=1):
        left = clock.amount + offset - clock.used
        if level <= clock.escalated or (offset < _ZERO and left <= _ZERO):
            continue
        return replaced(clock, escalate_at=time.add(clock.started_at, max(left, _ZERO)), escalated=level - 1)
    return replaced(clock, escalate_at=None)


def thresholds(clock: Clock) -> list[timedelta]:
    """What has been used when each warning is due, least first."""
    amount = clock.amount
    used = [amount - mark if isinstance(mark, timedelta) else amount * mark for mark in clock.warn_on]
    return sorted(one for one in used if one > _ZERO) if len(used) > 1 else used


def stopped(book: Book, clock: Clock, at: datetime) -> Clock:
    """The clock with its running segment counted and closed; a due instant that has passed is stamped as a breach."""
    if clock.phase is not ClockPhase.RUNNING:
        return clock
    at = max(at, clock.started_at)
    breached = clock.breached_at
    if breached is None and clock.due_at is not None and clock.due_at < at:
        breached = clock.due_at
    used = clock.used + book.time(clock.calendar).between(clock.started_at, at)
    return replaced(clock, used=used, warn_at=None, escalate_at=None, breached_at=breached)


def ended(book: Book, clock: Clock, phase: ClockPhase, at: datetime) -> Clock:
    """The clock met or cancelled."""
    met = max(at, clock.started_at) if phase is ClockPhase.MET else None
    return replaced(stopped(book, clock, at), phase=phase, met_at=met)


def moved(book: Book, clock: Clock, category: str, at: datetime) -> Clock:
    """The clock in another category: paused, running, or as it was."""
    if category not in clock.pause_on:
        return clock if clock.phase is ClockPhase.RUNNING else running(book, clock, at)
    if clock.phase is ClockPhase.PAUSED:
        return clock
    return replaced(stopped(book, clock, at), phase=ClockPhase.PAUSED, due_at=None, met_at=None)


def amounting(book: Book, clock: Clock, amount: timedelta, at: datetime) -> Clock:
    """The clock with another amount; what was used stays."""
    if amount == clock.amount:
        return clock
    if clock.phase is ClockPhase.PAUSED:
        return replaced(clock, amount=amount)
    return running(book, replaced(stopped(book, clock, at), amount=amount), at)


def counting_by(book: Book, clock: Clock, calendar: str, at: datetime) -> Clock:
    """The clock in another calendar; what was used stays, counted as it was until then."""
    if calendar == clock.calendar:
        return clock
    if clock.phase is ClockPhase.PAUSED:
        return replaced(clock, calendar=calendar)
    return running(book, replaced(stopped(book, clock, at), calendar=calendar), at)


def adopting(book: Book, clock: Clock, plan: Plan, terms: Terms, category: str, at: datetime) -> Clock:
    """The clock under other terms from ``at`` on; what was used stays, counted as it was until then."""
    if has_terms(clock, plan, terms):
        return clock
    clock = replaced(
        stopped(book, clock, at),
        policy=plan.policy,
        version=plan.version,
        amount=terms.amount,
        calendar=terms.calendar,
        snap=terms.snap,
        pause_on=terms.pause_on,
        warn_on=terms.warn_on,
        escalate_on=terms.escalate_on,
        on_reopen=terms.on_reopen,
        by_bot=terms.by_bot,
        warned=0,
        escalated=0,
    )
    if category in terms.pause_on:
        return replaced(clock, phase=ClockPhase.PAUSED, due_at=None)
    return running(book, clock, at)


def is_moved(book: Book, clock: Clock) -> bool:
    """True if the clock runs and its calendar by now gives another due instant than it carries."""
    if clock.phase is not ClockPhase.RUNNING:
        return False
    left = max(clock.amount - clock.used, _ZERO)
    return book.time(clock.calendar).add(clock.started_at, left, snap=clock.snap) != clock.due_at


def has_terms(clock: Clock, plan: Plan, terms: Terms) -> bool:
    """True if the clock runs under these very terms."""
    return (
        clock.policy,
        clock.amount,
        clock.calendar,
        clock.snap,
        clock.pause_on,
        clock.warn_on,
        clock.escalate_on,
        clock.on_reopen,
        clock.by_bot,
    ) == (
        plan.policy,
        terms.amount,
        terms.calendar,
        terms.snap,
        terms.pause_on,
        terms.warn_on,
        terms.escalate_on,
        terms.on_reopen,
        terms.by_bot,
    )


def due(book: Book, ticket: Ticket, now: datetime) -> tuple[ClockMark, ...]:
    """What the running clocks have come to by ``now``, in the order of the true instants, each once.

    A warning is given from its instant on, a breach after the due instant: met exactly then is met; an escalation
    after its instant. Every event carries the clock as it leaves it.
    """
    found: list[ClockMark] = []
    for clock in ticket.clocks:
        if clock.phase is ClockPhase.RUNNING:
            found += _due(book, clock, now)
    if len(found) > 1:
        found.sort(key=lambda event: event.at)
    return tuple(found)


def _due(book: Book, clock: Clock, now: datetime) -> Iterator[ClockMark]:
    while clock.warn_at is not None and clock.warn_at <= now:
        at = clock.warn_at
        level = clock.warned + 1
        clock = _warned_next(book, replaced(clock, warned_at=at, warned=level), at)
        yield _Warned(clock=clock, level=level, at=at)
    if clock.due_at is not None and clock.breached_at is None and clock.due_at < now:
        clock = replaced(clock, breached_at=clock.due_at, warn_at=None)
        yield _Breached(clock=clock, at=clock.due_at or now)
    while clock.escalate_at is not None and clock.escalate_at < now:
        at, level = clock.escalate_at, clock.escalated + 1
        clock = _escalated_next(book, replaced(clock, escalated=level))
        yield _Escalated(clock=clock, level=level, at=at)
