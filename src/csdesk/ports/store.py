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
* Errors are csdesk's own (``csdesk.errors``), the driver's behind them as ``__cause__``. A call for a desk that was
  never opened raises ``NotFound`` (kind ``desk``); limits and counts below 1 raise ``InvalidInput``.

How one ``ChangeSet`` is read:

* Its puts, claims, moves and deltas count in this order of kinds, and within a kind in the order of the tuple: a later
  one sees what an earlier one of the same commit did. If several would fail, any of their errors is raised.
* Taking a claim that its owner holds already keeps it, with the new ``expires_at``. A move keeps ``expires_at``. An
  expired claim is free only after ``maintain`` removed it; until then ``load`` shows it.
* A mark (``seen``) of a customer that does not exist after the puts is dropped.
* Rows in ``outbox``, ``due`` and ``inbox`` replace those with the same key. Removals come before them: what is done and
  planned again in one commit stays planned. Removing what is not there is fine.
* Each name in ``bumps`` adds one to its epoch. A ``config`` row is kept under its digest (a digest activated again: one
  row, the new instant) and becomes the desk's; it bumps nothing by itself.
* ``strips`` name entries of earlier commits; a position that no entry has is passed over.

How ``Needs`` are followed: what is named by id brings the same as what a claim leads to. An identity brings its home
(the customer whose document holds it), a customer its survivor, a ticket its survivor, a message its ticket. With
``parties`` every ticket in the snapshot, survivors included, brings the home of its ``identity``. A counter that never
changed may be missing from the snapshot: read it as 0. An agent's load is the counter ``load/<agent id>``. Candidates
are ordered by load, then by the last commit that added to it (never: first), then by id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Generic, Literal, Protocol, TypeVar, runtime_checkable

from csdesk.domain.records.changes import (
    AgentGroup,
    Burden,
    ChangeSet,
    Committed,
    ConfigRow,
    Needs,
    Snapshot,
    Stored,
    WaitingLine,
)
from csdesk.domain.records.events import Entry, Epochs
from csdesk.domain.records.queues import DueItem, InboxItem, OutboxItem
from csdesk.errors import CsdeskError

Scalar = str | int | float | bool | datetime | None
"""The value of a column: times are aware datetimes."""
Progress = Callable[[int, int], None]
"""Is told how much is done, and of how much; what it raises ends the work."""
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRow:
    """What a store knows of a desk: its secret for keyed hashes, its epochs, and the digest of its configuration."""

    name: str
    secret: bytes = field(repr=False)
    epochs: Epochs
    config: str = ""


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
         "conversation", "tag", "site", "merged_into", "created_at", "updated_at", "wake_at", "waits", "offered_to"}
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


Scrubbed = Literal["done", "more", "busy"]
"""How far a store has come with leaving no trace of what was deleted."""


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
    """A message that matches. Hits come newest first, which is by message id, descending."""

    message: str
    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """What a backup made: the file, its size, the store's pages in it if it has any, and the media that were copied.

    ``media`` counts the files that the copy lacked; a store by itself copies none.
    """

    path: Path
    bytes: int
    pages: int | None = None
    media: int = 0


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
class Backup(Protocol):
    """A power that a store may have besides: it copies all its desks to one file while they are used."""

    def backup(
        self,
        target: Path,
        *,
        overwrite: bool = False,
        progress: Progress | None = None,
        before_placed: Callable[[], None] | None = None,
    ) -> BackupReport:
        """Copy everything as of one moment after the call began; whoever reads or writes goes on.

        The copy is whole, checked and on disk before it stands under its name; a failure leaves nothing there, and an
        old file as it was. ``progress`` is told pages, or whatever the store counts in. ``before_placed`` is called
        when the copy is whole and not yet placed: what must be there with it is done then, and if it raises, the copy
        is dropped.

        Raises:
            InvalidInput: ``target`` is there already and ``overwrite`` is False, is a folder, is the store itself or in
                use by another one; or its folder is missing.
            StoreError: the copy could not be read, written or checked.
        """
        ...


@runtime_checkable
class Erasing(Protocol):
    """A power that a store may have besides: what it deletes can be made to leave no trace.

    Without it ``desk.customers.erase`` is refused and no media are collected.
    """

    def scrub(self, limit: int) -> Scrubbed:
        """Remove what deleted and replaced rows left behind: in free space, in the search index, in logs.

        Bounded: about ``limit`` pages of work. ``done``: nothing is left of what was deleted before the call; ``more``:
        call again; ``busy``: somebody still reads an old state, call again later.
        """
        ...

    def media_in_use(self, digests: Sequence[str]) -> frozenset[str]:
        """Which of these media any message or inbox item of any desk refers to."""
        ...

    def written_by(self, desk: str, identities: Sequence[str], after: str, limit: int) -> tuple[tuple[str, ...], str]:
        """The messages with these identities among the next ``limit`` ones of the desk, and where to go on.

        ``after`` is where an earlier call said to go on, empty at first; an empty answer there: those were the last.
        Messages are looked at in the order in which they were stored.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookRequest:
    """What to look ahead at, besides what every desk waits for. Nothing named means none."""

    kinds: tuple[str, ...] = ()
    """Kinds of due items."""
    upkeep: tuple[str, ...] = ()
    """Kinds of due items for which nobody has to be woken."""
    accounts: tuple[str, ...] = ()
    """Accounts whose outbox is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What lies ahead of a desk."""

    next_at: datetime | None
    """The earliest wake-up of a ticket or customer, due item of the kinds, or message that is due to be sent for one of
    the accounts (the head of a conversation, as for ``lease``); it may have passed. None: nothing is planned."""
    upkeep_at: datetime | None
    """The earliest due item of the kinds for upkeep."""
    waits: bool
    """True if a ticket waits for somebody (``waits`` of a ticket) or a message in the inbox for the one before it."""


@runtime_checkable
class LooksAhead(Protocol):
    """A power that a store may have besides: it tells in one read whether anything at all is due.

    Without it every ``run_due`` asks for each kind of work by itself.
    """

    def outlook(self, desk: str, request: OutlookRequest) -> Outlook:
        """What lies ahead, of one moment; nothing is taken."""
        ...


@runtime_checkable
class CommitsTogether(Protocol):
    """A power that a store may have besides: several commits in one transaction, which costs one wait for the disk."""

    def commit(self, desk: str, changes: ChangeSet) -> Committed:
        """As ``Store.commit``."""
        ...

    def commit_together(self, desk: str, changes: Sequence[ChangeSet]) -> tuple[Committed | CsdeskError, ...]:
        """Write change sets in their order, each of them all or nothing by itself; a later one sees the earlier ones.

        Answers for each what ``commit`` would have returned or raised: one that fails takes no other with it. What
        succeeded is durable when the call returns.

        Raises:
            StoreBusy: nothing of any was written; try again.
            CommitUnknown: all that would have succeeded may have been written, or nothing.
        """
        ...


@runtime_checkable
class Hosted(Protocol):
    """A power that a store may have besides: it works inside transactions that its host begins and ends.

    ``commit`` is then durable when the host's transaction is, and everything that was written or read may be rolled
    back: numbers are given again, versions name another content. Nothing of it is kept from one call to the next.
    """

    @property
    def in_transaction(self) -> bool:
        """True while the host has a transaction open."""
        ...

    def alone(self, call: str) -> AbstractContextManager[None]:
        """Each write inside this block is durable when it returns. ``call`` names what needs that.

        Raises:
            TransactionOpen: the host has a transaction open.
        """
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
