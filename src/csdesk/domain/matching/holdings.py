"""What a library holds: its phrases as vectors, and how it grows.

The bulk lies packed in a ``Segment``. Phrases added since stand in a *tail*, scored with the rarities of the segment:
adding costs the same however large the library is, and removing what was added leaves exactly what was before.
``packed`` packs everything afresh.
"""

# ruff: noqa: SLF001  a library makes its successor, which is of its own class

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Final, Self

from csdesk.domain.matching.entries import Entry, Tail, entry_of
from csdesk.domain.matching.learning import NOTHING_LEARNED, Learned, Outcome
from csdesk.domain.matching.lexicon import Lexicon
from csdesk.domain.matching.phrases import Phrase
from csdesk.domain.matching.segment import Counted, Segment, Vector, combined
from csdesk.domain.matching.terms import terms_of
from csdesk.errors import InvalidInput, sentence

_MANY_PHRASES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A text as a vector.

    Attributes:
        vector: the weights of its terms, scaled to length 1.
        known: the places of those that packed phrases hold, each with its weight before scaling.
        length: what weights are divided by to be scaled.
        unknown: the share of the text's weight that no phrase knows, 0 to 1.
    """

    vector: Vector
    known: list[tuple[int, float]]
    length: float
    unknown: float

    def by_place(self) -> dict[int, float]:
        """The scaled weights of the terms that packed phrases hold."""
        length = self.length
        return {place: weight / length for place, weight in self.known}


class Holdings:
    """Phrases, packed and grown; every change gives another of its class, and the old one stays as it was."""

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
                raise InvalidInput(
                    "phrases", sentence("two have the id {id!r}", id=one.id), "give each phrase its own id"
                )
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
    def restored(cls, phrases: Sequence[Phrase], segment: Segment, lexicon: Lexicon, *, trained: bool) -> Self:
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

    def with_phrase(self, phrase: Phrase) -> Self:
        """The library with the phrase added, or put in the place of the one with its id."""
        library = self.without(phrase.id)
        entry = entry_of(phrase)
        library._tail = library._tail.grown(library._seen, entry, library._vector_of(entry))
        library._tail_slots = {**library._tail_slots, phrase.id: len(library._entries) + library._seen}
        library._seen += 1
        return library

    def without(self, phrase_id: str) -> Self:
        """The library without the phrase; without an unknown one nothing changes."""
        library = self._copy()
        slot = self._slot(phrase_id)
        if slot is None:
            return library
        library._dead = self._dead | {slot}
        if phrase_id in self._tail_slots:
            library._tail_slots = {one: at for one, at in self._tail_slots.items() if one != phrase_id}
        return library

    def with_learned(self, learned: Learned) -> Self:
        """The library with these learned weights."""
        library = self._copy()
        library._learned = learned
        return library

    def after(self, outcome: Outcome) -> Self:
        """The library after one more outcome."""
        return self.with_learned(self._learned.after(outcome, self.query(outcome.text).vector))

    def with_segment(self, segment: Segment, *, trained: bool = True) -> Self:
        """The library with other vectors for the packed phrases: trained ones, or those from before a training."""
        library = self._copy()
        library._segment = segment
        library.trained = trained
        return library

    def packed(self) -> Self:
        """The library packed afresh: every rarity up to date, training undone, learned weights kept."""
        return type(self)(self, self.lexicon).with_learned(self._learned)

    def query(self, folded: str) -> Asked:
        """A folded text as a vector."""
        weighed, about = self._segment.weighed, self._learned.about
        vector: Vector = {}
        known: list[tuple[int, float]] = []
        square = unknown = 0.0
        for one in sorted(self.terms(folded)):
            place, weight = weighed(one)
            vector[one] = weight
            square += weight * weight
            if place >= 0:
                known.append((place, weight))
            elif one not in about and not (self._seen and self._in_tail(one)):
                unknown += weight * weight
        length = sqrt(square) or 1.0
        scaled = {one: weight / length for one, weight in vector.items()}
        return Asked(scaled, known, length, unknown / (square or 1.0))

    def _in_tail(self, one: int) -> bool:
        """Whether a phrase of the tail that is still there holds the term."""
        packed = len(self._entries)
        held = self._tail.postings.get(one, ())
        return any(number < self._seen and packed + number not in self._dead for number, _ in held)

    def _id(self, slot: int) -> str:
        return self._entry(slot).phrase.id

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

    def _copy(self) -> Self:
        fresh = object.__new__(type(self))
        for name in Holdings.__slots__:
            setattr(fresh, name, getattr(self, name))
        return fresh
