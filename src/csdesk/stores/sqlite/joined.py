"""A host's own connection: csdesk's transactions become part of the host's.

The store speaks its four words of a transaction (BEGIN, BEGIN IMMEDIATE, COMMIT, ROLLBACK) as it does to a file of its
own; ``Joined`` says what they mean here:

* Inside a transaction of the host a write is a savepoint: what fails is undone alone, and the host's end decides.
* Outside of one, csdesk's writes do what a statement of the host would do. With ``isolation_level=None`` (or
  ``autocommit=True``) each is a transaction by itself. Else the first one begins a transaction, which the host ends.
* ``is_alone`` makes each write a transaction by itself in any case, for work that must be durable before it goes on.

Nothing of the connection is set. Statements run on cursors of our own, which know no row factory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from csdesk.stores.sqlite.values import Cell

T = TypeVar("T")

_SAVEPOINT: Final = "csdesk"
_LEGACY: Final = -1
"""What ``autocommit`` says (from Python 3.12 on) when ``isolation_level`` decides."""

_BLOBS: Final = frozenset({"secret"})
"""The columns that hold bytes; all others hold text, whatever the host's ``text_factory`` makes of it."""


class Joined:
    """Runs statements on a host's connection, inside the host's transaction if there is one."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._is_ours = False
        """Whether the transaction that is open was begun for the present work."""
        self.is_alone = False
        self._words: dict[str, Callable[[], None]] = {
            "BEGIN": self._begin_reading,
            "BEGIN IMMEDIATE": self._begin,
            "COMMIT": self._commit,
            "ROLLBACK": self._rollback,
        }
        self._ends: Callable[[], None] = _nothing

    @property
    def in_transaction(self) -> bool:
        """True while a transaction is open, of the host or our own."""
        return self._connection.in_transaction

    def execute(self, sql: str, parameters: Sequence[Cell] = (), /) -> sqlite3.Cursor:
        """Run a statement, or one of the words of a transaction."""
        cursor = self._cursor()
        word = self._words.get(sql)
        if word is None:
            return cursor.execute(sql, parameters)
        word()
        return cursor

    def is_usable(self) -> bool:
        """True unless the connection was closed, or belongs to another thread."""
        try:
            self._cursor()
            return self._connection.in_transaction in {True, False}
        except sqlite3.ProgrammingError:
            return False

    def executemany(self, sql: str, rows: Iterable[Sequence[Cell]], /) -> sqlite3.Cursor:
        """Run a statement for each row."""
        return self._cursor().executemany(sql, rows)

    def _cursor(self) -> sqlite3.Cursor:
        # Made by itself and not by the connection, whose row factory and whose class may be the host's.
        cursor = sqlite3.Cursor(self._connection)
        if self._connection.text_factory is not str:
            cursor.row_factory = _with_text
        return cursor

    def _say(self, sql: str) -> None:
        sqlite3.Cursor(self._connection).execute(sql)

    def _begin_reading(self) -> None:
        self._is_ours = not self.in_transaction
        if self._is_ours:
            self._say("BEGIN")
        self._ends = self._end_reading

    def _begin(self) -> None:
        self._is_ours = not self.in_transaction
        if self._is_ours:
            self._say("BEGIN EXCLUSIVE" if self._level() == "EXCLUSIVE" else "BEGIN IMMEDIATE")
        else:
            self._say(f"SAVEPOINT {_SAVEPOINT}")
        self._ends = self._end_writing

    def _commit(self) -> None:
        self._ends()

    def _end_reading(self) -> None:
        if self._is_ours:
            self._say("COMMIT")

    def _end_writing(self) -> None:
        if not self._is_ours:
            self._say(f"RELEASE {_SAVEPOINT}")
        elif self.is_alone or self._level() is None:
            self._say("COMMIT")

    def _rollback(self) -> None:
        if not self.in_transaction:
            return  # SQLite has rolled everything back by itself, as on a full disk
        if self._is_ours:
            self._say("ROLLBACK")
        else:
            self._say(f"ROLLBACK TO {_SAVEPOINT}")
            self._say(f"RELEASE {_SAVEPOINT}")

    def _level(self) -> str | None:
        """How the driver begins transactions for the host's own statements; None: it does not."""
        autocommit: int = getattr(self._connection, "autocommit", _LEGACY)
        return self._connection.isolation_level if autocommit == _LEGACY else None


def _nothing() -> None:
    """Nothing has begun."""


# ``Any``: a row of the driver.
def _with_text(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The row with its texts as ``str``."""
    return tuple(
        bytes(cell).decode() if isinstance(cell, bytes | bytearray) and column[0] not in _BLOBS else cell
        for column, cell in zip(cursor.description, row, strict=True)
    )


class HostConnections:
    """Hands out the one connection, as ``Connections`` hands out many."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.joined: Final = Joined(connection)

    def read(self, work: Callable[..., T], *args: object) -> T:
        """``work(execute, *args)``."""
        return work(self.joined.execute, *args)

    def write(self, work: Callable[..., T], *args: object) -> T:
        """``work(connection, *args)``."""
        return work(self.joined, *args)

    def aside(self, work: Callable[..., T], *args: object) -> T:
        """The same: there is no other connection."""
        return self.read(work, *args)

    def checkpoint(self) -> bool:
        """Not ours to do."""
        return False

    def close(self) -> None:
        """The connection stays the host's."""
