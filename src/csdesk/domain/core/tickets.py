"""What happens to one ticket: status moves, assignment, clocks. Every change of a ticket goes through here."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import trusted
from csdesk.domain.records.clocks import Clock
from csdesk.domain.records.tags import TagAssignment, TagSource, with_tag
from csdesk.domain.records.tickets import TRANSITIONS, Category, Move, Ticket, Worker, WorkerKind
from csdesk.domain.sla import clocks as sla
from csdesk.domain.sla.targets import TargetSet
from csdesk.errors import IllegalTransition, StaleWorker

_ClocksChanged = trusted(ev.ClocksChanged)
_StatusChanged = trusted(ev.StatusChanged)
_TicketAssigned = trusted(ev.TicketAssigned)
_TicketTagged = trusted(ev.TicketTagged)
_TagAssignment = trusted(TagAssignment)
_Worker = trusted(Worker)


MOVES: Final = {
    Category.OPEN: Move.START,
    Category.WAITING_CUSTOMER: Move.WAIT_CUSTOMER,
    Category.WAITING_INTERNAL: Move.WAIT_INTERNAL,
    Category.SNOOZED: Move.SNOOZE,
    Category.RESOLVED: Move.RESOLVE,
    Category.CLOSED: Move.CLOSE,
}
"""The move that leads to a category when somebody sets it; ``new`` and ``merged`` cannot be set."""


def emit_clocks(work: Workspace, ticket_id: str, changed: tuple[Clock, ...]) -> None:
    """Let clocks change, if any do."""
    if changed:
        work.emit(ticket_id, _ClocksChanged(clocks=changed))


def plan_of(work: Workspace, ticket: Ticket) -> TargetSet | None:
    """The service level under which the ticket's clocks began; None if it has none, or the policy no longer has it."""
    return work.policy.sla_named(ticket.clocks[0].policy) if ticket.clocks else None


def catch_up(work: Workspace, ticket: Ticket) -> Ticket:
    """Let the warnings and breaches happen whose instant has come, before anything else happens to the ticket."""
    now = work.time_of(ticket.id)
    wake = ticket.wake_at
    if wake is not None and wake <= now:
        for event in sla.due(plan_of(work, ticket), ticket, now):
            work.emit(ticket.id, event)
    return work.ticket(ticket.id)


def target_of(ticket: Ticket, move: Move) -> Category:
    """Where a move leads from the ticket's category.

    Raises:
        IllegalTransition: nowhere.
    """
    target = TRANSITIONS[move].get(ticket.category)
    if target is None:
        raise IllegalTransition(ticket.id, ticket.category.value, move.value)
    return target


def change_status(
    work: Workspace, ticket: Ticket, move: Move, *, status: str = "", reason: str = "", until: datetime | None = None
) -> Ticket:
    """Move the ticket, with the clocks that follow; a move that leads where it already is changes nothing.

    ``status`` is a custom name inside the target category; ``until`` is the end of a snooze.
    """
    after = target_of(ticket, move)
    named = status or after.value
    before = ticket.category
    if before is after and (not status or ticket.status == named) and until is None:
        return ticket
    work.emit(ticket.id, _StatusChanged(before=before, after=after, status=named, reason=reason, until=until))
    if before is not after:
        moved = work.ticket(ticket.id)
        emit_clocks(
            work, ticket.id, sla.status_changed(plan_of(work, moved), moved, before, after, work.time_of(ticket.id))
        )
    return work.ticket(ticket.id)


def assign(work: Workspace, ticket: Ticket, agent: str | None, *, reason: str) -> Ticket:
    """Give the ticket to an agent, or (None) to nobody; a new ticket becomes open when somebody has it."""
    worker = None if agent is None else _Worker(kind=WorkerKind.AGENT, id=agent, fence=ticket.fence + 1)
    if ticket.assignee == agent and (agent is not None or ticket.worker is None):
        return ticket
    work.emit(ticket.id, _TicketAssigned(worker=worker, before=ticket.worker, reason=reason))
    moved = work.ticket(ticket.id)
    if worker is not None and moved.category is Category.NEW:
        moved = change_status(work, moved, Move.START)
    return moved


def check_fence(ticket: Ticket, fence: int | None) -> None:
    """Refuse a worker that no longer holds the ticket.

    Raises:
        StaleWorker: the fencing number is not the present one.
    """
    if fence is not None and fence != ticket.fence:
        raise StaleWorker(ticket.id, fence, ticket.fence)


def tag(
    work: Workspace, ticket: Ticket, names: tuple[str, ...], source: TagSource, *, expires_at: datetime | None = None
) -> Ticket:
    """Put tags on the ticket; those it has already from as strong a source change nothing."""
    at = work.time_of(ticket.id)
    wanted = tuple(_TagAssignment(name=name, source=source, at=at, expires_at=expires_at) for name in names)
    fresh = tuple(
        one for one in wanted if expires_at is not None or not ticket.has_tag(one.name) or _stronger(ticket, one)
    )
    if fresh:
        work.emit(ticket.id, _TicketTagged(tags=fresh))
    return work.ticket(ticket.id)


def _stronger(ticket: Ticket, new: TagAssignment) -> bool:
    old = next(one for one in ticket.tags if one.name == new.name)
    return old.source is not new.source and with_tag((old,), new) != (old,)


def set_field(work: Workspace, ticket: Ticket, name: str, value: str | float | bool | None) -> Ticket:
    """Set a property or custom field, with the clocks that follow a priority."""
    before = ticket.field(name[2:]) if name.startswith("x.") else getattr(ticket, name)
    if before == value:
        return ticket
    work.emit(ticket.id, ev.TicketFieldSet(name=name, before=before, after=value))
    changed = work.ticket(ticket.id)
    if name == "priority":
        emit_clocks(work, ticket.id, sla.reprioritised(plan_of(work, changed), changed, work.time_of(ticket.id)))
    return work.ticket(ticket.id)


def end_clocks(work: Workspace, ticket: Ticket, before: Category) -> None:
    """Cancel or meet the clocks of a ticket that has ended by an event of its own (a merge)."""
    at = work.time_of(ticket.id)
    emit_clocks(work, ticket.id, sla.status_changed(plan_of(work, ticket), ticket, before, ticket.category, at))
