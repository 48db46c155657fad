"""What a library holds and what it says about a text: entries, and rankings of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from csdesk._sentence import is_a
from csdesk.domain.matching.guards import PhraseReading, common_reading
from csdesk.domain.matching.phrases import Phrase
from csdesk.domain.matching.segment import Vector
from csdesk.domain.records.matches import Guard
from csdesk.domain.text.folding import fold
from csdesk.errors import InvalidInput, sentence

TEXT_LENGTH: Final = 500
_UNFOLDED_LENGTH: Final = 2_000
MAX_LIMIT: Final = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """A phrase with what is worked out once: its folded texts and what the guards read in them."""

    phrase: Phrase
    texts: tuple[str, ...]
    reading: PhraseReading


@dataclass(frozen=True, slots=True)
class Ranked:
    """A phrase in a ranking.

    Attributes:
        entry: the phrase.
        score: how well it answers the text, 0 to 1; for ordering, not a probability.
        margin: its lead over the best of the others, -1 to 1; negative for all but the first.
        cosine: the part of the score that terms give, before it is scaled.
        ratio: the likeness to its nearest text, 0 to 1.
        nearest: that text, folded.
        guards: what speaks against sending it.
        dense: the likeness of vectors, where an embedder took part.
    """

    entry: Entry
    score: float
    margin: float
    cosine: float
    ratio: float
    nearest: str
    guards: tuple[Guard, ...]
    dense: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a library says about one text.

    Attributes:
        text: the text, folded and cut to 500 characters.
        matches: the phrases that share something with it, best first.
        unknown: the share of the text's weight that no phrase knows, 0 to 1.
        removed: phrases that would have been candidates, and the condition that ruled each out.
        phrases: how many phrases the library has.
    """

    text: str
    matches: tuple[Ranked, ...]
    unknown: float
    removed: tuple[tuple[str, str], ...]
    phrases: int


def checked(limit: int) -> int:
    """The limit, if it can be one.

    Raises:
        InvalidInput: it is no whole number, or outside 1 to 50.
    """
    given: object = limit  # whatever a caller passes
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MAX_LIMIT:
        raise InvalidInput("limit", "is out of range", sentence("give a whole number from 1 to {most}", most=MAX_LIMIT))
    return limit


def folded(text: str) -> str:
    """A text as it is compared: at most its first 2,000 characters, folded and cut to 500.

    Raises:
        InvalidInput: it is no str.
    """
    if not isinstance(text, str):
        raise InvalidInput("text", is_a(text), "pass a str")
    return fold(text[:_UNFOLDED_LENGTH])[:TEXT_LENGTH]


def entry_of(phrase: Phrase) -> Entry:
    """Work out what a phrase is matched by."""
    texts = (phrase.title, *phrase.questions, " ".join(phrase.keywords))
    kept = tuple(dict.fromkeys(text for one in texts if (text := folded(one))))
    return Entry(phrase, kept, common_reading(kept))


class Tail:
    """Phrases added after packing. It only grows, and is shared: a library sees the first so many of its entries."""

    __slots__ = ("entries", "owners", "postings", "vectors")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.owners: dict[str, list[int]] = {}
        self.vectors: list[Vector] = []
        self.postings: dict[int, list[tuple[int, float]]] = {}

    def grown(self, seen: int, entry: Entry, vector: Vector) -> Tail:
        """A tail with one more entry behind the first ``seen``: this one, unless somebody else went on from there."""
        tail = self if len(self.entries) == seen else self._first(seen)
        for one, weight in vector.items():
            tail.postings.setdefault(one, []).append((seen, weight))
        for text in entry.texts:
            tail.owners.setdefault(text, []).append(seen)
        tail.vectors.append(vector)
        tail.entries.append(entry)
        return tail

    def _first(self, seen: int) -> Tail:
        tail = Tail()
        for number in range(seen):
            tail.grown(number, self.entries[number], self.vectors[number])
        return tail
