"""DeskConfig: three ways in, one digest, and errors that lead to the value."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from csdesk.domain.policy.config import AccountPolicy, DeskConfig, QueuePolicy, RulePolicy, SlaPolicy, TargetPolicy
from csdesk.domain.records.durations import format_duration, parse_duration
from csdesk.domain.records.tickets import Category, Priority
from csdesk.domain.rules.actions import SetPriority
from csdesk.domain.rules.language import Group, Test
from csdesk.errors import ConfigError

TOML = """
default_queue = "support"
queues = [{ name = "support" }, { name = "vip", auto_reply = true }]
types = [{ name = "refund", queue = "vip", priority = "high", reopen = { window = "3d" } }]
tags = [{ name = "angry", keywords = ["投诉"], polarity = "negative" }]

[[rules]]
name = "urgent-refund"
when = { all = [
    { field = "message.text", op = "contains_any", value = ["退款", "refund"] },
    { any = [{ field = "customer.level", op = "eq", value = "gold" }] },
] }
then = [{ do = "set_priority", priority = "urgent" }, { do = "add_tags", tags = ["angry"] }, { do = "no_auto_reply" }]

[[sla]]
name = "all"
targets = [{ metric = "first_reply", within = "30m", by_priority = { urgent = "5m" }, pause_on = ["snoozed"] }]
"""


def test_toml_and_python_make_the_same_value() -> None:
    config = DeskConfig(
        default_queue="support",
        queues=(QueuePolicy(name="support"), QueuePolicy(name="vip", auto_reply=True)),
        types=({"name": "refund", "queue": "vip", "priority": Priority.HIGH, "reopen": {"window": timedelta(days=3)}},),
        tags=({"name": "angry", "keywords": ("投诉",), "polarity": "negative"},),
        rules=(
            RulePolicy(
                name="urgent-refund",
                when=Group(
                    all=(
                        Test(field="message.text", op="contains_any", value=("退款", "refund")),
                        Group(any=(Test(field="customer.level", op="eq", value="gold"),)),
                    )
                ),
                then=(
                    SetPriority(priority="urgent"),
                    {"do": "add_tags", "tags": ["angry"]},
                    {"do": "no_auto_reply"},
                ),
            ),
        ),
        sla=(
            SlaPolicy(
                name="all",
                targets=(
                    TargetPolicy(
                        metric="first_reply",
                        within=timedelta(minutes=30),
                        by_priority=((Priority.URGENT, timedelta(minutes=5)),),
                        pause_on=(Category.SNOOZED,),
                    ),
                ),
            ),
        ),
    )
    assert DeskConfig.from_toml(TOML) == config
    assert hash(DeskConfig.from_toml(TOML)) == hash(config)
    assert DeskConfig.from_toml(TOML).digest == config.digest


def test_json_comes_back_from_its_canonical_and_its_full_form() -> None:
    config = DeskConfig.from_toml(TOML)
    assert DeskConfig.from_json(config.canonical_json()) == config
    assert DeskConfig.from_json(config.model_dump_json()) == config
    assert DeskConfig.from_json(config.canonical_json()).digest == config.digest


def test_what_differs_has_another_digest_and_what_is_spelled_out_has_not() -> None:
    assert DeskConfig().canonical_json() == "{}"
    assert DeskConfig(name="x").digest != DeskConfig().digest
    spelled = DeskConfig(reply={"threshold": 0.95}, session_gap="2d", queues=[{"name": "default"}], reopen={})
    assert spelled.digest == DeskConfig().digest


def test_the_schema_knows_every_setting_and_is_json() -> None:
    schema = json.loads(json.dumps(DeskConfig.model_json_schema()))
    assert set(schema["properties"]) == set(DeskConfig.model_fields)


@pytest.mark.parametrize(
    ("old", "new", "path", "remedy"),
    [
        ("contains_any", "contain_any", "rules.urgent-refund.when.all.0.op", "did you mean 'contains_any'?"),
        ("message.text", "mesage.text", "rules.urgent-refund.when.all.0.field", "did you mean 'message.text'?"),
        ('["退款", "refund"]', '"退款"', "rules.urgent-refund.when.all.0.value", "pass a list"),
        ('"退款", "refund"', '"\\u200b"', "rules.urgent-refund.when.all.0.value", "pass a text"),
        ('op = "eq"', 'op = "gt"', "rules.urgent-refund.when.all.1.any.0.op", "choose one of: changed"),
        (
            '[{ field = "customer.level", op = "eq", value = "gold" }]',
            "[]",
            "rules.urgent-refund.when.all.1.any",
            "add",
        ),
        (
            '{ any = [{ field = "customer.level", op = "eq", value = "gold" }] }',
            "{}",
            "rules.urgent-refund.when.all.1",
            "add",
        ),
        (
            '{ any = [{ field = "customer.level", op = "eq", value = "gold" }] }',
            "3",
            "rules.urgent-refund.when.all.1",
            "",
        ),
        ('"set_priority"', '"set_prioriti"', "rules.urgent-refund.then.0.do", "did you mean 'set_priority'?"),
        ('do = "set_priority", ', "", "rules.urgent-refund.then.0.do", "add it"),
        ('"urgent" }', '"urgnt" }', "rules.urgent-refund.then.0.priority", "did you mean 'urgent'?"),
        ('["angry"] }', '["agry"] }', "rules.urgent-refund.then.1.tags.0", "did you mean 'angry'?"),
        ('queue = "vip"', 'queue = "vp"', "types.refund.queue", "did you mean 'vip'?"),
        ('default_queue = "support"', 'default_queue = "suport"', "default_queue", "did you mean 'support'?"),
        ('default_queue = "support"', "", "default_queue", "choose one of: support, vip"),
        ("auto_reply", "auto_replies", "queues.vip.auto_replies", "did you mean 'auto_reply'?"),
        ('"first_reply"', '"first_rely"', "sla.all.targets.0.metric", "did you mean 'first_reply'?"),
        ('"30m"', '"30"', "sla.all.targets.0.within", "write it like"),
        ('"30m"', "30", "sla.all.targets.0.within", "write it like"),
        ('"30m"', '"0s"', "sla.all.targets.0.within", "more than zero"),
        ('"30m"', '"4000d"', "sla.all.targets.0.within", "shorter"),
        ('"30m"', '"999999999w"', "sla.all.targets.0.within", "shorter"),
        ("{ urgent =", "{ urgnt =", "sla.all.targets.0.by_priority.urgnt", "did you mean 'urgent'?"),
        ('["snoozed"]', '["closed"]', "sla.all.targets.0.pause_on", "live tickets"),
        ('["投诉"]', '[" "]', "tags.angry.keywords.0", "remove it"),
        ('name = "support"', 'name = ""', "queues.0.name", ""),
        ('name = "vip", ', "", "queues.1.name", "add it"),
    ],
)
def test_an_error_leads_to_the_value(old: str, new: str, path: str, remedy: str) -> None:
    assert old in TOML
    with pytest.raises(ConfigError) as caught:
        DeskConfig.from_toml(TOML.replace(old, new, 1))
    assert caught.value.path == path
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"quues": ()}, "quues"),
        ({"queues": [{"name": "default"}, {"name": "default"}]}, "queues.default"),
        ({"statuses": [{"name": "open", "category": "closed"}]}, "statuses.open.name"),
        ({"accounts": [{"name": "shop", "queue": "nowhere"}]}, "accounts.shop.queue"),
        ({"access": {"default": "alow"}}, "access.default"),
        ({"access": {"grants": [{"commands": ["replly"]}]}}, "access.grants.0.commands.0"),
        ({"automatic_per_day": -1}, "automatic_per_day"),
        ({"reply": {"threshold": float("nan")}}, "reply.threshold"),
        ({"rules": [{"name": "r", "then": []}]}, "rules.r.then"),
        ({"rules": [{"name": "r", "then": [{"do": "set_type", "type": "refund"}]}]}, "rules.r.then.0.type"),
        ({"rules": [{"name": "r", "then": [{"do": "set_status", "status": "done"}]}]}, "rules.r.then.0.status"),
        ({"rules": [{"name": "r", "then": [{"do": "set_field", "name": "type", "value": 1}]}]}, "rules.r.then.0.name"),
        ({"sla": [{"name": "s", "targets": []}]}, "sla.s.targets"),
        ({"sla": [{"name": "s", "targets": [{"metric": "resolution", "within": "1h"}] * 2}]}, "sla.s.targets.1.metric"),
    ],
)
def test_what_does_not_fit_together_is_refused(settings: dict[str, object], path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        DeskConfig(**settings)
    assert caught.value.path == path


def test_a_section_alone_tells_its_own_errors() -> None:
    with pytest.raises(ConfigError) as caught:
        AccountPolicy(nmae="shop")
    assert caught.value.path == "AccountPolicy.nmae"
    assert "did you mean 'name'?" in caught.value.remedy


@pytest.mark.parametrize("text", ["[", "[1]", "null", '{"name": 1}', '{"rules":' + "[" * 100_000])
def test_what_is_no_configuration_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        DeskConfig.from_json(text)
    with pytest.raises(ConfigError):
        DeskConfig.from_toml(text + "=")


def test_too_deep_a_condition_is_refused_with_a_short_path() -> None:
    deep: dict[str, object] = {"field": "message.text", "op": "is_set"}
    for _ in range(3000):
        deep = {"all": [deep]}
    with pytest.raises(ConfigError) as caught:
        DeskConfig(rules=[{"name": "r", "when": deep, "then": [{"do": "no_auto_reply"}]}])
    assert len(str(caught.value)) < 400


def test_a_type_below_a_known_one_and_a_namespaced_tag_need_no_declaration() -> None:
    when = {"field": "ticket.tags", "op": "contains", "value": "shop:vip"}
    then = [{"do": "set_type", "type": "refund/late"}]
    assert DeskConfig(types=[{"name": "refund"}], rules=[{"name": "r", "when": when, "then": then}])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4h", timedelta(hours=4)),
        ("1h30m", timedelta(minutes=90)),
        (" 2 D ", timedelta(days=2)),
        ("1w", timedelta(weeks=1)),
        ("0.5h", timedelta(minutes=30)),
        ("PT4H", timedelta(hours=4)),
        ("P1DT30M", timedelta(days=1, minutes=30)),
        ("PT0.5S", timedelta(milliseconds=500)),
    ],
)
def test_durations_are_read(text: str, value: timedelta) -> None:
    assert parse_duration(text) == value
    assert parse_duration(format_duration(value)) == value


@pytest.mark.parametrize("text", ["", "4", "h", "-4h", "P", "PT", "4h x", "1y", "四h", "1..5h"])
def test_what_names_no_duration_is_refused(text: str) -> None:
    assert parse_duration(text) is None


def test_a_document_without_bottom_is_refused() -> None:
    with pytest.raises(ConfigError, match="document"):
        DeskConfig.from_toml("a = " + "[" * 100_000)


def test_a_duration_below_zero_and_a_priority_named_twice_are_refused() -> None:
    with pytest.raises(ConfigError, match="negative"):
        AccountPolicy(name="web", backlog=timedelta(seconds=-1))
    hour = timedelta(hours=1)
    with pytest.raises(ConfigError, match="named twice"):
        TargetPolicy(metric="first_reply", within=hour, by_priority=((Priority.HIGH, hour), (Priority.HIGH, 2 * hour)))


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"contact": {"purposes": ["marketing"]}}, "contact.purposes.0"),
        ({"contact": {"purposes": [{"opt_in": True}]}}, "contact.purposes.0.name"),
        (
            {"routing": {"needs": [{"name": "n", "clock": "working", "skills": [{"name": "s"}]}]}},
            "routing.needs.n.clock",
        ),
        (
            {"rules": [{"name": "r", "when": {"field": "ticket.x.at", "op": "older_than", "value": "1h"}, "then": []}]},
            "rules.r",
        ),
    ],
)
def test_more_that_cannot_work(given: dict[str, object], path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        DeskConfig(**given)
    assert caught.value.path.startswith(path)


def test_queues_that_help_each_other_without_a_circle() -> None:
    def queue(name: str, *helpers: str) -> dict[str, object]:
        return {"name": name, "routing": {"overflow": [{"queue": one, "after": "1m"} for one in helpers]}}

    config = DeskConfig(default_queue="a", queues=[queue("a", "b", "c"), queue("b", "c"), queue("c")])
    assert len(config.queues) == 3
    with pytest.raises(ConfigError, match="b -> c -> b"):
        DeskConfig(default_queue="a", queues=[queue("a", "b"), queue("b", "c"), queue("c", "b")])


def test_a_scenario_with_rules_without_an_end() -> None:
    rule = {"name": "r", "then": [{"do": "no_auto_reply"}], "when": {"field": "message.text", "op": "is_set"}}
    for marks in ({}, {"active_from": "2026-01-01T00:00:00Z"}, {"active_until": "2026-01-01T00:00:00Z"}):
        (scenario,) = DeskConfig(scenarios=[{"name": "sale", "rules": [rule], **marks}]).scenarios
        assert scenario.rule_set is not None
        assert len(scenario.when.all) == max(len(marks), 1)
    sla = {"name": "fast", "targets": [{"metric": "resolution", "within": "1h"}]}
    (scenario,) = DeskConfig(sla=[sla], scenarios=[{"name": "sale", "sla": ["fast"]}]).scenarios
    assert scenario.rule_set is None


def test_a_byte_order_mark_is_no_part_of_a_document() -> None:
    assert DeskConfig.from_toml("\ufeff" + TOML) == DeskConfig.from_toml(TOML)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a = 1\nname = “小店”", "line 2, column 8 is not TOML: .*; write the signs of TOML in half width: “, ”$"),
        ("name ＝ 'x'", "in half width: ＝$"),
        ("keywords = ['退，款'，'b']", "in half width: ，$"),
        ("name = '退，款' '", "correct the document$"),
        ("name = ", "document: not TOML: .*correct the document$|correct the document$"),
    ],
)
def test_signs_of_a_chinese_keyboard_are_named(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        DeskConfig.from_toml(text)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": 3}, "name: not a text; write it in quotes"),
        ({"queues": [{"name": "default", "auto_reply": "ja"}]}, "auto_reply: not true or false; write true or false"),
        ({"levels": [{"name": "vip", "rank": "first"}]}, "rank: not a whole number; write digits"),
        ({"fields": [{"name": "order", "type": "word"}]}, "not the name of a custom field; begin it with ticket"),
        ({"macros": [{"name": "m", "then": [{"do": "set_field", "name": "order", "value": 1}]}]}, "begin it with x"),
        ({"contact": {"quiet_from": "9:00"}}, 'quiet_from: not a time of day; write it like "09:30"'),
        ({"sites": [{"name": "sh", "phones": ["shanghai"]}]}, "not how a telephone number begins"),
        ({"queues": [{"name": "a b"}]}, "not a usable name; use letters of any script"),
    ],
)
def test_what_a_value_should_look_like(given: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        DeskConfig(**given)  # type: ignore[arg-type]
