"""Signs of typing, both ways: for a few seconds, and never longer than until the message."""

import json
from datetime import timedelta

import pytest
from tests.databases import store_at

from csdesk import Actor, DeskConfig, NotFound, open_desk
from csdesk.channels.webchat import Limits, WebChat
from csdesk.domain.policy.sections.access import AccessPolicy, Grant
from csdesk.errors import Denied, UnsupportedFeature
from csdesk.testing import FixedClock, ScriptedChannel, SerialIds
from csdesk.testing.webchats import Page

SECRET = "secret-" * 6
LI = Actor.agent("agt_li")


class Bench:
    def __init__(self, folder, **given):
        self.clock = FixedClock()
        self.folder = folder
        self.stores = []
        self.ids = SerialIds()
        self.desk = self.open(**given)
        self.page = Page("shop")
        self.page.opened(self.asks(self.page.opens()))

    def open(self, **given):
        self.stores.append(store_at(self.folder / "desk.db", synchronous="NORMAL"))
        chat = WebChat("shop", secrets=[SECRET], **given.pop("chat", {}))
        channels = [chat, ScriptedChannel("other")]
        return open_desk(self.stores[-1], channels=channels, clock=self.clock, ids=self.ids, **given)

    def asks(self, request, desk=None):
        return (desk or self.desk).handle("shop", request)

    def writes(self, text="在吗"):
        assert self.asks(self.page.writes(text)).status == 200
        return self.desk.tickets.list().items[0]

    def shown(self, **query):
        """For how long the page is to show that one of ours is typing."""
        return json.loads(self.asks(self.page.asks(wait="0", **query)).body).get("typing", 0)

    def later(self, **amount):
        self.clock.advance(timedelta(**amount))


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.desk.close()
    for one in made.stores:
        one.close()


def test_the_visitor_sees_that_one_of_ours_is_typing(bench):
    ticket = bench.writes()
    assert bench.shown() == 0
    bench.desk.channels.typing(ticket.id, actor=LI)
    assert bench.shown() == 8
    bench.later(seconds=5)
    assert bench.shown() == 3
    bench.desk.channels.typing(ticket.id, actor=LI)
    assert bench.shown() == 8
    bench.later(seconds=8)
    assert bench.shown() == 0


def test_a_reply_ends_the_sign_and_an_old_page_has_none(bench):
    ticket = bench.writes()
    bench.desk.channels.typing(ticket.id, actor=LI)
    assert bench.shown(before=bench.clock.now().isoformat()) == 0
    bench.later(seconds=1)
    bench.desk.reply(ticket.id, "在的", actor=LI)
    assert bench.shown() == 0
    bench.later(seconds=4)
    bench.desk.channels.typing(ticket.id, actor=LI)
    assert bench.shown() == 8, "the next message is being written"


def test_who_waits_is_told_and_many_keys_are_one_sign(bench):
    ticket = bench.writes()
    answer = bench.asks(bench.page.asks(wait="1"))
    before = answer.feed.number
    for _ in range(20):
        bench.desk.channels.typing(ticket.id, actor=LI)
    assert bench.desk.channels.news([answer.feed]) == (before + 1,)
    stream = bench.asks(bench.page.asks(stream=True)).feed
    told = bench.desk.channels.feed(stream.model_copy(update={"after": bench.page.mark})).body
    assert b'"typing":8' in told


def test_the_agent_sees_that_the_visitor_is_typing(bench):
    ticket = bench.writes()
    other = bench.open()  # another process
    assert other.channels.customer_types(ticket.id) is None
    bench.later(seconds=1)
    assert bench.asks(bench.page.types()).status == 200
    assert other.channels.customer_types(ticket.id) == bench.clock.now() + timedelta(seconds=8)
    bench.later(seconds=7)
    assert bench.asks(bench.page.types()).status == 200
    assert other.channels.customer_types(ticket.id) == bench.clock.now() + timedelta(seconds=8)
    bench.later(seconds=1)
    bench.writes("订单没到")
    assert other.channels.customer_types(ticket.id) is None
    other.close()


def test_a_stranger_who_types_opens_nothing(bench):
    stranger = Page("shop")
    stranger.opened(bench.asks(stranger.opens()))
    assert bench.asks(stranger.types()).status == 200
    assert bench.desk.tickets.list().items == ()


def test_typing_is_asked_for_with_a_token_and_not_without_end(tmp_path):
    bench = Bench(tmp_path, chat={"limits": Limits(reads=6)})
    nobody = Page("shop")
    assert bench.asks(nobody.types()).status == 401
    bench.writes()
    statuses = [bench.asks(bench.page.types()).status for _ in range(10)]
    assert set(statuses) == {200, 429}
    bench.desk.close()
    bench.stores[0].close()


def test_who_may_not_reply_shows_no_typing(tmp_path):
    access = AccessPolicy(default="deny", grants=(Grant(kinds=("system", "adapter")),))
    bench = Bench(tmp_path, config=DeskConfig(access=access))
    ticket = bench.writes()
    with pytest.raises(Denied):
        bench.desk.channels.typing(ticket.id, actor=LI)
    assert bench.shown() == 0
    bench.desk.close()
    bench.stores[0].close()


def test_channels_without_readers_say_so(bench):
    from csdesk import InboundMessage, Sender

    said = InboundMessage(account="other", dedupe_key="1", conversation="c", sender=Sender(external_id="c"), text="hi")
    ticket = bench.desk.receive(said).ticket
    with pytest.raises(UnsupportedFeature):
        bench.desk.channels.typing(ticket.id, actor=LI)
    assert bench.desk.channels.customer_types(ticket.id) is None
    with pytest.raises(NotFound):
        bench.desk.channels.customer_types("tkt_" + "0" * 26)
