"""What ``desk.tickets`` knows about one ticket becoming part of another, or two, as coroutines."""

from __future__ import annotations

from collections.abc import Sequence

from csdesk.aio._groups import TicketGroup
from csdesk.domain.ids import MessageId, TicketId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.tickets import Ticket
from csdesk.flows import results, unmerging
from csdesk.flows.reading import lists
from csdesk.flows.reading.checks import several
from csdesk.flows.unmerging import Unmerged


class Joining(TicketGroup):
    """Tickets that are merged, taken apart again, or split."""

    async def merge(
        self,
        ticket: TicketId,
        into: TicketId,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Merge the ticket into another one, which takes its messages from now on; the survivor comes back.

        A repeat under the same key tells which ticket it is part of by then.

        Raises:
            IllegalTransition: one of them is closed, or the ticket was merged before.
        """
        await self._do(
            cmd.MergeTickets(
                ticket=ticket,
                into=into,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )
        return await self._runner.run(lists.get_survivor(ticket))

    async def unmerge(
        self,
        ticket: TicketId,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Unmerged:
        """Take a merged ticket out of its survivor: it is open, and otherwise as it was before the merge.

        What had been merged into it before comes out with it. Messages that came since stay on the survivor and are
        listed in the result.

        Raises:
            IllegalTransition: it is not merged.
        """
        done = await self._runner.execute(
            cmd.UnmergeTicket(
                ticket=ticket, actor=actor, expected_version=expected_version, idempotency_key=idempotency_key
            )
        )
        return await self._runner.run(unmerging.unmerged_ticket(done))

    async def split(
        self,
        ticket: TicketId,
        messages: Sequence[MessageId],
        *,
        actor: Actor,
        subject: str = "",
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Move messages to a new ticket, which comes back; it is linked to this one as ``split_from``.

        The conversation's new messages go on to this ticket; an answer by mail to a moved message follows it.

        Raises:
            InvalidInput: no message, one of another ticket, or all that the ticket has.
            NotFound: a message does not exist.
            IllegalTransition: the ticket is merged.
        """
        done = await self._runner.execute(
            cmd.SplitTicket(
                ticket=ticket,
                messages=several(messages, "messages"),
                subject=subject,
                actor=actor,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )
        return results.new_ticket_of(done)
