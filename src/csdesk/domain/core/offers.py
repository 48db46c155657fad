"""Answering an offer of work. Pure: events are laid into the workspace."""

from __future__ import annotations

from csdesk.domain.core import tickets
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.tickets import Move, Offer, OfferPurpose, Ticket
from csdesk.domain.routing.search import work_counter
from csdesk.errors import InvalidInput


def accept(work: Workspace, ticket: Ticket, command: cmd.AcceptOffer, _: str) -> None:
    """The agent takes the ticket, on the capacity that the offer has held.

    Raises:
        InvalidInput: there is no such offer (any more), or it was made to somebody else.
        GuardFailed: the queue is at its capacity: others were faster.
    """
    offer = _open_offer(work, ticket, command)
    limit = work.policy.routing.terms(ticket.queue).capacity
    if limit is not None:
        work.guard(work_counter(ticket.queue), limit)
    agent = work.agent(command.agent)
    if agent.retired:
        raise InvalidInput("agent", "has retired", "choose an agent who still works here")
    tickets.happen(work, ticket.id, ev.OfferAccepted(number=offer.number, agent=agent.id))
    tickets.assign(work, work.ticket(ticket.id), agent.id, reason="offer", units=offer.units)


def decline(work: Workspace, ticket: Ticket, command: cmd.DeclineOffer, _: str) -> None:
    """The agent does not take it; it waits for somebody else, as old as it is.

    Raises:
        InvalidInput: there is no such offer (any more), or it was made to somebody else.
    """
    offer = _open_offer(work, ticket, command)
    event = ev.OfferDeclined(number=offer.number, agent=command.agent, reason="by_hand", remark=command.reason)
    tickets.happen(work, ticket.id, event)


def _open_offer(work: Workspace, ticket: Ticket, command: cmd.AcceptOffer | cmd.DeclineOffer) -> Offer:
    if not ticket.is_live:
        tickets.target_of(ticket, Move.START)
    offer = ticket.offer
    if offer is not None and offer.purpose is OfferPurpose.TRANSFER:
        raise InvalidInput("ticket", "is offered by a transfer", "answer with accept_transfer or reject_transfer")
    if offer is None:
        raise InvalidInput("ticket", "has no open offer", "it was taken, declined or lapsed: look at the ticket again")
    if command.number not in (None, offer.number):
        raise InvalidInput("number", f"offer {command.number} is over", f"the present one is {offer.number}")
    if command.agent != offer.agent and (
        offer.agent is not None or offer.queue not in work.agent(command.agent).queues
    ):
        raise InvalidInput("agent", "was not offered it", "answer as the agent to whom the offer was made")
    return offer
