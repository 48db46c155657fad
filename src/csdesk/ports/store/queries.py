"""Lists and searches: what is asked of a store, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

from csdesk.domain.records.changes import AgentGroup, Burden, ConfigRow, Stored, WaitingLine
from csdesk.domain.records.events import Entry
from csdesk.domain.records.queues import InboxItem, OutboxItem

Scalar = str | int | float | bool | datetime | None
"""The value of a column: times are aware datetimes."""

T_co = TypeVar("T_co", covariant=True)

Where = tuple[tuple[str, Scalar | tuple[Scalar, ...]], ...]
"""Filters: a column, and the value or values that it may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A filtered, ordered, paged read.

    ``kind`` names the records; ``where`` holds equal-to filters (a tuple as value: any of them) by column name; the
    columns of each kind stand in ``QUERY_COLUMNS``. ``since`` and ``until`` bound the kind's time column
    (``since`` <= t < ``until``). The order is stable: the named column, then the id, both turned around by
    ``descending``; texts by code point, a missing value before all others. ``"id"`` names the key of every kind: the
    message of an outbox row, the position of an entry, the digest of a configuration. A filter on None finds rows
    without a value. ``after`` is a cursor of an earlier page of the same query (its limit may differ).
    """

    kind: Literal[
        "ticket",
        "customer",
        "message",
        "agent",
        "phrase",
        "article",
        "asset",
        "draft",
        "holidays",
        "settlement",
        "inbox",
        "outbox",
        "entry",
        "config",
        "group",
        "line",
        "burden",
    ]
    where: Where = ()
    since: datetime | None = None
    until: datetime | None = None
    order: str = "id"
    descending: bool = False
    limit: int = 50
    after: str | None = None


QUERY_COLUMNS: dict[str, frozenset[str]] = {
    "ticket": frozenset(
        {"id", "number", "category", "status", "queue", "assignee", "owner", "priority", "type", "identity", "account",
         "conversation", "tag", "site", "merged_into", "created_at", "updated_at", "wake_at", "due_at", "waits",
         "offered_to"}
    ),
    "customer": frozenset(
        {"id", "level", "stage", "tag", "segment", "merged_into", "identity", "created_at", "seen_at"}
    ),
    "message": frozenset(
        {"id", "ticket", "direction", "delivery", "identity", "occurred_at", "provider_id", "account", "author_id"}
    ),
    "agent": frozenset({"id", "queue", "presence", "retired", "name"}),
    "phrase": frozenset({"id", "retired", "language"}),
    "article": frozenset({"id", "retired", "language", "campaign"}),
    "asset": frozenset({"id", "retired"}),
    "draft": frozenset({"id", "ticket", "author"}),
    "holidays": frozenset({"id", "place"}),
    "settlement": frozenset({"id", "ticket", "customer", "subject", "action", "state", "agent", "created_at"}),
    "inbox": frozenset({"id", "account", "conversation", "state"}),
    "outbox": frozenset({"id", "account", "conversation", "state", "ticket"}),
    "entry": frozenset({"position", "subject", "cause"}),
    "config": frozenset({"digest", "activated_at"}),
    "group": frozenset({"queue", "profile", "agents"}),
    "line": frozenset({"queue", "priority", "tickets", "oldest_at"}),
    "burden": frozenset({"counter", "counted", "carried"}),
}  # fmt: skip
"""Filter and order columns of each kind.

``tag``, ``segment``, agent ``queue`` and customer ``identity`` match any of a record's values and give no order; so
does ``site``, which most tickets have none of: a filter on None finds nothing.
``owner`` is the id of the agent or queue that is accountable, ``assignee`` the agent who works on the ticket,
``offered_to`` the one who has an open offer of it, ``waits`` its priority while somebody has to be found for it,
``due_at`` is ``Ticket.due_at``, or ``NEVER_DUE`` (of ``csdesk.domain.records.tickets``) where nothing is due,
``seen_at`` the mark.

Three kinds are worked out with each question: ``group``, how many agents of each kind belong to a queue (the retired do
not); ``line``, how many tickets of a queue and priority wait for somebody; ``burden``, what the counters of each
agent's load and of each queue's work say and what the tickets do, read in one moment.
"""


TIME_COLUMN: dict[str, str] = {
    "ticket": "updated_at",
    "customer": "created_at",
    "message": "occurred_at",
    "entry": "at",
    "config": "activated_at",
    "settlement": "created_at",
    "inbox": "created_at",
    "outbox": "created_at",
}
"""What ``since`` and ``until`` bound; kinds that are missing here have no time."""


Row = Stored | InboxItem | OutboxItem | Entry | ConfigRow | AgentGroup | WaitingLine | Burden
"""What a query can answer with, by its kind."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """One page of a list. ``cursor`` leads to the next one; None: this was the last."""

    items: tuple[T_co, ...]
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """Full text over messages: their subject and their text as last edited.

    ``phrases`` are what must be found, each a run of tokens that stand side by side (see
    ``csdesk.domain.text.features.query_tokens``); no phrase finds nothing. ``messages`` and ``tickets`` are filters as
    ``Query.where`` has them, on the messages and on the tickets that hold them; ``since`` and ``until`` bound when a
    message was said.
    """

    phrases: tuple[tuple[str, ...], ...]
    messages: Where = ()
    tickets: Where = ()
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    after: str | None = None

    @property
    def asked(self) -> tuple[object, ...]:
        """What tells one search from another, so that a cursor leads on in its own alone."""
        narrowed = (self.messages, self.tickets, self.since, self.until)
        return (self.phrases, *narrowed) if any(narrowed) else (self.phrases,)


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A message that matches. Hits come newest first: the message stored last is the first.

    Within a commit the order of puts counts; an edited message keeps its place.
    """

    message: str
    ticket: str
