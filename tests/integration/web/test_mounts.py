"""Both applications: what they translate, and what they answer by themselves."""

import asyncio
import logging

import pytest

from csdesk import InvalidInput, open_async_desk, open_desk
from csdesk.errors import CommitUnknown, StoreBusy, StoreDamaged, VersionConflict
from csdesk.stores.memory import MemoryStore
from csdesk.web import asgi_app, wsgi_app

from .conftest import AsgiCall, WsgiCall, message, signature

OWN_URL = "https://desk.example/hooks/box"


class Bench:
    """An application of either kind, and the desk behind it."""

    def __init__(self, call, parts):
        self.call = call
        self.store = MemoryStore()
        self.parts = parts
        self.desk = open_desk(self.store, **parts)
        self.behind = self.desk if call.kind == "wsgi" else asyncio.run(open_async_desk(self.store, **parts))
        self.app = self.mounted()

    def mounted(self, **given):
        return wsgi_app(self.behind, **given) if self.call.kind == "wsgi" else asgi_app(self.behind, **given)

    def __call__(self, *args, app=None, **given):
        return self.call(app or self.app, *args, **given)

    def told(self, body, url=OWN_URL, **given):
        return self(body=body, headers=[("X-Signature", signature(url, body))], **given)

    def raising(self, monkeypatch, error):
        if self.call.kind == "wsgi":
            monkeypatch.setattr(self.behind, "handle", lambda *_: (_ for _ in ()).throw(error))
        else:

            async def handle(*_):
                raise error

            monkeypatch.setattr(self.behind, "handle", handle)


@pytest.fixture(params=[WsgiCall, AsgiCall], ids=["wsgi", "asgi"])
def bench(request, parts):
    return Bench(request.param(), parts)


def test_a_signed_request_is_stored_and_then_answered(bench, channel):
    answer = bench.told(message())
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"ok", "2")
    assert bench.desk.tickets.count() == 1
    assert bench.told(message()).status == 200
    assert bench.desk.tickets.count() == 1
    (first, _) = channel.seen
    assert (first.method, first.url, first.body, first.remote) == ("POST", OWN_URL, message(), "192.0.2.7")
    assert first.received_at is not None


def test_the_adapters_refusal_is_passed_on(bench):
    answer = bench(body=message(), headers=[("X-Signature", "x")])
    assert (answer.status, answer.body) == (401, b"")
    assert bench.desk.tickets.count() == 0


def test_the_url_keeps_its_query_as_it_came(bench, channel):
    bench("GET", query="echostr=a%2Bb+c&x=")
    assert channel.seen[0].url == f"{OWN_URL}?echostr=a%2Bb+c&x="


def test_the_public_url_stands_in_for_the_servers(bench, channel):
    app = bench.mounted(public_url="https://example.com/in/")
    url = "https://example.com/in/box"
    assert bench.told(message(), url, app=app).status == 200
    assert channel.seen[0].url == url
    assert bench.told(message(), OWN_URL, app=app).status == 401


@pytest.mark.parametrize("public_url", ["", "/hooks", "ftp://example.com", "https://example.com/?a=1", "https://[x"])
def test_a_public_url_must_be_one(bench, public_url):
    with pytest.raises(InvalidInput, match="public_url"):
        bench.mounted(public_url=public_url)


def test_get_and_head_reach_the_adapter(bench, channel):
    answer = bench("GET")
    assert (answer.status, answer.body, answer.headers["x-said"]) == (200, b"hello", "?")
    assert "connection" not in answer.headers
    head = bench("HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "5")
    assert [one.method for one in channel.seen] == ["GET", "GET"]


def test_options_and_other_methods_are_answered_here(bench, channel):
    asked = bench("OPTIONS")
    assert (asked.status, asked.headers["allow"], asked.body) == (204, "GET, HEAD, OPTIONS, POST", b"")
    for method in ("PUT", "DELETE", "TRACE", "x"):
        answer = bench(method)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert channel.seen == []


@pytest.mark.parametrize("path", ["", "/", "/nobody", "/box/", "/box/more", "/人"])
def test_what_is_no_account_is_not_found(bench, path):
    answer = bench(path=path, body=b"secret text")
    assert answer.status == 404
    assert b"secret" not in answer.body
    assert "人".encode() not in answer.body


def test_a_body_above_the_limit_is_refused(bench, channel):
    app = bench.mounted(most_bytes=10)
    assert bench(app=app, body=b"0123456789").status == 401
    assert bench(app=app, body=b"0123456789a").status == 413
    assert len(channel.seen) == 1
    for most in (0, -1):
        with pytest.raises(InvalidInput, match="most_bytes"):
            bench.mounted(most_bytes=most)


def test_a_body_without_a_length_is_counted_as_it_comes(bench, channel):
    app = bench.mounted(most_bytes=10)
    more = {"wsgi.input_terminated": True} if bench.call.kind == "wsgi" else {}
    assert bench(app=app, body=b"0123456789", length=None, **more).status == 401
    assert bench(app=app, body=b"0123456789a", length=None, **more).status == 413
    assert [one.body for one in channel.seen] == [b"0123456789"]


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "٣", "9" * 30])
def test_a_length_that_is_none_is_refused(bench, channel, length):
    assert bench(body=b"abc", length=length).status == 400
    assert channel.seen == []


@pytest.mark.parametrize(
    "error",
    [StoreBusy("locked"), CommitUnknown("who knows"), StoreDamaged("x"), VersionConflict("ticket", "t", expected=1)],
    ids=lambda error: type(error).__name__,
)
def test_what_could_not_be_stored_is_to_be_delivered_again(bench, monkeypatch, error):
    bench.raising(monkeypatch, error)
    answer = bench(body=b"x")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert answer.body == b'{"error": "%s"}' % error.code.encode()


def test_a_closed_desk_is_to_be_asked_again(bench):
    if bench.call.kind == "wsgi":
        bench.behind.close()
    else:
        asyncio.run(bench.behind.aclose())
    assert bench(body=b"x").status == 503


def test_another_error_has_its_own_status(bench, monkeypatch):
    bench.raising(monkeypatch, InvalidInput("account", "is odd", "pass another"))
    assert bench().status == 422


def test_a_bug_shows_nothing_to_the_provider_and_everything_to_the_log(bench, monkeypatch, caplog):
    bench.raising(monkeypatch, RuntimeError("王芳 said"))
    with caplog.at_level(logging.ERROR):
        answer = bench(body=b"x")
    assert (answer.status, answer.body) == (500, b'{"error": "error"}')
    assert caplog.records[0].exc_info[1].args == ("王芳 said",)


@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
def test_each_takes_the_desk_that_it_can_use(kind, parts):
    blocking, awaited = open_desk("memory://"), asyncio.run(open_async_desk("memory://"))
    wrong, make = (awaited, wsgi_app) if kind == "wsgi" else (blocking, asgi_app)
    with pytest.raises(InvalidInput, match="desk: is a"):
        make(wrong)
    with pytest.raises(InvalidInput, match="desk: is the class"):
        make(type(wrong))
