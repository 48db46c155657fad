"""Who of several that could gets the work: strategies, weights, and equals."""

from collections import Counter

import pytest
from tests.integration.desk.conftest import check_sound

from csdesk import Skill

from .routed import LEAD, routed, shop


def counted(world, strategy, agents, messages, **more):
    desk = shop(world, routed(strategy=strategy))
    people = [desk.agents.add(f"A{number}", queues=["default"], **one) for number, one in enumerate(agents)]
    given = [desk.receive(world.said(by=str(number))).worker for number in range(messages)]
    order = [next(place for place, one in enumerate(people) if one.id == worker.id) for worker in given]
    check_sound(desk)
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
            if round_ == 0:
                told = got.trace.find("route.assigned")
                assert (told.param("agent"), told.param("how"), told.param("helper")) == (
                    got.worker.id,
                    "consistent_hash",
                    None,
                )
    assert len(set(seen.values())) > 1
    gone = seen[0]
    desk.agents.set_presence(gone, "offline")
    for who in range(12):
        got = desk.receive(world.said(by=f"u{who}", conversation=f"{who} again"))
        assert (got.worker.id == seen[who]) is (seen[who] != gone), "only the absent agent's people move"


def test_a_batch_of_different_tickets_is_routed_as_one_by_one(world):
    weights = [{"units": 2, "accounts": ["phone"]}]
    desk = shop(world, routed(reserve=1), routing={"weights": weights})
    people = [desk.agents.add(f"A{number}", queues=["default"], capacity=3) for number in range(3)]
    batch = [world.said(by=str(number), account=("phone", "web")[number % 2]) for number in range(5)]
    got = desk.receive_many(batch)
    assert [one.worker is not None for one in got] == [True, True, True, True, False]
    assert sorted(desk.agents.get(one.id).load for one in people) == [2, 2, 2]
    check_sound(desk)


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
    check_sound(desk)


def test_of_equals_in_one_batch_the_one_without_work_for_longest_is_next(world):
    desk = shop(world)
    ids = [desk.agents.add(name, queues=["default"]).id for name in ("Ann", "Ben", "Cleo")]
    assert _served(desk, world, "a") == [ids[0]]
    got = desk.receive_many([world.said(by=name) for name in "bcdefg"])
    ann, ben, cleo = ids
    assert [one.worker.id for one in got] == [ben, cleo, ann, ben, cleo, ann]
    check_sound(desk)


def test_of_equals_with_other_skills_the_one_without_work_for_longest_is_next(world):
    """Their kinds are other ones, so their lines in the index are, too."""
    desk = shop(world)
    ids = [desk.agents.add(one, queues=["default"], skills=[Skill(name=one)]).id for one in ("a", "b", "c")]
    assert _served(desk, world, *"abcde") == [ids[place % 3] for place in range(5)]
