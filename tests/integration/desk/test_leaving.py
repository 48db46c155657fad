"""Agents who retire: what they have goes to somebody else, nothing is left behind."""

from datetime import timedelta

import pytest

from csdesk import Actor, DeskConfig, InvalidInput
from csdesk.domain.records import events as ev
from csdesk.testing.audit import problems_of

from .conftest import entries

LEAD = Actor.agent("lead")
PUSH = DeskConfig.from_toml('[[queues]]\nname = "default"')
OFFER = DeskConfig.from_toml(
    '[[queues]]\nname = "default"\nrouting = { assign = "offer", offer_within = "1h" }\n[[queues]]\nname = "other"'
)


def reasons(desk, ticket):
    happened = [event for entry in entries(desk, ticket) for event in entry.events]
    return [one.reason for one in happened if isinstance(one, ev.TicketAssigned | ev.OfferWithdrawn)]


def test_their_tickets_wait_for_somebody_else(world):
    desk = world.open(PUSH)
    ann = desk.agents.add("Ann", queues=["default"], capacity=200)
    tickets = [desk.receive(world.said(by=str(number))).ticket for number in range(60)]
    assert {one.assignee for one in tickets} == {ann.id}
    closed = desk.tickets.set_status(tickets[0].id, "closed", actor=LEAD)
    desk.agents.change(ann.id, retired=True)
    ben = desk.agents.add("Ben", queues=["default"], capacity=200)
    while desk.run_due().more:
        pass
    assert {desk.tickets.get(one.id).assignee for one in tickets[1:]} == {ben.id}
    assert desk.tickets.get(closed.id).assignee == ann.id
    assert "retired" in reasons(desk, tickets[1].id)
    assert (desk.agents.get(ann.id).load, desk.agents.get(ben.id).load) == (0, 59)
    assert problems_of(desk._store) == ()


def test_what_was_offered_to_them_is_offered_to_somebody_else(world):
    desk = world.open(OFFER)
    ann = desk.agents.add("Ann", queues=["default"])
    ticket = desk.receive(world.said()).ticket
    assert ticket.offer.agent == ann.id
    ben = desk.agents.add("Ben", queues=["default"])
    desk.agents.change(ann.id, retired=True)
    while desk.run_due().more:
        pass
    assert desk.tickets.get(ticket.id).offer.agent == ben.id
    assert reasons(desk, ticket.id)[0] == "retired"


def test_who_comes_back_at_once_keeps_what_they_have(world):
    desk = world.open(PUSH)
    ann = desk.agents.add("Ann", queues=["default"])
    ticket = desk.receive(world.said()).ticket
    desk.agents.change(ann.id, retired=True)
    desk.agents.change(ann.id, retired=False)
    desk.run_due()
    assert desk.tickets.get(ticket.id).assignee == ann.id
    desk.agents.change(ann.id, retired=True)
    desk.run_due()
    desk.run_due()
    assert desk.tickets.get(ticket.id).assignee is None
    assert len(desk.tickets.waiting()) == 1


def test_a_queue_named_twice_counts_once(world):
    desk = world.open(PUSH)
    ann = desk.agents.add("Ann", queues=["default", "default"])
    assert ann.queues == ("default",)
    assert [one.agents for one in desk.agents.groups()] == [1]


@pytest.mark.parametrize("change", ["offline", "away", "elsewhere"])
def test_an_offer_does_not_outlive_who_is_not_there(world, change):
    desk = world.open(OFFER)
    ann = desk.agents.add("Ann", queues=["default"])
    ticket = desk.receive(world.said()).ticket
    assert ticket.offer.agent == ann.id
    ben = desk.agents.add("Ben", queues=["default"])
    world.later(minutes=1)
    if change == "elsewhere":
        desk.agents.change(ann.id, queues=["other"])
    else:
        desk.agents.set_presence(ann.id, change)
    desk.run_due()
    found = desk.tickets.get(ticket.id)
    assert (found.offer.agent, found.waits_since) == (ben.id, ticket.waits_since)
    assert found.asked == (), "who was not there did not decline"
    assert reasons(desk, ticket.id) == ["elsewhere" if change == "elsewhere" else "absent"]
    assert desk.agents.get(ann.id).load == 0
    with pytest.raises(InvalidInput, match="was not offered"):
        desk.tickets.accept(ticket.id, actor=Actor.agent(ann.id))
    assert problems_of(desk._store) == ()


def test_who_is_busy_or_back_in_time_keeps_the_offer(world):
    desk = world.open(OFFER)
    ann = desk.agents.add("Ann", queues=["default"])
    ticket = desk.receive(world.said()).ticket
    desk.agents.add("Ben", queues=["default"])
    desk.agents.set_presence(ann.id, "busy")
    desk.run_due()
    desk.agents.set_presence(ann.id, "offline")
    desk.agents.set_presence(ann.id, "online")
    desk.run_due()
    assert desk.tickets.get(ticket.id).offer.agent == ann.id


def test_a_helper_keeps_the_offer_while_they_help(world):
    desk = world.open(
        DeskConfig.from_toml(
            '[[queues]]\nname = "default"\n[queues.routing]\nassign = "offer"\noffer_within = "1h"\n'
            'overflow = [{ queue = "other", when = ["nobody"] }]\n'
            '[[queues]]\nname = "other"\n[[queues]]\nname = "third"'
        )
    )
    ann = desk.agents.add("Ann", queues=["default", "other", "third"])
    ticket = desk.receive(world.said()).ticket
    desk.agents.change(ann.id, queues=["other", "third"])
    desk.run_due()
    assert desk.tickets.get(ticket.id).offer.agent == ann.id
    desk.agents.change(ann.id, queues=["third"])
    desk.run_due()
    assert desk.tickets.get(ticket.id).offer is None


def test_a_transfer_waits_for_who_is_away_but_not_for_who_left(world):
    desk = world.open(PUSH)
    ann = desk.agents.add("Ann", queues=["default"])
    ticket = desk.receive(world.said()).ticket
    ben = desk.agents.add("Ben", queues=["default"])
    desk.tickets.transfer(ticket.id, agent=ben.id, brief="yours", within=timedelta(days=1), actor=Actor.agent(ann.id))
    desk.agents.set_presence(ben.id, "away")
    desk.run_due()
    assert desk.tickets.get(ticket.id).offered_to == ben.id
    desk.agents.change(ben.id, retired=True)
    desk.run_due()
    assert (desk.tickets.get(ticket.id).offer, desk.tickets.get(ticket.id).assignee) == (None, ann.id)


def test_more_offers_than_a_page_are_all_looked_at(world):
    desk = world.open(OFFER)
    ann = desk.agents.add("Ann", queues=["default"], capacity=200)
    tickets = [desk.receive(world.said(by=str(number))).ticket for number in range(70)]
    desk.agents.set_presence(ann.id, "offline")
    while desk.run_due().more:
        pass
    assert {desk.tickets.get(one.id).offer for one in tickets} == {None}
    assert desk.agents.get(ann.id).load == 0


@pytest.mark.parametrize("order", ["before", "after"])
def test_lent_work_does_not_come_back_to_who_has_left(world, order):
    """It comes back to the queue, whether the giver left before it came back or just after."""
    desk = world.open(PUSH)
    ann = desk.agents.add("Ann", queues=["default"])
    ticket = desk.receive(world.said()).ticket
    ben = desk.agents.add("Ben", queues=[])
    desk.tickets.transfer(ticket.id, agent=ben.id, brief="look", returns=True, actor=Actor.agent(ann.id))
    taken = desk.tickets.accept(ticket.id, actor=Actor.agent(ben.id))
    assert (taken.owner.id, taken.worker.lent) == (ann.id, True)
    desk.agents.change(ann.id, retired=True)
    if order == "before":
        desk.run_due()
        assert str(desk.tickets.get(ticket.id).owner.kind) == "queue"
    desk.tickets.release(ticket.id, taken.fence, actor=Actor.agent(ben.id))
    desk.run_due()
    found = desk.tickets.get(ticket.id)
    assert (found.worker, found.owner.kind, found.owner.id) == (None, "queue", "default")
    assert found.waits is not None
    assert problems_of(desk._store) == ()


def test_who_borrowed_the_work_and_leaves_gives_it_back(world):
    desk = world.open(PUSH)
    ann = desk.agents.add("Ann", queues=["default"])
    ticket = desk.receive(world.said()).ticket
    ben = desk.agents.add("Ben", queues=[])
    desk.tickets.transfer(ticket.id, agent=ben.id, brief="look", returns=True, actor=Actor.agent(ann.id))
    desk.tickets.accept(ticket.id, actor=Actor.agent(ben.id))
    desk.agents.change(ben.id, retired=True)
    desk.run_due()
    found = desk.tickets.get(ticket.id)
    assert (found.assignee, found.owner.id) == (ann.id, ann.id)
    assert [one for entry in entries(desk, ticket.id) for one in entry.events if isinstance(one, ev.OwnerLeft)] == []


def test_nobody_who_left_answers_for_a_ticket(world):
    """Also for one that waits: who released it stayed accountable."""
    desk = world.open(PUSH)
    ann = desk.agents.add("Ann", queues=["default"])
    ticket = desk.receive(world.said()).ticket
    desk.agents.set_presence(ann.id, "busy")
    released = desk.tickets.release(ticket.id, ticket.fence, actor=Actor.agent(ann.id))
    assert (released.owner.id, released.worker) == (ann.id, None)
    desk.agents.change(ann.id, retired=True)
    desk.run_due()
    assert desk.tickets.get(ticket.id).owner.id == "default"
