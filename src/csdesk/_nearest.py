"""The remedy for an unknown name: the nearest known one, and what there is."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from csdesk._sentence import sentence

_SHOWN: Final = 40


def nearest(given: object, known: Iterable[str]) -> str:
    """Say which known name was probably meant, and list what there is, the first forty of it."""
    names = sorted(map(str, known))
    if not names:
        return "there are none yet: declare it, or leave it out"
    listed = (*names[:_SHOWN], "...") if len(names) > _SHOWN else tuple(names)
    return sentence("{guess}choose one of: {names}", guess=guess(given, names), names=listed)


def guess(given: object, known: Iterable[str]) -> str:
    """Ask whether the nearest known name was meant, with a blank at the end; nothing if none is near."""
    close = get_close_matches(given, known, n=1, cutoff=0.5) if isinstance(given, str) else []
    return sentence("did you mean {name!r}? ", name=close[0]) if close else ""
