"""The bot of the shop: it answers web chat from the prepared answers, and leaves to people what it is not sure of."""

from __future__ import annotations

from csdesk.cli.demo.material import phrases
from csdesk.matching import Matcher, Phrase
from csdesk.ports.bots import BotAbstains, BotAnswer, BotOutcome, BotTurn

NAME = "lantern"


class Lantern:
    """A bot over the phrases that may go out without a person."""

    name = NAME

    def __init__(self) -> None:
        told = [one for one in phrases() if one.auto_reply and "{" not in one.body]
        self._answers = {str(number): one.body for number, one in enumerate(told)}
        self._matcher = Matcher(
            [Phrase(str(number), one.title, one.questions) for number, one in enumerate(told)], threshold=0.7
        )

    def answer(self, turn: BotTurn) -> BotOutcome:
        """The answer of the best phrase, if it is sure enough."""
        decision = self._matcher.decide(turn.text)
        if decision.action != "auto_reply" or decision.phrase_id is None:
            return BotAbstains(reason=decision.reason)
        return BotAnswer(text=self._answers[decision.phrase_id], sources=(decision.phrase_id,))
