"""Reception: bots take up what customers say, and hand off to people.

The rule: a ticket is with a bot, with people, or waits for people; what a bot gives up always reaches a queue where
people work. A bot that was taken out stays out until a person hands the ticket back.
"""

from __future__ import annotations

from typing import Final

from csdesk.domain.core.casework import leases, tickets
from csdesk.domain.core.casework.after_hours import closed_at, say_closed
from csdesk.domain.core.conversation.outbound import Utterance, add_note, queue_reply
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MESSAGE, MessageId
from csdesk.domain.policy.sections.reception import BotPolicy
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced, trusted
from csdesk.domain.records.actors import Actor, ActorKind
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.bots import TurnOutcome
from csdesk.domain.records.messages import AuthorKind, TextPart
from csdesk.domain.records.queues import DueItem
from csdesk.domain.records.tickets import Ticket, WorkerKind
from csdesk.domain.records.trace import Outcome, verdict
from csdesk.errors import BotBarred, InvalidInput, StaleWorker, sentence

TURN: Final = "bot"
"""What the kind of a due item that asks for a bot's answer begins with; the bot follows."""

_SILENT: Final = frozenset({"away", "person", "released", "assigned"})
"""Reasons of a hand-off in which the customer need not be told."""

_BotPolicy = trusted(BotPolicy)


def turn_key(ticket: str, message: str) -> str:
    """The key of the due item of a turn."""
    return f"{TURN}/{ticket}/{message}"


def bot_policy(work: Workspace, name: str) -> BotPolicy:
    """The settings of a bot; the default ones if the configuration no longer has it."""
    return work.policy.reception.bot(name) or _BotPolicy(name=name)


def receiver(work: Workspace, ticket: Ticket) -> BotPolicy | None:
    """The bot that receives in the ticket's queue now; None if people do."""
    bot = work.policy.reception.bot_of(ticket.queue)
    if bot is not None and work.policy.queue(ticket.queue).bot_when == "closed" and closed_at(work, ticket) is None:
        return None
    return bot


def receive_with(work: Workspace, ticket: Ticket, bot: BotPolicy, message: MessageId, *, reason: str) -> Ticket:
    """Give the ticket to a bot, and let it answer a message."""
    leases.grant(work, ticket, WorkerKind.BOT, bot.name, reason=reason)
    return begin_turn(work, work.ticket(ticket.id), bot, message)


def begin_turn(work: Workspace, ticket: Ticket, bot: BotPolicy, message: MessageId) -> Ticket:
    """Ask the bot that holds the ticket to answer a message; a turn that is under way is superseded."""
    drop_turn(work, ticket)
    now = work.time_of(ticket.id)
    work.emit(ticket.id, ev.TurnBegan(message=message, bot=bot.name, until=now + bot.answer_within))
    key, kind = turn_key(ticket.id, message), f"{TURN}/{bot.name}"
    work.put_due(DueItem(key=key, kind=kind, due_at=now, payload=str(ticket.fence)))
    return work.ticket(ticket.id)


def drop_turn(work: Workspace, ticket: Ticket) -> None:
    """Take the turn that is under way off the list."""
    if ticket.reception is not None and ticket.reception.asked is not None:
        work.end_due(turn_key(ticket.id, ticket.reception.asked))


def hand_off(
    work: Workspace, ticket: Ticket, reason: str, *, message: str | None = None, brief: str = "", text: str = ""
) -> Ticket:
    """Give a bot's ticket to people: those of the queue, or of the one that it hands off to.

    Args:
        reason: a code.
        message: the customer's message behind it.
        brief: what the bot says to them, kept as a note.
        text: what is said to the customer; the bot's farewell if empty. While the people are not at work their queue
            says when they are back, instead of the farewell.
    """
    known = ticket.reception
    bot = _bot_behind(work, ticket)
    drop_turn(work, ticket)
    note = MessageId(work.ids.new(MESSAGE)) if brief.strip() else None
    work.emit(
        ticket.id,
        ev.TicketHandedOff(
            bot=bot.name,
            reason=reason,
            message=MessageId(message) if message is not None else None,
            turns=known.turns if known is not None else 0,
            failed=known.failed if known is not None else 0,
            brief=note,
        ),
    )
    work.tell(verdict("bot.handed_off", Outcome.CHOSEN, bot=bot.name, reason=reason))
    ticket = work.ticket(ticket.id)
    if leases.is_with_bot(ticket):
        ticket = leases.end(work, ticket, reason="hand_off")
    if note is not None:
        add_note(work, ticket, _said(bot.name, brief, note))
    if ticket.is_live:
        silent = reason in _SILENT
        target = work.policy.queue(ticket.queue).hand_off_to
        closed = None if silent else closed_at(work, replaced(ticket, queue=target or ticket.queue))
        words = text or (bot.farewell if closed is None else "")
        if words and not silent:
            queue_reply(work, work.ticket(ticket.id), _said(bot.name, words, MessageId(work.ids.new(MESSAGE))))
        if target is not None:
            tickets.set_field(work, work.ticket(ticket.id), "queue", target)
        if closed is not None:
            say_closed(work, work.ticket(ticket.id), closed)
    return work.ticket(ticket.id)


def take_from_bot(work: Workspace, ticket: Ticket, reason: str) -> Ticket:
    """Take the ticket from the bot that has it, if one has."""
    return hand_off(work, ticket, reason) if leases.is_with_bot(ticket) and ticket.is_live else ticket


def _bot_behind(work: Workspace, ticket: Ticket) -> BotPolicy:
    """The bot that has the ticket, or had it, or would have received it."""
    if ticket.worker is not None and leases.is_with_bot(ticket):
        return bot_policy(work, ticket.worker.id)
    if ticket.reception is not None:
        return bot_policy(work, ticket.reception.bot)
    return work.policy.reception.bot_of(ticket.queue) or _BotPolicy(name="bot")


def _said(bot: str, text: str, message: MessageId) -> Utterance:
    return Utterance(id=message, author=AuthorKind.BOT, author_id=bot, parts=(TextPart(text=text),))


# What people and programs ask for


def release(work: Workspace, ticket: Ticket, command: cmd.ReleaseTicket, _: str) -> None:
    """Stop working on the ticket: it waits for people, whoever is accountable stays so."""
    if leases.is_with_bot(ticket) and ticket.is_live:
        hand_off(work, ticket, "released", brief=command.reason)
    else:
        leases.end(work, ticket, reason="released", remark=command.reason)


def hand_off_by_hand(work: Workspace, ticket: Ticket, command: cmd.HandOff, _: str) -> None:
    """Give a bot's ticket to people because the bot, a person or a program wants it.

    Raises:
        InvalidInput: no bot has it.
        StaleWorker: a bot whose lease is over.
        IllegalTransition: the ticket is finished.
    """
    if command.actor.kind is ActorKind.BOT:
        check_speaker(ticket, command.actor, command.fence)
    tickets.check_live(ticket)
    if not leases.is_with_bot(ticket):
        raise InvalidInput("ticket", "no bot has it", "assign or transfer it")
    hand_off(work, ticket, command.reason, message=ticket.customer_message, brief=command.brief)


def hand_back(work: Workspace, ticket: Ticket, command: cmd.HandBack, _: str) -> None:
    """Give the ticket to the bot of its queue again; what waits for an answer becomes its turn.

    Raises:
        BotBarred: the queue or the type bars bots, or a bot wants it.
        IllegalTransition: the ticket is finished.
    """
    tickets.check_live(ticket)
    if command.actor.kind is ActorKind.BOT:
        raise BotBarred(ticket.id, command.actor.id, "people")
    queue = command.queue or ticket.queue
    if not work.policy.has_queue(queue):
        raise InvalidInput("queue", sentence("no queue {queue!r}", queue=queue), "choose a queue of the configuration")
    bot = work.policy.reception.bot_of(queue)
    if bot is None or work.policy.type(ticket.type).bars_bots:
        raise BotBarred(ticket.id, bot.name if bot is not None else "", "queue" if bot is None else "type")
    if leases.is_with_bot(ticket):
        raise InvalidInput("ticket", "a bot has it already", "nothing is left to do")
    if queue != ticket.queue:
        ticket = tickets.set_field(work, leases.end(work, ticket, reason="hand_back"), "queue", queue)
    work.emit(ticket.id, ev.TicketHandedBack(bot=bot.name, reason=command.reason))
    ticket = leases.grant(work, work.ticket(ticket.id), WorkerKind.BOT, bot.name, reason="hand_back")
    if ticket.waiting_since is not None and ticket.customer_message is not None:
        begin_turn(work, ticket, bot, ticket.customer_message)


def check_speaker(ticket: Ticket, actor: Actor, fence: int | None) -> None:
    """Let a bot speak only under a lease of its own; that it is live was seen before.

    Raises:
        InvalidInput: no fencing number is given.
        StaleWorker: the lease is somebody else's.
    """
    if fence is None:
        raise InvalidInput("fence", "a bot speaks only under a lease", "take one: desk.tickets.lease(...).worker.fence")
    worker = ticket.worker
    if worker is None or worker.kind is not WorkerKind.BOT or worker.id != actor.id:
        raise StaleWorker(ticket.id, fence, ticket.fence, str(worker) if worker is not None else "")


def check_person(work: Workspace, actor: Actor) -> None:
    """Let only those speak to customers who work here. A desk that was never told of any agent knows no strangers.

    Raises:
        NotFound: the desk has agents, and none of that id.
        InvalidInput: the agent has retired.
    """
    if work.snapshot.epochs.agents > 0 and work.agent(actor.id).retired:
        raise InvalidInput("actor", "has retired", "let somebody reply who still works here")


def before_reply(work: Workspace, ticket: Ticket, command: cmd.SendReply, run: str) -> Ticket:
    """What an answer by hand means for the bot: its own ends its turn, a person's takes the ticket from it."""
    actor = command.actor
    if actor.kind is ActorKind.BOT:
        check_speaker(ticket, actor, command.fence)
        return _answered_by_hand(work, ticket, run)
    if actor.kind is not ActorKind.AGENT or not leases.is_with_bot(ticket):
        return ticket
    if not ticket.is_live:
        return leases.end(work, ticket, reason="replied")
    ticket = hand_off(work, ticket, "person")
    known = work.find(actor.id)
    if isinstance(known, Agent) and not known.retired:
        ticket = leases.grant(work, ticket, WorkerKind.AGENT, known.id, reason="replied")
    return ticket


def _answered_by_hand(work: Workspace, ticket: Ticket, run: str) -> Ticket:
    reception = ticket.reception
    if reception is not None and reception.asked is not None:
        drop_turn(work, ticket)
        work.emit(
            ticket.id,
            ev.TurnEnded(
                message=reception.asked, bot=reception.bot, outcome=TurnOutcome.ANSWERED, reply=MessageId(run)
            ),
        )
    return work.ticket(ticket.id)
