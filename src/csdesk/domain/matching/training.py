"""Making phrases tell themselves apart: the discriminative pass over a packed library.

The rule (Crammer and others, Online Passive-Aggressive Algorithms, JMLR 2006, the multiclass variant with a bounded
step): each text of each phrase is matched; where its phrase does not lead the strongest rival by a margin, the text's
terms move a bounded step towards its phrase and away from the rival. A text is judged as if its phrase had been made
without it, otherwise it would always find itself and teach nothing. The order is shuffled by a fixed rule, so the same
library is always trained the same way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import sqrt
from typing import Final

from csdesk.domain.matching.library import Library
from csdesk.domain.matching.segment import DAMPING, Segment, repacked

_EPOCHS: Final = 4
_MARGIN: Final = 0.2
_STEP: Final = 0.05
_MANY_STEP: Final = 0.1
_MANY_TEXTS: Final = 30
LEAST_TEXTS: Final = 3.0
MOST_TEXTS: Final = 25_000

Weights = dict[int, float]


def trained(library: Library) -> Library:
    """A packed library with vectors that tell its phrases apart; itself where there are too few texts to learn from.

    Phrases need three texts each on average. Takes about 2 ms a text in all (measured on one slow core); of more than
    25,000 texts an even choice takes part.
    """
    return library.with_segment(Pass(library).run()) if can_be_trained(library) else library


def can_be_trained(library: Library) -> bool:
    """Whether a library is packed, and holds texts enough to learn from."""
    texts = [len(entry.texts) for entry in library.entries()]
    return len(texts) > 1 and not library.unpacked and sum(texts) >= LEAST_TEXTS * len(texts)


class Pass:
    """The state of one pass: postings and rows as dictionaries, and the texts as vectors by place.

    Attributes:
        texts: the texts that take part, each with the slot of its phrase.
        pushes: by the number of a text and the slot of a rival, how far the text moved its phrase away from it.
    """

    def __init__(self, library: Library) -> None:
        texts = sum(len(entry.texts) for entry in library.entries())
        self.pushes: defaultdict[tuple[int, int], float] = defaultdict(float)
        self._segment = library.segment
        self._rows: list[Weights] = [dict(self._segment.row(slot)) for slot in range(self._segment.size)]
        self._postings: list[Weights] = [{} for _ in range(len(self._segment.terms))]
        for slot, row in enumerate(self._rows):
            for place, weight in row.items():
                self._postings[place][slot] = weight
        self._silent = [slot for slot, row in enumerate(self._rows) if not row]
        self._step = _MANY_STEP if texts >= _MANY_TEXTS * len(self._rows) else _STEP
        stride = -(-texts // MOST_TEXTS)
        self.texts: list[tuple[int, str]] = []
        self._samples: list[tuple[int, Weights, float]] = []
        for slot, entry in enumerate(library.entries()):
            vectors = [vector_of(self._segment, library.terms(text)) for text in entry.texts]
            own = _own_shares(vectors, self._rows[slot])
            self._samples += [(slot, vector, share) for vector, share in zip(vectors, own, strict=True)][::stride]
            self.texts += [(slot, text) for text in entry.texts][::stride]

    def run(self) -> Segment:
        """Train, and return the segment with the new vectors."""
        for epoch in range(_EPOCHS):
            for number in shuffled(len(self._samples), epoch):
                self._learn(number, *self._samples[number])
        rows: list[Weights] = [{} for _ in self._rows]
        for place, posting in enumerate(self._postings):
            for slot, weight in posting.items():
                rows[slot][place] = weight
        return repacked(self._segment, dict(enumerate(rows)))

    def _learn(self, number: int, slot: int, vector: Weights, own: float) -> None:
        scores = [0.0] * len(self._rows)
        postings = self._postings
        for place, weight in vector.items():
            for other, held in postings[place].items():
                scores[other] += weight * held
        reached = scores[slot] - own
        for silent in (slot, *self._silent):
            scores[silent] = -1e9
        strongest = max(scores)
        loss = _MARGIN - reached + strongest
        if loss <= 0:
            return
        rival = scores.index(strongest)
        step = min(self._step, loss / 2)
        self.pushes[number, rival] += step
        for place, weight in vector.items():
            posting = postings[place]
            posting[slot] = posting.get(slot, 0.0) + step * weight
            posting[rival] = posting.get(rival, 0.0) - step * weight


def vector_of(segment: Segment, terms: Iterable[int]) -> Weights:
    """A text's known terms as a vector of length 1, by place."""
    weighted = {place: weight for one in sorted(terms) for place, weight in (segment.weighed(one),) if place >= 0}
    length = sqrt(sum([weight * weight for weight in weighted.values()])) or 1.0
    return {place: weight / length for place, weight in weighted.items()}


def _own_shares(vectors: Sequence[Weights], row: Weights) -> list[float]:
    """By how much the score of each text would fall if its phrase had been made without it."""
    if len(vectors) < 2:
        return [0.0] * len(vectors)
    total: Weights = {}
    for vector in vectors:
        for place, weight in vector.items():
            total[place] = total.get(place, 0.0) + weight
    square = sum(weight ** (2 * DAMPING) for weight in total.values())
    shares: list[float] = []
    for vector in vectors:
        without, rest = 0.0, square
        for place, weight in vector.items():
            left = max(0.0, total[place] - weight)
            rest += left ** (2 * DAMPING) - total[place] ** (2 * DAMPING)
            without += weight * left**DAMPING
        whole = sum([weight * row[place] for place, weight in vector.items()])
        shares.append(whole - without / sqrt(max(rest, 1e-9)))
    return shares


def shuffled(count: int, seed: int) -> list[int]:
    """The numbers below ``count`` in an order fixed by the seed: by a multiplicative hash of each."""
    return sorted(range(count), key=lambda number: ((number + 1 + seed * 7919) * 2654435761) % 4294967291)
