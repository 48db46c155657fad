"""What the analysis finds of exclusive tags, of timed rules, and of actions and fields that came later."""

from __future__ import annotations

from typing import Any

import pytest

from csdesk import DeskConfig, Priority, Skill, render
from csdesk.domain.analysis.waiting import OFTEN
from csdesk.domain.records.changes import AgentGroup
from csdesk.domain.routing.profiles import key_of
from csdesk.rules import F, Report, Rule, all_of, analyse, any_of
from csdesk.testing import builders as build

TAGS = [
    {"name": "angry", "group": "mood", "keywords": ["差评"]},
    {"name": "calm", "group": "mood", "keywords": ["谢谢"]},
    {"name": "vip", "keywords": ["vip"]},
]
HIGH, LOW = ({"do": "set_priority", "priority": one} for one in ("high", "low"))
REOPEN, RESOLVE = {"do": "reopen"}, {"do": "resolve"}


def rule(name: str, when: Any = None, *then: dict[str, Any], **given: Any) -> Rule:
    return Rule(name=name, when=when, then=then or ({"do": "no_auto_reply"},), **given)


def timed(name: str, of: str, *then: dict[str, Any], when: Any = None, after: str = "1d", **given: Any) -> Rule:
    return rule(name, when, *then, timer={"of": of, "after": after}, **given)


def report_of(*rules: Rule, **given: Any) -> Report:
    return analyse(DeskConfig(rules=rules, **{"tags": TAGS, **given}))


def codes(report: Report) -> set[tuple[str, str]]:
    found = {(one.code.removeprefix("check."), one.path) for one in report.findings}
    return {one for one in found if one[0] not in ("tag_never_read", "tag_never_set")}


# Exclusive groups

ANGRY, CALM = F.ticket.tags.contains("angry"), F.ticket.tags.contains("calm")


@pytest.mark.parametrize(
    ("when", "path"),
    [
        (ANGRY & CALM, "when"),
        (all_of(ANGRY, any_of(CALM & F.ticket.is_new.is_true(), CALM)), "when"),
        (any_of(ANGRY & CALM, F.ticket.is_new.is_true()), "when.any.0"),
        (F.customer.tags.contains("angry") & F.customer.tags.contains_any("calm"), "when"),
        (ANGRY & ~F.ticket.tags.not_contains("calm"), "when"),
    ],
)
def test_tags_of_one_group_exclude_each_other(when: Any, path: str) -> None:
    report = report_of(rule("r", when))
    assert codes(report) == {("tags_exclude", f"rules.r.{path}")}
    (finding,) = report.about("check.tags_exclude")
    assert dict(finding.params) == {"tags": "angry, calm", "group": "mood"}


@pytest.mark.parametrize(
    "when",
    [
        ANGRY | CALM,
        ANGRY & F.ticket.tags.contains("vip"),
        ANGRY & F.customer.tags.contains("calm"),
        ANGRY & ~CALM,
        F.ticket.tags.contains_any("angry", "calm"),
        all_of(any_of(ANGRY, F.ticket.is_new.is_true()), any_of(CALM, F.ticket.is_new.is_true())),
    ],
)
def test_what_two_tags_of_a_group_leave_possible_is_not_told(when: Any) -> None:
    assert not report_of(rule("r", when)).about("check.tags_exclude")


def test_a_rule_is_not_called_dead_for_tags_that_exclude_each_other() -> None:
    report = report_of(rule("r", ANGRY & CALM))
    assert not report.errors
    assert [one.level for one in report.about("check.tags_exclude")] == ["warning"]


def test_other_conditions_of_the_configuration_are_looked_at_too() -> None:
    both = F.customer.tags.contains("angry") & F.customer.tags.contains("calm")
    report = report_of(
        macros=[{"name": "m", "when": both, "then": [{"do": "resolve"}]}],
        segments=[{"name": "s", "when": both}],
        sla=[{"name": "l", "when": both, "targets": [{"metric": "first_reply", "within": "1h"}]}],
    )
    assert {one.path for one in report.about("check.tags_exclude")} == {
        "macros.m.when",
        "segments.s.when",
        "sla.l.when",
    }


# Timed rules


def test_timed_rules_that_are_due_together_and_differ() -> None:
    one, other = timed("a", "ticket.customer_at", HIGH), timed("b", "ticket.customer_at", LOW)
    report = report_of(one, other)
    assert ("conflict", "rules.a") in codes(report)
    assert report.about("check.conflict")[0].witness.on == "time"
    later = timed("b", "ticket.customer_at", LOW, after="2d")
    assert not report_of(one, later).about("check.conflict"), "they act one after the other, which may be meant"
    other_instant = timed("b", "ticket.created_at", LOW)
    assert not report_of(one, other_instant).about("check.conflict")


def test_a_timed_rule_that_what_the_first_did_keeps_from_acting_is_no_conflict() -> None:
    one = timed("a", "ticket.customer_at", HIGH, when=F.ticket.priority == Priority.NORMAL)
    other = timed("b", "ticket.customer_at", LOW, when=F.ticket.priority == Priority.NORMAL)
    assert not report_of(one, other).about("check.conflict")
    assert ("same_condition", "rules.a") in codes(report_of(one, other))


def test_windows_that_never_meet_are_no_conflict() -> None:
    one = timed("a", "ticket.customer_at", HIGH, active_until="2026-01-01T00:00:00Z")
    other = timed("b", "ticket.customer_at", LOW, active_from="2026-01-01T00:00:00Z")
    assert not report_of(one, other).about("check.conflict")


def test_a_timed_rule_and_one_on_changes_that_go_on_for_ever() -> None:
    report = report_of(
        timed("again", "ticket.resolved_at", REOPEN),
        rule("done", F.ticket.category.changed_to("open"), RESOLVE, on=("change",)),
    )
    (finding,) = report.about("check.timed_loop")
    assert finding.rules == ("again",)
    assert finding.witness.ticket.category == "resolved"
    assert finding.level == "warning"


def test_two_timed_rules_that_go_on_for_ever() -> None:
    report = report_of(
        timed("up", "ticket.x.due", {"do": "set_field", "name": "x.due", "value": "2026-01-02T00:00:00Z"}),
        timed(
            "down", "ticket.x.due", {"do": "set_field", "name": "x.due", "value": "2026-01-01T00:00:00Z"}, after="2d"
        ),
        fields=({"name": "ticket.x.due", "type": "time"},),
    )
    assert report.about("check.timed_loop") or report.about("check.timed_loop_undecided")


@pytest.mark.parametrize(
    "rules",
    [
        (timed("close", "ticket.resolved_at", {"do": "close", "reason": "silent"}, after="7d"),),
        (timed("a", "ticket.customer_at", HIGH), timed("b", "ticket.customer_at", LOW, after="2d")),
        (
            timed("remind", "ticket.replied_at", {"do": "reply", "text": "?"}),
            timed("over", "ticket.replied_at", RESOLVE, after="5d"),
            timed("close", "ticket.resolved_at", {"do": "close", "reason": "silent"}),
        ),
        (timed("open", "ticket.resolved_at", REOPEN),),
        (timed("stale", "ticket.updated_at", {"do": "note", "text": "look"}),),
        (timed("soon", "ticket.sla_due_at", {"do": "set_priority", "priority": "urgent"}),),
    ],
)
def test_timed_rules_that_come_to_rest_are_not_told(rules: tuple[Rule, ...]) -> None:
    report = report_of(*rules)
    assert not report.about("check.timed_loop")
    assert not report.about("check.timed_loop_undecided")


def test_it_takes_several_rounds_to_be_called_endless() -> None:
    assert OFTEN > 2
    report = report_of(
        timed(
            "again",
            "ticket.resolved_at",
            REOPEN,
            {"do": "set_field", "name": "x.again", "value": True},
            when=F.ticket.x("again").not_set(),
        ),
        rule("done", F.ticket.category.changed_to("open"), RESOLVE, on=("change",)),
        fields=({"name": "ticket.x.again", "type": "flag"},),
    )
    assert not report.about("check.timed_loop")


# What came later


@pytest.mark.parametrize(
    ("when", "then", "back"),
    [
        (F.ticket.flags.contains("f"), {"do": "lift_ticket_flag", "flag": "f"}, {"do": "flag_ticket", "flag": "f"}),
        (F.ticket.goal == "order", {"do": "set_goal", "goal": "answer"}, {"do": "set_goal", "goal": "order"}),
    ],
)
def test_loops_of_newer_actions_are_shown(when: Any, then: dict[str, Any], back: dict[str, Any]) -> None:
    report = report_of(rule("off", when, then, on=("change",)), rule("on", ~when, back, on=("change",)), rule_budget=30)
    assert report.termination == "loop"


@pytest.mark.parametrize(
    "when",
    [
        F.ticket.flags.contains("a") & F.ticket.flags.contains("b") & F.ticket.flags.not_contains("c"),
        (F.ticket.goal == "order") & (F.ticket.goal_state == "missed"),
        F.ticket.is_with_bot.is_true() & (F.ticket.bot_turns >= 3) & (F.ticket.failed_turns == 1),
        (F.ticket.hand_offs > 2) & F.ticket.is_assigned.is_true(),
    ],
)
def test_a_moment_is_found_for_newer_fields(when: Any) -> None:
    report = report_of(rule("r", when), rule("n", when, on=("change",)))
    assert not codes(report)


@pytest.mark.parametrize(
    "when",
    [
        (F.ticket.goal == "order") & (F.ticket.goal == "answer"),
        (F.ticket.hand_offs > 1) & (F.ticket.hand_offs < 2),
        F.ticket.flags.contains("a") & F.ticket.flags.not_set(),
    ],
)
def test_contradictions_of_newer_fields(when: Any) -> None:
    assert codes(report_of(rule("r", when))) == {("contradictory", "rules.r.when")}


def test_a_rule_on_changes_that_nothing_lets_speak() -> None:
    speaks = rule("tell", F.ticket.priority.changed(), {"do": "reply", "text": "we hurry"}, on=("change",))
    report = report_of(speaks)
    assert ("never_speaks", "rules.tell.then.0") in codes(report)
    for other in (rule("m", None, HIGH), timed("t", "ticket.customer_at", HIGH)):
        assert not report_of(speaks, other).about("check.never_speaks")


# People


def people(queue: str, **given: Any) -> AgentGroup:
    agent = build.agent(1, queues=(queue,), **given)
    return AgentGroup(queue, key_of(agent), 1)


def staffed(*groups: AgentGroup, **given: Any) -> set[tuple[str, str]]:
    report = analyse(DeskConfig.model_validate(given), agents=groups)
    wanted = ("weight_nobody_carries", "skill_nobody_has", "skill_unknown", "queue_without_agents")
    return {one for one in codes(report) if one[0] in wanted}


TWO = {"types": [{"name": "move"}], "queues": [{"name": "default"}, {"name": "big"}], "default_queue": "default"}


def test_tickets_that_nobody_can_carry() -> None:
    small, big = people("default", capacity=3), people("big", capacity=8)
    weights = [{"units": 5, "types": ["move"]}, {"units": 8, "queues": ["big"]}]
    found = staffed(small, big, **TWO, routing={"weights": weights})
    assert found == {("weight_nobody_carries", "routing.weights.0.units")}
    report = analyse(DeskConfig.model_validate({**TWO, "routing": {"weights": weights}}), agents=[small, big])
    (finding,) = report.about("check.weight_nobody_carries")
    assert dict(finding.params) == {"units": 5, "queue": "default", "capacity": 3, "reserve": None}
    text = render(finding.code, "en", **dict(finding.params))
    assert text.startswith("a ticket of 5 units is more than anybody in queue default can carry (3 at most): it")


def test_what_a_queue_keeps_free_counts_too() -> None:
    queues = [{"name": "default", "routing": {"reserve": 2}}]
    weights = [{"units": 7}]
    given = {"queues": queues, "routing": {"weights": weights}}
    assert staffed(people("default", capacity=8), **given) == {("weight_nobody_carries", "routing.weights.0.units")}
    assert not staffed(people("default", capacity=9), **given)


def test_helpers_carry_too_and_a_weight_behind_another_is_never_weighed() -> None:
    queues = [{"name": "default", "routing": {"overflow": [{"queue": "big", "after": "5m"}]}}, {"name": "big"}]
    small, big = people("default", capacity=3), people("big", capacity=8)
    given = {"queues": queues, "default_queue": "default"}
    assert not staffed(small, big, **given, routing={"weights": [{"units": 5}]})
    weights = [{"units": 1, "queues": ["default"]}, {"units": 5, "queues": ["default"]}]
    assert not staffed(small, routing={"weights": weights})
    weights[0]["types"] = ["move"]
    assert staffed(small, types=[{"name": "move"}], routing={"weights": weights}) == {
        ("weight_nobody_carries", "routing.weights.1.units")
    }


@pytest.mark.parametrize(
    ("skill", "code"),
    [
        ({"name": "refund", "level": 3}, "skill_nobody_has"),
        ({"name": "refund", "level": 2}, None),
        ({"name": "refnud"}, "skill_nobody_has"),
        ({"name": "refnud", "must": False}, "skill_unknown"),
        ({"name": "refnud", "relax_after": "5m"}, "skill_unknown"),
        ({"name": "refund", "level": 5, "must": False}, None),
    ],
)
def test_skills_that_nobody_has(skill: dict[str, Any], code: str | None) -> None:
    able = people("default", skills=(Skill(name="refund", level=2),))
    found = staffed(able, routing={"needs": [{"name": "n", "skills": [skill]}]})
    assert found == ({(code, "routing.needs.n.skills")} if code is not None else set())
    assert not {one for one in codes(report_of()) if one[0].startswith("skill")}
