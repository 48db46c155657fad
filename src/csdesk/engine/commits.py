"""Group commit for change sets: those that wait while a transaction is being committed form the next one together.

How callers meet is told in ``csdesk.engine.meeting``. Within the transaction each change set succeeds or fails by
itself. If the transaction fails as a whole, every caller is told so; of an unknown outcome its flow learns by reading
its claim.
"""

from __future__ import annotations

from typing import Final, TypeVar

from csdesk.domain.records.changes import ChangeSet, Committed
from csdesk.engine.meeting import Call, Meeting
from csdesk.errors import CommitUnknown
from csdesk.ports.store import CommitsTogether

MOST: Final = 64
"""How many change sets one transaction holds at most."""

E = TypeVar("E", bound=Exception)


class GroupCommit(Meeting[ChangeSet, Committed]):
    """Where the commits of one desk meet. Safe between threads."""

    def __init__(self, store: CommitsTogether, desk: str) -> None:
        super().__init__(MOST)
        self._store = store
        self._desk = desk

    def commit(self, changes: ChangeSet) -> Committed:
        """As ``Store.commit``, in one transaction with those that wait at the same time."""
        return self._answered(changes)

    def _work(self, batch: list[Call[ChangeSet, Committed]]) -> None:
        try:
            self._commit(batch)
        finally:
            for one in batch:
                if not one.is_answered:
                    # An interrupt broke the transaction off, before or after it was written.
                    one.error = CommitUnknown("the thread that committed was interrupted; read the claim to find out")

    def _commit(self, batch: list[Call[ChangeSet, Committed]]) -> None:
        try:
            outcomes = self._outcomes([one.brought for one in batch])
        except Exception as error:  # noqa: BLE001  it belongs to the callers, each of whom is told
            batch[0].error = error
            for one in batch[1:]:
                one.error = _own_copy(error)
            return
        for one, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Committed):
                one.answer = outcome
            else:
                one.error = outcome

    def _outcomes(self, changes: list[ChangeSet]) -> tuple[Committed | Exception, ...]:
        if len(changes) == 1:
            return (self._store.commit(self._desk, changes[0]),)
        return self._store.commit_together(self._desk, changes)


def _own_copy(error: E) -> E:
    """The same error for another thread: a traceback belongs to one."""
    copy = type(error).__new__(type(error), *error.args)
    copy.__dict__.update(error.__dict__)
    copy.__cause__ = error
    return copy
