"""The SQLite store keeps the contract, on a real file."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from csdesk.ports.store import Store
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import StoreContract


class TestSqliteStore(StoreContract):
    durable = True

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self._folder_path = tmp_path
        self._numbers = count()

    def make_store(self) -> Store:
        return SqliteStore(self._folder_path / f"desk-{next(self._numbers)}.db", synchronous="NORMAL")

    def reopen(self, store: Store) -> Store:
        assert isinstance(store, SqliteStore)
        store.close()
        return SqliteStore(store.path)
