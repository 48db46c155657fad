"""What must fit together across the sections of a configuration: references, and names that may stand only once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from csdesk.domain.policy.action_checks import check_action
from csdesk.domain.policy.authority_checks import check_authority
from csdesk.domain.policy.condition_checks import check_condition, check_segment, check_timer
from csdesk.domain.policy.immediacy import check_immediacy
from csdesk.domain.policy.names import Names
from csdesk.domain.policy.promise_checks import check_promises
from csdesk.domain.policy.queue_checks import check_former_queues, check_routing
from csdesk.domain.policy.receiving import check_reception
from csdesk.domain.policy.sites import check_sites
from csdesk.domain.policy.walking import Path, rules_in
from csdesk.domain.records._settings import refused
from csdesk.domain.records.durations import format_duration
from csdesk.domain.records.tags import namespace_of
from csdesk.domain.records.tickets import Category
from csdesk.domain.rules.language import MacroPolicy, RulePolicy
from csdesk.errors import sentence

if TYPE_CHECKING:
    from csdesk.domain.policy.config import DeskConfig


_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_NAMED: Final = (
    *("queues", "accounts", "entry_points", "levels", "types", "statuses", "tags", "flags", "segments"),
    *("rules", "rule_sets", "scenarios", "macros", "fields"),
    *("calendars", "holidays", "sla", "escalations", "bots", "departments", "sites", "immediacy"),
)
"""The sections in which each name stands once."""


def check(config: DeskConfig) -> None:
    """Raise the first inconsistency, as a validator's error with its path."""
    for section in _NAMED:
        _unique(section, getattr(config, section))
    _unique("routing.needs", config.routing.needs)
    for section in ("actions", "alternatives", "services"):
        _unique(f"authority.{section}", getattr(config.authority, section))
    _unique_rules(config)
    check_former_queues(config)
    _check_tags(config)
    _check_statuses(config)
    _check_retention(config)
    check_reception(config)
    check_sites(config)
    check_immediacy(config)
    check_authority(config)
    _check_references(Names(config), config)


def _unique(section: str, items: Sequence[_Named]) -> None:
    seen: set[str] = set()
    for item in items:
        if item.name in seen:
            raise refused("the name stands twice", "give each one its own name", *section.split("."), item.name)
        seen.add(item.name)


def _unique_rules(config: DeskConfig) -> None:
    """A rule is called by its name, wherever it stands."""
    seen: set[str] = set()
    for rule, path in rules_in(config):
        if rule.name in seen and path[0] != "rules":
            raise refused("the name stands twice", "give each rule its own name", *path)
        seen.add(rule.name)


def _check_tags(config: DeskConfig) -> None:
    for tag in config.tags:
        if namespace_of(tag.name):
            own = tag.name.rpartition(":")[2]
            problem = sentence("{name!r} belongs to a system outside", name=tag.name)
            remedy = sentence(
                "name it {own!r}, or leave it out: what a system outside syncs need not be declared", own=own
            )
            raise refused(problem, remedy, "tags", tag.name, "name")


def _check_statuses(config: DeskConfig) -> None:
    categories = {category.value: category for category in Category}
    for status in config.statuses:
        if categories.get(status.name, status.category) is not status.category:
            raise refused(
                sentence("{name!r} is the name of another category", name=status.name),
                "choose another name",
                "statuses",
                status.name,
                "name",
            )


def _check_retention(config: DeskConfig) -> None:
    """What would be forgotten while it is still needed."""
    kept = config.retention
    types = [one.reopen for one in config.types if one.reopen is not None]
    reopens = max(span for one in (config.reopen, *types) for span in (one.window, one.grace))
    needed: tuple[tuple[str, timedelta | None, timedelta, str], ...] = (
        ("inbound_claims", kept.inbound_claims, max(config.backlog, _DAY), "messages delivered again"),
        ("command_claims", kept.command_claims, _HOUR, "commands that are run again"),
        ("outbound_claims", kept.outbound_claims, _DAY, "receipts of what was sent"),
        ("mail_claims", kept.mail_claims, reopens, "answers by mail, while they still reopen a ticket"),
        ("closed_tickets", kept.closed_tickets, reopens, "tickets that may still reopen"),
        ("orphaned_media", kept.orphaned_media, _MINUTE, "files whose commit is on its way"),
    )
    for name, span, least, what in needed:
        if span is not None and span < least:
            remedy = sentence(
                "keep them for {least} or longer: they are needed for {what}", least=format_duration(least), what=what
            )
            raise refused("too short", remedy, "retention", name)


def _check_references(names: Names, config: DeskConfig) -> None:
    names.queue(config.default_queue, "default_queue")
    for section in ("accounts", "entry_points", "types", "departments"):
        for one in getattr(config, section):
            if one.queue is not None:
                names.queue(one.queue, section, one.name, "queue")
    macros = ((one, ("macros", one.name)) for one in config.macros)
    deciding: list[tuple[RulePolicy | MacroPolicy, Path]] = [*rules_in(config), *macros]
    for rule, path in deciding:
        check_condition(names, rule.when, *path, "when", phrases=isinstance(rule, RulePolicy) and "message" in rule.on)
        if isinstance(rule, RulePolicy) and rule.timer is not None:
            check_timer(names, rule, rule.timer, *path)
        for place, action in enumerate(rule.then):
            check_action(names, action, *path, "then", place)
    for macro in config.macros:
        names.each_queue(macro.queues, "macros", macro.name, "queues")
    names.calendar(config.calendar, "calendar")
    _check_groups(names, config)
    check_promises(names, config)
    check_routing(names, config)


def _check_groups(names: Names, config: DeskConfig) -> None:
    for segment in config.segments:
        check_segment(names, segment)
    for scenario in config.scenarios:
        for place, name in enumerate(scenario.sla):
            names.service_level(name, "scenarios", scenario.name, "sla", place)
