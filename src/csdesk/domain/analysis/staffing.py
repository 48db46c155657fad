"""What routing asks for and nobody can give: skills, grades, room, sites, and queues without people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from csdesk.domain.analysis.findings import Finding
from csdesk.domain.policy.compiled import Policy, compile_policy
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.policy.sections.routing import WorkWeight
from csdesk.domain.policy.sections.sites import SitePolicy
from csdesk.domain.records.changes import AgentGroup
from csdesk.domain.records.durations import format_duration
from csdesk.domain.routing.demands import Demand, is_met
from csdesk.domain.routing.profiles import Profile, profile_from

_Able = Mapping[str, Sequence[Profile]]
"""The kinds of agents who may ever serve each queue; queues without any are left out."""


def staffing(config: DeskConfig, groups: Iterable[AgentGroup]) -> Iterator[Finding]:
    """Compare a configuration with the people of a desk. What gives way in time is at most worth a remark."""
    policy = compile_policy(config)
    people: dict[str, list[Profile]] = {}
    for group in groups:
        people.setdefault(group.queue, []).append(profile_from(group.profile))
    able = {
        queue.name: [one for helper in policy.routing.helpers(queue.name) for one in people.get(helper, ())]
        for queue in config.queues
    }
    for queue in config.queues:
        if not able[queue.name]:
            yield Finding(
                code="check.queue_without_agents", path=f"queues.{queue.name}", params=(("queue", queue.name),)
            )
    everybody = [one for found in people.values() for one in found]
    if not everybody:
        return
    able = {name: found for name, found in able.items() if found}
    yield from _needs(config, able)
    yield from _unknown(config, everybody)
    yield from _weights(config, able)
    yield from _grades(config, everybody)
    for site in config.sites:
        yield from _site(site, policy, able)


def _needs(config: DeskConfig, able: _Able) -> Iterator[Finding]:
    for need in config.routing.needs:
        for skill in need.skills:
            if not skill.must or skill.relax_after is not None:
                continue
            demand = Demand("skill", skill.name, skill.level)
            for queue in need.queues or tuple(able):
                if queue in able and not any(is_met(demand, one) for one in able[queue]):
                    given = (("skill", skill.name), ("skill_level", skill.level), ("queue", queue))
                    yield Finding(code="check.skill_nobody_has", path=f"routing.needs.{need.name}.skills", params=given)


def _unknown(config: DeskConfig, everybody: Sequence[Profile]) -> Iterator[Finding]:
    """Skills that give way, and that not one agent has at any level: probably a slip of the pen."""
    known = {name for one in everybody for name, _ in one.skills}
    for need in config.routing.needs:
        for skill in need.skills:
            if skill.name not in known and (not skill.must or skill.relax_after is not None):
                given = (("skill", skill.name), ("need", need.name))
                yield Finding(code="check.skill_unknown", path=f"routing.needs.{need.name}.skills", params=given)


def _weights(config: DeskConfig, able: _Able) -> Iterator[Finding]:
    """Tickets that are more than anybody can carry, even with nothing else in hand."""
    reserves = {one.name: one.routing.reserve for one in config.queues}
    for place, weight in enumerate(config.routing.weights):
        for queue in weight.queues or tuple(able):
            if queue not in able or _is_covered(config.routing.weights[:place], queue):
                continue
            most, reserve = max(one.capacity for one in able[queue]), reserves[queue]
            if weight.units + reserve > most:
                given = (("units", weight.units), ("queue", queue), ("capacity", most), ("reserve", reserve or None))
                yield Finding(code="check.weight_nobody_carries", path=f"routing.weights.{place}.units", params=given)


def _is_covered(earlier: Sequence[WorkWeight], queue: str) -> bool:
    """True if every ticket of a queue has its weight from an earlier entry."""
    return any(not (one.types or one.accounts) and (not one.queues or queue in one.queues) for one in earlier)


def _grades(config: DeskConfig, everybody: Sequence[Profile]) -> Iterator[Finding]:
    for level in config.levels:
        if level.grade is None or level.relax_grade_after is not None:
            continue
        if all(one.grade < level.grade for one in everybody):
            given = (("grade", level.grade), ("level", level.name))
            yield Finding(code="check.grade_nobody_has", path=f"levels.{level.name}.grade", params=given)


def _site(site: SitePolicy, policy: Policy, able: _Able) -> Iterator[Finding]:
    """A site without people of its own, or one whose tickets nobody may ever take, in the queue where they wait."""
    people = able.get(site.queue or policy.config.default_queue, ())
    steps = policy.sites.steps[site.name]
    serving = [
        not step.sites or any(is_met(Demand("site", ",".join(step.sites)), one) for one in people) for step in steps
    ]
    path = f"sites.{site.name}"
    if people and not any(serving):
        yield Finding(code="check.site_stuck", path=path, params=(("site", site.name),))
    elif people and not serving[0]:
        given = (("site", site.name), ("wait", format_duration(steps[serving.index(True)].after)))
        yield Finding(code="check.site_without_agents", path=path, params=given)
