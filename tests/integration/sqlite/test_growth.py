"""Reading does not grow with old tickets: SQLite's steps for each read of a screen, beside 100 and 1000 of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest

from csdesk import Actor, Desk, DeskConfig, open_desk
from csdesk.domain.ids import AgentId, CustomerId, TicketId
from csdesk.domain.records.changes import ChangeSet, Put, Stored
from csdesk.domain.records.customers import SegmentMembership
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.tickets import Category, Ticket, Worker, WorkerKind
from csdesk.ports.store import Query
from csdesk.stores.memory import MemoryStore
from csdesk.stores.sqlite import SqliteStore
from csdesk.system.clock import SimulatedClock
from csdesk.testing import builders as build
from csdesk.testing.builders import at
from csdesk.testing.ids import serial

FEW, MANY = 100, 1000
LIVE: Final = 40
CONFIG: Final = DeskConfig.model_validate(
    {
        "queues": [{"name": "general"}, {"name": "sales"}],
        "default_queue": "general",
        "tags": [{"name": "angry", "polarity": "negative"}, {"name": "rare"}],
    }
)
AGENT: Final = AgentId(serial("agt_", 1))
BUSY: Final = Worker(kind=WorkerKind.AGENT, id=AGENT, fence=1)


def records(old: int) -> Iterator[tuple[Stored, ...]]:
    """Closed tickets, then a few live ones: each with its customer and message."""
    for number in range(1, old + LIVE + 1):
        is_live = number > old
        category = (Category.OPEN if number % 2 else Category.WAITING_CUSTOMER) if is_live else Category.CLOSED
        names = [name for name, each in (("angry", 3), ("rare", 50)) if number % each == 0]
        tags = tuple(TagAssignment(name=name, at=at(number)) for name in names)
        segments = (SegmentMembership(name="regular", since=at(0)),) if number % 2 else ()
        ticket = build.ticket(
            number,
            category=category,
            status=category.value,
            queue="sales" if number % 4 == 0 else "general",
            worker=BUSY if number % 5 == 0 else None,
            tags=tags,
            created_at=at(number),
            updated_at=at(number),
        )
        text = f"我的订单 order {number} where" + (" zyzzyva" if number % 50 == 0 else "")
        yield ticket, build.customer(number, tags=tags, segments=segments), build.message(number, text)


@dataclass(frozen=True)
class Filled:
    """A desk, what it told SQLite, and how many old tickets it has."""

    desk: Desk
    store: SqliteStore
    told: list[str]
    old: int

    def steps(self, read: Callable[[Filled], object]) -> int:
        """How many steps SQLite's machine takes for a read."""
        read(self)
        self.told.clear()
        read(self)
        steps = 0

        def step() -> int:
            nonlocal steps
            steps += 1
            return 0

        with closing(sqlite3.connect(self.store.path)) as file:
            file.set_progress_handler(step, 1)
            for statement in self.told:
                if statement.startswith(("SELECT", "WITH")):
                    file.execute(statement).fetchall()
        return steps


def fill(store: SqliteStore | MemoryStore, old: int) -> None:
    store.open_desk("main", secret=b"x")
    puts = [Put(record, 0) for group in records(old) for record in group]
    entries = [build.birth(put.record) for put in puts if isinstance(put.record, Ticket)]
    store.commit("main", build.changes_for(build.agent(1, queues=("general",), capacity=10_000)))
    for start in range(0, len(puts), 300):
        store.commit("main", ChangeSet(puts=tuple(puts[start : start + 300])))
    store.commit("main", ChangeSet(entries=tuple(entries)))


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Filled, Filled]]:
    folder: Path = tmp_path_factory.mktemp("growth")
    made = []
    for old in (FEW, MANY):
        told: list[str] = []
        store = SqliteStore(folder / f"{old}.db", synchronous="NORMAL", trace=told.append)
        fill(store, old)
        desk = open_desk(store, config=CONFIG, clock=SimulatedClock(at(old + LIVE)))
        while desk.run_due().more:
            pass
        made.append(Filled(desk, store, told, old))
    yield made[0], made[1]
    for one in made:
        one.desk.close()
        one.store.close()


def listing(**given: object) -> Callable[[Filled], object]:
    """A page of tickets and the one behind it."""

    def read(filled: Filled) -> object:
        first = filled.desk.tickets.list(**given, limit=5)  # type: ignore[arg-type]  # the filters of the table below
        return filled.desk.tickets.list(**given, limit=5, cursor=first.cursor)  # type: ignore[arg-type]

    return read


def searching(text: str, **given: object) -> Callable[[Filled], object]:
    """A page of what is found, and the one behind it."""

    def read(filled: Filled) -> object:
        first = filled.desk.tickets.search(text, **given, limit=5)  # type: ignore[arg-type]
        return filled.desk.tickets.search(text, **given, limit=5, cursor=first.cursor)  # type: ignore[arg-type]

    return read


def customers(**given: object) -> Callable[[Filled], object]:
    """A page of customers, and the one behind it."""

    def read(filled: Filled) -> object:
        first = filled.desk.customers.list(**given, limit=5)  # type: ignore[arg-type]
        return filled.desk.customers.list(**given, limit=5, cursor=first.cursor)  # type: ignore[arg-type]

    return read


def last_events(filled: Filled) -> object:
    total = filled.old + LIVE
    filled.desk.events.ack("reader", f"{total - 10:020d}")
    return filled.desk.events.read("reader", limit=5)


READ: Final = (Category.OPEN, Category.WAITING_CUSTOMER)
READS: Final[dict[str, Callable[[Filled], object]]] = {
    "all": listing(),
    "oldest first": listing(descending=False),
    "by number": listing(order="number"),
    "closed": listing(category=Category.CLOSED),
    "closed, oldest first": listing(category=Category.CLOSED, descending=False),
    "live": listing(category=READ),
    "live, oldest first": listing(category=READ, descending=False),
    "status": listing(status="open", descending=False),
    "queue": listing(queue="sales"),
    "queue, oldest first": listing(queue="sales", descending=False),
    "queue and live": listing(queue="sales", category=READ),
    "queue and closed": listing(queue="sales", category=Category.CLOSED),
    "assignee": listing(assignee=AGENT),
    "assignee and live": listing(assignee=AGENT, category=READ),
    "tag": listing(tag="angry"),
    "tag, oldest first": listing(tag="angry", descending=False),
    "tag and queue": listing(tag="angry", queue="sales"),
    "tag and live": listing(tag="angry", category=READ),
    "live, by last change": listing(category=READ, order="updated_at"),
    "customer": listing(customer=CustomerId(serial("cus_", 7))),
    "customer and closed": listing(customer=CustomerId(serial("cus_", 7)), category=Category.CLOSED),
    "number": lambda filled: filled.desk.tickets.numbered(7),
    "count live": lambda filled: filled.desk.tickets.count(category=READ),
    "count of a customer": lambda filled: filled.desk.tickets.count(customer=CustomerId(serial("cus_", 7))),
    "common word": searching("order"),
    "common Chinese word": searching("订单"),
    "two common words": searching("order where"),
    "of a customer": searching("order", customer=CustomerId(serial("cus_", 7))),
    "of live tickets": searching("order", category=READ),
    "of somebody's live tickets": searching("order", category=READ, assignee=AGENT),
    "customers": customers(),
    "customers, oldest first": customers(descending=False),
    "customers by tag": customers(tag="angry"),
    "customers by segment": customers(segment="regular"),
    "brief of a customer": lambda filled: filled.desk.customers.brief(CustomerId(serial("cus_", 7))),
    "timeline of a customer": lambda filled: filled.desk.customers.timeline(CustomerId(serial("cus_", 7))),
    "timeline": lambda filled: filled.desk.tickets.timeline(TicketId(serial("tkt_", 7))),
    "explain": lambda filled: filled.desk.explain(serial("tkt_", 7)),
    "lines": lambda filled: filled.desk.tickets.waiting(),
    "agents": lambda filled: filled.desk.agents.available(queue="general"),
    "inbox": lambda filled: filled.desk.inbox.list(),
    "outbox": lambda filled: filled.desk.outbox.list(),
    "events": last_events,
    "nothing due": lambda filled: filled.desk.run_due(),
}


@pytest.mark.parametrize("name", READS)
def test_ten_times_the_old_tickets_cost_a_read_no_more(desks: tuple[Filled, Filled], name: str) -> None:
    few, many = (filled.steps(READS[name]) for filled in desks)
    assert few > 0
    assert many <= few * 1.2 + 60


def test_a_long_stream_is_read_once(tmp_path: Path) -> None:
    """Page behind page: four times the entries of one ticket, four times the steps."""
    told: list[str] = []
    store = SqliteStore(tmp_path / "desk.db", synchronous="NORMAL", trace=told.append)
    fill(store, 1)
    ticket = build.ticket(1)
    costs = []
    with closing(store), open_desk(store, config=CONFIG, clock=SimulatedClock(at(LIVE))) as desk:
        for more in (1000, 3000):
            store.commit("main", ChangeSet(entries=(build.birth(ticket),) * more))
            costs.append(Filled(desk, store, told, 0).steps(lambda filled: filled.desk.explain(ticket.id)))
    assert costs[1] <= 4.3 * costs[0]


def test_erasing_somebody_with_many_tickets_looks_for_them_in_parts(tmp_path: Path) -> None:
    """Not all of them again for each."""
    costs = []
    for count in (60, 240):
        told: list[str] = []
        store = SqliteStore(tmp_path / f"{count}.db", synchronous="NORMAL", trace=told.append)
        fill(store, 1)
        theirs = [build.ticket(number, identity=serial("idn_", 1)) for number in range(1000, 1000 + count)]
        store.commit("main", build.changes_for(*theirs))
        with closing(store), open_desk(store, config=CONFIG, clock=SimulatedClock(at(LIVE))) as desk:
            told.clear()
            desk.customers.erase(CustomerId(serial("cus_", 1)), actor=Actor.agent("lead"))
            while desk.run_due().more:
                pass
            looks = [one for one in told if one.startswith("SELECT") and " IN (SELECT row+0 FROM csdesk_link" in one]
            costs.append(sum("csdesk_ticket WHERE" in one for one in looks))
            assert desk.customers.erasure(CustomerId(serial("cus_", 1))).counts.tickets == count + 1
    assert costs[1] - costs[0] <= 5


ORDERS: Final = ("id", "number", "updated_at", "priority")
WHERES: Final = (
    (),
    (("category", "closed"),),
    (("category", ("open", "waiting_customer")),),
    (("queue", "sales"),),
    (("queue", ("sales", "general")), ("category", "closed")),
    (("assignee", AGENT),),
    (("assignee", AGENT), ("category", "open"), ("tag", "angry")),
    (("assignee", (AGENT, None)), ("queue", "sales")),
    (("tag", ("angry", "rare")),),
    (("tag", "angry"), ("category", "open")),
    (("tag", ("rare", None)), ("queue", "general")),
    (("tag", None),),
    (("site", "angry"),),
    (("status", "open"), ("queue", "sales")),
    (("merged_into", None), ("tag", "rare")),
    (("identity", serial("idn_", 6)), ("tag", "angry")),
    (("identity", (serial("idn_", 6), None)),),
)


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MemoryStore, SqliteStore]]:
    plain, file = MemoryStore(), SqliteStore(tmp_path_factory.mktemp("twins") / "desk.db")
    for store in (plain, file):
        fill(store, FEW)
    yield plain, file
    file.close()


@pytest.mark.parametrize("where", WHERES)
@pytest.mark.parametrize("descending", [False, True])
def test_every_way_of_finding_answers_as_the_memory_does(
    twins: tuple[MemoryStore, SqliteStore], where: tuple[tuple[str, str], ...], descending: bool
) -> None:
    for order in ORDERS:
        asked = Query(kind="ticket", where=where, order=order, descending=descending, limit=17, until=at(FEW + 30))
        expected, found = ([one.id for one in pages(store, asked)] for store in twins)
        assert found == expected, order
    assert {store.count("main", asked) for store in twins} == {len(expected)}


def pages(store: SqliteStore | MemoryStore, asked: Query) -> Iterator[Ticket]:
    """All pages of a list."""
    after: str | None = None
    while True:
        page = store.query("main", replace(asked, after=after))
        yield from page.items  # type: ignore[misc]
        after = page.cursor
        if after is None:
            return
