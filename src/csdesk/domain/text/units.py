"""Numbers in units that convert into each other, by their symbols and Chinese names. Exact: all factors are decimal."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

_UNITS: Final[Mapping[str, tuple[str, Decimal]]] = {
    symbol: (kind, Decimal(factor))
    for kind, factor, symbols in (
        ("mass", "0.001", ("mg", "毫克")),
        ("mass", "1", ("g", "克")),
        ("mass", "500", ("斤", "市斤")),
        ("mass", "1000", ("kg", "千克", "公斤")),
        ("length", "0.001", ("mm", "毫米")),
        ("length", "0.01", ("cm", "厘米")),
        ("length", "0.0254", ("in", "inch", "英寸")),
        ("length", "1", ("m", "米")),
        ("length", "1000", ("km", "千米", "公里")),
        ("volume", "0.001", ("ml", "毫升")),
        ("volume", "1", ("l", "升")),
        ("time", "1", ("s", "sec", "秒")),
        ("time", "60", ("min", "分钟")),
        ("time", "3600", ("h", "小时")),
        ("time", "86400", ("d", "day", "days", "天")),
        ("power", "1", ("w", "瓦")),
        ("power", "1000", ("kw", "千瓦")),
        ("charge", "1", ("mah", "毫安时")),
        ("charge", "1000", ("ah", "安时")),
        ("storage", "1", ("mb",)),
        ("storage", "1000", ("gb",)),
        ("storage", "1000000", ("tb",)),
    )
    for symbol in symbols
}
"""The kind of each unit, and how many of the kind's own unit it has. A jin is the mainland's, 500 g."""


def in_unit(number: Decimal, unit: str, wanted: str) -> Decimal | None:
    """A number in another unit; None where one does not convert into the other.

    >>> in_unit(Decimal("0.5"), "kg", "g")
    Decimal('500')
    """
    if unit.strip().lower() == wanted.strip().lower():
        return number
    mine, theirs = _UNITS.get(unit.strip().lower()), _UNITS.get(wanted.strip().lower())
    if mine is None or theirs is None or mine[0] != theirs[0]:
        return None
    return (number * mine[1] / theirs[1]).normalize() + 0
