"""What a host's own systems know: orders, what a CRM says of a customer, and who works here.

Orders and staff lists are asked for when somebody needs them, and are not stored. Of a CRM's words only those become
part of a customer that count for more than what is known.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from csdesk.domain.records._model import GivenScalar, Instant, Key, Name, Text, Value
from csdesk.domain.records.customers import Evidence

MOST_ORDERS: Final = 200
"""How many orders are told at once, at most."""

MOST_VALUES: Final = 200
"""How many profile values a CRM tells of a customer at once, at most."""


class KnownAs(Value):
    """One way in which a customer is known, and why it is believed to be theirs."""

    kind: Key
    scope: str = ""
    external_id: str
    evidence: Evidence


class OrderLine(Value):
    """One position of an order."""

    sku: Key
    name: Text = ""
    quantity: Decimal = Field(default=Decimal(1), ge=0, allow_inf_nan=False)
    amount: Decimal | None = Field(default=None, allow_inf_nan=False)
    """For all of the position, in the currency of the order."""


class Order(Value):
    """An order as the host's system describes it."""

    ref: Key
    """What the system calls it, the same at all times."""
    placed_at: Instant
    state: Text = ""
    """In the system's words, such as ``已发货``."""
    is_open: bool | None = None
    """Whether something is still to come of it; None: the system does not say."""
    amount: Decimal | None = Field(default=None, allow_inf_nan=False)
    """The sum; the unit is ``currency``."""
    currency: Text = ""
    """Such as ``CNY``."""
    lines: tuple[OrderLine, ...] = ()
    tracking: tuple[Text, ...] = ()
    """The numbers of its parcels."""
    url: Text = ""
    """Where people look it up."""
    updated_at: Instant | None = None
    """When that was true; None: now."""


class OrdersQuestion(Value):
    """The orders of a customer."""

    identities: tuple[KnownAs, ...] = Field(min_length=1)
    """Every way in which the customer is known, those merged into it included; an order of any of them is theirs."""
    since: Instant | None = None
    """Orders placed earlier are not wanted; None: all are."""
    limit: int = Field(default=50, ge=1, le=MOST_ORDERS)
    """How many are wanted, the newest of them."""
    asked_at: Instant
    deadline: Instant
    """Nobody waits for an answer that comes later."""


class OrderQuestion(Value):
    """One order, by what the system calls it."""

    ref: Key
    asked_at: Instant
    deadline: Instant
    """Nobody waits for an answer that comes later."""


class ProfileValue(Value):
    """One thing that a CRM knows of a customer; the value None: it knows that there is none (any more)."""

    name: Key
    value: GivenScalar
    source: Key = "crm"
    """Who says so: it can change and take back what the same source said before."""
    confidence: float = Field(default=1.0, ge=0, le=1)
    at: Instant | None = None
    """When it was true; None: now."""


class ProfileQuestion(Value):
    """What a CRM knows of a customer."""

    identities: tuple[KnownAs, ...] = Field(min_length=1)
    """Every way in which the customer is known, those merged into it included."""
    asked_at: Instant
    deadline: Instant
    """Nobody waits for an answer that comes later."""


class StaffMember(Value):
    """A person of the host's staff who answers customers."""

    external_id: Key
    """What the staff system calls the person, for good."""
    name: Text = Field(min_length=1)
    queues: tuple[Name, ...] | None = None
    """Queues of the configuration; None: the system knows of none, and the agent's stay."""
    departments: tuple[Text, ...] = ()
    """In the system's words; ``desk.agents.sync(departments=...)`` says which queues they stand for."""
    grade: int | None = Field(default=None, ge=1, le=9)
    """None: the agent's stays."""
    active: bool = True
    """False: works here no more, or not now."""

    @field_validator("queues", mode="after")
    @classmethod
    def _once(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if value is None else tuple(dict.fromkeys(value))

    @field_validator("name", mode="after")
    @classmethod
    def _said(cls, value: str) -> str:
        if not value.strip():
            raise PydanticCustomError("value_error", "is blank")
        return value


class StaffQuestion(Value):
    """Who works here."""

    asked_at: Instant
    deadline: Instant
    """Nobody waits for an answer that comes later."""


BusinessQuestion = OrdersQuestion | OrderQuestion | ProfileQuestion | StaffQuestion
"""Everything that the host's systems are asked."""
