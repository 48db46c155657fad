"""The store of the examples keeps the contract too: what docs/how-to/write-a-store.md promises its readers."""

import importlib.util
from itertools import count
from pathlib import Path

import pytest

from csdesk.ports.store import Store
from csdesk.testing import StoreContract

SOURCE = Path(__file__).parent.parent.parent / "examples" / "stores" / "journal.py"


@pytest.fixture(scope="module")
def journal():
    spec = importlib.util.spec_from_file_location("journal", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestJournalStore(StoreContract):
    durable = True
    examples = 5

    @pytest.fixture(autouse=True)
    def _files(self, journal, tmp_path):
        self.open = journal.JournalStore
        self.paths = (tmp_path / f"{number}.jsonl" for number in count())
        self.homes = {}

    def make_store(self) -> Store:
        return self._opened(next(self.paths))

    def reopen(self, store: Store) -> Store:
        store.close()
        return self._opened(self.homes.pop(store))

    def _opened(self, path: Path) -> Store:
        store = self.open(path)
        self.homes[store] = path
        return store
