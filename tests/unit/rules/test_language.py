"""The language of conditions: what each newer operator means, one meaning in Python, TOML and JSON, and its errors."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from csdesk import Actor, ConfigError, DeskConfig, InboundMessage, Priority, Sender
from csdesk.domain.policy.compiled import compile_policy
from csdesk.domain.records.clocks import Clock, ClockPhase, Metric
from csdesk.domain.records.customers import Attribute, Customer, DayCount
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.tickets import FieldValue, Owner, OwnerKind, Ticket
from csdesk.domain.rules.compiled import compile_rules
from csdesk.domain.rules.facts import BestPhrase, Facts
from csdesk.domain.rules.fields import FIELDS, MEANINGS, Op, field_of
from csdesk.domain.rules.reads import reads_of
from csdesk.domain.text.folding import fold
from csdesk.rules import (
    CustomField,
    F,
    Group,
    NoAutoReply,
    Resolve,
    Rule,
    RuleSet,
    SendTemplate,
    SetField,
    Test,
    all_of,
    analyse,
    any_of,
    none_of,
)

NOW = datetime(2026, 3, 2, 15, 59, tzinfo=UTC)  # a Monday; 23:59 in Shanghai
THEN = (NoAutoReply(),)
FIELDS_DECLARED = (
    CustomField(name="ticket.x.order", type="word"),
    CustomField(name="ticket.x.due", type="time"),
    CustomField(name="customer.x.spent", type="number"),
)


def ticket(**values: Any) -> Ticket:
    given: dict[str, Any] = {"created_at": NOW - timedelta(hours=3), "updated_at": NOW, "messages": 3, **values}
    return Ticket(
        id="tkt_1",
        number=1,
        queue="default",
        identity="idn_1",
        account="kf",
        conversation="c",
        owner=Owner(kind=OwnerKind.QUEUE, id="default"),
        **given,
    )


CUSTOMER = Customer(
    id="cus_1",
    name="王小明",
    level="gold",
    created_at=NOW - timedelta(days=9),
    attributes=(Attribute(name="spent", value=120.5, at=NOW),),
)


def facts(text: str = "請問訂單 A-88 何时发货？", was: Ticket | None = None, **values: Any) -> Facts:
    message = InboundMessage(
        account="kf", dedupe_key="1", conversation="c", sender=Sender(kind="wecom", external_id="u"), text=text
    )
    given = {
        "fields": (FieldValue(name="order", value="A-88"), FieldValue(name="due", value="2026-03-03T00:00:00+08:00")),
        "tags": (TagAssignment(name="s:a", at=NOW),),
        "priority": Priority.HIGH,
        **values,
    }
    return Facts(
        message,
        fold(text),
        ticket(**given),
        CUSTOMER,
        now=NOW,
        zone="Asia/Shanghai",
        before=None if was is None else Facts(None, "", was, CUSTOMER, now=NOW),
        actor=Actor.adapter("kf"),
    )


def holds(condition: Test | Group, given: Facts | None = None) -> bool:
    config = DeskConfig(rules=(Rule(name="r", when=condition, then=THEN),), fields=FIELDS_DECLARED)
    return bool(compile_rules(config.rules, declared=field_map(config)).evaluate(given or facts()).fired)


def field_map(config: DeskConfig) -> dict[str, Any]:
    return {one.name: one.field for one in config.fields}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (F.message.text.not_contains("退款"), True),
        (F.message.text.not_contains("订单"), False),
        (F.message.text.starts_with("您好", "请问"), True),
        (F.message.text.ends_with("？"), True),
        (F.message.text.ends_with("!"), False),
        (F.message.text.matches(r"[a-z]-\d+"), True),
        (F.message.text.matches(r"訂單\s"), True),
        (F.message.text.not_matches(r"^\d"), True),
        (F.message.channel == "wecom", True),
        (F.message.origin_scene.is_set(), False),
        (F.message.kinds.contains("text"), True),
        (F.message.kinds.contains_any("image", "voice"), False),
        (F.message.length.between(5, 50), True),
        (F.message.attachments == 0, True),
        (F.ticket.priority >= Priority.HIGH, True),
        (F.ticket.priority.between(Priority.LOW, Priority.NORMAL), False),
        (F.ticket.created_at.older_than("3h"), True),
        (F.ticket.created_at.older_than(timedelta(hours=3, seconds=1)), False),
        (F.ticket.created_at.within_last("3h"), False),
        (F.ticket.created_at.within_last("181m"), True),
        (F.ticket.created_at.before("2026-03-02T21:00:00+08:00"), True),
        (F.ticket.created_at.after(datetime(2026, 3, 2, 13, tzinfo=UTC)), False),
        (F.ticket.created_at.today(), True),
        (F.customer.created_at.today(), False),
        (F.ticket.resolved_at.not_set(), True),
        (F.ticket.resolved_at.older_than("1s"), False),
        (F.time.hour == 23, True),
        (F.time.weekday == "mon", True),
        (F.time.date == "2026-03-02", True),
        (F.time.now.after("2026-03-02T15:00:00Z"), True),
        (F.actor.kind == "adapter", True),
        (F.ticket.worker.is_set(), False),
        (F.ticket.is_assigned == False, True),  # noqa: E712  it makes a test
        (F.customer.name.contains("小明"), True),
        (F.ticket.x("order").starts_with("A-"), True),
        (F.ticket.x("due").within_last("1d"), False),
        (F.ticket.x("due").is_set(), True),
        (F.customer.x("spent").between(100, 120.5), True),
        (F.ticket.priority.changed(), False),
        (F.ticket.sla.is_set(), False),
        (F.ticket.sla_states.contains("breached"), False),
    ],
)
def test_what_a_test_means(condition: Test, expected: bool) -> None:
    assert holds(condition) is expected
    assert holds(~condition) is not expected


def test_what_was_before() -> None:
    given = facts(was=ticket(priority=Priority.LOW, status="resolved", messages=3), status="open", messages=4)
    assert holds(F.ticket.priority.changed(), given)
    assert holds(F.ticket.priority.changed_from(Priority.LOW), given)
    assert holds(F.ticket.priority.changed_to(Priority.HIGH), given)
    assert holds(F.ticket.priority.increased(), given)
    assert not holds(F.ticket.priority.decreased(), given)
    assert not holds(F.ticket.priority.changed_to(Priority.LOW), given)
    assert holds(F.ticket.status.changed_from("resolved"), given)
    assert holds(F.ticket.messages.increased(), given)
    assert holds(F.ticket.tags.changed(), given)
    assert not holds(F.ticket.queue.changed(), given)
    assert not holds(F.ticket.messages.increased(), facts())


def test_conditions_are_joined_by_signs() -> None:
    a, b, c = F.ticket.is_new == True, F.ticket.messages > 1, F.customer.level == "vip"  # noqa: E712
    assert a & b & c == all_of(a, b, c)
    assert a | b | c == any_of(a, b, c)
    assert ~a == none_of(a)
    assert ~(a | b) == none_of(a, b)
    assert a & (b | c) == all_of(a, any_of(b, c))
    with pytest.raises(TypeError, match=r"with & \| ~"):
        bool(a)


TOML = """
[[fields]]
name = "customer.x.spent"
type = "number"

[[rules]]
name = "r"
owner = "Li"
active_from = 2026-11-11T00:00:00+08:00
then = [{ do = "no_auto_reply" }]

[rules.when]
all = [
    { field = "ticket.priority", op = "between", value = ["normal", "high"] },
    { any = [
        { field = "message.text", op = "contains_any", value = ["退款", "refund"] },
        { field = "ticket.created_at", op = "before", value = 2026-11-11T00:00:00+08:00 },
    ] },
    { none = [{ field = "ticket.waiting_since", op = "within_last", value = "120m" }] },
    { field = "customer.x.spent", op = "ge", value = 99.5 },
]

[[rule_sets]]
name = "night"
mode = "first"

[[rule_sets.rules]]
name = "later"
when = { field = "ticket.is_new", op = "eq", value = true }
then = [{ do = "no_auto_reply" }]
"""


def test_python_toml_and_json_mean_the_same() -> None:
    eleventh = datetime(2026, 11, 10, 16, tzinfo=UTC)
    python = DeskConfig(
        fields=(CustomField(name="customer.x.spent", type="number"),),
        rules=(
            Rule(
                name="r",
                owner="Li",
                active_from=eleventh,
                when=F.ticket.priority.between(Priority.NORMAL, Priority.HIGH)
                & (F.message.text.contains_any("退款", "refund") | F.ticket.created_at.before(eleventh))
                & ~F.ticket.waiting_since.within_last(timedelta(hours=2))
                & (F.customer.x("spent") >= 99.5),
                then=THEN,
            ),
        ),
        rule_sets=(
            RuleSet(
                name="night",
                mode="first",
                rules=(Rule(name="later", when=F.ticket.is_new == True, then=THEN),),  # noqa: E712
            ),
        ),
    )
    toml = DeskConfig.from_toml(TOML)
    assert python == toml
    assert python.digest == toml.digest
    assert DeskConfig.from_json(toml.canonical_json()) == toml


@pytest.mark.parametrize(
    ("settings", "path", "told"),
    [
        ({"field": "ticket.prio", "op": "eq", "value": "high"}, "when.field", "did you mean 'ticket.priority'?"),
        ({"field": "message.text", "op": "changed"}, "when.op", "choose one of"),
        ({"field": "ticket.created_at", "op": "older_than", "value": "3"}, "when.value", "write it like"),
        ({"field": "ticket.created_at", "op": "before", "value": "2026-01-01"}, "when.value", "+08:00"),
        ({"field": "ticket.messages", "op": "between", "value": [3, 1]}, "when.value", "lesser value first"),
        ({"field": "ticket.messages", "op": "between", "value": [1]}, "when.value", "pass [least, greatest]"),
        ({"field": "message.text", "op": "matches", "value": "("}, "when.value", "correct the regular expression"),
        ({"field": "message.text", "op": "matches", "value": "(a+)+"}, "when.value", "without nesting"),
        ({"field": "message.text", "op": "matches", "value": r"(a)\1"}, "when.value", "leave it out"),
        ({"field": "message.text", "op": "matches", "value": "a*b*c*"}, "when.value", "possessive"),
        ({"field": "message.text", "op": "matches", "value": "a?" * 30}, "when.value", "possessive"),
        ({"field": "message.text", "op": "matches", "value": "x" * 201}, "when.value", "split the rule"),
        ({"field": "ticket.x.ordr", "op": "is_set"}, "when.field", "did you mean 'ticket.x.order'?"),
        ({"field": "ticket.x.order", "op": "gt", "value": 3}, "when.op", "choose one of"),
        ({"field": "customer.x.spent", "op": "eq", "value": "much"}, "when.value", "pass a number"),
        ({"field": "time.now", "op": "working_time", "value": "shop"}, "when.op", "calendar"),
        ({"field": "message.text", "op": "like_phrase", "value": ["退款", 8]}, "when.value", "0.8"),
        ({"field": "customer.segments", "op": "contains", "value": "vip"}, "when.value", "did you mean 'vip-risk'?"),
        ({"field": "customer.flags", "op": "contains", "value": "bad-payr"}, "when.value", "did you mean 'bad-payer'?"),
        ({"field": "customer.tickets_999d", "op": "ge", "value": 3}, "when.field", "choose one of"),
        ({"field": "ticket.sla", "op": "eq", "value": "gold"}, "when.value", "there are none yet"),
        ({"field": "ticket.sla", "op": "is_set", "value": "gold"}, "when.value", "leave it out"),
        ({"field": "message.author", "op": "eq", "value": "custmer"}, "when.value", "did you mean 'customer'?"),
        ({"field": "ticket.messages", "op": "in", "value": []}, "when.value", "pass a list"),
        ({"field": "ticket.messages", "op": "gt", "value": [1]}, "when.value", "operator for lists"),
        ({"field": "ticket.messages", "op": "gt", "value": float("inf")}, "when.value", "pass a text, a number"),
        ({"field": "ticket.messages", "op": "eq", "value": {"at": 1}}, "when.value", "pass a text, a number"),
        ({"field": "ticket.created_at", "op": "before", "value": datetime(2026, 1, 1)}, "when.value", "offset"),  # noqa: DTZ001
        ({"field": "ticket.created_at", "op": "older_than", "value": "999999999w"}, "when.value", "ten years"),
        ({"field": "message.text", "op": "matches", "value": ""}, "when.value", "regular expression"),
        ({"field": "message.text", "op": "like_phrase", "value": ["退款"]}, "when.value", "least score"),
    ],
)
def test_errors_lead_to_the_value(settings: dict[str, Any], path: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        DeskConfig(
            rules=[{"name": "r", "when": settings, "then": THEN}],
            fields=FIELDS_DECLARED,
            flags=[{"name": "bad-payer"}],
            segments=[{"name": "vip-risk", "when": {"field": "customer.refunds_30d", "op": "ge", "value": 2}}],
        )
    assert caught.value.path == f"rules.r.{path}"
    assert told in str(caught.value)


def test_more_errors() -> None:
    ok = {"name": "r", "then": THEN}
    for settings, path in [
        ({"rules": [ok], "rule_sets": [{"name": "s", "rules": [ok]}]}, "rule_sets.s.rules.r"),
        ({"rules": [{**ok, "on": []}]}, "rules.r.on"),
        ({"rules": [{**ok, "active_from": NOW, "active_until": NOW}]}, "rules.r.active_until"),
        ({"fields": [{"name": "ticket.order", "type": "word"}]}, "fields.ticket.order.name"),
        ({"fields": [{"name": "ticket.x.a", "type": "text", "choices": ["b"]}]}, "fields.ticket.x.a.choices"),
        ({"zone": "Mars/Olympus"}, "zone"),
        (
            {"fields": FIELDS_DECLARED, "rules": [{**ok, "then": [SetField(name="x.order", value=3)]}]},
            "rules.r.then.0.value",
        ),
    ]:
        with pytest.raises(ConfigError) as caught:
            DeskConfig(**settings)
        assert caught.value.path == path


def test_sets_have_their_own_order_and_windows() -> None:
    rules = compile_rules(
        (Rule(name="a", then=THEN, stop=True), Rule(name="b", then=THEN)),
        sets=(
            RuleSet(name="first", mode="first", rules=(Rule(name="c", then=THEN), Rule(name="d", then=THEN))),
            RuleSet(name="off", enabled=False, rules=(Rule(name="e", then=THEN),)),
            RuleSet(
                name="timed",
                active_from=NOW,
                rules=(
                    Rule(name="f", then=THEN),
                    Rule(name="g", then=THEN, active_until=NOW),
                    Rule(name="h", then=THEN, on=("change",)),
                ),
            ),
        ),
    )
    assert rules.evaluate(facts()).fired == ("a", "c", "f")
    early = Facts(None, "", ticket(), CUSTOMER, now=NOW - timedelta(days=1))
    assert rules.evaluate(early).fired == ("a", "c")
    assert rules.evaluate(facts(), "change").fired == ("h",)
    assert rules.has("change")
    assert "g" in rules


def test_a_policy_says_what_it_reads() -> None:
    reads = reads_of([F.customer.tickets(days=7) > 2, F.ticket.status.changed(), F.time.now.in_working_time("shop")])
    assert {(one.what, one.days) for one in reads.history} == {("tickets", 7)}
    assert reads.before == {"ticket.status"}
    assert reads.calendars == {"shop"}
    assert reads.fields == {"customer.tickets_7d", "ticket.status", "time.now"}


def test_the_builder_has_every_field_and_operator() -> None:
    built = {
        one.name
        for group in (F.message, F.ticket, F.customer, F.actor, F.time)
        for one in vars(type(group)).values()
        if hasattr(one, "name")
    }
    assert built == set(FIELDS)
    assert set(MEANINGS) == set(Op)
    assert field_of("customer.orders_30d") is not None


DUE = Test(field="ticket.x.due", op="before", value="2026-03-04T00:00:00Z")


def test_custom_fields_hold_as_they_were_declared() -> None:
    declared = {
        "ticket.x.due": CustomField(name="ticket.x.due", type="time"),
        "ticket.x.word": CustomField(name="ticket.x.word", type="text"),
    }
    rules = compile_rules(
        (
            Rule(name="due", when=DUE, then=THEN),
            Rule(name="word", when=F.ticket.x("word") == "發貨", then=THEN),
            Rule(name="blank", when=F.ticket.x("word").not_set(), then=THEN),
        ),
        declared=field_map(DeskConfig(fields=tuple(declared.values()))),
    )
    with_word = facts(
        fields=(FieldValue(name="due", value="2026-03-03T00:00:00+08:00"), FieldValue(name="word", value="发货"))
    )
    assert rules.evaluate(with_word).fired == ("due", "word")
    assert rules.evaluate(facts(fields=())).fired == ("blank",)


def test_a_field_that_nobody_declared_is_no_fact() -> None:
    assert facts()["customer.x.spent"] == 120.5
    today = NOW.date()
    days = ((0, 1), (6, 3), (7, 2))
    acts = tuple(DayCount(did="ticket", day=today - timedelta(days=ago), count=n, last_at=NOW) for ago, n in days)
    counted = facts()
    counted.customer = counted.customer.model_copy(update={"acts": acts})
    assert (counted["customer.tickets_7d"], counted["customer.tickets_8d"]) == (4, 6)
    assert (counted["customer.orders_30d"], counted["customer.ticket_at"]) == (0, NOW)
    for name in ("ticket.nothing", "desk.x.order"):
        with pytest.raises(KeyError):
            facts()[name]


def test_a_phrase_is_compared_by_the_score_that_the_application_gives() -> None:
    like = F.message.text.like_phrase("查物流", 0.8)
    rules = compile_rules((Rule.model_construct(name="r", when=like, then=THEN),))
    assert reads_of([like]).phrases == {"查物流"}
    for score, fired in ((0.9, ("r",)), (0.8, ("r",)), (0.7, ())):
        given = facts()
        given.match = lambda _, score=score: BestPhrase("查物流", "phr_1", score)
        assert rules.evaluate(given).fired == fired
    assert rules.evaluate(facts()).fired == ()


def test_a_clock_state_is_a_fact() -> None:
    clocks = tuple(
        Clock(
            metric=Metric.FIRST_REPLY,
            cycle=cycle,
            policy="gold",
            phase=phase,
            amount=timedelta(hours=1),
            started_at=NOW,
            due_at=NOW + timedelta(hours=cycle),
            warned_at=warned,
            breached_at=breached,
        )
        for cycle, phase, warned, breached in (
            (1, ClockPhase.MET, NOW, NOW),
            (2, ClockPhase.RUNNING, NOW, None),
        )
    )
    given = facts(clocks=clocks)
    assert given["ticket.sla_states"] == {"met", "breached", "running", "warned"}
    assert given["ticket.sla_due_at"] == NOW + timedelta(hours=2)
    assert facts()["ticket.sla_due_at"] is None


def test_the_builder_spells_what_a_table_spells() -> None:
    assert F.ticket.created_at.within_next("2d") == Test(field="ticket.created_at", op="within_next", value="2d")
    assert F.time.now.outside_working_time("shop") == Test(field="time.now", op="not_working_time", value="shop")
    assert F.ticket.x("due").older_than("1h") == Test(field="ticket.x.due", op="older_than", value="1h")
    assert F.ticket.queue.is_in("vip", "default") == Test(field="ticket.queue", op="in", value=("vip", "default"))
    assert (F.customer.orders(days=30) > 2).field == "customer.orders_30d"
    assert F.ticket.created_at.changed() == Test(field="ticket.created_at", op="changed")
    assert repr(F.ticket.queue) == "F.ticket.queue"


def test_values_of_a_set_have_one_order() -> None:
    assert F.ticket.queue.is_in("b", "a") != F.ticket.queue.is_in("a", "b")
    one = Test(field="ticket.queue", op="in", value=frozenset({"b", "a"}))
    assert one.value == ("a", "b")


def test_a_stored_value_that_is_no_instant_is_before_nothing() -> None:
    assert holds(DUE)
    assert not holds(DUE, facts(fields=(FieldValue(name="due", value=3),)))


def test_however_many_values_a_field_had_its_rules_hold() -> None:
    rules = compile_rules((Rule(name="r", when=F.ticket.messages > 1_500, then=THEN),))
    seen = [number for number in range(1_100, 2_200) if rules.evaluate(facts(messages=number)).fired]
    assert seen == list(range(1_501, 2_200))


def test_an_action_that_sets_nothing_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        DeskConfig(rules=[{"name": "r", "then": [{"do": "place_customer"}]}])
    assert "give a level, a stage or a language" in str(caught.value)


def test_flags_are_asked_in_words_too() -> None:
    assert F.ticket.is_new.is_true() == (F.ticket.is_new == True)  # noqa: E712  it makes a test
    assert F.ticket.is_new.is_false() == (F.ticket.is_new != True).model_copy(  # noqa: E712
        update={"op": Op.EQ, "value": False}
    )
    assert not hasattr(F.ticket.is_new, "is_in")


def test_values_of_one_kind_are_compared_as_json_reads_them() -> None:
    rule = Rule(name="r", when=F.ticket.created_at.older_than("90m"), then=THEN)
    assert json.loads(rule.model_dump_json())["when"]["value"] == "90m"
    assert Rule(name="r", when=F.ticket.created_at.older_than("1h30m"), then=THEN) == rule


CALENDAR = {"name": "shop", "zone": "Asia/Shanghai", "weekly": {"mon": [("09:00", "18:00")]}}


@pytest.mark.parametrize(("hour", "expected"), [("01:00", True), ("00:59", False), ("10:00", False), ("09:59", True)])
def test_working_time_goes_by_the_calendar_of_that_name(hour: str, expected: bool) -> None:
    config = DeskConfig(
        calendars=(CALENDAR,),
        rules=(
            Rule(name="in", when=F.time.now.in_working_time("shop"), then=THEN),
            Rule(name="out", when=F.time.now.outside_working_time("shop"), then=THEN),
        ),
    )
    policy = compile_policy(config)
    at = datetime.fromisoformat(f"2026-03-02T{hour}:00+00:00")
    given = Facts(None, "", ticket(), CUSTOMER, now=at, zone=policy.zone, calendars=policy.service.times)
    assert policy.rules.evaluate(given).fired == (("in",) if expected else ("out",))
    assert policy.zone == "Asia/Shanghai"
    assert {one.code for one in analyse(config).findings} == set()


def test_a_calendar_is_named_rightly() -> None:
    rule = Rule(name="r", when=F.time.now.in_working_time("shp"), then=THEN)
    with pytest.raises(ConfigError, match="did you mean 'shop'") as caught:
        DeskConfig(calendars=(CALENDAR,), rules=(rule,))
    assert caught.value.path == "rules.r.when.value"


@pytest.mark.parametrize("did", ["browses", "carts", "orders", "payments", "refunds", "redeems", "spent", "tickets"])
def test_everything_that_customers_do_can_be_counted(did: str) -> None:
    assert (getattr(F.customer, did)(days=30) >= 2) == Test(field=f"customer.{did}_30d", op=Op.GE, value=2)


def test_a_slip_in_python_says_what_there_is() -> None:
    with pytest.raises(AttributeError, match=r"F\.ticket has no field 'flag': did you mean 'flags'"):
        F.ticket.flag  # type: ignore[attr-defined]  # noqa: B018  the slip
    with pytest.raises(AttributeError, match=r"F\.message has no field 'txt'"):
        F.message.txt  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("then", [{"do": "resolve"}, Resolve()])
def test_one_action_alone_is_told_to_be_a_list(then: Any) -> None:
    for section in ("rules", "macros"):
        with pytest.raises(ConfigError, match="one action alone; write a list"):
            DeskConfig(**{section: [{"name": "r", "then": then}]})


def test_a_template_is_filled_with_what_is_known() -> None:
    with pytest.raises(ConfigError) as caught:
        SendTemplate(name="x", locale="en", body=("customer.nam",))
    assert caught.value.path.endswith("body.0")
    assert "did you mean 'customer.name'" in str(caught.value)
    fine = ("customer.x.order", "ticket.number", "customer", "e.g. ticket.name", "3.5")
    assert SendTemplate(name="x", locale="en", body=fine).body == fine
