"""Rules and macros that transfer: they ask an agent or a department, or move the ticket to a queue."""

from datetime import timedelta

import pytest
from tests.integration.desk.conftest import events_of

from csdesk import Actor, ConfigError, DeskConfig, InvalidInput
from csdesk.domain.policy.config import DepartmentPolicy, QueuePolicy, TransferPolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records.messages import Direction
from csdesk.rules import F, Macro, Rule, Timer, Transfer, analyse

GO = F.message.text.contains("go")


def config_of(*rules, **given):
    return DeskConfig(
        queues=(QueuePolicy(name="default"), QueuePolicy(name="vip"), QueuePolicy(name="parcels")),
        departments=(DepartmentPolicy(name="warehouse", queue="parcels"),),
        rules=rules,
        **given,
    )


def desk_of(world, *rules, **given):
    return world.open(config_of(*rules, **given), activate=True)


def rule(**given):
    return Rule(name="go", when=GO, then=(Transfer(**given),))


def agents_of(world, desk, *where):
    del world
    return [desk.agents.add(name, queues=(queue,)) for name, queue in where]


def test_a_rule_offers_the_work_to_an_agent_who_takes_it(world):
    li, mei = agents_of(world, desk_of(world), ("Li", "default"), ("Mei", "vip"))
    desk = desk_of(world, rule(agent=mei.id, brief="knows parcels", within="20m", reason="expert"))
    ticket = desk.receive(world.said("hi")).ticket.id
    desk.tickets.assign(ticket, li.id, actor=Actor.agent(li.id))
    got = desk.receive(world.said("go"))
    assert (got.ticket.assignee, got.ticket.offer.agent, got.ticket.offer.reason) == (li.id, mei.id, "expert")
    assert got.ticket.offer.due_at == world.clock.now() + timedelta(minutes=20)
    notes = [one.message for one in desk.tickets.timeline(ticket) if one.message is not None]
    assert [one.text for one in notes if one.direction is Direction.NOTE] == ["knows parcels"]
    desk.receive(world.said("go"))
    assert len(events_of(desk, ticket, ev.OfferMade)) == 1, "who was asked is not asked again"
    desk.tickets.accept(ticket, actor=Actor.agent(mei.id))
    after = desk.receive(world.said("go")).ticket
    assert (after.assignee, after.offer) == (mei.id, None)
    assert [desk.agents.get(one.id).load for one in (li, mei)] == [0, 1]


def test_a_rule_asks_a_department_about_a_new_ticket(world):
    desk = desk_of(world, rule(department="warehouse", brief="where is it"))
    got = desk.receive(world.said("go"))
    assert (got.ticket.offer.department, got.ticket.offer.queue, got.ticket.queue) == (
        "warehouse",
        "parcels",
        "default",
    )
    world.later(minutes=11)
    desk.run_due()
    assert desk.tickets.get(got.ticket.id).offer is None, "nobody answered, and it waits where it was"


def test_a_rule_moves_the_ticket_to_a_queue_once(world):
    desk = desk_of(world, rule(queue="vip"))
    got = desk.receive(world.said("go"))
    assert (got.ticket.queue, got.ticket.hand_offs) == ("vip", 1)
    assert desk.receive(world.said("go")).ticket.hand_offs == 1


def test_an_agent_who_left_is_not_asked(world):
    (mei,) = agents_of(world, desk_of(world), ("Mei", "vip"))
    desk = desk_of(world, rule(agent=mei.id, brief="x"))
    desk.agents.change(mei.id, retired=True)
    got = desk.receive(world.said("go"))
    assert got.trace.find("rules.impossible").param("action") == "transfer"
    assert desk_of(world, rule(agent="agt_nobody", brief="x")).receive(world.said("go")).state == "stored"


def test_a_timed_rule_asks_somebody_else(world):
    (mei,) = agents_of(world, desk_of(world), ("Mei", "vip"))
    timed = Rule(
        name="late",
        timer=Timer(of="ticket.waiting_since", after="1h"),
        then=(Transfer(agent=mei.id, brief="an hour without an answer"),),
    )
    desk = desk_of(world, timed)
    ticket = desk.receive(world.said("hi")).ticket.id
    world.later(hours=1)
    desk.run_due()
    assert desk.tickets.get(ticket).offer.agent == mei.id


def test_a_macro_transfers_or_says_why_not(world):
    macros = (Macro(name="vip", then=(Transfer(queue="vip"),)),)
    desk = desk_of(world, macros=macros)
    ticket = desk.receive(world.said("hi")).ticket.id
    me = Actor.agent("agt_1")
    assert desk.tickets.run_macro(ticket, "vip", actor=me).ticket.queue == "vip"
    with pytest.raises(InvalidInput, match="there already"):
        desk.tickets.run_macro(ticket, "vip", actor=me)


@pytest.mark.parametrize(
    ("then", "given", "path"),
    [
        ({}, {}, "then.0"),
        ({"agent": "agt_1", "department": "warehouse", "brief": "x"}, {}, "then.0.department"),
        ({"department": "warehous", "brief": "x"}, {}, "then.0.department"),
        ({"queue": "vp"}, {}, "then.0.queue"),
        ({"agent": "agt_1"}, {}, "then.0.brief"),
        ({"agent": "agt_1", "brief": "x"}, {"transfer": TransferPolicy(fields=("problem",))}, "then.0.fields"),
        (
            {"agent": "agt_1", "fields": [{"name": "problem", "text": " "}]},
            {"transfer": TransferPolicy(fields=("problem",))},
            "then.0.fields",
        ),
        ({"queue": "vip", "fields": [{"name": "p", "text": "x"}, {"name": "p", "text": "y"}]}, {}, "then.0.fields"),
    ],
)
def test_slips_are_told_where_they_stand(then, given, path):
    with pytest.raises(ConfigError) as caught:
        config_of({"name": "go", "then": [{"do": "transfer", **then}]}, **given)
    assert f"rules.go.{path}" in str(caught.value)


def test_a_rule_says_what_every_brief_has_to_say(world):
    asks = TransferPolicy(fields=("problem", "wanted"))
    said = [{"name": "problem", "text": "late parcel"}, {"name": "wanted", "text": "a date"}]
    then = [{"do": "transfer", "department": "warehouse", "fields": said}]
    desk = world.open(config_of({"name": "go", "when": GO, "then": then}, transfer=asks))
    ticket = desk.receive(world.said("go")).ticket
    assert ticket.offer is not None
    assert ticket.offer.department == "warehouse"
    note = next(
        one.message for one in desk.tickets.timeline(ticket.id) if one.message and one.message.id == ticket.offer.brief
    )
    assert note.text == "problem: late parcel\nwanted: a date"
    made = config_of({"name": "go", "then": then}, transfer=asks)
    assert DeskConfig.from_json(made.canonical_json()) == made


def test_two_transfers_that_differ_are_a_conflict():
    one = Rule(name="a", when=GO, then=(Transfer(agent="agt_1", brief="x"),))
    other = Rule(name="b", when=F.ticket.messages > 1, then=(Transfer(department="warehouse", brief="x"),))
    assert [found.rules for found in analyse(config_of(one, other)).about("check.conflict")] == [("a", "b")]
