"""The tables of records: which columns stand beside each kind's document, and how they follow from it.

``plain`` columns stand in no index and are written with every put; an ``indexed`` one only when it moved, because
SQLite rewrites the indexes of every column that an UPDATE names, changed or not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from csdesk.domain.records._model import Record
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.messages import Message
from csdesk.domain.records.replies import Draft, Phrase
from csdesk.domain.records.tickets import Ticket
from csdesk.stores.sqlite.values import Cells, marks, micros, micros_or_none, value_rows


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One kind of record. ``Any``: the two functions take records of ``cls``."""

    kind: str
    cls: type[Record]
    plain: tuple[str, ...]
    indexed: tuple[str, ...]
    plain_of: Callable[[Any], Cells]
    indexed_of: Callable[[Any], Cells]
    born: tuple[str, ...] = ()
    """Marks beside the document that a new record may already have."""


def _ticket_plain(ticket: Ticket) -> Cells:
    return (
        ticket.status,
        ticket.owner.id,
        int(ticket.priority),
        ticket.type,
        ticket.account,
        ticket.conversation,
        micros(ticket.created_at),
        micros(ticket.updated_at),
    )


def _ticket_indexed(ticket: Ticket) -> Cells:
    return (
        ticket.number,
        ticket.category.value,
        ticket.queue,
        ticket.assignee,
        ticket.identity,
        ticket.merged_into,
        micros_or_none(ticket.wake_at),
    )


def _message_plain(message: Message) -> Cells:
    return message.direction.value, message.delivery.value, message.identity, message.account, message.provider_id


TABLES: Final[Mapping[type[Record], Table]] = {
    Ticket: Table(
        "ticket",
        Ticket,
        ("status", "owner", "priority", "type", "account", "conversation", "created_at", "updated_at"),
        ("number", "category", "queue", "assignee", "identity", "merged_into", "wake_at"),
        _ticket_plain,
        _ticket_indexed,
    ),
    Customer: Table(
        "customer",
        Customer,
        ("level", "stage", "created_at"),
        ("merged_into",),
        lambda customer: (customer.level, customer.stage, micros(customer.created_at)),
        lambda customer: (customer.merged_into,),
        born=("seen_at",),
    ),
    Message: Table(
        "message",
        Message,
        ("direction", "delivery", "identity", "account", "provider_id"),
        ("ticket", "occurred_at"),
        _message_plain,
        lambda message: (message.ticket, micros(message.occurred_at)),
    ),
    Agent: Table(
        "agent",
        Agent,
        ("name", "presence", "retired"),
        (),
        lambda agent: (agent.name, agent.presence.value, int(agent.retired)),
        lambda _: (),
    ),
    Phrase: Table(
        "phrase",
        Phrase,
        ("retired", "language"),
        (),
        lambda phrase: (int(phrase.retired), phrase.language),
        lambda _: (),
    ),
    Draft: Table(
        "draft",
        Draft,
        ("author",),
        ("ticket",),
        lambda draft: (draft.author,),
        lambda draft: (draft.ticket,),
    ),
}

_HEAD: Final = ("desk", "id", "version", "schema", "doc")


@cache
def insert_sql(table: Table, count: int) -> str:
    """Insert that many new records: desk, id, version, schema, doc, then plain columns, indexed ones and marks."""
    columns = (*_HEAD, *table.plain, *table.indexed, *table.born)
    row = f"({marks(len(columns))})"
    return f"INSERT INTO csdesk_{table.kind}({','.join(columns)}) VALUES{value_rows(row, count)} ON CONFLICT DO NOTHING"


@cache
def update_sql(table: Table, moved: tuple[bool, ...]) -> str:
    """Replace a record at a version: version, schema, doc, plain, moved columns; then desk, id, expected version."""
    indexed = [name for name, is_moved in zip(table.indexed, moved, strict=True) if is_moved]
    columns = ("version", "schema", "doc", *table.plain, *indexed)
    assigned = ",".join(f"{column}=?" for column in columns)
    return f"UPDATE csdesk_{table.kind} SET {assigned} WHERE desk=? AND id=? AND version=?"  # noqa: S608


@cache
def select_sql(table: Table) -> str:
    """The version, schema and document of one record."""
    return f"SELECT version,schema,doc FROM csdesk_{table.kind} WHERE desk=? AND id=?"  # noqa: S608
