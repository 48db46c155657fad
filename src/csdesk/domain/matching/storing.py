"""A judge as bytes and back: no pickle, a version in front, a checksum behind, every array checked before use.

The form: a line of text with the name and version of the form, then parts, each led by its length, then the SHA-256 of
everything before. The first part is a JSON document; the others are the packed arrays in the byte order of the machine
that wrote them, which the document names.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import datetime
from hashlib import sha256
from itertools import pairwise
from math import isfinite
from typing import Any, Final

from csdesk.domain.matching.confidence import FEATURES
from csdesk.domain.matching.judging import Judge
from csdesk.domain.matching.learning import Outcome
from csdesk.domain.matching.lexicon import Lexicon
from csdesk.domain.matching.library import Library
from csdesk.domain.matching.phrases import Phrase
from csdesk.domain.matching.segment import Rarity, Segment
from csdesk.errors import CsdeskError, InvalidInput, SchemaTooNew, sentence

_NAME: Final = b"csdesk-matcher "
VERSION: Final = 1
_DIGEST: Final = 32
_ARRAYS: Final = (("terms", "Q"), ("ids", "I"), ("factors", "f"), ("starts", "I"), ("places", "I"), ("weights", "f"))
_ITEM_SIZES: Final = {"Q": 8, "I": 4, "f": 4}


def dumped(judge: Judge, embedder: str | None = None) -> bytes:
    """The bytes of a judge whose vectors are of the embedder of this name.

    What was added since packing is packed first, unless the library was trained: then it is kept beside.
    """
    library = judge.library
    if library.unpacked and not library.trained:
        library = library.packed()
    segment = library.segment
    document = {
        "order": sys.byteorder,
        "trained": library.trained,
        "phrases": [_phrase_document(one.phrase) for one in library.packed_entries()],
        "removed": sorted(library.removed_packed()),
        "added": [_phrase_document(one.phrase) for one in library.added_entries()],
        "lexicon": library.lexicon.groups,
        "outcomes": [asdict(one) for one in judge.outcomes],
        "embedder": embedder,
        "own_rows": judge.own_rows,
        "features": FEATURES,
        "rarity": segment.rarity.phrases,
    }
    arrays = (
        segment.terms, segment.ids, segment.factors, segment.row_starts, segment.row_places, segment.row_weights
    )  # fmt: skip
    parts = [
        json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(),
        *(one.tobytes() for one in arrays),
    ]
    body = _NAME + b"%d\n" % VERSION + b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return body + sha256(body).digest()


def loaded(data: bytes, embedder: str | None = None) -> Judge:
    """The judge that ``dumped`` wrote, to go on with the same embedder; it has no vectors yet.

    Raises:
        InvalidInput: the data is something else, cut short or changed, or was made with another embedder.
        SchemaTooNew: a newer release wrote it.
    """
    parts = list(_parts(_checked(data)))
    try:
        return _judge(parts, embedder)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        if isinstance(error, CsdeskError):
            raise
        raise _broken("a part does not fit the others") from error


def _broken(problem: str) -> InvalidInput:
    return InvalidInput("data", problem, "save the matcher again, or build it from its phrases")


def _checked(data: bytes) -> memoryview:
    head, _, _ = data[:64].partition(b"\n")
    if not head.startswith(_NAME) or not head[len(_NAME) :].isdigit():
        raise _broken("this is no saved matcher")
    version = int(head[len(_NAME) :])
    if version > VERSION:
        raise SchemaTooNew("matcher", version, VERSION)
    body = data[:-_DIGEST]
    if sha256(body).digest() != data[-_DIGEST:]:
        raise _broken("the data was cut short or changed")
    return memoryview(body)[len(head) + 1 :]


def _parts(body: memoryview) -> Iterator[memoryview]:
    while body:
        size = int.from_bytes(body[:8], "big")
        if size > len(body) - 8:
            raise _broken("a part is cut short")
        yield body[8 : 8 + size]
        body = body[8 + size :]


def _judge(parts: list[memoryview], embedder: str | None) -> Judge:
    document: dict[str, Any] = json.loads(bytes(parts[0]))
    if tuple(document["features"]) != FEATURES:
        raise _broken("its calibration is of another kind")
    if document["embedder"] != embedder:
        was = document["embedder"]
        problem = (
            sentence("the matcher was saved with {embedder}", embedder=was)
            if was
            else "the matcher was saved without one"
        )
        raise InvalidInput("embedder", problem, "pass the same, or build it from its phrases")
    phrases = [_phrase(one) for one in document["phrases"]]
    arrays = [_array(code, part, document["order"]) for (_, code), part in zip(_ARRAYS, parts[1:], strict=True)]
    segment = _segment(document["rarity"], arrays, len(phrases))
    library = Library.restored(phrases, segment, Lexicon(document["lexicon"]), trained=bool(document["trained"]))
    for phrase_id in document["removed"]:
        library = library.without(phrase_id)
    for one in document["added"]:
        library = library.with_phrase(_phrase(one))
    outcomes = tuple(
        Outcome(one["text"], one["picked"], tuple(one["shown"]), one["lead"], tuple(one["evidence"]))
        for one in document["outcomes"]
    )
    own_rows = tuple((tuple(evidence), bool(right), float(count)) for evidence, right, count in document["own_rows"])
    return Judge(library, own_rows=own_rows).with_outcomes(outcomes)


def _array(code: str, part: memoryview, order: str) -> array[Any]:
    if array(code).itemsize != _ITEM_SIZES[code] or len(part) % _ITEM_SIZES[code]:
        raise _broken("an array has another item size")
    values: array[Any] = array(code)
    values.frombytes(part)
    if order != sys.byteorder:
        values.byteswap()
    return values


def _segment(phrases: int, arrays: list[array[Any]], slots: int) -> Segment:
    terms, ids, factors, starts, places, weights = arrays
    count = len(terms)
    fits = (
        len(ids) == len(factors) == count
        and len(starts) == slots + 1
        and len(places) == len(weights) == starts[-1]
        and starts[0] == 0
        and all(one <= after for one, after in pairwise(starts))
        and max(ids, default=0) < max(1, count)
        and max(places, default=0) < max(1, count)
    )
    if not fits:
        raise _broken("its arrays do not fit together")
    if not all(map(isfinite, weights)):
        raise _broken("a weight is not a finite number")
    return Segment(Rarity.among(phrases), terms=terms, ids=ids, factors=factors, rows=(starts, places, weights))


def _phrase_document(phrase: Phrase) -> dict[str, object]:
    """Only what differs from the defaults."""
    document: dict[str, object] = {}
    for one in fields(Phrase):
        value = getattr(phrase, one.name)
        if value != one.default:
            document[one.name] = value.isoformat() if isinstance(value, datetime) else value
    return document


def _phrase(document: dict[str, Any]) -> Phrase:
    given = dict(document)
    for name in ("valid_from", "valid_until"):
        if given.get(name) is not None:
            given[name] = datetime.fromisoformat(given[name])
    return Phrase(**given)
