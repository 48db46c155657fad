"""Service levels: which targets hold for which tickets."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from csdesk.domain.records._settings import refused
from csdesk.domain.records.clocks import Metric
from csdesk.domain.rules.language import Condition
from csdesk.domain.sla.targets import BaseTarget, TargetOverride, TargetSet

__all__ = ["SlaPolicy", "TargetOverride", "TargetPolicy"]


class TargetPolicy(BaseTarget):
    """One promise of a policy, for every ticket of the policy or only for some."""

    when: Condition | None = None
    """None: every ticket of the policy. Of several targets for one metric the first that fits holds."""


class SlaPolicy(TargetSet):
    """Targets with the condition under which they hold; of each scope the first policy that fits is taken."""

    when: Condition | None = None
    """None: every ticket fits."""
    scope: Literal["ticket", "group"] = "ticket"
    """``ticket``: what the customer is promised. ``group``: what the queue promises that has the ticket (OLA)."""
    targets: tuple[TargetPolicy, ...] = Field(min_length=1)

    @field_validator("targets", mode="after")
    @classmethod
    def _one_each(cls, value: tuple[TargetPolicy, ...]) -> tuple[TargetPolicy, ...]:
        certain: set[tuple[Metric, str | None]] = set()
        for place, target in enumerate(value):
            key = (target.metric, target.step)
            if key in certain:
                problem = f"{target.metric} has a target before that fits every ticket"
                raise refused(problem, "give that one a condition, or keep one target", place, "metric")
            if target.when is None:
                certain.add(key)
        return value
