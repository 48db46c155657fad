"""The clocks a ticket carries: plain values, folded by ``domain.sla``.

A clock keeps the terms under which it began (amount, calendar, pauses, warnings), so a change of the policy moves no
promise that runs already.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from csdesk.domain.records._model import Instant, Name, Record, Word


class Metric(Word):
    """What a clock measures (docs/explanation/sla.md)."""

    FIRST_REPLY = "first_reply"
    NEXT_REPLY = "next_reply"
    PERIODIC_UPDATE = "periodic_update"
    REQUESTER_WAIT = "requester_wait"
    AGENT_WORK = "agent_work"
    RESOLUTION = "resolution"
    ASSIGNMENT = "assignment"
    GROUP_OWNERSHIP = "group_ownership"
    STEP = "step"
    PROMISE = "promise"


class ClockPhase(Word):
    """The life of one clock: running and paused alternate until it is met or cancelled."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    CANCELLED = "cancelled"


LIVE_PHASES = frozenset({ClockPhase.RUNNING, ClockPhase.PAUSED})
"""The phases in which a clock can still be met."""


class Scope(Word):
    """Whom a clock is promised to: the customer, or (OLA) one group of the desk to another."""

    TICKET = "ticket"
    GROUP = "group"


class OnReopen(Word):
    """What a reopened ticket does to a clock that had ended: goes on where it stood, begins anew, or nothing."""

    RESUME = "resume"
    RESTART = "restart"
    IGNORE = "ignore"


Mark = float | timedelta
"""When to warn: a fraction of the amount that is used, or the time that is left."""


AFTER_HOURS: Final = "after_hours"
"""The name of the promise that a closed queue makes: a person's public reply keeps it."""


class Clock(Record):
    """One cycle of one metric. ``due_at`` is None while paused; only a reassessment clears ``breached_at``.

    Cycles of a metric are numbered within their scope.
    """

    metric: Metric
    cycle: int = 1
    scope: Scope = Scope.TICKET
    name: str = ""
    """Which step or promise it is."""
    policy: Name
    version: str = ""
    """The version of the policy that gave the terms; empty if whoever started the clock gave some of them."""
    phase: ClockPhase = ClockPhase.RUNNING
    amount: timedelta
    """The target, in the clock's own time (working or calendar)."""
    calendar: str = ""
    """The calendar whose working time counts; empty: every second counts."""
    snap: bool = False
    """Is an amount that ends with the day due at the next opening, not at the close?"""
    pause_on: tuple[str, ...] = ()
    """The categories in which the clock stands still."""
    warn_on: tuple[Mark, ...] = (0.75,)
    escalate_on: tuple[timedelta, ...] = ()
    """When to escalate, in order: that long after the amount is used up (before it, if negative)."""
    on_reopen: OnReopen = OnReopen.RESUME
    by_bot: bool = False
    """Does a machine's reply count too?"""
    used: timedelta = timedelta(0)
    """What earlier running segments used of the amount."""
    started_at: Instant
    """When the present segment began to run (the last one, when it no longer runs)."""
    due_at: Instant | None = None
    warn_at: Instant | None = None
    """The next warning, None when all were given or none is wanted."""
    warned: int = 0
    """How many of the warnings were given or passed."""
    warned_at: Instant | None = None
    escalate_at: Instant | None = None
    """The next escalation, None when all were made or none is wanted."""
    escalated: int = 0
    """How many of the escalations were made or passed."""
    breached_at: Instant | None = None
    met_at: Instant | None = None

    @property
    def key(self) -> tuple[Metric, Scope, int]:
        """What tells one clock of a ticket from the others."""
        return (self.metric, self.scope, self.cycle)

    @property
    def is_live(self) -> bool:
        """True while the clock can still be met."""
        return self.phase in LIVE_PHASES


def with_clocks(clocks: tuple[Clock, ...], changed: tuple[Clock, ...]) -> tuple[Clock, ...]:
    """The clocks with each changed one in its place by key, new ones at the end.

    Of a metric's ended cycles only the last stays: earlier ones are history, which the events tell.
    """
    if not clocks:
        return changed
    if len(changed) == 1:
        one = changed[0]
        metric, scope = one.metric, one.scope
        alike = [place for place, clock in enumerate(clocks) if clock.metric is metric and clock.scope is scope]
        if not alike:
            return (*clocks, one)
        if len(alike) == 1 and clocks[alike[0]].cycle == one.cycle:
            return (*clocks[: alike[0]], one, *clocks[alike[0] + 1 :])
    fresh = {clock.key: clock for clock in changed}
    latest: dict[tuple[Metric, Scope], int] = {}
    for clock in (*clocks, *changed):
        kind = clock.key[:2]
        latest[kind] = max(clock.cycle, latest.get(kind, 0))
    kept = [fresh.pop(clock.key, clock) for clock in clocks]
    return tuple(clock for clock in (*kept, *fresh.values()) if clock.is_live or clock.cycle == latest[clock.key[:2]])
