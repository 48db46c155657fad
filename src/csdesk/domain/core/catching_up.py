"""What has come due on a ticket happens before anything else does: clocks, offered transfers, leases."""

from __future__ import annotations

from csdesk.domain.core.casework import leases, tickets, transfers
from csdesk.domain.core.casework.giving import lapse
from csdesk.domain.core.conversation.reception import drop_turn, hand_off
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records.tickets import Category, Move, Ticket, WorkerKind


def come_due(work: Workspace, ticket: Ticket) -> Ticket:
    """Let everything happen that ``run_due`` does when the ticket's instant has come, timed rules apart."""
    ticket = catch_up(work, ticket)
    now = work.time_of(ticket.id)
    if ticket.category is Category.SNOOZED and ticket.snoozed_until is not None and ticket.snoozed_until <= now:
        ticket = tickets.change_status(work, ticket, Move.WAKE, reason="snooze_over")
    elif ticket.category is Category.RESOLVED and ticket.close_at is not None and ticket.close_at <= now:
        ticket = tickets.change_status(work, ticket, Move.CLOSE, reason="resolved")
    lapse(work, ticket)
    return work.ticket(ticket.id)


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
