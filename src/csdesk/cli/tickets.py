"""``csdesk tickets``: list tickets."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from csdesk.cli._failing import CommandError, Exit
from csdesk.cli._opening import open_existing
from csdesk.cli._options import DEFAULT_DB, DEFAULT_DESK, Db, DeskName, Json, Lang
from csdesk.cli._output import Output, cell, local, shortened
from csdesk.cli._rows import People, customer_name, next_due, ticket_row, topic, worker_name
from csdesk.desk.shell import Desk
from csdesk.domain.ids import AgentId
from csdesk.domain.records.tickets import Category, Priority, Ticket

_STYLES = {Priority.URGENT: "bold red", Priority.HIGH: "yellow", Priority.LOW: "dim"}


def tickets(
    *,
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    queue: Annotated[str | None, typer.Option("--queue", help="Only of that queue.")] = None,
    category: Annotated[list[Category] | None, typer.Option("--category", help="Only in that state.")] = None,
    assignee: Annotated[str | None, typer.Option("--assignee", help="Only with that agent: name or id.")] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="Only with that tag.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="How many, 1 to 1000.", min=1, max=1000)] = 30,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """List tickets, last changed first. With --json: one JSON object a line."""
    out = Output(as_json=as_json, locale=lang.locale)
    with open_existing(db, desk, out) as opened:
        people = People(opened)
        agent = find_agent(people, assignee, out) if assignee is not None else None
        states = tuple(category) if category else None
        page = opened.tickets.list(queue=queue, category=states, assignee=agent, tag=tag, limit=limit)
        if as_json:
            out.lines(ticket_row(one, people, topic(opened, one)) for one in page.items)
            return
        _show(page.items, opened, people, out)
        if page.cursor is not None:
            total = opened.tickets.count(queue=queue, category=states, assignee=agent, tag=tag)
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
    table = out.table(">number", "subject", "customer", "category", "worker", "priority", "due", "updated")
    table.columns[1].max_width = 42
    for ticket in found:
        table.add_row(
            cell(ticket.number),
            cell(shortened(topic(desk, ticket), 60)),
            cell(shortened(customer_name(people.customer(ticket.identity)), 24)),
            cell(out.word(f"category.{ticket.category}")),
            cell(worker_name(ticket, people) or out.word("nobody"), "" if ticket.worker else "dim"),
            cell(out.word(f"priority.{ticket.priority.name.lower()}"), _STYLES.get(ticket.priority, "")),
            due_cell(ticket),
            cell(local(ticket.updated_at)),
        )
    out.show(table)


def due_cell(ticket: Ticket) -> Text:
    """When the next clock of the ticket is due; red if it is late already."""
    clock = next_due(ticket)
    if clock is None:
        return cell("")
    late = clock.breached_at is not None
    return cell(f"{local(clock.due_at)}{' !' if late else ''}", "bold red" if late else "")
