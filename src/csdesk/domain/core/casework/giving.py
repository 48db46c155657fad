"""Giving a ticket to whoever routing chose: at once or as an offer, with the guards that no race can pass."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from csdesk.domain.core.casework.tickets import assign, happen
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import AgentId
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import trusted
from csdesk.domain.records.counters import load_counter, work_counter
from csdesk.domain.records.tickets import Offer, OfferPurpose, Ticket, WorkerKind
from csdesk.domain.records.trace import Outcome, Verdict, verdict
from csdesk.domain.routing.choice import Choice, Turn, choose
from csdesk.domain.routing.search import Search

_Offer = trusted(Offer)

HELD_BACK: Final = "route.held_back"
"""The verdict on a ticket for which nobody is looked for yet, whoever may have room."""
STUCK: Final = "routing.stuck"
"""The name of the alert about a ticket that nobody can ever be given: skills, a grade or units that no agent has."""


def age_of(work: Workspace, queue: str, priority: int, opened_at: datetime) -> datetime:
    """How old a ticket counts among those that wait: older than it is, where its queue goes by priority."""
    bonus = work.policy.routing.terms(queue).bonus[priority]
    return opened_at - bonus if bonus else opened_at


def turn_of(work: Workspace, ticket: Ticket, *, is_new: bool) -> Turn:
    """When it is the ticket's turn."""
    return Turn(age_of(work, ticket.queue, int(ticket.priority), ticket.created_at), is_new)


def give(work: Workspace, ticket: Ticket, search: Search, turn: Turn | None = None) -> tuple[Ticket, Verdict]:
    """Find somebody for the ticket among those who were loaded; ``turn`` None: it is its turn.

    A ticket that somebody has is taken from an agent who is not there.
    """
    choice = choose(search, work.found, turn)
    if choice.how == "kept":
        return ticket, verdict("route.kept", Outcome.PASSED, worker=choice.agent)
    if ticket.worker is not None:
        ticket = assign(work, ticket, None, reason="route.absent")
    if choice.agent is None:
        if ticket.waits is not None:
            work.found.wait(ticket.queue, age_of(work, ticket.queue, int(ticket.priority), ticket.created_at))
        if choice.is_held_back:
            return ticket, verdict("route.held_back", Outcome.SKIPPED, *choice.verdicts, queue=search.queue)
        return ticket, verdict("route.no_candidate", Outcome.SKIPPED, *choice.verdicts, queue=search.queue)
    ticket = withdraw_room(work, ticket, "room")
    work.guard(load_counter(choice.agent), choice.limit)
    work.take_turn(choice.agent, choice.queue)
    work.found.give(choice.agent, search.units)
    if search.terms.is_offered:
        return _offer(work, ticket, search, choice)
    if search.terms.capacity is not None:
        work.guard(work_counter(search.queue), search.terms.capacity)
        work.found.hand_out(search.queue, search.units)
    given = assign(work, ticket, choice.agent, reason=f"route.{choice.how}", units=search.units)
    return given, _told("route.assigned", search, choice)


def _offer(work: Workspace, ticket: Ticket, search: Search, choice: Choice) -> tuple[Ticket, Verdict]:
    at = work.time_of(ticket.id)
    offer = _Offer(
        number=ticket.offers + 1,
        agent=AgentId(choice.agent or ""),
        queue=ticket.queue,
        units=search.units,
        made_at=at,
        due_at=at + search.terms.offer_within,
    )
    return happen(work, ticket.id, ev.OfferMade(offer=offer)), _told("route.offered", search, choice)


def withdraw_room(work: Workspace, ticket: Ticket, reason: str) -> Ticket:
    """Save room for the ticket no longer."""
    offer = ticket.offer
    if offer is None or ticket.saved_with is None:
        return ticket
    event = ev.OfferWithdrawn(number=offer.number, agent=offer.agent, reason=reason)
    return happen(work, ticket.id, event)


def save_room(work: Workspace, ticket: Ticket, search: Search, agent: str, load: int) -> tuple[Ticket, Verdict]:
    """Let an agent be given nothing else until there is room for the ticket, which goes on waiting."""
    offer = _Offer(
        number=ticket.offers + 1,
        purpose=OfferPurpose.ROOM,
        agent=AgentId(agent),
        queue=ticket.queue,
        units=search.units,
        made_at=work.time_of(ticket.id),
    )
    told = verdict("route.saves_room", Outcome.CHOSEN, agent=agent, load=load, queue=search.queue, units=search.units)
    return happen(work, ticket.id, ev.OfferMade(offer=offer)), told


def _told(code: str, search: Search, choice: Choice) -> Verdict:
    more: dict[str, str] = {}
    if choice.how != "least_loaded":
        more["how"] = choice.how
    if choice.queue not in ("", search.queue):
        more["helper"] = choice.queue
    return verdict(
        code, Outcome.CHOSEN, *choice.verdicts, agent=choice.agent, load=choice.load, queue=search.queue, **more
    )


def lapse(work: Workspace, ticket: Ticket) -> Ticket:
    """Let an offer of work lapse whose time is over (transfers have by then); the ticket keeps its age, waits again."""
    offer = ticket.offer
    now = work.time_of(ticket.id)
    if offer is None or offer.due_at is None or offer.due_at > now:
        return ticket
    return happen(work, ticket.id, ev.OfferExpired(number=offer.number, agent=offer.agent, at=offer.due_at))


def is_with_agent(ticket: Ticket) -> bool:
    """True if an agent has the ticket."""
    return ticket.worker is not None and ticket.worker.kind is WorkerKind.AGENT
