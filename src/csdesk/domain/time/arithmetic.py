"""Working time on a table: W(t) by one bisect, its inverse by another.

    between(a, b) = W(b) - W(a)
    forward(t, n) = the first instant with W = W(t) + n   (a close, where the amount uses up the span)
    backward(t, n) = the last instant with W = W(t) - n   (an opening, where the amount uses up the span)

With `snap` the other end of the closed time is taken: the next opening forwards, the previous close backwards.
All numbers are microseconds; amounts are not negative.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date

from csdesk.domain.time.errors import CalendarError
from csdesk.domain.time.instants import FIRST_YEAR, HORIZON, HORIZON_US, LAST_YEAR, year_start
from csdesk.domain.time.spans import IntSpan, clipped
from csdesk.domain.time.table import SharedTable, SpanTable, no_working_time

_HORIZON_YEARS = 31  # one more than 30 years can reach, for the search to end by days


def forward(shared: SharedTable, start: int, amount: int, *, snap: bool, field: str) -> int:
    """The instant at which `amount` has been worked since `start`."""
    if not amount and not snap:
        return start
    if amount > HORIZON_US:
        raise no_working_time(field)
    table = shared.table
    if table is None or not table.low <= start < table.high:  # `shared.at`, spelled out for speed
        table = shared.at(start)
    while True:
        acc = table.acc
        after = bisect_right(table.opens, start)  # `table.worked(start)`, spelled out
        target = acc[after] + amount
        if after and start < (closes := table.closes[after - 1]):
            target -= closes - start
        place = bisect_right(acc, target) if snap else bisect_left(acc, target)
        if place < len(acc):
            due = table.closes[place - 1] - (acc[place] - target)
            if due - start > HORIZON_US:
                raise no_working_time(field)
            return due
        table = shared.later(table, start, field)


def backward(shared: SharedTable, start: int, amount: int, *, snap: bool, field: str) -> int:
    """The instant from which `amount` has been worked until `start`."""
    if not amount and not snap:
        return start
    if amount > HORIZON_US:
        raise no_working_time(field)
    table = shared.at(start)
    while True:
        acc = table.acc
        target = table.worked(start) - amount
        place = bisect_left(acc, target) if snap else bisect_right(acc, target)
        if place:
            since = table.closes[place - 1] - (acc[place] - target)
            if start - since > HORIZON_US:
                raise no_working_time(field)
            return since
        table = shared.earlier(table, start, field)


def between(shared: SharedTable, begin: int, end: int) -> int:
    """Time worked from one instant to another, negative if `end` comes first."""
    table = _spanning(shared, begin, end)
    return table.worked(end) - table.worked(begin)


def spans_between(shared: SharedTable, begin: int, end: int) -> list[IntSpan]:
    """The worked spans inside [begin, end), cut at its ends; none if `end` comes first."""
    table = _spanning(shared, begin, end)
    first, stop = bisect_right(table.closes, begin), bisect_left(table.opens, end)
    return clipped(zip(table.opens[first:stop], table.closes[first:stop], strict=True), begin, end)


def _spanning(shared: SharedTable, begin: int, end: int) -> SpanTable:
    low, high = (begin, end) if begin <= end else (end, begin)
    if high - low > HORIZON_US:
        raise CalendarError("beyond_horizon", "b", "the instants are more than 30 years apart", "ask in parts")
    return shared.spanning(low, high)


def is_open(shared: SharedTable, at: int) -> bool:
    """Whether the instant is inside a worked span."""
    table = shared.at(at)
    after = bisect_right(table.opens, at)
    return after > 0 and at < table.closes[after - 1]


def next_close(shared: SharedTable, at: int, field: str) -> int:
    """The first close after an instant."""
    table = shared.at(at)
    while True:
        place = bisect_right(table.closes, at)
        # A span that ends with the table may go on in the next year.
        if place < len(table.closes) and table.closes[place] < table.high:
            if table.closes[place] - at > HORIZON_US:
                raise _never_closes(field)
            return table.closes[place]
        if table.high - at > HORIZON_US and place < len(table.closes):
            raise _never_closes(field)
        table = shared.later(table, at, field)


def _never_closes(field: str) -> CalendarError:
    return CalendarError("never_closes", field, "no close within 30 years", "do not ask a calendar that is always open")


def worked_day(shared: SharedTable, start: int, count: int, field: str) -> int:
    """The date `count` worked dates after a date (before it, if negative); dates are ordinals.

    For 0 it is the date itself if worked, else the next worked one.
    """
    year = date.fromordinal(start).year
    table = shared.at(year_start(year))
    while True:
        days = table.days
        place = bisect_right(days, start) + count - 1 if count > 0 else bisect_left(days, start) + count
        if 0 <= place < len(days):
            if abs(days[place] - start) > HORIZON.days:
                raise no_working_time(field)
            return days[place]
        table = _more_days(shared, table, year, forwards=place >= 0, field=field)


def _more_days(shared: SharedTable, table: SpanTable, year: int, *, forwards: bool, field: str) -> SpanTable:
    first, last = (year, table.last + 1) if forwards else (table.first - 1, year)
    if last - first > _HORIZON_YEARS or first < FIRST_YEAR or last > LAST_YEAR:
        raise no_working_time(field)
    return shared.covering(first, last)
