"""The discriminative pass over vectors: the means of phrases are moved apart where texts mix them up.

The rule is that of ``training``, for vectors: a text whose phrase does not lead the strongest rival by a margin moves
the mean of its phrase a bounded step towards itself, and that of the rival away. A text is judged as if its phrase did
not have it. The rivals of a text are those phrases that were most like it before the pass.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from csdesk.domain.matching.dense import Block, Matrix, Vectors, numpy_module, scaled
from csdesk.domain.matching.training import LEAST_TEXTS, MOST_TEXTS, shuffled

_EPOCHS: Final = 4
_MARGIN: Final = 0.1
_STEP: Final = 0.05
_RIVALS: Final = 32
_BATCH: Final = 256


def told_apart(vectors: Vectors) -> Vectors:
    """The vectors with means that tell phrases apart; themselves where there are too few texts to learn from."""
    block = vectors.packed
    if len(block.owners) < 2 or len(block.texts) < LEAST_TEXTS * len(block.owners):
        return vectors
    np = numpy_module()
    owners = np.repeat(np.arange(len(block.owners)), np.diff([*block.starts, len(block.texts)]))
    # In the order of the phrases' ids, however they came: so the same library is always trained the same way.
    by_id = np.argsort(np.array(block.owners)[owners], kind="stable")
    places = by_id[:: -(-len(block.texts) // MOST_TEXTS)]
    reached, rivals, scores = _before(block, owners, places)
    moved = np.zeros_like(block.means)
    for epoch in range(_EPOCHS):
        for number in shuffled(len(places), epoch):
            vector, own = block.rows[places[number]], owners[places[number]]
            others = scores[number] + moved[rivals[number]] @ vector
            at = int(others.argmax())
            loss = _MARGIN - (reached[number] + moved[own] @ vector) + others[at]
            if loss > 0:
                step = min(_STEP, float(loss) / 2)
                moved[own] += step * vector
                moved[rivals[number, at]] -= step * vector
    return replace(vectors, packed=replace(block, means=block.means + moved))


def _before(block: Block, owners: Matrix, places: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Of each text: the score of its own phrase without it, its rivals, and their scores."""
    np = numpy_module()
    sums = np.add.reduceat(block.rows, np.array(block.starts), axis=0)
    count = min(_RIVALS, len(block.owners) - 1)
    reached, rivals, scores = [], [], []
    for start in range(0, len(places), _BATCH):
        part = places[start : start + _BATCH]
        vectors, own, each = block.rows[part], owners[part], np.arange(len(part))
        alike = block.rows @ vectors.T
        alike[part, each] = -1.0
        nearest = np.maximum.reduceat(alike, np.array(block.starts), axis=0)
        rest = scaled(sums[own] - vectors)
        reached.append(np.maximum(nearest[own, each], 0.0) + (rest * vectors).sum(axis=1))
        whole = nearest + block.means @ vectors.T
        whole[own, each] = -np.inf
        best = np.argpartition(-whole, count - 1, axis=0)[:count]
        rivals.append(best.T)
        scores.append(np.take_along_axis(whole, best, axis=0).T)
    return np.concatenate(reached), np.concatenate(rivals), np.concatenate(scores)
