"""Which files are opened, how they are set up, and which are refused untouched."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from csdesk import open_desk
from csdesk.domain.records.changes import ChangeSet, Claim, Needs
from csdesk.errors import (
    CsdeskError,
    DeskClosed,
    InvalidInput,
    SchemaTooNew,
    StoreDamaged,
    StoreError,
    UnsupportedFeature,
)
from csdesk.stores.sqlite import SqliteStore, connection, schema


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


def _pragma(store: SqliteStore, name: str) -> object:
    return store._connections.aside(lambda execute: execute("PRAGMA " + name).fetchone()[0])


def test_the_schema_is_the_last_migration(path: Path) -> None:
    SqliteStore(path).close()
    numbers = sorted(int(file.stem) for file in Path(schema.__file__).with_name("migrations").glob("*.sql"))
    assert numbers == list(range(1, schema.SCHEMA + 1))
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT version FROM csdesk_schema").fetchall() == [(schema.SCHEMA,)]


def test_an_older_file_is_brought_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteStore(path)
    store.open_desk("main", secret=b"kept")
    store.close()
    known = schema.statements
    monkeypatch.setattr(schema, "SCHEMA", 2)
    monkeypatch.setattr(schema, "statements", lambda n: ["CREATE TABLE later(x)"] if n == 2 else known(n))
    for _ in range(2):
        store = SqliteStore(path)
        assert store.open_desk("main", secret=b"new").secret == b"kept"
        store.close()
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT version FROM csdesk_schema").fetchall() == [(2,)]
        assert file.execute("SELECT count(*) FROM later").fetchone() == (0,)


def test_a_failing_migration_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    SqliteStore(path).close()
    monkeypatch.setattr(schema, "SCHEMA", 2)
    monkeypatch.setattr(schema, "statements", lambda n: ["CREATE TABLE later(x)", "nonsense"])
    with pytest.raises(StoreDamaged):
        SqliteStore(path)
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT version FROM csdesk_schema").fetchall() == [(1,)]
        assert file.execute("SELECT name FROM sqlite_master WHERE name='later'").fetchall() == []


def test_a_newer_file_is_refused(path: Path) -> None:
    SqliteStore(path).close()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE csdesk_schema SET version=99")
    before = path.read_bytes()
    with pytest.raises(SchemaTooNew, match="update csdesk"):
        SqliteStore(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE ticket(id)"],
        ["CREATE TABLE csdesk_schema(version)", "INSERT INTO csdesk_schema VALUES(1)"],
        ["PRAGMA application_id=77"],
    ],
)
def test_a_database_of_something_else_is_refused_untouched(path: Path, statements: list[str]) -> None:
    file = sqlite3.connect(path)
    for statement in statements:
        file.execute(statement)
    file.commit()
    file.close()
    before = path.read_bytes()
    with pytest.raises(StoreDamaged, match="something else"):
        SqliteStore(path)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[sqlite3.Connection]:
    """The connections that are made while the test runs."""
    found: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def recorded(*args: Any, **settings: Any) -> sqlite3.Connection:
        found.append(connect(*args, **settings))
        return found[-1]

    monkeypatch.setattr(sqlite3, "connect", recorded)
    return found


def _is_closed(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return True
    return False


@pytest.mark.parametrize("content", [b"Dear diary, " * 100, b"SQLite format 3\x00" + b"\x7f" * 9000])
def test_a_file_that_cannot_be_opened_is_let_go(path: Path, opened: list[sqlite3.Connection], content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreDamaged):
        open_desk(f"sqlite:///{path}")
    assert opened
    assert all(_is_closed(one) for one in opened)


def test_a_desk_that_cannot_be_opened_lets_its_file_go(path: Path, opened: list[sqlite3.Connection]) -> None:
    open_desk(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE csdesk_desk SET config='elsewhere'")
    with pytest.raises(CsdeskError):
        open_desk(f"sqlite:///{path}")
    assert len(opened) > 2
    assert all(_is_closed(one) for one in opened)


def test_a_file_that_is_no_database(path: Path) -> None:
    path.write_text("Dear diary, " * 100)
    with pytest.raises(StoreDamaged) as caught:
        SqliteStore(path)
    assert isinstance(caught.value.__cause__, sqlite3.DatabaseError)
    assert path.read_text().startswith("Dear diary")


def test_a_folder_that_is_not_there(path: Path) -> None:
    with pytest.raises(StoreError, match="folder"):
        SqliteStore(path.parent / "missing" / "desk.db")


@pytest.mark.parametrize(("option", "value"), [("FULL", 2), ("NORMAL", 1)])
def test_pragmas(path: Path, option: str, value: int) -> None:
    store = SqliteStore(path, synchronous=option)  # type: ignore[arg-type]
    names = ("journal_mode", "synchronous", "wal_autocheckpoint", "busy_timeout", "temp_store")
    assert [_pragma(store, name) for name in names] == ["wal", value, 10_000, 30_000, 2]
    assert int(str(_pragma(store, "mmap_size"))) > 0
    store.close()


def test_full_is_the_default(path: Path) -> None:
    store = SqliteStore(path)
    assert _pragma(store, "synchronous") == 2
    store.close()
    with pytest.raises(InvalidInput, match="synchronous"):
        SqliteStore(path, synchronous="OFF")  # type: ignore[arg-type]


def test_an_old_library_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "OLDEST", (99, 0, 0))
    with pytest.raises(UnsupportedFeature, match=r"3\.35"):
        SqliteStore(path)
    assert not path.exists()


def _write(path: Path, name: str, count: int) -> None:
    store = SqliteStore(path, synchronous="NORMAL")
    store.open_desk("main", secret=name.encode())
    for number in range(count):
        store.allocate("main", "ticket", 1)
        store.commit("main", ChangeSet(claims=(Claim(f"{name}/{number}", name),)))
    store.close()


def test_two_processes_make_and_write_one_file(path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write, args=(path, name, 100)) for name in ("one", "two")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    store = SqliteStore(path)
    keys = tuple(f"{name}/{number}" for name in ("one", "two") for number in range(100))
    assert store.load("main", Needs(claims=keys)).claims == {key: key[:3] for key in keys}
    assert store.allocate("main", "ticket", 1) == 201
    store.close()


def _in_child(store: SqliteStore) -> None:
    inherited = store._connections._writer
    store.commit("main", ChangeSet(claims=(Claim("child", "child"),)))
    assert store._connections._writer is not inherited


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
def test_a_forked_child_has_connections_of_its_own(path: Path) -> None:
    store = SqliteStore(path)
    store.open_desk("main", secret=b"x")
    store.commit("main", ChangeSet(claims=(Claim("parent", "parent"),)))
    child = multiprocessing.get_context("fork").Process(target=_in_child, args=(store,))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert store.load("main", Needs(claims=("child", "parent"))).claims == {"child": "child", "parent": "parent"}
    store.close()


def test_who_reads_while_the_store_is_closed_reads_on(path: Path) -> None:
    store = SqliteStore(path)
    lent = []

    def slowly(execute: connection.Execute) -> list[tuple[int]]:
        found = execute("SELECT value FROM json_each('[1,2,3]')")
        lent.append(found.connection)
        assert found.fetchone() == (1,)
        store.close()
        return found.fetchall()

    assert store._connections.aside(slowly) == [(2,), (3,)]
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        lent[0].execute("SELECT 1")


@pytest.mark.parametrize("way", ["aside", "read", "write"])
def test_a_closed_store_opens_nothing_again(path: Path, way: str) -> None:
    store = SqliteStore(path)
    store.open_desk("main", secret=b"x")
    store.close()
    with pytest.raises(DeskClosed):
        store._translated(getattr(store._connections, way), print)


def test_threads_that_come_and_go_share_connections(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteStore(path)
    opened = []
    connect = store._connections.connect
    monkeypatch.setattr(store._connections, "connect", lambda: opened.append(1) or connect())
    store.open_desk("main", secret=b"x")
    with store._connections.lock:  # somebody writes all the while
        for _ in range(5):
            thread = threading.Thread(target=store.load, args=("main", Needs()))
            thread.start()
            thread.join()
    assert len(opened) == 1
    store.close()
