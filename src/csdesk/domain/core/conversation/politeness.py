"""Whether a message may go now: consent, quiet hours, caps. A person's answer to a customer always may.

Marketing and surveys are never an answer: they are held to what the customer agreed to, whoever wrote them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.core.conversation.pieces import Unfit
from csdesk.domain.core.conversation.windows import Opening
from csdesk.domain.policy.sections.contact import ContactPolicy
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.messages import AuthorKind, Message, Purpose

UNASKED: Final = "unasked"
"""The kind of the counters of unasked messages."""

_AUTOMATIC: Final = frozenset({AuthorKind.BOT, AuthorKind.SYSTEM})


@dataclass(frozen=True, slots=True)
class Held:
    """A message that may go later."""

    until: datetime
    reason: str


def is_automatic(message: Message) -> bool:
    """True if no person wrote it."""
    return message.author in _AUTOMATIC


def is_unasked(purpose: Purpose, opening: Opening | None, gap: timedelta, now: datetime, *, automatic: bool) -> bool:
    """True for marketing and surveys, and for what no person wrote when the customer is silent for over a session."""
    if purpose is not Purpose.SERVICE:
        return True
    return automatic and (opening is None or now - opening.at > gap)


@dataclass(frozen=True, slots=True)
class Cap:
    """How many unasked messages a customer may get in a span of time, and the counter of those that went."""

    counter: str
    most: int
    until: datetime
    """When the next span begins."""


def caps_of(
    keys: ClaimKeys, purpose: Purpose, customer: str, policy: ContactPolicy, now: datetime, zone: str
) -> tuple[Cap, ...]:
    """Everything that limits how many unasked messages of that purpose the customer gets, by the days of ``zone``."""
    local = now.astimezone(ZoneInfo(zone))
    day, week = local.date(), local.date() - timedelta(days=local.weekday())
    tomorrow, monday = _at(local, time(0), days=1), _at(local, time(0), days=7 - local.weekday())
    caps = []
    if policy.unasked_per_day is not None:
        caps.append(Cap(keys.counter(UNASKED, customer, day.isoformat()), policy.unasked_per_day, tomorrow))
    rule = policy.purpose(purpose)
    if rule is not None and rule.per_day is not None:
        counter = keys.counter(UNASKED, customer, purpose.value, day.isoformat())
        caps.append(Cap(counter, rule.per_day, tomorrow))
    if rule is not None and rule.per_week is not None:
        counter = keys.counter(UNASKED, customer, purpose.value, "week", week.isoformat())
        caps.append(Cap(counter, rule.per_week, monday))
    return tuple(caps)


def consent(
    purpose: Purpose, customer: Customer, policy: ContactPolicy, now: datetime, *, automatic: bool
) -> Unfit | None:
    """Why the customer must not get such a message; None if they may."""
    if purpose is Purpose.SERVICE and not automatic:
        return None
    held = {tag.name for tag in customer.tags if tag.expires_at is None or tag.expires_at > now}
    rule = policy.purpose(purpose)
    if policy.opt_out_tag in held or (rule is not None and rule.opt_out_tag in held):
        return Unfit("opted_out", "consent")
    if rule is not None and rule.opt_in and rule.opt_in_tag not in held:
        return Unfit("no_consent", "consent")
    return None


def held(policy: ContactPolicy, caps: Sequence[Cap], sent: Mapping[str, int], now: datetime, zone: str) -> Held | None:
    """Until when an unasked message waits; None if it may go."""
    full = [cap.until for cap in caps if sent.get(cap.counter, 0) >= cap.most]
    if full:
        return Held(max(full), "capped")
    if policy.quiet_from is None or policy.quiet_until is None:
        return None
    local = now.astimezone(ZoneInfo(zone))
    begins, ends = time.fromisoformat(policy.quiet_from), time.fromisoformat(policy.quiet_until)
    clock = local.time()
    if begins < ends:
        return Held(_at(local, ends), "quiet_hours") if begins <= clock < ends else None
    if clock >= begins:
        return Held(_at(local, ends, days=1), "quiet_hours")
    return Held(_at(local, ends), "quiet_hours") if clock < ends else None


def _at(local: datetime, clock: time, *, days: int = 0) -> datetime:
    """That time of day, so many days on; a time that a clock change skips is the instant after the gap."""
    day = local.date() + timedelta(days=days)
    return datetime.combine(day, clock, tzinfo=local.tzinfo).astimezone(ZoneInfo("UTC"))
