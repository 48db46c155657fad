"""Filtered, ordered, paged reads: SQL is built from a table of columns, values are always parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from csdesk.domain.ids import IDENTITY
from csdesk.domain.records.changes import AgentGroup, Burden, ConfigRow, WaitingLine
from csdesk.domain.records.tickets import Category
from csdesk.errors import InvalidInput, sentence
from csdesk.ports.store import Page, Query, Row, Scalar
from csdesk.stores._asked import check_column, check_order, check_page, time_column
from csdesk.stores.sqlite import entries, queues
from csdesk.stores.sqlite.connection import Execute
from csdesk.stores.sqlite.cursors import Key, cursor_of, fingerprint, key_of
from csdesk.stores.sqlite.documents import record_of
from csdesk.stores.sqlite.links import Role, link_key
from csdesk.stores.sqlite.places import place_key
from csdesk.stores.sqlite.puts import label_of
from csdesk.stores.sqlite.seats import orders_of
from csdesk.stores.sqlite.tables import TABLES, Table
from csdesk.stores.sqlite.values import Cell, instant, marks, micros

Value = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind is read: its key column, what is selected, and how a row becomes a value (``Any``: of the driver)."""

    key: str
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
    **{table.kind: _Kind("id", "id,schema,doc", _reader(table.cls)) for table in TABLES.values()},
    "inbox": _Kind("id", queues.INBOX, queues.inbox_item),
    "outbox": _Kind("message", queues.OUTBOX, queues.outbox_item),
    "entry": _Kind("pk", entries.COLUMNS, entries.entry_of),
    "config": _Kind("digest", "digest,body,activated_at,orders", _config_row),
    "group": _Kind("id", "queue,profile,agents", lambda row: AgentGroup(*row), _GROUPS),
    "line": _Kind("id", "queue,priority,tickets,oldest_at", _line_of, _WAITING),
    "burden": _Kind("counter", "counter,counted,carried", lambda row: Burden(*row), _BURDENS),
}

_MANY: Final[Mapping[tuple[str, str], str]] = {
    ("ticket", "tag"): "pk IN (SELECT record FROM csdesk_ticket_tag WHERE desk=? AND tag IN ({}))",
    ("ticket", "site"): "pk IN (SELECT record FROM csdesk_ticket_tag WHERE desk=? AND tag IN ({}))",
    ("customer", "tag"): "pk IN (SELECT record FROM csdesk_customer_tag WHERE desk=? AND tag IN ({}))",
    ("customer", "segment"): "pk IN (SELECT record FROM csdesk_customer_tag WHERE desk=? AND tag IN ({}))",
    ("customer", "identity"): "pk IN (SELECT row FROM csdesk_place WHERE desk=? AND id IN ({}))",
    ("agent", "queue"): "id IN (SELECT agent FROM csdesk_seat WHERE desk=? AND queue<>'' AND queue IN ({}))",
}
"""Columns with many values: they filter, they give no order."""

_READ: Final[Mapping[tuple[str, str], str]] = {
    (table.kind, column): expression for table in TABLES.values() for column, expression in table.read.items()
}
"""What is read out of documents."""

_LINKED: Final[Mapping[tuple[str, str], Role]] = {
    ("entry", "subject"): Role.ENTRY,
    ("entry", "cause"): Role.CAUSED,
    ("message", "ticket"): Role.MESSAGE,
    ("ticket", "identity"): Role.TICKET,
}
"""Columns that rows are found by through their links."""

_PLACED: Final = {table.kind: table for table in TABLES.values() if table.prefix}
_BY_PLACE: Final = {
    kind: f"(SELECT p.desk AS desk,p.id AS place,r.pk AS pk,{','.join(f'r.{one}' for one in table.columns[1:])}"  # noqa: S608
    f" FROM csdesk_place p CROSS JOIN csdesk_{kind} r ON r.pk=p.row WHERE substr(p.id,-4)='{table.prefix}')"
    for kind, table in _PLACED.items()
}
"""All records of a kind that has places, to be read in the order of their ids."""

_AT: Final = "pk IN (SELECT row FROM csdesk_place WHERE desk=? AND id IN ({}))"
_LINKS: Final = "pk IN (SELECT row+{} FROM csdesk_link WHERE desk=? AND id IN ({}) AND role={})"

_ANY_CATEGORY: Final = tuple(category.value for category in Category)


class _Where:
    """The conditions of a query and their parameters."""

    def __init__(self, desk: int, asked: Query) -> None:
        self._desk = desk
        self._kind = asked.kind
        self.conditions = ["desk=?"]
        self.cells: list[Cell] = [desk]
        for column, value in asked.where:
            self._add(column, value)
        named = {column for column, _ in asked.where}
        if asked.kind == "ticket" and "queue" in named and not named & {"category", "waits"}:
            # The index begins with the category; naming all of them lets it be used.
            self._add("category", _ANY_CATEGORY)
        self._add_time(asked)

    def _add(self, column: str, value: Value) -> None:
        check_column(self._kind, column, f"where.{column}")
        wanted = value if isinstance(value, tuple) else (value,)
        cells = [self._cell(column, one) for one in wanted if one is not None]
        many = _MANY.get((self._kind, column))
        if many is not None:
            self.conditions.append(many.format(marks(len(cells))))
            self.cells += [self._desk, *cells]
            return
        if column == "id" and self._kind in _PLACED:
            self.conditions.append(_AT.format(marks(len(cells))))
            self.cells += [self._desk, *[_PLACED[self._kind].key(str(cell)) for cell in cells]]
            return
        role = _LINKED.get((self._kind, column))
        if role is not None:
            # None of these columns is ever empty: a filter on None finds nothing.
            # Entries are linked by their numbers in the desk.
            base = entries.first_row(self._desk) if self._kind == "entry" else 0
            self.conditions.append(_LINKS.format(base, marks(len(cells)), int(role)))
            self.cells += [self._desk, *[link_key(str(cell)) for cell in cells]]
            return
        name = _column(self._kind, column)
        condition = f"{name}=?" if len(cells) == 1 else f"{name} IN ({marks(len(cells))})"
        if None in wanted:
            condition = f"({condition} OR {name} IS NULL)" if cells else f"{name} IS NULL"
        self.conditions.append(condition)
        self.cells += cells

    def _cell(self, column: str, value: Scalar) -> Cell:
        if isinstance(value, datetime):
            return _micros(value, f"where.{column}")
        if self._kind == "entry" and column in {"id", "position"}:
            return entries.row_of(self._desk, str(value))
        if column in ("segment", "site"):
            return label_of(str(value))
        if (self._kind, column) == ("customer", "identity"):
            return place_key(str(value), IDENTITY)
        return value

    def _add_time(self, asked: Query) -> None:
        if asked.since is None and asked.until is None:
            return
        column = time_column(asked.kind)
        for name, sign, at in (("since", ">=", asked.since), ("until", "<", asked.until)):
            if at is not None:
                self.conditions.append(f"{column}{sign}?")
                self.cells.append(_micros(at, name))

    def add_after(self, order: str, key: str, last: Key, *, descending: bool) -> None:
        """Only what comes after the last row of the page before."""
        value, last_key = last
        sign = "<" if descending else ">"
        if order == key:
            self.conditions.append(f"{key}{sign}?")
            self.cells.append(last_key)
        elif value is None:
            others = "" if descending else f" OR {order} IS NOT NULL"
            self.conditions.append(f"(({order} IS NULL AND {key}{sign}?){others})")
            self.cells.append(last_key)
        else:
            missing = f" OR {order} IS NULL" if descending else ""
            self.conditions.append(f"({order}{sign}? OR ({order}=? AND {key}{sign}?){missing})")
            self.cells += [value, value, last_key]

    @property
    def sql(self) -> str:
        """The conditions as one."""
        return " AND ".join(self.conditions)


def query(execute: Execute, desk: int, asked: Query) -> Page[Row]:
    """One page."""
    check_page(asked)
    where = _where(desk, asked)
    kind = _KINDS[asked.kind]
    order, key, source = _order(asked), kind.key, _source(asked.kind)
    walked = _walked(asked)
    if walked is not None:
        order, key, source = "place", "place", _BY_PLACE[asked.kind]
    mark = fingerprint(asked.kind, asked.where, asked.since, asked.until, asked.order, asked.descending)
    if asked.after is not None:
        value, last = key_of(asked.after, mark)
        after = (value, last) if walked is None else (value, walked.key(str(last)))
        where.add_after(order, key, after, descending=asked.descending)
    turn = " DESC" if asked.descending else ""
    by = f"{key}{turn}" if order == key else f"{order}{turn},{key}{turn}"
    sql = (
        f"SELECT {order},{kind.key},{kind.select} FROM {source}"  # noqa: S608  # names of the tables above
        f" WHERE {where.sql} ORDER BY {by} LIMIT ?"
    )
    rows = execute(sql, (*where.cells, asked.limit + 1)).fetchall()
    page = rows[: asked.limit]
    cursor = cursor_of(mark, (page[-1][0], page[-1][1])) if len(rows) > asked.limit else None
    return Page(tuple(kind.row(row[2:]) for row in page), cursor)


def _walked(asked: Query) -> Table | None:
    """The table whose records are to be read in the order of their places: no index finds what is asked for."""
    table = _PLACED.get(asked.kind)
    if table is None or asked.order != "id" or any(column in table.indexed for column, _ in asked.where):
        return None
    return table


def count(execute: Execute, desk: int, asked: Query) -> int:
    """How many rows match."""
    where = _where(desk, asked)
    sql = f"SELECT count(*) FROM {_source(asked.kind)} WHERE {where.sql}"  # noqa: S608  # a name of the tables above
    found: int = execute(sql, where.cells).fetchone()[0]
    return found


def conditions(desk: int, asked: Query) -> tuple[str, list[Cell]]:
    """The conditions of a query over its table, with their parameters."""
    where = _where(desk, asked)
    return where.sql, where.cells


def _source(kind: str) -> str:
    return _KINDS[kind].source or f"csdesk_{kind}"


def _where(desk: int, asked: Query) -> _Where:
    if asked.kind not in _KINDS:
        raise InvalidInput("kind", "unknown", sentence("pass one of {names}", names=tuple(sorted(_KINDS))))
    return _Where(desk, asked)


def _order(asked: Query) -> str:
    check_order(asked, _MANY)
    return _column(asked.kind, asked.order)


def _column(kind: str, column: str) -> str:
    return _KINDS[kind].key if column in {"id", "position"} else _READ.get((kind, column), column)


def _micros(at: datetime, field: str) -> int:
    if at.tzinfo is None:
        raise InvalidInput(field, "has no time zone", "pass an aware datetime, for example with tzinfo=datetime.UTC")
    return micros(at)
