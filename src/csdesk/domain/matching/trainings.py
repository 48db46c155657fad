"""A training in a form that is kept: which question moved which phrases, not the weights that came of it.

The weights follow from it: they are the fold of these moves over the packed library, as what people decided is folded
into learned weights. So a training takes a few bytes a question, goes on holding for the phrases that did not change
since, and holds no text. The form is text of ASCII signs: a version, then compressed arrays whose sizes are checked.
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, NamedTuple

from csdesk.domain.matching.confidence import FEATURES, Row
from csdesk.domain.matching.judging import own_rows
from csdesk.domain.matching.library import Library
from csdesk.domain.matching.segment import Vector, repacked
from csdesk.domain.matching.training import can_be_trained, pass_over, vector_of
from csdesk.errors import InvalidInput

_VERSION: Final = "1:"
_LARGEST: Final = 64 * 1024 * 1024
_ARRAYS: Final = (("phrases", "I"), ("texts", "I"), ("rivals", "I"), ("steps", "f"), ("rows", "f"))
_ROW: Final = len(FEATURES) + 2


class Push(NamedTuple):
    """A question that moved two phrases: towards the one that has it, away from its rival, by so much of its vector."""

    phrase: str
    text: int
    """The checksum of the folded question."""
    rival: str
    step: float


@dataclass(frozen=True, slots=True)
class Training:
    """What a training taught.

    Attributes:
        pushes: in the order of phrases, questions and rivals.
        rows: what the library's own questions say about how sure it may be.
        texts: how many questions took part.
        phrases: how many phrases took part.
    """

    pushes: tuple[Push, ...]
    rows: tuple[Row, ...]
    texts: int
    phrases: int

    def packed(self) -> str:
        """The training as text, which ``unpacked`` reads."""
        names = sorted({name for one in self.pushes for name in (one.phrase, one.rival)})
        number = {name: at for at, name in enumerate(names)}
        arrays: tuple[array[Any], ...] = (
            array("I", [number[one.phrase] for one in self.pushes]),
            array("I", [one.text for one in self.pushes]),
            array("I", [number[one.rival] for one in self.pushes]),
            array("f", [one.step for one in self.pushes]),
            array("f", chain.from_iterable((*evidence, float(right), count) for evidence, right, count in self.rows)),
        )
        head = {"names": names, "pushes": len(self.pushes), "rows": len(self.rows), "texts": self.texts}
        told = json.dumps({**head, "phrases": self.phrases}, ensure_ascii=False, separators=(",", ":")).encode()
        parts = (len(told).to_bytes(4, "little"), told, *map(_bytes_of, arrays))
        return _VERSION + b64encode(zlib.compress(b"".join(parts), 9)).decode()

    @classmethod
    def unpacked(cls, body: str) -> Training:
        """The training that ``packed`` wrote.

        Raises:
            InvalidInput: it is something else, cut short, changed, or of a newer release.
        """
        if not body.startswith(_VERSION):
            raise _broken("is of a form that this release does not know")
        try:
            return _read(_inflated(b64decode(body[len(_VERSION) :], validate=True)))
        except (ValueError, KeyError, TypeError, IndexError, zlib.error) as error:
            raise _broken("was cut short or changed") from error


def training_of(library: Library) -> Training:
    """Train a library and say what was taught; takes as long as ``csdesk.matching.Matcher.optimize``.

    Raises:
        InvalidInput: there are too few questions to learn from.
    """
    packed = library.packed()
    if not can_be_trained(packed):
        remedy = "give the phrases three texts each on average: a title and two questions"
        raise InvalidInput("phrases", "have too few questions to learn from", remedy)
    run = pass_over(packed)
    trained = packed.with_segment(run.run())
    entries = packed.packed_entries()
    pushes = sorted(
        Push(entries[slot].phrase.id, _checksum(text), entries[rival].phrase.id, step)
        for (number, rival), step in run.pushes.items()
        for slot, text in (run.texts[number],)
    )
    return Training(tuple(pushes), tuple(own_rows(trained, None)), len(run.texts), len(entries))


def taught(library: Library, training: Training) -> Library:
    """An untrained library after a training; what is about phrases or questions that are gone teaches nothing."""
    segment = library.segment
    gone = set(library.removed_packed())
    slots = {one.phrase.id: at for at, one in enumerate(library.packed_entries()) if one.phrase.id not in gone}
    rows: dict[int, Vector] = {}
    for slot, text, others in _by_question(library, training.pushes, slots):
        vector = vector_of(segment, library.terms(text))
        for rival, step in others:
            _move(rows.setdefault(slot, dict(segment.row(slot))), vector, step)
            _move(rows.setdefault(rival, dict(segment.row(rival))), vector, -step)
    return library.with_segment(repacked(segment, rows))


def _by_question(
    library: Library, pushes: Iterable[Push], slots: dict[str, int]
) -> Iterator[tuple[int, str, list[tuple[int, float]]]]:
    """Each question that is still there, with the slot of its phrase, and the slots of its rivals with their steps."""
    moved: defaultdict[tuple[str, int], list[tuple[int, float]]] = defaultdict(list)
    for one in pushes:
        if one.phrase in slots and one.rival in slots:
            moved[one.phrase, one.text].append((slots[one.rival], one.step))
    entries = library.packed_entries()
    for (phrase, checksum), others in moved.items():
        slot = slots[phrase]
        text = next((text for text in entries[slot].texts if _checksum(text) == checksum), None)
        if text is not None:
            yield slot, text, others


def _move(row: Vector, vector: Vector, step: float) -> None:
    for place, weight in vector.items():
        row[place] = row.get(place, 0.0) + step * weight


def _checksum(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "replace"))


def _bytes_of(values: array[Any]) -> bytes:
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def _inflated(packed: bytes) -> memoryview:
    """What was compressed, if it is whole and of a bearable size."""
    stream = zlib.decompressobj()
    plain = stream.decompress(packed, _LARGEST)
    if not stream.eof or stream.unused_data:
        raise ValueError("not whole")
    return memoryview(plain)


def _read(plain: memoryview) -> Training:
    size = int.from_bytes(plain[:4], "little")
    head: dict[str, Any] = json.loads(bytes(plain[4 : 4 + size]))
    names, count = head["names"], head["pushes"]
    values: list[array[Any]] = []
    at = 4 + size
    for name, code in _ARRAYS:
        length = 4 * (head["rows"] * _ROW if name == "rows" else count)
        read: array[Any] = array(code)
        read.frombytes(plain[at : at + length])
        if sys.byteorder == "big":
            read.byteswap()
        if len(read) * 4 != length:
            raise ValueError("too short")
        values.append(read)
        at += length
    if at != len(plain):
        raise ValueError("too long")
    phrases, texts, rivals, steps, rows = values
    pushes = tuple(
        Push(names[one], text, names[rival], step)
        for one, text, rival, step in zip(phrases, texts, rivals, steps, strict=True)
    )
    return Training(pushes, tuple(_rows(rows)), int(head["texts"]), int(head["phrases"]))


def _rows(values: array[float]) -> Iterator[Row]:
    for at in range(0, len(values), _ROW):
        *evidence, right, count = values[at : at + _ROW]
        yield tuple(evidence), bool(right), count


def _broken(problem: str) -> InvalidInput:
    return InvalidInput("training", problem, "train the phrases again")
