"""Many writers at once: processes that share a file, threads that share a desk, a child after a fork."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from tests.databases import store_at
from tests.processes import Process

from csdesk.bootstrap import open_desk
from csdesk.desk.shell import Desk
from csdesk.domain.records.channels import InboundMessage, Received, Sender
from csdesk.domain.records.messages import Message
from csdesk.domain.records.tickets import Ticket
from csdesk.ports.store import Query, Store
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import CountingStore
from csdesk.testing.audit import problems_of

CHILD = Path(__file__).with_name("ingest.py")
THREADS = 8


def _module() -> ModuleType:
    spec = spec_from_file_location("durability_ingest", CHILD)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ingest = _module()


def _rows(store: Store, kind: str) -> list[object]:
    found: list[object] = []
    cursor: str | None = None
    while True:
        page = store.query("main", Query(kind=kind, limit=1000, after=cursor))  # type: ignore[arg-type]
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found


def test_four_processes_with_overlapping_sources(tmp_path: Path) -> None:
    count = 400
    database = tmp_path / "desk.db"
    workers = [Process(CHILD, database, seed, count) for seed in range(4)]
    failures = [(done.stderr, done.returncode) for done in map(Process.end, workers)]
    assert failures == [("", 0)] * 4
    store = SqliteStore(database)
    assert problems_of(store) == ()
    texts = Counter(one.text for one in _rows(store, "message") if isinstance(one, Message))
    given = ingest.source(count)
    assert texts == Counter(one.text for one in given)
    tickets = [one for one in _rows(store, "ticket") if isinstance(one, Ticket)]
    assert Counter(one.conversation for one in tickets) == Counter({one.conversation for one in given})
    assert len({one.number for one in tickets}) == len(tickets)
    assert _rows(store, "inbox") == []
    store.close()


def _message(number: int, talk: int) -> InboundMessage:
    return InboundMessage(
        account="chat",
        dedupe_key=f"d{number}",
        conversation=f"c{talk}",
        sender=Sender(external_id=f"u{talk}"),
        text=f"message {number}",
    )


def _receive_all(desk: Desk, messages: list[InboundMessage]) -> list[Received]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(desk.receive, messages))


@pytest.fixture
def counted(tmp_path: Path) -> Iterator[CountingStore]:
    with closing(store_at(tmp_path / "desk.db", synchronous="NORMAL")) as file:
        yield CountingStore(file)


def test_a_hot_queue_is_no_retry_storm(counted: CountingStore) -> None:
    count, capacity = 300, 30
    with open_desk(counted) as desk:
        agents = [desk.agents.add(name, queues=("default",), capacity=capacity) for name in ("Ann", "Bo", "Cy")]
        counted.reset()
        received = _receive_all(desk, [_message(number, number) for number in range(count)])
        assert {one.state for one in received} == {"stored"}
        assert counted.commits <= 1.5 * count
        loads = [desk.agents.get(agent.id).load for agent in agents]
        assert max(loads) <= capacity
        desk.run_due(1000)
        assert [desk.agents.get(agent.id).load for agent in agents] == [capacity] * 3
        assert problems_of(counted.inner) == ()


def test_a_hot_conversation_is_no_retry_storm(counted: CountingStore) -> None:
    count = 200
    with open_desk(counted) as desk:
        counted.reset()
        received = _receive_all(desk, [_message(number, 0) for number in range(count)])
        assert {one.state for one in received} == {"stored"}
        assert counted.commits <= 1.1 * count
        assert counted.loads <= 2.2 * count
        (ticket,) = desk.tickets.list().items
        assert ticket.messages == count
        assert problems_of(counted.inner) == ()


def test_one_delivery_from_many_threads_is_stored_once(counted: CountingStore) -> None:
    with open_desk(counted) as desk:
        received = _receive_all(desk, [_message(number % 5, 0) for number in range(100)])
        assert Counter(one.state for one in received) == {"stored": 5, "duplicate": 95}
        assert problems_of(counted.inner) == ()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_desk_that_was_open_before_a_fork_serves_both(tmp_path: Path) -> None:
    """In a process without threads of its own; see ``Desk``."""
    code = f"""
import os
from csdesk.bootstrap import open_desk
from csdesk.domain.records.channels import InboundMessage, Sender

desk = open_desk("sqlite:///{tmp_path}/desk.db")

def message(number):
    return InboundMessage(account="chat", dedupe_key=f"d{{number}}", conversation=f"c{{number}}",
                          sender=Sender(external_id=f"u{{number}}"), text="hello")

desk.receive(message(0))
children = []
for child in range(3):
    pid = os.fork()
    if pid == 0:
        for number in range(20):
            desk.receive(message(100 * child + number))
        desk.close()
        os._exit(0)
    children.append(pid)
for number in range(20):
    desk.receive(message(1000 + number))
assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0, 0]
desk.close()
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    store = SqliteStore(tmp_path / "desk.db")
    tickets = [one for one in _rows(store, "ticket") if isinstance(one, Ticket)]
    assert len(tickets) == 80
    assert len({one.number for one in tickets}) == 80
    assert len(_rows(store, "message")) == 80
    assert problems_of(store) == ()
    store.close()
