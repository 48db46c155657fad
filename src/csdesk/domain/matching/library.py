"""An immutable library of phrases that ranks them for a text; every change gives a new library.

The bulk lies packed in a ``Segment``. Phrases added since stand in a *tail*, scored with the rarities of the segment:
adding costs the same however large the library is, and removing what was added leaves exactly what was before.
``packed`` packs everything afresh.

The score is (cosine + learned + 0.15 x ratio^2) / 1.15, where ratio is the likeness of the text to the nearest of the
phrase's texts by longest common subsequence; the opposite of what was asked is halved. A phrase that has exactly the
text scores 1, unless people decided against it. With an embedder half its likeness, -1 to 1, is added before scaling.
"""

# ruff: noqa: SLF001  a library makes its successor, which is of its own class

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from itertools import pairwise
from math import sqrt
from operator import itemgetter
from typing import Final

from csdesk.domain.matching.entries import MAX_LIMIT, Entry, Ranked, Ranking, Tail, checked, entry_of, folded
from csdesk.domain.matching.guards import OPPOSITE_SHARE, guards_against, reading_of
from csdesk.domain.matching.learning import NOTHING_LEARNED, Learned, Outcome
from csdesk.domain.matching.lexicon import Lexicon
from csdesk.domain.matching.phrases import ANYWHERE, Context, Phrase, excluded_by
from csdesk.domain.matching.segment import Counted, Segment, Vector, combined
from csdesk.domain.matching.terms import KIND_MASK, KIND_WEIGHTS, terms_of
from csdesk.errors import InvalidInput

# What bounds the work of one match: below the first all postings are added up; above it, those of the weightiest terms
# up to the second choose candidates, of which the best are scored in full and the best of these compared by letters.
_ALL_POSTINGS: Final = 5_000
_FEW_PHRASES: Final = 500
_CHOOSING_POSTINGS: Final = 2_000
_SCORED: Final = 40
_COMPARED: Final = 24
_RATIO_SHARE: Final = 0.15
_NOT_SAME: Final = 0.999
_DENSE_SHARE: Final = 0.5
_MANY_PHRASES: Final = 20_000

_SCORE: Final = itemgetter(1)


@dataclass(frozen=True, slots=True)
class _Query:
    """A text as a vector: the weights of its terms, scaled to length 1, by place and by term."""

    vector: Vector
    known: list[tuple[int, float]]
    unknown: float


class Library:
    """The phrases, packed and scored; see the module for how."""

    __slots__ = (
        "_dead", "_entries", "_lean", "_learned", "_owners", "_seen", "_segment", "_slot_of", "_tail", "_tail_slots",
        "lexicon", "trained"
    )  # fmt: skip

    def __init__(self, phrases: Iterable[Phrase] = (), lexicon: Lexicon | None = None) -> None:
        """Pack the phrases; their order does not matter.

        Args:
            phrases: with ids of their own.
            lexicon: groups of synonyms; None means those that come with csdesk.

        Raises:
            InvalidInput: two phrases have one id.
        """
        self.lexicon = Lexicon.standard() if lexicon is None else lexicon
        self._learned: Learned = NOTHING_LEARNED
        self.trained = False
        ordered = sorted(phrases, key=lambda one: one.id)
        self._lean = len(ordered) > _MANY_PHRASES
        for one, after in pairwise(ordered):
            if one.id == after.id:
                raise InvalidInput("phrases", f"two have the id {one.id!r}", "give each phrase its own id")
        entries = tuple(entry_of(phrase) for phrase in ordered)
        counted = Counted()
        for entry in entries:
            counted.add([self.terms(text) for text in entry.texts])
        self._pack(entries, counted.packed())

    def _pack(self, entries: tuple[Entry, ...], segment: Segment) -> None:
        self._entries = entries
        self._segment = segment
        self._slot_of = {entry.phrase.id: slot for slot, entry in enumerate(entries)}
        self._owners: dict[str, tuple[int, ...]] = {}
        for slot, entry in enumerate(entries):
            for text in entry.texts:
                self._owners[text] = (*self._owners.get(text, ()), slot)
        self._tail = Tail()
        self._seen = 0
        self._tail_slots: dict[str, int] = {}
        self._dead: frozenset[int] = frozenset()

    def __len__(self) -> int:
        """The number of phrases."""
        return len(self._entries) + self._seen - len(self._dead)

    def __contains__(self, phrase_id: object) -> bool:
        """Whether a phrase of this id is in the library."""
        return isinstance(phrase_id, str) and self._slot(phrase_id) is not None

    def __iter__(self) -> Iterator[Phrase]:
        """All phrases: those packed by id, then those added since."""
        return (entry.phrase for entry in self.entries())

    @property
    def learned(self) -> Learned:
        """What was learned from outcomes."""
        return self._learned

    @property
    def segment(self) -> Segment:
        """The packed part."""
        return self._segment

    @property
    def unpacked(self) -> int:
        """How many phrases were added or removed since packing."""
        return self._seen + len(self._dead)

    def entries(self) -> Iterator[Entry]:
        """All entries in the order of ``__iter__``."""
        packed = len(self._entries)
        return (self._entry(slot) for slot in range(packed + self._seen) if slot not in self._dead)

    def packed_entries(self) -> tuple[Entry, ...]:
        """What is packed, removed phrases included."""
        return self._entries

    def removed_packed(self) -> list[str]:
        """The ids of packed phrases that were removed or replaced."""
        return [self._entries[slot].phrase.id for slot in self._dead if slot < len(self._entries)]

    def added_entries(self) -> list[Entry]:
        """The phrases added since packing and still there, oldest first."""
        packed = len(self._entries)
        return [self._entry(slot) for slot in range(packed, packed + self._seen) if slot not in self._dead]

    @classmethod
    def restored(cls, phrases: Sequence[Phrase], segment: Segment, lexicon: Lexicon, *, trained: bool) -> Library:
        """A library of phrases whose vectors are at hand, slot by slot.

        Raises:
            InvalidInput: two phrases have one id, or their number is not that of the slots.
        """
        library = cls((), lexicon)
        library._lean = len(phrases) > _MANY_PHRASES
        library._pack(tuple(entry_of(phrase) for phrase in phrases), segment)
        if len(library._slot_of) != segment.size:
            raise InvalidInput("phrases", "they do not fit the vectors", "give each slot one phrase with its own id")
        library.trained = trained
        return library

    def get(self, phrase_id: str) -> Phrase | None:
        """The phrase of this id, or None."""
        slot = self._slot(phrase_id)
        return None if slot is None else self._entry(slot).phrase

    def terms(self, folded: str) -> set[int]:
        """The terms of a folded text, concepts included."""
        return terms_of(folded, lean=self._lean) | self.lexicon.concepts_in(folded)

    def with_phrase(self, phrase: Phrase) -> Library:
        """The library with the phrase added, or put in the place of the one with its id."""
        library = self.without(phrase.id)
        entry = entry_of(phrase)
        library._tail = library._tail.grown(library._seen, entry, library._vector_of(entry))
        library._tail_slots = {**library._tail_slots, phrase.id: len(library._entries) + library._seen}
        library._seen += 1
        return library

    def without(self, phrase_id: str) -> Library:
        """The library without the phrase; without an unknown one nothing changes."""
        library = self._copy()
        slot = self._slot(phrase_id)
        if slot is None:
            return library
        library._dead = self._dead | {slot}
        if phrase_id in self._tail_slots:
            library._tail_slots = {one: at for one, at in self._tail_slots.items() if one != phrase_id}
        return library

    def with_learned(self, learned: Learned) -> Library:
        """The library with these learned weights."""
        library = self._copy()
        library._learned = learned
        return library

    def after(self, outcome: Outcome) -> Library:
        """The library after one more outcome."""
        return self.with_learned(self._learned.after(outcome, self.query(outcome.text).vector))

    def with_segment(self, segment: Segment) -> Library:
        """The library of the packed phrases with trained vectors; only for one that has no tail."""
        library = self._copy()
        library._segment = segment
        library.trained = True
        return library

    def packed(self) -> Library:
        """The library packed afresh: every rarity up to date, training undone, learned weights kept."""
        return Library(self, self.lexicon).with_learned(self._learned)

    def query(self, folded: str) -> _Query:
        """A folded text as a vector."""
        segment, about = self._segment, self._learned.about
        vector: Vector = {}
        known: list[tuple[int, float]] = []
        square = unknown = 0.0
        for one in sorted(self.terms(folded)):
            place = segment.place(one)
            weight = KIND_WEIGHTS[one & KIND_MASK] * (
                segment.factors[place] if place >= 0 else segment.rarity.of_unseen(one)
            )
            vector[one] = weight
            square += weight * weight
            if place >= 0:
                known.append((place, weight))
            elif one not in about and not self._in_tail(one):
                unknown += weight * weight
        length = sqrt(square) or 1.0
        scaled = {one: weight / length for one, weight in vector.items()}
        return _Query(scaled, [(place, weight / length) for place, weight in known], unknown / (square or 1.0))

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

    def _in_tail(self, one: int) -> bool:
        """Whether a phrase of the tail that is still there holds the term."""
        packed = len(self._entries)
        held = self._tail.postings.get(one, ())
        return any(number < self._seen and packed + number not in self._dead for number, _ in held)

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
        return Ranking(asked, _with_margins(compared, limit), query.unknown, tuple(removed))

    def _asked_by(self, folded: str) -> Iterator[int]:
        """The slots of phrases that have exactly this text."""
        packed = len(self._entries)
        yield from (slot for slot in self._owners.get(folded, ()) if slot not in self._dead)
        for number in self._tail.owners.get(folded, ()):
            if number < self._seen and packed + number not in self._dead:
                yield packed + number

    def _id(self, slot: int) -> str:
        return self._entry(slot).phrase.id

    def _candidates(self, query: _Query) -> dict[int, float]:
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
        scores: dict[int, float] = {}
        so_far = scores.get
        for weight, begin, end in spans:
            for slot, held in zip(slots[begin:end], weights[begin:end], strict=True):
                scores[slot] = so_far(slot, 0.0) + weight * held
        return scores

    def _chosen(self, spans: list[tuple[float, int, int]], query: _Query) -> dict[int, float]:
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

    def _exact(self, slot: int, query: _Query) -> float:
        """The whole cosine of one phrase, learned weights included."""
        packed = len(self._entries)
        if slot < packed:
            score = self._row_score(slot, dict(query.known))
        else:
            held = self._tail.vectors[slot - packed]
            score = sum(weight * held[one] for one, weight in query.vector.items() if one in held)
        return score + self._learned_for(self._entry(slot).phrase.id, query)

    def _add_learned(self, scores: dict[int, float], query: _Query) -> None:
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

    def _unlearned(self, slot: int, query: _Query) -> float:
        return self._exact(slot, query) - self._learned_for(self._entry(slot).phrase.id, query)

    def _learned_for(self, phrase: str, query: _Query) -> float:
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
            guards = guards_against(wanted, entry.reading, nearest)
            dense = extra.get(slot, 0.0)
            score = (cosine + _RATIO_SHARE * ratio * ratio + dense) / (
                1 + _RATIO_SHARE + (2 * _DENSE_SHARE if extra else 0)
            )
            if "opposite" in guards:
                score *= OPPOSITE_SHARE
            yield Ranked(entry, min(_NOT_SAME, max(0.0, score)), 0.0, cosine, ratio, nearest, guards, dense)

    def _slot(self, phrase_id: str) -> int | None:
        slot = self._tail_slots.get(phrase_id)
        if slot is None:
            slot = self._slot_of.get(phrase_id)
            if slot in self._dead:
                return None
        return slot

    def _entry(self, slot: int) -> Entry:
        packed = len(self._entries)
        return self._entries[slot] if slot < packed else self._tail.entries[slot - packed]

    def _vector_of(self, entry: Entry) -> Vector:
        samples = [self.query(text).vector for text in entry.texts]
        return combined(samples) if samples else {}

    def _copy(self) -> Library:
        library = object.__new__(Library)
        for name in Library.__slots__:
            setattr(library, name, getattr(self, name))
        return library


def _with_margins(ranked: Sequence[Ranked], limit: int) -> tuple[Ranked, ...]:
    if not ranked:
        return ()
    first = ranked[0]
    second = ranked[1].score if len(ranked) > 1 else 0.0
    return (
        replace(first, margin=first.score - second),
        *(replace(one, margin=one.score - first.score) for one in ranked[1:limit]),
    )
