"""Stores that fail on purpose, and stores that count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import TypeVar

from csdesk.domain.records.changes import ChangeSet, Committed, Needs, Snapshot
from csdesk.domain.records.events import Entry
from csdesk.errors import CommitUnknown, CsdeskError, StoreBusy, UnsupportedFeature, sentence
from csdesk.ports.store import (
    CommitsTogether,
    DeskRow,
    Erasing,
    Hosted,
    Leased,
    LeaseRequest,
    Maintained,
    Page,
    Query,
    Row,
    Scrubbed,
    SearchHit,
    SearchRequest,
    Store,
)

T = TypeVar("T")


class Fault(StrEnum):
    """What goes wrong with one call. The last two mean something for ``commit`` only; elsewhere they are ``busy``."""

    BUSY = "busy"
    """``StoreBusy``, and nothing was done."""
    UNKNOWN_UNDONE = "unknown_undone"
    """``CommitUnknown``, and nothing was written."""
    UNKNOWN_DONE = "unknown_done"
    """``CommitUnknown`` after everything was written."""


Plan = Callable[[str], Fault | None] | Iterator[Fault | None]
"""Asked before each call: a function gets the method's name, an iterator gives its next value (at its end: no more
faults). None lets the call through."""


class _Around:
    """A store around another one: each call passes ``_call`` with its name."""

    def __init__(self, store: Store) -> None:
        if isinstance(store, Hosted):
            # Behind a wrapper csdesk would not see that a host may roll back, and would remember too much.
            raise UnsupportedFeature(type(self).__name__, "stand around a host's connection", "wrap a SqliteStore")
        self.inner = store

    def _call(self, name: str, action: Callable[[], T]) -> T:
        raise NotImplementedError

    def open_desk(self, desk: str, *, secret: bytes) -> DeskRow:
        """As ``Store.open_desk``."""
        return self._call("open_desk", lambda: self.inner.open_desk(desk, secret=secret))

    def load(self, desk: str, needs: Needs) -> Snapshot:
        """As ``Store.load``."""
        return self._call("load", lambda: self.inner.load(desk, needs))

    def commit(self, desk: str, changes: ChangeSet) -> Committed:
        """As ``Store.commit``."""
        return self._call("commit", lambda: self.inner.commit(desk, changes))

    def commit_together(self, desk: str, changes: Sequence[ChangeSet]) -> tuple[Committed | CsdeskError, ...]:
        """As ``CommitsTogether.commit_together``: one call of ``commit``, because it is one transaction.

        A store inside that lacks this power commits one after the other.
        """
        return self._call("commit", lambda: _together(self.inner, desk, changes))

    def lease(self, desk: str, request: LeaseRequest) -> Leased:
        """As ``Store.lease``."""
        return self._call("lease", lambda: self.inner.lease(desk, request))

    def query(self, desk: str, query: Query) -> Page[Row]:
        """As ``Store.query``."""
        return self._call("query", lambda: self.inner.query(desk, query))

    def count(self, desk: str, query: Query) -> int:
        """As ``Store.count``."""
        return self._call("count", lambda: self.inner.count(desk, query))

    def search(self, desk: str, request: SearchRequest) -> Page[SearchHit]:
        """As ``Store.search``."""
        return self._call("search", lambda: self.inner.search(desk, request))

    def entries(self, desk: str, consumer: str, limit: int) -> tuple[Entry, ...]:
        """As ``Store.entries``."""
        return self._call("entries", lambda: self.inner.entries(desk, consumer, limit))

    def ack(self, desk: str, consumer: str, position: str) -> None:
        """As ``Store.ack``."""
        self._call("ack", lambda: self.inner.ack(desk, consumer, position))

    def allocate(self, desk: str, counter: str, count: int) -> int:
        """As ``Store.allocate``."""
        return self._call("allocate", lambda: self.inner.allocate(desk, counter, count))

    def maintain(self, desk: str, now: datetime, limit: int) -> Maintained:
        """As ``Store.maintain``."""
        return self._call("maintain", lambda: self.inner.maintain(desk, now, limit))

    def scrub(self, limit: int) -> Scrubbed:
        """As ``Erasing.scrub``; the store inside must have that power."""
        return self._call("scrub", lambda: self._erasing().scrub(limit))

    def media_in_use(self, digests: Sequence[str]) -> frozenset[str]:
        """As ``Erasing.media_in_use``; the store inside must have that power."""
        return self._call("media_in_use", lambda: self._erasing().media_in_use(digests))

    def written_by(self, desk: str, identities: Sequence[str], after: str, limit: int) -> tuple[tuple[str, ...], str]:
        """As ``Erasing.written_by``; the store inside must have that power."""
        return self._call("written_by", lambda: self._erasing().written_by(desk, identities, after, limit))

    def _erasing(self) -> Erasing:
        assert isinstance(self.inner, Erasing)
        return self.inner

    def close(self) -> None:
        """Close the store inside; never fails on purpose."""
        self.inner.close()


def _together(store: Store, desk: str, changes: Sequence[ChangeSet]) -> tuple[Committed | CsdeskError, ...]:
    if isinstance(store, CommitsTogether):
        return store.commit_together(desk, changes)
    outcomes: list[Committed | CsdeskError] = []
    for one in changes:
        try:
            outcomes.append(store.commit(desk, one))
        except CsdeskError as error:
            outcomes.append(error)
    return tuple(outcomes)


class FaultyStore(_Around):
    """A store whose calls fail by plan.

    Args:
        store: the one that does the work.
        plan: which call fails how; see ``Plan``.
    """

    def __init__(self, store: Store, plan: Plan) -> None:
        super().__init__(store)
        self._plan = plan
        self.faults: list[tuple[str, Fault]] = []
        """What went wrong so far: the method and the fault."""

    def _call(self, name: str, action: Callable[[], T]) -> T:
        fault = self._plan(name) if callable(self._plan) else next(self._plan, None)
        if fault is None:
            return action()
        self.faults.append((name, fault))
        if fault is Fault.BUSY or name != "commit":
            raise StoreBusy(sentence("{name} fails by plan; nothing was done", name=name))
        if fault is Fault.UNKNOWN_DONE:
            action()
        raise CommitUnknown("commit fails by plan; read the claim to find out")


class CountingStore(_Around):
    """A store that counts its calls, failed ones too: what a use case costs in round trips. Safe between threads."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.calls: Counter[str] = Counter()
        """How often each method was called."""
        self._lock = Lock()

    def _call(self, name: str, action: Callable[[], T]) -> T:
        with self._lock:
            self.calls[name] += 1
        return action()

    @property
    def loads(self) -> int:
        """Calls of ``load``."""
        return self.calls["load"]

    @property
    def commits(self) -> int:
        """Transactions: calls of ``commit``, and of ``commit_together`` with several change sets in each."""
        return self.calls["commit"]

    @property
    def leases(self) -> int:
        """Calls of ``lease``."""
        return self.calls["lease"]

    @property
    def queries(self) -> int:
        """Calls of ``query`` and ``count``."""
        return self.calls["query"] + self.calls["count"]

    def reset(self) -> None:
        """Count from zero again."""
        self.calls.clear()
