"""Adding up what the terms of a text weigh in each phrase: the cosines of many phrases at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from csdesk.domain.matching.lanes import POINT, taken_apart
from csdesk.domain.matching.segment import Segment

Spans = Iterable[tuple[float, int, int]]
"""The postings of terms: the weight of each before scaling, where its postings begin, and where they end."""

LANE_PHRASES: Final = 2_000
"""Up to so many phrases, terms that many of them hold are added up by lanes."""
_WORTH_A_LANE: Final = 50
"""Adding all lanes takes about as long as adding this share of their number one by one."""
_LEAST: Final = 4
_ONE_IN: Final = 8


def cosines(segment: Segment, spans: Spans, length: float) -> dict[int, float]:
    """The cosines of all slots of a small segment with a text whose weights are ``length`` long."""
    unit = 1 / (POINT * length)
    return {slot: one * unit for slot, one in enumerate(_sums(segment, spans))}


def cosines_leading(segment: Segment, spans: Spans, length: float, wanted: int) -> dict[int, float]:
    """The highest of ``cosines``, so many at least and all their equals; the others are not worth a float."""
    unit = 1 / (POINT * length)
    sums = _sums(segment, spans)
    some = sorted(sums[::_ONE_IN], reverse=True)
    # Half of those wanted among one in eight: among all there are hardly ever less than four times as many.
    least = some[wanted // 2] if len(some) > wanted // 2 else 0
    leading = {slot: one * unit for slot, one in enumerate(sums) if one >= least}
    return leading if len(leading) >= wanted else {slot: one * unit for slot, one in enumerate(sums)}


def cosines_at(segment: Segment, spans: Spans, length: float, slots: Iterable[int]) -> dict[int, float]:
    """Those of ``cosines`` that stand in these slots."""
    unit = 1 / (POINT * length)
    sums = _sums(segment, spans)
    return {slot: sums[slot] * unit for slot in slots}


def cosines_of_some(segment: Segment, spans: Spans, length: float) -> dict[int, float]:
    """The cosines of those slots that hold a term of the text, in a segment of any size."""
    slots, weights = segment.slots, segment.weights
    scores: dict[int, float] = {}
    so_far = scores.get
    for weight, begin, end in spans:
        scaled = weight / length
        for slot, held in zip(slots[begin:end], weights[begin:end], strict=True):
            scores[slot] = so_far(slot, 0.0) + scaled * held
    return scores


def _sums(segment: Segment, spans: Spans) -> list[int]:
    """What the terms add to each slot before scaling, as fixed point numbers."""
    slots, weights = segment.slots, segment.weights
    many = max(_LEAST, segment.size // _WORTH_A_LANE) if segment.has_lanes else segment.size
    rare: list[tuple[float, int, int]] = []
    total = 0
    for span in spans:
        if span[2] - span[1] > many:
            total += segment.lanes(*span)
        else:
            rare.append(span)
    sums = taken_apart(total, segment.size)
    for weight, begin, end in rare:
        unit = weight * POINT
        for slot, held in zip(slots[begin:end], weights[begin:end], strict=True):
            sums[slot] += int(unit * held)
    return sums
