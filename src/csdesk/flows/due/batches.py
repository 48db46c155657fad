"""Waking many subjects: those of a batch share one load and one commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from csdesk._batched import batched
from csdesk.domain.time.instants import earliest
from csdesk.errors import StoreError
from csdesk.flows.retrying import ATTEMPTS, may_repeat, retried
from csdesk.ports.steps import Flow, Scope

BATCH = 100
"""How many subjects share a commit at most."""

Woken = tuple[int, datetime | None]
"""How many subjects had something due, and when the first of them wants to be woken again."""

Wake = Callable[[Sequence[str], Scope], Flow[Woken]]
"""One attempt at waking these subjects together."""


def wake_all(
    subjects: Sequence[str], wake: Wake, next_at: datetime | None, out_of_time: Callable[[], bool], *, loads: int
) -> Flow[tuple[int, bool, datetime | None]]:
    """Wake the subjects, batch by batch: how many had something due, whether time ran out, when more is due.

    Args:
        subjects: the ids of tickets or customers.
        wake: what wakes a batch.
        next_at: when the next of those that are not due yet will be.
        out_of_time: whether to stop; asked before each batch.
        loads: how often ``wake`` loads at most.
    """
    woken = 0
    for batch in batched(subjects, BATCH):
        if out_of_time():
            return woken, True, next_at
        count, again = yield from _wake_batch(batch, wake, loads)
        woken += count
        next_at = earliest(next_at, again)
    return woken, False, next_at


def _wake_batch(subjects: Sequence[str], wake: Wake, loads: int) -> Flow[Woken]:
    """The batch in one commit; if it keeps losing races, its subjects one by one."""
    try:
        attempts = 2 if len(subjects) > 1 else ATTEMPTS
        return (yield from retried(lambda scope: wake(subjects, scope), attempts=attempts, loads=loads))
    except StoreError as error:
        if len(subjects) == 1 or not may_repeat(error):
            raise
    woken, next_at = 0, None
    for one in subjects:
        count, again = yield from _wake_batch((one,), wake, loads)
        woken, next_at = woken + count, earliest(next_at, again)
    return woken, next_at
