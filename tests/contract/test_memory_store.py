"""The memory store keeps the contract."""

from csdesk.ports.store import Store
from csdesk.stores.memory import MemoryStore
from csdesk.testing import StoreContract


class TestMemoryStore(StoreContract):
    def make_store(self) -> Store:
        return MemoryStore()
