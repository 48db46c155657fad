"""The file's tables: what they are, how they came about, and refusing files that are not ours.

Migrations are the numbered files beside this one; they only go forward. The table ``csdesk_schema`` tells a csdesk
store from any other file, and nothing is written before it was looked for. A file of our own also gets a
``PRAGMA application_id``; in a host's file csdesk's tables stand beside others, and the header is the host's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Final

from csdesk.errors import SchemaTooNew, StoreBusy, StoreDamaged, sentence
from csdesk.stores.sqlite.connection import Writing
from csdesk.stores.sqlite.errors import translated

APPLICATION_ID: Final = 0x63_73_64_6B
"""The letters "csdk" in the file's header."""

SCHEMA: Final = 1
"""The newest schema that this release knows: the number of its last migration."""

_PREFIX: Final = "csdesk_"
_TRIES: Final = 20


def prepare(connection: Writing, name: str) -> None:
    """Make the file a csdesk store of the newest schema, or refuse it untouched.

    Raises:
        StoreDamaged: the file belongs to something else.
        SchemaTooNew: a newer release wrote it.
        StoreBusy: another process holds the file.
    """
    found = version_of(connection, name)
    if found > SCHEMA:
        raise SchemaTooNew(sentence("the file {name}", name=name), found, SCHEMA)
    _use_wal(connection)
    if found < SCHEMA:
        migrate(connection, lambda: version_of(connection, name), is_own=True)


def join(connection: Writing) -> None:
    """Make csdesk's tables beside those of a host, or bring them up; nothing else of the database changes.

    Raises:
        StoreDamaged: a table or index of the host has a name of csdesk's.
        SchemaTooNew: a newer release made the tables.
    """
    found = _version_beside(connection)
    if found > SCHEMA:
        raise SchemaTooNew("the database", found, SCHEMA)
    if found < SCHEMA:
        migrate(connection, lambda: _version_beside(connection), is_own=False)


def version_of(connection: Writing, name: str) -> int:
    """The schema of the file: 0 for an empty one. A host's file counts if csdesk's tables stand in it.

    Raises:
        StoreDamaged: the file belongs to something else.
    """
    names = _names(connection)
    if _has_ours(names):
        return _version(connection, name)
    if names or connection.execute("PRAGMA application_id").fetchone()[0] not in {0, APPLICATION_ID}:
        raise StoreDamaged(
            sentence(
                "{name} is a database of something else; give the path of a csdesk store or of a new file", name=name
            )
        )
    return 0


def _version_beside(connection: Writing) -> int:
    """The schema of csdesk's tables beside a host's: 0 if there are none."""
    names = _names(connection)
    if _has_ours(names):
        return _version(connection, "the database")
    taken = sorted(name for name in names if name.lower().startswith(_PREFIX))
    if taken:
        raise StoreDamaged(
            sentence("{name} is in the database already, and csdesk did not make it; rename it", name=taken[0])
        )
    return 0


def _names(connection: Writing) -> set[str]:
    return {row[0] for row in connection.execute("SELECT name FROM sqlite_master").fetchall()}


def _has_ours(names: set[str]) -> bool:
    return names >= {f"{_PREFIX}schema", f"{_PREFIX}desk"}


def _version(connection: Writing, name: str) -> int:
    row = connection.execute("SELECT version FROM csdesk_schema").fetchone()
    if row is None:
        raise StoreDamaged(sentence("{name} does not tell its schema; restore a backup", name=name))
    return int(row[0])


def migrate(connection: Writing, version: Callable[[], int], *, is_own: bool) -> None:
    """Run the migrations that are lacking, all in one transaction; mark a file of our own."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Asked again under the lock: another process may have migrated meanwhile.
        found = version()
        for number in range(found + 1, SCHEMA + 1):
            for statement in statements(number):
                connection.execute(statement)
        if found == 0:
            if is_own:
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


def _use_wal(connection: Writing) -> None:
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
