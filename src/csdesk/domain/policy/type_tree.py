"""The tree of ticket types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

GENERAL: Final = "general"
"""The type a ticket has when nothing says more; it need not be declared."""


def lineage(name: str) -> Iterator[str]:
    """The name and its ancestors in the tree by ``/``, nearest first.

    >>> list(lineage("refund/partial/late"))
    ['refund/partial/late', 'refund/partial', 'refund']
    """
    while name:
        yield name
        name = name.rpartition("/")[0]
