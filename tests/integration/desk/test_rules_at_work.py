"""Rules at work: every action, rounds that follow changes, the budget of a cause, and macros."""

from datetime import timedelta

import pytest
from tests.integration.desk.conftest import events_of

from csdesk import Actor, ConfigError, Denied, DeskConfig, IllegalTransition, InvalidInput, NotFound, Priority, render
from csdesk.domain.core import acting
from csdesk.domain.policy.config import LevelPolicy, QueuePolicy, TagPolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records.agents import Presence
from csdesk.domain.records.messages import AuthorKind, Delivery
from csdesk.domain.records.tickets import Category
from csdesk.domain.rules.actions import PERMITS
from csdesk.rules import F, Macro, Rule
from csdesk.testing import ScriptedChannel

AGENT = Actor.agent("agt_1")
TAGS = tuple(TagPolicy(name=name) for name in ("a", "b", "c"))


def desk_of(world, *rules, **given):
    given.setdefault("tags", TAGS)
    return world.open(
        DeskConfig(
            queues=(QueuePolicy(name="default"), QueuePolicy(name="vip")),
            levels=(LevelPolicy(name="gold"), LevelPolicy(name="basic")),
            rules=rules,
            **given,
        ),
        activate=True,
    )


def on_go(*then, **given):
    return Rule(name="go", when=F.message.text.contains("go"), then=then, **given)


def test_every_action_can_be_carried_out_and_needs_a_permit():
    assert set(acting._ACTS) == set(PERMITS)


@pytest.mark.parametrize(
    ("action", "shows"),
    [
        ({"do": "set_tags", "tags": ["b", "c"]}, lambda got: {tag.name for tag in got.ticket.tags} == {"b", "c"}),
        ({"do": "set_language", "language": "en"}, lambda got: got.ticket.language == "en"),
        (
            {"do": "snooze", "span": "2d"},
            lambda got: got.ticket.snoozed_until == got.message.received_at + timedelta(2),
        ),
        ({"do": "resolve"}, lambda got: got.ticket.category is Category.RESOLVED),
        ({"do": "untag_customer", "tags": ["a"]}, lambda got: got.customer.tags == ()),
        ({"do": "place_customer", "level": "gold", "stage": "loyal"}, lambda got: got.customer.level == "gold"),
        ({"do": "set_customer_field", "name": "x.n", "value": 3}, lambda got: got.customer.attribute("n").value == 3),
        ({"do": "block_customer", "reason": "abuse", "span": "1d"}, lambda got: got.customer.block.reason == "abuse"),
        ({"do": "unassign"}, lambda got: got.worker is None),
    ],
)
def test_what_an_action_does(world, action, shows):
    first = Rule(name="first", when=F.message.text.contains("first"), then=[{"do": "tag_customer", "tags": ["a"]}])
    desk = desk_of(world, first, on_go(action))
    desk.receive(world.said("first"))
    got = desk.receive(world.said("go"))
    assert got.state == "stored"
    assert shows(got)
    assert got.trace.find("rules.impossible") is None


def test_a_rule_gives_the_ticket_to_an_agent_and_notes_if_it_cannot(world):
    desk = desk_of(world)
    ann = desk.agents.add("Ann", queues=["default"], capacity=1)
    desk.agents.set_presence(ann.id, Presence.ONLINE)
    other = desk_of(world, on_go({"do": "assign", "agent": ann.id}))
    assert [other.receive(world.said("go", by=by)).ticket.assignee for by in ("x", "y")] == [ann.id, ann.id]
    assert other.agents.get(ann.id).load == 2
    gone = desk_of(world, on_go({"do": "assign", "agent": "agt_gone"}))
    told = gone.receive(world.said("go", by="z")).trace.find("rules.impossible")
    assert told.param("action") == "assign"
    assert "assign" in render(told, "en")


def test_a_rule_writes_notes_and_answers_within_the_daily_limit(world):
    channel = ScriptedChannel("web")
    config = DeskConfig(
        rules=(on_go({"do": "note", "text": "look"}, {"do": "reply", "text": "We have it."}),), automatic_per_day=2
    )
    desk = world.open(config, channels=[channel])
    seen = [desk.receive(world.said("go")) for _ in range(3)]
    assert [one.trace.find("rules.impossible") is None for one in seen] == [True, True, False]
    assert desk.run_due().sent == 2
    written = [one.message for one in desk.tickets.timeline(seen[0].ticket.id) if one.message is not None]
    replies = [one for one in written if one.author is AuthorKind.BOT and one.delivery is Delivery.SENT]
    assert [(one.text, one.author_id) for one in replies] == [("We have it.", "go")] * 2
    assert sum(one.text == "look" for one in written) == 3


def test_a_rule_cannot_give_a_finished_ticket_to_anybody(world):
    desk = desk_of(world)
    ann = desk.agents.add("Ann", queues=["default"])
    other = desk_of(world, on_go({"do": "resolve"}, {"do": "assign", "agent": ann.id}))
    got = other.receive(world.said("go"))
    assert got.trace.find("rules.impossible").param("action") == "assign"
    assert got.ticket.assignee != ann.id


@pytest.mark.parametrize(
    "action",
    [
        {"do": "tag_customer", "tags": ["a"]},
        {"do": "place_customer", "level": "gold"},
        {"do": "set_customer_field", "name": "x.n", "value": 3},
    ],
)
def test_what_the_customer_has_already_is_no_event(world, action):
    desk = desk_of(world, on_go(action))
    first, second = (desk.receive(world.said("go")) for _ in range(2))
    happens = (ev.CustomerTagged, ev.CustomerPlaced, ev.AttributesSet)
    assert len(events_of(desk, first.customer.id, happens)) == 1
    assert second.state == "stored"


def test_a_rule_takes_no_tag_from_the_customer_that_it_does_not_name_or_that_a_person_set(world):
    desk = desk_of(world, on_go({"do": "untag_customer", "tags": ["a", "b"]}))
    customer = desk.receive(world.said("hi")).customer
    desk.customers.tag(customer.id, "b", "c", actor=AGENT)
    got = desk.receive(world.said("go"))
    assert {tag.name for tag in got.customer.tags} == {"b", "c"}


def test_a_rule_on_changes_may_not_answer(world):
    desk = desk_of(world, on_change("r", F.ticket.priority.changed(), {"do": "reply", "text": "We saw it."}))
    ticket = desk.receive(world.said("hi")).ticket
    desk.tickets.set_field(ticket.id, "priority", "urgent", actor=AGENT)
    told = [entry.trace.find("rules.impossible") for entry in desk.explain(ticket.id) if entry.trace is not None]
    assert [one.param("action") for one in told if one is not None] == ["reply"]
    assert not desk.outbox.list().items


def test_a_status_that_rules_may_not_reach_is_noted(world):
    got = desk_of(world, on_go({"do": "set_status", "status": "new"})).receive(world.said("go"))
    assert got.trace.find("rules.illegal").param("status") == "new"


def test_a_rule_asks_the_application_and_tells_whom(world):
    desk = desk_of(
        world,
        on_go(
            {"do": "notify", "to": "assignee", "name": "look"},
            {"do": "notify", "to": "boss", "name": "look"},
            {"do": "call", "name": "erp-sync"},
        ),
    )
    got = desk.receive(world.said("go"))
    asked = events_of(desk, got.ticket.id, ev.ActionRequested)
    assert [(one.what, one.name, one.to, one.by) for one in asked] == [
        ("notify", "look", "default", "go"),
        ("notify", "look", "boss", "go"),
        ("call", "erp-sync", "", "go"),
    ]


# Rounds


def on_change(name, when, *then):
    return Rule(name=name, when=when, then=then, on=("change",))


def test_a_change_by_a_rule_calls_the_rules_on_changes(world):
    desk = desk_of(
        world,
        on_go({"do": "set_priority", "priority": "urgent"}),
        on_change("up", F.ticket.priority.changed_to(Priority.URGENT), {"do": "set_queue", "queue": "vip"}),
        on_change("moved", F.ticket.queue.changed_from("default"), {"do": "add_tags", "tags": ["a"]}),
        on_change("by-rule", F.ticket.tags.changed() & (F.actor.kind == "rule"), {"do": "add_tags", "tags": ["b"]}),
    )
    got = desk.receive(world.said("go"))
    assert (got.ticket.priority, got.ticket.queue) == (Priority.URGENT, "vip")
    assert {tag.name for tag in got.ticket.tags} == {"a", "b"}
    assert got.trace.find("rules.round").param("round") == 2
    assert not desk.receive(world.said("stay", by="bob")).ticket.tags


def test_a_change_by_a_person_calls_them_too(world):
    desk = desk_of(
        world,
        on_change("urgent", F.ticket.priority.increased() & (F.actor.kind == "agent"), {"do": "alert", "name": "look"}),
    )
    ticket = desk.receive(world.said("hi")).ticket
    desk.tickets.set_field(ticket.id, "priority", "urgent", actor=AGENT)
    desk.tickets.set_field(ticket.id, "priority", "low", actor=AGENT)
    desk.tickets.set_field(ticket.id, "priority", "low", actor=AGENT)
    assert [one.rule for one in events_of(desk, ticket.id, ev.AlertRaised)] == ["urgent"]


def test_the_end_of_a_snooze_is_a_change(world):
    desk = desk_of(
        world, on_change("woke", F.ticket.category.changed_from("snoozed"), {"do": "add_tags", "tags": ["a"]})
    )
    ticket = desk.receive(world.said("hi")).ticket
    desk.tickets.set_status(ticket.id, "snoozed", until=world.clock.now() + timedelta(hours=1), actor=AGENT)
    world.later(hours=2)
    desk.run_due()
    assert desk.tickets.get(ticket.id).has_tag("a")


def test_rules_see_a_reopened_ticket_as_changed(world):
    desk = desk_of(
        world,
        Rule(name="back", when=F.ticket.category.changed_from("resolved"), then=[{"do": "add_tags", "tags": ["a"]}]),
    )
    ticket = desk.receive(world.said("hi")).ticket
    desk.tickets.set_status(ticket.id, "resolved", actor=AGENT)
    back = desk.receive(world.said("not yet"))
    assert back.ticket.id == ticket.id
    assert back.ticket.has_tag("a")


def test_a_loop_ends_with_the_budget_an_event_and_an_alert(world):
    desk = desk_of(
        world,
        on_go({"do": "set_priority", "priority": "high"}),
        on_change("up", F.ticket.priority == Priority.LOW, {"do": "set_priority", "priority": "high"}),
        on_change("down", F.ticket.priority == Priority.HIGH, {"do": "set_priority", "priority": "low"}),
        rule_budget=7,
    )
    got = desk.receive(world.said("go"))
    assert got.state == "stored"
    (event,) = events_of(desk, got.ticket.id, ev.RulesExhausted)
    assert (event.budget, event.rounds, event.rules) == (7, 8, ("down",))
    assert [one.name for one in events_of(desk, got.ticket.id, ev.AlertRaised)] == ["rules.exhausted"]
    assert got.trace.find("rules.exhausted").param("rounds") == 8


def test_one_round_may_spend_the_budget_too(world):
    desk = desk_of(world, on_go({"do": "add_tags", "tags": ["a"]}, {"do": "add_tags", "tags": ["b"]}), rule_budget=1)
    got = desk.receive(world.said("go"))
    assert [tag.name for tag in got.ticket.tags] == ["a"]
    assert events_of(desk, got.ticket.id, ev.RulesExhausted)[0].rules == ("go",)


def test_rules_on_messages_do_not_see_changes(world):
    desk = desk_of(
        world, Rule(name="m", when=F.ticket.priority == Priority.LOW, then=[{"do": "add_tags", "tags": ["a"]}])
    )
    ticket = desk.receive(world.said("hi")).ticket
    assert not desk.tickets.set_field(ticket.id, "priority", "low", actor=AGENT).tags


def test_a_repeated_note_calls_no_further_round(world):
    desk = desk_of(world, on_go({"do": "add_tags", "tags": ["a"]}), on_change("n", None, {"do": "note", "text": "x"}))
    got = desk.receive(world.said("go"))
    assert len(events_of(desk, got.ticket.id, ev.NoteAdded)) == 1


# Macros


def macro(*then, **given):
    return (Macro(name="close-it", then=then, **given),)


def test_a_macro_does_all_of_its_actions_as_the_person(world):
    desk = desk_of(
        world,
        macros=macro(
            {"do": "set_priority", "priority": "low"},
            {"do": "add_tags", "tags": ["a"]},
            {"do": "note", "text": "done"},
            {"do": "reply", "text": "Bye."},
            {"do": "resolve"},
        ),
    )
    ticket = desk.receive(world.said("hi")).ticket
    done = desk.tickets.run_macro(ticket.id, "close-it", actor=AGENT)
    assert (done.ticket.category, done.ticket.priority) == (Category.RESOLVED, Priority.LOW)
    assert {tag.source.value for tag in done.ticket.tags} == {"hand"}
    assert done.ticket == desk.tickets.get(ticket.id)
    assert not done.dry_run
    said = [one.message for one in desk.tickets.timeline(ticket.id) if one.message is not None]
    assert [one.author_id for one in said[1:]] == ["agt_1", "agt_1"]


def test_a_dry_run_tells_and_stores_nothing(world):
    desk = desk_of(world, macros=macro({"do": "set_priority", "priority": "low"}, {"do": "note", "text": "x"}))
    ticket = desk.receive(world.said("hi")).ticket
    tried = desk.tickets.run_macro(ticket.id, "close-it", actor=AGENT, dry_run=True)
    assert tried.dry_run
    assert tried.ticket.priority is Priority.LOW
    assert [event.kind for entry in tried.entries for event in entry.events][:1] == ["ticket.field_set"]
    assert desk.tickets.get(ticket.id) == ticket
    assert len(desk.tickets.timeline(ticket.id)) == 2


def test_a_macro_that_cannot_do_everything_does_nothing(world):
    desk = desk_of(world, macros=macro({"do": "add_tags", "tags": ["a"]}, {"do": "set_status", "status": "new"}))
    ticket = desk.receive(world.said("hi")).ticket
    with pytest.raises(IllegalTransition):
        desk.tickets.run_macro(ticket.id, "close-it", actor=AGENT)
    assert desk.tickets.get(ticket.id) == ticket


def test_a_macro_needs_the_permits_of_its_actions(world):
    grants = [
        {"kinds": ["agent"], "commands": ["set_status"], "allow": False},
    ]
    desk = desk_of(world, macros=macro({"do": "add_tags", "tags": ["a"]}, {"do": "resolve"}), access={"grants": grants})
    ticket = desk.receive(world.said("hi")).ticket
    with pytest.raises(Denied, match="set_status"):
        desk.tickets.run_macro(ticket.id, "close-it", actor=AGENT)
    assert desk.tickets.get(ticket.id) == ticket
    done = desk.tickets.run_macro(ticket.id, "close-it", actor=Actor.system())
    assert done.ticket.category is Category.RESOLVED


def test_a_macro_acts_on_the_customer_as_the_person(world):
    then = ({"do": "untag_customer", "tags": ["a"]}, {"do": "set_tags", "tags": ["b"]}, {"do": "close", "reason": "x"})
    desk = desk_of(world, macros=macro(*then))
    got = desk.receive(world.said("hi"))
    desk.customers.tag(got.customer.id, "a", actor=AGENT)
    desk.tickets.tag(got.ticket.id, "c", actor=AGENT)
    done = desk.tickets.run_macro(got.ticket.id, "close-it", actor=AGENT)
    assert desk.customers.get(got.customer.id).tags == ()
    assert ([tag.name for tag in done.ticket.tags], done.ticket.close_reason) == (["b"], "x")


def test_a_macro_that_gives_the_ticket_to_nobody_known_raises(world):
    desk = desk_of(world, macros=macro({"do": "assign", "agent": "agt_gone"}))
    ticket = desk.receive(world.said("hi")).ticket
    with pytest.raises(InvalidInput, match="agent"):
        desk.tickets.run_macro(ticket.id, "close-it", actor=AGENT)
    assert desk.tickets.get(ticket.id) == ticket


def test_a_macro_that_blocks_again_leaves_the_first_block(world):
    desk = desk_of(world, macros=macro({"do": "block_customer", "reason": "abuse"}, {"do": "reopen"}))
    got = desk.receive(world.said("hi"))
    for _ in range(2):
        desk.tickets.run_macro(got.ticket.id, "close-it", actor=AGENT)
    assert len(events_of(desk, got.customer.id, ev.CustomerBlocked)) == 1
    assert not events_of(desk, got.ticket.id, ev.StatusChanged), "a ticket that lives is not opened again"


def test_a_macro_opens_a_finished_ticket(world):
    desk = desk_of(world, macros=macro({"do": "reopen"}))
    ticket = desk.receive(world.said("hi")).ticket
    desk.tickets.set_status(ticket.id, "resolved", actor=AGENT)
    assert desk.tickets.run_macro(ticket.id, "close-it", actor=AGENT).ticket.category is Category.OPEN


def test_a_rule_closes_once(world):
    desk = desk_of(world, on_go({"do": "close", "reason": "spam"}, {"do": "close", "reason": "other"}))
    assert desk.receive(world.said("go")).ticket.close_reason == "spam"


def test_a_macro_cannot_answer_on_a_merged_ticket(world):
    desk = desk_of(world, macros=macro({"do": "reply", "text": "Bye."}))
    one, other = (desk.receive(world.said("hi", by=by)).ticket for by in ("ann", "bob"))
    desk.tickets.merge(one.id, other.id, actor=AGENT)
    with pytest.raises(InvalidInput, match="merged"):
        desk.tickets.run_macro(one.id, "close-it", actor=AGENT)


def test_a_macro_is_for_the_tickets_of_its_condition(world):
    desk = desk_of(world, macros=macro({"do": "resolve"}, when=F.ticket.queue == "vip"))
    ticket = desk.receive(world.said("hi")).ticket
    with pytest.raises(InvalidInput, match="not for this ticket"):
        desk.tickets.run_macro(ticket.id, "close-it", actor=AGENT)
    with pytest.raises(NotFound):
        desk.tickets.run_macro(ticket.id, "close-them", actor=AGENT)
    desk.tickets.transfer(ticket.id, "vip", actor=AGENT)
    again = [desk.tickets.run_macro(ticket.id, "close-it", actor=AGENT, idempotency_key="k") for _ in range(2)]
    assert [one.duplicate for one in again] == [False, True]


def test_a_macro_may_belong_to_people_or_to_a_team(world):
    desk = desk_of(world)
    where = (("Ann", "default"), ("Bob", "vip"), ("Cid", "default"))
    ann, bob, cid = (desk.agents.add(name, queues=[queue]) for name, queue in where)
    macros = (
        Macro(name="mine", agents=(cid.id,), then=[{"do": "note", "text": "x"}]),
        Macro(name="ours", queues=("vip",), then=[{"do": "note", "text": "x"}]),
        Macro(name="both", agents=(cid.id,), queues=("vip",), then=[{"do": "note", "text": "x"}]),
    )
    other = desk_of(world, macros=macros)
    ticket = other.receive(world.said()).ticket.id

    def may(agent, name):
        try:
            other.tickets.run_macro(ticket, name, actor=Actor.agent(agent.id), dry_run=True)
        except Denied as denied:
            return denied.params["reason"]
        return "yes"

    names = ("mine", "ours", "both")
    assert [[may(agent, name) for name in names] for agent in (ann, bob, cid)] == [
        ["for_others", "for_others", "for_others"],
        ["for_others", "yes", "yes"],
        ["yes", "for_others", "yes"],
    ]
    with pytest.raises(Denied):
        other.tickets.run_macro(ticket, "ours", actor=Actor.system())
    assert other.tickets.get(ticket).messages == 1
    with pytest.raises(ConfigError, match=r"macros.ours.queues.0"):
        desk_of(world, macros=[{"name": "ours", "queues": ["vp"], "then": [{"do": "resolve"}]}])
