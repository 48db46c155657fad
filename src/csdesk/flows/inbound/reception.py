"""Step 8, first half: a bot takes up the message where the queue lets bots receive, or hands off to people."""

from __future__ import annotations

from csdesk.domain.core.casework import leases
from csdesk.domain.core.conversation import reception
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.policy.sections.reception import BotPolicy
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome
from csdesk.flows.inbound.case import Case


def receive(case: Case, work: Workspace, ticket: Ticket) -> Ticket:
    """Let a bot answer the message, keep it out, or take the ticket from it."""
    if not work.policy.reception or not ticket.is_live:
        return ticket
    if leases.is_with_bot(ticket):
        return _go_on(case, work, ticket)
    bot = reception.receiver(work, ticket)
    if ticket.worker is not None or ticket.offer is not None or not case.is_human or bot is None:
        return ticket
    return _begin(case, work, ticket, bot)


def _begin(case: Case, work: Workspace, ticket: Ticket, bot: BotPolicy) -> Ticket:
    """A ticket that nobody has, in a queue where a bot receives."""
    obstacle = _obstacle(case, work, ticket)
    if obstacle:
        case.say("bot.skipped", Outcome.SKIPPED, bot=bot.name, reason=obstacle)
        return _to_people(work, ticket, obstacle)
    wish = work.policy.reception.wish(case.folded_text)
    if wish:
        return reception.hand_off(work, ticket, wish, message=case.id)
    case.say("bot.received", Outcome.CHOSEN, bot=bot.name)
    return reception.receive_with(work, ticket, bot, case.id, reason="reception")


def _obstacle(case: Case, work: Workspace, ticket: Ticket) -> str:
    return leases.barred(work, ticket) or _unasked(case)


def _unasked(case: Case) -> str:
    if case.backlog:
        return "backlog"
    return "forbidden" if case.silent else ""


def _to_people(work: Workspace, ticket: Ticket, reason: str) -> Ticket:
    """A ticket that the bot of a ``bot_only`` queue cannot take goes where people work."""
    if ticket.queue not in work.policy.reception.bot_only or ticket.elsewhere:
        return ticket
    return reception.hand_off(work, ticket, reason, message=ticket.customer_message)


def _go_on(case: Case, work: Workspace, ticket: Ticket) -> Ticket:
    """The next message of a ticket that a bot has."""
    if case.message.author == "elsewhere":
        return reception.hand_off(work, ticket, "away", message=case.id)
    if not case.is_human:
        return ticket
    bot = reception.bot_policy(work, ticket.worker.id if ticket.worker is not None else "")
    reason = _reason_to_stop(case, work, ticket, bot)
    if reason:
        return reception.hand_off(work, ticket, reason, message=case.id)
    is_asked = ticket.reception is not None and ticket.reception.asked == case.id
    if is_asked or case.silent:
        return ticket  # a rule handed it back, with this message as the first turn, or has answered
    case.say("bot.asked", Outcome.PASSED, bot=bot.name)
    return reception.begin_turn(work, ticket, bot, case.id)


def _reason_to_stop(case: Case, work: Workspace, ticket: Ticket, bot: BotPolicy) -> str:
    barred = leases.barred(work, ticket)
    if barred:
        return barred
    wish = work.policy.reception.wish(case.folded_text)
    if wish:
        return wish
    if ticket.reception is not None and ticket.reception.turns >= bot.most_turns:
        return "most_turns"
    return _unasked(case) if not ticket.unanswered else ""
