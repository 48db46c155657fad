"""The connections of one process to one file: one that writes, behind a lock, and those that read meanwhile.

Reading uses the writing connection when nobody holds it, because its cache is warm; otherwise one that is lent for the
call and kept for the next. So there are as many as ever read at the same time, however many threads come and go, and
none is closed under the feet of a thread: that would crash the process. Whoever reads while the store is closed closes
what was lent when the call is over.

A forked child opens connections of its own: SQLite's may not cross a fork.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, Final, Literal, Protocol, TypeVar

from csdesk.errors import InvalidInput, StoreError, sentence
from csdesk.stores.sqlite.errors import unsupported

Execute = Callable[..., sqlite3.Cursor]
"""A connection's ``execute``."""


class Writing(Protocol):
    """What a commit runs on: a connection of our own, or a host's that we joined."""

    @property
    def in_transaction(self) -> bool:
        """True while a transaction is open."""
        ...

    @property
    def execute(self) -> Execute:
        """Run a statement."""
        ...

    @property
    def executemany(self) -> Execute:
        """Run a statement for each row."""
        ...


Trace = Callable[[str], Any]
"""Is told the text of every statement that runs; what it returns is ignored."""

Synchronous = Literal["FULL", "NORMAL"]

OLDEST: Final = (3, 35, 0)
"""The oldest SQLite that has what the statements use (RETURNING)."""

_STATEMENTS: Final = 512
_MMAP_BYTES: Final = 256 * 1024 * 1024
_CACHE_KILOBYTES: Final = 16 * 1024

T = TypeVar("T")


class Hands(Protocol):
    """Who hands out connections: ``Connections`` to a file of our own, or ``HostConnections``."""

    def read(self, work: Callable[..., T], *args: object) -> T:
        """``work(execute, *args)`` on a connection for reading."""
        ...

    def write(self, work: Callable[..., T], *args: object) -> T:
        """``work(connection, *args)`` on the connection that writes."""
        ...

    def aside(self, work: Callable[..., T], *args: object) -> T:
        """The same on a connection that is not the one that writes, if there is another."""
        ...

    def checkpoint(self) -> bool:
        """Move the write-ahead log into the file; True if all of it is there now."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


def check_library() -> None:
    """Refuse a SQLite that is too old or lacks JSON or FTS5.

    Raises:
        UnsupportedFeature: says what is missing.
    """
    if sqlite3.sqlite_version_info < OLDEST:
        raise unsupported("run a csdesk store: it is older than 3.35")
    probe = sqlite3.connect(":memory:")
    try:
        for feature, statement in (
            ("read JSON", "SELECT json('[]')"),
            ("search full text", "CREATE VIRTUAL TABLE probe USING fts5(x)"),
        ):
            try:
                probe.execute(statement)
            except sqlite3.OperationalError as error:
                raise unsupported(feature) from error
    finally:
        probe.close()


def check_place(path: Path) -> None:
    """Refuse a place where SQLite cannot keep a file and the two beside it; SQLite itself would not say why.

    Raises:
        StoreError: names the folder or the file.
    """
    folder = path.absolute().parent
    if path.is_dir():
        raise StoreError(sentence("{path} is a folder; name a file in it", path=str(path)))
    if not folder.is_dir():
        raise StoreError(sentence("there is no folder {folder}; make it first", folder=str(folder)))
    for place in (path, folder):
        if place.exists() and not os.access(place, os.W_OK):
            raise StoreError(sentence("{path} cannot be written; check its permissions and its disk", path=str(place)))


def make_private(path: Path) -> None:
    """Let nobody but the owner and the group of a file that is yet to be made read it.

    SQLite gives the two files beside it the same rights. Where it cannot be made, SQLite says so when it opens it.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o660))


class Connections:
    """Opens connections and hands them out."""

    def __init__(
        self,
        path: Path,
        *,
        synchronous: Synchronous = "FULL",
        busy_timeout: float = 30.0,
        autocheckpoint: int = 10_000,
        trace: Trace | None = None,
    ) -> None:
        if synchronous not in {"FULL", "NORMAL"}:
            raise InvalidInput("synchronous", "unknown", "pass 'FULL' or 'NORMAL'")
        self._path = path
        self._synchronous = synchronous
        self._busy_timeout = busy_timeout
        self._autocheckpoint = autocheckpoint
        self._trace = trace
        self._inherited: list[object] = []
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self.lock = Lock()
        self._writer: sqlite3.Connection | None = None
        self._lending = Lock()
        self._idle: list[sqlite3.Connection] = []
        self._is_closed = False

    def _check_process(self) -> None:
        if self._pid != os.getpid():
            # Connections of the parent are kept and never touched: even closing them could harm the parent's locks.
            self._inherited.append((self._writer, self._idle))
            self._begin()

    def connect(self) -> sqlite3.Connection:
        """A new connection, with nothing set that the file would remember."""
        connection = sqlite3.connect(
            self._path,
            timeout=self._busy_timeout,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_STATEMENTS,
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        for pragma in (
            f"synchronous={self._synchronous}",
            f"wal_autocheckpoint={self._autocheckpoint}",
            f"cache_size=-{_CACHE_KILOBYTES}",
            f"mmap_size={_MMAP_BYTES}",
            "temp_store=MEMORY",
            "trusted_schema=OFF",
            "secure_delete=ON",
        ):
            connection.execute("PRAGMA " + pragma).fetchall()
        if self._trace is not None:
            connection.set_trace_callback(self._trace)

    def read(self, work: Callable[..., T], *args: object) -> T:
        """``work(execute, *args)`` on a connection that is in no transaction."""
        self._check_process()
        if self.lock.acquire(blocking=False):
            try:
                return work(self._writing().execute, *args)
            finally:
                self.lock.release()
        return self.aside(work, *args)

    def write(self, work: Callable[..., T], *args: object) -> T:
        """``work(connection, *args)`` on the writing connection, which nobody else uses meanwhile."""
        self._check_process()
        with self.lock:
            return work(self._writing(), *args)

    def aside(self, work: Callable[..., T], *args: object) -> T:
        """The same without the lock of those who write, on a connection that is lent for this call."""
        self._check_process()
        connection = self._borrowed()
        try:
            return work(connection.execute, *args)
        finally:
            self._give_back(connection)

    def _borrowed(self) -> sqlite3.Connection:
        with self._lending:
            self._check_open()
            if self._idle:
                return self._idle.pop()
        return self.connect()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lending:
            if not self._is_closed:
                self._idle.append(connection)
                return
        connection.close()

    def _check_open(self) -> None:
        if self._is_closed:
            raise sqlite3.ProgrammingError("Cannot operate on a closed database.")  # as the driver says it

    def checkpoint(self) -> bool:
        """Move the write-ahead log into the file without waiting for anybody; True if all of it is there now."""
        return self.aside(_checkpoint)

    def _writing(self) -> sqlite3.Connection:
        if self._writer is None:
            self._check_open()
            self._writer = self.connect()
        return self._writer

    def close(self) -> None:
        """Close the connections of this process, or let those who read do it; waits for a write that is under way."""
        self._check_process()
        with self._lending:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
        with self.lock:
            if self._writer is not None:
                self._writer.close()
                self._writer = None


def _checkpoint(execute: Execute) -> bool:
    busy, log, moved = execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return not busy and log == moved
