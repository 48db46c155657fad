"""How sure a match is: a probability from what the ranking looks like, fitted on outcomes.

The rule: a logistic function of a few numbers, the *evidence*. Its weights begin as a prior that was fitted on public
data and ships with csdesk; a library's own questions (held out of the library when it is optimised) and the decisions
of people pull it towards what is true for that library, the stronger the more there are. Score, margin, likeness and
share never count against a match and unknown words never for it, so with all else equal a higher score or a clearer
lead never lowers the confidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Final

from csdesk.domain.matching.entries import Ranking

Evidence = tuple[float, ...]
"""One number for each of ``FEATURES``."""

Row = tuple[Evidence, bool, float]
"""Evidence, whether the match was right, and how much the row counts."""

FEATURES: Final = ("score", "margin", "likeness", "unknown", "share", "samples", "crowd", "phrases")
"""score, lead over the runner-up, likeness to the nearest text, share of the text's weight that no phrase knows, share
of the first in the leading matches, texts of the phrase (log), how near the third match is, phrases of the library
(log; more than 150, the most that was fitted on, count as those)."""

_SIGNS: Final = {0: 1, 1: 1, 2: 1, 3: -1, 4: 1}
_MOST_PHRASES: Final = 150
_LEAD: Final = 1
_TIE: Final = 0.03
_TEMPERATURE: Final = 0.06
_STEPS: Final = 25


def evidence_of(ranking: Ranking) -> Evidence:
    """The evidence for the first match of a ranking; empty for an empty ranking."""
    if not ranking.matches:
        return ()
    first, *others = ranking.matches
    leading = [exp((one.score - first.score) / _TEMPERATURE) for one in others[:9]]
    third = others[1].score if len(others) > 1 else 0.0
    return (
        first.score,
        first.margin,
        first.ratio,
        ranking.unknown,
        1 / (1 + sum(leading)),
        log(1 + len(first.entry.texts)) / 3,
        third / first.score if first.score > 0 else 0.0,
        log(max(1, min(_MOST_PHRASES, ranking.phrases))) / 3,
    )


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted logistic function.

    Attributes:
        weights: the bias, then one weight for each of ``FEATURES``.
        rows: how many rows of the library's own it was fitted on.
    """

    weights: tuple[float, ...]
    rows: int = 0

    def confidence(self, evidence: Evidence) -> float:
        """The probability that the match is right, 0 to 1; 0 for no evidence.

        Of two phrases that fit alike each is right half of the time at best, however well they fit.
        """
        if not evidence:
            return 0.0
        return min(_logistic(_dot(self.weights, evidence)), _logistic(evidence[_LEAD] / _TIE))

    def fitted(self, rows: Iterable[Row], strength: float = 8.0) -> Calibration:
        """The calibration after seeing rows, this one being the prior that so many rows would outweigh."""
        kept = list(rows)
        if not kept:
            return self
        return Calibration(_fit(kept, self.weights, strength), len(kept))


def _dot(weights: Sequence[float], evidence: Evidence) -> float:
    return weights[0] + sum([weight * number for weight, number in zip(weights[1:], evidence, strict=True)])


def _logistic(value: float) -> float:
    return 1 / (1 + exp(-value)) if value > -30 else 0.0


def _fit(rows: Sequence[Row], prior: Sequence[float], strength: float) -> tuple[float, ...]:
    """Newton's method for the penalised likelihood; a weight that would take the wrong sign is held at 0."""
    held: set[int] = set()
    while True:
        weights = _newton(rows, prior, strength, held)
        wrong = {1 + index for index, sign in _SIGNS.items() if weights[1 + index] * sign < 0} - held
        if not wrong:
            return weights
        held |= wrong


def _newton(rows: Sequence[Row], prior: Sequence[float], strength: float, held: set[int]) -> tuple[float, ...]:
    free = [index for index in range(len(prior)) if index not in held]
    weights = [0.0 if index in held else one for index, one in enumerate(prior)]
    size = len(free)
    for _ in range(_STEPS):
        slope = [strength * (prior[at] - weights[at]) for at in free]
        curve = [[strength if row == column else 0.0 for column in range(size)] for row in range(size)]
        for evidence, right, count in rows:
            values = (1.0, *evidence)
            guess = _logistic(_dot(weights, evidence))
            miss = count * (right - guess)
            bend = count * max(guess * (1 - guess), 1e-6)
            picked = [values[at] for at in free]
            for row, one in enumerate(picked):
                slope[row] += miss * one
                line = curve[row]
                bent = bend * one
                for column, other in enumerate(picked):
                    line[column] += bent * other
        steps = _solved(curve, slope)
        for at, step in zip(free, steps, strict=True):
            weights[at] += max(-4.0, min(4.0, step))
        if max(map(abs, steps)) < 1e-6:
            break
    return tuple(weights)


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Solve a symmetric positive system by elimination."""
    size = len(right)
    lines = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    for at in range(size):
        pivot = lines[at][at]
        lines[at] = [value / pivot for value in lines[at]]
        for other in range(size):
            if other != at and lines[other][at]:
                factor = lines[other][at]
                lines[other] = [a - factor * b for a, b in zip(lines[other], lines[at], strict=True)]
    return [line[size] for line in lines]


PRIOR: Final = Calibration((-2.913, 4.153, 6.974, 0.0, -0.332, 1.646, 0.29, -1.237, 1.07))
"""For a library as it was packed."""

TRAINED_PRIOR: Final = Calibration((-2.815, 5.155, 6.067, 0.0, 0.0, 1.312, 0.009, -1.645, 1.078))
"""For an optimised library."""

DENSE_PRIOR: Final = Calibration((-3.081, 2.861, 5.394, 0.0, 0.0, 2.903, -0.177, 0.305, 0.0))
"""For a library with an embedder."""
