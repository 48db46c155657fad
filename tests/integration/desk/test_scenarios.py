"""Scenarios: rules and service levels that come and go together; and why a timed rule did not act."""

from datetime import timedelta

import pytest

from csdesk import Actor, ConfigError, DeskConfig, InvalidInput, Priority
from csdesk.rules import F, Rule, analyse

AGENT = Actor.agent("agt_1")
ALERT = {"do": "alert", "name": "look"}


def config(world, **scenario):
    now = world.clock.now()
    given = {
        "name": "sale",
        "active_from": now + timedelta(days=1),
        "active_until": now + timedelta(days=3),
        "rules": [{"name": "rush", "then": [{"do": "set_priority", "priority": "high"}]}],
        "sla": ["fast"],
    }
    return DeskConfig(
        sla=[
            {"name": "fast", "targets": [{"metric": "first_reply", "within": "10m", "clock": "calendar"}]},
            {"name": "usual", "targets": [{"metric": "first_reply", "within": "8h", "clock": "calendar"}]},
        ],
        scenarios=[{**given, **scenario}],
    )


def seen(desk, world, by):
    ticket = desk.receive(world.said(by=by)).ticket
    return ticket.priority, ticket.sla.policy


def test_rules_and_service_levels_come_and_go_together(world):
    desk = world.open(config(world))
    assert seen(desk, world, "a") == (Priority.NORMAL, "usual")
    world.later(days=1)
    assert seen(desk, world, "b") == (Priority.HIGH, "fast")
    world.later(days=2)
    assert seen(desk, world, "c") == (Priority.NORMAL, "usual")


def test_a_scenario_that_is_off_brings_nothing(world):
    desk = world.open(config(world, enabled=False, active_from=None, active_until=None))
    assert seen(desk, world, "a") == (Priority.NORMAL, "usual")


def test_what_does_not_fit_is_told_and_the_rest_is_analysed(world):
    with pytest.raises(ConfigError) as caught:
        config(world, sla=["fst"])
    assert caught.value.path == "scenarios.sale.sla.0"
    assert "did you mean 'fast'" in str(caught.value)
    for wrong in ({"rules": [], "sla": []}, {"rules": [{"name": "rush", "then": [ALERT]}] * 2}):
        with pytest.raises(ConfigError):
            config(world, **wrong)
    whole = config(world)
    assert DeskConfig.from_json(whole.canonical_json()) == whole
    assert not analyse(whole).errors
    off = config(world, enabled=False)
    assert [one.path for one in analyse(off).about("check.sla_never_used")] == ["sla.fast"]


def staged(world, **given):
    now = world.clock.now()
    window = {"active_from": now + timedelta(days=1), "active_until": now + timedelta(days=3)}
    return DeskConfig(
        queues=[{"name": "default", "auto_reply": True}],
        accounts=[{"name": "web", "auto_reply": True}],
        reply={"threshold": 0.5},
        scenarios=[{"name": "sale", "phrases": ["sale"], **window, **given}],
    )


def test_phrases_come_and_go_with_their_scenarios(world):
    desk = world.open(staged(world))
    asked = ("双十一怎么满减", "双十一满减规则", "双十一有满减吗", "满减怎么算")
    desk.replies.add("双十一满减", "满 300 减 50。", name="sale", questions=asked, auto_reply=True)
    ticket = desk.receive(world.said("双十一怎么满减")).ticket.id
    assert desk.tickets.get(ticket).deflection is None, "it is not answered with it before its time"
    found = desk.replies.suggest_for("双十一怎么满减")
    assert "phr_sale" not in [one.phrase.id for one in found.suggestions]
    with pytest.raises(InvalidInput, match="no scenario"):
        desk.replies.send(ticket, "sale", actor=AGENT)
    assert desk.replies.send(ticket, "sale", actor=AGENT, override="asked before").message.text == "满 300 减 50。"
    world.later(days=1)
    assert [one.phrase.id for one in desk.replies.suggest_for("双十一怎么满减").suggestions][:1] == ["phr_sale"]
    assert desk.receive(world.said("双十一怎么满减", by="bob")).ticket.deflection.phrase == "phr_sale"
    world.later(days=2)
    assert desk.receive(world.said("双十一怎么满减", by="cid")).ticket.deflection is None


def test_a_suggestion_that_was_made_before_is_not_made_once_the_scenario_is_over(world):
    desk = world.open(staged(world, active_from=None))
    desk.replies.add("双十一满减", "满 300 减 50。", name="sale", questions=("双十一怎么满减",))
    message = desk.receive(world.said("双十一怎么满减")).message_id
    assert [one.phrase.id for one in desk.replies.suggest(message).suggestions] == ["phr_sale"]
    world.later(days=3)
    assert [one.phrase.id for one in desk.replies.suggest(message).suggestions] == []


def test_another_scenario_that_is_on_lets_a_phrase_pass(world):
    on = {"name": "vip-days", "phrases": ["phr_sale"]}
    plan = staged(world)
    desk = world.open(plan.model_copy(update={"scenarios": (*plan.scenarios, type(plan.scenarios[0])(**on))}))
    desk.replies.add("双十一满减", "满 300 减 50。", name="sale", questions=("双十一怎么满减",))
    assert len(desk.replies.suggest_for("双十一怎么满减").suggestions) == 1
    off = world.open(staged(world, enabled=False, active_from=None), activate=True)
    assert desk.replies.suggest_for("双十一怎么满减").suggestions == ()
    assert off.replies.suggest_for("双十一怎么满减").suggestions == ()


def test_rules_of_a_scenario_ask_for_phrases_and_their_scores(world):
    like = F.message.text.like_phrase("双十一满减", 0.3)
    rules = (
        Rule(name="like", when=like, then=(ALERT,)),
        Rule(name="score", when=F.message.phrase_score > 0.3, then=(ALERT,)),
        Rule(name="named", when=F.message.phrase == "双十一满减", then=(ALERT,)),
    )
    desk = world.open(staged(world, rules=rules))
    desk.replies.add("双十一满减", "满 300 减 50。", name="sale", questions=("双十一怎么满减",))

    def fired(by):
        told = desk.receive(world.said("双十一怎么满减", by=by)).trace.find("rules.fired")
        return told.param("rules") if told is not None else ""

    assert fired("ann") == ""
    world.later(days=1)
    assert fired("bob") == "like,score,named"
    world.later(days=2)
    assert fired("cid") == ""


def test_why_a_timed_rule_did_not_act(world):
    rule = Rule(
        name="vip",
        timer={"of": "ticket.customer_at", "after": "1h"},
        when=F.ticket.priority == Priority.HIGH,
        then=(ALERT,),
    )
    desk = world.open(DeskConfig(rules=(rule,)))
    ticket = desk.receive(world.said()).ticket.id
    with pytest.raises(InvalidInput, match="not been due"):
        desk.tickets.explain_rule(ticket, "vip")
    world.later(hours=1)
    desk.run_due()
    desk.tickets.set_field(ticket, "priority", Priority.HIGH, actor=AGENT)
    why = desk.tickets.explain_rule(ticket, "vip")
    assert (why.fired, why.holds, why.obstacles) == (False, False, ())
    assert why.because[0].seen.value == "normal", "as it was when its time came"
    desk.receive(world.said("again"))
    world.later(hours=1)
    desk.run_due()
    why = desk.tickets.explain_rule(ticket, "vip")
    assert (why.fired, why.holds, why.at) == (True, True, world.clock.now())
    assert desk.tickets.explain_rule(ticket, "vip").because == ()
