"""The file's tables: what they are, how they came about, and refusing files that are not ours.

Migrations are the numbered files beside this one; they only go forward. ``PRAGMA application_id`` and the table
``csdesk_schema`` tell a csdesk store from any other file; nothing is written before both were looked at.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from importlib.resources import files
from typing import Final

from csdesk.errors import SchemaTooNew, StoreBusy, StoreDamaged
from csdesk.stores.sqlite.errors import translated

APPLICATION_ID: Final = 0x63_73_64_6B
"""The letters "csdk" in the file's header."""

SCHEMA: Final = 1
"""The newest schema that this release knows: the number of its last migration."""

_TRIES: Final = 20


def prepare(connection: sqlite3.Connection, name: str) -> None:
    """Make the file a csdesk store of the newest schema, or refuse it untouched.

    Raises:
        StoreDamaged: the file belongs to something else.
        SchemaTooNew: a newer release wrote it.
        StoreBusy: another process holds the file.
    """
    found = version_of(connection, name)
    if found > SCHEMA:
        raise SchemaTooNew(name, found, SCHEMA)
    _use_wal(connection)
    if found < SCHEMA:
        migrate(connection, name)


def version_of(connection: sqlite3.Connection, name: str) -> int:
    """The schema of the file: 0 for an empty one.

    Raises:
        StoreDamaged: the file belongs to something else.
    """
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master").fetchall()}
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    if not tables and mark in {0, APPLICATION_ID}:
        return 0
    if mark != APPLICATION_ID or "csdesk_schema" not in tables:
        raise StoreDamaged(f"{name} is a database of something else; give the path of a csdesk store or of a new file")
    row = connection.execute("SELECT version FROM csdesk_schema").fetchone()
    if row is None:
        raise StoreDamaged(f"{name} does not tell its schema; restore a backup")
    return int(row[0])


def migrate(connection: sqlite3.Connection, name: str) -> None:
    """Run the migrations that the file lacks, all in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Asked again under the lock: another process may have migrated meanwhile.
        found = version_of(connection, name)
        for number in range(found + 1, SCHEMA + 1):
            for statement in statements(number):
                connection.execute(statement)
        if found == 0:
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute("CREATE TABLE csdesk_schema(version INTEGER NOT NULL)")
            connection.execute("INSERT INTO csdesk_schema VALUES(?)", (SCHEMA,))
        else:
            connection.execute("UPDATE csdesk_schema SET version=?", (SCHEMA,))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def statements(number: int) -> Iterator[str]:
    """The statements of a migration, one by one."""
    text = files("csdesk.stores.sqlite").joinpath("migrations", f"{number:04d}.sql").read_text(encoding="utf-8")
    statement = ""
    for line in text.splitlines():
        if line.startswith("--") or not line.strip():
            continue
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _use_wal(connection: sqlite3.Connection) -> None:
    # The change to WAL needs the file alone and does not always wait for it; an empty transaction does wait.
    problem: sqlite3.OperationalError | None = None
    for _ in range(_TRIES):
        if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            return
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            connection.execute("PRAGMA journal_mode=WAL").fetchall()
        except sqlite3.OperationalError as error:
            problem = error
    if problem is not None:
        raise translated(problem) from problem
    raise StoreBusy("the SQLite file cannot be switched to WAL here; put it on a local disk")
