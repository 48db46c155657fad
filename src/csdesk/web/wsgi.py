"""The WSGI application (PEP 3333) over a blocking desk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final, Protocol

from csdesk._sentence import is_a
from csdesk.desk.shell import Desk
from csdesk.domain.records.channels import RawResponse
from csdesk.errors import InvalidInput
from csdesk.ports.clock import Clock
from csdesk.system.clock import SystemClock
from csdesk.web import translate as web
from csdesk.web.waiting import EVERY, Threads

Environ = dict[str, object]
"""What a server tells of a request."""

_PIECE: Final = 65_536


class StartResponse(Protocol):
    """How a WSGI application begins its answer."""

    def __call__(self, status: str, headers: list[tuple[str, str]], /) -> Callable[[bytes], object]:
        """Set the status line and the headers."""
        ...


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]
"""A WSGI application."""


def wsgi_app(
    desk: Desk,
    *,
    public_url: str | None = None,
    most_bytes: int = web.MOST_BYTES,
    every: timedelta = EVERY,
    hold: timedelta = timedelta(seconds=20),
    most_waiting: int = 2,
    clock: Clock | None = None,
) -> WsgiApp:
    """An application that answers ``/{account}`` with ``desk.handle``, to be mounted under a path of your own.

    It is answered when everything is stored; what is to be pulled waits for ``run_due``. Safe between threads, as the
    desk is, which stays yours to close.

    Args:
        desk: a blocking desk, as ``open_desk`` gives it.
        public_url: the mount's address as providers know it, such as ``https://example.com/hooks``: the request's URL
            is built on it. Needed where a provider signs the URL and a proxy stands before the server. Without it the
            server's own name and port stand there; ``Host`` and ``X-Forwarded-*`` are never believed.
        most_bytes: the largest body that is read; a larger one is answered with 413.
        every: how often the desk is asked whether there is news for those who wait (web chat).
        hold: for how long one of them may wait; it holds a thread of the server.
        most_waiting: how many may wait at once, fewer than the server has threads, one of them for a conversation, and
            half of them from one address that is no private network's; others are answered at once and ask again
            later. 0: nobody waits.
        clock: what those who wait sleep by; the machine's clock by default.

    Raises:
        InvalidInput: ``desk`` is no blocking desk, or another argument cannot be used.
    """
    if not isinstance(desk, Desk):
        raise InvalidInput(
            "desk",
            is_a(desk),
            "open it with open_desk; asgi_app takes an AsyncDesk",
        )
    base, most = web.checked_url(public_url), web.checked_most(most_bytes)
    waiting, sleep = Threads(desk, every, hold, most_waiting), (clock or SystemClock()).sleep

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        answer = _answer(desk, environ, base, most)
        if answer.feed is not None and environ.get("REQUEST_METHOD") != "HEAD":
            try:
                answer = waiting.answer(answer, _text(environ, "REMOTE_ADDR"), sleep)
            except Exception as error:  # noqa: BLE001  the server would show what it knows of it
                answer = web.answer_to(error)
        start_response(web.status_line(answer.status), web.headers_of(answer))
        return [b"" if environ.get("REQUEST_METHOD") == "HEAD" else answer.body]

    return app


def _answer(desk: Desk, environ: Environ, base: str | None, most: int) -> RawResponse:
    method, account = _text(environ, "REQUEST_METHOD").upper(), _path(environ, "PATH_INFO").removeprefix("/")
    asks = bool(_text(environ, "HTTP_ACCESS_CONTROL_REQUEST_METHOD"))
    early = web.early_answer(method, account, _text(environ, "CONTENT_LENGTH"), most, asks=asks)
    if early is not None:
        return early
    body = _body(environ, most)
    if isinstance(body, RawResponse):
        return body
    mount = _server_url(environ) if base is None else base
    url = web.url_of(mount, account, _text(environ, "QUERY_STRING"))
    try:
        request = web.request_of(method, url, _headers(environ), body, _text(environ, "REMOTE_ADDR"))
        return desk.handle(account, request)
    except Exception as error:  # noqa: BLE001  the server would show what it knows of it
        return web.answer_to(error)


def _text(environ: Mapping[str, object], name: str) -> str:
    value = environ.get(name, "")
    return value if isinstance(value, str) else ""


def _path(environ: Mapping[str, object], name: str) -> str:
    """A path: PEP 3333 gives the bytes of its UTF-8 as characters."""
    return _text(environ, name).encode("latin-1", "replace").decode("utf-8", "replace")


def _server_url(environ: Environ) -> str:
    port = _text(environ, "SERVER_PORT")
    number = int(port) if port.isascii() and port.isdigit() else None
    scheme = _text(environ, "wsgi.url_scheme") or "http"
    return web.server_url(scheme, _text(environ, "SERVER_NAME"), number, _path(environ, "SCRIPT_NAME"))


def _headers(environ: Environ) -> Iterator[tuple[str, str]]:
    for key, value in environ.items():
        name = key.removeprefix("HTTP_") if key.startswith("HTTP_") else ""
        if key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            name = key
        if name and isinstance(value, str) and value:
            yield name.replace("_", "-").title(), value


def _body(environ: Environ, most: int) -> bytes | RawResponse:
    """The body, or the answer to one that cannot be had whole."""
    stream, length = environ.get("wsgi.input"), _text(environ, "CONTENT_LENGTH")
    if not length and not environ.get("wsgi.input_terminated"):
        chunked = bool(_text(environ, "HTTP_TRANSFER_ENCODING"))
        return web.refusal(411, "web.length") if chunked else b""
    if not hasattr(stream, "read"):
        return b""
    # Without a length one byte too many is asked for: it tells that there is more than allowed.
    wanted = int(length) if length else most + 1
    try:
        body = _read(stream, wanted)
    except OSError:
        return web.CUT_OFF
    if len(body) > most:
        return web.TOO_LARGE
    return web.CUT_OFF if length and len(body) < wanted else body


def _read(stream: _Readable, wanted: int) -> bytes:
    body = bytearray()
    while len(body) < wanted:
        piece = stream.read(min(_PIECE, wanted - len(body)))
        if not piece:
            break
        body += piece
    return bytes(body)
