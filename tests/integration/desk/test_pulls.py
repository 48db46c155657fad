"""Pulling: the cursor goes with its page, polled accounts are planned, two pullers do no harm."""

from datetime import timedelta

import pytest

from csdesk.errors import ChannelError, NotFound, UnsupportedFeature
from csdesk.ports.channel import Capabilities, EchoEvent, PullHint, PullPage, Sender, StatusEvent, UnknownEvent
from csdesk.testing import CountingStore, Fault, FaultyStore, ScriptedChannel

HINT = PullHint(account="web")
MINUTE = timedelta(minutes=1)


def polled(every=5 * MINUTE):
    return ScriptedChannel("web", capabilities=Capabilities(pull=True, poll_every=every))


def wish(desk, channel):
    desk.handle("web", channel.report(pulls=[HINT]))


def cursor_of(desk):
    from csdesk.domain.records.changes import Needs

    key = desk._core.keys.cursor("web")
    return desk._store.load(desk.name, Needs(claims=(key,))).claims.get(key)


def pages_of(world):
    """Pages that end with each kind of thing that is stored in a way of its own."""
    message = world.said("one")
    echo = EchoEvent(account="web", dedupe_key="e", conversation="ann", to=Sender(external_id="ann"))
    unknown = UnknownEvent(account="web", dedupe_key="u")
    status = StatusEvent(account="web", dedupe_key="s", key="msg_theirs", status="read")
    return [(), (message,), (message, unknown), (unknown, message), (message, echo), (message, status)]


@pytest.mark.parametrize("which", range(6))
def test_the_cursor_is_committed_with_its_page_and_never_before(world, which):
    events = pages_of(world)[which]
    channel = ScriptedChannel("web")
    armed, commits = False, 0

    def plan(name):
        nonlocal commits
        commits += armed and name == "commit"

    desk = world.open(channels=[channel], wrap=lambda store: FaultyStore(store, plan))
    desk.run_due()  # what a new desk plans for itself
    channel.pages(PullPage(events=events, cursor="c1"))
    wish(desk, channel)
    armed = True
    desk.run_due()
    assert cursor_of(desk) == "c1"
    stored = {0: 0, 1: 1, 2: 2, 3: 2, 4: 1, 5: 1}[which]
    assert commits == max(1, stored) + (which == 5)


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.UNKNOWN_UNDONE, Fault.UNKNOWN_DONE])
@pytest.mark.parametrize("at", range(4))
def test_whatever_fails_nothing_of_a_page_is_lost_or_doubled(world, fault, at):
    channel = ScriptedChannel("web")
    calls = iter(range(100))
    armed = False

    def plan(name):
        return fault if armed and name == "commit" and next(calls) == at else None

    desk = world.open(channels=[channel], wrap=lambda store: FaultyStore(store, plan))
    first = (world.said("one"), UnknownEvent(account="web", dedupe_key="u"), world.said("two"))
    pages = [PullPage(events=first, cursor="c1", more=True), PullPage(events=(world.said("three"),), cursor="c2")]
    channel.pages(*pages)
    wish(desk, channel)
    armed = True
    desk.run_due()
    armed = False
    channel._pages.clear()
    left = {None: pages, "c1": pages[1:], "c2": []}[cursor_of(desk)]
    channel.pages(*left)
    world.later(minutes=11)
    desk.run_due()
    assert cursor_of(desk) == "c2"
    assert [item.message.text for item in desk.tickets.timeline(desk.tickets.list().items[0].id) if item.message] == [
        "one",
        "two",
        "three",
    ]
    assert len(desk.inbox.list().items) == 1
    assert desk.run_due().pulled == 0


def test_two_pullers_of_one_account_store_everything_once(world):
    one, two = ScriptedChannel("web"), ScriptedChannel("web")
    desk, other = world.open(channels=[one]), world.open(channels=[two])
    pages = [PullPage(events=(world.said(str(n)),), cursor=f"c{n}", more=n < 3) for n in range(1, 4)]
    two.pages(*pages)
    original = one.pull_now

    def slow(hint, cursor):
        page = original(hint, cursor)
        if len(one.pulled) == 1:
            other.handle("web", two.report(pulls=[HINT]))
            other.run_due()
        return page

    one.pull_now = slow
    one.pages(*pages)
    wish(desk, one)
    desk.run_due()
    assert cursor_of(desk) == "c3"
    (ticket,) = desk.tickets.list().items
    assert ticket.messages == 3
    one._pages.clear()
    one.pages(PullPage(cursor="c3"))
    desk.run_due()
    assert one.pulled[-1][1] == "c3"


def test_a_channel_that_gives_no_hint_is_asked_at_its_interval(world):
    channel = polled()
    desk = world.open(channels=[channel])
    channel.pages(PullPage(events=(world.said("one"),), cursor="c1"))
    report = desk.run_due()
    assert (report.pulled, report.next_due_at) == (1, world.clock.now() + 5 * MINUTE)
    assert desk.run_due().next_due_at == world.clock.now() + 5 * MINUTE
    assert len(channel.pulled) == 1
    world.later(minutes=5)
    world.open(channels=[polled()]).run_due()
    assert desk.run_due().pulled == 0
    assert len(channel.pulled) == 1
    world.later(minutes=5)
    desk.run_due()
    assert channel.pulled[-1] == (None, "c1")


def test_a_hint_and_a_poll_that_are_due_together_are_one_pull(world):
    channel = polled()
    desk = world.open(channels=[channel])
    wish(desk, channel)
    report = desk.run_due()
    assert channel.pulled == [(HINT, None)]
    assert report.next_due_at == world.clock.now() + 5 * MINUTE
    world.later(minutes=5)
    desk.run_due()
    assert channel.pulled[1:] == [(None, None)]


def test_a_poll_that_fails_waits_as_long_as_the_provider_asks(world):
    channel = polled()
    desk = world.open(channels=[channel])
    channel.pages(ChannelError("web", "busy", disposition="retry", retry_after=600))
    report = desk.run_due()
    assert (report.retried, report.next_due_at) == (1, world.clock.now() + 10 * MINUTE)
    world.later(minutes=10)
    channel.pages(PullPage(events=(world.said("one"),), cursor="c1"))
    assert desk.run_due().pulled == 1


def test_looking_whether_something_is_to_be_polled_writes_nothing(world):
    counting: list[CountingStore] = []

    def wrap(store):
        counting.append(CountingStore(store))
        return counting[-1]

    desk = world.open(channels=[polled()], wrap=wrap)
    desk.run_due()
    before = counting[0].commits
    desk.run_due()
    assert counting[0].commits == before


class Before:
    """A store around another one that calls ``first`` before a commit, once."""

    def __init__(self, store):
        self._store = store
        self.first = None

    def __getattr__(self, name):
        return getattr(self._store, name)

    def commit(self, name, changes):
        return self._now(lambda: self._store.commit(name, changes))

    def commit_together(self, name, changes):
        return self._now(lambda: self._store.commit_together(name, changes))

    def _now(self, commit):
        first, self.first = self.first, None
        if first is not None:
            first()
        return commit()


def test_messages_are_stored_even_if_another_puller_has_moved_the_cursor(world):
    one, two = ScriptedChannel("web"), ScriptedChannel("web")
    stores = []
    desk = world.open(channels=[one], wrap=lambda store: stores.append(Before(store)) or stores[-1])
    other = world.open(channels=[two])
    for each in (desk, other):
        each.run_due()
    one.pages(PullPage(events=(world.said("mine"),), cursor="c1"))
    two.pages(PullPage(events=(world.said("theirs", by="bob"),), cursor="c9"))
    wish(desk, one)
    pull = one.pull_now

    def slow(hint, cursor):
        stores[0].first = lambda: (wish(other, two), other.run_due())
        return pull(hint, cursor)

    one.pull_now = slow
    desk.run_due()
    assert cursor_of(desk) == "c9"
    assert sorted(one.messages for one in desk.tickets.list().items) == [1, 1]


def test_a_race_for_a_message_takes_nothing_from_the_cursor(world):
    channel = ScriptedChannel("web")
    stores = []
    desk = world.open(channels=[channel], wrap=lambda store: stores.append(Before(store)) or stores[-1])
    other = world.open()
    desk.run_due()
    message = world.said("once")
    channel.pages(PullPage(events=(message,), cursor="c1"))
    wish(desk, channel)
    pull = channel.pull_now

    def slow(hint, cursor):
        stores[0].first = lambda: other.receive(message)
        return pull(hint, cursor)

    channel.pull_now = slow
    desk.run_due()
    assert cursor_of(desk) == "c1"
    assert [one.messages for one in desk.tickets.list().items] == [1]


def test_only_what_is_pulled_can_be_pulled_soon(world):
    desk = world.open(channels=[ScriptedChannel("web")])
    with pytest.raises(UnsupportedFeature, match="comes by itself"):
        desk.channels.pull_soon("web")
    with pytest.raises(NotFound, match="no account other"):
        desk.channels.pull_soon("other")
