"""What a rule does: actions are returned as effects, never carried out here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from csdesk._nearest import nearest
from csdesk.domain.ids import phrase_id
from csdesk.domain.records._model import Key, Name, Scalar
from csdesk.domain.records._settings import Section, refused
from csdesk.domain.records.durations import Duration
from csdesk.domain.records.goals import GoalName
from csdesk.domain.records.messages import Purpose
from csdesk.domain.records.phrases import SOURCES
from csdesk.domain.records.priorities import PriorityName
from csdesk.errors import sentence

PhraseName = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(phrase_id)]
_LIKE_A_SOURCE: Final = re.compile(r"(?:customer|ticket|agent)\.[\w.]+")
_CUSTOM: Final = ("ticket.x.", "customer.x.")
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
    name: Annotated[Key, Field(pattern=r"^x\..+$")]
    """``x.<name>``."""
    value: Scalar


class AddTags(Section):
    """Put tags on the ticket, unless somebody who counts for more took them away or set others of their groups."""

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


class SetTags(Section):
    """Let the ticket have these tags; it loses others, except those set by hand."""

    do: Literal["set_tags"] = "set_tags"
    tags: Names


class SetLanguage(Section):
    """Let the ticket be in that language, such as ``zh-CN``."""

    do: Literal["set_language"] = "set_language"
    language: Name


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


class UntagCustomer(Section):
    """Take tags from the customer; those set by hand stay."""

    do: Literal["untag_customer"] = "untag_customer"
    tags: Names


class FlagCustomer(Section):
    """Flag the customer, for so long or for good; one who has the flag keeps it as it is."""

    do: Literal["flag_customer"] = "flag_customer"
    flag: Name
    reason: Annotated[str, Field(max_length=1000)] = ""
    span: Duration | None = None
    """None: until somebody lifts it."""


class LiftFlag(Section):
    """Take a flag from the customer."""

    do: Literal["lift_flag"] = "lift_flag"
    flag: Name


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


class PlaceCustomer(Section):
    """Set the customer's level, lifecycle stage or language."""

    do: Literal["place_customer"] = "place_customer"
    level: Name | None = None
    stage: Name | None = None
    language: Name | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.level is None and self.stage is None and self.language is None:
            raise refused("nothing to set", "give a level, a stage or a language")
        return self


class SetCustomerField(Section):
    """Set a custom field of the customer; None clears it."""

    do: Literal["set_customer_field"] = "set_customer_field"
    name: Annotated[Key, Field(pattern=r"^x\..+$")]
    """``x.<name>``."""
    value: Scalar


class BlockCustomer(Section):
    """Store later messages of the customer without going further; for so long, or for good."""

    do: Literal["block_customer"] = "block_customer"
    reason: Name
    span: Duration | None = None
    """None: for good."""


class Note(Section):
    """Write an internal note."""

    do: Literal["note"] = "note"
    text: Annotated[str, Field(min_length=1, max_length=10_000)]


class Reply(Section):
    """Write to the customer. A rule answers a person's message or its time has come, within ``automatic_per_day``."""

    do: Literal["reply"] = "reply"
    text: Annotated[str, Field(min_length=1, max_length=10_000)]
    purpose: Purpose = Purpose.SERVICE
    """What it is for: ``[contact]`` goes by it."""


class SendPhrase(Section):
    """Send a phrase of the library, filled in; otherwise as ``reply``. One that cannot be filled in is not sent."""

    do: Literal["send_phrase"] = "send_phrase"
    phrase: PhraseName
    """Its id, or what people call it: ``where-is-it`` is ``phr_where-is-it``."""
    purpose: Purpose = Purpose.SERVICE


class SendTemplate(Section):
    """Send a message that the provider has approved, where nothing else may be sent; otherwise as ``reply``."""

    do: Literal["send_template"] = "send_template"
    name: Name
    """The provider's name of the template."""
    locale: Name
    """The provider's code of its language, such as ``zh_CN``."""
    body: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=1_000)], ...], Field(max_length=50)] = ()
    """What stands in its places: words, or what the desk knows, by name (``customer.name``, ``ticket.x.order``)."""
    text: Annotated[str, Field(max_length=10_000)] = ""
    """What the customer will read, for the ticket's own history."""
    purpose: Purpose = Purpose.SERVICE

    @field_validator("body", mode="after")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for place, one in enumerate(value):
            if _LIKE_A_SOURCE.fullmatch(one) and one not in SOURCES and not one.startswith(_CUSTOM):
                known = (*SOURCES, *(f"{prefix}<name>" for prefix in _CUSTOM))
                raise refused(sentence("nothing is known as {name!r}", name=one), nearest(one, known), place)
        return value


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


class Notify(Section):
    """Ask the host to tell the ticket's agent, its queue, or a named person or team."""

    do: Literal["notify"] = "notify"
    to: Key
    """``assignee``, ``queue``, or a name that the host knows."""
    name: Name
    """What to tell, as the host knows it."""


class Call(Section):
    """Ask the host to do something of its own: a webhook, a workflow, a task."""

    do: Literal["call"] = "call"
    name: Name


Action = Annotated[
    SetPriority
    | SetType
    | SetQueue
    | SetSite
    | SetStatus
    | SetField
    | SetLanguage
    | AddTags
    | RemoveTags
    | SetTags
    | Assign
    | Unassign
    | Transfer
    | HandOff
    | HandBack
    | Snooze
    | Resolve
    | Reopen
    | Close
    | TagCustomer
    | UntagCustomer
    | FlagCustomer
    | LiftFlag
    | FlagTicket
    | LiftTicketFlag
    | SetGoal
    | PlaceCustomer
    | SetCustomerField
    | BlockCustomer
    | Note
    | Reply
    | SendPhrase
    | SendTemplate
    | Promise
    | NoAutoReply
    | Alert
    | Notify
    | Call,
    Field(discriminator="do"),
]
"""Everything a rule can do, told apart by ``do``."""


def _several(value: object) -> object:
    if isinstance(value, Section | Mapping):
        raise refused("one action alone", "write a list: then = [action]")
    return value


Actions = Annotated[tuple[Action, ...], BeforeValidator(_several), Field(min_length=1)]
"""What a rule does, in order."""

NAMING: Final = (Assign, Transfer)
"""The actions that may name an agent."""

SPEAKING: Final = (Reply, SendPhrase, SendTemplate)
"""The actions that write to the customer."""

PERMITS: Final[Mapping[type, str]] = MappingProxyType(
    {
        SetPriority: "set_field",
        SetType: "set_field",
        SetQueue: "transfer",
        SetSite: "set_field",
        SetStatus: "set_status",
        SetField: "set_field",
        SetLanguage: "set_field",
        AddTags: "tag",
        RemoveTags: "untag",
        SetTags: "tag",
        Assign: "assign",
        Unassign: "assign",
        Transfer: "transfer",
        HandOff: "hand_off",
        HandBack: "hand_back",
        Snooze: "set_status",
        Resolve: "set_status",
        Reopen: "set_status",
        Close: "set_status",
        TagCustomer: "tag_customer",
        UntagCustomer: "tag_customer",
        FlagCustomer: "flag",
        LiftFlag: "flag",
        FlagTicket: "flag_ticket",
        LiftTicketFlag: "flag_ticket",
        SetGoal: "set_goal",
        PlaceCustomer: "set_profile",
        SetCustomerField: "set_profile",
        BlockCustomer: "block",
        Note: "note",
        Reply: "reply",
        SendPhrase: "reply",
        SendTemplate: "reply",
        Promise: "start_clock",
        NoAutoReply: "set_field",
        Alert: "note",
        Notify: "note",
        Call: "run_macro",
    }
)
"""The command that a person must be allowed to run to do the same by a macro."""
