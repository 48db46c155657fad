"""Who receives customers first: bots, when they hand off to people, and departments."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from csdesk.domain.records._model import Name
from csdesk.domain.records._settings import Section, refused
from csdesk.domain.records.durations import Duration
from csdesk.domain.text.folding import fold

WISHES: Final = (
    *("转人工", "找人工", "要人工", "接人工", "换人工", "叫人工", "人工客服", "人工服务", "人工坐席", "真人客服"),
    *("真人服务", "找真人", "要真人", "不要机器人", "别用机器人", "不想跟机器人"),
    *("agent please", "human please", "human agent", "live agent", "live person", "real person", "real human"),
    *("speak to someone", "talk to someone", "speak to a person", "talk to a person", "speak to a human"),
    *("talk to a human", "speak to an agent", "talk to an agent", "customer representative", "not a bot"),
)
"""What asks for a person, wherever it stands in a message."""

WISHES_ALONE: Final = (
    *("人工", "真人", "客服", "转接", "在线客服"),
    *("agent", "human", "operator", "representative", "person", "an agent", "a human", "a person"),
)
"""What asks for a person if the whole message says nothing else."""

UPSET: Final = (
    *("投诉", "差评", "去曝光", "曝光你们", "12315", "消协", "骗子", "骗人", "欺骗", "真垃圾", "太垃圾", "垃圾客服"),
    *("气死", "太差", "太过分", "忍无可忍", "起诉", "律师函"),
    *("complaint", "complain", "scam", "fraud", "ridiculous", "unacceptable", "useless", "worst", "furious"),
    *("lawyer", "sue you", "outrageous"),
)
"""What shows that somebody is upset."""


def _visible(words: tuple[str, ...]) -> tuple[str, ...]:
    for place, word in enumerate(words):
        if not fold(word).strip():
            raise refused("a word without a visible character", "remove it or write it out", place)
    return words


Words = Annotated[tuple[str, ...], AfterValidator(_visible)]
"""Words as people write them; case, width and script variant do not matter."""


class BotPolicy(Section):
    """A bot, and how far it may go."""

    name: Name
    title: str = ""
    min_confidence: float = Field(default=0.5, ge=0, le=1)
    """An answer that is less sure is not sent: it counts as an abstention."""
    failed_turns: int = Field(default=1, ge=1, le=20)
    """After so many turns in a row without an answer the ticket goes to people; 1: at the first one."""
    excuse: str = Field(default="", max_length=1000)
    """What is said after a turn without an answer that was not the last one allowed."""
    farewell: str = Field(default="", max_length=1000)
    """What is said when the ticket goes to people; empty: nothing."""
    most_turns: int = Field(default=20, ge=1, le=1000)
    """After so many answers the ticket goes to people with the next message."""
    answer_within: Duration = timedelta(minutes=5)
    """From the customer's message on; then the ticket goes to people, wherever the bot is."""
    timeout: Duration = timedelta(seconds=20)
    """How long one call of the bot may take."""


class HandOffPolicy(Section):
    """When a customer is taken from a bot to people, whatever the bot says."""

    words: Words = WISHES
    """What asks for a person, wherever it stands in a message."""
    alone: Words = WISHES_ALONE
    """What asks for a person if the whole message says nothing else."""
    upset: Words = UPSET
    """What shows that somebody is upset; empty: moods are left to bots and rules."""


class TransferPolicy(Section):
    """What holds when the work is offered to an agent or a department."""

    accept_within: Duration = timedelta(minutes=10)
    """Then the giver goes on, unless the transfer itself says how long."""
    brief_required: bool = True
    """Must the giver say what the next one has to know?"""
    fields: tuple[Name, ...] = ()
    """What every brief has to say, such as ``problem``, ``tried`` and ``wanted``."""


class DepartmentPolicy(Section):
    """A department: it can work on tickets as a whole, beside the people of the queues."""

    name: Name
    title: str = ""
    queue: Name | None = None
    """Where tickets go that are transferred to it; None: the department only works on tickets of others."""
