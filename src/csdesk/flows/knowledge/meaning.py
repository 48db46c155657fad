"""Suggestions with a model of meaning beside the words, where the desk has one; words alone where it does not answer.

Vectors of phrases are asked for when suggestions first need them, in parts, and kept: what is missing when the time is
up is asked for the next time. A model that fails is left alone for a while (``csdesk.domain.matching.resting``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from csdesk.domain.matching.book import Asker, PhraseBook
from csdesk.domain.matching.dense import rows_of
from csdesk.domain.matching.entries import folded
from csdesk.domain.matching.resting import RESTED, Rest
from csdesk.domain.records.channels import ReplyDecision
from csdesk.errors import CsdeskError, DeskClosed, InvalidInput
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Fused, Scope

WITHIN: Final = timedelta(seconds=5)
"""How long the model has for one suggestion."""

_PART: Final = 64
"""So many texts are asked for at a time."""


class _UnfinishedError(TimeoutError):
    """The time is up and vectors are missing, but the model answers: it goes on at the next suggestion."""


def match(
    scope: Scope, book: PhraseBook, text: str, limit: int, asker: Asker, key: tuple[str, int] | None = None
) -> Flow[ReplyDecision]:
    """The phrases that may answer a text, by its words, and by its meaning where the desk has a model."""
    if not scope.has_embedder or not len(book):
        return book.match(text, limit, asker, key)
    model, rest = "", RESTED
    try:
        fused = yield from steps.fuse(book)
        model, rest = fused.model, fused.rest
        known = None if fused.book is None or key is None else fused.book.recall(limit, asker, key)
        if known is not None:
            return replace(known, embedder=model)
        if not rest.holds(scope.now):
            meant, raw = yield from _asked(fused, book, folded(text), scope.now + WITHIN)
            return replace(meant.match(text, limit, asker, key, raw), embedder=model)
    except DeskClosed:
        raise
    except Exception as error:  # noqa: BLE001  whatever a host's model does, suggestions go on and say so
        rest = yield from _failed(model, rest, error)
    shown = book.match(text, limit, asker, key)
    return replace(shown, embedder_failure=rest.reason, embedder_paused_until=rest.until)


def _failed(model: str, rest: Rest, error: Exception) -> Flow[Rest]:
    """Leave the model alone for a while, unless it only needs more time for the phrases."""
    reason = _failure(error)
    if not model:
        return Rest(reason=reason)  # it does not even have a name, and nobody waited
    if isinstance(error, _UnfinishedError):
        yield from steps.let_rest(model, RESTED)
        return Rest(reason=reason)
    rest = rest.after(reason, (yield from steps.attempt(0)).now)
    yield from steps.let_rest(model, rest)
    return rest


def _failure(error: Exception) -> str:
    """Why there are no vectors, without a word of what the model said."""
    if isinstance(error, TimeoutError):
        return "late"
    if isinstance(error, InvalidInput):
        return "wrong"
    return error.code if isinstance(error, CsdeskError) else type(error).__name__


def _asked(
    fused: Fused, book: PhraseBook, asked: str, deadline: datetime
) -> Flow[tuple[PhraseBook, Sequence[float] | None]]:
    """The phrases with vectors, and the vector of a folded text.

    Raises:
        TimeoutError: some are still missing at the deadline.
        InvalidInput: the model said something else.
    """
    failed_before = fused.rest.failures > 0
    if failed_before:
        yield from steps.let_rest(fused.model, fused.rest.while_tried(deadline))
    try:
        meant = fused.book or (yield from _meant(fused, book, deadline))
        raw = (yield from _vector(asked, meant, deadline)) if asked else None
    except _UnfinishedError:
        raise
    except TimeoutError as late:
        if len((yield from steps.fuse(book)).missing) < len(fused.missing):
            raise _UnfinishedError from late
        raise
    if failed_before:
        yield from steps.let_rest(fused.model, RESTED)
    return meant, raw


def _meant(fused: Fused, book: PhraseBook, deadline: datetime) -> Flow[PhraseBook]:
    """The phrases, once the vectors that are missing were asked for."""
    for at in range(0, len(fused.missing), _PART):
        part = fused.missing[at : at + _PART]
        told = yield from steps.encode(part, (yield from _left(deadline)))
        yield from steps.keep_vectors(fused.model, part, told)
    fused = yield from steps.fuse(book)
    if fused.book is None:
        raise _UnfinishedError  # another model took the place of the one that was asked
    return fused.book


def _vector(asked: str, book: PhraseBook, deadline: datetime) -> Flow[Sequence[float]]:
    told = yield from steps.encode((asked,), (yield from _left(deadline)))
    row: Sequence[float] = rows_of(told, 1, book.width)[0]
    return row


def _left(deadline: datetime) -> Flow[timedelta]:
    """The time that is left.

    Raises:
        TimeoutError: none is, since the answers before took so long.
    """
    left = deadline - (yield from steps.attempt(0)).now
    if left <= timedelta(0):
        raise _UnfinishedError
    return left
