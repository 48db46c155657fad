"""Step 6 (and 10): the rules of the desk. All conditions see one snapshot; effects apply after them, in order."""

from __future__ import annotations

from typing import assert_never

from csdesk.domain.core import tickets
from csdesk.domain.core.ticket_commands import MOVES
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import events as ev
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tags import TagAssignment, TagSource
from csdesk.domain.records.tickets import Category, Move, Ticket
from csdesk.domain.records.trace import Outcome
from csdesk.domain.rules import actions
from csdesk.domain.rules.compiled import Effect
from csdesk.domain.rules.facts import Facts, facts_of
from csdesk.errors import IllegalTransition
from csdesk.flows.inbound.case import Case


def apply_rules(case: Case, work: Workspace, customer: Customer, ticket: Ticket) -> Ticket:
    """Evaluate the rules and let their effects happen."""
    if case.message.spam and case.new_ticket:
        case.silent = True
        return tickets.change_status(work, ticket, Move.CLOSE, reason="spam")
    if not case.is_human:
        return ticket
    facts = facts_at(case, work, customer, ticket)
    result = work.policy.rules.evaluate(facts)
    if not result.fired:
        return ticket
    case.say("rules.fired", Outcome.PASSED, *result.verdicts, rules=",".join(result.fired))
    for effect in result.effects:
        _apply(case, work, ticket.id, effect)
    return work.ticket(ticket.id)


def facts_at(case: Case, work: Workspace, customer: Customer, ticket: Ticket) -> Facts:
    """What conditions see of the message that has just come in."""
    was = Facts(None, "", case.before, customer, now=work.now) if case.before is not None else None
    return facts_of(
        case.message,
        case.folded_text,
        ticket,
        customer,
        new_ticket=case.new_ticket,
        new_customer=case.new_customer,
        now=work.now,
        zone=work.policy.config.zone,
        before=was,
        actor=case.actor,
    )


def _apply(  # noqa: C901, PLR0912  one arm for each action
    case: Case, work: Workspace, ticket_id: str, effect: Effect
) -> None:
    ticket = work.ticket(ticket_id)
    match effect.action:
        case actions.SetPriority(priority=priority):
            tickets.set_field(work, ticket, "priority", priority)
        case actions.SetType(type=name):
            _set_type(case, work, ticket, name)
        case actions.SetQueue(queue=queue):
            tickets.set_field(work, ticket, "queue", queue)
        case actions.SetField(name=name, value=value):
            tickets.set_field(work, ticket, name, value)
        case actions.SetStatus(status=status):
            _set_status(case, work, ticket, status)
        case actions.AddTags(tags=names):
            tickets.tag(work, ticket, names, TagSource.RULE)
        case actions.RemoveTags(tags=names):
            _remove_tags(work, ticket, names)
        case actions.TagCustomer(tags=names):
            _tag_customer(case, work, names)
        case actions.Alert(name=name):
            work.emit(ticket_id, ev.AlertRaised(name=name, rule=effect.rule))
            case.say("rules.alert", Outcome.NOTED, alert=name, rule=effect.rule)
        case actions.Close(reason=reason):
            if ticket.is_live:
                tickets.change_status(work, ticket, Move.CLOSE, reason=reason)
        case actions.NoAutoReply():
            case.silent = True
        case _:
            assert_never(effect.action)


def _set_type(case: Case, work: Workspace, ticket: Ticket, name: str) -> None:
    ticket = tickets.set_field(work, ticket, "type", name)
    kind = work.policy.type(name)
    if case.new_ticket:
        if kind.queue is not None:
            ticket = tickets.set_field(work, ticket, "queue", kind.queue)
        if kind.priority is not None:
            tickets.set_field(work, ticket, "priority", kind.priority)


def _set_status(case: Case, work: Workspace, ticket: Ticket, status: str) -> None:
    category, name = work.policy.status(status)
    move = MOVES.get(category)
    try:
        if move is None or category is Category.SNOOZED:  # no rule says until when
            raise IllegalTransition(ticket.id, ticket.category.value, status)
        tickets.change_status(work, ticket, move, status=name)
    except IllegalTransition:
        case.say("rules.illegal", Outcome.REMOVED, status=status, category=ticket.category.value)


def _remove_tags(work: Workspace, ticket: Ticket, names: tuple[str, ...]) -> None:
    for tag in ticket.tags:
        if tag.name in names and tag.source is not TagSource.HAND:
            work.emit(ticket.id, ev.TicketUntagged(tag=tag.name))


def _tag_customer(case: Case, work: Workspace, names: tuple[str, ...]) -> None:
    assert case.customer is not None
    known = {tag.name for tag in work.customer(case.customer).tags}
    fresh = tuple(TagAssignment(name=name, source=TagSource.RULE, at=work.now) for name in names if name not in known)
    if fresh:
        work.emit(case.customer, ev.CustomerTagged(tags=fresh))
