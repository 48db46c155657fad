"""What comes of a bot's turn: an answer, an excuse, a hand-off, or nothing because it came too late. Pure."""

from __future__ import annotations

from csdesk.domain.core.casework import leases
from csdesk.domain.core.catching_up import catch_up
from csdesk.domain.core.conversation import reception
from csdesk.domain.core.conversation.outbound import Utterance, queue_reply
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MessageId
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import trusted
from csdesk.domain.records.bots import BotAbstains, BotAnswer, BotHandsOver, BotOutcome, BotTurn, TurnOutcome
from csdesk.domain.records.messages import AuthorKind, Part, TextPart
from csdesk.domain.records.tickets import Ticket

_TurnEnded = trusted(ev.TurnEnded)


def is_current(work: Workspace, ticket: Ticket, turn: BotTurn) -> bool:
    """True if the bot may still answer that message: it holds the ticket, and the customer said nothing since."""
    worker, known = ticket.worker, ticket.reception
    return (
        leases.is_with_bot(ticket)
        and worker is not None
        and (worker.id, worker.fence) == (turn.bot, turn.fence)
        and known is not None
        and known.asked == turn.asked
        and ticket.is_live
        and not leases.barred(work, ticket)
    )


def finish(work: Workspace, ticket: Ticket, turn: BotTurn, outcome: BotOutcome, run: str) -> TurnOutcome:
    """Let the outcome of a turn happen; ``run`` is the id of what is said, if something is."""
    ticket = catch_up(work, ticket)
    work.end_due(reception.turn_key(turn.ticket, turn.asked))
    if not is_current(work, ticket, turn):
        if not ticket.is_live:
            return TurnOutcome.STALE
        return _ended(work, ticket, turn, TurnOutcome.STALE, reason="stale")
    bot = reception.bot_policy(work, turn.bot)
    match outcome:
        case BotHandsOver():
            return _hand_over(work, ticket, turn, outcome)
        case BotAnswer() if outcome.content and outcome.confidence >= bot.min_confidence:
            _say(work, ticket, turn, outcome.content, run)
            return _ended(work, ticket, turn, TurnOutcome.ANSWERED, answer=outcome, reply=run)
        case BotAnswer():
            return _failed(work, ticket, turn, "unsure" if outcome.content else "empty", run)
        case BotAbstains():
            return _failed(work, ticket, turn, outcome.reason, run)


def _hand_over(work: Workspace, ticket: Ticket, turn: BotTurn, outcome: BotHandsOver) -> TurnOutcome:
    _ended(work, ticket, turn, TurnOutcome.HANDED_OFF, reason=outcome.reason)
    ticket = work.ticket(ticket.id)
    reception.hand_off(work, ticket, outcome.reason, message=turn.asked, brief=outcome.brief, text=outcome.text)
    return TurnOutcome.HANDED_OFF


def _failed(work: Workspace, ticket: Ticket, turn: BotTurn, reason: str, run: str) -> TurnOutcome:
    """No answer: the bot says so, or people take over after as many such turns in a row as are allowed."""
    bot = reception.bot_policy(work, turn.bot)
    failed = 1 + (ticket.reception.failed if ticket.reception is not None else 0)
    if failed < bot.failed_turns and bot.excuse:
        _say(work, ticket, turn, (TextPart(text=bot.excuse),), run)
        return _ended(work, ticket, turn, TurnOutcome.EXCUSED, reason=reason, reply=run)
    _ended(work, ticket, turn, TurnOutcome.HANDED_OFF, reason=reason)
    why = "abstained" if bot.failed_turns == 1 else "failed_turns"
    reception.hand_off(work, work.ticket(ticket.id), why, message=turn.asked)
    return TurnOutcome.HANDED_OFF


def _ended(
    work: Workspace,
    ticket: Ticket,
    turn: BotTurn,
    outcome: TurnOutcome,
    *,
    reason: str = "",
    answer: BotAnswer | None = None,
    reply: str | None = None,
) -> TurnOutcome:
    work.emit(
        ticket.id,
        _TurnEnded(
            message=turn.asked,
            bot=turn.bot,
            outcome=outcome,
            reason=reason,
            confidence=answer.confidence if answer is not None else None,
            reply=MessageId(reply) if reply is not None else None,
            sources=answer.sources if answer is not None else (),
        ),
    )
    return outcome


def _say(work: Workspace, ticket: Ticket, turn: BotTurn, parts: tuple[Part, ...], run: str) -> None:
    said = Utterance(id=MessageId(run), author=AuthorKind.BOT, author_id=turn.bot, parts=parts)
    queue_reply(work, ticket, said)
