"""What a rule does: actions are returned as effects, never carried out here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from csdesk.domain.records._model import Key, Name, Scalar
from csdesk.domain.records._settings import Section
from csdesk.domain.records.priorities import PriorityName

Names = Annotated[tuple[Name, ...], Field(min_length=1)]


class SetPriority(Section):
    """Give the ticket that priority."""

    do: Literal["set_priority"] = "set_priority"
    priority: PriorityName


class SetType(Section):
    """Give the ticket that type."""

    do: Literal["set_type"] = "set_type"
    type: Name


class SetQueue(Section):
    """Move the ticket to that queue."""

    do: Literal["set_queue"] = "set_queue"
    queue: Name


class SetStatus(Section):
    """Move the ticket to that status, if the transition table allows it."""

    do: Literal["set_status"] = "set_status"
    status: Name


class SetField(Section):
    """Set a custom field of the ticket; None clears it."""

    do: Literal["set_field"] = "set_field"
    name: Annotated[Key, Field(pattern=r"^x\..+$")]
    """``x.<name>``."""
    value: Scalar


class AddTags(Section):
    """Put tags on the ticket."""

    do: Literal["add_tags"] = "add_tags"
    tags: Names


class RemoveTags(Section):
    """Take tags from the ticket; those set by hand stay."""

    do: Literal["remove_tags"] = "remove_tags"
    tags: Names


class TagCustomer(Section):
    """Put tags on the customer."""

    do: Literal["tag_customer"] = "tag_customer"
    tags: Names


class Alert(Section):
    """Raise the alert of that name."""

    do: Literal["alert"] = "alert"
    name: Name


class Close(Section):
    """Close the ticket for that reason, for example ``spam``."""

    do: Literal["close"] = "close"
    reason: Name


class NoAutoReply(Section):
    """Never answer this message automatically."""

    do: Literal["no_auto_reply"] = "no_auto_reply"


Action = Annotated[
    SetPriority
    | SetType
    | SetQueue
    | SetStatus
    | SetField
    | AddTags
    | RemoveTags
    | TagCustomer
    | Alert
    | Close
    | NoAutoReply,
    Field(discriminator="do"),
]
"""Everything a rule can do, told apart by ``do``."""
