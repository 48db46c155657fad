"""Ids that count: the same in every run, in the order in which they were made."""

from __future__ import annotations

from itertools import count

from csdesk.domain.ids import encode


class SerialIds:
    """An ``IdSource`` for tests: 1, 2, 3 … over all prefixes, so that ids sort by creation. Safe between threads.

    >>> ids = SerialIds()
    >>> ids.new("tkt_"), ids.new("msg_")
    ('tkt_00000000000000000000000001', 'msg_00000000000000000000000002')
    """

    def __init__(self, first: int = 1) -> None:
        self._numbers = count(first)
        self._salts = count(first)

    def new(self, prefix: str) -> str:
        """The next id, with that prefix."""
        return serial(prefix, next(self._numbers))

    def salt(self) -> str:
        """The next salt: 16 characters, as predictable as the ids."""
        return f"salt{next(self._salts):012d}"


def serial(prefix: str, number: int) -> str:
    """The id with that prefix and number (below 2 to the 128)."""
    return prefix + encode(number)
