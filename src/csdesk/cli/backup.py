"""``csdesk backup``: copy a file of desks and its media while others use them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from csdesk.cli._failing import CommandError, Exit
from csdesk.cli._opening import check_file, check_folder, media_folder, media_of, open_store
from csdesk.cli._options import DEFAULT_DB, Db, Json, Lang
from csdesk.cli._output import Output
from csdesk.engine.backup import back_up
from csdesk.stores.media import FolderMedia


def backup(
    *,
    target: Annotated[Path, typer.Argument(help="The file to write; media go to TARGET.media.")],
    db: Db = DEFAULT_DB,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace TARGET if it is there.")] = False,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Copy a file of desks and its media while they are used."""
    out = Output(as_json=as_json, locale=lang.locale)
    check_file(db, out)
    check_folder(target, out)
    if target.exists() and not overwrite:
        raise CommandError(Exit.CONFLICT, out.word("file_exists", file=target), out.word("backup.exists.remedy"))
    with closing(open_store(db, out)) as store, out.gauge("backing_up") as progress:
        report = back_up(store, media_of(db), FolderMedia, target, overwrite=overwrite, progress=progress)
    folder = media_folder(target)
    if as_json:
        out.document(
            {
                "db": str(db),
                "target": str(report.path),
                "bytes": report.bytes,
                "pages": report.pages,
                "media_folder": str(folder),
                "media": report.media,
            }
        )
        return
    out.say("backup.done", file=report.path, db=db, bytes=report.bytes, media=report.media, folder=folder)
