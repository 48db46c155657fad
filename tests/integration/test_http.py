"""The HTTP clients: what is sent again, what is shared, what is refused, what is logged."""

import asyncio
import itertools
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from csdesk.errors import ChannelError
from csdesk.ports.http import HttpRequest
from csdesk.system.async_http import AsyncHttpxHttp
from csdesk.system.http import HttpxHttp

URL = "https://api.example/hook?access_token=SECRET"


class Provider:
    """Answers from a list; afterwards 200."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []
        self.gate = None

    def __call__(self, request):
        self.asked.append(request)
        if self.gate is not None:
            self.gate.wait(5)
        answer = self.answers.pop(0) if self.answers else httpx.Response(200, content=b"ok")
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def both(provider, request):
    """The outcome with the blocking client, having run the same with the other one."""
    answers = list(provider.answers)
    with httpx.Client(transport=httpx.MockTransport(provider)) as client:
        first = outcome(lambda: HttpxHttp(client, sleep=lambda _: None).exchange(request))
    asked = len(provider.asked)
    provider.answers = answers

    async def run():
        async with httpx.AsyncClient(transport=httpx.MockTransport(provider)) as client:
            return await AsyncHttpxHttp(client, sleep=lambda _: None).exchange(request)

    second = outcome(lambda: asyncio.run(run()))
    assert str(first) == str(second)
    assert len(provider.asked) == 2 * asked
    return first, asked


def outcome(call):
    try:
        return call()
    except ChannelError as error:
        return error


@pytest.mark.parametrize(
    ("answers", "safe", "asked", "end"),
    [
        ([], False, 1, 200),
        ([httpx.Response(503)], True, 2, 200),
        ([httpx.Response(503)], False, 1, 503),
        ([httpx.Response(503)] * 5, True, 3, 503),
        ([httpx.Response(429)], True, 1, 429),
        ([httpx.Response(302, headers={"Location": "https://evil.example/"})], True, 1, 302),
        ([httpx.ConnectError("no")], False, 2, 200),
        ([httpx.ConnectTimeout("no")] * 5, False, 3, "retry"),
        ([httpx.ReadTimeout("no")], False, 1, "unknown_outcome"),
        ([httpx.ReadTimeout("no")], True, 2, 200),
        ([httpx.ReadError("reset")] * 5, True, 3, "unknown_outcome"),
        ([httpx.RemoteProtocolError("half")], False, 1, "unknown_outcome"),
    ],
)
def test_only_what_can_do_no_harm_is_sent_again(answers, safe, asked, end):
    got, times = both(Provider(*answers), HttpRequest(method="POST", url=URL, safe=safe))
    assert times == asked
    assert (got.disposition if isinstance(got, ChannelError) else got.status) == end
    assert "SECRET" not in repr(got)
    assert "SECRET" not in str(got)


@pytest.mark.parametrize("url", ["nonsense", "ftp://x/", "https://exa mple/", "https://[::1"])
def test_an_address_that_is_none_is_no_crash(url):
    got = outcome(lambda: HttpxHttp(sleep=lambda _: None).exchange(HttpRequest(method="GET", url=url)))
    assert isinstance(got, ChannelError)


def test_a_long_answer_is_cut_off():
    provider = Provider(httpx.Response(200, content=b"x" * 1001))
    got, _ = both(provider, HttpRequest(method="GET", url=URL, most_bytes=1000))
    assert (got.provider_code, got.disposition) == ("too_large", "fix_content")
    provider = Provider(httpx.Response(200, content=b"x" * 1000))
    assert len(both(provider, HttpRequest(method="GET", url=URL, most_bytes=1000))[0].body) == 1000


@pytest.mark.parametrize(("took", "wanted"), [(100, 200), (101, "too_slow")])
def test_an_answer_that_trickles_ends_some_time(monkeypatch, took, wanted):
    clock = itertools.count(0, took)
    monkeypatch.setattr("csdesk.system._exchanges.monotonic", lambda: next(clock))
    provider = Provider(httpx.Response(200, content=b"x"))
    got, times = both(provider, HttpRequest(method="POST", url=URL, timeout=10))
    assert times == 1
    assert (got.provider_code if isinstance(got, ChannelError) else got.status) == wanted


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0", "localhost", "[::1]", "[::ffff:192.168.0.1]"),
        *("[64:ff9b::169.254.169.254]", "[2002:7f00:1::]", "[::127.0.0.1]", "[fec0::1]", "[ff02::1]"),
    ],
)
def test_a_private_address_is_refused_before_anything_is_sent(host):
    provider = Provider()
    got, times = both(provider, HttpRequest(method="GET", url=f"http://{host}/x", public=True))
    assert (got.provider_code, times) == ("private_address", 0)


def test_redirects_are_not_followed():
    provider = Provider(httpx.Response(302, headers={"Location": "http://127.0.0.1/secrets"}))
    got, times = both(provider, HttpRequest(method="GET", url=URL))
    assert (got.status, times) == (302, 1)


def test_a_public_address_is_pinned():
    provider = Provider()
    both(provider, HttpRequest(method="GET", url="https://1.1.1.1:8443/x?y=1", public=True))
    assert str(provider.asked[0].url) == "https://1.1.1.1:8443/x?y=1"
    assert provider.asked[0].headers["Host"] == "1.1.1.1:8443"


@pytest.mark.parametrize("host", ["[2606:4700:4700::1111]", "[64:ff9b::1.1.1.1]", "[2002:101:101::1]"])
def test_a_public_address_of_ipv6_is_one(host):
    provider = Provider()
    both(provider, HttpRequest(method="GET", url=f"https://{host}/x", public=True))
    assert [str(one.url) for one in provider.asked] == [f"https://{host}/x".replace("1.1.1.1", "101:101")] * 2


def test_ten_who_ask_for_the_same_at_the_same_time_are_answered_by_one_request():
    provider = Provider()
    provider.gate = threading.Event()
    request = HttpRequest(method="GET", url=URL, share=60)
    with httpx.Client(transport=httpx.MockTransport(provider)) as client:
        http = HttpxHttp(client)
        got = []
        threads = [threading.Thread(target=lambda: got.append(http.exchange(request).status)) for _ in range(10)]
        for one in threads:
            one.start()
        provider.gate.set()
        for one in threads:
            one.join()
        http.exchange(request)
    assert (got, len(provider.asked)) == ([200] * 10, 1)


def test_tasks_share_an_answer_too_and_a_failure_is_not_kept():
    provider = Provider(httpx.ReadTimeout("no"))

    async def run():
        async with httpx.AsyncClient(transport=httpx.MockTransport(provider)) as client:
            http = AsyncHttpxHttp(client)
            request = HttpRequest(method="GET", url=URL, share=60)
            got = await asyncio.gather(*(http.exchange(request) for _ in range(10)), return_exceptions=True)
            assert all(isinstance(one, ChannelError) for one in got)
            assert len(provider.asked) == 1
            assert (await http.exchange(request)).status == 200
            assert (await http.exchange(request)).status == 200
            assert len(provider.asked) == 2

    asyncio.run(run())


def test_a_failed_flight_of_threads_is_not_kept():
    provider = Provider(httpx.ReadTimeout("no"))
    with httpx.Client(transport=httpx.MockTransport(provider)) as client:
        http = HttpxHttp(client)
        request = HttpRequest(method="GET", url=URL, share=60)
        with pytest.raises(ChannelError):
            http.exchange(request)
        assert http.exchange(request).status == 200


def test_urls_of_ours_are_not_logged_and_those_of_others_are(caplog):
    provider = Provider()
    with caplog.at_level(logging.DEBUG), httpx.Client(transport=httpx.MockTransport(provider)) as client:
        HttpxHttp(client).exchange(HttpRequest(method="GET", url=URL))
        assert "SECRET" not in caplog.text
        assert "api.example" in caplog.text
        client.get("https://other.example/?mine=1")
        assert "mine=1" in caplog.text


def test_a_client_that_was_given_stays_open():
    with httpx.Client(transport=httpx.MockTransport(Provider())) as client:
        http = HttpxHttp(client)
        http.close()
        assert http.exchange(HttpRequest(method="GET", url=URL)).status == 200


class Loopback(BaseHTTPRequestHandler):
    """A provider that keeps its connections open."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        """Nothing."""


def test_what_another_thread_opens_meanwhile_is_kept():
    http = AsyncHttpxHttp()

    class Closed:
        def is_closed(self) -> bool:
            http._own["the loop of another thread"] = "its client"
            return True

    http._own[Closed()] = "gone"

    async def opened() -> object:
        return http._opened()

    mine = asyncio.run(opened())
    assert list(http._own.values()) == ["its client", mine]


def test_each_loop_has_connections_of_its_own():
    with ThreadingHTTPServer(("127.0.0.1", 0), Loopback) as server, asyncio.Runner() as one, asyncio.Runner() as other:
        threading.Thread(target=server.serve_forever).start()
        http = AsyncHttpxHttp()
        request = HttpRequest(method="GET", url=f"http://127.0.0.1:{server.server_port}/", timeout=5)
        assert [loop.run(http.exchange(request)).status for loop in (one, other, one, other)] == [204] * 4
        asyncio.run(http.aclose())
        for loop in (one, other):
            loop.run(http.aclose())
        server.shutdown()
