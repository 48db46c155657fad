"""Settling: the ledger counts, and the records tell. Pure: events and guarded deltas are laid into the workspace.

The guards are what no race can pass: each counter takes the amount only while it stays within the tightest limit that
the decision rested on. A commit that meets a full counter fails whole, and is decided anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from csdesk.domain.authority.deciding import Bound, Case, Ruling
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import AgentId, CustomerId, SettlementId, TicketId
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor, ActorKind
from csdesk.domain.records.authority import (
    APPROVAL,
    CARRY,
    CarryState,
    Settlement,
    SettlementState,
)
from csdesk.domain.records.queues import DueItem
from csdesk.errors import InvalidInput, OutsideAuthority, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to give, beside what the decision rests on."""

    ticket: TicketId | None
    customer: CustomerId
    by: Actor
    reason: str = ""
    brief: str = ""
    service: str | None = None
    exception: int | None = None
    alternative: str | None = None


def begin(work: Workspace, run: str, case: Case, wish: Wish) -> None:
    """A settlement is born; what becomes of it follows in the same commit."""
    work.emit(
        run,
        ev.SettlementBegan(
            id=SettlementId(run),
            action=case.action.name,
            ledger=case.action.book,
            unit=case.action.unit,
            digits=case.action.digits,
            amount=case.amount,
            subject=case.subject,
            ticket=wish.ticket,
            customer=wish.customer,
            agent=AgentId(wish.by.id) if wish.by.kind is ActorKind.AGENT else None,
            by=str(wish.by),
            reason=wish.reason,
            brief=wish.brief,
            service=wish.service,
            exception=wish.exception,
            alternative=wish.alternative,
        ),
    )


def check_allowed(ruling: Ruling) -> None:
    """Refuse what the decision does not allow.

    Raises:
        OutsideAuthority: it needs approval, or it is forbidden.
    """
    decision = ruling.decision
    if decision.outcome != "allowed":
        raise OutsideAuthority(
            str(decision.actor),
            decision.action,
            f"{decision.amount:f} {decision.unit}",
            outcome=decision.outcome,
            alternatives=tuple(one.name for one in decision.alternatives),
        )


def settle(work: Workspace, settlement: str, case: Case, ruling: Ruling, at_work: TicketId | None) -> None:
    """Let the ledger count it under the actor's authority; a system of the host carries it out if there is one."""
    check_allowed(ruling)
    for place in case.places:
        besides = sum(case.values.get(name, 0) for name in place.besides)
        limit = _tightest(ruling.bounds, place.counter)
        work.add(place.counter, case.amount, None if limit is None else limit - besides)
    port = case.action.port
    counted = tuple(place.counter for place in case.places)
    work.emit(settlement, ev.AuthoritySettled(under=str(case.actor), counted=counted, port=port))
    if port is not None:
        work.put_due(DueItem(key=f"{CARRY}/{settlement}", kind=f"{CARRY}/{port}", due_at=work.now))
    note(work, settlement, at_work, case.actor)


def _tightest(bounds: tuple[Bound, ...], counter: str) -> int | None:
    return min((bound.limit for bound in bounds if bound.place.counter == counter), default=None)


_GIVING = frozenset({SettlementState.SETTLED, SettlementState.REVERSED, SettlementState.FAILED})


def note(work: Workspace, settlement: str, ticket: TicketId | None, by: Actor) -> None:
    """Tell the ticket's timeline, and the customer's if something was given or taken back."""
    one = work.settlement(settlement)
    told = ev.SettlementNoted(
        settlement=one.id, action=one.action, amount=f"{one.value:f}", unit=one.unit, state=one.state, by=str(by)
    )
    if ticket is not None:
        work.emit(ticket, told)
    home = home_of(work, one.customer)
    if one.state in _GIVING and work.customer(home).erasure is None:
        work.emit(home, told)


def home_of(work: Workspace, customer: CustomerId) -> CustomerId:
    """Who speaks for a customer: the survivor, if it was merged."""
    return work.customer(customer).merged_into or customer


def reverse(work: Workspace, one: Settlement, answer: str, ticket: TicketId | None, by: Actor) -> None:
    """Take it back: the ledger has its room again.

    Raises:
        InvalidInput: it is not settled (any more), or a system is about to carry it out.
    """
    if not one.counts:
        raise InvalidInput(
            "settlement", sentence("is {state}", state=one.state.value), "only what is settled can be taken back"
        )
    if one.carrying is not None and one.carrying.state is CarryState.PENDING:
        raise InvalidInput("settlement", "is about to be carried out", "take it back when its outcome is known")
    give_back(work, one)
    work.emit(one.id, ev.SettlementReversed(answer=answer))
    note(work, one.id, ticket, by)


def give_back(work: Workspace, one: Settlement) -> None:
    """Let the counters that hold its amount hold it no more."""
    for counter in one.counted:
        work.add(counter, -one.amount)


def carried(work: Workspace, one: Settlement, told: ev.SettlementCarried, ticket: TicketId | None, by: Actor) -> None:
    """Write down what the host's system said; what it did not do takes no room."""
    if told.state is CarryState.FAILED:
        give_back(work, one)
    work.emit(one.id, told)
    if told.state is CarryState.FAILED:
        note(work, one.id, ticket, by)


def resolve(
    work: Workspace, one: Settlement, *, done: bool, reference: str, ticket: TicketId | None, by: Actor
) -> None:
    """Say what became of it, where nobody knew.

    Raises:
        InvalidInput: its outcome is known, or it is tried still.
    """
    if one.carrying is None or one.carrying.state is not CarryState.UNKNOWN:
        remedy = "only an unknown outcome is settled by hand"
        if one.carrying is None:
            raise InvalidInput("settlement", "nobody carries it out", remedy)
        raise InvalidInput("settlement", sentence("is not unknown: {state}", state=one.carrying.state.value), remedy)
    state = CarryState.DONE if done else CarryState.FAILED
    told = ev.SettlementCarried(
        state=state, attempts=one.carrying.attempts, reference=reference, reason="" if done else "by_hand"
    )
    carried(work, one, told, ticket, by)


# Asking for approval


def ask(work: Workspace, settlement: str, step: int, due_at: datetime, to: AgentId | None = None) -> None:
    """Ask somebody to approve; if nobody answers until then, the next ones are asked."""
    work.emit(settlement, ev.ApprovalAsked(step=step, to=to, due_at=due_at))
    work.put_due(DueItem(key=f"{APPROVAL}/{settlement}", kind=APPROVAL, due_at=due_at))


def asked_no_more(work: Workspace, settlement: str) -> None:
    """Nobody has to answer any more."""
    work.end_due(f"{APPROVAL}/{settlement}")


def check_open(one: Settlement) -> None:
    """Refuse to answer what nobody asks.

    Raises:
        InvalidInput: it was answered, withdrawn, or it lapsed.
    """
    if not one.is_open:
        raise InvalidInput(
            "settlement", sentence("is {state}", state=one.state.value), "only an open request is answered"
        )
