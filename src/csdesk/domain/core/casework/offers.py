"""Answering an offer: work that waits for somebody, or a transfer. Pure: events are laid into the workspace."""

from __future__ import annotations

from csdesk.domain.core.casework import tickets, transfers
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import ActorKind
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.counters import work_counter
from csdesk.domain.records.tickets import Offer, OfferPurpose, Ticket
from csdesk.errors import InvalidInput, sentence

_Answer = cmd.AcceptOffer | cmd.DeclineOffer


def accept(work: Workspace, ticket: Ticket, command: cmd.AcceptOffer, _: str) -> None:
    """The actor takes the ticket: work on the capacity that the offer has held, a transfer as its giver meant it.

    Raises:
        InvalidInput: there is no such offer (any more), it was made to somebody else, or the actor has retired.
        GuardFailed: the queue is at its capacity: others were faster.
    """
    offer, agent = _open_offer(ticket, command), _answering(work, command)
    if offer.purpose is OfferPurpose.TRANSFER:
        transfers.accept(work, ticket, offer, agent)
        return
    _check_asked(offer, agent)
    limit = work.policy.routing.terms(ticket.queue).capacity
    if limit is not None:
        work.guard(work_counter(ticket.queue), limit)
    tickets.happen(work, ticket.id, ev.OfferAccepted(number=offer.number, agent=agent.id))
    tickets.assign(work, work.ticket(ticket.id), agent.id, reason="offer", units=offer.units)


def decline(work: Workspace, ticket: Ticket, command: cmd.DeclineOffer, _: str) -> None:
    """The actor does not take it: work waits for somebody else, as old as it is; after a transfer the giver goes on.

    Raises:
        InvalidInput: there is no such offer (any more), it was made to somebody else, or the actor has retired.
    """
    offer, agent = _open_offer(ticket, command), _answering(work, command)
    if offer.purpose is OfferPurpose.TRANSFER:
        transfers.reject(work, ticket, offer, agent, command.reason)
        return
    _check_asked(offer, agent)
    event = ev.OfferDeclined(number=offer.number, agent=agent.id, reason="by_hand", remark=command.reason)
    tickets.happen(work, ticket.id, event)


def _open_offer(ticket: Ticket, command: _Answer) -> Offer:
    tickets.check_live(ticket)
    offer = ticket.offer
    if offer is None:
        raise InvalidInput("ticket", "has no open offer", "it was taken, declined or lapsed: look at the ticket again")
    if command.number not in (None, offer.number):
        raise InvalidInput(
            "number",
            sentence("offer {number} is over", number=command.number),
            sentence("the present one is {number}", number=offer.number),
        )
    return offer


def _answering(work: Workspace, command: _Answer) -> Agent:
    if command.actor.kind is not ActorKind.AGENT:
        raise InvalidInput("actor", "an offer is answered by an agent", "pass Actor.agent(...)")
    agent = work.agent(command.actor.id)
    if agent.retired:
        raise InvalidInput("actor", "has retired", "choose an agent who still works here")
    return agent


def _check_asked(offer: Offer, agent: Agent) -> None:
    if agent.id != offer.agent:
        raise InvalidInput("actor", "was not offered it", "answer as the agent to whom the offer was made")
