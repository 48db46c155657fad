"""The steps of a flow: everything a use case can ask the world for.

A use case is a generator that yields steps and is sent their replies; ``Desk`` and ``AsyncDesk`` perform the steps.
Flows say ``snapshot = yield from steps.load(needs)``, so types stay exact.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.matching.articles import ArticleShelf
from csdesk.domain.matching.book import PhraseBook
from csdesk.domain.matching.resting import RESTED, Rest
from csdesk.domain.matching.trainings import Training
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records.bots import BotAbstains, BotAnswer, BotHandsOver, BotTurn
from csdesk.domain.records.business import BusinessQuestion
from csdesk.domain.records.changes import ChangeSet, Committed, Needs, Snapshot
from csdesk.domain.records.channels import (
    Capabilities,
    Feed,
    FeedPage,
    Health,
    InboundResult,
    MediaFetched,
    MediaFile,
    MediaWanted,
    OutboundMessage,
    PullHint,
    PullPage,
    RawRequest,
    Receipt,
    Seat,
    SentMessage,
)
from csdesk.domain.records.events import Entry
from csdesk.domain.records.knowledge import KnowledgeQuestion, KnowledgeReply
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import TextPart
from csdesk.domain.records.products import ProductQuestion
from csdesk.domain.routing.roster import Roster
from csdesk.errors import FlowError, sentence
from csdesk.ports.actions import ActionOrder, ActionOutcome
from csdesk.ports.channel import Exchange
from csdesk.ports.ids import IdSource
from csdesk.ports.knowledge import AnyKnowledge
from csdesk.ports.store import (
    BackupReport,
    Leased,
    LeaseRequest,
    Maintained,
    Outlook,
    OutlookRequest,
    Page,
    Progress,
    Query,
    Row,
    Scrubbed,
    SearchHit,
    SearchRequest,
)

T = TypeVar("T")


class Scope(NamedTuple):
    """What one attempt at a use case is given: the desk, the present time, the source of ids, the policy last seen.

    ``policy`` only helps to ask for the right things; decisions go by the policy that a load brings.
    """

    desk: str
    keys: ClaimKeys
    now: datetime
    ids: IdSource
    policy: Policy
    channels: Mapping[str, Capabilities]
    bots: tuple[str, ...] = ()
    """The bots that this process has."""
    has_products: bool = False
    """Whether this process can ask a shop about its products."""
    actions: tuple[str, ...] = ()
    """The systems that this process has, which carry out what was settled."""
    has_embedder: bool = False
    """Whether this process can ask what texts mean."""


class Attempt(NamedTuple):
    """Begin an attempt. Number 0 begins at once, later ones after a short random wait; the load budget begins anew."""

    number: int
    loads: int = 2


Phrases = Literal["no", "auto", "yes", "learned", "held"]
"""Whether phrases are wanted: ``auto``: if the policy may answer automatically. ``learned``: with every lesson that was
given so far, where ``yes`` takes those that are known here. ``held``: as ``learned``, if they are at hand already."""


class Load(NamedTuple):
    """One batched read; the reply carries the policy that is active at that moment.

    ``phrases``: whether the reply must carry the phrases too.
    """

    needs: Needs
    phrases: Phrases = "no"
    roster: bool = False
    """Whether the reply must carry the kinds of agents, too."""
    articles: bool = False
    """Whether the reply must carry the articles, too."""


class Loaded(NamedTuple):
    """What a load answers: the snapshot and the compiled policy of its epochs; the phrases if they were asked for."""

    snapshot: Snapshot
    policy: Policy
    phrases: PhraseBook | None = None
    roster: Roster = Roster()
    """The kinds of agents of each queue; nobody unless it was asked for."""
    articles: ArticleShelf | None = None
    """The articles, if they were asked for."""


class Commit(NamedTuple):
    """One transaction."""

    changes: ChangeSet


@dataclass(frozen=True, slots=True)
class Lease:
    """Take due work."""

    request: LeaseRequest


@dataclass(frozen=True, slots=True)
class LookAhead:
    """Whether anything at all is due."""

    request: OutlookRequest


@dataclass(frozen=True, slots=True)
class List:
    """A page of records."""

    query: Query


@dataclass(frozen=True, slots=True)
class Count:
    """How many records match."""

    query: Query


@dataclass(frozen=True, slots=True)
class Search:
    """Full text."""

    request: SearchRequest


@dataclass(frozen=True, slots=True)
class ReadEntries:
    """The next entries for a consumer."""

    consumer: str
    limit: int


@dataclass(frozen=True, slots=True)
class Ack:
    """Move a consumer's cursor."""

    consumer: str
    position: str


@dataclass(frozen=True, slots=True)
class TakeNumber:
    """The next ticket number."""


@dataclass(frozen=True, slots=True)
class Maintain:
    """A round of upkeep."""

    limit: int


@dataclass(frozen=True, slots=True)
class Backup:
    """Copy the store and the media."""

    target: Path
    overwrite: bool
    progress: Progress | None


@dataclass(frozen=True, slots=True)
class PutMedia:
    """Store bytes; durable before the reply."""

    content: bytes
    type: str
    name: str


@dataclass(frozen=True, slots=True)
class DeleteMedia:
    """Remove media whose last put is long enough ago; how many are gone, and which are too young."""

    digests: tuple[str, ...]
    idle: timedelta


@dataclass(frozen=True, slots=True)
class ListMedia:
    """The next digests of the media store."""

    after: str
    limit: int


@dataclass(frozen=True, slots=True)
class TidyMedia:
    """Remove what unfinished puts left."""

    idle: timedelta


@dataclass(frozen=True, slots=True)
class MediaInUse:
    """Which of the media are referred to."""

    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WrittenBy:
    """The messages of some identities, a stretch at a time."""

    identities: tuple[str, ...]
    after: str
    limit: int


@dataclass(frozen=True, slots=True)
class Scrub:
    """Leave no trace of what was deleted."""

    limit: int


@dataclass(frozen=True, slots=True)
class ReadMedia:
    """The bytes of stored media."""

    ref: MediaRef


@dataclass(frozen=True, slots=True)
class Train:
    """Train phrases to be told apart: seconds to minutes of processor time, never on an event loop."""

    book: PhraseBook


@dataclass(frozen=True, slots=True)
class Fuse:
    """Give phrases the vectors of the desk's embedder, which is not asked: as far as it told them before."""

    book: PhraseBook


@dataclass(frozen=True, slots=True)
class Fused:
    """What giving phrases vectors came to.

    Attributes:
        model: the embedder's name.
        book: the phrases with vectors; None while some are missing.
        missing: the texts of phrases whose vectors nobody knows yet.
        rest: whether the embedder is left alone, since it failed.
    """

    model: str
    book: PhraseBook | None
    missing: tuple[str, ...] = ()
    rest: Rest = RESTED


@dataclass(frozen=True, slots=True)
class KeepVectors:
    """Keep what the embedder of that name told about texts of phrases."""

    model: str
    texts: tuple[str, ...]
    told: object


@dataclass(frozen=True, slots=True)
class LetRest:
    """Remember how the embedder of that name fared."""

    model: str
    rest: Rest


@dataclass(frozen=True, slots=True)
class Parse:
    """Let the account's adapter verify and parse a request."""

    account: str
    request: RawRequest


@dataclass(frozen=True, slots=True)
class Show:
    """Let the account's adapter write down a page of a conversation."""

    feed: Feed
    page: FeedPage


@dataclass(frozen=True, slots=True)
class Pull:
    """Fetch one page from the account's provider. A step of the network."""

    account: str
    hint: PullHint | None
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Send:
    """Hand a message to the account's channel. A step of the network."""

    message: OutboundMessage


@dataclass(frozen=True, slots=True)
class Upload:
    """Give the account's provider a file. A step of the network."""

    account: str
    file: MediaFile


@dataclass(frozen=True, slots=True)
class Fetch:
    """Fetch media from the account's provider. A step of the network."""

    wanted: MediaWanted


@dataclass(frozen=True, slots=True)
class Recall:
    """Let the account's provider take a message back. A step of the network."""

    sent: SentMessage


@dataclass(frozen=True, slots=True)
class Edit:
    """Let the account's provider change what a message says. A step of the network."""

    sent: SentMessage
    part: TextPart


@dataclass(frozen=True, slots=True)
class Check:
    """Ask an account's channel whether it works. A step of the network."""

    account: str


@dataclass(frozen=True, slots=True)
class Converse:
    """Run an exchange of a channel's own. A step of the network; ``Any``: it ends with what it ends with."""

    exchange: Exchange[Any]


@dataclass(frozen=True, slots=True)
class TakeSeat:
    """Tell the account's provider who has a conversation. A step of the network."""

    seat: Seat


@dataclass(frozen=True, slots=True)
class Ask:
    """Let a bot answer a turn, for so long at most. A step of the network."""

    turn: BotTurn
    within: timedelta


@dataclass(frozen=True, slots=True)
class Consult:
    """Ask a host's knowledge base, for so long at most. A step of the network."""

    base: AnyKnowledge
    question: KnowledgeQuestion
    within: timedelta


@dataclass(frozen=True, slots=True)
class AskProducts:
    """Ask the host's shop about products, for so long at most. A step of the network."""

    question: ProductQuestion
    within: timedelta


@dataclass(frozen=True, slots=True)
class AskBusiness:
    """Ask a system of the host's, for so long at most. A step of the network."""

    question: BusinessQuestion
    within: timedelta


@dataclass(frozen=True, slots=True)
class Encode:
    """Ask the desk's embedder for vectors, for so long at most. A step of the network."""

    texts: tuple[str, ...]
    within: timedelta


@dataclass(frozen=True, slots=True)
class CarryOut:
    """Let a host's system carry something out, for so long at most. A step of the network."""

    port: str
    order: ActionOrder
    within: timedelta


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


def _wrong(step: str, reply: object) -> FlowError:
    return FlowError(sentence("the reply to {step} was a {type}", step=step, type=type(reply).__name__), step=step)


def attempt(number: int, *, loads: int = 2) -> Flow[Scope]:
    """The scope of an attempt; at most ``loads`` loads follow until the next one."""
    reply = yield Attempt(number, loads)
    if isinstance(reply, Scope):
        return reply
    raise _wrong("attempt", reply)


def load(needs: Needs, *, phrases: Phrases = "no", roster: bool = False, articles: bool = False) -> Flow[Loaded]:
    """Everything that ``needs`` names, of one moment."""
    reply = yield Load(needs, phrases, roster, articles)
    if isinstance(reply, Loaded):
        return reply
    raise _wrong("load", reply)


def commit(changes: ChangeSet) -> Flow[Committed]:
    """Write all of it, or nothing; an empty change set is not sent."""
    if changes.is_empty:
        return Committed()
    reply = yield Commit(changes)
    if isinstance(reply, Committed):
        return reply
    raise _wrong("commit", reply)


def lease(request: LeaseRequest) -> Flow[Leased]:
    """Due work, taken for a while."""
    reply = yield Lease(request)
    if isinstance(reply, Leased):
        return reply
    raise _wrong("lease", reply)


def outlook(request: OutlookRequest) -> Flow[Outlook | None]:
    """What lies ahead; None: the store cannot tell, ask for each kind of work."""
    reply = yield LookAhead(request)
    if reply is None or isinstance(reply, Outlook):
        return reply
    raise _wrong("outlook", reply)


def listed(query: Query) -> Flow[Page[Row]]:
    """A page of records."""
    reply = yield List(query)
    if isinstance(reply, Page):
        return reply  # type: ignore[return-value]  # the two kinds of page differ by type argument only
    raise _wrong("list", reply)


def count(query: Query) -> Flow[int]:
    """How many records match."""
    reply = yield Count(query)
    if isinstance(reply, int):
        return reply
    raise _wrong("count", reply)


def search(request: SearchRequest) -> Flow[Page[SearchHit]]:
    """The messages that match."""
    reply = yield Search(request)
    if isinstance(reply, Page):
        return reply  # type: ignore[return-value]  # the two kinds of page differ by type argument only
    raise _wrong("search", reply)


def read_entries(consumer: str, limit: int) -> Flow[tuple[Entry, ...]]:
    """The next entries for a consumer."""
    reply = yield ReadEntries(consumer, limit)
    if isinstance(reply, tuple):
        return reply  # type: ignore[return-value]  # tuples differ by type argument only
    raise _wrong("entries", reply)


def ack(consumer: str, position: str) -> Flow[None]:
    """Move a consumer's cursor."""
    yield Ack(consumer, position)


def take_number() -> Flow[int]:
    """The next ticket number."""
    reply = yield TakeNumber()
    if isinstance(reply, int):
        return reply
    raise _wrong("number", reply)


def maintain(limit: int) -> Flow[Maintained]:
    """A round of upkeep."""
    reply = yield Maintain(limit)
    if isinstance(reply, Maintained):
        return reply
    raise _wrong("maintain", reply)


def backup(target: Path, *, overwrite: bool, progress: Progress | None) -> Flow[BackupReport]:
    """Copy the store to that file and the media beside it."""
    reply = yield Backup(target, overwrite, progress)
    if isinstance(reply, BackupReport):
        return reply
    raise _wrong("backup", reply)


def put_media(content: bytes, *, type: str, name: str = "") -> Flow[MediaRef]:
    """Store bytes."""
    reply = yield PutMedia(content, type, name)
    if isinstance(reply, MediaRef):
        return reply
    raise _wrong("media", reply)


def delete_media(digests: tuple[str, ...], *, idle: timedelta) -> Flow[tuple[str, ...]]:
    """Remove those media whose last put is that long ago; the ones that are too young."""
    reply = yield DeleteMedia(digests, idle)
    if isinstance(reply, tuple):
        return reply  # type: ignore[return-value]  # tuples differ by type argument only
    raise _wrong("media", reply)


def list_media(after: str, limit: int) -> Flow[tuple[str, ...]]:
    """The next digests of the media store, in order."""
    reply = yield ListMedia(after, limit)
    if isinstance(reply, tuple):
        return reply  # type: ignore[return-value]  # tuples differ by type argument only
    raise _wrong("media", reply)


def tidy_media(*, idle: timedelta) -> Flow[int]:
    """Remove what unfinished puts left, if it is that old; how many pieces."""
    reply = yield TidyMedia(idle)
    if isinstance(reply, int):
        return reply
    raise _wrong("media", reply)


def media_in_use(digests: tuple[str, ...]) -> Flow[frozenset[str]]:
    """Which of the media are referred to.

    Raises:
        UnsupportedFeature: the store cannot tell.
    """
    reply = yield MediaInUse(digests)
    if isinstance(reply, frozenset):
        return reply
    raise _wrong("media", reply)


def read_media(ref: MediaRef) -> Flow[bytes]:
    """The bytes of stored media.

    Raises:
        NotFound: they are gone.
    """
    reply = yield ReadMedia(ref)
    if isinstance(reply, bytes):
        return reply
    raise _wrong("media", reply)


def train(book: PhraseBook) -> Flow[Training]:
    """What a training of these phrases teaches.

    Raises:
        InvalidInput: they have too few questions to learn from.
    """
    reply = yield Train(book)
    if isinstance(reply, Training):
        return reply
    raise _wrong("train", reply)


def fuse(book: PhraseBook) -> Flow[Fused]:
    """The phrases with vectors, or the texts that have none yet."""
    reply = yield Fuse(book)
    if isinstance(reply, Fused):
        return reply
    raise _wrong("fuse", reply)


def keep_vectors(model: str, texts: tuple[str, ...], told: object) -> Flow[None]:
    """Keep what an embedder told about texts of phrases.

    Raises:
        InvalidInput: it is no list of vectors, one for each text, as long as those before.
    """
    yield KeepVectors(model, texts, told)


def let_rest(model: str, rest: Rest) -> Flow[None]:
    """Remember how an embedder fared."""
    yield LetRest(model, rest)


def written_by(identities: tuple[str, ...], after: str, limit: int) -> Flow[tuple[tuple[str, ...], str]]:
    """The messages of these identities among the next ``limit`` ones, and where to go on (empty: at no more)."""
    reply = yield WrittenBy(identities, after, limit)
    if isinstance(reply, tuple) and len(reply) == 2:
        return reply  # type: ignore[return-value]  # tuples differ by type argument only
    raise _wrong("written by", reply)


def scrub(limit: int) -> Flow[Scrubbed]:
    """Leave no trace of what was deleted."""
    reply = yield Scrub(limit)
    if reply in {"done", "more", "busy"}:
        return reply
    raise _wrong("scrub", reply)


def parse(account: str, request: RawRequest) -> Flow[InboundResult]:
    """What the adapter made of a request."""
    reply = yield Parse(account, request)
    if isinstance(reply, InboundResult):
        return reply
    raise _wrong("parse", reply)


def show(feed: Feed, page: FeedPage) -> Flow[bytes]:
    """A page of a conversation as the account's channel writes it.

    Raises:
        UnsupportedFeature: nobody reads conversations through this channel.
    """
    reply = yield Show(feed, page)
    if isinstance(reply, bytes):
        return reply
    raise _wrong("show", reply)


def pull(account: str, hint: PullHint | None, cursor: str | None) -> Flow[PullPage]:
    """One page from the provider."""
    reply = yield Pull(account, hint, cursor)
    if isinstance(reply, PullPage):
        return reply
    raise _wrong("pull", reply)


def send(message: OutboundMessage) -> Flow[Receipt]:
    """What the channel said about a message.

    Raises:
        ChannelError: it was refused, or nobody knows.
    """
    reply = yield Send(message)
    if isinstance(reply, Receipt):
        return reply
    raise _wrong("send", reply)


def upload(account: str, file: MediaFile) -> Flow[str]:
    """The provider's id of a file that it was given.

    Raises:
        ChannelError: it was refused, or nobody knows.
    """
    reply = yield Upload(account, file)
    if isinstance(reply, str):
        return reply
    raise _wrong("upload", reply)


def fetch(wanted: MediaWanted) -> Flow[MediaFetched]:
    """What a customer sent.

    Raises:
        ChannelError: it cannot be had now, or ever.
    """
    reply = yield Fetch(wanted)
    if isinstance(reply, MediaFetched):
        return reply
    raise _wrong("fetch", reply)


def recall(sent: SentMessage) -> Flow[None]:
    """Let the provider take a message back.

    Raises:
        ChannelError: it refused.
        UnsupportedFeature: the channel does not have this power.
    """
    yield Recall(sent)


def edit(sent: SentMessage, part: TextPart) -> Flow[None]:
    """Let the provider change what a message says.

    Raises:
        ChannelError: it refused.
        UnsupportedFeature: the channel does not have this power.
    """
    yield Edit(sent, part)


def check(account: str) -> Flow[Health]:
    """Whether the account's channel works.

    Raises:
        UnsupportedFeature: the channel cannot say.
    """
    reply = yield Check(account)
    if isinstance(reply, Health):
        return reply
    raise _wrong("check", reply)


def converse(exchange: Exchange[T]) -> Flow[T]:
    """What an exchange of a channel ends with.

    Raises:
        ChannelError: it went wrong.
    """
    reply = yield Converse(exchange)
    return reply  # type: ignore[return-value]  # the step ends with what the exchange ends with


def seat(seat: Seat) -> Flow[None]:
    """Tell who has a conversation.

    Raises:
        ChannelError: the provider does not take it.
        UnsupportedFeature: the channel does not have this power.
    """
    yield TakeSeat(seat)


def ask(turn: BotTurn, within: timedelta) -> Flow[object]:
    """What a bot says to a turn; an outcome, if it keeps its contract.

    Raises:
        TimeoutError: it took too long.
    """
    reply: object = yield Ask(turn, within)
    return reply


def carry_out(port: str, order: ActionOrder, within: timedelta) -> Flow[object]:
    """What a host's system says to an order; an outcome, if it keeps its contract.

    Raises:
        TimeoutError: it took too long.
    """
    reply: object = yield CarryOut(port, order, within)
    return reply


def consult(base: AnyKnowledge, question: KnowledgeQuestion, within: timedelta) -> Flow[object]:
    """What a knowledge base says to a question; a ``KnowledgeReply``, if it keeps its contract.

    Raises:
        TimeoutError: it took too long.
    """
    reply: object = yield Consult(base, question, within)
    return reply


def ask_products(question: ProductQuestion, within: timedelta) -> Flow[object]:
    """What the host's shop says; a sequence of ``Product``, if it keeps its contract.

    Raises:
        UnsupportedFeature: the desk was opened without one.
        TimeoutError: it took too long.
    """
    reply: object = yield AskProducts(question, within)
    return reply


def ask_business(question: BusinessQuestion, within: timedelta) -> Flow[object]:
    """What a system of the host's says: what ``csdesk.ports.business`` wants of it, if it keeps its contract.

    Raises:
        UnsupportedFeature: the desk was opened without one.
        TimeoutError: it took too long.
    """
    reply: object = yield AskBusiness(question, within)
    return reply


def encode(texts: tuple[str, ...], within: timedelta) -> Flow[object]:
    """What the desk's embedder says to texts; a sequence of vectors, if it keeps its contract.

    Raises:
        UnsupportedFeature: the desk was opened without one.
        TimeoutError: it took too long.
    """
    reply: object = yield Encode(texts, within)
    return reply
