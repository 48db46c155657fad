"""What a flow is: its steps, their replies, its type."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from csdesk.domain.matching.trainings import Training
from csdesk.domain.records.bots import BotAbstains, BotAnswer, BotHandsOver
from csdesk.domain.records.changes import Committed
from csdesk.domain.records.channels import Health, InboundResult, MediaFetched, PullPage, Receipt
from csdesk.domain.records.events import Entry
from csdesk.domain.records.knowledge import KnowledgeReply
from csdesk.domain.records.media import MediaRef
from csdesk.ports.actions import ActionOutcome
from csdesk.ports.steps.asking import Ask, AskBusiness, AskProducts, CarryOut, Consult, Encode
from csdesk.ports.steps.attempts import Attempt, Commit, Load, Loaded, Scope
from csdesk.ports.steps.channel import Check, Converse, Edit, Fetch, Parse, Pull, Recall, Send, Show, TakeSeat, Upload
from csdesk.ports.steps.meaning import Fuse, Fused, KeepVectors, LetRest, Train
from csdesk.ports.steps.media import DeleteMedia, ListMedia, MediaInUse, PutMedia, ReadMedia, TidyMedia
from csdesk.ports.steps.storing import (
    Ack,
    Backup,
    Count,
    Lease,
    List,
    LookAhead,
    Maintain,
    ReadEntries,
    Scrub,
    Search,
    TakeNumber,
    WrittenBy,
)
from csdesk.ports.store import BackupReport, Leased, Maintained, Outlook, Page, Row, Scrubbed, SearchHit

T = TypeVar("T")

Step = (
    Attempt
    | Load
    | Commit
    | Lease
    | LookAhead
    | List
    | Count
    | Search
    | ReadEntries
    | Ack
    | TakeNumber
    | Maintain
    | Backup
    | PutMedia
    | DeleteMedia
    | ListMedia
    | TidyMedia
    | MediaInUse
    | WrittenBy
    | Scrub
    | ReadMedia
    | Train
    | Fuse
    | KeepVectors
    | LetRest
    | Parse
    | Show
    | Pull
    | Send
    | Upload
    | Fetch
    | Recall
    | Edit
    | Check
    | Converse
    | Ask
    | Consult
    | AskProducts
    | AskBusiness
    | Encode
    | CarryOut
    | TakeSeat
)
"""Everything a flow can ask for."""


Reply = (
    Scope
    | Loaded
    | Committed
    | Leased
    | Outlook
    | Page[Row]
    | Page[SearchHit]
    | tuple[Entry, ...]
    | tuple[str, ...]
    | tuple[tuple[str, ...], str]
    | frozenset[str]
    | Scrubbed
    | int
    | Maintained
    | BackupReport
    | MediaRef
    | Training
    | Fused
    | InboundResult
    | PullPage
    | Receipt
    | MediaFetched
    | Health
    | BotAnswer
    | BotAbstains
    | BotHandsOver
    | KnowledgeReply
    | ActionOutcome
    | bytes
    | str
    | None
)
"""Everything a runner can answer with."""


Flow = Generator[Step, Reply, T]
"""A use case that ends with a T."""
