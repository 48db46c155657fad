"""Service levels: which targets hold for which tickets."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from csdesk.domain.records._model import Key, Name
from csdesk.domain.records._settings import Section, refused
from csdesk.domain.records.clocks import Metric
from csdesk.domain.records.durations import Duration, DurationOrZero
from csdesk.domain.records.priorities import PriorityName
from csdesk.domain.rules.language import Condition
from csdesk.domain.sla.targets import BaseTarget, TargetOverride, TargetSet
from csdesk.errors import sentence

__all__ = ["EscalationActions", "EscalationPolicy", "EscalationStep", "SlaPolicy", "TargetOverride", "TargetPolicy"]


class EscalationActions(Section):
    """What an escalation does: who is told, who gets the ticket, what changes."""

    tell: tuple[Key, ...] = ()
    """Who is to be told: names that mean something to you, such as a role, a group or an agent's id."""
    queue: Name | None = None
    """Who gets the ticket: it leaves its worker and waits there."""
    priority: PriorityName | None = None
    tags: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not (self.tell or self.queue or self.priority or self.tags):
            raise refused("an escalation that does nothing", "add tell, queue, priority or tags")
        return self


class EscalationStep(EscalationActions):
    """One step of a clock's escalation: ``after`` the due instant, or when that much is ``left``; in its own time."""

    after: DurationOrZero | None = None
    left: Duration | None = None

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if (self.after is None) == (self.left is None):
            raise refused("no place in time", 'give one of after = "2h" and left = "30m"')
        return self

    @property
    def offset(self) -> timedelta:
        """How long after the amount is used up; negative: before."""
        return -self.left if self.left is not None else self.after or timedelta(0)


class EscalationPolicy(EscalationActions):
    """An escalation by condition (tags, level, priority, fields, ...), looked at with each message of a customer.

    Made once for each ticket, and once again after each reopening.
    """

    name: Name
    when: Condition


class TargetPolicy(BaseTarget):
    """One promise of a policy, for every ticket of the policy or only for some."""

    when: Condition | None = None
    """None: every ticket of the policy. Of several targets for one metric the first that fits holds."""
    escalate: tuple[EscalationStep, ...] = ()
    """What happens when the clock runs late, or short; each step once for each clock."""

    @field_validator("escalate", mode="after")
    @classmethod
    def _by_time(cls, value: tuple[EscalationStep, ...]) -> tuple[EscalationStep, ...]:
        return tuple(sorted(value, key=lambda step: step.offset))


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
                problem = sentence("{metric} has a target before that fits every ticket", metric=target.metric)
                raise refused(problem, "give that one a condition, or keep one target", place, "metric")
            if target.when is None:
                certain.add(key)
        return value
