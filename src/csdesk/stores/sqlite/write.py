"""The commit: everything is encoded and planned first, then written in one transaction that holds the file briefly."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from csdesk.domain.records.changes import ChangeSet, Committed, EpochName
from csdesk.domain.records.customers import Customer
from csdesk.errors import CsdeskError, VersionConflict
from csdesk.stores.sqlite import claims, entries, erasing, links, queues, search
from csdesk.stores.sqlite.connection import Execute, Writing
from csdesk.stores.sqlite.entries import Keys
from csdesk.stores.sqlite.errors import translated_commit
from csdesk.stores.sqlite.known import Known
from csdesk.stores.sqlite.puts import Puts, plan_puts
from csdesk.stores.sqlite.seats import arrange, orders_text
from csdesk.stores.sqlite.tables import TABLES
from csdesk.stores.sqlite.values import Cells, micros

_HEAD: Final = (
    "SELECT config_epoch,coalesce((SELECT max(pk) FROM csdesk_entry WHERE pk>? AND pk<=?),?)"
    " FROM csdesk_desk WHERE pk=?"
)
_CUSTOMERS: Final = TABLES[Customer]
_SEEN: Final = f"UPDATE csdesk_customer SET seen_at=? WHERE {_CUSTOMERS.where} AND (seen_at IS NULL OR seen_at<?)"  # noqa: S608  # constants
_CONFIG: Final = (
    "INSERT INTO csdesk_config(desk,digest,activated_at,body,orders) VALUES(?,?,?,?,?)"
    " ON CONFLICT(desk,digest) DO UPDATE SET activated_at=excluded.activated_at, body=excluded.body,"
    " orders=excluded.orders"
)


_OWN: Final = (CsdeskError, OverflowError, UnicodeEncodeError, sqlite3.DataError, sqlite3.IntegrityError)
"""What a change set can get wrong by itself. Any other error is the file's, and takes the whole transaction with it."""


class Order:
    """Numbers commits in order, those of this process without entries too: later work has a higher number.

    Commits without entries of several processes may get one number; such agents then count as equally idle.
    """

    _BITS: Final = 20

    def __init__(self) -> None:
        self._last = 0

    def after(self, row: int, room: int) -> int:
        """The number of a commit whose last entry is that row; as many that follow it, below 2**20, are its own."""
        first = max(self._last + 1, (row & ((1 << 40) - 1)) << self._BITS)
        self._last = first + room
        return first


class Plan(NamedTuple):
    """A commit with everything encoded."""

    desk: int
    changes: ChangeSet
    puts: Puts
    claims: list[Cells]
    seen: dict[str, int]
    """Marks of customers that are not born in this commit."""
    entries: list[Cells]
    keys: list[Keys]
    """What the entries are linked to."""


def plan(execute: Execute, desk: int, changes: ChangeSet, known: Known) -> Plan:
    """Encode the commit. ``execute`` reads old documents that are not known."""
    seen: dict[str, int] = {}
    for mark in changes.seen:
        at = micros(mark.at)
        seen[mark.customer] = max(at, seen.get(mark.customer, at))
    puts = plan_puts(execute, desk, changes.puts, seen, known)
    for key in puts.born:
        seen.pop(key, None)
    rows = claims.claim_cells(desk, changes.claims)
    told = changes.entries
    return Plan(desk, changes, puts, rows, seen, entries.entry_cells(desk, told), entries.entry_keys(told))


def commit(connection: Writing, todo: Plan, order: Order) -> Committed:
    """Write it, or raise and write nothing.

    Raises:
        CommitUnknown: it may have been written.
    """
    execute = connection.execute
    execute("BEGIN IMMEDIATE")
    try:
        committed = _write(execute, todo, order)
    except BaseException:
        execute("ROLLBACK")
        raise
    finish(connection)
    return committed


def commit_together(connection: Writing, todo: Sequence[Plan], order: Order) -> list[Committed | Exception]:
    """Write each by itself in one transaction; what one raises is its own answer, what breaks the file raises.

    Raises:
        CommitUnknown: they may have been written.
    """
    execute = connection.execute
    execute("BEGIN IMMEDIATE")
    try:
        outcomes = [_apart(connection, one, order) for one in todo]
    except BaseException:
        if connection.in_transaction:
            execute("ROLLBACK")
        raise
    finish(connection)
    return outcomes


def _apart(connection: Writing, todo: Plan, order: Order) -> Committed | Exception:
    execute = connection.execute
    execute("SAVEPOINT one")
    try:
        committed = _write(execute, todo, order)
    except _OWN as error:
        execute("ROLLBACK TO one")
        execute("RELEASE one")
        return error
    execute("RELEASE one")
    return committed


def finish(connection: Writing) -> None:
    """Commit the open transaction; if that fails, end it.

    Raises:
        CommitUnknown: it may have been written.
    """
    try:
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.Error):
            raise translated_commit(error) from error
        raise


def _write(execute: Execute, todo: Plan, order: Order) -> Committed:
    desk, changes = todo.desk, todo.changes
    last = _last_row(execute, desk, changes.config_epoch)
    todo.puts.run(execute)
    owners = claims.take(execute, desk, changes.claims, todo.claims) if todo.claims else {}
    claims.move(execute, desk, changes.moves)
    last += len(todo.entries)
    if changes.deltas:
        claims.count(execute, desk, changes.deltas, order.after(last, len(changes.deltas)))
    for customer, at in todo.seen.items():
        execute(_SEEN, (at, desk, _CUSTOMERS.key(customer), at))
    if changes.strips:
        erasing.strip(execute, desk, changes.strips)
    if todo.entries:
        entries.append(execute, last - len(todo.entries), todo.entries)
    rows = [*todo.puts.links, *entries.links(desk, last - len(todo.entries), todo.keys)]
    if rows:
        links.add(execute, rows)
    queues.write(execute, desk, changes)
    if changes.inbox or changes.inbox_done:
        erasing.refer_items(execute, desk, changes.inbox_done, changes.inbox)
    if todo.puts.changed:
        search.index_again(execute, desk, todo.puts.changed)
    _write_desk(execute, desk, changes)
    return Committed(entries.position_of(last), owners)


def _last_row(execute: Execute, desk: int, expected: int | None) -> int:
    first = entries.first_row(desk)
    row = execute(_HEAD, (first, entries.last_row(desk), first, desk)).fetchone()
    if expected is not None and row[0] != expected:
        raise VersionConflict("config", "epoch", expected=expected)
    last: int = row[1]
    return last


def _write_desk(execute: Execute, desk: int, changes: ChangeSet) -> None:
    for name in changes.bumps:
        execute(_bump_sql(name), (desk,))
    if changes.config is not None:
        row = changes.config
        execute(_CONFIG, (desk, row.digest, micros(row.activated_at), row.body, orders_text(row.orders)))
        execute("UPDATE csdesk_desk SET config=? WHERE pk=?", (row.digest, desk))
        arrange(execute, desk, row.orders)


@cache
def _bump_sql(name: EpochName) -> str:
    return f"UPDATE csdesk_desk SET {name.value}_epoch={name.value}_epoch+1 WHERE pk=?"  # noqa: S608
