"""The store itself: one lock around plain functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from threading import Lock

from csdesk.domain.records.changes import ChangeSet, Committed, Needs, Snapshot
from csdesk.domain.records.events import Entry
from csdesk.errors import DeskClosed, InvalidInput, NotFound
from csdesk.ports.store import (
    DeskRow,
    Leased,
    LeaseRequest,
    Maintained,
    Outlook,
    OutlookRequest,
    Page,
    Query,
    Row,
    Scrubbed,
    SearchHit,
    SearchRequest,
)
from csdesk.stores._asked import check_limit
from csdesk.stores.memory import commits, erasing, leases, loads, queries, search
from csdesk.stores.memory.state import DeskState


class MemoryStore:
    """A ``Store`` in memory. Everything is lost at ``close`` and at the end of the process.

    One lock makes every call one moment; records are frozen and shared, never copied. Methods are described at
    ``csdesk.ports.store.Store``.

    An interrupt (Ctrl-C) in the middle of a commit leaves a part of it, as nothing else does: a program that goes on
    after interrupts keeps its desk in a file.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._desks: dict[str, DeskState] = {}
        self._is_closed = False

    def open_desk(self, desk: str, *, secret: bytes) -> DeskRow:
        """The desk of that name, created with ``secret`` if it is new."""
        with self._lock:
            if self._is_closed:
                raise DeskClosed(desk)
            state = self._desks.setdefault(desk, DeskState(secret=secret))
            return DeskRow(name=desk, secret=state.secret, epochs=state.epochs, config=state.config)

    def _state(self, desk: str) -> DeskState:
        if self._is_closed:
            raise DeskClosed(desk)
        state = self._desks.get(desk)
        if state is None:
            raise NotFound("desk", desk)
        return state

    def load(self, desk: str, needs: Needs) -> Snapshot:
        """Everything that ``needs`` names and that exists, of one moment."""
        with self._lock:
            return loads.load(self._state(desk), needs)

    def commit(self, desk: str, changes: ChangeSet) -> Committed:
        """Write all of it, or nothing."""
        with self._lock:
            return commits.commit(self._state(desk), changes)

    def lease(self, desk: str, request: LeaseRequest) -> Leased:
        """Take due work."""
        check_limit(request.limit)
        with self._lock:
            return leases.lease(self._state(desk), request)

    def outlook(self, desk: str, request: OutlookRequest) -> Outlook:
        """What lies ahead."""
        with self._lock:
            return leases.outlook(self._state(desk), request)

    def query(self, desk: str, query: Query) -> Page[Row]:
        """A page of records."""
        with self._lock:
            return queries.query(self._state(desk), query)

    def count(self, desk: str, query: Query) -> int:
        """How many records the query matches."""
        with self._lock:
            return queries.count(self._state(desk), query)

    def search(self, desk: str, request: SearchRequest) -> Page[SearchHit]:
        """Messages whose tokens match every phrase, newest first."""
        check_limit(request.limit)
        with self._lock:
            return search.search(self._state(desk), request)

    def entries(self, desk: str, consumer: str, limit: int) -> tuple[Entry, ...]:
        """The next entries after what ``consumer`` acknowledged."""
        check_limit(limit)
        with self._lock:
            state = self._state(desk)
            start = state.acknowledged.get(consumer, 0)
            return tuple(state.entries[start : start + limit])

    def ack(self, desk: str, consumer: str, position: str) -> None:
        """Remember that the consumer has dealt with everything up to ``position``."""
        if not (position.isascii() and position.isdigit()):
            raise InvalidInput(
                "position", "not a position of this store", "pass the position of an entry that was read"
            )
        with self._lock:
            state = self._state(desk)
            known = min(int(position), len(state.entries))
            state.acknowledged[consumer] = max(known, state.acknowledged.get(consumer, 0))

    def allocate(self, desk: str, counter: str, count: int) -> int:
        """Take ``count`` numbers of a counter; returns the first."""
        if count < 1:
            raise InvalidInput("count", "must be positive", "ask for at least one number")
        with self._lock:
            state = self._state(desk)
            first = state.numbers.get(counter, 0) + 1
            state.numbers[counter] = first + count - 1
            return first

    def maintain(self, desk: str, now: datetime, limit: int) -> Maintained:
        """Expire claims and index texts."""
        check_limit(limit)
        with self._lock:
            state = self._state(desk)
            expired = [key for key, held in state.claims.items() if held.expires_at and held.expires_at <= now]
            for key in expired[:limit]:
                del state.claims[key]
            indexed, is_more = search.index(state, limit)
            return Maintained(
                claims_expired=min(len(expired), limit),
                searches_indexed=indexed,
                more=is_more or len(expired) > limit,
            )

    def scrub(self, limit: int) -> Scrubbed:
        """Nothing is ever left of what was deleted, as far as the memory of Python goes."""
        check_limit(limit)
        return "done"

    def media_in_use(self, digests: Sequence[str]) -> frozenset[str]:
        """Which of these media any message or inbox item refers to."""
        with self._lock:
            return erasing.media_in_use(self._desks.values(), digests)

    def written_by(self, desk: str, identities: Sequence[str], after: str, limit: int) -> tuple[tuple[str, ...], str]:
        """The messages with these identities among the next ``limit`` ones, and where to go on."""
        check_limit(limit)
        with self._lock:
            return erasing.written_by(self._state(desk), frozenset(identities), after, limit)

    def close(self) -> None:
        """Forget everything; closing twice is fine."""
        with self._lock:
            self._is_closed = True
            self._desks.clear()
