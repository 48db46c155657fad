"""China's public holidays and make-up days (调休), by the `chinesecalendar` package (extra `calendar`).

It holds the State Council's notices only, so a year without one is answered empty, with `known=False`.
"""

from __future__ import annotations

from datetime import date
from importlib import import_module

from csdesk.domain.time.holidays import HolidayYear
from csdesk.errors import MissingExtra


class ChineseCalendarLibrary:
    """Public holidays of mainland China, with the weekends worked in return.

    Raises:
        MissingExtra: on construction, if the package is not installed.
    """

    def __init__(self) -> None:
        try:
            constants = import_module("chinese_calendar.constants")
        except ImportError:
            raise MissingExtra("calendar", "chinesecalendar", "this holiday source") from None
        self._closed: frozenset[date] = frozenset(constants.holidays)
        self._working: frozenset[date] = frozenset(constants.workdays)

    def year(self, year: int) -> HolidayYear:
        """The holidays of a year, as the notice for it has them."""
        closed = frozenset(day for day in self._closed if day.year == year)
        working = frozenset(day for day in self._working if day.year == year)
        return HolidayYear(closed, working, known=bool(closed))
