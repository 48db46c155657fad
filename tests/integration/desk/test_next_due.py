"""``run_due`` says when to come back for what it brought about itself, too."""

from datetime import timedelta

from tests.integration.desk.routed import LEAD, shop

from csdesk import DeskConfig, Presence

OFFERED = {"name": "default", "routing": {"assign": "offer", "offer_within": "2m"}}


def _silence(after):
    then = [{"do": "alert", "name": "silent"}]
    return {"rules": [{"name": "silent", "timer": {"of": "ticket.created_at", "after": after}, "then": then}]}


def test_when_an_offer_lapses_that_it_made(world):
    desk = shop(world, OFFERED)
    agent = desk.agents.add("Lin", queues=["default"], presence=Presence.OFFLINE, actor=LEAD).id
    ticket = desk.receive(world.said()).ticket.id
    desk.agents.set_presence(agent, Presence.ONLINE)
    report = desk.run_due()
    assert (report.assigned, report.more) == (1, False)
    assert report.next_due_at == desk.tickets.get(ticket).wake_at == world.clock.now() + timedelta(minutes=2)
    assert desk.run_due().next_due_at == report.next_due_at


def test_when_a_timer_is_due_that_it_worked_out(world):
    desk = shop(world)
    desk.receive(world.said())
    desk.config.activate(DeskConfig.model_validate(_silence("3h")))
    report = desk.run_due()
    assert (report.rebuilt, report.tickets, report.more) == (1, 0, False)
    assert report.next_due_at == world.clock.now() + timedelta(hours=3)


def test_what_has_long_been_due_happens_at_once(world):
    desk = shop(world)
    desk.receive(world.said())
    world.later(hours=4)
    desk.config.activate(DeskConfig.model_validate(_silence("3h")))
    report = desk.run_due()
    assert (report.rebuilt, report.tickets, report.more) == (1, 1, True)
    assert not desk.run_due().more
