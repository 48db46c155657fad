"""What every store can do, blocking or with coroutines."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol, runtime_checkable

from csdesk.domain.records.changes import ChangeSet, Committed, Needs, Snapshot
from csdesk.domain.records.events import Entry, Epochs
from csdesk.domain.records.queues import DueItem, OutboxItem
from csdesk.ports.store.queries import Page, Query, Row, SearchHit, SearchRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRow:
    """What a store knows of a desk: its secret for keyed hashes, its epochs, and the digest of its configuration."""

    name: str
    secret: bytes = field(repr=False)
    epochs: Epochs
    config: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRequest:
    """Take work for a while.

    ``outbox``: for each conversation (or for ``conversation`` alone) the oldest message if it is pending and due, or if
    the lease of its sender ran out (then it comes with state ``sending``, as it was left). Nothing behind it in its
    conversation is given; dead and unknown ones are passed over. ``due``: due items, oldest first; no ``kinds`` means
    all. ``tickets``: the ids of tickets whose wake-up has come, oldest first, those of one instant in any order; they
    are not leased, their version guards them. ``customers``: the same of customers.

    A conversation is ``account`` and key together; its oldest message is the first by ``created_at``, then by id. Due
    means ``due_at`` <= ``now``; conversations are served by ``due_at``. An item is given as it was left; the stored one
    is then due at ``now`` + ``hold``, an outbox item also in state ``sending``. The store never counts attempts.
    """

    what: Literal["outbox", "due", "tickets", "customers"]
    now: datetime
    limit: int
    hold: timedelta = timedelta(seconds=60)
    account: str | None = None
    conversation: str | None = None
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leased:
    """The work that was taken, and the earliest instant at which more will be due (None: nothing is planned).

    "More" is all that the request asks for and that was not given now: what the limit cut off (its instant has passed),
    what is planned, what others hold. Messages behind another one of their conversation don't count.
    """

    outbox: tuple[OutboxItem, ...] = ()
    due: tuple[DueItem, ...] = ()
    tickets: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    next_due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintained:
    """What a round of upkeep did, and whether more is left."""

    claims_expired: int = 0
    searches_indexed: int = 0
    checkpointed: bool = False
    more: bool = False


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
        """Messages whose tokens match every phrase, indexed or not yet; cursors as in ``query``."""
        ...

    def entries(self, desk: str, consumer: str, limit: int) -> tuple[Entry, ...]:
        """The next entries after what ``consumer`` acknowledged, in order of position; at least once.

        Positions are unique in their desk and compare as strings. What a commit answers as its position is not smaller
        than those of its entries, and smaller than those of entries that are committed later.
        """
        ...

    def ack(self, desk: str, consumer: str, position: str) -> None:
        """Remember that the consumer has dealt with everything up to ``position``; never moves back.

        Raises:
            InvalidInput: not a position that this store gave.
        """
        ...

    def allocate(self, desk: str, counter: str, count: int) -> int:
        """Take ``count`` numbers of a counter; returns the first. Numbers begin at 1 and are never given twice.

        These counters stand apart from those that deltas change.
        """
        ...

    def maintain(self, desk: str, now: datetime, limit: int) -> Maintained:
        """Expire claims (``expires_at`` <= ``now``), index texts, checkpoint: at most about ``limit`` rows of work."""
        ...

    def close(self) -> None:
        """Let go of everything; closing twice is fine. Later calls raise ``DeskClosed``."""
        ...


@runtime_checkable
class AsyncStore(Protocol):
    """The same contract for networked databases, with coroutines: each step of a use case is awaited.

    A call may be cancelled at any moment. Then its transaction is rolled back, or whole: nothing half is left, and what
    was leased is free again when its lease has run out.
    """

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
