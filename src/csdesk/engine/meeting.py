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

    __slots__ = ("answer", "batch", "brought", "error", "gate", "has_lead", "has_left", "heir")

    def __init__(self, brought: Brought) -> None:
        self.brought = brought
        self.gate: Lock | None = None
        self.has_lead = False
        self.has_left = False
        self.batch: list[Call[Brought, Answer]] = []
        """Whom it works for as the leader."""
        self.heir: Call[Brought, Answer] | None = None
        """To whom it passed the lead on."""
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
        try:
            self._meet(mine)
        except BaseException:
            self._leave(mine)
            raise
        if mine.error is not None:
            raise mine.error
        assert mine.answer is not None
        return mine.answer

    def _meet(self, mine: Call[Brought, Answer]) -> None:
        with self._lock:
            self._waiting.append(mine)
            if self._is_led:
                mine.gate = Lock()
                mine.gate.acquire()
                self._open_door()
            else:
                self._is_led = mine.has_lead = True
        if mine.gate is not None:
            mine.gate.acquire()
        if mine.has_lead:
            self._lead(mine)
            self._leave(mine)

    def _lead(self, mine: Call[Brought, Answer]) -> None:
        """Work for everybody who waits now, this caller among them."""
        if self._last > 1:
            self._let_in()
        with self._lock:
            mine.batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            self._last = len(mine.batch)
        self._work(mine.batch)

    def _let_in(self) -> None:
        """Wait a moment until as many are here as shared the last batch."""
        with self._lock:
            if len(self._waiting) >= self._last:
                return
            door = self._door = Lock()
            door.acquire()
        try:
            door.acquire(timeout=_PATIENCE)
        finally:
            self._door = None

    def _open_door(self) -> None:
        """Somebody came: if nobody else is missing, the leader begins. The lock is held."""
        door = self._door  # the leader shuts it without the lock
        if door is not None and len(self._waiting) >= self._last:
            _open(door)

    def _leave(self, mine: Call[Brought, Answer]) -> None:
        """This caller goes, answered or interrupted. What it holds up, its batch and the lead, goes on."""
        with self._lock:
            mine.has_left = True
            if mine in self._waiting:
                self._waiting.remove(mine)
            if mine.has_lead:
                self._hand_over(mine)
            if mine.heir is not None and mine.heir.gate is not None:
                _open(mine.heir.gate)
            # Whoever keeps the error of this call must not keep every call that came after it.
            mine.heir = None

    def _hand_over(self, mine: Call[Brought, Answer]) -> None:
        """Let go those of the batch who are answered, and give the lead to the first who waits, if anybody does."""
        left: list[Call[Brought, Answer]] = []
        for one in mine.batch:
            if not (one.is_answered or one.has_left):
                left.append(one)
            elif one.gate is not None:
                _open(one.gate)
        # After an interrupt some have no answer: they stay first in line.
        self._waiting, mine.batch = [*left, *self._waiting], []
        if self._waiting:
            heir = self._waiting[0]
            mine.has_lead, mine.heir, heir.has_lead = False, heir, True
        else:
            mine.has_lead = self._is_led = False


def _open(gate: Lock) -> None:
    if gate.locked():
        gate.release()
