"""Who may give customers what, up to which amount; who approves more, what is offered instead, what customers do alone.

Of the limits of an action the first that fits the actor decides, as everywhere in the configuration. Amounts are
written as text or whole numbers, never with a binary fraction.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from csdesk.domain.records._model import Key, Name
from csdesk.domain.records._settings import Section, refused
from csdesk.domain.records.authority import Period
from csdesk.domain.records.durations import Duration
from csdesk.domain.records.money import Amount, Digits
from csdesk.domain.rules.language import Condition
from csdesk.errors import sentence


class Titles(Section):
    """What something is called to people."""

    zh: str = ""
    en: str = ""


class PeriodLimit(Section):
    """An amount in a calendar day, week (from Monday) or month."""

    period: Period
    amount: Amount


def _one_each(limits: tuple[PeriodLimit, ...]) -> tuple[PeriodLimit, ...]:
    seen: set[Period] = set()
    for place, one in enumerate(limits):
        if one.period in seen:
            raise refused(
                sentence("{period} stands twice", period=one.period.value), "keep one of them", place, "period"
            )
        seen.add(one.period)
    return limits


class ApproverPolicy(Section):
    """Whom to ask for what goes beyond an agent's limits: everybody who fits, whose own limits suffice."""

    grade: int | None = Field(default=None, ge=1, le=9)
    """Agents of at least this grade."""
    role: Name | None = None
    """Agents who have this role."""
    lead: bool = False
    """The one who leads the asker's team."""
    agents: tuple[Key, ...] = ()
    """These agents."""
    within: Duration = timedelta(hours=4)
    """How long they have to answer; then the next approvers are asked."""

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if self.grade is None and self.role is None and not self.lead and not self.agents:
            raise refused("nobody is named", "add grade, role, lead or agents")
        if (self.lead or self.agents) and (self.grade is not None or self.role is not None):
            raise refused("lead and agents stand alone", "make two approvers of it")
        if self.lead and self.agents:
            raise refused("lead and agents stand alone", "make two approvers of it")
        return self


class ActionPolicy(Section):
    """Something that can be given to a customer: a refund, a voucher, a cancelled order."""

    name: Name
    titles: Titles = Titles()
    unit: str = Field(default="times", min_length=1, max_length=16)
    """A currency (``CNY``), or what else is counted: ``times``, ``points``, ``percent``."""
    digits: Digits = 0
    """How many decimal places amounts have: 2 for most currencies."""
    ledger: Name | None = None
    """Actions with the same ledger count together, so that none gets around another; None: its own."""
    cap_per_case: Amount | None = None
    """Nobody passes this for one case, whoever approves."""
    cap_per_customer: tuple[PeriodLimit, ...] = ()
    """Nobody passes this for one customer, whoever approves."""
    approvers: tuple[ApproverPolicy, ...] = ()
    """Whom to ask for more, in order; none: nobody can give more."""
    alternatives: tuple[Name, ...] = ()
    """What to offer where it is refused."""
    port: Name | None = None
    """The system of yours that carries it out; None: whoever settled it does."""
    timeout: Duration = timedelta(seconds=20)
    """How long one call of that system may take."""

    _once = field_validator("cap_per_customer")(_one_each)

    @property
    def book(self) -> str:
        """The ledger in which it counts."""
        return self.ledger or self.name


class LimitPolicy(Section):
    """How much of an action some actors settle by themselves; the first that fits an actor decides.

    Without ``grade``, ``role``, ``agents``, ``bots`` and ``system`` it fits every agent. Bots and the desk itself have
    what a limit that names them gives, and nothing else.
    """

    action: Name
    grade: int | None = Field(default=None, ge=1, le=9)
    """Agents of at least this grade."""
    role: Name | None = None
    """Agents who have this role."""
    agents: tuple[Key, ...] = ()
    """These agents."""
    bots: tuple[Name, ...] = ()
    """These bots of the configuration."""
    system: bool = False
    """The desk itself: what customers do by self-service."""
    levels: tuple[Name, ...] = ()
    """Only for customers of these levels; none: for all."""
    never: bool = False
    """True: they may not do this at all, and nobody is asked on their behalf."""
    unlimited: bool = False
    """True: only the caps of the action bound them."""
    per_case: Amount | None = None
    """For one ticket and for one subject such as an order, whoever gave it: what was given before counts."""
    per_agent: tuple[PeriodLimit, ...] = ()
    """By the same actor in a period, to all customers together."""
    per_customer: tuple[PeriodLimit, ...] = ()
    """To the same customer in a period, whoever gave it."""

    _once = field_validator("per_agent", "per_customer")(_one_each)

    @model_validator(mode="after")
    def _says_how_much(self) -> Self:
        bounds = self.per_case is not None or bool(self.per_agent) or bool(self.per_customer)
        if self.never + self.unlimited + bounds != 1:
            raise refused("it does not say how much", "give never, unlimited, or amounts: one of the three")
        named = (self.grade, self.role, self.agents or None)
        if (self.bots or self.system) and any(one is not None for one in named):
            raise refused("agents and others in one limit", "make two limits of it")
        return self


class AlternativePolicy(Section):
    """Something to offer where a wish is refused; with an action, taking it settles that."""

    name: Name
    titles: Titles = Titles()
    action: Name | None = None
    amount: Amount | None = None
    """How much of the action; None: 1."""

    @model_validator(mode="after")
    def _has_an_action(self) -> Self:
        if self.amount is not None and self.action is None:
            raise refused("an amount of nothing", "name its action, or leave amount out", "amount")
        return self


class ServicePolicy(Section):
    """What customers may do by themselves, inside the limits that ``system`` has."""

    name: Name
    titles: Titles = Titles()
    action: Name
    when: Condition | None = None
    """For whom and when; what you pass as ``facts`` is read as ``ticket.x.<name>``. None: always."""
    amount: Amount | None = None
    """The amount; None: the caller says it."""
    most: Amount | None = None
    """The most that one run may give, where the caller says it."""
    needs_subject: bool = True
    """Must a subject be named, such as the order?"""
    otherwise: Literal["refuse", "request"] = "refuse"
    """Beyond the limits: ``request`` asks the action's approvers."""

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if self.amount is not None and self.most is not None:
            raise refused("the amount is fixed", "leave most out", "most")
        return self


class AuthorityPolicy(Section):
    """Who may give customers what."""

    calendar: Name | None = None
    """The calendar in whose zone days, weeks and months begin; None: the desk's zone."""
    roles: tuple[Name, ...] = ()
    """The roles that limits and approvers may name; none listed: any."""
    actions: tuple[ActionPolicy, ...] = ()
    limits: tuple[LimitPolicy, ...] = ()
    alternatives: tuple[AlternativePolicy, ...] = ()
    services: tuple[ServicePolicy, ...] = ()
    """Self-service."""
