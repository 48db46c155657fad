"""``EventPusher`` and ``AsyncEventPusher``: the host calls ``push``, as it calls ``run_due``."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, Self

from csdesk.aio.shell import AsyncDesk
from csdesk.desk.shell import Desk
from csdesk.errors import ChannelError
from csdesk.ports.clock import Clock
from csdesk.ports.http import AsyncHttp, Http
from csdesk.system.async_http import AsyncHttpxHttp
from csdesk.system.clock import SystemClock
from csdesk.system.http import HttpxHttp
from csdesk.web.pushing import Ack, Endpoint, PushReport, Read, Step, StepReply

CONSUMER: Final = "webhook"
"""The name under which the desk keeps how far an endpoint has come, unless told otherwise."""


class EventPusher:
    """Posts what happens in a desk to one endpoint, signed as Standard Webhooks, in order and at least once.

    Each entry of ``desk.events`` is one request, without personal values; its ``webhook-id`` is the same for each
    attempt. An entry that is not taken is tried again after 5 seconds, 5 minutes ... 24 hours (or ``Retry-After``, if
    that is later) and holds up those behind it; after ten attempts, or at once after status 410, the endpoint is
    disabled. Use one pusher for each endpoint, in one process and one thread at a time: two would post twice.

    Args:
        desk: an open desk.
        url: the endpoint.
        secrets: as for ``csdesk.channels.webhook.WebhookSigner``.
        consumer: the name under which the desk keeps how far this endpoint has come; each endpoint needs its own.
        kinds: the kinds of event that are wanted, such as ``ticket.opened``; None: all.
        public: the URL came from outside: an address inside a private network is refused.
        clock: where "now" comes from; the machine's clock by default.
        http: what posts; a client of its own by default. One that you pass stays yours.

    Raises:
        InvalidInput: the URL, a secret or a kind cannot be used.
    """

    def __init__(
        self,
        desk: Desk,
        url: str,
        *,
        secrets: Iterable[str],
        consumer: str = CONSUMER,
        kinds: Collection[str] | None = None,
        public: bool = False,
        clock: Clock | None = None,
        http: Http | None = None,
    ) -> None:
        self._desk = desk
        self._endpoint = Endpoint(
            desk.name,
            url,
            secrets=secrets,
            consumer=consumer,
            kinds=kinds,
            public=public,
            clock=clock or SystemClock(),
        )
        self._own = HttpxHttp()
        self._http = http or self._own

    def push(self, limit: int = 100) -> PushReport:
        """Post at most ``limit`` entries (1 to 10 000); at the first that is not taken it ends.

        Raises:
            StoreError: the events cannot be read, or how far it came cannot be stored: the same entries come again.
        """
        run = self._endpoint.push(limit)
        reply: StepReply = None
        while True:
            try:
                step = run.send(reply)
            except StopIteration as end:
                report: PushReport = end.value
                return report
            reply = self._done(step)

    def _done(self, step: Step) -> StepReply:
        if isinstance(step, Read):
            return self._desk.events.read(step.consumer, limit=step.limit)
        if isinstance(step, Ack):
            self._desk.events.ack(step.consumer, step.position)
            return None
        try:
            return self._http.exchange(step)
        except ChannelError as error:
            return error

    def enable(self) -> None:
        """Try a disabled or waiting endpoint again at the next push."""
        self._endpoint.enable()

    def close(self) -> None:
        """Close its own connections; the desk stays open."""
        self._own.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncEventPusher:
    """``EventPusher`` for an ``AsyncDesk``: the same arguments, errors and reports."""

    def __init__(
        self,
        desk: AsyncDesk,
        url: str,
        *,
        secrets: Iterable[str],
        consumer: str = CONSUMER,
        kinds: Collection[str] | None = None,
        public: bool = False,
        clock: Clock | None = None,
        http: AsyncHttp | None = None,
    ) -> None:
        self._desk = desk
        self._endpoint = Endpoint(
            desk.name,
            url,
            secrets=secrets,
            consumer=consumer,
            kinds=kinds,
            public=public,
            clock=clock or SystemClock(),
        )
        self._own = AsyncHttpxHttp()
        self._http = http or self._own

    async def push(self, limit: int = 100) -> PushReport:
        """Post at most ``limit`` entries (1 to 10 000); at the first that is not taken it ends.

        Raises:
            StoreError: the events cannot be read, or how far it came cannot be stored: the same entries come again.
        """
        run = self._endpoint.push(limit)
        reply: StepReply = None
        while True:
            try:
                step = run.send(reply)
            except StopIteration as end:
                report: PushReport = end.value
                return report
            reply = await self._done(step)

    async def _done(self, step: Step) -> StepReply:
        if isinstance(step, Read):
            return await self._desk.events.read(step.consumer, limit=step.limit)
        if isinstance(step, Ack):
            await self._desk.events.ack(step.consumer, step.position)
            return None
        try:
            return await self._http.exchange(step)
        except ChannelError as error:
            return error

    def enable(self) -> None:
        """Try a disabled or waiting endpoint again at the next push."""
        self._endpoint.enable()

    async def aclose(self) -> None:
        """Close its own connections; the desk stays open."""
        await self._own.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
