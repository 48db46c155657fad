"""How the desk asks a host's knowledge base: one method that answers one question, or abstains.

It is asked for suggestions on demand only, when somebody looks for an answer: never while messages are taken in, and
never inside a transaction. Nothing of what it says is stored or sent unless a person or a bot uses it.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from csdesk.domain.records.knowledge import (
    Citation,
    Consultation,
    KnowledgeAbstains,
    KnowledgeAnswer,
    KnowledgeHit,
    KnowledgeQuestion,
    KnowledgeReply,
    KnowledgeSilence,
)

__all__ = [
    "AnyKnowledge",
    "AsyncKnowledgePort",
    "Citation",
    "Consultation",
    "KnowledgeAbstains",
    "KnowledgeAnswer",
    "KnowledgeHit",
    "KnowledgePort",
    "KnowledgeQuestion",
    "KnowledgeReply",
    "KnowledgeSilence",
]


class KnowledgePort(Protocol):
    """A knowledge base that blocks while it searches. Under ``AsyncDesk`` it runs in a worker thread."""

    @property
    def name(self) -> str:
        """What tells it from others."""
        ...

    def look_up(self, question: KnowledgeQuestion) -> KnowledgeReply:
        """Answers with their sources, the surest first, or an abstention: rather that than something beside the point.

        A blocking call cannot be cut short, so give up by yourself before ``question.deadline``. Raising counts as a
        failure of this knowledge base alone.
        """
        ...


class AsyncKnowledgePort(Protocol):
    """A knowledge base that is awaited, for ``AsyncDesk``; it is cancelled at the deadline."""

    @property
    def name(self) -> str:
        """What tells it from others."""
        ...

    def look_up(self, question: KnowledgeQuestion) -> Awaitable[KnowledgeReply]:
        """As ``KnowledgePort.look_up``."""
        ...


AnyKnowledge = KnowledgePort | AsyncKnowledgePort
"""A knowledge base of either kind."""
