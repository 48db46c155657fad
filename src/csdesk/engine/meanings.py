"""The vectors of a desk's phrases, as its embedder told them: each text once, however often the library changes.

What is known is one immutable value, replaced under a lock. It holds no text but those of the phrases last asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from inspect import iscoroutinefunction
from threading import BoundedSemaphore, Lock
from typing import Final

from csdesk._sentence import is_a
from csdesk.domain.matching.book import PhraseBook
from csdesk.domain.matching.dense import Matrix, Texts, Vectors, numpy_module, rows_of
from csdesk.domain.matching.dense_training import told_apart
from csdesk.domain.matching.resting import RESTED, Rest
from csdesk.errors import InvalidInput
from csdesk.ports.embedder import Embedder
from csdesk.ports.steps import Fused, KeepVectors, LetRest

_MANY_LOOSE: Final = 100
"""After so many changed phrases vectors are centred, and those of trained phrases told apart, afresh."""

_TOLD_APART: Final = 4_000
"""Vectors of so many texts at most are told apart, which takes a second: somebody waits for a suggestion."""

_AT_ONCE: Final = 2
"""So many calls of an embedder run at a time: one that hangs keeps a thread for ever, and others need threads too."""

_FOR_ROOM: Final = 1.0
"""So many seconds a call waits for another to end."""


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What one model told."""

    model: str = ""
    rows: Mapping[str, Matrix] = field(default_factory=dict)
    """The vector of each text, as the model gave it."""
    plain: PhraseBook | None = None
    fused: PhraseBook | None = None
    """The phrases that were asked for last, without and with vectors."""
    texts: Texts = field(default_factory=dict)
    vectors: Vectors | None = None
    trained: int = 0
    loose: int = 0
    rest: Rest = RESTED


class Meanings:
    """An embedder, and what it told about phrases. Safe between threads."""

    def __init__(self, embedder: Embedder) -> None:
        """Check an embedder; it is asked nothing.

        Raises:
            InvalidInput: it has no name or cannot encode, or has to be awaited.
            MissingExtra: numpy is not installed.
        """
        self._embedder = _checked(embedder)
        numpy_module()
        self._known = _Known()
        self._lock = Lock()
        self._room = BoundedSemaphore(_AT_ONCE)

    def encode(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """What the embedder says to texts.

        Raises:
            TimeoutError: it is busy with other calls.
        """
        if not self._room.acquire(timeout=_FOR_ROOM):
            raise TimeoutError
        try:
            return self._embedder.encode(texts)
        finally:
            self._room.release()

    def fused(self, book: PhraseBook) -> Fused:
        """The phrases with vectors, or the texts that have none yet."""
        model = self._embedder.name
        known = self._known
        if known.plain is book and known.model == model:
            return Fused(model, known.fused, rest=known.rest)
        with self._lock:
            known = self._known if self._known.model == model else _Known(model)
            texts = book.texts()
            wanted = dict.fromkeys(text for held in texts.values() for text in held)
            rows = {text: row for text in wanted if (row := known.rows.get(text)) is not None}
            known = replace(known, rows=rows)
            missing = tuple([text for text in wanted if text not in rows])
            self._known = known if missing else _with_vectors(known, book, texts)
            return Fused(model, None if missing else self._known.fused, missing, known.rest)

    def keep(self, step: KeepVectors) -> None:
        """Keep what the embedder told.

        Raises:
            InvalidInput: it is no list of vectors, one for each text, as long as those before.
        """
        with self._lock:
            known = self._known
            if known.model != step.model:
                return  # another model took its place meanwhile
            width = next((len(row) for row in known.rows.values()), 0)
            told = rows_of(step.told, len(step.texts), width)
            self._known = replace(known, rows={**known.rows, **dict(zip(step.texts, told, strict=True))})

    def let_rest(self, step: LetRest) -> None:
        """Remember how the embedder fared."""
        with self._lock:
            if self._known.model == step.model:
                self._known = replace(self._known, rest=step.rest)


def _with_vectors(known: _Known, book: PhraseBook, texts: Texts) -> _Known:
    """What is known once the phrases of the book, all of whose texts have vectors, were given them."""
    changed = [one for one, held in texts.items() if known.texts.get(one) != held]
    gone = known.texts.keys() - texts.keys()
    loose = known.loose + len(changed) + len(gone)
    vectors = known.vectors
    if not known.rows:
        return _Known(known.model, plain=book, fused=book, rest=known.rest)
    if vectors is None or known.trained != book.trained or loose > _MANY_LOOSE:
        vectors, loose = Vectors.of(texts, _raw(known, *texts.values())), 0
        if book.trained and len(vectors.packed.texts) <= _TOLD_APART:
            vectors = told_apart(vectors)
    else:
        for one in gone:
            vectors = vectors.without(one)
        for one in changed:
            held = texts[one]
            vectors = vectors.with_phrase(one, held, _raw(known, held)) if held else vectors.without(one)
    fused = book.with_vectors(vectors)
    return _Known(known.model, known.rows, book, fused, texts, vectors, book.trained, loose, known.rest)


def _raw(known: _Known, *texts: Sequence[str]) -> list[Matrix]:
    return [known.rows[text] for held in texts for text in held]


def _checked(embedder: Embedder) -> Embedder:
    given: object = embedder
    encode = getattr(given, "encode", None)
    if isinstance(given, type) or not isinstance(getattr(given, "name", None), str) or not callable(encode):
        raise InvalidInput("embedder", is_a(given), "pass an object with name and encode")
    if iscoroutinefunction(encode):
        raise InvalidInput("embedder", "has to be awaited", "pass one that blocks; AsyncDesk asks it in a thread")
    return embedder
