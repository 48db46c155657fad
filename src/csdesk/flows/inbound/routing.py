"""Step 8: who gets it. A ticket that somebody has stays there; others go to the least loaded agent of their queue."""

from __future__ import annotations

from csdesk.domain.core.tickets import assign
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome
from csdesk.flows.inbound.case import Case


def wanted_queue(case: Case, work: Workspace, ticket: Ticket) -> str | None:
    """The queue whose agents are wanted; None if nobody has to be found."""
    if not ticket.is_live or ticket.queue in work.policy.reception.bot_only:
        return None
    if ticket.worker is not None:
        case.say("route.kept", Outcome.PASSED, worker=ticket.worker.id)
        return None
    return ticket.queue if case.is_human or case.new_ticket else None


def route(case: Case, work: Workspace, ticket: Ticket) -> Ticket:
    """Assign the ticket to the least loaded agent with room; without one it waits in its queue."""
    if case.route is None or ticket.worker is not None:
        return ticket
    candidate = work.take_candidate(case.route)
    if candidate is None:
        case.say("route.no_candidate", Outcome.SKIPPED, queue=case.route)
        return ticket
    work.guard_load(candidate.agent, candidate.capacity)
    case.say("route.assigned", Outcome.CHOSEN, agent=candidate.agent, load=candidate.load, queue=case.route)
    return assign(work, ticket, candidate.agent, reason="route.least_loaded")
