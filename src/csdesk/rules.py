"""Rules in Python: fields to ask, conditions to join, actions to take; and the analysis of a whole configuration.

    from csdesk.rules import F, Rule, SetPriority

    Rule(
        name="urgent-refund",
        when=F.message.text.contains_any("退款", "退货") & (F.customer.level == "vip"),
        then=(SetPriority(priority=Priority.URGENT),),
    )

The same rules can be written in TOML or JSON: docs/reference/rules.md lists every field, operator and action.
"""

from csdesk.domain.analysis.analyse import analyse
from csdesk.domain.analysis.findings import Finding, Level, Report
from csdesk.domain.analysis.worlds import Witness
from csdesk.domain.policy.sections.reading import FlagPolicy as Flag
from csdesk.domain.policy.sections.reading import SegmentPolicy as Segment
from csdesk.domain.policy.sections.scenarios import ScenarioPolicy as Scenario
from csdesk.domain.rules.actions import (
    AddTags,
    Alert,
    Assign,
    BlockCustomer,
    BriefField,
    Call,
    Close,
    FlagCustomer,
    FlagTicket,
    HandBack,
    HandOff,
    LiftFlag,
    LiftTicketFlag,
    NoAutoReply,
    Note,
    Notify,
    PlaceCustomer,
    Promise,
    RemoveTags,
    Reopen,
    Reply,
    Resolve,
    SendPhrase,
    SendTemplate,
    SetCustomerField,
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
    TagCustomer,
    Transfer,
    Unassign,
    UntagCustomer,
)
from csdesk.domain.rules.build import F, all_of, any_of, none_of
from csdesk.domain.rules.language import Condition, Group, Test
from csdesk.domain.rules.language import FieldPolicy as CustomField
from csdesk.domain.rules.language import MacroPolicy as Macro
from csdesk.domain.rules.language import RulePolicy as Rule
from csdesk.domain.rules.language import RuleSetPolicy as RuleSet
from csdesk.domain.rules.language import TimerPolicy as Timer

__all__ = [
    "AddTags",
    "Alert",
    "Assign",
    "BlockCustomer",
    "BriefField",
    "Call",
    "Close",
    "Condition",
    "CustomField",
    "F",
    "Finding",
    "Flag",
    "FlagCustomer",
    "FlagTicket",
    "Group",
    "HandBack",
    "HandOff",
    "Level",
    "LiftFlag",
    "LiftTicketFlag",
    "Macro",
    "NoAutoReply",
    "Note",
    "Notify",
    "PlaceCustomer",
    "Promise",
    "RemoveTags",
    "Reopen",
    "Reply",
    "Report",
    "Resolve",
    "Rule",
    "RuleSet",
    "Scenario",
    "Segment",
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
    "Test",
    "Timer",
    "Transfer",
    "Unassign",
    "UntagCustomer",
    "Witness",
    "all_of",
    "analyse",
    "any_of",
    "none_of",
]
