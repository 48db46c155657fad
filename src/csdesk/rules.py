"""Rules in Python: fields to ask, conditions to join, actions to take; and the analysis of a whole configuration.

    from csdesk.rules import F, Rule, SetPriority

    Rule(
        name="urgent-refund",
        when=F.message.text.contains_any("退款", "退货") & (F.customer.level == "vip"),
        then=(SetPriority(priority=Priority.URGENT),),
    )

The same rules can be written in TOML or JSON: docs/reference/rules.md lists every field, operator and action.
"""

from csdesk.domain.rules.actions import (
    AddTags,
    Alert,
    Close,
    NoAutoReply,
    RemoveTags,
    SetField,
    SetPriority,
    SetQueue,
    SetStatus,
    SetType,
    TagCustomer,
)
from csdesk.domain.rules.build import F, all_of, any_of, none_of
from csdesk.domain.rules.language import Condition, Group, Test
from csdesk.domain.rules.language import FieldPolicy as CustomField
from csdesk.domain.rules.language import MacroPolicy as Macro
from csdesk.domain.rules.language import RulePolicy as Rule
from csdesk.domain.rules.language import RuleSetPolicy as RuleSet

__all__ = [
    "AddTags",
    "Alert",
    "Close",
    "Condition",
    "CustomField",
    "F",
    "Group",
    "Macro",
    "NoAutoReply",
    "RemoveTags",
    "Rule",
    "RuleSet",
    "SetField",
    "SetPriority",
    "SetQueue",
    "SetStatus",
    "SetType",
    "TagCustomer",
    "Test",
    "all_of",
    "any_of",
    "none_of",
]
