"""How the desk asks a host's own systems: for orders, for what a CRM knows of a customer, for who works here.

Each is an object with one or two methods, and a desk takes those it is given. They are asked when somebody needs to
know (``desk.customers.orders``, ``brief(orders=True)``, ``fill_profile``, ``desk.agents.sync``): never while messages
are taken in, and never inside a transaction. One that raises, is late or breaks its contract makes that one call fail
with ``BusinessUnavailable``, which tells the kind of the error and nothing it says.

The other way round, systems learn what happens here from ``desk.events`` and ``csdesk.web.EventPusher``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol

from csdesk.domain.records.business import (
    BusinessQuestion,
    KnownAs,
    Order,
    OrderLine,
    OrderQuestion,
    OrdersQuestion,
    ProfileQuestion,
    ProfileValue,
    StaffMember,
    StaffQuestion,
)

__all__ = [
    "AnyCrmPort",
    "AnyOrderPort",
    "AnyStaffPort",
    "AsyncCrmPort",
    "AsyncOrderPort",
    "AsyncStaffPort",
    "Business",
    "BusinessQuestion",
    "CrmPort",
    "KnownAs",
    "Order",
    "OrderLine",
    "OrderPort",
    "OrderQuestion",
    "OrdersQuestion",
    "ProfileQuestion",
    "ProfileValue",
    "StaffMember",
    "StaffPort",
    "StaffQuestion",
]


class OrderPort(Protocol):
    """A system of orders that blocks while it looks up. Under ``AsyncDesk`` it runs in a worker thread.

    A blocking call cannot be cut short, so give up by yourself before the question's ``deadline``.
    """

    def orders_of(self, question: OrdersQuestion) -> Sequence[Order]:
        """The orders of a customer, in any order, each once; nobody known by these identities has none.

        How sure an identity is says its ``evidence``; those that somebody merely claims to have are never asked about.
        """
        ...

    def order(self, question: OrderQuestion) -> Order | None:
        """The order of that ``ref``; None: there is none."""
        ...


class AsyncOrderPort(Protocol):
    """A system of orders that is awaited, for ``AsyncDesk``; it is cancelled at the deadline."""

    def orders_of(self, question: OrdersQuestion) -> Awaitable[Sequence[Order]]:
        """As ``OrderPort.orders_of``."""
        ...

    def order(self, question: OrderQuestion) -> Awaitable[Order | None]:
        """As ``OrderPort.order``."""
        ...


class CrmPort(Protocol):
    """A CRM that blocks while it looks up. Under ``AsyncDesk`` it runs in a worker thread.

    A blocking call cannot be cut short, so give up by yourself before the question's ``deadline``.
    """

    def profile_of(self, question: ProfileQuestion) -> Sequence[ProfileValue]:
        """What is known of the customer, each name once; nothing is known of somebody unknown.

        A value that is left out stays as it is at the desk; one of None takes back what the same source said.
        """
        ...


class AsyncCrmPort(Protocol):
    """A CRM that is awaited, for ``AsyncDesk``; it is cancelled at the deadline."""

    def profile_of(self, question: ProfileQuestion) -> Awaitable[Sequence[ProfileValue]]:
        """As ``CrmPort.profile_of``."""
        ...


class StaffPort(Protocol):
    """A list of the staff that blocks while it is read. Under ``AsyncDesk`` it runs in a worker thread.

    A blocking call cannot be cut short, so give up by yourself before the question's ``deadline``.
    """

    def staff(self, question: StaffQuestion) -> Sequence[StaffMember]:
        """Everybody who answers customers, each once: all of them, since who is left out retires.

        An empty list is taken for a failure. Raise rather than tell a part.
        """
        ...


class AsyncStaffPort(Protocol):
    """A list of the staff that is awaited, for ``AsyncDesk``; it is cancelled at the deadline."""

    def staff(self, question: StaffQuestion) -> Awaitable[Sequence[StaffMember]]:
        """As ``StaffPort.staff``."""
        ...


AnyOrderPort = OrderPort | AsyncOrderPort
"""A system of orders of either kind."""

AnyCrmPort = CrmPort | AsyncCrmPort
"""A CRM of either kind."""

AnyStaffPort = StaffPort | AsyncStaffPort
"""A list of the staff of either kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """The systems that a desk may ask: ``open_desk(..., business=Business(orders=..., staff=...))``."""

    orders: AnyOrderPort | None = None
    """For ``desk.customers.orders``, ``order`` and briefs with orders."""
    crm: AnyCrmPort | None = None
    """For ``desk.customers.fill_profile``."""
    staff: AnyStaffPort | None = None
    """For ``desk.agents.sync``."""
