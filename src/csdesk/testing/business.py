"""A host's systems in memory, for tests and examples: orders, a CRM, a list of the staff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from csdesk.ports.business import (
    Order,
    OrderQuestion,
    OrdersQuestion,
    ProfileQuestion,
    ProfileValue,
    StaffMember,
    StaffQuestion,
)


class OrdersInMemory:
    """Tells the orders that it was given, by the external id of who placed them.

    Attributes:
        orders: the orders of each external id; change them as the shop would.
        asked: the questions, in their order.
        fails: raised instead of an answer, while it is there.
    """

    def __init__(self, orders: Mapping[str, Iterable[Order]] | None = None) -> None:
        """A system with these orders."""
        self.orders = {who: tuple(theirs) for who, theirs in (orders or {}).items()}
        self.asked: list[OrdersQuestion | OrderQuestion] = []
        self.fails: Exception | None = None

    def orders_of(self, question: OrdersQuestion) -> tuple[Order, ...]:
        """As ``csdesk.ports.business.OrderPort.orders_of``."""
        self._note(question)
        known = dict.fromkeys(one.external_id for one in question.identities)
        return tuple(order for who in known for order in self.orders.get(who, ()))

    def order(self, question: OrderQuestion) -> Order | None:
        """As ``csdesk.ports.business.OrderPort.order``."""
        self._note(question)
        return next((one for theirs in self.orders.values() for one in theirs if one.ref == question.ref), None)

    def _note(self, question: OrdersQuestion | OrderQuestion) -> None:
        self.asked.append(question)
        if self.fails is not None:
            raise self.fails


class CrmInMemory:
    """Tells the profile values that it was given, by the external id of the customer.

    Attributes:
        values: the values of each external id; change them as the CRM would.
        asked: the questions, in their order.
        fails: raised instead of an answer, while it is there.
    """

    def __init__(self, values: Mapping[str, Iterable[ProfileValue]] | None = None) -> None:
        """A CRM with these values."""
        self.values = {who: tuple(theirs) for who, theirs in (values or {}).items()}
        self.asked: list[ProfileQuestion] = []
        self.fails: Exception | None = None

    def profile_of(self, question: ProfileQuestion) -> tuple[ProfileValue, ...]:
        """As ``csdesk.ports.business.CrmPort.profile_of``; of two identities the first one's value counts."""
        self.asked.append(question)
        if self.fails is not None:
            raise self.fails
        found: dict[str, ProfileValue] = {}
        for who in question.identities:
            for one in self.values.get(who.external_id, ()):
                found.setdefault(one.name, one)
        return tuple(found.values())


class StaffInMemory:
    """Tells the people it was given.

    Attributes:
        people: the staff; change it as HR would.
        asked: the questions, in their order.
        fails: raised instead of an answer, while it is there.
    """

    def __init__(self, people: Iterable[StaffMember] = ()) -> None:
        """A list of these people."""
        self.people = list(people)
        self.asked: list[StaffQuestion] = []
        self.fails: Exception | None = None

    def staff(self, question: StaffQuestion) -> tuple[StaffMember, ...]:
        """As ``csdesk.ports.business.StaffPort.staff``."""
        self.asked.append(question)
        if self.fails is not None:
            raise self.fails
        return tuple(self.people)
