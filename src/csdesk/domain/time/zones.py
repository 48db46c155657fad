"""From wall clocks to instants, by the stretches of constant UTC offset of a zone.

A wall span is worked at every instant whose wall clock is inside it. So the missing hour of a spring change is not
worked, both passes of an autumn hour are, and a span that opens inside a gap opens at the first instant after it.
Wall times are microseconds since 1970-01-01T00:00 on the wall: wall = instant + offset.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from csdesk.domain.time.instants import DAY_US, EPOCH, MICROSECOND, year_start
from csdesk.domain.time.spans import IntSpan

# Wall dates reach up to a day around the UTC year by their offset, and two more by spans that pass midnight.
MARGIN_DAYS = 4
_SECOND_US = 1_000_000


class Stretch(NamedTuple):
    """Instants [start, end) during which the zone keeps one offset; all three in microseconds."""

    start: int
    end: int
    offset: int


@lru_cache(maxsize=512)
def stretches(zone: str, year: int) -> tuple[Stretch, ...]:
    """The stretches of constant offset in a UTC year and four days around it, in order and without holes.

    Offsets are compared day by day and a change is then bisected to its second: two changes that cancel each other
    within one day would be missed, and no zone has had any.
    """
    clock = ZoneInfo(zone)
    start, end = year_start(year) - MARGIN_DAYS * DAY_US, year_start(year + 1) + MARGIN_DAYS * DAY_US
    found: list[Stretch] = []
    since, offset = start, _offset(clock, start)
    for day in range(start + DAY_US, end + 1, DAY_US):
        if (later := _offset(clock, day)) != offset:
            change = _change(clock, day - DAY_US, day, offset)
            found.append(Stretch(since, change, offset))
            since, offset = change, later
    return (*found, Stretch(since, end, offset))


def _offset(zone: ZoneInfo, instant: int) -> int:
    offset = (EPOCH + instant * MICROSECOND).astimezone(zone).utcoffset() or timedelta()
    return offset // MICROSECOND


def _change(zone: ZoneInfo, before: int, after: int, offset: int) -> int:
    while after - before > _SECOND_US:
        middle = before + (after - before) // (2 * _SECOND_US) * _SECOND_US
        if _offset(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after


def gaps(parts: Sequence[Stretch]) -> list[IntSpan]:
    """The wall times that no instant has, in order."""
    pairs = ((left.end + left.offset, left.end + right.offset) for left, right in pairwise(parts))
    return [(begin, end) for begin, end in pairs if begin < end]


def instants(walls: Sequence[IntSpan], parts: Iterable[Stretch], low: int, high: int) -> list[IntSpan]:
    """The spans of instants inside [low, high) whose wall clock is in one of the sorted, disjoint wall spans."""
    spans: list[IntSpan] = []
    for start, end, offset in parts:
        begin, stop = max(start, low), min(end, high)
        for opens, closes in walls:
            first, last = max(begin, opens - offset), min(stop, closes - offset)
            if first >= last:
                continue
            if spans and spans[-1][1] == first:
                first = spans.pop()[0]
            spans.append((first, last))
    return spans


def first_instant(wall: int, parts: Iterable[Stretch]) -> int:
    """The first instant whose wall clock shows `wall` or later; the stretches must reach that far."""
    return next(max(start, wall - offset) for start, end, offset in parts if wall < end + offset)
