"""The clock port."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Where "now" comes from. Only the shells ask it; decisions get ``now`` as a value."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC. It may step back; csdesk then goes by a ticket's last event."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait before a conflict is tried again; a simulated clock returns at once."""
        ...
