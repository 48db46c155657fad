"""What queues and their routing may name: helpers, hours, needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from csdesk.domain.policy.condition_checks import check_condition
from csdesk.domain.policy.names import Names
from csdesk.domain.policy.walking import tests_in
from csdesk.domain.records._settings import refused
from csdesk.errors import sentence

if TYPE_CHECKING:
    from csdesk.domain.policy.config import DeskConfig
    from csdesk.domain.policy.sections.routing import RoutingNeed
    from csdesk.domain.policy.sections.service import QueuePolicy


def check_routing(names: Names, config: DeskConfig) -> None:
    """Refuse needs, weights, hours and helpers that are not there, and help that goes in a circle."""
    for need in config.routing.needs:
        _check_need(names, need)
    for place, weight in enumerate(config.routing.weights):
        names.each_queue(weight.queues, "routing", "weights", place, "queues")
        for number, account in enumerate(weight.accounts):
            names.account(account, "routing", "weights", place, "accounts", number)
        for number, type_ in enumerate(weight.types):
            names.type(type_, "routing", "weights", place, "types", number)
    for queue in config.queues:
        _check_helpers(names, queue)
        _check_hours(names, queue)
    _check_overflow(config)


def _check_need(names: Names, need: RoutingNeed) -> None:
    path = ("routing", "needs", need.name)
    check_condition(names, need.when, *path, "when")
    for test, where in tests_in(need.when, (*path, "when")):
        if test.field.startswith("message."):
            remedy = "ask about the ticket: let a rule set a tag or a field by the message"
            raise refused("routing looks at a ticket again when its message is long gone", remedy, *where, "field")
    names.each_queue(need.queues, *path, "queues")
    names.calendar(need.calendar, *path, "calendar")
    if need.clock == "working" and not need.calendar and not names.calendars:
        raise refused("working time without a calendar", "name one: calendar = ...", *path, "clock")


def _check_hours(names: Names, queue: QueuePolicy) -> None:
    after, path = queue.after_hours, ("queues", queue.name)
    if after is None:
        if queue.bot_when == "closed":
            raise refused("nothing says when the queue is closed", "add after_hours", *path, "bot_when")
        return
    names.calendar(after.calendar, *path, "after_hours", "calendar")
    if not (after.calendar or queue.name in names.hours or names.has_default):
        raise refused("nothing says when the queue is closed", "name a calendar", *path, "after_hours", "calendar")


def _check_helpers(names: Names, queue: QueuePolicy) -> None:
    path = ("queues", queue.name, "routing")
    names.calendar(queue.routing.hours, *path, "hours")
    for number, level in enumerate(queue.routing.reserve_levels):
        names.level(level, *path, "reserve_levels", number)
    for number, help_ in enumerate(queue.routing.overflow):
        names.queue(help_.queue, *path, "overflow", number, "queue")


def _check_overflow(config: DeskConfig) -> None:
    """Refuse queues that would help each other out in a circle, with the way around it."""
    helpers = {one.name: tuple(help_.queue for help_ in one.routing.overflow) for one in config.queues}
    for queue in config.queues:
        way = _circle(queue.name, helpers, (queue.name,))
        if way is not None:
            told = " -> ".join(way)
            remedy = "take one of these steps out"
            raise refused(
                sentence("the queues overflow in a circle: {way}", way=told),
                remedy,
                "queues",
                way[0],
                "routing",
                "overflow",
            )


def _circle(queue: str, helpers: Mapping[str, tuple[str, ...]], way: tuple[str, ...]) -> tuple[str, ...] | None:
    """A way that leads back to its beginning, None if there is none; circles elsewhere are found from there."""
    for after in helpers.get(queue, ()):
        if after == way[0]:
            return (*way, after)
        if after not in way:
            found = _circle(after, helpers, (*way, after))
            if found is not None:
                return found
    return None


def check_former_queues(config: DeskConfig) -> None:
    """Refuse former names that are queues still, or that two queues claim."""
    heirs: dict[str, str] = {}
    present = {one.name for one in config.queues}
    for queue in config.queues:
        for former in queue.formerly:
            path = ("queues", queue.name, "formerly")
            if former in present:
                raise refused(
                    sentence("queue {former!r} is there still", former=former), "remove that queue, or this name", *path
                )
            if former in heirs:
                raise refused(
                    sentence("{former!r} stands at {heir!r} too", former=former, heir=heirs[former]),
                    "let one queue take its place",
                    *path,
                )
            heirs[former] = queue.name
