"""Ids and salts from real chance."""

from __future__ import annotations

import os
import time
from threading import Lock

from csdesk.domain.ids import encode, uuid7


class SystemIds:
    """UUIDv7 ids that never go back within a process, even when its clock does. Safe between threads, after a fork."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last = 0
        self._sequence = 0

    def new(self, prefix: str) -> str:
        """A new id of that kind."""
        with self._lock:
            now = time.time_ns() // 1_000_000
            if now > self._last:
                self._last, self._sequence = now, 0
            else:
                self._sequence += 1
                if self._sequence > 4095:
                    self._last, self._sequence = self._last + 1, 0
            moment, sequence = self._last, self._sequence
        return prefix + encode(uuid7(moment, sequence, int.from_bytes(os.urandom(8), "big")))

    def secret(self) -> bytes:
        """32 random bytes: the secret of a new desk."""
        return os.urandom(32)

    def salt(self) -> str:
        """16 random characters (64 bits), which only have to keep a digest from being guessed."""
        return os.urandom(8).hex()
