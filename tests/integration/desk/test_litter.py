"""After a large batch the young objects are looked at once more, so that the collector seldom walks the whole heap."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from csdesk import Actor
from csdesk.engine import litter


@pytest.fixture
def asked(monkeypatch):
    """The generations that the collector was asked for."""
    asked = []
    monkeypatch.setattr(litter, "gc", SimpleNamespace(collect=asked.append, isenabled=lambda: True))
    return asked


def woken(world, count):
    """A desk on which that many snoozed tickets were woken in one batch."""
    desk = world.open()
    until = world.clock.now() + timedelta(hours=1)
    for number in range(count):
        ticket = desk.receive(world.said(by=f"c{number}")).ticket.id
        desk.tickets.set_status(ticket, "snoozed", actor=Actor.agent("agt_1"), until=until)
    desk.run_due()
    world.later(hours=2)
    return desk


def test_a_large_batch_is_swept_away_once(world, asked):
    desk = woken(world, 70)
    asked.clear()
    assert desk.run_due().tickets == 70
    assert asked == [1], "the young generations, never the whole heap"


def test_small_batches_are_left_to_the_collector(world, asked):
    desk = woken(world, 3)
    asked.clear()
    assert desk.run_due().tickets == 3
    assert asked == []


def test_a_host_that_collects_by_itself_is_not_interfered_with(world, asked, monkeypatch):
    desk = woken(world, 70)
    asked.clear()
    monkeypatch.setattr(litter.gc, "isenabled", lambda: False)
    assert desk.run_due().tickets == 70
    assert asked == []
