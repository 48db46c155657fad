"""An immutable library of phrases that ranks them for a text; every change gives a new library.

What it holds, and how it grows, is told in ``holdings``, what a candidate scores in ``placing``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from math import inf
from operator import itemgetter
from typing import Final

from csdesk.domain.matching.adding import LANE_PHRASES, cosines, cosines_at, cosines_leading, cosines_of_some
from csdesk.domain.matching.entries import MAX_LIMIT, Entry, Ranking, checked, folded
from csdesk.domain.matching.holdings import Asked, Holdings
from csdesk.domain.matching.phrases import ANYWHERE, Context, excluded_by
from csdesk.domain.matching.placing import DENSE_SHARE, placed
from csdesk.domain.matching.segment import Vector

# What bounds the work of one match: below the first all postings are added up; above it, those of the weightiest terms
# up to the second choose candidates, of which the best are scored in full and the best of these compared by letters.
_ALL_POSTINGS: Final = 5_000
_FEW_PHRASES: Final = 500
_CHOOSING_POSTINGS: Final = 2_000
_SCORED: Final = 40
_COMPARED: Final = 24
_ONE_IN: Final = 8
_LEADING: Final = 12

_SCORE: Final = itemgetter(1)

Best = tuple[list[tuple[int, Entry, float]], list[tuple[str, str]]]
"""Slots, entries and cosines of the best candidates, and the ids of phrases ruled out before them with the reason."""


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
        extra = {
            slot: DENSE_SHARE * value for one, value in (dense or {}).items() if (slot := self._slot(one)) is not None
        }
        owners = self._asked_by(asked) if exact else ()
        same = {slot for slot in owners if self._learned_for(self._id(slot), query) >= 0}
        best, removed = self._best(query, context, extra, same)
        matches = placed(asked, best, limit, extra, same)
        return Ranking(asked, matches, query.unknown, tuple(removed), len(self))

    def _asked_by(self, folded: str) -> Iterator[int]:
        """The slots of phrases that have exactly this text."""
        packed = len(self._entries)
        yield from (slot for slot in self._owners.get(folded, ()) if slot not in self._dead)
        for number in self._tail.owners.get(folded, ()):
            if number < self._seen and packed + number not in self._dead:
                yield packed + number

    def _best(self, query: Asked, context: Context, extra: Mapping[int, float], same: set[int]) -> Best:
        """The best candidates; where only terms speak, they are looked for among the leading ones first."""
        if not extra and self._segment.size <= LANE_PHRASES and self._learned.about.keys().isdisjoint(query.vector):
            scores = self._candidates(query, wanted=_COMPARED + len(self._dead))
            if same <= scores.keys():
                best, removed = self._allowed(scores, context, extra, same)
                if len(best) == _COMPARED or not removed:
                    return best, removed
        scores = self._candidates(query)
        for slot in extra:
            if slot not in scores:
                scores[slot] = self._exact(slot, query)
        for slot in same - scores.keys():
            scores[slot] = 0.0
        return self._allowed(scores, context, extra, same)

    def _candidates(self, query: Asked, *, wanted: int = 0) -> dict[int, float]:
        """The cosines of the phrases worth a look, by slot, learned weights included.

        With ``wanted`` others than the leading so many may be left out in a library of lanes.
        """
        segment = self._segment
        starts = segment.starts
        spans = [(weight, starts[place], starts[place + 1]) for place, weight in query.known]
        if segment.size > _FEW_PHRASES and sum([end - begin for _, begin, end in spans]) > _ALL_POSTINGS:
            scores = self._chosen(spans, query)
        elif segment.size > LANE_PHRASES:
            scores = cosines_of_some(segment, spans, query.length)
        elif wanted:
            scores = cosines_leading(segment, spans, query.length, wanted)
        else:
            scores = cosines(segment, spans, query.length)
        if self._seen:
            self._add_later(scores, query)
        for slot in self._dead & scores.keys():
            del scores[slot]
        self._add_learned(scores, query)
        return scores

    def _add_later(self, scores: dict[int, float], query: Asked) -> None:
        """Add the cosines of phrases that came after packing."""
        for one, weight in query.vector.items():
            for number, held in self._tail.postings.get(one, ()):
                if number < self._seen:
                    slot = len(self._entries) + number
                    scores[slot] = scores.get(slot, 0.0) + weight * held

    def _chosen(self, spans: list[tuple[float, int, int]], query: Asked) -> dict[int, float]:
        """Candidates by the weightiest terms within the budget, with their whole cosines."""
        chosen: list[tuple[float, int, int]] = []
        budget = _CHOOSING_POSTINGS
        for weight, begin, end in sorted(spans, reverse=True):
            if end - begin > budget:
                if not chosen:
                    chosen.append((weight, begin, begin + budget))
                continue
            budget -= end - begin
            chosen.append((weight, begin, end))
        by_lanes = self._segment.size <= LANE_PHRASES
        if by_lanes:
            found = cosines_leading(self._segment, chosen, query.length, _SCORED + len(self._dead))
        else:
            found = cosines_of_some(self._segment, chosen, query.length)
        for slot in self._dead & found.keys():
            del found[slot]
        best = [slot for slot, score in islice(_best_first(found.items()), _SCORED) if score]
        if by_lanes:
            return cosines_at(self._segment, spans, query.length, best)
        places = query.by_place()
        return {slot: self._row_score(slot, places) for slot in best}

    def _row_score(self, slot: int, places: Mapping[int, float]) -> float:
        return sum([places[place] * held for place, held in self._segment.row(slot) if place in places])

    def _exact(self, slot: int, query: Asked) -> float:
        """The whole cosine of one phrase, learned weights included."""
        packed = len(self._entries)
        if slot < packed:
            score = self._row_score(slot, query.by_place())
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

    def _allowed(self, scores: dict[int, float], context: Context, extra: Mapping[int, float], same: set[int]) -> Best:
        """The best candidates that no condition rules out, with their cosines, and those ruled out before them."""
        removed: list[tuple[str, str]] = []
        best: list[tuple[int, Entry, float]] = []
        pairs: Collection[tuple[int, float]] = scores.items()
        if extra or same:
            pairs = [(slot, score + extra.get(slot, 0.0) + (slot in same)) for slot, score in scores.items()]
        anywhere = context is ANYWHERE
        for slot, whole in _best_first(pairs):
            if whole <= 0:
                break
            entry = self._entry(slot)
            condition = None if anywhere else excluded_by(entry.phrase, context)
            if condition is not None:
                removed.append((entry.phrase.id, condition))
                continue
            best.append((slot, entry, scores[slot]))
            if len(best) == _COMPARED:
                break
        return best, removed[:MAX_LIMIT]

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


def _best_first(pairs: Collection[tuple[int, float]]) -> Iterator[tuple[int, float]]:
    """Slots and their scores, best first, equal ones as they come.

    Hardly ever are more wanted than the best tenth of a thousand, so that is told from a few of them and sorted first.
    """
    some = sorted(map(_SCORE, islice(pairs, None, None, _ONE_IN)), reverse=True)
    least = some[_LEADING] if len(some) > _LEADING else -inf
    yield from sorted([(slot, score) for slot, score in pairs if score >= least], key=_SCORE, reverse=True)
    yield from sorted([(slot, score) for slot, score in pairs if score < least], key=_SCORE, reverse=True)
