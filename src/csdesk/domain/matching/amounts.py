"""The amounts that a text names, in figures, in Chinese numerals before a unit, or as English words.

The rule: "7", "七天" and "seven" are the same amount. Numbers of five digits and more are order numbers, not amounts;
一 and "one" say too little. Chinese numerals count up to 9,999, and only before a unit or behind 满 and 减, for 三 also
stands in names.
"""

from __future__ import annotations

import re
from typing import Final

_FIGURES: Final = re.compile(r"(?<![\d.])\d{1,4}(?:\.\d+)?(?![\d.])")
_NUMERALS: Final = re.compile(
    "(?<=[满减])[一二两三四五六七八九十百千零]{2,8}|[一二两三四五六七八九十百千零]{1,8}(?=[天日年元块折件次期岁斤克米码人个周]|小时|分钟|公斤|个月|积分|工作日)"
)
_DIGITS: Final = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2}
_PLACES: Final = {"十": 10, "百": 100, "千": 1000}
_WORDS: Final = {
    word: str(value)
    for value, word in (
        *enumerate(("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 2),
        (14, "fourteen"), (15, "fifteen"), (20, "twenty"), (30, "thirty"), (60, "sixty"), (90, "ninety"),
    )
}  # fmt: skip
_SPELT: Final = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b")


def amounts_in(folded: str) -> frozenset[str]:
    """The amounts of a folded text, as figures without zeros that say nothing.

    >>> sorted(amounts_in("满300减50,七天内有效")), sorted(amounts_in("within seven days, 2.50 each"))
    (['300', '50', '7'], ['2.5', '7'])
    """
    found = {_plain(one) for one in _FIGURES.findall(folded)}
    found.update(str(value) for one in _NUMERALS.findall(folded) if (value := _value(one)) > 1)
    found.update(_WORDS[one] for one in _SPELT.findall(folded))
    return frozenset(found)


def _plain(figures: str) -> str:
    whole, _, rest = figures.partition(".")
    rest = rest.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{rest}" if rest else "")


def _value(numerals: str) -> int:
    total, digit = 0, 0
    for sign in numerals:
        if sign in _PLACES:
            total += (digit or 1) * _PLACES[sign]
            digit = 0
        else:
            digit = _DIGITS[sign]
    return total + digit
