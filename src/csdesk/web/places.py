"""The places of those who wait for news: so many in all, for one conversation, and from one address."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Final, TypeVar

from csdesk.domain.records.channels import Feed
from csdesk.errors import InvalidInput

PER_ADDRESS: Final = 100
"""How many may wait from one address, unless told otherwise: an office has one, and must not take them all."""

_INSIDE: Final = tuple(
    ipaddress.ip_network(one)
    for one in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)
"""Networks whose addresses are no visitor's own: behind one of them stands a proxy, or a whole house."""

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


@lru_cache(maxsize=1024)
def whose(remote: str) -> str:
    """For whom an address counts: itself, for IPv6 its network of 64 bits; nobody if it is none or lies inside."""
    try:
        address = ipaddress.ip_address(remote.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in network for network in _INSIDE):
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return str(address)


def checked_per_address(most: int | None) -> int | None:
    """How many may wait from one address.

    Raises:
        InvalidInput: it is less than 1.
    """
    if most is not None and (isinstance(most, bool) or most < 1):
        raise InvalidInput("most_per_address", "is out of range", "pass 1 or more, or None: any number")
    return most
