"""What a flow asks the store for, what it gets, and what it commits.

``Needs`` is one batched read, ``Snapshot`` its answer, ``ChangeSet`` one transaction. Claims are unique keys with an
owner: the one mechanism behind every "only once". Deltas change counters without a version: they commute.

What a change set holds by the dozen, and what has many fields, is a named tuple: building one costs a third of a frozen
dataclass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar

from csdesk.domain.ids import CustomerId, IdentityId, MessageId
from csdesk.domain.records._model import Word
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.articles import Article
from csdesk.domain.records.assets import Asset
from csdesk.domain.records.authority import Settlement
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.drafts import Draft
from csdesk.domain.records.events import Entry, Epochs
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.records.messages import Message
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.records.queues import DueItem, InboxItem, OutboxItem
from csdesk.domain.records.tickets import Ticket

Stored = Customer | Ticket | Message | Agent | LibraryPhrase | Article | Asset | Draft | PublicHolidays | Settlement
"""A record that is stored as a document with a version."""

K = TypeVar("K")
V = TypeVar("V")


_NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})  # ``Any``: it holds nothing


class ClaimMode(Word):
    """``required``: the commit fails if another one owns the key. ``first_wins``: the owner stays."""

    REQUIRED = "required"
    FIRST_WINS = "first_wins"


class Claim(NamedTuple):
    """Take a unique key. ``expires_at`` None: kept for good. A key owned by the same owner already is taken again."""

    key: str
    owner: str
    mode: ClaimMode = ClaimMode.REQUIRED
    expires_at: datetime | None = None


class ClaimMove(NamedTuple):
    """Give a key from one owner to another, or (``after`` None) release it. Fails if ``before`` does not own it."""

    key: str
    before: str
    after: str | None


class Delta(NamedTuple):
    """Add to a counter, where value + amount <= limit (None: always). Counters begin at 0."""

    counter: str
    amount: int
    limit: int | None = None
    queue: str = ""
    """For the load of an agent: the queue whose turn it was, where agents take turns."""
    given: int = 0
    """For the load of an agent: the how-manieth of this change set to be given work, from 1; 0: routing gave none.

    Who is given work becomes the least idle, also where it was taken back at once and ``amount`` is 0.
    """


class Put(NamedTuple):
    """Store a record whose present version is ``expected`` (0: it must not exist yet)."""

    record: Stored
    expected: int


class Seen(NamedTuple):
    """A customer was heard of: a mark beside the document, never a version. The latest instant stays."""

    customer: CustomerId
    at: datetime


@dataclass(frozen=True, slots=True)
class Strip:
    """Erase personal values of a stored entry: those of the events at these places in it (none named: of all).

    What is erased reads as None. The rest of the entry stays as it was; erasing twice is fine.
    """

    position: str
    events: tuple[int, ...] = ()


class EpochName(Word):
    """The parts of a desk whose changes other processes must notice."""

    CONFIG = "config"
    PHRASES = "phrases"
    AGENTS = "agents"
    CALENDARS = "calendars"


class RankOrder(Word):
    """In which order the candidates of a queue come.

    ``load``: fewest units of work, then longest without new work. ``idle``: longest without new work in any queue.
    ``turn``: longest without new work in this queue; for those who join it, and when it begins to go by turn, work of
    any queue was the last turn. ``ring``: by a hash of their ids, around from a starting point.
    """

    LOAD = "load"
    IDLE = "idle"
    TURN = "turn"
    RING = "ring"


@dataclass(frozen=True, slots=True)
class ConfigRow:
    """A configuration as stored: its canonical JSON under the hash of its content."""

    digest: str
    body: str
    activated_at: datetime
    orders: tuple[tuple[str, RankOrder], ...] = ()
    """The queues whose candidates come in another order than by load."""


class ChangeSet(NamedTuple):
    """One transaction: all of it happens, or nothing.

    ``config_epoch`` is checked against the desk's row, so that nobody commits what was decided under an old policy
    (None: not checked). ``outbox_done``, ``due_done`` and ``inbox_done`` remove rows.
    """

    config_epoch: int | None = None
    puts: tuple[Put, ...] = ()
    claims: tuple[Claim, ...] = ()
    moves: tuple[ClaimMove, ...] = ()
    deltas: tuple[Delta, ...] = ()
    seen: tuple[Seen, ...] = ()
    entries: tuple[Entry, ...] = ()
    outbox: tuple[OutboxItem, ...] = ()
    outbox_done: tuple[MessageId, ...] = ()
    due: tuple[DueItem, ...] = ()
    due_done: tuple[str, ...] = ()
    inbox: tuple[InboxItem, ...] = ()
    inbox_done: tuple[MessageId, ...] = ()
    strips: tuple[Strip, ...] = ()
    bumps: tuple[EpochName, ...] = ()
    config: ConfigRow | None = None

    @property
    def is_empty(self) -> bool:
        """True if committing it would write nothing."""
        return not (
            self.puts
            or self.claims
            or self.moves
            or self.deltas
            or self.seen
            or self.entries
            or self.outbox
            or self.outbox_done
            or self.due
            or self.due_done
            or self.inbox
            or self.inbox_done
            or self.strips
            or self.bumps
            or self.config
        )


class Committed(NamedTuple):
    """What a commit answers: its position, and for each ``first_wins`` claim that was taken before, its owner."""

    position: str = ""
    owners: Mapping[str, str] = _NOTHING


class CandidateNeed(NamedTuple):
    """The first agents of a queue who take work and have room, in the queue's order (see ``ConfigRow.orders``).

    ``limit`` holds for each of the ``profiles``, whose answers come one after the other; none named: all agents of the
    queue in one line. ``room`` is how much must fit below the capacity; ``start`` is where a ring begins.
    """

    queue: str
    limit: int = 8
    profiles: tuple[str, ...] = ()
    room: int = 1
    start: int = 0

    @property
    def key(self) -> str:
        """What the snapshot calls the answer: the queue, and the starting point if it has one."""
        return f"{self.queue}@{self.start}" if self.start else self.queue


class Candidate(NamedTuple):
    """An agent who may get a ticket, as the routing index knows them."""

    agent: str
    load: int
    capacity: int
    given: int = 0
    """Grows with each time the agent was given work: the smallest has waited longest for it."""
    profile: str = ""
    """What kind of agent it is (see ``csdesk.domain.routing.profiles``)."""


@dataclass(frozen=True, slots=True)
class AgentGroup:
    """The agents of a queue who are alike: how many they are, whether they take work now or not."""

    queue: str
    profile: str
    agents: int


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """The tickets of a queue and priority that wait for somebody: how many, and when the oldest of them was opened."""

    queue: str
    priority: int
    tickets: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Burden:
    """What a counter of routing says, and what the tickets say; both of one moment.

    The counters are ``load/<agent>``, the units of an agent's tickets and offers, and ``work/<queue>``, the units of a
    queue's tickets that agents have in hand.
    """

    counter: str
    counted: int
    carried: int


class Needs(NamedTuple):
    """One batched read. Records that do not exist are simply missing from the snapshot.

    Owners of claims are followed: an identity brings its home customer and that one's survivor, a ticket its survivor
    if it was merged, a message its ticket. With ``parties`` every ticket brings its requester's customer too.
    """

    claims: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    holidays: tuple[str, ...] = ()
    drafts: tuple[str, ...] = ()
    candidates: tuple[CandidateNeed, ...] = ()
    waiting: tuple[str, ...] = ()
    """Queues of which it is asked which tickets have waited there longest."""
    counters: tuple[str, ...] = ()
    inbox: tuple[str, ...] = ()
    outbox: tuple[str, ...] = ()
    parties: bool = False
    settlements: tuple[str, ...] = ()


class Snapshot(NamedTuple):
    """What the store answered to ``Needs``, all of one moment. ``homes`` maps an identity to its home customer."""

    epochs: Epochs = Epochs()
    claims: Mapping[str, str] = _NOTHING
    tickets: Mapping[str, Ticket] = _NOTHING
    customers: Mapping[str, Customer] = _NOTHING
    homes: Mapping[IdentityId, CustomerId] = _NOTHING
    messages: Mapping[str, Message] = _NOTHING
    agents: Mapping[str, Agent] = _NOTHING
    phrases: Mapping[str, LibraryPhrase] = _NOTHING
    articles: Mapping[str, Article] = _NOTHING
    assets: Mapping[str, Asset] = _NOTHING
    holidays: Mapping[str, PublicHolidays] = _NOTHING
    drafts: Mapping[str, Draft] = _NOTHING
    candidates: Mapping[str, tuple[Candidate, ...]] = _NOTHING
    """By the ``key`` of their need."""
    waiting: Mapping[str, tuple[tuple[int, datetime], ...]] = _NOTHING
    """Of the queues asked about in which tickets wait: by priority, when the oldest of them was opened."""
    counters: Mapping[str, int] = _NOTHING
    inbox: Mapping[str, InboxItem] = _NOTHING
    outbox: Mapping[str, OutboxItem] = _NOTHING
    settlements: Mapping[str, Settlement] = _NOTHING


def person_behind(
    identity: str | None,
    homes: Mapping[IdentityId, CustomerId],
    records: Mapping[str, Customer] | Mapping[str, Stored],
) -> Customer | None:
    """The customer behind an identity: its home customer, or the survivor that one was merged into."""
    home = homes.get(IdentityId(identity)) if identity else None
    found = records.get(home) if home is not None else None
    if type(found) is Customer and found.merged_into is not None:
        found = records.get(found.merged_into)
    return found if type(found) is Customer else None
