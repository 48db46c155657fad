"""What a service level promises: targets by metric, and when their clocks stand still."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, field_validator

from csdesk.domain.records._model import Name
from csdesk.domain.records._settings import Section, refused
from csdesk.domain.records.durations import Duration, format_duration
from csdesk.domain.records.priorities import PRIORITIES, PriorityName
from csdesk.domain.records.tickets import Category, Priority


def _pairs(value: object) -> object:
    return tuple(sorted(value.items(), key=lambda pair: str(pair[0]))) if isinstance(value, Mapping) else value


def _mapping(value: tuple[tuple[Priority, timedelta], ...]) -> dict[str, str]:
    return {priority.name.lower(): format_duration(amount) for priority, amount in value}


ByPriority = Annotated[
    tuple[tuple[PriorityName, Duration], ...],
    BeforeValidator(_pairs),
    PlainSerializer(_mapping, return_type=dict[str, str], when_used="json"),
    WithJsonSchema({"type": "object", "propertyNames": {"enum": list(PRIORITIES)}}),
]
"""A duration for each priority that has its own; a mapping is accepted."""


class TargetPolicy(Section):
    """One promise: how soon, when to warn, when the clock stands still."""

    metric: Literal["first_reply", "next_reply", "resolution"]
    within: Duration
    """How long it may take, in the clock's own time."""
    by_priority: ByPriority = ()
    """Other amounts for some priorities."""
    warn_at: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = (0.75,)
    """Fractions of the amount at which a warning is given; empty: none."""
    pause_on: tuple[Category, ...] = ()
    """The categories in which the clock stands still."""

    @field_validator("warn_at", mode="after")
    @classmethod
    def _in_order(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(sorted(set(value)))

    @field_validator("by_priority", mode="after")
    @classmethod
    def _once(cls, value: tuple[tuple[Priority, timedelta], ...]) -> tuple[tuple[Priority, timedelta], ...]:
        if len({priority for priority, _ in value}) < len(value):
            raise refused("a priority is named twice", "keep one amount for each priority")
        return tuple(sorted(value))

    @field_validator("pause_on", mode="after")
    @classmethod
    def _can_pause(cls, value: tuple[Category, ...]) -> tuple[Category, ...]:
        for category in value:
            if category in (Category.RESOLVED, Category.CLOSED, Category.MERGED):
                raise refused(f"clocks end in {category}, they cannot pause there", "name a category of live tickets")
        return tuple(sorted(set(value)))

    def amount(self, priority: Priority) -> timedelta:
        """The target for a ticket of that priority."""
        return next((amount for one, amount in self.by_priority if one is priority), self.within)


class TargetSet(Section):
    """The targets that hold for a ticket together, under one name."""

    name: Name
    targets: tuple[TargetPolicy, ...] = Field(min_length=1)

    @field_validator("targets", mode="after")
    @classmethod
    def _one_each(cls, value: tuple[TargetPolicy, ...]) -> tuple[TargetPolicy, ...]:
        metrics = [target.metric for target in value]
        for place, metric in enumerate(metrics):
            if metric in metrics[:place]:
                raise refused(f"{metric} has two targets", "keep one target for each metric", place, "metric")
        return value

    def target(self, metric: str) -> TargetPolicy | None:
        """The target of that metric, None if the policy has none."""
        return next((one for one in self.targets if one.metric == metric), None)
