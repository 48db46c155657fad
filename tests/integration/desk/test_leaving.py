"""Agents who retire: what they have goes to somebody else, nothing is left behind."""

from csdesk import Actor, DeskConfig
from csdesk.domain.records import events as ev
from csdesk.testing.audit import problems_of

from .conftest import entries

LEAD = Actor.agent("lead")
PUSH = DeskConfig.from_toml('[[queues]]\nname = "default"')
OFFER = DeskConfig.from_toml('[[queues]]\nname = "default"\nrouting = { assign = "offer", offer_within = "1h" }')


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
