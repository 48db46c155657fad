"""What a service level promises, as a configuration states it: targets by metric, and when their clocks stand still."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, field_validator, model_validator

from csdesk.domain.records._model import Name
from csdesk.domain.records._settings import Section, refused
from csdesk.domain.records.clocks import Mark, Metric, OnReopen
from csdesk.domain.records.durations import LONGEST, Duration, format_duration, parse_duration
from csdesk.domain.records.priorities import PRIORITIES, PriorityName
from csdesk.domain.records.tickets import Category, Priority
from csdesk.domain.sla.terms import Start
from csdesk.errors import sentence


def _pairs(value: object) -> object:
    return tuple(sorted(value.items(), key=lambda pair: str(pair[0]))) if isinstance(value, Mapping) else value


def _mapping(value: tuple[tuple[Priority, timedelta], ...]) -> dict[str, str]:
    return {priority.name.lower(): format_duration(amount) for priority, amount in value}


ByPriority = Annotated[
    tuple[tuple[PriorityName, Duration], ...],
    BeforeValidator(_pairs),
    PlainSerializer(_mapping, return_type=dict[str, str], when_used="json"),
    WithJsonSchema({"type": "object", "propertyNames": {"enum": [*PRIORITIES, "*"]}}),
]
"""A duration for each priority that has its own; a mapping is accepted."""


def _mark(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not 0 < value < 1:
            raise refused("not between 0 and 1", 'pass a fraction such as 0.75, or the time left such as "30m"')
        return float(value)
    left = parse_duration(value) if isinstance(value, str) else value
    if not isinstance(left, timedelta) or not timedelta(0) < left <= LONGEST:
        raise refused("not a warning", 'pass a fraction such as 0.75, or the time left such as "30m"')
    return left


def _written_mark(value: Mark) -> float | str:
    return format_duration(value) if isinstance(value, timedelta) else value


Warning_ = Annotated[
    Mark,
    BeforeValidator(_mark),
    PlainSerializer(_written_mark, return_type=float | str, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "examples": ["30m", "2h"]}]}),
]
"""A fraction of the amount, or the time that is left."""


class TargetOverride(Section):
    """Another amount for some tickets; what is left out fits every one."""

    level: Name | None = None
    """The customer's level."""
    priority: PriorityName | None = None
    type: Name | None = None
    """The ticket's type, and those below it."""
    within: Duration

    @model_validator(mode="after")
    def _says_something(self) -> TargetOverride:
        if self.level is None and self.priority is None and self.type is None:
            raise refused("an override that fits every ticket", "name a level, a priority or a type")
        return self

    def fits(self, priority: Priority, level: str, types: tuple[str, ...]) -> bool:
        """True if it holds for a ticket of that priority, its customer's level, and its type with all above it."""
        return (
            self.priority in (None, priority)
            and self.level in (None, level)
            and (self.type is None or self.type in types)
        )


class BaseTarget(Section):
    """One promise: how soon, in which time, when to warn, when the clock stands still."""

    metric: Metric
    step: Name | None = None
    """For the metric ``step``: which one; None: every step without a target of its own."""
    within: Duration
    """How long it may take, in the clock's own time. ``by_priority`` may say it instead, under ``"*"``."""
    by_priority: ByPriority = ()
    """Other amounts for some priorities."""
    overrides: tuple[TargetOverride, ...] = ()
    """Other amounts by customer level, priority and type; the first that fits goes before all else."""
    clock: Literal["business", "calendar"] | None = None
    """``business``: working time counts; ``calendar``: every second does. None: working time if there is a calendar."""
    calendar: Name | None = None
    """Another calendar than the policy's."""
    start: Start = "created"
    warn_at: tuple[Warning_, ...] = (0.75,)
    """When warnings are given: fractions of the amount, or the time that is left; empty: none."""
    pause_on: tuple[Category, ...] | None = None
    """The categories in which the clock stands still; None: those that the metric pauses in by default."""
    on_reopen: OnReopen = OnReopen.RESUME
    by_bot: bool = False
    """Does a machine's reply meet it too?"""

    @model_validator(mode="before")
    @classmethod
    def _any_priority(cls, given: Any) -> Any:
        # ``Any``: what a caller passed, before any check.
        if not isinstance(given, Mapping) or not isinstance(given.get("by_priority"), Mapping):
            return given
        amounts = dict(given["by_priority"])
        if "*" not in amounts:
            return given
        if "within" in given:
            raise refused("two amounts for every priority", 'keep within, or "*"', "by_priority", "*")
        return {**given, "within": amounts.pop("*"), "by_priority": amounts}

    @field_validator("warn_at", mode="after")
    @classmethod
    def _in_order(cls, value: tuple[Mark, ...]) -> tuple[Mark, ...]:
        fractions = sorted({one for one in value if isinstance(one, float)})
        left = sorted({one for one in value if isinstance(one, timedelta)}, reverse=True)
        return (*fractions, *left)

    @field_validator("by_priority", mode="after")
    @classmethod
    def _once(cls, value: tuple[tuple[Priority, timedelta], ...]) -> tuple[tuple[Priority, timedelta], ...]:
        if len({priority for priority, _ in value}) < len(value):
            raise refused("a priority is named twice", "keep one amount for each priority")
        return tuple(sorted(value))

    @field_validator("pause_on", mode="after")
    @classmethod
    def _can_pause(cls, value: tuple[Category, ...] | None) -> tuple[Category, ...] | None:
        for category in value or ():
            if category in (Category.RESOLVED, Category.CLOSED, Category.MERGED):
                raise refused(
                    sentence("clocks end in {category}, they cannot pause there", category=category),
                    "name a category of live tickets",
                )
        return None if value is None else tuple(sorted(set(value)))

    @model_validator(mode="after")
    def _fits_its_metric(self) -> BaseTarget:
        if self.step is not None and self.metric is not Metric.STEP:
            raise refused(
                sentence("{metric} has no steps", metric=self.metric), "leave step out, or use the metric step", "step"
            )
        if self.metric is Metric.PROMISE:
            raise refused("a promise says itself how soon it is due", "choose another metric", "metric")
        if self.clock == "calendar" and self.calendar is not None:
            raise refused("a calendar for a clock that counts every second", "leave one of the two out", "calendar")
        return self

    def amount(self, priority: Priority, level: str = "", types: tuple[str, ...] = ()) -> timedelta:
        """The target for a ticket of that priority, its customer's level, and its type with all above it."""
        for one in self.overrides:
            if one.fits(priority, level, types):
                return one.within
        return next((amount for one, amount in self.by_priority if one is priority), self.within)


class TargetSet(Section):
    """The targets that hold for a ticket together, under one name."""

    name: Name
    calendar: Name | None = None
    """The calendar whose working time its clocks count; None: the desk's default one."""
    boundary: Literal["nearest", "snap"] = "nearest"
    """An amount that ends with the day is due at the close, or (``snap``) at the next opening."""
    targets: tuple[BaseTarget, ...] = Field(min_length=1)
