"""What has come due on a ticket happens before anything else does: clocks, offered transfers, leases."""

from __future__ import annotations

from csdesk.domain.core import leases, tickets, transfers
from csdesk.domain.core.reception import drop_turn, hand_off
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records.tickets import Ticket, WorkerKind


def catch_up(work: Workspace, ticket: Ticket) -> Ticket:
    """Let everything happen whose instant has come: warnings, breaches, escalations, the end of offers and leases."""
    ticket = transfers.lapse(work, tickets.catch_up(work, ticket))
    worker = ticket.worker
    if worker is None or leases.is_live(ticket, work.time_of(ticket.id)):
        return ticket
    if worker.kind is WorkerKind.BOT and ticket.is_live:
        asked = ticket.reception.asked if ticket.reception is not None else None
        return hand_off(work, ticket, "timeout", message=asked)
    drop_turn(work, ticket)
    return leases.end(work, ticket, reason="lease_expired")
