"""How events change settlements, the grants of agents and the exceptions of tickets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced, trusted
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.authority import (
    Asking,
    Carrying,
    CarryState,
    ExceptionRequest,
    ExceptionState,
    Settlement,
    SettlementState,
)
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tickets import Ticket

_Settlement = trusted(Settlement)
_Asking = trusted(Asking)
_Carrying = trusted(Carrying)
_ExceptionRequest = trusted(ExceptionRequest)


def _began(_: Settlement | None, event: ev.SettlementBegan, at: datetime) -> Settlement:
    return _Settlement(
        id=event.id,
        action=event.action,
        ledger=event.ledger,
        unit=event.unit,
        digits=event.digits,
        amount=event.amount,
        subject=event.subject or "",
        ticket=event.ticket,
        customer=event.customer,
        agent=event.agent,
        by=event.by,
        reason=event.reason or "",
        brief=event.brief or "",
        service=event.service,
        exception=event.exception,
        alternative=event.alternative,
        created_at=at,
    )


def _settled(one: Settlement, event: ev.AuthoritySettled, at: datetime) -> Settlement:
    return replaced(
        one,
        state=SettlementState.SETTLED,
        under=event.under,
        counted=event.counted,
        asking=None,
        settled_at=at,
        carrying=_Carrying(port=event.port) if event.port is not None else None,
    )


def _asked(one: Settlement, event: ev.ApprovalAsked, at: datetime) -> Settlement:
    return replaced(one, asking=_Asking(step=event.step, to=event.to, asked_at=at, due_at=event.due_at))


def _ended(one: Settlement, state: SettlementState, answer: str | None, at: datetime) -> Settlement:
    return replaced(one, state=state, asking=None, answer=answer or one.answer, ended_at=at)


def _refused(one: Settlement, event: ev.ApprovalRefused, at: datetime) -> Settlement:
    return _ended(one, SettlementState.REFUSED, event.answer, at)


def _withdrawn(one: Settlement, event: ev.ApprovalWithdrawn, at: datetime) -> Settlement:
    return _ended(one, SettlementState.WITHDRAWN, event.answer, at)


def _lapsed(one: Settlement, _: ev.ApprovalLapsed, at: datetime) -> Settlement:
    return _ended(one, SettlementState.LAPSED, "", at)


def _reversed(one: Settlement, event: ev.SettlementReversed, at: datetime) -> Settlement:
    return _ended(one, SettlementState.REVERSED, event.answer, at)


def _carried(one: Settlement, event: ev.SettlementCarried, at: datetime) -> Settlement:
    assert one.carrying is not None
    carrying = replaced(
        one.carrying,
        state=event.state,
        attempts=event.attempts,
        reference=event.reference or one.carrying.reference,
        reason=event.reason or "",
    )
    if event.state is CarryState.FAILED:
        return replaced(one, carrying=carrying, state=SettlementState.FAILED, ended_at=at)
    return replaced(one, carrying=carrying)


def _erased(one: Settlement, _: ev.SettlementErased, at: datetime) -> Settlement:
    carrying = one.carrying if one.carrying is None else replaced(one.carrying, reference="", reason="")
    return replaced(one, subject="", reason="", brief="", answer="", carrying=carrying, erased_at=at)


# On tickets


def _exception_asked(ticket: Ticket, event: ev.ExceptionAsked, at: datetime) -> Ticket:
    made = _ExceptionRequest(
        number=event.number,
        wish=event.wish,
        action=event.action,
        amount=event.amount,
        subject=event.subject,
        by=event.by,
        asked_at=at,
    )
    return replaced(ticket, exceptions=(*ticket.exceptions, made))


_OUTCOMES: Final = {
    "granted": ExceptionState.GRANTED,
    "refused": ExceptionState.REFUSED,
    "offered": ExceptionState.OFFERED,
}


def _exception_answered(ticket: Ticket, event: ev.ExceptionAnswered, at: datetime) -> Ticket:
    return _with(
        ticket,
        event.number,
        state=_OUTCOMES[event.outcome],
        alternative=event.alternative,
        settlement=event.settlement,
        answered_by=event.by,
        reason=event.reason,
        answered_at=at,
    )


def _alternative_answered(ticket: Ticket, event: ev.AlternativeAnswered, _: datetime) -> Ticket:
    state = ExceptionState.ACCEPTED if event.accepted else ExceptionState.DECLINED
    return _with(ticket, event.number, state=state, settlement=event.settlement)


def _with(ticket: Ticket, number: int, **changes: object) -> Ticket:
    told = tuple(replaced(one, **changes) if one.number == number else one for one in ticket.exceptions)
    return replaced(ticket, exceptions=told)


def _noted(record: Ticket | Customer, _event: ev.SettlementNoted, _: datetime) -> Ticket | Customer:
    return record


# On agents


def _granted(agent: Agent, event: ev.AuthorityGranted, at: datetime) -> Agent:
    held = tuple(one for one in agent.grants if one.until > at)
    return replaced(agent, grants=(*held, replaced(event.grant, reason=event.reason or "")))


def _revoked(agent: Agent, event: ev.AuthorityRevoked, _: datetime) -> Agent:
    return replaced(agent, grants=tuple(one for one in agent.grants if one.number != event.number))


# ``Any``: each function takes the record and event of its own row; a test walks the table.
FOLDS: Final[dict[type, Callable[[Any, Any, datetime], Any]]] = {
    ev.SettlementBegan: _began,
    ev.AuthoritySettled: _settled,
    ev.ApprovalAsked: _asked,
    ev.ApprovalRefused: _refused,
    ev.ApprovalWithdrawn: _withdrawn,
    ev.ApprovalLapsed: _lapsed,
    ev.SettlementReversed: _reversed,
    ev.SettlementCarried: _carried,
    ev.SettlementErased: _erased,
    ev.SettlementNoted: _noted,
    ev.ExceptionAsked: _exception_asked,
    ev.ExceptionAnswered: _exception_answered,
    ev.AlternativeAnswered: _alternative_answered,
    ev.AuthorityGranted: _granted,
    ev.AuthorityRevoked: _revoked,
}
