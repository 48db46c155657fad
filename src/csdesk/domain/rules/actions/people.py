"""What rules do about who works on a ticket, agent or bot."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from csdesk.domain.records._model import Key, Name
from csdesk.domain.records._settings import Section, refused
from csdesk.domain.records.durations import Duration


class Assign(Section):
    """Give the ticket to that agent; an agent who is unknown or has retired gets nothing."""

    do: Literal["assign"] = "assign"
    agent: Key


class Unassign(Section):
    """Take the ticket from the one who has it; routing finds somebody."""

    do: Literal["unassign"] = "unassign"


class BriefField(Section):
    """What a brief says under one of the headings that ``[transfer] fields`` asks for."""

    name: Name
    text: Annotated[str, Field(min_length=1, max_length=10_000)]


class Transfer(Section):
    """Offer the work to an agent or a department, or (``queue`` alone) move it to a queue at once."""

    do: Literal["transfer"] = "transfer"
    queue: Name | None = None
    """The queue it belongs to then."""
    agent: Key | None = None
    department: Name | None = None
    reason: Name = "rule"
    """A code of yours."""
    brief: Annotated[str, Field(max_length=10_000)] = ""
    """What the next one must know; kept as an internal note."""
    fields: Annotated[tuple[BriefField, ...], Field(max_length=50)] = ()
    """The same under headings: all that ``[transfer] fields`` asks for, where somebody is asked first."""
    within: Duration | None = None
    """How long the offer stands; None: as the configuration says."""

    @property
    def asks(self) -> bool:
        """True if somebody is asked first."""
        return self.agent is not None or self.department is not None

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        if self.queue is None and not self.asks:
            raise refused("nobody is named", "name a queue, an agent or a department", "queue")
        if self.agent is not None and self.department is not None:
            raise refused("an agent is named too", "name one of them", "department")
        if len({one.name for one in self.fields}) < len(self.fields):
            raise refused("a heading stands twice", "keep one text for each", "fields")
        return self


class HandOff(Section):
    """Give the ticket to people and keep bots out; a ticket that no bot has, or is about to have, stays as it is."""

    do: Literal["hand_off"] = "hand_off"
    reason: Name = "rule"
    """A code of yours."""
    brief: Annotated[str, Field(max_length=10_000)] = ""
    """What people must know; kept as an internal note."""
    text: Annotated[str, Field(max_length=1_000)] = ""
    """What the customer reads; empty: the bot's farewell."""


class HandBack(Section):
    """Give the ticket to the bot of its queue again, or of another queue; what waits for an answer is its turn."""

    do: Literal["hand_back"] = "hand_back"
    queue: Name | None = None
