"""``csdesk erase``: remove everything personal about a customer."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import Annotated, Final

import typer

from csdesk.cli._failing import CommandError, Exit
from csdesk.cli._opening import open_existing
from csdesk.cli._options import DEFAULT_DB, DEFAULT_DESK, Db, DeskName, Json, Lang
from csdesk.cli._output import Output, Tick, cell, instant, local
from csdesk.cli._rows import customer_name
from csdesk.desk.shell import Desk
from csdesk.domain.ids import CustomerId
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.customers import ErasedCounts, Erasure
from csdesk.system.clock import SystemClock

_ACTOR: Final = Actor.system("cli")
_LONGEST: Final = timedelta(minutes=10)
_ROUND: Final = timedelta(seconds=5)


def erase(
    *,
    customer: Annotated[str, typer.Argument(help="The id of a customer.", metavar="CUSTOMER")],
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Erase everything personal about a customer, for good. Ids, numbers and events stay."""
    out = Output(as_json=as_json, locale=lang.locale)
    with open_existing(db, desk, out) as opened:
        if not yes:
            _ask(opened, customer, out)
        erasure = opened.customers.erase(CustomerId(customer), actor=_ACTOR)
        with out.progress("erasing") as tick:
            erasure, next_due_at = _go_on(opened, erasure, tick)
        _tell(erasure, next_due_at, out)
    if erasure.state == "running":
        raise typer.Exit(Exit.PARTLY)


def _ask(desk: Desk, customer: str, out: Output) -> None:
    brief = desk.customers.brief(CustomerId(customer))
    if out.as_json or not _can_ask():
        raise CommandError(Exit.USAGE, out.word("erase.unasked"), out.word("erase.unasked.remedy"))
    question = out.word("erase.ask", name=customer_name(brief.customer), tickets=brief.tickets)
    if not typer.confirm(question):
        raise typer.Exit(Exit.OK)


def _can_ask() -> bool:
    return sys.stdin.isatty()


def _go_on(desk: Desk, erasure: Erasure, tick: Tick) -> tuple[Erasure, datetime | None]:
    """Work until it is complete, nothing more can be done now, or it has taken long enough; and when more can be."""
    clock = SystemClock()
    end = clock.now() + _LONGEST
    next_due_at = None
    while erasure.state == "running" and clock.now() < end:
        report = desk.run_due(max_time=_ROUND)
        tick(report.erased)
        erasure = desk.customers.erasure(erasure.customer)
        next_due_at = report.next_due_at
        if not report.more:
            break
    return erasure, next_due_at


def _tell(erasure: Erasure, next_due_at: datetime | None, out: Output) -> None:
    if out.as_json:
        out.document(
            {
                "customer": erasure.customer,
                "state": erasure.state,
                "requested_at": instant(erasure.requested_at),
                "completed_at": instant(erasure.completed_at),
                "next_due_at": instant(next_due_at) if erasure.state == "running" else None,
                **{name: getattr(erasure.counts, name) for name in ErasedCounts.model_fields},
            }
        )
        return
    if erasure.state == "running":
        out.say("erase.running", "yellow", customer=erasure.customer)
        if next_due_at is not None:
            out.say("erase.young", "yellow", at=local(next_due_at))
    else:
        out.say("erase.complete", "bold", customer=erasure.customer)
    table = out.table("what", ">count")
    for name in ErasedCounts.model_fields:
        table.add_row(cell(out.word(f"erased.{name}")), cell(getattr(erasure.counts, name)))
    out.show(table)
    out.say("erase.yours", "dim")
