"""Callers that come together share a commit, and each gets its own answer."""

import asyncio
from collections.abc import Sequence
from threading import Barrier, Event, Lock, Thread

import pytest

from csdesk import InboundMessage, Received, Sender, open_async_desk, open_desk
from csdesk.aio._gathering import AsyncGathering
from csdesk.domain.ids import MessageId
from csdesk.domain.records.actors import Actor
from csdesk.engine.gathering import Gathering
from csdesk.engine.meeting import Call
from csdesk.errors import StoreBusy
from csdesk.flows.inbound.pipeline import Arrival
from csdesk.stores.memory import MemoryStore
from csdesk.testing import CountingStore


def said(number: int) -> InboundMessage:
    return InboundMessage(
        account="web",
        dedupe_key=f"d{number}",
        conversation=f"c{number % 5}",
        sender=Sender(external_id=f"u{number % 5}"),
        text=f"hello {number}",
    )


def arrival(number: int) -> Arrival:
    return Arrival(said(number), MessageId(f"msg_{number}"), Actor.system())


def answers(batch: Sequence[Arrival]) -> tuple[Received, ...]:
    return tuple(Received(message_id=one.id) for one in batch)


def test_those_who_wait_form_the_next_batch():
    sizes: list[int] = []
    held, go = Event(), Event()

    def take_in(batch: Sequence[Arrival]) -> tuple[Received, ...]:
        sizes.append(len(batch))
        held.set()
        assert go.wait(10)
        return answers(batch)

    gathering = Gathering(take_in)
    got: dict[int, str] = {}
    threads = [Thread(target=lambda n=n: got.update({n: gathering.receive(arrival(n)).message_id})) for n in range(9)]
    threads[0].start()
    assert held.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(gathering._waiting) < 8:
        pass
    go.set()
    for thread in threads:
        thread.join(10)
    assert sizes == [1, 8]
    assert got == {number: f"msg_{number}" for number in range(9)}


def test_one_that_breaks_costs_the_others_nothing():
    def take_in(batch: Sequence[Arrival]) -> tuple[Received, ...]:
        if any(one.id == "msg_3" for one in batch):
            raise StoreBusy("full")
        return answers(batch)

    gathering = Gathering(take_in)
    start = Barrier(8)
    got: dict[int, str] = {}

    def call(number: int) -> None:
        start.wait()
        try:
            got[number] = gathering.receive(arrival(number)).message_id
        except StoreBusy:
            got[number] = "busy"

    threads = [Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert got == {number: "busy" if number == 3 else f"msg_{number}" for number in range(8)}


def crowded(gathering: Gathering, held: Event, go: Event) -> None:
    """Let a batch of one and a batch of three be taken in."""
    threads = [Thread(target=gathering.receive, args=(arrival(number),)) for number in range(4)]
    threads[0].start()
    assert held.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(gathering._waiting) < 3:
        pass
    go.set()
    for thread in threads:
        thread.join(10)


@pytest.fixture
def meeting():
    sizes: list[int] = []
    held, go = Event(), Event()

    def take_in(batch: Sequence[Arrival]) -> tuple[Received, ...]:
        sizes.append(len(batch))
        held.set()
        assert go.wait(10)
        return answers(batch)

    gathering = Gathering(take_in)
    crowded(gathering, held, go)
    assert sizes == [1, 3]
    return gathering, sizes


def test_a_leader_lets_those_in_who_shared_the_last_batch(meeting, monkeypatch):
    monkeypatch.setattr("csdesk.engine.meeting._PATIENCE", 60)
    gathering, sizes = meeting
    threads = [Thread(target=gathering.receive, args=(arrival(number),)) for number in range(4, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sizes == [1, 3, 3]


def test_a_leader_waits_once_for_those_who_do_not_come_back(meeting, monkeypatch):
    monkeypatch.setattr("csdesk.engine.meeting._PATIENCE", 0)
    gathering, sizes = meeting
    gathering.receive(arrival(4))
    monkeypatch.setattr("csdesk.engine.meeting._PATIENCE", 60)
    gathering.receive(arrival(5))
    assert sizes == [1, 3, 1, 1]


def test_a_leader_that_is_interrupted_at_the_door_leaves(meeting, monkeypatch, interrupt):
    monkeypatch.setattr("csdesk.engine.meeting._PATIENCE", 60)
    gathering, sizes = meeting

    def interrupt_it() -> None:
        while gathering._door is None:
            pass
        interrupt()

    interrupter = Thread(target=interrupt_it)
    interrupter.start()
    with pytest.raises(KeyboardInterrupt):
        gathering.receive(arrival(4))
    interrupter.join(10)
    assert not gathering._waiting
    monkeypatch.setattr("csdesk.engine.meeting._PATIENCE", 0)
    assert gathering.receive(arrival(5)).message_id == "msg_5"
    assert sizes == [1, 3, 1]


def test_an_interrupted_leader_passes_the_lead_on():
    held, go = Event(), Event()
    calls: list[int] = []

    def take_in(batch: Sequence[Arrival]) -> tuple[Received, ...]:
        calls.append(len(batch))
        if len(calls) == 1:
            held.set()
            assert go.wait(10)
            raise KeyboardInterrupt
        return answers(batch)

    gathering = Gathering(take_in)
    ended: list[type[BaseException]] = []

    def first() -> None:
        try:
            gathering.receive(arrival(0))
        except KeyboardInterrupt as error:
            ended.append(type(error))

    got: list[str] = []
    leader = Thread(target=first)
    leader.start()
    assert held.wait(10)
    follower = Thread(target=lambda: got.append(gathering.receive(arrival(1)).message_id))
    follower.start()
    while not gathering._waiting:
        pass
    go.set()
    leader.join(10)
    follower.join(10)
    assert (ended, got) == ([KeyboardInterrupt], ["msg_1"])
    assert gathering.receive(arrival(2)).message_id == "msg_2"


def test_an_interrupted_waiter_leaves_and_holds_nobody_up(interrupt):
    held, go = Event(), Event()
    taken: list[str] = []

    def take_in(batch: Sequence[Arrival]) -> tuple[Received, ...]:
        taken.extend(one.id for one in batch)
        held.set()
        assert go.wait(10)
        return answers(batch)

    gathering = Gathering(take_in)
    got: list[str] = []
    threads = [Thread(target=lambda n=n: got.append(gathering.receive(arrival(n)).message_id)) for n in (0, 2)]
    threads[0].start()
    assert held.wait(10)

    def interrupt_it() -> None:
        while not gathering._waiting:
            pass
        threads[1].start()
        while len(gathering._waiting) < 2:
            pass
        interrupt()

    interrupter = Thread(target=interrupt_it)
    interrupter.start()
    with pytest.raises(KeyboardInterrupt):
        gathering.receive(arrival(1))
    go.set()
    for thread in (interrupter, *threads):
        thread.join(10)
    assert sorted(got) == ["msg_0", "msg_2"]
    assert taken == ["msg_0", "msg_2"]


def test_threads_share_commits():
    store = CountingStore(MemoryStore())
    with open_desk(store) as desk:
        before = store.commits
        start = Barrier(8)
        got: list[Received] = []

        def call(first: int) -> None:
            start.wait()
            got.extend(desk.receive(said(number)) for number in range(first, 80, 8))

        threads = [Thread(target=call, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert {one.state for one in got} == {"stored"}
        assert len({one.message_id for one in got}) == 80
        assert store.commits - before <= 80
        assert desk.tickets.count() == 5


async def _many() -> tuple[list[Received], int]:
    store = CountingStore(MemoryStore())
    async with await open_async_desk(store) as desk:
        before = store.commits
        got = await asyncio.gather(*(desk.receive(said(number)) for number in range(64)))
        return list(got), store.commits - before


def test_tasks_take_the_whole_queue_in_one_hop():
    got, commits = asyncio.run(_many())
    assert [one.message.text for one in got if one.message] == [f"hello {number}" for number in range(64)]
    assert commits <= 4  # one alone, then those who came meanwhile


async def _coming_back(rounds: int) -> list[int]:
    sizes: list[int] = []

    async def take_in(batch: Sequence[Arrival]) -> tuple[Received, ...]:
        sizes.append(len(batch))
        await asyncio.sleep(0)
        return answers(batch)

    gathering = AsyncGathering(take_in)

    async def caller(first: int) -> None:
        for number in range(first, 8 * rounds, 8):
            assert (await gathering.receive(arrival(number))).message_id == f"msg_{number}"

    await asyncio.gather(*(caller(number) for number in range(8)))
    return sizes


def test_tasks_that_come_back_share_the_next_batch():
    first, *others = asyncio.run(_coming_back(10))
    assert first == 1
    assert sum(others) == 79
    assert len(others) <= 12


async def _interrupted_early() -> list[object]:
    async def take_in(batch: Sequence[Arrival]) -> tuple[Received, ...]:
        await asyncio.sleep(0)
        return answers(batch)

    gathering = AsyncGathering(take_in)
    await asyncio.gather(*(gathering.receive(arrival(number)) for number in range(3)))
    tasks = [asyncio.ensure_future(gathering.receive(arrival(number))) for number in range(3, 6)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    return await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)


def test_a_leader_cancelled_before_its_batch_passes_the_lead_on():
    first, second, third = asyncio.run(_interrupted_early())
    assert isinstance(first, asyncio.CancelledError)
    assert [one.message_id for one in (second, third) if isinstance(one, Received)] == ["msg_4", "msg_5"]


async def _cancelled() -> list[object]:
    gate = asyncio.Event()
    sizes: list[int] = []

    async def take_in(batch: Sequence[Arrival]) -> tuple[Received, ...]:
        sizes.append(len(batch))
        await gate.wait()
        return answers(batch)

    gathering = AsyncGathering(take_in)
    tasks = [asyncio.ensure_future(gathering.receive(arrival(number))) for number in range(4)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[2].cancel()
    await asyncio.sleep(0)
    gate.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


def test_cancelled_tasks_leave_and_the_lead_goes_on():
    first, second, third, fourth = asyncio.run(_cancelled())
    assert isinstance(first, asyncio.CancelledError)
    assert isinstance(third, asyncio.CancelledError)
    assert [one.message_id for one in (second, fourth) if isinstance(one, Received)] == ["msg_1", "msg_3"]


@pytest.mark.parametrize("error", [StoreBusy("full"), ValueError("x")])
def test_what_breaks_a_batch_of_threads_is_told_to_whom_it_belongs(error: Exception):
    sizes, leading, joined = [], Event(), Event()

    def take_in(batch: Sequence[Arrival]) -> tuple[Received, ...]:
        sizes.append(len(batch))
        if len(sizes) == 1:
            leading.set()
            joined.wait(10)
        if any(one.id == "msg_1" for one in batch):
            raise error
        return answers(batch)

    gathering = Gathering(take_in)
    got: dict[int, object] = {}

    def call(number: int) -> None:
        try:
            got[number] = gathering.receive(arrival(number)).message_id
        except (StoreBusy, ValueError) as problem:
            got[number] = problem

    threads = [Thread(target=call, args=(number,)) for number in range(3)]
    threads[0].start()
    assert leading.wait(10)
    for number, thread in enumerate(threads[1:], start=1):
        thread.start()
        while len(gathering._waiting) < number:
            thread.join(0.001)
    joined.set()
    for thread in threads:
        thread.join(10)
    assert sizes == [1, 2, 1, 1]
    assert got == {0: "msg_0", 1: error, 2: "msg_2"}


@pytest.mark.parametrize("error", [StoreBusy("full"), ValueError("x")])
def test_a_tasks_own_error_is_its_own(error: Exception):
    sizes = []

    async def take_in(batch: Sequence[Arrival]) -> tuple[Received, ...]:
        sizes.append(len(batch))
        await asyncio.sleep(0)  # the others come meanwhile
        if any(one.id == "msg_1" for one in batch):
            raise error
        return answers(batch)

    async def run() -> list[object]:
        gathering = AsyncGathering(take_in)
        return await asyncio.gather(*(gathering.receive(arrival(n)) for n in range(3)), return_exceptions=True)

    got = asyncio.run(run())
    assert sizes == [1, 2, 1, 1]
    assert got[1] is error
    assert [one.message_id for one in (got[0], got[2]) if isinstance(one, Received)] == ["msg_0", "msg_2"]


def test_who_left_during_a_batch_that_broke_off_does_not_get_the_lead():
    """Nobody would take it over, and all the others would wait for ever."""
    gathering = Gathering(answers)
    leader, gone, stays = (Call(arrival(number)) for number in range(3))
    for one in (gone, stays):
        one.gate = Lock()
        one.gate.acquire()
    gathering._is_led = leader.has_lead = True
    leader.batch = [leader, gone, stays]
    gathering._leave(gone)
    gathering._leave(leader)
    assert gathering._waiting == [stays]
    assert (stays.has_lead, stays.gate.locked()) == (True, False)
    assert not gone.has_lead
    assert leader.heir is None, "whoever keeps its error keeps all that lead after it"


def test_the_door_may_be_shut_while_somebody_comes_to_it():
    class Waiting(list[Call[Arrival, Received]]):
        def __len__(self) -> int:
            gathering._door = None  # the leader's patience ended just now
            return super().__len__()

    gathering = Gathering(answers)
    gathering._waiting = Waiting([Call(arrival(1))])
    door = gathering._door = Lock()
    with door:
        gathering._open_door()
        assert not door.locked()
        door.acquire()


def test_an_interrupt_between_those_of_a_broken_batch_leaves_the_others_in_line():
    def take_in(batch: Sequence[Arrival]) -> tuple[Received, ...]:
        if len(batch) > 1:
            raise ValueError("by plan")
        if batch[0].id == "msg_1":
            raise KeyboardInterrupt
        return answers(batch)

    gathering = Gathering(take_in)
    leader, second, third = gathering._waiting = [Call(arrival(number)) for number in range(3)]
    for one in (second, third):
        one.gate = Lock()
        one.gate.acquire()
    gathering._is_led = leader.has_lead = True
    with pytest.raises(KeyboardInterrupt):
        gathering._lead(leader)
    gathering._leave(leader)
    assert (leader.is_answered, gathering._waiting) == (True, [second, third])
    assert (second.has_lead, second.gate.locked(), third.gate.locked()) == (True, False, True)


def test_tasks_meet_on_their_own_loop_and_one_that_was_given_up_holds_nobody_up():
    given_up = asyncio.new_event_loop()

    async def take_in(batch: Sequence[Arrival]) -> tuple[Received, ...]:
        await (asyncio.Event().wait() if asyncio.get_running_loop() is given_up else asyncio.sleep(0))
        return answers(batch)

    gathering = AsyncGathering(take_in)

    async def begun() -> list[asyncio.Task[Received]]:
        tasks = [asyncio.ensure_future(gathering.receive(arrival(number))) for number in range(2)]
        await asyncio.sleep(0)
        return tasks

    async def several() -> list[Received]:
        return await asyncio.wait_for(
            asyncio.gather(*(gathering.receive(arrival(number)) for number in range(2, 6))), 10
        )

    stuck = given_up.run_until_complete(begun())
    assert [one.message_id for one in asyncio.run(several())] == [f"msg_{number}" for number in range(2, 6)]
    for task in stuck:
        task.cancel()
    given_up.run_until_complete(asyncio.wait(stuck))
    given_up.close()


def test_a_loop_that_was_closed_over_those_who_wait_is_let_go():
    async def take_in(batch: Sequence[Arrival]) -> tuple[Received, ...]:
        if batch[0].id == "msg_1":
            await asyncio.Event().wait()
        return answers(batch)

    gathering = AsyncGathering(take_in)

    async def begun() -> asyncio.Task[Received]:
        task = asyncio.ensure_future(gathering.receive(arrival(1)))
        await asyncio.sleep(0)
        return task

    loop = asyncio.new_event_loop()
    stuck = loop.run_until_complete(begun())
    loop.close()
    assert loop in gathering._meetings
    asyncio.run(gathering.receive(arrival(3)))
    assert loop not in gathering._meetings
    stuck._log_destroy_pending = False  # type: ignore[attr-defined]


def test_a_task_cancelled_while_it_is_told_of_an_error_is_cancelled():
    tasks: list[asyncio.Task[Received]] = []

    async def take_in(batch: Sequence[Arrival]) -> tuple[Received, ...]:
        await asyncio.sleep(0)
        if any(one.id == "msg_2" for one in batch):
            if len(batch) == 1:
                asyncio.get_running_loop().call_soon(tasks[2].cancel)
            raise ValueError("by plan")
        return answers(batch)

    gathering = AsyncGathering(take_in)

    async def run() -> list[object]:
        tasks.extend(asyncio.ensure_future(gathering.receive(arrival(number))) for number in range(3))
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, second, third = asyncio.run(run())
    assert [one.message_id for one in (first, second) if isinstance(one, Received)] == ["msg_0", "msg_1"]
    assert isinstance(third, asyncio.CancelledError)
