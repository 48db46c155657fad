"""Adding up the weights of many phrases at once, in the bits of one whole number.

A term that many phrases hold has a weight for many slots. What it adds to each of them is kept as one whole number with
64 bits for each slot; adding such numbers adds up all slots in one step of the processor's own arithmetic instead of
one step of Python's for each. The numbers are fixed point with 44 bits behind the point: sums differ from those of
floats by less than 0.000000001.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

_BYTES: Final = 8
POINT: Final = float(1 << 44)
_LARGEST: Final = 8.0


def fit(weights: Sequence[float]) -> bool:
    """Whether sums of such weights stay within their lanes.

    Rows are 1 long as they are packed; training could make single weights larger, but hardly does. A lane holds sums
    below 2^19, and a text of 500 characters has less than 3,000 terms that weigh less than 5 each.
    """
    return not weights or (max(weights) <= _LARGEST and min(weights) >= -_LARGEST)


def laid_out(size: int, slots: Iterable[int], weights: Iterable[float], factor: float = 1.0) -> int:
    """One whole number with a lane for each of ``size`` slots: weights times ``factor``, 0 for those not named."""
    lanes = array("q", bytes(size * _BYTES))
    unit = factor * POINT
    for slot, weight in zip(slots, weights, strict=True):
        lanes[slot] = int(unit * weight)
    halves = _halves(size)
    return (_joined(lanes) ^ halves) - halves


def taken_apart(total: int, size: int) -> list[int]:
    """The sum in each lane, ``POINT`` times what it says."""
    halves = _halves(size)
    lanes = array("q")
    lanes.frombytes(((total + halves) ^ halves).to_bytes(size * _BYTES, sys.byteorder))
    if sys.byteorder == "big":
        lanes.reverse()
    return lanes.tolist()


@lru_cache(maxsize=16)
def _halves(size: int) -> int:
    """Half of what a lane holds, in all of them: added to signed lanes it leaves none negative.

    The processor writes a signed number as that sum with the first bit turned over.
    """
    return _joined(array("Q", [1 << (_BYTES * 8 - 1)]) * size)


def _joined(lanes: array[int]) -> int:
    ordered = lanes if sys.byteorder == "little" else lanes[::-1]
    return int.from_bytes(ordered.tobytes(), sys.byteorder)
