"""What routing asks for and nobody can give: skills, grades, and queues without people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from csdesk.domain.analysis.findings import Finding
from csdesk.domain.policy.compiled import compile_policy
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.records.changes import AgentGroup
from csdesk.domain.routing.demands import Demand, is_met
from csdesk.domain.routing.profiles import Profile, profile_from


def staffing(config: DeskConfig, groups: Iterable[AgentGroup]) -> Iterator[Finding]:
    """Compare a configuration with the people of a desk. What gives way in time is no finding."""
    routing = compile_policy(config).routing
    people: dict[str, list[Profile]] = {}
    for group in groups:
        people.setdefault(group.queue, []).append(profile_from(group.profile))
    able = {
        queue.name: [one for stage in routing.terms(queue.name).stages for one in people.get(stage.queue, ())]
        for queue in config.queues
    }
    for queue in config.queues:
        if not able[queue.name]:
            yield Finding(
                code="check.queue_without_agents", path=f"queues.{queue.name}", params=(("queue", queue.name),)
            )
    yield from _needs(config, {name: found for name, found in able.items() if found})
    everybody = [one for found in people.values() for one in found]
    for level in config.levels:
        if level.grade is None or level.relax_grade_after is not None or not everybody:
            continue
        if all(one.grade < level.grade for one in everybody):
            given = (("grade", level.grade), ("level", level.name))
            yield Finding(code="check.grade_nobody_has", path=f"levels.{level.name}.grade", params=given)


def _needs(config: DeskConfig, able: dict[str, list[Profile]]) -> Iterator[Finding]:
    for need in config.routing.needs:
        for skill in need.skills:
            if not skill.must or skill.relax_after is not None:
                continue
            demand = Demand("skill", skill.name, skill.level)
            for queue in need.queues or tuple(able):
                if queue in able and not any(is_met(demand, one) for one in able[queue]):
                    given = (("skill", skill.name), ("skill_level", skill.level), ("queue", queue))
                    yield Finding(code="check.skill_nobody_has", path=f"routing.needs.{need.name}.skills", params=given)
