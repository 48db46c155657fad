"""``desk.bots``."""

from __future__ import annotations

from datetime import timedelta

from csdesk.desk._groups import Group
from csdesk.domain.records.bots import BotOutcome, BotTurn
from csdesk.flows import turns
from csdesk.flows.reading import checks
from csdesk.flows.turns import TurnResult


class Bots(Group):
    """Turns of bots, for hosts that run their bots themselves instead of giving them to ``open_desk``."""

    def take(self, bot: str, *, limit: int = 10, hold: timedelta = timedelta(minutes=1)) -> tuple[BotTurn, ...]:
        """The turns that wait for a bot, oldest first; nobody else gets them for the time of ``hold``.

        A turn that is not finished by then comes back here, until its deadline hands the ticket to people.

        Raises:
            InvalidInput: the configuration has no such bot.
        """
        checks.a_number(limit, "limit", 1, 1000)
        return self._runner.run(turns.take(bot, limit, checks.a_span(hold, "hold")))

    def finish(self, turn: BotTurn, outcome: BotOutcome) -> TurnResult:
        """Let what a bot answered happen, once: it is sent, or the ticket goes to people. Sending is due at once.

        An answer that comes too late (``stale``) is dropped: somebody else has the ticket, or the customer has
        written again.

        Raises:
            Denied: the bot may not reply.
            InvalidInput: it is no turn.
        """
        return self._runner.run(turns.finish(turn, outcome))
