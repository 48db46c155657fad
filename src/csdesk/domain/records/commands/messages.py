"""Commands about messages: what comes in, is said, noted, put right, tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator

from csdesk.domain.ids import (
    MessageId,
)
from csdesk.domain.records._model import Text
from csdesk.domain.records.assets import AssetUse
from csdesk.domain.records.channels import InboundMessage
from csdesk.domain.records.commands._base import (
    MOST_WRITTEN,
    PhraseName,
    _Command,
    _TicketCommand,
)
from csdesk.domain.records.messages import HtmlPart, LinkPart, Part, Purpose, TextPart, is_safe_link, says_nothing
from csdesk.errors import InvalidInput, sentence


def _check_says_something(parts: tuple[Part, ...]) -> None:
    if says_nothing(parts):
        raise InvalidInput("parts", "says nothing", "pass a text, a picture or a file")


def _fits_a_row(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Refuse what is longer than a person writes: it would make every list of messages slow."""
    texts = [one.text for one in parts if isinstance(one, TextPart)]
    texts += [one.html for one in parts if isinstance(one, HtmlPart)]
    if any(len(text) > MOST_WRITTEN // 4 and len(text.encode()) > MOST_WRITTEN for text in texts):
        raise ValueError(
            sentence(
                "holds a text of more than {most} bytes; send it as a file (MediaPart)",
                most=MOST_WRITTEN,
            )
        )
    return parts


class ReceiveMessage(_Command):
    """Take in what somebody said."""

    kind: Literal["receive"] = "receive"
    message: InboundMessage


class SendReply(_TicketCommand):
    """Answer the customer in public. A bot speaks only under the ``fence`` of its lease.

    Links (``LinkPart``) are http, https, mailto or tel, or a page of a mini program: others may run code when pressed.
    """

    kind: Literal["reply"] = "reply"
    parts: tuple[Part, ...] = Field(min_length=1)
    subject: Text = ""
    phrase: PhraseName | None = None
    """The suggested phrase it was made from."""
    shown: tuple[PhraseName, ...] = Field(default=(), max_length=50)
    """The phrases that were suggested, best first; what became of them is learnt from."""
    question: MessageId | None = None
    """The customer's message it answers; None: the last one."""
    assets: tuple[AssetUse, ...] = Field(default=(), max_length=50)
    """The assets of the library that the parts were taken from."""
    override: Text = ""
    """Why words are sent that the policy on wording refuses."""
    purpose: Purpose = Purpose.SERVICE

    @field_validator("parts")
    @classmethod
    def _says_something(cls, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        _check_says_something(parts)
        if any(isinstance(one, LinkPart) and not is_safe_link(one.url) for one in parts):
            raise ValueError("holds a link whose scheme is not http, https, mailto or tel")
        return _fits_a_row(parts)


class AddNote(_TicketCommand):
    """Write an internal note."""

    kind: Literal["note"] = "note"
    parts: tuple[Part, ...] = Field(min_length=1)

    @field_validator("parts")
    @classmethod
    def _says_something(cls, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        _check_says_something(parts)
        return _fits_a_row(parts)


class CorrectReply(_TicketCommand):
    """Say that an answer of ours was wrong: it is assessed, learnt from, and the customer is to be contacted again."""

    kind: Literal["correct"] = "correct"
    message: MessageId
    """The answer."""
    right: PhraseName | None = None
    """The phrase that would have been right."""
    reason: Text = ""
    within: timedelta | None = Field(default=None, gt=timedelta(0))
    """How long the second contact may take; None: as the configuration says."""


class SettleParked(_Command):
    """Discard a parked message: it stays stored as discarded and no longer holds up its conversation."""

    kind: Literal["discard_parked"] = "discard_parked"
    item: MessageId


class RetryOutbound(_Command):
    """Try a dead or unknown outbound message again, or (``discard``) give it up for good."""

    kind: Literal["retry_outbound"] = "retry_outbound"
    message: MessageId
    discard: bool = False
