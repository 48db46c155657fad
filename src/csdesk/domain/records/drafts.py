"""Replies in the making: drafts."""

from __future__ import annotations

from typing import ClassVar

from csdesk.domain.records._model import Instant, Key, Record, Text


class Draft(Record):
    """A reply in the making, with the version of the ticket it answers."""

    SCHEMA: ClassVar[int] = 1

    id: str
    version: int = 0
    ticket: str
    author: Key
    text: Text
    answers_version: int
    updated_at: Instant
