"""A store as plain as it gets: what the random commands are compared with.

Written apart from every real store. A commit works on a copy of everything, piece by piece, and the copy takes the
place of the old state at its end; queries are list comprehensions over all rows. It is slow and easy to believe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from csdesk.domain.records.changes import ChangeSet, ClaimMode, ConfigRow, Needs, Stored
from csdesk.domain.records.codec import KINDS
from csdesk.domain.records.events import Entry, Epochs
from csdesk.domain.records.queues import DueItem, InboxItem, OutboxItem
from csdesk.domain.records.tickets import Ticket, WorkerKind
from csdesk.domain.text.features import search_tokens
from csdesk.errors import ClaimTaken, GuardFailed, VersionConflict
from csdesk.ports.store import Query

# ``Any`` in this module: rows of all kinds go through the same few lines; nothing of it is public.


@dataclass
class State:
    """Everything of one desk."""

    records: dict[tuple[str, str], Any] = field(default_factory=dict)
    claims: dict[str, tuple[str, datetime | None]] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    seen: dict[str, datetime] = field(default_factory=dict)
    outbox: dict[str, OutboxItem] = field(default_factory=dict)
    due: dict[str, DueItem] = field(default_factory=dict)
    inbox: dict[str, InboxItem] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    configs: dict[str, ConfigRow] = field(default_factory=dict)
    config: str = ""
    epochs: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Epochs._fields, 0))
    given: list[set[str]] = field(default_factory=list)
    """The agents whose load each commit raised."""
    read: dict[str, int] = field(default_factory=dict)

    def copied(self) -> State:
        """Another state with containers of its own."""
        return State(**{name: copy(value) for name, value in vars(self).items()})


class PlainModel:
    """What a store must answer."""

    def __init__(self) -> None:
        self.state = State()

    def commit(self, changes: ChangeSet) -> dict[str, str]:
        """The owners of the ``first_wins`` claims that others hold; raises what a store raises."""
        state = self.state.copied()
        if changes.config_epoch not in (None, state.epochs["config"]):
            raise VersionConflict("config", "epoch", expected=changes.config_epoch or 0)
        _put(state, changes)
        owners = _claim(state, changes)
        _count(state, changes)
        _enqueue(state, changes)
        for name in changes.bumps:
            state.epochs[name] = state.epochs[name] + 1
        if changes.config:
            state.configs[changes.config.digest] = changes.config
            state.config = changes.config.digest
        state.entries.extend(changes.entries)
        self.state = state
        return owners

    def records(self, kind: str) -> list[Any]:
        """All rows of a kind."""
        tables: dict[str, Any] = {
            "inbox": self.state.inbox.values(),
            "outbox": self.state.outbox.values(),
            "config": self.state.configs.values(),
        }
        if kind in tables:
            return list(tables[kind])
        return [record for (one, _), record in self.state.records.items() if one == kind]

    def query(self, query: Query) -> list[Any]:
        """All rows of a query, in order."""
        rows = [row for row in self.records(query.kind) if self._matches(row, query)]
        rows.sort(key=lambda row: key_of(query.kind, row))
        values = {key_of(query.kind, row): self.values(query.kind, query.order, row) for row in rows}
        empty = [row for row in rows if not values[key_of(query.kind, row)]]
        full = [row for row in rows if values[key_of(query.kind, row)]]
        full.sort(key=lambda row: values[key_of(query.kind, row)][0])
        return [*reversed(full), *reversed(empty)] if query.descending else [*empty, *full]

    def _matches(self, row: Any, query: Query) -> bool:
        for column, wanted in query.where:
            values = self.values(query.kind, column, row) or [None]
            if not any(value in (wanted if isinstance(wanted, tuple) else (wanted,)) for value in values):
                return False
        at = time_of(query.kind, row)
        return (query.since is None or at >= query.since) and (query.until is None or at < query.until)

    def values(self, kind: str, column: str, row: Any) -> list[Any]:
        """What the row's document says for a column: nothing, one value or many."""
        if (kind, column) == ("customer", "seen_at"):
            return [self.state.seen[row.id]] if row.id in self.state.seen else []
        special = COLUMNS.get((kind, column))
        if special is not None:
            return special(row)
        value = key_of(kind, row) if column == "id" else getattr(row, column)
        return [] if value is None else [value]

    def candidates(self, queue: str, limit: int) -> list[tuple[str, int, int]]:
        """Agent, load and capacity of those who may get a ticket."""
        found = []
        for agent in self.records("agent"):
            load = self.state.counters.get(f"load/{agent.id}", 0)
            if agent.presence == "online" and not agent.retired and queue in agent.queues and load < agent.capacity:
                last = max((turn for turn, given in enumerate(self.state.given) if agent.id in given), default=-1)
                found.append((load, last, agent.id, agent.capacity))
        return [(key, load, capacity) for load, _, key, capacity in sorted(found)][:limit]

    def home(self, identity: str) -> str | None:
        """The customer that holds an identity."""
        for customer in self.records("customer"):
            if any(one.id == identity for one in customer.identities):
                return str(customer.id)
        return None

    def follow(self, needs: Needs) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        """The claims and homes that are found, and all tickets, customers and messages, by id."""
        claims = {key: self.state.claims[key][0] for key in needs.claims if key in self.state.claims}
        named = [*needs.tickets, *needs.customers, *needs.identities, *needs.messages]
        wanted, homes = {*claims.values(), *named}, dict[str, str]()
        followed: dict[str, Any] = {}
        while wanted:
            key = wanted.pop()
            home = self.home(key)
            if home is not None:
                homes[key] = home
                wanted |= {home} - followed.keys()
            for kind in ("ticket", "customer", "message"):
                record = self.state.records.get((kind, key))
                if record is not None:
                    followed[key] = record
                    wanted |= set(pointed(kind, record, needs.parties)) - followed.keys()
        return claims, homes, followed

    def lease_outbox(self, now: datetime, until: datetime, limit: int) -> tuple[list[OutboxItem], datetime | None]:
        """What is given, and when more is due."""
        lines: dict[tuple[str, str], list[OutboxItem]] = {}
        for item in self.state.outbox.values():
            if item.state in ("pending", "sending"):
                lines.setdefault((item.account, item.conversation), []).append(item)
        heads = [min(line, key=lambda one: (one.created_at, one.message)) for line in lines.values()]
        heads.sort(key=lambda one: (one.due_at, one.message))
        given = [head for head in heads if head.due_at <= now][:limit]
        left = [head.due_at for head in heads if head not in given]
        for head in given:
            self.state.outbox[head.message] = replace(head, state=type(head.state)("sending"), due_at=until)
        return given, min(left, default=None)

    def lease_due(self, now: datetime, until: datetime, limit: int) -> tuple[list[DueItem], datetime | None]:
        """What is given, and when more is due."""
        ready = sorted((one for one in self.state.due.values() if one.due_at <= now), key=lambda o: (o.due_at, o.key))
        given = ready[:limit]
        left = [one.due_at for one in self.state.due.values() if one not in given]
        for one in given:
            self.state.due[one.key] = replace(one, due_at=until)
        return given, min(left, default=None)

    def waking(self, now: datetime) -> tuple[dict[str, datetime], datetime | None]:
        """Tickets to look at with their instants, and when the next one wakes."""
        return _woken({ticket.id: wake_at(ticket) for ticket in self.records("ticket")}, now)

    def waking_customers(self, now: datetime) -> tuple[dict[str, datetime], datetime | None]:
        """Customers to look at with their instants, and when the next one wakes."""
        return _woken({customer.id: customer_wake_at(customer) for customer in self.records("customer")}, now)

    def expire(self, now: datetime) -> int:
        """Remove what has expired."""
        gone = [key for key, (_, until) in self.state.claims.items() if until is not None and until <= now]
        for key in gone:
            del self.state.claims[key]
        return len(gone)

    def search(self, run: tuple[str, ...]) -> list[str]:
        """The messages that hold the run, those stored last first."""
        found: dict[str, None] = {}
        for message in self.records("message"):
            for text in (message.subject, message.text):
                tokens = search_tokens(text)
                if any(tuple(tokens[at : at + len(run)]) == run for at in range(len(tokens))):
                    found[str(message.id)] = None
        return [*reversed(found)]


def _put(state: State, changes: ChangeSet) -> None:
    for put in changes.puts:
        key = (KINDS[type(put.record)], str(put.record.id))
        old: Stored | None = state.records.get(key)
        if put.expected != (old.version if old else 0):
            raise VersionConflict(key[0], key[1], expected=put.expected)
        state.records[key] = put.record
    for mark in changes.seen:
        if ("customer", mark.customer) in state.records:
            known = [state.seen[mark.customer]] if mark.customer in state.seen else []
            state.seen[mark.customer] = max([*known, mark.at])


def _claim(state: State, changes: ChangeSet) -> dict[str, str]:
    owners: dict[str, str] = {}
    for claim in changes.claims:
        holder = state.claims[claim.key][0] if claim.key in state.claims else None
        if holder in (None, claim.owner):
            state.claims[claim.key] = (claim.owner, claim.expires_at)
        elif claim.mode == ClaimMode.REQUIRED:
            raise ClaimTaken(claim.key, str(holder))
        else:
            owners[claim.key] = str(holder)
    for move in changes.moves:
        holder, until = state.claims.get(move.key, (None, None))
        if holder != move.before:
            raise ClaimTaken(move.key, holder or "")
        if move.after is None:
            del state.claims[move.key]
        else:
            state.claims[move.key] = (move.after, until)
    return owners


def _count(state: State, changes: ChangeSet) -> None:
    raised = set()
    for delta in changes.deltas:
        value = state.counters.get(delta.counter, 0) + delta.amount
        if delta.limit is not None and value > delta.limit:
            raise GuardFailed(delta.counter, delta.amount, delta.limit)
        state.counters[delta.counter] = value
        if delta.amount > 0:
            raised.add(delta.counter.replace("load/", "", 1))
    state.given.append(raised)


def _enqueue(state: State, changes: ChangeSet) -> None:
    for message in changes.outbox_done:
        state.outbox.pop(message, None)
    for name in changes.due_done:
        state.due.pop(name, None)
    for gone in changes.inbox_done:
        state.inbox.pop(gone, None)
    for item in changes.outbox:
        state.outbox[item.message] = item
    for planned in changes.due:
        state.due[planned.key] = planned
    for parked in changes.inbox:
        state.inbox[parked.id] = parked


def pointed(kind: str, record: Any, parties: bool) -> list[str]:
    """The ids that a record brings with it."""
    if kind == "message":
        return [record.ticket]
    ids = [] if record.merged_into is None else [record.merged_into]
    return [*ids, record.identity] if kind == "ticket" and parties else ids


def key_of(kind: str, row: Any) -> str:
    """The key of a row."""
    names = {"outbox": "message", "config": "digest", "entry": "position"}
    return str(getattr(row, names.get(kind, "id")))


def time_of(kind: str, row: Any) -> datetime:
    """The instant that ``since`` and ``until`` bound."""
    match kind:
        case "ticket":
            at = row.updated_at
        case "message":
            at = row.occurred_at
        case "config":
            at = row.activated_at
        case "customer" | "inbox" | "outbox" | "settlement":
            at = row.created_at
        case _:
            at = datetime.min.replace(tzinfo=UTC)
    assert isinstance(at, datetime)
    return at


def _woken(times: Mapping[str, datetime | None], now: datetime) -> tuple[dict[str, datetime], datetime | None]:
    planned = {key: at for key, at in times.items() if at is not None}
    ready = {key: at for key, at in planned.items() if at <= now}
    return ready, min((at for key, at in planned.items() if key not in ready), default=None)


def wake_at(ticket: Any) -> datetime | None:
    """When the ticket wants to be looked at."""
    times = [ticket.snoozed_until, ticket.close_at, ticket.rules_at, *[tag.expires_at for tag in ticket.tags]]
    if ticket.erased_at is None:
        times += [flag.until for flag in ticket.flags]
        times.append(ticket.goal and ticket.goal.due_at if ticket.goal and ticket.goal.state == "open" else None)
    times.append(ticket.offer and ticket.offer.due_at)
    times.append(ticket.worker and ticket.worker.until)
    for clock in ticket.clocks:
        if clock.phase == "running":
            times.append(clock.warn_at)
            met_until = None if clock.breached_at else clock.due_at
            times.append(met_until and met_until + timedelta(microseconds=1))
    known = [at for at in times if at is not None]
    return min(known) if known else None


def customer_wake_at(customer: Any) -> datetime | None:
    """When the customer wants to be looked at."""
    if customer.merged_into is not None or customer.erasure is not None:
        return None
    times = [customer.segments_at, *[one.expires_at for one in customer.tags], *[one.until for one in customer.flags]]
    return min((at for at in times if at is not None), default=None)


def _assignee(ticket: Any) -> list[Any]:
    is_agent = ticket.worker is not None and ticket.worker.kind == WorkerKind.AGENT
    return [ticket.worker.id] if is_agent else []


def _waits(ticket: Any) -> list[Any]:
    is_wanted = ticket.worker is None and ticket.offer is None and ticket.category in ("new", "open")
    return [ticket.priority] if is_wanted else []


def _due_at(ticket: Ticket) -> datetime:
    due = [one.due_at for one in ticket.clocks if one.phase in ("running", "paused") and one.due_at is not None]
    return min(due, default=datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))


COLUMNS: dict[tuple[str, str], Callable[[Any], list[Any]]] = {
    ("ticket", "tag"): lambda row: [tag.name for tag in row.tags],
    ("ticket", "site"): lambda row: [one for one in (row.site,) if one is not None],
    ("ticket", "owner"): lambda row: [row.owner.id],
    ("ticket", "assignee"): _assignee,
    ("ticket", "waits"): _waits,
    ("ticket", "due_at"): lambda row: [_due_at(row)],
    ("ticket", "wake_at"): lambda row: [at for at in [wake_at(row)] if at],
    ("customer", "tag"): lambda row: [tag.name for tag in row.tags],
    ("customer", "segment"): lambda row: [one.name for one in row.segments],
    ("customer", "identity"): lambda row: [one.id for one in row.identities],
    ("agent", "queue"): lambda row: list(row.queues),
}
"""Columns that are not simply a field of the document."""
