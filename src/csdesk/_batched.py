"""Parts of a sequence, as ``itertools.batched`` of Python 3.12 gives them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def batched(items: Sequence[T], size: int) -> Iterator[tuple[T, ...]]:
    """The items in their order, in parts of ``size``; the last one may be shorter.

    >>> list(batched("abcde", 2))
    [('a', 'b'), ('c', 'd'), ('e',)]
    """
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])
