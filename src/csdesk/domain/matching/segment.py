"""The packed part of a library: who holds which term how strongly, in flat arrays that never change.

A phrase is one vector over terms. Each of its texts is scaled to length 1, the texts are added, each weight is raised
to 0.7 (so that a word in every text does not drown the rest), and the whole is scaled to length 1. A term weighs

    kind x ln(1 + M / m)^0.75

where m of the M phrases hold it. Vectors are kept twice, by term (to find candidates) and by phrase (to score them).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, count
from math import log, sqrt
from typing import Final

from csdesk.domain.matching.lanes import fit, laid_out
from csdesk.domain.matching.terms import COMMON_TERMS, KIND_MASK, KIND_WEIGHTS

RARITY: Final = 0.75
DAMPING: Final = 0.7
_FEWEST: Final = 20
_LOOKED_UP: Final = 30_000
_LANES: Final = 2_000_000
"""So many lanes are remembered in all; each takes 8 bytes."""

Vector = dict[int, float]
"""Weights by term."""


@dataclass(frozen=True, slots=True)
class Rarity:
    """How much each term weighs, by how many of the phrases hold it.

    Attributes:
        phrases: how many phrases were counted, M.
        unseen: the factor of a term that no phrase holds: that of one held by a single phrase.
        common: the factor of such a term that half of all phrases would hold elsewhere.
    """

    phrases: int
    unseen: float
    common: float

    @classmethod
    def among(cls, phrases: int) -> Rarity:
        """The rarity of terms among so many phrases; few are taken for more, so that all terms don't weigh the same."""
        return cls(phrases, log(1 + max(_FEWEST, phrases)) ** RARITY, log(1 + 2) ** RARITY)

    def of_unseen(self, one: int) -> float:
        """The factor of a term that no phrase holds."""
        return self.common if one in COMMON_TERMS else self.unseen

    def factor(self, holders: int) -> float:
        """The factor of a term that so many phrases hold."""
        return float(log(1 + self.phrases / holders) ** RARITY)


class Segment:
    """The vectors of many phrases, each in a slot counted from 0; immutable but for what it remembers of look-ups.

    Attributes:
        rarity: what the weights were made with.
        terms: every term held, ascending.
        ids: beside each term its place in the other arrays.
        factors: the factor of each term, by place.
        starts: where the postings of each term begin, by place, and their end.
        slots: the slots of all postings, ascending for each term.
        weights: the weights of all postings.
        row_starts: where the row of each slot begins, and their end.
        row_places: the terms of all rows, as places.
        row_weights: their weights.
    """

    __slots__ = (
        "_fits_lanes", "_lanes", "_looked_up", "factors", "ids", "rarity", "row_places", "row_starts", "row_weights",
        "slots", "starts", "terms", "weights"
    )  # fmt: skip

    def __init__(
        self,
        rarity: Rarity,
        *,
        terms: array[int],
        ids: array[int],
        factors: array[float],
        rows: tuple[array[int], array[int], array[float]],
    ) -> None:
        self.rarity = rarity
        self.terms = terms
        self.ids = ids
        self.factors = factors
        self.row_starts, self.row_places, self.row_weights = rows
        self.starts, self.slots, self.weights = _by_term(len(terms), rows)
        self._looked_up: dict[int, tuple[int, float]] = {}
        self._lanes: dict[tuple[int, int], int] = {}
        self._fits_lanes: bool | None = None

    @property
    def size(self) -> int:
        """The number of slots."""
        return len(self.row_starts) - 1

    def place(self, term: int) -> int:
        """The place of a term, or -1."""
        at = bisect_left(self.terms, term)
        return self.ids[at] if at < len(self.terms) and self.terms[at] == term else -1

    def weighed(self, term: int) -> tuple[int, float]:
        """The place of a term, or -1, and how much it weighs; customers say the same words again and again."""
        found = self._looked_up.get(term)
        if found is None:
            place = self.place(term)
            factor = self.factors[place] if place >= 0 else self.rarity.of_unseen(term)
            found = place, KIND_WEIGHTS[term & KIND_MASK] * factor
            if len(self._looked_up) >= _LOOKED_UP:
                self._looked_up = {}
            self._looked_up[term] = found
        return found

    @property
    def has_lanes(self) -> bool:
        """Whether ``lanes`` can hold its weights."""
        if self._fits_lanes is None:
            self._fits_lanes = fit(self.weights)
        return self._fits_lanes

    def lanes(self, weight: float, begin: int, end: int) -> int:
        """What a term adds to each slot, as one whole number: see ``lanes``.

        Args:
            weight: that of the term before scaling, the same in every text.
            begin: where its postings begin, or those that count.
            end: where they end.
        """
        found = self._lanes.get((begin, end))
        if found is None:
            found = laid_out(self.size, self.slots[begin:end], self.weights[begin:end], weight)
            if len(self._lanes) * self.size >= _LANES:
                self._lanes = {}
            self._lanes[begin, end] = found
        return found

    def row(self, slot: int) -> Iterable[tuple[int, float]]:
        """The places and weights of a slot."""
        span = slice(self.row_starts[slot], self.row_starts[slot + 1])
        return zip(self.row_places[span], self.row_weights[span], strict=True)


def _by_term(
    places: int, rows: tuple[array[int], array[int], array[float]]
) -> tuple[array[int], array[int], array[float]]:
    """Turn rows into postings: count, then fill."""
    row_starts, row_places, row_weights = rows
    sizes = array("I", bytes(4 * (places + 1)))
    for place in row_places:
        sizes[place + 1] += 1
    starts = array("I", accumulate(sizes))
    ends = array("I", starts)
    slots = array("I", bytes(4 * len(row_places)))
    weights = array("f", bytes(4 * len(row_places)))
    for slot in range(len(row_starts) - 1):
        span = slice(row_starts[slot], row_starts[slot + 1])
        for place, weight in zip(row_places[span], row_weights[span], strict=True):
            at = ends[place]
            slots[at] = slot
            weights[at] = weight
            ends[place] = at + 1
    return starts, slots, weights


def combined(samples: Sequence[Vector]) -> Vector:
    """The vector of a phrase from those of its texts."""
    total: Vector = samples[0] if len(samples) == 1 else _sum(samples)
    damped = {one: weight**DAMPING for one, weight in total.items()}
    length = sqrt(sum(weight * weight for weight in damped.values())) or 1.0
    return {one: weight / length for one, weight in damped.items()}


def _sum(samples: Sequence[Vector]) -> Vector:
    total: Vector = defaultdict(float)
    for sample in samples:
        for one, weight in sample.items():
            total[one] += weight
    return total


class Counted:
    """The terms of many phrases' texts, numbered and counted: the first of two passes."""

    __slots__ = ("_ends", "_holders", "_numbers", "_places", "_sizes")

    def __init__(self) -> None:
        self._numbers: defaultdict[int, int] = defaultdict(count().__next__)
        self._places = array("I")
        self._ends = array("I")
        self._sizes = array("I")
        self._holders = array("I")

    def add(self, texts: Sequence[Iterable[int]]) -> None:
        """Count one more phrase, by the terms of each of its texts."""
        number = self._numbers.__getitem__
        held: set[int] = set()
        for terms in texts:
            places = list(map(number, terms))
            self._places.extend(places)
            self._ends.append(len(self._places))
            held.update(places)
        self._sizes.append(len(texts))
        missing = len(self._numbers) - len(self._holders)
        if missing:
            self._holders.frombytes(bytes(4 * missing))
        for place in held:
            self._holders[place] += 1

    def packed(self) -> Segment:
        """Make the segment; uses this object up."""
        rarity = Rarity.among(len(self._sizes))
        cached: dict[int, float] = {}
        factors = array("f", (cached.get(n) or cached.setdefault(n, rarity.factor(n)) for n in self._holders))
        names = array("Q", self._numbers)
        self._numbers.clear()
        kinds = (KIND_WEIGHTS[one & KIND_MASK] for one in names)
        heavy = array("f", (kind * factor for kind, factor in zip(kinds, factors, strict=True)))
        rows = self._rows(heavy)
        order = array("I", sorted(range(len(names)), key=names.__getitem__))
        terms = array("Q", map(names.__getitem__, order))
        return Segment(rarity, terms=terms, ids=order, factors=factors, rows=rows)

    def _rows(self, heavy: array[float]) -> tuple[array[int], array[int], array[float]]:
        row_starts, row_places, row_weights = array("I", (0,)), array("I"), array("f")
        begin, text = 0, 0
        for size in self._sizes:
            samples: list[Vector] = []
            for end in self._ends[text : text + size]:
                places = self._places[begin:end]
                raw = list(map(heavy.__getitem__, places))
                length = sqrt(sum([weight * weight for weight in raw])) or 1.0
                samples.append(dict(zip(places, [weight / length for weight in raw], strict=True)))
                begin = end
            text += size
            if samples:
                vector = combined(samples)
                row_places.extend(vector)
                row_weights.extend(vector.values())
            row_starts.append(len(row_places))
        return row_starts, row_places, row_weights


def repacked(segment: Segment, vectors: Mapping[int, Vector]) -> Segment:
    """The segment with other vectors in some slots, by place, for instance trained ones; terms and factors stay."""
    row_starts, row_places, row_weights = array("I", (0,)), array("I"), array("f")
    for slot in range(segment.size):
        vector = vectors.get(slot)
        if vector is None:
            span = slice(segment.row_starts[slot], segment.row_starts[slot + 1])
            row_places.extend(segment.row_places[span])
            row_weights.extend(segment.row_weights[span])
        else:
            row_places.extend(vector)
            row_weights.extend(vector.values())
        row_starts.append(len(row_places))
    return Segment(
        segment.rarity,
        terms=segment.terms,
        ids=segment.ids,
        factors=segment.factors,
        rows=(row_starts, row_places, row_weights),
    )
