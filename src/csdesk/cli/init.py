"""``csdesk init``: make a desk."""

from __future__ import annotations

from contextlib import closing
from importlib.resources import files
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer
from rich.text import Text

from csdesk.bootstrap import open_desk
from csdesk.cli._failing import CommandError, Exit
from csdesk.cli._opening import check_folder, media_of, open_store
from csdesk.cli._options import DEFAULT_DB, DEFAULT_DESK, Db, DeskName, Json, Lang
from csdesk.cli._output import Output
from csdesk.domain.policy.config import DeskConfig
from csdesk.errors import NotFound
from csdesk.ports.store import Query
from csdesk.stores.sqlite import SqliteStore

EXAMPLE = "csdesk.toml"
"""Where ``--example`` writes unless ``--config`` names a file."""


def init(
    *,
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    config: Annotated[
        Path | None, typer.Option("--config", help="The configuration (TOML or JSON).", metavar="FILE")
    ] = None,
    example: Annotated[
        bool,
        typer.Option("--example", help=f"First write a commented example there (or to {EXAMPLE}), and use it."),
    ] = False,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Make a desk; one that is there already stays as it is."""
    out = Output(as_json=as_json, locale=lang.locale)
    check_folder(db, out)
    if example:
        config = write_example(config or Path(EXAMPLE), out)
    policy = read_config(config, out) if config is not None else None
    was_there, digest = _make(db, desk, policy, out)
    if as_json:
        written = str(config) if example else None
        out.document({"desk": desk, "db": str(db), "made": not was_there, "config": digest, "example": written})
        return
    out.say("there_already" if was_there else "made", "bold", desk=desk, file=db)
    if example:
        out.say("example_written", file=config)
    _say_next(db, out)


def _make(db: Path, desk: str, policy: DeskConfig | None, out: Output) -> tuple[bool, str]:
    """Whether the desk was there, and the digest of its active configuration."""
    with closing(open_store(db, out)) as store:
        was_there = _is_there(store, desk)
        with open_desk(store, desk=desk, config=policy, media=media_of(db)) as made:
            return was_there, made.config.get().digest


def _is_there(store: SqliteStore, desk: str) -> bool:
    try:
        return store.count(desk, Query(kind="config")) > 0
    except NotFound:
        return False


def _say_next(db: Path, out: Output) -> None:
    out.say("next", "bold")
    for key, command in (("next.ingest", "ingest mail.mbox"), ("next.tickets", "tickets"), ("next.config", "config")):
        out.say(key, "dim")
        out.console.print(Text(f"  csdesk {command} --db {quote(str(db))}", "cyan"), soft_wrap=True)


def write_example(path: Path, out: Output) -> Path:
    """Write the commented example configuration to a file that must not exist yet."""
    text = files("csdesk.cli").joinpath("example.toml").read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise CommandError(
            Exit.CONFLICT, out.word("file_exists", file=path), out.word("file_exists.remedy", file=path)
        ) from None
    return path


def read_config(path: Path, out: Output) -> DeskConfig:
    """The configuration in a file: JSON if it is named so, otherwise TOML."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror or "" if isinstance(error, OSError) else out.word("not_utf8")
        code = Exit.NOT_FOUND if isinstance(error, FileNotFoundError) else Exit.USAGE
        raise CommandError(
            code, out.word("unreadable", file=path, problem=problem), out.word("unreadable.remedy")
        ) from None
    return DeskConfig.from_json(text) if path.suffix.lower() == ".json" else DeskConfig.from_toml(text)
