"""Flags on tickets: writing them down, lifting them, and their end."""

from __future__ import annotations

from datetime import datetime

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import InvalidInput


def flag_ticket(work: Workspace, ticket: Ticket, command: cmd.FlagTicket) -> None:
    """Write a warning down, or lift it; one that the ticket does not have is lifted without a word.

    Raises:
        InvalidInput: the configuration lists flags, and not this one; or its end lies in the past.
    """
    if command.lifted:
        if ticket.flag(command.flag) is not None:
            work.emit(ticket.id, ev.TicketUnflagged(flag=command.flag))
        return
    work.policy.check_flag(command.flag)
    if command.until is not None and command.until <= work.time_of(ticket.id):
        raise InvalidInput("until", "lies in the past", "pass an instant after now, or nothing")
    event = ev.TicketFlagged(
        flag=command.flag,
        reason=command.reason,
        evidence=command.evidence,
        until=command.until,
        by=str(command.actor),
    )
    work.emit(ticket.id, event)


def take_over(work: Workspace, ticket: Ticket, into: Ticket) -> None:
    """Let the survivor of a merge have the warnings about the ticket that was merged into it."""
    now = work.time_of(into.id)
    for flag in ticket.flags:
        if into.flag(flag.name) is None and (flag.until is None or flag.until > now):
            event = ev.TicketFlagged(
                flag=flag.name, reason=flag.reason, evidence=flag.evidence, until=flag.until, by=flag.by
            )
            work.emit(into.id, event)


def end_flags(work: Workspace, ticket: Ticket, now: datetime) -> bool:
    """Lift the flags whose time is over; True if there were any."""
    over = [flag for flag in ticket.flags if flag.until is not None and flag.until <= now]
    for flag in over:
        work.emit(ticket.id, ev.TicketUnflagged(flag=flag.name, expired=True))
    return bool(over)
