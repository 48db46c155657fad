"""How long to wait before something that failed is tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

_MOST_DOUBLED: Final = 12
"""Twice as long each time comes to its longest wait long before; numbers stay small."""


def doubled(first: timedelta, tries: int, longest: timedelta) -> timedelta:
    """The wait after ``tries`` earlier failures in a row: ``first``, then twice as long each time up to ``longest``."""
    return min(first * (1 << min(tries, _MOST_DOUBLED)), longest)
