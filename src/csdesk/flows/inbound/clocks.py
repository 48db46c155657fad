"""Step 7: the promises that the message starts, and those that it ends."""

from __future__ import annotations

from csdesk.domain.core.tickets import emit_clocks, plan_of
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome
from csdesk.domain.sla import clocks as sla
from csdesk.flows.inbound.case import Case
from csdesk.flows.inbound.rules import facts_at


def run_clocks(case: Case, work: Workspace, customer: Customer, ticket: Ticket) -> Ticket:
    """Start the clocks of a new ticket, the next-reply clock of an answered one; a person elsewhere answers too."""
    if not ticket.is_live:
        return ticket
    if case.message.author == "elsewhere":
        emit_clocks(work, ticket.id, sla.answered(ticket, case.occurred_at, by_person=True))
    elif case.new_ticket:
        _start(case, work, customer, ticket)
    elif case.is_human:
        emit_clocks(work, ticket.id, sla.customer_wrote(plan_of(work, ticket), ticket, case.occurred_at))
    return work.ticket(ticket.id)


def _start(case: Case, work: Workspace, customer: Customer, ticket: Ticket) -> None:
    plan = work.policy.sla_for(facts_at(case, work, customer, ticket))
    if plan is None or not case.is_human:
        case.say("clocks.none", Outcome.SKIPPED)
        return
    changed = sla.opened(plan, ticket, case.occurred_at)
    emit_clocks(work, ticket.id, changed)
    case.say(
        "clocks.started", Outcome.PASSED, policy=plan.name, clocks=",".join(clock.metric.value for clock in changed)
    )
