"""Commands: what somebody asks the desk to do. ``desk.execute`` runs any of them; the methods of the desk build them.

Every command carries its actor. ``expected_version`` makes it fail with ``VersionConflict`` if the record has moved on;
without it a conflict is retried. ``idempotency_key`` makes a second run return the first one's outcome; a key belongs
to one kind of command and one record (a merged ticket and its survivor are two).

All that stands in ``__all__`` is public: ``csdesk.commands`` has no list of its own.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from csdesk.domain.records.commands.authority import (
    AnswerAlternative,
    AnswerApproval,
    AnswerException,
    AskException,
    AuthorityCommand,
    GrantAuthority,
    ResolveCarrying,
    ReverseSettlement,
    RevokeAuthority,
    ServeSelf,
    SettleAmount,
    WithdrawApproval,
)
from csdesk.domain.records.commands.customers import (
    AddCustomer,
    BlockCustomer,
    EraseCustomer,
    FillProfile,
    FlagCustomer,
    LinkIdentity,
    MergeCustomers,
    RecordAct,
    SetProfile,
    SyncTags,
    TagCustomer,
    UnlinkIdentity,
    UnmergeCustomers,
)
from csdesk.domain.records.commands.library import (
    AdoptTraining,
    ChooseTraining,
    ForgetLessons,
    JudgeSuggestions,
    PromoteExemplar,
    PutArticles,
    PutPhrases,
    RetireArticle,
    SaveAsset,
    SavePhrase,
)
from csdesk.domain.records.commands.messages import (
    AddNote,
    CorrectReply,
    RetryOutbound,
    SendReply,
    SettleParked,
)
from csdesk.domain.records.commands.staff import SaveAgent, SaveHolidays
from csdesk.domain.records.commands.tickets import (
    ChangeParticipants,
    EndClock,
    FlagTicket,
    MergeTickets,
    NewParticipant,
    ReassessTicket,
    RunMacro,
    SetGoal,
    SetStatus,
    SetTicketField,
    SplitTicket,
    StartClock,
    TagTicket,
    UnmergeTicket,
    UntagTicket,
)
from csdesk.domain.records.commands.work import (
    AcceptOffer,
    AssignTicket,
    DeclineOffer,
    HandBack,
    HandOff,
    LeaseTicket,
    ReleaseTicket,
    RenewLease,
    TransferTicket,
    WithdrawTransfer,
)

__all__ = [
    "AcceptOffer",
    "AddCustomer",
    "AddNote",
    "AdoptTraining",
    "AnswerAlternative",
    "AnswerApproval",
    "AnswerException",
    "AskException",
    "AssignTicket",
    "AuthorityCommand",
    "BlockCustomer",
    "ChangeParticipants",
    "ChooseTraining",
    "Command",
    "CorrectReply",
    "CustomerCommand",
    "DeclineOffer",
    "EndClock",
    "EraseCustomer",
    "FillProfile",
    "FlagCustomer",
    "FlagTicket",
    "ForgetLessons",
    "GrantAuthority",
    "HandBack",
    "HandOff",
    "JudgeSuggestions",
    "LeaseTicket",
    "LinkIdentity",
    "MergeCustomers",
    "MergeTickets",
    "NewParticipant",
    "PromoteExemplar",
    "PutArticles",
    "PutPhrases",
    "ReassessTicket",
    "RecordAct",
    "ReleaseTicket",
    "RenewLease",
    "ResolveCarrying",
    "RetireArticle",
    "RetryOutbound",
    "ReverseSettlement",
    "RevokeAuthority",
    "RunMacro",
    "SaveAgent",
    "SaveAsset",
    "SaveHolidays",
    "SavePhrase",
    "SendReply",
    "ServeSelf",
    "SetGoal",
    "SetProfile",
    "SetStatus",
    "SetTicketField",
    "SettleAmount",
    "SettleParked",
    "SplitTicket",
    "StartClock",
    "SyncTags",
    "TagCustomer",
    "TagTicket",
    "TicketCommand",
    "TransferTicket",
    "UnlinkIdentity",
    "UnmergeCustomers",
    "UnmergeTicket",
    "UntagTicket",
    "WithdrawApproval",
    "WithdrawTransfer",
]

TicketCommand = (
    SendReply
    | AddNote
    | AssignTicket
    | AcceptOffer
    | DeclineOffer
    | LeaseTicket
    | RenewLease
    | ReleaseTicket
    | HandOff
    | HandBack
    | TransferTicket
    | WithdrawTransfer
    | SetStatus
    | SetTicketField
    | TagTicket
    | UntagTicket
    | FlagTicket
    | SetGoal
    | ChangeParticipants
    | RunMacro
    | MergeTickets
    | UnmergeTicket
    | SplitTicket
    | ReassessTicket
    | StartClock
    | EndClock
    | CorrectReply
    | PromoteExemplar
)
"""The commands that change one ticket."""

CustomerCommand = (
    SetProfile
    | FillProfile
    | TagCustomer
    | SyncTags
    | FlagCustomer
    | RecordAct
    | LinkIdentity
    | MergeCustomers
    | UnmergeCustomers
    | BlockCustomer
)
"""The commands that change one customer."""

Command = Annotated[
    TicketCommand
    | CustomerCommand
    | AddCustomer
    | UnlinkIdentity
    | EraseCustomer
    | SaveAgent
    | SavePhrase
    | SaveAsset
    | PutPhrases
    | PutArticles
    | RetireArticle
    | JudgeSuggestions
    | ForgetLessons
    | AdoptTraining
    | ChooseTraining
    | SaveHolidays
    | SettleParked
    | RetryOutbound
    | AuthorityCommand,
    Field(discriminator="kind"),
]
"""Everything ``desk.execute`` can run. ``ReceiveMessage`` has its own door: ``desk.receive``."""
