"""``desk.outbox``, as coroutines."""

from __future__ import annotations

from csdesk.aio._groups import Group
from csdesk.domain.ids import MessageId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.queues import OutboxItem, OutboxState
from csdesk.flows.outbound import waiting
from csdesk.flows.reading.lists import filters
from csdesk.ports.store import Page, Query


class Outbox(Group):
    """Messages on their way. Those that are dead or unknown wait here for a decision."""

    async def list(
        self,
        *,
        state: OutboxState | None = None,
        account: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[OutboxItem]:
        """A page of the outbox, oldest first.

        Of a pending message ``needs`` is ``channel`` where this desk has none for its account: it waits for a process
        that has it.

        Raises:
            InvalidInput: the configuration lists accounts, and not this one; see ``desk.tickets.list``.
        """
        where = filters(state=state, account=account)
        return await self._runner.run(waiting.outbox(Query(kind="outbox", where=where, limit=limit, after=cursor)))

    async def retry(self, message: MessageId, *, actor: Actor) -> None:
        """Queue a dead or unknown message again. An unknown one may then arrive twice: that is yours to decide.

        Raises:
            NotFound: it is not in the outbox.
            InvalidInput: it is on its way already.
        """
        await self._runner.execute(cmd.RetryOutbound(message=message, actor=actor))

    async def discard(self, message: MessageId, *, actor: Actor) -> None:
        """Give a dead or unknown message up: its delivery is ``failed`` for good."""
        await self._runner.execute(cmd.RetryOutbound(message=message, discard=True, actor=actor))
