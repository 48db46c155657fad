"""What the matcher learns from decisions: small, bounded weights, folded from outcomes.

The rule: an outcome tells which phrase was picked for a text and which were shown before it. Where the picked phrase
did not lead clearly, the text's terms speak a step more for it and a step less for the phrase that was wrongly ahead; a
clear and right lead teaches nothing. Each weight stays within a bound, so no text and no number of repetitions takes a
phrase over. The state is a fold over the outcomes in order: forgetting one folds the others again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from csdesk.domain.matching.segment import Vector

STEP: Final = 0.12
SURE_STEP: Final = 0.05
SURE_LEAD: Final = 0.15
BOUND: Final = 0.6


@dataclass(frozen=True, slots=True)
class Outcome:
    """One decision of a person about one text.

    Attributes:
        text: what was asked, folded.
        picked: the phrase that was sent, or None where none of those shown fitted.
        shown: the phrases that were shown, best first.
        lead: how far the picked phrase led over all others when it was decided, -1 to 1.
        evidence: what the confidence in the first phrase shown was made of, for calibration; may be empty.
    """

    text: str
    picked: str | None
    shown: tuple[str, ...] = ()
    lead: float = 0.0
    evidence: tuple[float, ...] = ()

    @property
    def was_right(self) -> bool:
        """Whether the first phrase shown was the one picked."""
        return bool(self.shown) and self.shown[0] == self.picked


@dataclass(frozen=True, slots=True)
class Learned:
    """Learned weights: for each phrase, by term; and which phrases each term speaks about. Never changed in place."""

    weights: Mapping[str, Vector] = field(default_factory=dict)
    about: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def after(self, outcome: Outcome, vector: Vector) -> Learned:
        """The weights after one more outcome, whose text has this vector (of length 1)."""
        steps = dict(_steps(outcome))
        if not steps:
            return self
        weights, about = dict(self.weights), dict(self.about)
        for phrase, step in steps.items():
            weights[phrase] = changed = dict(weights.get(phrase, {}))
            _move(changed, vector, step)
            about.update((one, about.get(one, frozenset()) | {phrase}) for one in vector)
        return Learned(weights, about)

    @classmethod
    def folded(cls, outcomes: Iterable[tuple[Outcome, Vector]]) -> Learned:
        """The weights after all these outcomes, oldest first: what ``after`` gives step by step."""
        weights: dict[str, Vector] = {}
        for outcome, vector in outcomes:
            for phrase, step in _steps(outcome):
                _move(weights.setdefault(phrase, {}), vector, step)
        about: dict[int, set[str]] = {}
        for phrase, vector in weights.items():
            for one in vector:
                about.setdefault(one, set()).add(phrase)
        return cls(weights, {one: frozenset(phrases) for one, phrases in about.items()})


def _move(weights: Vector, vector: Vector, step: float) -> None:
    for one, weight in vector.items():
        weights[one] = min(BOUND, max(-BOUND, weights.get(one, 0.0) + step * weight))


def _steps(outcome: Outcome) -> Iterable[tuple[str, float]]:
    """How far each phrase moves."""
    rival = next((one for one in outcome.shown if one != outcome.picked), None)
    if outcome.was_right:
        if outcome.lead < SURE_LEAD and outcome.picked is not None:
            yield outcome.picked, SURE_STEP
            if rival is not None:
                yield rival, -SURE_STEP
        return
    if outcome.picked is not None:
        yield outcome.picked, STEP
    if rival is not None and outcome.shown[0] == rival:
        yield rival, -STEP


NOTHING_LEARNED: Final = Learned()
