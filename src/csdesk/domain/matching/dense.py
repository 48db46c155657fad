"""Vectors of an embedder as a second opinion beside the terms; numpy does the sums.

The rule: vectors are centred on the mean of the library's own (models put all texts of one desk close together) and
scaled to length 1. A phrase is as like a text as the nearest of its texts plus the mean of all, both as cosines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from csdesk.errors import InvalidInput, MissingExtra

# numpy is an optional package that a checkout may lack, so its arrays have no type here.
Matrix = Any

_NEAREST: Final = 40

Texts = Mapping[str, Sequence[str]]
"""The folded texts of each phrase, by its id."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Centred vectors of some phrases.

    Attributes:
        owners: the phrases that have texts.
        starts: where the rows of each owner begin.
        rows: a vector for each text.
        means: a vector for each owner: the mean of its rows, scaled to length 1.
        texts: the text of each row.
    """

    owners: tuple[str, ...]
    starts: tuple[int, ...]
    rows: Matrix
    means: Matrix
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """The vectors of a library; never changed in place.

    Attributes:
        mean: what all are centred on.
        packed: the phrases that were there at first.
        added: those added since.
        gone: packed phrases that were removed or replaced.
    """

    mean: Matrix
    packed: Block
    added: Block | None = None
    gone: frozenset[str] = frozenset()

    @classmethod
    def of(cls, texts: Texts, raw: Sequence[Sequence[float]]) -> Vectors:
        """Make the vectors of phrases from those of all their texts, one after the other."""
        matrix = matrix_of(raw)
        np = numpy_module()
        mean = matrix.mean(axis=0) if len(matrix) else np.zeros(matrix.shape[1], dtype="float32")
        return cls(mean, _block(texts, scaled(matrix - mean)))

    def with_phrase(self, phrase_id: str, texts: Sequence[str], raw: Sequence[Sequence[float]]) -> Vectors:
        """The vectors with a phrase added, or put in the place of the one with its id."""
        np = numpy_module()
        rest = self.without(phrase_id)
        rows = scaled(matrix_of(raw) - self.mean)
        if rest.added is None:
            return Vectors(self.mean, self.packed, _block({phrase_id: texts}, rows), rest.gone)
        held = dict(_texts(rest.added))
        return Vectors(
            self.mean, self.packed, _block({**held, phrase_id: texts}, np.vstack([rest.added.rows, rows])), rest.gone
        )

    def without(self, phrase_id: str) -> Vectors:
        """The vectors without a phrase."""
        added = self.added
        if added is not None and phrase_id in added.owners:
            added = _left(added, lambda owner, _: owner != phrase_id)
        gone = self.gone | {phrase_id} if phrase_id in self.packed.owners else self.gone
        return Vectors(self.mean, self.packed, added, gone)

    def without_texts(self, texts: Mapping[str, set[str]]) -> Vectors:
        """The vectors of the packed phrases without some of their texts."""
        return Vectors(self.mean, _left(self.packed, lambda owner, text: text not in texts.get(owner, ())))

    def repacked(self) -> Vectors:
        """The vectors with what was added among the packed ones; the mean stays."""
        left = _left(self.packed, lambda owner, _: owner not in self.gone)
        if self.added is None:
            return Vectors(self.mean, left)
        texts = {**dict(_texts(left)), **dict(_texts(self.added))}
        return Vectors(self.mean, _block(texts, numpy_module().vstack([left.rows, self.added.rows])))

    def of_texts(self) -> dict[tuple[str, str], Matrix]:
        """The centred vector of each packed text, by phrase and text."""
        return dict(zip(_rows(self.packed), self.packed.rows, strict=True))

    def centred(self, raw: Sequence[float]) -> Matrix:
        """A text's vector as the others are kept."""
        return scaled(matrix_of([raw]) - self.mean)[0]

    def likeness(self, vector: Matrix) -> dict[str, float]:
        """How like the text of this vector the nearest phrases are: from -2 to 2, by id."""
        np = numpy_module()
        found: dict[str, float] = {}
        for block, gone in ((self.packed, self.gone), (self.added, frozenset[str]())):
            if block is None or not block.owners:
                continue
            scores = np.maximum.reduceat(block.rows @ vector, np.array(block.starts)) + block.means @ vector
            nearest = np.argsort(-scores, kind="stable")[: _NEAREST + len(gone)]
            found.update((block.owners[at], float(scores[at])) for at in nearest if block.owners[at] not in gone)
        return found


def matrix_of(raw: Sequence[Sequence[float]]) -> Matrix:
    """The vectors as one matrix.

    Raises:
        InvalidInput: they differ in length, or a number in them is not finite.
    """
    np = numpy_module()
    try:
        matrix = np.asarray(raw, dtype="float32")
    except ValueError:
        matrix = np.zeros(0, dtype="float32")
    if len(raw) == 0:
        return matrix.reshape(0, 0)
    if matrix.ndim != 2 or not np.isfinite(matrix).all():
        raise InvalidInput("embedder", "its vectors differ in length or are not finite", "use another model")
    return matrix


def rows_of(told: object, count: int, width: int = 0) -> Matrix:
    """What an embedder said to ``count`` texts, a row for each; ``width``: how long vectors must be, 0: that is open.

    Raises:
        InvalidInput: it is something else.
    """
    try:
        matrix = matrix_of(told)  # type: ignore[arg-type]  # whatever it says
    except (TypeError, OverflowError):
        matrix = numpy_module().zeros((0, 0))
    found = matrix.shape[1]
    if len(matrix) != count or not found or found != (width or found):
        raise InvalidInput("embedder", "its vectors differ in length or are not finite", "use another model")
    return matrix


def _block(texts: Texts, rows: Matrix) -> Block:
    np = numpy_module()
    owners = tuple(owner for owner, held in texts.items() if held)
    starts: list[int] = []
    end = 0
    for owner in owners:
        starts.append(end)
        end += len(texts[owner])
    flat = tuple(text for owner in owners for text in texts[owner])
    means = np.add.reduceat(rows, np.array(starts), axis=0) if owners else rows[:0]
    return Block(owners, tuple(starts), rows, scaled(means), flat)


def _rows(block: Block) -> Iterable[tuple[str, str]]:
    for owner, start, end in zip(block.owners, block.starts, _ends(block), strict=True):
        yield from ((owner, text) for text in block.texts[start:end])


def _texts(block: Block) -> Iterable[tuple[str, tuple[str, ...]]]:
    for owner, start, end in zip(block.owners, block.starts, _ends(block), strict=True):
        yield owner, block.texts[start:end]


def _ends(block: Block) -> tuple[int, ...]:
    return (*block.starts[1:], len(block.texts)) if block.owners else ()


def _left(block: Block, kept: Callable[[str, str], bool]) -> Block:
    texts: dict[str, list[str]] = {}
    places: list[int] = []
    for at, (owner, text) in enumerate(_rows(block)):
        if kept(owner, text):
            texts.setdefault(owner, []).append(text)
            places.append(at)
    return _block(texts, block.rows[places])


def scaled(matrix: Matrix) -> Matrix:
    """Each row scaled to length 1."""
    np = numpy_module()
    return matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)


def numpy_module() -> Any:
    """numpy.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        return import_module("numpy")
    except ImportError as error:
        raise MissingExtra("embed", "numpy", "an embedder") from error
