"""The storage contract: few methods, each one round trip on a networked store.

A store keeps desks side by side; every call names its desk. What is durable, atomic and unique is promised here once
and checked by ``csdesk.testing.StoreContract``, for csdesk's own stores and for anybody's.

What every store promises:

* ``commit`` is all or nothing, and durable when it returns. After ``CommitUnknown`` nobody knows; the claims tell.
* ``load`` answers from one moment: no half of somebody's commit is ever seen.
* Claims are unique per desk. Required ones fail the commit, first-wins ones are answered with their owner.
* A record's columns always equal its document; its version is the one that was put.
* Entries get positions that only grow in the order in which commits become visible: a reader that has seen a position
  never misses a smaller one later.
* Errors are csdesk's own (``csdesk.errors``), the driver's behind them as ``__cause__``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, Literal, Protocol, TypeVar

from csdesk.domain.records.changes import ChangeSet, Committed, ConfigRow, Needs, Snapshot, Stored
from csdesk.domain.records.events import Entry, Epochs
from csdesk.domain.records.queues import DueItem, InboxItem, OutboxItem

Scalar = str | int | float | bool | None
T = TypeVar("T", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRow:
    """What a store knows of a desk: its secret for keyed hashes, its epochs, and the digest of its configuration."""

    name: str
    secret: bytes = field(repr=False)
    epochs: Epochs
    config: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A filtered, ordered, paged read.

    ``kind`` names the records; ``where`` holds equal-to filters (a tuple as value: any of them) by column name; the
    columns of each kind stand in ``QUERY_COLUMNS``. ``since`` and ``until`` bound the kind's time column
    (``since`` <= t < ``until``). The order is stable: the named column, then the id. ``after`` is a cursor of an
    earlier page of the same query.
    """

    kind: Literal["ticket", "customer", "message", "agent", "phrase", "draft", "inbox", "outbox", "entry", "config"]
    where: tuple[tuple[str, Scalar | tuple[Scalar, ...]], ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    order: str = "id"
    descending: bool = False
    limit: int = 50
    after: str | None = None


QUERY_COLUMNS: dict[str, frozenset[str]] = {
    "ticket": frozenset(
        {"id", "number", "category", "status", "queue", "assignee", "owner", "priority", "type", "identity", "account",
         "conversation", "tag", "merged_into", "created_at", "updated_at", "wake_at"}
    ),
    "customer": frozenset({"id", "level", "stage", "tag", "merged_into", "identity", "created_at", "seen_at"}),
    "message": frozenset({"id", "ticket", "direction", "delivery", "identity", "occurred_at", "provider_id", "account"}),
    "agent": frozenset({"id", "queue", "presence", "retired", "name"}),
    "phrase": frozenset({"id", "retired", "language"}),
    "draft": frozenset({"id", "ticket", "author"}),
    "inbox": frozenset({"id", "account", "conversation", "state"}),
    "outbox": frozenset({"id", "account", "conversation", "state", "ticket"}),
    "entry": frozenset({"position", "subject", "cause"}),
    "config": frozenset({"digest", "activated_at"}),
}  # fmt: skip
"""Filter and order columns of each kind. ``tag`` and agent ``queue`` match any of a record's values."""

TIME_COLUMN: dict[str, str] = {
    "ticket": "updated_at",
    "customer": "created_at",
    "message": "occurred_at",
    "entry": "at",
    "config": "activated_at",
    "inbox": "created_at",
    "outbox": "created_at",
}
"""What ``since`` and ``until`` bound; kinds that are missing here have no time."""

Row = Stored | InboxItem | OutboxItem | Entry | ConfigRow
"""What a query can answer with, by its kind."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. ``cursor`` leads to the next one; None: this was the last."""

    items: tuple[T, ...]
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRequest:
    """Take work for a while.

    ``outbox``: for each conversation (or for ``conversation`` alone) the oldest message if it is pending and due, or if
    the lease of its sender ran out (then it comes with state ``sending``, as it was left). Nothing behind it in its
    conversation is given. ``due``: due items, oldest first. ``tickets``: the ids of tickets whose wake-up has come,
    oldest first; they are not leased, their version guards them.
    """

    what: Literal["outbox", "due", "tickets"]
    now: datetime
    limit: int
    hold: timedelta = timedelta(seconds=60)
    account: str | None = None
    conversation: str | None = None
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leased:
    """The work that was taken, and the earliest instant at which more will be due (None: nothing is planned)."""

    outbox: tuple[OutboxItem, ...] = ()
    due: tuple[DueItem, ...] = ()
    tickets: tuple[str, ...] = ()
    next_due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintained:
    """What a round of upkeep did, and whether more is left."""

    claims_expired: int = 0
    searches_indexed: int = 0
    checkpointed: bool = False
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """Full text over messages and subjects. ``tokens`` are runs that must stand in this order (see ``query_tokens``)."""

    phrases: tuple[tuple[str, ...], ...]
    limit: int = 50
    after: str | None = None


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A message that matches, newest first."""

    message: str
    ticket: str


class Store(Protocol):
    """A blocking store: safe to share between threads."""

    def open_desk(self, desk: str, *, secret: bytes) -> DeskRow:
        """The desk of that name, created with ``secret`` if it is new; an existing one keeps its own."""
        ...

    def load(self, desk: str, needs: Needs) -> Snapshot:
        """Everything that ``needs`` names and that exists, of one moment, in one round trip."""
        ...

    def commit(self, desk: str, changes: ChangeSet) -> Committed:
        """Write all of it, or nothing.

        Raises:
            VersionConflict: a record is not at its expected version, or the configuration epoch has moved on
                (kind ``config``).
            ClaimTaken: a required claim belongs to somebody else, or a claim to move is not owned by ``before``.
            GuardFailed: a counter would pass its limit.
            StoreBusy: nothing was written; try again.
            CommitUnknown: it may have been written.
        """
        ...

    def lease(self, desk: str, request: LeaseRequest) -> Leased:
        """Take due work; in one transaction, so that no two callers take the same."""
        ...

    def query(self, desk: str, query: Query) -> Page[Row]:
        """A page of records; ``limit`` between 1 and 1000.

        Raises:
            InvalidInput: an unknown column or a cursor of another query.
        """
        ...

    def count(self, desk: str, query: Query) -> int:
        """How many records the query matches; order, limit and cursor don't matter."""
        ...

    def search(self, desk: str, request: SearchRequest) -> Page[SearchHit]:
        """Messages whose tokens match every phrase, indexed or not yet."""
        ...

    def entries(self, desk: str, consumer: str, limit: int) -> tuple[Entry, ...]:
        """The next entries after what ``consumer`` acknowledged, in order of position; at least once."""
        ...

    def ack(self, desk: str, consumer: str, position: str) -> None:
        """Remember that the consumer has dealt with everything up to ``position``; never moves back."""
        ...

    def allocate(self, desk: str, counter: str, count: int) -> int:
        """Take ``count`` numbers of a counter; returns the first. Numbers begin at 1 and are never given twice."""
        ...

    def maintain(self, desk: str, now: datetime, limit: int) -> Maintained:
        """Expire claims, index texts for search, checkpoint: at most about ``limit`` rows of work."""
        ...

    def close(self) -> None:
        """Let go of everything; closing twice is fine. Later calls raise ``DeskClosed``."""
        ...


class AsyncStore(Protocol):
    """The same contract for networked databases, with coroutines."""

    async def open_desk(self, desk: str, *, secret: bytes) -> DeskRow:
        """As ``Store.open_desk``."""
        ...

    async def load(self, desk: str, needs: Needs) -> Snapshot:
        """As ``Store.load``."""
        ...

    async def commit(self, desk: str, changes: ChangeSet) -> Committed:
        """As ``Store.commit``."""
        ...

    async def lease(self, desk: str, request: LeaseRequest) -> Leased:
        """As ``Store.lease``."""
        ...

    async def query(self, desk: str, query: Query) -> Page[Row]:
        """As ``Store.query``."""
        ...

    async def count(self, desk: str, query: Query) -> int:
        """As ``Store.count``."""
        ...

    async def search(self, desk: str, request: SearchRequest) -> Page[SearchHit]:
        """As ``Store.search``."""
        ...

    async def entries(self, desk: str, consumer: str, limit: int) -> tuple[Entry, ...]:
        """As ``Store.entries``."""
        ...

    async def ack(self, desk: str, consumer: str, position: str) -> None:
        """As ``Store.ack``."""
        ...

    async def allocate(self, desk: str, counter: str, count: int) -> int:
        """As ``Store.allocate``."""
        ...

    async def maintain(self, desk: str, now: datetime, limit: int) -> Maintained:
        """As ``Store.maintain``."""
        ...

    async def aclose(self) -> None:
        """As ``Store.close``."""
        ...
