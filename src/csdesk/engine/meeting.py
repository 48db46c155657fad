"""Working in batches without a thread: the caller that holds the lead works for those who wait.

Calls that arrive while a batch is being worked on wait together and form the next one. A caller alone leads a batch of
one and waits for nobody. When a batch is done, the lead goes to the first of those who came meanwhile. Those whom a
batch of several has answered are about to come back with their next call: the new leader lets them in first, for less
than a millisecond, because a batch that begins without them costs them a whole turn.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from threading import Lock
from typing import Final, Generic, TypeVar

_PATIENCE: Final = 0.0008
"""Seconds: longer than threads take to come back one by one, shorter than a commit to a disk."""

Brought = TypeVar("Brought")
Answer = TypeVar("Answer")


class Call(Generic[Brought, Answer]):
    """A caller and what it brought. Its gate is shut while it waits; it wakes with an answer, or with the lead."""

    __slots__ = ("answer", "brought", "error", "gate", "has_lead", "has_left")

    def __init__(self, brought: Brought) -> None:
        self.brought = brought
        self.gate: Lock | None = None
        self.has_lead = False
        self.has_left = False
        self.answer: Answer | None = None
        self.error: BaseException | None = None

    @property
    def is_answered(self) -> bool:
        """Whether its caller can go on."""
        return self.answer is not None or self.error is not None


class Meeting(ABC, Generic[Brought, Answer]):
    """Where the callers of one desk meet. Safe between threads."""

    def __init__(self, most: int) -> None:
        """A meeting of nobody so far; ``most`` calls make up a batch at most."""
        self._most = most
        self._lock = Lock()
        self._waiting: list[Call[Brought, Answer]] = []
        self._is_led = False
        self._last = 1
        """How many callers shared the last batch."""
        self._door: Lock | None = None
        """Where a leader waits for callers to come back; opened by the last of them."""

    @abstractmethod
    def _work(self, batch: list[Call[Brought, Answer]]) -> None:
        """Give each call its answer or its error; those that have neither in the end lead or join the next batch."""

    def _answered(self, brought: Brought) -> Answer:
        """The answer, worked out together with those that wait at the same time; its error is raised."""
        mine: Call[Brought, Answer] = Call(brought)
        with self._lock:
            self._waiting.append(mine)
            if self._is_led:
                mine.gate = Lock()
                mine.gate.acquire()
                self._open_door()
            else:
                self._is_led = mine.has_lead = True
        if mine.gate is not None:
            self._wait(mine, mine.gate)
        if mine.has_lead:
            self._lead(mine)
        if mine.error is not None:
            raise mine.error
        assert mine.answer is not None
        return mine.answer

    def _wait(self, mine: Call[Brought, Answer], gate: Lock) -> None:
        try:
            gate.acquire()
        except BaseException:
            self._leave(mine)
            raise

    def _leave(self, mine: Call[Brought, Answer]) -> None:
        """An interrupt: this caller goes. What it holds up, the others or the lead, must go on."""
        with self._lock:
            mine.has_left = True
            if mine in self._waiting:
                self._waiting.remove(mine)
            if mine.has_lead:
                self._pass_on()

    def _lead(self, mine: Call[Brought, Answer]) -> None:
        """Work for everybody who waits now, this caller among them; then pass the lead on."""
        if self._last > 1:
            self._let_in(mine)
        with self._lock:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            self._last = len(batch)
        try:
            self._work(batch)
        finally:
            self._wake(batch)

    def _let_in(self, mine: Call[Brought, Answer]) -> None:
        """Wait a moment until as many are here as shared the last batch."""
        with self._lock:
            if len(self._waiting) >= self._last:
                return
            door = self._door = Lock()
            door.acquire()
        try:
            door.acquire(timeout=_PATIENCE)
        except BaseException:
            self._door = None
            self._leave(mine)
            raise
        self._door = None

    def _open_door(self) -> None:
        """Somebody came: if nobody else is missing, the leader begins. The lock is held."""
        if self._door is not None and len(self._waiting) >= self._last and self._door.locked():
            self._door.release()

    def _wake(self, batch: list[Call[Brought, Answer]]) -> None:
        with self._lock:
            # After an interrupt some may have no answer: they stay first in line, and one of them leads.
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
