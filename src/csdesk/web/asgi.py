"""The ASGI 3 application over a desk with coroutines."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from datetime import timedelta
from typing import cast

from csdesk._sentence import is_a
from csdesk.aio.shell import AsyncDesk
from csdesk.domain.records.channels import RawResponse
from csdesk.errors import CsdeskError, InvalidInput
from csdesk.web import translate as web
from csdesk.web.places import PER_ADDRESS
from csdesk.web.waiting import EVERY, STREAMS, Waiting

Scope = MutableMapping[str, object]
"""What a server tells of a connection, and what goes between it and the application."""
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI 3 application."""

Opening = Callable[[], Awaitable[AsyncDesk]]
"""How a desk is opened."""


def asgi_app(
    desk: AsyncDesk | Opening,
    *,
    public_url: str | None = None,
    most_bytes: int = web.MOST_BYTES,
    every: timedelta = EVERY,
    most_streams: int = STREAMS,
    most_per_address: int | None = PER_ADDRESS,
) -> AsgiApp:
    """An application that answers ``/{account}`` with ``await desk.handle``, to be mounted under a path of your own.

    It is answered when everything is stored; what is to be pulled waits for ``run_due``.

    Args:
        desk: an open desk, which stays yours to close; or how to open one, such as
            ``lambda: open_async_desk("sqlite:///desk.db")``: then the application opens it when the server starts and
            closes it when the server stops, by the lifespan protocol. Frameworks do not pass that on to what is mounted
            in them: there, open the desk in the framework's own lifespan.
        public_url: the mount's address as providers know it, such as ``https://example.com/hooks``: the request's URL
            is built on it. Needed where a provider signs the URL and a proxy stands before the server. Without it the
            server's own address stands there; ``Host`` and ``X-Forwarded-*`` are never believed.
        most_bytes: the largest body that is read; a larger one is answered with 413.
        every: how often the desk is asked whether there is news for those who wait (web chat): once for all of them.
        most_streams: how many may wait for news at once; further ones are answered with 503.
        most_per_address: how many of them from one address (of IPv6, one network of 64 bits); None: any number.
            Addresses of private networks are not counted: they are a proxy's, or a house's own.

    Raises:
        InvalidInput: ``desk`` is a blocking ``Desk``, which would hold up all other requests; or another argument
            cannot be used.
    """
    _check_desk(desk)
    app = _Application(desk, web.checked_url(public_url), web.checked_most(most_bytes))
    app.waiting = Waiting(lambda: app.desk, every, most_streams, most_per_address)
    return app


def _check_desk(desk: object) -> None:
    if isinstance(desk, type) or not (isinstance(desk, AsyncDesk) or callable(desk)):
        remedy = "open it with open_async_desk; wsgi_app takes a blocking Desk"
        raise InvalidInput("desk", is_a(desk), remedy)


class _Application:
    waiting: Waiting

    def __init__(self, desk: AsyncDesk | Opening, base: str | None, most: int) -> None:
        self.desk = desk if isinstance(desk, AsyncDesk) else None
        self._opening = None if isinstance(desk, AsyncDesk) else desk
        self._base = base
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            answer = await self._answer(scope, receive)
            bodiless = scope["method"] == "HEAD"
            if answer is not None and answer.feed is not None and answer.feed.wait > 0 and not bodiless:
                await self._wait(answer, _client(scope), receive, send)
            elif answer is not None:
                await _send(answer, send, bodiless=bodiless)
        elif kind == "lifespan":
            await self._live(receive, send)
        elif kind == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            # As the specification wants it: an unknown kind is no business of the application.
            raise InvalidInput("scope", "is of another type than http, websocket and lifespan", "pass it elsewhere")

    async def _live(self, receive: Receive, send: Send) -> None:
        """Open and close the desk with the server, if that was asked for."""
        while True:
            kind = (await receive())["type"]
            if kind == "lifespan.startup":
                problem = await self._open()
                if problem is not None:
                    await send({"type": "lifespan.startup.failed", "message": problem})
                    return
                await send({"type": "lifespan.startup.complete"})
            elif kind == "lifespan.shutdown":
                if self._opening is not None and self.desk is not None:
                    await self.desk.aclose()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _open(self) -> str | None:
        """Open the desk, if that was asked for; what went wrong."""
        try:
            if self._opening is not None:
                self.desk = await self._opening()
        except Exception as error:  # noqa: BLE001  a server takes an error for "knows no lifespan", and goes on
            web.log_unopened(error)
            return (
                f"the desk cannot be opened ({error.code if isinstance(error, CsdeskError) else type(error).__name__})"
            )
        return None

    async def _answer(self, scope: Scope, receive: Receive) -> RawResponse | None:
        """The answer; None if nobody waits for it any more."""
        method, account = _text(scope, "method").upper(), _account(scope)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in _pairs(scope)]
        named = {name.lower(): value for name, value in reversed(headers)}
        asks = "access-control-request-method" in named
        early = web.early_answer(method, account, named.get("content-length"), self._most, asks=asks)
        if early is not None:
            return early
        if self.desk is None:
            return web.NOT_OPEN
        body = await _body(receive, self._most)
        if body is None or isinstance(body, RawResponse):
            return body
        query = cast("bytes", scope.get("query_string") or b"").decode("latin-1")
        url = web.url_of(_server_url(scope) if self._base is None else self._base, account, query)
        try:
            request = web.request_of(method, url, headers, body, _client(scope), streams=True)
            return await self.desk.handle(account, request)
        except Exception as error:  # noqa: BLE001  the server would show what it knows of it
            return web.answer_to(error)

    async def _wait(self, answer: RawResponse, remote: str, receive: Receive, send: Send) -> None:
        """Answer when there is news, or go on answering."""
        feed = answer.feed
        assert feed is not None, "only answers with a feed wait"
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            with self.waiting.place(feed, remote) as free:
                if not free:
                    headers = (*web.FULL.headers, *(one for one in answer.headers if one[0] in web.FOR_PAGES))
                    await _send(web.FULL.model_copy(update={"headers": headers}), send, bodiless=False)
                elif feed.stream:
                    await self._stream(answer, gone, send)
                else:
                    if await self.waiting.for_news(feed, gone, feed.wait):
                        assert self.desk is not None, "it was open a moment ago"
                        answer = answer.model_copy(update={"body": (await self.desk.channels.feed(feed)).body})
                    if not gone.done():
                        await _send(answer, send, bodiless=False)
        except CsdeskError as error:
            await _send(web.answer_to(error), send, bodiless=False)
        finally:
            gone.cancel()

    async def _stream(self, answer: RawResponse, gone: asyncio.Future[None], send: Send) -> None:
        assert answer.feed is not None, "only answers with a feed go on"
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})

        async def piece(body: bytes) -> None:
            await send({"type": "http.response.body", "body": body, "more_body": True})

        await piece(answer.body)
        try:
            await self.waiting.stream(answer.feed, piece, gone)
        except CsdeskError as error:
            web.log_cut(error)  # the answer has begun: all that is left is to end it, and the page asks again
        if not gone.done():
            await send({"type": "http.response.body", "body": b""})


async def _disconnected(receive: Receive) -> None:
    """End when the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(receive: Receive, most: int) -> bytes | RawResponse | None:
    """The whole body, the answer to one that is too large, or None if its sender is gone."""
    body = bytearray()
    while True:
        piece = await receive()
        if piece["type"] == "http.disconnect":
            return None
        body += cast("bytes", piece.get("body") or b"")
        if len(body) > most:
            return web.TOO_LARGE
        if not piece.get("more_body"):
            return bytes(body)


async def _send(answer: RawResponse, send: Send, *, bodiless: bool) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in web.headers_of(answer)]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if bodiless else answer.body})


def _text(scope: Scope, name: str) -> str:
    value = scope.get(name)
    return value if isinstance(value, str) else ""


def _pairs(scope: Scope) -> Iterable[tuple[bytes, bytes]]:
    return cast("Iterable[tuple[bytes, bytes]]", scope.get("headers") or ())


def _account(scope: Scope) -> str:
    """What follows the mount. The path begins with ``root_path``; older servers leave that out."""
    path, root = _text(scope, "path"), _text(scope, "root_path").rstrip("/")
    if root and path.startswith(f"{root}/"):
        path = path[len(root) :]
    return path.removeprefix("/")


def _server_url(scope: Scope) -> str:
    host, port = cast("tuple[str, int | None]", scope.get("server") or ("", None))
    return web.server_url(_text(scope, "scheme") or "http", host, port, _text(scope, "root_path"))


def _client(scope: Scope) -> str:
    client = cast("tuple[str, int] | None", scope.get("client"))
    return client[0] if client else ""
