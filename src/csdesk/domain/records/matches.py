"""Why a phrase matched: plain values that the matcher fills in and everybody may read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Guard = Literal["opposite", "refused", "finished", "numbers"]
"""``opposite``: the text wants the contrary of what the phrase is about. ``refused``: it refuses something that the
phrase's nearest question names. ``finished``: it tells that something is done and asks nothing, the phrase's texts do
not. ``numbers``: text and phrase name different amounts."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a folded text.

    Attributes:
        text: the part, as it stands there.
        start: where it begins.
        end: where it ends.
        weight: what its terms add to the score.
    """

    text: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Why:
    """What a match rests on.

    Attributes:
        spans: the parts of the text that speak for the phrase, the strongest first.
        nearest: the phrase's own text that is most like the question, folded.
        nearest_spans: the parts of it that the question shares.
        likeness: how alike the two are, 0 to 1.
        unknown: the share of the text's weight that no phrase knows, 0 to 1.
        guards: what speaks against sending it.
        removed: phrases among the candidates that a condition ruled out, each with the condition; at most 50.
        meaning: how alike they are by the vectors of an embedder, -1 to 1; 0 where none took part.
    """

    spans: tuple[Span, ...]
    nearest: str
    nearest_spans: tuple[Span, ...]
    likeness: float
    unknown: float
    guards: tuple[Guard, ...]
    removed: tuple[tuple[str, str], ...]
    meaning: float = 0.0
