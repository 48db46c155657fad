"""What a configuration declares and never uses, or uses and never declares."""

from __future__ import annotations

from collections.abc import Iterator

from csdesk.domain.analysis.findings import Finding
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.policy.sections.service_levels import EscalationActions, TargetPolicy
from csdesk.domain.policy.walking import rules_in, tests_in
from csdesk.domain.rules import actions as act
from csdesk.domain.rules.checks import listed
from csdesk.domain.rules.fields import CUSTOM, KEYWORD, Op
from csdesk.domain.rules.language import Test


def usage(config: DeskConfig) -> Iterator[Finding]:
    """Tags, segments, flags, queues and fields that nobody sets, reads or reaches."""
    yield from _speaking(config)
    yield from _tags(config)
    yield from _groups(config)
    yield from _segments(config)
    yield from _queues(config)
    yield from _sites(config)
    yield from _immediacy(config)
    yield from _fields(config)


def _tests(config: DeskConfig) -> Iterator[tuple[Test, str]]:
    """Every test with its path."""
    for rule, path in rules_in(config):
        if rule.enabled:
            yield from ((test, _path(where)) for test, where in tests_in(rule.when, (*path, "when")))
    for section in ("sla", "macros", "escalations"):
        for one in getattr(config, section):
            yield from ((test, _path(where)) for test, where in tests_in(one.when, (section, one.name, "when")))
    for service in config.authority.services:
        path = ("authority", "services", service.name, "when")
        yield from ((test, _path(where)) for test, where in tests_in(service.when, path))
    for segment in config.segments:
        path = ("segments", segment.name, "when")
        yield from ((test, _path(where)) for test, where in tests_in(segment.when, path))
    for need in config.routing.needs:
        path = ("routing", "needs", need.name, "when")
        yield from ((test, _path(where)) for test, where in tests_in(need.when, path))
    for where, targets in _promises(config):
        for place, target in enumerate(targets):
            path = (*where, "targets", place, "when")
            yield from ((test, _path(where)) for test, where in tests_in(target.when, path))


def _path(parts: tuple[str | int, ...]) -> str:
    return ".".join(map(str, parts))


def _actions(config: DeskConfig) -> Iterator[act.Action]:
    for rule, _ in rules_in(config):
        if rule.enabled:
            yield from rule.then
    for macro in config.macros:
        yield from macro.then


def _escalations(config: DeskConfig) -> Iterator[EscalationActions]:
    yield from config.escalations
    for _, targets in _promises(config):
        for target in targets:
            yield from target.escalate


def _promises(config: DeskConfig) -> Iterator[tuple[tuple[str, str], tuple[TargetPolicy, ...]]]:
    """Everything that is promised, with its place."""
    yield from ((("sla", one.name), one.targets) for one in config.sla)
    yield from ((("immediacy", one.name), one.targets) for one in config.immediacy)


def _speaking(config: DeskConfig) -> Iterator[Finding]:
    """Rules on changes that write to customers, where nothing that may write could set them off."""
    rules = [(rule, path) for rule, path in rules_in(config) if rule.enabled]
    if any({"message", "time"} & {*rule.on} for rule, _ in rules):
        return
    for rule, path in rules:
        for place, action in enumerate(rule.then):
            if isinstance(action, act.SPEAKING):
                given = (("rule", rule.name), ("action", action.do))
                yield Finding(code="check.never_speaks", path=_path((*path, "then", place)), params=given)


def _tags(config: DeskConfig) -> Iterator[Finding]:
    set_ = {one.name for one in config.tags if one.keywords}
    set_ |= {name for one in _escalations(config) for name in one.tags}
    for action in _actions(config):
        if isinstance(action, act.AddTags | act.SetTags | act.TagCustomer):
            set_ |= {*action.tags}
    read: set[str] = set()
    told: set[str] = set()
    for test, path in _tests(config):
        if test.field not in ("ticket.tags", "customer.tags") or test.op not in KEYWORD:
            continue
        for name in map(str, listed(test.value)):
            read.add(name)
            if test.field == "ticket.tags" and ":" not in name and name not in set_ | told:
                told.add(name)
                yield Finding(code="check.tag_never_set", path=path, params=(("tag", name),))
    for tag in config.tags:
        if tag.name not in read:
            yield Finding(code="check.tag_never_read", path=f"tags.{tag.name}", params=(("tag", tag.name),))


def _groups(config: DeskConfig) -> Iterator[Finding]:
    """Conditions that want two tags of an exclusive group on one record."""
    groups = {one.name: one.group for one in config.tags if one.group is not None}
    for test, path in _tests(config):
        if test.field in ("ticket.tags", "customer.tags") and test.op is Op.CONTAINS_ALL:
            names = [str(one) for one in listed(test.value) if one in groups]
            held = [groups[name] for name in names]
            for group in dict.fromkeys(one for one in held if held.count(one) > 1):
                both = ", ".join(name for name in names if groups[name] == group)
                yield Finding(code="check.tags_exclude", path=path, params=(("tags", both), ("group", group)))


def _segments(config: DeskConfig) -> Iterator[Finding]:
    read = {
        str(name)
        for test, _ in _tests(config)
        if test.field == "customer.segments" and test.op in KEYWORD
        for name in listed(test.value)
    }
    for segment in config.segments:
        if segment.name not in read:
            told = (("segment", segment.name),)
            yield Finding(code="check.segment_never_read", path=f"segments.{segment.name}", params=told)


def _queues(config: DeskConfig) -> Iterator[Finding]:
    sections = (config.accounts, config.types, config.entry_points, config.sites, config.departments)
    used: set[str | None] = {config.default_queue, *(one.hand_off_to for one in config.queues)}
    used |= {one.queue for section in sections for one in section}
    used |= {one.queue for one in _escalations(config)}
    moving = (act.SetQueue, act.Transfer, act.HandBack)
    used |= {action.queue for action in _actions(config) if isinstance(action, moving)}
    used |= {help_.queue for one in config.queues for help_ in one.routing.overflow}
    for queue in config.queues:
        if queue.name not in used:
            yield Finding(code="check.queue_never_used", path=f"queues.{queue.name}", params=(("queue", queue.name),))


def _sites(config: DeskConfig) -> Iterator[Finding]:
    """Queues that name no site where others do, and sites that no queue serves."""
    named = {site for one in config.queues for site in one.sites}
    if not named:
        return
    everywhere = [one.name for one in config.queues if not one.sites]
    for queue in everywhere:
        yield Finding(code="check.queue_without_site", path=f"queues.{queue}", params=(("queue", queue),))
    for site in config.sites:
        if not everywhere and site.name not in named:
            yield Finding(code="check.site_without_queue", path=f"sites.{site.name}", params=(("site", site.name),))


def _immediacy(config: DeskConfig) -> Iterator[Finding]:
    """Classes that no type names nor any other falls back on, and targets behind a level that fits every ticket."""
    named = {one.immediacy for one in config.types} | {one.fallback for one in config.immediacy}
    staged = {name for one in config.scenarios for name in one.sla}
    general = (one.name for one in config.sla if one.scope == "ticket" and one.when is None and one.name not in staged)
    first = next(general, None)
    for one in config.immediacy:
        path, told = f"immediacy.{one.name}", ("immediacy", one.name)
        if one.name not in named:
            yield Finding(code="check.immediacy_never_used", path=path, params=(told,))
        elif one.targets and first is not None:
            yield Finding(
                code="check.immediacy_promises_nothing", path=f"{path}.targets", params=(told, ("sla", first))
            )


def _fields(config: DeskConfig) -> Iterator[Finding]:
    declared = {one.name for one in config.fields}
    told: set[str] = set()
    for test, path in _tests(config):
        if test.field.startswith(CUSTOM) and test.field not in declared | told:
            told.add(test.field)
            yield Finding(code="check.undeclared_field", path=f"{path}.field", params=(("field", test.field),))
