"""An immutable library of phrases that ranks them for a text; every change gives a new library.

What it holds, and how it grows, is told in ``holdings``.

The score is (cosine + learned + 0.15 x ratio^2) / 1.15, where ratio is the likeness of the text to the nearest of the
phrase's texts by longest common subsequence; the opposite of what was asked is halved. A phrase that has exactly the
text scores 1, unless people decided against it. With an embedder half its likeness, -1 to 1, is added before scaling.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nlargest
from operator import itemgetter
from typing import Final

from csdesk.domain.matching.entries import MAX_LIMIT, Ranked, Ranking, checked, folded
from csdesk.domain.matching.guards import OPPOSITE_SHARE, guards_against, reading_of
from csdesk.domain.matching.holdings import Asked, Holdings
from csdesk.domain.matching.lanes import fixed, taken_apart
from csdesk.domain.matching.phrases import ANYWHERE, Context, excluded_by
from csdesk.domain.matching.segment import Vector

# What bounds the work of one match: below the first all postings are added up; above it, those of the weightiest terms
# up to the second choose candidates, of which the best are scored in full and the best of these compared by letters.
_ALL_POSTINGS: Final = 5_000
_FEW_PHRASES: Final = 500
_WORTH_A_LANE: Final = 16
_CHOOSING_POSTINGS: Final = 2_000
_SCORED: Final = 40
_COMPARED: Final = 24
_RATIO_SHARE: Final = 0.15
_NOT_SAME: Final = 0.999
_DENSE_SHARE: Final = 0.5

_SCORE: Final = itemgetter(1)


class Library(Holdings):
    """The phrases, packed and scored; see the module for how."""

    __slots__ = ()

    def rank(
        self,
        text: str,
        limit: int = 5,
        context: Context = ANYWHERE,
        dense: Mapping[str, float] | None = None,
        *,
        exact: bool = True,
    ) -> Ranking:
        """Rank the phrases for a text.

        The cost is bounded however many phrases there are: the weightiest terms of the text choose the candidates.

        Args:
            text: a customer's message; at most its first 2,000 characters, folded and cut to 500, count.
            limit: how many phrases, 1 to 50.
            context: what conditions of phrases are checked against.
            dense: the likeness of vectors by phrase id, to be added to the score.
            exact: whether a phrase that has exactly this text comes first.

        Raises:
            InvalidInput: a limit outside 1 to 50.
        """
        checked(limit)
        asked = folded(text)
        query = self.query(asked)
        scores = self._candidates(query)
        extra = {
            slot: _DENSE_SHARE * value for one, value in (dense or {}).items() if (slot := self._slot(one)) is not None
        }
        for slot in extra:
            if slot not in scores:
                scores[slot] = self._exact(slot, query)
        owners = self._asked_by(asked) if exact else ()
        same = {slot for slot in owners if self._learned_for(self._id(slot), query) >= 0}
        for slot in same - scores.keys():
            scores[slot] = 0.0
        best, removed = self._allowed(scores, context, extra, same)
        compared = sorted(self._compared(asked, best, extra, same), key=lambda one: (-one.score, one.entry.phrase.id))
        return Ranking(asked, _with_margins(compared, limit), query.unknown, tuple(removed), len(self))

    def _asked_by(self, folded: str) -> Iterator[int]:
        """The slots of phrases that have exactly this text."""
        packed = len(self._entries)
        yield from (slot for slot in self._owners.get(folded, ()) if slot not in self._dead)
        for number in self._tail.owners.get(folded, ()):
            if number < self._seen and packed + number not in self._dead:
                yield packed + number

    def _candidates(self, query: Asked) -> dict[int, float]:
        """The cosines of the phrases worth a look, by slot, learned weights included."""
        segment = self._segment
        starts = segment.starts
        spans = [(weight, starts[place], starts[place + 1]) for place, weight in query.known]
        if segment.size <= _FEW_PHRASES or sum(end - begin for _, begin, end in spans) <= _ALL_POSTINGS:
            scores = self._added_up(spans)
        else:
            scores = self._chosen(spans, query)
        for one, weight in query.vector.items():
            for number, held in self._tail.postings.get(one, ()):
                if number < self._seen:
                    slot = len(self._entries) + number
                    scores[slot] = scores.get(slot, 0.0) + weight * held
        for slot in self._dead & scores.keys():
            del scores[slot]
        self._add_learned(scores, query)
        return scores

    def _added_up(self, spans: Iterable[tuple[float, int, int]]) -> dict[int, float]:
        slots, weights = self._segment.slots, self._segment.weights
        if self._segment.size <= _FEW_PHRASES:
            return self._added_up_at_once(spans)
        scores: dict[int, float] = {}
        so_far = scores.get
        for weight, begin, end in spans:
            for slot, held in zip(slots[begin:end], weights[begin:end], strict=True):
                scores[slot] = so_far(slot, 0.0) + weight * held
        return scores

    def _added_up_at_once(self, spans: Iterable[tuple[float, int, int]]) -> dict[int, float]:
        """The same in a small library: terms that many phrases hold are added up for all of them together."""
        segment = self._segment
        slots, weights = segment.slots, segment.weights
        many = segment.size // _WORTH_A_LANE if segment.has_lanes else segment.size
        rare: list[tuple[float, int, int]] = []
        total = 0
        for span in spans:
            weight, begin, end = span
            if end - begin > many:
                total += segment.lanes(begin, end) * fixed(weight)
            else:
                rare.append(span)
        sums = taken_apart(total, segment.size)
        for weight, begin, end in rare:
            for slot, held in zip(slots[begin:end], weights[begin:end], strict=True):
                sums[slot] += weight * held
        return {slot: score for slot, score in enumerate(sums) if score}

    def _chosen(self, spans: list[tuple[float, int, int]], query: Asked) -> dict[int, float]:
        """Candidates by the weightiest terms within the budget, then their whole cosines."""
        chosen: list[tuple[float, int, int]] = []
        budget = _CHOOSING_POSTINGS
        for weight, begin, end in sorted(spans, reverse=True):
            if end - begin > budget:
                if not chosen:
                    chosen.append((weight, begin, begin + budget))
                continue
            budget -= end - begin
            chosen.append((weight, begin, end))
        found = self._added_up(chosen)
        for slot in self._dead & found.keys():
            del found[slot]
        places = dict(query.known)
        return {slot: self._row_score(slot, places) for slot, _ in nlargest(_SCORED, found.items(), key=_SCORE)}

    def _row_score(self, slot: int, places: Mapping[int, float]) -> float:
        return sum([places[place] * held for place, held in self._segment.row(slot) if place in places])

    def _exact(self, slot: int, query: Asked) -> float:
        """The whole cosine of one phrase, learned weights included."""
        packed = len(self._entries)
        if slot < packed:
            score = self._row_score(slot, dict(query.known))
        else:
            held = self._tail.vectors[slot - packed]
            score = sum(weight * held[one] for one, weight in query.vector.items() if one in held)
        return score + self._learned_for(self._entry(slot).phrase.id, query)

    def _add_learned(self, scores: dict[int, float], query: Asked) -> None:
        about = self._learned.about
        if not about:
            return
        phrases = {phrase for one in query.vector for phrase in about.get(one, ())}
        for phrase in phrases:
            slot = self._slot(phrase)
            if slot is not None:
                scores[slot] = (scores[slot] if slot in scores else self._unlearned(slot, query)) + self._learned_for(
                    phrase, query
                )

    def _unlearned(self, slot: int, query: Asked) -> float:
        return self._exact(slot, query) - self._learned_for(self._entry(slot).phrase.id, query)

    def _learned_for(self, phrase: str, query: Asked) -> float:
        weights = self._learned.weights.get(phrase)
        if not weights:
            return 0.0
        return sum(weight * weights[one] for one, weight in query.vector.items() if one in weights)

    def _allowed(
        self, scores: dict[int, float], context: Context, extra: Mapping[int, float], same: set[int]
    ) -> tuple[list[tuple[int, float]], list[tuple[str, str]]]:
        """The best candidates that no condition rules out, and those ruled out before them."""
        removed: list[tuple[str, str]] = []
        best: list[tuple[int, float]] = []
        wanted = _COMPARED if context is ANYWHERE else len(scores)
        pairs: Iterable[tuple[int, float]] = scores.items()
        if extra or same:
            pairs = [(slot, score + extra.get(slot, 0.0) + (slot in same)) for slot, score in scores.items()]
        for slot, whole in nlargest(wanted, pairs, key=_SCORE):
            if whole <= 0:
                break
            phrase = self._entry(slot).phrase
            condition = excluded_by(phrase, context)
            if condition is not None:
                removed.append((phrase.id, condition))
                continue
            best.append((slot, scores[slot]))
            if len(best) == _COMPARED:
                break
        return best, removed[:MAX_LIMIT]

    def _compared(
        self, folded: str, best: Sequence[tuple[int, float]], extra: Mapping[int, float], same: set[int]
    ) -> Iterator[Ranked]:
        from rapidfuzz import fuzz, process

        wanted = reading_of(folded)
        for slot, cosine in best:
            entry = self._entry(slot)
            if slot in same:
                yield Ranked(entry, 1.0, 0.0, cosine, 1.0, folded, (), extra.get(slot, 0.0))
                continue
            nearest, likeness, _ = process.extractOne(folded, entry.texts, scorer=fuzz.ratio)
            ratio = likeness / 100
            guards = guards_against(wanted, folded, entry.reading, nearest)
            dense = extra.get(slot, 0.0)
            score = (cosine + _RATIO_SHARE * ratio * ratio + dense) / (
                1 + _RATIO_SHARE + (2 * _DENSE_SHARE if extra else 0)
            )
            if "opposite" in guards:
                score *= OPPOSITE_SHARE
            yield Ranked(entry, min(_NOT_SAME, max(0.0, score)), 0.0, cosine, ratio, nearest, guards, dense)

    def contributions(self, folded: str, phrase_id: str) -> Vector:
        """What each term of a folded text adds to the cosine of a phrase, learned weights included."""
        slot = self._slot(phrase_id)
        if slot is None:
            return {}
        query = self.query(folded)
        learned = self._learned.weights.get(phrase_id, {})
        packed = len(self._entries)
        if slot >= packed:
            held: Mapping[int, float] = self._tail.vectors[slot - packed]
        else:
            row = dict(self._segment.row(slot))
            held = {one: row.get(self._segment.place(one), 0.0) for one in query.vector}
        return {one: weight * (held.get(one, 0.0) + learned.get(one, 0.0)) for one, weight in query.vector.items()}


def _with_margins(ranked: Sequence[Ranked], limit: int) -> tuple[Ranked, ...]:
    if not ranked:
        return ()
    first = ranked[0]
    second = ranked[1].score if len(ranked) > 1 else 0.0
    return (
        first.leading_by(first.score - second),
        *[one.leading_by(one.score - first.score) for one in ranked[1:limit]],
    )
