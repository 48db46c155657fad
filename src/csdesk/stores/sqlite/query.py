"""Filtered, ordered, paged reads: SQL is built from a table of columns, values are always parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from csdesk.domain.records.changes import AgentGroup, Burden, ConfigRow, WaitingLine
from csdesk.errors import InvalidInput, sentence
from csdesk.ports.store import Page, Query, Row
from csdesk.stores._asked import check_order, check_page
from csdesk.stores.sqlite import entries, queues, runs
from csdesk.stores.sqlite.conditions import MANY, PLACED, Conditions, Way, column_of, way_of
from csdesk.stores.sqlite.connection import Execute
from csdesk.stores.sqlite.cursors import Key, cursor_of, fingerprint, key_of
from csdesk.stores.sqlite.documents import record_of
from csdesk.stores.sqlite.seats import orders_of
from csdesk.stores.sqlite.tables import TABLES
from csdesk.stores.sqlite.values import Cell, Cells, instant


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind is read: what is selected, and how a row becomes a value (``Any``: of the driver)."""

    select: str
    row: Callable[[tuple[Any, ...]], Row]
    source: str = ""
    """What is read where no table holds the rows."""


def _config_row(row: tuple[Any, ...]) -> ConfigRow:
    digest, body, activated_at, orders = row
    return ConfigRow(digest=digest, body=body, activated_at=instant(activated_at), orders=orders_of(orders))


def _line_of(row: tuple[Any, ...]) -> WaitingLine:
    queue, priority, tickets, oldest_at = row
    return WaitingLine(queue, priority, tickets, instant(oldest_at))


def _reader(cls: type[Any]) -> Callable[[tuple[Any, ...]], Row]:
    def row_of(row: tuple[Any, ...]) -> Row:
        found: Row = record_of(cls, row[0], row[1], row[2])
        return found

    return row_of


_GROUPS: Final = (
    "(SELECT desk,queue||'/'||profile AS id,queue,profile,count(*) AS agents FROM csdesk_seat"
    " WHERE queue<>'' AND profile<>'' GROUP BY desk,queue,profile)"
)
_WAITING: Final = (
    "(SELECT desk,queue||'/'||waits AS id,queue,waits AS priority,count(*) AS tickets,min(created_at) AS oldest_at"
    " FROM csdesk_ticket WHERE waits IS NOT NULL GROUP BY desk,queue,waits)"
)
_IN_HAND: Final = "t.category IN ('new','open','waiting_customer','waiting_internal')"
_CARRIED: Final = (
    "coalesce((SELECT sum(coalesce(json_extract(t.doc,'$.{}'),1)) FROM csdesk_ticket t WHERE t.desk=a.desk"  # noqa: S608  # constants
    f" AND t.{{}}=a.id AND {_IN_HAND}),0)"
)
_COUNTED: Final = (
    "coalesce((SELECT load FROM csdesk_seat s WHERE s.desk=a.desk AND s.agent=a.id AND s.queue=''),0) AS counted"
)
_WORK: Final = "coalesce((SELECT value FROM csdesk_counter c WHERE c.desk=w.desk AND c.name=w.counter),0)"
_BURDENS: Final = (
    f"(SELECT a.desk AS desk,'load/'||a.id AS counter,{_COUNTED},{_CARRIED.format('units', 'assignee')}"  # noqa: S608  # constants
    f"+{_CARRIED.format('offer.units', 'offered_to')} AS carried FROM csdesk_agent a"
    f" UNION ALL SELECT desk,counter,{_WORK},carried FROM (SELECT t.desk AS desk,'work/'||t.queue AS counter,"
    f"sum(coalesce(json_extract(t.doc,'$.units'),1)) AS carried FROM csdesk_ticket t WHERE t.assignee IS NOT NULL"
    f" AND {_IN_HAND} GROUP BY t.desk,t.queue) w"
    " UNION ALL SELECT c.desk,c.name,c.value,0 FROM csdesk_counter c WHERE c.name>='work/' AND c.name<'work0' AND NOT"
    " EXISTS(SELECT 1 FROM csdesk_ticket t WHERE t.desk=c.desk AND t.queue=substr(c.name,6) AND t.assignee IS NOT NULL"
    f" AND {_IN_HAND}))"
)

_KINDS: Final[Mapping[str, _Kind]] = {
    **{table.kind: _Kind("id,schema,doc", _reader(table.cls)) for table in TABLES.values()},
    "inbox": _Kind(queues.INBOX, queues.inbox_item),
    "outbox": _Kind(queues.OUTBOX, queues.outbox_item),
    "entry": _Kind(entries.COLUMNS, entries.entry_of),
    "config": _Kind("digest,body,activated_at,orders", _config_row),
    "group": _Kind("queue,profile,agents", lambda row: AgentGroup(*row), _GROUPS),
    "line": _Kind("queue,priority,tickets,oldest_at", _line_of, _WAITING),
    "burden": _Kind("counter,counted,carried", lambda row: Burden(*row), _BURDENS),
}

_BY_PLACE: Final = {
    kind: f"(SELECT p.desk AS desk,p.id AS place,r.pk AS pk,{','.join(f'r.{one}' for one in table.columns[1:])}"  # noqa: S608
    f" FROM csdesk_place p CROSS JOIN csdesk_{kind} r ON r.pk=p.row WHERE substr(p.id,-4)='{table.prefix}')"
    for kind, table in PLACED.items()
}
"""All records of a kind that has places, to be read in the order of their ids."""


def query(execute: Execute, desk: int, asked: Query) -> Page[Row]:
    """One page."""
    check_page(asked)
    check_order(asked, MANY)
    kind = _kind(asked)
    mark = fingerprint(asked.kind, asked.where, asked.since, asked.until, asked.order, asked.descending)
    last = None if asked.after is None else key_of(asked.after, mark)
    sql, cells = _statement(desk, asked, last)
    rows = execute(sql, cells).fetchall()
    page = rows[: asked.limit]
    cursor = cursor_of(mark, (page[-1][0], page[-1][1])) if len(rows) > asked.limit else None
    return Page(tuple(kind.row(row[2:]) for row in page), cursor)


def _statement(desk: int, asked: Query, last: Key | None) -> tuple[str, Cells]:
    """What reads the page after ``last``, and one row more."""
    way, kind = way_of(asked), _KINDS[asked.kind]
    order, key = column_of(asked.kind, asked.order), column_of(asked.kind, "id")
    table = PLACED.get(asked.kind)
    by = _turned(asked, order, key)
    heads = runs.positions(desk, asked, None if last is None else last[1])
    if heads is not None:
        sql = f"SELECT {order},{key},{kind.select} FROM csdesk_entry WHERE pk IN ({heads.sql}) ORDER BY {by} LIMIT ?"  # noqa: S608
        return sql, (*heads.cells, asked.limit + 1)
    if table is None or (way == "all" and asked.order == "id" and not _is_cheaper_sorted(asked)):
        return _walking(desk, asked, way, last)
    heads = runs.heads(desk, asked, way, None if last is None else str(last[1])) if asked.order == "id" else None
    if heads is not None:
        narrow, cells = f"csdesk_{asked.kind} WHERE pk IN ({heads.sql})", heads.cells
    else:
        where = Conditions(desk, asked, way)
        if last is not None:
            where.add_after(order, key, last, descending=asked.descending)
        narrow, cells = f"{where.source} WHERE {where.sql}", tuple(where.cells)
    # What is sorted are numbers of rows, not documents.
    sql = (
        f"SELECT {order},{key},{kind.select} FROM csdesk_{asked.kind}"  # noqa: S608  # names of the tables
        f" WHERE pk IN (SELECT pk FROM {narrow} ORDER BY {by} LIMIT ?) ORDER BY {by}"
    )
    return sql, (*cells, asked.limit + 1)


def _is_cheaper_sorted(asked: Query) -> bool:
    """True of customers who are narrowed down: between two of them stand the places of all that they have written."""
    return asked.kind == "customer" and bool(asked.where or asked.since or asked.until)


def _walking(desk: int, asked: Query, way: Way, last: Key | None) -> tuple[str, Cells]:
    """The same, in the order in which the rows stand: by their places, or by an index that the kind has."""
    kind, key = _KINDS[asked.kind], column_of(asked.kind, "id")
    table = PLACED.get(asked.kind)
    where = Conditions(desk, asked, way)
    order, by, source = column_of(asked.kind, asked.order), key, kind.source or where.source
    if table is not None:
        order, by, source = "place", "place", _BY_PLACE[asked.kind]
        last = last if last is None else (None, table.key(str(last[1])))
    if last is not None:
        where.add_after(order, by, last, descending=asked.descending)
    sql = (
        f"SELECT {order},{key},{kind.select} FROM {source}"  # noqa: S608  # names of the tables
        f" WHERE {where.sql} ORDER BY {_turned(asked, order, by)} LIMIT ?"
    )
    return sql, (*where.cells, asked.limit + 1)


def _turned(asked: Query, order: str, key: str) -> str:
    turn = " DESC" if asked.descending else ""
    return f"{key}{turn}" if order == key else f"{order}{turn},{key}{turn}"


def count(execute: Execute, desk: int, asked: Query) -> int:
    """How many rows match."""
    kind = _kind(asked)
    where = Conditions(desk, asked, way_of(asked))
    source = kind.source or where.source
    sql = f"SELECT count(*) FROM {source} WHERE {where.sql}"  # noqa: S608  # a name of the tables above
    found: int = execute(sql, where.cells).fetchone()[0]
    return found


def conditions(desk: int, asked: Query) -> tuple[str, list[Cell]]:
    """The conditions of a query over its table, with their parameters, to be tried on a row that is there."""
    where = Conditions(desk, asked, "all")
    return where.sql, where.cells


def _kind(asked: Query) -> _Kind:
    kind = _KINDS.get(asked.kind)
    if kind is None:
        raise InvalidInput("kind", "unknown", sentence("pass one of {names}", names=tuple(sorted(_KINDS))))
    return kind
