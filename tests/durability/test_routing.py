"""Many who give out work at once: nobody is given more than they can take, and no ticket to two."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Barrier, Lock

import pytest
from tests.processes import Process

from csdesk import Actor, DeskConfig, open_desk
from csdesk.desk.shell import Desk
from csdesk.domain.records import events as ev
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.events import Entry
from csdesk.domain.records.tickets import Ticket
from csdesk.ports.store import Query
from csdesk.stores.memory import MemoryStore
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import CountingStore
from csdesk.testing.audit import problems_of

CHILD = Path(__file__).with_name("route.py")
THREADS = 8


def _module():
    spec = spec_from_file_location("durability_route", CHILD)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


route = _module()


def staffed(desk: Desk, people: int, capacity: int, queues: tuple[str, ...] = ("default", "b")) -> None:
    for number in range(people):
        desk.agents.add(f"A{number}", queues=queues, capacity=capacity)


def all_of(store, kind: str) -> list[object]:
    found: list[object] = []
    cursor = None
    while True:
        page = store.query("main", Query(kind=kind, limit=1000, after=cursor))
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found


def check(store, capacity: int) -> int:
    """Nothing is wrong; how many tickets somebody has."""
    assert problems_of(store) == ()
    tickets = [one for one in all_of(store, "ticket") if isinstance(one, Ticket)]
    loads = Counter(one.assignee for one in tickets if one.assignee is not None)
    assert max(loads.values()) <= capacity
    given = Counter(
        entry.subject
        for entry in all_of(store, "entry")
        if isinstance(entry, Entry)
        for event in entry.events
        if isinstance(event, ev.TicketAssigned)
    )
    assert set(given.values()) == {1}, "a ticket was given twice"
    in_default = sum(one.queue == "default" and one.assignee is not None for one in tickets)
    assert in_default <= 40, "more of a queue in hand than it allows"
    return sum(loads.values())


def test_four_processes_share_one_file(tmp_path: Path) -> None:
    database = tmp_path / "desk.db"
    store = SqliteStore(database, synchronous="NORMAL")
    with open_desk(store, config=route.CONFIG) as desk:
        staffed(desk, people=6, capacity=10)
    workers = [Process(CHILD, database, seed, 40) for seed in range(4)]
    assert [(done.stderr, done.returncode) for done in map(Process.end, workers)] == [("", 0)] * 4
    assert check(store, capacity=10) == 60, "all that fits was given"
    store.close()


def test_eight_threads_share_one_desk(tmp_path: Path) -> None:
    for inner in (MemoryStore(), SqliteStore(tmp_path / "desk.db", synchronous="NORMAL")):
        store = CountingStore(inner)
        with open_desk(store, config=route.CONFIG) as desk:
            staffed(desk, people=3, capacity=10)
            store.reset()
            messages = [route.message(0, number) for number in range(48)]
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(desk.receive, messages))
            assert store.loads <= 4 * len(messages), "a lost race reads little again"
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(lambda _: desk.run_due(), range(THREADS)))
            assert check(inner, capacity=10) == 30
            taken = [one for one in desk.tickets.list(limit=100).items if one.assignee is not None][:5]
            closing = Actor.agent("lead")
            for one in taken:
                desk.tickets.set_status(one.id, "closed", actor=closing)
            with ThreadPoolExecutor(THREADS) as pool:
                given = sum(report.assigned for report in pool.map(lambda _: desk.run_due(), range(THREADS)))
            assert given == 5
            assert problems_of(inner) == ()
        inner.close()


class AtOnce(CountingStore):
    """A store in which the first so many who look for somebody see the same moment: none commits before all have."""

    def __init__(self, store, many: int) -> None:
        super().__init__(store)
        self._gate = Barrier(many, timeout=10)
        self._left = many
        self._counting = Lock()

    def load(self, desk: str, needs: Needs):
        found = super().load(desk, needs)
        if needs.candidates:
            with self._counting:
                waits = self._left > 0
                self._left -= 1
            if waits:
                self._gate.wait()
        return found


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize(("people", "capacity", "of_queue"), [(2, 2, None), (1, 1, None), (2, 4, 3)])
def test_eight_who_see_the_same_room_share_it(
    tmp_path: Path, kind: str, people: int, capacity: int, of_queue: int | None
) -> None:
    """However they race: as many get it as there is room for, in each agent's hands and in the queue's."""
    inner = MemoryStore() if kind == "memory" else SqliteStore(tmp_path / "desk.db", synchronous="NORMAL")
    limited = {} if of_queue is None else {"capacity": of_queue}
    config = DeskConfig.model_validate({"queues": [{"name": "default", "routing": limited}]})
    with open_desk(inner, config=config) as desk:
        staffed(desk, people, capacity, ("default",))
    store = AtOnce(inner, THREADS)
    with ExitStack() as opened, ThreadPoolExecutor(THREADS) as pool:
        # A desk for each: calls of one desk would meet, and be decided one after the other.
        desks = [opened.enter_context(open_desk(store)) for _ in range(THREADS)]
        list(pool.map(lambda number: desks[number].receive(route.message(0, 2 * number)), range(THREADS)))
        while desks[0].run_due().assigned:
            pass
        held = Counter(one.assignee for one in desks[0].tickets.list(limit=100).items if one.assignee is not None)
        assert held.total() == (people * capacity if of_queue is None else of_queue)
        assert max(held.values()) <= capacity
        assert problems_of(inner) == ()
    inner.close()
