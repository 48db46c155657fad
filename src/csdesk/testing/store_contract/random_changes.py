"""Random ChangeSets over a small world, so that they meet each other often.

Records change only by events, as in a desk; a third of the commits carries something that may be refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from hypothesis import strategies as st

from csdesk.domain.core.evolve import evolve, evolve_message, sealed
from csdesk.domain.ids import CustomerId, IdentityId, TicketId
from csdesk.domain.records import events as ev
from csdesk.domain.records.agents import Presence
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
    Stored,
)
from csdesk.domain.records.clocks import Clock, Metric
from csdesk.domain.records.codec import KINDS
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.goals import GoalName
from csdesk.domain.records.messages import Message, TextPart
from csdesk.domain.records.origins import Origin
from csdesk.domain.records.queues import InboxState, OutboxState
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.tickets import Category, Ticket, Worker, WorkerKind
from csdesk.testing import builders as build
from csdesk.testing.builders import at
from csdesk.testing.ids import serial
from csdesk.testing.store_contract.model import PlainModel

# ``Any`` in this module: records of all kinds go through the same few lines; nothing of it is public.

TEXTS: Final = ("我要退货", "請開發票", "发票 A1001", "refund please", "")
QUEUES: Final = ("general", "sales", "售后")
KEYS: Final = ("k1", "k2", "k3", "k4")
COUNTERS: Final = ("quota", *(f"load/{serial('agt_', number)}" for number in (1, 2, 3)))
_FEW = st.integers(1, 4)
_OWNERS = st.builds(serial, st.sampled_from(("idn_", "cus_", "tkt_", "msg_", "cmd_")), _FEW)


class Pieces:
    """Draws the parts of one commit; each part sees the ones before it."""

    def __init__(self, model: PlainModel, data: st.DataObject, seconds: float) -> None:
        self._model = model
        self._data = data
        self._seconds = seconds
        self._pending: dict[tuple[str, str], Any] = {}

    def commit(self) -> ChangeSet:
        """One commit of up to six parts."""
        pieces: list[Callable[[], ChangeSet]] = [
            self.ticket,
            self.customer,
            self.agent,
            self.phrase,
            self.article,
            self.asset,
            self.holidays,
            self.settlement,
            self.message,
            self.draft,
            self.claim,
            self.move,
            self.delta,
            self.mark,
            self.outbox,
            self.due,
            self.inbox,
            self.desk,
        ]
        chosen = self.draw(st.lists(st.sampled_from(pieces), min_size=1, max_size=6))
        changes = ChangeSet()
        for piece in chosen:
            changes = joined(changes, piece())
        if self.draw(st.integers(0, 9)) == 0:
            changes = joined(changes, self.stale())
        return changes

    def draw(self, strategy: st.SearchStrategy[Any]) -> Any:
        """A value of the strategy."""
        return self._data.draw(strategy)

    def _present(self, kind: str, key: str) -> Any:
        return self._pending.get((kind, key), self._model.state.records.get((kind, key)))

    def _put(self, record: Stored, expected: int, *entries: ev.Entry) -> ChangeSet:
        self._pending[KINDS[type(record)], record.id] = record
        return ChangeSet(puts=(Put(record, expected),), entries=entries)

    def _told(self, kind: str, key: str, *events: Any) -> ChangeSet:
        """The record after the events, with their entry."""
        record = before = self._present(kind, key)
        for event in events:
            record = evolve(record, event, at(self._seconds))
        version = before.version if before is not None else 0
        return self._put(
            sealed(record, version + 1, at(self._seconds)),
            version,
            build.entry(key, *events, seconds=self._seconds, cause=f"cmd_{self._seconds}"),
        )

    def ticket(self) -> ChangeSet:
        """Opens a ticket or changes one."""
        number = self.draw(_FEW)
        key = build.ticket(number).id
        if self._present("ticket", key) is None:
            queue, source = self.draw(st.sampled_from(QUEUES)), self.draw(_FEW)
            born = build.ticket(number, queue=queue, identity=serial("idn_", source), conversation=f"c-{source}")
            return self._told("ticket", key, *build.birth(born).events)
        return self._told("ticket", key, self.draw(st.sampled_from(self._ticket_events(self._present("ticket", key)))))

    def _ticket_events(self, ticket: Ticket) -> list[Any]:
        later = at(self._seconds + self.draw(st.integers(0, 40)))
        clock = Clock(
            metric=Metric.FIRST_REPLY,
            policy="p",
            amount=timedelta(hours=1),
            started_at=at(0),
            due_at=later,
            breached_at=self.draw(st.sampled_from((None, at(1)))),
        )
        asleep = self.draw(st.sampled_from((None, later)))
        kind = self.draw(st.sampled_from(WorkerKind))
        worker = Worker(kind=kind, id=serial("agt_", self.draw(_FEW)), fence=2, until=asleep)
        ends = self.draw(st.sampled_from((None, later)))
        names = self.draw(st.sets(st.sampled_from("abc")))
        tags = tuple(TagAssignment(name=name, at=at(0), expires_at=ends) for name in names)
        return [
            ev.StatusChanged(before=ticket.category, after=Category.SNOOZED, status="asleep", until=asleep),
            ev.TicketTagged(tags=tags),
            ev.TicketUntagged(tag="a"),
            ev.TicketFlagged(flag="a", reason="张三 threatens", until=ends),
            ev.TicketUnflagged(flag="a"),
            ev.GoalSet(goal=self.draw(st.sampled_from(GoalName)), span=timedelta(seconds=9), due_at=later),
            *[ev.GoalSettled(goal=ticket.goal.name, reached=True, at=later) for _ in (1,) if ticket.goal],
            ev.RulesPlanned(at=asleep),
            ev.TicketFieldSet(name="priority", before=2, after=self.draw(_FEW)),
            ev.TicketFieldSet(name="site", before=ticket.site, after=self.draw(st.sampled_from((None, *QUEUES)))),
            ev.TicketFieldSet(name="queue", before=ticket.queue, after=self.draw(st.sampled_from(QUEUES))),
            ev.CustomFieldSet(name="size", after=self.draw(st.sampled_from((None, 1.5, "L", True)))),
            ev.SubjectSet(subject=self.draw(st.sampled_from(TEXTS))),
            ev.TicketAssigned(worker=self.draw(st.sampled_from((None, worker)))),
            ev.ClocksChanged(clocks=(clock,)),
            *[ev.TicketMerged(into=into) for into in self._survivors("ticket", ticket.id)],
        ]

    def _survivors(self, kind: str, key: str) -> list[Any]:
        """Whom a record may be merged into so that nothing becomes a chain; at most one."""
        records = [record for (one, _), record in {**self._model.state.records, **self._pending}.items() if one == kind]
        if any(record.merged_into == key for record in records):
            return []
        fit = sorted(record.id for record in records if record.id != key and record.merged_into is None)
        return fit and [self.draw(st.sampled_from(fit))]

    def customer(self) -> ChangeSet:
        """Creates a customer or changes one."""
        number = self.draw(_FEW)
        key = build.customer(number).id
        if self._present("customer", key) is None:
            return self._told("customer", key, *build.birth(build.customer(number)).events)
        later = self.draw(st.sampled_from((None, at(self._seconds + self.draw(st.integers(0, 40))))))
        name = self.draw(st.sampled_from("abc"))
        tags = (TagAssignment(name=name, at=at(0), expires_at=later),)
        another = serial("idn_", number * 10 + self.draw(_FEW))
        moved = self._move_identity(key)
        if moved is not None:
            return moved
        event = self.draw(
            st.sampled_from(
                [
                    ev.CustomerTagged(tags=tags),
                    ev.CustomerUntagged(tag="a"),
                    ev.CustomerFlagged(flag=name, reason="张三 threatens", until=later),
                    ev.CustomerUnflagged(flag=name),
                    ev.CustomerEntered(account="web", entered_at=at(1), origin=Origin(scene=f"海报 {name}")),
                    *[ev.SegmentEntered(segment=name) for _ in (1,) if not self._is_in("customer", key, name)],
                    ev.SegmentLeft(segment=name),
                    ev.SegmentsPlanned(at=later),
                    ev.CustomerNamed(name=self.draw(st.sampled_from(("李娜", "Ann")))),
                    ev.CustomerPlaced(level="vip", stage="buyer"),
                    *[ev.CustomerMerged(into=into) for into in self._survivors("customer", key)],
                    ev.IdentityLinked(identity=IdentityId(another), identity_kind="phone", external_id="1"),
                ]
            )
        )
        return self._told("customer", key, event)

    def _is_in(self, kind: str, key: str, segment: str) -> bool:
        record = self._present(kind, key)
        return isinstance(record, Customer) and record.is_in(segment)

    def _move_identity(self, key: str) -> ChangeSet | None:
        """Now and then the customer's last identity gets another home; the two puts stand in either order."""
        homes = sorted(
            record.id
            for (kind, other), record in {**self._model.state.records, **self._pending}.items()
            if kind == "customer" and other != key
        )
        customer = self._present("customer", key)
        if not homes or len(customer.identities) < 2 or self.draw(st.integers(0, 2)):
            return None
        into, moving = self.draw(st.sampled_from(homes)), customer.identities[-1]
        left = ev.IdentityUnlinked(identity=moving.id, into=into)
        linked = ev.IdentityLinked(identity=moving.id, identity_kind=moving.kind, external_id="1")
        parts = [self._told("customer", key, left), self._told("customer", into, linked)]
        return joined(*(reversed(parts) if self.draw(st.booleans()) else parts))

    def agent(self) -> ChangeSet:
        """Saves an agent, or changes their presence."""
        number = self.draw(st.integers(1, 3))
        key = build.agent(number).id
        old = self._present("agent", key)
        presence = self.draw(st.sampled_from((Presence.ONLINE, Presence.ONLINE, Presence.AWAY)))
        if old is not None and self.draw(st.booleans()):
            return self._told("agent", key, ev.PresenceChanged(before=old.presence, after=presence))
        queues = tuple(sorted(self.draw(st.sets(st.sampled_from(QUEUES), min_size=1))))
        capacity, retired = self.draw(st.integers(0, 4)), self.draw(st.integers(0, 4)) == 0
        agent = build.agent(number, queues=queues, capacity=capacity, presence=presence, retired=retired)
        return self._told("agent", key, ev.AgentSaved(agent=agent))

    def holidays(self) -> ChangeSet:
        """Saves holidays."""
        saved = build.holidays(self.draw(_FEW), place=self.draw(st.sampled_from(("CN", "JP"))))
        return self._told("holidays", saved.id, ev.HolidaysSaved(holidays=saved))

    def settlement(self) -> ChangeSet:
        """Asks for something to be approved, or settles what was asked for."""
        number = self.draw(_FEW)
        old = self._present("settlement", build.settlement(number).id)
        if old is not None:
            told: ev.Event = ev.AuthoritySettled(under="agent:agt_9", counted=("ledger/1",))
            told = told if self.draw(st.booleans()) else ev.ApprovalRefused(by="agent:agt_9", answer="不行")
            return self._told("settlement", old.id, told)
        subject = self.draw(st.sampled_from(("order:1", "order:2", "")))
        made = build.settlement(number, subject=subject, ticket=self.draw(st.sampled_from((None, serial("tkt_", 1)))))
        return self._told("settlement", made.id, *build.birth(made).events)

    def asset(self) -> ChangeSet:
        """Saves an asset, with a file or without."""
        digest = self.draw(st.sampled_from((None, "a" * 64, "b" * 64)))
        asset = build.asset(self.draw(_FEW), digest=digest, retired=self.draw(st.booleans()))
        return self._told("asset", asset.id, ev.AssetSaved(asset=asset))

    def phrase(self) -> ChangeSet:
        """Saves a phrase."""
        number = self.draw(_FEW)
        language = self.draw(st.sampled_from((None, "zh-CN", "en")))
        phrase = build.phrase(number, language=language, retired=self.draw(st.booleans()))
        return self._told("phrase", phrase.id, ev.PhraseSaved(phrase=phrase))

    def article(self) -> ChangeSet:
        """Saves an article."""
        campaign = self.draw(st.sampled_from((None, "spring", "autumn")))
        article = build.article(self.draw(_FEW), campaign=campaign, retired=self.draw(st.booleans()))
        return self._told("article", article.id, ev.ArticleSaved(article=article))

    def message(self) -> ChangeSet:
        """Stores a message or edits one."""
        number, text = self.draw(st.integers(1, 6)), self.draw(st.sampled_from(TEXTS))
        ticket = serial("tkt_", self.draw(_FEW))
        made = build.message(number, text, ticket=ticket, subject=self.draw(st.sampled_from(TEXTS)))
        old: Message | None = self._present("message", made.id)
        if old is None:
            return self._put(made, 0)
        edited: ev.Event = ev.MessageEdited(message=made.id, parts=(TextPart(text=text),))
        if self.draw(st.booleans()):
            edited = ev.MessageMoved(message=made.id, before=old.ticket, after=TicketId(ticket))
        after = sealed(evolve_message(old, edited, at(self._seconds)), old.version + 1, at(self._seconds))
        return self._put(after, old.version, build.entry(made.id, edited, seconds=self._seconds))

    def draft(self) -> ChangeSet:
        """Stores a draft."""
        made = build.draft(self.draw(_FEW), ticket=serial("tkt_", self.draw(_FEW)))
        old = self._present("draft", made.id)
        version = old.version if old is not None else 0
        return self._put(made.model_copy(update={"version": version + 1}), version)

    def claim(self) -> ChangeSet:
        """Takes a key, which may be refused."""
        until = self.draw(st.sampled_from((None, at(self._seconds + 5), at(self._seconds + 50))))
        mode = self.draw(st.sampled_from((ClaimMode.FIRST_WINS, ClaimMode.FIRST_WINS, ClaimMode.REQUIRED)))
        return ChangeSet(claims=(Claim(self.draw(st.sampled_from(KEYS)), self.draw(_OWNERS), mode, until),))

    def move(self) -> ChangeSet:
        """Hands a key over or releases it; mostly from its owner."""
        held = sorted((key, owner) for key, (owner, _) in self._model.state.claims.items())
        if not held:
            return self.claim()
        key, before = self.draw(st.sampled_from([*held, *held, *held, (held[0][0], "nobody")]))
        return ChangeSet(moves=(ClaimMove(key, before, self.draw(st.none() | _OWNERS)),))

    def delta(self) -> ChangeSet:
        """Changes a counter, below a limit or not."""
        name, amount = self.draw(st.sampled_from(COUNTERS)), self.draw(st.integers(-2, 2))
        return ChangeSet(deltas=(Delta(name, amount, self.draw(st.sampled_from((None, None, 3)))),))

    def mark(self) -> ChangeSet:
        """Notes that a customer was heard of."""
        who = CustomerId(serial("cus_", self.draw(_FEW)))
        return ChangeSet(seen=(Seen(who, at(self.draw(st.integers(0, 100)))),))

    def outbox(self) -> ChangeSet:
        """Queues a message, changes its row, or is done with it."""
        number = self.draw(st.integers(1, 8))
        item = build.outbox_item(number, f"c-{number % 3}", ("mail", "chat")[number % 2])
        if self.draw(st.integers(0, 3)) == 0:
            return ChangeSet(outbox_done=(item.message,))
        due = at(self._seconds + self.draw(st.integers(-5, 20)))
        state = self.draw(st.sampled_from((OutboxState.PENDING, OutboxState.PENDING, *OutboxState)))
        return ChangeSet(outbox=(replace(item, state=state, due_at=due, attempts=self.draw(_FEW)),))

    def due(self) -> ChangeSet:
        """Plans a job, is done with it, or both."""
        key = self.draw(st.sampled_from(("pull/a", "pull/b", "fetch/c")))
        item = build.due_item(key, self._seconds + self.draw(st.integers(-5, 20)), key.split("/")[0])
        done, planned = ChangeSet(due_done=(key,)), ChangeSet(due=(item,))
        chosen: ChangeSet = self.draw(st.sampled_from((done, planned, joined(done, planned))))
        return chosen

    def inbox(self) -> ChangeSet:
        """Parks a message or lets it go."""
        item = build.inbox_item(self.draw(_FEW), self.draw(st.sampled_from(InboxState)))
        if self.draw(st.integers(0, 3)) == 0:
            return ChangeSet(inbox_done=(item.id,))
        return ChangeSet(inbox=(item,))

    def desk(self) -> ChangeSet:
        """Bumps epochs, perhaps with another configuration."""
        bumps = tuple(sorted(self.draw(st.sets(st.sampled_from(EpochName)))))
        row = ConfigRow(self.draw(st.sampled_from(("aaa", "bbb"))), "{}", at(self._seconds))
        return ChangeSet(bumps=bumps, config=self.draw(st.sampled_from((None, row))))

    def stale(self) -> ChangeSet:
        """What may rest on something old."""
        epoch = self._model.state.epochs["config"] - self.draw(st.integers(0, 1))
        number = self.draw(_FEW)
        put = Put(build.ticket(number, version=9), self.draw(st.sampled_from((0, 1, 8))))
        chosen: ChangeSet = self.draw(st.sampled_from((ChangeSet(config_epoch=epoch), ChangeSet(puts=(put,)))))
        # A stale put that would be accepted is left out: nothing tells it as an entry.
        is_free = self._present("ticket", put.record.id) is None
        accepted = chosen.puts and (put.expected == 0) == is_free
        return ChangeSet() if accepted else chosen


def joined(first: ChangeSet, second: ChangeSet) -> ChangeSet:
    """Both in one commit."""
    values: dict[str, Any] = {}
    for name in ChangeSet._fields:
        a, b = getattr(first, name), getattr(second, name)
        values[name] = a + b if isinstance(a, tuple) else (a if b is None else b)
    return ChangeSet(**values)
