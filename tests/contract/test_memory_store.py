"""The memory store keeps the contract."""

from csdesk.ports.store import Store
from csdesk.stores.memory import MemoryStore
from csdesk.testing import StoreContract


class TestMemoryStore(StoreContract):
    def make_store(self) -> Store:
        return MemoryStore()


class TestDurableHalfOfTheContract(StoreContract):
    """The promises about reopening, on a memory store whose insides are handed to the next one."""

    durable = True
    examples = 10

    def make_store(self) -> Store:
        return MemoryStore()

    def reopen(self, store: Store) -> Store:
        assert isinstance(store, MemoryStore)
        again = MemoryStore()
        again._desks.update(store._desks)
        store.close()
        return again
