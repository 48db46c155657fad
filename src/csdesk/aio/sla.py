"""``desk.sla``, as coroutines."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from csdesk.aio._groups import TicketGroup
from csdesk.domain.core.casework.accounts import SlaAccount
from csdesk.domain.ids import TicketId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.clocks import Metric
from csdesk.domain.records.tickets import Ticket
from csdesk.flows.reading import service_levels


class Sla(TicketGroup):
    """Service levels: why clocks stand where they stand, promises and steps, looking at promises again."""

    async def explain(self, ticket: TicketId) -> SlaAccount:
        """Every clock of a ticket, line by line: what was counted, paused and passed over, up to now.

        Raises:
            NotFound: this desk has no such ticket.
        """
        return await self._runner.run(service_levels.explain(ticket))

    async def reassess(
        self,
        ticket: TicketId,
        mode: Literal["pin", "forward", "retro"] = "forward",
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Look at a ticket's promises again under the service levels and calendars in force.

        Clocks otherwise keep the terms under which they began. ``forward``: live clocks take the terms in force from
        now on and keep what was used. ``retro``: as if these terms had held from the opening on; breaches that this
        finds are told as retroactive, those that no longer hold are voided. ``pin`` changes nothing.
        """
        return await self._do(
            cmd.ReassessTicket(
                ticket=ticket,
                mode=mode,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    async def promise(
        self,
        ticket: TicketId,
        *,
        actor: Actor,
        within: timedelta | None = None,
        until: datetime | None = None,
        name: str | None = None,
        calendar: str | None = None,
        warn: timedelta | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Note what the customer was promised: a clock that ``settle`` ends.

        Args:
            ticket: a live ticket.
            actor: who promised it.
            within: how soon, in working time of ``calendar`` (None: every second counts).
            until: by when, ten years ahead at most; instead of ``within``.
            name: a word for it, such as ``call_back``; no free text.
            calendar: a calendar of the configuration.
            warn: how much of the time is left when a warning is given; None: no warning.
            expected_version: of the ticket.
            idempotency_key: as with every command.
        """
        return await self._start(
            Metric.PROMISE,
            ticket,
            actor=actor,
            within=within,
            until=until,
            name=name,
            calendar=calendar,
            warn=warn,
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )

    async def settle(
        self,
        ticket: TicketId,
        *,
        actor: Actor,
        kept: bool = True,
        name: str | None = None,
        cycle: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """End the oldest live promise (of that name, or that cycle): kept, or given up."""
        return await self._end(Metric.PROMISE, ticket, actor, kept, name, cycle, idempotency_key)

    async def start_step(
        self,
        ticket: TicketId,
        step: str | None = None,
        *,
        actor: Actor,
        within: timedelta | None = None,
        until: datetime | None = None,
        calendar: str | None = None,
        warn: timedelta | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Begin a step of the work, or a hand-off, that must be done in time; its target says how soon, or you do."""
        return await self._start(
            Metric.STEP,
            ticket,
            actor=actor,
            within=within,
            until=until,
            name=step,
            calendar=calendar,
            warn=warn,
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )

    async def end_step(
        self,
        ticket: TicketId,
        step: str | None = None,
        *,
        actor: Actor,
        done: bool = True,
        cycle: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """End the oldest live step (of that name, or that cycle): done, or given up."""
        return await self._end(Metric.STEP, ticket, actor, done, step, cycle, idempotency_key)

    async def _start(
        self,
        metric: Literal[Metric.STEP, Metric.PROMISE],
        ticket: TicketId,
        *,
        actor: Actor,
        within: timedelta | None,
        until: datetime | None,
        name: str | None,
        calendar: str | None,
        warn: timedelta | None,
        expected_version: int | None,
        idempotency_key: str | None,
    ) -> Ticket:
        return await self._do(
            cmd.StartClock(
                ticket=ticket,
                metric=metric,
                name=name,
                within=within,
                until=until,
                calendar=calendar,
                warn=warn,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    async def _end(
        self,
        metric: Literal[Metric.STEP, Metric.PROMISE],
        ticket: TicketId,
        actor: Actor,
        kept: bool,
        name: str | None,
        cycle: int | None,
        idempotency_key: str | None,
    ) -> Ticket:
        return await self._do(
            cmd.EndClock(
                ticket=ticket,
                metric=metric,
                cycle=cycle,
                name=name,
                kept=kept,
                actor=actor,
                idempotency_key=idempotency_key,
            )
        )
