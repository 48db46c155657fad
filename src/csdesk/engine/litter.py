"""What large batches leave to the garbage collector.

The collector of CPython passes over all that a process holds whenever enough new objects have outlived its passes over
the young ones. A batch of a hundred records holds thousands of objects for a moment: those passes come in its midst,
take them all for lasting, and every few thousand records the whole process stands still (50 ms with csdesk alone, far
longer in a large application), for nothing. So the young ones are looked at once more between two batches, when the
batch is gone: that takes some microseconds, and what it finds are the few that truly last.
"""

from __future__ import annotations

import gc
from typing import Final

_MANY: Final = 64
"""How many records make a batch large."""

_YOUNG: Final = 1
"""The older of the two generations of young objects."""


class Litter:
    """Counts what was stored since the last look; of a host that collects by itself nothing is asked."""

    __slots__ = ("_records",)

    def __init__(self) -> None:
        self._records = 0

    def left(self, records: int) -> None:
        """A commit stored that many records."""
        self._records += records

    def sweep(self) -> None:
        """Another use case begins: let go of what a large batch left."""
        if self._records >= _MANY:
            self._records = 0
            if gc.isenabled():
                gc.collect(_YOUNG)
