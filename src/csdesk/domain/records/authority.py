"""What is given to customers under somebody's authority: settlements, requests for approval, grants, exceptions.

A ``Settlement`` has one life: settled at once, or requested and then settled, refused, withdrawn or lapsed; what was
settled may be reversed. Amounts are whole numbers of the smallest unit; ``value`` is the decimal that people write.
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Final, Literal

from pydantic import Field

from csdesk.domain.ids import AgentId, CustomerId, SettlementId, TicketId
from csdesk.domain.records._model import Instant, Name, Record, Word
from csdesk.domain.records.money import shown


class Period(Word):
    """What a limit over time counts in: calendar days, weeks from Monday on, months, in the zone of the desk."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class SettlementState(Word):
    """Where a settlement stands. ``failed``: the port did not carry it out, and its room was given back."""

    REQUESTED = "requested"
    SETTLED = "settled"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    REVERSED = "reversed"
    FAILED = "failed"


class CarryState(Word):
    """How far a settlement has come that a system of the host carries out. ``unknown`` waits for a person."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Asking(Record):
    """Who is asked to approve, and until when."""

    step: int
    """Which of the action's approvers, from 1."""
    to: AgentId | None = None
    """The one agent who is asked; None: everybody who fits the step."""
    asked_at: Instant
    due_at: Instant


class Carrying(Record):
    """What the host's system said of a settlement that it carries out."""

    port: Name
    state: CarryState = CarryState.PENDING
    attempts: int = 0
    reference: str = ""
    """What the system calls it."""
    reason: str = ""
    """A code of the system: why it failed, or what is unclear."""


class Settlement(Record):
    """Something given to a customer, or asked for, under somebody's authority."""

    SCHEMA: ClassVar[int] = 1

    id: SettlementId
    version: int = 0
    action: Name
    ledger: Name
    unit: str
    digits: int
    amount: int
    """In the smallest unit."""
    subject: str = ""
    """What it is about, such as ``order:123``; empty after erasing."""
    ticket: TicketId | None = None
    customer: CustomerId
    state: SettlementState = SettlementState.REQUESTED
    agent: AgentId | None = None
    """The agent who settled it or asked for it; None: a bot, the customer or the desk itself."""
    by: str
    """Who settled it or asked for it, as ``kind:id``."""
    under: str = ""
    """Under whose authority it was settled, as ``kind:id``; empty: it was not."""
    reason: str = ""
    brief: str = ""
    answer: str = ""
    """What the approver said, or why it was withdrawn or reversed."""
    asking: Asking | None = None
    counted: tuple[str, ...] = ()
    """The counters of the ledger that hold its amount."""
    service: Name | None = None
    """The self-service action that it came by."""
    exception: int | None = None
    """The number of the ticket's exception that it belongs to."""
    alternative: Name | None = None
    """The alternative that it carries out."""
    carrying: Carrying | None = None
    created_at: Instant
    settled_at: Instant | None = None
    ended_at: Instant | None = None
    """When it was refused, withdrawn, reversed, or lapsed or failed."""
    erased_at: Instant | None = None

    @property
    def value(self) -> Decimal:
        """The amount as people write it, in ``unit``."""
        return shown(self.amount, self.digits)

    @property
    def is_open(self) -> bool:
        """True while somebody is asked to approve it."""
        return self.state is SettlementState.REQUESTED

    @property
    def counts(self) -> bool:
        """True while its amount takes room in the ledger."""
        return self.state is SettlementState.SETTLED


class PeriodAmount(Record):
    """An amount in a period, in the smallest unit."""

    period: Period
    amount: int


class AuthorityGrant(Record):
    """A raise of an agent's limits for a while. It never lowers one, and passes no cap of the action."""

    number: int
    action: Name
    limit: int
    """For each case, in the smallest unit."""
    periods: tuple[PeriodAmount, ...] = ()
    """For the agent in a period."""
    since: Instant
    until: Instant
    """The first instant at which it holds no more."""
    by: str
    """Who granted it, as ``kind:id``."""
    reason: str = ""


class ExceptionState(Word):
    """Where a wish stands that policy refuses. ``offered``: the customer has to say whether the alternative will do."""

    ASKED = "asked"
    GRANTED = "granted"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REFUSED = "refused"


class ExceptionRequest(Record):
    """What a customer wishes and policy refuses, and what came of it. It stands on its ticket."""

    number: int
    """Counts the ticket's exceptions, from 1."""
    wish: str | None = ""
    """What the customer wishes; None: it was erased."""
    action: Name | None = None
    amount: int = Field(default=0, ge=0)
    """In the smallest unit; 0: not said."""
    subject: str | None = ""
    state: ExceptionState = ExceptionState.ASKED
    alternative: Name | None = None
    """What was offered instead."""
    settlement: SettlementId | None = None
    """What was settled for it."""
    by: str
    """Who wrote it down, as ``kind:id``."""
    answered_by: str = ""
    reason: str | None = ""
    """Why it was granted, refused, or another thing offered."""
    asked_at: Instant
    answered_at: Instant | None = None

    @property
    def is_open(self) -> bool:
        """True while somebody has to say something: the desk, or the customer about an alternative."""
        return self.state in (ExceptionState.ASKED, ExceptionState.OFFERED)


ExceptionAnswer = Literal["granted", "refused", "offered"]
"""What the desk answers to a wish that policy refuses."""

APPROVAL: Final = "approval"
"""The kind of the due items that let a request for approval go to the next approver."""

CARRY: Final = "carry"
"""How the kinds of the due items begin that let a host's system carry something out; its name follows."""
