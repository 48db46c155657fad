"""What a customer did, counted over the last days: the present day of the desk's time zone and those before it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from csdesk.domain.records.customers import Customer, DayCount, Did
from csdesk.domain.rules.fields import HISTORY, SUMS, History


def in_window(customer: Customer, asked: History, today: date) -> Iterator[DayCount]:
    """The days that count."""
    did, first = HISTORY[asked.what], today - timedelta(days=asked.days)
    return (one for one in customer.acts if one.did == did and first < one.day <= today)


def counted(customer: Customer, asked: History, today: date) -> int:
    """How many, or how much."""
    if not customer.acts:
        return 0
    days = in_window(customer, asked, today)
    return sum(one.amount for one in days) if asked.what in SUMS else sum(one.count for one in days)


def last_time(customer: Customer, did: Did) -> datetime | None:
    """When the customer last did that; None: never, as far as is known."""
    return max((one.last_at for one in customer.acts if one.did == did), default=None)
