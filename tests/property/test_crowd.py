"""Many tasks at once on two desks over one store, some of them cancelled, one desk closed under their feet.

A deed on an ``AsyncDesk`` gives back what is to be awaited: so those of ``life`` serve here, several at a time.
Whatever came between, every task ends, with a result or an error of its own; what is stored is sound; what was offered
or asked for under a key is there once, however often it is offered again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from inspect import isawaitable
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import many
from tests.databases import store_at
from tests.property.life import DEEDS, NothingYet, Side, check_sent, everything, ids_in

from csdesk import open_async_desk
from csdesk.aio.shell import AsyncDesk
from csdesk.domain.records.channels import Received
from csdesk.errors import CommitUnknown, CsdeskError, DeskClosed, FlowError, StoreBusy
from csdesk.stores.memory import MemoryStore
from csdesk.testing import AwaitedStore
from csdesk.testing.audit import problems_of

NUMBERS = st.integers(0, 999)
ALONE = ("run_due_twice", "do_again", "reopen")
"""These look at the whole desk before and after."""
OFTEN = ("receive", "receive", "receive_many", "reply", "hold", "run_due", "do_keyed", "do_keyed")
DONE = st.tuples(
    st.sampled_from((*(name for name in DEEDS if name not in ALONE), *OFTEN)),
    st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS),
)
BEFORE = st.lists(DONE, max_size=15)
ROUNDS = st.lists(
    st.tuples(
        st.lists(DONE, min_size=2, max_size=8),
        st.lists(st.tuples(st.integers(0, 7), st.integers(0, 80)), max_size=3),
        st.sampled_from((None, None, None, 5, 30)),
    ),
    min_size=1,
    max_size=4,
)
"""What is done at once; which tasks are cancelled, and after how many turns of the loop; when a desk is closed."""
FAILS = 4
PACES = st.lists(st.integers(0, 3) | st.integers(0, FAILS), min_size=1, max_size=40)
"""How many turns of the loop pass before and after each call of the store, or that the network fails there."""

Opening = Callable[[], Coroutine[Any, Any, AsyncDesk]]


class AtOnce(ThreadPoolExecutor):
    """Does in the loop's own thread what it is given, so that a life can be repeated."""

    def submit(self, work: Any, /, *given: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*given, **named))
        except BaseException as error:  # noqa: BLE001  it is the caller's
            done.set_exception(error)
        return done


def _again(side: Side) -> dict[str, Any]:
    """What a desk is opened with that goes by whatever configuration is active."""
    return {**side.parts, "config": None}


@contextmanager
def _over_memory(paces: list[int]) -> Iterator[tuple[Side, Opening]]:
    """A store across a network: other tasks run before and after each call, which may fail at both places."""
    memory, turns = MemoryStore(), cycle(paces)

    async def pause(name: str) -> None:
        pace = next(turns)
        if pace == FAILS and side.is_crowded:
            raise CommitUnknown("the network failed") if name == "commit" else StoreBusy("the network failed")
        for _ in range(pace):
            await asyncio.sleep(0)

    async def opened() -> AsyncDesk:
        asyncio.get_running_loop().set_default_executor(AtOnce())
        return await open_async_desk(AwaitedStore(memory, pause=pause), **_again(side))

    async def at_once(work: Callable[[], Any]) -> Any:
        return work()

    with closing(Side(lambda: memory)) as side, patch("csdesk.aio._run.apart", at_once):
        yield side, opened


@contextmanager
def _over_a_file(_: list[int]) -> Iterator[tuple[Side, Opening]]:
    """The threads of two processes, in whatever order they come."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "desk.db")

        async def opened() -> AsyncDesk:
            return await open_async_desk(f"sqlite:///{path}", synchronous="NORMAL", **_again(side))

        with closing(Side(lambda: store_at(path, synchronous="NORMAL"))) as side:
            yield side, opened


@pytest.mark.parametrize("over", [_over_memory, _over_a_file])
@settings(max_examples=many(10), suppress_health_check=list(HealthCheck))
@given(before=BEFORE, rounds=ROUNDS, paces=PACES)
def test_whatever_is_done_at_once(over, before, rounds, paces):
    with over(paces) as (side, opened):
        for name, numbers in before:
            _started(side, name, numbers)
        asyncio.run(_crowd(side, opened, rounds))
        assert problems_of(side.store) == ()
        check_sent(side)


async def _crowd(side: Side, opened: Opening, rounds: Any) -> None:
    first = side.desks
    side.desks = {0: await opened(), 1: await opened()}
    told: set[str] = set()
    try:
        async with asyncio.timeout(60):  # nobody waits for ever
            for deeds, cuts, closes in rounds:
                told |= await _at_once(side, deeds, cuts, closes)
                assert problems_of(side.store) == ()
                if closes is not None:
                    side.desks[1] = await opened()
            await _offer_again(side, told)
    finally:
        for desk in side.desks.values():
            await desk.aclose()
        side.desks = first


def _started(side: Side, name: str, numbers: Any) -> Any:
    try:
        return DEEDS[name](side, *numbers)
    except (NothingYet, CsdeskError):
        return None


async def _at_once(side: Side, deeds: Any, cuts: Any, closes: int | None) -> set[str]:
    """What the tasks were told of messages that came; each was told something."""
    tasks: list[tuple[asyncio.Future[Any], bool]] = []
    for name, numbers in deeds:
        side.turn = sum(numbers) % 2
        work = _started(side, name, numbers)
        if work is not None:
            tasks.append((asyncio.ensure_future(work), closes is not None and side.turn == 1))
    later = [_after(turns, tasks[number][0].cancel) for number, turns in cuts if number < len(tasks)]
    if closes is not None:
        later.append(_after(closes, side.desks[1].aclose))
    side.is_crowded = True
    outcomes, _ = await asyncio.gather(
        asyncio.gather(*(task for task, _ in tasks), return_exceptions=True), asyncio.gather(*later)
    )
    side.is_crowded = False
    for outcome, (_, closed) in zip(outcomes, tasks, strict=True):
        if isinstance(outcome, BaseException):
            assert isinstance(outcome, CsdeskError | asyncio.CancelledError), repr(outcome)
            assert not isinstance(outcome, FlowError), repr(outcome)
            assert closed or not isinstance(outcome, DeskClosed), repr(outcome)
    came = (one for outcome in outcomes for one in (outcome if isinstance(outcome, tuple) else (outcome,)))
    return {one.message_id for one in came if isinstance(one, Received)}


async def _after(turns: int, action: Callable[[], Any]) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)
    done = action()
    if isawaitable(done):
        await done


async def _offer_again(side: Side, told: set[str]) -> None:
    """Whoever was cancelled does it again, and is told what others were; whoever does it once more changes nothing."""
    came = [(await side.desk.receive(message)).message_id for message in side.said]
    assert told <= {*came}
    done, before = [None] * len(side.keyed), everything(side)
    while True:
        again = [await _asked_again(way, merged) for way, _, merged in side.keyed]
        assert all(old in (None, new) for old, new in zip(done, again, strict=True))
        if everything(side) == before:
            break
        done, before = again, everything(side)  # what was refused may be allowed after the others
    assert [(await side.desk.receive(message)).message_id for message in side.said] == came
    assert everything(side) == before


async def _asked_again(way: Callable[[], Any], merged: str | None) -> Any:
    """What was made under a key; None: it is refused."""
    try:
        made, *others = ids_in(await way())
    except CsdeskError:
        return None
    # A merge of tickets tells what has become of it since, which another key may change.
    return others if merged else (made, *others)
