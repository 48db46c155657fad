"""Taking due work for a while. A look without a lock comes first: mostly nothing is due."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from csdesk.ports.store import Leased, LeaseRequest, Outlook, OutlookRequest
from csdesk.stores.sqlite.connection import Execute, Writing
from csdesk.stores.sqlite.queues import DUE, OUTBOX, due_item, outbox_item
from csdesk.stores.sqlite.values import Cell, instant_or_none, marks, micros
from csdesk.stores.sqlite.write import finish

_WOKEN: Final = "SELECT id,wake_at FROM csdesk_{} WHERE desk=? AND wake_at<=? ORDER BY wake_at,pk LIMIT ?"
_NEXT: Final = "SELECT min(wake_at) FROM csdesk_{} WHERE desk=? AND wake_at>?"
_WAKING: Final = {"tickets": "ticket", "customers": "customer"}
_WOKEN_SQL: Final = {what: (_WOKEN.format(kind), _NEXT.format(kind)) for what, kind in _WAKING.items()}
_HEADS: Final = (
    "SELECT {columns} FROM csdesk_outbox INDEXED BY {index} WHERE desk=? AND head=1{where}"
    " ORDER BY due_at,message LIMIT ?"
)
_DUE: Final = "SELECT {columns} FROM csdesk_due WHERE desk=?{where} ORDER BY due_at,key LIMIT ?"
_HOLD: Final = {
    "outbox": "UPDATE csdesk_outbox SET state='sending', due_at=? WHERE desk=? AND message=?",
    "due": "UPDATE csdesk_due SET due_at=? WHERE desk=? AND key=?",
}
_DUE_AT: Final = {"outbox": 6, "due": 2}
"""Where ``due_at`` stands in the rows."""


@dataclass(frozen=True, slots=True)
class Work:
    """The rows that are due (``Any``: of the driver), and when the next one will be."""

    rows: list[tuple[Any, ...]]
    next_due_at: int | None


def look(execute: Execute, desk: int, request: LeaseRequest) -> Work:
    """What could be taken now."""
    if request.what in _WOKEN_SQL:
        # Two looks at the ends of the index: what is planned for later is never read.
        now = micros(request.now)
        woken, following = _WOKEN_SQL[request.what]
        rows = execute(woken, (desk, now, request.limit + 1)).fetchall()
        if len(rows) <= request.limit:
            return Work(rows, execute(following, (desk, now)).fetchone()[0])
        return _cut(rows, request, 1)
    sql, cells = _question(desk, request)
    return _cut(execute(sql, cells).fetchall(), request, _DUE_AT[request.what])


def _question(desk: int, request: LeaseRequest) -> tuple[str, list[Cell]]:
    cells: list[Cell] = [desk]
    where = ""
    if request.what == "due":
        if request.kinds:
            where = f" AND kind IN ({marks(len(request.kinds))})"
            cells += request.kinds
        return _DUE.format(columns=DUE, where=where), [*cells, request.limit + 1]
    for column, value in (("account", request.account), ("conversation", request.conversation)):
        if value is not None:
            where += f" AND {column}=?"
            cells.append(value)
    one_line = request.account is not None and request.conversation is not None
    index = "csdesk_outbox_heads" if one_line else "csdesk_outbox_head"
    return _HEADS.format(columns=OUTBOX, where=where, index=index), [*cells, request.limit + 1]


def _cut(rows: list[tuple[Any, ...]], request: LeaseRequest, due_at: int) -> Work:
    now = micros(request.now)
    taken = [row for row in rows if row[due_at] <= now][: request.limit]
    left = rows[len(taken) :]
    return Work(taken, left[0][due_at] if left else None)


_OUTLOOK: Final = (
    "SELECT (SELECT min(wake_at) FROM csdesk_ticket WHERE desk=? AND wake_at IS NOT NULL),"
    "(SELECT min(wake_at) FROM csdesk_customer WHERE desk=? AND wake_at IS NOT NULL),{due},{upkeep},{outbox},"
    "EXISTS(SELECT 1 FROM csdesk_ticket WHERE desk=? AND waits IS NOT NULL),"
    "EXISTS(SELECT 1 FROM csdesk_inbox WHERE desk=? AND state='waiting')"
)
_FIRST_DUE: Final = "(SELECT min(due_at) FROM csdesk_due WHERE desk=? AND kind IN ({}))"
_FIRST_HEAD: Final = (
    "(SELECT min(due_at) FROM csdesk_outbox INDEXED BY csdesk_outbox_head WHERE desk=? AND head=1 AND account IN ({}))"
)


@cache
def _outlook_sql(kinds: int, upkeep: int, accounts: int) -> str:
    return _OUTLOOK.format(
        due=_FIRST_DUE.format(marks(kinds)) if kinds else "NULL",
        upkeep=_FIRST_DUE.format(marks(upkeep)) if upkeep else "NULL",
        outbox=_FIRST_HEAD.format(marks(accounts)) if accounts else "NULL",
    )


def outlook(execute: Execute, desk: int, request: OutlookRequest) -> Outlook:
    """What lies ahead: looks at the ends of indexes, all in one statement."""
    kinds, upkeep, accounts = request.kinds, request.upkeep, request.accounts
    sql = _outlook_sql(len(kinds), len(upkeep), len(accounts))
    cells: list[Cell] = [desk, desk]
    for asked in (kinds, upkeep, accounts):
        if asked:
            cells += (desk, *asked)
    ticket, customer, due, kept, head, waits, holds = execute(sql, [*cells, desk, desk]).fetchone()
    planned = [at for at in (ticket, customer, due, head) if at is not None]
    return Outlook(
        next_at=instant_or_none(min(planned, default=None)),
        upkeep_at=instant_or_none(kept),
        waits=bool(waits or holds),
    )


def take(connection: Writing, desk: int, request: LeaseRequest) -> Work:
    """Take it: look again under the lock and hold what is there."""
    execute = connection.execute
    execute("BEGIN IMMEDIATE")
    try:
        work = look(execute, desk, request)
        until = micros(request.now + request.hold)
        for row in work.rows:
            execute(_HOLD[request.what], (until, desk, row[0]))
    except BaseException:
        execute("ROLLBACK")
        raise
    finish(connection)
    return work


def leased(work: Work, request: LeaseRequest) -> Leased:
    """The answer to the request."""
    rows = work.rows
    return Leased(
        outbox=tuple(map(outbox_item, rows)) if request.what == "outbox" else (),
        due=tuple(map(due_item, rows)) if request.what == "due" else (),
        tickets=tuple(row[0] for row in rows) if request.what == "tickets" else (),
        customers=tuple(row[0] for row in rows) if request.what == "customers" else (),
        next_due_at=instant_or_none(work.next_due_at),
    )
