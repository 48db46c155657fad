"""``csdesk search``: find messages."""

from __future__ import annotations

from typing import Annotated

import typer

from csdesk.cli._opening import open_existing
from csdesk.cli._options import DEFAULT_DB, DEFAULT_DESK, Db, DeskName, Json, Lang
from csdesk.cli._output import Output, cell, local, shortened
from csdesk.cli._rows import People, author, message_row, said


def search(
    *,
    text: Annotated[str, typer.Argument(help="What the messages must contain, every part of it.")],
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    limit: Annotated[int, typer.Option("--limit", help="How many, 1 to 1000.", min=1, max=1000)] = 20,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Search messages, newest first. With --json: one JSON object a line."""
    out = Output(as_json=as_json, locale=lang.locale)
    with open_existing(db, desk, out) as opened:
        found = opened.tickets.search(text, limit=limit).items
        if as_json:
            out.lines({"number": one.ticket.number, **message_row(one.message)} for one in found)
            return
        if not found:
            out.say("search.none")
            return
        people = People(opened)
        table = out.table(">number", "when", "who", "said")
        for one in found:
            table.add_row(
                cell(one.ticket.number),
                cell(local(one.message.occurred_at)),
                cell(shortened(author(one.message, people, out), 24)),
                cell(shortened(said(one.message), 160)),
            )
        out.show(table)
