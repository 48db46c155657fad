"""Phrases (话术): prepared answers that people edit while the desk runs."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from csdesk.domain.ids import PhraseId
from csdesk.domain.records._model import Instant, Key, Record, Text


class Phrase(Record):
    """A prepared answer: what it answers, and what to say."""

    SCHEMA: ClassVar[int] = 1

    id: PhraseId
    version: int = 0
    title: Text = Field(min_length=1)
    questions: tuple[Text, ...] = ()
    keywords: tuple[Text, ...] = ()
    body: Text = Field(min_length=1)
    tags: tuple[Key, ...] = ()
    language: str | None = None
    auto_reply: bool = False
    """May be sent without a person, where the queue allows it too."""
    retired: bool = False
    updated_at: Instant


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
