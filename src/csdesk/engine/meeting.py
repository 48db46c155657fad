"""Working in batches without a thread: the caller that holds the lead works for those who wait.

Calls that arrive while a batch is being worked on wait together and form the next one. There is no artificial wait: a
caller alone leads a batch of one. When a batch is done, the lead goes to the first of those who came meanwhile.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from threading import Lock
from typing import Generic, TypeVar

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
            else:
                self._is_led = mine.has_lead = True
        if mine.gate is not None:
            self._wait(mine, mine.gate)
        if mine.has_lead:
            self._lead()
        if mine.error is not None:
            raise mine.error
        assert mine.answer is not None
        return mine.answer

    def _wait(self, mine: Call[Brought, Answer], gate: Lock) -> None:
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
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        try:
            self._work(batch)
        finally:
            self._wake(batch)

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
