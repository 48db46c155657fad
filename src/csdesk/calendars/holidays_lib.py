"""Holidays of many countries, by the `holidays` package (extra `calendar`).

The package computes years that nobody has announced yet: China's from the lunar calendar, without make-up days, and
some countries' from an estimated moon. Such a year is answered with `known=False`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from importlib import import_module
from typing import Protocol

from csdesk.domain.time.holidays import HolidayYear
from csdesk.errors import InvalidInput, MissingExtra


class _Table(Protocol):
    """What is read of the package's `HolidayBase`, a mapping from date to name."""

    country: str
    start_year: int
    end_year: int
    weekend_workdays: set[date]

    def __iter__(self) -> Iterator[date]: ...

    def values(self) -> Iterator[str]: ...

    def tr(self, text: str) -> str: ...


class HolidaysLibrary:
    """Public holidays of a country or one of its subdivisions.

    Args:
        country: ISO 3166-1 alpha-2 code, such as `CN`.
        subdivision: ISO 3166-2 subdivision part, such as `CA` of `US`, or None.

    Raises:
        MissingExtra: on construction, if the package is not installed.
        InvalidInput: on construction, for a country or subdivision that the package does not have.
    """

    def __init__(self, country: str = "CN", *, subdivision: str | None = None) -> None:
        try:
            load: Callable[..., _Table] = import_module("holidays").country_holidays
        except ImportError:
            raise MissingExtra("calendar", "holidays", "this holiday source") from None
        try:
            load(country, subdiv=subdivision)
        except NotImplementedError:
            remedy = "use an ISO 3166 code and a subdivision that it lists"
            raise InvalidInput("country", "is not in the holidays package", remedy) from None
        self._load = load
        self.country, self.subdivision = country, subdivision

    def year(self, year: int) -> HolidayYear:
        """The holidays of a year; `known` is False for years outside the package's data or with computed dates."""
        table = self._load(self.country, subdiv=self.subdivision, years=year)
        working = frozenset(day for day in table.weekend_workdays if day.year == year)
        closed = frozenset(day for day in table if day.year == year)
        return HolidayYear(closed, working, known=_is_announced(table, year))


def _is_announced(table: _Table, year: int) -> bool:
    if not table.start_year <= year <= table.end_year:
        return False
    if table.country == "CN":  # make-up days and moved holidays stand in one entry for each notice
        return year in getattr(table, "special_public_holidays", {})
    # The package marks an estimate by "(estimated)" after the name, in the table's language.
    label = table.tr(str(getattr(table, "estimated_label", ""))).replace("%s", "").strip(" ()")
    return not label or not any(label in name for name in table.values())
