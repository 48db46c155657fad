"""What one desk holds in memory: plain dicts of frozen values, changed only under the store's lock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from csdesk.domain.records.agents import Agent
from csdesk.domain.records.articles import Article
from csdesk.domain.records.assets import Asset
from csdesk.domain.records.authority import Settlement
from csdesk.domain.records.changes import ConfigRow, Stored
from csdesk.domain.records.codec import KINDS
from csdesk.domain.records.counters import load_counter
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.drafts import Draft
from csdesk.domain.records.events import Entry, Epochs
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.records.messages import Message
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.records.queues import DueItem, InboxItem, OutboxItem
from csdesk.domain.records.tickets import Ticket
from csdesk.stores.memory.seats import Seats


@dataclass(frozen=True, slots=True)
class Held:
    """A claim as it is kept."""

    owner: str
    expires_at: datetime | None


@dataclass(slots=True, kw_only=True)
class DeskState:
    """Everything of one desk."""

    secret: bytes = field(repr=False)
    epochs: Epochs = field(default_factory=Epochs)
    config: str = ""
    configs: dict[str, ConfigRow] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    phrases: dict[str, LibraryPhrase] = field(default_factory=dict)
    articles: dict[str, Article] = field(default_factory=dict)
    assets: dict[str, Asset] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    holidays: dict[str, PublicHolidays] = field(default_factory=dict)
    settlements: dict[str, Settlement] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    """From an identity to the customer whose document holds it."""
    claims: dict[str, Held] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    """The last number that ``allocate`` gave of each counter."""
    seen: dict[str, datetime] = field(default_factory=dict)
    outbox: dict[str, OutboxItem] = field(default_factory=dict)
    due: dict[str, DueItem] = field(default_factory=dict)
    inbox: dict[str, InboxItem] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    acknowledged: dict[str, int] = field(default_factory=dict)
    """How many entries each consumer has dealt with."""
    commits: int = 0
    seats: Seats = field(default_factory=Seats)
    """The agents of each queue in their order."""
    tokens: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    """Search tokens of the messages that were indexed, of their subject and of their text."""

    def find(self, kind: str, key: str) -> Stored | None:
        """The record of that kind and id, None if there is none."""
        return self._table(kind).get(key)

    def _table(self, kind: str) -> dict[str, Stored]:
        tables: dict[str, dict[str, Stored]] = {
            "ticket": self.tickets,  # type: ignore[dict-item]  # each holds records of its own kind alone
            "customer": self.customers,  # type: ignore[dict-item]
            "message": self.messages,  # type: ignore[dict-item]
            "agent": self.agents,  # type: ignore[dict-item]
            "phrase": self.phrases,  # type: ignore[dict-item]
            "article": self.articles,  # type: ignore[dict-item]
            "asset": self.assets,  # type: ignore[dict-item]
            "draft": self.drafts,  # type: ignore[dict-item]
            "holidays": self.holidays,  # type: ignore[dict-item]
            "settlement": self.settlements,  # type: ignore[dict-item]
        }
        return tables[kind]

    def put(self, record: Stored) -> None:
        """Keep a record, and what is looked up by its content."""
        if isinstance(record, Customer):
            self._settle_homes(record)
        self._table(kind_of(record))[record.id] = record
        if isinstance(record, Message):
            self.tokens.pop(record.id, None)
        elif isinstance(record, Agent):
            self.seat(record)

    def seat(self, agent: Agent) -> None:
        """Let the agent's places in the lines follow the document and the load."""
        self.seats.place(agent, self.counters.get(load_counter(agent.id), 0))

    def _settle_homes(self, customer: Customer) -> None:
        before = self.customers.get(customer.id)
        for identity in before.identities if before is not None else ():
            if self.homes.get(identity.id) == customer.id:
                del self.homes[identity.id]
        self.homes.update((identity.id, customer.id) for identity in customer.identities)


def kind_of(record: Stored) -> str:
    """The name of the record's kind, as queries and errors use it."""
    return KINDS[type(record)]


def position_of(count: int) -> str:
    """The position of the entry with that number (from 1): equal widths, so that positions compare as strings."""
    return f"{count:020d}"
