"""Answers that wait or go on: news as it comes, from any process, without a thread or a queue for each reader."""

import asyncio
import io
import json
import os
import sys
from datetime import timedelta

import pytest

from csdesk import Actor, InvalidInput, open_async_desk, open_desk
from csdesk.channels.webchat import Limits, WebChat
from csdesk.errors import StoreBusy
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import CountingStore, Fault, FaultyStore, FixedClock
from csdesk.testing.webchats import Page
from csdesk.web import asgi_app, waiting, wsgi_app

LI = Actor.agent("agt_li")
SOON = timedelta(milliseconds=10)


def chat(**given):
    return WebChat("shop", secrets=["s" * 32], limits=Limits(messages=10_000, reads=10_000), **given)


class Connection:
    """One request of a server's, with what was sent so far."""

    def __init__(self, app, request, client="192.0.2.1"):
        self.sent = []
        self.heard = asyncio.Condition()
        self.gone = asyncio.Event()
        self.slow = None
        headers = [(name.lower().encode(), value.encode()) for name, value in request.headers]
        path, _, query = request.url.removeprefix("https://desk.example/hooks").partition("?")
        self.scope = {
            "type": "http", "method": request.method, "path": path, "query_string": query.encode(), "headers": headers,
            "server": ("desk.example", 443), "client": (client, 1), "root_path": "", "scheme": "https",
        }  # fmt: skip
        self.body = [{"type": "http.request", "body": request.body}]
        self.task = asyncio.ensure_future(app(self.scope, self.receive, self.send))

    async def receive(self):
        if self.body:
            return self.body.pop()
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, event):
        if self.slow is not None:
            await self.slow.wait()
        async with self.heard:
            self.sent.append(event)
            self.heard.notify_all()

    async def until(self, met):
        async with self.heard, asyncio.timeout(20):
            await self.heard.wait_for(lambda: met(self))
        return self

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def body_sent(self):
        return b"".join(one.get("body", b"") for one in self.sent[1:])

    @property
    def seen(self):
        """The texts in all pages of a stream."""
        lines = self.body_sent.decode().split("\n")
        pages = [json.loads(one.removeprefix("data: ")) for one in lines if one.startswith("data: ")]
        return [part["text"] for page in pages for message in page["messages"] for part in message["parts"]]

    async def ended(self):
        await asyncio.wait_for(self.task, 20)
        return self

    async def leaves(self):
        self.gone.set()
        return await self.ended()


def running(tell, store, folder):
    """Run a test with an async desk over that store, and with the folder if it wants that too."""

    async def run():
        async with await open_async_desk(store, channels=[chat()]) as desk:
            await (tell(desk) if tell.__code__.co_argcount == 1 else tell(desk, folder))

    asyncio.run(run())


def story(store="memory://"):
    def decorated(tell):
        def test(tmp_path):
            made = store if isinstance(store, str) else store(tmp_path)
            running(tell, made, tmp_path)
            if not isinstance(made, str):
                made.close()

        return test

    return decorated


async def opened(app):
    page = Page("shop")
    done = await Connection(app, page.opens()).ended()
    page.token = json.loads(done.body_sent)["token"]
    return page


async def wrote(app, desk, page, text="hello"):
    assert (await Connection(app, page.writes(text)).ended()).status == 200
    return (await desk.tickets.list()).items[0]


@story()
async def test_a_stream_brings_what_is_said_as_it_is_said(desk):
    app = asgi_app(desk, every=SOON)
    page = await opened(app)
    stream = Connection(app, page.asks(stream=True))
    await stream.until(lambda one: one.body_sent)
    head = dict(stream.sent[0]["headers"])
    assert (stream.status, head[b"content-type"]) == (200, b"text/event-stream; charset=utf-8")
    assert b"content-length" not in head
    ticket = await wrote(app, desk, page)
    await stream.until(lambda one: one.seen == ["hello"])
    await desk.reply(ticket.id, "在的", actor=LI)
    await stream.until(lambda one: one.seen == ["hello", "在的"])
    await stream.leaves()


@story()
async def test_a_stream_goes_on_where_the_last_one_ended(desk):
    app = asgi_app(desk, every=SOON)
    page = await opened(app)
    ticket = await wrote(app, desk, page)
    first = await (await Connection(app, page.asks(stream=True)).until(lambda one: one.seen)).leaves()
    page.mark = first.body_sent.decode().partition("id: ")[2].partition("\n")[0]
    await desk.reply(ticket.id, "while nobody listened", actor=LI)
    second = await Connection(app, page.asks(stream=True)).until(lambda one: one.seen)
    assert second.seen == ["while nobody listened"]
    await second.leaves()


@story()
async def test_a_slow_reader_holds_up_nobody_and_misses_nothing(desk):
    app = asgi_app(desk, every=SOON)
    slow, quick = await opened(app), await opened(app)
    held = Connection(app, slow.asks(stream=True))
    await held.until(lambda one: one.body_sent)
    held.slow = asyncio.Event()
    ticket = await wrote(app, desk, slow)
    for number in range(30):
        await desk.reply(ticket.id, str(number), actor=LI)
    other = Connection(app, quick.asks(stream=True))
    await wrote(app, desk, quick, "quick")
    await other.until(lambda one: one.seen == ["quick"])
    held.slow.set()
    held.slow = None
    await held.until(lambda one: one.seen[-1:] == ["29"])
    assert held.seen == ["hello", *(str(number) for number in range(30))]
    for one in (held, other):
        await one.leaves()


@story()
async def test_a_quiet_stream_says_that_it_is_there_and_ends_in_time(desk):
    app = asgi_app(desk, every=SOON)
    page = await opened(app)
    feed = (await desk.handle("shop", page.asks(stream=True))).feed
    sent = []

    async def send(body):
        sent.append(body)

    gone = asyncio.get_running_loop().create_future()
    await app.waiting.stream(feed.model_copy(update={"wait": 0.05}), send, gone)
    assert set(sent) == {waiting.COMMENT}


@story()
async def test_a_long_poll_waits_for_news_and_no_longer(desk):
    app = asgi_app(desk, every=SOON)
    page = await opened(app)
    poll = Connection(app, page.asks())
    ticket = await wrote(app, desk, page)
    told = json.loads((await poll.ended()).body_sent)
    page.mark = told["mark"]
    assert [one["parts"][0]["text"] for one in told["messages"]] == ["hello"]
    left = Connection(app, page.asks())
    await asyncio.sleep(0)
    assert (await left.leaves()).sent == []
    await desk.reply(ticket.id, "hi", actor=LI)
    assert b"hi" in (await Connection(app, page.asks()).ended()).body_sent  # there is news: it does not wait
    page.mark = "unknown"
    assert b"hello" in (await Connection(app, page.asks(wait="0")).ended()).body_sent


@story(lambda folder: CountingStore(SqliteStore(folder / "desk.db")))
async def test_many_who_wait_cost_one_load_in_each_round(desk):
    app = asgi_app(desk, every=timedelta(milliseconds=50))
    pages = [await opened(app) for _ in range(20)]
    streams = [Connection(app, page.asks(stream=True)) for page in pages]
    for one in streams:
        await one.until(lambda each: each.body_sent)
    feeds = [(await desk.handle("shop", page.asks(stream=True))).feed for page in pages]
    asked = []
    news = desk.channels.news

    async def counted(feeds):
        asked.append(len(list(feeds)))
        return await news(feeds)

    desk.channels.news = counted
    ticket = await wrote(app, desk, pages[0])
    await streams[0].until(lambda one: one.seen)
    await desk.reply(ticket.id, "hi", actor=LI)
    await streams[0].until(lambda one: len(one.seen) == 2)
    assert set(asked) == {20}
    assert len(feeds) == 20
    for one in streams:
        await one.leaves()


@story()
async def test_no_more_than_so_many_go_on_at_once(desk):
    app = asgi_app(desk, every=SOON, most_streams=10)
    page, other = await opened(app), await opened(app)
    page_origin = Page("shop", origin="https://desk.example")
    page_origin.token = page.token
    streams = [Connection(app, page.asks(stream=True)) for _ in range(waiting.PER_CONVERSATION)]
    for one in streams:
        await one.until(lambda each: each.body_sent)
    refused = await Connection(app, page_origin.asks(stream=True)).ended()
    assert refused.status == 503
    assert json.loads(refused.body_sent) == {"error": "web.full"}
    streams += [Connection(app, other.asks(stream=True)) for _ in range(2)]
    for one in streams:
        await one.until(lambda each: each.body_sent)
    assert (await Connection(app, other.asks(stream=True)).ended()).status == 503
    for one in streams:
        await one.leaves()
    again = await Connection(app, page.asks(stream=True)).until(lambda one: one.body_sent)
    assert again.status == 200
    await again.leaves()
    assert app.waiting.places.conversations.total() == len(app.waiting._feeds) == 0


@story()
async def test_one_address_does_not_take_all_places(desk):
    app = asgi_app(desk, every=SOON, most_per_address=2)
    pages = [await opened(app) for _ in range(5)]
    office = [Connection(app, page.asks(stream=True), "2001:db8::1") for page in pages[:2]]
    for one in office:
        await one.until(lambda each: each.body_sent)
    neighbour = await Connection(app, pages[2].asks(stream=True), "2001:db8::ffff").ended()
    assert (neighbour.status, json.loads(neighbour.body_sent)) == (503, {"error": "web.full"})
    others = [Connection(app, pages[2].asks(stream=True), "2001:db8:0:1::1")]
    others += [Connection(app, page.asks(stream=True), "10.0.0.7") for page in pages[:3]]
    for one in others:
        assert (await one.until(lambda each: each.body_sent)).status == 200
    await office[0].leaves()
    again = await Connection(app, pages[4].asks(stream=True), "2001:db8::2").until(lambda one: one.body_sent)
    assert again.status == 200
    for one in (*office[1:], *others, again):
        await one.leaves()
    assert app.waiting.places.addresses == {}


@pytest.mark.parametrize("most", [0, -1, True])
def test_a_bound_of_nothing_is_refused(most):
    with pytest.raises(InvalidInput, match="most_per_address"):
        asgi_app(lambda: None, most_per_address=most)


@story()
async def test_head_waits_for_nothing(desk):
    app = asgi_app(desk, every=SOON)
    page = await opened(app)
    done = await Connection(app, page.asks(stream=True).model_copy(update={"method": "HEAD"})).ended()
    assert (done.status, done.body_sent) == (200, b"")


@story()
async def test_a_cancelled_stream_leaves_its_place(desk):
    app = asgi_app(desk, every=SOON)
    page = await opened(app)
    stream = await Connection(app, page.asks(stream=True)).until(lambda one: one.body_sent)
    stream.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stream.task
    assert app.waiting.places.conversations.total() == 0


@story(
    lambda folder: FaultyStore(
        SqliteStore(folder / "desk.db"), lambda call: next(TROUBLE, None) if call == "load" else None
    )
)
async def test_a_busy_store_is_no_news_and_no_end(desk):
    global TROUBLE  # noqa: PLW0603  the store reads it
    app = asgi_app(desk, every=SOON)
    page = await opened(app)
    stream = await Connection(app, page.asks(stream=True)).until(lambda one: one.body_sent)
    TROUBLE = iter([Fault.BUSY, Fault.BUSY])
    ticket = await wrote(app, desk, page)
    await desk.reply(ticket.id, "hi", actor=LI)
    await stream.until(lambda one: "hi" in one.seen)
    await stream.leaves()


TROUBLE = iter(())


@story()
async def test_a_desk_that_is_closed_ends_the_stream(desk):
    app = asgi_app(desk, every=SOON)
    page = await opened(app)
    stream = await Connection(app, page.asks(stream=True)).until(lambda one: one.body_sent)
    await desk.aclose()
    await stream.ended()
    assert stream.sent[-1] == {"type": "http.response.body", "body": b""}


CHILD = """
import sys
from csdesk import Actor, open_desk
from csdesk.channels.webchat import WebChat
with open_desk(sys.argv[1], channels=[WebChat("shop", secrets=["s" * 32])]) as desk:
    desk.reply(desk.tickets.list().items[0].id, "from the other process", actor=Actor.agent("agt_li"))
"""


@story(lambda folder: f"sqlite:///{folder / 'desk.db'}")
async def test_what_another_process_says_reaches_the_stream(desk, folder):
    app = asgi_app(desk, every=SOON)
    page = await opened(app)
    stream = Connection(app, page.asks(stream=True))
    await wrote(app, desk, page)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    url = f"sqlite:///{folder / 'desk.db'}"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, url, env=environment)
    assert await child.wait() == 0
    await stream.until(lambda one: "from the other process" in one.seen)
    await stream.leaves()


# A blocking server


def call(app, request):
    path, _, query = request.url.removeprefix("https://desk.example/hooks").partition("?")
    environ = {
        "REQUEST_METHOD": request.method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query,
        "SERVER_NAME": "desk.example", "SERVER_PORT": "443", "wsgi.url_scheme": "https", "REMOTE_ADDR": "192.0.2.1",
        "wsgi.input": io.BytesIO(request.body), "CONTENT_LENGTH": str(len(request.body)),
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers},
    }  # fmt: skip
    began = []
    body = b"".join(app(environ, lambda status, headers: began.append(int(status[:3]))))
    return began[0], json.loads(body)


class Naps(FixedClock):
    """A clock on which something happens while somebody sleeps."""

    def __init__(self):
        super().__init__()
        self.naps = []
        self.then = lambda: None

    def sleep(self, seconds):
        self.naps.append(seconds)
        self.advance(timedelta(seconds=seconds))
        self.then()


def blocking(clock, **given):
    desk = open_desk("memory://", channels=[chat()], clock=clock)
    app = wsgi_app(desk, clock=clock, every=timedelta(seconds=1), **given)
    page = Page("shop")
    page.token = call(app, page.opens())[1]["token"]
    return desk, app, page


def test_a_thread_waits_for_news():
    clock = Naps()
    desk, app, page = blocking(clock)
    call(app, page.writes("hello"))
    page.mark = call(app, page.asks())[1]["mark"]
    clock.then = lambda: len(clock.naps) == 3 and desk.reply(desk.tickets.list().items[0].id, "hi", actor=LI)
    assert call(app, page.asks(stream=True))[1]["messages"][0]["parts"][0]["text"] == "hi"  # no streams here
    assert clock.naps == [1.0] * 3


def test_a_thread_waits_no_longer_than_it_may_and_never_beside_too_many():
    clock = Naps()
    _, app, page = blocking(clock, hold=timedelta(seconds=3), most_waiting=1)
    inside = []
    clock.then = lambda: inside.append(call(app, page.asks()))
    assert call(app, page.asks())[1]["messages"] == []
    assert (len(clock.naps), len(inside)) == (3, 3)
    clock.naps.clear()
    _, app, page = blocking(clock, most_waiting=0)
    clock.then = lambda: None
    assert call(app, page.asks())[0] == 200
    assert clock.naps == []


def test_one_page_and_one_address_hold_not_all_threads():
    clock = Naps()
    _, app, page = blocking(clock, hold=timedelta(seconds=2), most_waiting=4)
    others = [Page("shop") for _ in range(3)]
    for one in others:
        one.token = call(app, one.opens())[1]["token"]
    waited = []

    def meanwhile():
        if len(waited) < 3:
            waited.append(len(clock.naps))
            call(app, (page, others[0], others[1])[len(waited) - 1].asks())

    clock.then = meanwhile
    call(app, page.asks())
    assert waited == [1, 2, 3], "the page itself is answered at once, another page waits, and a third finds no place"
    assert len(clock.naps) == 4, "two places for one address, two seconds in each"


def test_trouble_while_a_thread_waits_is_answered():
    clock = Naps()
    desk, app, page = blocking(clock)

    def fails():
        raise StoreBusy("memory")

    clock.then = fails
    assert call(app, page.asks()) == (503, {"error": "error.store_busy"})
    clock.then = lambda: None
    clock.naps.clear()
    clock.then = desk.close
    assert call(app, page.asks())[0] == 503


@pytest.mark.parametrize("every", [timedelta(0), timedelta(minutes=2)])
def test_how_often_is_checked(every):
    with open_desk("memory://") as desk, pytest.raises(InvalidInput):
        wsgi_app(desk, every=every)


def test_a_preflight_reaches_the_channel_and_other_questions_do_not():
    _, app, _ = blocking(FixedClock())
    page = Page("shop", origin="https://desk.example")
    ask = page.asks().model_copy(update={"method": "OPTIONS"})
    began = []
    for headers in ({}, {"HTTP_ACCESS_CONTROL_REQUEST_METHOD": "GET"}):
        environ = {
            "REQUEST_METHOD": "OPTIONS",
            "PATH_INFO": "/shop/events",
            "SERVER_NAME": "desk.example",
            "SERVER_PORT": "443",
            "wsgi.url_scheme": "https",
            "wsgi.input": io.BytesIO(),
            "HTTP_ORIGIN": dict(ask.headers)["Origin"],
            **headers,
        }
        app(environ, lambda status, headers: began.append((status, dict(headers))))
    assert [status for status, _ in began] == ["204 No Content"] * 2
    assert ["Access-Control-Allow-Methods" in told for _, told in began] == [False, True]
