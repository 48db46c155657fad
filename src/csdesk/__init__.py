"""csdesk: the customer-service engine that applications embed.

Names load on first use, so ``import csdesk`` costs little; the table below says where each one lives.
"""

from typing import TYPE_CHECKING

from csdesk._version import __version__

# A public name stands in three places, which tests/test_exported_members.py keeps equal:
# here for people and wildcard imports, under TYPE_CHECKING for type checkers, in _PUBLIC for the interpreter.
__all__ = [
    "Actor",
    "ActorKind",
    "Agent",
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
    "Phrase",
    "Presence",
    "Priority",
    "PullHint",
    "PullPage",
    "RawRequest",
    "RawResponse",
    "Receipt",
    "Received",
    "Rejected",
    "RemoteError",
    "ReplyDecision",
    "RuleExplanation",
    "Sender",
    "Sent",
    "Skill",
    "StoreError",
    "TextPart",
    "Ticket",
    "Trace",
    "Unmerged",
    "UnmergedCustomer",
    "UsageError",
    "Verdict",
    "VersionConflict",
    "Viewer",
    "Wait",
    "WindowState",
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
    from csdesk.domain.locale.render import render
    from csdesk.domain.policy.config import DeskConfig
    from csdesk.domain.records.actors import Actor, ActorKind, Viewer
    from csdesk.domain.records.agents import Agent, Presence, Skill
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
        WindowState,
    )
    from csdesk.domain.records.customers import Customer, Erasure, Evidence, Identity
    from csdesk.domain.records.events import Entry
    from csdesk.domain.records.messages import Delivery, LinkPart, LocationPart, MediaPart, MenuPart, Message, TextPart
    from csdesk.domain.records.queues import InboxItem, InboxState, OutboxItem, OutboxState
    from csdesk.domain.records.replies import Phrase
    from csdesk.domain.records.tickets import Category, Offer, Priority, Ticket
    from csdesk.domain.records.trace import Trace, Verdict
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
    )
    from csdesk.flows.commands import Done
    from csdesk.flows.explaining import RuleExplanation
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
        "AsyncDesk": "csdesk.aio.shell",
        "Availability": "csdesk.flows.staffing",
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
        "Phrase": "csdesk.domain.records.replies",
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
        "TextPart": "csdesk.domain.records.messages",
        "Ticket": "csdesk.domain.records.tickets",
        "Trace": "csdesk.domain.records.trace",
        "Unmerged": "csdesk.flows.unmerging",
        "UnmergedCustomer": "csdesk.flows.unmerging",
        "UsageError": "csdesk.errors",
        "Verdict": "csdesk.domain.records.trace",
        "VersionConflict": "csdesk.errors",
        "Viewer": "csdesk.domain.records.actors",
        "Wait": "csdesk.flows.staffing",
        "WindowState": "csdesk.domain.records.channels",
        "WorkingCalendar": "csdesk.domain.time.calendar",
        "open_async_desk": "csdesk.bootstrap",
        "open_desk": "csdesk.bootstrap",
        "render": "csdesk.domain.locale.render",
    }

    def __getattr__(name: str) -> object:
        """Load a public name from its module and keep it for the next look-up."""
        from importlib import import_module

        module = _PUBLIC.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name, obj=None)
        value = globals()[name] = getattr(import_module(module), name)
        return value

    def __dir__() -> list[str]:
        """List the public names, loaded or not."""
        return sorted({*globals(), *__all__})
