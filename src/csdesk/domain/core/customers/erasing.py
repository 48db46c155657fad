"""What erasing does to records. Pure: events are laid into the workspace.

An event of erasing blanks its record whatever stood in it, so a stream makes the same record before and after the
personal values of its earlier entries are gone.
"""

from __future__ import annotations

from collections.abc import Iterable

from csdesk.domain.core.casework.tickets import catch_up, change_status
from csdesk.domain.core.customers.segmenting import ends
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import CustomerId
from csdesk.domain.records import events as ev
from csdesk.domain.records.authority import APPROVAL, CARRY, CarryState, Settlement
from csdesk.domain.records.changes import EpochName
from csdesk.domain.records.customers import Customer, ErasedCounts, Identity
from csdesk.domain.records.erasures import ERASE, Person, Progress
from csdesk.domain.records.messages import Delivery, Direction, Message
from csdesk.domain.records.queues import DueItem
from csdesk.domain.records.tickets import LIVE, Category, Move, Ticket

REASON = "erased"
"""Why tickets are closed and messages are not sent."""


def is_erased(work: Workspace, ticket: Ticket) -> bool:
    """True if nothing may happen to the ticket any more: it was erased, or its requester was, and it soon will be."""
    if ticket.erased_at is not None:
        return True
    requester = work.person(ticket.identity)
    return requester is not None and requester.erasure is not None


def family_of(customer: Customer) -> tuple[CustomerId, ...]:
    """The customer who speaks for those that were merged, and they."""
    return (customer.id, *customer.members)


def erase_customers(work: Workspace, survivor: Customer, command: str) -> None:
    """Blank the customer and those merged with it, and let go of their identities.

    Whoever writes from one of them again is a new customer.
    """
    if survivor.erasure is not None:
        return
    people: list[Person] = []
    for key in family_of(survivor):
        for identity in work.customer(key).identities:
            people.append(_person(identity))
            claim = work.keys.identity(identity.kind, identity.scope, identity.external_id)
            if work.claims.get(claim) == identity.id:
                work.move_claim(claim, identity.id, None)
        work.emit(key, *ends(work.customer(key)), ev.CustomerErased(survivor=survivor.id, command=command))
    _plan(work, survivor, command, people)
    # What was decided before this moment, in any process, is decided again: nothing is stored that does not know it.
    work.bump(EpochName.CONFIG)


def _person(one: Identity) -> Person:
    return Person(id=one.id, kind=one.kind, scope=one.scope, external_id=one.external_id, origin=one.origin)


def _plan(work: Workspace, survivor: Customer, command: str, people: list[Person]) -> None:
    family = family_of(survivor)
    progress = Progress(
        survivor=survivor.id,
        family=family,
        command=command,
        people=tuple(people),
        identities=tuple(one.id for one in people),
        counts=ErasedCounts(customers=len(family), identities=len(people)),
    )
    work.put_due(DueItem(key=progress.key, kind=ERASE, due_at=work.now, payload=progress.model_dump_json()))


def complete(work: Workspace, family: Iterable[CustomerId], counts: ErasedCounts) -> bool:
    """Tell that nothing is left, once; False if it was told before."""
    told = False
    for key in family:
        erasure = work.customer(key).erasure
        if erasure is not None and erasure.completed_at is None:
            work.emit(key, ev.ErasureCompleted(counts=counts))
            told = True
    return told


def is_theirs(message: Message, ticket: Ticket, identities: Iterable[str]) -> bool:
    """True if a message is to be erased with the people of these identities.

    That is what they wrote anywhere, and on their own tickets what was written to them or about them. What others wrote
    there stays theirs.
    """
    own = frozenset(identities)
    if message.identity is not None and message.direction is not Direction.OUT:
        return message.identity in own
    return ticket.identity in own or message.identity in own


def erase_message(work: Workspace, message: Message) -> None:
    """Blank a message; one that was not sent yet never will be."""
    if message.delivery in (Delivery.PENDING, Delivery.SENDING):
        failed = ev.DeliveryChanged(message=message.id, before=message.delivery, after=Delivery.FAILED, reason=REASON)
        work.emit(message.id, failed)
    if message.direction is Direction.OUT:
        work.end_outbox(message.id)
    work.emit(message.id, ev.MessageErased(message=message.id))


def erase_ticket(work: Workspace, ticket: Ticket) -> None:
    """Close a ticket that still wants something, and blank it."""
    ticket = catch_up(work, ticket)
    if ticket.category in LIVE or ticket.category is Category.RESOLVED:
        ticket = change_status(work, ticket, Move.CLOSE, reason=REASON)
    work.emit(ticket.id, ev.TicketErased())


def erase_settlement(work: Workspace, one: Settlement) -> None:
    """Blank what was given or asked for; what nobody has answered yet is not asked any more."""
    if one.erased_at is not None:
        return
    if one.is_open:
        work.emit(one.id, ev.ApprovalWithdrawn(answer=""))
        work.end_due(f"{APPROVAL}/{one.id}")
    if one.carrying is not None and one.carrying.state is CarryState.PENDING:
        # What it is about is gone, so nobody can do it any more; whether a try has done it, somebody must find out.
        unknown = ev.SettlementCarried(state=CarryState.UNKNOWN, attempts=one.carrying.attempts, reason=REASON)
        work.emit(one.id, unknown)
        work.end_due(f"{CARRY}/{one.id}")
    work.emit(one.id, ev.SettlementErased())
