"""Commands that wait for the store share its next transaction, and each gets its own outcome."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Thread

import pytest
from tests.databases import store_at

from csdesk import Actor, AsyncDesk, InboundMessage, Sender, open_async_desk, open_desk
from csdesk.desk.shell import Desk
from csdesk.domain.records.changes import ChangeSet, Claim, Committed, Needs
from csdesk.engine import commits
from csdesk.engine.commits import GroupCommit
from csdesk.errors import ClaimTaken, CommitUnknown, CsdeskError, StoreBusy, VersionConflict
from csdesk.ports.store import Store
from csdesk.stores.memory import MemoryStore
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import CountingStore, Fault, FaultyStore, FixedClock
from csdesk.testing.audit import problems_of

ME = Actor.agent("agt_me")


class Gate(CountingStore):
    """A store whose next transaction waits at a gate, so that others gather behind it."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.sizes: list[int] = []
        self.entered, self.go = Event(), Event()
        self.is_shut = False

    def shut(self) -> None:
        self.reset()
        self.sizes.clear()
        self.is_shut = True

    def _pass(self, size: int) -> None:
        self.sizes.append(size)
        if self.is_shut:
            self.is_shut = False
            self.entered.set()
            assert self.go.wait(30)

    def commit(self, desk: str, changes: ChangeSet) -> Committed:
        self._pass(1)
        return super().commit(desk, changes)

    def commit_together(self, desk: str, changes: Sequence[ChangeSet]) -> tuple[Committed | CsdeskError, ...]:
        self._pass(len(changes))
        return super().commit_together(desk, changes)


def group_of(desk: Desk | AsyncDesk) -> GroupCommit:
    engine = desk._runner._engine
    return getattr(engine, "_local", engine)._write.__self__


def gathered(gate: Gate, group: GroupCommit, calls: Sequence[Callable[[], object]]) -> None:
    """Start the first call, let all others wait behind it, then open the gate."""
    gate.shut()
    threads = [Thread(target=call) for call in calls]
    threads[0].start()
    assert gate.entered.wait(30)
    for thread in threads[1:]:
        thread.start()
    while len(group._waiting) < len(calls) - 1:
        pass
    gate.go.set()
    for thread in threads:
        thread.join(30)


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path: Path):
    made = MemoryStore() if request.param == "memory" else store_at(tmp_path / "desk.db", synchronous="NORMAL")
    yield made
    made.close()


def said(number: int) -> InboundMessage:
    return InboundMessage(
        account="web", dedupe_key=f"d{number}", conversation=f"c{number}", sender=Sender(external_id=f"u{number}"),
        text="hello",
    )  # fmt: skip


def test_eight_threads_that_write_notes(store):
    gate = Gate(store)
    with open_desk(gate, clock=FixedClock()) as desk:
        tickets = [desk.receive(said(number)).ticket.id for number in range(8)]
        written = []
        calls = [lambda n=n: written.append(desk.note(tickets[n], f"note {n}", actor=ME)) for n in range(8)]
        gathered(gate, group_of(desk), calls)
        assert (gate.sizes, gate.commits) == ([1, 7], 2)
        assert sorted(one.text for one in written) == [f"note {n}" for n in range(8)]
        assert problems_of(store) == ()


def test_commands_of_every_kind(store):
    gate = Gate(store)
    with open_desk(gate, clock=FixedClock()) as desk:
        agent = desk.agents.add("Mei", queues=["default"])
        tickets = [desk.receive(said(number)).ticket.id for number in range(5)]
        calls = [
            lambda: desk.reply(tickets[0], "coming", actor=Actor.agent(agent.id)),
            lambda: desk.tickets.assign(tickets[1], agent=agent.id, actor=ME),
            lambda: desk.tickets.set_status(tickets[2], "resolved", actor=ME),
            lambda: desk.tickets.tag(tickets[3], "late", actor=ME),
            lambda: desk.receive(said(9)),
            lambda: desk.agents.add("Bo", queues=["default"]),
        ]
        gathered(gate, group_of(desk), calls)
        assert gate.sizes == [1, 5]
        assert desk.tickets.get(tickets[2]).category == "resolved"
        assert desk.tickets.count() == 6
        assert len(desk.outbox.list().items) == 1
        assert problems_of(store) == ()


def test_one_conflict_among_many(store):
    """It loses its race alone, and starts again; a caller's own version does not."""
    gate = Gate(store)
    with open_desk(gate, clock=FixedClock()) as desk:
        tickets = [desk.receive(said(number)).ticket.id for number in range(6)]
        version = desk.tickets.get(tickets[0]).version
        failed = []

        def stale():
            try:
                desk.note(tickets[0], "too late", actor=ME, expected_version=version)
            except VersionConflict as error:
                failed.append(error)

        calls = [lambda n=n: desk.note(tickets[n], f"note {n}", actor=ME) for n in range(6)]
        calls += [stale, lambda: desk.note(tickets[1], "once more", actor=ME)]
        gathered(gate, group_of(desk), calls)
        assert gate.sizes[:2] == [1, 7]
        assert sum(gate.sizes[2:]) == 1, "only the one that may try again did"
        assert [error.retryable for error in failed] == [True]
        assert [len(_notes(desk, ticket)) for ticket in tickets] == [1, 2, 1, 1, 1, 1]
        assert problems_of(store) == ()


def _notes(desk: Desk, ticket) -> list:
    return [one for one in desk.tickets.timeline(ticket) if one.message is not None and one.message.direction == "note"]


@pytest.mark.parametrize("fault", Fault)
def test_a_transaction_that_fails_as_a_whole(store, fault):
    """Every caller learns it, reads its claim, and has its outcome once."""
    gate = Gate(store)
    plan = {"left": 0}

    def faults(name):
        if name == "commit" and plan["left"]:
            plan["left"] -= 1
            return fault if plan["left"] == 0 else None
        return None

    faulty = FaultyStore(gate, faults)
    with open_desk(faulty, clock=FixedClock()) as desk:
        tickets = [desk.receive(said(number)).ticket.id for number in range(8)]
        plan["left"] = 2
        written = []
        calls = [lambda n=n: written.append(desk.note(tickets[n], f"note {n}", actor=ME)) for n in range(8)]
        gathered(gate, group_of(desk), calls)
        assert faulty.faults == [("commit", fault)]
        assert sorted(one.text for one in written) == [f"note {n}" for n in range(8)]
        assert len({one.id for one in written}) == 8
        assert [len(_notes(desk, ticket)) for ticket in tickets] == [1] * 8
        assert problems_of(store) == ()


def test_a_commit_that_sqlite_refuses(tmp_path, monkeypatch):
    """A disk that is full in the middle takes the whole transaction, and nothing of it stays."""
    import sqlite3

    from csdesk.stores.sqlite import write

    store = SqliteStore(tmp_path / "desk.db")
    store.open_desk("main", secret=b"x")
    original = write._write
    calls = []

    def full(*given):
        calls.append(given)
        if len(calls) == 2:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return original(*given)

    monkeypatch.setattr(write, "_write", full)
    sets = [ChangeSet(claims=(Claim(f"k{n}", "me"),)) for n in range(3)]
    with pytest.raises(StoreBusy, match="full"):
        store.commit_together("main", sets)
    assert store.load("main", Needs(claims=("k0", "k1", "k2"))).claims == {}
    assert [type(one) for one in store.commit_together("main", sets)] == [Committed] * 3
    store.close()


class Recorder:
    """Stands in for a store: answers by script."""

    def __init__(self, answer):
        self.answer = answer
        self.sizes = []

    def commit(self, desk, changes):
        (outcome,) = self.commit_together(desk, (changes,))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def commit_together(self, desk, changes):
        self.sizes.append(len(changes))
        return self.answer(changes)


def _committed(changes):
    return tuple(Committed() for _ in changes)


def _held(then):
    """An answer whose first call waits, and then does something."""
    held, go = Event(), Event()

    def answer(changes):
        if not held.is_set():
            held.set()
            assert go.wait(30)
            return then(changes)
        return _committed(changes)

    return answer, held, go


def _behind(group, held, go, count):
    """Outcomes of a leader and of ``count`` who wait behind it."""
    told = []

    def call():
        try:
            told.append(group.commit(ChangeSet()))
        except BaseException as error:  # noqa: BLE001  the test looks at it
            told.append(error)

    threads = [Thread(target=call) for _ in range(count + 1)]
    threads[0].start()
    assert held.wait(30)
    for thread in threads[1:]:
        thread.start()
    while len(group._waiting) < count:
        pass
    go.set()
    for thread in threads:
        thread.join(30)
    return told


def test_a_transaction_has_a_largest_size(monkeypatch):
    monkeypatch.setattr(commits, "MOST", 3)
    answer, held, go = _held(_committed)
    store = Recorder(answer)
    told = _behind(GroupCommit(store, "main"), held, go, 7)
    assert store.sizes == [1, 3, 3, 1]
    assert all(isinstance(one, Committed) for one in told)


def test_an_error_of_all_is_each_ones_own():
    def fail(changes):
        if len(changes) == 1:
            return _committed(changes)
        raise CommitUnknown("nobody knows", why="test")

    answer, held, go = _held(_committed)
    store = Recorder(lambda changes: fail(changes) if held.is_set() and go.is_set() else answer(changes))
    told = _behind(GroupCommit(store, "main"), held, go, 4)
    errors = [one for one in told if isinstance(one, CommitUnknown)]
    assert len(errors) == len({id(one) for one in errors}) == 4
    assert {(str(one), one.params["why"]) for one in errors} == {("nobody knows", "test")}


def test_an_error_with_arguments_of_its_own():
    def fail(changes):
        raise ClaimTaken("key", "owner")

    copied = commits._own_copy(ClaimTaken("key", "owner"))
    assert (str(copied), copied.owner, type(copied)) == ("claim key is owned by owner", "owner", ClaimTaken)
    with pytest.raises(ClaimTaken):
        GroupCommit(Recorder(fail), "main").commit(ChangeSet())


def test_an_interrupt_while_leading():
    """The others are told that nobody knows, and the lead goes on."""
    answer, held, go = _held(_committed)

    def interrupted(changes):
        if len(changes) > 1:
            raise KeyboardInterrupt
        return answer(changes)

    group = GroupCommit(Recorder(interrupted), "main")
    told = _behind(group, held, go, 3)
    kinds = sorted(type(one).__name__ for one in told)
    assert kinds == ["CommitUnknown", "CommitUnknown", "Committed", "KeyboardInterrupt"]
    assert isinstance(group.commit(ChangeSet()), Committed)


def test_an_interrupted_waiter_leaves_and_holds_nobody_up(interrupt):
    answer, held, go = _held(_committed)
    store = Recorder(answer)
    group = GroupCommit(store, "main")
    told = []
    threads = [Thread(target=lambda: told.append(group.commit(ChangeSet()))) for _ in range(2)]
    threads[0].start()
    assert held.wait(30)

    def interrupt_it():
        while not group._waiting:
            pass
        threads[1].start()
        while len(group._waiting) < 2:
            pass
        interrupt()

    interrupter = Thread(target=interrupt_it)
    interrupter.start()
    with pytest.raises(KeyboardInterrupt):
        group.commit(ChangeSet(claims=(Claim("never", "me"),)))
    go.set()
    for thread in (interrupter, *threads):
        thread.join(30)
    assert store.sizes == [1, 1]
    assert [type(one) for one in told] == [Committed] * 2


def test_tasks_share_transactions_too(store):
    gate = Gate(store)

    async def main():
        async with await open_async_desk(gate, clock=FixedClock()) as desk:
            tickets = [(await desk.receive(said(number))).ticket.id for number in range(4)]
            group = group_of(desk)
            gate.shut()
            tasks = [asyncio.create_task(desk.note(tickets[0], "note 0", actor=ME))]
            await asyncio.to_thread(gate.entered.wait, 30)
            tasks += [asyncio.create_task(desk.note(tickets[n], f"note {n}", actor=ME)) for n in (1, 2, 3)]
            while len(group._waiting) < 3:  # noqa: ASYNC110  worker threads fill it
                await asyncio.sleep(0)
            gate.go.set()
            written = await asyncio.gather(*tasks)
            assert gate.sizes == [1, 3]
            assert [one.text for one in written] == [f"note {n}" for n in range(4)]

    asyncio.run(main())
    assert problems_of(store) == ()
