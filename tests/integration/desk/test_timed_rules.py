"""Timed rules: when they are due, once for each cycle, in order of time, within a budget, as the configuration says."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.integration.desk.conftest import events_of

from csdesk import Actor, ConfigError, DeskConfig, Priority, WorkingCalendar
from csdesk.domain.policy.config import CalendarPolicy, TagPolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records.tickets import Category
from csdesk.rules import F, Rule, analyse
from csdesk.testing import FixedClock

AGENT = Actor.agent("agt_1")
TAGS = tuple(TagPolicy(name=name) for name in ("a", "b", "c"))
ALERT = {"do": "alert", "name": "look"}


def timed(name, of, *then, when=None, **timer):
    return Rule(name=name, timer={"of": of, **timer}, when=when, then=then or (ALERT,))


def desk_of(world, *rules, **given):
    return world.open(DeskConfig(tags=TAGS, rules=rules, **given), activate=True)


def fired(desk, ticket):
    return [one.rule for one in events_of(desk, ticket, ev.RuleTimed) if one.fired]


def test_a_customer_who_is_silent(world):
    desk = desk_of(world, timed("silent", "ticket.customer_at", {"do": "add_tags", "tags": ["a"]}, after="3d"))
    got = desk.receive(world.said())
    ticket = got.ticket.id
    assert desk.run_due().next_due_at == world.clock.now() + timedelta(days=3)
    world.later(days=2)
    desk.receive(world.said("me again"))
    world.later(days=2)
    assert desk.run_due().tickets == 0
    world.later(days=1)
    assert desk.run_due().tickets == 1
    assert desk.tickets.get(ticket).has_tag("a")
    assert fired(desk, ticket) == ["silent"]
    desk.note(ticket, "noted", actor=AGENT)
    world.later(days=30)
    assert desk.run_due().tickets == 0, "the same silence is one cycle"
    desk.receive(world.said("hello"))
    world.later(days=3)
    assert desk.run_due().tickets == 1
    assert fired(desk, ticket) == ["silent", "silent"]


def test_a_ticket_to_which_nothing_happens_is_told_once(world):
    calendar = CalendarPolicy(
        name="shop",
        zone="Asia/Shanghai",
        weekly={day: [("09:00", "18:00")] for day in ("mon", "tue", "wed", "thu", "fri")},
    )
    rule = timed("stale", "ticket.updated_at", {"do": "note", "text": "stale"}, after="4h", calendar="shop")
    desk = desk_of(world, rule, calendars=(calendar,))
    ticket = desk.receive(world.said()).ticket.id
    start = world.clock.now()
    due = WorkingCalendar(zone="Asia/Shanghai", weekly=calendar.weekly).add(start, timedelta(hours=4))
    assert desk.run_due().next_due_at == due
    assert due.astimezone(ZoneInfo("Asia/Shanghai")).weekday() < 5
    world.clock.advance(due - start)
    assert desk.run_due().tickets == 1
    for _ in range(3):
        world.later(days=7)
        assert desk.run_due().tickets == 0, "what the rule itself did does not begin another cycle"
    desk.tickets.set_field(ticket, "priority", Priority.HIGH, actor=AGENT)
    world.later(days=7)
    desk.run_due()
    assert fired(desk, ticket) == ["stale", "stale"]


def test_before_a_target_is_due(world):
    sla = [{"name": "all", "targets": [{"metric": "first_reply", "within": "8h", "clock": "calendar"}]}]
    rule = timed("soon", "ticket.sla_due_at", {"do": "set_priority", "priority": "urgent"}, before="2h")
    desk = desk_of(world, rule, sla=sla)
    ticket = desk.receive(world.said()).ticket.id
    answered = desk.receive(world.said(by="bob")).ticket.id
    assert desk.run_due().next_due_at == world.clock.now() + timedelta(hours=6)
    desk.reply(answered, "hello", actor=AGENT)
    world.later(hours=6)
    desk.run_due()
    assert desk.tickets.get(ticket).priority is Priority.URGENT
    assert desk.tickets.get(answered).priority is Priority.NORMAL


def test_the_condition_is_looked_at_when_the_time_has_come(world):
    rule = timed("vip", "ticket.customer_at", after="1h", when=F.ticket.priority == Priority.HIGH)
    desk = desk_of(world, rule)
    ticket = desk.receive(world.said()).ticket.id
    world.later(hours=1)
    desk.run_due()
    assert [one.fired for one in events_of(desk, ticket, ev.RuleTimed)] == [False]
    desk.tickets.set_field(ticket, "priority", Priority.HIGH, actor=AGENT)
    world.later(hours=1)
    assert desk.run_due().tickets == 0, "that cycle is over"
    desk.receive(world.said("again"))
    world.later(hours=1)
    desk.run_due()
    assert fired(desk, ticket) == ["vip"]


def test_late_ones_come_in_order_of_time(world):
    desk = desk_of(
        world,
        timed("third", "ticket.customer_at", {"do": "add_tags", "tags": ["c"]}, after="3h"),
        timed("first", "ticket.customer_at", {"do": "set_priority", "priority": "high"}, after="1h"),
        timed(
            "second",
            "ticket.customer_at",
            {"do": "add_tags", "tags": ["b"]},
            after="2h",
            when=F.ticket.priority == Priority.HIGH,
        ),
    )
    ticket = desk.receive(world.said()).ticket.id
    start = world.clock.now()
    world.later(hours=9)
    desk.run_due()
    assert fired(desk, ticket) == ["first", "second", "third"]
    hours = [one.due_at - start for one in events_of(desk, ticket, ev.RuleTimed)]
    assert hours == [timedelta(hours=n) for n in (1, 2, 3)]
    assert [tag.name for tag in desk.tickets.get(ticket).tags] == ["b", "c"], "the second saw what the first did"


def test_finished_tickets_have_timers_from_their_end_alone(world):
    desk = desk_of(
        world,
        timed("open", "ticket.customer_at", after="1d"),
        timed("asked", "ticket.resolved_at", {"do": "close", "reason": "silent"}, after="2d"),
    )
    ticket = desk.receive(world.said()).ticket.id
    desk.tickets.set_status(ticket, "resolved", actor=AGENT)
    world.later(days=1)
    assert desk.run_due().tickets == 0
    world.later(days=1)
    desk.run_due()
    assert fired(desk, ticket) == ["asked"]


def test_a_budget_that_is_spent_is_told(world):
    rules = [timed(f"r{n}", "ticket.customer_at", {"do": "note", "text": str(n)}, ALERT, after="1h") for n in range(3)]
    desk = desk_of(world, *rules, rule_budget=3)
    ticket = desk.receive(world.said()).ticket.id
    world.later(hours=1)
    desk.run_due()
    assert len(events_of(desk, ticket, ev.NoteAdded)) == 2
    assert [one.rules for one in events_of(desk, ticket, ev.RulesExhausted)] == [("r1",), ("r2",)]
    assert "rules.exhausted" in [one.name for one in events_of(desk, ticket, ev.AlertRaised)]
    assert desk.run_due().tickets == 0


def test_rules_on_changes_follow_what_timed_rules_do(world):
    desk = desk_of(
        world,
        timed("up", "ticket.customer_at", {"do": "set_priority", "priority": "high"}, after="1h"),
        Rule(
            name="told", on=("change",), when=F.ticket.priority.increased(), then=({"do": "add_tags", "tags": ["a"]},)
        ),
    )
    ticket = desk.receive(world.said()).ticket.id
    world.later(hours=1)
    desk.run_due()
    assert desk.tickets.get(ticket).has_tag("a")


def test_another_configuration_plans_anew_and_fires_again_only_what_changed(world):
    old = timed("silent", "ticket.customer_at", after="1h")
    desk = desk_of(world, old)
    ticket = desk.receive(world.said()).ticket.id
    quiet = desk.receive(world.said(by="bob")).ticket.id
    desk.tickets.set_status(quiet, "resolved", actor=AGENT)
    world.later(hours=1)
    desk.run_due()
    before = desk.tickets.get(ticket)
    added = timed("later", "ticket.updated_at", after="3h")
    desk.config.activate(DeskConfig(tags=TAGS, rules=(old, added)))
    assert desk.run_due().rebuilt == 2
    planned = desk.tickets.get(ticket)
    assert planned.rules_at == before.touched_at + timedelta(hours=3)
    assert planned.touched_at == before.touched_at, "planning is not a change"
    world.later(hours=9)
    desk.run_due()
    assert fired(desk, ticket) == ["silent", "later"]
    changed = timed("silent", "ticket.customer_at", {"do": "alert", "name": "other"}, after="1h")
    desk.config.activate(DeskConfig(tags=TAGS, rules=(changed, added)))
    desk.run_due()
    desk.run_due()
    assert fired(desk, ticket) == ["silent", "later", "silent"], "another version of the rule has a cycle of its own"
    desk.config.activate(DeskConfig(tags=TAGS))
    desk.receive(world.said("again"))
    assert desk.tickets.get(ticket).rules_at is None
    assert fired(desk, quiet) == []


def test_a_window_asks_for_the_instant_when_it_is_due(world):
    now = world.clock.now()
    rule = Rule(
        name="sale",
        timer={"of": "ticket.customer_at", "after": "1h"},
        then=(ALERT,),
        active_from=now + timedelta(hours=2),
        active_until=now + timedelta(hours=4),
    )
    desk = desk_of(world, rule)
    early = desk.receive(world.said()).ticket.id
    world.later(hours=2)
    inside = desk.receive(world.said(by="bob")).ticket.id
    world.later(hours=9)
    desk.run_due()
    assert (fired(desk, early), fired(desk, inside)) == ([], ["sale"])


def test_custom_instants_and_merged_tickets(world):
    fields = [{"name": "ticket.x.visit", "type": "time"}]
    rule = timed("remind", "ticket.x.visit", before="1d")
    desk = desk_of(world, rule, fields=fields)
    ticket = desk.receive(world.said()).ticket.id
    merged = desk.receive(world.said(by="bob")).ticket.id
    visit = (world.clock.now() + timedelta(days=3)).isoformat()
    for one in (ticket, merged):
        desk.tickets.set_field(one, "x.visit", visit, actor=AGENT)
    desk.tickets.merge(merged, ticket, actor=AGENT)
    assert desk.tickets.get(merged).rules_at is None
    world.later(days=2)
    desk.run_due()
    assert (fired(desk, ticket), fired(desk, merged)) == (["remind"], [])


def test_the_end_of_a_resolved_ticket_needs_no_clock(world):
    desk = desk_of(world, close_resolved_after="2d")
    ticket = desk.receive(world.said()).ticket.id
    desk.tickets.set_status(ticket, "resolved", actor=AGENT)
    world.later(days=2)
    assert desk.run_due().tickets == 1
    assert desk.tickets.get(ticket).category is Category.CLOSED


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"timer": {"of": "ticket.custmer_at", "after": "1h"}}, "timer.of"),
        ({"timer": {"of": "ticket.customer_at"}}, "timer.after"),
        ({"timer": {"of": "ticket.customer_at", "after": "1h", "before": "1h"}}, "timer.after"),
        ({"timer": {"of": "ticket.customer_at", "before": "1h", "calendar": "shop"}}, "timer.calendar"),
        ({"timer": {"of": "ticket.customer_at", "after": "1h", "calendar": "shop"}}, "timer.calendar"),
        ({"timer": {"of": "ticket.x.visit", "after": "1h"}}, "timer.of"),
        ({"on": ["time"]}, "timer"),
        ({"on": ["change"], "timer": {"of": "ticket.customer_at", "after": "1h"}}, "on"),
        ({"timer": {"of": "ticket.customer_at", "after": "1h"}, "when": F.message.mood < 0}, "when"),
        ({"timer": {"of": "ticket.customer_at", "after": "1h"}, "when": F.ticket.queue.changed()}, "when.op"),
    ],
)
def test_what_a_timer_cannot_be(given, path):
    with pytest.raises(ConfigError) as caught:
        DeskConfig(rules=[{"name": "r", "then": [ALERT], **given}])
    assert caught.value.path == f"rules.r.{path}"


def test_the_analysis_knows_timed_rules():
    never = timed("never", "ticket.customer_at", after="1h", when=(F.ticket.messages > 3) & (F.ticket.messages < 2))
    one = timed("one", "ticket.customer_at", {"do": "set_priority", "priority": "high"}, after="1h")
    other = timed("other", "ticket.customer_at", {"do": "set_priority", "priority": "low"}, after="2h")
    up = Rule(name="up", on=("change",), when=F.ticket.priority == Priority.LOW, then=[one.then[0]])
    down = Rule(name="down", on=("change",), when=F.ticket.priority == Priority.HIGH, then=[other.then[0]])
    report = analyse(DeskConfig(rules=(never, one, other), rule_mode="first"))
    assert [(found.code, found.rules) for found in report.findings] == [("check.contradictory", ("never",))]
    looped = analyse(DeskConfig(rules=(one, up, down)))
    assert looped.termination == "loop"


def test_python_and_toml_say_the_same():
    toml = """
        [[rules]]
        name = "silent"
        timer = { of = "ticket.customer_at", after = "3d" }
        then = [{ do = "alert", name = "look" }]
    """
    python = DeskConfig(rules=(timed("silent", "ticket.customer_at", after=timedelta(days=3)),))
    assert DeskConfig.from_toml(toml) == python
    assert DeskConfig.from_json(python.canonical_json()) == python
    assert FixedClock().now() > datetime(2000, 1, 1, tzinfo=ZoneInfo("UTC"))


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_another_configuration_plans_what_is_to_follow_the_end_of_tickets_that_have_ended(world, status):
    desk = desk_of(world)
    ticket = desk.receive(world.said()).ticket.id
    ended = desk.tickets.set_status(ticket, status, actor=AGENT)
    asks = timed("ask", f"ticket.{status}_at", after="5h")
    desk.config.activate(DeskConfig(tags=TAGS, rules=(asks,)))
    desk.run_due()
    assert desk.tickets.get(ticket).rules_at == ended.updated_at + timedelta(hours=5)
    desk.config.activate(DeskConfig(tags=TAGS))
    desk.run_due()
    assert desk.tickets.get(ticket).rules_at is None
    world.later(hours=5)
    assert desk.run_due().rebuilt == 0
    assert fired(desk, ticket) == []
