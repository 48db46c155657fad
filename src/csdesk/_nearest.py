"""The remedy for an unknown name: the nearest known one, and what there is."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from csdesk._sentence import sentence

_SHOWN: Final = 40
_SIGNS: Final = {"=": "eq", "==": "eq", "!=": "ne", "<>": "ne", ">": "gt", ">=": "ge", "<": "lt", "<=": "le"}
_MEANT: Final = {
    **_SIGNS,
    **dict.fromkeys(("asia/beijing", "asia/peking", "asia/pekin", "beijing", "china", "cst"), "Asia/Shanghai"),
    **dict.fromkeys(("utc+8", "utc+08:00", "gmt+8", "gmt+08:00", "北京", "上海", "中国"), "Asia/Shanghai"),
}
"""What people write for names that nothing in the spelling leads to, in lower case."""


def nearest(given: object, known: Iterable[str]) -> str:
    """Say which known name was probably meant, and list what there is, the first forty of it."""
    names = sorted(map(str, known))
    if not names:
        return "there are none yet: declare it, or leave it out"
    listed = (*names[:_SHOWN], "...") if len(names) > _SHOWN else tuple(names)
    return sentence("{guess}choose one of: {names}", guess=guess(given, names), names=listed)


def guess(given: object, known: Iterable[str], *, likeness: float = 0.5) -> str:
    """Ask whether the nearest known name was meant, with a blank at the end; nothing if none is near.

    ``likeness``, 0 to 1, is how near it must be: more of it where there are many names.
    """
    if not isinstance(given, str):
        return ""
    names = tuple(known)
    meant = _MEANT.get(given.casefold())
    close = [meant] if meant in names else get_close_matches(given, names, n=1, cutoff=likeness)
    return sentence("did you mean {name!r}? ", name=close[0]) if close else ""
