"""Flags on tickets and customers: writing them down, lifting them, and the end of those on tickets."""

from __future__ import annotations

from datetime import datetime, timedelta

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.flags import ended_flags
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import InvalidInput


def flag(work: Workspace, record: Ticket | Customer, command: cmd.FlagTicket | cmd.FlagCustomer) -> None:
    """Write a warning down, or lift it; one that the record does not have is lifted without a word.

    Raises:
        InvalidInput: the configuration lists flags, and not this one; or its end lies in the past.
    """
    if command.lifted:
        lift(work, record, command.flag)
        return
    work.policy.check_flag(command.flag)
    if command.until is not None and command.until <= work.time_of(record.id):
        raise InvalidInput("until", "lies in the past", "pass an instant after now, or nothing")
    kind = ev.TicketFlagged if isinstance(record, Ticket) else ev.CustomerFlagged
    event = kind(
        flag=command.flag,
        reason=command.reason,
        evidence=command.evidence,
        until=command.until,
        by=str(command.actor),
    )
    work.emit(record.id, event)


def flag_once(
    work: Workspace, record: Ticket | Customer, name: str, *, reason: str, span: timedelta | None, by: str
) -> bool:
    """Write a warning down that lasts so long (None: until somebody lifts it); False if it is there already."""
    if record.flag(name) is not None:
        return False
    until = work.time_of(record.id) + span if span is not None else None
    kind = ev.TicketFlagged if isinstance(record, Ticket) else ev.CustomerFlagged
    work.emit(record.id, kind(flag=name, reason=reason, until=until, by=by))
    return True


def lift(work: Workspace, record: Ticket | Customer, name: str) -> bool:
    """Lift a flag; False if the record does not have it."""
    if record.flag(name) is None:
        return False
    kind = ev.TicketUnflagged if isinstance(record, Ticket) else ev.CustomerUnflagged
    work.emit(record.id, kind(flag=name))
    return True


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
    ended = ended_flags(ticket.flags, now)
    for name in ended:
        work.emit(ticket.id, ev.TicketUnflagged(flag=name, expired=True))
    return bool(ended)
