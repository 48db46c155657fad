"""Why a rule fired or did not: as it was then, with the values seen, for those who may see them."""

import pytest

from csdesk import Actor, DeskConfig, InvalidInput, NotFound, Priority, Viewer, render
from csdesk.domain.policy.config import LevelPolicy, TagPolicy
from csdesk.domain.records.agents import Presence
from csdesk.domain.records.messages import Automatic
from csdesk.rules import F, NoAutoReply, Rule

AGENT = Actor.agent("agt_1")
VIEWER = Viewer(actor=AGENT)
THEN = (NoAutoReply(),)
URGENT = Rule(
    name="urgent-refund",
    when=F.message.text.contains_any("退款", "refund")
    & ((F.customer.level == "vip") | (F.ticket.priority >= Priority.HIGH))
    & ~F.ticket.tags.contains("calm"),
    then=THEN,
)


def open_with(world, *rules, **given):
    given.setdefault("tags", (TagPolicy(name="calm", keywords=("不急",)), TagPolicy(name="hot")))
    return world.open(DeskConfig(rules=rules, levels=(LevelPolicy(name="vip"),), **given), activate=True)


def blamed(explanation):
    return [(one.test.field, one.seen.state, one.seen.value) for one in explanation.because]


def test_the_tests_that_failed_with_the_values_they_saw(world):
    desk = open_with(world, URGENT)
    ticket = desk.receive(world.said("我要退款")).ticket
    why = desk.tickets.explain_rule(ticket.id, "urgent-refund", viewer=VIEWER)
    assert (why.fired, why.holds, why.obstacles) == (False, False, ())
    assert blamed(why) == [("customer.level", "shown", None), ("ticket.priority", "shown", "normal")]
    (text, *_) = why.condition.tests()
    assert (text.holds, text.seen.value, text.seen.record) == (True, "我要退款", why.cause)
    assert text.path == "when.all.0"
    shown = render(why.trace, "en")
    assert "rule urgent-refund did not fire" in shown
    assert "ticket.priority ge high; seen: normal" in shown


def test_personal_values_are_for_those_who_may_see_them(world):
    desk = open_with(world, URGENT)
    ticket = desk.receive(world.said("我要退款")).ticket
    for viewer in (None, Viewer(actor=AGENT, personal=False)):
        why = desk.tickets.explain_rule(ticket.id, "urgent-refund", viewer=viewer)
        (text, *_) = why.condition.tests()
        assert (text.holds, text.seen.state, text.seen.value) == (True, "hidden", None)
        assert "我要退款" not in render(why.trace, "zh-CN") + repr(why)


def test_it_is_the_moment_of_then_not_of_now(world):
    desk = open_with(world, URGENT)
    got = desk.receive(world.said("我要退款"))
    desk.tickets.set_field(got.ticket.id, "priority", "urgent", actor=AGENT)
    desk.customers.set_profile(got.customer.id, level="vip", actor=AGENT)
    desk.tickets.tag(got.ticket.id, "calm", actor=AGENT)
    why = desk.tickets.explain_rule(got.ticket.id, "urgent-refund", viewer=VIEWER)
    assert blamed(why) == [("customer.level", "shown", None), ("ticket.priority", "shown", "normal")]
    later = desk.receive(world.said("退款呢"))
    now = desk.tickets.explain_rule(got.ticket.id, "urgent-refund", viewer=VIEWER)
    assert now.cause == later.message_id
    assert blamed(now) == [("ticket.tags", "shown", ("calm",))]
    first = desk.tickets.explain_rule(got.ticket.id, "urgent-refund", cause=got.message_id)
    assert first.cause == got.message_id


def test_what_a_message_does_to_its_ticket_before_the_rules_was_seen(world):
    desk = open_with(
        world,
        Rule(name="back", when=F.ticket.category == "resolved", then=THEN),
        Rule(name="warm", when=F.ticket.tags.contains("hot"), then=THEN),
        sla=[
            {
                "name": "calm",
                "when": F.ticket.tags.contains("calm"),
                "targets": [{"metric": "resolution", "within": "9h"}],
            },
            {"name": "all", "targets": [{"metric": "resolution", "within": "1h"}]},
        ],
    )
    ticket = desk.receive(world.said("hi")).ticket
    desk.tickets.set_status(ticket.id, "resolved", actor=AGENT)
    desk.receive(world.said("不急，谢谢"))
    assert blamed(desk.tickets.explain_rule(ticket.id, "back")) == [("ticket.category", "shown", "open")]
    assert blamed(desk.tickets.explain_rule(ticket.id, "warm")) == [("ticket.tags", "shown", ("calm",))]


def test_who_got_the_ticket_afterwards_was_not_seen(world):
    desk = open_with(world, Rule(name="taken", when=F.ticket.worker.is_set(), then=THEN))
    ann = desk.agents.add("Ann", queues=["default"], actor=AGENT)
    desk.agents.set_presence(ann.id, Presence.ONLINE)
    ticket = desk.receive(world.said("hi")).ticket
    assert ticket.assignee == ann.id
    assert blamed(desk.tickets.explain_rule(ticket.id, "taken")) == [("ticket.worker", "shown", None)]


def test_what_the_customer_became_later_was_not_seen(world):
    desk = open_with(world, URGENT)
    customer = desk.receive(world.said("hi")).customer
    got = desk.receive(world.said("我要退款"))
    desk.customers.set_profile(customer.id, level="vip", actor=AGENT)
    why = desk.tickets.explain_rule(got.ticket.id, "urgent-refund", cause=got.message_id, viewer=VIEWER)
    assert ("customer.level", "shown", None) in blamed(why)


def test_effects_of_the_rules_themselves_were_not_seen(world):
    desk = open_with(
        world,
        Rule(name="a", then=[{"do": "set_priority", "priority": "urgent"}, {"do": "tag_customer", "tags": ["hot"]}]),
        Rule(name="b", when=F.ticket.priority >= Priority.HIGH, then=THEN),
        Rule(name="c", when=F.customer.tags.contains("hot"), then=THEN),
        Rule(name="d", when=F.ticket.tags.contains("calm") & (F.ticket.is_new == True), then=THEN),  # noqa: E712
    )
    ticket = desk.receive(world.said("不急，谢谢")).ticket
    asked = {name: desk.tickets.explain_rule(ticket.id, name) for name in "abcd"}
    assert {name: (one.fired, one.holds) for name, one in asked.items()} == {
        "a": (True, True),
        "b": (False, False),
        "c": (False, False),
        "d": (True, True),
    }
    assert asked["a"].condition is None
    assert "it has no condition" in render(asked["a"].trace, "en")


def test_what_stood_before_a_rule_is_said(world):
    hi = F.message.text.contains("hi")
    desk = open_with(
        world,
        Rule(name="off", when=hi, then=THEN, enabled=False),
        Rule(name="later", when=hi, then=THEN, active_from="2100-01-01T00:00:00Z"),
        Rule(name="changes", when=hi, then=THEN, on=("change",)),
        Rule(name="first", when=hi, then=THEN, stop=True),
        Rule(name="second", when=hi, then=THEN),
    )
    ticket = desk.receive(world.said("hi")).ticket
    cause = desk.tickets.explain_rule(ticket.id, "first").cause
    asked = {
        name: desk.tickets.explain_rule(ticket.id, name, cause=cause) for name in ("off", "later", "changes", "second")
    }
    assert asked["off"].obstacles == ("disabled",)
    assert asked["later"].obstacles == ("not_active",)
    assert asked["changes"].obstacles == ("not_on",)
    assert (asked["second"].holds, asked["second"].stopped_by) == (True, "first")
    assert "rule first fired before it" in render(asked["second"].trace, "en")
    machine = desk.receive(world.said("hi", by="bob", automatic=Automatic.REPLY))
    assert desk.tickets.explain_rule(machine.ticket.id, "first").obstacles == ("not_human",)


def test_rules_on_changes_are_asked_about_commands(world):
    rule = Rule(name="up", when=F.ticket.priority.changed_to(Priority.URGENT), then=THEN, on=("change",))
    desk = open_with(world, rule)
    ticket = desk.receive(world.said("hi")).ticket
    with pytest.raises(InvalidInput, match="none for this rule"):
        desk.tickets.explain_rule(ticket.id, "up")
    desk.tickets.set_field(ticket.id, "priority", "high", actor=AGENT)
    assert not desk.tickets.explain_rule(ticket.id, "up").holds
    desk.tickets.set_field(ticket.id, "priority", "urgent", actor=AGENT)
    why = desk.tickets.explain_rule(ticket.id, "up")
    assert (why.fired, why.holds) == (True, True)


def test_a_changed_policy_is_said(world):
    desk = open_with(world, URGENT)
    ticket = desk.receive(world.said("refund")).ticket
    assert not desk.tickets.explain_rule(ticket.id, "urgent-refund").policy_changed
    other = open_with(world, URGENT, Rule(name="new", then=THEN))
    why = other.tickets.explain_rule(ticket.id, "new")
    assert (why.fired, why.holds, why.policy_changed) == (False, True, True)


def test_what_was_erased_is_gone_for_everybody(world):
    desk = open_with(world, URGENT)
    got = desk.receive(world.said("refund"))
    desk.customers.erase(got.customer.id, actor=AGENT)
    desk.run_due()
    why = desk.tickets.explain_rule(got.ticket.id, "urgent-refund", viewer=VIEWER)
    (text, *_) = why.condition.tests()
    assert (text.holds, text.seen.state, text.seen.value) == (None, "absent", None)
    assert why.holds is False, "another test failed, so it would not have fired"
    assert "what was seen is gone" in render(why.trace, "en")


def test_what_is_not_there(world):
    desk = open_with(world, URGENT)
    ticket = desk.receive(world.said("refund")).ticket
    for arguments in ({"rule": "urgent"}, {"rule": "urgent-refund", "cause": "msg_none"}):
        with pytest.raises(NotFound):
            desk.tickets.explain_rule(ticket.id, **arguments)


def test_what_is_told_is_what_happened_for_every_message_and_rule(world):
    """The moment is found again whatever else the message did: clocks, tags by keyword, reopening, effects of rules."""
    conditions = {
        "new": F.ticket.is_new.is_true(),
        "tagged": F.ticket.tags.contains("calm"),
        "hot": F.ticket.tags.contains("hot"),
        "many": F.ticket.messages > 2,
        "reopened": F.ticket.category.changed_from("resolved"),
        "high": F.ticket.priority >= Priority.HIGH,
        "sla": F.ticket.sla.is_set(),
        "unset": F.ticket.sla.not_set(),
        "level": F.customer.level == "vip",
        "open": F.ticket.category == "open",
        "waiting": F.ticket.waiting_since.is_set(),
        "words": F.message.text.contains("hello") & ~F.message.subject.is_set(),
        "known": F.customer.is_new.is_false(),
        "warm": F.customer.tags.contains("hot"),
    }
    effects = {
        "tagged": {"do": "set_priority", "priority": "high"},
        "many": {"do": "add_tags", "tags": ["hot"]},
        "known": {"do": "place_customer", "level": "vip"},
        "new": {"do": "tag_customer", "tags": ["hot"]},
    }
    rules = [
        Rule(name=name, when=when, then=(effects.get(name, {"do": "no_auto_reply"}),))
        for name, when in conditions.items()
    ]
    sla = [
        {"name": "gold", "when": F.customer.level == "vip", "targets": [{"metric": "first_reply", "within": "5m"}]},
        {"name": "calm", "when": F.ticket.tags.contains("calm"), "targets": [{"metric": "resolution", "within": "1d"}]},
        {
            "name": "all",
            "targets": [{"metric": "next_reply", "within": "1h"}, {"metric": "resolution", "within": "2d"}],
        },
    ]
    desk = open_with(world, *rules, sla=sla)
    agent = desk.agents.add("Ann", queues=["default"], capacity=9)
    desk.agents.set_presence(agent.id, "online")
    seen = []
    for number, text in enumerate(("hello", "不急", "hello again", "thanks, 不急", "back", "hello")):
        world.later(minutes=90)
        got = desk.receive(world.said(text, by="ann" if number != 2 else "bob", subject="s" if number % 2 else ""))
        fired = got.trace.find("rules.fired")
        seen.append((got.message_id, got.ticket.id, set(str(fired.param("rules")).split(",")) if fired else set()))
        desk.reply(got.ticket.id, "ok", actor=Actor.agent(agent.id), deliver=False)
        if number == 3:
            desk.tickets.set_status(got.ticket.id, "resolved", actor=AGENT)
    for message, ticket, fired in seen:
        told = {name: desk.tickets.explain_rule(ticket, name, cause=message) for name in conditions}
        assert {name for name, one in told.items() if one.fired} == fired
        assert {name for name, one in told.items() if one.holds} == fired
