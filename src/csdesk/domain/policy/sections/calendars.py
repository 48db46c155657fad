"""Working calendars as a configuration states them, and the holiday years they observe."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from csdesk.domain.records._model import Name
from csdesk.domain.records._settings import Section, refused
from csdesk.domain.time.calendar import WorkingCalendar
from csdesk.domain.time.errors import CalendarError
from csdesk.domain.time.fields import (
    AnnualHolidays,
    Breaks,
    DateHours,
    ForceDates,
    Holidays,
    KnownUntil,
    WeeklyHours,
    ZoneName,
    date_list,
    date_set,
)
from csdesk.domain.time.holidays import HolidayYear, observe
from csdesk.domain.time.spans import TextSpan, text_spans
from csdesk.errors import sentence

_NOTHING_KNOWN = date(1970, 1, 1)
"""What a calendar knows that observes holidays which nobody has stated."""


Closed = Annotated[frozenset[date], BeforeValidator(partial(date_set, field="closed")), PlainSerializer(date_list)]
Working = Annotated[frozenset[date], BeforeValidator(partial(date_set, field="working")), PlainSerializer(date_list)]


class HolidayYearPolicy(Section):
    """One year of public holidays: closed dates, and weekend dates that are worked in return (调休)."""

    year: int = Field(ge=1900, le=9990)
    closed: Closed = frozenset()
    working: Working = frozenset()
    known: bool = True
    """False while nobody has announced the year."""

    @model_validator(mode="after")
    def _of_the_year(self) -> HolidayYearPolicy:
        for name in ("closed", "working"):
            for day in getattr(self, name):
                if day.year != self.year:
                    raise refused(
                        sentence("{day} is not in {year}", day=day, year=self.year), "put it under its own year", name
                    )
        if both := self.closed & self.working:
            raise refused(sentence("{day} is both closed and worked", day=min(both)), "keep it in one list", "working")
        return self

    @property
    def value(self) -> HolidayYear:
        """The year as calendars observe it."""
        return HolidayYear(self.closed, self.working, known=self.known)


class HolidayPolicy(Section):
    """The holidays of a place, year by year. Years that people save while the desk runs go before these."""

    name: Name
    years: tuple[HolidayYearPolicy, ...] = ()

    @model_validator(mode="after")
    def _each_year_once(self) -> HolidayPolicy:
        seen: set[int] = set()
        for place, one in enumerate(self.years):
            if one.year in seen:
                raise refused(
                    sentence("{year} stands twice", year=one.year), "keep one entry for each year", "years", place
                )
            seen.add(one.year)
        return self


MakeUp = Annotated[tuple[TextSpan, ...], BeforeValidator(partial(text_spans, field="make_up"))]


class CalendarPolicy(Section):
    """When people work: as ``csdesk.WorkingCalendar``, with a name, and with the holidays it observes."""

    name: Name
    zone: ZoneName = "Asia/Shanghai"
    weekly: WeeklyHours = ()
    dates: DateHours = ()
    holidays: Holidays = frozenset()
    annual_holidays: AnnualHolidays = frozenset()
    breaks: Breaks = ()
    force_dates: ForceDates = frozenset()
    always_open: bool = False
    known_until: KnownUntil = None
    observes: Name | None = None
    """The holidays it observes: an entry of ``holidays``, or years saved by ``desk.calendars.save``."""
    make_up: MakeUp = ()
    """The hours of a make-up day; empty: those of the first open weekday."""

    @model_validator(mode="after")
    def _can_be_built(self) -> CalendarPolicy:
        try:
            self.calendar({})
            if self.observes is not None:
                self.calendar({2026: HolidayYear(working=frozenset({date(2026, 1, 4)}))})
        except CalendarError as error:
            raise refused(error.problem, error.remedy, *error.field.split(".")) from None
        return self

    def calendar(self, years: dict[int, HolidayYear]) -> WorkingCalendar:
        """The calendar, observing these years.

        Raises:
            CalendarError: it cannot be built.
        """
        given = {name: getattr(self, name) for name in WorkingCalendar.model_fields if hasattr(self, name)}
        plain = WorkingCalendar.model_validate(given)
        if self.observes is not None and not years:
            return plain.model_copy(update={"known_until": _NOTHING_KNOWN})
        return observe(plain, years, make_up=self.make_up or None)


__all__ = ["CalendarPolicy", "HolidayPolicy", "HolidayYearPolicy"]
