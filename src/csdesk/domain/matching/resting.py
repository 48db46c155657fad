"""When a model of meaning is left alone after it failed, so that nobody waits for it again and again.

The rule: after a failure it is not asked for half a minute, after each further one twice as long, ten minutes at most.
Then one suggestion tries it, and the others go on without it meanwhile; once it answers, all is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from csdesk.domain.time.waits import doubled

FIRST: Final = timedelta(seconds=30)
LONGEST: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Rest:
    """How a model has fared lately.

    Attributes:
        failures: how often it failed since it last answered.
        reason: why it failed last.
        until: it is not asked before then; None: it may be asked.
    """

    failures: int = 0
    reason: str = ""
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it is left alone."""
        return self.until is not None and now < self.until

    def after(self, reason: str, now: datetime) -> Rest:
        """The rest after one more failure."""
        pause = doubled(FIRST, self.failures, LONGEST)
        return Rest(self.failures + 1, reason, now + pause)

    def while_tried(self, until: datetime) -> Rest:
        """The rest of the others while one suggestion tries it."""
        return Rest(self.failures, self.reason, until)


RESTED: Final = Rest()
"""Of a model that nobody has asked, or that answered."""
