"""Prefix sums of worked time, shared between equal calendars and grown a year at a time.

    opens[i], closes[i]   the i-th worked span, instants in microseconds, sorted, disjoint, not touching
    acc[i]                time worked before span i; acc[-1] is all of it
    W(t)                  time worked from the table's beginning to t

Tables never change. A query that needs more years builds a bigger table and publishes it by one assignment, so
readers in other threads see the old one or the new one, both right; two that grow at once waste work, no more.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import accumulate

from csdesk.domain.time.days import DayRules, Rules
from csdesk.domain.time.errors import NoWorkingTime
from csdesk.domain.time.instants import FIRST_YEAR, HORIZON_US, LAST_YEAR, year_of, year_start
from csdesk.domain.time.spans import IntSpan, merged
from csdesk.domain.time.zones import instants, stretches

# No query needs more: it spans at most 30 years, which touch 31 calendar years, and grows by whole years.
MAX_YEARS = 33
# Calendars in use keep their tables themselves; this many more stay warm for equal calendars made anew.
SHARED_TABLES = 64

_FIRST_DAY, _LAST_DAY = date(FIRST_YEAR, 1, 1).toordinal(), date(LAST_YEAR, 12, 31).toordinal()


class SpanTable:
    """The worked spans of the UTC years `first` to `last`, and the local dates of those years that have any."""

    __slots__ = ("acc", "closes", "days", "first", "high", "last", "low", "opens")

    def __init__(self, first: int, last: int, spans: Sequence[IntSpan], days: tuple[int, ...]) -> None:
        self.first, self.last = first, last
        self.low, self.high = year_start(first), year_start(last + 1)
        self.opens = tuple(opens for opens, _ in spans)
        self.closes = tuple(closes for _, closes in spans)
        self.acc = tuple(accumulate((closes - opens for opens, closes in spans), initial=0))
        self.days = days

    def worked(self, instant: int) -> int:
        """W(instant), for an instant inside the table."""
        after = bisect_right(self.opens, instant)
        if after and instant < self.closes[after - 1]:
            return self.acc[after] - self.closes[after - 1] + instant
        return self.acc[after]


def joined(tables: Sequence[SpanTable]) -> SpanTable:
    """One table of tables that follow each other; a span that runs through the new year becomes one."""
    spans: list[IntSpan] = []
    for table in tables:
        more = list(zip(table.opens, table.closes, strict=True))
        if spans and more and spans[-1][1] == more[0][0]:
            more[0] = (spans.pop()[0], more[0][1])
        spans += more
    days = tuple(day for table in tables for day in table.days)
    return SpanTable(tables[0].first, tables[-1].last, spans, days)


def year_table(rules: DayRules, year: int) -> SpanTable:
    """The table of one UTC year."""
    begin, end = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    removed = rules.removed(year)
    by_day = {day: rules.worked(day, removed) for day in range(begin - 3, end + 3)}
    days = tuple(day for day, spans in by_day.items() if spans and begin <= day <= end)
    parts = stretches(rules.rules.zone, year)
    worked = merged(span for spans in by_day.values() for span in spans)
    return SpanTable(year, year, instants(worked, parts, year_start(year), year_start(year + 1)), days)


class SharedTable:
    """Holds the table of equal calendars and grows it on demand."""

    __slots__ = ("known_end", "rules", "table")

    def __init__(self, rules: DayRules) -> None:
        self.rules = rules
        self.table: SpanTable | None = None
        self.known_end = _known_end(rules)

    def at(self, instant: int) -> SpanTable:
        """A table that covers an instant."""
        table = self.table
        if table is not None and table.low <= instant < table.high:
            return table
        year = year_of(instant)
        return self.covering(year, year)

    def spanning(self, low: int, high: int) -> SpanTable:
        """A table that covers both instants, which lie at most a horizon apart."""
        table = self.table
        if table is not None and table.low <= low and high < table.high:
            return table
        return self.covering(year_of(low), year_of(high))

    def later(self, table: SpanTable, since: int, field: str) -> SpanTable:
        """The table and one more year after it, for a search that began at `since`.

        Raises:
            NoWorkingTime: if the table already reaches past the horizon.
        """
        if table.high - since > HORIZON_US or table.last >= LAST_YEAR:
            raise no_working_time(field)
        return self.covering(year_of(since), table.last + 1)

    def earlier(self, table: SpanTable, since: int, field: str) -> SpanTable:
        """The table and one more year before it, for a search backwards from `since`."""
        if since - table.low > HORIZON_US or table.first <= FIRST_YEAR:
            raise no_working_time(field)
        return self.covering(table.first - 1, year_of(since))

    def covering(self, first: int, last: int) -> SpanTable:
        """A table that covers these UTC years, published for all; it forgets others rather than pass `MAX_YEARS`."""
        table = self.table
        if table is None or max(last, table.last) - min(first, table.first) >= MAX_YEARS:
            table = year_table(self.rules, first)
        before = [year_table(self.rules, year) for year in range(first, table.first)]
        after = [year_table(self.rules, year) for year in range(table.last + 1, last + 1)]
        if before or after:
            table = joined([*before, table, *after])
        self.table = table
        return table


def _known_end(rules: DayRules) -> int | None:
    """The first instant after `known_until`; None if no supported instant comes after it."""
    known = rules.rules.known_until
    if known is None or known >= _LAST_DAY:
        return None
    return rules.instant_at(max(known, _FIRST_DAY) + 1, 0)


def no_working_time(field: str) -> NoWorkingTime:
    """The error for an answer beyond the horizon."""
    message = "too little working time within 30 years"
    return NoWorkingTime("no_working_time", field, message, "pass a smaller amount or give the calendar more hours")


@lru_cache(maxsize=SHARED_TABLES)
def shared_table(rules: Rules) -> SharedTable:
    """The one table of all calendars with these rules."""
    return SharedTable(DayRules(rules))
