"""Events out: what is posted, in which order, and what an endpoint that fails does to it."""

import asyncio
import json
from datetime import timedelta

import pytest

from csdesk import ChannelError, InboundMessage, InvalidInput, RawRequest, Sender, open_async_desk, open_desk
from csdesk.channels.webhook import WebhookSigner
from csdesk.errors import StoreBusy
from csdesk.ports.http import HttpResponse
from csdesk.stores.memory import MemoryStore
from csdesk.testing import FixedClock, ScriptedHttp, SerialIds
from csdesk.web import AsyncEventPusher, EventPusher
from csdesk.web.pushing import WAITS

URL = "https://shop.example/events"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
GONE, DOWN, TAKEN = HttpResponse(status=410), HttpResponse(status=500), HttpResponse(status=204)


class AwaitedHttp:
    def __init__(self, http):
        self.http = http

    async def exchange(self, request):
        return self.http.exchange(request)


class Bench:
    """A desk in which something happened, and a pusher of either colour."""

    def __init__(self, awaited):
        self.awaited = awaited
        self.store, self.clock, self.ids = MemoryStore(), FixedClock(), SerialIds()
        self.desk = open_desk(self.store, clock=self.clock, ids=self.ids)
        self.say(1)
        self.whole = len(self.desk.events.read("all"))

    def say(self, number):
        said = Sender(external_id="li", name="王芳")
        self.desk.receive(
            InboundMessage(account="web", dedupe_key=str(number), conversation="li", sender=said, text="发票")
        )

    def pusher(self, *answers, **given):
        self.http = ScriptedHttp(answers)
        given = {"secrets": [SECRET], "clock": self.clock} | given
        if not self.awaited:
            return EventPusher(self.desk, URL, http=self.http, **given)
        desk = asyncio.run(open_async_desk(self.store, clock=self.clock, ids=self.ids))
        return AsyncEventPusher(desk, URL, http=AwaitedHttp(self.http), **given)

    def push(self, pusher, limit=100):
        return asyncio.run(pusher.push(limit)) if self.awaited else pusher.push(limit)

    def told(self):
        return [json.loads(one.body)["data"]["position"] for one in self.http.requests]

    def ids_told(self):
        return [dict(one.headers)["webhook-id"] for one in self.http.requests]


@pytest.fixture(params=[False, True], ids=["blocking", "awaited"])
def bench(request):
    return Bench(request.param)


def test_each_entry_is_posted_once_in_order_and_signed(bench):
    pusher = bench.pusher()
    report = bench.push(pusher)
    assert (report.state, report.delivered, report.more) == ("ok", bench.whole, False)
    assert bench.told() == [one.position for one in bench.desk.events.read("all")]
    assert len(set(bench.ids_told())) == bench.whole
    for one in bench.http.requests:
        raw = RawRequest(
            method="POST", url=one.url, headers=one.headers, body=one.body, received_at=bench.clock.now()
        )  # fmt: skip
        assert WebhookSigner([SECRET]).verify(raw).startswith("evt_")
        assert "王芳" not in one.body.decode()
        assert "发票" not in one.body.decode()
    assert bench.push(pusher).delivered == 0
    bench.say(2)
    assert bench.push(pusher).delivered >= 1


def test_a_body_says_what_happened(bench):
    bench.push(bench.pusher(kinds=["ticket.opened"]))
    (request,) = bench.http.requests
    told = json.loads(request.body)
    (entry,) = [one for one in bench.desk.events.read("all") if one.events[0].kind == "ticket.opened"]
    assert (told["type"], told["timestamp"]) == ("desk.entry", entry.at.isoformat())
    assert told["data"]["subject"] == entry.subject
    assert told["data"]["desk"] == "main"
    assert told["data"]["actor"] == "adapter:web"
    (event,) = told["data"]["events"]
    assert (event["kind"], event["number"]) == ("ticket.opened", 1)


def test_what_is_not_wanted_is_passed_and_acknowledged(bench):
    pusher = bench.pusher(kinds=["ticket.opened"])
    report = bench.push(pusher)
    assert (report.delivered, report.skipped) == (1, bench.whole - 1)
    assert bench.push(pusher).skipped == 0


def test_an_entry_that_is_not_taken_holds_up_the_rest_and_keeps_its_id(bench):
    pusher = bench.pusher(TAKEN, DOWN)
    report = bench.push(pusher)
    assert (report.state, report.delivered, report.reason) == ("waiting", 1, "http_500")
    assert report.next_at == bench.clock.now() + WAITS[0]
    assert report.position == bench.told()[1]
    assert bench.push(pusher).delivered == 0
    assert len(bench.http.requests) == 2
    bench.clock.advance(WAITS[0])
    assert bench.push(pusher).delivered == bench.whole - 1
    told = bench.ids_told()
    assert told[1] == told[2]
    assert len(set(told)) == bench.whole


def test_another_process_goes_on_under_the_same_ids(bench):
    bench.push(bench.pusher(TAKEN, DOWN))
    (_, failed) = bench.ids_told()
    bench.push(bench.pusher())
    assert bench.ids_told()[0] == failed


def test_no_answer_is_waited_for_like_a_refusal(bench):
    lost = ChannelError("shop.example", "no answer came", disposition="unknown_outcome", provider_code="ReadTimeout")
    report = bench.push(bench.pusher(lost))
    assert (report.state, report.reason) == ("waiting", "ReadTimeout")


def test_retry_after_is_kept_where_it_is_later(bench):
    for seconds, expected in (("60", timedelta(seconds=60)), ("1", WAITS[0])):
        busy = HttpResponse(status=429, headers=(("Retry-After", seconds),))
        assert bench.push(bench.pusher(busy)).next_at == bench.clock.now() + expected


def test_an_endpoint_that_is_gone_is_disabled_until_somebody_enables_it(bench):
    pusher = bench.pusher(GONE)
    assert bench.push(pusher).state == "disabled"
    bench.clock.advance(timedelta(days=9))
    report = bench.push(pusher)
    assert (report.state, report.reason, len(bench.http.requests)) == ("disabled", "http_410", 1)
    pusher.enable()
    assert bench.push(pusher).delivered == bench.whole


def test_an_endpoint_that_never_answers_is_disabled_in_the_end(bench):
    pusher = bench.pusher(*[DOWN] * (len(WAITS) + 1))
    waits = []
    while (report := bench.push(pusher)).state == "waiting":
        waits.append(report.next_at - bench.clock.now())
        bench.clock.set(report.next_at)
    assert tuple(waits) == WAITS
    assert (report.state, len(bench.http.requests)) == ("disabled", len(WAITS) + 1)
    assert bench.desk.events.read("webhook")[0].position == report.position


def test_a_success_forgets_the_failures_before_it(bench):
    pusher = bench.pusher(DOWN, TAKEN, DOWN)
    bench.clock.set(bench.push(pusher).next_at)
    assert bench.push(pusher).next_at == bench.clock.now() + WAITS[0]


def test_a_full_batch_says_that_more_may_be_left(bench):
    pusher = bench.pusher()
    assert bench.push(pusher, 1).more
    assert bench.push(pusher, 10_000).delivered == bench.whole - 1
    with pytest.raises(InvalidInput, match="limit"):
        bench.push(pusher, 0)


def test_what_could_not_be_acknowledged_comes_again_under_the_same_id(bench, monkeypatch):
    pusher = bench.pusher()

    def refuse(*_):
        raise StoreBusy("locked")

    with monkeypatch.context() as patched:
        patched.setattr(bench.store, "ack", refuse)
        with pytest.raises(StoreBusy):
            bench.push(pusher)
    first = bench.ids_told()
    bench.push(pusher)
    assert bench.ids_told() == first * 2


def test_each_consumer_has_its_own_place(bench):
    bench.push(bench.pusher(consumer="a"))
    assert bench.push(bench.pusher(consumer="b")).delivered == bench.whole


@pytest.mark.parametrize(
    ("given", "field"),
    [({"secrets": []}, "secrets"), ({"kinds": ["ticket.eaten"]}, "kinds"), ({"kinds": []}, "kinds")],
)
def test_bad_arguments_are_named(bench, given, field):
    with pytest.raises(InvalidInput, match=field):
        bench.pusher(**given)


def test_a_url_must_be_one():
    with open_desk("memory://") as desk, pytest.raises(InvalidInput, match="url"):
        EventPusher(desk, "shop.example", secrets=[SECRET])


def test_closing_a_pusher_leaves_the_desk_open():
    async def awaited():
        async with await open_async_desk("memory://") as desk:
            async with AsyncEventPusher(desk, URL, secrets=[SECRET], kinds=["ticket.opened"]) as pusher:
                await pusher.push()
            return await desk.tickets.count()

    with open_desk("memory://") as desk:
        with EventPusher(desk, URL, secrets=[SECRET], kinds=["ticket.opened"]) as pusher:
            pusher.push()
        assert desk.tickets.count() == asyncio.run(awaited()) == 0
