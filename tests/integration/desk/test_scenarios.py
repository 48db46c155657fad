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
