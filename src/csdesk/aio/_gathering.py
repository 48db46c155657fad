"""Group commit for tasks: one of those who wait takes the whole queue in one worker-thread hop.

The same rule as ``csdesk.engine.meeting``, with futures in place of locks. A future belongs to its loop, so the
tasks of each loop meet by themselves: a host may have one in every thread, and one that was given up holds up nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from weakref import WeakKeyDictionary

from csdesk.domain.records.channels import Received
from csdesk.flows.inbound.pipeline import BATCH, Arrival

TakeIn = Callable[[Sequence[Arrival]], Awaitable[tuple[Received, ...]]]
"""Takes in a batch; the results stand in its order."""


class _Waiter:
    __slots__ = ("arrival", "future")

    def __init__(self, arrival: Arrival, future: asyncio.Future[Received | None]) -> None:
        self.arrival = arrival
        self.future = future
        """None as its result: take the lead."""


class AsyncGathering:
    """Where the callers of one desk meet, on whatever loops they run."""

    def __init__(self, take_in: TakeIn) -> None:
        self._take_in = take_in
        self._meetings: WeakKeyDictionary[asyncio.AbstractEventLoop, _Meeting] = WeakKeyDictionary()

    async def receive(self, arrival: Arrival) -> Received:
        """Take in one message, together with those that wait at the same time on the same loop."""
        loop = asyncio.get_running_loop()
        meeting = self._meetings.get(loop)
        if meeting is None:
            # Who still waits on a closed loop holds it: it would never be let go by itself.
            for gone in [one for one in [*self._meetings] if one.is_closed()]:
                self._meetings.pop(gone, None)
            meeting = self._meetings[loop] = _Meeting(self._take_in)
        return await meeting.receive(arrival)


class _Meeting:
    """Where the tasks of one loop meet."""

    def __init__(self, take_in: TakeIn) -> None:
        self._take_in = take_in
        self._waiting: list[_Waiter] = []
        self._is_led = False
        self._last = 1
        """How many callers shared the last batch."""

    async def receive(self, arrival: Arrival) -> Received:
        """Take in one message, together with those that wait at the same time."""
        mine = _Waiter(arrival, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        if self._is_led:
            try:
                answer = await mine.future
            except asyncio.CancelledError:
                self._leave(mine)
                raise
            if answer is not None:
                return answer
            mine.future = asyncio.get_running_loop().create_future()
        self._is_led = True
        return await self._lead(mine)

    def _leave(self, mine: _Waiter) -> None:
        """A waiter was cancelled: it goes; if the lead had just been given to it, the next one has it."""
        if mine in self._waiting:
            self._waiting.remove(mine)
        future = mine.future
        if future.done() and not future.cancelled() and future.exception() is None and future.result() is None:
            self._pass_on()

    async def _lead(self, mine: _Waiter) -> Received:
        """Work for everybody who waits now, this caller among them; then pass the lead on."""
        if self._last > 1:
            await self._let_in(mine)
        batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        if mine not in batch:
            batch.append(mine)
            self._waiting.remove(mine)
        self._last = len(batch)
        try:
            await self._work(batch)
        finally:
            unanswered = [one for one in batch if one is not mine and not one.future.done()]
            self._waiting[:0] = unanswered
            self._pass_on()
        answer = await mine.future
        assert answer is not None
        return answer

    async def _let_in(self, mine: _Waiter) -> None:
        """One turn of the loop: those whom the last batch answered are about to come back, and would miss this one."""
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self._waiting.remove(mine)
            self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting and self._waiting[0].future.done():
            self._waiting.pop(0)
        self._is_led = bool(self._waiting)
        if self._waiting:
            self._waiting[0].future.set_result(None)

    async def _work(self, batch: list[_Waiter]) -> None:
        try:
            results = await self._take_in([one.arrival for one in batch])
        except Exception as error:  # noqa: BLE001  it belongs to the callers, each of whom is told
            if len(batch) == 1:
                if not batch[0].future.done():
                    batch[0].future.set_exception(error)
                return
            # Whatever broke the batch, each message gets its own answer: its id makes a second try harmless.
            for one in batch:
                await self._work([one])
            return
        for one, result in zip(batch, results, strict=True):
            if not one.future.done():
                one.future.set_result(result)
