"""Conditions that hold only for a record with two tags of one exclusive group.

No record gets two of a group, but one that was tagged before there was the group may have them: so this is a warning,
and no rule is called dead for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from csdesk.domain.analysis.findings import Finding
from csdesk.domain.analysis.reachable import Path, alternatives
from csdesk.domain.analysis.setting import Setting
from csdesk.domain.analysis.solver import solve
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.policy.walking import rules_in
from csdesk.domain.rules.checks import listed
from csdesk.domain.rules.fields import KEYWORD, Op
from csdesk.domain.rules.language import Condition, Trigger
from csdesk.domain.rules.reads import tests_of

_FIELDS: Final = ("ticket.tags", "customer.tags")


def exclusive(config: DeskConfig, settings: Mapping[Trigger, Setting]) -> Iterator[Finding]:
    """The conditions, and the alternatives inside them, that two tags of a group make impossible."""
    groups = {one.name: one.group for one in config.tags if one.group is not None}
    if not groups:
        return
    for condition, path, triggers in _conditions(config):
        if condition is not None:
            for where, tags in _wrong(condition, [settings[on] for on in triggers], groups):
                told = (("tags", ", ".join(tags)), ("group", groups[tags[0]]))
                yield Finding(code="check.tags_exclude", path=".".join(map(str, (*path, *where))), params=told)


def _wrong(
    condition: Condition, settings: Sequence[Setting], groups: Mapping[str, str]
) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """The outermost parts that are impossible by the groups alone, with the tags."""
    found: list[Path] = []
    parts: list[tuple[Path, Condition]] = [((), condition), *alternatives(condition)]
    for where, narrowed in parts:
        tags = _rivals(narrowed, groups)
        if not tags or any(where[: len(one)] == one for one in found):
            continue
        strict = [replace(one, groups=groups) for one in settings]
        if all(solve([(narrowed, True)], one).impossible for one in strict) and not all(
            solve([(narrowed, True)], one).impossible for one in settings
        ):
            found.append(where)
            yield where, tags


def _rivals(condition: Condition, groups: Mapping[str, str]) -> tuple[str, ...]:
    """Tags of one group that different tests of one field name; none if a single test tells of it already."""
    for field in _FIELDS:
        named: dict[str, list[str]] = {}
        for test in tests_of(condition):
            if test.field == field and test.op in KEYWORD:
                names = [str(one) for one in listed(test.value)]
                if test.op is Op.CONTAINS_ALL and _clash(names, groups):
                    return ()
                for name in names:
                    if name in groups and name not in named.setdefault(groups[name], []):
                        named[groups[name]].append(name)
        for tags in named.values():
            if len(tags) > 1:
                return tuple(tags)
    return ()


def _clash(names: Sequence[str], groups: Mapping[str, str]) -> bool:
    held = [groups[name] for name in names if name in groups]
    return len(set(held)) < len(held)


_Where = tuple[Condition | None, tuple[str | int, ...], tuple[Trigger, ...]]


def _conditions(config: DeskConfig) -> Iterator[_Where]:
    """Every condition of the configuration, where it stands, and what it is tried on."""
    for rule, path in rules_in(config):
        if rule.enabled:
            yield rule.when, (*path, "when"), rule.on
    for section in ("sla", "macros", "escalations", "segments"):
        for one in getattr(config, section):
            yield one.when, (section, one.name, "when"), ("change",)
    for need in config.routing.needs:
        yield need.when, ("routing", "needs", need.name, "when"), ("change",)
    for section in ("sla", "immediacy"):
        for one in getattr(config, section):
            for place, target in enumerate(one.targets):
                yield target.when, (section, one.name, "targets", place, "when"), ("change",)
