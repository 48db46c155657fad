"""The store on a host's own connection. What a host can roll back is not remembered: no record, no number of a desk."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import ParamSpec, TypeVar

from csdesk.domain.records.changes import Stored
from csdesk.errors import (
    CsdeskError,
    DeskClosed,
    InvalidInput,
    NotFound,
    StoreBusy,
    StoreDamaged,
    TransactionOpen,
    UnsupportedFeature,
    sentence,
)
from csdesk.ports.store import DeskRow
from csdesk.stores.sqlite import schema
from csdesk.stores.sqlite.connection import check_library
from csdesk.stores.sqlite.joined import HostConnections, Joined
from csdesk.stores.sqlite.known import Aside, Known, Place
from csdesk.stores.sqlite.store import SqliteCalls, find_desk

T = TypeVar("T")
P = ParamSpec("P")


class _Forgetful(Known):
    """A version names one content only as long as nobody rolls it back."""

    def set_aside(self) -> Aside:
        """Room that is forgotten with its load."""
        return {}

    def _keep(self, place: Place, record: Stored) -> None:
        """Remember nothing."""


class HostedSqliteStore(SqliteCalls):
    """A ``Store`` on a host's own connection, in the tables ``csdesk_...`` beside the host's.

    One call at a time: calls of several threads wait for each other, if the connection allows several threads at all.
    The tables are made at opening; that is a transaction by itself, unless the host has one open.

    Args:
        connection: stays the host's: nothing is set on it, and it is not closed.

    Raises:
        StoreDamaged: the database has a ``csdesk_...`` table that csdesk did not make.
        SchemaTooNew: a newer release made the tables.
        UnsupportedFeature: SQLite is too old or lacks JSON or FTS5, or the database is not in UTF-8.
        InvalidInput: the connection is closed, or belongs to another thread.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        check_library()
        self._hosts = HostConnections(connection)
        super().__init__(self._hosts, "the host's database", _Forgetful())
        self._turn = RLock()
        self._secrets: dict[str, bytes] = {}
        self._path: Path | None = None
        with self._by_itself():
            self._translated(self._hosts.write, self._prepare)

    @property
    def path(self) -> Path | None:
        """The file of the host's database; None: it is in memory."""
        return self._path

    @property
    def in_transaction(self) -> bool:
        """True while a transaction is open on the connection."""
        return self._translated(lambda: self._hosts.joined.in_transaction)

    @contextmanager
    def alone(self, call: str) -> Iterator[None]:
        """Each write inside this block is a transaction by itself, and other threads wait. ``call`` is what needs it.

        Raises:
            TransactionOpen: the host has a transaction open.
        """
        with self._turn:
            if self.in_transaction:
                raise TransactionOpen(call)
            with self._by_itself():
                yield

    def open_desk(self, desk: str, *, secret: bytes) -> DeskRow:
        """The desk of that name, created with ``secret`` if it is new."""
        row = super().open_desk(desk, secret=secret)
        self._secrets.setdefault(desk, row.secret)
        return row

    @contextmanager
    def _by_itself(self) -> Iterator[None]:
        joined = self._hosts.joined
        with self._turn:
            before, joined.is_alone = joined.is_alone, True
            try:
                yield
            finally:
                joined.is_alone = before

    def _prepare(self, connection: Joined) -> None:
        (encoding,) = connection.execute("PRAGMA encoding").fetchone()
        if encoding != "UTF-8":
            raise UnsupportedFeature(
                "csdesk", sentence("use a database in {encoding}", encoding=encoding), "use one in UTF-8"
            )
        files = connection.execute("PRAGMA database_list").fetchall()
        self._path = next((Path(file) for _, name, file in files if name == "main" and file), None)
        schema.join(connection)

    def _number(self, desk: str) -> int:
        self._check_open(desk)
        row = self._translated(self._hosts.read, find_desk, desk)
        if row is None:
            raise NotFound("desk", desk)
        if row[1] != self._secrets.setdefault(desk, row[1]):
            raise StoreDamaged(sentence("desk {desk!r} was rolled back and made anew; open it again", desk=desk))
        number: int = row[0]
        return number

    def _translated(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self._turn:
            try:
                return super()._translated(call, *args, **kwargs)
            except StoreBusy as error:
                if self._hosts.joined.in_transaction:
                    raise StoreBusy(
                        "another connection writes: roll your transaction back and begin it again, best with"
                        " BEGIN IMMEDIATE",
                        transaction="host",
                    ) from error.__cause__
                raise

    def _misused(self, error: sqlite3.ProgrammingError) -> CsdeskError:
        if self._is_closed:
            return DeskClosed(self._name)
        if self._hosts.joined.is_usable():
            return super()._misused(error)
        return InvalidInput(
            "connection",
            "is closed, or belongs to another thread",
            "open the desk on an open connection of this thread (or one with check_same_thread=False)",
        )
