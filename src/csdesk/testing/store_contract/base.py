"""What every part of the contract stands on: how a store is made, and small helpers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

import pytest

from csdesk.domain.records.changes import ChangeSet, Claim, ClaimMode, Committed, Needs
from csdesk.ports.store import Query, Row, Store

DESK: Final = "desk-a"
OTHER: Final = "desk-b"
SECRET: Final = b"secret of desk a \x00\xff"


class ContractBase:
    """Override ``make_store``; for a durable store also ``durable`` and ``reopen``."""

    durable: ClassVar[bool] = False
    """True if what was committed is there again after ``reopen``."""
    threads: ClassVar[bool] = True
    """False if the store cannot be shared between threads (a host's own connection): those tests are skipped."""
    examples: ClassVar[int] = 30
    """How many runs of random commands the last test makes."""
    steps: ClassVar[int] = 30
    """How many commands each of these runs has at most."""
    shrink: ClassVar[bool] = False
    """True to have a failing run made as short as possible, which may take minutes."""

    def make_store(self) -> Store:
        """A new, empty store; each call gives another one."""
        raise NotImplementedError("override make_store")

    def reopen(self, store: Store) -> Store:
        """Close the store and open its storage again. Only asked of durable stores."""
        raise NotImplementedError("override reopen, or leave durable = False")

    @pytest.fixture
    def store(self) -> Iterator[Store]:
        """A store with one open desk."""
        store = self.make_store()
        store.open_desk(DESK, secret=SECRET)
        yield store
        store.close()

    def need_durable(self) -> None:
        """Skip the test on a store that keeps nothing."""
        if not self.durable:
            pytest.skip("the store is not durable: it loses everything when it is closed")

    def need_threads(self) -> None:
        """Skip the test on a store for one thread."""
        if not self.threads:
            pytest.skip("the store is not made for several threads")


def everything(store: Store, query: Query, desk: str = DESK) -> list[Row]:
    """All rows of a query, page by page; a cursor must lead to something."""
    rows: list[Row] = []
    page = store.query(desk, query)
    rows += page.items
    while page.cursor is not None:
        again = Query(
            kind=query.kind,
            where=query.where,
            since=query.since,
            until=query.until,
            order=query.order,
            descending=query.descending,
            limit=query.limit,
            after=page.cursor,
        )
        page = store.query(desk, again)
        assert page.items, "a cursor led to an empty page: the page before it was the last and must say so"
        rows += page.items
    return rows


def owner_of(store: Store, key: str, desk: str = DESK) -> str | None:
    """Who holds a claim."""
    return store.load(desk, Needs(claims=(key,))).claims.get(key)


def counter(store: Store, name: str, desk: str = DESK) -> int:
    """The value of a counter."""
    return store.load(desk, Needs(counters=(name,))).counters.get(name, 0)


def claim(store: Store, key: str, owner: str, mode: ClaimMode = ClaimMode.REQUIRED) -> Committed:
    """Commit nothing but a claim."""
    return store.commit(DESK, ChangeSet(claims=(Claim(key, owner, mode),)))
