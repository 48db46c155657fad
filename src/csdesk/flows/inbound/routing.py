"""Step 8: who gets it. A ticket that somebody has stays there, unless it is opened again while they are absent."""

from __future__ import annotations

from csdesk.domain.core.casework.giving import give, is_with_agent, turn_of
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records.tickets import LinkKind, Ticket
from csdesk.domain.records.trace import Outcome
from csdesk.domain.routing.roster import Roster
from csdesk.domain.routing.search import Search
from csdesk.flows.inbound.case import Case


def wanted(case: Case, work: Workspace, ticket: Ticket, roster: Roster) -> Search | None:
    """Where somebody is looked for; None if nobody has to be found."""
    if not ticket.is_live or ticket.queue in work.policy.reception.bot_only:
        return None
    if ticket.offer is not None and ticket.saved_with is None:
        case.say("route.is_offered", Outcome.PASSED, agent=ticket.offer.agent, queue=ticket.offer.queue)
        return None
    is_back = case.reopened and is_with_agent(ticket)
    if ticket.worker is not None and not is_back:
        case.say("route.kept", Outcome.PASSED, worker=ticket.worker.id)
        return None
    if not (case.is_human or case.new_ticket):
        return None
    return work.policy.routing.search(
        ticket,
        work.person(ticket.identity),
        roster,
        work.policy.service,
        now=work.time_of(ticket.id),
        zone=work.policy.zone,
        prior=followed_up(work, ticket),
        kept=is_back,
    )


def followed_up(work: Workspace, ticket: Ticket) -> Ticket | None:
    """The ticket that this one follows up, as far as it was loaded."""
    for link in ticket.links:
        found = work.find(link.ticket) if link.kind is LinkKind.FOLLOW_UP_OF else None
        if isinstance(found, Ticket):
            return found
    return None


def route(case: Case, work: Workspace, ticket: Ticket) -> Ticket:
    """Give the ticket to whoever the search finds; without anybody it waits in its queue."""
    if case.route is None or (ticket.worker is not None and not case.reopened):
        return ticket
    given, told = give(work, ticket, case.route, turn_of(work, ticket, is_new=case.new_ticket))
    case.verdicts.append(told)
    return given
