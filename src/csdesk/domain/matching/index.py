"""An immutable index of phrases that ranks them for a text.

A phrase is one vector: the sum of the unit vectors of its title, its questions and its keywords, each weight raised to
0.7 (so that a word in every question does not drown the rest), and the whole scaled to length 1. A feature weighs

    kind x ln(1 + N / n)^p x ln(1 + M / m)^0.5

where n of the N texts and m of the M phrases hold it, p = 0.5 with six or more texts a phrase and 1 with fewer. The
score is (cosine + 0.25 x ratio^2) / 1.25, where ratio is the best likeness of the text to one of the phrase's texts by
longest common subsequence, both 0 to 1; it is halved where text and phrase contradict each other.
"""

# ruff: noqa: SLF001  an index makes its successor, which is of its own class

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log, sqrt
from operator import itemgetter
from typing import Final, Self

from csdesk.domain.matching._features import features_of
from csdesk.domain.matching.stance import Stance, common_stance, contradicts, stance_of
from csdesk.domain.text.folding import fold
from csdesk.errors import InvalidInput

_TEXT_LENGTH: Final = 500
_UNFOLDED_LENGTH: Final = 2_000
_MAX_LIMIT: Final = 10
# What bounds the work of one match: so many postings may bring in candidates; then so many of the best candidates
# collect so many of the common features. With more than _MANY candidates, those below a share of the best drop out.
_POSTINGS_BUDGET: Final = 400
_SURVIVORS: Final = 12
_COMMON: Final = 6
_MANY: Final = 50
_FLOOR: Final = 0.4
_DAMPING: Final = 0.7
_RATIO_SHARE: Final = 0.25
_CONTRADICTION: Final = 0.5
_MANY_TEXTS: Final = 6

_SCORE: Final = itemgetter(1)


@dataclass(frozen=True, slots=True)
class PhraseText:
    """The texts of a phrase by which it is found.

    Attributes:
        id: names the phrase; unique in an index.
        title: its short name, which counts as one question.
        questions: how customers ask for it.
        keywords: words that speak for it; together they count as one question.
    """

    id: str
    title: str
    questions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scored:
    """A phrase in a ranking.

    Attributes:
        phrase_id: the phrase.
        score: how well it answers the text, 0 to 1; a measure for ordering, not a probability.
        margin: its lead over the next in the ranking; over 0 when there is none.
    """

    phrase_id: str
    score: float
    margin: float


@dataclass(frozen=True, slots=True)
class _Entry:
    phrase: PhraseText
    texts: tuple[str, ...]
    stance: Stance


_NOTHING: Final = _Entry(PhraseText("", ""), (), frozenset())


class _Postings:
    """The phrases that hold one feature: slots ascending, and the feature's weight in each.

    Beside them the number of texts that hold it, its factor in a query and, for a feature that very many phrases
    hold, the postings of those where it weighs most.
    """

    __slots__ = ("factor", "heaviest", "slots", "texts", "weights")

    def __init__(self, texts: int, factor: float, slots: "array[int]", weights: "array[float]") -> None:
        self.texts = texts
        self.factor = factor
        self.slots = slots
        self.weights = weights
        self.heaviest = self

    def shorten(self) -> None:
        """Pick the heaviest postings; part of building, before the index is handed out."""
        if len(self.slots) > _POSTINGS_BUDGET:
            weights = self.weights
            best = sorted(range(len(weights)), key=weights.__getitem__, reverse=True)[:_POSTINGS_BUDGET]
            slots = array("I", (self.slots[at] for at in best))
            self.heaviest = _Postings(self.texts, self.factor, slots, array("f", (weights[at] for at in best)))

    def with_posting(self, texts: int, factor: float, slot: int, weight: float) -> "_Postings":
        grown = _Postings(texts, factor, self.slots + array("I", (slot,)), self.weights + array("f", (weight,)))
        if self.heaviest is not self:
            grown.heaviest = self.heaviest.with_posting(texts, factor, slot, weight)
        return grown

    def weight_in(self, slot: int) -> float:
        at = bisect_left(self.slots, slot)
        return self.weights[at] if at < len(self.slots) and self.slots[at] == slot else 0.0


_NO_POSTINGS: Final = _Postings(0, 0.0, array("I"), array("f"))


class PhraseIndex:
    """An immutable index; a change gives a new index that shares most of its structure.

    A removed or replaced phrase leaves an empty slot, and the weights of features stay as they were when each phrase
    was added; ``optimized`` makes a fresh index when that has gone on for long.
    """

    __slots__ = ("_empty", "_entries", "_postings", "_power", "_slot_of", "_texts_total")

    def __init__(self, phrases: Iterable[PhraseText] = ()) -> None:
        """Build the index.

        Raises:
            InvalidInput: two phrases have one id.
        """
        entries = tuple(_entry(phrase) for phrase in phrases)
        self._entries = entries
        self._empty: frozenset[int] = frozenset()
        self._slot_of = {entry.phrase.id: slot for slot, entry in enumerate(entries)}
        if len(self._slot_of) < len(entries):
            raise InvalidInput("phrases", "two phrases have one id", "give each its own")
        samples = [[features_of(text) for text in entry.texts] for entry in entries]
        self._texts_total = sum(map(len, samples))
        self._power = 0.5 if self._texts_total >= _MANY_TEXTS * len(entries) else 1.0
        text_counts = Counter(feature for features in samples for sample in features for feature in sample)
        phrase_counts = Counter(feature for features in samples for feature in set().union(*features))
        factors = {feature: self._factor(text_counts[feature], count) for feature, count in phrase_counts.items()}
        self._postings: dict[str, _Postings] = {}
        for slot, features in enumerate(samples):
            for feature, weight in _phrase_vector(features, factors).items():
                postings = self._postings.get(feature)
                if postings is None:
                    postings = self._postings[feature] = _Postings(
                        text_counts[feature], factors[feature], array("I"), array("f")
                    )
                postings.slots.append(slot)
                postings.weights.append(weight)
        for postings in self._postings.values():
            postings.shorten()

    def __len__(self) -> int:
        """The number of phrases."""
        return len(self._slot_of)

    def __contains__(self, phrase_id: object) -> bool:
        """Whether a phrase of this id is in the index."""
        return phrase_id in self._slot_of

    def rank(self, text: str, limit: int = 5) -> tuple[Scored, ...]:
        """Return the phrases that best answer the text, best first; ties in the order of their ids.

        Phrases that share nothing with the text are not ranked, so the result may be shorter than ``limit``, or empty.
        The cost is bounded however many phrases there are: the rarest features of the text choose the candidates,
        common ones only order them.

        Args:
            text: a customer's message; at most its first 2,000 characters, folded and cut to 500, count.
            limit: how many phrases, 1 to 10.

        Raises:
            InvalidInput: a limit outside 1 to 10.
        """
        if not 1 <= limit <= _MAX_LIMIT:
            raise InvalidInput("limit", f"{limit} is out of range", f"give a number from 1 to {_MAX_LIMIT}")
        folded = fold(text[:_UNFOLDED_LENGTH])[:_TEXT_LENGTH]
        candidates = self._candidates(folded)
        ranked = sorted(self._rescored(folded, candidates), key=lambda pair: (-pair[1], pair[0]))
        following = [score for _, score in ranked[1:]] + [0.0]
        return tuple(
            Scored(phrase_id, score, score - after)
            for (phrase_id, score), after in zip(ranked[:limit], following, strict=False)
        )

    def with_phrase(self, phrase: PhraseText) -> Self:
        """Return an index with the phrase added, or put in the place of the one with its id."""
        index = self.without(phrase.id)
        entry = _entry(phrase)
        slot = len(index._entries)
        samples = [features_of(text) for text in entry.texts]
        index._texts_total += len(samples)
        index._entries = (*index._entries, entry)
        index._slot_of[phrase.id] = slot
        index._postings = index._postings.copy()
        counts = Counter(feature for sample in samples for feature in sample)
        old = {feature: index._postings.get(feature, _NO_POSTINGS) for feature in counts}
        texts = {feature: old[feature].texts + count for feature, count in counts.items()}
        factors = {feature: index._factor(texts[feature], len(old[feature].slots) + 1) for feature in counts}
        for feature, weight in _phrase_vector(samples, factors).items():
            index._postings[feature] = old[feature].with_posting(texts[feature], factors[feature], slot, weight)
        return index

    def without(self, phrase_id: str) -> Self:
        """Return an index without the phrase; without an unknown one nothing changes."""
        index = object.__new__(type(self))
        for name in PhraseIndex.__slots__:
            setattr(index, name, getattr(self, name))
        index._slot_of = self._slot_of.copy()
        slot = index._slot_of.pop(phrase_id, None)
        if slot is not None:
            index._entries = (*self._entries[:slot], _NOTHING, *self._entries[slot + 1 :])
            index._empty = self._empty | {slot}
        return index

    def optimized(self) -> Self:
        """Return an index of the same phrases built afresh: no empty slots, every weight up to date."""
        return type(self)(entry.phrase for slot, entry in enumerate(self._entries) if slot not in self._empty)

    def _factor(self, texts_with: int, phrases_with: int) -> float:
        in_texts = log(1 + (self._texts_total or 1) / texts_with)
        return float(in_texts**self._power * sqrt(log(1 + (len(self._entries) or 1) / phrases_with)))

    def _candidates(self, folded: str) -> list[tuple[int, float]]:
        """The slots with the best cosines, at most 10, best first."""
        known, length = self._query(folded)
        scores: dict[int, float] = {}
        so_far = scores.get
        common: list[tuple[float, _Postings]] = []
        budget = _POSTINGS_BUDGET
        for weight, postings in known:
            if len(postings.slots) > budget and scores:
                common.append((weight, postings))
                continue
            source = postings.heaviest
            budget -= len(source.slots)
            for slot, held in zip(source.slots, source.weights, strict=True):
                scores[slot] = so_far(slot, 0.0) + weight * held
        survivors = self._survivors(scores)
        for weight, postings in common[:_COMMON]:
            survivors = [(slot, score + weight * postings.weight_in(slot)) for slot, score in survivors]
        survivors.sort(key=_SCORE, reverse=True)
        return [(slot, score / length) for slot, score in survivors[:_MAX_LIMIT]]

    def _survivors(self, scores: dict[int, float]) -> list[tuple[int, float]]:
        """The best candidates so far whose phrases are still there; a cheap floor first thins out the many."""
        for slot in self._empty & scores.keys():
            del scores[slot]
        items: Iterable[tuple[int, float]] = scores.items()
        if len(scores) > _MANY:
            floor = _FLOOR * max(scores.values())
            items = [item for item in items if item[1] >= floor]
        return sorted(items, key=_SCORE, reverse=True)[:_SURVIVORS]

    def _query(self, folded: str) -> tuple[list[tuple[float, _Postings]], float]:
        """The query's known features by falling weight, and the length of its whole vector."""
        known: list[tuple[float, _Postings]] = []
        square = 0.0
        unknown = self._factor(1, 1)
        for feature, kind in features_of(folded).items():
            postings = self._postings.get(feature)
            if postings is None:
                weight = kind * unknown
            else:
                weight = kind * postings.factor
                known.append((weight, postings))
            square += weight * weight
        known.sort(key=itemgetter(0), reverse=True)
        return known, sqrt(square) or 1.0

    def _rescored(self, folded: str, candidates: Sequence[tuple[int, float]]) -> list[tuple[str, float]]:
        from rapidfuzz import fuzz, process

        wanted = stance_of(folded)
        rescored: list[tuple[str, float]] = []
        for slot, cosine in candidates:
            entry = self._entries[slot]
            _, nearest, _ = process.extractOne(folded, entry.texts, scorer=fuzz.ratio)
            ratio = nearest / 100
            score = (cosine + _RATIO_SHARE * ratio * ratio) / (1 + _RATIO_SHARE)
            if wanted and contradicts(wanted, entry.stance):
                score *= _CONTRADICTION
            rescored.append((entry.phrase.id, min(1.0, score)))
        return rescored


def _entry(phrase: PhraseText) -> _Entry:
    texts = (phrase.title, *phrase.questions, " ".join(phrase.keywords))
    folded = tuple(dict.fromkeys(text for text in map(fold, texts) if text))
    return _Entry(phrase, folded, common_stance(folded))


def _phrase_vector(samples: Sequence[dict[str, float]], factors: dict[str, float]) -> dict[str, float]:
    total: dict[str, float] = {}
    for sample in samples:
        weighted = {feature: kind * factors[feature] for feature, kind in sample.items()}
        length = _length(weighted) or 1.0
        for feature, weight in weighted.items():
            total[feature] = total.get(feature, 0.0) + weight / length
    damped = {feature: weight**_DAMPING for feature, weight in total.items()}
    length = _length(damped) or 1.0
    return {feature: weight / length for feature, weight in damped.items()}


def _length(vector: dict[str, float]) -> float:
    return sqrt(sum(weight * weight for weight in vector.values()))
