"""Step 6 (and 10): the rules of the desk. All conditions see one snapshot; effects apply after them, in order."""

from __future__ import annotations

from csdesk.domain.core.acting import Acting
from csdesk.domain.core.casework import tickets
from csdesk.domain.core.knowledge.askers import asker_of
from csdesk.domain.core.ruling import go_on, ready
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.matching.book import Asker, PhraseBook
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tickets import Move, Ticket
from csdesk.domain.rules.facts import NO_PHRASE, BestPhrase, Facts, Match, facts_of
from csdesk.flows.inbound.answering import daily_counter
from csdesk.flows.inbound.case import Case


def apply_rules(
    case: Case, work: Workspace, customer: Customer, ticket: Ticket, phrases: PhraseBook | None = None
) -> Ticket:
    """Evaluate the rules and let their effects happen."""
    if case.message.spam and case.new_ticket:
        return tickets.change_status(work, ticket, Move.CLOSE, reason="spam")
    if not case.is_human:
        return ticket
    customer = ready(work, customer)
    rules = work.policy.rules
    match: Match | None = None
    if phrases is not None and rules.asks_phrases:
        asker = asker_of(work.policy, ticket, customer, now=case.occurred_at, language=case.language)
        match = best_of(phrases, asker)
    facts = facts_at(case, work, customer, ticket, match)
    result = rules.evaluate(facts, "message")
    if not result.fired:
        return ticket
    may_answer = rules.replies and not case.backlog
    acting = Acting(
        work=work,
        ticket=ticket.id,
        new_ticket=case.new_ticket,
        allowance=daily_counter(case, work.keys) if may_answer else None,
    )
    ruled = go_on(acting, facts, result, work.policy.config.rule_budget)
    case.verdicts.extend(ruled.verdicts)
    case.silent = acting.silent
    return work.ticket(ticket.id)


def best_of(phrases: PhraseBook, asker: Asker) -> Match:
    """What finds the phrase that answers a text best, for whom it is asked."""

    def match(text: str) -> BestPhrase:
        found = phrases.match(text, 1, asker).suggestions
        return BestPhrase(found[0].phrase.title, found[0].phrase.id, found[0].confidence) if found else NO_PHRASE

    return match


def facts_at(case: Case, work: Workspace, customer: Customer, ticket: Ticket, match: Match | None = None) -> Facts:
    """What conditions see of the message that has just come in."""
    was = None
    if case.before is not None and work.policy.reads.before:
        was = Facts(None, "", case.before, customer, now=work.now)
    return facts_of(
        case.message,
        case.folded_text,
        ticket,
        customer,
        new_ticket=case.new_ticket,
        new_customer=case.new_customer,
        now=work.now,
        zone=work.policy.zone,
        before=was,
        actor=case.actor,
        match=match,
        calendars=work.policy.service.times,
        origin=case.told,
    )
