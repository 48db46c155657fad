"""Whether an account and a conversation may send now, and how an account fares; all processes see the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from csdesk.domain.core.conversation.pacing import PAUSE, RATE, Barred, Pause, taken
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import events as ev
from csdesk.domain.records.channels import Capabilities, Rate
from csdesk.errors import ChannelError, Disposition
from csdesk.ports.steps import Scope

What = Literal["send", "pull"]
"""Sending and pulling fail apart from each other."""

_TROUBLE: Final[frozenset[Disposition]] = frozenset({"retry", "refresh_auth", "operator", "unknown_outcome"})
_PULLS: Final = "pull_pause"
_KEEP: Final = timedelta(days=2)
"""How long the bucket of a conversation is kept at least, from its first message on."""


def is_trouble(error: Exception) -> bool:
    """True if what failed for this reason may fail for the next message of the account too."""
    return not isinstance(error, ChannelError) or (not error.alone and error.disposition in _TROUBLE)


def code_of(error: Exception) -> str:
    """What to call a failure: the provider's code, else what can be done, else its kind."""
    if isinstance(error, ChannelError):
        return error.provider_code or error.disposition
    return type(error).__name__


def pause_key(account: str, scope: Scope, what: What = "send") -> str:
    """The claim that says how an account fares."""
    return scope.keys.pace(PAUSE if what == "send" else _PULLS, account)


@dataclass(frozen=True, slots=True)
class Bucket:
    """The claim that says how full a bucket is."""

    key: str
    rate: Rate
    alone: bool = False
    """It is that of one conversation."""


@dataclass(frozen=True, slots=True)
class Paces:
    """What says whether something may be sent: how the account fares, and the buckets of it and the conversation."""

    pause: str
    buckets: tuple[Bucket, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The claims to load."""
        return (self.pause, *(one.key for one in self.buckets))

    def admit(self, work: Workspace, amount: int) -> Barred | None:
        """Take the share of so many sendings, in ``work``; or say why they have to wait, and what it holds is void."""
        pause = Pause.of(work.claims.get(self.pause))
        if pause.until is not None:
            tried = pause.tried(work.now)
            if isinstance(tried, Barred):
                return tried
            work.move_claim(self.pause, str(pause), str(tried))
        for bucket in self.buckets:
            barred = _take(work, bucket, amount)
            if barred is not None:
                return barred
        return None


def paces_of(account: str, conversation: str, able: Capabilities, scope: Scope) -> Paces:
    """What says whether a message of a conversation may be sent."""
    buckets: list[Bucket] = []
    if able.rate is not None:
        buckets.append(Bucket(scope.keys.pace(RATE, account), able.rate))
    inside = able.rate_in(conversation)
    if inside is not None:
        buckets.append(Bucket(scope.keys.pace(RATE, account, conversation), inside, alone=True))
    return Paces(pause_key(account, scope), tuple(buckets))


def _take(work: Workspace, bucket: Bucket, amount: int) -> Barred | None:
    before = work.claims.get(bucket.key)
    after = taken(before, bucket.rate, amount, work.now)
    if isinstance(after, Barred):
        return Barred(after.until, after.reason, alone=bucket.alone)
    if before is None:
        work.claim(bucket.key, after, keep=max(_KEEP, 40 * bucket.rate.per) if bucket.alone else None)
    else:
        work.move_claim(bucket.key, before, after)
    return None


def note_failure(work: Workspace, account: str, reason: str, key: str, what: What = "send") -> Pause:
    """Note that the account failed once more; its first pause is an event of the desk."""
    known = work.claims.get(key)
    before = Pause.of(known)
    after = before.failed(work.now)
    if known is None:
        work.claim(key, str(after))
    else:
        work.move_claim(key, known, str(after))
    if after.until is not None and not before.times:
        work.emit(ev.DESK, ev.AccountPaused(account=account, until=after.until, reason=reason, what=what))
    return after


def note_success(work: Workspace, account: str, key: str, what: What = "send") -> None:
    """Note that the account works again; the end of a pause is an event of the desk."""
    known = work.claims.get(key)
    if known is None:
        return
    work.move_claim(key, known, None)
    if Pause.of(known).times:
        work.emit(ev.DESK, ev.AccountResumed(account=account, what=what))
