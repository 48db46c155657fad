"""``csdesk show``: one ticket, with its customer, its clocks, what happened, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.panel import Panel
from rich.text import Text

from csdesk.cli._opening import open_existing
from csdesk.cli._options import DEFAULT_DB, DEFAULT_DESK, Db, DeskName, Json, Lang
from csdesk.cli._output import JsonValue, Output, cell, instant, local, shortened
from csdesk.cli._rows import (
    People,
    author,
    clock_row,
    customer_name,
    message_row,
    plain_row,
    said,
    ticket_row,
    topic,
    worker_name,
)
from csdesk.desk.shell import Desk
from csdesk.domain.ids import TicketId
from csdesk.domain.records.clocks import Clock
from csdesk.domain.records.events import Entry
from csdesk.domain.records.messages import Message
from csdesk.domain.records.origins import Origin
from csdesk.domain.records.tickets import Ticket
from csdesk.flows.reading.customer_briefs import CustomerBrief
from csdesk.flows.reading.lists import TimelineItem


def show(
    *,
    ticket: Annotated[str, typer.Argument(help="The number or the id of a ticket.", metavar="NUMBER|ID")],
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    everything: Annotated[
        bool, typer.Option("--all", help="Give the reasons for every step, not for the first message alone.")
    ] = False,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Show a ticket: customer, clocks, timeline, and why things are as they are."""
    out = Output(as_json=as_json, locale=lang.locale)
    with open_existing(db, desk, out) as opened:
        found = find_ticket(opened, ticket)
        people = People(opened)
        brief = opened.customers.brief(opened.customers.of(found.identity).id)
        items = opened.tickets.timeline(found.id)
        traces = _traces(items, everything=everything)
        if as_json:
            out.document(_document(opened, found, brief, items, traces, people, out))
            return
        _head(found, brief, items, topic(opened, found), people, out)
        _clocks(found.clocks, out)
        _timeline(items, people, out)
        _reasons(traces, people, out)


def find_ticket(desk: Desk, named: str) -> Ticket:
    """The ticket of that number (with or without ``#``) or id.

    Raises:
        NotFound: there is none.
    """
    number = named.lstrip("#")
    if number.isdecimal() and number.isascii() and len(number) < 16:
        return desk.tickets.numbered(int(number))
    return desk.tickets.get(TicketId(named))


def _traces(items: Sequence[TimelineItem], *, everything: bool) -> list[Entry]:
    found = [one.entry for one in items if one.entry is not None and one.entry.trace is not None]
    return found if everything else found[:1]


def _head(
    ticket: Ticket, brief: CustomerBrief, items: Sequence[TimelineItem], subject: str, people: People, out: Output
) -> None:
    heard = [one.message.language for one in items if one.message is not None and one.message.direction == "in"]
    language = ticket.language or next((one for one in reversed(heard) if one), None)
    facts = {
        "category": out.word(f"category.{ticket.category}"),
        "queue": ticket.queue,
        "worker": worker_name(ticket, people) or out.word("nobody"),
        "priority": out.word(f"priority.{ticket.priority.name.lower()}"),
        "channel": ticket.account,
        "language": language or out.word("none"),
        "tag": ", ".join(one.name for one in ticket.tags) or out.word("none"),
    }
    if ticket.origin is not None:
        facts["origin"] = ", ".join(_told(ticket.origin))
    lines = [" · ".join(f"{out.word(key)} {value}" for key, value in facts.items())]
    lines.append(
        out.word("brief", name=customer_name(brief.customer), count=brief.tickets, open=len(brief.open_tickets))
    )
    shown = subject or (out.word("was_erased") if ticket.erased_at is not None else "")
    title = f"#{ticket.number} {shortened(shown, 60)}"
    out.console.print(Panel(Text("\n").join(map(cell, lines)), title=cell(title, "bold"), title_align="left"))


def _told(origin: Origin) -> list[str]:
    """What is known of where a conversation came from: the entry point or the scene first."""
    named = (origin.campaign, origin.live_room, origin.product, origin.order)
    return [one for one in (origin.entry or origin.scene, *named) if one]


def _clocks(clocks: Sequence[Clock], out: Output) -> None:
    if not clocks:
        return
    table = out.table("clock", "phase", "target", "due_at", "result", title=out.word("clocks"))
    for one in clocks:
        result = [out.word("breached", at=local(one.breached_at))] if one.breached_at is not None else []
        if one.warned_at is not None:
            result.append(out.word("warned", at=local(one.warned_at)))
        table.add_row(
            cell(out.word(f"metric.{one.metric}")),
            cell(out.word(f"phase.{one.phase}")),
            cell(one.amount),
            cell(local(one.due_at)),
            cell(" · ".join(result), "red" if one.breached_at is not None else ""),
        )
    out.show(table)


def _gone(message: Message, out: Output) -> str:
    return out.word("was_erased") if message.erased_at is not None else ""


def _timeline(items: Sequence[TimelineItem], people: People, out: Output) -> None:
    table = out.table("when", "who", "said", title=out.word("timeline"))
    for one in items:
        if one.message is not None:
            style = "" if one.message.direction == "in" else "green"
            table.add_row(
                local(one.at),
                cell(author(one.message, people, out), "bold"),
                cell(shortened(said(one.message) or _gone(one.message, out), 300), style),
            )
        elif one.entry is not None:
            told = people.told(one.entry, out.locale)
            table.add_row(
                cell(local(one.at), "dim"), cell(people.actor(one.entry.actor, out.locale), "dim"), cell(told, "dim")
            )
    out.show(table)


def _reasons(traces: Sequence[Entry], people: People, out: Output) -> None:
    if traces:
        out.say("why", "bold")
    for entry in traces:
        if entry.trace is not None:
            out.print(f"  {local(entry.at)} {people.actor(entry.actor, out.locale)}", "dim")
            for line in people.reasons(entry.trace, out.locale):
                out.print(f"  {line}")


def _document(
    desk: Desk,
    ticket: Ticket,
    brief: CustomerBrief,
    items: Sequence[TimelineItem],
    traces: Sequence[Entry],
    people: People,
    out: Output,
) -> JsonValue:
    customer = brief.customer
    return {
        "ticket": ticket_row(ticket, people, topic(desk, ticket)),
        "customer": {
            "id": customer.id,
            "name": customer.name,
            "level": customer.level,
            "language": customer.language,
            "source": plain_row(customer.source),
            "tags": [one.name for one in customer.tags],
            "flags": [one.name for one in brief.flags],
            "segments": list(brief.segments),
            "tickets": brief.tickets,
            "erased_at": instant(customer.erasure.requested_at) if customer.erasure is not None else None,
            "open_tickets": [one.number for one in brief.open_tickets],
        },
        "clocks": [clock_row(one) for one in ticket.clocks],
        "timeline": [_item(one) for one in items],
        "why": [
            {
                "at": instant(one.at),
                "actor": str(one.actor),
                "cause": one.cause,
                "lines": people.reasons(one.trace, out.locale) if one.trace is not None else [],
            }
            for one in traces
        ],
    }


def _item(item: TimelineItem) -> JsonValue:
    if item.message is not None:
        return {"kind": "message", **message_row(item.message)}
    entry = item.entry
    return {
        "kind": "event",
        "at": instant(item.at),
        "actor": str(entry.actor) if entry is not None else "",
        "events": [event.kind for event in entry.events] if entry is not None else [],
    }
