"""A clock that stands still until it is told to move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from csdesk.errors import InvalidInput

START: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""A Monday morning: where a ``FixedClock`` begins unless told otherwise."""


class FixedClock:
    """A ``Clock`` for tests. It never moves by itself; ``sleep`` returns at once and is noted in ``slept``.

    Args:
        now: where it begins; must be aware.
    """

    def __init__(self, now: datetime = START) -> None:
        self._now = _aware(now)
        self.slept: list[float] = []
        """What callers asked to sleep, in seconds."""

    def now(self) -> datetime:
        """The instant at which the clock stands, in UTC."""
        return self._now

    def set(self, now: datetime) -> datetime:
        """Put the clock to an instant, earlier or later, and return it in UTC. A naive one raises ``InvalidInput``."""
        self._now = _aware(now)
        return self._now

    def advance(self, amount: timedelta) -> datetime:
        """Move the clock by an amount (a negative one: back) and return where it stands."""
        self._now += amount
        return self._now

    def sleep(self, seconds: float) -> None:
        """Note the wish and return at once; the clock stays where it is."""
        self.slept.append(seconds)


def _aware(now: datetime) -> datetime:
    if now.tzinfo is None:
        raise InvalidInput("now", "naive datetime", "pass an aware one, for example with tzinfo=datetime.UTC")
    return now.astimezone(UTC)
