"""Bots' turns: what waits for an answer is leased, the bot is asked outside every commit, its outcome is one commit.

A turn is a due item, made in the commit of the customer's message. Who takes it has it for a while; if they die it
comes back. The commit of the outcome claims the turn, so it is answered once at most, and it counts only while the
bot's lease on the ticket holds: a person who took the ticket meanwhile is never spoken over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from csdesk._nearest import nearest
from csdesk._sentence import is_a
from csdesk.domain.core.conversation import reception, turns
from csdesk.domain.core.ruling import after_command
from csdesk.domain.ids import MESSAGE, TicketId
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.bots import BotAbstains, BotAnswer, BotHandsOver, BotOutcome, BotTurn, TurnOutcome
from csdesk.domain.records.changes import ChangeSet, Needs, Snapshot, person_behind
from csdesk.domain.records.messages import Direction, Message
from csdesk.domain.records.queues import DueItem
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import Denied, InvalidInput, sentence
from csdesk.flows.outbound.outbox import deliver
from csdesk.flows.permission import require
from csdesk.flows.reading.lists import page_of
from csdesk.flows.retrying import retried
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import LeaseRequest, Query

HISTORY: Final = 20
"""How many messages before the one that is asked a bot is shown."""

GRACE: Final = timedelta(seconds=30)
"""How long a turn stays with who took it, after the bot's time-out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnResult:
    """What came of a bot's turn, with the ticket after it."""

    outcome: TurnOutcome
    ticket: Ticket | None = None
    message: Message | None = None
    """What was said; None: nothing."""


@dataclass(slots=True)
class Turned:
    """What a round of turns did."""

    answered: int = 0
    handed_off: int = 0
    stale: int = 0
    more: bool = False
    next_due_at: datetime | None = None


def turns_due(limit: int, out_of_time: Callable[[], bool]) -> Flow[Turned]:
    """Ask the bots of this process what waits for them, at most ``limit`` turns, one after the other."""
    done = Turned()
    scope = yield from steps.attempt(0)
    for _ in range(limit):
        if not scope.bots:
            return done
        if out_of_time():
            done.more = True
            return done
        turn, next_at = yield from _next_turn(scope.bots)
        if turn is None:
            done.next_due_at = next_at
            return done
        yield from _play(turn, done)
    done.more = True
    return done


def kinds_of(bots: tuple[str, ...]) -> tuple[str, ...]:
    """The due items that these bots deal with."""
    return tuple(f"{reception.TURN}/{name}" for name in bots)


def _next_turn(bots: tuple[str, ...]) -> Flow[tuple[BotTurn | None, datetime | None]]:
    """One turn at a time: a slow bot must not let the lease of the next one run out."""
    while True:
        scope = yield from steps.attempt(0)
        hold = _hold(scope, bots)
        leased = yield from steps.lease(
            LeaseRequest(what="due", now=scope.now, limit=1, hold=hold, kinds=kinds_of(bots))
        )
        if not leased.due:
            return None, leased.next_due_at
        turn = yield from _turn_of(leased.due[0])
        if turn is not None:
            return turn, None


def _hold(scope: Scope, bots: tuple[str, ...]) -> timedelta:
    known = (scope.policy.reception.bot(name) for name in bots)
    return max((one.timeout for one in known if one is not None), default=timedelta()) + GRACE


def _turn_of(item: DueItem) -> Flow[BotTurn | None]:
    """The turn behind a due item; None, and the item is gone, if nobody needs it any more."""
    _, ticket_id, message_id = item.key.split("/")
    scope = yield from steps.attempt(0)
    loaded = yield from steps.load(Needs(tickets=(ticket_id,), messages=(message_id,), parties=True))
    snapshot = loaded.snapshot
    turn = _asked(snapshot, ticket_id, message_id, item)
    work = workspace(loaded, scope)
    if turn is None or not turns.is_current(work, snapshot.tickets[ticket_id], turn):
        yield from steps.commit(ChangeSet(due_done=(item.key,)))
        return None
    return turn.model_copy(update={"history": (yield from _history(turn))})


def _asked(snapshot: Snapshot, ticket_id: str, message_id: str, item: DueItem) -> BotTurn | None:
    ticket, message = snapshot.tickets.get(ticket_id), snapshot.messages.get(message_id)
    if ticket is None or message is None or ticket.worker is None or ticket.worker.until is None:
        return None
    return BotTurn(
        ticket=TicketId(ticket_id),
        message=message,
        bot=item.kind.removeprefix(f"{reception.TURN}/"),
        fence=int(item.payload),
        number=ticket.reception.turns if ticket.reception is not None else 1,
        deadline=ticket.worker.until,
        queue=ticket.queue,
        language=ticket.language,
        customer=person_behind(message.identity, snapshot.homes, snapshot.customers),
    )


def _history(turn: BotTurn) -> Flow[tuple[Message, ...]]:
    where = (("ticket", turn.ticket),)
    query = Query(kind="message", where=where, order="occurred_at", descending=True, limit=2 * HISTORY)
    page = yield from page_of(Message, query)
    seen = [one for one in page.items if one.id != turn.asked and one.direction is not Direction.NOTE]
    return tuple(reversed(seen[:HISTORY]))


def _play(turn: BotTurn, done: Turned) -> Flow[None]:
    scope = yield from steps.attempt(0)
    bot = scope.policy.reception.bot(turn.bot)
    left = turn.deadline - scope.now
    outcome: object
    try:
        outcome = yield from steps.ask(turn, min(bot.timeout, left) if bot is not None else left)
    except TimeoutError:
        outcome = BotHandsOver(reason="timeout")
    except Exception as error:  # noqa: BLE001  a broken bot must not leave its customer alone, nor stop the others
        outcome = BotHandsOver(reason="error", brief=f"{turn.bot}: {type(error).__name__}")
    if not isinstance(outcome, BotAnswer | BotAbstains | BotHandsOver):
        outcome = BotHandsOver(reason="error", brief=f"{turn.bot}: {type(outcome).__name__}")
    try:
        result = yield from finish(turn, outcome)
    except Denied:
        result = yield from finish(turn, BotHandsOver(reason="denied"))
    done.answered += result.message is not None
    done.handed_off += result.outcome is TurnOutcome.HANDED_OFF
    done.stale += result.outcome is TurnOutcome.STALE
    if result.message is not None and result.message.account in scope.channels:
        yield from deliver(1, account=result.message.account, conversation=result.message.conversation)


# For hosts that drive their bots themselves


def take(bot: object, limit: int, hold: timedelta) -> Flow[tuple[BotTurn, ...]]:
    """The turns that wait for a bot, taken for a while.

    Raises:
        InvalidInput: the configuration has no such bot.
    """
    if not isinstance(bot, str):
        raise InvalidInput("bot", is_a(bot), "pass the name of a bot")
    scope = yield from steps.attempt(0)
    loaded = yield from steps.load(Needs())
    if loaded.policy.reception.bot(bot) is None:
        raise InvalidInput("bot", sentence("unknown bot {bot!r}", bot=bot), nearest(bot, loaded.policy.reception.bots))
    kinds = kinds_of((bot,))
    leased = yield from steps.lease(LeaseRequest(what="due", now=scope.now, limit=limit, hold=hold, kinds=kinds))
    found: list[BotTurn] = []
    for item in leased.due:
        turn = yield from _turn_of(item)
        found += [] if turn is None else [turn]
    return tuple(found)


def finish(turn: object, outcome: object) -> Flow[TurnResult]:
    """Let the outcome of a turn happen, once.

    Raises:
        Denied: the bot may not reply; the refusal is recorded.
        InvalidInput: it is no turn, or no outcome.
        NotFound: there is no such ticket.
    """
    if not isinstance(turn, BotTurn):
        raise InvalidInput("turn", is_a(turn), "pass what desk.bots.take gave")
    if not isinstance(outcome, BotAnswer | BotAbstains | BotHandsOver):
        raise InvalidInput(
            "outcome",
            is_a(outcome),
            "pass a BotAnswer, BotAbstains or BotHandsOver",
        )
    scope = yield from steps.attempt(0)
    run = scope.ids.new(MESSAGE)
    return (yield from retried(lambda scope: _finish(turn, outcome, run, scope)))


def _finish(turn: BotTurn, outcome: BotOutcome, run: str, scope: Scope) -> Flow[TurnResult]:
    key = scope.keys.effect("turn", turn.ticket, turn.asked, str(turn.fence))
    loaded = yield from steps.load(Needs(claims=(key,), tickets=(turn.ticket,), parties=True))
    owner = loaded.snapshot.claims.get(key)
    work = workspace(loaded, scope)
    if owner is not None:
        return (yield from _earlier(turn, owner, run))
    before = work.ticket(turn.ticket)
    actor = Actor.bot(turn.bot)
    work.begin(run, actor)
    if isinstance(outcome, BotAnswer):
        yield from require(work, actor, "reply", turn.ticket)
    work.claim(key, run, keep=loaded.policy.config.retention.command_claims)
    person = work.person(before.identity)
    what = turns.finish(work, before, turn, outcome, run)
    if person is not None:
        work.tell(*after_command(work, before, person, actor).verdicts)
    work.end(turn.ticket)
    yield from steps.commit(work.changes())
    return TurnResult(outcome=what, ticket=work.ticket(turn.ticket), message=work.find_message(run))


def _earlier(turn: BotTurn, owner: str, run: str) -> Flow[TurnResult]:
    """The turn was finished before: by somebody else, or by us in a commit of which nobody knew."""
    loaded = yield from steps.load(Needs(tickets=(turn.ticket,), messages=(owner,)))
    ticket, said = loaded.snapshot.tickets.get(turn.ticket), loaded.snapshot.messages.get(owner)
    if owner != run:
        return TurnResult(outcome=TurnOutcome.STALE, ticket=ticket)
    outcome = TurnOutcome.HANDED_OFF if said is None else TurnOutcome.ANSWERED
    return TurnResult(outcome=outcome, ticket=ticket, message=said)
