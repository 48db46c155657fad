"""Who gets a ticket: eligibility, people who come first, capacity, strategies, helpers, offers, and those who wait."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from csdesk import Actor, DeskConfig, IllegalTransition, InvalidInput, Skill, open_desk, render
from csdesk.commands import SaveAgent
from csdesk.domain.records import events as ev
from csdesk.domain.records.changes import ChangeSet, Delta
from csdesk.domain.records.tickets import Priority
from csdesk.errors import ConfigError, GuardFailed
from csdesk.flows.routing import reconciling
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import CountingStore
from csdesk.testing.audit import problems_of

LEAD = Actor.agent("lead")

# The world begins on Monday, 5 January 2026, 09:00 UTC.
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
DAY = {"name": "day", "zone": "UTC", "weekly": {key: [("08:00", "17:00")] for key in WORKDAYS}}
NIGHT = {"name": "night", "zone": "UTC", "weekly": {key: [("17:00", "32:00")] for key in (*WORKDAYS, "sat", "sun")}}


def shop(world, *queues, **more):
    given = {"queues": [one if isinstance(one, dict) else {"name": one} for one in queues or ("default",)], **more}
    given.setdefault("default_queue", given["queues"][0]["name"])
    return world.open(DeskConfig.model_validate(given))


def routed(**routing):
    return {"name": "default", "routing": routing}


def events_of(desk, ticket, cls):
    return [event for entry in desk.explain(ticket) for event in entry.events if isinstance(event, cls)]


def told(desk, subject, locale="en"):
    return "\n".join(render(entry.trace, locale) for entry in desk.explain(subject) if entry.trace is not None)


def sound(desk):
    assert problems_of(desk._store, desk.name) == ()


REFUND = {"name": "refund", "when": {"field": "ticket.tags", "op": "contains", "value": "refund"}}
TAGGED = {"tags": [{"name": "refund", "keywords": ["refund"]}]}


def test_a_skill_that_must_be_there(world):
    needs = [{**REFUND, "skills": [{"name": "refund", "level": 3}]}]
    desk = shop(world, routing={"needs": needs}, **TAGGED)
    desk.agents.add("Low", queues=["default"], skills=[Skill(name="refund", level=2)])
    plain = desk.receive(world.said("hello"))
    assert plain.worker is not None
    got = desk.receive(world.said("refund please", by="ben"))
    assert got.worker is None
    assert "1 in queue default cannot take it: skill (refund 3)" in told(desk, got.message_id)
    assert "技能不符" in told(desk, got.message_id, "zh-CN")
    assert desk.run_due().assigned == 0
    high = desk.agents.add("High", queues=["default"], skills=[Skill(name="refund", level=4)])
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(got.ticket.id).assignee == high.id
    sound(desk)


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
    assert "waited long enough: skill refund 1 is no longer asked for" in told(desk, got.ticket.id)


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
    assert "off shift (night)" in told(desk, desk.tickets.list().items[0].id)
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
    assert "(dedicated) would come first, but: not there" in told(desk, ticket)


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
    sound(desk)


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
    assert "as much work in hand as it may (2 units)" in told(desk, got[2].message_id)
    desk.tickets.set_status(got[0].ticket.id, "waiting_internal", actor=LEAD)
    assert desk.run_due().assigned == 0, "still in hand"
    desk.tickets.transfer(got[1].ticket.id, "b", actor=LEAD)
    assert desk.run_due().assigned == 2
    sound(desk)


def counted(world, strategy, agents, messages, **more):
    desk = shop(world, routed(strategy=strategy))
    people = [desk.agents.add(f"A{number}", queues=["default"], **one) for number, one in enumerate(agents)]
    given = [desk.receive(world.said(by=str(number))).worker for number in range(messages)]
    order = [next(place for place, one in enumerate(people) if one.id == worker.id) for worker in given]
    sound(desk)
    return desk, people, order


def test_round_robin_ignores_load_and_keeps_its_turn(world):
    desk, people, order = counted(world, "round_robin", [{}] * 3, 5)
    assert order == [0, 1, 2, 0, 1]
    for ticket in desk.tickets.list(assignee=people[0].id).items:
        desk.tickets.set_status(ticket.id, "closed", actor=LEAD)
    assert desk.receive(world.said(by="next")).worker.id == people[2].id
    assert desk.receive(world.said(by="after")).worker.id == people[0].id


def test_weights_share_the_work(world):
    _, _, order = counted(world, "weighted", [{"weight": 3, "capacity": 50}, {"weight": 1, "capacity": 50}], 40)
    assert Counter(order) == {0: 30, 1: 10}


def test_most_idle_looks_at_time_and_not_at_load(world):
    desk, people, order = counted(world, "most_idle", [{}, {}], 2)
    assert order == [0, 1]
    first = desk.tickets.list(assignee=people[1].id).items[0]
    desk.tickets.set_status(first.id, "closed", actor=LEAD)
    assert desk.receive(world.said(by="next")).worker.id == people[0].id


def test_a_hash_leads_the_same_people_to_the_same_agent(world):
    desk = shop(world, routed(strategy="consistent_hash"))
    for number in range(5):
        desk.agents.add(f"A{number}", queues=["default"], capacity=30)
    seen = {}
    for round_ in range(3):
        for who in range(12):
            got = desk.receive(world.said(by=f"u{who}", conversation=f"{who} {round_}"))
            assert seen.setdefault(who, got.worker.id) == got.worker.id
    assert len(set(seen.values())) > 1
    gone = seen[0]
    desk.agents.set_presence(gone, "offline")
    for who in range(12):
        got = desk.receive(world.said(by=f"u{who}", conversation=f"{who} again"))
        assert (got.worker.id == seen[who]) is (seen[who] != gone), "only the absent agent's people move"


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
    assert "queue b helps out: the ticket has waited long enough" in told(desk, ticket.id)


@pytest.mark.parametrize("when", ["nobody", "closed"])
def test_queues_help_out_at_once(world, when):
    routing = {"overflow": [{"queue": "b", "when": [when]}], "hours": "night"}
    desk = shop(world, routed(**routing), "b", calendars=[NIGHT])
    desk.agents.add("Own", queues=["default"])
    helper = desk.agents.add("Helper", queues=["b"], shift="")
    assert desk.receive(world.said()).worker.id == helper.id


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


OFFER = routed(assign="offer", offer_within="2m", ask_again_after="30m")


def test_an_offer_is_accepted(world):
    desk = shop(world, OFFER)
    ann = desk.agents.add("Ann", queues=["default"], capacity=1)
    got = desk.receive(world.said())
    assert (got.worker, got.ticket.offer.agent, desk.agents.get(ann.id).load) == (None, ann.id, 1)
    assert desk.tickets.list(offered_to=ann.id).items == (got.ticket,)
    assert desk.receive(world.said("more")).ticket.offer is not None, "nobody else is asked meanwhile"
    assert desk.receive(world.said(by="b")).ticket.offer is None, "an offer holds the agent's capacity"
    taken = desk.tickets.accept(got.ticket.id, actor=Actor.agent(ann.id), number=1)
    assert (taken.assignee, taken.offer, desk.agents.get(ann.id).load) == (ann.id, None, 1)
    with pytest.raises(InvalidInput, match="has no open offer"):
        desk.tickets.accept(got.ticket.id, actor=Actor.agent(ann.id))
    sound(desk)


def test_an_offer_is_declined_and_goes_to_the_next(world):
    desk = shop(world, OFFER)
    ann, ben = (desk.agents.add(name, queues=["default"], capacity=1) for name in ("Ann", "Ben"))
    got = desk.receive(world.said())
    older = got.ticket.created_at
    with pytest.raises(InvalidInput, match="was not offered it"):
        desk.tickets.decline(got.ticket.id, actor=Actor.agent(ben.id))
    with pytest.raises(InvalidInput, match="offer 7 is over"):
        desk.tickets.decline(got.ticket.id, actor=Actor.agent(ann.id), number=7)
    world.later(minutes=1)
    left = desk.tickets.decline(got.ticket.id, actor=Actor.agent(ann.id), reason="my friend")
    assert (left.offer, left.asked, desk.agents.get(ann.id).load) == (None, (ann.id,), 0)
    assert desk.run_due().assigned == 1
    ticket = desk.tickets.get(got.ticket.id)
    assert (ticket.offer.agent, ticket.offer.number, ticket.created_at) == (ben.id, 2, older)
    desk.tickets.decline(got.ticket.id, actor=Actor.agent(ben.id))
    report = desk.run_due()
    assert report.assigned == 0
    assert "asked lately, did not take it" in told(desk, ticket.id)
    world.later(minutes=30)
    assert desk.run_due().assigned == 1, "they are asked again at last"
    sound(desk)


def test_an_offer_lapses(world):
    desk = shop(world, OFFER)
    ann = desk.agents.add("Ann", queues=["default"])
    got = desk.receive(world.said())
    assert desk.run_due().next_due_at == world.clock.now() + timedelta(minutes=2)
    ben = desk.agents.add("Ben", queues=["default"])
    world.later(minutes=3)
    report = desk.run_due()
    assert (report.tickets, report.assigned) == (1, 1)
    ticket = desk.tickets.get(got.ticket.id)
    assert ticket.offer.agent == ben.id
    (expired,) = events_of(desk, ticket.id, ev.OfferExpired)
    assert (expired.agent, expired.at) == (ann.id, got.ticket.offer.due_at)
    sound(desk)


def test_no_more_offers_are_taken_than_a_queue_has_room_for(world):
    desk = shop(world, routed(assign="offer", offer_within="2m", capacity=1))
    for name in ("Ann", "Ben"):
        desk.agents.add(name, queues=["default"])
    first, second = (desk.receive(world.said(by=str(number))).ticket for number in range(2))
    assert desk.tickets.accept(first.id, actor=Actor.agent(first.offer.agent)).assignee == first.offer.agent
    with pytest.raises(GuardFailed):
        desk.tickets.accept(second.id, actor=Actor.agent(second.offer.agent))
    desk.tickets.set_status(first.id, "closed", actor=LEAD)
    assert desk.tickets.accept(second.id, actor=Actor.agent(second.offer.agent)).assignee == second.offer.agent
    sound(desk)


def test_a_choice_by_hand_wins_over_an_offer(world):
    desk = shop(world, OFFER)
    ann = desk.agents.add("Ann", queues=["default"])
    ben = desk.agents.add("Ben", queues=["default"], capacity=0)
    got = desk.receive(world.said())
    ticket = desk.tickets.assign(got.ticket.id, ben.id, actor=LEAD)
    assert (ticket.assignee, ticket.offer) == (ben.id, None)
    assert [desk.agents.get(one.id).load for one in (ann, ben)] == [0, 1]
    assert [one.reason for one in events_of(desk, ticket.id, ev.OfferWithdrawn)] == ["by_hand"]
    world.later(hours=1)
    desk.run_due()
    assert desk.tickets.get(ticket.id).assignee == ben.id
    sound(desk)


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
        assert "older tickets wait in queue default" in told(desk, new.message_id)
        assert desk.run_due().assigned == 1
        assert desk.tickets.get(got[number + 1].ticket.id).worker is not None
    sound(desk)


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
    assert f"queue old is gone; {heir} took its place" in told(desk, lost[0].ticket.id)
    assert desk.tickets.get(hers.ticket.id).queue == "old", "what somebody has stays with them"
    assert desk.tickets.waiting() == ()
    sound(desk)


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
    sound(desk)


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
    sound(desk)


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
        store = SqliteStore(tmp_path / f"{agents}.db", trace=seen.append)
        with open_desk(store, config=DeskConfig(), clock=world.clock) as desk:
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
    assert "(dedicated) would come first, but: asked lately" in told(desk, ticket)
    for change, reason in (({"shift": "night"}, "off shift"), ({"retired": True}, "works here no longer")):
        desk.agents.change(own.id, **change)
        desk.tickets.assign(ticket, other.id, actor=LEAD)
        desk.tickets.assign(ticket, None, actor=LEAD)
        desk.run_due()
        assert reason in told(desk, ticket)


def test_the_dedicated_agent_who_is_busy_is_waited_for(world):
    desk = shop(world, routed(dedicated_wait="5m"))
    desk.agents.add("Other", queues=["default"])
    own = desk.agents.add("Own", queues=[])
    ticket = dedicated(world, desk, own)
    desk.agents.set_presence(own.id, "busy")
    assert desk.run_due().assigned == 0
    assert "waits for" not in told(desk, ticket), "a drain that gives nothing leaves no trace"
    desk.agents.set_presence(own.id, "online")
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(ticket).assignee == own.id


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


def test_offers_are_answered_only_by_those_who_can(world):
    desk = shop(world, OFFER)
    ann = desk.agents.add("Ann", queues=["default"])
    got = desk.receive(world.said())
    desk.agents.change(ann.id, retired=True)
    with pytest.raises(InvalidInput, match="has retired"):
        desk.tickets.accept(got.ticket.id, actor=Actor.agent(ann.id))
    desk.tickets.set_status(got.ticket.id, "closed", actor=LEAD)
    with pytest.raises(IllegalTransition):
        desk.tickets.decline(got.ticket.id, actor=Actor.agent(ann.id))
    assert desk.agents.get(ann.id).load == 0


def test_a_batch_of_different_tickets_is_routed_as_one_by_one(world):
    weights = [{"units": 2, "accounts": ["phone"]}]
    desk = shop(world, routed(reserve=1), routing={"weights": weights})
    people = [desk.agents.add(f"A{number}", queues=["default"], capacity=3) for number in range(3)]
    batch = [world.said(by=str(number), account=("phone", "web")[number % 2]) for number in range(5)]
    got = desk.receive_many(batch)
    assert [one.worker is not None for one in got] == [True, True, True, True, False]
    assert sorted(desk.agents.get(one.id).load for one in people) == [2, 2, 2]
    sound(desk)


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


def test_an_agent_who_changes_and_goes_away_is_away_from_then_on(world):
    desk = shop(world)
    ann = desk.agents.add("Ann", queues=["default"])
    world.later(minutes=1)
    command = SaveAgent(agent=ann.id, name="Anna", presence="away", actor=LEAD)
    changed = desk.execute(command).agent
    assert (changed.name, changed.presence_since) == ("Anna", world.clock.now())
    assert desk.receive(world.said()).worker is None


def _served(desk, world, *people):
    """Who gets one ticket after the other where each is finished before the next comes."""
    found = []
    for name in people:
        got = desk.receive(world.said(by=name))
        found.append(got.worker.id)
        desk.tickets.set_status(got.ticket.id, "closed", actor=LEAD)
    return found


@pytest.mark.parametrize("more", [{}, {"strategy": "most_idle"}, {"strategy": "weighted"}])
def test_of_equals_the_one_without_work_for_longest_is_next(world, more):
    desk = shop(world, routed(**more))
    ann, ben, cleo = (desk.agents.add(name, queues=["default"]).id for name in ("Ann", "Ben", "Cleo"))
    assert _served(desk, world, *"abcde") == [ann, ben, cleo, ann, ben]
    sound(desk)


def test_of_equals_in_one_batch_the_one_without_work_for_longest_is_next(world):
    desk = shop(world)
    ids = [desk.agents.add(name, queues=["default"]).id for name in ("Ann", "Ben", "Cleo")]
    assert _served(desk, world, "a") == [ids[0]]
    got = desk.receive_many([world.said(by=name) for name in "bcdefg"])
    ann, ben, cleo = ids
    assert [one.worker.id for one in got] == [ben, cleo, ann, ben, cleo, ann]
    sound(desk)


def test_of_equals_with_other_skills_the_one_without_work_for_longest_is_next(world):
    """Their kinds are other ones, so their lines in the index are, too."""
    desk = shop(world)
    ids = [desk.agents.add(one, queues=["default"], skills=[Skill(name=one)]).id for one in ("a", "b", "c")]
    assert _served(desk, world, *"abcde") == [ids[place % 3] for place in range(5)]
