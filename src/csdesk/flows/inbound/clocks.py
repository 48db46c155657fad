"""Step 7: the promises that the message starts, and those that it ends."""

from __future__ import annotations

from csdesk.domain.core.casework.tickets import apply_sla, escalate
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome
from csdesk.flows.inbound.case import Case
from csdesk.flows.inbound.rules import facts_at


def run_clocks(case: Case, work: Workspace, customer: Customer, ticket: Ticket) -> Ticket:
    """The service level of the ticket, and the escalations that the message asks for."""
    ticket = _find_level(case, work, customer, ticket)
    if work.policy.config.escalations and case.is_human and ticket.is_live:
        ticket = _escalate(case, work, customer, ticket)
    return ticket


def _escalate(case: Case, work: Workspace, customer: Customer, ticket: Ticket) -> Ticket:
    facts = facts_at(case, work, customer, ticket)
    for one in tuple(work.policy.service.escalations(facts)):
        if one.name not in ticket.escalations:
            case.say("escalated", Outcome.CHOSEN, step=one.name)
            ticket = escalate(work, ticket, one, one.name, by_clock=False)
    return ticket


def _find_level(case: Case, work: Workspace, customer: Customer, ticket: Ticket) -> Ticket:
    """Find the service level of a ticket that has none yet, or whose customer came to another level.

    What the message itself begins and meets (the next reply, an answer elsewhere) followed from its event.
    """
    if not ticket.is_live or not case.is_human:
        if case.new_ticket:
            case.say("clocks.none", Outcome.SKIPPED)
        return ticket
    before = ticket.sla
    if before is not None and before.level == customer.level:
        return ticket
    book = work.policy.service
    found = None
    if len(book):
        facts = None if book.is_plain else facts_at(case, work, customer, ticket)
        found = book.match(facts, customer.level, before)
    since = case.occurred_at if before is None else work.time_of(ticket.id)
    after = apply_sla(work, ticket, found, since, regrouped=False)
    sla = after.sla
    if sla is None or not (sla.policy or sla.group):
        if case.new_ticket or after is not ticket:
            case.say("clocks.none", Outcome.SKIPPED)
        return after
    known = {clock.key for clock in ticket.clocks}
    begun = ",".join([clock.metric for clock in after.clocks if not known or clock.key not in known])
    case.say("clocks.started", Outcome.PASSED, policy=sla.policy or sla.group, clocks=begun)
    return after
