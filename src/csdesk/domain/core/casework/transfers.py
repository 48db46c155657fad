"""Transfers: the work goes from one to another, who is asked first if it is a person or a department.

The rule: until somebody accepts, the giver has the ticket and nothing changes. It ends once: accepted, rejected,
withdrawn or lapsed. Under a return clause only the work is lent: the giver stays accountable, and gets it back when the
borrower releases it or the time is up.
"""

from __future__ import annotations

from typing import Final

from csdesk._nearest import nearest
from csdesk.domain.core.casework import leases, tickets
from csdesk.domain.core.conversation import reception
from csdesk.domain.core.conversation.outbound import Utterance, add_note
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import AgentId, MessageId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import trusted
from csdesk.domain.records.actors import ActorKind
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.clocks import Metric
from csdesk.domain.records.messages import AuthorKind, TextPart
from csdesk.domain.records.tickets import Lent, Offer, OfferPurpose, Ticket, WorkerKind
from csdesk.errors import InvalidInput, sentence

_Offer = trusted(Offer)

_AUTHORS: Final = {ActorKind.AGENT: AuthorKind.AGENT, ActorKind.BOT: AuthorKind.BOT}


def transfer(work: Workspace, ticket: Ticket, command: cmd.TransferTicket, run: str) -> None:
    """Move the ticket at once, or offer it to whom it is to go to.

    Raises:
        InvalidInput: it cannot go there, or the brief lacks what the configuration asks for.
        IllegalTransition: the ticket is finished.
        NotFound: there is no such agent.
    """
    tickets.check_live(ticket)
    _check_target(work, ticket, command)
    asks = command.ask if command.ask is not None else _needs_asking(command)
    if command.returns and not asks:
        raise InvalidInput("returns", "nobody is asked who could give it back", "leave ask out, or pass ask=True")
    brief = _brief(work, ticket, command, run, asks=asks)
    if asks:
        _offer(work, work.ticket(ticket.id), command, brief)
    else:
        _move(work, work.ticket(ticket.id), command, brief)


def _needs_asking(command: cmd.TransferTicket) -> bool:
    return command.agent is not None or command.department is not None


def _check_target(work: Workspace, ticket: Ticket, command: cmd.TransferTicket) -> None:
    queue, agent, department = command.queue, command.agent, command.department
    if queue is None and agent is None and department is None:
        raise InvalidInput("queue", "nobody is named", "name a queue, an agent or a department")
    if agent is not None and department is not None:
        raise InvalidInput("department", "an agent is named too", "name one of them")
    if queue is not None and not work.policy.has_queue(queue):
        known = [one.name for one in work.policy.config.queues]
        raise InvalidInput("queue", sentence("no queue {queue!r}", queue=queue), nearest(queue, known))
    departments = work.policy.reception.departments
    if department is not None and department not in departments:
        raise InvalidInput(
            "department",
            sentence("unknown department {department!r}", department=department),
            nearest(department, departments),
        )
    tickets.check_works(work, agent)
    if agent is not None and agent == ticket.assignee:
        raise InvalidInput("agent", "has the ticket already", "choose somebody else")
    if agent is None and department is None and queue == ticket.queue:
        raise InvalidInput("queue", "the ticket is there already", "choose another queue, or name an agent")
    if department is not None and ticket.worker is not None and str(ticket.worker) == f"department:{department}":
        raise InvalidInput("department", "has the ticket already", "choose somebody else")


def _brief(work: Workspace, ticket: Ticket, command: cmd.TransferTicket, run: str, *, asks: bool) -> MessageId | None:
    """Keep the brief as a note, if there is one."""
    given = {name: text.strip() for name, text in command.fields}
    policy = work.policy.config.transfer
    missing = [one for one in policy.fields if not given.get(one)] if asks else []
    if missing:
        raise InvalidInput(
            "fields", sentence("the brief lacks {names}", names=tuple(missing)), "say it: fields={name: text}"
        )
    lines = [command.brief.strip(), *(f"{name}: {text}" for name, text in given.items() if text)]
    text = "\n".join(one for one in lines if one)
    if not text:
        if asks and policy.brief_required:
            raise InvalidInput("brief", "is empty", "say what the next one must know")
        return None
    said = Utterance(
        id=MessageId(run),
        author=_AUTHORS.get(command.actor.kind, AuthorKind.SYSTEM),
        author_id=command.actor.id,
        parts=(TextPart(text=text),),
    )
    return add_note(work, ticket, said).id


def _move(work: Workspace, ticket: Ticket, command: cmd.TransferTicket, brief: MessageId | None) -> None:
    queue = command.queue or _queue_of(work, ticket, command.department)
    reception.drop_turn(work, ticket)
    moved = tickets.assign(work, ticket, None, reason="transfer")
    moved = tickets.set_field(work, moved, "queue", queue)
    _told(work, moved, command.reason, brief, agent=command.agent, department=command.department, queue=queue)
    if command.agent is not None:
        tickets.assign(work, work.ticket(ticket.id), command.agent, reason="transfer")
    elif command.department is not None:
        leases.grant(
            work,
            work.ticket(ticket.id),
            WorkerKind.DEPARTMENT,
            command.department,
            reason="transfer",
            accountable=True,
        )


def _queue_of(work: Workspace, ticket: Ticket, department: str | None) -> str:
    listed = {one.name: one.queue for one in work.policy.config.departments}
    return (listed.get(department) if department is not None else None) or ticket.queue


def _told(
    work: Workspace,
    ticket: Ticket,
    reason: str,
    brief: MessageId | None,
    *,
    agent: AgentId | None,
    department: str | None,
    queue: str,
    lent: bool = False,
) -> None:
    event = ev.TicketTransferred(
        agent=agent, department=department, queue=queue, reason=reason, brief=brief, before=ticket.owner, lent=lent
    )
    work.emit(ticket.id, event)


def _offer(work: Workspace, ticket: Ticket, command: cmd.TransferTicket, brief: MessageId | None) -> None:
    if leases.is_with_bot(ticket):
        raise InvalidInput("ticket", "a bot has it", "hand it off first: desk.tickets.hand_off")
    ticket = leases.withdraw_offer(work, ticket, "offered_again")
    at = work.time_of(ticket.id)
    offer = _Offer(
        number=ticket.offers + 1,
        purpose=OfferPurpose.TRANSFER,
        agent=command.agent,
        department=command.department,
        queue=command.queue or _queue_of(work, ticket, command.department),
        made_at=at,
        due_at=at + (command.within or work.policy.config.transfer.accept_within),
        brief=brief,
        back_to=ticket.owner,
        reason=command.reason,
        lend=Lent(within=command.return_within) if command.returns else None,
    )
    tickets.happen(work, ticket.id, ev.OfferMade(offer=offer))


def _check_asked(offer: Offer, agent: Agent) -> None:
    is_asked = offer.agent == agent.id
    if offer.agent is None:
        is_asked = offer.department is not None or offer.queue in agent.queues
    if not is_asked:
        raise InvalidInput("actor", "was not offered it", "only who was asked can answer")


def accept(work: Workspace, ticket: Ticket, offer: Offer, agent: Agent) -> None:
    """Take what was offered: the ticket with the responsibility, or (under a return clause) the work alone.

    Raises:
        InvalidInput: the agent was not asked.
    """
    _check_asked(offer, agent)
    ticket = tickets.happen(work, ticket.id, ev.OfferAccepted(number=offer.number, agent=agent.id))
    lent = offer.lend is not None
    taker = agent.id if offer.department is None else None
    _told(
        work, ticket, offer.reason, offer.brief, agent=taker, department=offer.department, queue=offer.queue, lent=lent
    )
    ticket = work.ticket(ticket.id)
    if offer.lend is not None:
        _lend(work, ticket, offer, agent.id)
        return
    if offer.queue != ticket.queue:
        ticket = tickets.set_field(work, tickets.assign(work, ticket, None, reason="transfer"), "queue", offer.queue)
    if offer.department is None:
        tickets.assign(work, ticket, agent.id, reason="transfer")
    else:
        leases.grant(work, ticket, WorkerKind.DEPARTMENT, offer.department, reason="transfer", accountable=True)


def _lend(work: Workspace, ticket: Ticket, offer: Offer, agent: AgentId) -> None:
    within = offer.lend.within if offer.lend is not None else None
    until = None if within is None else work.time_of(ticket.id) + within
    kind = WorkerKind.AGENT if offer.department is None else WorkerKind.DEPARTMENT
    holder = agent if offer.department is None else offer.department
    ticket = leases.grant(work, ticket, kind, holder, until=until, reason="transfer", lent=True)
    if until is not None:
        # Only now: whoever lends on what was lent to them ends the clock of their own loan with that.
        tickets.happen(work, ticket.id, ev.ClockStarted(metric=Metric.STEP, name=tickets.LOAN, until=until))


def reject(work: Workspace, ticket: Ticket, offer: Offer, agent: Agent, remark: str) -> None:
    """Do not take what was offered; the giver goes on.

    Raises:
        InvalidInput: the agent was not asked.
    """
    _check_asked(offer, agent)
    event = ev.OfferDeclined(number=offer.number, agent=agent.id, reason="rejected", remark=remark)
    tickets.happen(work, ticket.id, event)


def withdraw_by_hand(work: Workspace, ticket: Ticket, command: cmd.WithdrawTransfer, _: str) -> None:
    """Take an offered transfer back.

    Raises:
        InvalidInput: no transfer is open.
    """
    offer = ticket.offer
    if offer is None or offer.purpose is not OfferPurpose.TRANSFER:
        raise InvalidInput("ticket", "no transfer is open", "it was answered, withdrawn, or it lapsed")
    if command.number not in (None, offer.number):
        raise InvalidInput(
            "number", sentence("that offer is over, {number} is open", number=offer.number), "look at ticket.offer"
        )
    leases.withdraw_offer(work, ticket, "by_hand")


def lapse(work: Workspace, ticket: Ticket) -> Ticket:
    """Let an offered transfer lapse whose time is over: the giver goes on."""
    offer = ticket.offer
    if offer is None or offer.purpose is not OfferPurpose.TRANSFER or offer.due_at is None:
        return ticket
    if offer.due_at > work.time_of(ticket.id):
        return ticket
    event = ev.OfferExpired(number=offer.number, agent=offer.agent, at=offer.due_at)
    return tickets.happen(work, ticket.id, event)
