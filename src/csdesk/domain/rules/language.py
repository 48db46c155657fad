"""Conditions and rules, as a configuration states them.

A condition is a tree: *groups* join conditions (``all``, ``any``, ``none``; several in a group must all hold), *tests*
compare a declared field. What is wrong with a test is told when it is loaded, never when a message comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from csdesk._nearest import nearest
from csdesk.domain.records._model import Instant, Key, Name
from csdesk.domain.records._settings import CUSTOM_FIELD, Section, refused
from csdesk.domain.records.durations import Duration
from csdesk.domain.rules import fields
from csdesk.domain.rules.actions import Actions
from csdesk.domain.rules.fields import FieldType, Op
from csdesk.domain.rules.values import TestValue, checked, plain
from csdesk.errors import sentence


class _Joined(Section):
    """What can be joined to other conditions: ``a & b`` is all, ``a | b`` is any, ``~a`` is none."""

    def __and__(self, other: Group | Test) -> Group:
        return Group(all=(*_members(self, "all"), *_members(other, "all")))

    def __or__(self, other: Group | Test) -> Group:
        return Group(any=(*_members(self, "any"), *_members(other, "any")))

    def __invert__(self) -> Group | Test:
        inner = _members(self, "none")
        if inner != (self,):
            return inner[0] if len(inner) == 1 else Group(any=inner)
        return Group(none=tuple(_members(self, "any")))

    def __bool__(self) -> bool:
        raise TypeError("a condition is neither true nor false: join conditions with & | ~, not with and, or, not")


def _members(condition: object, kind: Literal["all", "any", "none"]) -> tuple[Group | Test, ...]:
    """The parts of a group that has no other kind of part; otherwise the condition itself."""
    assert isinstance(condition, Group | Test)
    if isinstance(condition, Group) and [one for one in ("all", "any", "none") if getattr(condition, one)] == [kind]:
        parts: tuple[Group | Test, ...] = getattr(condition, kind)
        return parts
    return (condition,)


class Test(_Joined):
    """One comparison: a declared field, an operator, and what it is compared with."""

    __test__ = False  # not a test case of ours

    field: str
    op: Op
    value: Annotated[TestValue, BeforeValidator(plain)] = Field(default=None, validate_default=True)
    """A list for the operators that take one; nothing for those that take none."""

    @field_validator("field", mode="after")
    @classmethod
    def _declared(cls, value: str) -> str:
        if fields.field_of(value) is None:
            raise refused("unknown field", nearest(value, NAMES))
        return value

    @field_validator("op", mode="after")
    @classmethod
    def _fits_field(cls, value: Op, info: ValidationInfo) -> Op:
        name = info.data.get("field", "")
        declared = fields.field_of(name)
        if declared is not None and value not in (takes := fields.ops_of(name, declared)):
            raise refused(
                sentence("{value} does not fit a {type} field", value=value, type=declared.type), nearest(value, takes)
            )
        return value

    @field_validator("value", mode="after")
    @classmethod
    def _fits_op(cls, value: TestValue, info: ValidationInfo) -> TestValue:
        declared, op = fields.field_of(info.data.get("field", "")), info.data.get("op")
        # If one of them is missing, the earlier problem is told.
        return value if declared is None or op is None else checked(declared, op, value)


NAMES: Final = (
    *fields.FIELDS,
    *(f"{one}<name>" for one in fields.CUSTOM),
    *(f"customer.{one}_<days>d" for one in fields.HISTORY),
)
"""Every name of a field, for remedies and tables."""


DEEPEST: Final = 50
"""How many groups may stand inside each other."""


class Group(_Joined):
    """Conditions joined. Where several of the three are given, all three must hold. None of them may be empty."""

    all: Some | None = None
    any: Some | None = None
    none: Some | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Group:
        if self.all is None and self.any is None and self.none is None:
            raise refused("an empty group", "add all, any or none with at least one condition")
        return self

    @model_validator(mode="after")
    def _not_too_deep(self) -> Group:
        level: list[Group] = [self]
        for _ in range(DEEPEST):
            level = [one for group in level for one in group.members if isinstance(one, Group)]
            if not level:
                return self
        raise refused(
            sentence("nested more than {deepest} groups deep", deepest=DEEPEST),
            "put conditions of one kind into one group: all_of(a, b, c)",
        )

    @property
    def members(self) -> tuple[Group | Test, ...]:
        """Everything that is joined here."""
        return (*(self.all or ()), *(self.any or ()), *(self.none or ()))


def _shape(value: Any) -> str | None:
    # ``Any``: what a caller passed, before any check.
    if isinstance(value, Group):
        return "<group>"
    if isinstance(value, Mapping):
        return "<group>" if not value or value.keys() & {"all", "any", "none"} else "<test>"
    return "<test>" if isinstance(value, Test) else None


Condition = Annotated[
    Annotated[Group, Tag("<group>")] | Annotated[Test, Tag("<test>")],
    Discriminator(
        _shape, custom_error_type="condition", custom_error_message="not a condition: pass a test or a group"
    ),
]
"""A test, or a group of conditions."""

Some = Annotated[tuple[Condition, ...], Field(min_length=1)]
"""At least one condition."""


Trigger = Literal["message", "change", "time"]
"""What rules are tried on: a person's message that came in, a change that a command or a rule made to a ticket, or (for
a rule with a ``timer``) an instant that has come."""


def _once(value: tuple[Trigger, ...]) -> tuple[Trigger, ...]:
    return tuple(sorted(set(value), reverse=True))


class Windowed(Section):
    """What is in force from one instant to another."""

    active_from: Instant | None = None
    """From this instant on; None: from the beginning."""
    active_until: Instant | None = None
    """Until just before this instant; None: for good."""

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.active_from is not None and self.active_until is not None and self.active_from >= self.active_until:
            raise refused("it ends before it begins", "put active_until after active_from", "active_until")
        return self

    def is_active(self, now: datetime) -> bool:
        """True if its window is open at that instant."""
        return (self.active_from is None or self.active_from <= now) and (
            self.active_until is None or now < self.active_until
        )


TIMES: Final = (
    *("ticket.created_at", "ticket.updated_at", "ticket.customer_at", "ticket.replied_at", "ticket.waiting_since"),
    *("ticket.resolved_at", "ticket.closed_at", "ticket.sla_due_at"),
)
"""What the time of a rule can be counted from; custom fields of type ``time`` come on top."""


class TimerPolicy(Section):
    """When a timed rule is due: so long ``after`` an instant of the ticket, or so long ``before`` it."""

    of: str
    """A field: one of ``TIMES``, or ``ticket.x.<name>``. ``ticket.updated_at`` passes over what timed rules did."""
    after: Duration | None = None
    before: Duration | None = None
    calendar: Name | None = None
    """The calendar whose working time counts; None: every second. Only with ``after``."""

    @field_validator("of", mode="after")
    @classmethod
    def _is_instant(cls, value: str) -> str:
        if value not in TIMES and not (value.startswith("ticket.x.") and fields.field_of(value) is not None):
            raise refused("not an instant of a ticket", nearest(value, (*TIMES, "ticket.x.<name>")))
        return value

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if (self.after is None) == (self.before is None):
            raise refused("it needs either after or before", "give one of them", "after")
        if self.before is not None and self.calendar is not None:
            raise refused("working time counts only after an instant", "leave the calendar out", "calendar")
        return self


class RulePolicy(Windowed):
    """When a message fits, then these actions. Rules are tried in the order in which they stand."""

    name: Name
    timer: TimerPolicy | None = None
    """For a rule that is tried when its time has come, on each ticket by itself, once for each value of the instant
    that it counts from. ``stop`` and ``mode`` mean nothing to it."""
    when: Condition | None = None
    """None: every message fits."""
    then: Actions
    on: Annotated[tuple[Trigger, ...], AfterValidator(_once)] = Field(default=("message",), min_length=1)
    """What it is tried on. One that is tried on a change sees the ticket after it, and ``changed`` what was before."""
    stop: bool = False
    """No later rule of its set is tried once this one fires."""
    enabled: bool = True
    owner: str = ""
    """Who answers for the rule."""
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _timed_on_time(cls, value: object) -> object:
        if isinstance(value, dict) and value.get("timer") is not None:
            return {"on": ("time",), **value}
        return value

    @model_validator(mode="after")
    def _has_its_timer(self) -> Self:
        if self.timer is not None and self.on != ("time",):
            raise refused("a rule with a timer is tried on time alone", "leave on out", "on")
        if self.timer is None and "time" in self.on:
            raise refused("a rule on time needs its timer", "add timer = { of = ..., after = ... }", "timer")
        return self


class RuleSetPolicy(Windowed):
    """Rules that belong together, with an order and a ``stop`` of their own. Sets come after ``rules``, in order."""

    name: Name
    mode: Literal["all", "first"] = "all"
    """``first``: no rule of the set is tried after the first one that fires."""
    rules: tuple[RulePolicy, ...] = Field(min_length=1)
    enabled: bool = True
    owner: str = ""
    note: str = ""


class MacroPolicy(Section):
    """Actions that a person runs on a ticket with one command: all of them happen, or none."""

    name: Name
    title: str = ""
    when: Condition | None = None
    """The tickets that it is for; None: every one."""
    then: Actions
    agents: tuple[Key, ...] = ()
    """Whose it is, by id; with ``queues`` left empty too, everybody's."""
    queues: tuple[Name, ...] = ()
    """The queues whose people may run it."""
    note: str = ""


class FieldPolicy(Section):
    """A custom field, so that conditions on it are checked. If a ticket or customer has one, it has all of them."""

    name: Annotated[Key, Field(pattern=CUSTOM_FIELD)]
    """``ticket.x.<name>`` or ``customer.x.<name>``."""
    type: Literal["text", "word", "flag", "number", "time"]
    """``time`` fields hold an instant as text, in ISO 8601 with its offset."""
    title: str = ""
    choices: tuple[str, ...] = ()
    """The values that a word may have; empty: any."""
    personal: bool = True
    """Are its values shown only to those who may see personal ones?"""

    @model_validator(mode="after")
    def _words_choose(self) -> Self:
        if self.choices and self.type != "word":
            raise refused("only words have choices", "leave them out, or make it a word", "choices")
        return self

    @property
    def field(self) -> fields.Field:
        """What conditions know of it."""
        return fields.Field(FieldType(self.type), self.choices, optional=True, personal=self.personal)


def in_order(rules: Sequence[RulePolicy], mode: Literal["all", "first"], sets: Sequence[RuleSetPolicy]) -> Plan:
    """Every rule with the set it belongs to, as they are tried; those that are off are left out."""
    main = RuleSetPolicy(name="rules", mode=mode, rules=tuple(rules)) if rules else None
    return tuple(
        (one, rule) for one in (main, *sets) if one is not None and one.enabled for rule in one.rules if rule.enabled
    )


Plan = tuple[tuple[RuleSetPolicy, RulePolicy], ...]
"""Rules in the order in which they are tried, each with its set."""
