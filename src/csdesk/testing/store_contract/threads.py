"""What holds when several threads use one store."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event
from typing import Literal, TypeVar

from csdesk.domain.records.changes import ChangeSet, Claim, Delta, EpochName, Needs, Put
from csdesk.domain.records.events import Entry
from csdesk.errors import ClaimTaken, GuardFailed, StoreBusy, VersionConflict
from csdesk.ports.store import LeaseRequest, Store
from csdesk.testing import builders as build
from csdesk.testing.builders import at
from csdesk.testing.store_contract.base import DESK, ContractBase, counter, owner_of

THREADS = 4
ROUNDS = 25
T = TypeVar("T")


class _Failed(Exception):
    """Another thread of the test has failed, so this one stops waiting for it."""


_has_failed = Event()


def _together(work: Callable[[int], T]) -> list[T]:
    """Run it in all threads at once, each with its number; their results, or the error of the one that failed."""
    start = Barrier(THREADS, timeout=60)
    _has_failed.clear()

    def run(number: int) -> T:
        start.wait()
        try:
            return work(number)
        except BaseException:
            _has_failed.set()
            raise

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads then take turns in the middle of almost everything
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            futures = [pool.submit(run, number) for number in range(THREADS)]
    finally:
        sys.setswitchinterval(interval)
    errors = [error for future in futures if (error := future.exception()) is not None]
    for error in sorted(errors, key=lambda one: isinstance(one, _Failed)):
        raise error
    return [future.result() for future in futures]


def _patient(call: Callable[[], T]) -> T:
    """``StoreBusy`` is always allowed, and always means: try again."""
    while not _has_failed.is_set():
        try:
            return call()
        except StoreBusy:
            continue
    raise _Failed


def _tried(store: Store, changes: ChangeSet) -> bool:
    try:
        _patient(lambda: store.commit(DESK, changes))
    except (GuardFailed, ClaimTaken, VersionConflict):
        return False
    return True


class ThreadPromises(ContractBase):
    """Guards, claims, versions, numbers, leases and positions under contention."""

    def test_a_guard_is_never_passed(self, store: Store) -> None:
        """Exactly as many get through as there is room for."""
        self.need_threads()
        one = ChangeSet(deltas=(Delta("quota", 1, limit=30),))
        done = _together(lambda _: sum(_tried(store, one) for _ in range(ROUNDS)))
        assert (sum(done), counter(store, "quota")) == (30, 30)

    def test_a_claim_has_one_owner(self, store: Store) -> None:
        """And the rest of the losers' commits is nowhere."""
        self.need_threads()

        def work(number: int) -> list[int]:
            won = []
            for turn in range(ROUNDS):
                claim = Claim(f"inbound/{turn}", f"msg_{number}")
                if _tried(store, ChangeSet(claims=(claim,), deltas=(Delta(f"won/{number}", 1),))):
                    won.append(turn)
            return won

        won = _together(work)
        assert sorted(turn for mine in won for turn in mine) == list(range(ROUNDS))
        for number, mine in enumerate(won):
            assert counter(store, f"won/{number}") == len(mine)
            assert all(owner_of(store, f"inbound/{turn}") == f"msg_{number}" for turn in mine)

    def test_no_update_is_lost(self, store: Store) -> None:
        """Read, change, put at the version that was read; conflicts start again."""
        self.need_threads()
        first = build.ticket(1, x_count=0)
        store.commit(DESK, build.changes_for(first))

        def add(_: int) -> None:
            for _ in range(ROUNDS):
                while True:
                    old = _patient(lambda: store.load(DESK, Needs(tickets=(first.id,)))).tickets[first.id]
                    assert old.model_extra is not None
                    new = build.ticket(1, version=old.version + 1, x_count=old.model_extra["x_count"] + 1)
                    if _tried(store, ChangeSet(puts=(Put(new, old.version),))):
                        break

        _together(add)
        last = store.load(DESK, Needs(tickets=(first.id,))).tickets[first.id]
        assert (last.version, last.model_extra) == (1 + THREADS * ROUNDS, {"x_count": THREADS * ROUNDS})

    def test_numbers_are_unique(self, store: Store) -> None:
        """Blocks never overlap."""
        self.need_threads()

        def take(number: int) -> list[int]:
            size = number + 1
            firsts = [_patient(lambda: store.allocate(DESK, "ticket", size)) for _ in range(ROUNDS)]
            return [first + step for first in firsts for step in range(size)]

        given = [one for mine in _together(take) for one in mine]
        assert sorted(given) == list(range(1, len(given) + 1))

    def test_work_is_given_once(self, store: Store) -> None:
        """Of the outbox and of the due items."""
        self.need_threads()
        outbox = tuple(build.outbox_item(n, f"c-{n}") for n in range(60))
        due = tuple(build.due_item(f"job/{n}", n) for n in range(60))
        store.commit(DESK, ChangeSet(outbox=outbox, due=due))

        def work(_: int) -> list[str]:
            mine: list[str] = []
            kinds: tuple[Literal["outbox", "due"], ...] = ("outbox", "due")
            for what in kinds:
                take = partial(store.lease, DESK, LeaseRequest(what=what, now=at(100), limit=3))
                while len(mine) < 500 and ((leased := _patient(take)).outbox or leased.due):
                    mine += [item.message for item in leased.outbox] + [item.key for item in leased.due]
            return mine

        given = [one for mine in _together(work) for one in mine]
        assert sorted(given) == sorted([item.message for item in outbox] + [item.key for item in due])

    def test_a_conversation_is_with_one_sender_at_a_time(self, store: Store) -> None:
        """All its messages are sent, in order, whoever sends them."""
        self.need_threads()
        store.commit(DESK, ChangeSet(outbox=tuple(build.outbox_item(n) for n in range(30))))
        sent: list[str] = []

        def send(_: int) -> None:
            take = partial(store.lease, DESK, LeaseRequest(what="outbox", now=at(50), limit=2))
            leased = _patient(take)
            # Nothing given but something planned: another thread is sending the head.
            while len(sent) < 500 and (leased.outbox or leased.next_due_at is not None):
                for item in leased.outbox:
                    sent.append(item.message)
                    _patient(partial(store.commit, DESK, ChangeSet(outbox_done=(item.message,))))
                leased = _patient(take)

        _together(send)
        assert sent == [build.outbox_item(n).message for n in range(30)]

    def test_a_reader_misses_nothing_while_others_write(self, store: Store) -> None:
        """Positions only grow in the order in which commits can be seen."""
        self.need_threads()
        read: list[Entry] = []
        finished: list[int] = []

        def work(number: int) -> None:
            if number:
                for turn in range(ROUNDS):
                    pair = tuple(build.entry(f"tkt_{number}", cause=f"{number}/{turn}/{half}") for half in "ab")
                    _patient(partial(store.commit, DESK, ChangeSet(entries=pair)))
                finished.append(number)
                return
            is_last = False
            while not is_last:
                is_last = len(finished) == THREADS - 1
                while len(read) < 5000 and (page := _patient(partial(store.entries, DESK, "reader", 5))):
                    read.extend(page)
                    _patient(partial(store.ack, DESK, "reader", page[-1].position))

        _together(work)
        positions = [entry.position for entry in read]
        assert positions == sorted(set(positions))
        written = [f"{one}/{turn}/{half}" for one in range(1, THREADS) for turn in range(ROUNDS) for half in "ab"]
        assert sorted(entry.cause for entry in read) == sorted(written)

    def test_a_snapshot_is_of_one_moment(self, store: Store) -> None:
        """Two records, a claim and a counter that always change together are never seen apart."""
        self.need_threads()
        first, second = build.ticket(1), build.ticket(2)
        store.commit(DESK, build.changes_for(first, second))
        is_done = Event()
        needs = Needs(tickets=(first.id, second.id), counters=("n",), claims=tuple(f"k/{n}" for n in range(ROUNDS + 1)))

        def work(number: int) -> None:
            if number == 0:
                try:
                    self._write_pairs(store)
                finally:
                    is_done.set()
                return
            while not is_done.is_set():
                seen = _patient(lambda: store.load(DESK, needs))
                turn = seen.counters.get("n", 0)
                versions = [seen.tickets[key].version for key in (first.id, second.id)]
                assert versions == [turn + 1, turn + 1]
                assert len(seen.claims) == turn
                assert seen.epochs.agents == turn

        _together(work)

    def _write_pairs(self, store: Store) -> None:
        for turn in range(1, ROUNDS + 1):
            puts = tuple(Put(build.ticket(number, version=turn + 1), turn) for number in (1, 2))
            claims = (Claim(f"k/{turn}", "x"),)
            changes = ChangeSet(puts=puts, claims=claims, deltas=(Delta("n", 1),), bumps=(EpochName.AGENTS,))
            _patient(partial(store.commit, DESK, changes))
