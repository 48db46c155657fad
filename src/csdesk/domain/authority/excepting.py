"""Exceptions: what a customer wishes and policy refuses, and what is offered instead. Pure; kept on the ticket."""

from __future__ import annotations

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import SettlementId, TicketId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor, ActorKind
from csdesk.domain.records.authority import ExceptionRequest, ExceptionState
from csdesk.domain.records.money import smallest
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import InvalidInput, sentence


def ask(work: Workspace, ticket: Ticket, command: cmd.AskException) -> int:
    """Write a wish down; its number.

    Raises:
        InvalidInput: an action that there is not, an amount without one, or one that cannot be.
    """
    amount = 0
    if command.action is not None:
        action = work.policy.authority.action(command.action)
        amount = 0 if command.amount is None else smallest(command.amount, action.digits)
    elif command.amount is not None:
        raise InvalidInput("amount", "an amount of nothing", "name its action")
    number = len(ticket.exceptions) + 1
    event = ev.ExceptionAsked(
        number=number,
        wish=command.wish,
        action=command.action,
        amount=amount,
        subject=command.subject,
        by=str(command.actor),
    )
    work.emit(ticket.id, event)
    return number


def one_of(ticket: Ticket, number: int | None, state: ExceptionState) -> ExceptionRequest:
    """The exception that is meant: the one of that number, or the latest in that state.

    Raises:
        InvalidInput: there is none, or it stands elsewhere.
    """
    found = [one for one in ticket.exceptions if number in (None, one.number)]
    fitting = [one for one in found if one.state is state]
    if fitting:
        return fitting[-1]
    if number is not None and found:
        problem = sentence("exception {number} is {state}", number=number, state=found[-1].state.value)
        raise InvalidInput("number", problem, sentence("only one that is {state} is answered", state=state.value))
    raise InvalidInput("number", sentence("no exception is {state}", state=state.value), "look at ticket.exceptions")


def answer(
    work: Workspace, ticket: TicketId, one: ExceptionRequest, command: cmd.AnswerException, settlement: str | None
) -> None:
    """Write down what the desk says to a wish."""
    event = ev.ExceptionAnswered(
        number=one.number,
        outcome=command.outcome,
        alternative=command.alternative,
        settlement=SettlementId(settlement) if settlement is not None else None,
        by=str(command.actor),
        reason=command.reason,
    )
    work.emit(ticket, event)


def take(work: Workspace, ticket: TicketId, one: ExceptionRequest, *, accepted: bool, settlement: str | None) -> None:
    """Write down what the customer says to an offer."""
    event = ev.AlternativeAnswered(
        number=one.number,
        alternative=one.alternative or "",
        accepted=accepted,
        settlement=SettlementId(settlement) if settlement is not None else None,
    )
    work.emit(ticket, event)


def offerer_of(one: ExceptionRequest) -> Actor:
    """Who offered the alternative: under that authority it is settled when the customer takes it."""
    kind, _, name = one.answered_by.partition(":")
    return Actor(kind=ActorKind(kind), id=name)
