"""``csdesk sla``: why a ticket's clocks stand where they stand."""

from __future__ import annotations

from typing import Annotated

import typer

from csdesk.cli._opening import open_existing
from csdesk.cli._options import DEFAULT_DB, DEFAULT_DESK, Db, DeskName, Json, Lang
from csdesk.cli._output import JsonValue, Output, cell, instant, local
from csdesk.cli._rows import clock_row
from csdesk.cli.show import find_ticket
from csdesk.domain.core.casework.accounts import ClockAccount
from csdesk.domain.records.durations import format_duration

sla = typer.Typer(name="sla", no_args_is_help=True, help="Service levels: why clocks stand where they stand.")


@sla.callback()
def _group() -> None:
    """Service levels: why clocks stand where they stand."""


@sla.command()
def explain(
    *,
    ticket: Annotated[str, typer.Argument(help="The number or the id of a ticket.", metavar="NUMBER|ID")],
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Account for every clock of a ticket, line by line: what was counted, paused and passed over."""
    out = Output(as_json=as_json, locale=lang.locale)
    with open_existing(db, desk, out) as opened:
        found = opened.sla.explain(find_ticket(opened, ticket).id)
    if as_json:
        out.document({"ticket": found.ticket, "at": instant(found.at), "clocks": [_row(one) for one in found.clocks]})
        return
    if not found.clocks:
        out.say("sla.none")
    for one in found.clocks:
        _show(one, out)


def _row(account: ClockAccount) -> JsonValue:
    lines = [
        {
            "kind": line.kind,
            "since": instant(line.since),
            "until": instant(line.until),
            "counted_seconds": line.counted.total_seconds(),
            "reason": line.reason,
            "on": line.on,
        }
        for line in account.lines
    ]
    return {
        **clock_row(account.clock),
        "scope": account.clock.scope.value,
        "name": account.clock.name,
        "calendar": account.clock.calendar,
        "level": account.level,
        "used_seconds": account.used.total_seconds(),
        "remaining_seconds": account.remaining.total_seconds(),
        "notes": list(account.notes),
        "lines": lines,
    }


def _show(account: ClockAccount, out: Output) -> None:
    clock = account.clock
    facts = {
        "metric": out.word(f"metric.{clock.metric}"),
        "name": f" {clock.name}" if clock.name else "",
        "phase": out.word(f"phase.{clock.phase}"),
        "used": format_duration(account.used),
        "amount": format_duration(clock.amount),
        "due": local(clock.due_at) or "–",
    }
    table = out.table("when", "until", "what", ">counted", title=out.word("sla.title", **facts))
    for line in account.lines:
        until = "" if line.until == line.since else local(line.until)
        reason = f" ({line.reason})" if line.reason else ""
        counted = format_duration(line.counted) if line.counted else ""
        style = "bold red" if line.kind == "breached" else "dim" if line.kind in ("closed", "paused") else ""
        table.add_row(
            cell(local(line.since)), cell(until), cell(out.word(f"line.{line.kind}") + reason, style), cell(counted)
        )
    out.show(table)
    for note in account.notes:
        out.say(f"note.{note}", "yellow")
