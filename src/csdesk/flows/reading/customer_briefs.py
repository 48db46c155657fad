"""A customer at a glance, and what was said with them: merged customers count as one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from csdesk.domain.records.authority import Settlement, SettlementState
from csdesk.domain.records.business import Order
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.flags import Flag
from csdesk.domain.records.messages import Message
from csdesk.domain.records.tickets import Category, Ticket
from csdesk.flows.reading.lists import filters, get_customer, identities_of, page_of, read
from csdesk.ports import steps
from csdesk.ports.steps import Flow
from csdesk.ports.store import Page, Query

MOST_TICKETS = 1000
"""How many of a customer's tickets, latest first, a timeline reaches back over."""


@dataclass(frozen=True, slots=True)
class CustomerBrief:
    """A customer at a glance."""

    customer: Customer
    open_tickets: tuple[Ticket, ...]
    tickets: int
    """How many tickets the customer has had."""
    last_messages: tuple[Message, ...]
    """The last few messages, newest first."""
    flags: tuple[Flag, ...] = ()
    """The warnings in force, those of customers merged into this one too: read them first."""
    segments: tuple[str, ...] = ()
    """The segments that the customer belongs to."""
    open_requests: tuple[Settlement, ...] = ()
    """What somebody has asked for on the customer's behalf and nobody has approved yet."""
    orders: tuple[Order, ...] | None = None
    """The last ten orders, newest first, if they were asked for and the system told them."""
    orders_missing: str = ""
    """Why they are not there although they were asked for: the ``reason`` of ``BusinessUnavailable``."""


def brief(customer_id: str) -> Flow[CustomerBrief]:
    """The customer with open tickets and last words; merged customers count as one.

    Raises:
        NotFound: this desk has no such customer.
    """
    customer = yield from get_customer(customer_id)
    identities = yield from identities_of(customer)
    live = tuple(one.value for one in Category if one not in (Category.CLOSED, Category.MERGED, Category.RESOLVED))
    mine = (("identity", identities),)
    open_tickets = yield from page_of(
        Ticket, Query(kind="ticket", where=(*mine, ("category", live)), order="updated_at", descending=True)
    )
    total = yield from steps.count(Query(kind="ticket", where=mine))
    last = yield from _words(identities, 5, None)
    now = (yield from steps.attempt(0)).now
    flags = tuple((yield from _flags(customer, now)))
    segments = tuple(str(one.name) for one in customer.segments)
    requests = yield from _open_requests(customer)
    return CustomerBrief(customer, open_tickets.items, total, last.items, flags, segments, requests)


def _open_requests(customer: Customer) -> Flow[tuple[Settlement, ...]]:
    """What waits for approval; nothing is read where nobody gives anything."""
    scope = yield from steps.attempt(0)
    if not scope.policy.authority:
        return ()
    where = filters(customer=(customer.id, *customer.members), state=SettlementState.REQUESTED)
    page = yield from page_of(Settlement, Query(kind="settlement", where=where, order="created_at"))
    return page.items


def _flags(customer: Customer, now: datetime) -> Flow[list[Flag]]:
    """The flags in force, those of merged customers behind its own."""
    people = [customer]
    if customer.members:
        loaded = yield from read(Needs(customers=customer.members))
        people += [loaded.snapshot.customers[one] for one in customer.members]
    flags = [flag for one in people for flag in one.flags if flag.until is None or flag.until > now]
    names = [flag.name for flag in flags]
    return [flag for place, flag in enumerate(flags) if flag.name not in names[:place]]


def customer_timeline(customer_id: str, limit: int, cursor: str | None) -> Flow[Page[Message]]:
    """What a customer and the desk said to each other on all tickets, newest first.

    Raises:
        NotFound: this desk has no such customer.
    """
    customer = yield from get_customer(customer_id)
    identities = yield from identities_of(customer)
    return (yield from _words(identities, limit, cursor))


def _words(identities: tuple[str, ...], limit: int, cursor: str | None) -> Flow[Page[Message]]:
    """What was said on the tickets that came through these identities, newest first."""
    mine = Query(kind="ticket", where=(("identity", identities),), order="id", descending=True, limit=MOST_TICKETS)
    tickets = yield from page_of(Ticket, mine)
    if not tickets.items:
        return Page(())
    where = (("ticket", tuple(str(one.id) for one in tickets.items)),)
    query = Query(kind="message", where=where, order="occurred_at", descending=True, limit=limit, after=cursor)
    return (yield from page_of(Message, query))
