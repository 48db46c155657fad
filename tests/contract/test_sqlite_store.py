"""The SQLite store keeps the contract, on a real file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from tests.conftest import many
from tests.databases import store_at

from csdesk.ports.store import Store
from csdesk.stores.sqlite import HostedSqliteStore, SqliteStore
from csdesk.testing import StoreContract


class TestSqliteStore(StoreContract):
    durable = True

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self._folder_path = tmp_path
        self._numbers = count()

    def make_store(self) -> Store:
        return store_at(self._folder_path / f"desk-{next(self._numbers)}.db", synchronous="NORMAL")

    def reopen(self, store: Store) -> Store:
        assert isinstance(store, SqliteStore)
        store.close()
        return SqliteStore(store.path)


class TestHostedSqliteStore(StoreContract):
    """On a host's connection each call is a transaction by itself while the host has none open."""

    durable = True
    examples = many(15)

    @pytest.fixture(autouse=True)
    def _connections(self, tmp_path: Path) -> Iterator[None]:
        self._folder_path = tmp_path
        self._numbers = count()
        self._opened: list[sqlite3.Connection] = []
        yield
        for connection in self._opened:
            connection.close()

    def make_store(self) -> Store:
        return self._open(self._folder_path / f"host-{next(self._numbers)}.db")

    def reopen(self, store: Store) -> Store:
        assert isinstance(store, HostedSqliteStore)
        assert store.path is not None
        store.close()
        return self._open(store.path)

    def _open(self, path: Path) -> Store:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.row_factory = sqlite3.Row
        self._opened.append(connection)
        return HostedSqliteStore(connection)


class TestInsideATransaction(TestHostedSqliteStore):
    """The same promises while the host's transaction is open: only what is durable waits for its end."""

    durable = False
    examples = many(10)

    def make_store(self) -> Store:
        store = super().make_store()
        self._opened[-1].execute("BEGIN")
        return store
