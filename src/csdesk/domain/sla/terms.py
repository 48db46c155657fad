"""What holds for one ticket: its policies with every amount worked out. Compiled once per kind of ticket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol

from csdesk.domain.records.clocks import Mark, Metric, OnReopen, Scope
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.time.counting import Timeline

Start = Literal["created", "policy_applied", "first_active", "group_assigned"]
"""From when a clock counts: the opening (or when its policy first applies), anew under each other policy, the first
instant at which somebody works on the ticket, or anew in each group."""


@dataclass(frozen=True, slots=True)
class Terms:
    """One target for one kind of ticket."""

    metric: Metric
    amount: timedelta
    calendar: str
    snap: bool
    start: Start
    pause_on: tuple[str, ...]
    warn_on: tuple[Mark, ...]
    escalate_on: tuple[timedelta, ...]
    on_reopen: OnReopen
    by_bot: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """The terms of one policy for one kind of ticket."""

    policy: str
    version: str
    scope: Scope
    terms: Mapping[Metric, Terms]
    steps: Mapping[str, Terms]
    """Targets of the metric ``step`` by the name of the step; ``""`` holds for steps without one of their own."""


class Book(Protocol):
    """What the clocks ask the compiled policy."""

    def plans(self, ticket: Ticket) -> tuple[Plan, ...]:
        """The plans under which the ticket stands: that of its policy, that of its group's policy."""
        ...

    def time(self, calendar: str) -> Timeline:
        """How the calendar of that name counts; the default one's way if there is no such calendar any more."""
        ...
