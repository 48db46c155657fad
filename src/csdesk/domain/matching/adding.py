"""Adding up what the terms of a text weigh in each phrase: the cosines of many phrases at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from csdesk.domain.matching.lanes import taken_apart
from csdesk.domain.matching.segment import Segment

Spans = Iterable[tuple[float, int, int]]
"""The postings of terms: the weight of each before scaling, where its postings begin, and where they end."""

LANE_PHRASES: Final = 2_500
"""Up to so many phrases, terms that many of them hold are added up by lanes."""
_WORTH_A_LANE: Final = 50
"""Adding all lanes takes about as long as adding this share of their number one by one."""
_LEAST: Final = 4


def cosines(segment: Segment, spans: Spans, length: float) -> list[float]:
    """The cosines of all slots of a small segment with a text whose weights are ``length`` long."""
    slots, weights = segment.slots, segment.weights
    many = max(_LEAST, segment.size // _WORTH_A_LANE) if segment.has_lanes else segment.size
    rare: list[tuple[float, int, int]] = []
    total = 0
    for span in spans:
        if span[2] - span[1] > many:
            total += segment.lanes(*span)
        else:
            rare.append(span)
    sums = taken_apart(total, segment.size, 1 / length)
    for weight, begin, end in rare:
        scaled = weight / length
        for slot, held in zip(slots[begin:end], weights[begin:end], strict=True):
            sums[slot] += scaled * held
    return sums


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
