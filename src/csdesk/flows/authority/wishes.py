"""Answering wishes that policy refuses, and settling what was granted or taken instead."""

from __future__ import annotations

from csdesk.domain.authority import excepting, settling
from csdesk.domain.authority.settling import Wish
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.authority import ExceptionState
from csdesk.flows.authority.attempts import Attempt, check_parties, live, ruled
from csdesk.flows.authority.matters import wished_on


def answer_exception(run: Attempt, command: cmd.AnswerException) -> str:
    """Grant a wish, refuse it, or offer something else; the ticket on which it stands."""
    ticket = live(run.work, wished_on(run.work.snapshot, command.ticket), command.kind)
    one = excepting.one_of(ticket, command.number, ExceptionState.ASKED)
    made: str | None = None
    if command.alternative is not None:
        run.book.alternative(command.alternative)
        if run.sight.case is not None:
            settling.check_allowed(ruled(run))  # what cannot be kept is not offered
    elif run.sight.case is not None:
        made = _given_for(run, command, one.number, None)
    excepting.answer(run.work, ticket.id, one, command, made)
    return ticket.id


def take_alternative(run: Attempt, command: cmd.AnswerAlternative) -> str:
    """Let the customer take what was offered, or not; the ticket on which the wish stands."""
    ticket = live(run.work, wished_on(run.work.snapshot, command.ticket), command.kind)
    one = excepting.one_of(ticket, command.number, ExceptionState.OFFERED)
    made: str | None = None
    if run.sight.case is not None:
        made = _given_for(run, command, one.number, one.alternative)
    excepting.take(run.work, ticket.id, one, accepted=command.accepted, settlement=made)
    return ticket.id


def _given_for(
    run: Attempt,
    command: cmd.AnswerException | cmd.AnswerAlternative,
    number: int,
    alternative: str | None,
) -> str:
    """Settle what was granted, or what the customer took instead."""
    at = check_parties(run, command.kind)
    ruling = ruled(run)
    settling.check_allowed(ruling)
    wish = Wish(
        ticket=at,
        customer=run.matter.customer.id,
        by=run.matter.actor,
        reason=command.reason if isinstance(command, cmd.AnswerException) else "",
        exception=number,
        alternative=alternative,
    )
    settling.begin(run.work, run.id, run.case, wish)
    settling.settle(run.work, run.id, run.case, ruling, at)
    return run.id
