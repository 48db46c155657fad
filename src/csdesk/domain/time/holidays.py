"""Holiday years as data, and a calendar that observes them.

Public holidays are announced year by year (China's in the autumn before), with make-up days (调休): weekend dates
that are worked in return. A calendar therefore says until when it knows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from csdesk.domain.time.calendar import SpanInput, WorkingCalendar
from csdesk.domain.time.errors import CalendarError
from csdesk.domain.time.fields import WEEKDAYS


@dataclass(frozen=True, slots=True)
class HolidayYear:
    """What is known of the holidays of one year.

    Attributes:
        closed: public holidays; those on weekends may be among them.
        working: dates that are worked although their weekday is free.
        known: whether the year has been announced; False if the dates are missing or only computed.
    """

    closed: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()
    known: bool = True


def observe(
    calendar: WorkingCalendar, years: Mapping[int, HolidayYear], *, make_up: Iterable[tuple[str, str]] | None = None
) -> WorkingCalendar:
    """The calendar with the holidays of these years.

    Closed dates join its holidays. Working dates get the `make_up` hours, unless the calendar has its own hours for
    them or is open on that weekday anyway; a holiday of its own still wins. `known_until` becomes the last day before
    the first year that is not known or not given.

    Args:
        calendar: the calendar to start from.
        years: consecutive or not; only the run of known years from the first one counts as known.
        make_up: hours of a make-up day; by default those of the calendar's first open weekday.

    Raises:
        CalendarError: `no_make_up_hours`, if a make-up day has no hours to take.
    """
    if not years:
        return calendar
    own = {day for day, _ in calendar.dates}
    open_weekdays = _open_weekdays(calendar)
    working = {day for year in years.values() for day in year.working if day.weekday() not in open_weekdays} - own
    dates: dict[date, SpanInput] = dict(calendar.dates)
    if working:
        hours = tuple(make_up) if make_up is not None else _first_hours(calendar)
        dates.update((day, hours) for day in working)
    closed = frozenset(day for year in years.values() for day in year.closed)
    update = {"dates": dates, "holidays": calendar.holidays | closed, "known_until": _known_until(years)}
    return calendar.model_copy(update=update)


def _open_weekdays(calendar: WorkingCalendar) -> frozenset[int]:
    if calendar.always_open:
        return frozenset(range(7))
    return frozenset(WEEKDAYS.index(day) for day, _ in calendar.weekly)


def _first_hours(calendar: WorkingCalendar) -> SpanInput:
    if not calendar.weekly:
        raise CalendarError("no_make_up_hours", "make_up", "make-up days without hours", "pass make_up")
    return calendar.weekly[0][1]


def _known_until(years: Mapping[int, HolidayYear]) -> date:
    """31 December of the last year in the run of known years; the day before the first year, if that is not known."""
    year = min(years)
    while year in years and years[year].known:
        year += 1
    return date(year - 1, 12, 31)
