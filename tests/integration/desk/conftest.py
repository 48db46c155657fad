"""A world around a desk: a clock that stands still, ids that count, and one file (or memory) that desks share."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import count
from signal import SIGINT, pthread_kill, signal
from threading import Event, main_thread
from typing import Any

import pytest
from tests.databases import store_at

from csdesk import Actor, DeskConfig, InboundMessage, Sender, open_desk, render
from csdesk.desk.shell import Desk
from csdesk.domain.core.evolve import fold
from csdesk.domain.records.events import Entry
from csdesk.ports.store import Query, Store
from csdesk.stores.memory import MemoryStore
from csdesk.testing import FixedClock, SerialIds
from csdesk.testing.audit import problems_of

AGENT = Actor.agent("agt_1")


class World:
    """Desks over one store, and short ways to speak to them."""

    def __init__(self, kind: str, folder) -> None:
        self.kind = kind
        self.clock = FixedClock()
        self.ids = SerialIds()
        self._folder = folder
        self._memory: MemoryStore | None = None
        self._desks: list[Desk] = []
        self._stores: list[Store] = []
        self._numbers = count(1)

    def store(self) -> Store:
        """A store of its own over the shared data."""
        if self.kind == "sqlite":
            file = store_at(self._folder / "desk.db", synchronous="NORMAL")
            self._stores.append(file)
            return file
        if self._memory is None:
            self._memory = MemoryStore()
        return self._memory

    def open(self, config: DeskConfig | None = None, *, channels: Iterable = (), wrap=None, **given) -> Desk:
        """A desk; ``wrap`` puts something around its store."""
        store = self.store()
        desk = open_desk(
            wrap(store) if wrap else store,
            config=config,
            channels=channels,
            clock=self.clock,
            ids=self.ids,
            **given,
        )
        self._desks.append(desk)
        return desk

    def close(self) -> None:
        for desk in self._desks:
            desk.close()
        for store in self._stores:
            store.close()

    def later(self, **amount: float):
        return self.clock.advance(timedelta(**amount))

    def said(self, text: str = "Hello", *, by: str = "ann", conversation: str | None = None, **given) -> InboundMessage:
        """A message of a customer; each call is another delivery."""
        number = next(self._numbers)
        given.setdefault("account", "web")
        given.setdefault("dedupe_key", f"d{number}")
        given.setdefault("sender", Sender(external_id=by))
        if "parts" not in given:
            given["text"] = text
        return InboundMessage(conversation=by if conversation is None else conversation, **given)


def entries(desk: Desk, subject: str) -> tuple[Entry, ...]:
    page = desk._store.query(
        desk.name, Query(kind="entry", where=(("subject", subject),), order="position", limit=1000)
    )
    return page.items


def all_records(desk: Desk, kind: str) -> tuple:
    return desk._store.query(desk.name, Query(kind=kind, limit=1000)).items


def events_of(desk: Desk, subject: str, *kinds: type[Any]) -> list[Any]:
    """What happened to a record, of these kinds."""
    return [event for entry in desk.explain(subject) for event in entry.events if isinstance(event, kinds)]


def trace_of(desk: Desk, subject: str, locale: str = "en") -> str:
    """Why it happened, in words."""
    return "\n".join(render(entry.trace, locale) for entry in desk.explain(subject) if entry.trace is not None)


def check_sound(desk: Desk) -> None:
    """No counter has drifted, and nothing else that the audit looks at."""
    assert problems_of(desk._store, desk.name) == ()


def check_folds(desk: Desk) -> None:
    """Every ticket, customer, agent and phrase is what its entries make of it."""
    for kind in ("ticket", "customer", "agent", "phrase", "article", "holidays", "settlement"):
        for record in all_records(desk, kind):
            told = entries(desk, record.id)
            assert fold(told) == record
            assert record.version == len(told)


@pytest.fixture(params=["memory", "sqlite"])
def world(request, tmp_path) -> Iterator[World]:
    """The data of one desk; checked at the end: the log tells the same as the records."""
    made = World(request.param, tmp_path)
    yield made
    for desk in made._desks[:1]:
        if not desk._core.is_closed:
            check_folds(desk)
    made.close()


@pytest.fixture
def interrupt() -> Iterator[Callable[[], None]]:
    """Interrupts the main thread once, from another one.

    A signal that arrives just before a thread begins to wait does not wake it: so it is sent until it was heard.
    """
    heard: list[int] = []

    def hear(number: int, _: object) -> None:
        heard.append(number)
        if len(heard) == 1:
            raise KeyboardInterrupt

    def send() -> None:
        while not heard:
            pthread_kill(main_thread().ident or 0, SIGINT)
            Event().wait(0.01)

    before = signal(SIGINT, hear)
    yield send
    signal(SIGINT, before)
