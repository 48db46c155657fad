"""Stores in the other colour: an ``AsyncStore`` over a blocking store, and a blocking store over an ``AsyncStore``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from threading import Thread
from typing import Any, TypeVar

from csdesk.domain.records.changes import ChangeSet, Committed, Needs, Snapshot
from csdesk.domain.records.events import Entry
from csdesk.errors import DeskClosed
from csdesk.ports.store import (
    AsyncStore,
    DeskRow,
    Leased,
    LeaseRequest,
    Maintained,
    Page,
    Query,
    Row,
    SearchHit,
    SearchRequest,
    Store,
)

T = TypeVar("T")

Pause = Callable[[str], Awaitable[None]]
"""Is awaited with the name of a method: a test may wait there, fail, or cancel."""


async def _yield(_: str) -> None:
    await asyncio.sleep(0)


class AwaitedStore:
    """An ``AsyncStore`` over a blocking store that answers at once, such as ``MemoryStore``.

    As across a network, other tasks run before and after each call, and a call may be cancelled at both places: then
    nothing was done, or all of it.

    Args:
        store: the one that does the work.
        pause: awaited before and after each call; by default it lets other tasks run.
    """

    def __init__(self, store: Store, *, pause: Pause = _yield) -> None:
        self.inner = store
        self.pause = pause

    async def _call(self, name: str, action: Callable[[], T]) -> T:
        await self.pause(name)
        answer = action()
        await self.pause(name)
        return answer

    async def open_desk(self, desk: str, *, secret: bytes) -> DeskRow:
        """As ``Store.open_desk``."""
        return await self._call("open_desk", lambda: self.inner.open_desk(desk, secret=secret))

    async def load(self, desk: str, needs: Needs) -> Snapshot:
        """As ``Store.load``."""
        return await self._call("load", lambda: self.inner.load(desk, needs))

    async def commit(self, desk: str, changes: ChangeSet) -> Committed:
        """As ``Store.commit``."""
        return await self._call("commit", lambda: self.inner.commit(desk, changes))

    async def lease(self, desk: str, request: LeaseRequest) -> Leased:
        """As ``Store.lease``."""
        return await self._call("lease", lambda: self.inner.lease(desk, request))

    async def query(self, desk: str, query: Query) -> Page[Row]:
        """As ``Store.query``."""
        return await self._call("query", lambda: self.inner.query(desk, query))

    async def count(self, desk: str, query: Query) -> int:
        """As ``Store.count``."""
        return await self._call("count", lambda: self.inner.count(desk, query))

    async def search(self, desk: str, request: SearchRequest) -> Page[SearchHit]:
        """As ``Store.search``."""
        return await self._call("search", lambda: self.inner.search(desk, request))

    async def entries(self, desk: str, consumer: str, limit: int) -> tuple[Entry, ...]:
        """As ``Store.entries``."""
        return await self._call("entries", lambda: self.inner.entries(desk, consumer, limit))

    async def ack(self, desk: str, consumer: str, position: str) -> None:
        """As ``Store.ack``."""
        await self._call("ack", lambda: self.inner.ack(desk, consumer, position))

    async def allocate(self, desk: str, counter: str, count: int) -> int:
        """As ``Store.allocate``."""
        return await self._call("allocate", lambda: self.inner.allocate(desk, counter, count))

    async def maintain(self, desk: str, now: datetime, limit: int) -> Maintained:
        """As ``Store.maintain``."""
        return await self._call("maintain", lambda: self.inner.maintain(desk, now, limit))

    async def aclose(self) -> None:
        """Close the store inside."""
        self.inner.close()


class BlockingStore:
    """A ``Store`` over an ``AsyncStore``: with it ``StoreContract`` checks a store that has coroutines.

        class TestMyStore(StoreContract):
            def make_store(self) -> Store:
                return BlockingStore(connect_my_store)

    Calls of any thread run on a loop of its own, in a thread that ends at ``close``.

    Args:
        make: a coroutine function that opens the store; it is awaited on that loop.
    """

    def __init__(self, make: Callable[[], Awaitable[AsyncStore]]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="csdesk.testing.BlockingStore", daemon=True)
        self._is_closed = False
        self._thread.start()
        try:
            self.inner: AsyncStore = self._run(_awaited(make))
        except BaseException:
            self._stop()
            raise

    # ``Any``: what a coroutine yields to its loop and is sent back.
    def _run(self, call: Coroutine[Any, Any, T]) -> T:
        if self._is_closed:
            call.close()
            raise DeskClosed("of the store")
        return asyncio.run_coroutine_threadsafe(call, self._loop).result()

    def open_desk(self, desk: str, *, secret: bytes) -> DeskRow:
        """As ``Store.open_desk``."""
        return self._run(self.inner.open_desk(desk, secret=secret))

    def load(self, desk: str, needs: Needs) -> Snapshot:
        """As ``Store.load``."""
        return self._run(self.inner.load(desk, needs))

    def commit(self, desk: str, changes: ChangeSet) -> Committed:
        """As ``Store.commit``."""
        return self._run(self.inner.commit(desk, changes))

    def lease(self, desk: str, request: LeaseRequest) -> Leased:
        """As ``Store.lease``."""
        return self._run(self.inner.lease(desk, request))

    def query(self, desk: str, query: Query) -> Page[Row]:
        """As ``Store.query``."""
        return self._run(self.inner.query(desk, query))

    def count(self, desk: str, query: Query) -> int:
        """As ``Store.count``."""
        return self._run(self.inner.count(desk, query))

    def search(self, desk: str, request: SearchRequest) -> Page[SearchHit]:
        """As ``Store.search``."""
        return self._run(self.inner.search(desk, request))

    def entries(self, desk: str, consumer: str, limit: int) -> tuple[Entry, ...]:
        """As ``Store.entries``."""
        return self._run(self.inner.entries(desk, consumer, limit))

    def ack(self, desk: str, consumer: str, position: str) -> None:
        """As ``Store.ack``."""
        self._run(self.inner.ack(desk, consumer, position))

    def allocate(self, desk: str, counter: str, count: int) -> int:
        """As ``Store.allocate``."""
        return self._run(self.inner.allocate(desk, counter, count))

    def maintain(self, desk: str, now: datetime, limit: int) -> Maintained:
        """As ``Store.maintain``."""
        return self._run(self.inner.maintain(desk, now, limit))

    def close(self) -> None:
        """Close the store and end the thread; closing twice is fine."""
        if not self._is_closed:
            try:
                self._run(self.inner.aclose())
            finally:
                self._stop()

    def _stop(self) -> None:
        self._is_closed = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _awaited(make: Callable[[], Awaitable[AsyncStore]]) -> AsyncStore:
    return await make()
