"""Reception as decisions read it: which bot receives in which queue, and what asks for a person.

``check_reception`` refuses a configuration in which a customer could end up with nobody, or a bot where none may be.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from csdesk.domain.policy.sections.reception import BotPolicy, HandOffPolicy
from csdesk.domain.records._settings import refused, unknown
from csdesk.domain.text.folding import fold
from csdesk.domain.text.keywords import KeywordIndex

if TYPE_CHECKING:
    from csdesk.domain.policy.config import DeskConfig
    from csdesk.domain.policy.sections.service import QueuePolicy

_EDGES: Final = " \n\t.,!?~。、…"
_DECLINED: Final = re.compile(
    "(?:不用|不要|不想|不需要|不必|无需|别|勿)(?:再|给我|帮我)*+(?:转|找|接|换|叫|要)?(?:接|到)?(?:人工|真人)(?:客服|服务|坐席)?"
    "|\\b(?:don't|do not|dont|no need)(?: (?:want|need|to|for|speak|talk|with|a|an|any|real|live|human)\\b)*+"
    " ?(?:agent|person|operator)?"
)
"""A person is spoken of, and not wanted."""


class Reception:
    """The compiled reception of a desk; false if no queue has a bot."""

    __slots__ = ("_alone", "_bots", "_queues", "_upset", "_words", "barring", "bot_only", "departments")

    def __init__(self, config: DeskConfig) -> None:
        """See ``compile_policy``."""
        self._bots = {one.name: one for one in config.bots}
        self._queues = {one.name: self._bots[one.bot] for one in config.queues if one.bot in self._bots}
        self.bot_only = frozenset(one.name for one in config.queues if one.reception == "bot_only")
        """The queues whose tickets are never offered to people."""
        self.departments = frozenset(one.name for one in config.departments)
        self.barring = frozenset(one.name for one in config.queues if one.reception == "human_only")
        """The queues that bar bots."""
        policy: HandOffPolicy = config.hand_off
        active = bool(self._queues)
        self._words = KeywordIndex.of(policy.words if active else ())
        self._upset = KeywordIndex.of(policy.upset if active else ())
        self._alone = frozenset(_bare(fold(one)) for one in policy.alone) if active else frozenset()

    def __bool__(self) -> bool:
        return bool(self._queues)

    @property
    def bots(self) -> frozenset[str]:
        """The names of all bots."""
        return frozenset(self._bots)

    def bot(self, name: str) -> BotPolicy | None:
        """The bot of that name."""
        return self._bots.get(name)

    def bot_of(self, queue: str) -> BotPolicy | None:
        """The bot that receives in a queue; None if people do."""
        return self._queues.get(queue)

    def wish(self, folded: str) -> str:
        """Why a folded text wants a person: ``requested``, ``mood``, or empty."""
        folded = _DECLINED.sub(" ", folded)
        if _bare(folded) in self._alone or self._words.hits(folded):
            return "requested"
        return "mood" if self._upset.hits(folded) else ""


def _bare(folded: str) -> str:
    return folded.strip(_EDGES)


def check_reception(config: DeskConfig) -> None:
    """Raise the first thing about bots that cannot be, as a validator's error with its path."""
    bots = {one.name for one in config.bots}
    if config.bars_bots and bots:
        raise refused("this desk bars bots", "remove the bots, or set bars_bots = false", "bots")
    for bot in config.bots:
        if bot.failed_turns > 1 and not bot.excuse.strip():
            remedy = "say what the customer reads then, or set failed_turns = 1"
            raise refused("nothing is said after a turn without an answer", remedy, "bots", bot.name, "excuse")
        if bot.timeout > bot.answer_within:
            raise refused("longer than answer_within", "make it shorter", "bots", bot.name, "timeout")
    for queue in config.queues:
        _check_queue(queue, bots, config)


def _check_queue(queue: QueuePolicy, bots: set[str], config: DeskConfig) -> None:
    path = ("queues", queue.name)
    if queue.bot is not None and queue.bot not in bots:
        raise unknown("bot", queue.bot, bots, *path, "bot")
    if queue.reception == "human_only":
        if queue.bot is not None or queue.hand_off_to is not None:
            name = "bot" if queue.bot is not None else "hand_off_to"
            raise refused(
                "this queue bars bots (reception is human_only)",
                'leave it out, or set reception = "bot_first"',
                *path,
                name,
            )
        if queue.bot_when != "always":
            raise refused("this queue bars bots (reception is human_only)", "leave it out", *path, "bot_when")
        return
    if queue.bot_when == "closed" and queue.reception == "bot_only":
        raise refused("people never receive in this queue", 'set bot_when = "always"', *path, "bot_when")
    if queue.bot is None:
        raise refused("reception by a bot needs a bot", "name one of bots", *path, "bot")
    known = {one.name: one for one in config.queues}
    if queue.hand_off_to is not None and queue.hand_off_to not in known:
        raise unknown("queue", queue.hand_off_to, known, *path, "hand_off_to")
    if queue.reception == "bot_only" and (
        queue.hand_off_to is None or known[queue.hand_off_to].reception == "bot_only"
    ):
        raise refused(
            "what the bot hands off would reach nobody", "name a queue where people work", *path, "hand_off_to"
        )
