"""Ids and salts from real chance."""

from __future__ import annotations

import os
import time
from threading import Lock
from typing import Final

from csdesk.domain.ids import PAIRS, encode, uuid7

_COUNT_BITS: Final = 20
"""The last four characters of an id count up within a millisecond, from somewhere in the lower half of their range."""


class _Forks:
    """How often this process was forked off another one: what is kept from before is the parent's."""

    count = 0


def _forked() -> None:
    _Forks.count += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


class SystemIds:
    """UUIDv7 ids that never go back within a process, even when its clock does. Safe between threads, after a fork.

    The ids of one millisecond count up from a random number (RFC 9562 §6.2, method 2), so that most of them cost a
    few table look-ups; two processes would have to draw the same 73 bits to make the same id.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._forks = _Forks.count
        self._last = 0
        self._head = ""
        self._next = 1 << _COUNT_BITS

    def new(self, prefix: str) -> str:
        """A new id of that kind."""
        now = time.time_ns() // 1_000_000
        with self._lock:
            if now > self._last or self._next >> _COUNT_BITS or self._forks != _Forks.count:
                self._begin(max(now, self._last + 1))
            number, head = self._next, self._head
            self._next += 1
        return f"{prefix}{head}{PAIRS[number >> 10]}{PAIRS[number & 1023]}"

    def _begin(self, moment: int) -> None:
        chance = int.from_bytes(os.urandom(10), "big")
        self._forks = _Forks.count
        self._last = moment
        self._head = encode(uuid7(moment, chance >> 62, chance))[:-4]
        self._next = chance & (1 << _COUNT_BITS - 1) - 1

    def secret(self) -> bytes:
        """32 random bytes: the secret of a new desk."""
        return os.urandom(32)

    def salt(self) -> str:
        """16 random characters (64 bits), which only have to keep a digest from being guessed."""
        return os.urandom(8).hex()
