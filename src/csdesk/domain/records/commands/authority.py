"""Commands about who may give customers what."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from csdesk.domain.ids import (
    AgentId,
    CustomerId,
    SettlementId,
    TicketId,
)
from csdesk.domain.records._model import GivenScalar, Instant, Name, Text
from csdesk.domain.records.authority import ExceptionAnswer, Period
from csdesk.domain.records.commands._base import (
    Number,
    Subject,
    _Command,
)
from csdesk.domain.records.commands.work import (
    Span,
)
from csdesk.domain.records.money import exact


class _Amount(_Command):
    """What is asked of the ledger."""

    action: Name
    amount: Decimal | int | str = 1
    """In the action's unit: exact, never a float."""
    subject: Subject = ""
    """What it is about, such as ``order:123``; limits for a case count by it and by the ticket."""

    @field_validator("amount", mode="before")
    @classmethod
    def _exact(cls, value: object) -> Decimal:
        return exact(value)


class SettleAmount(_Amount):
    """Give a customer something under the actor's authority, or ask somebody to approve it."""

    kind: Literal["settle"] = "settle"
    ticket: TicketId | None = None
    customer: CustomerId | None = None
    """For whom; None: for the ticket's requester."""
    ask: Literal["never", "if_needed", "always"] = "never"
    """Beyond the actor's limits: ``if_needed`` asks for approval. ``always``: inside them it is an error."""
    to: AgentId | None = None
    """Whom to ask; None: the first approvers whose limits suffice."""
    within: Span | None = None
    """How long they have to answer; None: as the configuration says."""
    reason: Text = ""
    brief: Text = ""
    """What the approver must know."""

    @model_validator(mode="after")
    def _for_somebody(self) -> SettleAmount:
        if self.ticket is None and self.customer is None:
            raise PydanticCustomError("value_error", "pass ticket or customer")
        return self


class _OfSettlement(_Command):
    settlement: SettlementId


class AnswerApproval(_OfSettlement):
    """Approve what was asked for, which settles it under the actor's own limits, or refuse it."""

    kind: Literal["answer_approval"] = "answer_approval"
    approved: bool
    answer: Text = ""


class WithdrawApproval(_OfSettlement):
    """Ask for it no longer."""

    kind: Literal["withdraw_approval"] = "withdraw_approval"
    reason: Text = ""


class ReverseSettlement(_OfSettlement):
    """Take back what was settled: the ledger has its room again, once."""

    kind: Literal["reverse_settlement"] = "reverse_settlement"
    reason: Text = ""


class ResolveCarrying(_OfSettlement):
    """Say whether something was carried out of which nobody knew; if not, the ledger has its room again."""

    kind: Literal["resolve_carrying"] = "resolve_carrying"
    done: bool
    reference: Text = ""
    """What the system that carried it out calls it."""


class GrantAuthority(_Command):
    """Raise an agent's limits for a while; the actor, an agent, has at least as much."""

    kind: Literal["grant_authority"] = "grant_authority"
    agent: AgentId
    action: Name
    limit: Decimal | int | str
    """For each case, in the action's unit."""
    periods: tuple[tuple[Period, Decimal | int | str], ...] = ()
    """For the agent in a period."""
    until: Instant
    """The first instant at which it holds no more."""
    reason: Text = Field(min_length=1)

    @field_validator("limit", mode="before")
    @classmethod
    def _exact(cls, value: object) -> Decimal:
        return exact(value, "limit")


class RevokeAuthority(_Command):
    """Take a raise back before its end."""

    kind: Literal["revoke_authority"] = "revoke_authority"
    agent: AgentId
    number: Number
    reason: Text = ""


class _OfException(_Command):
    ticket: TicketId
    number: Number | None = None
    """Which of the ticket's exceptions; None: the latest that is open."""


class AskException(_Command):
    """Write down that the customer wishes something that policy refuses."""

    kind: Literal["ask_exception"] = "ask_exception"
    ticket: TicketId
    wish: Text = Field(min_length=1)
    action: Name | None = None
    amount: Decimal | int | str | None = None
    subject: Subject = ""

    @field_validator("amount", mode="before")
    @classmethod
    def _exact(cls, value: object) -> Decimal | None:
        return None if value is None else exact(value)


class AnswerException(_OfException):
    """Grant the wish (what it names is settled under the actor's limits), refuse it, or offer something else."""

    kind: Literal["answer_exception"] = "answer_exception"
    outcome: ExceptionAnswer
    alternative: Name | None = None
    reason: Text = ""

    @model_validator(mode="after")
    def _coherent(self) -> AnswerException:
        if (self.outcome == "offered") != (self.alternative is not None):
            raise PydanticCustomError("value_error", "alternative: an offer names one, other answers do not")
        if self.outcome == "refused" and not self.reason.strip():
            raise PydanticCustomError("value_error", "reason: a refusal says why")
        return self


class AnswerAlternative(_OfException):
    """Say whether the customer takes what was offered instead."""

    kind: Literal["answer_alternative"] = "answer_alternative"
    accepted: bool


class ServeSelf(_Command):
    """Let a customer do something alone: inside the limits that the desk itself has."""

    kind: Literal["self_service"] = "self_service"
    service: Name
    ticket: TicketId | None = None
    customer: CustomerId | None = None
    """Who; None: the ticket's requester."""
    amount: Decimal | int | str | None = None
    """None: what the configuration says."""
    subject: Subject = ""
    facts: tuple[tuple[Name, GivenScalar], ...] = ()
    """What you know of the subject; conditions read it as ``ticket.x.<name>``."""

    @field_validator("amount", mode="before")
    @classmethod
    def _exact(cls, value: object) -> Decimal | None:
        return None if value is None else exact(value)

    @model_validator(mode="after")
    def _for_somebody(self) -> ServeSelf:
        if self.ticket is None and self.customer is None:
            raise PydanticCustomError("value_error", "pass ticket or customer")
        return self


AuthorityCommand = (
    SettleAmount
    | AnswerApproval
    | WithdrawApproval
    | ReverseSettlement
    | ResolveCarrying
    | GrantAuthority
    | RevokeAuthority
    | AskException
    | AnswerException
    | AnswerAlternative
    | ServeSelf
)
"""The commands about who may give customers what."""
