"""Which of the host's systems answers a question, and whether they can."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from csdesk._sentence import is_a
from csdesk.domain.records.business import (
    BusinessQuestion,
    OrderQuestion,
    OrdersQuestion,
    ProfileQuestion,
    StaffQuestion,
)
from csdesk.engine.awaited import is_awaited
from csdesk.errors import InvalidInput, UnsupportedFeature, sentence
from csdesk.ports.business import AnyOrderPort, Business

_METHODS: Final = {"orders": ("orders_of", "order"), "crm": ("profile_of",), "staff": ("staff",)}


def asked(business: Business, question: BusinessQuestion) -> Callable[..., object]:
    """What answers that question.

    Raises:
        UnsupportedFeature: the desk was opened without it.
    """
    match question:
        case OrdersQuestion():
            return _orders(business).orders_of
        case OrderQuestion():
            return _orders(business).order
        case ProfileQuestion():
            if business.crm is None:
                raise UnsupportedFeature(
                    "this desk", "profiles of a CRM", "pass business=Business(crm=...) to open_desk"
                )
            return business.crm.profile_of
        case StaffQuestion():
            if business.staff is None:
                raise UnsupportedFeature("this desk", "a staff list", "pass business=Business(staff=...) to open_desk")
            return business.staff.staff


def _orders(business: Business) -> AnyOrderPort:
    if business.orders is None:
        raise UnsupportedFeature("this desk", "orders", "pass business=Business(orders=...) to open_desk")
    return business.orders


def check_business(business: object, *, awaited: bool) -> Business:
    """The systems, each with the methods of its port; ``awaited``: the desk can await them.

    Raises:
        InvalidInput: one is none, or has to be awaited where nobody can.
    """
    if business is None:
        return Business()
    if not isinstance(business, Business):
        raise InvalidInput("business", is_a(business), "pass csdesk.ports.business.Business(...)")
    for system, names in _METHODS.items():
        port: object = getattr(business, system)
        methods = [getattr(port, name, None) for name in names]
        if port is not None and (isinstance(port, type) or not all(map(callable, methods))):
            problem = sentence("{type} lacks {methods}", type=type(port).__name__, methods=names)
            raise InvalidInput(f"business.{system}", problem, "see csdesk.ports.business")
        if not awaited and any(map(is_awaited, methods)):
            problem = sentence("{type} has to be awaited", type=type(port).__name__)
            raise InvalidInput(f"business.{system}", problem, "pass it to open_async_desk")
    return business
