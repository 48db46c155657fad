"""Opening the desk that a command names. Commands other than ``init`` and ``demo`` never make one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from csdesk.bootstrap import open_desk
from csdesk.cli._failing import CommandError, Exit, complain, told
from csdesk.cli._output import Output
from csdesk.desk.shell import Desk
from csdesk.domain.locale.render import render
from csdesk.domain.policy.config import DeskConfig
from csdesk.errors import ConfigUnreadable, NotFound, StoreDamaged, StoreError
from csdesk.ports.media import MediaStore
from csdesk.ports.store import Query
from csdesk.stores.media import FolderMedia
from csdesk.stores.sqlite import SqliteStore


@contextmanager
def open_existing(db: Path, desk: str, out: Output) -> Iterator[Desk]:
    """The desk of that name in that file, for the length of the block.

    Raises:
        CommandError: there is no such file, no such desk in it, or it cannot be opened.
    """
    check_file(db, out)
    with closing(open_store(db, out)) as store:
        try:
            store.count(desk, Query(kind="config"))
        except NotFound as error:
            if error.kind != "desk":
                raise
            raise CommandError(
                Exit.NOT_FOUND,
                out.word("no_desk", desk=desk, file=db),
                out.word("no_desk.remedy", desk=desk, file=db),
            ) from None
        with open_desk(store, desk=desk, media=media_of(db)) as opened:
            yield opened
            _warn(opened, out)


def _warn(desk: Desk, out: Output) -> None:
    """Say that a desk can only be read, and why."""
    problem = config_of(desk) if desk.notices == ("config.unreadable",) else None
    if isinstance(problem, ConfigUnreadable):
        complain(*told(problem, out.locale))


def config_of(desk: Desk) -> DeskConfig | ConfigUnreadable:
    """The configuration in force, or what keeps this release from using it."""
    try:
        return desk.config.get()
    except ConfigUnreadable as error:
        return error


def open_store(db: Path, out: Output) -> SqliteStore:
    """The store in that file, which is made if it is new.

    Raises:
        CommandError: it cannot be opened; the message names the file.
    """
    try:
        return SqliteStore(db)
    except StoreError as error:
        raise CommandError(
            Exit.STORE,
            out.word("bad_store", file=db, problem=render(error, out.locale)),
            out.word("remedy.store_damaged") if isinstance(error, StoreDamaged) else "",
        ) from error


def check_file(db: Path, out: Output) -> None:
    """Make sure that the file is there.

    Raises:
        CommandError: it is not.
    """
    if not db.is_file():
        raise CommandError(Exit.NOT_FOUND, out.word("no_file", file=db), out.word("no_file.remedy", file=db))


def check_folder(db: Path, out: Output) -> None:
    """Make sure that a file can be made there.

    Raises:
        CommandError: its folder is missing.
    """
    folder = db.parent
    if not folder.is_dir():
        raise CommandError(
            Exit.NOT_FOUND, out.word("no_folder", folder=folder), out.word("no_folder.remedy", folder=folder)
        )


def media_of(db: Path) -> MediaStore:
    """Where the files of that desk lie: beside the database, as ``open_desk`` has it."""
    return FolderMedia(media_folder(db))


def media_folder(db: Path) -> Path:
    """The folder beside a database."""
    return db.with_name(db.name + ".media")


def check_target(target: Path, out: Output, *, overwrite: bool) -> None:
    """Refuse to write over a file that is there.

    Raises:
        CommandError: it is, and nobody said to replace it.
    """
    if target.is_file() and not overwrite:
        raise CommandError(Exit.CONFLICT, out.word("file_exists", file=target), out.word("backup.exists.remedy"))
