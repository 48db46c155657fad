"""Group commit without a thread: the caller that holds the lead works for those who wait.

Messages that arrive while a batch is being committed wait together and form the next batch: one load, one commit. There
is no artificial wait: a caller alone leads a batch of one. When a batch is done, the lead goes to the first of those
who came meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event, Lock

from csdesk.domain.records.channels import Received
from csdesk.flows.inbound.pipeline import BATCH, Arrival

TakeIn = Callable[[Sequence[Arrival]], tuple[Received, ...]]
"""Takes in a batch; the results stand in its order."""


class _Waiter:
    __slots__ = ("arrival", "awake", "error", "result")

    def __init__(self, arrival: Arrival) -> None:
        self.arrival = arrival
        self.awake: Event | None = None
        self.result: Received | None = None
        self.error: BaseException | None = None


class Gathering:
    """Where the callers of one desk meet. Safe between threads."""

    def __init__(self, take_in: TakeIn) -> None:
        self._take_in = take_in
        self._lock = Lock()
        self._waiting: list[_Waiter] = []
        self._is_led = False

    def receive(self, arrival: Arrival) -> Received:
        """Take in one message, together with those that wait at the same time."""
        mine = _Waiter(arrival)
        with self._lock:
            leads = not self._is_led
            self._is_led = True
            if not leads:
                mine.awake = Event()
            self._waiting.append(mine)
        if mine.awake is not None:
            mine.awake.wait()
        if mine.result is None and mine.error is None:
            self._lead()
        if mine.error is not None:
            raise mine.error
        assert mine.result is not None
        return mine.result

    def _lead(self) -> None:
        """Work for everybody who waits now, this caller among them; then pass the lead on."""
        with self._lock:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        try:
            self._work(batch)
        finally:
            self._pass_on(batch)

    def _work(self, batch: list[_Waiter]) -> None:
        try:
            results = self._take_in([one.arrival for one in batch])
        except Exception as error:  # noqa: BLE001  it belongs to the callers, each of whom is told
            if len(batch) == 1:
                batch[0].error = error
                return
            # Whatever broke the batch, each message gets its own answer: its id makes a second try harmless.
            for one in batch:
                self._work([one])
            return
        for one, result in zip(batch, results, strict=True):
            one.result = result

    def _pass_on(self, batch: list[_Waiter]) -> None:
        with self._lock:
            # After an interrupt some have no answer: they stay first in line, and one of them leads.
            unanswered = [one for one in batch[1:] if one.result is None and one.error is None]
            self._waiting[:0] = unanswered
            heir = self._waiting[0] if self._waiting else None
            self._is_led = heir is not None
        for one in batch:
            if one.awake is not None and one not in unanswered:
                one.awake.set()
        if heir is not None and heir.awake is not None:
            heir.awake.set()
