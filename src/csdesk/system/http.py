"""HTTP over httpx, blocking; ``async_http`` has the same for coroutines.

Within one exchange a request is sent again only where that can do no harm; everything else is left to the outbox.
Redirects are not followed, so a credential never reaches another host.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from csdesk.errors import ChannelError
from csdesk.ports.http import HttpRequest, HttpResponse
from csdesk.system import _exchanges as rules

if TYPE_CHECKING:
    import httpx

Flight = tuple[str, str, str, tuple[tuple[str, str], ...], bytes]


def flight(request: HttpRequest) -> Flight:
    """What makes two requests one."""
    return request.share_key, request.method, request.url, request.headers, request.body


def pinned(request: HttpRequest, addresses: list[str]) -> tuple[str, dict[str, str], dict[str, str]]:
    """The URL with the checked address in place of the name, so that nobody can change the name's answer meanwhile."""
    parts = urlsplit(request.url)
    address = rules.public_address(request, addresses)
    shown = f"[{address}]" if ":" in address else address
    port = f":{parts.port}" if parts.port is not None else ""
    url = parts._replace(netloc=f"{shown}{port}").geturl()
    return url, {"Host": f"{parts.hostname}{port}"}, {"sni_hostname": parts.hostname or ""}


def _addresses(found: list[tuple[object, ...]]) -> list[str]:
    return [str(one[4][0]) for one in found if isinstance(one[4], tuple)]


class HttpxHttp:
    """A blocking client, safe between threads; httpx is imported at the first exchange.

    Args:
        client: one of your own, with your proxy or transport; it stays yours.
        sleep: how the waits between attempts are waited, in seconds.
    """

    def __init__(self, client: httpx.Client | None = None, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._owns = client is None
        self._pid: int | None = None
        """The process that opened the client; None for one that was given."""
        self._sleep = sleep
        self._lock = threading.Lock()
        self._flights: dict[Flight, tuple[float, Future[HttpResponse]]] = {}

    def exchange(self, request: HttpRequest) -> HttpResponse:
        """Send the request and read the whole answer."""
        if request.share <= 0:
            return self._tried(request)
        with self._lock:
            self._flights = {key: one for key, one in self._flights.items() if one[0] > time.monotonic()}
            known = self._flights.get(flight(request))
            mine: Future[HttpResponse] = Future()
            if known is None:
                self._flights[flight(request)] = (float("inf"), mine)
        if known is not None:
            return known[1].result()
        try:
            answer = self._tried(request)
        except BaseException as error:
            self._land(request, None)
            mine.set_exception(error)
            raise
        self._land(request, mine)
        mine.set_result(answer)
        return answer

    def _land(self, request: HttpRequest, answer: Future[HttpResponse] | None) -> None:
        with self._lock:
            if answer is None:
                self._flights.pop(flight(request), None)
            else:
                self._flights[flight(request)] = (time.monotonic() + request.share, answer)

    def _tried(self, request: HttpRequest) -> HttpResponse:
        attempt = 1
        while True:
            outcome = self._sent(request)
            if not rules.again(request, outcome, attempt):
                break
            self._sleep(rules.wait_before(attempt))
            attempt += 1
        if isinstance(outcome, ChannelError):
            raise outcome
        return outcome

    def _sent(self, request: HttpRequest) -> HttpResponse | ChannelError:
        import httpx

        token = rules.ours.set(True)
        try:
            return self._read(request, self._opened())
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return rules.translated(request, error)
        except ChannelError as error:
            return error
        finally:
            rules.ours.reset(token)

    def _opened(self) -> httpx.Client:
        import httpx

        rules.keep_quiet()
        # A forked child may not talk over its parent's connections: the answers would get mixed up.
        if self._client is None or self._pid not in (None, os.getpid()):
            self._client, self._pid = httpx.Client(follow_redirects=False), os.getpid()
        return self._client

    def _read(self, request: HttpRequest, client: httpx.Client) -> HttpResponse:
        url, headers, extensions = request.url, dict[str, str](), dict[str, str]()
        if request.public:
            url, headers, extensions = pinned(request, resolved(request))
        body, until = bytearray(), rules.deadline(request)
        with client.stream(
            request.method,
            url,
            headers=[*request.headers, *headers.items()],
            content=request.body,
            timeout=request.timeout,
            extensions=extensions or None,
            follow_redirects=False,
        ) as answer:
            for part in answer.iter_bytes():
                body += part
                rules.check_answer(request, len(body), until)
            return rules.response(answer, bytes(body))

    def close(self) -> None:
        """Close the connections; the next exchange opens new ones."""
        if self._client is not None and self._owns:
            self._client.close()
            self._client = None


def resolved(request: HttpRequest) -> list[str]:
    """The addresses of the request's host; none if its name is unknown."""
    parts = urlsplit(request.url)
    try:
        return _addresses(list(socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)))
    except OSError:
        return []
