"""Time as clocks count it: every second, or the worked ones of a calendar. For the desk's own use: nothing warns here.

    add(start, n)   the instant at which n has been counted since start; None if that is never reached
    between(a, b)   what is counted from a to b

Instants are aware datetimes in UTC.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from csdesk.domain.time import arithmetic
from csdesk.domain.time.calendar import WorkingCalendar
from csdesk.domain.time.errors import CalendarError
from csdesk.domain.time.explain import ConsumedSpan, Skipped, Walk, consumed, skipped
from csdesk.domain.time.instants import EPOCH, MICROSECOND, written_in


class Timeline(Protocol):
    """How time is counted: ``between(t, add(t, n)) == n``."""

    def add(self, start: datetime, amount: timedelta, *, snap: bool = False) -> datetime | None:
        """The instant at which ``amount`` (zero or more) has been counted; with ``snap`` the next worked one."""
        ...

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much counts from ``start`` to ``end`` (not before ``start``)."""
        ...

    def is_guess(self, at: datetime) -> bool:
        """True if the holidays up to ``at`` are not all known."""
        ...

    def is_open(self, at: datetime) -> bool:
        """Whether an instant counts; where the holidays are not known, as if there were none."""
        ...


class EverySecond:
    """Calendar time."""

    __slots__ = ()

    def add(self, start: datetime, amount: timedelta, *, snap: bool = False) -> datetime:  # noqa: ARG002  a Timeline
        """``start`` and the amount."""
        return start + amount

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The real time."""
        return end - start

    def is_guess(self, at: datetime) -> bool:  # noqa: ARG002  a Timeline
        """Never: no holiday matters."""
        return False

    def is_open(self, at: datetime) -> bool:  # noqa: ARG002  a Timeline
        """Always."""
        return True


EVERY_SECOND: Final = EverySecond()
"""Every second counts."""


class WorkedTime:
    """The working time of a calendar."""

    __slots__ = ("_shared", "calendar")

    def __init__(self, calendar: WorkingCalendar) -> None:
        self.calendar = calendar
        self._shared = calendar._shared  # noqa: SLF001  one package: the table behind the calendar

    def add(self, start: datetime, amount: timedelta, *, snap: bool = False) -> datetime | None:
        """As ``WorkingCalendar.add``; None where that raises ``NoWorkingTime``."""
        try:
            due = arithmetic.forward(
                self._shared, (start - EPOCH) // MICROSECOND, amount // MICROSECOND, snap=snap, field="amount"
            )
        except CalendarError:
            return None
        return EPOCH + due * MICROSECOND

    def between(self, start: datetime, end: datetime) -> timedelta:
        """As ``WorkingCalendar.between``."""
        counted = arithmetic.between(self._shared, (start - EPOCH) // MICROSECOND, (end - EPOCH) // MICROSECOND)
        return counted * MICROSECOND

    def is_open(self, at: datetime) -> bool:
        """Whether an instant is worked; where the holidays are not known, as if there were none."""
        return arithmetic.is_open(self._shared, (at - EPOCH) // MICROSECOND)

    def parts(self, start: datetime, end: datetime) -> tuple[tuple[ConsumedSpan, ...], tuple[Skipped, ...]]:
        """What is worked between two instants, and what is passed over, told in the calendar's zone."""
        begin, stop = (start - EPOCH) // MICROSECOND, (end - EPOCH) // MICROSECOND
        walk = Walk(self._shared.rules, begin, stop, ZoneInfo(self.calendar.zone))
        return tuple(consumed(walk)), tuple(skipped(walk))

    def day(self, on: date) -> tuple[datetime, datetime]:
        """The first instant of a date in the calendar's zone, and of the next one."""
        rules, zone = self._shared.rules, ZoneInfo(self.calendar.zone)
        begin, end = (rules.instant_at(on.toordinal() + more, 0) for more in (0, 1))
        return written_in(begin, zone), written_in(end, zone)

    def is_guess(self, at: datetime) -> bool:
        """True past the calendar's ``known_until``."""
        known_end = self._shared.known_end
        return known_end is not None and (at - EPOCH) // MICROSECOND > known_end
