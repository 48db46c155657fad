"""``csdesk inbox``: what did not reach a ticket, and what was wrong with it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from csdesk.cli._opening import open_existing
from csdesk.cli._options import DEFAULT_DB, DEFAULT_DESK, Db, DeskName, Json, Lang
from csdesk.cli._output import JsonValue, Output, cell, instant, local
from csdesk.domain.locale.render import render
from csdesk.domain.records.queues import InboxItem, InboxState


def inbox(
    *,
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    state: Annotated[InboxState | None, typer.Option("--state", help="Only in that state.")] = None,
    account: Annotated[str | None, typer.Option("--account", help="Only what came through it.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="How many, 1 to 1000.", min=1, max=1000)] = 30,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """List messages that did not reach a ticket, and why, oldest first. With --json: one JSON object a line."""
    out = Output(as_json=as_json, locale=lang.locale)
    with open_existing(db, desk, out) as opened:
        found = opened.inbox.list(state=state, account=account, limit=limit).items
    if as_json:
        out.lines(_row(one) for one in found)
        return
    if not found:
        out.say("inbox.none")
        return
    table = out.table("when", "account", "state", "why")
    for one in found:
        table.add_row(
            cell(local(one.created_at)), cell(one.account), cell(out.word(f"inbox.{one.state}")), _why(one, out)
        )
        table.add_row("", "", "", cell(one.id, "dim"))
    out.show(table)


def _why(item: InboxItem, out: Output) -> Text:
    return cell(render(item.error, out.locale, **item.params) if item.error else "")


def _row(item: InboxItem) -> JsonValue:
    return {
        "id": item.id,
        "account": item.account,
        "state": item.state.value,
        "error": item.error,
        "kind": item.detail,
        "params": item.params,
        "attempts": item.attempts,
        "created_at": instant(item.created_at),
    }
