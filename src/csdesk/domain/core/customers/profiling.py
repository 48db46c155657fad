"""What of another system's words becomes part of a customer.

The rule: a source may always change or take back what it said itself, unless that was said of a later time. What
another source said stays, unless it was less sure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from csdesk.domain.records.business import ProfileValue
from csdesk.domain.records.customers import Attribute, Customer


def filled(customer: Customer, told: Iterable[ProfileValue], now: datetime) -> tuple[Attribute, ...]:
    """The attributes to set, in the order in which they were told; a value of None takes one away."""
    found = (_attribute(one, now) for one in told)
    return tuple(one for one in found if _counts(one, customer.attribute(one.name)))


def _attribute(told: ProfileValue, now: datetime) -> Attribute:
    """What was told, as it is kept; another clock may be ahead of the desk's."""
    at = now if told.at is None else min(told.at, now)
    return Attribute(name=told.name, value=told.value, source=told.source, at=at, confidence=told.confidence)


def _counts(new: Attribute, old: Attribute | None) -> bool:
    if old is None:
        return new.value is not None
    if old.source != new.source:
        return new.value is not None and old.confidence < new.confidence
    is_same = type(old.value) is type(new.value) and (old.value, old.confidence) == (new.value, new.confidence)
    return not is_same and old.at <= new.at
