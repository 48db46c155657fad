"""Asking a host's own systems: for a customer's orders, and for what a CRM knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from csdesk.domain.ids import COMMAND
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.business import (
    MOST_ORDERS,
    MOST_VALUES,
    BusinessQuestion,
    KnownAs,
    Order,
    OrderQuestion,
    OrdersQuestion,
    ProfileQuestion,
    ProfileValue,
)
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.customers import Attribute, Customer, Evidence
from csdesk.errors import (
    BusinessSystem,
    BusinessUnavailable,
    CsdeskError,
    NotFound,
    UnsupportedFeature,
)
from csdesk.flows.commands import execute
from csdesk.flows.reading import checks, customer_briefs, lists
from csdesk.flows.reading.customer_briefs import CustomerBrief
from csdesk.ports import steps
from csdesk.ports.steps import Flow

T = TypeVar("T")

WITHIN: Final = timedelta(seconds=5)
"""How long a system has, unless the caller says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFilled:
    """What a CRM knew of a customer, and what became of it."""

    customer: Customer
    """As it is now; after a dry run, as it would be."""
    changed: tuple[Attribute, ...] = ()
    """What was set; the value None: what was taken away."""
    kept: tuple[Attribute, ...] = ()
    """What stays although the CRM says otherwise, since its source counts for as much, or said it later."""


def orders_of(customer_id: str, since: datetime | None, limit: int, within: timedelta) -> Flow[tuple[Order, ...]]:
    """The orders of a customer and of those merged into it, the newest first.

    Raises:
        NotFound: this desk has no such customer.
        BusinessUnavailable: the system failed, was late, or broke its contract.
    """
    checks.a_number(limit, "limit", 1, MOST_ORDERS)
    if since is not None:
        checks.an_instant(since, "since")
    checks.patience(within)
    customer = yield from lists.get_customer(customer_id)
    return (yield from _orders(customer, since, limit, within))


def _orders(customer: Customer, since: datetime | None, limit: int, within: timedelta) -> Flow[tuple[Order, ...]]:
    known = yield from known_as(customer)
    if not known:
        return ()
    now = (yield from steps.attempt(0)).now
    question = OrdersQuestion(identities=known, since=since, limit=limit, asked_at=now, deadline=now + within)
    told = each(Order, (yield from answered("orders", question, within)), "orders")
    if len({one.ref for one in told}) < len(told):
        raise BusinessUnavailable("orders", "wrong")
    wanted = [one for one in told if since is None or one.placed_at >= since]
    return tuple(sorted(wanted, key=lambda one: (one.placed_at, one.ref), reverse=True)[:limit])


def order(ref: str, within: timedelta) -> Flow[Order]:
    """One order.

    Raises:
        NotFound: the system has none of that name.
        BusinessUnavailable: it failed, was late, or broke its contract.
    """
    checks.an_id(ref, "ref")
    checks.patience(within)
    now = (yield from steps.attempt(0)).now
    told = yield from answered("orders", OrderQuestion(ref=ref, asked_at=now, deadline=now + within), within)
    if told is None:
        raise NotFound("order", ref)
    if not isinstance(told, Order) or told.ref != ref:
        raise BusinessUnavailable("orders", "wrong")
    return told


def brief(customer_id: str) -> Flow[CustomerBrief]:
    """The brief with the customer's orders; a system that fails leaves them open, and the rest is told.

    Raises:
        NotFound: this desk has no such customer.
        UnsupportedFeature: the desk was opened without orders.
    """
    found = yield from customer_briefs.brief(customer_id)
    try:
        return replace(found, orders=(yield from _orders(found.customer, None, 10, WITHIN)))
    except BusinessUnavailable as error:
        return replace(found, orders_missing=error.reason)


def fill_profile(customer_id: str, actor: Actor | None, within: timedelta, *, dry_run: bool) -> Flow[ProfileFilled]:
    """Take over what the CRM knows of a customer, where nobody who counts for as much said otherwise.

    ``actor`` None: the system.

    Raises:
        NotFound: this desk has no such customer.
        BusinessUnavailable: the CRM failed, was late, or broke its contract; nothing was changed.
    """
    checks.patience(within)
    customer = yield from lists.get_customer(customer_id)
    known = yield from known_as(customer)
    if not known:
        return ProfileFilled(customer=customer)
    scope = yield from steps.attempt(0)
    question = ProfileQuestion(identities=known, asked_at=scope.now, deadline=scope.now + within)
    told = each(ProfileValue, (yield from answered("crm", question, within)), "crm")
    if len({one.name for one in told}) < len(told) or len(told) > MOST_VALUES:
        raise BusinessUnavailable("crm", "wrong")
    if not told:
        return ProfileFilled(customer=customer)
    command = cmd.FillProfile(customer=customer.id, values=told, actor=actor or Actor.system("crm"))
    done = yield from execute(command, scope.ids.new(COMMAND), dry_run=dry_run)
    assert done.customer is not None, "the command is about a customer"
    happened = (event for entry in done.entries for event in entry.events)
    changed = [one for event in happened if isinstance(event, ev.AttributesSet) for one in event.attributes or ()]
    kept = _kept(done.customer, told, {one.name for one in changed})
    return ProfileFilled(customer=done.customer, changed=tuple(changed), kept=kept)


def _kept(customer: Customer, told: tuple[ProfileValue, ...], changed: set[str]) -> tuple[Attribute, ...]:
    others = ((one, customer.attribute(one.name)) for one in told if one.name not in changed)
    return tuple(stays for one, stays in others if stays is not None and stays.value != one.value)


def known_as(customer: Customer) -> Flow[tuple[KnownAs, ...]]:
    """Every way in which a customer and those merged into it are known, without what is merely claimed or erased."""
    people = [customer]
    if customer.members:
        loaded = yield from lists.read(Needs(customers=customer.members))
        people += [loaded.snapshot.customers[one] for one in customer.members]
    return tuple(
        KnownAs(kind=one.kind, scope=one.scope, external_id=one.external_id, evidence=one.evidence)
        for person in people
        for one in person.identities
        if one.external_id and one.evidence is not Evidence.CLAIMED
    )


def answered(system: BusinessSystem, question: BusinessQuestion, within: timedelta) -> Flow[object]:
    """What the system says to the question.

    Raises:
        BusinessUnavailable: it failed or was late.
        UnsupportedFeature: the desk was opened without it.
    """
    try:
        return (yield from steps.ask_business(question, within))
    except TimeoutError:
        raise BusinessUnavailable(system, "late") from None
    except (UnsupportedFeature, BusinessUnavailable):
        raise
    except CsdeskError as error:
        raise BusinessUnavailable(system, error.code) from error
    except Exception as error:
        raise BusinessUnavailable(system, type(error).__name__) from error


def each(cls: type[T], told: object, system: BusinessSystem) -> tuple[T, ...]:
    """The values that were told, if they are such values.

    Raises:
        BusinessUnavailable: they are something else.
    """
    if isinstance(told, str) or not isinstance(told, Sequence) or not all(isinstance(one, cls) for one in told):
        raise BusinessUnavailable(system, "wrong")
    return tuple(told)
