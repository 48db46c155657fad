"""What every flow is given beside its command: the desk it runs for, the time, and the source of ids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from csdesk.domain.core.claims import ClaimKeys
from csdesk.ports.ids import IdSource


@dataclass(frozen=True, slots=True)
class Scope:
    """One attempt at a use case. ``now`` is taken anew for each attempt; ids of results are fixed before the first."""

    desk: str
    keys: ClaimKeys
    now: datetime
    ids: IdSource
