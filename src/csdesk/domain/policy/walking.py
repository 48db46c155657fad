"""Every rule of a configuration and every test of a condition, with the path that leads to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from csdesk.domain.rules.language import Condition, Group, RulePolicy, Test

if TYPE_CHECKING:
    from csdesk.domain.policy.config import DeskConfig


Path = tuple[str | int, ...]


def rules_in(config: DeskConfig) -> Iterator[tuple[RulePolicy, Path]]:
    """Every rule with the path that leads to it."""
    for rule in config.rules:
        yield rule, ("rules", rule.name)
    for section in ("rule_sets", "scenarios"):
        for set_ in getattr(config, section):
            for rule in set_.rules:
                yield rule, (section, set_.name, "rules", rule.name)


def tests_in(
    condition: Condition | None,
    path: Iterable[str | int] = (),  # noqa: PT028  no test of pytest's: it yields the tests of a condition
) -> Iterator[tuple[Test, Path]]:
    """Every test of a condition with the path that leads to it."""
    if isinstance(condition, Test):
        yield condition, tuple(path)
    elif isinstance(condition, Group):
        for key in ("all", "any", "none"):
            for place, below in enumerate(getattr(condition, key) or ()):
                yield from tests_in(below, (*path, key, place))
