"""What the fake platforms share: they are reached through an httpx transport, or over a loopback server."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    import httpx

Reply = tuple[int, Mapping[str, str], bytes]
"""Status, headers, body."""

Misbehaviour = Literal[
    "refused",  # no connection stands: the request never left
    "reset",  # the connection breaks after the request was carried out
    "lost",  # the connection breaks before it was carried out
    "slow",  # no answer in time, though it was carried out
    "half",  # half of the answer's JSON
    "html",  # an error page with status 200
    "down",  # status 503
    "limited",  # status 429 with Retry-After
    "empty",  # status 200 and no body
]
"""What an answer can be made to be, instead of itself."""

FAULTS: Final[Mapping[str, Reply]] = {
    "down": (503, {"Content-Type": "text/html"}, b"<html>out of order</html>"),
    "limited": (429, {"Retry-After": "30"}, b""),
    "html": (200, {"Content-Type": "text/html"}, b"<html>sign in</html>"),
    "empty": (200, {"Content-Type": "application/json"}, b""),
}
"""Answers that are none of a platform's."""


class Broken(Exception):
    """The connection breaks; ``slow``: nothing came in time; ``refused``: it never stood."""

    def __init__(self, *, slow: bool = False, refused: bool = False) -> None:
        super().__init__("by plan")
        self.slow = slow
        self.refused = refused


class Quota:
    """A limit as a platform keeps it: so many calls within any span of that length, for each of whom it counts."""

    def __init__(self, most: int, per: timedelta) -> None:
        self.most = most
        self.per = per
        self._taken: dict[str, deque[datetime]] = {}

    def wait(self, whom: str, now: datetime) -> timedelta:
        """How long the next call has to wait; nothing if it is taken now, and counted."""
        taken = self._taken.setdefault(whom, deque())
        while taken and taken[0] <= now - self.per:
            taken.popleft()
        if len(taken) >= self.most:
            return taken[0] + self.per - now
        taken.append(now)
        return timedelta(0)


def longest_wait(quotas: Iterable[tuple[Quota, str]], now: datetime) -> timedelta:
    """How long a call has to wait that several quotas count, each for whom it says."""
    return max((quota.wait(whom, now) for quota, whom in quotas), default=timedelta(0))


def parts_in_form(kind: str, body: bytes) -> Iterator[tuple[str, str | None, bytes]]:
    """The name, the file name (None for a mere field) and the content of each part of a form with files."""
    mark = b"--" + kind.partition("boundary=")[2].strip('"').encode()
    for piece in body.split(mark)[1:-1]:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        found = _DISPOSITION.search(head.decode("utf-8", "replace"))
        if found is not None:
            yield found[1], found[2], content.removesuffix(b"\r\n")


_DISPOSITION: Final = re.compile(r'name="([^"]*)"(?:; filename="([^"]*)")?')


class FakePlatform:
    """Something that answers requests, and can be reached. ``path`` is where its interface lies on a server."""

    path = ""

    def respond(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The answer to one request; names of headers are in lower case.

        Raises:
            Broken: the connection breaks, as planned.
        """
        raise NotImplementedError

    def transport(self) -> httpx.MockTransport:
        """A transport for ``httpx.Client`` and ``httpx.AsyncClient``."""
        import httpx

        def answer(request: httpx.Request) -> httpx.Response:
            headers = {key.lower(): value for key, value in request.headers.items()}
            try:
                status, given, body = self.respond(
                    request.method, request.url.raw_path.decode(), headers, request.content
                )
            except Broken as error:
                broke = httpx.ReadTimeout if error.slow else httpx.ConnectError if error.refused else httpx.ReadError
                raise broke("by plan", request=request) from None
            return httpx.Response(
                status, headers=[(key.encode(), one.encode()) for key, one in given.items()], content=body
            )

        return httpx.MockTransport(answer)

    @contextmanager
    def served(self) -> Iterator[str]:
        """A loopback server while the block lasts; the address of the interface."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{self.path}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(platform: FakePlatform) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {key.lower(): value for key, value in self.headers.items()}
            try:
                status, given, content = platform.respond(self.command, self.path, headers, body)
            except Broken:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in given.items():
                self.send_header(name, value.encode("utf-8").decode("latin-1"))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _do  # noqa: N815  the names that http.server looks for

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    return Handler
