"""What every flow shares that gives out tickets: who loses a race over an agent takes the next of those loaded."""

from __future__ import annotations

from typing import Final

from csdesk.domain.records.counters import LOAD, WORK
from csdesk.domain.routing.choice import Found
from csdesk.errors import GuardFailed

_MOST: Final = 64
"""How many agents may turn out to be full before everything is read again."""


def is_overtaken(refusal: GuardFailed, found: Found) -> bool:
    """True if others gave work to somebody in between, and there may be others to choose; it is noted in ``found``.

    False if the guard was none of routing's, or if so many are full that it is better to look again.
    """
    counter = refusal.counter
    if not counter.startswith((LOAD, WORK)) or counter in found.full or len(found.full) >= _MOST:
        return False
    found.full.add(counter)
    return True
