"""A worker that is killed again and again, at any statement, and starts again from the beginning of its source.

At the end nothing is lost and nothing happened twice: the promise of DESIGN that a process may die at any moment.
"""

import os
import signal
import sqlite3
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from random import Random
from types import ModuleType

import pytest
from tests.processes import Process

from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.messages import Delivery, Direction, Message
from csdesk.ports.store import Query
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing.audit import problems_of

CHILD = Path(__file__).with_name("child.py")


def _module() -> ModuleType:
    spec = spec_from_file_location("durability_child", CHILD)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


child = _module()


class Worker:
    """Starts the child again and again over one database."""

    def __init__(self, folder: Path, seed: int, count: int) -> None:
        self.database, self.sink = folder / "desk.db", folder / "sink"
        self.seed, self.count = seed, count
        self.runs = 0

    def run(self, *, die_at: int = 0, kill_after: int | None = None, spin: int = 0) -> int:
        """One life: it ends at a point of its own, or some lines (and a moment) after its start, or is let live."""
        self.runs += 1
        arguments = [self.database, self.sink, self.seed, self.count, self.runs, die_at]
        reading, writing = os.pipe()
        process = Process(CHILD, *arguments, out=writing)
        os.close(writing)
        with os.fdopen(reading) as lines:
            for number, line in enumerate(lines):
                if number == kill_after:
                    for _ in range(spin):
                        pass
                    process.kill()
                    break
                last = line
            else:
                done = process.end()
                assert done.returncode in (0, -signal.SIGKILL), done.stderr
                assert done.returncode != 0 or last == "done\n"
                return done.returncode
        return process.end().returncode


def _all(store: SqliteStore, kind: str) -> list[object]:
    found: list[object] = []
    cursor: str | None = None
    while True:
        page = store.query("main", Query(kind=kind, limit=1000, after=cursor))  # type: ignore[arg-type]
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found


def _check(worker: Worker) -> None:
    source = child.stream(worker.seed, worker.count)
    with sqlite3.connect(worker.database) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    plain.close()
    store = SqliteStore(worker.database)
    keys = ClaimKeys(store.open_desk("main", secret=b"").secret)
    assert problems_of(store) == ()
    assert _all(store, "inbox") == []
    messages = [one for one in _all(store, "message") if isinstance(one, Message)]
    _check_inbound(store, keys, source, [one for one in messages if one.direction is Direction.IN])
    outbound = [one for one in messages if one.direction is Direction.OUT]
    assert outbound
    _check_sends(worker, outbound)
    assert set(Counter(one.text for one in outbound).values()) == {1}
    store.close()


def _check_inbound(store: SqliteStore, keys: ClaimKeys, source: list[object], stored: list[Message]) -> None:
    given = {one.dedupe_key: one for one in source}  # type: ignore[attr-defined]
    assert Counter(one.text for one in stored) == Counter(one.text for one in given.values())
    owners = store.load("main", Needs(claims=tuple(keys.inbound(one.account, key) for key, one in given.items())))
    assert set(owners.claims.values()) == {one.id for one in stored}
    assert len(_all(store, "ticket")) == len({one.conversation for one in given.values()})
    assert len(_all(store, "customer")) == len({one.sender.external_id for one in given.values()})


def _check_sends(worker: Worker, outbound: list[Message]) -> None:
    lines = Counter(worker.sink.read_text().splitlines())
    for message in outbound:
        sends = lines.pop(f"{message.account} {message.id}", 0)
        if message.account == "keyed":
            assert message.delivery is Delivery.SENT
            assert sends >= 1  # the channel takes its key once
        elif message.delivery is Delivery.UNKNOWN:
            assert sends <= 1
        else:
            assert (message.delivery, sends) == (Delivery.SENT, 1)
    assert not lines, "something was sent that no message tells of"
    # A life leaves at most one message between sending and recording.
    assert sum(one.delivery is Delivery.UNKNOWN for one in outbound) <= worker.runs


def _live_and_die(worker: Worker, lives: int, points: int, lines: int) -> None:
    chance = Random(worker.seed)
    deaths = 0
    for life in range(lives):
        if life % 3 == 2:
            code = worker.run(kill_after=chance.randrange(lines), spin=chance.randrange(100_000))
        elif life % 3 == 1:
            code = worker.run(die_at=-1 - chance.randrange(6))
        else:
            code = worker.run(die_at=1 + chance.randrange(points * (life + 1) // lives))
        assert code in (0, -signal.SIGKILL)
        deaths += code != 0  # a late life that finds most of it done may end before its point
    assert deaths >= lives * 2 // 3
    assert worker.run() == 0
    _check(worker)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.soak)])
def test_killed_at_any_moment(tmp_path: Path, seed: int) -> None:
    _live_and_die(Worker(tmp_path, seed, 500), lives=6, points=3000, lines=60)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 14))
def test_killed_dozens_of_times(tmp_path: Path, seed: int) -> None:
    _live_and_die(Worker(tmp_path, seed, 3000), lives=24, points=15_000, lines=300)
