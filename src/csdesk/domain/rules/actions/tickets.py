"""What rules do to a ticket: its fields, status, tags, flags, promises."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from csdesk.domain.records._model import Key, Name, Scalar
from csdesk.domain.records._settings import OWN_FIELD, Section
from csdesk.domain.records.durations import Duration
from csdesk.domain.records.goals import GoalName
from csdesk.domain.records.priorities import PriorityName

Names = Annotated[tuple[Name, ...], Field(min_length=1)]
"""One name at least."""


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


class SetSite(Section):
    """Say which site the ticket belongs to; in the queue of its former site it moves on to that of the new one."""

    do: Literal["set_site"] = "set_site"
    site: Name | None = None
    """None: no site."""


class SetStatus(Section):
    """Move the ticket to that status, if the transition table allows it."""

    do: Literal["set_status"] = "set_status"
    status: Name


class SetField(Section):
    """Set a custom field of the ticket; None clears it."""

    do: Literal["set_field"] = "set_field"
    name: Annotated[Key, Field(pattern=OWN_FIELD)]
    """``x.<name>``."""
    value: Scalar


class SetLanguage(Section):
    """Let the ticket be in that language, such as ``zh-CN``."""

    do: Literal["set_language"] = "set_language"
    language: Name


class AddTags(Section):
    """Put tags on the ticket, unless somebody who counts for more took them away or set others of their groups."""

    do: Literal["add_tags"] = "add_tags"
    tags: Names


class RemoveTags(Section):
    """Take tags from the ticket; those set by hand stay."""

    do: Literal["remove_tags"] = "remove_tags"
    tags: Names


class SetTags(Section):
    """Let the ticket have these tags; it loses others, except those set by hand."""

    do: Literal["set_tags"] = "set_tags"
    tags: Names


class FlagTicket(Section):
    """Flag the ticket, for so long or for good; one that has the flag keeps it as it is."""

    do: Literal["flag_ticket"] = "flag_ticket"
    flag: Name
    reason: Annotated[str, Field(max_length=1000)] = ""
    span: Duration | None = None
    """None: until somebody lifts it."""


class LiftTicketFlag(Section):
    """Take a flag from the ticket."""

    do: Literal["lift_ticket_flag"] = "lift_ticket_flag"
    flag: Name


class SetGoal(Section):
    """Say what the present session should lead to; a goal that it has already, or has just reached, stays as it is."""

    do: Literal["set_goal"] = "set_goal"
    goal: GoalName
    span: Duration | None = None
    """How long nobody says anything before the session is over; None: ``session_gap``."""


class Close(Section):
    """Close the ticket for that reason, for example ``spam``."""

    do: Literal["close"] = "close"
    reason: Name


class Snooze(Section):
    """Let the ticket sleep for so long; a message of the customer wakes it."""

    do: Literal["snooze"] = "snooze"
    span: Duration


class Resolve(Section):
    """Call the ticket resolved."""

    do: Literal["resolve"] = "resolve"


class Reopen(Section):
    """Open a resolved or closed ticket again."""

    do: Literal["reopen"] = "reopen"


class Promise(Section):
    """Promise the customer something: a clock of its own begins. What is promised already stays as it is."""

    do: Literal["promise"] = "promise"
    name: Name
    """What is promised, in a word: ``callback``."""
    within: Duration
    calendar: Name | None = None
    """The calendar whose working time counts; None: every second."""
    warn: Duration | None = None
    """Warn when that much is left."""
