"""Compiled rules decide as a plain reading of their conditions does."""

from __future__ import annotations

import json
import operator
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import many

from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.records.channels import InboundMessage, Sender
from csdesk.domain.records.customers import Customer, DayCount, Flag, SegmentMembership
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.tickets import FieldValue, Owner, OwnerKind, Priority, Ticket
from csdesk.domain.rules.compiled import compile_rules
from csdesk.domain.rules.facts import BestPhrase, Facts, facts_of
from csdesk.domain.rules.language import Condition, Group, Test
from csdesk.domain.text.folding import fold
from csdesk.domain.text.keywords import KeywordIndex
from csdesk.domain.text.mood import mood_of
from csdesk.rules import NoAutoReply, Rule, all_of, any_of, none_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = ("退款", "退货", "发票", "refund", "Cat", "vip客户", "款")
PRIORITIES = ("low", "normal", "high", "urgent")

SEGMENT = {"field": "customer.level", "op": "is_set"}
DECLARED: dict[str, Any] = {"segments": [{"name": one, "when": SEGMENT} for one in ("vip-risk", "silent", "rude")]}

keyword = st.sampled_from(WORDS)
some = st.lists(keyword, min_size=1, max_size=3)
text_field = st.sampled_from(("message.text", "message.subject", "message.any"))


def _test(field: Any, op: Any, value: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"field": field, "op": op, "value": value})


tests = st.one_of(
    _test(text_field, st.just("not_contains"), keyword),
    _test(text_field, st.just("matches"), st.sampled_from(("退(?:款|货)", "^cat", "[a-z]{3}"))),
    _test(st.just("ticket.messages"), st.just("between"), st.sampled_from(([0, 2], [1, 1], [3, 9]))),
    _test(st.just("ticket.messages"), st.sampled_from(("eq", "lt", "gt")), st.integers(0, 3)),
    _test(st.just("ticket.type"), st.sampled_from(("starts_with", "ends_with", "eq", "ne")), st.just("general")),
    _test(st.just("message.account"), st.sampled_from(("in", "not_in")), st.sampled_from((["a"], ["b"], ["a", "b"]))),
    _test(st.just("ticket.created_at"), st.sampled_from(("older_than", "within_last")), st.sampled_from(("1h", "3h"))),
    _test(st.just("ticket.priority"), st.sampled_from(("changed", "increased", "decreased")), st.none()),
    _test(st.just("ticket.priority"), st.sampled_from(("changed_to", "changed_from")), st.sampled_from(PRIORITIES)),
    _test(text_field, st.just("contains"), keyword),
    _test(text_field, st.sampled_from(("contains_any", "contains_all", "contains_none")), some),
    _test(text_field, st.just("starts_with"), keyword),
    _test(st.just("ticket.priority"), st.sampled_from(("eq", "ne", "ge", "lt")), st.sampled_from(PRIORITIES)),
    _test(st.just("ticket.tags"), st.sampled_from(("contains_any", "contains_none")), st.just(["s:a", "s:b"])),
    _test(st.just("ticket.x.n"), st.sampled_from(("gt", "le", "eq", "ne")), st.integers(-1, 1)),
)
names = st.lists(st.sampled_from(("vip-risk", "silent", "rude")), min_size=1, max_size=2)
asks = st.one_of(
    _test(
        st.sampled_from(("customer.segments", "customer.flags")),
        st.sampled_from(("contains_any", "contains_all", "contains_none")),
        names,
    ),
    _test(
        st.sampled_from(("customer.tickets_7d", "customer.orders_30d", "customer.payments_7d", "customer.spent_30d")),
        st.sampled_from(("eq", "ne", "ge", "gt", "lt", "le")),
        st.integers(0, 5),
    ),
    _test(st.just("customer.order_at"), st.sampled_from(("older_than", "within_last")), st.sampled_from(("2d", "9d"))),
    _test(st.just("message.mood"), st.sampled_from(("lt", "ge")), st.sampled_from((-0.5, 0, 0.5))),
    _test(st.just("message.phrase_score"), st.sampled_from(("gt", "le")), st.sampled_from((0.2, 0.8))),
    _test(st.just("message.phrase"), st.sampled_from(("eq", "ne")), st.sampled_from(("物流", "退款"))),
    _test(st.just("message.text"), st.just("like_phrase"), st.tuples(st.sampled_from(("物流", "phr_2")), st.just(0.5))),
)
tests |= asks
conditions = st.recursive(
    tests,
    lambda below: st.dictionaries(
        st.sampled_from(("all", "any", "none")), st.lists(below, min_size=1, max_size=3), min_size=1, max_size=3
    ),
    max_leaves=8,
)
texts = st.lists(st.one_of(keyword, st.sampled_from(("我要", "category", " ", "，", "貨"))), max_size=5).map("".join)


acts = st.builds(
    lambda did, ago, count: DayCount(
        did=did, day=NOW.date() - timedelta(ago), count=count, amount=count, last_at=NOW - timedelta(ago)
    ),
    st.sampled_from(("ticket", "order", "payment")),
    st.sampled_from((0, 6, 7, 29, 30)),
    st.integers(1, 4),
)


@st.composite
def some_facts(draw: st.DrawFn) -> Facts:
    text = draw(texts)
    message = InboundMessage(
        account="a", dedupe_key="1", conversation="c", sender=Sender(external_id="u"), subject=draw(texts), text=text
    )
    value = draw(st.one_of(st.none(), st.integers(-1, 2), st.booleans(), st.just("x")))
    ticket = Ticket(
        id="tkt_1",
        number=1,
        queue="default",
        identity="idn_1",
        account="a",
        conversation="c",
        owner=Owner(kind=OwnerKind.QUEUE, id="default"),
        priority=draw(st.sampled_from(list(Priority))),
        tags=tuple(TagAssignment(name=name, at=NOW) for name in draw(st.sets(st.sampled_from(("s:a", "s:c"))))),
        fields=() if value is None else (FieldValue(name="n", value=value),),
        messages=draw(st.integers(0, 4)),
        created_at=NOW - timedelta(hours=draw(st.integers(0, 4))),
        updated_at=NOW,
    )
    customer = Customer(
        id="cus_1",
        created_at=NOW,
        flags=tuple(
            Flag(name=name, at=NOW, until=draw(st.sampled_from((None, NOW, NOW + timedelta(1)))))
            for name in draw(st.sets(st.sampled_from(("rude", "silent"))))
        ),
        segments=tuple(
            SegmentMembership(name=name, since=NOW) for name in draw(st.sets(st.sampled_from(("vip-risk", "silent"))))
        ),
        acts=tuple(draw(st.lists(acts, max_size=5, unique_by=lambda one: (one.did, one.day)))),
    )
    before = None
    if draw(st.booleans()):
        was = ticket.model_copy(update={"priority": draw(st.sampled_from(list(Priority)))})
        before = Facts(None, "", was, customer, now=NOW)
    best = draw(st.sampled_from((None, BestPhrase("物流", "phr_1", 0.9), BestPhrase("退款", "phr_2", 0.5))))
    return facts_of(
        message,
        fold(text),
        ticket,
        customer,
        new_ticket=True,
        new_customer=True,
        now=NOW,
        before=before,
        match=None if best is None else lambda _: best,
    )


def naive(condition: Condition, facts: Facts) -> bool:
    if isinstance(condition, Group):
        return (
            all(naive(one, facts) for one in condition.all or ())
            and (condition.any is None or any(naive(one, facts) for one in condition.any))
            and not any(naive(one, facts) for one in condition.none or ())
        )
    return naive_test(condition, facts)


def occurs(word: str, field: str, facts: Facts) -> bool:
    index = KeywordIndex.of([word])
    read = {"message.text": (facts.text,), "message.subject": (facts.subject,)}
    return any(index.find(text) for text in read.get(field, (facts.text, facts.subject)))


COMPARE: dict[str, Any] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "ge": operator.ge,
    "gt": operator.gt,
    "lt": operator.lt,
    "le": operator.le,
}


def naive_ask(test: Test, facts: Facts) -> bool:
    """What is known of the customer, and what the message is like."""
    value: Any = test.value
    customer = facts.customer
    if test.field in ("customer.segments", "customer.flags"):
        held = {one.name for one in customer.segments}
        if test.field == "customer.flags":
            held = {one.name for one in customer.flags if one.until is None or one.until > NOW}
        many = [name in held for name in value]
        return {"contains_any": any(many), "contains_all": all(many), "contains_none": not any(many)}[test.op.value]
    if test.field == "customer.order_at":
        last = [one.last_at for one in customer.acts if one.did == "order"]
        is_old = bool(last) and NOW - max(last) >= timedelta(days=int(value[0]))
        return is_old if test.op == "older_than" else bool(last) and not is_old
    if test.field.startswith("customer."):
        what, days = test.field.removeprefix("customer.").removesuffix("d").split("_")
        did = {"tickets": "ticket", "orders": "order"}.get(what, "payment")
        total = sum(
            one.amount if what == "spent" else one.count
            for one in customer.acts
            if one.did == did and (NOW.date() - one.day).days < int(days)
        )
        return bool(COMPARE[test.op.value](total, value))
    best = facts.match(facts.text) if facts.match is not None and facts.text else BestPhrase()
    if test.op == "like_phrase":
        return value[0] in (best.title, best.id) and best.score >= value[1]
    fact: Any = {"message.phrase": best.title or None, "message.phrase_score": best.score}.get(test.field)
    return bool(COMPARE[test.op.value](mood_of(facts.text) if test.field == "message.mood" else fact, value))


ASKED = ("message.mood", "message.phrase", "message.phrase_score")


def naive_test(test: Test, facts: Facts) -> bool:  # noqa: C901, PLR0911  one case for each family of tests
    value: Any = test.value
    if test.field.startswith("customer.") or test.field in ASKED or test.op == "like_phrase":
        return naive_ask(test, facts)
    if test.field.startswith("message."):
        if test.op == "starts_with":
            return str(facts[test.field]).startswith(fold(value))
        if test.op == "matches":
            return re.search(value, str(facts[test.field])) is not None
        if test.field == "message.account":
            return (facts["message.account"] in value) is (test.op == "in")
        found = [occurs(one, test.field, facts) for one in (value if isinstance(value, tuple) else (value,))]
        return (
            not any(found)
            if test.op in ("contains_none", "not_contains")
            else all(found)
            if test.op == "contains_all"
            else any(found)
        )
    fact: Any = facts[test.field]
    if test.field == "ticket.tags":
        return bool(fact & set(value)) is (test.op == "contains_any")
    if test.field == "ticket.created_at":
        hours = (NOW - fact) / timedelta(hours=1)
        return hours >= int(value[0]) if test.op == "older_than" else hours < int(value[0])
    if test.field == "ticket.type":
        return {"starts_with": True, "ends_with": True, "eq": True, "ne": False}[test.op]
    if test.op in ("changed", "increased", "decreased", "changed_to", "changed_from"):
        return naive_change(test, facts)
    if test.op == "between":
        return bool(value[0] <= fact <= value[1])
    if test.field == "ticket.priority":
        value = PRIORITIES.index(value) + 1
    number = isinstance(fact, int) and not isinstance(fact, bool)
    return {
        "eq": number and fact == value,
        "ne": not (number and fact == value),
        "ge": number and fact >= value,
        "gt": number and fact > value,
        "lt": number and fact < value,
        "le": number and fact <= value,
    }[test.op]


def naive_change(test: Test, facts: Facts) -> bool:
    if facts.before is None:
        return False
    was, now = facts.before.ticket.priority, facts.ticket.priority
    if test.op in ("changed_to", "changed_from"):
        wanted = Priority[str(test.value).upper()]
        return was != now and wanted == (now if test.op == "changed_to" else was)
    return bool({"changed": was != now, "increased": now > was, "decreased": now < was}[test.op])


@settings(max_examples=many(60), deadline=None)
@given(given_conditions=st.lists(conditions, min_size=1, max_size=6), facts=some_facts(), stop=st.integers(0, 6))
def test_compiled_rules_equal_a_plain_reading(given_conditions: list[dict[str, Any]], facts: Facts, stop: int) -> None:
    rules = DeskConfig(
        rules=[
            {"name": f"r{place}", "when": when, "then": [{"do": "no_auto_reply"}], "stop": place == stop}
            for place, when in enumerate(given_conditions)
        ],
        **DECLARED,
    ).rules
    expected = []
    for rule in rules:
        assert rule.when is not None
        if naive(rule.when, facts):
            expected.append(rule.name)
            if rule.stop:
                break
    compiled = compile_rules(rules)
    assert compiled.evaluate(facts).fired == tuple(expected)
    assert compiled.evaluate(facts).fired == tuple(expected), "what is remembered of values changes nothing"
    assert compile_rules(rules, "first").evaluate(facts).fired == tuple(expected[:1])


def toml_of(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml_of(one)}" for key, one in value.items() if one is not None) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_of, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def python_of(given: dict[str, Any]) -> Group | Test:
    if "field" in given:
        return Test(**given)
    parts: list[Group | Test] = []
    if "all" in given:
        parts.append(all_of(*map(python_of, given["all"])))
    if "any" in given:
        parts.append(any_of(*map(python_of, given["any"])))
    if "none" in given:
        parts.append(none_of(*map(python_of, given["none"])))
    joined = {key: value for part in parts for key, value in part if value is not None}
    return Group(**joined)


@settings(max_examples=many(50), deadline=None)
@given(when=conditions)
def test_python_toml_and_json_give_equal_rules(when: dict[str, Any]) -> None:
    declared = "".join(
        f"[[segments]]\nname = {json.dumps(one['name'])}\nwhen = {toml_of(one['when'])}\n"
        for one in DECLARED["segments"]
    )
    toml = DeskConfig.from_toml(
        f'{declared}[[rules]]\nname = "r"\nthen = [{{ do = "no_auto_reply" }}]\nwhen = {toml_of(when)}\n'
    )
    python = DeskConfig(rules=(Rule(name="r", when=python_of(when), then=(NoAutoReply(),)),), **DECLARED)
    assert toml == python
    assert DeskConfig.from_json(toml.canonical_json()) == python
    assert toml.digest == python.digest
