"""Driver errors become csdesk's own, by a table; a failing COMMIT says whether anything may have been written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from csdesk.domain.records.changes import ChangeSet, Claim, Needs
from csdesk.errors import CommitUnknown, CsdeskError, DeskClosed, InvalidInput, StoreBusy, StoreError
from csdesk.stores.sqlite import SqliteStore, errors
from csdesk.stores.sqlite.write import finish

CHANGES = ChangeSet(claims=(Claim("key", "owner"),))


def driver_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("the driver's own words")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize("code", sorted(errors.TABLE))
def test_every_row_of_the_table(code: int) -> None:
    kind, message = errors.TABLE[code]
    extended = code | (3 << 8)
    for given in (code, extended):
        error = errors.translated(driver_error(given))
        assert type(error) is kind
        assert str(error) == message
        assert ";" in message or "," in message, "a message says what to do"
    assert "driver" not in str(error)


@pytest.mark.parametrize("code", [*sorted(errors.TABLE), 9999, None])
def test_a_failing_commit_is_unknown_unless_surely_nothing_was_written(code: int | None) -> None:
    error = sqlite3.OperationalError("x") if code is None else driver_error(code)
    translated = errors.translated_commit(error)
    assert isinstance(translated, CommitUnknown) == (code not in errors.NOT_WRITTEN)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL}:
        assert isinstance(translated, StoreBusy)


def test_errors_that_sqlite_did_not_raise() -> None:
    assert isinstance(errors.translated(sqlite3.ProgrammingError("x")), StoreError)
    assert isinstance(errors.translated(OverflowError("x")), InvalidInput)
    assert isinstance(errors.translated(driver_error(sqlite3.SQLITE_TOOBIG)), InvalidInput)


class _Failing:
    """A connection whose COMMIT fails."""

    def __init__(self, code: int, *, in_transaction: bool) -> None:
        self.code = code
        self.in_transaction = in_transaction
        self.said: list[str] = []

    def execute(self, sql: str) -> None:
        self.said.append(sql)
        if sql == "COMMIT":
            raise driver_error(self.code)


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY])
@pytest.mark.parametrize("is_open", [True, False])
def test_a_failing_commit_leaves_no_transaction_open(code: int, is_open: bool) -> None:
    connection = _Failing(code, in_transaction=is_open)
    expected = StoreBusy if code == sqlite3.SQLITE_BUSY else CommitUnknown
    with pytest.raises(expected) as caught:
        finish(connection)  # type: ignore[arg-type]
    assert isinstance(caught.value.__cause__, sqlite3.Error)
    assert connection.said == (["COMMIT", "ROLLBACK"] if is_open else ["COMMIT"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(path, busy_timeout=0.0)
    store.open_desk("main", secret=b"x")
    yield store
    store.close()


def test_a_locked_file_is_busy_and_nothing_is_written(store: SqliteStore, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy) as caught:
        store.commit("main", CHANGES)
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
    assert store.load("main", Needs(claims=("key",))).claims == {}, "reading goes on while another one writes"
    other.execute("ROLLBACK")
    other.close()
    store.commit("main", CHANGES)


def test_a_number_that_is_too_large(store: SqliteStore) -> None:
    with pytest.raises(InvalidInput):
        store.allocate("main", "ticket", 2**70)
    assert store.allocate("main", "ticket", 1) == 1


def test_a_damaged_file(store: SqliteStore, path: Path) -> None:
    store.close()
    content = bytearray(path.read_bytes())
    content[4096 * 2 :] = b"\x7f" * (len(content) - 4096 * 2)
    path.write_bytes(content)
    with pytest.raises(CsdeskError) as caught, closing(SqliteStore(path)) as damaged:
        damaged.open_desk("main", secret=b"x")
    assert isinstance(caught.value, StoreError)
    assert isinstance(caught.value.__cause__, sqlite3.Error)


def test_after_close(store: SqliteStore) -> None:
    store.close()
    store.close()
    with pytest.raises(DeskClosed):
        store.load("main", Needs())
    with pytest.raises(DeskClosed):
        store.commit("main", CHANGES)
