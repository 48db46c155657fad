"""Public holidays as people save them while the desk runs: year by year, so that an announcement needs no release."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import Field

from csdesk.domain.records._model import Instant, Name, Record


class SavedYear(Record):
    """One year: closed dates, and weekend dates that are worked in return (调休)."""

    year: int = Field(ge=1900, le=9990)
    closed: tuple[date, ...] = ()
    working: tuple[date, ...] = ()
    known: bool = True
    """False while nobody has announced the year."""


class PublicHolidays(Record):
    """The saved holiday years of one place. They go before those that the configuration states."""

    SCHEMA: ClassVar[int] = 1

    id: str
    version: int = 0
    place: Name
    """As calendars name it in ``observes``, such as ``CN``."""
    years: tuple[SavedYear, ...] = ()
    """In order."""
    updated_at: Instant
