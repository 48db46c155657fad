"""Who gets a ticket: eligibility, people who come first, capacity, helpers, and what it costs to look."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.desk.conftest import check_sound, events_of, trace_of

from csdesk import Actor, DeskConfig, InvalidInput, Skill, open_desk, render
from csdesk.commands import SaveAgent
from csdesk.domain.records import events as ev
from csdesk.domain.records.changes import ChangeSet, Delta
from csdesk.flows.routing import reconciling
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import CountingStore

from .routed import LEAD, REFUND, TAGGED, routed, shop

# The world begins on Monday, 5 January 2026, 09:00 UTC.
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
DAY = {"name": "day", "zone": "UTC", "weekly": {key: [("08:00", "17:00")] for key in WORKDAYS}}
NIGHT = {"name": "night", "zone": "UTC", "weekly": {key: [("17:00", "32:00")] for key in (*WORKDAYS, "sat", "sun")}}


def test_a_skill_that_must_be_there(world):
    needs = [{**REFUND, "skills": [{"name": "refund", "level": 3}]}]
    desk = shop(world, routing={"needs": needs}, **TAGGED)
    desk.agents.add("Low", queues=["default"], skills=[Skill(name="refund", level=2)])
    plain = desk.receive(world.said("hello"))
    assert plain.worker is not None
    got = desk.receive(world.said("refund please", by="ben"))
    assert got.worker is None
    assert "1 in queue default cannot take it: skill (refund 3)" in trace_of(desk, got.message_id)
    assert "技能不符" in trace_of(desk, got.message_id, "zh-CN")
    assert desk.run_due().assigned == 0
    high = desk.agents.add("High", queues=["default"], skills=[Skill(name="refund", level=4)])
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(got.ticket.id).assignee == high.id
    check_sound(desk)


def test_a_skill_that_should_be_there_is_dropped_in_time(world):
    needs = [{**REFUND, "skills": [{"name": "refund", "must": False, "relax_after": "10m"}]}]
    desk = shop(world, routing={"needs": needs}, **TAGGED)
    low = desk.agents.add("Low", queues=["default"])
    got = desk.receive(world.said("refund please"))
    assert got.worker is None
    report = desk.run_due()
    assert (report.assigned, report.next_due_at) == (0, world.clock.now() + timedelta(minutes=10))
    world.later(minutes=10)
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(got.ticket.id).assignee == low.id
    assert "waited long enough: skill refund 1 is no longer asked for" in trace_of(desk, got.ticket.id)


def test_a_skill_without_an_end_gives_way_at_once(world):
    needs = [{**REFUND, "skills": [{"name": "refund", "must": False}]}]
    desk = shop(world, routing={"needs": needs}, **TAGGED)
    low = desk.agents.add("Low", queues=["default"])
    high = desk.agents.add("High", queues=["default"], capacity=1, skills=[Skill(name="refund")])
    assert desk.receive(world.said("refund", by="a")).worker.id == high.id
    assert desk.receive(world.said("refund", by="b")).worker.id == low.id


def test_relaxing_in_working_time(world):
    needs = [{"name": "n", "clock": "working", "skills": [{"name": "x", "relax_after": "2h"}]}]
    desk = shop(world, calendars=[DAY], routing={"needs": needs})
    desk.agents.add("Ann", queues=["default"])
    world.clock.advance(timedelta(hours=7))  # 16:00
    got = desk.receive(world.said())
    assert desk.run_due().next_due_at == datetime(2026, 1, 6, 9, tzinfo=UTC)
    world.later(hours=16)
    assert desk.run_due().assigned == 0
    world.later(hours=1)
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(got.ticket.id).worker is not None


def test_grades_for_levels(world):
    levels = [{"name": "vip", "grade": 3, "relax_grade_after": "5m"}, {"name": "plain"}]
    desk = shop(world, levels=levels)
    desk.agents.add("Junior", queues=["default"], grade=1)
    got = desk.receive(world.said())
    desk.customers.set_profile(got.customer.id, level="vip", actor=LEAD)
    desk.tickets.assign(got.ticket.id, None, actor=LEAD)
    assert desk.run_due().assigned == 0
    senior = desk.agents.add("Senior", queues=["default"], grade=3)
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(got.ticket.id).assignee == senior.id


@pytest.mark.parametrize(("rule", "taken"), [("must", False), ("should", True), ("any", True)])
def test_languages(world, rule, taken):
    desk = shop(world, routed(language=rule))
    desk.agents.add("Ann", queues=["default"], languages=["en"])
    got = desk.receive(world.said("你好", language="zh-CN"))
    assert (got.worker is not None) is taken
    li = desk.agents.add("Li", queues=["default"], languages=["zh"])
    other = desk.receive(world.said("您好", by="b", language="zh-TW"))
    if rule == "must":
        assert desk.run_due().assigned == 2
        assert desk.tickets.get(other.ticket.id).assignee == li.id


def test_shifts_and_hours(world):
    desk = shop(world, routed(hours="day"), calendars=[DAY, NIGHT], calendar="day")
    owl = desk.agents.add("Owl", queues=["default"], shift="night")
    ann = desk.agents.add("Ann", queues=["default"])
    assert desk.receive(world.said(by="a")).worker.id == ann.id
    assert "off shift (night)" in trace_of(desk, desk.tickets.list().items[0].id)
    world.clock.advance(timedelta(hours=9))  # 18:00
    assert desk.receive(world.said(by="b")).worker.id == owl.id
    desk.agents.set_shift(owl.id, "")
    got = desk.receive(world.said(by="c"))
    assert got.worker is None
    report = desk.run_due()
    assert (report.assigned, report.next_due_at) == (0, datetime(2026, 1, 6, 8, tzinfo=UTC))
    world.clock.advance(timedelta(hours=14))
    assert desk.run_due().assigned == 1
    with pytest.raises(InvalidInput, match="no calendar 'dya'"):
        desk.agents.set_shift(owl.id, "dya")


def test_nobody_works_on_a_holiday(world):
    desk = shop(world, routed(hours="day"), calendars=[{**DAY, "holidays": ["2026-01-05"]}])
    desk.agents.add("Ann", queues=["default"])
    assert desk.receive(world.said()).worker is None
    assert desk.run_due().next_due_at == datetime(2026, 1, 6, 8, tzinfo=UTC)


@pytest.mark.parametrize("presence", ["busy", "away", "offline"])
def test_only_who_is_online_is_given_work(world, presence):
    desk = shop(world)
    ann = desk.agents.add("Ann", queues=["default"])
    assert ann.presence_since is None
    world.later(minutes=1)
    changed = desk.agents.set_presence(ann.id, presence)
    assert changed.presence_since == world.clock.now()
    got = desk.receive(world.said())
    assert got.worker is None
    desk.agents.set_presence(ann.id, "online")
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(got.ticket.id).assignee == ann.id


def dedicated(world, desk, agent):
    got = desk.receive(world.said("first"))
    desk.customers.set_profile(got.customer.id, dedicated_agent=agent.id, actor=LEAD)
    desk.tickets.assign(got.ticket.id, None, actor=LEAD)
    return got.ticket.id


def test_the_dedicated_agent_comes_first(world):
    desk = shop(world)
    other = desk.agents.add("Other", queues=["default"])
    own = desk.agents.add("Own", queues=[], presence="offline")
    ticket = dedicated(world, desk, own)
    desk.agents.set_presence(own.id, "online")
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(ticket).assignee == own.id
    desk.tickets.assign(ticket, None, actor=LEAD)
    desk.agents.set_presence(own.id, "offline")
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(ticket).assignee == other.id
    assert "(dedicated) would come first, but: not there" in trace_of(desk, ticket)


def test_waiting_for_the_dedicated_agent_has_an_end(world):
    desk = shop(world, routed(dedicated_wait="10m"))
    other = desk.agents.add("Other", queues=["default"])
    own = desk.agents.add("Own", queues=[], capacity=0)
    ticket = dedicated(world, desk, own)
    report = desk.run_due()
    assert (report.assigned, report.next_due_at) == (0, world.clock.now() + timedelta(minutes=10))
    world.later(minutes=10)
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(ticket).assignee == other.id


def test_the_last_agent_gets_the_follow_up(world):
    desk = shop(world, routed(last_agent=True), reopen={"mode": "follow_up"})
    agents = [desk.agents.add(name, queues=["default"]) for name in ("One", "Two")]
    first = desk.receive(world.said())
    desk.tickets.set_status(first.ticket.id, "resolved", actor=LEAD)
    desk.receive(world.said(by="busy one"))
    desk.receive(world.said(by="busy two"))
    last = first.worker.id
    desk.tickets.assign(desk.receive(world.said(by="x")).ticket.id, last, actor=LEAD)
    again = desk.receive(world.said())
    assert again.ticket.id != first.ticket.id
    assert again.worker.id == last
    assert {one.id for one in agents} > {last}


def test_work_has_weight(world):
    weights = [{"units": 3, "types": ["call"]}, {"units": 2, "accounts": ["phone"]}]
    desk = shop(world, types=[{"name": "call"}], routing={"weights": weights})
    ann = desk.agents.add("Ann", queues=["default"], capacity=4)
    got = desk.receive(world.said(account="phone"))
    assert (got.ticket.units, desk.agents.get(ann.id).load) == (2, 2)
    more = desk.receive(world.said(by="b", account="phone"))
    assert desk.agents.get(ann.id).load == 4
    assert desk.receive(world.said(by="c")).worker is None
    desk.tickets.set_status(more.ticket.id, "closed", actor=LEAD)
    assert desk.agents.get(ann.id).load == 2
    waiting = desk.receive(world.said(by="d", account="phone"))
    assert waiting.worker is None, "an older ticket waits"
    assert desk.run_due().assigned == 1
    check_sound(desk)


def test_a_reserve_is_kept_for_urgent_work(world):
    desk = shop(world, routed(reserve=1, reserve_levels=["vip"]), levels=[{"name": "vip"}])
    ann = desk.agents.add("Ann", queues=["default"], capacity=2)
    assert desk.receive(world.said(by="a")).worker.id == ann.id
    plain = desk.receive(world.said(by="b"))
    assert plain.worker is None
    desk.tickets.set_field(plain.ticket.id, "priority", "high", actor=LEAD)
    assert desk.run_due().assigned == 1
    assert desk.agents.get(ann.id).load == 2


def test_a_queue_limits_its_work(world):
    desk = shop(world, routed(capacity=2), "b")
    desk.agents.add("Ann", queues=["default", "b"], capacity=9)
    got = [desk.receive(world.said(by=str(number))) for number in range(3)]
    assert [one.worker is not None for one in got] == [True, True, False]
    assert "as much work in hand as it may (2 units)" in trace_of(desk, got[2].message_id)
    desk.tickets.set_status(got[0].ticket.id, "waiting_internal", actor=LEAD)
    assert desk.run_due().assigned == 0, "still in hand"
    desk.tickets.transfer(got[1].ticket.id, "b", actor=LEAD)
    assert desk.run_due().assigned == 2
    check_sound(desk)


HELP = [{"queue": "b", "after": "5m"}, {"queue": "c", "when": ["closed"]}]


def test_queues_help_out_after_a_wait(world):
    desk = shop(world, routed(overflow=HELP), "b", "c")
    desk.agents.add("Own", queues=["default"], capacity=0)
    helper = desk.agents.add("Helper", queues=["b"])
    desk.agents.add("Closed", queues=["c"])
    got = desk.receive(world.said())
    report = desk.run_due()
    assert (got.worker, report.assigned, report.next_due_at) == (None, 0, world.clock.now() + timedelta(minutes=5))
    world.later(minutes=5)
    assert desk.run_due().assigned == 1
    ticket = desk.tickets.get(got.ticket.id)
    assert (ticket.assignee, ticket.queue) == (helper.id, "default")
    assert "queue b helps out: the ticket has waited long enough" in trace_of(desk, ticket.id)


@pytest.mark.parametrize("when", ["nobody", "closed"])
def test_queues_help_out_at_once(world, when):
    routing = {"overflow": [{"queue": "b", "when": [when]}], "hours": "night"}
    desk = shop(world, routed(**routing), "b", calendars=[NIGHT])
    desk.agents.add("Own", queues=["default"])
    helper = desk.agents.add("Helper", queues=["b"], shift="")
    got = desk.receive(world.said())
    told = got.trace.find("route.assigned")
    assert (got.worker.id, told.param("queue"), told.param("helper")) == (helper.id, "default", "b")


def test_helpers_of_helpers_help_too(world):
    def queue(name, *helps):
        return {"name": name, "routing": {"overflow": [{"queue": one, "after": "5m"} for one in helps]}}

    desk = shop(world, queue("default", "b"), queue("b", "c"), "c")
    agent = desk.agents.add("Far", queues=["c"])
    got = desk.receive(world.said())
    world.later(minutes=5)
    assert desk.run_due().assigned == 0
    world.later(minutes=5)
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(got.ticket.id).assignee == agent.id


@pytest.mark.parametrize("presence", ["online", "busy", "away", "offline"])
def test_a_reopened_ticket_goes_to_whom_it_was_only_if_they_are_there(world, presence):
    desk = shop(world)
    ann = desk.agents.add("Ann", queues=["default"])
    got = desk.receive(world.said())
    desk.tickets.set_status(got.ticket.id, "resolved", actor=LEAD)
    ben = desk.agents.add("Ben", queues=["default"])
    desk.agents.set_presence(ann.id, presence)
    again = desk.receive(world.said("still broken"))
    assert again.ticket.id == got.ticket.id
    is_there = presence in ("online", "busy")
    assert again.worker.id == (ann.id if is_there else ben.id)
    check_sound(desk)


def test_a_reopened_ticket_of_an_absent_agent_waits_if_nobody_is_there(world):
    desk = shop(world)
    ann = desk.agents.add("Ann", queues=["default"])
    got = desk.receive(world.said())
    desk.tickets.set_status(got.ticket.id, "resolved", actor=LEAD)
    desk.agents.set_presence(ann.id, "offline")
    again = desk.receive(world.said("still broken"))
    assert (again.worker, desk.agents.get(ann.id).load) == (None, 0)
    assert [one.reason for one in events_of(desk, got.ticket.id, ev.TicketAssigned)][-1] == "route.absent"


def test_who_is_available_and_why_not(world):
    needs = [{**REFUND, "skills": [{"name": "refund"}]}]
    desk = shop(world, routed(hours="day"), calendars=[DAY, NIGHT], calendar="day", routing={"needs": needs}, **TAGGED)
    good = [Skill(name="refund")]
    busy = desk.agents.add("Busy", queues=["default"], skills=good, capacity=1)
    desk.receive(world.said(by="x"))
    free = desk.agents.add("Free", queues=["default"], skills=good)
    away = desk.agents.add("Away", queues=["default"], presence="away")
    owl = desk.agents.add("Owl", queues=["default"], skills=good, shift="night")
    got = desk.receive(world.said("refund", by="y"))
    desk.tickets.assign(got.ticket.id, None, actor=LEAD)
    found = {one.agent.id: one for one in desk.agents.available(ticket=got.ticket.id)}
    assert next(iter(found)) == free.id
    assert found[free.id].is_available
    reasons = {key: {one.param("reason") for one in row.reasons} for key, row in found.items()}
    assert reasons == {free.id: set(), busy.id: {"full"}, away.id: {"absent", "skill"}, owl.id: {"shift"}}
    assert "no room (1/1)" in render(found[busy.id].reasons[0], "en")
    anybody = {one.agent.id: one.is_available for one in desk.agents.available(queue="default")}
    assert anybody == {free.id: True, busy.id: False, away.id: False, owl.id: False}
    with pytest.raises(InvalidInput, match="give one of"):
        desk.agents.available()


@pytest.mark.parametrize("page", [1, 500])
def test_drifted_counters_are_set_right(world, monkeypatch, page):
    monkeypatch.setattr(reconciling, "_PAGE", page)
    desk = shop(world, routed(capacity=5))
    ann = desk.agents.add("Ann", queues=["default"])
    desk.receive(world.said())
    drift = (Delta(f"load/{ann.id}", 2), Delta("work/default", 3))
    desk._store.commit(desk.name, ChangeSet(deltas=drift))
    assert desk.run_due().repaired == 0, "not due yet"
    world.later(hours=1)
    assert desk.run_due().repaired == 2
    assert desk.agents.get(ann.id).load == 1
    told_ = [event for entry in desk.explain(ev.DESK) for event in entry.events if isinstance(event, ev.LoadRepaired)]
    assert [(one.counter, one.counted, one.carried) for one in told_] == [
        (f"load/{ann.id}", 3, 1),
        ("work/default", 4, 1),
    ]
    world.later(hours=1)
    assert desk.run_due().repaired == 0
    check_sound(desk)


def test_a_lost_race_takes_the_next_of_those_loaded(world):
    taken = []

    class Racing(CountingStore):
        """Somebody else gives the chosen agent work between the load and the commit."""

        def commit(self, desk, changes):
            loads = [one for one in changes.deltas if one.counter.startswith("load/")]
            if loads and len(taken) < 2:
                taken.append(loads[0].counter)
                super().commit(desk, ChangeSet(deltas=(Delta(loads[0].counter, 5),)))
            return super().commit(desk, changes)

    stores = []

    def wrap(store):
        stores.append(Racing(store))
        return stores[-1]

    desk = world.open(DeskConfig(), wrap=wrap)
    agents = [desk.agents.add(name, queues=["default"], capacity=5) for name in ("One", "Two", "Three")]
    stores[0].reset()
    got = desk.receive(world.said())
    assert (got.worker.id, stores[0].loads) == (agents[2].id, 2)
    assert taken == [f"load/{one.id}" for one in agents[:2]]


def test_a_queue_without_people_costs_one_load(world):
    stores = []
    desk = world.open(DeskConfig(), wrap=lambda store: stores.append(CountingStore(store)) or stores[-1])
    stores[0].reset()
    desk.receive(world.said())
    assert (stores[0].loads, stores[0].commits) == (1, 1)


def test_statements_do_not_grow_with_the_agents(tmp_path, world):
    def statements(agents):
        seen = []
        file = closing(SqliteStore(tmp_path / f"{agents}.db", trace=seen.append))
        with file as store, open_desk(store, config=DeskConfig(), clock=world.clock) as desk:
            for number in range(agents):
                desk.agents.add(f"A{number}", queues=["default"])
            desk.receive(world.said(by=f"warm {agents}"))
            seen.clear()
            desk.receive(world.said(by=f"cold {agents}"))
            return len(seen)

    assert statements(40) == statements(3)


def test_the_dedicated_agent_is_passed_over_for_what_they_lack(world):
    desk = shop(
        world, routed(assign="offer", hours="night", dedicated_wait="1m"), calendars=[DAY, NIGHT], calendar="day"
    )
    own = desk.agents.add("Own", queues=[], shift="day")
    other = desk.agents.add("Other", queues=["default"], shift="day")
    ticket = dedicated(world, desk, own)
    desk.run_due()
    assert desk.tickets.get(ticket).offer.agent == own.id
    desk.tickets.decline(ticket, actor=Actor.agent(own.id))
    desk.run_due()
    assert desk.tickets.get(ticket).offer.agent == other.id
    assert "(dedicated) would come first, but: asked lately" in trace_of(desk, ticket)
    for change, reason in (({"shift": "night"}, "off shift"), ({"retired": True}, "works here no longer")):
        desk.agents.change(own.id, **change)
        desk.tickets.assign(ticket, other.id, actor=LEAD)
        desk.tickets.assign(ticket, None, actor=LEAD)
        desk.run_due()
        assert reason in trace_of(desk, ticket)


def test_the_dedicated_agent_who_is_busy_is_waited_for(world):
    desk = shop(world, routed(dedicated_wait="5m"))
    desk.agents.add("Other", queues=["default"])
    own = desk.agents.add("Own", queues=[])
    ticket = dedicated(world, desk, own)
    desk.agents.set_presence(own.id, "busy")
    assert desk.run_due().assigned == 0
    assert "waits for" not in trace_of(desk, ticket), "a drain that gives nothing leaves no trace"
    desk.agents.set_presence(own.id, "online")
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(ticket).assignee == own.id


def test_questions_about_what_is_not_there(world):
    desk = shop(world)
    with pytest.raises(InvalidInput, match="no queue"):
        desk.agents.available(queue="nobody's")
    ann = desk.agents.add("Ann", queues=["default"])
    assert [(one.queue, one.agents) for one in desk.agents.groups()] == [("default", 1)]
    with pytest.raises(InvalidInput, match="no queue"):
        desk.agents.groups("b")
    gone = desk.agents.add("Gone", queues=["default"])
    desk.agents.change(gone.id, retired=True)
    found = {one.agent.id: one for one in desk.agents.available(queue="default")}
    assert found[ann.id].is_available
    assert {one.param("reason") for one in found[gone.id].reasons} == {"retired"}


def test_who_may_get_a_follow_up_is_told_as_routing_would_choose(world):
    desk = shop(world, routed(last_agent=True), reopen={"mode": "follow_up"})
    people = [desk.agents.add(name, queues=["default"]).id for name in ("Ann", "Bob")]
    first = desk.receive(world.said())
    desk.tickets.set_status(first.ticket.id, "resolved", actor=LEAD)
    for one in people:
        desk.agents.set_presence(one, "offline")
    follow = desk.receive(world.said()).ticket
    assert ([link.ticket for link in follow.links], follow.worker) == ([first.ticket.id], None)
    for one in people:
        desk.agents.set_presence(one, "online")
    assert desk.agents.available(ticket=follow.id)[0].agent.id == first.worker.id


def test_every_process_knows_who_serves_a_queue_now(world):
    here, there = (shop(world, "default", "vip") for _ in range(2))
    ann = there.agents.add("Ann", queues=["vip"])
    waiting = here.receive(world.said()).ticket
    there.agents.change(ann.id, queues=["default"])
    here.run_due()
    assert here.tickets.get(waiting.id).assignee == ann.id
    assert len(here.agents.groups("default")) == 1
    there.agents.change(ann.id, retired=True)
    assert here.agents.groups("default") == ()
    assert here.receive(world.said(by="cid")).worker is None


def test_an_agent_who_is_saved_as_they_are_has_been_there_all_along(world):
    desk = shop(world)
    ann = desk.agents.add("Ann", queues=["default"])
    since = desk.agents.set_presence(ann.id, "online").presence_since
    world.later(minutes=1)
    changed = desk.execute(SaveAgent(agent=ann.id, name="Anna", presence="online", actor=LEAD)).agent
    assert (changed.name, changed.presence_since) == ("Anna", since)
    with pytest.raises(InvalidInput, match="lead: is the agent"):
        desk.execute(SaveAgent(agent=ann.id, lead=ann.id, actor=LEAD))
    desk.execute(SaveAgent(agent=ann.id, lead=LEAD.id, roles=("boss", "boss"), actor=LEAD))
    after = desk.execute(SaveAgent(agent=ann.id, lead="", actor=LEAD)).agent
    assert (after.lead, after.roles) == (None, ("boss",))


def test_an_agent_who_changes_and_goes_away_is_away_from_then_on(world):
    desk = shop(world)
    ann = desk.agents.add("Ann", queues=["default"])
    world.later(minutes=1)
    command = SaveAgent(agent=ann.id, name="Anna", presence="away", actor=LEAD)
    changed = desk.execute(command).agent
    assert (changed.name, changed.presence_since) == ("Anna", world.clock.now())
    assert desk.receive(world.said()).worker is None
