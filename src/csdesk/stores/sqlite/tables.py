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

from csdesk.domain.ids import CUSTOMER, MESSAGE, TICKET
from csdesk.domain.records._model import Record
from csdesk.domain.records._short import SHORT
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.articles import Article
from csdesk.domain.records.assets import Asset
from csdesk.domain.records.authority import Settlement
from csdesk.domain.records.clocks import LIVE_PHASES, ClockPhase
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.drafts import Draft
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.records.messages import Message
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.records.tickets import NEVER_DUE, Ticket
from csdesk.stores.sqlite.links import Role
from csdesk.stores.sqlite.places import ROW, place_key
from csdesk.stores.sqlite.values import Cell, Cells, marks, micros, micros_or_none, value_rows

_HEAD: Final = ("desk", "id", "version", "schema", "doc")


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
    prefix: str = ""
    """What its ids begin with, if it has no index of them: its rows are found by their places."""
    indexed: frozenset[str] = frozenset()
    """What queries may name that an index or a link finds, if it has places."""

    @property
    def columns(self) -> tuple[str, ...]:
        """All of its columns but the row's number, in the order of ``insert_sql``."""
        return (*_HEAD, *self.fresh, *[one.name for one in self.kept], *self.born)

    def key(self, text: str) -> str:
        """An id as ``where`` takes it."""
        return place_key(text, self.prefix) if self.prefix else text

    @property
    def where(self) -> str:
        """The condition that finds a record by desk and ``key``."""
        return f"pk={ROW}" if self.prefix else "desk=? AND id=?"


def moved_columns(table: Table, old: Record, new: Record) -> dict[str, Cell]:
    """The kept columns whose values are other ones, with these. What an event left alone is the very same object."""
    before, after = old.__dict__, new.__dict__
    moved: dict[str, Cell] = {}
    for column in table.kept:
        for name in column.fields:
            if before[name] is not after[name]:
                cell = column.cell(new)
                if cell != column.cell(old):
                    moved[column.name] = cell
                break
    return moved


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


_DUE: Final = f"json_extract(value,'$.{SHORT['due_at']}')"
_LIVE: Final = ",".join(f"'{phase.value}'" for phase in sorted(LIVE_PHASES))
_DUE_AT: Final = (
    f"coalesce((SELECT min(CASE typeof({_DUE}) WHEN 'text' THEN strftime('%s',{_DUE})*1000000"  # noqa: S608  # constants
    f" ELSE CAST(round({_DUE}*1000000) AS INTEGER) END) FROM json_each(doc,'$.{SHORT['clocks']}')"
    f" WHERE {_DUE} IS NOT NULL AND coalesce(json_extract(value,'$.{SHORT['phase']}'),'{ClockPhase.RUNNING.value}')"
    f" IN ({_LIVE})),{micros(NEVER_DUE)})"
)
"""The earliest instant of a live clock; those of far centuries stand as text, and count by their seconds."""

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
            "due_at": _DUE_AT,
            "owner": f"json_extract(doc,'$.{SHORT['owner']}.id')",
        },
        prefix=TICKET,
        indexed=frozenset(
            {
                "id",
                "number",
                "category",
                "queue",
                "assignee",
                "identity",
                "tag",
                "site",
                "wake_at",
                "offered_to",
                "merged_into",
            }
        ),
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
        prefix=CUSTOMER,
        indexed=frozenset({"id", "identity", "tag", "segment", "merged_into"}),
    ),
    Message: Table(
        "message",
        Message,
        (_time("occurred_at"),),
        link=(Role.MESSAGE, "ticket"),
        read=_read(Message, "ticket", "direction", "delivery", "identity", "account", "provider_id", "author_id"),
        prefix=MESSAGE,
        indexed=frozenset({"id", "ticket"}),
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
    Article: Table(
        "article",
        Article,
        fresh=("retired", "language", "campaign"),
        fresh_of=lambda article: (int(article.retired), article.language, article.campaign),
    ),
    Asset: Table("asset", Asset, fresh=("retired",), fresh_of=lambda asset: (int(asset.retired),)),
    Draft: Table("draft", Draft, (_field("ticket"),), ("author",), lambda draft: (draft.author,)),
    PublicHolidays: Table("holidays", PublicHolidays, fresh=("place",), fresh_of=lambda holidays: (holidays.place,)),
    Settlement: Table(
        "settlement",
        Settlement,
        (_field("ticket"), _field("customer"), _field("subject"), _time("created_at")),
        ("state",),
        lambda settlement: (settlement.state.value,),
        read=_read(Settlement, "action", "agent"),
    ),
}


@cache
def insert_sql(table: Table, count: int) -> str:
    """Insert that many new records: desk, id, version, schema, doc, then fresh columns, kept ones and marks."""
    columns = table.columns
    rows = value_rows(f"({marks(len(columns))})", count)
    taken = "" if table.prefix else " ON CONFLICT DO NOTHING"
    return f"INSERT INTO csdesk_{table.kind}({','.join(columns)}) VALUES{rows}{taken}"


@cache
def update_sql(table: Table, moved: tuple[str, ...]) -> str:
    """Replace a record at a version: version, schema, doc, fresh, moved columns; then desk, key, expected version."""
    assigned = ",".join(f"{column}=?" for column in ("version", "schema", "doc", *table.fresh, *moved))
    return f"UPDATE csdesk_{table.kind} SET {assigned} WHERE {table.where} AND version=?"  # noqa: S608


@cache
def select_sql(table: Table) -> str:
    """The version, schema and document of one record."""
    return f"SELECT version,schema,doc FROM csdesk_{table.kind} WHERE {table.where}"  # noqa: S608


@cache
def row_sql(table: Table) -> str:
    """The row of one record."""
    return f"SELECT pk FROM csdesk_{table.kind} WHERE {table.where}"  # noqa: S608
