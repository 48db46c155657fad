"""Step 10: what the session should lead to, in queues that say so; and whether the message shows that it did."""

from __future__ import annotations

from csdesk.domain.core.casework import goals
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records.tickets import Ticket
from csdesk.flows.inbound.case import Case


def aim(case: Case, work: Workspace) -> None:
    """Set the goal of a session that begins, and settle an open one that was reached."""
    ticket = work.ticket(case.owner)
    wanted = work.policy.queue(ticket.queue).goal
    if wanted is not None and _begins(case, ticket):
        goals.aim(work, ticket, wanted, None, by=f"queue:{ticket.queue}")
    goals.settle(work, work.ticket(ticket.id))


def _begins(case: Case, ticket: Ticket) -> bool:
    if not case.is_human or case.backlog or not ticket.is_live:
        return False
    return goals.begins_anew(ticket, case.before, case.occurred_at)
