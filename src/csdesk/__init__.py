"""csdesk: the customer-service engine that applications embed.

Names load on first use, so ``import csdesk`` costs little; the table below says where each one lives.
"""

from typing import TYPE_CHECKING

from csdesk import _lazy
from csdesk._version import __version__

# A public name stands in three places, which tests/test_exported_members.py keeps equal:
# here for people and wildcard imports, under TYPE_CHECKING for type checkers, in _PUBLIC for the interpreter.
__all__ = [
    "Actor",
    "ActorKind",
    "Agent",
    "Article",
    "ArticleFee",
    "ArticleGap",
    "ArticleLink",
    "ArticleQuestion",
    "AsyncDesk",
    "Availability",
    "CalendarError",
    "Capabilities",
    "Category",
    "ChannelError",
    "ConfigError",
    "CsdeskError",
    "Customer",
    "Delivery",
    "Denied",
    "Desk",
    "DeskConfig",
    "Done",
    "DueReport",
    "Entry",
    "Erasure",
    "Evidence",
    "Exemplar",
    "GoodCase",
    "HolidayYear",
    "HolidaysUnknown",
    "HolidaysUnknownWarning",
    "Identity",
    "IllegalTransition",
    "InboundMessage",
    "InboundResult",
    "InboxItem",
    "InboxState",
    "InvalidInput",
    "LibraryPhrase",
    "Limit",
    "LinkPart",
    "LocationPart",
    "MediaPart",
    "MenuPart",
    "Message",
    "MissingExtra",
    "NoWorkingTime",
    "NotFound",
    "Offer",
    "OutboundMessage",
    "OutboxItem",
    "OutboxState",
    "Page",
    "PhraseUse",
    "Presence",
    "Priority",
    "PullHint",
    "PullPage",
    "RawRequest",
    "RawResponse",
    "Reach",
    "Receipt",
    "Received",
    "Rejected",
    "RemoteError",
    "ReplyDecision",
    "RuleExplanation",
    "Sender",
    "Sent",
    "SiteLine",
    "Skill",
    "StoreError",
    "Suggestion",
    "TemplateButton",
    "TemplatePart",
    "TemplateValue",
    "TextPart",
    "Ticket",
    "Trace",
    "Unmerged",
    "UnmergedCustomer",
    "Usage",
    "UsageError",
    "Variable",
    "Verdict",
    "VersionConflict",
    "Viewer",
    "Wait",
    "Way",
    "WindowState",
    "Wording",
    "WordingRefused",
    "WordingSpot",
    "WorkingCalendar",
    "__version__",
    "open_async_desk",
    "open_desk",
    "render",
]

if TYPE_CHECKING:
    from csdesk.aio.shell import AsyncDesk
    from csdesk.bootstrap import open_async_desk, open_desk
    from csdesk.desk.shell import Desk
    from csdesk.domain.core.reaching import Reach, Way
    from csdesk.domain.locale.render import render
    from csdesk.domain.policy.config import DeskConfig
    from csdesk.domain.records.actors import Actor, ActorKind, Viewer
    from csdesk.domain.records.agents import Agent, Presence, Skill
    from csdesk.domain.records.articles import Article, ArticleFee, ArticleGap, ArticleLink, ArticleQuestion
    from csdesk.domain.records.channels import (
        Capabilities,
        InboundMessage,
        InboundResult,
        Limit,
        OutboundMessage,
        PullHint,
        PullPage,
        RawRequest,
        RawResponse,
        Receipt,
        Received,
        Rejected,
        ReplyDecision,
        Sender,
        Sent,
        Suggestion,
        WindowState,
    )
    from csdesk.domain.records.customers import Customer, Erasure, Evidence, Identity
    from csdesk.domain.records.events import Entry
    from csdesk.domain.records.exemplars import Exemplar, GoodCase
    from csdesk.domain.records.messages import (
        Delivery,
        LinkPart,
        LocationPart,
        MediaPart,
        MenuPart,
        Message,
        TemplateButton,
        TemplatePart,
        TemplateValue,
        TextPart,
    )
    from csdesk.domain.records.phrases import LibraryPhrase, PhraseUse, Usage, Variable, Wording
    from csdesk.domain.records.queues import InboxItem, InboxState, OutboxItem, OutboxState
    from csdesk.domain.records.tickets import Category, Offer, Priority, Ticket
    from csdesk.domain.records.trace import Trace, Verdict
    from csdesk.domain.records.wording import WordingSpot
    from csdesk.domain.time.calendar import WorkingCalendar
    from csdesk.domain.time.errors import CalendarError, HolidaysUnknown, HolidaysUnknownWarning, NoWorkingTime
    from csdesk.domain.time.holidays import HolidayYear
    from csdesk.errors import (
        ChannelError,
        ConfigError,
        CsdeskError,
        Denied,
        IllegalTransition,
        InvalidInput,
        MissingExtra,
        NotFound,
        RemoteError,
        StoreError,
        UsageError,
        VersionConflict,
        WordingRefused,
    )
    from csdesk.flows.commands import Done
    from csdesk.flows.explaining import RuleExplanation
    from csdesk.flows.sites import SiteLine
    from csdesk.flows.staffing import Availability, Wait
    from csdesk.flows.unmerging import Unmerged, UnmergedCustomer
    from csdesk.flows.upkeep import DueReport
    from csdesk.ports.store import Page
else:
    # Public name: the module that defines it.
    _PUBLIC: dict[str, str] = {
        "Actor": "csdesk.domain.records.actors",
        "ActorKind": "csdesk.domain.records.actors",
        "Agent": "csdesk.domain.records.agents",
        "Article": "csdesk.domain.records.articles",
        "ArticleFee": "csdesk.domain.records.articles",
        "ArticleGap": "csdesk.domain.records.articles",
        "ArticleLink": "csdesk.domain.records.articles",
        "ArticleQuestion": "csdesk.domain.records.articles",
        "AsyncDesk": "csdesk.aio.shell",
        "Availability": "csdesk.flows.staffing",
        "Reach": "csdesk.domain.core.reaching",
        "SiteLine": "csdesk.flows.sites",
        "Way": "csdesk.domain.core.reaching",
        "CalendarError": "csdesk.domain.time.errors",
        "Capabilities": "csdesk.domain.records.channels",
        "Category": "csdesk.domain.records.tickets",
        "ChannelError": "csdesk.errors",
        "ConfigError": "csdesk.errors",
        "CsdeskError": "csdesk.errors",
        "Customer": "csdesk.domain.records.customers",
        "Delivery": "csdesk.domain.records.messages",
        "Denied": "csdesk.errors",
        "Desk": "csdesk.desk.shell",
        "DeskConfig": "csdesk.domain.policy.config",
        "Done": "csdesk.flows.commands",
        "DueReport": "csdesk.flows.upkeep",
        "Entry": "csdesk.domain.records.events",
        "Exemplar": "csdesk.domain.records.exemplars",
        "GoodCase": "csdesk.domain.records.exemplars",
        "Erasure": "csdesk.domain.records.customers",
        "Evidence": "csdesk.domain.records.customers",
        "HolidayYear": "csdesk.domain.time.holidays",
        "HolidaysUnknown": "csdesk.domain.time.errors",
        "HolidaysUnknownWarning": "csdesk.domain.time.errors",
        "Identity": "csdesk.domain.records.customers",
        "IllegalTransition": "csdesk.errors",
        "InboundMessage": "csdesk.domain.records.channels",
        "InboundResult": "csdesk.domain.records.channels",
        "InboxItem": "csdesk.domain.records.queues",
        "InboxState": "csdesk.domain.records.queues",
        "InvalidInput": "csdesk.errors",
        "LibraryPhrase": "csdesk.domain.records.phrases",
        "Limit": "csdesk.domain.records.channels",
        "LinkPart": "csdesk.domain.records.messages",
        "LocationPart": "csdesk.domain.records.messages",
        "MediaPart": "csdesk.domain.records.messages",
        "MenuPart": "csdesk.domain.records.messages",
        "Message": "csdesk.domain.records.messages",
        "MissingExtra": "csdesk.errors",
        "NoWorkingTime": "csdesk.domain.time.errors",
        "NotFound": "csdesk.errors",
        "Offer": "csdesk.domain.records.tickets",
        "OutboundMessage": "csdesk.domain.records.channels",
        "OutboxItem": "csdesk.domain.records.queues",
        "OutboxState": "csdesk.domain.records.queues",
        "Page": "csdesk.ports.store",
        "PhraseUse": "csdesk.domain.records.phrases",
        "Presence": "csdesk.domain.records.agents",
        "Priority": "csdesk.domain.records.tickets",
        "PullHint": "csdesk.domain.records.channels",
        "PullPage": "csdesk.domain.records.channels",
        "RawRequest": "csdesk.domain.records.channels",
        "RawResponse": "csdesk.domain.records.channels",
        "Receipt": "csdesk.domain.records.channels",
        "Received": "csdesk.domain.records.channels",
        "Rejected": "csdesk.domain.records.channels",
        "RemoteError": "csdesk.errors",
        "ReplyDecision": "csdesk.domain.records.channels",
        "RuleExplanation": "csdesk.flows.explaining",
        "Sender": "csdesk.domain.records.channels",
        "Sent": "csdesk.domain.records.channels",
        "Skill": "csdesk.domain.records.agents",
        "StoreError": "csdesk.errors",
        "Suggestion": "csdesk.domain.records.channels",
        "TemplateButton": "csdesk.domain.records.messages",
        "TemplatePart": "csdesk.domain.records.messages",
        "TemplateValue": "csdesk.domain.records.messages",
        "TextPart": "csdesk.domain.records.messages",
        "Ticket": "csdesk.domain.records.tickets",
        "Trace": "csdesk.domain.records.trace",
        "Unmerged": "csdesk.flows.unmerging",
        "UnmergedCustomer": "csdesk.flows.unmerging",
        "Usage": "csdesk.domain.records.phrases",
        "UsageError": "csdesk.errors",
        "Variable": "csdesk.domain.records.phrases",
        "Verdict": "csdesk.domain.records.trace",
        "VersionConflict": "csdesk.errors",
        "Viewer": "csdesk.domain.records.actors",
        "Wait": "csdesk.flows.staffing",
        "WindowState": "csdesk.domain.records.channels",
        "Wording": "csdesk.domain.records.phrases",
        "WordingRefused": "csdesk.errors",
        "WordingSpot": "csdesk.domain.records.wording",
        "WorkingCalendar": "csdesk.domain.time.calendar",
        "open_async_desk": "csdesk.bootstrap",
        "open_desk": "csdesk.bootstrap",
        "render": "csdesk.domain.locale.render",
    }

    __getattr__ = _lazy.names(__name__, _PUBLIC)

    def __dir__() -> list[str]:
        """List the public names, loaded or not."""
        return sorted({*globals(), *__all__})
