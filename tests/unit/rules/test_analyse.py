"""What the analysis finds, each with a configuration that has just that, and a sound one in which it finds nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from csdesk import DeskConfig, InvalidInput, Priority, render
from csdesk.domain.analysis.effects import readable
from csdesk.domain.analysis.findings import CODES
from csdesk.domain.analysis.reachable import MOST_STOPPERS
from csdesk.domain.analysis.setting import Setting
from csdesk.domain.analysis.solver import solve
from csdesk.domain.analysis.trying import tried
from csdesk.domain.policy.compiled import compile_policy
from csdesk.rules import CustomField, F, Level, NoAutoReply, Report, Rule, RuleSet, Test, analyse

THEN = (NoAutoReply(),)
# Both are read and set, whatever the rules at hand do.
TAGS = [{"name": "a", "keywords": ["tag a"]}, {"name": "b", "keywords": ["tag b"]}]


def report_of(*rules: Rule, **given: Any) -> Report:
    return analyse(DeskConfig(rules=rules, **{"tags": TAGS, **given}))


def rule(name: str, when: Any = None, *then: dict[str, Any], **given: Any) -> Rule:
    return Rule(name=name, when=when, then=then or THEN, **given)


def codes(report: Report) -> list[tuple[str, str]]:
    found = [(one.code.removeprefix("check."), one.path) for one in report.findings]
    return [one for one in found if one not in [("tag_never_read", "tags.a"), ("tag_never_read", "tags.b")]]


@pytest.mark.parametrize(
    "when",
    [
        (F.ticket.priority > Priority.HIGH) & (F.ticket.priority < Priority.URGENT),
        (F.ticket.messages > 2) & (F.ticket.messages < 3),
        F.message.text.contains("我要退款") & F.message.text.not_contains("退款"),
        (F.customer.level == "vip") & (F.customer.level == "basic"),
        F.ticket.tags.contains_all("a", "b") & F.ticket.tags.contains_none("b"),
        F.ticket.tags.contains("a") & F.ticket.tags.not_set(),
        F.ticket.created_at.older_than("2h") & F.ticket.created_at.within_last("1h"),
        F.time.now.after("2026-01-02T00:00:00Z") & F.time.now.before("2026-01-01T00:00:00Z"),
        (F.time.hour > 23) & (F.time.weekday == "mon"),
        ~(F.ticket.is_new == True) & ~(F.ticket.is_new == False),  # noqa: E712  they make tests
        F.message.kinds.contains("image") & F.message.kinds.not_set(),
        F.ticket.priority.changed_to(Priority.HIGH) & (F.ticket.priority == Priority.LOW),
    ],
)
def test_contradictions(when: Any) -> None:
    (found,) = report_of(rule("r", when)).errors
    assert found.code == "check.contradictory"
    assert found.path == "rules.r.when"


def test_a_message_that_never_reaches_rules_and_a_window_that_is_over_for_a_date() -> None:
    assert codes(report_of(rule("r", F.message.automatic == "bounce"))) == [("unreachable", "rules.r.when")]
    eleventh = datetime(2026, 11, 11, tzinfo=UTC)
    timed = rule("r", F.time.now.before("2026-11-01T00:00:00Z"), active_from=eleventh)
    assert [one.code for one in report_of(timed).errors] == ["check.contradictory"]


def test_shadows() -> None:
    stopper = rule("stopper", F.message.text.contains("退款"), stop=True)
    shadowed = rule("shadowed", F.message.text.contains_any("申请退款", "退款单"))
    (found,) = report_of(stopper, shadowed).errors
    assert (found.code, found.rules) == ("check.shadowed", ("shadowed", "stopper"))
    assert not report_of(shadowed, stopper).errors
    assert not report_of(stopper, rule("free", F.message.text.contains_any("退款", "换货"))).errors
    everything = report_of(rule("all", stop=True), rule("b", F.ticket.messages > 2))
    assert [one.rules for one in everything.about("check.shadowed")] == [("b", "all")]
    both = report_of(
        rule("low", F.ticket.priority <= Priority.NORMAL, stop=True),
        rule("high", F.ticket.priority >= Priority.HIGH, stop=True),
        rule("none", F.message.text.contains("x")),
    )
    assert {*both.about("check.shadowed")[0].rules} == {"none", "low", "high"}


def test_sets_and_windows_bound_shadows() -> None:
    first = RuleSet(
        name="one", mode="first", rules=(rule("a", F.ticket.messages > 1), rule("b", F.ticket.messages > 2))
    )
    other = RuleSet(name="two", rules=(rule("c", F.ticket.messages > 2),))
    report = report_of(rule_sets=(first, other))
    assert [(one.code, one.path) for one in report.errors] == [("check.shadowed", "rule_sets.one.rules.b")]
    eleventh = datetime(2026, 11, 11, tzinfo=UTC)
    timed = report_of(rule("sale", active_from=eleventh, stop=True), rule("b", F.ticket.messages > 2))
    assert not timed.errors
    off = report_of(rule("off", stop=True, enabled=False), rule("b", F.ticket.messages > 2))
    assert not off.errors
    assert off.rules == 1


def test_parts_that_never_hold_and_conditions_that_always_do() -> None:
    when = (F.ticket.messages > 3) & ((F.ticket.messages < 2) | F.message.text.contains("a"))
    assert codes(report_of(rule("r", when))) == [("dead_part", "rules.r.when.all.1.any.0")]
    always = (F.ticket.messages > 3) | (F.ticket.messages <= 4)
    assert codes(report_of(rule("r", always))) == [("vacuous", "rules.r.when")]


def test_conflicts_come_with_a_moment_at_which_both_fire() -> None:
    config = DeskConfig(
        rules=(
            rule("a", F.message.text.contains("退款"), {"do": "set_priority", "priority": "high"}),
            rule("b", F.customer.level == "vip", {"do": "set_priority", "priority": "low"}),
            rule("c", F.message.text.not_contains("退款"), {"do": "set_priority", "priority": "normal"}),
        )
    )
    found = {one.rules: one for one in analyse(config).about("check.conflict")}
    assert set(found) == {("a", "b"), ("b", "c")}
    witness = found["a", "b"].witness
    assert witness is not None
    assert witness.message is not None
    assert compile_policy(config).rules.evaluate(witness.facts()).fired == ("a", "b")
    assert "退款" in witness.message.text


def test_same_conditions_and_overlaps() -> None:
    high, low = {"do": "set_priority", "priority": "high"}, {"do": "set_priority", "priority": "low"}
    many = F.ticket.messages > 3
    assert codes(report_of(rule("a", many), rule("b", many))) == [("same_condition", "rules.a")]
    overlap = report_of(rule("a", many, high, stop=True), rule("b", F.ticket.messages > 2, low))
    assert [one.level for one in overlap.about("check.overlap")] == [Level.INFO]
    assert codes(overlap) == [("overlap", "rules.a")]


def test_what_is_declared_and_never_used() -> None:
    report = report_of(
        rule("r", F.ticket.tags.contains_any("a", "b") & (F.ticket.x("order") == "A")),
        tags=[{"name": "a"}, {"name": "b", "keywords": ["b"]}, {"name": "c"}],
        queues=[{"name": "default"}, {"name": "lost"}],
        sla=[
            {"name": "all", "targets": [{"metric": "first_reply", "within": "1h"}]},
            {"name": "late", "when": F.ticket.messages > 1, "targets": [{"metric": "first_reply", "within": "2h"}]},
        ],
    )
    assert {*codes(report)} == {
        ("sla_never_used", "sla.late"),
        ("queue_never_used", "queues.lost"),
        ("tag_never_set", "rules.r.when.all.0"),
        ("tag_never_read", "tags.c"),
        ("undeclared_field", "rules.r.when.all.1.field"),
    }
    declared = report_of(
        rule("r", F.ticket.x("order") == "A"), fields=(CustomField(name="ticket.x.order", type="word"),)
    )
    assert not codes(declared)


def test_stored_values_need_not_fit_their_declaration() -> None:
    field = CustomField(name="ticket.x.size", type="word", choices=("s", "m"))
    other = F.ticket.x("size").is_set() & F.ticket.x("size").not_in("s", "m")
    assert not report_of(rule("r", other), fields=(field,)).errors


# Chains


def on_change(name: str, when: Any, *then: dict[str, Any], **given: Any) -> Rule:
    return rule(name, when, *then, on=("change",), **given)


HIGH, LOW = {"do": "set_priority", "priority": "high"}, {"do": "set_priority", "priority": "low"}


def test_a_loop_is_shown() -> None:
    config = DeskConfig(
        rules=(
            rule("start", F.message.text.contains("go"), HIGH),
            on_change("up", F.ticket.priority == Priority.LOW, HIGH),
            on_change("down", F.ticket.priority == Priority.HIGH, LOW),
        )
    )
    report = analyse(config)
    (found,) = report.about("check.loop")
    assert report.termination == "loop"
    assert {*found.rules} == {"up", "down"}
    assert "high / low" in str(dict(found.params)["slots"])
    assert found.witness is not None
    assert tried(compile_policy(config), found.witness).exhausted


def test_chains_that_end_are_proved_to() -> None:
    up = on_change("up", F.ticket.priority == Priority.LOW, HIGH)
    tagged = on_change("tag", F.ticket.priority == Priority.HIGH, {"do": "add_tags", "tags": ["a"]})
    assert report_of(up, tagged).termination == "proved"
    unread = on_change("down", F.ticket.tags.contains("a"), LOW)
    high = on_change("high", F.ticket.tags.contains("a"), HIGH)
    assert report_of(unread, high).termination == "proved", "both fire in each round, so nothing changes"
    assert report_of(rule("m", None, HIGH)).termination == "none"


def test_what_is_neither_shown_nor_proved_is_said() -> None:
    guard = F.ticket.x("n").changed() & F.ticket.x("m").changed()
    report = report_of(
        on_change("up", guard & (F.ticket.priority == Priority.LOW), HIGH),
        on_change("down", guard & (F.ticket.priority == Priority.HIGH), LOW),
    )
    assert report.termination == "undecided"
    assert [one.level for one in report.about("check.loop_undecided")] == [Level.UNDECIDED]


def test_a_stop_that_hangs_on_what_changes_is_not_overlooked() -> None:
    report = report_of(
        on_change("gate", F.ticket.priority == Priority.HIGH, LOW, stop=True),
        on_change("free", None, HIGH),
    )
    assert report.termination == "loop"


# Answers


def test_too_many_branches_are_left_undecided() -> None:
    wide = [F.ticket.x(f"f{n}").contains("x") | F.ticket.x(f"g{n}").matches("y") for n in range(12)]
    opposite = [~one for one in wide]
    answer = solve([(one, True) for one in (*wide, *opposite)], Setting())
    assert not answer.impossible or answer.witness is None


def test_questions_of_opaque_tests_are_left_open() -> None:
    today = F.customer.created_at.today()
    assert not solve([(today, True), (F.customer.created_at.older_than("3d"), True)], Setting()).impossible


def test_a_report_is_json_and_every_finding_has_a_text() -> None:
    report = report_of(rule("a", F.ticket.messages > 3, HIGH), rule("b", F.ticket.messages > 2, LOW))
    written = json.loads(json.dumps(report.document()))
    assert written["counts"]["warning"] == 1
    assert written["findings"][0]["witness"]["values"]["ticket.messages"] == "4"
    for one in report.findings:
        assert render(one.code, "en", **dict(one.params)) != one.code
    assert {*CODES.values()} == {*Level}
    assert report.warnings
    with pytest.raises(InvalidInput):
        analyse("shop.toml")  # type: ignore[arg-type]


def test_tests_are_told_in_words() -> None:
    (found,) = report_of(rule("r", (F.ticket.messages > 2) & (F.ticket.messages < 2))).errors
    assert dict(found.params)["tests"] == "ticket.messages gt 2 / ticket.messages lt 2"
    assert isinstance(F.ticket.messages > 2, Test)


# What actions write


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        ({"do": "set_queue", "queue": "vip"}, {"do": "set_queue", "queue": "default"}, "ticket.queue: vip / default"),
        (
            {"do": "set_type", "type": "refund"},
            {"do": "set_queue", "queue": "default"},
            "ticket.queue: vip / default",
        ),
        ({"do": "set_type", "type": "refund"}, LOW, "ticket.priority: urgent / low"),
        (
            {"do": "set_language", "language": "zh"},
            {"do": "set_language", "language": "en"},
            "ticket.language: zh / en",
        ),
        ({"do": "set_status", "status": "open"}, {"do": "resolve"}, "ticket.state: open / resolve"),
        ({"do": "close", "reason": "spam"}, {"do": "snooze", "span": "2d"}, "ticket.state: closed:spam / snooze"),
        (
            {"do": "set_field", "name": "x.size", "value": 1},
            {"do": "set_field", "name": "x.size", "value": 2},
            "ticket.x.size: 1 / 2",
        ),
        (
            {"do": "add_tags", "tags": ["a"]},
            {"do": "remove_tags", "tags": ["a"]},
            "ticket.tags:a: True / False",
        ),
        ({"do": "assign", "agent": "agt_1"}, {"do": "unassign"}, "ticket.worker: agt_1 / None"),
        (
            {"do": "tag_customer", "tags": ["a"]},
            {"do": "untag_customer", "tags": ["a"]},
            "customer.tags:a: True / False",
        ),
        (
            {"do": "place_customer", "stage": "loyal"},
            {"do": "place_customer", "language": "en", "stage": "new"},
            "customer.stage: loyal / new",
        ),
        (
            {"do": "set_customer_field", "name": "x.n", "value": 1},
            {"do": "set_customer_field", "name": "x.n", "value": 2},
            "customer.x.n: 1 / 2",
        ),
    ],
)
def test_actions_that_cannot_both_have_their_way(one: Any, other: Any, clash: str) -> None:
    report = report_of(
        rule("a", F.message.text.contains("退款"), one),
        rule("b", F.ticket.messages > 3, other),
        queues=[{"name": "default"}, {"name": "vip"}],
        types=[{"name": "refund", "queue": "vip", "priority": "urgent"}],
    )
    assert [dict(found.params)["clash"] for found in report.about("check.conflict")] == [clash]


@pytest.mark.parametrize(
    ("when", "then", "back"),
    [
        (F.ticket.worker.is_set(), {"do": "unassign"}, {"do": "assign", "agent": "agt_1"}),
        (F.ticket.status == "open", {"do": "resolve"}, {"do": "reopen"}),
        (F.ticket.sla_due_at.is_set(), HIGH, LOW),
        (F.actor.kind == "agent", HIGH, LOW),
        (F.ticket.tags.not_set(), {"do": "set_tags", "tags": ["a"]}, {"do": "set_tags", "tags": ["b"]}),
    ],
)
def test_a_rule_that_reads_what_rules_write_is_not_called_harmless(when: Any, then: Any, back: Any) -> None:
    report = report_of(on_change("there", when, then), on_change("back", ~when, back))
    assert report.termination != "proved"


def test_messages_only_grow_so_that_tests_of_them_come_to_rest() -> None:
    report = report_of(
        on_change("note", F.ticket.messages < 9, {"do": "note", "text": "look"}),
        on_change("reply", F.ticket.unanswered > 2, {"do": "reply", "text": "soon"}),
    )
    assert report.termination == "proved"


def test_a_priority_that_has_no_name_is_told_as_its_number() -> None:
    assert readable("ticket.priority", 99) == "99"
    assert readable("ticket.priority", int(Priority.HIGH)) == "high"


# Shadows that cannot be decided


def test_a_rule_behind_too_many_stoppers_is_left_undecided() -> None:
    stoppers = [rule(f"s{n}", F.ticket.messages == n, stop=True) for n in range(1, MOST_STOPPERS + 3)]
    report = report_of(*stoppers, rule("late", F.ticket.messages.between(1, len(stoppers))))
    assert [one.rules for one in report.about("check.undecided")] == [("late",)]
    assert not report.about("check.shadowed")


def test_a_window_that_ends_bounds_a_rule() -> None:
    end = datetime(2026, 1, 1, tzinfo=UTC)
    past = rule("r", F.time.now.after("2026-02-01T00:00:00Z"), active_until=end)
    assert [one.code for one in report_of(past).errors] == ["check.contradictory"]


@pytest.mark.parametrize(
    "when",
    [
        (F.message.length > 40) & F.message.text.contains("退款"),
        F.message.attachments > 2,
        F.message.kinds.contains("image") & (F.message.attachments >= 2),
        F.ticket.worker.is_set(),
        F.time.date == "2026-11-11",
        F.ticket.sla_due_at.within_next("2h"),
        F.message.text.starts_with("你好") & F.message.text.ends_with("谢谢"),
    ],
)
def test_a_moment_is_found_at_which_both_fire(when: Any) -> None:
    config = DeskConfig(rules=(rule("a", when, HIGH), rule("b", None, LOW)))
    (found,) = analyse(config).about("check.conflict")
    assert found.witness is not None
    assert compile_policy(config).rules.evaluate(found.witness.facts()).fired == ("a", "b")


@pytest.mark.parametrize(
    "when",
    [
        F.ticket.messages.increased() & (F.ticket.messages < 5),
        F.ticket.messages.decreased(),
        F.ticket.tags.changed(),
        F.ticket.tags.changed() & F.ticket.tags.contains("a"),
    ],
)
def test_a_change_is_found_at_which_both_fire(when: Any) -> None:
    config = DeskConfig(rules=(on_change("a", when, HIGH), on_change("b", None, LOW)), tags=TAGS)
    (found,) = analyse(config).about("check.conflict")
    assert found.witness is not None
    assert compile_policy(config).rules.evaluate(found.witness.facts(), "change").fired == ("a", "b")


def test_a_chain_that_writes_notes_is_tried_too() -> None:
    report = report_of(on_change("n", F.ticket.priority == Priority.HIGH, {"do": "note", "text": "look"}))
    assert report.termination == "proved"


def test_tags_that_only_a_macro_sets_are_set() -> None:
    macros = [{"name": "m", "then": [{"do": "add_tags", "tags": ["a"]}]}]
    report = report_of(rule("r", F.ticket.tags.contains("a")), tags=[{"name": "a"}], macros=macros)
    assert not report.about("check.tag_never_set")
