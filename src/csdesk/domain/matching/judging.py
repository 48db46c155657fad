"""A library with what it learned and how sure it may be: one immutable value, and what becomes of a text by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from csdesk.domain.matching.confidence import (
    DENSE_PRIOR,
    PRIOR,
    TRAINED_PRIOR,
    Calibration,
    Row,
    evidence_of,
)
from csdesk.domain.matching.dense import Vectors
from csdesk.domain.matching.dense_training import told_apart
from csdesk.domain.matching.entries import Ranked, Ranking, checked, folded
from csdesk.domain.matching.explaining import spans_of
from csdesk.domain.matching.learning import NOTHING_LEARNED, Learned, Outcome
from csdesk.domain.matching.library import Library
from csdesk.domain.matching.phrases import ANYWHERE, Context, Phrase
from csdesk.domain.matching.training import shuffled, trained
from csdesk.domain.matching.wishes import clauses_of
from csdesk.domain.records.matches import Guard, Why
from csdesk.errors import InvalidInput, sentence

Action = Literal["auto_reply", "suggest", "hand_over"]
Reason = Literal[
    "confident", "unsure", "close_call", "guarded", "several", "few_samples", "by_hand", "unlikely", "no_match"
]
"""``confident`` (sent), ``unsure`` (below the threshold), ``close_call`` (the runner-up is too near), ``guarded`` (a
guard speaks against it), ``several`` (parts of the text ask for different phrases), ``few_samples`` (a phrase
with fewer than two questions is not sent), ``by_hand`` (the phrase may not be sent without a person), ``unlikely``
(even the best is hardly right), ``no_match`` (nothing is shared)."""

_HELD_OUT: Final = 300
_HOLD_EVERY: Final = 4
_LEAST_HELD_OUT: Final = 3
_HIDDEN_COUNTS: Final = 0.1
_OUTCOMES: Final = 20_000
_REFIT_EVERY: Final = 50
_REFIT_ON: Final = 500
_LOOKED_AT: Final = 10
_READ: Final = 500
_A_WISH: Final = 0.6
"""From this confidence on a clause asks for its phrase. On ``calib``: of messages glued from two questions and about to
be answered by one phrase 50 to 80 % are held back, of single questions rightly answered 0 to 8 %."""

VectorOf = Callable[[str], Sequence[float] | None]


def no_vector(_: str) -> Sequence[float] | None:
    """The vector of a text where no embedder takes part."""
    return None


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase that may answer a text.

    Attributes:
        phrase_id: the phrase.
        score: how well it answers, 0 to 1; for ordering, not a probability.
        confidence: the probability that it is the right one, 0 to 1; those of all matches add up to at most 1.
        margin: its lead in score over the best of the others, -1 to 1; negative for all but the first.
        guards: what speaks against sending it, however sure it is.
    """

    phrase_id: str
    score: float
    confidence: float
    margin: float
    guards: tuple[Guard, ...]
    _basis: tuple[Library, Ranking, Ranked] = field(repr=False, compare=False)

    @property
    def why(self) -> Why:
        """What the match rests on; worked out when it is asked for."""
        library, ranking, one = self._basis
        spans, nearest_spans = spans_of(library, ranking.text, one)
        unknown, removed = ranking.unknown, ranking.removed
        return Why(spans, one.nearest, nearest_spans, one.ratio, unknown, one.guards, removed, one.dense)


@dataclass(frozen=True, slots=True)
class ReplyDecision:
    """What to do with a text.

    Attributes:
        action: send the phrase, show the matches to a person, or leave the text to a person alone.
        reason: why; see ``Reason``.
        phrase_id: the best phrase; None only with ``no_match``.
        confidence: its confidence; 0 with ``no_match``.
        matches: what to show, best first.
        related: ids of phrases to offer beside it: what else the text wants, those the phrase names, the next matches.
        wishes: the phrases that parts of the text ask for, in its order, where it has several wishes; else empty.
    """

    action: Action
    reason: Reason
    phrase_id: str | None
    confidence: float
    matches: tuple[Match, ...]
    related: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()

    def wishing(self, wishes: tuple[str, ...]) -> ReplyDecision:
        """The decision about a text with these wishes: no single phrase answers several."""
        if not wishes:
            return self
        related = tuple(dict.fromkeys([*(one for one in wishes if one != self.phrase_id), *self.related]))
        found = replace(self, related=related, wishes=wishes)
        return replace(found, action="suggest", reason="several") if self.action == "auto_reply" else found


@dataclass(frozen=True, slots=True)
class Judge:
    """A library, the outcomes behind its learned weights, and its calibration. Never changed in place.

    Attributes:
        library: the phrases with their learned weights.
        outcomes: the decisions learnt from, oldest first.
        calibration: what turns evidence into confidence.
        own_rows: the evidence that the library's own questions gave when it was optimised.
    """

    library: Library
    outcomes: tuple[Outcome, ...] = ()
    calibration: Calibration = PRIOR
    own_rows: tuple[Row, ...] = ()
    vectors: Vectors | None = None

    def match(
        self, text: str, limit: int, context: Context = ANYWHERE, raw: Sequence[float] | None = None
    ) -> tuple[Match, ...]:
        """The phrases for a text, best first; ``raw`` is its vector where an embedder takes part."""
        dense = self._likeness(raw)
        # Evidence looks at the first ten, so as many are ranked whatever the caller wants to see.
        ranking = self.library.rank(text, max(checked(limit), _LOOKED_AT), context, dense)
        sure = self.calibration.confidence(evidence_of(ranking))
        confidences = _shared_out(sure, ranking)
        return tuple(
            Match(one.entry.phrase.id, one.score, sure, one.margin, one.guards, (self.library, ranking, one))
            for one, sure in zip(ranking.matches[:limit], confidences, strict=False)
        )

    def wishes(self, text: str, context: Context = ANYWHERE, vector: VectorOf = no_vector) -> tuple[str, ...]:
        """The phrases that the clauses of a text ask for, each surely enough, where they are several; else none.

        Args:
            text: a customer's message; its first 500 characters and six clauses count.
            context: when, where and for whom.
            vector: what tells the vector of a clause, where an embedder takes part.
        """
        found: list[str] = []
        for clause in clauses_of(text[:_READ]):
            best = next(iter(self.match(clause, 1, context, vector(clause))), None)
            if best is not None and best.confidence >= _A_WISH and not best.guards:
                found.append(best.phrase_id)
        several = tuple(dict.fromkeys(found))
        return several if len(several) > 1 else ()

    def _likeness(self, raw: Sequence[float] | None) -> dict[str, float] | None:
        return None if raw is None or self.vectors is None else self.vectors.likeness(self.vectors.centred(raw))

    def over(self, library: Library, vectors: Vectors | None = None) -> Judge:
        """The judge of another library, and of other vectors if they are given."""
        return replace(self, library=library, vectors=vectors or self.vectors)

    def with_vectors(self, vectors: Vectors) -> Judge:
        """The judge with vectors for all its phrases."""
        return replace(self, vectors=vectors).calibrated()

    def without(self, phrase_id: str) -> Judge:
        """The judge without a phrase."""
        return self.over(self.library.without(phrase_id), self.vectors and self.vectors.without(phrase_id))

    def decide(self, matches: tuple[Match, ...], *, threshold: float, margin: float, floor: float) -> ReplyDecision:
        """What to do, from the matches for a text."""
        if not matches:
            return ReplyDecision("hand_over", "no_match", None, 0.0, ())
        best = matches[0]
        phrase = self.library.get(best.phrase_id)
        if phrase is None:
            raise InvalidInput("matches", "the first is not of this library", "pass what match returned")
        reason = _reason(best, phrase, threshold, margin, floor)
        action: Action = {"confident": "auto_reply", "unlikely": "hand_over"}.get(reason, "suggest")  # type: ignore[assignment]
        others = [one.phrase_id for one in matches[1:] if one.confidence > 0]
        known = [one for one in phrase.related if one in self.library]
        related = tuple(dict.fromkeys([*known, *others]))
        return ReplyDecision(action, reason, best.phrase_id, best.confidence, matches, related)

    def learned(
        self, text: str, picked: str | None, shown: tuple[str, ...], raw: Sequence[float] | None = None
    ) -> Judge:
        """The judge after one more decision of a person.

        Raises:
            InvalidInput: a phrase is not in the library.
        """
        for name in (picked, *shown):
            if name is not None and name not in self.library:
                raise InvalidInput(
                    "picked" if name == picked else "shown", sentence("no phrase {name!r}", name=name), "pass known ids"
                )
        return self.after(self.outcome(text, picked, shown, raw))

    def outcome(
        self, text: str, picked: str | None, shown: tuple[str, ...], raw: Sequence[float] | None = None
    ) -> Outcome:
        """One decision of a person, with how the matcher sees the text now."""
        ranking = self.library.rank(text, _LOOKED_AT, dense=self._likeness(raw))
        scores = {one.entry.phrase.id: one.score for one in ranking.matches}
        lead = scores.get(picked or "", 0.0) - max((s for one, s in scores.items() if one != picked), default=0.0)
        evidence = evidence_of(ranking) if shown and scores and next(iter(scores)) == shown[0] else ()
        return Outcome(ranking.text, picked, shown, lead, evidence)

    def after(self, outcome: Outcome) -> Judge:
        """The judge after one more outcome."""
        kept = (*self.outcomes, outcome)[-_OUTCOMES:]
        judge = replace(self, library=self.library.after(outcome), outcomes=kept)
        return judge if len(kept) % _REFIT_EVERY else judge.calibrated()

    def calibrated(self) -> Judge:
        """The judge with its confidence fitted to its own questions and to the latest decisions of people.

        Decisions count in whole fifties, so that the result depends on what is remembered and not on how it came.
        """
        counted = self.outcomes[: len(self.outcomes) // _REFIT_EVERY * _REFIT_EVERY][-_REFIT_ON:]
        judged = [(one.evidence, one.was_right, 1.0) for one in counted if one.evidence]
        prior = prior_of(self.library, self.vectors)
        return replace(self, calibration=prior.fitted([*self.own_rows, *judged]))

    def without_outcomes(self, dropped: Iterable[int]) -> Judge:
        """The judge as if the outcomes at these positions had not been: the others are folded again."""
        gone = set(dropped)
        kept = tuple(one for at, one in enumerate(self.outcomes) if at not in gone)
        return self.with_outcomes(kept)

    def with_outcomes(self, outcomes: tuple[Outcome, ...]) -> Judge:
        """The judge with the weights folded from exactly these outcomes."""
        library = self.library.with_learned(NOTHING_LEARNED)
        learned = Learned.folded((one, library.query(one.text).vector) for one in outcomes)
        return replace(self, library=library.with_learned(learned), outcomes=outcomes).calibrated()

    def optimized(self) -> Judge:
        """The judge packed afresh, trained, and calibrated on its own questions and on the decisions of people."""
        library = trained(self.library.packed())
        vectors = None if self.vectors is None else told_apart(self.vectors.repacked())
        rows = tuple(own_rows(library, vectors))
        fresh = Judge(library, (), PRIOR, rows, vectors)
        return fresh.with_outcomes(self.outcomes)


def prior_of(library: Library, vectors: Vectors | None) -> Calibration:
    """The calibration that a library begins with."""
    if vectors is not None:
        return DENSE_PRIOR
    return TRAINED_PRIOR if library.trained else PRIOR


def own_rows(library: Library, vectors: Vectors | None) -> Iterable[Row]:
    """Evidence from the library's own questions.

    Some are held out of a library made without them and asked there, with their phrase in it (was it found?) and with
    their phrase removed (whatever is found is wrong).
    """
    kept: list[Phrase] = []
    asked: list[tuple[str, str]] = []
    able = [one for one in library if len(one.questions) >= _LEAST_HELD_OUT]
    if not able or not library.trained:
        return
    for phrase in library:
        if len(phrase.questions) < _LEAST_HELD_OUT:
            kept.append(phrase)
            continue
        held = set(shuffled(len(phrase.questions), 1)[::_HOLD_EVERY])
        asked += [(phrase.id, phrase.questions[at]) for at in sorted(held)]
        left = tuple(text for at, text in enumerate(phrase.questions) if at not in held)
        kept.append(replace(phrase, questions=left))
    smaller = trained(Library(kept, library.lexicon))
    likeness = _held_out_likeness(vectors, asked)
    for number in shuffled(len(asked), 2)[:_HELD_OUT]:
        phrase_id, text = asked[number]
        dense = likeness(phrase_id, text)
        ranking = smaller.rank(text, _LOOKED_AT, dense=dense)
        found = bool(ranking.matches) and ranking.matches[0].entry.phrase.id == phrase_id
        if ranking.matches:
            yield evidence_of(ranking), found, 1.0
        hidden = evidence_of(smaller.without(phrase_id).rank(text, _LOOKED_AT, dense=dense))
        if hidden:
            yield hidden, False, _HIDDEN_COUNTS


def _held_out_likeness(
    vectors: Vectors | None, asked: Sequence[tuple[str, str]]
) -> Callable[[str, str], dict[str, float] | None]:
    """The likeness of held-out questions to the phrases as they are without them."""
    if vectors is None:
        return lambda _, __: None
    held: dict[str, set[str]] = {}
    for phrase_id, text in asked:
        held.setdefault(phrase_id, set()).add(folded(text))
    known, left = vectors.of_texts(), told_apart(vectors.without_texts(held))

    def likeness(phrase_id: str, text: str) -> dict[str, float] | None:
        vector = known.get((phrase_id, folded(text)))
        return None if vector is None else left.likeness(vector)

    return likeness


def _reason(best: Match, phrase: Phrase, threshold: float, margin: float, floor: float) -> Reason:
    if best.confidence < floor:
        return "unlikely"
    if best.guards:
        return "guarded"
    if best.confidence < threshold:
        return "unsure"
    if best.margin < margin:
        return "close_call"
    if phrase.samples < 2:
        return "few_samples"
    return "confident" if phrase.auto_reply else "by_hand"


def _shared_out(sure: float, ranking: Ranking) -> list[float]:
    """Confidences: that of the first, and what it leaves, shared among the others by their scores."""
    others = [max(0.0, one.score) ** 4 for one in ranking.matches[1:]]
    total = sum(others)
    if not ranking.matches:
        return []
    rest = min(1 - sure, sure)
    return [sure, *(rest * one / total if total else 0.0 for one in others)]
