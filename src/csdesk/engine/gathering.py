"""Group commit without a thread: the caller that holds the lead works for those who wait.

Messages that arrive while a batch is being committed wait together and form the next batch: one load, one commit. There
is no artificial wait: a caller alone leads a batch of one. When a batch is done, the lead goes to the first of those
who came meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

from csdesk.domain.records.channels import Received
from csdesk.flows.inbound.pipeline import BATCH, Arrival

TakeIn = Callable[[Sequence[Arrival]], tuple[Received, ...]]
"""Takes in a batch; the results stand in its order."""


class _Waiter:
    """A caller and its message. Its gate is shut while it waits; it wakes with an answer, or with the lead."""

    __slots__ = ("arrival", "error", "gate", "has_lead", "has_left", "result")

    def __init__(self, arrival: Arrival) -> None:
        self.arrival = arrival
        self.gate: Lock | None = None
        self.has_lead = False
        self.has_left = False
        self.result: Received | None = None
        self.error: BaseException | None = None

    @property
    def is_answered(self) -> bool:
        return self.result is not None or self.error is not None


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
            self._waiting.append(mine)
            if self._is_led:
                mine.gate = Lock()
                mine.gate.acquire()
            else:
                self._is_led = mine.has_lead = True
        if mine.gate is not None:
            self._wait(mine, mine.gate)
        if mine.has_lead:
            self._lead()
        if mine.error is not None:
            raise mine.error
        assert mine.result is not None
        return mine.result

    def _wait(self, mine: _Waiter, gate: Lock) -> None:
        try:
            gate.acquire()
        except BaseException:
            # An interrupt: this caller leaves. What it holds up, the others or the lead, must go on.
            with self._lock:
                mine.has_left = True
                if mine in self._waiting:
                    self._waiting.remove(mine)
                if mine.has_lead:
                    self._pass_on()
            raise

    def _lead(self) -> None:
        """Work for everybody who waits now, this caller among them; then pass the lead on."""
        with self._lock:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        try:
            self._work(batch)
        finally:
            self._wake(batch)

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

    def _wake(self, batch: list[_Waiter]) -> None:
        with self._lock:
            # After an interrupt some have no answer: they stay first in line, and one of them leads.
            self._waiting[:0] = [one for one in batch[1:] if not (one.is_answered or one.has_left)]
            for one in batch:
                if one.gate is not None and one.is_answered and not one.has_lead:
                    one.gate.release()
            self._pass_on()

    def _pass_on(self) -> None:
        """Give the lead to the first who waits; nobody has it if nobody does. The lock is held."""
        self._is_led = bool(self._waiting)
        if self._waiting:
            heir = self._waiting[0]
            heir.has_lead = True
            assert heir.gate is not None
            heir.gate.release()
