"""What a decision about authority says: allowed, to be approved, or forbidden, and by which limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final, Literal

from csdesk.domain.ids import AgentId
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.authority import AuthorityGrant, Period
from csdesk.domain.records.trace import Trace

Outcome = Literal["allowed", "needs_approval", "forbidden"]
"""``needs_approval``: beyond the actor's limits, and there is somebody whose limits suffice."""

Scope = Literal["subject", "ticket", "agent", "customer"]
"""What a limit counts: one subject or one ticket (a case), one actor in a period, one customer in a period."""

Source = Literal["limit", "grant", "cap"]
"""Where a limit comes from: the configuration, a grant that raises it, or the cap that nobody passes."""


_COUNTED: Final = ("subject", "ticket", *(f"customer_{one}" for one in Period))

CODES: Final = frozenset(
    {
        *("authority.allowed", "authority.needs_approval", "authority.forbidden"),
        *(f"authority.{kind}_{what}" for kind in ("limit", "cap") for what in _COUNTED),
        *(f"authority.limit_agent_{one}" for one in Period),
    }
)
"""The codes of verdicts that are put together from what they are about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitReading:
    """One limit, and how far it is used."""

    scope: Scope
    period: Period | None = None
    """None: a limit for each case."""
    source: Source = "limit"
    limit: Decimal
    used: Decimal
    asked: Decimal

    @property
    def left(self) -> Decimal:
        """What is left of it before this; never below 0."""
        return max(self.limit - self.used, Decimal(0))

    @property
    def holds(self) -> bool:
        """True if what is asked fits."""
        return self.used + self.asked <= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """Who can approve: all who fit, whose own limits suffice, but never who asks."""

    step: int
    """Which of the action's approvers, from 1."""
    grade: int | None = None
    role: str | None = None
    agents: tuple[AgentId, ...] = ()
    """The agents who are named, or the one who leads the team."""
    within: timedelta
    """How long they have to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Something to offer instead."""

    name: str
    zh: str = ""
    en: str = ""
    action: str | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityDecision:
    """Whether somebody may give something, and why. ``csdesk.render(decision.trace)`` tells it."""

    outcome: Outcome
    action: str
    amount: Decimal
    unit: str
    subject: str
    actor: Actor
    readings: tuple[LimitReading, ...] = ()
    by: Approver | None = None
    """Who can approve it; set only if it needs approval."""
    alternatives: tuple[Alternative, ...] = ()
    """What to offer instead where it is forbidden."""
    trace: Trace = Trace()

    @property
    def is_allowed(self) -> bool:
        """True if it can be settled at once."""
        return self.outcome == "allowed"

    @property
    def in_the_way(self) -> tuple[LimitReading, ...]:
        """The limits that it would pass."""
        return tuple(one for one in self.readings if not one.holds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What somebody may give now, of one action."""

    action: str
    unit: str
    may: Literal["alone", "never", "not_granted"]
    """``not_granted``: no limit of the configuration is for them."""
    per_case: Decimal | None = None
    """For each case, grants included; None: without a limit there, or nothing at all."""
    readings: tuple[LimitReading, ...] = ()
    """Limits in a period, with what is used of them."""
    grants: tuple[AuthorityGrant, ...] = ()
    """The raises that hold now."""
    trace: Trace = Trace()
