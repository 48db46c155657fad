"""``csdesk work``: do what is due.

The command line has no channels: replies that wait to be sent are left to a process that has them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Final

import typer

from csdesk.cli._opening import open_existing
from csdesk.cli._options import DEFAULT_DB, DEFAULT_DESK, Db, DeskName, Json, Lang
from csdesk.cli._output import Output, cell, instant, local
from csdesk.desk.shell import Desk
from csdesk.domain.records.queues import OutboxState
from csdesk.flows.due.upkeep import DueReport
from csdesk.ports.clock import Clock
from csdesk.system.clock import SystemClock

_COUNTED: Final = (
    "tickets",
    "assigned",
    "indexed",
    "expired",
    "erased",
    "raw_removed",
    "tickets_emptied",
    "inbox_removed",
    "outbox_removed",
    "media_removed",
)
_ONCE: Final = timedelta(seconds=60)
_FOREVER: Final = timedelta(days=3650)
_LONGEST_REST: Final = timedelta(seconds=30)


def work(
    *,
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    max_time: Annotated[
        float | None,
        typer.Option("--max-time", help="Stop after so many seconds; 60 unless --watch.", min=0.001, metavar="SECONDS"),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, also when nothing is due, until interrupted.")] = False,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Do what is due: warnings, breaches, ends of snoozes, waiting tickets, upkeep. Sends nothing."""
    out = Output(as_json=as_json, locale=lang.locale)
    with open_existing(db, desk, out) as opened, out.progress("working") as tick:
        clock = SystemClock()
        done: Counter[str] = Counter()
        end = clock.now() + _time_allowed(max_time, watch=watch)
        while True:
            report = opened.run_due(max_time=min(max(end - clock.now(), timedelta(0)), _ONCE))
            for name in _COUNTED:
                done[name] += asdict(report)[name]
            tick(sum(asdict(report)[name] for name in _COUNTED))
            if clock.now() >= end or not (report.more or watch):
                break
            if not report.more:
                clock.sleep(_rest(report, clock, end).total_seconds())
        _tell(opened, done, report, out)


def _time_allowed(max_time: float | None, *, watch: bool) -> timedelta:
    if max_time is None:
        return _FOREVER if watch else _ONCE
    return min(timedelta(seconds=max_time), _FOREVER)


def _rest(report: DueReport, clock: Clock, end: datetime) -> timedelta:
    """How long to wait for the next thing that is due: new work may come at any time, so not for long."""
    now = clock.now()
    wanted = min(report.next_due_at or now + _LONGEST_REST, now + _LONGEST_REST, end)
    return max(wanted - now, timedelta(milliseconds=50))


def _tell(desk: Desk, done: Counter[str], report: DueReport, out: Output) -> None:
    pending = desk.outbox.list(state=OutboxState.PENDING, limit=1000).items
    waiting, accounts = len(pending), sorted({one.account for one in pending})
    if out.as_json:
        counts = {name: done[name] for name in _COUNTED}
        out.document(
            {
                **counts,
                "outbox_waiting": waiting,
                "outbox_accounts": accounts,
                "more": report.more,
                "next_due_at": instant(report.next_due_at),
            }
        )
        return
    table = out.table("what", ">count")
    for name in _COUNTED:
        table.add_row(cell(out.word(f"report.{name}")), cell(done[name]))
    out.show(table)
    if waiting:
        out.say("work.outbox", "yellow", count=waiting, accounts=", ".join(accounts))
    out.say("work.more" if report.more else "work.done")
    if not report.more and report.next_due_at is not None:
        out.say("work.next", "dim", at=local(report.next_due_at))
