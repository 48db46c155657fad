"""The remedy for an unknown name: the nearest known one, and what there is."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_SHOWN: Final = 40


def nearest(given: object, known: Iterable[str]) -> str:
    """Say which known name was probably meant, and list what there is, the first forty of it."""
    names = sorted(map(str, known))
    listed = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    if not names:
        return "there are none yet: declare it, or leave it out"
    return f"{guess(given, names)}choose one of: {listed}"


def guess(given: object, known: Iterable[str]) -> str:
    """Ask whether the nearest known name was meant, with a blank at the end; nothing if none is near."""
    close = get_close_matches(given, known, n=1, cutoff=0.5) if isinstance(given, str) else []
    return f"did you mean {close[0]!r}? " if close else ""
