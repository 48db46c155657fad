"""Making phrases tell themselves apart: the discriminative pass over a packed library.

The rule (Crammer and others, Online Passive-Aggressive Algorithms, JMLR 2006, the multiclass variant with a bounded
step): each text of each phrase is matched; where its phrase does not lead the strongest rival by a margin, the text's
terms move a bounded step towards its phrase and away from the rival. A text is judged as if its phrase had been made
without it, otherwise it would always find itself and teach nothing. The order is shuffled by a fixed rule, so the same
library is always trained the same way.

In a library of few phrases all of them are rivals. In a large one those are that were most like the text before the
pass: what else there is hardly ever becomes the strongest, and looking at all of it took hours.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from heapq import nlargest
from math import sqrt
from operator import itemgetter
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

MANY_PHRASES: Final = 500
"""From so many phrases on, rivals are chosen beforehand."""
_RIVALS: Final = 32
_CHOOSING_POSTINGS: Final = 4_000

Weights = dict[int, float]


def trained(library: Library) -> Library:
    """A packed library with vectors that tell its phrases apart; itself where there are too few texts to learn from.

    Phrases need three texts each on average. Takes about 2 ms a text in all (measured on one slow core); of more than
    25,000 texts an even choice takes part.
    """
    return library.with_segment(pass_over(library).run()) if can_be_trained(library) else library


def can_be_trained(library: Library) -> bool:
    """Whether a library is packed, and holds texts enough to learn from."""
    texts = [len(entry.texts) for entry in library.entries()]
    return len(texts) > 1 and not library.unpacked and sum(texts) >= LEAST_TEXTS * len(texts)


def pass_over(library: Library) -> Pass:
    """The pass that suits the size of a library."""
    return WidePass(library) if library.segment.size >= MANY_PHRASES else NarrowPass(library)


class Pass:
    """One pass: what it goes through, and what it has taught.

    Attributes:
        texts: the texts that take part, each with the slot of its phrase.
        pushes: by the number of a text and the slot of a rival, how far the text moved its phrase away from it.
    """

    def __init__(self, library: Library) -> None:
        self.texts: list[tuple[int, str]] = []
        self.pushes: defaultdict[tuple[int, int], float] = defaultdict(float)
        self._segment = library.segment
        count = sum(len(entry.texts) for entry in library.entries())
        self._step = _MANY_STEP if count >= _MANY_TEXTS * self._segment.size else _STEP
        stride = -(-count // MOST_TEXTS)
        for slot, entry in enumerate(library.entries()):
            vectors = [vector_of(self._segment, library.terms(text)) for text in entry.texts]
            own = _own_shares(vectors, dict(self._segment.row(slot)))
            self.texts += [(slot, text) for text in entry.texts][::stride]
            for vector, share in list(zip(vectors, own, strict=True))[::stride]:
                self._add(slot, vector, share)

    def run(self) -> Segment:
        """Train, and return the segment with the new vectors."""
        for epoch in range(_EPOCHS):
            for number in shuffled(len(self.texts), epoch):
                self._learn(number)
        return self._taught()

    def _add(self, slot: int, vector: Weights, own: float) -> None:
        """Take a text in: its phrase, its vector, and by how much its score would fall without it."""
        raise NotImplementedError

    def _learn(self, number: int) -> None:
        """Look at a text once."""
        raise NotImplementedError

    def _taught(self) -> Segment:
        """The segment with the new vectors."""
        raise NotImplementedError

    def _step_for(self, number: int, reached: float, strongest: float, rival: int) -> float:
        """How far the text moves its phrase away from its strongest rival; 0: it leads by the margin."""
        loss = _MARGIN - reached + strongest
        if loss <= 0:
            return 0.0
        step = min(self._step, loss / 2)
        self.pushes[number, rival] += step
        return step


class NarrowPass(Pass):
    """Every phrase is a rival of every text: postings as dictionaries."""

    def __init__(self, library: Library) -> None:
        self._postings: list[Weights] = [{} for _ in range(len(library.segment.terms))]
        self._silent: list[int] = []
        for slot in range(library.segment.size):
            row = dict(library.segment.row(slot))
            for place, weight in row.items():
                self._postings[place][slot] = weight
            if not row:
                self._silent.append(slot)
        self._samples: list[tuple[int, Weights, float]] = []
        super().__init__(library)

    def _add(self, slot: int, vector: Weights, own: float) -> None:
        self._samples.append((slot, vector, own))

    def _learn(self, number: int) -> None:
        slot, vector, own = self._samples[number]
        scores = [0.0] * self._segment.size
        postings = self._postings
        for place, weight in vector.items():
            for other, held in postings[place].items():
                scores[other] += weight * held
        reached = scores[slot] - own
        for silent in (slot, *self._silent):
            scores[silent] = -1e9
        strongest = max(scores)
        rival = scores.index(strongest)
        step = self._step_for(number, reached, strongest, rival)
        if not step:
            return
        for place, weight in vector.items():
            posting = postings[place]
            posting[slot] = posting.get(slot, 0.0) + step * weight
            posting[rival] = posting.get(rival, 0.0) - step * weight

    def _taught(self) -> Segment:
        rows: list[Weights] = [{} for _ in range(self._segment.size)]
        for place, posting in enumerate(self._postings):
            for slot, weight in posting.items():
                rows[slot][place] = weight
        return repacked(self._segment, dict(enumerate(rows)))


class WidePass(Pass):
    """The rivals of a text are the phrases most like it before the pass.

    Their scores then are kept, and beside them only what the pass moved: flat arrays, and a dictionary for each phrase
    that was moved.
    """

    def __init__(self, library: Library) -> None:
        self._ends = array("I")
        self._places = array("I")
        self._weights = array("f")
        self._reached = array("f")
        self._rival_ends = array("I")
        self._rivals = array("I")
        self._scores = array("f")
        self._moved: dict[int, Weights] = {}
        super().__init__(library)

    def _add(self, slot: int, vector: Weights, own: float) -> None:
        self._places.extend(vector)
        self._weights.extend(vector.values())
        self._ends.append(len(self._places))
        row = dict(self._segment.row(slot))
        self._reached.append(sum([weight * row[place] for place, weight in vector.items() if place in row]) - own)
        for rival, score in most_like(self._segment, vector, _RIVALS + 1):
            if rival != slot:
                self._rivals.append(rival)
                self._scores.append(score)
        self._rival_ends.append(len(self._rivals))

    def _learn(self, number: int) -> None:
        first, end = self._rival_ends[number - 1] if number else 0, self._rival_ends[number]
        if first == end:
            return
        slot, vector = self.texts[number][0], self._vector(number)
        reached = self._reached[number] + self._moved_by(slot, vector)
        strongest, rival = max(
            (score + self._moved_by(other, vector), -other)
            for other, score in zip(self._rivals[first:end], self._scores[first:end], strict=True)
        )
        step = self._step_for(number, reached, strongest, -rival)
        if step:
            self._move(slot, vector, step)
            self._move(-rival, vector, -step)

    def _vector(self, number: int) -> list[tuple[int, float]]:
        span = slice(self._ends[number - 1] if number else 0, self._ends[number])
        return list(zip(self._places[span], self._weights[span], strict=True))

    def _moved_by(self, slot: int, vector: Sequence[tuple[int, float]]) -> float:
        moved = self._moved.get(slot)
        return 0.0 if moved is None else sum([weight * moved[place] for place, weight in vector if place in moved])

    def _move(self, slot: int, vector: Sequence[tuple[int, float]], step: float) -> None:
        moved = self._moved.setdefault(slot, {})
        for place, weight in vector:
            moved[place] = moved.get(place, 0.0) + step * weight

    def _taught(self) -> Segment:
        rows: dict[int, Weights] = {}
        for slot, moved in self._moved.items():
            row = rows[slot] = dict(self._segment.row(slot))
            for place, weight in moved.items():
                row[place] = row.get(place, 0.0) + weight
        return repacked(self._segment, rows)


def most_like(segment: Segment, vector: Weights, count: int) -> Iterator[tuple[int, float]]:
    """So many phrases that are most like a vector, with their cosines; the weightiest terms choose among them."""
    chosen: defaultdict[int, float] = defaultdict(float)
    budget = _CHOOSING_POSTINGS
    for place, weight in sorted(vector.items(), key=itemgetter(1), reverse=True):
        begin, end = segment.starts[place], segment.starts[place + 1]
        if end - begin > budget:
            continue
        budget -= end - begin
        for slot, held in zip(segment.slots[begin:end], segment.weights[begin:end], strict=True):
            chosen[slot] += weight * held
    for slot, _ in nlargest(count, chosen.items(), key=itemgetter(1)):
        yield slot, sum([vector[place] * held for place, held in segment.row(slot) if place in vector])


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
