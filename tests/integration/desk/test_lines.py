"""Who waits: whose turn it is when somebody is free, where they stand, and queues that leave the configuration."""

import pytest
from tests.integration.desk.conftest import check_sound, events_of, trace_of

from csdesk import DeskConfig
from csdesk.domain.records import events as ev
from csdesk.domain.records.changes import ChangeSet, Delta
from csdesk.domain.records.tickets import Priority
from csdesk.errors import ConfigError
from csdesk.testing import CountingStore

from .routed import LEAD, REFUND, TAGGED, routed, shop


def test_a_freed_slot_goes_to_the_oldest_and_nobody_overtakes(world):
    desk = shop(world)
    desk.agents.add("Ann", queues=["default"], capacity=1)
    got = []
    for number in range(4):
        got.append(desk.receive(world.said(by=str(number))))
        world.later(seconds=1)
    for number in range(3):
        desk.tickets.set_status(got[number].ticket.id, "closed", actor=LEAD)
        new = desk.receive(world.said(by=f"new {number}"))
        assert new.worker is None
        assert "older tickets wait in queue default" in trace_of(desk, new.message_id)
        assert desk.run_due().assigned == 1
        assert desk.tickets.get(got[number + 1].ticket.id).worker is not None
    check_sound(desk)


def test_nobody_overtakes_to_the_helpers_of_a_queue_without_people(world):
    needs = [{**REFUND, "skills": [{"name": "refund"}]}]
    helped = {"name": "a", "routing": {"overflow": [{"queue": "b", "when": ["nobody"]}]}}
    desk = shop(world, helped, "b", routing={"needs": needs}, **TAGGED)
    desk.agents.add("Bea", queues=["b"])
    assert desk.receive(world.said("refund", by="first")).worker is None
    later = desk.receive(world.said(by="later"))
    assert later.worker is None
    assert later.trace.find("route.behind") is not None
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(later.ticket.id).worker is not None


def test_the_oldest_comes_first_whichever_queue_it_waits_in(world):
    desk = shop(world, "default", "b", accounts=[{"name": "other", "queue": "b"}])
    ann = desk.agents.add("Ann", queues=["default", "b"], capacity=1, presence="offline")
    first = desk.receive(world.said(by="a", account="other"))
    world.later(seconds=1)
    desk.receive(world.said(by="b"))
    desk.agents.set_presence(ann.id, "online")
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(first.ticket.id).assignee == ann.id


def test_priority_comes_first_but_age_counts(world):
    desk = shop(world, routed(order="priority", aging="30m"))
    ann = desk.agents.add("Ann", queues=["default"], capacity=1, presence="offline")
    old = desk.receive(world.said(by="old"))
    world.later(minutes=40)
    urgent = desk.receive(world.said(by="urgent"))
    desk.tickets.set_field(urgent.ticket.id, "priority", Priority.URGENT, actor=LEAD)
    high = desk.receive(world.said(by="high"))
    desk.tickets.set_field(high.ticket.id, "priority", Priority.HIGH, actor=LEAD)
    desk.agents.set_presence(ann.id, "online")
    order = []
    for _ in range(3):
        assert desk.run_due().assigned == 1
        (mine,) = desk.tickets.list(assignee=ann.id, category=("open",)).items
        order.append(mine.id)
        desk.tickets.set_status(mine.id, "closed", actor=LEAD)
    assert order == [urgent.ticket.id, old.ticket.id, high.ticket.id]


def test_one_who_cannot_be_served_holds_up_nobody(world):
    needs = [{**REFUND, "skills": [{"name": "refund"}]}]
    desk = shop(world, routing={"needs": needs}, **TAGGED)
    ann = desk.agents.add("Ann", queues=["default"], presence="offline")
    stuck = [desk.receive(world.said("refund", by=f"s{number}")) for number in range(3)]
    plain = desk.receive(world.said(by="plain"))
    desk.agents.set_presence(ann.id, "online")
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(plain.ticket.id).assignee == ann.id
    assert [desk.tickets.get(one.ticket.id).worker for one in stuck] == [None] * 3


@pytest.mark.parametrize("heir", ["default", "new", "people"])
def test_tickets_of_a_queue_that_left_the_configuration_move_to_its_heir(world, heir):
    desk = shop(world, "default", "old", accounts=[{"name": "other", "queue": "old"}])
    old = desk.agents.add("Old", queues=["old"])
    hers = desk.receive(world.said(account="other", by="first"))
    desk.agents.set_presence(old.id, "busy")
    lost = [desk.receive(world.said(account="other", by=f"c{number}")) for number in range(60)]
    bots = {"reception": "bot_only", "bot": "b", "hand_off_to": "people"}
    named = {"default": {}, "new": {"name": "new", "formerly": ["older", "old"]}, "people": {}}[heir]
    queues = [
        {"name": "default", **(bots if heir == "people" else {})},
        {"name": "people"},
        *([named] if named else []),
    ]
    config = {"queues": queues, "bots": [{"name": "b"}], "default_queue": "default"}
    desk.config.activate(DeskConfig.model_validate(config), actor=LEAD)
    ann = desk.agents.add("Ann", queues=[heir], capacity=100)
    world.later(minutes=1)
    while desk.run_due().more:
        pass
    for one in lost:
        found = desk.tickets.get(one.ticket.id)
        assert (found.queue, found.assignee, found.created_at) == (heir, ann.id, one.ticket.created_at)
    (moved,) = events_of(desk, lost[0].ticket.id, ev.TicketFieldSet)
    assert (moved.name, moved.before, moved.after) == ("queue", "old", heir)
    assert f"queue old is gone; {heir} took its place" in trace_of(desk, lost[0].ticket.id)
    assert desk.tickets.get(hers.ticket.id).queue == "old", "what somebody has stays with them"
    assert desk.tickets.waiting() == ()
    check_sound(desk)


@pytest.mark.parametrize(
    ("queues", "told"),
    [
        ([{"name": "default", "formerly": ["a"]}, {"name": "a"}], "is there still"),
        ([{"name": "default", "formerly": ["a"]}, {"name": "b", "formerly": ["a"]}], "stands at 'default' too"),
    ],
)
def test_a_queue_has_one_heir(queues, told):
    with pytest.raises(ConfigError, match=told):
        DeskConfig(queues=queues, default_queue="default")


def test_lines_and_positions(world):
    desk = shop(world, "default", "b")
    got = []
    for number in range(3):
        got.append(desk.receive(world.said(by=str(number))))
        world.later(seconds=1)
    (line,) = desk.tickets.waiting()
    assert (line.queue, line.tickets, line.oldest_at) == ("default", 3, got[0].ticket.created_at)
    assert desk.tickets.waiting("b") == ()
    assert [desk.tickets.position(one.ticket.id).position for one in got] == [1, 2, 3]
    desk.tickets.set_status(got[0].ticket.id, "closed", actor=LEAD)
    assert desk.tickets.position(got[0].ticket.id) is None
    assert desk.tickets.position(got[2].ticket.id).position == 2


def test_a_long_line_is_served_page_by_page(world):
    desk = shop(world)
    ann = desk.agents.add("Ann", queues=["default"], capacity=130, presence="offline")
    desk.receive_many([world.said(by=f"u{number}") for number in range(120)])
    desk.agents.set_presence(ann.id, "online")
    given = 0
    while True:
        report = desk.run_due()
        given += report.assigned
        if not report.more:
            break
    assert (given, desk.agents.get(ann.id).load) == (120, 120)


def test_a_drain_that_loses_a_race_takes_the_next(world):
    taken = []

    class Racing(CountingStore):
        def commit(self, desk, changes):
            loads = [one for one in changes.deltas if one.counter.startswith("load/")]
            if loads and len(taken) < 1:
                taken.append(loads[0].counter)
                super().commit(desk, ChangeSet(deltas=(Delta(loads[0].counter, 5),)))
            return super().commit(desk, changes)

    desk = world.open(DeskConfig(), wrap=Racing)
    got = desk.receive(world.said())
    agents = [desk.agents.add(name, queues=["default"], capacity=5) for name in ("One", "Two")]
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(got.ticket.id).assignee == agents[1].id
