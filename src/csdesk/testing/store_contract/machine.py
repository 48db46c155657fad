"""Random commands on a store and on a plain model, compared after each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from csdesk.domain.core.evolve import fold
from csdesk.domain.records.changes import CandidateNeed, ChangeSet, Needs
from csdesk.domain.records.events import Entry, Epochs
from csdesk.errors import ClaimTaken, GuardFailed, VersionConflict
from csdesk.ports.store import QUERY_COLUMNS, TIME_COLUMN, LeaseRequest, Query, SearchRequest, Store
from csdesk.testing.builders import at
from csdesk.testing.ids import serial
from csdesk.testing.store_contract.base import DESK, SECRET, ContractBase, everything
from csdesk.testing.store_contract.consumers import bare
from csdesk.testing.store_contract.model import PlainModel
from csdesk.testing.store_contract.queries import MANY, elsewhere
from csdesk.testing.store_contract.random_changes import COUNTERS, KEYS, QUEUES, Pieces

RECORDS = ("ticket", "customer", "message", "agent", "phrase", "article", "asset", "draft", "holidays", "settlement")
ROWS = (*RECORDS, "inbox", "outbox", "config")
REFUSALS = (VersionConflict, ClaimTaken, GuardFailed)
_TOLD: tuple[Literal["ticket", "customer", "agent", "phrase", "article", "asset", "holidays", "settlement"], ...] = (
    *("ticket", "customer", "agent", "phrase", "article", "asset", "holidays", "settlement"),
)
_SOME = st.sets(st.integers(1, 6), max_size=4).map(sorted)
_DATA = st.data()


def _in_order(
    given: Sequence[str], next_at: datetime | None, ready: Mapping[str, datetime], later: datetime | None
) -> bool:
    """True if exactly these are given, oldest first; those of one instant may stand in any order."""
    times = [ready[key] for key in given]
    return sorted(given) == sorted(ready) and times == sorted(times) and next_at == later


class StoreMachine(RuleBasedStateMachine):
    """The store and the model side by side; time only moves on."""

    contract: ClassVar[ContractBase]

    def __init__(self) -> None:
        super().__init__()
        self.store: Store = self.contract.make_store()
        self.store.open_desk(DESK, secret=SECRET)
        self.model = PlainModel()
        self.seconds = 0.0

    @initialize(data=_DATA)
    def begin(self, data: st.DataObject) -> None:
        """A desk with something in it."""
        for _ in range(3):
            self._commit(data)

    @rule(data=_DATA)
    def commit(self, data: st.DataObject) -> None:
        """One commit."""
        self._commit(data)

    @rule(data=_DATA, number=st.integers(2, 5))
    def commit_many(self, data: st.DataObject, number: int) -> None:
        """Several commits: most of what can go wrong needs more than one."""
        for _ in range(number):
            self._commit(data)

    def _commit(self, data: st.DataObject) -> None:
        """Both take it, or both refuse it."""
        self.seconds += 1
        changes = Pieces(self.model, data, self.seconds).commit()
        try:
            expected = self.model.commit(changes)
        except REFUSALS:
            try:
                self.store.commit(DESK, changes)
            except REFUSALS:
                return
            raise AssertionError("the store took a commit that it must refuse") from None
        owners = self.store.commit(DESK, changes).owners
        assert _foreign(owners, changes) == _foreign(expected, changes)

    @rule(hold=st.integers(1, 60), limit=st.integers(1, 3), seconds=st.integers(0, 70))
    def take(self, hold: int, limit: int, seconds: int) -> None:
        """The same work of each sort, and the same instants to come back."""
        self.seconds += seconds
        now, hold_for = at(self.seconds), timedelta(seconds=hold)
        leased = self.store.lease(DESK, LeaseRequest(what="outbox", now=now, limit=limit, hold=hold_for))
        sending = self.model.lease_outbox(now, now + hold_for, limit)
        assert (list(leased.outbox), leased.next_due_at) == sending
        leased = self.store.lease(DESK, LeaseRequest(what="due", now=now, limit=limit, hold=hold_for))
        jobs = self.model.lease_due(now, now + hold_for, limit)
        assert (list(leased.due), leased.next_due_at) == jobs
        leased = self.store.lease(DESK, LeaseRequest(what="tickets", now=now, limit=100))
        assert _in_order(leased.tickets, leased.next_due_at, *self.model.waking(now))
        leased = self.store.lease(DESK, LeaseRequest(what="customers", now=now, limit=100))
        assert _in_order(leased.customers, leased.next_due_at, *self.model.waking_customers(now))

    @rule()
    def maintain(self) -> None:
        """The same claims end."""
        expired, more = 0, True
        while more:
            done = self.store.maintain(DESK, at(self.seconds), 50)
            expired, more = expired + done.claims_expired, done.more
        assert expired == self.model.expire(at(self.seconds))

    @rule(name=st.sampled_from(("ticket", "quota")), count=st.integers(1, 5))
    def allocate(self, name: str, count: int) -> None:
        """The same numbers."""
        first = self.model.state.numbers.get(name, 0) + 1
        self.model.state.numbers[name] = first + count - 1
        assert self.store.allocate(DESK, name, count) == first

    @rule(consumer=st.sampled_from(("a", "b")), limit=st.integers(1, 6), taken=st.integers(0, 6))
    def read(self, consumer: str, limit: int, taken: int) -> None:
        """The same entries, acknowledged in part."""
        start = self.model.state.read.get(consumer, 0)
        page = self.store.entries(DESK, consumer, limit)
        assert [bare(one) for one in page] == [bare(one) for one in self.model.state.entries[start : start + limit]]
        taken = min(taken, len(page))
        if taken:
            self.store.ack(DESK, consumer, page[taken - 1].position)
            self.model.state.read[consumer] = start + taken

    @rule(run=st.sampled_from((("退货",), ("发票",), ("a1001",), ("refund", "please"), ("please", "refund"))))
    def search(self, run: tuple[str, ...]) -> None:
        """The same messages."""
        hits = self.store.search(DESK, SearchRequest(phrases=(run,), limit=100)).items
        assert [hit.message for hit in hits] == self.model.search(run)

    @rule(data=_DATA)
    def query(self, data: st.DataObject) -> None:
        """The same rows in the same order, and as many as counted."""
        kind: Any = data.draw(st.sampled_from(ROWS))
        orders = [one for one in sorted(QUERY_COLUMNS[kind]) if (kind, one) not in MANY]
        where: tuple[tuple[str, Any], ...] = ()
        if data.draw(st.booleans()):
            column = data.draw(st.sampled_from(sorted(QUERY_COLUMNS[kind])))
            rows = self.model.records(kind)
            known = [value for row in rows for value in self.model.values(kind, column, row)]
            if known:
                where = ((column, data.draw(st.sampled_from([*known, *elsewhere(kind, column, known)]))),)
        since = at(data.draw(st.integers(0, 99))) if kind in TIME_COLUMN and data.draw(st.booleans()) else None
        query = Query(
            kind=kind,
            where=where,
            since=since,
            order=data.draw(st.sampled_from(orders)),
            descending=data.draw(st.booleans()),
            limit=data.draw(st.sampled_from((1, 3, 1000))),
        )
        assert everything(self.store, query) == self.model.query(query)
        assert self.store.count(DESK, query) == len(self.model.query(query))

    @rule(numbers=_SOME, keys=st.sets(st.sampled_from(KEYS)), parties=st.booleans(), limit=st.integers(1, 3))
    def load(self, numbers: list[int], keys: set[str], parties: bool, limit: int) -> None:
        """The same snapshot, followed as far."""
        needs = Needs(
            claims=tuple(sorted(keys)),
            tickets=tuple(serial("tkt_", number) for number in numbers[:1]),
            customers=tuple(serial("cus_", number) for number in numbers[1:2]),
            identities=tuple(serial("idn_", number) for number in numbers[2:3]),
            messages=tuple(serial("msg_", number) for number in numbers[3:]),
            candidates=tuple(CandidateNeed(queue, limit) for queue in QUEUES),
            parties=parties,
        )
        found = self.store.load(DESK, needs)
        claims, homes, followed = self.model.follow(needs)
        assert (dict(found.claims), dict(found.homes)) == (claims, homes)
        assert {**found.tickets, **found.customers, **found.messages} == followed
        for queue in QUEUES:
            shown = [(one.agent, one.load, one.capacity) for one in found.candidates.get(queue, ())]
            assert shown == list(self.model.candidates(queue, limit))

    @precondition(lambda self: self.contract.durable)
    @rule()
    def reopen(self) -> None:
        """Closed and opened again."""
        self.store = self.contract.reopen(self.store)

    @invariant()
    def the_same_records(self) -> None:
        """Every row of every kind."""
        for kind in ROWS:
            rows = everything(self.store, Query(kind=kind, limit=100))  # type: ignore[arg-type]  # kinds are right
            assert rows == self.model.query(Query(kind=kind)), kind  # type: ignore[arg-type]

    @invariant()
    def the_same_counters(self) -> None:
        """Loads are the sum of what was added, epochs of what was bumped."""
        found = self.store.load(DESK, Needs(counters=COUNTERS, claims=KEYS))
        expected = {name: self.model.state.counters.get(name, 0) for name in COUNTERS}
        assert {name: found.counters.get(name, 0) for name in COUNTERS} == expected
        assert dict(found.claims) == {key: owner for key, (owner, _) in self.model.state.claims.items()}
        assert found.epochs == Epochs(**self.model.state.epochs)

    def teardown(self) -> None:
        """What the store tells in entries makes the records that it keeps."""
        try:
            stories: dict[str, list[Entry]] = {}
            for entry in everything(self.store, Query(kind="entry", limit=100)):
                assert isinstance(entry, Entry)
                stories.setdefault(entry.subject, []).append(entry)
            kept = self.store.load(
                DESK,
                Needs(
                    tickets=tuple(stories),
                    customers=tuple(stories),
                    agents=tuple(stories),
                    phrases=tuple(stories),
                    articles=tuple(stories),
                    assets=tuple(stories),
                    holidays=tuple(stories),
                    settlements=tuple(stories),
                ),
            )
            people = {**kept.tickets, **kept.customers, **kept.agents}
            records = {**people, **kept.phrases, **kept.articles, **kept.assets, **kept.holidays}
            records |= kept.settlements
            assert records == {key: fold(stories[key]) for key in records}
            assert len(records) == sum(self.store.count(DESK, Query(kind=kind)) for kind in _TOLD)
            assert self.store.open_desk(DESK, secret=b"another").config == self.model.state.config
        finally:
            self.store.close()


def _foreign(owners: Any, changes: ChangeSet) -> dict[str, str]:
    """Owners without those that took the key in this very commit."""
    own = {(claim.key, claim.owner) for claim in changes.claims}
    return {key: owner for key, owner in owners.items() if (key, owner) not in own}


class RandomCommands(ContractBase):
    """The same commands, the same answers."""

    def test_random_commands(self) -> None:
        """As a plain model of the contract answers them; see ``examples`` and ``steps`` for how many."""
        machine = type("Commands", (StoreMachine,), {"contract": self})
        chosen = settings(
            max_examples=self.examples,
            stateful_step_count=self.steps,
            deadline=None,
            phases=[phase for phase in Phase if self.shrink or phase not in (Phase.shrink, Phase.explain)],
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(machine, settings=chosen)
