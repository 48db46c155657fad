"""HTTP over httpx, blocking and async, without retries of its own: the outbox keeps those."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from csdesk.errors import ChannelError, Disposition
from csdesk.ports.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    import httpx


def _translated(request: HttpRequest, error: httpx.HTTPError) -> ChannelError:
    import httpx

    host = urlsplit(request.url).hostname or "the provider"
    # A connection that never stood cannot have carried the request; anything later may have.
    never_left = isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol
    )
    disposition: Disposition = "retry" if never_left else "unknown_outcome"
    return ChannelError(host, f"no answer ({type(error).__name__})", disposition=disposition)


def _response(answer: httpx.Response) -> HttpResponse:
    return HttpResponse(status=answer.status_code, headers=tuple(answer.headers.multi_items()), body=answer.content)


class HttpxHttp:
    """A blocking client; httpx is imported at the first exchange. Pass ``client`` to use one of your own."""

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._client = client
        self._pid: int | None = None
        """The process that opened the client; None for one that was given."""

    def exchange(self, request: HttpRequest) -> HttpResponse:
        """Send the request and read the whole answer."""
        import httpx

        # A forked child may not talk over its parent's connections: the answers would get mixed up.
        if self._client is None or self._pid not in (None, os.getpid()):
            self._client, self._pid = httpx.Client(follow_redirects=False), os.getpid()
        try:
            answer = self._client.request(
                request.method,
                request.url,
                headers=list(request.headers),
                content=request.body,
                timeout=request.timeout,
            )
        except httpx.HTTPError as error:
            raise _translated(request, error) from error
        return _response(answer)

    def close(self) -> None:
        """Close the connections; the next exchange opens new ones."""
        if self._client is not None:
            self._client.close()
            self._client = None


class AsyncHttpxHttp:
    """A coroutine client; httpx is imported at the first exchange. Pass ``client`` to use one of your own."""

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        self._client = client

    async def exchange(self, request: HttpRequest) -> HttpResponse:
        """Send the request and read the whole answer."""
        import httpx

        if self._client is None:
            self._client = httpx.AsyncClient(follow_redirects=False)
        try:
            answer = await self._client.request(
                request.method,
                request.url,
                headers=list(request.headers),
                content=request.body,
                timeout=request.timeout,
            )
        except httpx.HTTPError as error:
            raise _translated(request, error) from error
        return _response(answer)

    async def aclose(self) -> None:
        """Close the connections; the next exchange opens new ones."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None
