"""Whether something may be sent now: no rate is used up, and the account is not paused after failures in a row.

Both stand in the owner of a claim, so every process sees them and a race has one winner.

The rate is a bucket of ``burst`` tokens that fills evenly, as the generic cell rate algorithm keeps it (ITU-T I.371,
annex A): of the bucket only the instant is stored at which it will be full.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from csdesk.domain.records.channels import Rate
from csdesk.domain.time.waits import doubled

RATE: Final = "rate"
PAUSE: Final = "pause"

IN_A_ROW: Final = 5
"""After so many failures in a row, with no success between them, an account is paused."""

FIRST_PAUSE: Final = timedelta(minutes=1)
"""How long; it doubles with each try that fails after it, up to ``LONGEST_PAUSE``."""

LONGEST_PAUSE: Final = timedelta(minutes=30)

_TRY: Final = timedelta(minutes=2)
"""How long the one message that tries again has, before another may."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Barred:
    """An account, or a conversation, in which something may be sent later."""

    until: datetime
    reason: str
    """``throttled`` or ``paused``."""
    alone: bool = False
    """Only the conversation has to wait."""


def taken(full_at: str | None, rate: Rate, amount: int, now: datetime) -> str | Barred:
    """The bucket after so many sendings more (a message that is cut takes all it needs), or why it has to wait.

    The first sendings of a message must fit; the others may overdraw it, and those that come later wait for that.
    """
    each = rate.per / rate.amount
    full = max(now, _EPOCH + int(full_at) * _MICRO) if full_at else now
    room_at = full + each - each * (rate.burst or rate.amount)
    if room_at > now:
        return Barred(room_at, "throttled")
    return str((full + each * amount - _EPOCH) // _MICRO)


@dataclass(frozen=True, slots=True)
class Pause:
    """How an account fares: failures in a row, and since they were too many, until when it rests."""

    failures: int = 0
    times: int = 0
    """How often it was paused in this row."""
    until: datetime | None = None

    @classmethod
    def of(cls, owner: str | None) -> Pause:
        """What the owner of the claim says; a good account has none."""
        if not owner:
            return cls()
        failures, times, until = owner.split(":")
        return cls(int(failures), int(times), _EPOCH + int(until) * _MICRO if until else None)

    def __str__(self) -> str:
        until = "" if self.until is None else (self.until - _EPOCH) // _MICRO
        return f"{self.failures}:{self.times}:{until}"

    def failed(self, now: datetime) -> Pause:
        """After one more failure."""
        if self.failures + 1 < IN_A_ROW:
            return Pause(self.failures + 1, self.times)
        wait = doubled(FIRST_PAUSE, self.times, LONGEST_PAUSE)
        return Pause(self.failures + 1, self.times + 1, now + wait)

    def tried(self, now: datetime) -> Pause | Barred:
        """While one message tries again; barred before its time, and as long as another one tries."""
        assert self.until is not None, "only a paused account is tried"
        if now < self.until:
            return Barred(self.until, "paused")
        return Pause(self.failures, self.times, now + _TRY)
