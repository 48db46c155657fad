"""What sessions should lead to: setting goals, and seeing whether they were reached.

The rule: an order and a filing count as soon as they are seen, when something happens to the ticket or the session is
over; an answer is judged when the session is over or the ticket is resolved, since until then the customer may ask on.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.policy.type_tree import GENERAL
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.goals import Goal, GoalName, GoalState
from csdesk.domain.records.tickets import Category, Ticket
from csdesk.domain.rules.history import last_time
from csdesk.errors import IllegalTransition


def set_goal(work: Workspace, ticket: Ticket, command: cmd.SetGoal, _: str) -> None:
    """Set or give up the goal of the present session.

    Raises:
        IllegalTransition: the ticket was merged, so its sessions are its survivor's.
    """
    if ticket.category is Category.MERGED:
        raise IllegalTransition(ticket.id, ticket.category.value, command.kind)
    if command.goal is None:
        if ticket.goal is not None:
            work.emit(ticket.id, ev.GoalSet(by=str(command.actor)))
        return
    aim(work, ticket, command.goal, command.span, by=str(command.actor))


def aim(work: Workspace, ticket: Ticket, goal: GoalName, span: timedelta | None, *, by: str) -> None:
    """Let the present session have that goal; the one that it has already stays as it is."""
    known = ticket.goal
    span = span if span is not None else work.policy.config.session_gap
    if known is not None and known.is_open and (known.name, known.span) == (goal, span):
        return
    due_at = work.time_of(ticket.id) + span
    work.emit(ticket.id, ev.GoalSet(goal=goal, span=span, due_at=due_at, by=by))


def was_reached(ticket: Ticket, goal: GoalName, now: datetime) -> bool:
    """True if that goal was reached less than a session ago: a rule does not open it again."""
    known = ticket.goal
    if known is None or known.name is not goal or known.state is not GoalState.REACHED:
        return False
    return now < known.due_at + known.span


def settle(work: Workspace, ticket: Ticket) -> Ticket:
    """See whether an open goal was reached, or the session is over without it."""
    goal = ticket.goal
    if goal is None or not goal.is_open or ticket.erased_at is not None:
        return ticket
    if goal.name is GoalName.ORDER and work.person(ticket.identity) is None:
        return ticket  # who is not loaded is looked at by run_due
    is_over = goal.due_at <= work.time_of(ticket.id)
    at = _reached_at(work, ticket, goal, is_over=is_over)
    if at is None and not is_over:
        return ticket
    work.emit(ticket.id, ev.GoalSettled(goal=goal.name, reached=at is not None, at=at or goal.due_at))
    return work.ticket(ticket.id)


def _reached_at(work: Workspace, ticket: Ticket, goal: Goal, *, is_over: bool) -> datetime | None:
    if goal.name is GoalName.ORDER:
        customer = work.person(ticket.identity)
        bought = [last_time(customer, did) for did in ("order", "payment")] if customer is not None else []
        return min((at for at in bought if at is not None and at >= goal.since), default=None)
    if goal.name is GoalName.TICKET:
        return work.time_of(ticket.id) if ticket.type != GENERAL else None
    return _answered_at(ticket, goal) if is_over or not ticket.is_live else None


def _answered_at(ticket: Ticket, goal: Goal) -> datetime | None:
    """When the last question was answered: by a person, or by itself if the customer left it at that."""
    if ticket.waiting_since is None and ticket.replied_at is not None and ticket.replied_at >= goal.since:
        return ticket.replied_at
    by_itself, asked = ticket.auto_replied_at, ticket.customer_at
    returned = ticket.deflection is not None and ticket.deflection.returned_at is not None
    if by_itself is None or returned or by_itself < goal.since or (asked is not None and by_itself < asked):
        return None
    return by_itself


def begins_anew(ticket: Ticket, before: Ticket | None, at: datetime) -> bool:
    """True if a message at that instant begins a session that has no goal yet; ``before``: how the ticket stood."""
    goal = ticket.goal
    if goal is None or before is None:
        return True
    if goal.state is GoalState.OPEN:
        return False
    spoken = [one for one in (before.customer_at, before.replied_at, before.auto_replied_at) if one is not None]
    return not before.is_live or goal.state is GoalState.MISSED or max(spoken, default=goal.since) + goal.span <= at
