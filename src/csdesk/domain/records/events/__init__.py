"""Events: what happened, in the past tense. The new record is always ``evolve(record, event)``.

Personal values and message text never stand in an event's body. A field named in ``PERSONAL`` is stored beside the
body, in a column of its own that erasing empties; the body then holds a salted digest of it, so that the chain stays
checkable. ``None`` in such a field means "erased" when the event is read back.

An ``Entry`` is what one cause did to one subject: the time, the actor, the cause and the epochs once, then the events.
Every entry of a ticket, customer, agent or phrase makes its version grow by one. What happens to a message after its
birth stands in the message's own stream; what concerns no record stands in the stream of ``DESK``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from csdesk.domain.records.actors import Actor
from csdesk.domain.records.events.authority import (
    AlternativeAnswered,
    ApprovalAsked,
    ApprovalLapsed,
    ApprovalRefused,
    ApprovalWithdrawn,
    AuthorityGranted,
    AuthorityRevoked,
    AuthoritySettled,
    ExceptionAnswered,
    ExceptionAsked,
    SettlementBegan,
    SettlementCarried,
    SettlementErased,
    SettlementNoted,
    SettlementReversed,
)
from csdesk.domain.records.events.customers import (
    ActsRecounted,
    AttributesSet,
    CustomerAbsorbed,
    CustomerActed,
    CustomerBlocked,
    CustomerCreated,
    CustomerEntered,
    CustomerErased,
    CustomerFlagged,
    CustomerMerged,
    CustomerNamed,
    CustomerPlaced,
    CustomerReleased,
    CustomerTagged,
    CustomerUnblocked,
    CustomerUnflagged,
    CustomerUnmerged,
    CustomerUntagged,
    EntranceAnswered,
    ErasureCompleted,
    IdentityLinked,
    IdentityUnlinked,
    SegmentEntered,
    SegmentLeft,
    SegmentsPlanned,
)
from csdesk.domain.records.events.desk import (
    AccountPaused,
    AccountResumed,
    AgentSaved,
    ArticleSaved,
    AssetSaved,
    CommandDenied,
    ConfigActivated,
    Fate,
    HolidaysSaved,
    LessonsForgotten,
    LibraryChanged,
    LibraryTrained,
    LoadRepaired,
    MessageParked,
    MessageReleased,
    PhraseSaved,
    PresenceChanged,
    ReplyAssessed,
    SessionAnswered,
    SuggestionsJudged,
    TrainingChosen,
)
from csdesk.domain.records.events.messages import (
    AssetSent,
    DeliveryChanged,
    ExemplarPromoted,
    MediaStored,
    MessageEdited,
    MessageErased,
    MessageMoved,
    MessageReacted,
    MessageRecalled,
    MessageReceived,
    NoteAdded,
    PhraseUsed,
    PieceSent,
    QuestionReturned,
    RawRemoved,
    ReplyCorrected,
    ReplyDecided,
    ReplyQueued,
    SessionBegan,
    SessionJoined,
    WordingFound,
)
from csdesk.domain.records.events.reception import (
    LeaseRenewed,
    TicketHandedBack,
    TicketHandedOff,
    TicketTransferred,
    TurnBegan,
    TurnEnded,
)
from csdesk.domain.records.events.tickets import (
    ActionRequested,
    AlertRaised,
    BreachVoided,
    ClockBreached,
    ClockEnded,
    ClockEscalated,
    ClocksChanged,
    ClockStarted,
    ClockWarned,
    ConversationTaken,
    CustomFieldSet,
    GoalSet,
    GoalSettled,
    LinksChanged,
    MessagesMoved,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferMade,
    OfferWithdrawn,
    OwnerLeft,
    ParticipantsChanged,
    RulesExhausted,
    RulesPlanned,
    RuleTimed,
    SkewSeen,
    SlaApplied,
    StatusChanged,
    SubjectSet,
    TicketAbsorbed,
    TicketAssigned,
    TicketErased,
    TicketEscalated,
    TicketFieldSet,
    TicketFlagged,
    TicketMerged,
    TicketOpened,
    TicketReleased,
    TicketTagged,
    TicketUnflagged,
    TicketUnmerged,
    TicketUntagged,
)
from csdesk.domain.records.trace import Trace

__all__ = [
    "ASSESSMENT",
    "DESK",
    "LEARNING",
    "LIBRARY",
    "TRAINING",
    "AccountPaused",
    "AccountResumed",
    "ActionRequested",
    "ActsRecounted",
    "AgentSaved",
    "AlertRaised",
    "AlternativeAnswered",
    "ApprovalAsked",
    "ApprovalLapsed",
    "ApprovalRefused",
    "ApprovalWithdrawn",
    "ArticleSaved",
    "AssetSaved",
    "AssetSent",
    "AttributesSet",
    "AuthorityGranted",
    "AuthorityRevoked",
    "AuthoritySettled",
    "BreachVoided",
    "ClockBreached",
    "ClockEnded",
    "ClockEscalated",
    "ClockStarted",
    "ClockWarned",
    "ClocksChanged",
    "CommandDenied",
    "ConfigActivated",
    "ConversationTaken",
    "CustomFieldSet",
    "CustomerAbsorbed",
    "CustomerActed",
    "CustomerBlocked",
    "CustomerCreated",
    "CustomerEntered",
    "CustomerErased",
    "CustomerFlagged",
    "CustomerMerged",
    "CustomerNamed",
    "CustomerPlaced",
    "CustomerReleased",
    "CustomerTagged",
    "CustomerUnblocked",
    "CustomerUnflagged",
    "CustomerUnmerged",
    "CustomerUntagged",
    "DeliveryChanged",
    "EntranceAnswered",
    "Entry",
    "Epochs",
    "ErasureCompleted",
    "Event",
    "ExceptionAnswered",
    "ExceptionAsked",
    "ExemplarPromoted",
    "Fate",
    "GoalSet",
    "GoalSettled",
    "HolidaysSaved",
    "IdentityLinked",
    "IdentityUnlinked",
    "LeaseRenewed",
    "LessonsForgotten",
    "LibraryChanged",
    "LibraryTrained",
    "LinksChanged",
    "LoadRepaired",
    "MediaStored",
    "MessageEdited",
    "MessageErased",
    "MessageMoved",
    "MessageParked",
    "MessageReacted",
    "MessageRecalled",
    "MessageReceived",
    "MessageReleased",
    "MessagesMoved",
    "NoteAdded",
    "OfferAccepted",
    "OfferDeclined",
    "OfferExpired",
    "OfferMade",
    "OfferWithdrawn",
    "OwnerLeft",
    "ParticipantsChanged",
    "PhraseSaved",
    "PhraseUsed",
    "PieceSent",
    "PresenceChanged",
    "QuestionReturned",
    "RawRemoved",
    "ReplyAssessed",
    "ReplyCorrected",
    "ReplyDecided",
    "ReplyQueued",
    "RuleTimed",
    "RulesExhausted",
    "RulesPlanned",
    "SegmentEntered",
    "SegmentLeft",
    "SegmentsPlanned",
    "SessionAnswered",
    "SessionBegan",
    "SessionJoined",
    "SettlementBegan",
    "SettlementCarried",
    "SettlementErased",
    "SettlementNoted",
    "SettlementReversed",
    "SkewSeen",
    "SlaApplied",
    "StatusChanged",
    "SubjectSet",
    "SuggestionsJudged",
    "TicketAbsorbed",
    "TicketAssigned",
    "TicketErased",
    "TicketEscalated",
    "TicketFieldSet",
    "TicketFlagged",
    "TicketHandedBack",
    "TicketHandedOff",
    "TicketMerged",
    "TicketOpened",
    "TicketReleased",
    "TicketTagged",
    "TicketTransferred",
    "TicketUnflagged",
    "TicketUnmerged",
    "TicketUntagged",
    "TrainingChosen",
    "TurnBegan",
    "TurnEnded",
    "WordingFound",
]


Event = Annotated[
    CustomerCreated
    | IdentityLinked
    | IdentityUnlinked
    | CustomerNamed
    | AttributesSet
    | CustomerPlaced
    | CustomerTagged
    | CustomerUntagged
    | CustomerBlocked
    | CustomerUnblocked
    | CustomerMerged
    | CustomerAbsorbed
    | CustomerUnmerged
    | CustomerReleased
    | CustomerFlagged
    | CustomerUnflagged
    | CustomerActed
    | ActsRecounted
    | SegmentEntered
    | SegmentLeft
    | SegmentsPlanned
    | CustomerErased
    | ErasureCompleted
    | CustomerEntered
    | EntranceAnswered
    | TicketOpened
    | MessageReceived
    | ReplyQueued
    | NoteAdded
    | DeliveryChanged
    | PieceSent
    | MediaStored
    | MessageRecalled
    | MessageReacted
    | MessageEdited
    | MessageErased
    | RawRemoved
    | TicketTagged
    | TicketUntagged
    | TicketFieldSet
    | CustomFieldSet
    | SubjectSet
    | StatusChanged
    | TicketAssigned
    | LeaseRenewed
    | TurnBegan
    | TurnEnded
    | TicketHandedOff
    | TicketHandedBack
    | TicketTransferred
    | ConversationTaken
    | OwnerLeft
    | OfferMade
    | OfferAccepted
    | OfferDeclined
    | OfferExpired
    | OfferWithdrawn
    | ParticipantsChanged
    | TicketFlagged
    | TicketUnflagged
    | GoalSet
    | GoalSettled
    | SlaApplied
    | ClocksChanged
    | ClockStarted
    | ClockEnded
    | ClockWarned
    | ClockBreached
    | ClockEscalated
    | TicketEscalated
    | BreachVoided
    | LinksChanged
    | TicketMerged
    | TicketAbsorbed
    | TicketUnmerged
    | TicketReleased
    | MessagesMoved
    | MessageMoved
    | TicketErased
    | ReplyDecided
    | PhraseUsed
    | QuestionReturned
    | SessionBegan
    | SessionJoined
    | ReplyCorrected
    | ExemplarPromoted
    | WordingFound
    | AlertRaised
    | ActionRequested
    | RulesExhausted
    | RuleTimed
    | RulesPlanned
    | SkewSeen
    | AgentSaved
    | PresenceChanged
    | LoadRepaired
    | AssetSaved
    | AssetSent
    | PhraseSaved
    | ArticleSaved
    | LibraryChanged
    | SuggestionsJudged
    | LessonsForgotten
    | LibraryTrained
    | TrainingChosen
    | ReplyAssessed
    | HolidaysSaved
    | ConfigActivated
    | SessionAnswered
    | AccountPaused
    | AccountResumed
    | CommandDenied
    | MessageParked
    | MessageReleased
    | SettlementBegan
    | AuthoritySettled
    | ApprovalAsked
    | ApprovalRefused
    | ApprovalWithdrawn
    | ApprovalLapsed
    | SettlementReversed
    | SettlementCarried
    | SettlementErased
    | SettlementNoted
    | ExceptionAsked
    | ExceptionAnswered
    | AlternativeAnswered
    | AuthorityGranted
    | AuthorityRevoked,
    Field(discriminator="kind"),
]
"""Every event of the desk."""


DESK: Final = "desk"
"""The subject of what concerns no single record."""

LIBRARY: Final = "library"
"""The subject of changes of the phrase library, in their order."""

LEARNING: Final = "learning"
"""The subject of decisions about suggestions, in their order: what the matcher learns from."""

TRAINING: Final = "training"
"""The subject of trainings of the phrase library, in their order, and of which one is in use."""

ASSESSMENT: Final = "assessment"
"""The subject of what counts when work is assessed."""


class Epochs(NamedTuple):
    """The versions of what a decision rested on: each grows by one with every change."""

    config: int = 0
    phrases: int = 0
    agents: int = 0
    calendars: int = 0


class Entry(NamedTuple):
    """What one cause did to one subject (a ticket, customer, message, agent, phrase, or the desk itself)."""

    subject: str
    at: datetime
    actor: Actor
    cause: str
    """The id of the command or inbound message behind it."""
    epochs: Epochs
    events: tuple[Event, ...]
    trace: Trace | None = None
    salt: str = ""
    """What the digest of the personal values is salted with; stored beside them and erased with them."""
    position: str = ""
    """Where it stands in the desk's order of commits, opaque; set when it is read."""
