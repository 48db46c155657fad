"""What SQLite's errors mean: one table from result codes to csdesk's own errors.

Messages tell what happened and what to do; the driver's own words stay behind them as ``__cause__``, because they may
name columns or hold parts of a statement.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from csdesk.errors import CommitUnknown, InvalidInput, StoreBusy, StoreDamaged, StoreError, UnsupportedFeature, sentence

_BUSY: Final = "the SQLite file is locked by another writer; try again, or give the store a longer busy_timeout"

TABLE: Final[Mapping[int, tuple[type[StoreError], str]]] = {
    sqlite3.SQLITE_BUSY: (StoreBusy, _BUSY),
    sqlite3.SQLITE_LOCKED: (StoreBusy, _BUSY),
    sqlite3.SQLITE_PROTOCOL: (StoreBusy, _BUSY),
    sqlite3.SQLITE_INTERRUPT: (StoreBusy, "the statement was interrupted; nothing was written, try again"),
    sqlite3.SQLITE_NOMEM: (StoreBusy, "SQLite found no memory; free some and try again"),
    sqlite3.SQLITE_FULL: (StoreBusy, "the disk is full; free some space and try again"),
    sqlite3.SQLITE_CORRUPT: (StoreDamaged, "the SQLite file is corrupt; restore a backup"),
    sqlite3.SQLITE_NOTADB: (StoreDamaged, "the file is no SQLite database; give the path of a csdesk store"),
    sqlite3.SQLITE_SCHEMA: (StoreDamaged, "the tables were changed while they were used; open the store again"),
    sqlite3.SQLITE_CONSTRAINT: (StoreDamaged, "a row breaks a rule of its table; check the file's integrity"),
    sqlite3.SQLITE_MISMATCH: (StoreDamaged, "a row holds a value of the wrong type; check the file's integrity"),
    sqlite3.SQLITE_CANTOPEN: (StoreError, "the SQLite file cannot be opened; check its folder and its permissions"),
    sqlite3.SQLITE_READONLY: (StoreError, "the SQLite file is read-only; check its permissions and its disk"),
    sqlite3.SQLITE_PERM: (StoreError, "the SQLite file may not be accessed; check its permissions"),
    sqlite3.SQLITE_AUTH: (StoreError, "the SQLite file may not be accessed; check its permissions"),
    sqlite3.SQLITE_IOERR: (StoreError, "the disk failed to read or write the SQLite file; check the disk"),
    sqlite3.SQLITE_NOLFS: (StoreError, "the file system is too small for the SQLite file; move it"),
    sqlite3.SQLITE_ERROR: (StoreDamaged, "SQLite refused a statement; the file's tables are not as csdesk made them"),
}
"""From a primary result code to the error and what it says."""

NOT_WRITTEN: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
    }
)
"""Codes that COMMIT gives before the mark that makes a commit valid is on disk: surely nothing was written."""


def primary_code(error: sqlite3.Error) -> int | None:
    """The primary result code of an error, None if SQLite itself did not raise it."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def translated(error: sqlite3.Error | sqlite3.Warning | OverflowError) -> StoreError | InvalidInput:
    """The csdesk error for a driver's error outside COMMIT: nothing was written.

    A file that is locked was waited for, as long as ``busy_timeout`` allows: the error says so, and nobody waits again.
    """
    if isinstance(error, OverflowError | sqlite3.DataError):
        return InvalidInput("value", "too large for SQLite", "pass integers of 64 bits and texts under 1 GB")
    code = primary_code(error) if isinstance(error, sqlite3.Error) else None
    if code == sqlite3.SQLITE_TOOBIG:
        return InvalidInput("value", "too large for SQLite", "pass integers of 64 bits and texts under 1 GB")
    if code is None or code not in TABLE:
        return StoreError("SQLite failed in an unexpected way; see the cause")
    kind, problem = TABLE[code]
    waited = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY  # its extended codes come at once
    return kind(problem, waited=True) if waited else kind(problem)


def translated_commit(error: sqlite3.Error) -> StoreError | InvalidInput:
    """The csdesk error for a driver's error during COMMIT."""
    if primary_code(error) in NOT_WRITTEN:
        return translated(error)
    return CommitUnknown("SQLite failed while it committed; read the claim to find out whether it happened")


def unsupported(feature: str) -> UnsupportedFeature:
    """The error for a power that this build of SQLite lacks."""
    return UnsupportedFeature(
        sentence("SQLite {version}", version=sqlite3.sqlite_version),
        feature,
        "use a Python whose SQLite is 3.35 or newer with JSON and FTS5",
    )
