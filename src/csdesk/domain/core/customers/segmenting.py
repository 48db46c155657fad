"""Which segments a customer belongs to, and what ends by itself: tags, flags. Pure; the workspace asks at each change.

The rule: whenever something happened to a customer, and whenever time may have changed something, the segments are
worked out from what is stored now; the difference to what is stored of them happens as events. So entering and leaving
alternate, and nobody is looked at to whom nothing happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records import events as ev
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.flags import ended_flags


def settled(policy: Policy, customer: Customer, now: datetime) -> tuple[ev.Event, ...]:
    """What has to happen so that the stored segments are those that the customer belongs to."""
    if customer.merged_into is not None or customer.erasure is not None:
        return tuple(ends(customer))
    wanted, at = policy.segments.of(customer, now)
    events: list[ev.Event] = [
        ev.SegmentLeft(segment=one.name, ended=one.name not in policy.segments.names)
        for one in customer.segments
        if one.name not in wanted
    ]
    events += [ev.SegmentEntered(segment=name) for name in wanted if not customer.is_in(name)]
    if at != customer.segments_at:
        events.append(ev.SegmentsPlanned(at=at))
    return tuple(events)


def ends(customer: Customer) -> Iterator[ev.Event]:
    """The customer leaves all segments: it was merged into another one, or is being erased."""
    yield from (ev.SegmentLeft(segment=one.name, ended=True) for one in customer.segments)
    if customer.segments_at is not None:
        yield ev.SegmentsPlanned()


def over(customer: Customer, now: datetime) -> Iterator[ev.Event]:
    """The tags and flags whose time is over."""
    for tag in customer.tags:
        if tag.expires_at is not None and tag.expires_at <= now:
            yield ev.CustomerUntagged(tag=tag.name, source=tag.source, why="expired")
    for name in ended_flags(customer.flags, now):
        yield ev.CustomerUnflagged(flag=name, expired=True)


def is_due(customer: Customer, now: datetime) -> bool:
    """True if something of the customer ends or changes by itself now."""
    at = customer.wake_at
    return at is not None and at <= now
