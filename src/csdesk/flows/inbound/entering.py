"""Step 3, second half: where the conversation came from, told with the message or when its session began.

What was told at the beginning of a session holds for ``session_gap``: coming back without a code in that time is still
the same visit. The message that begins the session carries it, and so do tickets that are opened in it.
"""

from __future__ import annotations

from csdesk.domain.core.customers.origins import is_told_again, origin_of
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import events as ev
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.origins import Entered
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome
from csdesk.flows.inbound.case import Case


def told_origin(case: Case, work: Workspace) -> None:
    """Note what the message itself tells, before anybody is looked for: a new customer's source is made of it."""
    entrance = case.message.entrance
    if entrance is None:
        return
    case.told = case.origin = origin_of(work.policy, case.message.account, entrance)
    if case.told is not None and work.policy.has_entry_points:
        if case.told.entry:
            case.say("origin.entry", Outcome.CHOSEN, entry=case.told.entry)
        else:
            case.say("origin.unknown")


def find_origin(case: Case, work: Workspace, customer: Customer) -> None:
    """Note what was told when the session began, unless the message tells something itself."""
    entered = customer.entered
    if entered is None or not case.is_human:
        return
    if entered.is_first and not entered.has_written:
        case.new_customer = True
    if case.origin is None and _is_of_session(case, work, entered):
        case.origin = entered.origin
        if not entered.has_written:
            case.told = entered.origin
            case.say("origin.session", Outcome.PASSED, entry=entered.origin.entry)
    if not entered.has_written:
        work.emit(customer.id, ev.EntranceAnswered(message=case.id))


def _is_of_session(case: Case, work: Workspace, entered: Entered) -> bool:
    message = case.message
    is_there = entered.account == message.account and entered.conversation == message.conversation
    return is_there and abs(case.occurred_at - entered.at) <= work.policy.config.session_gap


def note_visit(case: Case, work: Workspace, customer: Customer, ticket: Ticket) -> None:
    """Record that a known customer came back from somewhere else, told with the message.

    Only where something begins with it: a ticket, or what an entry point stands for. A page that somebody looks at
    while they write stands on the message alone.
    """
    origin = case.told
    if origin is None or not case.is_human:
        return
    # What a new customer came by, or what was told before they wrote, is known already: it is told again.
    if (case.new_ticket or origin.entry) and not is_told_again(customer, origin):
        work.emit(
            customer.id,
            ev.CustomerEntered(
                account=ticket.account,
                conversation=case.message.conversation,
                entered_at=case.occurred_at,
                origin=origin,
                entry=origin.entry,
                campaign=origin.campaign,
                message=case.id,
            ),
        )
