"""``csdesk config``: see, check or change the configuration of a desk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from csdesk.cli._opening import config_of, open_existing
from csdesk.cli._options import DEFAULT_DB, DEFAULT_DESK, Db, DeskName, Json, Lang
from csdesk.cli._output import JsonValue, Output, instant, local
from csdesk.cli.init import read_config
from csdesk.desk.shell import Desk
from csdesk.domain.policy.config import DeskConfig
from csdesk.errors import ConfigUnreadable


def config(
    *,
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    activate: Annotated[
        Path | None, typer.Option("--activate", help="Make the configuration in that file active.", metavar="FILE")
    ] = None,
    check: Annotated[
        Path | None, typer.Option("--check", help="Only say whether that file is usable.", metavar="FILE")
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="List every configuration that was active.")] = False,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Show the configuration in force, or check, activate or list configurations."""
    out = Output(as_json=as_json, locale=lang.locale)
    if check is not None:
        _check(check, out)
        return
    given = read_config(activate, out) if activate is not None else None
    with open_existing(db, desk, out) as opened:
        if given is not None:
            _activate(opened, given, out)
        elif history:
            _list(opened, out)
        else:
            _show(opened, out)


def _check(path: Path, out: Output) -> None:
    digest = read_config(path, out).digest
    if out.as_json:
        out.document({"file": str(path), "usable": True, "digest": digest})
    else:
        out.say("config.good", file=path, digest=digest[:12])


def _activate(desk: Desk, given: DeskConfig, out: Output) -> None:
    changed = desk.config.activate(given)
    if out.as_json:
        out.document({"desk": desk.name, "digest": given.digest, "changed": changed})
    else:
        out.say("config.changed" if changed else "config.same", digest=given.digest[:12])


def _list(desk: Desk, out: Output) -> None:
    rows = desk.config.history(limit=1000).items
    if out.as_json:
        out.lines({"digest": one.digest, "activated_at": instant(one.activated_at)} for one in rows)
        return
    table = out.table("digest", "activated")
    for one in rows:
        table.add_row(one.digest[:12], local(one.activated_at))
    out.show(table)


def _show(desk: Desk, out: Output) -> None:
    found = config_of(desk)
    digest, text = (
        _as_stored(desk, found) if isinstance(found, ConfigUnreadable) else (found.digest, found.canonical_json())
    )
    if out.as_json:
        problems = [one._asdict() for one in found.problems] if isinstance(found, ConfigUnreadable) else []
        out.document({"desk": desk.name, "digest": digest, "config": _settings(text), "problems": problems})
        return
    out.say("config.active", "bold", desk=desk.name, digest=digest[:12])
    settings = _settings(text)
    out.print(settings if isinstance(settings, str) else json.dumps(settings, ensure_ascii=False, indent=2))


def _as_stored(desk: Desk, found: ConfigUnreadable) -> tuple[str, str]:
    rows = desk.config.history(limit=1000).items
    return found.active, next((one.body for one in rows if one.digest == found.active), "")


def _settings(text: str) -> JsonValue:
    """The settings of a stored configuration; its text if it is no JSON."""
    try:
        found: JsonValue = json.loads(text)
    except ValueError:
        return text
    return found
