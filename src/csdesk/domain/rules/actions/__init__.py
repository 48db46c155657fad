"""What a rule does: actions are returned as effects, never carried out here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from csdesk.domain.records._settings import Section, refused
from csdesk.domain.rules.actions.customers import (
    BlockCustomer,
    FlagCustomer,
    LiftFlag,
    PlaceCustomer,
    SetCustomerField,
    TagCustomer,
    UntagCustomer,
)
from csdesk.domain.rules.actions.people import Assign, BriefField, HandBack, HandOff, Transfer, Unassign
from csdesk.domain.rules.actions.saying import (
    Alert,
    Call,
    NoAutoReply,
    Note,
    Notify,
    PhraseName,
    Reply,
    SendPhrase,
    SendTemplate,
)
from csdesk.domain.rules.actions.tickets import (
    AddTags,
    Close,
    FlagTicket,
    LiftTicketFlag,
    Promise,
    RemoveTags,
    Reopen,
    Resolve,
    SetField,
    SetGoal,
    SetLanguage,
    SetPriority,
    SetQueue,
    SetSite,
    SetStatus,
    SetTags,
    SetType,
    Snooze,
)

__all__ = [
    "NAMING",
    "PERMITS",
    "SPEAKING",
    "Action",
    "Actions",
    "AddTags",
    "Alert",
    "Assign",
    "BlockCustomer",
    "BriefField",
    "Call",
    "Close",
    "FlagCustomer",
    "FlagTicket",
    "HandBack",
    "HandOff",
    "LiftFlag",
    "LiftTicketFlag",
    "NoAutoReply",
    "Note",
    "Notify",
    "PhraseName",
    "PlaceCustomer",
    "Promise",
    "RemoveTags",
    "Reopen",
    "Reply",
    "Resolve",
    "SendPhrase",
    "SendTemplate",
    "SetCustomerField",
    "SetField",
    "SetGoal",
    "SetLanguage",
    "SetPriority",
    "SetQueue",
    "SetSite",
    "SetStatus",
    "SetTags",
    "SetType",
    "Snooze",
    "TagCustomer",
    "Transfer",
    "Unassign",
    "UntagCustomer",
]

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
