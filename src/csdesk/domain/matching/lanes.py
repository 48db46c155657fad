"""Adding up the weights of many phrases at once, in the bits of one whole number.

A term that much of a small library holds has a weight for nearly every slot. Such a row of weights is kept as one whole
number with 64 bits for each slot; times the weight the term has in the text, and added to those of other terms, it adds
up all slots in one step of the processor's own arithmetic instead of one step of Python's for each. Weights are fixed
point numbers of 26 bits behind the point: sums of products differ from those of floats by less than 0.000001.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

_BITS: Final = 64
_POINT: Final = float(1 << 26)
_PRODUCT: Final = 1 / (_POINT * _POINT)
_HALF: Final = 1 << (_BITS - 2)
"""Added to every lane before it is read, so that none is negative: a sum is far smaller, see ``fit``."""
_LARGEST: Final = 8.0


def fixed(weight: float) -> int:
    """A weight as a fixed point number."""
    return round(weight * _POINT)


def fit(weights: Sequence[float]) -> bool:
    """Whether sums of such weights stay within their lanes.

    Rows are 1 long as they are packed, and texts too; training could make single weights larger, but hardly does.
    """
    return not weights or (max(weights) <= _LARGEST and min(weights) >= -_LARGEST)


def laid_out(size: int, slots: Iterable[int], weights: Iterable[float]) -> int:
    """One whole number with a lane for each of ``size`` slots: their weights, 0 for those that are not named."""
    above, below = [0] * size, [0] * size
    for slot, weight in zip(slots, weights, strict=True):
        if weight >= 0:
            above[slot] = fixed(weight)
        else:
            below[slot] = fixed(-weight)
    return _joined(above) - _joined(below)


def taken_apart(total: int, size: int) -> list[float]:
    """The sums of products in each lane."""
    lanes = array("Q")
    lanes.frombytes((total + _halves(size)).to_bytes(size * _BITS // 8, sys.byteorder))
    if sys.byteorder == "big":
        lanes.reverse()
    return [(lane - _HALF) * _PRODUCT for lane in lanes]


@lru_cache(maxsize=16)
def _halves(size: int) -> int:
    return _joined([_HALF] * size)


def _joined(lanes: Sequence[int]) -> int:
    ordered = lanes if sys.byteorder == "little" else lanes[::-1]
    return int.from_bytes(array("Q", ordered).tobytes(), sys.byteorder)
