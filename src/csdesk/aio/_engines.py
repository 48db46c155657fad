"""What brings a flow to its next network step under ``AsyncDesk``.

Over a blocking store that is one hop to a worker thread for all the steps on the way (``ThreadEngine``). Over an
``AsyncStore``, which is for databases across a network, each step is awaited on the loop (``StepEngine``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Generic, Protocol, TypeVar, assert_never

from csdesk.domain.records.changes import Needs
from csdesk.engine import loading
from csdesk.engine.core import BLOCK, NUMBERS, DeskCore, wait_before
from csdesk.engine.local import Finished, LocalEngine, NetworkStep, Run
from csdesk.engine.media import cannot_erase, look_after
from csdesk.errors import FlowError, UnsupportedFeature
from csdesk.ports import steps
from csdesk.ports.steps import Reply, Step
from csdesk.ports.store import AsyncStore, DeskRow, LeaseRequest, Page, Query, Row, Store

T = TypeVar("T")


class AsyncEngine(Protocol):
    """Advances flows."""

    core: DeskCore

    async def advance(
        self, run: Run[T], reply: Reply = None, error: BaseException | None = None
    ) -> Finished[T] | NetworkStep:
        """Perform steps from here on; the end of the flow, or the network step it waits for."""
        ...


def engine_for(core: DeskCore, store: Store | AsyncStore) -> AsyncEngine:
    """What advances flows over that store."""
    return StepEngine(core, store) if isinstance(store, AsyncStore) else ThreadEngine(LocalEngine(core, store))


class ThreadEngine:
    """One hop to a worker thread for all steps up to the next one of the network."""

    def __init__(self, local: LocalEngine) -> None:
        self.core = local.core
        self._local = local

    async def advance(
        self, run: Run[T], reply: Reply = None, error: BaseException | None = None
    ) -> Finished[T] | NetworkStep:
        """As ``AsyncEngine.advance``. Cancelling it lets the hop finish first."""
        hop = _Hop(partial(run.advance, self._local.perform, reply, error))
        try:
            return await asyncio.get_running_loop().run_in_executor(None, hop)
        except asyncio.CancelledError:
            # The thread cannot be stopped: wait for it, so that nobody closes the flow under its feet.
            await hop.end()
            raise


class _Hop(Generic[T]):
    """Work in a worker thread that can be waited for after it was cancelled.

    ``asyncio.shield`` does the same for two more turns of the loop in each hop.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._lock = Lock()
        self._has_begun = False
        self._is_over = False
        self._waits: Callable[[], object] | None = None

    def __call__(self) -> T:
        """In the worker thread."""
        with self._lock:
            if self._is_over:
                raise asyncio.CancelledError
            self._has_begun = True
        try:
            return self._work()
        finally:
            with self._lock:
                self._is_over = True
                if self._waits is not None:
                    self._waits()

    async def end(self) -> None:
        """Wait until the work is over; what has not begun never does. Another cancellation does not cut that short."""
        loop = asyncio.get_running_loop()
        over = asyncio.Event()
        with self._lock:
            self._is_over = self._is_over or not self._has_begun
            if self._is_over:
                return
            self._waits = partial(loop.call_soon_threadsafe, over.set)
        while not over.is_set():
            with suppress(asyncio.CancelledError):
                await over.wait()


class StepEngine:
    """Each step awaited on the loop. A cancellation arrives in the middle of a step; the flow is closed after it."""

    def __init__(self, core: DeskCore, store: AsyncStore) -> None:
        self.core = core
        self._store = store

    async def advance(
        self, run: Run[T], reply: Reply = None, error: BaseException | None = None
    ) -> Finished[T] | NetworkStep:
        """As ``AsyncEngine.advance``."""
        state = run.step(reply, error)
        while not isinstance(state, Finished | NetworkStep):
            try:
                answer = await self._perform(state)
            except Exception as problem:  # noqa: BLE001  every failure of a step belongs to the flow
                state = run.step(error=problem)
            else:
                state = run.step(answer)
        return state

    async def _perform(self, step: Step) -> Reply:  # noqa: C901, PLR0911, PLR0912  one line for each kind of step
        core, store = self.core, self._store
        if isinstance(step, NetworkStep):
            raise FlowError("a network step is not the store's", step=type(step).__name__)
        match step:
            case steps.Attempt():
                return await self._attempt(step)
            case steps.Load():
                return await self._load(step)
            case steps.Commit(changes):
                return await store.commit(core.name, changes)
            case steps.Lease(request):
                return await self._lease(request)
            case steps.LookAhead():
                return None
            case steps.List(query):
                return await store.query(core.name, query)
            case steps.Count(query):
                return await store.count(core.name, query)
            case steps.Search(request):
                return await store.search(core.name, request)
            case steps.ReadEntries(consumer, limit):
                return await store.entries(core.name, consumer, limit)
            case steps.Ack(consumer, position):
                await store.ack(core.name, consumer, position)
                return None
            case steps.TakeNumber():
                return core.take_number() or core.add_numbers(await store.allocate(core.name, NUMBERS, BLOCK))
            case steps.Maintain(limit):
                return await store.maintain(core.name, core.clock.now(), limit)
            case steps.Backup():
                raise UnsupportedFeature(type(store).__name__, "be backed up", "use the tools of its database")
            case steps.PutMedia(content, kind, name):
                return await asyncio.to_thread(core.put_media, content, kind, name)
            case steps.ReadMedia(ref):
                return await asyncio.to_thread(core.read_media, ref)
            case steps.DeleteMedia() | steps.ListMedia() | steps.TidyMedia():
                return await asyncio.to_thread(look_after, core.media, step)
            case steps.MediaInUse() | steps.WrittenBy() | steps.Scrub():
                raise cannot_erase(store)
            case steps.Train(book):
                return await asyncio.to_thread(book.training)
            case steps.Fuse(book):
                return await asyncio.to_thread(core.model().fused, book)
            case steps.KeepVectors():
                return await asyncio.to_thread(core.model().keep, step)
            case steps.LetRest():
                core.model().let_rest(step)
                return None
            case steps.Parse(account, request):
                return core.channel(account).receive(request)
            case steps.Show(feed, page):
                return core.show(feed, page)
            case _:
                assert_never(step)

    async def _attempt(self, step: steps.Attempt) -> Reply:
        wait = wait_before(step)
        if wait:
            await asyncio.to_thread(self.core.clock.sleep, wait)
        return self.core.scope()

    async def _lease(self, request: LeaseRequest) -> Reply:
        if not self.core.can_decide:
            await self._load(steps.Load(Needs()))
            self.core.check_policy()
        return await self._store.lease(self.core.name, request)

    async def _load(self, step: steps.Load) -> Reply:
        snapshot = await self._store.load(self.core.name, step.needs)
        reading = loading.loaded(self.core, step, snapshot)
        try:
            asked = next(reading)
            while True:
                asked = reading.send(await self._fetched(asked))
        except StopIteration as end:
            found: steps.Loaded = end.value
            return found

    async def _fetched(self, asked: Query | None) -> DeskRow | Page[Row]:
        name = self.core.name
        return await (self._store.open_desk(name, secret=b"") if asked is None else self._store.query(name, asked))
