"""The places of those who wait for news: so many in all, for one conversation, and from one address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final, TypeVar

from csdesk._addresses import whose
from csdesk.domain.records.channels import Feed
from csdesk.errors import InvalidInput

PER_ADDRESS: Final = 100
"""How many may wait from one address, unless told otherwise: an office has one, and must not take them all."""

T = TypeVar("T")

Key = tuple[str, str]
"""An account and a conversation."""


class Places:
    """Who waits now, in this process. Safe between threads."""

    def __init__(self, most: int, per_conversation: int, per_address: int | None) -> None:
        self._most = most
        self._per_conversation = per_conversation
        self._per_address = per_address
        self._lock = Lock()
        self.conversations: Counter[Key] = Counter()
        self.addresses: Counter[str] = Counter()

    @contextmanager
    def place(self, feed: Feed, remote: str) -> Iterator[bool]:
        """A place while the block lasts; False: there is none."""
        key, address = (feed.account, feed.conversation), "" if self._per_address is None else whose(remote)
        free = self._take(key, address)
        try:
            yield free
        finally:
            if free:
                self._leave(key, address)

    def _take(self, key: Key, address: str) -> bool:
        with self._lock:
            if self.conversations.total() >= self._most or self.conversations[key] >= self._per_conversation:
                return False
            if address and self._per_address is not None and self.addresses[address] >= self._per_address:
                return False
            self.conversations[key] += 1
            if address:
                self.addresses[address] += 1
            return True

    def _leave(self, key: Key, address: str) -> None:
        with self._lock:
            _one_less(self.conversations, key)
            _one_less(self.addresses, address)


def _one_less(counted: Counter[T], one: T) -> None:
    counted[one] -= 1
    if counted[one] <= 0:
        del counted[one]


def checked_per_address(most: int | None) -> int | None:
    """How many may wait from one address.

    Raises:
        InvalidInput: it is less than 1.
    """
    if most is not None and (isinstance(most, bool) or most < 1):
        raise InvalidInput("most_per_address", "is out of range", "pass 1 or more, or None: any number")
    return most
