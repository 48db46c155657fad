"""The online backup: SQLite copies the file page by page while others write.

The source is read inside one transaction: it is one moment of the file, and what others commit meanwhile neither shows
nor makes the copy begin anew. Until it ends, the write-ahead log only grows. The copy is taken out of WAL, so that it
is one file; opening it as a store puts it back.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from csdesk.errors import InvalidInput, StoreDamaged, StoreError, sentence
from csdesk.ports.store import BackupReport, Progress
from csdesk.stores._files import sync_folder

_STEP: Final = 1000
"""How many pages are copied at a time, between two reports of progress."""

_BESIDE: Final = ("-wal", "-shm", "-journal")
"""The ends of the names of files that SQLite keeps beside its own."""


def backup(
    source: Path,
    target: Path,
    *,
    overwrite: bool,
    progress: Progress | None,
    before_placed: Callable[[], None] | None,
) -> BackupReport:
    """Copy the file ``source``; see ``csdesk.ports.store.Backup``."""
    try:
        _check(source, target, overwrite=overwrite)
        with _temporary(target) as temporary:
            pages = _copy(source, temporary, progress)
            with temporary.open("r+b") as file:
                os.fsync(file.fileno())
            if before_placed is not None:
                before_placed()
            size = temporary.stat().st_size
            temporary.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        if error.errno in {errno.ENAMETOOLONG, errno.EINVAL}:
            raise InvalidInput("target", "is no name for a file here", "pass a shorter or simpler one") from error
        raise StoreError(
            sentence(
                "the backup {name} cannot be written; check its folder, its permissions and the free space",
                name=target.name,
            )
        ) from error
    return BackupReport(path=target, bytes=size, pages=pages)


def _check(source: Path, target: Path, *, overwrite: bool) -> None:
    if not target.parent.is_dir():
        raise InvalidInput(
            "target",
            sentence("there is no folder {folder}", folder=str(target.parent)),
            "make it first, or name another one",
        )
    if target.is_dir():
        raise InvalidInput("target", sentence("{target} is a folder", target=str(target)), "name a file in it")
    own = source.resolve()
    if target.resolve() in {own, *(own.with_name(own.name + end) for end in _BESIDE)} or _is_same(source, target):
        raise InvalidInput("target", sentence("{target} is the store itself", target=str(target)), "name another file")
    if target.exists() and not overwrite:
        raise InvalidInput(
            "target",
            sentence("{target} is there already", target=str(target)),
            "name another file, or pass overwrite=True",
        )
    # SQLite would take what a log beside the file holds into the copy, and so destroy it.
    if any(target.with_name(target.name + end).exists() for end in _BESIDE):
        raise InvalidInput(
            "target",
            sentence("{target} is in use, or was not closed", target=str(target)),
            "close that desk, or name another file",
        )


def _is_same(source: Path, target: Path) -> bool:
    return target.exists() and source.samefile(target)


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """A new file beside the target; nothing of it stays unless it was moved away."""
    handle, name = tempfile.mkstemp(prefix=f"{target.name}.", suffix=".part", dir=target.parent)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        for end in ("", *_BESIDE):
            Path(name + end).unlink(missing_ok=True)


def _copy(source: Path, target: Path, progress: Progress | None) -> int:
    """Copy all pages as of now, and check the copy; returns their number."""

    def tell(_: int, left: int, total: int) -> None:
        if progress is not None:
            progress(total - left, total)

    with (
        closing(sqlite3.connect(source, isolation_level=None)) as reading,
        closing(sqlite3.connect(target, isolation_level=None)) as writing,
    ):
        # No journal, no syncs: a copy that is not finished is thrown away, and a finished one is synced as a whole.
        for pragma in ("journal_mode=OFF", "synchronous=OFF"):
            writing.execute("PRAGMA " + pragma).fetchall()
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
        reading.backup(writing, pages=_STEP, progress=tell)
        reading.execute("ROLLBACK")
        writing.execute("PRAGMA journal_mode=DELETE").fetchall()
        if writing.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            raise StoreDamaged("the SQLite file is corrupt, and so would be its copy; restore an earlier backup")
        pages: int = writing.execute("PRAGMA page_count").fetchone()[0]
    return pages
