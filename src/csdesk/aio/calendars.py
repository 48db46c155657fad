"""``desk.calendars``, as coroutines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from csdesk.aio._groups import Group
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.time.calendar import WorkingCalendar
from csdesk.flows import results
from csdesk.flows.reading import lists, service_levels
from csdesk.flows.reading.checks import several
from csdesk.ports.store import Page, Query


class Calendars(Group):
    """Working calendars, and the public holidays that people save when they are announced."""

    async def get(self, name: str | None = None) -> WorkingCalendar:
        """A calendar of the configuration, with the holidays it observes by now; None: the default one.

        Raises:
            NotFound: the configuration has no such calendar.
        """
        return await self._runner.run(service_levels.calendar(name))

    async def save(
        self,
        place: str,
        year: int,
        *,
        actor: Actor,
        closed: Iterable[date] = (),
        working: Iterable[date] = (),
        known: bool = True,
        idempotency_key: str | None = None,
    ) -> PublicHolidays:
        """Save one year of a place's public holidays; the year's earlier dates are replaced, in every process.

        Clocks that run keep the due instant they were given (``desk.sla.reassess`` moves it); what begins, goes on or
        stops from now on counts by the new dates.

        Args:
            place: as calendars name it in ``observes``, such as ``CN``.
            year: the calendar year of all the dates.
            actor: who saves it.
            closed: public holidays; those on weekends may be among them.
            working: weekend dates that are worked in return (make-up days).
            known: False while nobody has announced the year.
            idempotency_key: as with every command.

        Raises:
            InvalidInput: a date of another year, or one that is both closed and worked.
        """
        command = cmd.SaveHolidays(
            place=place,
            year=year,
            closed=several(closed, "closed"),
            working=several(working, "working"),
            known=known,
            actor=actor,
            idempotency_key=idempotency_key,
        )
        return results.holidays_of(await self._runner.execute(command))

    async def list(self, *, limit: int = 50, cursor: str | None = None) -> Page[PublicHolidays]:
        """The saved holidays, one record for each place."""
        return await self._runner.run(lists.page_of(PublicHolidays, Query(kind="holidays", limit=limit, after=cursor)))
