"""Immediacy as decisions read it: which classes a matter may go by, and the service levels that their targets make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from csdesk.domain.policy.sections.immediacy import ImmediacyPolicy
from csdesk.domain.policy.sections.service_levels import SlaPolicy
from csdesk.domain.records._settings import refused, unknown
from csdesk.domain.rules.fields import Op
from csdesk.domain.rules.language import Condition, Group, Test
from csdesk.errors import sentence

if TYPE_CHECKING:
    from csdesk.domain.policy.config import DeskConfig


def chain_of(config: DeskConfig, name: str) -> tuple[ImmediacyPolicy, ...]:
    """The class of that name and those that it falls back on, in order; empty if there is none."""
    known = {one.name: one for one in config.immediacy}
    found: list[ImmediacyPolicy] = []
    after = known.get(name)
    while after is not None and after not in found:
        found.append(after)
        after = known.get(after.fallback or "")
    return tuple(found)


def default_levels(config: DeskConfig) -> Iterator[SlaPolicy]:
    """The service levels that classes of immediacy make, for the tickets of the types that name them."""
    for one in config.immediacy:
        condition = _of_types(config, one.name) if one.targets else None
        if condition is not None:
            yield SlaPolicy(name=one.level, when=condition, calendar=one.calendar, targets=one.targets)


def _of_types(config: DeskConfig, name: str) -> Condition | None:
    """A condition on the types whose class is that one: what a type does not say it has from its nearest ancestor."""
    said = {one.name: one.immediacy for one in config.types if one.immediacy is not None}
    found: list[Condition] = []
    for type_, named in said.items():
        if named == name:
            others = [_below(other) for other in said if other.startswith(f"{type_}/") and said[other] != name]
            here = _below(type_)
            found.append(Group(all=(here, Group(none=tuple(others)))) if others else here)
    return Group(any=tuple(found)) if found else None


def _below(type_: str) -> Condition:
    exactly = Test(field="ticket.type", op=Op.EQ, value=type_)
    return Group(any=(exactly, Test(field="ticket.type", op=Op.STARTS_WITH, value=f"{type_}/")))


def check_immediacy(config: DeskConfig) -> None:
    """Refuse classes that there are none of, and those that fall back on each other."""
    known = {one.name for one in config.immediacy}
    calendars = {one.name for one in config.calendars}
    for type_ in config.types:
        if type_.immediacy is not None and type_.immediacy not in known:
            raise unknown("class of immediacy", type_.immediacy, known, "types", type_.name, "immediacy")
    for one in config.immediacy:
        path = ("immediacy", one.name)
        if one.fallback is not None and one.fallback not in known:
            raise unknown("class of immediacy", one.fallback, known, *path, "fallback")
        if one.calendar is not None and one.calendar not in calendars:
            raise unknown("calendar", one.calendar, calendars, *path, "calendar")
        if one.level in {each.name for each in config.sla}:
            problem = sentence("{level!r} is a service level of [[sla]]", level=one.level)
            raise refused(problem, "give that one another name", *path, "name")
    for one in config.immediacy:
        last = chain_of(config, one.name)[-1]
        if last.fallback is not None:
            told = " -> ".join((*(each.name for each in chain_of(config, one.name)), last.fallback))
            problem = sentence("classes fall back on each other: {circle}", circle=told)
            raise refused(problem, "take one fallback out", "immediacy", one.name, "fallback")
