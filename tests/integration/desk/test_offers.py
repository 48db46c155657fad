"""Work that is offered: taken, declined, lapsed, and what counts meanwhile."""

from datetime import timedelta

import pytest
from tests.integration.desk.conftest import check_sound, events_of, trace_of

from csdesk import Actor, IllegalTransition, InvalidInput
from csdesk.domain.records import events as ev
from csdesk.errors import GuardFailed

from .routed import LEAD, routed, shop

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
    check_sound(desk)


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
    assert "asked lately, did not take it" in trace_of(desk, ticket.id)
    world.later(minutes=30)
    assert desk.run_due().assigned == 1, "they are asked again at last"
    check_sound(desk)


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
    assert (ticket.offer.agent, ticket.offer.made_at) == (ben.id, world.clock.now())
    (expired,) = events_of(desk, ticket.id, ev.OfferExpired)
    assert (expired.agent, expired.at) == (ann.id, got.ticket.offer.due_at)
    check_sound(desk)


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
    check_sound(desk)


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
    check_sound(desk)


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
