"""Scenarios: rules, service levels and phrases that come and go together, for a promotion, a launch, a season."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, Self

from pydantic import model_validator

from csdesk.domain.records._model import Name
from csdesk.domain.records._settings import refused
from csdesk.domain.rules.actions import PhraseName
from csdesk.domain.rules.fields import Op
from csdesk.domain.rules.language import Condition, Group, RulePolicy, RuleSetPolicy, Test, Windowed
from csdesk.domain.rules.values import instant_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csdesk.domain.policy.config import DeskConfig
    from csdesk.domain.policy.sections.service_levels import SlaPolicy


class ScenarioPolicy(Windowed):
    """Rules, service levels and phrases under one name and one window."""

    name: Name
    title: str = ""
    rules: tuple[RulePolicy, ...] = ()
    """Tried after all other rules, as a set with an order and a ``stop`` of its own, while the window is open."""
    mode: Literal["all", "first"] = "all"
    sla: tuple[Name, ...] = ()
    """Service levels of ``sla`` that may be chosen only while this, or another scenario that names them, is on."""
    phrases: tuple[PhraseName, ...] = ()
    """Phrases that are found, suggested and sent only while this, or another scenario that names them, is on."""
    enabled: bool = True
    owner: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _brings_something(self) -> Self:
        if not self.rules and not self.sla and not self.phrases:
            raise refused("it brings nothing", "add rules, or name service levels or phrases", "rules")
        return self

    @property
    def rule_set(self) -> RuleSetPolicy | None:
        """Its rules as a set; None: it has none."""
        if not self.rules:
            return None
        return RuleSetPolicy(
            name=self.name,
            mode=self.mode,
            rules=self.rules,
            enabled=self.enabled,
            active_from=self.active_from,
            active_until=self.active_until,
        )

    @property
    def when(self) -> Condition:
        """That it is on, as a condition."""
        if not self.enabled:
            return Group(all=(_before(_ANY), Group(none=(_before(_ANY),))))
        marks: list[Condition] = []
        if self.active_from is not None:
            marks.append(Group(none=(_before(self.active_from),)))
        if self.active_until is not None:
            marks.append(_before(self.active_until))
        return Group(all=tuple(marks) or (Test(field="time.now", op=Op.IS_SET),))


_ANY: Final = datetime(2000, 1, 1, tzinfo=UTC)


def _before(at: datetime) -> Test:
    return Test(field="time.now", op=Op.BEFORE, value=instant_text(at))


def barred_at(config: DeskConfig, now: datetime) -> frozenset[str]:
    """The phrases that some scenario names, and none that is on at that instant."""
    named = frozenset(phrase for one in config.scenarios for phrase in one.phrases)
    return named.difference(*(one.phrases for one in config.scenarios if one.enabled and one.is_active(now)))


def sets_of(config: DeskConfig) -> tuple[RuleSetPolicy, ...]:
    """All sets of rules in the order in which they are tried: those of scenarios come last."""
    return (*config.rule_sets, *(one for each in config.scenarios if (one := each.rule_set) is not None))


def when_of(config: DeskConfig, policy: SlaPolicy) -> Condition | None:
    """When a service level may be chosen: its own condition, while one of its scenarios is on, if any name it."""
    windows = tuple(_windows(config, policy))
    if not windows:
        return policy.when
    on: Condition = Group(any=windows)
    return on if policy.when is None else Group(all=(policy.when, on))


def _windows(config: DeskConfig, policy: SlaPolicy) -> Iterator[Condition]:
    return (one.when for one in config.scenarios if policy.name in one.sla)
