"""Rules: what each operator means, snapshot semantics, order, stop and mode."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.records.channels import InboundMessage, Sender
from csdesk.domain.records.customers import Attribute, Customer
from csdesk.domain.records.messages import MediaPart, TextPart
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.tickets import FieldValue, Owner, OwnerKind, Priority, Ticket
from csdesk.domain.rules.compiled import RuleSet, compile_rules
from csdesk.domain.rules.facts import Facts, facts_of
from csdesk.domain.rules.fields import FIELDS
from csdesk.domain.text.folding import fold

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
THEN = [{"do": "no_auto_reply"}]


def facts(text: str = "你好，我要退款 category", subject: str = "訂單 8", **ticket: Any) -> Facts:
    message = InboundMessage(
        account="kf",
        dedupe_key="1",
        conversation="c",
        sender=Sender(external_id="u"),
        subject=subject,
        parts=(TextPart(text=text), MediaPart()),
        language="zh",
    )
    values: dict[str, Any] = {
        "type": "refund/late",
        "tags": (TagAssignment(name="angry", at=NOW), TagAssignment(name="shop:vip", at=NOW)),
        "fields": (FieldValue(name="order", value="A-88"), FieldValue(name="paid", value=True)),
        "messages": 3,
        "priority": Priority.HIGH,
        **ticket,
    }
    customer = Customer(
        id="cus_1", level="gold", created_at=NOW, attributes=(Attribute(name="spent", value=120.5, at=NOW),)
    )
    return facts_of(
        message,
        fold(text),
        Ticket(
            id="tkt_1",
            number=1,
            queue="default",
            identity="idn_1",
            account="kf",
            conversation="c",
            owner=Owner(kind=OwnerKind.QUEUE, id="default"),
            created_at=NOW,
            updated_at=NOW,
            **values,
        ),
        customer,
        new_ticket=True,
        new_customer=False,
    )


def rules(*given: dict[str, Any], mode: Any = "all") -> RuleSet:
    tags = [{"name": "angry"}, {"name": "calm"}]
    types = [{"name": "refund"}]
    return compile_rules(DeskConfig(rules=given, tags=tags, types=types).rules, mode)


def holds(when: dict[str, Any]) -> bool:
    return bool(rules({"name": "r", "when": when, "then": THEN}).evaluate(facts()).fired)


@pytest.mark.parametrize(
    ("field", "op", "value", "expected"),
    [
        ("message.text", "contains", "退款", True),
        ("message.text", "contains", "cat", False),
        ("message.text", "contains_any", ["发票", "退款"], True),
        ("message.text", "contains_all", ["发票", "退款"], False),
        ("message.text", "contains_all", ["ＣＡＴＥＧＯＲＹ", "退款"], True),
        ("message.text", "contains_none", ["发票", "付款"], True),
        ("message.text", "contains_none", ["发票", "退款"], False),
        ("message.text", "starts_with", "你好", True),
        ("message.text", "eq", "你好，我要退款 Category", True),
        ("message.text", "is_set", None, True),
        ("message.subject", "contains", "订单", True),
        ("message.text", "contains", "订单", False),
        ("message.any", "contains_all", ["订单", "退款"], True),
        ("message.account", "in", ["kf", "mail"], True),
        ("message.account", "not_in", ["kf", "mail"], False),
        ("message.author", "eq", "customer", True),
        ("message.automatic", "ne", "no", False),
        ("message.has_media", "eq", True, True),
        ("message.has_media", "ne", True, False),
        ("ticket.priority", "ge", "high", True),
        ("ticket.priority", "gt", "high", False),
        ("ticket.priority", "lt", "urgent", True),
        ("ticket.priority", "in", ["low", "high"], True),
        ("ticket.type", "starts_with", "refund/", True),
        ("ticket.type", "eq", "refund", False),
        ("ticket.messages", "le", 3, True),
        ("ticket.messages", "lt", 3, False),
        ("ticket.messages", "eq", 3.0, True),
        ("ticket.tags", "contains", "angry", True),
        ("ticket.tags", "contains_all", ["angry", "calm"], False),
        ("ticket.tags", "contains_any", ["angry", "calm"], True),
        ("ticket.tags", "contains_none", ["calm"], True),
        ("ticket.tags", "is_set", None, True),
        ("ticket.is_new", "eq", True, True),
        ("customer.is_new", "eq", True, False),
        ("customer.tags", "not_set", None, True),
        ("customer.level", "eq", "gold", True),
        ("customer.language", "not_set", None, True),
        ("customer.language", "ne", "zh", True),
        ("ticket.x.order", "contains", "a-8", True),
        ("ticket.x.order", "contains_all", ["a", "8", "9"], False),
        ("ticket.x.order", "contains_none", ["b"], True),
        ("ticket.x.order", "starts_with", "A", True),
        ("ticket.x.order", "eq", "A-88", True),
        ("ticket.x.order", "gt", 1, False),
        ("ticket.x.paid", "eq", True, True),
        ("ticket.x.paid", "eq", 1, False),
        ("ticket.x.paid", "ge", 1, False),
        ("ticket.x.none", "not_set", None, True),
        ("ticket.x.none", "contains", "a", False),
        ("ticket.x.none", "contains_none", ["a"], True),
        ("customer.x.spent", "ge", 120, True),
        ("customer.x.spent", "in", ["a", 120.5], True),
        ("customer.x.none", "is_set", None, False),
    ],
)
def test_what_a_test_means(field: str, op: str, value: object, expected: bool) -> None:
    assert holds({"field": field, "op": op, "value": value}) is expected


def test_groups_join() -> None:
    yes = {"field": "message.text", "op": "contains", "value": "退款"}
    no = {"field": "message.text", "op": "contains", "value": "发票"}
    assert holds({"all": [yes, {"none": [no]}]})
    assert not holds({"all": [yes, no]})
    assert holds({"any": [no, yes]})
    assert not holds({"any": [no, no]})
    assert holds({"all": [yes], "any": [no, yes], "none": [no]})
    assert not holds({"all": [yes], "any": [no, yes], "none": [yes]})


def test_every_declared_field_can_be_read() -> None:
    given = facts()
    assert all(given[name] is not ... for name in FIELDS)
    with pytest.raises(KeyError):
        given["message.colour"]


def test_rules_fire_in_order_and_see_the_same_facts() -> None:
    result = rules(
        {"name": "low", "then": [{"do": "set_priority", "priority": "low"}, *THEN]},
        {"name": "off", "then": THEN, "enabled": False},
        {"name": "still-high", "when": {"field": "ticket.priority", "op": "eq", "value": "high"}, "then": THEN},
        {"name": "no", "when": {"field": "ticket.priority", "op": "eq", "value": "low"}, "then": THEN},
    ).evaluate(facts())
    assert result.fired == ("low", "still-high")
    assert [(one.rule, one.action.do) for one in result.effects] == [
        ("low", "set_priority"),
        ("low", "no_auto_reply"),
        ("still-high", "no_auto_reply"),
    ]
    assert [one.param("rule") for one in result.verdicts] == ["low", "still-high"]


def test_stop_and_first_end_the_run() -> None:
    one, two = {"name": "one", "then": THEN}, {"name": "two", "then": THEN}
    assert rules({**one, "stop": True}, two).evaluate(facts()).fired == ("one",)
    assert rules(one, two, mode="first").evaluate(facts()).fired == ("one",)
    assert rules(one, two).evaluate(facts()).fired == ("one", "two")


def test_nothing_fired_says_so() -> None:
    quiet = rules({"name": "r", "when": {"field": "message.text", "op": "contains", "value": "发票"}, "then": THEN})
    result = quiet.evaluate(facts())
    assert (result.fired, result.effects) == ((), ())
    assert [one.code for one in result.verdicts] == ["rules.none"]
    assert len(quiet) == 1
