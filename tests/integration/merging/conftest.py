"""A desk that is written to by mail, over either store: what tests of merging and splitting begin with."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from tests.databases import store_at

from csdesk import (
    Actor,
    DeskConfig,
    InboundMessage,
    Received,
    Sender,
    Ticket,
    open_desk,
)
from csdesk.desk.shell import Desk
from csdesk.domain.core.evolve import fold
from csdesk.ports.store import Query, Store
from csdesk.stores.memory import MemoryStore
from csdesk.testing import FixedClock, ScriptedChannel, SerialIds

LIN = Actor.agent("lin")
TARGETS = [
    {"metric": "first_reply", "within": "1h"},
    {"metric": "next_reply", "within": "1h"},
    {"metric": "resolution", "within": "8h", "pause_on": ["waiting_customer"]},
]
CONFIG = {"sla": [{"name": "std", "targets": TARGETS}]}


class Counter:
    """A desk with a clock, and people who write to it by mail."""

    def __init__(self, store: Store, config: dict[str, object] | None = None) -> None:
        self.store = store
        self.clock = FixedClock()
        self.channel = ScriptedChannel("mail")
        self.desk: Desk = open_desk(
            store,
            config=DeskConfig.model_validate(config or CONFIG),
            channels=[self.channel],
            clock=self.clock,
            ids=SerialIds(),
        )
        self._numbers = itertools.count(1)

    def say(self, who: str, text: str = "hello", **values: object) -> Received:
        number = next(self._numbers)
        self.clock.advance(timedelta(minutes=1))
        given = {"conversation": who, "provider_id": f"<{number}@example.org>", **values}
        sender = Sender(kind="email", external_id=f"{who}@example.org")
        message = InboundMessage(account="mail", dedupe_key=str(number), sender=sender, text=text, **given)
        received = self.desk.receive(message)
        assert received.state == "stored"
        return received

    def ticket(self, who: str) -> Ticket:
        ticket = self.say(who).ticket
        assert ticket is not None
        return ticket

    def get(self, ticket: Ticket) -> Ticket:
        """The ticket, which is what its stream makes of it."""
        found = self.desk.tickets.get(ticket.id)
        entries = self.store.query("main", Query(kind="entry", where=(("subject", ticket.id),), order="position"))
        assert fold(entries.items) == found
        return found


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    with closing(store_at(tmp_path / "desk.db", synchronous="NORMAL")) as file:
        yield file


@pytest.fixture
def at(store: Store) -> Iterator[Counter]:
    counter = Counter(store)
    yield counter
    counter.desk.close()


def without(ticket: Ticket, *names: str) -> dict[str, object]:
    left = {"version", "updated_at", "category", "status", *names}
    return {name: value for name, value in ticket if name not in left}
