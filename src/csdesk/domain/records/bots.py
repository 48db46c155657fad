"""What a bot is asked, and what it may answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from csdesk.domain.ids import MessageId, TicketId
from csdesk.domain.records._model import Instant, Key, Name, Text, Value, Word
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.messages import Message, Part, TextPart, says_nothing


class TurnOutcome(Word):
    """What came of a bot's turn."""

    ANSWERED = "answered"
    EXCUSED = "excused"
    """It had no answer and said so; the customer may try other words."""
    HANDED_OFF = "handed_off"
    STALE = "stale"
    """The answer came too late: somebody else has the ticket, or the customer has written again."""


class BotAnswer(Value):
    """An answer for the customer."""

    outcome: Literal["answer"] = "answer"
    text: Text = ""
    parts: tuple[Part, ...] = ()
    """What is sent instead of ``text``: menus, links, media."""
    confidence: float = Field(default=1.0, ge=0, le=1)
    """Below the bot's ``min_confidence`` it counts as an abstention, and is not sent."""
    sources: tuple[Key, ...] = ()
    """What it was taken from: ids of phrases or articles, addresses."""

    @field_validator("parts")
    @classmethod
    def _says_something(cls, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        if parts and says_nothing(parts):
            raise ValueError("says nothing")
        return parts

    @property
    def content(self) -> tuple[Part, ...]:
        """What is sent; empty if there is nothing to say."""
        if self.parts:
            return self.parts
        return (TextPart(text=self.text),) if self.text.strip() else ()


class BotAbstains(Value):
    """The bot does not know."""

    outcome: Literal["abstain"] = "abstain"
    reason: Name = "unsure"
    """A code of yours."""


class BotHandsOver(Value):
    """The bot wants people to go on."""

    outcome: Literal["hand_over"] = "hand_over"
    reason: Name = "bot"
    """A code of yours, such as ``refund`` or ``mood``."""
    brief: Text = ""
    """What they must know; kept as an internal note."""
    text: Text = ""
    """What is said to the customer; empty: what the configuration says."""


BotOutcome = Annotated[BotAnswer | BotAbstains | BotHandsOver, Field(discriminator="outcome")]
"""Everything a bot may answer."""


class BotTurn(Value):
    """One message that a bot is asked to answer."""

    ticket: TicketId
    message: Message
    bot: Name
    fence: int
    """The fencing number of the bot's lease: the answer counts only while it holds."""
    number: int
    """Which turn of this reception, from 1."""
    deadline: Instant
    """After it the ticket goes to people, and the answer is not sent."""
    queue: Name
    language: str | None = None
    """A language tag; None: not known."""
    customer: Customer | None = None
    history: tuple[Message, ...] = ()
    """The ticket's last messages before this one that a customer may see, oldest first; at most 20."""

    @property
    def text(self) -> str:
        """The plain text of the message."""
        return self.message.text

    @property
    def asked(self) -> MessageId:
        """The id of the message."""
        return self.message.id
