"""Suggestions with a model of meaning beside the words, where the desk has one; words alone where it does not answer.

Vectors of phrases are asked for when suggestions first need them, in parts, and kept: what is missing when the time is
up is asked for the next time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from csdesk.domain.matching.book import Asker, PhraseBook
from csdesk.domain.matching.dense import rows_of
from csdesk.domain.matching.entries import folded
from csdesk.domain.records.channels import ReplyDecision
from csdesk.errors import CsdeskError, DeskClosed, InvalidInput
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope

WITHIN: Final = timedelta(seconds=5)
"""How long the model has for one suggestion."""

_PART: Final = 64
"""So many texts are asked for at a time."""


def match(
    scope: Scope, book: PhraseBook, text: str, limit: int, asker: Asker, key: tuple[str, int] | None = None
) -> Flow[ReplyDecision]:
    """The phrases that may answer a text, by its words, and by its meaning where the desk has a model."""
    asked = folded(text)
    if not scope.has_embedder or not len(book):
        return book.match(text, limit, asker, key)
    try:
        model, meant = yield from _meant(book, scope.now + WITHIN)
        known = None if key is None else meant.recall(limit, asker, key)
        raw = (yield from _vector(asked, meant, scope.now + WITHIN)) if known is None and asked else None
    except DeskClosed:
        raise
    except Exception as error:  # noqa: BLE001  whatever a host's model does, suggestions go on and say so
        return replace(book.match(text, limit, asker, key), embedder_failure=_failure(error))
    return replace(known or meant.match(text, limit, asker, key, raw), embedder=model)


def _failure(error: Exception) -> str:
    """Why there are no vectors, without a word of what the model said."""
    if isinstance(error, TimeoutError):
        return "late"
    if isinstance(error, InvalidInput):
        return "wrong"
    return error.code if isinstance(error, CsdeskError) else type(error).__name__


def _meant(book: PhraseBook, deadline: datetime) -> Flow[tuple[str, PhraseBook]]:
    """The phrases with vectors, and who told them.

    Raises:
        TimeoutError: some are still missing at the deadline.
        InvalidInput: the model said something else.
    """
    fused = yield from steps.fuse(book)
    for at in range(0, len(fused.missing), _PART):
        part = fused.missing[at : at + _PART]
        told = yield from steps.encode(part, (yield from _left(deadline)))
        yield from steps.keep_vectors(fused.model, part, told)
    if fused.missing:
        fused = yield from steps.fuse(book)
    if fused.book is None:
        raise TimeoutError  # another model took the place of the one that was asked
    return fused.model, fused.book


def _vector(asked: str, book: PhraseBook, deadline: datetime) -> Flow[Sequence[float]]:
    told = yield from steps.encode((asked,), (yield from _left(deadline)))
    row: Sequence[float] = rows_of(told, 1, book.width)[0]
    return row


def _left(deadline: datetime) -> Flow[timedelta]:
    """The time that is left.

    Raises:
        TimeoutError: none is.
    """
    left = deadline - (yield from steps.attempt(0)).now
    if left <= timedelta(0):
        raise TimeoutError
    return left
