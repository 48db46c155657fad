"""``desk.tickets.drafts``."""

from __future__ import annotations

from csdesk.desk._groups import Group
from csdesk.domain.ids import TicketId
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.drafts import Draft
from csdesk.flows import drafts


class Drafts(Group):
    """Replies in the making. A draft remembers the version of the ticket that it answers."""

    def save(self, ticket: TicketId, text: str, *, actor: Actor) -> Draft:
        """Keep the actor's draft on a ticket; it replaces an earlier one.

        Raises:
            Denied: the actor may not reply.
        """
        return self._runner.run(drafts.save_draft(ticket, text, actor))

    def get(self, ticket: TicketId, *, actor: Actor) -> Draft | None:
        """The actor's draft on a ticket, None if there is none."""
        return self._runner.run(drafts.get_draft(ticket, actor))

    def list(self, ticket: TicketId) -> tuple[Draft, ...]:
        """All drafts on a ticket."""
        return self._runner.run(drafts.list_drafts(ticket))
