"""Service levels in the form that decisions read: which policies hold for a ticket, and on which terms.

Terms are worked out once for each kind of ticket (policy, priority, type, customer level, the calendar of its site) and
kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from csdesk.domain.policy.immediacy import default_levels
from csdesk.domain.policy.sections.scenarios import when_of
from csdesk.domain.policy.sections.service_levels import EscalationPolicy, EscalationStep, SlaPolicy, TargetPolicy
from csdesk.domain.policy.sites import Sites
from csdesk.domain.policy.type_tree import lineage
from csdesk.domain.policy.walking import tests_in
from csdesk.domain.records._model import trusted
from csdesk.domain.records.clocks import Clock, Metric, OnReopen, Scope
from csdesk.domain.records.tickets import AppliedSla, Priority, Ticket
from csdesk.domain.rules.compiled import Conditions
from csdesk.domain.rules.facts import Facts
from csdesk.domain.rules.fields import NOTHING, Declared
from csdesk.domain.rules.language import Condition
from csdesk.domain.rules.reads import Reads
from csdesk.domain.sla.life import LIFE
from csdesk.domain.sla.terms import Plan, Terms
from csdesk.domain.time.calendar import WorkingCalendar
from csdesk.domain.time.counting import EVERY_SECOND, Timeline, WorkedTime
from csdesk.domain.time.holidays import HolidayYear

if TYPE_CHECKING:
    from csdesk.domain.policy.config import DeskConfig

HolidayYears = Mapping[str, Mapping[int, HolidayYear]]
"""Holiday years that people saved, by the name of their place."""

_AppliedSla = trusted(AppliedSla)
_MOST_PLANS: Final = 4096
_AT_FIRST: Final = frozenset({"ticket.is_new", "ticket.messages", "customer.is_new"})
_NO_PLANS: Final[tuple[Plan, ...]] = ()


class ServiceBook:
    """The service levels of a configuration, with the calendars they count by. Immutable but for what it remembers."""

    __slots__ = (
        "_by_name",
        "_conditions",
        "_config",
        "_escalating",
        "_first",
        "_kinds",
        "_numbers",
        "_of_sites",
        "_plain",
        "_policies",
        "calendars",
        "default",
        "is_plain",
        "reads",
        "times",
        "years",
    )

    def __init__(
        self, config: DeskConfig, years: HolidayYears, declared: Declared = NOTHING, sites: Sites | None = None
    ) -> None:
        self._config = config
        self.years = years
        self.calendars: dict[str, WorkingCalendar] = _calendars(config, years)
        self.times: dict[str, Timeline] = {name: WorkedTime(one) for name, one in self.calendars.items()}
        names = [one.name for one in config.calendars]
        self.default: str = config.calendar or (names[0] if len(names) == 1 else "")
        """The calendar of what names none; empty: there is none."""
        found = ((name, sites.calendar_of(name)) for name in sites.names) if sites is not None else ()
        self._of_sites = {name: calendar for name, calendar in found if calendar is not None}
        self._policies = (*config.sla, *default_levels(config))
        """Those of the configuration, then what classes of immediacy promise where none of these fits."""
        self._by_name = {policy.name: (policy, _version(policy)) for policy in self._policies}
        conditions = [when_of(config, policy) for policy in self._policies]
        self._numbers: dict[tuple[str, int], int] = {}
        for policy in self._policies:
            for place, target in enumerate(policy.targets):
                if target.when is not None:
                    self._numbers[policy.name, place] = len(conditions)
                    conditions.append(target.when)
        self._escalating = Conditions([one.when for one in config.escalations], declared)
        self._first = frozenset(number for number, one in enumerate(conditions) if _asks_first_message(one))
        self.is_plain: bool = all(one is None for one in conditions)
        """True if nothing is asked about: ``match`` then needs no facts."""
        self._conditions = Conditions(conditions, declared)
        self.reads: frozenset[str] = frozenset(test.field for one in conditions for test, _ in tests_in(one))
        """The fields that decide which policies and targets hold."""
        self._plain: dict[str, AppliedSla] = {}
        self._kinds: dict[tuple[str, tuple[str, ...], Priority, str, str, str], Plan | None] = {}

    @property
    def looks(self) -> Reads:
        """Everything that the conditions read."""
        return self._conditions.reads | self._escalating.reads

    def __len__(self) -> int:
        """The number of policies."""
        return len(self._by_name)

    @property
    def regroups(self) -> bool:
        """True if there are policies of groups."""
        return any(policy.scope == "group" for policy, _ in self._by_name.values())

    def match(self, facts: Facts | None, level: str, before: AppliedSla | None = None) -> AppliedSla | None:
        """What holds for a ticket with these facts; None if no policy does.

        ``before`` is what held until now: what conditions ask about the first message keeps its first answer.
        """
        if self.is_plain or facts is None:
            return self._plainly(level)
        holding = frozenset(self._conditions.holding(facts))
        if before is not None and self._first:
            holding = (holding - self._first) | self._held_before(before)
        chosen: dict[str, SlaPolicy] = {}
        for number, policy in enumerate(self._policies):
            if policy.scope not in chosen and number in holding:
                chosen[policy.scope] = policy
        return self._applied(chosen, holding, level)

    def _plainly(self, level: str) -> AppliedSla | None:
        """What holds for everything, where no policy asks for anything."""
        found = self._plain.get(level)
        if found is None:
            if len(self._plain) >= _MOST_PLANS:
                self._plain.clear()
            chosen: dict[str, SlaPolicy] = {}
            for policy in self._policies:
                chosen.setdefault(policy.scope, policy)
            found = self._applied(chosen, frozenset(), level)
            if found is not None:
                self._plain[level] = found
        return found

    def _applied(self, chosen: Mapping[str, SlaPolicy], holding: frozenset[int], level: str) -> AppliedSla | None:
        if not chosen:
            return None
        names = {scope: policy.name for scope, policy in chosen.items()}
        targets = tuple(key for policy in chosen.values() for key in self._held(policy, holding))
        return _AppliedSla(policy=names.get("ticket"), group=names.get("group"), level=level, targets=targets)

    def _held_before(self, before: AppliedSla) -> frozenset[int]:
        """The conditions about the first message that held for the ticket."""
        policies = {n for n, one in enumerate(self._policies) if one.name in (before.policy, before.group)}
        keys = {_key(self._by_name[name][0], place): n for (name, place), n in self._numbers.items()}
        targets = {n for key, n in keys.items() if key in before.targets}
        return self._first & (policies | targets)

    def _held(self, policy: SlaPolicy, holding: frozenset[int]) -> list[str]:
        """The keys of the targets that hold, where a target of the policy has a condition at all."""
        if all(target.when is None for target in policy.targets):
            return []
        held = (
            place
            for place, target in enumerate(policy.targets)
            if target.when is None or self._numbers[policy.name, place] in holding
        )
        return [_key(policy, place) for place in held]

    def plans(self, ticket: Ticket) -> tuple[Plan, ...]:
        """The plans under which the ticket stands."""
        sla = ticket.sla
        if sla is None:
            return _NO_PLANS
        policy, of_group = sla.policy, sla.group
        plan = self._plan(policy, sla, ticket) if policy is not None else None
        if of_group is None:
            return _NO_PLANS if plan is None else (plan,)
        group = self._plan(of_group, sla, ticket)
        return tuple(one for one in (plan, group) if one is not None)

    def _plan(self, name: str, sla: AppliedSla, ticket: Ticket) -> Plan | None:
        applied, held = sla.__dict__, ticket.__dict__
        site = held["site"]
        usual = self.default if site is None else self._of_sites.get(site, self.default)
        key = (name, applied["targets"], held["priority"], held["type"], applied["level"], usual)
        try:
            return self._kinds[key]
        except KeyError:
            if len(self._kinds) >= _MOST_PLANS:
                self._kinds.clear()
            plan = self._kinds[key] = self._worked_out(*key)
            return plan

    def _worked_out(
        self, name: str, held: tuple[str, ...], priority: Priority, type_: str, level: str, usual: str
    ) -> Plan | None:
        found = self._by_name.get(name)
        if found is None:
            return None
        policy, version = found
        types = tuple(lineage(type_))
        terms: dict[Metric, Terms] = {}
        steps: dict[str, Terms] = {}
        is_free = all(target.when is None for target in policy.targets)
        for place, target in enumerate(policy.targets):
            if not is_free and _key(policy, place) not in held:
                continue
            one = self._terms(policy, target, priority, level, types, usual)
            if target.metric is Metric.STEP:
                # A step ends with its own command: no reply ends it, and a reopened ticket does not begin it again.
                steps.setdefault(target.step or "", replace(one, on_reopen=OnReopen.IGNORE, by_bot=False))
            else:
                terms.setdefault(target.metric, one)
        return Plan(name, version, Scope(policy.scope), terms, steps)

    def _terms(
        self,
        policy: SlaPolicy,
        target: TargetPolicy,
        priority: Priority,
        level: str,
        types: tuple[str, ...],
        usual: str,
    ) -> Terms:
        pauses = LIFE[target.metric].pauses if target.pause_on is None else target.pause_on
        worked = "" if target.clock == "calendar" else target.calendar or policy.calendar or usual
        return Terms(
            metric=target.metric,
            amount=target.amount(priority, level, types),
            calendar=worked,
            snap=policy.boundary == "snap",
            start=target.start,
            pause_on=tuple(category.value for category in pauses),
            warn_on=target.warn_at,
            escalate_on=tuple(step.offset for step in target.escalate),
            on_reopen=target.on_reopen,
            by_bot=target.by_bot,
        )

    def step(self, ticket: Ticket, clock: Clock, level: int) -> EscalationStep | None:
        """What a clock's escalation of that level does; None if the policy no longer has it."""
        found = self._by_name.get(clock.policy)
        if found is None or ticket.sla is None:
            return None
        policy, held = found[0], ticket.sla.targets
        steps = [
            target.escalate
            for place, target in enumerate(policy.targets)
            if target.metric is clock.metric
            and target.step in (None, clock.name or None)
            and (target.when is None or _key(policy, place) in held)
        ]
        return steps[0][level - 1] if steps and level <= len(steps[0]) else None

    def escalations(self, facts: Facts) -> Iterator[EscalationPolicy]:
        """The escalations by condition that fit, in order."""
        for number in self._escalating.holding(facts):
            yield self._config.escalations[number]

    def time(self, calendar: str) -> Timeline:
        """How the calendar of that name counts.

        A calendar that the configuration no longer has counts like the default one, or, if there is none, every second.
        """
        if not calendar:
            return EVERY_SECOND
        return self.times.get(calendar) or self.times.get(self.default) or EVERY_SECOND


def _key(policy: SlaPolicy, place: int) -> str:
    """What tells a target from the others of its policy: its metric, and which one of that metric it is."""
    target = policy.targets[place]
    same = [one for one in policy.targets[:place] if (one.metric, one.step) == (target.metric, target.step)]
    parts = (policy.name, target.metric.value, target.step or "", str(len(same)))
    return " ".join(part for part in parts if part)


def _asks_first_message(condition: Condition | None) -> bool:
    """True if the answer depends on the message that opened the ticket, so that it cannot be found again."""
    return any(
        (test.field.startswith("message.") and test.field != "message.account") or test.field in _AT_FIRST
        for test, _ in tests_in(condition)
    )


def _version(policy: SlaPolicy) -> str:
    return sha256(policy.model_dump_json(exclude_defaults=True).encode()).hexdigest()[:8]


def _calendars(config: DeskConfig, years: HolidayYears) -> dict[str, WorkingCalendar]:
    stated = {one.name: {year.year: year.value for year in one.years} for one in config.holidays}
    built = {}
    for calendar in config.calendars:
        place = calendar.observes or ""
        observed = {**stated.get(place, {}), **years.get(place, {})}
        built[calendar.name] = calendar.calendar(observed)
    return built
