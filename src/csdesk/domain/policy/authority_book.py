"""Authority in the form that decisions read: which limit holds for whom, in whole numbers of the smallest unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from csdesk._nearest import nearest
from csdesk.domain.policy.sections.authority import (
    ActionPolicy,
    AlternativePolicy,
    ApproverPolicy,
    LimitPolicy,
    PeriodLimit,
    ServicePolicy,
)
from csdesk.domain.records.actors import ActorKind
from csdesk.domain.records.authority import Period
from csdesk.domain.rules.compiled import Conditions
from csdesk.domain.rules.facts import Facts
from csdesk.domain.rules.fields import Declared
from csdesk.domain.rules.reads import Reads
from csdesk.errors import InvalidInput, sentence

if TYPE_CHECKING:
    from csdesk.domain.policy.config import DeskConfig

SELF_SERVICE: Final = "self_service"
"""The name of the desk's own actor under whose limits customers serve themselves."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What somebody settles alone; ``per_case`` None: without a limit there."""

    place: int
    """Which limit of the configuration it is."""
    never: bool
    per_case: int | None
    per_agent: tuple[tuple[Period, int], ...]
    per_customer: tuple[tuple[Period, int], ...]


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody as limits see them."""

    kind: ActorKind
    id: str
    grade: int = 0
    roles: frozenset[str] = frozenset()


class AuthorityBook:
    """The authority of a configuration. Immutable."""

    __slots__ = ("_alternatives", "_conditions", "_limits", "_services", "_zone", "actions", "ports")

    def __init__(self, config: DeskConfig, declared: Declared, zone: str) -> None:
        """Compile it; ``zone`` is where days, weeks and months begin."""
        given = config.authority
        self._zone = zone
        self.actions: Mapping[str, ActionPolicy] = {one.name: one for one in given.actions}
        self._limits: dict[str, list[tuple[LimitPolicy, Limits]]] = {name: [] for name in self.actions}
        for place, limit in enumerate(given.limits):
            digits = self.actions[limit.action].digits
            self._limits[limit.action].append((limit, _limits(place, limit, digits)))
        self._alternatives = {one.name: one for one in given.alternatives}
        self._services = {one.name: one for one in given.services}
        self._conditions = {
            one.name: Conditions([one.when], declared) for one in given.services if one.when is not None
        }
        self.ports: frozenset[str] = frozenset(one.port for one in given.actions if one.port is not None)
        """The systems that carry actions out."""

    def __len__(self) -> int:
        """How many actions there are; 0: nobody gives anything here."""
        return len(self.actions)

    @property
    def reads(self) -> Reads:
        """What the conditions of self-service read."""
        found = Reads()
        for one in self._conditions.values():
            found |= one.reads
        return found

    @property
    def services(self) -> tuple[ServicePolicy, ...]:
        """The self-service actions, in order."""
        return tuple(self._services.values())

    def action(self, name: str) -> ActionPolicy:
        """The action of that name.

        Raises:
            InvalidInput: the configuration has none; says the nearest one.
        """
        found = self.actions.get(name)
        if found is None:
            raise InvalidInput("action", sentence("no action {name!r}", name=name), nearest(name, self.actions))
        return found

    def alternative(self, name: str) -> AlternativePolicy:
        """The alternative of that name.

        Raises:
            InvalidInput: the configuration has none; says the nearest one.
        """
        found = self._alternatives.get(name)
        if found is None:
            raise InvalidInput(
                "alternative", sentence("no alternative {name!r}", name=name), nearest(name, self._alternatives)
            )
        return found

    def service(self, name: str) -> ServicePolicy:
        """The self-service action of that name.

        Raises:
            InvalidInput: the configuration has none; says the nearest one.
        """
        found = self._services.get(name)
        if found is None:
            raise InvalidInput(
                "service", sentence("no self-service action {name!r}", name=name), nearest(name, self._services)
            )
        return found

    def fits(self, service: ServicePolicy, facts: Facts) -> bool:
        """True if the condition of a self-service action holds."""
        conditions = self._conditions.get(service.name)
        return conditions is None or bool(conditions.all_holding(facts))

    def limits(self, action: str, who: Who, level: str = "") -> Limits | None:
        """The limits that somebody has for customers of that level, None if there are none."""
        return next((limits for policy, limits in self._limits[action] if fits(policy, who, level)), None)

    def all_limits(self, action: str) -> Iterator[tuple[LimitPolicy, Limits]]:
        """Every limit of an action, in order."""
        yield from self._limits[action]

    def starts(self, now: datetime) -> Mapping[Period, date]:
        """The first days of the present day, week and month."""
        today = now.astimezone(ZoneInfo(self._zone)).date()
        return {
            Period.DAY: today,
            Period.WEEK: today - timedelta(days=today.weekday()),
            Period.MONTH: today.replace(day=1),
        }


def fits(policy: LimitPolicy, who: Who, level: str) -> bool:
    """True if a limit is for somebody, and for customers of that level."""
    if policy.levels and level not in policy.levels:
        return False
    if policy.bots or policy.system:
        if who.kind is ActorKind.BOT:
            return who.id in policy.bots
        return policy.system and who.kind is ActorKind.SYSTEM
    if who.kind is not ActorKind.AGENT:
        return False
    return (
        (policy.grade is None or who.grade >= policy.grade)
        and (policy.role is None or policy.role in who.roles)
        and (not policy.agents or who.id in policy.agents)
    )


def likeness(approver: ApproverPolicy) -> Who | None:
    """The least that everybody who fits an approver by grade and role has; None: they are named one by one."""
    if approver.lead or approver.agents:
        return None
    roles = frozenset((approver.role,)) if approver.role is not None else frozenset[str]()
    return Who(ActorKind.AGENT, "", approver.grade or 1, roles)


def smallest(amount: Decimal, digits: int) -> int:
    """An amount of the configuration in its smallest unit."""
    return int(amount.scaleb(digits))


def in_periods(limits: tuple[PeriodLimit, ...], digits: int) -> tuple[tuple[Period, int], ...]:
    """Amounts of the configuration by period, in the smallest unit."""
    return tuple((one.period, smallest(one.amount, digits)) for one in limits)


def _limits(place: int, policy: LimitPolicy, digits: int) -> Limits:
    return Limits(
        place,
        policy.never,
        None if policy.per_case is None else smallest(policy.per_case, digits),
        in_periods(policy.per_agent, digits),
        in_periods(policy.per_customer, digits),
    )
