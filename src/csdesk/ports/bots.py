"""How the desk talks to a bot: one method that answers one turn.

A bot is asked in ``run_due``, outside every commit; what it answers counts only while its lease holds, so it can never
speak over a person, and each turn is answered once at most. It may be asked twice for the same turn if a process dies
between its answer and the commit.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol, runtime_checkable

from csdesk.domain.records.bots import BotAbstains, BotAnswer, BotHandsOver, BotOutcome, BotTurn, TurnOutcome

__all__ = [
    "AnyBot",
    "AsyncBot",
    "Bot",
    "BotAbstains",
    "BotAnswer",
    "BotHandsOver",
    "BotOutcome",
    "BotTurn",
    "TurnOutcome",
]


@runtime_checkable
class Bot(Protocol):
    """A bot that blocks while it thinks. Under ``AsyncDesk`` it runs in a worker thread."""

    @property
    def name(self) -> str:
        """Its name in the configuration (``bots``)."""
        ...

    def answer(self, turn: BotTurn) -> BotOutcome:
        """Answer one turn: with words, by abstaining, or by handing over to people.

        A blocking call cannot be cut short, so give up by yourself before ``turn.deadline``; an answer that comes
        later is not sent. Raising hands the ticket to people (reason ``error``).
        """
        ...


@runtime_checkable
class AsyncBot(Protocol):
    """A bot that is awaited, for ``AsyncDesk``; it is cancelled after the configured ``timeout``."""

    @property
    def name(self) -> str:
        """Its name in the configuration (``bots``)."""
        ...

    def answer(self, turn: BotTurn) -> Awaitable[BotOutcome]:
        """As ``Bot.answer``."""
        ...


AnyBot = Bot | AsyncBot
