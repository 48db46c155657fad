"""``csdesk tickets``: list tickets."""

from __future__ import annotations

from typing import Annotated, Final

import typer
from rich.text import Text

from csdesk.cli._failing import CommandError, Exit
from csdesk.cli._opening import open_existing
from csdesk.cli._options import DEFAULT_DB, DEFAULT_DESK, Db, DeskName, Json, Lang
from csdesk.cli._output import Output, cell, fitted, local
from csdesk.cli._rows import People, customer_name, next_due, ticket_row, topic, worker_name
from csdesk.desk.shell import Desk
from csdesk.domain.ids import AgentId
from csdesk.domain.records.tickets import Category, Priority, Ticket

_STYLES: Final = {Priority.URGENT: "bold red", Priority.HIGH: "yellow", Priority.LOW: "dim"}
_WIDE: Final = 105
"""From this width on, priority and last change have columns of their own."""
_BESIDE: Final = 57
"""How wide the other columns are together, and below with those two."""
_BESIDE_WIDE: Final = 82
_LEAST_SUBJECT: Final = 10
_MOST_NAME: Final = 14


def tickets(
    *,
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    queue: Annotated[str | None, typer.Option("--queue", help="Only of that queue.")] = None,
    category: Annotated[list[Category] | None, typer.Option("--category", help="Only in that state.")] = None,
    assignee: Annotated[str | None, typer.Option("--assignee", help="Only with that agent: name or id.")] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="Only with that tag.")] = None,
    site: Annotated[str | None, typer.Option("--site", help="Only of that site and those below it.")] = None,
    due: Annotated[
        bool, typer.Option("--due", help="Those whose first clock is due first; choose states, or all are sorted.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", help="How many, 1 to 1000.", min=1, max=1000)] = 30,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """List tickets, newest first. With --json: one JSON object a line."""
    out = Output(as_json=as_json, locale=lang.locale)
    with open_existing(db, desk, out) as opened:
        people = People(opened)
        agent = find_agent(people, assignee, out) if assignee is not None else None
        states = tuple(category) if category else None
        page = opened.tickets.list(
            queue=queue,
            category=states,
            assignee=agent,
            tag=tag,
            site=site,
            order="due_at" if due else "id",
            descending=not due,
            limit=limit,
        )
        if as_json:
            out.lines(ticket_row(one, people, topic(opened, one)) for one in page.items)
            return
        _show(page.items, opened, people, out)
        if page.cursor is not None:
            total = opened.tickets.count(queue=queue, category=states, assignee=agent, tag=tag, site=site)
            out.say("tickets.more", "dim", shown=len(page.items), total=total)


def find_agent(people: People, named: str, out: Output) -> AgentId:
    """The agent of that id or name.

    Raises:
        CommandError: nobody has it.
    """
    for agent in people.agents.values():
        if named in (agent.id, agent.name):
            return agent.id
    names = ", ".join(one.name for one in people.agents.values()) or out.word("none")
    raise CommandError(Exit.NOT_FOUND, out.word("no_agent", name=named), out.word("no_agent.remedy", names=names))


def _show(found: tuple[Ticket, ...], desk: Desk, people: People, out: Output) -> None:
    if not found:
        out.say("tickets.none")
        return
    is_wide = out.console.width >= _WIDE
    extra = ("priority", "due", "updated") if is_wide else ("due",)
    table = out.table(">number", "subject", "customer", "category", "worker", *extra)
    for column in table.columns:
        column.no_wrap = True
    room = max(_LEAST_SUBJECT, out.console.width - (_BESIDE_WIDE if is_wide else _BESIDE))
    for ticket in found:
        cells = {
            "number": cell(ticket.number, _STYLES.get(ticket.priority, "")),
            "subject": fitted(topic(desk, ticket), room),
            "customer": fitted(customer_name(people.customer(ticket.identity)), _MOST_NAME),
            "category": cell(out.word(f"category.{ticket.category}")),
            "worker": fitted(worker_name(ticket, people) or out.word("nobody"), _MOST_NAME),
            "priority": cell(out.word(f"priority.{ticket.priority.name.lower()}"), _STYLES.get(ticket.priority, "")),
            "due": due_cell(ticket),
            "updated": cell(local(ticket.updated_at)),
        }
        table.add_row(*(cells[name] for name in ("number", "subject", "customer", "category", "worker", *extra)))
    out.show(table)


def due_cell(ticket: Ticket) -> Text:
    """When the next clock of the ticket is due; red if it is late already."""
    clock = next_due(ticket)
    if clock is None:
        return cell("")
    late = clock.breached_at is not None
    return cell(f"{local(clock.due_at)}{' !' if late else ''}", "bold red" if late else "")
