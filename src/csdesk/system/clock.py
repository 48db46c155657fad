"""Clocks: the machine's, and one that a simulation drives."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from threading import Lock

from csdesk.errors import InvalidInput


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class SimulatedClock:
    """A clock that a simulation drives: it moves when told, and when somebody sleeps. Safe between threads.

    Args:
        start: where it begins; must be aware.
    """

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise InvalidInput("start", "naive datetime", "pass an aware one, for example with tzinfo=datetime.UTC")
        self._now = start.astimezone(UTC)
        self._lock = Lock()

    def now(self) -> datetime:
        """Where the simulation stands."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move on by that much, at once."""
        self.advance(timedelta(seconds=seconds))

    def advance(self, amount: timedelta) -> datetime:
        """Move on and return the new instant."""
        with self._lock:
            self._now += amount
            return self._now

    def advance_to(self, instant: datetime) -> datetime:
        """Move on to an instant; an earlier one changes nothing."""
        with self._lock:
            self._now = max(self._now, instant)
            return self._now
