"""A workspace: the snapshot of a decision, with what the decision does laid over it.

A decision emits events; the workspace evolves the records at once, so that the next step (or the next message of a
batch) sees them. ``changes()`` is what has to be committed. Nothing is read or written elsewhere: same snapshot, same
events, same changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final, Protocol

from csdesk.domain.core.at_hand import RecordsAtHand
from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.core.conversation.seating import seats
from csdesk.domain.core.customers.segmenting import is_due, over, settled
from csdesk.domain.core.evolve import evolve, evolve_message, sealed
from csdesk.domain.core.lineage import Past
from csdesk.domain.ids import CustomerId, IdentityId, MessageId
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import trusted
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import (
    ChangeSet,
    Claim,
    ClaimMode,
    ClaimMove,
    ConfigRow,
    Delta,
    EpochName,
    Put,
    Seen,
    Snapshot,
    Stored,
)
from csdesk.domain.records.counters import load_counter, work_counter
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.messages import Message
from csdesk.domain.records.queues import DueItem, InboxItem, OutboxItem
from csdesk.domain.records.tickets import ACTIVE, Ticket, burdens_of
from csdesk.domain.records.trace import Trace, Verdict
from csdesk.domain.routing.choice import Found
from csdesk.domain.rules.timers import at_time

_Trace = trusted(Trace)
_NOTHING_TOLD: Final = _Trace()
_NOBODY: Final = Actor.system()
_personal_of: Final = attrgetter("PERSONAL")
_GIVING: Final = frozenset({ev.TicketAssigned, ev.OfferMade})
_tuple: Final = tuple.__new__  # a named tuple by its values in order: a third of what its constructor takes


class Ids(Protocol):
    """What a decision needs of the source of ids (``csdesk.ports.ids.IdSource``)."""

    def new(self, prefix: str) -> str:
        """A new id of that kind."""
        ...

    def salt(self) -> str:
        """16 random characters."""
        ...


def _burdens_alike(before: Stored, after: Stored) -> bool:
    # What an event left alone is the very same object.
    was, now = before.__dict__, after.__dict__
    return was["worker"] is now["worker"] and was["category"] is now["category"] and was["offer"] is now["offer"]


class Workspace(RecordsAtHand):
    """The records of one decision (or one batch of them) and the changes so far."""

    def __init__(
        self,
        snapshot: Snapshot,
        policy: Policy,
        keys: ClaimKeys,
        now: datetime,
        ids: Ids,
        *,
        past: Past = Past(),
        found: Found | None = None,
    ) -> None:
        self.snapshot = snapshot
        self.past = past
        self.policy = policy
        self.keys = keys
        self.now = now
        self.ids = ids
        self.claims: dict[str, str] = dict(snapshot.claims)
        self.homes = dict(snapshot.homes)
        self.found: Found = Found() if found is None else found
        """What routing chooses from."""
        self._records = {**snapshot.tickets, **snapshot.customers}
        library = (snapshot.phrases, snapshot.articles, snapshot.assets)
        for more in (
            *(snapshot.messages, snapshot.agents, snapshot.holidays, snapshot.drafts, snapshot.settlements),
            *library,
        ):
            if more:
                self._records.update(more)
        self._expected: dict[str, int] = {}
        self._taken: list[Claim] = []
        self._moved: list[ClaimMove] = []
        self._deltas: dict[str, tuple[int, int | None]] = {}
        self._guards: dict[str, int] = {}
        self._turns: dict[str, str] = {}
        self._seen: dict[CustomerId, datetime] = {}
        self._entries: list[ev.Entry] = []
        self._queues: dict[str, list[object]] = {}
        self._bumps: set[EpochName] = set()
        self.loads_shifted = False
        """True once an agent's load changed otherwise than by giving out a ticket: candidates tell it no longer."""
        self._config: ConfigRow | None = None
        self._verdicts: dict[str, list[Verdict]] = {}
        self._cause = ""
        self._actor = _NOBODY
        self._has_segments = bool(policy.segments.names)
        self._has_timers = len(policy.timers) > 0
        self._open: dict[str, dict[str, list[ev.Event]]] = {}

    # Doing

    def begin(self, cause: str, actor: Actor) -> None:
        """From here on, what happens has this cause and this actor; several causes may be open at once."""
        self._cause = cause
        self._actor = actor
        self._open.setdefault(cause, {})

    def time_of(self, subject: str) -> datetime:
        """The effective now of a subject: never before a ticket's last event."""
        record = self._records.get(subject)
        return max(self.now, record.updated_at) if type(record) is Ticket else self.now

    def emit(self, subject: str, *events: ev.Event) -> None:
        """Let events happen to a subject, in order."""
        mine = self._open[self._cause]
        happened = mine.get(subject)
        record = self._records.get(subject)
        at = self.now
        if type(record) is Ticket and record.updated_at > at:
            at = record.updated_at
        if happened is None:
            happened = mine[subject] = [] if at is self.now else [ev.SkewSeen(behind=at - self.now)]
            self._expected.setdefault(subject, record.version if record is not None else 0)
        for event in events:
            happened.append(event)
            if type(record) is Ticket:
                before, record = record, evolve(record, event, at)
                if not _burdens_alike(before, record):
                    self._note_load(before, record, event)
            elif type(record) is Message:
                record = evolve_message(record, event, at)
            elif subject != ev.DESK:
                record = evolve(record, event, at)
        if record is not None:
            self._records[subject] = record

    def _note_load(self, before: Ticket, after: Stored, event: ev.Event) -> None:
        assert type(after) is Ticket
        was = burdens_of(before)
        if (was or type(event) not in _GIVING) and was != burdens_of(after):
            self.loads_shifted = True

    def happened(self, subject: str) -> int:
        """How many events the present cause has let happen to a subject so far."""
        return len(self._open[self._cause].get(subject, ()))

    def tell(self, *verdicts: Verdict) -> None:
        """Leave verdicts in the trace of the present cause."""
        self._verdicts.setdefault(self._cause, []).extend(verdicts)

    def add_message(self, message: Message) -> None:
        """Store a new message; the event that tells of it stands in its ticket's stream."""
        self._records[message.id] = message
        self._expected[message.id] = 0

    def lay(self, record: Stored) -> None:
        """Take in a record that was read beside the snapshot; its version guards it."""
        self._records.setdefault(record.id, record)

    def add_home(self, identity: IdentityId, customer: CustomerId) -> None:
        """Note the home of a new identity."""
        self.homes[identity] = customer

    def claim(self, key: str, owner: str, mode: ClaimMode = ClaimMode.REQUIRED, keep: timedelta | None = None) -> None:
        """Take a claim; ``keep`` None: for good."""
        self.claims.setdefault(key, owner)
        self._taken.append(Claim(key, owner, mode, None if keep is None else self.now + keep))

    def move_claim(self, key: str, before: str, after: str | None) -> None:
        """Give a claim to another owner, or release it."""
        if after is None:
            self.claims.pop(key, None)
        else:
            self.claims[key] = after
        for index, taken in enumerate(self._taken):
            if taken.key == key and after is not None:
                # Taken and moved in one batch: it is taken by its last owner.
                self._taken[index] = Claim(key, after, taken.mode, taken.expires_at)
                return
        self._moved.append(ClaimMove(key, before, after))

    def add(self, counter: str, amount: int, limit: int | None = None) -> None:
        """Change a counter, within its limit."""
        before, known = self._deltas.get(counter, (0, None))
        self._deltas[counter] = (before + amount, limit if limit is not None else known)

    def counter(self, name: str) -> int:
        """The value of a counter, with what this decision adds to it."""
        return self.snapshot.counters.get(name, 0) + self._deltas.get(name, (0, None))[0]

    def guard(self, counter: str, limit: int) -> None:
        """Let the commit fail if what this decision adds to a counter would make it pass a limit."""
        self._guards[counter] = limit

    def take_turn(self, agent: str, queue: str) -> None:
        """Note of which queue an agent is given work, after all who were given some before."""
        counter = load_counter(agent)
        self._turns.pop(counter, None)
        self._turns[counter] = queue
        self._deltas.setdefault(counter, (0, None))

    def saw(self, customer: CustomerId, at: datetime) -> None:
        """Mark that the customer was heard of."""
        self._seen[customer] = max(at, self._seen.get(customer, at))

    def put_outbox(self, item: OutboxItem) -> None:
        """Queue a message for sending, or store how it stands now."""
        self._queues.setdefault("outbox", []).append(item)

    def end_outbox(self, message: MessageId) -> None:
        """Take a message out of the outbox."""
        self._queues.setdefault("outbox_done", []).append(message)

    def put_inbox(self, item: InboxItem) -> None:
        """Keep a message that did not reach a ticket."""
        self._queues.setdefault("inbox", []).append(item)

    def end_inbox(self, item: MessageId) -> None:
        """Take a message out of the inbox."""
        self._queues.setdefault("inbox_done", []).append(item)

    def put_due(self, item: DueItem) -> None:
        """Plan something."""
        self._queues.setdefault("due", []).append(item)

    def end_due(self, key: str) -> None:
        """Take something planned off the list."""
        self._queues.setdefault("due_done", []).append(key)

    def put_config(self, row: ConfigRow) -> None:
        """Make a configuration the active one."""
        self._config = row

    def bump(self, epoch: EpochName) -> None:
        """Let other processes notice that phrases, agents or calendars changed."""
        self._bumps.add(epoch)

    # Ending

    def close(self, subject: str, trace: Trace | None = None) -> None:
        """Make an entry of what the present cause did to a subject so far; its version grows by one."""
        mine = self._open[self._cause]
        if mine.get(subject):
            self._follow(subject)
        happened = mine.pop(subject, None)
        if not happened:
            return
        record = self._records.get(subject)
        at = self.now
        if record is not None:
            if type(record) is Ticket and record.updated_at > at:
                at = record.updated_at
            self._records[subject] = sealed(record, record.version + 1, at)
        salt = self.ids.salt() if any(map(_personal_of, happened)) else ""
        self._entries.append(
            _tuple(
                ev.Entry,
                (subject, at, self._actor, self._cause, self.snapshot.epochs, tuple(happened), trace, salt, ""),
            )
        )

    def _follow(self, subject: str) -> None:
        """Let happen what follows from what happened: the segments of a customer, the next timer of a ticket."""
        record = self._records.get(subject)
        if type(record) is Customer:
            if self._has_segments or record.segments:
                self.settle(record)
        elif type(record) is Ticket and (self._has_timers or record.rules_at is not None):
            self._plan(at_time(record, self.time_of(subject)))

    def _plan(self, ticket: Ticket, touched_at: datetime | None = None) -> None:
        planned = self.policy.timers.planned(ticket)
        at = planned[0].at if planned else None
        if at != ticket.rules_at:
            self.emit(ticket.id, ev.RulesPlanned(at=at, touched_at=touched_at))

    def plan_again(self, ticket: Ticket) -> None:
        """Work out anew when the next timed rule is due for a ticket to which nothing else happens now."""
        self._plan(ticket, ticket.touched_at)

    def settle(self, customer: Customer) -> Customer:
        """Let the customer's stored segments be those that it belongs to now."""
        events = settled(self.policy, customer, self.now)
        if events:
            self.emit(customer.id, *events)
        return self.customer(customer.id)

    def ready(self, customer: Customer) -> Customer:
        """End what is over of a customer, before anything else is decided by it."""
        if is_due(customer, self.now):
            ended = tuple(over(customer, self.now))
            if ended:
                self.emit(customer.id, *ended)
            return self.settle(self.customer(customer.id))
        return customer

    def close_others(self, main: str) -> None:
        """Close every subject of the present cause but one."""
        mine = self._open[self._cause]
        if len(mine) > 1 or main not in mine:
            for subject in [one for one in mine if one != main]:
                self.close(subject)

    def end(self, main: str, verdicts: Iterable[Verdict] = ()) -> Trace:
        """Close the present cause; the trace stands with ``main``."""
        told = self._verdicts.pop(self._cause, ())
        verdicts = (*told, *verdicts)
        trace: Trace = _Trace(verdicts=verdicts) if verdicts else _NOTHING_TOLD
        self.close_others(main)
        self.close(main, trace)
        return trace

    def _load_deltas(self) -> None:
        for subject in self._expected:
            after = self._records.get(subject)
            if type(after) is not Ticket:
                continue
            before = self.snapshot.tickets.get(subject)
            if before is not None and _burdens_alike(before, after) and before.queue == after.queue:
                continue
            was, now = burdens_of(before), burdens_of(after)
            for agent in {**was, **now}:
                amount = now.get(agent, 0) - was.get(agent, 0)
                if amount:
                    self.add(load_counter(agent), amount)
            if self.policy.routing.limits_work:
                self._add_work(before, -1)
                self._add_work(after, 1)

    def _add_work(self, ticket: Ticket | None, sign: int) -> None:
        if ticket is None or ticket.category not in ACTIVE or ticket.assignee is None:
            return
        if self.policy.routing.terms(ticket.queue).capacity is not None:
            self.add(work_counter(ticket.queue), sign * ticket.units)

    def _plan_seats(self) -> None:
        for subject in self._expected:
            after = self._records.get(subject)
            if type(after) is Ticket:
                for item in seats(self.policy, self.snapshot.tickets.get(subject), after, self.now):
                    self.put_due(item)

    @property
    def _is_touched(self) -> bool:
        # Without an event, a claim, a counter, a mark or a row there is nothing to write: a delivery seen before.
        return bool(
            self._expected
            or self._taken
            or self._moved
            or self._deltas
            or self._seen
            or self._queues
            or self._bumps
            or self._config
        )

    def _changed_counters(self) -> tuple[Delta, ...]:
        turns = self._turns
        given = {counter: number for number, counter in enumerate(turns, 1)}
        return tuple(
            [
                Delta(
                    counter,
                    amount,
                    self._guards.get(counter, limit) if amount > 0 else None,
                    turns.get(counter, ""),
                    given.get(counter, 0),
                )
                for counter, (amount, limit) in self._deltas.items()
                if amount or counter in turns
            ]
        )

    def changes(self) -> ChangeSet:
        """Everything that has to be committed; the workspace is used up."""
        if not self._is_touched:
            return ChangeSet(config_epoch=self.snapshot.epochs.config)
        self._load_deltas()
        if self.policy.seated:
            self._plan_seats()
        lists = {name: tuple(items) for name, items in self._queues.items()}
        return ChangeSet(
            config_epoch=self.snapshot.epochs.config,
            puts=tuple(
                [
                    Put(record, expected)
                    for subject, expected in self._expected.items()
                    if (record := self._records.get(subject)) is not None and record.version != expected
                ]
            ),
            claims=tuple(self._taken),
            moves=tuple(self._moved),
            deltas=self._changed_counters(),
            seen=tuple(map(Seen._make, self._seen.items())),
            entries=tuple(self._entries),
            bumps=tuple(sorted(self._bumps)),
            config=self._config,
            **lists,  # type: ignore[arg-type]
        )
