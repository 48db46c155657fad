"""Visits: who looks at the page, as the token in their browser says, and how much they may ask."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import Final

from pydantic import Field

from csdesk.channels.webchat.signing import Seal
from csdesk.domain.records._model import Value
from csdesk.domain.records.customers import Evidence
from csdesk.errors import RequestRejected
from csdesk.ports.channel import Sender

VISITOR: Final = "visitor"
"""The kind of identity of somebody who did not sign in."""

_PURPOSE: Final = "visit"
_SKEW: Final = timedelta(minutes=1)
_MOST_KEYS: Final = 20_000
_MINUTE: Final = 60.0


class Limits(Value):
    """How much one visitor may do; counted in each process, by the times at which requests came."""

    messages: int = Field(default=30, gt=0)
    """Messages, files and receipts a minute; up to a third of it at once."""
    reads: int = Field(default=120, gt=0)
    """Requests for news a minute."""
    visits: int | None = Field(default=120, gt=0)
    """New visits a minute from one address (of IPv6, one network of 64 bits), which also may write as much as twenty
    visitors, unless it lies in a private network; None: any number. Behind a proxy all may have its address."""
    text: int = Field(default=5_000, gt=0, le=20_000)
    """The longest text, in code points."""
    file_bytes: int = Field(default=10_000_000, ge=0)
    """The largest file, in bytes; 0: no files. The mount's own limit counts too."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A visitor with the one conversation that they may see."""

    conversation: str
    visitor: str
    """The id of somebody who came without signing in; empty for others."""
    people: tuple[Sender, ...]
    """The host's user who signed in, then the user's other identities; empty for others."""
    issued_at: datetime
    expires_at: datetime

    @property
    def sender(self) -> Sender:
        """Who writes: always the same identity for one conversation."""
        return Sender(kind=VISITOR, external_id=self.visitor) if self.visitor else self.people[0]

    @property
    def also(self) -> tuple[Sender, ...]:
        """Who that is besides."""
        return self.people if self.visitor else self.people[1:]

    @property
    def by(self) -> str | None:
        """Who has signed in to a conversation that began without a user; empty: nobody; None: it began with one."""
        if not self.visitor:
            return None
        return sha256("\0".join(_world(self.people[0])).encode()).hexdigest() if self.people else ""

    def is_of(self, user: Sender) -> bool:
        """True if that user signed in."""
        mine = self.people[0] if self.people else None
        return mine is not None and _world(mine) == _world(user)


class Visits:
    """Gives out and reads the tokens of visits."""

    def __init__(self, seal: Seal, lifetime: timedelta) -> None:
        self._seal = seal
        self._lifetime = lifetime

    def begin(self, visitor: str, people: tuple[Sender, ...], now: datetime) -> Visit:
        """A new visit: of that user, whose conversation is the same on every device, else of a new visitor."""
        if not people:
            return self._visit(visitor, visitor, (), now)
        told = "\0".join(_world(people[0])).encode()
        return self._visit(f"user-{sha256(told).hexdigest()[:26]}", "", people, now)

    def renewed(self, visit: Visit, people: tuple[Sender, ...], now: datetime) -> Visit:
        """The same visit from now on, by whoever has signed in meanwhile.

        Nobody stays signed in by asking again: only the host's word for its user moves the end of such a visit.
        """
        renewed = self._visit(visit.conversation, visit.visitor, people or visit.people, now)
        return replace(renewed, expires_at=visit.expires_at) if visit.people and not people else renewed

    def _visit(self, conversation: str, visitor: str, people: tuple[Sender, ...], now: datetime) -> Visit:
        return Visit(conversation, visitor, people, now, now + self._lifetime)

    def token(self, visit: Visit) -> str:
        """What the visitor's browser keeps."""
        people = [[one.kind, one.scope, one.external_id, one.name] for one in visit.people]
        return self._seal.sign(
            _PURPOSE,
            {
                "c": visit.conversation,
                "v": visit.visitor,
                "p": people,
                "i": int(visit.issued_at.timestamp()),
                "e": int(visit.expires_at.timestamp()),
            },
        )

    def read(self, token: str | None, now: datetime) -> Visit:
        """The visit of a token.

        Raises:
            RequestRejected: ``no_token``, ``bad_token`` (not made here), ``future_token`` or ``expired_token``.
        """
        if not token:
            raise RequestRejected("no_token")
        visit = _visit_of(self._seal.read(_PURPOSE, token))
        if visit.issued_at > now + _SKEW:
            raise RequestRejected("future_token")
        if visit.expires_at <= now:
            raise RequestRejected("expired_token")
        return visit


def _visit_of(told: Mapping[str, object]) -> Visit:
    """What ``token`` wrote. It is genuine, so anything else comes from another release."""
    try:
        people = tuple(
            Sender(kind=kind, scope=scope, external_id=key, name=name, evidence=Evidence.VERIFIED)
            for kind, scope, key, name in told["p"]  # type: ignore[attr-defined]  # checked by the except below
        )
        issued, expires = (datetime.fromtimestamp(told[one], UTC) for one in ("i", "e"))  # type: ignore[arg-type]  # as above
        return Visit(str(told["c"]), str(told["v"]), people, issued, expires)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        raise RequestRejected("bad_token") from None


def _world(sender: Sender) -> tuple[str, str, str]:
    return sender.kind, sender.scope, sender.external_id


class Buckets:
    """How often each of many may do something: a bucket that leaks evenly (a minute's worth, some of it at once).

    Safe between threads. Of more than 20 000 the ones that were quiet longest are forgotten.
    """

    def __init__(self, per_minute: int, at_once: int) -> None:
        self._every = _MINUTE / per_minute
        self._room = self._every * max(1, at_once)
        self._full_until: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def wait(self, key: str, now: datetime, cost: int = 1) -> int:
        """0 if it may be done now, and is counted; else after how many whole seconds it may be tried again."""
        at = now.timestamp()
        with self._lock:
            # A clock that was put back keeps nobody out for much longer than a minute.
            until = min(max(self._full_until.get(key, at), at), at + self._room + _MINUTE)
            after = until + self._every * cost
            if until > at and after - at > self._room:
                self._full_until[key] = until
                return max(1, int(after - at - self._room) + 1)
            self._full_until[key] = after
            self._full_until.move_to_end(key)
            if len(self._full_until) > _MOST_KEYS:
                self._full_until.popitem(last=False)
        return 0
