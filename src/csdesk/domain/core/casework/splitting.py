"""Splitting a ticket: some of its messages become a matter of their own.

Both sides then know what their messages tell: how many they are, who waits since when, and which clocks run. The
conversation's new messages go on to the original; answers to a moved message follow it by its message id.
"""

from __future__ import annotations

from datetime import datetime

from csdesk.domain.core import lineage
from csdesk.domain.core.casework.tickets import catch_up, emit_clocks
from csdesk.domain.core.conversation import sessions
from csdesk.domain.core.customers.acts import recount
from csdesk.domain.core.evolve import evolve
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MessageId, TicketId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.clocks import Clock, ClockPhase, Metric, with_clocks
from csdesk.domain.records.messages import AuthorKind, Automatic, Direction, Message
from csdesk.domain.records.tickets import (
    TRANSITIONS,
    AppliedSla,
    Category,
    Link,
    LinkKind,
    Move,
    Participant,
    Role,
    Ticket,
)
from csdesk.domain.records.trace import Outcome, verdict
from csdesk.domain.sla.clocks import ended, live
from csdesk.domain.sla.life import asked, follow
from csdesk.domain.sla.terms import Book
from csdesk.errors import IllegalTransition, InvalidInput, NotFound, sentence


def split_ticket(work: Workspace, ticket: Ticket, command: cmd.SplitTicket, run: str) -> None:
    """Move the chosen messages to the new ticket ``run``.

    Raises:
        IllegalTransition: the ticket is merged.
        NotFound: a message does not exist.
        InvalidInput: a message belongs to another ticket, or none would be left.
    """
    if ticket.category is Category.MERGED:
        raise IllegalTransition(ticket.id, ticket.category.value, command.kind)
    entries = work.past.streams[ticket.id]
    chosen = _chosen(work, ticket, command, entries)
    new = _open(work, ticket, TicketId(run), chosen, command.subject)
    book = work.policy.service
    told = _told(book, ticket.sla, new, chosen)
    ids = tuple(one.id for one in chosen)
    work.emit(new.id, _moved(ids, ticket, told))
    _settle_new(work, new, told)
    gone = set(ids)
    kept = lineage.recounted(ticket, entries, (one for one in work.past.messages if one.id not in gone))
    work.emit(ticket.id, _moved(ids, ticket, kept, target=new.id))
    _settle_old(work, ticket, work.ticket(ticket.id))
    for half in (ticket.id, new.id):
        sessions.go_on(work, ticket, work.ticket(half))
    for message in chosen:
        work.emit(message.id, ev.MessageMoved(message=message.id, before=ticket.id, after=new.id))
        _move_mail(work, message, ticket.id, new.id)
        work.tell(verdict("split.moved", Outcome.CHOSEN, message=message.id, ticket=new.id))


def _chosen(work: Workspace, ticket: Ticket, command: cmd.SplitTicket, entries: lineage.Entries) -> list[Message]:
    """The messages that move, in the order in which they came to the ticket."""
    wanted = dict.fromkeys(command.messages)
    for key in wanted:
        found = work.find_message(key)
        if found is None:
            raise NotFound("message", key)
        if found.ticket != ticket.id:
            raise InvalidInput(
                "messages",
                sentence("{key} belongs to another ticket", key=key),
                sentence("choose messages of {id}", id=ticket.id),
            )
    if len(wanted) >= ticket.messages:
        raise InvalidInput("messages", "are all that the ticket has", "leave at least one")
    return [work.message(key) for key in dict.fromkeys(lineage.joined(entries, ticket.id)) if key in wanted]


def _open(work: Workspace, ticket: Ticket, key: TicketId, chosen: list[Message], subject: str) -> Ticket:
    asked = next((one for one in chosen if one.author is AuthorKind.CUSTOMER and one.identity is not None), None)
    identity = asked.identity if asked is not None and asked.identity is not None else ticket.identity
    work.emit(
        key,
        ev.TicketOpened(
            id=key,
            number=work.past.number,
            subject=subject or next((one.subject for one in chosen if one.subject), ticket.subject),
            type=ticket.type,
            queue=ticket.queue,
            priority=ticket.priority,
            language=ticket.language,
            site=ticket.site,
            identity=identity,
            account=asked.account if asked is not None else ticket.account,
            conversation=asked.conversation if asked is not None else ticket.conversation,
            origin=ticket.origin,
            participants=_participants(ticket, Participant(identity=identity), chosen),
            links=(Link(kind=LinkKind.SPLIT_FROM, ticket=ticket.id),),
        ),
    )
    recount(work, identity)
    return work.ticket(key)


def _participants(ticket: Ticket, requester: Participant, chosen: list[Message]) -> tuple[Participant, ...]:
    """Those with whom the moved messages were exchanged, in their roles; the original's requester reads along."""
    roles = {one.identity: one.role for one in ticket.participants}
    found = {requester.identity: requester}
    for message in chosen:
        if message.identity is not None:
            role = roles.get(message.identity, Role.CC)
            role = Role.CC if role is Role.REQUESTER else role
            found.setdefault(message.identity, Participant(identity=message.identity, role=role))
    return tuple(found.values())


def _told(book: Book, sla: AppliedSla | None, new: Ticket, chosen: list[Message]) -> Ticket:
    """The new ticket as it would stand if the messages had come to it in the first place."""
    for message in chosen:
        at, category = message.occurred_at, new.category
        event: ev.Event = lineage.birth(message)
        new = evolve(new, event, message.received_at)  # type: ignore[assignment]  # of a ticket
        if _is_asked(message):
            new = replaced(new, category=TRANSITIONS[Move.CUSTOMER_MESSAGE][category])
            if sla is not None and new.sla is None:
                event = _applied(sla, at)
                new = evolve(new, event, at)  # type: ignore[assignment]
        elif message.direction is Direction.OUT and message.author is AuthorKind.AGENT:
            new = replaced(new, category=TRANSITIONS[Move.AGENT_REPLY][category])
        new = _with(new, follow(book, new, event, at))
        if new.category is not category:
            moved = ev.StatusChanged(before=category, after=new.category, status=new.category.value)
            new = _with(new, follow(book, new, moved, at))
    return new


def _applied(sla: AppliedSla, at: datetime) -> ev.SlaApplied:
    return ev.SlaApplied(policy=sla.policy, group=sla.group, level=sla.level, targets=sla.targets, at=at)


def _is_asked(message: Message) -> bool:
    return (
        message.direction is Direction.IN
        and message.author is AuthorKind.CUSTOMER
        and message.automatic is Automatic.NO
    )


def _with(ticket: Ticket, changed: tuple[Clock, ...]) -> Ticket:
    return replaced(ticket, clocks=with_clocks(ticket.clocks, changed))


def _moved(
    ids: tuple[MessageId, ...], source: Ticket, told: Ticket, *, target: TicketId | None = None
) -> ev.MessagesMoved:
    return ev.MessagesMoved(
        messages=ids,
        source=source.id,
        target=target or told.id,
        customer_at=told.customer_at,
        replied_at=told.replied_at,
        waiting_since=told.waiting_since,
        auto_replied_at=told.auto_replied_at,
        unanswered=told.unanswered,
        last_message=told.last_message,
    )


def _settle_new(work: Workspace, new: Ticket, told: Ticket) -> None:
    if told.sla is not None:
        work.emit(new.id, _applied(told.sla, told.customer_at or new.created_at))
    if told.category is not new.category:
        status = told.category.value
        work.emit(new.id, ev.StatusChanged(before=new.category, after=told.category, status=status))
    emit_clocks(work, work.ticket(new.id), told.clocks, given="split")
    catch_up(work, work.ticket(new.id))


def _settle_old(work: Workspace, before: Ticket, after: Ticket) -> None:
    """Let the reply clocks of the original wait for what its own messages still ask."""
    at, since, book = work.time_of(after.id), after.waiting_since, work.policy.service
    if since == before.waiting_since:
        return
    # The first reply is promised from the opening on: it is awaited as long as anything is.
    over = (Metric.NEXT_REPLY,) if since is not None else (Metric.NEXT_REPLY, Metric.FIRST_REPLY)
    gone = tuple(ended(book, clock, ClockPhase.CANCELLED, at) for clock in live(after, *over))
    after = emit_clocks(work, after, gone, given="split")
    if since is not None:
        after = emit_clocks(work, after, asked(book, after, since), given="split")
        catch_up(work, after)


def _move_mail(work: Workspace, message: Message, before: TicketId, after: TicketId) -> None:
    if message.provider_id:
        key = work.keys.mail(message.account, message.provider_id)
        if work.claims.get(key) == before:
            work.move_claim(key, before, after)
