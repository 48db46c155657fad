"""Group commit for change sets: those that wait while a transaction is being committed form the next one together.

As with messages (``csdesk.engine.gathering``) there is no thread and no artificial wait: a caller alone commits alone,
and when a transaction is done, the lead goes to the first of those who came meanwhile. Within the transaction each
change set succeeds or fails by itself. If the transaction fails as a whole, every caller is told so; of an unknown
outcome its flow learns by reading its claim.
"""

from __future__ import annotations

from threading import Lock
from typing import Final, TypeVar

from csdesk.domain.records.changes import ChangeSet, Committed
from csdesk.errors import CommitUnknown
from csdesk.ports.store import CommitsTogether

MOST: Final = 64
"""How many change sets one transaction holds at most."""

E = TypeVar("E", bound=Exception)


class _Waiter:
    """A caller and its change set. Its gate is shut while it waits; it wakes with an outcome, or with the lead."""

    __slots__ = ("changes", "gate", "has_lead", "outcome")

    def __init__(self, changes: ChangeSet) -> None:
        self.changes = changes
        self.gate: Lock | None = None
        self.has_lead = False
        self.outcome: Committed | Exception | None = None


class GroupCommit:
    """Where the commits of one desk meet. Safe between threads."""

    def __init__(self, store: CommitsTogether, desk: str) -> None:
        self._store = store
        self._desk = desk
        self._lock = Lock()
        self._waiting: list[_Waiter] = []
        self._is_led = False

    def commit(self, changes: ChangeSet) -> Committed:
        """As ``Store.commit``, in one transaction with those that wait at the same time."""
        mine = _Waiter(changes)
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
        if isinstance(mine.outcome, Committed):
            return mine.outcome
        assert mine.outcome is not None
        raise mine.outcome

    def _wait(self, mine: _Waiter, gate: Lock) -> None:
        try:
            gate.acquire()
        except BaseException:
            # An interrupt: this caller leaves. The lead, if it has just got it, goes on to another.
            with self._lock:
                if mine in self._waiting:
                    self._waiting.remove(mine)
                if mine.has_lead:
                    self._pass_on()
            raise

    def _lead(self) -> None:
        """Commit for everybody who waits now, this caller among them; then pass the lead on."""
        with self._lock:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        try:
            self._commit(batch)
        finally:
            self._wake(batch)

    def _commit(self, batch: list[_Waiter]) -> None:
        try:
            outcomes = self._outcomes([one.changes for one in batch])
        except Exception as error:  # noqa: BLE001  it belongs to the callers, each of whom is told
            batch[0].outcome = error
            for one in batch[1:]:
                one.outcome = _own_copy(error)
            return
        for one, outcome in zip(batch, outcomes, strict=True):
            one.outcome = outcome

    def _outcomes(self, changes: list[ChangeSet]) -> tuple[Committed | Exception, ...]:
        if len(changes) == 1:
            return (self._store.commit(self._desk, changes[0]),)
        return self._store.commit_together(self._desk, changes)

    def _wake(self, batch: list[_Waiter]) -> None:
        for one in batch:
            if one.outcome is None:
                # An interrupt broke the transaction off, before or after it was written.
                one.outcome = CommitUnknown("the thread that committed was interrupted; read the claim to find out")
        with self._lock:
            for one in batch:
                if one.gate is not None and not one.has_lead:
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


def _own_copy(error: E) -> E:
    """The same error for another thread: a traceback belongs to one."""
    copy = type(error).__new__(type(error), *error.args)
    copy.__dict__.update(error.__dict__)
    copy.__cause__ = error
    return copy
