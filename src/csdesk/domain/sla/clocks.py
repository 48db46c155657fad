"""The clocks of a ticket: pure functions from what happened to the clocks that change.

The rules, after the desk's service-level semantics (docs/explanation/sla.md):

* ``first_reply`` runs from the opening to the first public reply of a person. ``next_reply`` runs from the first
  customer message that nobody has answered; one cycle at a time, and only after the first reply. ``resolution`` runs
  from the opening to the solution and goes on where it stood if the ticket reopens.
* A clock is due at ``add(start of the running segment, amount - used)``; it is breached strictly after that instant,
  and the breach happened at that instant, whenever somebody looks. A breach is never taken back.
* Before anything else is done to a ticket, its flow folds what ``due`` gives. A clock that ends or pauses after its
  unfolded due instant still carries the breach, but no event tells of it.

Every function returns only the clocks that changed. The amount of time is counted by a ``Timeline``: calendar time
unless a working calendar is passed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, Protocol

from csdesk.domain.records._model import replaced
from csdesk.domain.records.clocks import Clock, ClockPhase, Metric
from csdesk.domain.records.events import ClockBreached, ClockWarned
from csdesk.domain.records.tickets import LIVE, Category, Ticket
from csdesk.domain.sla.targets import TargetSet

_ZERO: Final = timedelta(0)


class Timeline(Protocol):
    """How time is counted. A working calendar fits: ``between(t, add(t, n)) == n``."""

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The instant at which ``amount`` (zero or more) has passed since ``start``."""
        ...

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much time counts from ``start`` to ``end`` (not before ``start``)."""
        ...


class _CalendarTime:
    def add(self, start: datetime, amount: timedelta) -> datetime:
        return start + amount

    def between(self, start: datetime, end: datetime) -> timedelta:
        return end - start


CALENDAR_TIME: Final[Timeline] = _CalendarTime()
"""Every second counts."""


def opened(
    policy: TargetSet | None, ticket: Ticket, at: datetime, *, time: Timeline = CALENDAR_TIME
) -> tuple[Clock, ...]:
    """The clocks that begin with the ticket: ``first_reply`` and ``resolution``, as far as the policy has them."""
    begun = (_begun(policy, ticket, metric, 1, at, time) for metric in (Metric.FIRST_REPLY, Metric.RESOLUTION))
    return tuple(clock for clock in begun if clock is not None)


def answered(ticket: Ticket, at: datetime, by_person: bool, *, time: Timeline = CALENDAR_TIME) -> tuple[Clock, ...]:
    """A public reply was given: a person's meets ``first_reply`` and ``next_reply``, a machine's meets nothing."""
    if not by_person:
        return ()
    replies = _live(ticket, Metric.FIRST_REPLY, Metric.NEXT_REPLY)
    return tuple(_ended(clock, ClockPhase.MET, at, time) for clock in replies)


def customer_wrote(
    policy: TargetSet | None, ticket: Ticket, at: datetime, *, time: Timeline = CALENDAR_TIME
) -> tuple[Clock, ...]:
    """The customer wrote something that wants an answer: ``next_reply`` begins, unless a reply is awaited already.

    A finished ticket begins none: a "thank you" after the solution is not a question. Reopen it first.
    """
    awaited = _live(ticket, Metric.FIRST_REPLY, Metric.NEXT_REPLY)
    if awaited or ticket.category not in LIVE or not _had_first_reply(ticket):
        return ()
    cycle = 1 + max((clock.cycle for clock in ticket.clocks if clock.metric is Metric.NEXT_REPLY), default=0)
    clock = _begun(policy, ticket, Metric.NEXT_REPLY, cycle, at, time)
    return () if clock is None else (clock,)


def status_changed(
    policy: TargetSet | None,
    ticket: Ticket,
    before: Category,
    after: Category,
    at: datetime,
    *,
    time: Timeline = CALENDAR_TIME,
) -> tuple[Clock, ...]:
    """The ticket went from one category to another.

    Resolving meets ``resolution`` and ``next_reply`` and cancels an unmet ``first_reply``; closing and merging cancel
    what still lives; coming back resumes ``resolution`` with the time used so far; the rest pauses and resumes by the
    policy (the one under which the clocks began; None: nothing pauses).
    """
    if after is Category.RESOLVED:
        return tuple(_ended(clock, _AT_SOLUTION[clock.metric], at, time) for clock in _live(ticket, *_AT_SOLUTION))
    if after not in LIVE:
        return tuple(_ended(clock, ClockPhase.CANCELLED, at, time) for clock in _live(ticket))
    clocks = _live(ticket)
    if before not in LIVE:
        clocks += _last_resolution(ticket)
    moved = ((clock, _moved(policy, clock, after, at, time)) for clock in clocks)
    return tuple(new for old, new in moved if new is not old)


def reprioritised(
    policy: TargetSet | None, ticket: Ticket, at: datetime, *, time: Timeline = CALENDAR_TIME
) -> tuple[Clock, ...]:
    """The ticket has another priority now: live clocks take its amounts and keep what was used.

    A clock with nothing left becomes due at ``at``, never before: no promise is broken before it is made.
    """
    changed: list[Clock] = []
    for clock in _live(ticket):
        target = policy.target(clock.metric) if policy is not None else None
        amount = clock.amount if target is None else target.amount(ticket.priority)
        if amount == clock.amount:
            continue
        if clock.phase is ClockPhase.PAUSED:
            changed.append(replaced(clock, amount=amount))
        else:
            changed.append(_running(policy, replaced(_stopped(clock, at, time), amount=amount), at, time))
    return tuple(changed)


def withdrawn(ticket: Ticket, at: datetime, *metrics: Metric, time: Timeline = CALENDAR_TIME) -> tuple[Clock, ...]:
    """What these clocks waited for is not this ticket's any more: those that live are cancelled."""
    return tuple(_ended(clock, ClockPhase.CANCELLED, at, time) for clock in _live(ticket, *metrics))


def due(
    policy: TargetSet | None, ticket: Ticket, now: datetime, *, time: Timeline = CALENDAR_TIME
) -> tuple[ClockWarned | ClockBreached, ...]:
    """What the running clocks have come to by ``now``, in the order of the true instants, each once.

    A warning is given from its instant on, a breach after the due instant: met exactly then is met. Every event
    carries the clock as it leaves it. The policy tells the later warnings of a target with several (None: there are
    none).
    """
    found: list[ClockWarned | ClockBreached] = []
    for clock in ticket.clocks:
        if clock.phase is ClockPhase.RUNNING:
            found += _due(policy, clock, now, time)
    return tuple(sorted(found, key=lambda event: event.at))


def _due(
    policy: TargetSet | None, clock: Clock, now: datetime, time: Timeline
) -> Iterator[ClockWarned | ClockBreached]:
    while clock.warn_at is not None and clock.warn_at <= now:
        at = clock.warn_at
        clock = replaced(clock, warned_at=at, warn_at=_next_warning(policy, clock, at, time))
        yield ClockWarned(clock=clock, at=at)
    if clock.due_at is not None and clock.breached_at is None and clock.due_at < now:
        clock = replaced(clock, breached_at=clock.due_at)
        yield ClockBreached(clock=clock, at=clock.due_at or now)


def _begun(
    policy: TargetSet | None, ticket: Ticket, metric: Metric, cycle: int, at: datetime, time: Timeline
) -> Clock | None:
    target = policy.target(metric) if policy is not None else None
    if policy is None or target is None:
        return None
    amount = target.amount(ticket.priority)
    clock = Clock(metric=metric, cycle=cycle, policy=policy.name, phase=ClockPhase.PAUSED, amount=amount, started_at=at)
    return clock if ticket.category in target.pause_on else _running(policy, clock, at, time)


def _running(policy: TargetSet | None, clock: Clock, at: datetime, time: Timeline) -> Clock:
    """The clock with a new running segment from ``at`` on."""
    at = max(at, clock.started_at)
    left = max(clock.amount - clock.used, _ZERO)
    clock = replaced(clock, phase=ClockPhase.RUNNING, started_at=at, due_at=time.add(at, left), met_at=None)
    return replaced(clock, warn_at=_next_warning(policy, clock, at, time))


def _next_warning(policy: TargetSet | None, clock: Clock, after: datetime, time: Timeline) -> datetime | None:
    """The first warning of the running segment that lies after an instant."""
    target = policy.target(clock.metric) if policy is not None else None
    if target is None or clock.breached_at is not None:
        return None
    left = (fraction * clock.amount - clock.used for fraction in target.warn_at)
    instants = (time.add(clock.started_at, amount) for amount in left if amount > _ZERO)
    return next((at for at in instants if at > after), None)


def _stopped(clock: Clock, at: datetime, time: Timeline) -> Clock:
    """The clock with its running segment counted and closed; a due instant that has passed is stamped as a breach."""
    if clock.phase is not ClockPhase.RUNNING:
        return clock
    at = max(at, clock.started_at)
    breached = clock.breached_at
    if breached is None and clock.due_at is not None and clock.due_at < at:
        breached = clock.due_at
    used = clock.used + time.between(clock.started_at, at)
    return replaced(clock, used=used, warn_at=None, breached_at=breached)


def _ended(clock: Clock, phase: ClockPhase, at: datetime, time: Timeline) -> Clock:
    met = max(at, clock.started_at) if phase is ClockPhase.MET else None
    return replaced(_stopped(clock, at, time), phase=phase, met_at=met)


def _moved(policy: TargetSet | None, clock: Clock, category: Category, at: datetime, time: Timeline) -> Clock:
    """The clock in another category: paused, running, or as it was."""
    target = policy.target(clock.metric) if policy is not None else None
    pauses = target is not None and category in target.pause_on
    if not pauses:
        return clock if clock.phase is ClockPhase.RUNNING else _running(policy, clock, at, time)
    if clock.phase is ClockPhase.PAUSED:
        return clock
    return replaced(_stopped(clock, at, time), phase=ClockPhase.PAUSED, due_at=None, met_at=None)


def _live(ticket: Ticket, *metrics: Metric) -> tuple[Clock, ...]:
    """The live clocks of those metrics (none named: of the three that this module keeps)."""
    wanted = metrics or _KEPT
    return tuple(clock for clock in ticket.clocks if clock.is_live and clock.metric in wanted)


def _last_resolution(ticket: Ticket) -> tuple[Clock, ...]:
    ended = [clock for clock in ticket.clocks if clock.metric is Metric.RESOLUTION and not clock.is_live]
    return tuple(ended[-1:])


def _had_first_reply(ticket: Ticket) -> bool:
    return ticket.replied_at is not None or any(clock.metric is Metric.FIRST_REPLY for clock in ticket.clocks)


_KEPT: Final = (Metric.FIRST_REPLY, Metric.NEXT_REPLY, Metric.RESOLUTION)

_AT_SOLUTION: Final = {
    # A solution is no reply: who never answered did not meet the first reply.
    Metric.FIRST_REPLY: ClockPhase.CANCELLED,
    Metric.NEXT_REPLY: ClockPhase.MET,
    Metric.RESOLUTION: ClockPhase.MET,
}
