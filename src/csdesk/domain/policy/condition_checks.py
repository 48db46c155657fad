"""What conditions may ask, where they stand: names that exist, operators and values that fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pydantic_core import PydanticCustomError

from csdesk._nearest import nearest
from csdesk.domain.policy.names import Names
from csdesk.domain.policy.walking import tests_in
from csdesk.domain.records._settings import refused
from csdesk.domain.rules.fields import (
    BY_PHRASE,
    CALENDAR,
    CUSTOM,
    LISTABLE,
    PATTERNS,
    SINCE,
    TIMED,
    Field,
    FieldType,
    Op,
    ops_of,
)
from csdesk.domain.rules.language import Condition, RulePolicy, Test, TimerPolicy
from csdesk.domain.rules.values import TestValue, checked
from csdesk.errors import sentence

if TYPE_CHECKING:
    from csdesk.domain.policy.sections.reading import SegmentPolicy

_WITH_A_MESSAGE: Final = frozenset({"ticket.is_new", "customer.is_new", "actor.kind", "actor.id"})
"""What says nothing when time comes, and no message with it."""

_OF_A_MOMENT: Final = frozenset({"customer.is_new", "customer.segments"})
"""What is known of a customer only while a message is taken in, or follows from segments."""

_BY_SPELLING: Final = LISTABLE | PATTERNS
"""How a part of a name is asked for, so that no name has to be there."""


def check_condition(names: Names, condition: Condition | None, *path: str | int, phrases: bool = False) -> None:
    """Refuse what a condition cannot ask, or asks of names that the configuration lacks."""
    for test, where in tests_in(condition, path):
        _check_typed(names, test, *where)
        if (test.op is Op.LIKE_PHRASE or test.field in BY_PHRASE) and not phrases:
            raise refused("phrases are looked up for messages alone", "use it in a rule on messages", *where)
        if test.op in CALENDAR:
            names.working_time(str(test.value), *where)
        reference = _reference(names, test)
        if reference is None:
            continue
        if isinstance(test.value, tuple):
            for place, name in enumerate(test.value):
                reference(str(name), *where, "value", place)
        elif test.value is not None:
            reference(str(test.value), *where, "value")


def check_timer(names: Names, rule: RulePolicy, timer: TimerPolicy, *path: str | int) -> None:
    """A timed rule counts from an instant, and sees a ticket to which nothing has just happened."""
    if timer.of.startswith("ticket.x."):
        declared = names.custom(timer.of, *path, "timer", "of")
        if declared is None or declared.type is not FieldType.TIME:
            raise refused("it needs an instant", "declare the field, with type time", *path, "timer", "of")
    names.calendar(timer.calendar, *path, "timer", "calendar")
    for test, where in tests_in(rule.when, (*path, "when")):
        if test.field.startswith("message.") or test.field in _WITH_A_MESSAGE:
            raise refused(
                sentence("no message comes with time, so {field} says nothing", field=test.field),
                "leave it out",
                *where,
            )
        if test.op in SINCE:
            raise refused("nothing changes when time comes", "ask for the value itself", *where, "op")


def check_segment(names: Names, segment: SegmentPolicy) -> None:
    """A segment asks what is stored of the customer and what time does to it, nothing else."""
    for test, where in tests_in(segment.when, ("segments", segment.name, "when")):
        if not test.field.startswith("customer.") or test.field in _OF_A_MOMENT:
            raise refused(
                sentence("a segment cannot ask for {field}", field=test.field),
                "ask for what is known of a customer",
                *where,
                "field",
            )
        if test.op in SINCE | CALENDAR:
            raise refused(sentence("a segment cannot ask {op}", op=test.op), "ask for the value itself", *where, "op")
    check_condition(names, segment.when, "segments", segment.name, "when")


def _check_typed(names: Names, test: Test, *path: str | int) -> None:
    field = names.custom(test.field, *path, "field") if test.field.startswith(CUSTOM) else None
    if field is None:
        if test.op in TIMED and test.field.startswith(CUSTOM):
            raise refused("it needs an instant", "declare the field, with type time", *path, "field")
        return
    if test.op not in (takes := ops_of(test.field, field)):
        raise refused(
            sentence("{op} does not fit a {type} field", op=test.op, type=field.type),
            nearest(test.op, takes),
            *path,
            "op",
        )
    check_value(field, test.op, test.value, *path)


def check_value(field: Field, op: Op, value: TestValue, *path: str | int) -> None:
    """Refuse a value that does not fit a custom field, at the path that leads to it."""
    try:
        checked(field, op, value)
    except PydanticCustomError as error:
        problem = error.context or {}
        raise refused(problem["problem"], problem["remedy"], *path, "value") from None


def _reference(names: Names, test: Test) -> Callable[..., None] | None:
    if test.op in _BY_SPELLING:
        return None
    return {
        "ticket.sla": names.service_level,
        "ticket.queue": names.queue,
        "ticket.site": names.site,
        "ticket.type": names.type,
        "ticket.status": names.status,
        "ticket.tags": names.tag,
        "ticket.flags": names.flag,
        "customer.flags": names.flag,
        "customer.segments": names.segment,
        "customer.level": names.level,
    }.get(test.field)
