"""Waking tickets: many in one commit, one by one where that loses its races, and a round that must stop."""

from datetime import timedelta

import pytest

from csdesk import Actor, DeskConfig
from csdesk.domain.policy.config import QueuePolicy
from csdesk.domain.records.channels import PullHint
from csdesk.domain.records.messages import MediaPart
from csdesk.domain.records.tickets import Category
from csdesk.errors import StoreBusy, StoreDamaged
from csdesk.flows.due import batches
from csdesk.ports.channel import Capabilities, MediaFetched, PullPage
from csdesk.testing import Fault, FaultyStore, FixedClock, ScriptedChannel

AGENT = Actor.agent("agt_1")
HOUR = timedelta(hours=1)


class Busy:
    """A plan: while ``left`` counts down, commits fail; ``armed`` says from when on."""

    def __init__(self):
        self.left = 0

    def __call__(self, name):
        if name != "commit" or not self.left:
            return None
        self.left -= 1
        return Fault.BUSY


def snoozing(world, desk, *lengths):
    """Tickets that are snoozed for so many hours each."""
    tickets = [desk.receive(world.said(by=f"c{number}")).ticket.id for number in range(len(lengths))]
    for ticket, hours in zip(tickets, lengths, strict=True):
        until = world.clock.now() + hours * HOUR
        desk.tickets.set_status(ticket, "snoozed", actor=AGENT, until=until)
    desk.run_due()
    return tickets


def states(desk, tickets):
    return [desk.tickets.get(one).category for one in tickets]


def test_a_batch_that_keeps_losing_races_is_woken_one_by_one(world):
    plan = Busy()
    desk = world.open(wrap=lambda store: FaultyStore(store, plan))
    tickets = snoozing(world, desk, 1, 1, 1)
    world.later(hours=2)
    plan.left = 2
    report = desk.run_due()
    assert report.tickets == 3
    assert plan.left == 0
    assert states(desk, tickets) == [Category.OPEN] * 3


def test_a_store_that_stays_busy_is_told_and_nothing_is_lost(world):
    plan = Busy()
    desk = world.open(wrap=lambda store: FaultyStore(store, plan))
    tickets = snoozing(world, desk, 1)
    world.later(hours=2)
    plan.left = 10_000
    with pytest.raises(StoreBusy):
        desk.run_due()
    plan.left = 0
    assert states(desk, tickets) == [Category.SNOOZED]
    assert desk.run_due().tickets == 1
    assert states(desk, tickets) == [Category.OPEN]


def test_damage_is_told_at_once_even_for_many(world):
    broken = []

    class Damaged:
        def __init__(self, store):
            self._store = store

        def __getattr__(self, name):
            return getattr(self._store, name)

        def commit(self, name, changes):
            if broken:
                broken.append(changes)
                raise StoreDamaged("by plan")
            return self._store.commit(name, changes)

    desk = world.open(wrap=Damaged)
    snoozing(world, desk, 1, 1)
    world.later(hours=2)
    broken.append(None)
    with pytest.raises(StoreDamaged):
        desk.run_due()
    assert len(broken) == 2


class Ticking(FixedClock):
    """A clock that moves by a second each time it is asked."""

    def now(self):
        self.advance(timedelta(seconds=1))
        return super().now()


class Fetching(ScriptedChannel):
    """Has a picture for every id, once the provider is up again."""

    def fetch_now(self, wanted):
        return MediaFetched(content=b"\x89PNG\r\n\x1a\n" + wanted.provider_id.encode())


def test_a_round_may_stop_between_any_two_pieces(world, monkeypatch):
    monkeypatch.setattr(batches, "BATCH", 1)
    able = Capabilities(parts=frozenset({"text", "media"}), fetches_media=True, pull=True)
    channels = [Fetching(name, capabilities=able) for name in ("web", "other")]
    desk = world.open(DeskConfig(queues=(QueuePolicy(name="default"), QueuePolicy(name="vip"))), channels=channels)
    tickets = snoozing(world, desk, 1, 1, 1)
    for number in range(3):
        desk.receive(world.said(by="pic", parts=(MediaPart(media="image", provider_id=f"m{number}"),)))
    for channel in channels:
        channel.pages(PullPage(events=(world.said("pulled", account=channel.account),), cursor="c1"))
        desk.handle(channel.account, channel.report(pulls=[PullHint(account=channel.account)]))
    world.later(hours=2)
    desk._core.clock = clock = Ticking(world.clock.now())
    done = dict.fromkeys(("tickets", "pulled", "fetched"), 0)
    seconds = 0
    while True:
        seconds += 1
        report = desk.run_due(max_time=timedelta(seconds=seconds))
        done = {name: done[name] + getattr(report, name) for name in done}
        if not report.more:
            break
        assert seconds < 200
        clock.advance(timedelta(minutes=12))
    assert done == {"tickets": 3, "pulled": 2, "fetched": 3}
    assert states(desk, tickets) == [Category.OPEN] * 3
    assert seconds > 5


def flagged(world, desk, number):
    """Customers with a flag that ends in an hour."""
    until = world.clock.now() + HOUR
    people = [desk.receive(world.said(by=f"c{place}")).customer.id for place in range(number)]
    for one in people:
        desk.customers.flag(one, "late", until=until, actor=AGENT)
    desk.run_due()
    return people


def test_customers_too_are_woken_one_by_one(world):
    plan = Busy()
    desk = world.open(wrap=lambda store: FaultyStore(store, plan))
    people = flagged(world, desk, 3)
    world.later(hours=2)
    plan.left = 2
    assert desk.run_due().customers == 3
    assert plan.left == 0
    assert [desk.customers.get(one).flags for one in people] == [()] * 3


def test_a_store_that_stays_busy_wakes_no_customer(world):
    plan = Busy()
    desk = world.open(wrap=lambda store: FaultyStore(store, plan))
    (one,) = flagged(world, desk, 1)
    world.later(hours=2)
    plan.left = 10_000
    with pytest.raises(StoreBusy):
        desk.run_due()
    plan.left = 0
    assert desk.run_due().customers == 1
    assert desk.customers.get(one).flags == ()


def test_a_round_may_stop_between_customers(world, monkeypatch):
    monkeypatch.setattr(batches, "BATCH", 1)
    desk = world.open()
    flagged(world, desk, 3)
    world.later(hours=2)
    desk._core.clock = Ticking(world.clock.now())
    woken = 0
    for seconds in range(1, 100):
        report = desk.run_due(max_time=timedelta(seconds=seconds))
        assert report.customers < 3
        woken += report.customers
        if not report.more:
            break
    assert woken == 3
