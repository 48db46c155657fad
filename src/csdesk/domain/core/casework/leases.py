"""Leases: who works on a ticket, until when, and under which fencing number.

The rule: at most one lease is live at a time, each has a higher number than all before it, and whoever shows another
number than the live one is refused. The accountable owner is another matter: ending a lease never changes it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from csdesk._nearest import nearest
from csdesk.domain.core.casework import tickets
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import AgentId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import trusted
from csdesk.domain.records.actors import Actor, ActorKind
from csdesk.domain.records.tickets import Category, Move, OwnerKind, Ticket, Worker, WorkerKind
from csdesk.errors import BotBarred, InvalidInput, LeaseHeld, StaleWorker, sentence

_TicketAssigned = trusted(ev.TicketAssigned)
_Worker = trusted(Worker)

_HOLDERS: Final = {ActorKind.AGENT: WorkerKind.AGENT, ActorKind.BOT: WorkerKind.BOT}


def is_with_bot(ticket: Ticket) -> bool:
    """True while a bot works on the ticket."""
    return ticket.worker is not None and ticket.worker.kind is WorkerKind.BOT


def check_fence(ticket: Ticket, fence: int | None, now: datetime) -> None:
    """Refuse a worker that no longer holds the ticket; None asks for no check.

    Raises:
        StaleWorker: the fencing number is not that of the live lease.
    """
    if fence is None or (is_live(ticket, now) and ticket.worker is not None and fence == ticket.worker.fence):
        return
    held_by = str(ticket.worker) if ticket.worker is not None and is_live(ticket, now) else ""
    raise StaleWorker(ticket.id, fence, ticket.fence, held_by)


def is_live(ticket: Ticket, now: datetime) -> bool:
    """True while somebody works on the ticket and their lease has not run out."""
    worker = ticket.worker
    return worker is not None and (worker.until is None or now < worker.until)


def grant(
    work: Workspace,
    ticket: Ticket,
    kind: WorkerKind,
    holder: str,
    *,
    until: datetime | None = None,
    reason: str,
    remark: str = "",
    accountable: bool | None = None,
    lent: bool = False,
) -> Ticket:
    """Give the ticket to somebody, whoever had it.

    ``accountable`` None: a person becomes so unless another one is already; nobody does if the work is ``lent``.
    """
    ticket = tickets.settle_loan(work, withdraw_offer(work, ticket, reason), kept=True)
    worker = _Worker(kind=kind, id=holder, fence=ticket.fence + 1, until=until, lent=lent)
    if accountable is None:
        accountable = kind is WorkerKind.AGENT and ticket.owner.kind is not OwnerKind.AGENT and not lent
    event = _TicketAssigned(
        worker=worker,
        before=ticket.worker,
        accountable=accountable,
        units=work.policy.routing.units(ticket) if kind is WorkerKind.AGENT else 1,
        reason=reason,
        remark=remark,
    )
    moved = tickets.happen(work, ticket.id, event)
    if kind is not WorkerKind.BOT and moved.category is Category.NEW:
        moved = tickets.change_status(work, moved, Move.START)
    return moved


def end(work: Workspace, ticket: Ticket, *, reason: str, remark: str = "") -> Ticket:
    """End the live lease; who is accountable stays so, and has lent work again."""
    worker, owner = ticket.worker, ticket.owner
    if worker is None:
        return ticket
    ticket = tickets.settle_loan(work, withdraw_offer(work, ticket, reason), kept=reason != "lease_expired")
    event = _TicketAssigned(before=worker, accountable=False, reason=reason, remark=remark)
    ticket = tickets.happen(work, ticket.id, event)
    if worker.lent and ticket.is_live and owner.kind is not OwnerKind.QUEUE:
        ticket = grant(work, ticket, WorkerKind(owner.kind), owner.id, reason="returned")
    return ticket


def disown(work: Workspace, ticket: Ticket, agent: str) -> Ticket:
    """Let the queue be accountable instead of an agent who works here no longer; lent work comes back to it."""
    if ticket.owner.kind is not OwnerKind.AGENT or ticket.owner.id != agent:
        return ticket
    return tickets.happen(work, ticket.id, ev.OwnerLeft(agent=AgentId(agent)))


def withdraw_offer(work: Workspace, ticket: Ticket, reason: str) -> Ticket:
    """Take the open offer back, if there is one: the ticket goes another way."""
    offer = ticket.offer
    if offer is None:
        return ticket
    return tickets.happen(work, ticket.id, ev.OfferWithdrawn(number=offer.number, agent=offer.agent, reason=reason))


def lease(work: Workspace, ticket: Ticket, command: cmd.LeaseTicket, _: str) -> None:
    """Let an agent, a bot or a department work on the ticket.

    Raises:
        LeaseHeld: somebody works on it, and the command does not take over.
        BotBarred: a bot may not have it, or not from a person.
        InvalidInput: nobody of that name can hold a lease.
        NotFound: there is no such agent.
    """
    tickets.check_live(ticket)
    kind, holder = _holder(work, ticket, command)
    before = ticket.worker
    if before is not None:
        _check_take_over(ticket, before, kind, command)
    span = command.span
    if span is None and kind is WorkerKind.BOT:
        bot = work.policy.reception.bot(holder)
        span = bot.answer_within if bot is not None else None
    until = None if span is None else work.time_of(ticket.id) + span
    reason = "lease" if before is None else "take_over"
    grant(work, ticket, kind, holder, until=until, reason=reason, remark=command.reason)


def _check_take_over(ticket: Ticket, before: Worker, kind: WorkerKind, command: cmd.LeaseTicket) -> None:
    if not command.take_over:
        raise LeaseHeld(ticket.id, str(before), None if before.until is None else before.until.isoformat())
    if kind is WorkerKind.BOT and before.kind is not WorkerKind.BOT:
        raise BotBarred(ticket.id, command.actor.id, "people")
    if not command.reason.strip():
        raise InvalidInput("reason", "is empty", "say why the work is taken over")


def _holder(work: Workspace, ticket: Ticket, command: cmd.LeaseTicket) -> tuple[WorkerKind, str]:
    actor = command.actor
    if command.department is not None:
        known = work.policy.reception.departments
        if command.department not in known:
            raise _unknown("department", "department", command.department, known)
        if actor.kind is ActorKind.BOT:
            raise InvalidInput("department", "a bot is in none", "leave it out, or let an agent of it act")
        return WorkerKind.DEPARTMENT, command.department
    kind = _HOLDERS.get(actor.kind)
    if kind is None:
        remedy = "pass Actor.agent(...) or Actor.bot(...), or name a department"
        raise InvalidInput("actor", sentence("a {kind} holds no lease", kind=actor.kind), remedy)
    if kind is WorkerKind.BOT:
        check_bot(work, ticket, actor)
    elif work.agent(actor.id).retired:
        raise InvalidInput("actor", "has retired", "choose an agent who still works here")
    return kind, actor.id


def _unknown(field: str, kind: str, name: str, known: frozenset[str]) -> InvalidInput:
    return InvalidInput(field, sentence("unknown {kind} {name!r}", kind=kind, name=name), nearest(name, known))


def check_bot(work: Workspace, ticket: Ticket, actor: Actor) -> None:
    """Refuse a bot that may not work on the ticket.

    Raises:
        InvalidInput: the configuration has no such bot.
        BotBarred: the queue or the type of the ticket bars bots, or the ticket was handed off to people.
    """
    reception = work.policy.reception
    if reception.bot(actor.id) is None:
        raise _unknown("actor", "bot", actor.id, reception.bots)
    reason = barred(work, ticket)
    if reason:
        raise BotBarred(ticket.id, actor.id, reason)


def barred(work: Workspace, ticket: Ticket) -> str:
    """Why no bot may work on the ticket; empty if one may."""
    if ticket.queue in work.policy.reception.barring:
        return "queue"
    if work.policy.type(ticket.type).bars_bots:
        return "type"
    if ticket.reception is not None and ticket.reception.is_over:
        return "handed_off"
    return "away" if ticket.elsewhere else ""


def renew(work: Workspace, ticket: Ticket, command: cmd.RenewLease, _: str) -> None:
    """Let the holder go on under the same number, which was checked before."""
    until = None if command.span is None else work.time_of(ticket.id) + command.span
    if ticket.worker is not None and ticket.worker.until != until:
        work.emit(ticket.id, ev.LeaseRenewed(fence=ticket.fence, until=until))
