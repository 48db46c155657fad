"""HTTP over httpx for coroutines; the rules are those of the blocking client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from csdesk.errors import ChannelError
from csdesk.ports.http import HttpRequest, HttpResponse
from csdesk.system import _exchanges as rules
from csdesk.system.http import Flight, flight, pinned, resolved

if TYPE_CHECKING:
    import httpx


class AsyncHttpxHttp:
    """A coroutine client; httpx is imported at the first exchange. Connections belong to the loop that opened them.

    Args:
        client: one of your own, with your proxy or transport; it stays yours.
        sleep: how the waits between attempts are waited, in seconds; None: with asyncio.
    """

    def __init__(
        self, client: httpx.AsyncClient | None = None, *, sleep: Callable[[float], None] | None = None
    ) -> None:
        self._client = client
        self._own: dict[asyncio.AbstractEventLoop, httpx.AsyncClient] = {}
        self._sleep = sleep
        self._flights: dict[Flight, tuple[float, asyncio.Task[HttpResponse]]] = {}

    async def exchange(self, request: HttpRequest) -> HttpResponse:
        """Send the request and read the whole answer."""
        if request.share <= 0:
            return await self._tried(request)
        self._flights = {key: one for key, one in self._flights.items() if one[0] > time.monotonic()}
        known = self._flights.get(flight(request))
        if known is not None and known[1].done():
            return known[1].result()
        if known is None or known[1].get_loop() is not asyncio.get_running_loop():
            known = (float("inf"), asyncio.ensure_future(self._tried(request)))
            self._flights[flight(request)] = known
            known[1].add_done_callback(lambda task: self._land(request, task))
        # Shielded: whoever is cancelled leaves the answer to those who wait for it too.
        return await asyncio.shield(known[1])

    def _land(self, request: HttpRequest, task: asyncio.Task[HttpResponse]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._flights.pop(flight(request), None)
        else:
            self._flights[flight(request)] = (time.monotonic() + request.share, task)

    async def _tried(self, request: HttpRequest) -> HttpResponse:
        attempt = 1
        while True:
            outcome = await self._sent(request)
            if not rules.again(request, outcome, attempt):
                break
            wait = rules.wait_before(attempt)
            if self._sleep is None:
                await asyncio.sleep(wait)
            else:
                self._sleep(wait)
            attempt += 1
        if isinstance(outcome, ChannelError):
            raise outcome
        return outcome

    async def _sent(self, request: HttpRequest) -> HttpResponse | ChannelError:
        import httpx

        token = rules.ours.set(True)
        try:
            return await self._read(request, self._opened())
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return rules.translated(request, error)
        except ChannelError as error:
            return error
        finally:
            rules.ours.reset(token)

    def _opened(self) -> httpx.AsyncClient:
        import httpx

        rules.keep_quiet()
        if self._client is not None:
            return self._client
        loop = asyncio.get_running_loop()
        client = self._own.get(loop)
        if client is None:
            for gone in [one for one in [*self._own] if one.is_closed()]:
                self._own.pop(gone, None)  # loops of other threads open theirs meanwhile
            client = self._own[loop] = httpx.AsyncClient(follow_redirects=False)
        return client

    async def _read(self, request: HttpRequest, client: httpx.AsyncClient) -> HttpResponse:
        url, headers, extensions = request.url, dict[str, str](), dict[str, str]()
        if request.public:
            url, headers, extensions = pinned(request, await asyncio.to_thread(resolved, request))
        body, until = bytearray(), rules.deadline(request)
        async with client.stream(
            request.method,
            url,
            headers=[*request.headers, *headers.items()],
            content=request.body,
            timeout=request.timeout,
            extensions=extensions or None,
            follow_redirects=False,
        ) as answer:
            async for part in answer.aiter_bytes():
                body += part
                rules.check_answer(request, len(body), until)
            return rules.response(answer, bytes(body))

    async def aclose(self) -> None:
        """Close the connections of this loop; the next exchange opens new ones."""
        client = self._own.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()
