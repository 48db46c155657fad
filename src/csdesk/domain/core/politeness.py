"""Whether an automatic message may go now: consent, quiet hours, a cap. A person's reply always may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.core.pieces import Unfit
from csdesk.domain.core.windows import Opening
from csdesk.domain.policy.sections.contact import ContactPolicy
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.messages import AuthorKind, Message

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


def is_unasked(message: Message, opening: Opening | None, gap: timedelta, now: datetime) -> bool:
    """True if no person wrote it, and the customer has been silent for longer than a session."""
    return is_automatic(message) and (opening is None or now - opening.at > gap)


def day_counter(keys: ClaimKeys, customer: str, policy: ContactPolicy, now: datetime) -> str:
    """The counter of unasked messages to a customer on this day of the policy's zone."""
    return keys.counter(UNASKED, customer, now.astimezone(ZoneInfo(policy.zone)).date().isoformat())


def consent(message: Message, customer: Customer, policy: ContactPolicy, now: datetime) -> Unfit | None:
    """Why the customer must not get it; None if they may."""
    if not is_automatic(message):
        return None
    tags = (tag for tag in customer.tags if tag.name == policy.opt_out_tag)
    opted_out = any(tag.expires_at is None or tag.expires_at > now for tag in tags)
    return Unfit("opted_out", "consent") if opted_out else None


def held(policy: ContactPolicy, sent_today: int, now: datetime) -> Held | None:
    """Until when an unasked message waits; None if it may go."""
    local = now.astimezone(ZoneInfo(policy.zone))
    if policy.unasked_per_day is not None and sent_today >= policy.unasked_per_day:
        return Held(_at(local, time(0), days=1), "capped")
    if policy.quiet_from is None or policy.quiet_until is None:
        return None
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
