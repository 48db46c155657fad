"""A store with coroutines keeps the contract, seen through an adapter."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from csdesk.errors import DeskClosed, StoreError
from csdesk.ports.store import AsyncStore, Store
from csdesk.stores.memory import MemoryStore
from csdesk.testing import AwaitedStore, BlockingStore, StoreContract


async def opened() -> AsyncStore:
    await asyncio.sleep(0)
    return AwaitedStore(MemoryStore())


class TestAwaitedStore(StoreContract):
    examples = 10

    @pytest.fixture(autouse=True)
    def _close(self) -> Iterator[None]:
        self._stores: list[BlockingStore] = []
        yield
        for store in self._stores:
            store.close()

    def make_store(self) -> Store:
        store = BlockingStore(opened)
        self._stores.append(store)
        return store


def test_the_thread_ends() -> None:
    store = BlockingStore(opened)
    store.close()
    store.close()
    assert not store._thread.is_alive()
    with pytest.raises(DeskClosed):
        store.open_desk("main", secret=b"x")


def test_a_store_that_cannot_be_opened() -> None:
    async def broken() -> AsyncStore:
        raise StoreError("no route to the database")

    with pytest.raises(StoreError, match="no route"):
        BlockingStore(broken)
