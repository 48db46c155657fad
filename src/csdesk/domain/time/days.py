"""Which hours hold on a date and why, and the wall times that are worked.

Precedence: holiday > break > dates > weekly, and a forced date beats a holiday. Hours belong to the day they open
on, so a holiday takes away the whole shift that opens on it and leaves the tail of the night before. A break is a
piece of wall time: it takes away whatever would be worked then, a night shift's tail too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple

from csdesk.domain.time.instants import DAY_US, EPOCH_ORDINAL, FIRST_YEAR, LAST_YEAR, MINUTE_US, year_start
from csdesk.domain.time.spans import IntSpan, merged, without
from csdesk.domain.time.zones import MARGIN_DAYS, first_instant, gaps, instants, stretches

# The rule that set a date's hours; the last four close it.
DayCode = Literal[
    "weekly", "dates", "forced", "always_open", "holiday", "annual_holiday", "date_closed", "weekday_closed"
]
MinuteSpans = tuple[IntSpan, ...]

ALL_DAY: MinuteSpans = ((0, 1440),)


class Rules(NamedTuple):
    """A calendar reduced to what arithmetic needs: days as ordinals, clocks as minutes. Hashable: equal rules share."""

    zone: str
    weekly: tuple[MinuteSpans, ...]
    dates: tuple[tuple[int, MinuteSpans], ...]
    holidays: frozenset[int]
    annual_holidays: frozenset[str]
    breaks: tuple[tuple[int, MinuteSpans], ...]
    forced: frozenset[int]
    always_open: bool
    known_until: int | None


class Hours(NamedTuple):
    """The hours of one date before breaks, and the rule that set them; closed days have no spans."""

    code: DayCode
    spans: MinuteSpans


class DayRules:
    """Answers for single dates, given as proleptic ordinals (`date.toordinal`)."""

    __slots__ = ("_dates", "breaks", "rules")

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._dates = dict(rules.dates)
        self.breaks = merged(span for day, spans in rules.breaks for span in walls(day, spans))

    def hours(self, ordinal: int) -> Hours:
        """The hours that open on a date."""
        rules = self.rules
        special = self._dates.get(ordinal)
        if special is not None and ordinal in rules.forced:
            return Hours("forced" if special else "date_closed", special)
        if ordinal in rules.holidays:
            return Hours("holiday", ())
        if rules.annual_holidays and date.fromordinal(ordinal).isoformat()[5:] in rules.annual_holidays:
            return Hours("annual_holiday", ())
        if special is not None:
            return Hours("dates" if special else "date_closed", special)
        if rules.always_open:
            return Hours("always_open", ALL_DAY)
        spans = rules.weekly[(ordinal - 1) % 7]
        return Hours("weekly" if spans else "weekday_closed", spans)

    def removed(self, year: int) -> list[IntSpan]:
        """Wall times never worked around a UTC year, sorted and disjoint: breaks, and gaps of the zone."""
        return merged([*self.breaks, *gaps(stretches(self.rules.zone, year))])

    def worked(self, ordinal: int, removed: Sequence[IntSpan]) -> list[IntSpan]:
        """The wall times worked by the hours that open on a date."""
        return [left for span in walls(ordinal, self.hours(ordinal).spans) for left in without(span, removed)]

    def worked_instants(self, ordinal: int) -> list[IntSpan]:
        """The spans of instants worked by the hours that open on a date."""
        removed = self.removed(date.fromordinal(ordinal).year)
        return self.instants(ordinal, self.worked(ordinal, removed))

    def break_instants(self, ordinal: int) -> list[IntSpan]:
        """The spans of instants that breaks take from the hours that open on a date."""
        spans = walls(ordinal, self.hours(ordinal).spans)
        taken = [part for span in spans for part in without(span, without(span, self.breaks))]
        return self.instants(ordinal, taken)

    def is_missing(self, ordinal: int) -> bool:
        """Whether the zone left the date out, as Apia did with 2011-12-30."""
        return not self.instants(ordinal, walls(ordinal, ALL_DAY))

    def instants(self, ordinal: int, spans: Sequence[IntSpan]) -> list[IntSpan]:
        """Wall times on or just after a date as instants."""
        year = date.fromordinal(ordinal).year
        margin = MARGIN_DAYS * DAY_US
        low, high = year_start(year) - margin, year_start(year + 1) + margin
        return instants(spans, stretches(self.rules.zone, year), low, high)

    def instant_at(self, ordinal: int, wall_time: int) -> int:
        """The first instant whose wall clock is `wall_time` microseconds into a date, or later."""
        wall = (ordinal - EPOCH_ORDINAL) * DAY_US + wall_time
        return first_instant(wall, stretches(self.rules.zone, date.fromordinal(ordinal).year))

    def has_hours(self) -> bool:
        """Whether any instant is worked at all: by a weekly rule that recurs, or on a listed date."""
        if self._recurs():
            return True
        supported = (day for day in self._dates if FIRST_YEAR <= date.fromordinal(day).year <= LAST_YEAR)
        return any(self.worked_instants(day) for day in supported)

    def _recurs(self) -> bool:
        # Lists of single dates end some day; only holidays on every day of the year end a weekly rule.
        return (self.rules.always_open or any(self.rules.weekly)) and len(self.rules.annual_holidays - {"02-29"}) < 365


def walls(ordinal: int, spans: MinuteSpans) -> list[IntSpan]:
    """Minutes of a date as wall times."""
    midnight = (ordinal - EPOCH_ORDINAL) * DAY_US
    return [(midnight + opens * MINUTE_US, midnight + closes * MINUTE_US) for opens, closes in spans]
