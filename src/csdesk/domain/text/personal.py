"""What in a text may tell of one person: names that are known, mail addresses, long numbers, streets, titles.

A small set of patterns on purpose: it points out, and a person decides. Somebody's name that nobody told the desk is
found only behind a title of address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

PersonalKind = Literal["name", "mail", "number", "address", "title"]
"""``name``: the customer's own. ``mail``: an address of e-mail. ``number``: one long enough for a phone, an order or a
card, or a Chinese identity number. ``address``: a street with a number. ``title``: somebody called by name."""


class PersonalSpot(NamedTuple):
    """A part of a text that may be personal: what it looks like, and where it stands."""

    kind: PersonalKind
    start: int
    end: int


_MAIL: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_NUMBER: Final = re.compile(r"(?<![\d])\+?\d[\d -]{5,}[\dXx](?![\d])")
_ADDRESS: Final = re.compile(
    r"[\u4e00-\u9fff]{1,8}[省市区县镇][\u4e00-\u9fff\d]{1,16}?[路街巷弄道村]\s?\d{1,5}\s?[号弄]?[\u4e00-\u9fff\d-]{0,12}"
    r"|[\u4e00-\u9fff]{1,10}[路街巷弄]\s?\d{1,5}\s?[号弄][\u4e00-\u9fff\d-]{0,12}"
    r"|\b\d{1,5}\s(?:[A-Z][a-z]+\s){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive)\b"
)
_TITLE: Final = re.compile(r"[\u4e00-\u9fff]{1,3}(?:先生|女士|小姐|太太|老师)|\b(?:Mr|Mrs|Ms|Dr)\.?\s[A-Z][a-z]+")
_PATTERNS: Final[tuple[tuple[PersonalKind, re.Pattern[str]], ...]] = (
    *(("mail", _MAIL), ("address", _ADDRESS), ("number", _NUMBER), ("title", _TITLE)),
)
_LEAST_NAME: Final = 2


def personal_in(text: str, known: Iterable[str] = ()) -> tuple[PersonalSpot, ...]:
    """The parts of a text that may be personal, in their order, none over another.

    Args:
        text: where to look.
        known: the person's name and what else is known of them; single characters are passed over.

    >>> [(spot.kind, spot.start) for spot in personal_in("李娜您好，电话 13800138000", ["李娜"])]
    [('name', 0), ('number', 8)]
    """
    found: list[PersonalSpot] = []
    for name in sorted({one.strip() for one in known}, key=len, reverse=True):
        if len(name) >= _LEAST_NAME:
            edge = r"\b" if name.isascii() else ""  # in Chinese nothing parts words
            _add(found, "name", re.finditer(f"{edge}{re.escape(name)}{edge}", text, re.IGNORECASE))
    for kind, pattern in _PATTERNS:
        _add(found, kind, pattern.finditer(text))
    return tuple(sorted(found, key=lambda spot: spot.start))


def _add(found: list[PersonalSpot], kind: PersonalKind, matches: Iterable[re.Match[str]]) -> None:
    for match in matches:
        if not any(match.start() < spot.end and spot.start < match.end() for spot in found):
            found.append(PersonalSpot(kind, match.start(), match.end()))
