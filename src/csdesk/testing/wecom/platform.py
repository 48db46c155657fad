"""The platform in the process: reached through a transport, or over loopback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from csdesk.testing.wecom.interface import Interface, told
from csdesk.testing.wecom.model import Broken, Reply

if TYPE_CHECKING:
    import httpx


class FakeKf(Interface):
    """The platform. Safe between threads.

    Args:
        now: where the platform's time comes from.
        corp_id, secret: what an application has to know.
    """

    # Ways in

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
                raise (httpx.ReadTimeout if error.slow else httpx.ReadError)("by plan") from None
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
            yield f"http://127.0.0.1:{server.server_port}/cgi-bin"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def respond(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The answer to one request.

        Raises:
            Broken: the connection breaks, as planned.
        """
        parts = urlsplit(target)
        path = parts.path.removeprefix("/cgi-bin/").strip("/")
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if path == "gettoken":
            self.enough_refused.wait(5)  # outside the lock: those who are to be refused must get in
        with self.lock:
            self.calls[path] += 1
            self.requests.append((method, target, body))
            plan = self.plans.get(path)
            fault = plan.popleft() if plan else None
            if fault == "lost":
                raise Broken
            if isinstance(fault, int):
                return told({"errcode": fault, "errmsg": "by plan"})
            if fault in ("down", "limited", "html", "empty"):
                return FAULTS[fault]
            reply = self.answer(method, path, query, headers, body)
        if fault in ("reset", "slow"):
            raise Broken(slow=fault == "slow")
        return (reply[0], reply[1], reply[2][: len(reply[2]) // 2]) if fault == "half" else reply


FAULTS: Final[dict[str, Reply]] = {
    "down": (503, {"Content-Type": "text/html"}, b"<html>out of order</html>"),
    "limited": (429, {"Retry-After": "30"}, b""),
    "html": (200, {"Content-Type": "text/html"}, b"<html>sign in</html>"),
    "empty": (200, {"Content-Type": "application/json"}, b""),
}
"""Answers that are none of the interface's."""


def _handler(platform: FakeKf) -> type[BaseHTTPRequestHandler]:
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

        do_GET = do_POST = _do  # noqa: N815  the names that http.server looks for

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    return Handler
