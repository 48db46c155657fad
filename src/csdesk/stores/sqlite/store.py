"""The store: each method finds the connection, runs plain functions on it, and translates the driver's errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any, Final, NoReturn, ParamSpec, TypeVar

from pydantic_core import PydanticSerializationError

from csdesk.domain.records.changes import ChangeSet, Committed, Needs, Snapshot
from csdesk.domain.records.events import Entry, Epochs
from csdesk.domain.records.messages import Direction, Message
from csdesk.errors import CsdeskError, DeskClosed, InvalidInput, NotFound
from csdesk.ports.store import (
    BackupReport,
    DeskRow,
    Leased,
    LeaseRequest,
    Maintained,
    Outlook,
    OutlookRequest,
    Page,
    Progress,
    Query,
    Row,
    Scrubbed,
    SearchHit,
    SearchRequest,
)
from csdesk.stores._asked import check_limit
from csdesk.stores.sqlite import (
    backup,
    entries,
    erasing,
    lease,
    narrowing,
    query,
    read,
    schema,
    scrubbing,
    upkeep,
    write,
)
from csdesk.stores.sqlite.connection import (
    Connections,
    Execute,
    Hands,
    Synchronous,
    Trace,
    Writing,
    check_library,
    check_place,
    make_private,
)
from csdesk.stores.sqlite.errors import translated
from csdesk.stores.sqlite.known import Known

_DESK: Final = (
    "SELECT pk,secret,config_epoch,phrases_epoch,agents_epoch,calendars_epoch,config FROM csdesk_desk WHERE name=?"
)
_NEW_DESK: Final = "INSERT INTO csdesk_desk(name,secret) VALUES(?,?) ON CONFLICT DO NOTHING"
_ALLOCATE: Final = (
    "INSERT INTO csdesk_number(desk,name,last) VALUES(?,?,?)"
    " ON CONFLICT(desk,name) DO UPDATE SET last=last+excluded.last RETURNING last"
)

T = TypeVar("T")
P = ParamSpec("P")


class SqliteCalls:
    """The calls of a ``Store`` over SQLite connections, however they came about. Described at ``Store``."""

    def __init__(self, connections: Hands, name: str, known: Known) -> None:
        self._hands = connections
        self._name = name
        self._known = known
        self._order = write.Order()
        self._upkeep = upkeep.Upkeep()
        self._desks: dict[str, int] = {}
        self._is_closed = False

    def open_desk(self, desk: str, *, secret: bytes) -> DeskRow:
        """The desk of that name, created with ``secret`` if it is new."""
        self._check_open(desk)
        row = self._translated(self._hands.write, _open_desk, desk, secret)
        self._desks[desk] = row[0]
        return DeskRow(name=desk, secret=row[1], epochs=Epochs(*row[2:6]), config=row[6])

    def load(self, desk: str, needs: Needs) -> Snapshot:
        """Everything that ``needs`` names and that exists, of one moment."""
        return self._read(read.load, desk, needs, self._known)

    def commit(self, desk: str, changes: ChangeSet) -> Committed:
        """Write all of it, or nothing."""
        todo = self._read(write.plan, desk, changes, self._known)
        committed: Committed = self._translated(self._hands.write, write.commit, todo, self._order)
        self._remember(todo)
        return committed

    def _remember(self, plan: write.Plan) -> None:
        known, desk = self._known, plan.desk
        for record in plan.puts.records:
            if not (isinstance(record, Message) and record.direction is Direction.IN):
                known.keep(desk, record)
            # What came in is hardly read again, and what is kept costs every pass of the garbage collector.

    def lease(self, desk: str, request: LeaseRequest) -> Leased:
        """Take due work."""
        check_limit(request.limit)
        work = self._read(lease.look, desk, request)
        if work.rows and request.what not in ("tickets", "customers"):
            work = self._translated(self._hands.write, lease.take, self._number(desk), request)
        return lease.leased(work, request)

    def outlook(self, desk: str, request: OutlookRequest) -> Outlook:
        """What lies ahead of the desk."""
        return self._read(lease.outlook, desk, request)

    def query(self, desk: str, query: Query) -> Page[Row]:
        """A page of records."""
        return self._read(_query, desk, query)

    def count(self, desk: str, query: Query) -> int:
        """How many records the query matches."""
        return self._read(_count, desk, query)

    def search(self, desk: str, request: SearchRequest) -> Page[SearchHit]:
        """Messages whose tokens match every phrase, newest first."""
        check_limit(request.limit)
        return self._read(narrowing.search, desk, request)

    def entries(self, desk: str, consumer: str, limit: int) -> tuple[Entry, ...]:
        """The next entries after what ``consumer`` acknowledged."""
        check_limit(limit)
        return self._read(entries.following, desk, consumer, limit)

    def ack(self, desk: str, consumer: str, position: str) -> None:
        """Remember that the consumer has dealt with everything up to ``position``."""
        number = self._number(desk)
        row = entries.row_of(number, position)
        self._translated(self._hands.write, _run, entries.acknowledge, number, consumer, row)

    def allocate(self, desk: str, counter: str, count: int) -> int:
        """Take ``count`` numbers of a counter; returns the first."""
        if count < 1:
            raise InvalidInput("count", "must be positive", "ask for at least one number")
        number = self._number(desk)
        last: int = self._translated(self._hands.write, _run, _allocate, number, counter, count)
        return last - count + 1

    def maintain(self, desk: str, now: datetime, limit: int) -> Maintained:
        """Expire claims, index texts of all desks in the file, and move the write-ahead log into it.

        A round looks at the next 10,000 claims; ``more`` tells of expired ones that the limit left among them.
        """
        check_limit(limit)
        number = self._number(desk)
        return self._translated(self._upkeep.maintain, self._hands, number, now, limit)

    def close(self) -> None:
        """Let go of the connections; closing twice is fine."""
        self._is_closed = True
        self._translated(self._hands.close)

    def _check_open(self, desk: str) -> None:
        if self._is_closed:
            raise DeskClosed(desk)

    def _number(self, desk: str) -> int:
        self._check_open(desk)
        number = self._desks.get(desk)
        if number is None:
            row = self._translated(self._hands.read, find_desk, desk)
            if row is None:
                raise NotFound("desk", desk)
            number = self._desks[desk] = row[0]
        return number

    def _read(self, work: Callable[..., T], desk: str, *args: object) -> T:
        found: T = self._translated(self._hands.read, work, self._number(desk), *args)
        return found

    def _translated(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return call(*args, **kwargs)
        except sqlite3.ProgrammingError as error:
            raise self._misused(error) from error
        except (sqlite3.Error, OverflowError) as error:
            raise translated(error) from error
        except (UnicodeEncodeError, PydanticSerializationError):
            # Its message quotes the text itself, so it is not chained.
            raise InvalidInput("text", "holds what UTF-8 JSON cannot", "pass text without lone surrogates") from None

    def _misused(self, error: sqlite3.ProgrammingError) -> CsdeskError:
        """What it means that the driver refuses a call."""
        return DeskClosed(self._name) if self._is_closed else translated(error)


class SqliteStore(SqliteCalls):
    """A ``Store`` in one SQLite file, which is made if it is not there. Methods are described at ``Store``.

    Args:
        path: the file; its folder must exist, on a local disk. Two more files stand beside it while it is open. One
            that is made is closed to all but its owner and group.
        synchronous: ``"FULL"`` keeps every commit through a loss of power; ``"NORMAL"`` is faster, keeps the file
            whole, and may lose the last commits then (never at a crash of the process alone).
        busy_timeout: how many seconds a call waits for another process that writes.
        autocheckpoint: the size of the write-ahead log, in pages of 4 KB, at which a commit moves it into the file.
            ``maintain`` does so earlier and off the path of commits; 0 leaves it to ``maintain`` alone.
        trace: is told the text of every statement that runs, for tests and for tuning.

    Raises:
        StoreError: there is no such folder, or it or the file cannot be written.
        StoreDamaged: the file is not a csdesk store.
        SchemaTooNew: a newer release wrote it.
        UnsupportedFeature: this Python's SQLite is too old, or lacks JSON or FTS5.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        synchronous: Synchronous = "FULL",
        busy_timeout: float = 30.0,
        autocheckpoint: int = 10_000,
        trace: Trace | None = None,
    ) -> None:
        check_library()
        self._path = Path(path)
        check_place(self._path)
        make_private(self._path)
        self._connections = Connections(
            self._path,
            synchronous=synchronous,
            busy_timeout=busy_timeout,
            autocheckpoint=autocheckpoint,
            trace=trace,
        )
        super().__init__(self._connections, self._path.name, Known())
        try:
            self._translated(self._connections.write, schema.prepare, self._path.name)
        except BaseException:
            self._connections.close()
            raise

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def __repr__(self) -> str:
        return f"SqliteStore({str(self._path)!r})"

    def commit_together(self, desk: str, changes: Sequence[ChangeSet]) -> tuple[Committed | CsdeskError, ...]:
        """Write change sets in one transaction, each all or nothing by itself."""
        number = self._number(desk)
        plans = [self._planned(number, one) for one in changes]
        todo = [plan for plan in plans if isinstance(plan, write.Plan)]
        written = iter(self._translated(self._connections.write, write.commit_together, todo, self._order))
        return tuple(self._outcome(plan, written) for plan in plans)

    def _planned(self, desk: int, changes: ChangeSet) -> write.Plan | CsdeskError:
        try:
            return self._translated(self._connections.read, write.plan, desk, changes, self._known)
        except CsdeskError as error:
            return error

    def _outcome(
        self, plan: write.Plan | CsdeskError, written: Iterator[Committed | Exception]
    ) -> Committed | CsdeskError:
        if isinstance(plan, CsdeskError):
            return plan
        outcome = next(written)
        if isinstance(outcome, Committed):
            self._remember(plan)
            return outcome
        try:
            return self._translated(_raise, outcome)
        except CsdeskError as error:
            return error

    def backup(
        self,
        target: Path,
        *,
        overwrite: bool = False,
        progress: Progress | None = None,
        before_placed: Callable[[], None] | None = None,
    ) -> BackupReport:
        """Copy all desks of the file to another one, as of now, while they are used.

        The write-ahead log grows by what others write meanwhile.
        """
        self._check_open(self._name)
        return self._translated(
            backup.backup,
            self._path,
            Path(target),
            overwrite=overwrite,
            progress=progress,
            before_placed=before_placed,
        )

    def scrub(self, limit: int) -> Scrubbed:
        """Remove what deleted rows of all desks left behind, in the search index and in the write-ahead log.

        ``busy`` while somebody, here or in another process, reads an older state of the file.
        """
        check_limit(limit)
        self._check_open(self._name)
        return self._translated(scrubbing.scrub, self._connections, limit)

    def media_in_use(self, digests: Sequence[str]) -> frozenset[str]:
        """Which of these media any desk of the file refers to."""
        self._check_open(self._name)
        return self._translated(self._connections.read, erasing.media_in_use, digests)

    def written_by(self, desk: str, identities: Sequence[str], after: str, limit: int) -> tuple[tuple[str, ...], str]:
        """The messages with these identities among the next ``limit`` ones, and where to go on."""
        check_limit(limit)
        return self._read(erasing.written_by, desk, identities, after, limit)


def _raise(error: Exception) -> NoReturn:
    raise error


# ``Any``: rows of the driver.
def find_desk(execute: Execute, desk: str) -> Any:
    """The row of a desk: its number, secret, epochs and configuration; None if there is no such desk."""
    return execute(_DESK, (desk,)).fetchone()


def _open_desk(connection: Writing, desk: str, secret: bytes) -> Any:
    found = find_desk(connection.execute, desk)
    if found is None:
        _run(connection, lambda execute: execute(_NEW_DESK, (desk, secret)))
        found = find_desk(connection.execute, desk)
    return found


def _run(connection: Writing, work: Callable[..., T], *args: object) -> T:
    """Do the work in a transaction of its own."""
    execute = connection.execute
    execute("BEGIN IMMEDIATE")
    try:
        result = work(execute, *args)
    except BaseException:
        execute("ROLLBACK")
        raise
    write.finish(connection)
    return result


def _allocate(execute: Execute, desk: int, counter: str, count: int) -> int:
    last: int = execute(_ALLOCATE, (desk, counter, count)).fetchall()[0][0]
    return last


def _query(execute: Execute, desk: int, asked: Query) -> Page[Row]:
    return query.query(execute, desk, asked)


def _count(execute: Execute, desk: int, asked: Query) -> int:
    return query.count(execute, desk, asked)
