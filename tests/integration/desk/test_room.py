"""Tickets that need more room than anybody has now are not passed for ever; and those for whom nobody is right."""

from datetime import timedelta

import pytest
from tests.integration.desk.conftest import check_sound

from csdesk import Actor, DeskConfig, Skill, render
from csdesk.domain.records import events as ev
from csdesk.domain.records.tickets import OfferPurpose
from csdesk.testing import CountingStore, FaultyStore

LEAD = Actor.agent("lead")


def shop(world, *queues, wrap=None, **more):
    """A desk in which what comes by the account ``big`` is worth three units."""
    queues = queues or ({"name": "default"},)
    given = {
        "queues": list(queues),
        "default_queue": queues[0]["name"],
        "accounts": [{"name": "big", "queue": queues[0]["name"]}, {"name": "web", "queue": queues[0]["name"]}],
        "routing": {"weights": [{"units": 3, "accounts": ["big"]}]},
        **more,
    }
    return world.open(DeskConfig.model_validate(given), wrap=wrap)


def close(desk, received):
    desk.tickets.set_status(received.ticket.id, "closed", actor=LEAD)


def events_of(desk, received, cls):
    return [event for entry in desk.explain(received.ticket.id) for event in entry.events if isinstance(event, cls)]


def told(desk, received, locale="en"):
    entries = desk.explain(received.ticket.id)
    return "\n".join(render(entry.trace, locale) for entry in entries if entry.trace is not None)


def now(desk, received):
    return desk.tickets.get(received.ticket.id)


# Small tickets and big ones


def test_room_is_saved_for_the_oldest_after_a_while(world):
    desk = shop(world, {"name": "default", "routing": {"save_room_after": "5m"}})
    ann = desk.agents.add("Ann", queues=["default"], capacity=3)
    small = [desk.receive(world.said(by=f"s{number}")) for number in range(3)]
    world.later(seconds=1)
    big = desk.receive(world.said(by="b", account="big"))
    others = [desk.receive(world.said(by=f"o{number}")) for number in range(3)]
    assert desk.run_due().next_due_at == now(desk, big).created_at + timedelta(minutes=5)

    close(desk, small[0])
    assert desk.run_due().assigned == 1, "until then whoever fits passes"
    assert now(desk, others[0]).assignee == ann.id

    world.later(minutes=5)
    assert desk.run_due().assigned == 0
    assert (now(desk, big).saved_with, now(desk, big).offer.purpose) == (ann.id, OfferPurpose.ROOM)
    assert now(desk, big).waits is not None, "it goes on waiting"
    for one in (small[1], small[2]):
        close(desk, one)
        assert desk.run_due().assigned == 0, "nobody passes any more"
    assert now(desk, others[1]).worker is None
    close(desk, others[0])
    assert desk.run_due().assigned == 1
    assert now(desk, big).assignee == ann.id
    assert now(desk, big).offer is None
    assert desk.agents.get(ann.id).load == 3
    assert "Room" not in told(desk, big)
    assert "saves room for it: 3 units" in told(desk, big)
    assert "预留 3 个单位" in told(desk, big, "zh-CN")
    check_sound(desk)


def test_room_is_saved_from_other_queues_too(world):
    queues = ({"name": "default", "routing": {"save_room_after": "0m"}}, {"name": "b"})
    accounts = [{"name": "web", "queue": "default"}, {"name": "b", "queue": "b"}]
    desk = shop(world, *queues, accounts=accounts, routing={})
    ann = desk.agents.add("Ann", queues=["default", "b"], capacity=1)
    first = desk.receive(world.said(by="a"))
    waits = desk.receive(world.said(by="w"))
    desk.run_due()
    assert now(desk, waits).saved_with == ann.id
    close(desk, first)
    assert desk.receive(world.said(by="o", account="b")).worker is None, "a new ticket of another queue does not pass"
    assert desk.run_due().assigned == 1
    assert now(desk, waits).assignee == ann.id


def test_nobody_is_kept_free_where_nobody_can_pass(world):
    desk = shop(world, {"name": "default", "routing": {"save_room_after": "0m"}})
    desk.agents.add("Ann", queues=["default"], capacity=1)
    desk.receive(world.said(by="a"))
    waits = desk.receive(world.said(by="w"))
    desk.run_due()
    assert now(desk, waits).offer is None


def test_whoever_has_room_first_gets_it(world):
    desk = shop(world, {"name": "default", "routing": {"save_room_after": "0m"}})
    ann = desk.agents.add("Ann", queues=["default"], capacity=3)
    bea = desk.agents.add("Bea", queues=["default"], capacity=4)
    small = {}
    for number in range(6):
        got = desk.receive(world.said(by=f"s{number}"))
        small.setdefault(got.worker.id, []).append(got)
    big = desk.receive(world.said(by="b", account="big"))
    desk.run_due()
    assert now(desk, big).saved_with == bea.id, "who would have to do the least before"
    for one in small[ann.id]:
        close(desk, one)
    assert desk.run_due().assigned == 1
    assert now(desk, big).assignee == ann.id
    assert (desk.agents.get(bea.id).load, desk.agents.get(ann.id).load) == (3, 3)
    check_sound(desk)


@pytest.mark.parametrize("change", ["offline", "elsewhere", "retired", "smaller"])
def test_who_can_no_longer_save_room_does_not(world, change):
    desk = shop(world, {"name": "default", "routing": {"save_room_after": "0m"}}, {"name": "b"})
    ann = desk.agents.add("Ann", queues=["default"], capacity=4)
    bea = desk.agents.add("Bea", queues=["default"], capacity=3)
    for number in range(6):
        desk.receive(world.said(by=f"s{number}"))
    big = desk.receive(world.said(by="b", account="big"))
    desk.run_due()
    assert now(desk, big).saved_with == ann.id
    match change:
        case "offline":
            desk.agents.set_presence(ann.id, "offline")
        case "elsewhere":
            desk.agents.change(ann.id, queues=["b"])
        case "retired":
            desk.agents.change(ann.id, retired=True)
        case "smaller":
            desk.agents.change(ann.id, capacity=2)
    desk.run_due()
    assert now(desk, big).saved_with == bea.id
    check_sound(desk)


def test_two_never_wait_for_one_another(world):
    queues = [{"name": name, "routing": {"save_room_after": "0m"}} for name in ("default", "b")]
    accounts = [{"name": "web", "queue": "default"}, {"name": "big", "queue": "default"}, {"name": "b", "queue": "b"}]
    desk = shop(world, *queues, accounts=accounts, routing={"weights": [{"units": 3, "accounts": ["big", "b"]}]})
    ann = desk.agents.add("Ann", queues=["default", "b"], capacity=4)
    small = [desk.receive(world.said(by=f"s{number}")) for number in range(4)]
    young = desk.receive(world.said(by="y", account="b"))
    desk.run_due()
    assert now(desk, young).saved_with == ann.id
    # Another ticket turns out to be older: it was with somebody who left it.
    older = small[0]
    desk.tickets.set_field(older.ticket.id, "priority", 3, actor=LEAD)
    big = desk.receive(world.said(by="b", account="big"))
    desk.run_due()
    assert {now(desk, young).saved_with, now(desk, big).saved_with} == {ann.id, None}
    for one in small:
        close(desk, one)
    assert desk.run_due().assigned == 1
    check_sound(desk)


def test_only_one_ticket_of_a_queue_has_room_saved(world):
    desk = shop(world, {"name": "default", "routing": {"save_room_after": "0m", "order": "priority"}})
    ann = desk.agents.add("Ann", queues=["default"], capacity=3)
    bea = desk.agents.add("Bea", queues=["default"], capacity=3)
    for number in range(6):
        desk.receive(world.said(by=f"s{number}"))
    first = desk.receive(world.said(by="b1", account="big"))
    second = desk.receive(world.said(by="b2", account="big"))
    desk.run_due()
    assert now(desk, first).saved_with in (ann.id, bea.id)
    assert now(desk, second).offer is None
    desk.tickets.set_field(second.ticket.id, "priority", 4, actor=LEAD)
    desk.run_due()
    desk.run_due()
    assert now(desk, second).saved_with is not None, "it comes first now"
    assert now(desk, first).offer is None
    check_sound(desk)


def test_the_agent_may_take_it_before_there_is_room(world):
    desk = shop(world, {"name": "default", "routing": {"save_room_after": "0m"}})
    ann = desk.agents.add("Ann", queues=["default"], capacity=3)
    for number in range(3):
        desk.receive(world.said(by=f"s{number}"))
    big = desk.receive(world.said(by="b", account="big"))
    desk.run_due()
    assert [one.id for one in desk.tickets.list(offered_to=ann.id).items] == [big.ticket.id]
    assert desk.tickets.accept(big.ticket.id, actor=Actor.agent(ann.id)).assignee == ann.id
    assert desk.agents.get(ann.id).load == 6
    check_sound(desk)


def test_a_message_of_the_customer_changes_nothing(world):
    desk = shop(world, {"name": "default", "routing": {"save_room_after": "0m"}})
    ann = desk.agents.add("Ann", queues=["default"], capacity=3)
    small = desk.receive(world.said(by="s"))
    desk.receive(world.said(by="b", account="big"))
    desk.run_due()
    again = desk.receive(world.said("still there?", by="b", account="big"))
    assert (again.ticket.saved_with, again.worker) == (ann.id, None)
    close(desk, small)
    assert desk.receive(world.said("hello?", by="b", account="big")).worker.id == ann.id
    check_sound(desk)


# Nobody, ever


def test_a_ticket_that_is_too_big_for_everybody_is_told_of_once(world):
    desk = shop(world)
    ann = desk.agents.add("Ann", queues=["default"], capacity=2)
    got = desk.receive(world.said(account="big"))
    assert got.worker is None
    removed = got.trace.find("route.removed")
    assert (removed.param("reason"), removed.param("what")) == ("capacity", "3/2")
    for _ in range(3):
        world.later(minutes=20)
        assert desk.run_due().assigned == 0
    assert [one.name for one in events_of(desk, got, ev.AlertRaised)] == ["routing.stuck"]
    assert "can ever be given it" in told(desk, got)
    assert "more than they can carry" in told(desk, got)
    assert "没有任何客服可以接" in told(desk, got, "zh-CN")
    assert now(desk, got).offer is None, "nobody is kept free for it"
    desk.agents.change(ann.id, capacity=3)
    assert desk.run_due().assigned == 1
    check_sound(desk)


def test_a_skill_that_nobody_has_is_told_of(world):
    desk = shop(world, routing={"needs": [{"name": "n", "skills": [{"name": "japanese"}]}]})
    desk.agents.add("Ann", queues=["default"])
    got = desk.receive(world.said())
    desk.run_due()
    assert [one.name for one in events_of(desk, got, ev.AlertRaised)] == ["routing.stuck"]


@pytest.mark.parametrize("why", ["relaxed", "helper", "shift", "full", "away", "soft"])
def test_what_time_may_change_is_no_alert(world, why):
    skill = {"name": "japanese"} | {"relaxed": {"relax_after": "1h"}, "soft": {"must": False}}.get(why, {})
    routing = {"needs": [{"name": "n", "skills": [skill]}]} if why in ("relaxed", "helper", "soft") else {}
    helper = {"overflow": [{"queue": "b", "after": "1h"}]} if why == "helper" else {}
    night = {"name": "night", "zone": "UTC", "weekly": {"mon": [("20:00", "24:00")]}}
    desk = shop(world, {"name": "default", "routing": helper}, {"name": "b"}, routing=routing, calendars=[night])
    shift = "night" if why == "shift" else None
    ann = desk.agents.add("Ann", queues=["default"], capacity=1, shift=shift)
    desk.agents.add("Bea", queues=["b"], skills=[Skill(name="japanese")])
    desk.receive(world.said())
    if why == "away":
        desk.agents.set_presence(ann.id, "away")
    got = desk.receive(world.said(by="b"))
    desk.run_due()
    assert events_of(desk, got, ev.AlertRaised) == []


def test_too_big_for_the_queue_but_not_for_its_helpers(world):
    desk = shop(
        world, {"name": "default", "routing": {"overflow": [{"queue": "b", "when": ["nobody"]}]}}, {"name": "b"}
    )
    desk.agents.add("Ann", queues=["default"], capacity=2)
    bea = desk.agents.add("Bea", queues=["b"], capacity=3)
    assert desk.receive(world.said(account="big")).worker.id == bea.id


def test_what_is_stuck_costs_one_look_in_each_round(world):
    desk = shop(world, wrap=CountingStore)
    desk.agents.add("Ann", queues=["default"], capacity=2)
    for number in range(5):
        desk.receive(world.said(by=f"b{number}", account="big"))
    desk.run_due()
    before = desk._store.calls.copy()
    desk.run_due()
    spent = desk._store.calls - before
    # The look ahead, the desk, the page of those that wait, and whether it was told of.
    assert (spent["commit"], spent["load"]) == (0, 4)


# What the parent says


def test_who_waits_for_others_is_not_told_that_nobody_is_there(world):
    desk = shop(world)
    desk.agents.add("Ann", queues=["default"], capacity=1)
    first = desk.receive(world.said(by="a"))
    desk.receive(world.said(by="b"))
    close(desk, first)
    got = desk.receive(world.said(by="c"))
    assert got.trace.find("route.no_candidate") is None
    held = got.trace.find("route.held_back")
    assert [one.code for one in held.below] == ["route.behind"]
    text = render(got.trace, "en")
    assert "nobody in queue" not in text
    assert "older tickets wait" in text


def test_a_full_queue_is_not_told_as_nobody(world):
    desk = shop(world, {"name": "default", "routing": {"capacity": 1}})
    desk.agents.add("Ann", queues=["default"])
    desk.receive(world.said(by="a"))
    got = desk.receive(world.said(by="b"))
    assert got.trace.find("route.held_back") is not None


def test_a_full_queue_gives_out_no_more_than_its_capacity_at_once(world):
    desk = shop(world, {"name": "default", "routing": {"capacity": 2}})
    desk.agents.add("Ann", queues=["default"], capacity=9)
    got = desk.receive_many([world.said(by=by) for by in "abcd"])
    assert [one.worker is not None for one in got] == [True, True, False, False]


def test_two_processes_give_out_no_more_than_the_capacity_of_a_queue(world):
    def between(call):
        if call == "commit" and not others:
            others.append(None)
            others[0] = there.receive(world.said(by="other"))

    queue = {"name": "default", "routing": {"capacity": 1}}
    there = shop(world, queue)
    for name in ("Ann", "Ben"):
        there.agents.add(name, queues=["default"], capacity=9)
    others = [None]
    here = shop(world, queue, wrap=lambda store: FaultyStore(store, between))
    others.clear()
    got = here.receive(world.said(by="mine"))
    assert [got.worker is not None, others[0].worker is not None] == [False, True]


def test_an_offer_holds_as_much_room_as_the_ticket_needs(world):
    desk = shop(world, {"name": "default", "routing": {"assign": "offer"}})
    ann = desk.agents.add("Ann", queues=["default"], capacity=3)
    big = desk.receive(world.said(by="b", account="big"))
    assert (now(desk, big).offer.units, now(desk, big).offer.queue) == (3, "default")
    assert desk.agents.get(ann.id).load == 3
    assert desk.receive(world.said(by="s")).ticket.offer is None


def test_room_is_saved_by_the_right_one_of_however_many(world):
    desk = shop(world, {"name": "default", "routing": {"save_room_after": "5m"}})
    able = desk.agents.add("Able", queues=["default"], capacity=3)
    desk.receive(world.said(by="s"))
    for number in range(230):  # online before Able is again, and none can carry three
        desk.agents.add(f"small {number}", queues=["default"], capacity=1)
    last = desk.agents.add("Last", queues=["default"], capacity=4)
    for number in range(4):
        ticket = desk.receive(world.said(by=f"l{number}")).ticket
        desk.tickets.assign(ticket.id, last.id, actor=LEAD)
    big = desk.receive(world.said(by="b", account="big"))
    desk.agents.set_presence(able.id, "away")
    world.later(minutes=5)
    desk.run_due()
    assert now(desk, big).saved_with == last.id
    check_sound(desk)


def test_room_that_passes_to_an_older_one_is_given_at_once(world):
    """A young ticket had saved it, because the older one had been declined; now the older one's turn is back."""
    offered = {"assign": "offer", "ask_again_after": "30m", "offer_within": "10h", "save_room_after": "0m"}
    desk = shop(world, {"name": "default", "routing": offered})
    agent = desk.agents.add("Lin", queues=["default"], capacity=3, actor=LEAD).id
    mine = Actor.agent(agent)
    old = desk.receive(world.said("old", by="ann", account="big"))
    desk.tickets.decline(old.ticket.id, actor=mine)
    busy = desk.receive(world.said("busy", by="bob"))
    desk.run_due()
    desk.tickets.accept(busy.ticket.id, actor=mine)
    young = desk.receive(world.said("young", by="cid", account="big"))
    world.later(minutes=1)
    desk.run_due()
    assert desk.tickets.get(young.ticket.id).saved_with == agent
    world.later(minutes=30)
    close(desk, busy)
    report = desk.run_due()
    while report.more:
        report = desk.run_due()
    offer = desk.tickets.get(old.ticket.id).offer
    assert offer is not None
    assert (offer.agent, offer.purpose) == (agent, OfferPurpose.WORK)
    check_sound(desk)
