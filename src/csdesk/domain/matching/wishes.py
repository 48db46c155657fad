"""Several wishes in one message: the clauses that it consists of.

The rule: sentences, clauses behind a comma, and what stands behind a word that begins something new (另外, "also") are
read by themselves. What is only polite (你好, 谢谢) is no clause, and neither is what is too short to ask for anything.
"""

from __future__ import annotations

import re
from typing import Final

MOST_CLAUSES: Final = 6
"""So many clauses of a text are read; those behind them are left."""

_PARTS: Final = re.compile(
    r"[。！？!?；;，,\n\r~～…]+|\.(?=\s|$)|(?:另外|还有|顺便|同时|再问一?下|然后)"
    r"|\b(?:also|by the way|btw|plus|and then)\b",
    re.IGNORECASE,
)
_POLITE: Final = re.compile(
    r"(?:你好|您好|在吗|在么|亲|哈喽|谢谢|多谢|感谢|麻烦了?|辛苦了?|请问|打扰了?|好的?|嗯|哦|啊|呀|吧|呢"
    r"|hi|hello|hey|there|thanks?|thank you|please|good (?:morning|afternoon|evening)|\s)+",
    re.IGNORECASE,
)
_WORDS: Final = re.compile(r"[^\W\d_\u3400-\u9fff]{2,}|[\u3400-\u9fff]")
_LEAST: Final = 2


def clauses_of(text: str) -> tuple[str, ...]:
    """The clauses of a text that may ask for something, in its order; none where it has fewer than two."""
    found = [part.strip() for part in _PARTS.split(text)]
    kept = [part for part in found if not _POLITE.fullmatch(part) and len(_WORDS.findall(part)) >= _LEAST]
    return tuple(kept[:MOST_CLAUSES]) if len(kept) > 1 else ()
