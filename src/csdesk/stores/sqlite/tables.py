"""One table per kind of record: which columns it has beside the document, and the statements that write them.

Only what an index or a time filter needs is a column of its own. It is *kept*, and written again only when it moved,
because an UPDATE rewrites every index whose column it names; or *fresh*, and written with every put. What merely
narrows a list down is read out of the document: each message would pay for a column, and only lists would use it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any, Final

from pydantic_core import PydanticUndefined

from csdesk.domain.records._model import Record
from csdesk.domain.records._short import SHORT
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.records.messages import Message
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.records.replies import Draft
from csdesk.domain.records.tickets import Ticket
from csdesk.stores.sqlite.links import Role
from csdesk.stores.sqlite.values import Cell, Cells, marks, micros, micros_or_none, value_rows


@dataclass(frozen=True, slots=True)
class Column:
    """A kept column: its value, and the fields it follows from. ``Any``: the function takes the table's records."""

    name: str
    cell: Callable[[Any], Cell]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One kind of record. ``Any``: the functions take records of ``cls``."""

    kind: str
    cls: type[Record]
    kept: tuple[Column, ...] = ()
    fresh: tuple[str, ...] = ()
    fresh_of: Callable[[Any], Cells] = lambda _: ()
    born: tuple[str, ...] = ()
    """Marks beside the document that a new record may already have."""
    link: tuple[Role, str] | None = None
    """The role of its rows to the id that a field names."""
    read: Mapping[str, str] = field(default_factory=dict)
    """The expressions of what queries may name and no column holds."""


def moved_columns(table: Table, old: Record, new: Record) -> list[Column]:
    """The kept columns whose values are other ones. What an event left alone is the very same object."""
    before, after = old.__dict__, new.__dict__
    changed = {name for name in before if before[name] is not after[name]}
    return [
        column
        for column in table.kept
        if not changed.isdisjoint(column.fields) and column.cell(old) != column.cell(new)
    ]


def _field(name: str) -> Column:
    return Column(name, lambda record: record.__dict__[name], (name,))


def _time(name: str) -> Column:
    return Column(name, lambda record: micros(record.__dict__[name]), (name,))


def read_sql(cls: type[Record], name: str, *, of: str = "doc") -> str:
    """A field as it stands in the document (the column ``of``), which leaves out what equals its default."""
    given = f"json_extract({of},'$.{SHORT.get(name, name)}')"
    default = cls.model_fields[name].default
    if default is None or default is PydanticUndefined:
        return given
    plain = default.value if isinstance(default, Enum) else default
    return f"coalesce({given},{plain!r})"


def _read(cls: type[Record], *names: str) -> dict[str, str]:
    return {name: read_sql(cls, name) for name in names}


_WAKES: Final = (
    "clocks",
    "snoozed_until",
    "close_at",
    "tags",
    "rules_at",
    "erased_at",
    "offer",
    "worker",
    "flags",
    "goal",
)
_CUSTOMER_WAKES: Final = ("tags", "flags", "segments_at", "merged_into", "erasure")

TABLES: Final[Mapping[type[Record], Table]] = {
    Ticket: Table(
        "ticket",
        Ticket,
        (
            _field("number"),
            Column("category", lambda ticket: ticket.category.value, ("category",)),
            _field("queue"),
            Column("assignee", lambda ticket: ticket.assignee, ("worker",)),
            _field("identity"),
            _field("merged_into"),
            _time("created_at"),
            Column("wake_at", lambda ticket: micros_or_none(ticket.wake_at), _WAKES),
            Column("waits", lambda ticket: ticket.waits, ("worker", "offer", "category", "priority")),
            Column("offered_to", lambda ticket: ticket.offered_to, ("offer",)),
        ),
        ("updated_at",),
        lambda ticket: (micros(ticket.updated_at),),
        link=(Role.TICKET, "identity"),
        read={
            **_read(Ticket, "status", "priority", "type", "account", "conversation"),
            "owner": f"json_extract(doc,'$.{SHORT['owner']}.id')",
        },
    ),
    Customer: Table(
        "customer",
        Customer,
        (
            _field("merged_into"),
            _time("created_at"),
            Column("wake_at", lambda customer: micros_or_none(customer.wake_at), _CUSTOMER_WAKES),
        ),
        born=("seen_at",),
        read=_read(Customer, "level", "stage"),
    ),
    Message: Table(
        "message",
        Message,
        (_time("occurred_at"),),
        link=(Role.MESSAGE, "ticket"),
        read=_read(Message, "ticket", "direction", "delivery", "identity", "account", "provider_id"),
    ),
    Agent: Table(
        "agent",
        Agent,
        fresh=("name", "presence", "retired"),
        fresh_of=lambda agent: (agent.name, agent.presence.value, int(agent.retired)),
    ),
    LibraryPhrase: Table(
        "phrase",
        LibraryPhrase,
        fresh=("retired", "language"),
        fresh_of=lambda phrase: (int(phrase.retired), phrase.language),
    ),
    Draft: Table("draft", Draft, (_field("ticket"),), ("author",), lambda draft: (draft.author,)),
    PublicHolidays: Table("holidays", PublicHolidays, fresh=("place",), fresh_of=lambda holidays: (holidays.place,)),
}

_HEAD: Final = ("desk", "id", "version", "schema", "doc")


@cache
def insert_sql(table: Table, count: int) -> str:
    """Insert that many new records: desk, id, version, schema, doc, then fresh columns, kept ones and marks."""
    columns = (*_HEAD, *table.fresh, *[one.name for one in table.kept], *table.born)
    row = f"({marks(len(columns))})"
    return f"INSERT INTO csdesk_{table.kind}({','.join(columns)}) VALUES{value_rows(row, count)} ON CONFLICT DO NOTHING"


@cache
def update_sql(table: Table, moved: tuple[str, ...]) -> str:
    """Replace a record at a version: version, schema, doc, fresh, moved columns; then desk, id, expected version."""
    assigned = ",".join(f"{column}=?" for column in ("version", "schema", "doc", *table.fresh, *moved))
    return f"UPDATE csdesk_{table.kind} SET {assigned} WHERE desk=? AND id=? AND version=?"  # noqa: S608


@cache
def select_sql(table: Table) -> str:
    """The version, schema and document of one record."""
    return f"SELECT version,schema,doc FROM csdesk_{table.kind} WHERE desk=? AND id=?"  # noqa: S608


@cache
def row_sql(table: Table) -> str:
    """The row of one record."""
    return f"SELECT pk FROM csdesk_{table.kind} WHERE desk=? AND id=?"  # noqa: S608
