"""The clocks a ticket carries: plain values, folded by ``domain.sla``."""

from __future__ import annotations

from datetime import timedelta

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


class Clock(Record):
    """One cycle of one metric. ``due_at`` is None while paused; ``breached_at`` is never cleared."""

    metric: Metric
    cycle: int = 1
    policy: Name
    phase: ClockPhase = ClockPhase.RUNNING
    amount: timedelta
    """The target, in the clock's own time (working or calendar)."""
    used: timedelta = timedelta(0)
    """What earlier running segments used of the amount."""
    started_at: Instant
    """When the present segment began to run (the last one, when it no longer runs)."""
    due_at: Instant | None = None
    warn_at: Instant | None = None
    """The next warning, None when all were given or none is wanted."""
    warned_at: Instant | None = None
    breached_at: Instant | None = None
    met_at: Instant | None = None

    @property
    def key(self) -> tuple[Metric, int]:
        """What tells one clock of a ticket from the others."""
        return (self.metric, self.cycle)

    @property
    def is_live(self) -> bool:
        """True while the clock can still be met."""
        return self.phase in (ClockPhase.RUNNING, ClockPhase.PAUSED)


def with_clocks(clocks: tuple[Clock, ...], changed: tuple[Clock, ...]) -> tuple[Clock, ...]:
    """The clocks with each changed one in its place by key, new ones at the end.

    Of a metric's ended cycles only the last stays: earlier ones are history, which the events tell.
    """
    fresh = {clock.key: clock for clock in changed}
    latest = {clock.metric: clock.cycle for clock in sorted((*clocks, *changed), key=_cycle)}
    kept = [fresh.pop(clock.key, clock) for clock in clocks]
    return tuple(clock for clock in (*kept, *fresh.values()) if clock.is_live or clock.cycle == latest[clock.metric])


def _cycle(clock: Clock) -> int:
    return clock.cycle
