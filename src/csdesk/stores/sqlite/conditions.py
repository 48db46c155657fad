"""The conditions of a read over one table, and the way by which its rows are found.

SQLite keeps no statistics here, so it cannot tell a column that few rows share from the desk's number, which all
of them do: the way is chosen here, and the statement leaves no other one open.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from csdesk.domain.ids import IDENTITY
from csdesk.domain.records.tickets import LIVE, Category
from csdesk.errors import InvalidInput
from csdesk.ports.store import Query, Scalar
from csdesk.stores._asked import check_column, time_column
from csdesk.stores.sqlite import entries
from csdesk.stores.sqlite.cursors import Key
from csdesk.stores.sqlite.links import Role, link_key
from csdesk.stores.sqlite.places import place_key
from csdesk.stores.sqlite.puts import label_of
from csdesk.stores.sqlite.tables import TABLES
from csdesk.stores.sqlite.values import Cell, marks, micros

Value = Scalar | tuple[Scalar, ...]

Way = Literal["rows", "tag", "category", "assignee", "waits", "index", "all"]
"""How rows are found: by their numbers, by a tag or what stands among the tags, by an index of tickets, by
another index, or by looking at all of them."""

_KEYS: Final[Mapping[str, str]] = {"outbox": "message", "entry": "pk", "config": "digest", "burden": "counter"}
"""The key columns of kinds that do not call it ``id``."""

MANY: Final = frozenset(
    {
        ("ticket", "tag"),
        ("ticket", "site"),
        ("customer", "tag"),
        ("customer", "segment"),
        ("customer", "identity"),
        ("agent", "queue"),
    }
)
"""Columns with many values: they filter, they give no order."""

LABELS: Final = frozenset({"tag", "site", "segment"})
"""What stands in the tables of tags."""

_QUEUED: Final = "id IN (SELECT agent FROM csdesk_seat WHERE desk=? AND queue<>'' AND queue IN ({}))"
_AT: Final = "pk IN (SELECT row FROM csdesk_place WHERE desk=? AND id IN ({}))"
_LINKS: Final = "pk IN (SELECT row+{} FROM csdesk_link WHERE desk=? AND id IN ({}) AND role={})"
_TAGGED: Final = "pk IN (SELECT record FROM csdesk_{0}_tag WHERE desk=? AND tag IN ({1}))"
_HAS_TAG: Final = "EXISTS(SELECT 1 FROM csdesk_{0}_tag g WHERE g.desk=? AND g.tag IN ({1}) AND g.id=csdesk_{0}.id)"

_READ: Final[Mapping[tuple[str, str], str]] = {
    (table.kind, column): expression for table in TABLES.values() for column, expression in table.read.items()
}
"""What is read out of documents."""

LINKED: Final[Mapping[tuple[str, str], Role]] = {
    ("entry", "subject"): Role.ENTRY,
    ("entry", "cause"): Role.CAUSED,
    ("message", "ticket"): Role.MESSAGE,
    ("ticket", "identity"): Role.TICKET,
}
"""Columns that rows are found by through their links."""

PLACED: Final = {table.kind: table for table in TABLES.values() if table.prefix}
"""The kinds whose rows are found by their places."""

ANY_CATEGORY: Final = tuple(category.value for category in Category)
_LIVE: Final = frozenset(category.value for category in LIVE)

_SOURCES: Final[Mapping[Way, str]] = {
    "category": " INDEXED BY csdesk_ticket_category",
    "assignee": " INDEXED BY csdesk_ticket_assignee",
    "waits": " INDEXED BY csdesk_ticket_waiting",
}


def way_of(asked: Query) -> Way:
    """How the rows are found: by what fewest of them share."""
    table = PLACED.get(asked.kind)
    given = {column: values_of(value) for column, value in asked.where}
    named = {column for column, values in given.items() if _finds(asked.kind, column, values)}
    if named & {"id", "identity"} or any((asked.kind, column) in LINKED for column in named):
        return "rows" if table is not None or asked.kind == "entry" else "index"
    if table is None or len(given) < len(asked.where) or () in given.values():
        # The ways below take one filter of a column, and SQLite refuses an index by name where nothing can be found.
        return "index"
    if "waits" in named and asked.kind == "ticket":
        return "waits"
    if table.indexed & named - {"category", "queue", "assignee", *LABELS}:
        return "index"
    if asked.kind == "ticket" and "assignee" in named:
        return "assignee"
    return _wide_way(given, named)


def _finds(kind: str, column: str, values: tuple[Scalar, ...]) -> bool:
    """True if rows are found by these values: those without a value stand in no index that would find them."""
    is_aside = (kind, column) in MANY or (kind, column) in LINKED
    return any(one is not None for one in values) if is_aside else None not in values


def _wide_way(given: Mapping[str, tuple[Scalar, ...]], named: set[str]) -> Way:
    """The way where a column says little: the live tickets are few beside those of a tag, and these beside the rest."""
    if "category" in named and _LIVE.issuperset(given["category"]):
        return "category"
    if named & LABELS:
        return "tag"
    return "category" if named & {"category", "queue"} else "all"


class Conditions:
    """The conditions of a query and their parameters; ``without`` names columns that the caller sees to."""

    def __init__(self, desk: int, asked: Query, way: Way, without: frozenset[str] = frozenset()) -> None:
        self._desk = desk
        self._kind = asked.kind
        self._way = way
        # Not to be taken for the way: rows that are found by their numbers are only compared with it.
        self._is_found = False
        self.conditions = ["+desk=?" if way in ("rows", "tag") else "desk=?"]
        self.cells: list[Cell] = [desk]
        for column, value in asked.where:
            if column not in without:
                self._add(column, value)
        named = {column for column, _ in asked.where}
        if way == "category" and "category" not in named | without:
            # The index begins with the category; naming all of them lets it be used.
            self._add("category", ANY_CATEGORY)
        self._add_time(asked)

    @property
    def sql(self) -> str:
        """The conditions as one."""
        return " AND ".join(self.conditions)

    @property
    def source(self) -> str:
        """The table, with the index that the way goes by."""
        return f"csdesk_{self._kind}{_SOURCES.get(self._way, '')}"

    def _add(self, column: str, value: Value) -> None:
        check_column(self._kind, column, f"where.{column}")
        wanted = values_of(value)
        cells = cells_of(self._desk, self._kind, column, value)
        found = self._found_by(column, len(cells))
        if found is not None:
            self.conditions.append(found if cells else "FALSE")
            self.cells += [self._desk, *cells] if cells else []
            return
        name = column_of(self._kind, column)
        condition = f"{name}=?" if len(cells) == 1 else f"{name} IN ({marks(len(cells))})"
        if None in wanted:
            condition = f"({condition} OR {name} IS NULL)" if cells else f"{name} IS NULL"
        self.conditions.append(condition)
        self.cells += cells

    def _found_by(self, column: str, count: int) -> str | None:
        """The condition on a column that another table holds; None of these is ever empty: None finds nothing."""
        if column in LABELS and (self._kind, column) in MANY:
            is_way, self._is_found = self._way == "tag" and not self._is_found, True
            return (_TAGGED if is_way else _HAS_TAG).format(self._kind, marks(count))
        if column == "queue" and self._kind == "agent":
            return _QUEUED.format(marks(count))
        if (column == "id" and self._kind in PLACED) or (self._kind, column) == ("customer", "identity"):
            return _AT.format(marks(count))
        role = LINKED.get((self._kind, column))
        if role is None:
            return None
        # Entries are linked by their numbers in the desk.
        base = entries.first_row(self._desk) if self._kind == "entry" else 0
        return _LINKS.format(base, marks(count), int(role))

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


def values_of(value: Value) -> tuple[Scalar, ...]:
    """The values that a filter allows."""
    return value if isinstance(value, tuple) else (value,)


def cells_of(desk: int, kind: str, column: str, value: Value) -> list[Cell]:
    """The values of a filter as the tables hold them, without None."""
    return [_cell(desk, kind, column, one) for one in values_of(value) if one is not None]


def _cell(desk: int, kind: str, column: str, value: Scalar) -> Cell:
    if isinstance(value, datetime):
        return _micros(value, f"where.{column}")
    if kind == "entry" and column in {"id", "position"}:
        return entries.row_of(desk, str(value))
    if column in ("segment", "site"):
        return label_of(str(value))
    if (kind, column) == ("customer", "identity"):
        return place_key(str(value), IDENTITY)
    if column == "id" and kind in PLACED:
        return PLACED[kind].key(str(value))
    return link_key(str(value)) if (kind, column) in LINKED else value


def column_of(kind: str, column: str) -> str:
    """The column of that name, or what reads it out of the document."""
    return _KEYS.get(kind, "id") if column in {"id", "position"} else _READ.get((kind, column), column)


def _micros(at: datetime, field: str) -> int:
    if at.tzinfo is None:
        raise InvalidInput(field, "has no time zone", "pass an aware datetime, for example with tzinfo=datetime.UTC")
    return micros(at)
