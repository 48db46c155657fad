"""``desk.inbox``."""

from __future__ import annotations

from csdesk.desk._groups import Group
from csdesk.domain.ids import MessageId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.channels import Received
from csdesk.domain.records.queues import InboxItem, InboxState
from csdesk.flows import queues
from csdesk.flows.reading import known_names
from csdesk.flows.reading.lists import filters
from csdesk.ports.store import Page, Query


class Inbox(Group):
    """Messages that did not reach a ticket: parked by an error, waiting behind one, blocked, discarded, unknown."""

    def list(
        self,
        *,
        state: InboxState | None = None,
        account: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[InboxItem]:
        """A page of the inbox, oldest first.

        Raises:
            InvalidInput: the configuration lists accounts, and not this one; see ``desk.tickets.list``.
        """
        where = filters(state=state, account=account)
        return self._runner.run(
            known_names.listed(InboxItem, Query(kind="inbox", where=where, limit=limit, after=cursor))
        )

    def retry(self, item: MessageId, *, actor: Actor) -> Received:
        """Put a message through the pipeline again; what waited behind it follows.

        Raises:
            NotFound: it is not in the inbox (any more).
        """
        return self._runner.run(queues.retry_parked(item, actor, self._runner.command_id()))

    def discard(self, item: MessageId, *, actor: Actor) -> None:
        """Give a message up: it stays stored as discarded, and what waited behind it is taken in."""
        self._runner.execute(cmd.SettleParked(item=item, actor=actor))
