"""Why a due date is where it is: what was worked on the way, and what was passed over.

Codes, never sentences: a caller renders them in its reader's language.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from csdesk.domain.time.days import DayCode, DayRules
from csdesk.domain.time.instants import MICROSECOND, written_in
from csdesk.domain.time.spans import IntSpan, clipped, without

SkippedCode = DayCode | Literal["break", "date_missing"]
NoteCode = Literal["holidays_unknown"]


@dataclass(frozen=True, slots=True)
class ConsumedSpan:
    """Time that was worked off.

    Attributes:
        on: the date whose hours these are: the local date the shift opens on.
        opens, closes: the part consumed, in the caller's zone.
        worked: its real length.
        code: the rule that opened it: `weekly`, `dates`, `forced` (a date that beats a holiday) or `always_open`.
    """

    on: date
    opens: datetime
    closes: datetime
    worked: timedelta
    code: DayCode


@dataclass(frozen=True, slots=True)
class Skipped:
    """A closed day, or a break inside hours.

    Attributes:
        on: the local date.
        code: `holiday`, `annual_holiday`, `date_closed` (a date listed without hours), `weekday_closed`,
            `date_missing` (the zone left the date out) or `break`.
        opens, closes: for a break, the working time it took away, in the caller's zone; else None.
    """

    on: date
    code: SkippedCode
    opens: datetime | None = None
    closes: datetime | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The account of one addition.

    Attributes:
        start, due: the instants, in the caller's zone.
        amount: the working time between them; the sum of `consumed`.
        consumed: spans worked off, in order.
        skipped: closed dates from the local date of `start` to that of `due`, and breaks, in order.
        notes: `holidays_unknown`, if `due` lies after the calendar's `known_until`.
    """

    start: datetime
    due: datetime
    amount: timedelta
    consumed: tuple[ConsumedSpan, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[NoteCode, ...] = ()


@dataclass(frozen=True, slots=True)
class Walk:
    """The stretch of time to account for: instants [begin, end), told in the caller's zone."""

    rules: DayRules
    begin: int
    end: int
    told_in: tzinfo | None

    def days(self) -> range:
        """Ordinals of the local dates touched."""
        return range(self._local_day(self.begin), self._local_day(self.end) + 1)

    def _local_day(self, instant: int) -> int:
        return written_in(instant, ZoneInfo(self.rules.rules.zone)).toordinal()

    def pair(self, span: IntSpan) -> tuple[datetime, datetime]:
        """A span of instants as the caller writes them."""
        return written_in(span[0], self.told_in), written_in(span[1], self.told_in)


def consumed(walk: Walk) -> Iterator[ConsumedSpan]:
    """The working time of the walk, by the date it belongs to; where two dates' shifts overlap, the earlier has it."""
    days = walk.days()
    earlier: list[IntSpan] = []
    for day in range(days.start - 1, days.stop):  # a shift reaches at most to the end of the date after its own
        spans = walk.rules.worked_instants(day)
        for span in clipped(spans, walk.begin, walk.end):
            for part in without(span, earlier):
                opens, closes = walk.pair(part)
                worked = (part[1] - part[0]) * MICROSECOND
                yield ConsumedSpan(date.fromordinal(day), opens, closes, worked, walk.rules.hours(day).code)
        earlier = spans


def skipped(walk: Walk) -> Iterator[Skipped]:
    """The closed dates of the walk, and the breaks inside hours."""
    days = walk.days()
    for day in range(days.start - 1, days.stop):
        hours = walk.rules.hours(day)
        if walk.rules.is_missing(day):
            yield from _closed(days, day, "date_missing")
        elif not hours.spans:
            yield from _closed(days, day, hours.code)
        else:
            for span in clipped(walk.rules.break_instants(day), walk.begin, walk.end):
                yield Skipped(date.fromordinal(day), "break", *walk.pair(span))


def _closed(days: range, day: int, code: SkippedCode) -> Iterator[Skipped]:
    if day in days:
        yield Skipped(date.fromordinal(day), code)
