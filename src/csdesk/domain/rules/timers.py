"""Timed rules: when each is due for a ticket.

The rule: a timer counts from an instant of its ticket, and every value of that instant is a *cycle*. When its time has
come, the condition is looked at and the cycle is over for this version of the rule, whether it held or not. Tickets
that want nothing done any more have no timers, except those that count from their end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple

from csdesk.domain.records._model import replaced
from csdesk.domain.records.tickets import Category, Ticket
from csdesk.domain.rules.facts import reader_of, ticket_value
from csdesk.domain.rules.fields import Declared
from csdesk.domain.rules.language import Plan, RulePolicy, RuleSetPolicy
from csdesk.domain.time.counting import Timeline

ENDS: Final = frozenset({"ticket.resolved_at", "ticket.closed_at"})
"""The instants that finished tickets have timers from."""


class Due(NamedTuple):
    """A timed rule whose time has come, or will: its place in the plan, its cycle, and when."""

    at: datetime
    number: int
    since: datetime


class _Timer(NamedTuple):
    number: int
    set: RuleSetPolicy
    rule: RulePolicy
    version: str


class Timers:
    """The timed rules of a configuration."""

    __slots__ = ("_calendars", "_declared", "_timers", "reads_ends")

    reads_ends: bool
    """Does some timer count from the end of tickets?"""

    def __init__(self, plan: Plan, calendars: Mapping[str, Timeline], declared: Declared) -> None:
        """``plan`` are all rules, of which those with a timer count."""
        self._timers = [
            _Timer(number, set_, rule, version_of(rule))
            for number, (set_, rule) in enumerate(plan)
            if rule.timer is not None
        ]
        self._calendars = calendars
        self._declared = declared
        self.reads_ends = any(one.rule.timer is not None and one.rule.timer.of in ENDS for one in self._timers)

    def __len__(self) -> int:
        return len(self._timers)

    def version(self, number: int) -> str:
        """The version of the rule at that place of the plan."""
        return next(one.version for one in self._timers if one.number == number)

    def digest(self) -> str:
        """The same for timers that come due alike for every ticket."""
        told = [
            f"{one.rule.name} {one.version} {one.set.active_from} {one.set.active_until}"
            f" {one.rule.active_from} {one.rule.active_until}"
            for one in self._timers
        ]
        return sha256("\n".join(told).encode()).hexdigest()[:16]

    def planned(self, ticket: Ticket) -> list[Due]:
        """What is due for the ticket at its time and is not over, earliest first."""
        if ticket.category is Category.MERGED or ticket.erased_at is not None:
            return []
        return sorted(due for timer in self._timers for due in self._due(timer, ticket))

    def _due(self, timer: _Timer, ticket: Ticket) -> Iterator[Due]:
        policy = timer.rule.timer
        assert policy is not None
        if not ticket.is_live and policy.of not in ENDS:
            return
        since = ticket.touched_at if policy.of == "ticket.updated_at" else self._read(policy.of, ticket)
        if since is None or _is_over(ticket, timer, since):
            return
        at: datetime | None
        if policy.before is not None:
            at = since - policy.before
        else:
            assert policy.after is not None
            at = self._after(policy.calendar, since, policy.after)
        if at is not None and timer.set.is_active(at) and timer.rule.is_active(at):
            yield Due(at, timer.number, since)

    def _read(self, field: str, ticket: Ticket) -> datetime | None:
        value = ticket_value(ticket, reader_of(field, self._declared))
        return value if isinstance(value, datetime) else None

    def _after(self, calendar: str | None, since: datetime, span: timedelta) -> datetime | None:
        if calendar is None:
            return since + span
        # No calendar of that name or no such time in it: the configuration was checked, so its years have ended.
        return self._calendars[calendar].add(since, span)


def _is_over(ticket: Ticket, timer: _Timer, since: datetime) -> bool:
    return any(
        one.rule == timer.rule.name and one.version == timer.version and one.since == since for one in ticket.firings
    )


def at_time(ticket: Ticket, at: datetime) -> Ticket:
    """The ticket as it is once what happens to it now is stored."""
    return replaced(ticket, updated_at=max(ticket.updated_at, at))


def version_of(rule: RulePolicy) -> str:
    """A short digest of what a timed rule is: its timer, condition and actions."""
    return sha256(rule.model_dump_json(include={"timer", "when", "then"}).encode()).hexdigest()[:8]
