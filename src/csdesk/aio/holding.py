"""What ``desk.tickets`` knows about who works on a ticket: leases, hand-off to people, hand-back to a bot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from csdesk.aio._groups import TicketGroup
from csdesk.domain.ids import AgentId, TicketId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.tickets import Ticket
from csdesk.flows.reading import briefing
from csdesk.flows.reading.briefing import Brief
from csdesk.flows.reading.checks import pairs


class Holding(TicketGroup):
    """Who works on which ticket. One lease at a time is live; its fencing number is ``ticket.worker.fence``."""

    async def lease(
        self,
        ticket: TicketId,
        *,
        actor: Actor,
        department: str | None = None,
        span: timedelta | None = None,
        take_over: bool = False,
        reason: str = "",
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Work on the ticket: the actor (an agent or a bot), or the department for which an agent acts.

        Args:
            ticket: its id.
            actor: who acts.
            department: a department of the configuration that works on it as a whole.
            span: how long the lease holds; None: for a bot as long as an answer may take, otherwise without an end.
            take_over: take it from whoever has it, for a ``reason``. A bot takes over from bots only.
            reason: why it is taken over.
            expected_version: the version the ticket must have.
            idempotency_key: makes a second call return the first one's outcome.

        Raises:
            LeaseHeld: somebody works on it, and ``take_over`` is False.
            BotBarred: a bot may not work on it.
            NotFound: there is no such agent.
            InvalidInput: there is no such bot or department.
            IllegalTransition: the ticket is finished.
        """
        return await self._do(
            cmd.LeaseTicket(
                ticket=ticket,
                department=department,
                span=span,
                take_over=take_over,
                reason=reason,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    async def renew(self, ticket: TicketId, fence: int, *, actor: Actor, span: timedelta | None = None) -> Ticket:
        """Go on working on it under the same number, for ``span`` from now on (None: without an end).

        Raises:
            StaleWorker: the lease is over.
        """
        return await self._do(cmd.RenewLease(ticket=ticket, fence=fence, span=span, actor=actor))

    async def release(self, ticket: TicketId, fence: int, *, actor: Actor, reason: str = "") -> Ticket:
        """Stop working on it: it waits for people. Who is accountable stays so.

        Raises:
            StaleWorker: the lease is over.
        """
        return await self._do(cmd.ReleaseTicket(ticket=ticket, fence=fence, reason=reason, actor=actor))

    async def hand_off(
        self,
        ticket: TicketId,
        *,
        actor: Actor,
        reason: str = "wanted",
        brief: str = "",
        fence: int | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Give a bot's ticket to people; ``brief`` tells them what they must know. A bot shows its ``fence``.

        Raises:
            InvalidInput: no bot has it.
            StaleWorker: the bot's lease is over.
        """
        return await self._do(
            cmd.HandOff(
                ticket=ticket,
                reason=reason,
                brief=brief,
                fence=fence,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    async def hand_back(
        self,
        ticket: TicketId,
        *,
        actor: Actor,
        queue: str | None = None,
        reason: str = "",
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Give the ticket to the bot of its queue (or of ``queue``) again; an unanswered message is its turn.

        Raises:
            BotBarred: the queue has no bot, the type bars bots, or a bot wants it.
            IllegalTransition: the ticket is finished.
        """
        return await self._do(
            cmd.HandBack(
                ticket=ticket,
                queue=queue,
                reason=reason,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    async def transfer(
        self,
        ticket: TicketId,
        queue: str | None = None,
        *,
        actor: Actor,
        agent: AgentId | None = None,
        department: str | None = None,
        ask: bool | None = None,
        reason: str = "wanted",
        brief: str = "",
        fields: Mapping[str, str] | None = None,
        within: timedelta | None = None,
        returns: bool = False,
        return_within: timedelta | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Move the work to a queue at once, or offer it to an agent or a department, who accept or decline it.

        Args:
            ticket: its id.
            queue: the queue it belongs to then.
            actor: who transfers it.
            agent: who is to have it.
            department: or which department.
            ask: False: it goes over at once. True: it is offered; until somebody accepts, nothing changes.
            reason: a code of yours, without blanks.
            brief: what the next one must know; needed for an offer, unless the configuration says otherwise.
            fields: named parts of the brief; ``transfer.fields`` of the configuration says which must be there.
            within: how long the offer stands; then the giver goes on.
            returns: the work is only lent: the giver stays accountable, and has it again when it is released.
            return_within: or after that time.
            expected_version: the version the ticket must have.
            idempotency_key: makes a second call return the first one's outcome.

        Raises:
            InvalidInput: it cannot go there, or the brief lacks something.
            IllegalTransition: the ticket is finished.
            NotFound: there is no such agent.
        """
        return await self._do(
            cmd.TransferTicket(
                ticket=ticket,
                queue=queue,
                agent=agent,
                department=department,
                ask=ask,
                reason=reason,
                brief=brief,
                fields=pairs({} if fields is None else fields, "fields"),
                within=within,
                returns=returns,
                return_within=return_within,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    async def accept(
        self,
        ticket: TicketId,
        *,
        actor: Actor,
        number: int | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Take what was offered to the actor, an agent: work that waits, room that is saved, or a transfer.

        A transfer to a department any agent may take. ``number`` tells which offer, None: the present one.

        Raises:
            InvalidInput: it is over, or was made to somebody else.
            GuardFailed: the queue is at its capacity: others were faster.
            NotFound: there is no such agent.
            IllegalTransition: the ticket is finished.
        """
        return await self._do(
            cmd.AcceptOffer(
                ticket=ticket,
                number=number,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    async def decline(
        self,
        ticket: TicketId,
        *,
        actor: Actor,
        reason: str = "",
        number: int | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Do not take what was offered to the actor, an agent.

        Work keeps its age and goes to others; the actor is not asked for it again for a while. After a transfer the
        giver goes on.

        Raises:
            InvalidInput: it is over, or was made to somebody else.
            NotFound: there is no such agent.
            IllegalTransition: the ticket is finished.
        """
        return await self._do(
            cmd.DeclineOffer(
                ticket=ticket,
                number=number,
                reason=reason,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    async def withdraw_transfer(self, ticket: TicketId, *, actor: Actor, number: int | None = None) -> Ticket:
        """Take an offered transfer back.

        Raises:
            InvalidInput: no transfer is open, or not that ``number``.
        """
        return await self._do(cmd.WithdrawTransfer(ticket=ticket, number=number, actor=actor))

    async def brief(self, ticket: TicketId, *, limit: int = 20) -> Brief:
        """What the next one must know: why and by whom it was handed on, what was noted, what was said.

        Raises:
            NotFound: this desk has no such ticket.
        """
        return await self._runner.run(briefing.brief(ticket, limit))
