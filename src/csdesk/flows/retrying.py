"""Optimistic concurrency: a use case that loses a race starts again from its load."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from csdesk.errors import ClaimTaken, CommitUnknown, GuardFailed, StoreBusy, StoreError, VersionConflict
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope

T = TypeVar("T")

ATTEMPTS = 12
"""How often a use case is tried before its caller is told of the conflict."""


def may_repeat(error: StoreError) -> bool:
    """True if starting again can help: the race was ours, not the caller's own expected version."""
    if isinstance(error, VersionConflict):
        return not error.params["command"]
    if error.params.get("transaction") is not None:
        return False  # a host's transaction, which only the host can begin again
    if error.params.get("waited") is not None:
        return False  # the store has waited as long as it was told to; doing so twelve times over is no answer
    return isinstance(error, ClaimTaken | GuardFailed | StoreBusy | CommitUnknown)


def retried(make: Callable[[Scope], Flow[T]], *, attempts: int = ATTEMPTS, loads: int = 2) -> Flow[T]:
    """Run a use case until it wins, at most ``attempts`` times; each attempt has a new "now" and ``loads`` loads."""
    number = 0
    while True:
        scope = yield from steps.attempt(number, loads=loads)
        try:
            return (yield from make(scope))
        except StoreError as error:
            number += 1
            if number >= attempts or not may_repeat(error):
                raise
