"""The values of the channel contract: what an adapter takes in, what it reports, what it can do.

An adapter only translates. These names are for the desk itself; authors of channels import them from
``csdesk.ports.channel``.
"""

from __future__ import annotations

from csdesk.domain.records.channels.abilities import (
    Capabilities,
    ConversationRate,
    Limit,
    MediaLimit,
    MenuLimits,
    Rate,
    WindowState,
)
from csdesk.domain.records.channels.events import (
    ChannelEvent,
    ContactEvent,
    DeleteEvent,
    EchoEvent,
    EditEvent,
    HandoffEvent,
    HandshakeEvent,
    IdentityEvent,
    IgnoredEvent,
    ReactionEvent,
    SessionEvent,
    StatusEvent,
    TypingEvent,
    UnknownEvent,
)
from csdesk.domain.records.channels.feeds import Feed, FeedPage, Said
from csdesk.domain.records.channels.inbound import Entrance, InboundMessage, MediaFile, Sender
from csdesk.domain.records.channels.outbound import (
    Health,
    MediaFetched,
    MediaWanted,
    OutboundMessage,
    Receipt,
    Seat,
    SentMessage,
)
from csdesk.domain.records.channels.outcomes import Received, ReplyDecision, Sent, Suggestion
from csdesk.domain.records.channels.requests import (
    Held,
    InboundResult,
    PullHint,
    PullPage,
    RawRequest,
    RawResponse,
    Rejected,
)

__all__ = [
    "Capabilities",
    "ChannelEvent",
    "ContactEvent",
    "ConversationRate",
    "DeleteEvent",
    "EchoEvent",
    "EditEvent",
    "Entrance",
    "Feed",
    "FeedPage",
    "HandoffEvent",
    "HandshakeEvent",
    "Health",
    "Held",
    "IdentityEvent",
    "IgnoredEvent",
    "InboundMessage",
    "InboundResult",
    "Limit",
    "MediaFetched",
    "MediaFile",
    "MediaLimit",
    "MediaWanted",
    "MenuLimits",
    "OutboundMessage",
    "PullHint",
    "PullPage",
    "Rate",
    "RawRequest",
    "RawResponse",
    "ReactionEvent",
    "Receipt",
    "Received",
    "Rejected",
    "ReplyDecision",
    "Said",
    "Seat",
    "Sender",
    "Sent",
    "SentMessage",
    "SessionEvent",
    "StatusEvent",
    "Suggestion",
    "TypingEvent",
    "UnknownEvent",
    "WindowState",
]
