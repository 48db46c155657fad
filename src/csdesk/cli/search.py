"""``csdesk search``: find messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from csdesk.cli._opening import open_existing
from csdesk.cli._options import DEFAULT_DB, DEFAULT_DESK, Db, DeskName, Json, Lang
from csdesk.cli._output import Output, cell, local, shortened
from csdesk.cli._rows import People, author, message_row, said
from csdesk.cli.tickets import find_agent
from csdesk.domain.ids import CustomerId
from csdesk.domain.records.messages import Direction
from csdesk.domain.records.tickets import Category


def search(  # noqa: PLR0913  one for each option
    *,
    text: Annotated[str, typer.Argument(help="What the messages must contain, every part of it.")],
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    queue: Annotated[str | None, typer.Option("--queue", help="Of tickets in this queue.")] = None,
    account: Annotated[str | None, typer.Option("--account", help="Which came or went through it.")] = None,
    customer: Annotated[str | None, typer.Option("--customer", help="Of tickets of this customer, by id.")] = None,
    agent: Annotated[str | None, typer.Option("--agent", help="Of tickets with this agent: name or id.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Which this agent wrote: name or id.")] = None,
    category: Annotated[list[Category] | None, typer.Option("--category", help="Of tickets in it; repeatable.")] = None,
    direction: Annotated[Direction | None, typer.Option("--direction", help="Which way they went.")] = None,
    since: Annotated[
        datetime | None, typer.Option("--since", help="Said then or later, on this machine's clock.")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--until", help="Said before that.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="How many, 1 to 1000.", min=1, max=1000)] = 20,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Search messages, newest first. With --json: one JSON object a line."""
    out = Output(as_json=as_json, locale=lang.locale)
    with open_existing(db, desk, out) as opened:
        people = People(opened)
        found = opened.tickets.search(
            text,
            queue=queue,
            account=account,
            customer=CustomerId(customer) if customer is not None else None,
            assignee=find_agent(people, agent, out) if agent is not None else None,
            author=find_agent(people, by, out) if by is not None else None,
            category=category or None,
            direction=direction,
            since=since.astimezone() if since is not None else None,
            until=until.astimezone() if until is not None else None,
            limit=limit,
        ).items
        if as_json:
            out.lines({"number": one.ticket.number, **message_row(one.message)} for one in found)
            return
        if not found:
            out.say("search.none")
            if len(text.strip()) == 1 and text.strip() > "\u2e7f":
                out.say("search.short", "dim")
            return
        table = out.table(">number", "when", "who", "said")
        for one in found:
            table.add_row(
                cell(one.ticket.number),
                cell(local(one.message.occurred_at)),
                cell(shortened(author(one.message, people, out), 24)),
                cell(shortened(said(one.message), 160)),
            )
        out.show(table)
