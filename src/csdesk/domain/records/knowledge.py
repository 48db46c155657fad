"""What a knowledge base is asked, and what it may answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from csdesk.domain.records._model import Instant, Key, Name, Text, Value


class Citation(Value):
    """Where an answer stands: somebody can look it up there."""

    id: Key
    """The id of the article, phrase or page."""
    title: Text = ""
    url: Text = ""
    version: Text = ""


class KnowledgeQuestion(Value):
    """What a customer wants to know, and for whom and where it is asked."""

    text: Text
    language: str | None = None
    account: str = ""
    level: str = ""
    """The customer's level."""
    queue: str = ""
    limit: int = Field(default=3, ge=1, le=50)
    """How many answers are wanted at most."""
    asked_at: Instant
    deadline: Instant
    """Nobody waits for an answer that comes later."""


class KnowledgeAnswer(Value):
    """One answer, with where it stands and how sure it is."""

    text: Text = Field(min_length=1)
    source: Citation
    confidence: float = Field(ge=0, le=1)
    """How likely it answers the question: 0 to 1."""
    language: str | None = None


class KnowledgeAbstains(Value):
    """The knowledge base does not know."""

    reason: Name = "unknown"
    """A code of its own."""


KnowledgeReply = tuple[KnowledgeAnswer, ...] | KnowledgeAbstains
"""Answers, the surest first, or that there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeHit:
    """An answer, with the knowledge base that gave it."""

    knowledge: str
    answer: KnowledgeAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeSilence:
    """A knowledge base that gave no answer: it abstained, failed, was late, or broke its contract.

    ``reason``: its own code for abstaining; the code of a ``RemoteError`` or the name of another error for failing.
    """

    knowledge: str
    outcome: Literal["abstained", "failed", "late", "wrong"]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultation:
    """What the knowledge bases said: ``hits`` the surest first, ``silent`` those that gave none, in their order."""

    hits: tuple[KnowledgeHit, ...] = ()
    silent: tuple[KnowledgeSilence, ...] = ()
