"""What routing reads: the order of candidates, kinds of agents, lines of tickets, and what agents carry."""

from __future__ import annotations

from csdesk.domain.ids import AgentId
from csdesk.domain.records.agents import Skill
from csdesk.domain.records.changes import (
    AgentGroup,
    Burden,
    Candidate,
    CandidateNeed,
    ChangeSet,
    ConfigRow,
    Delta,
    Needs,
    Put,
    RankOrder,
    WaitingLine,
)
from csdesk.domain.records.tickets import Category, Offer, Priority, Worker, WorkerKind
from csdesk.domain.routing.profiles import key_of, spot_of
from csdesk.ports.store import Query, Store
from csdesk.testing import builders as build
from csdesk.testing.ids import serial
from csdesk.testing.store_contract.base import DESK, ContractBase, everything

AGT = [AgentId(serial("agt_", number)) for number in range(9)]


def _order(store: Store, *orders: tuple[str, RankOrder]) -> None:
    store.commit(DESK, ChangeSet(config=ConfigRow("aaa", "{}", build.at(1), orders)))


def _give(store: Store, number: int, queue: str = "", amount: int = 1) -> None:
    store.commit(DESK, ChangeSet(deltas=(Delta(f"load/{AGT[number]}", amount, queue=queue),)))


def _found(store: Store, need: CandidateNeed) -> tuple[Candidate, ...]:
    return store.load(DESK, Needs(candidates=(need,))).candidates[need.key]


def _ranked(store: Store, need: CandidateNeed) -> list[int]:
    return [AGT.index(AgentId(one.agent)) for one in _found(store, need)]


class LinePromises(ContractBase):
    """Who comes first, and who waits."""

    def test_candidates_of_each_kind_of_agent(self, store: Store) -> None:
        """The limit holds for each kind; what fits no more is passed over."""
        skilled = build.agent(1, skills=(Skill(name="refund", level=3),), capacity=3)
        agents = (skilled, *(build.agent(number) for number in (2, 3, 4)), build.agent(5, capacity=2))
        store.commit(DESK, build.changes_for(*agents))
        kinds = (key_of(skilled), key_of(agents[1]))
        found = _found(store, CandidateNeed("general", 2, kinds))
        assert [(one.agent, one.profile) for one in found] == [
            (AGT[1], kinds[0]),
            (AGT[2], kinds[1]),
            (AGT[3], kinds[1]),
        ]
        _give(store, 1, amount=2)
        _give(store, 2)
        assert _ranked(store, CandidateNeed("general", 8, kinds, room=2)) == [3, 4, 2]
        assert _ranked(store, CandidateNeed("general", 4)) == [3, 4, 5, 2], "no kinds named: all in one line"
        assert _ranked(store, CandidateNeed("general", 8, ("nobody is so",))) == []
        assert _ranked(store, CandidateNeed("general", 8, room=9)) == [3, 4, 2]

    def test_a_kind_of_agent_follows_the_document(self, store: Store) -> None:
        """Who learns something moves to another line; the load moves along."""
        plain = build.agent(1)
        store.commit(DESK, build.changes_for(plain))
        _give(store, 1, amount=4)
        taught = build.agent(1, version=2, skills=(Skill(name="refund"),))
        store.commit(DESK, ChangeSet(puts=(Put(taught, 1),)))
        assert _ranked(store, CandidateNeed("general", 8, (key_of(plain),))) == []
        (one,) = _found(store, CandidateNeed("general", 8, (key_of(taught),)))
        assert (one.load, one.capacity) == (4, 10)

    def test_more_kinds_than_anybody_has(self, store: Store) -> None:
        """Two hundred kinds of agents in one queue are read as one."""
        agents = [build.agent(number, capacity=number) for number in range(1, 201)]
        store.commit(DESK, build.changes_for(*agents))
        need = CandidateNeed("general", 1, tuple(key_of(one) for one in agents))
        assert {one.agent for one in _found(store, need)} == {one.id for one in agents}
        around = CandidateNeed("general", 1, need.profiles, start=7)
        assert {one.agent for one in _found(store, around)} == {one.id for one in agents}

    def test_longest_without_work(self, store: Store) -> None:
        """``idle``: whatever they carry; in whichever queue they were given it."""
        store.commit(DESK, build.changes_for(*(build.agent(n, queues=("general", "sales")) for n in (1, 2, 3))))
        _order(store, ("general", RankOrder.IDLE))
        for number, queue in ((1, "general"), (2, "sales"), (2, "sales"), (3, "general"), (1, "sales")):
            _give(store, number, queue)
        line = _found(store, CandidateNeed("general"))
        assert [AGT.index(AgentId(one.agent)) for one in line] == [2, 3, 1]
        assert 0 < line[0].given < line[1].given < line[2].given, "who was given work last"
        assert _ranked(store, CandidateNeed("sales")) == [3, 2, 1], "by load, as nobody says more"

    def test_turns_of_a_queue(self, store: Store) -> None:
        """``turn``: only what was given in this queue counts as a turn."""
        store.commit(DESK, build.changes_for(*(build.agent(n, queues=("general", "sales")) for n in (1, 2, 3))))
        _order(store, ("general", RankOrder.TURN))
        for number, queue in ((1, "general"), (2, "general"), (3, "sales"), (3, "general"), (1, "sales")):
            _give(store, number, queue)
        assert _ranked(store, CandidateNeed("general")) == [1, 2, 3]
        _give(store, 1, "general")
        assert _ranked(store, CandidateNeed("general")) == [2, 3, 1]

    def test_turns_begin_and_end_with_their_configuration(self, store: Store) -> None:
        """Whoever had work before, in any queue, has had a turn; afterwards work of all queues counts again."""
        store.commit(DESK, build.changes_for(*(build.agent(n, queues=("general", "sales")) for n in (1, 2, 3))))
        for number, queue in ((3, "general"), (1, "sales")):
            _give(store, number, queue)
        _order(store, ("general", RankOrder.TURN))
        assert _ranked(store, CandidateNeed("general")) == [2, 3, 1]
        for number, queue in ((2, "general"), (3, "sales")):
            _give(store, number, queue)
        _order(store, ("general", RankOrder.TURN), ("sales", RankOrder.IDLE))
        assert _ranked(store, CandidateNeed("general")) == [3, 1, 2]
        _order(store, ("general", RankOrder.IDLE))
        assert _ranked(store, CandidateNeed("general")) == [1, 2, 3]

    def test_who_joins_a_line_by_turn_has_had_theirs(self, store: Store) -> None:
        """Work in another queue was the last turn of those who join."""
        store.commit(DESK, build.changes_for(build.agent(1), build.agent(2, queues=("sales",)), build.agent(3)))
        _order(store, ("general", RankOrder.TURN))
        for number, queue in ((1, "general"), (2, "sales"), (3, "general")):
            _give(store, number, queue)
        joined = build.agent(2, version=2, queues=("general", "sales"))
        store.commit(DESK, ChangeSet(puts=(Put(joined, 1),)))
        assert _ranked(store, CandidateNeed("general")) == [1, 2, 3]

    def test_a_ring_begins_where_it_is_told(self, store: Store) -> None:
        """``ring``: by the hash of their ids, around; load changes nothing but who has room."""
        _order(store, ("general", RankOrder.RING))
        store.commit(DESK, build.changes_for(*(build.agent(n, capacity=2) for n in (1, 2, 3, 4))))
        ring = sorted((spot_of(AGT[number]), number) for number in (1, 2, 3, 4))
        numbers = [number for _, number in ring]
        start = ring[2][0]
        kind = (key_of(build.agent(1, capacity=2)),)
        assert _ranked(store, CandidateNeed("general", 8, kind, start=start)) == [*numbers[2:], *numbers[:2]]
        assert _ranked(store, CandidateNeed("general", 3, kind, start=start)) == [*numbers[2:], numbers[0]]
        assert _ranked(store, CandidateNeed("general", 1, start=ring[0][0] + 1)) == [numbers[1]]
        _give(store, numbers[2])
        assert _ranked(store, CandidateNeed("general", 3, kind, start=start))[0] == numbers[2]
        _give(store, numbers[2])
        assert _ranked(store, CandidateNeed("general", 3, kind, start=start)) == [numbers[3], *numbers[:2]]

    def test_work_that_came_before_its_agent_counts(self, store: Store) -> None:
        """Who was given something before they were stored has had a turn; what was only taken from them is none."""
        _order(store, ("general", RankOrder.IDLE))
        for number, amount in ((1, 1), (2, 1), (3, -1)):
            _give(store, number, amount=amount)
        store.commit(DESK, build.changes_for(*(build.agent(n) for n in (1, 2, 3, 4))))
        line = _found(store, CandidateNeed("general"))
        assert [(AGT.index(AgentId(one.agent)), one.load) for one in line] == [(3, -1), (4, 0), (1, 1), (2, 1)]
        assert [one.given for one in line[:2]] == [0, 0]

    def test_an_order_ends_with_its_configuration(self, store: Store) -> None:
        """The row of the active configuration says it for all queues."""
        store.commit(DESK, build.changes_for(build.agent(1), build.agent(2)))
        _order(store, ("general", RankOrder.IDLE))
        _give(store, 1, amount=2)
        _give(store, 2)
        assert _ranked(store, CandidateNeed("general")) == [1, 2]
        _order(store)
        assert _ranked(store, CandidateNeed("general")) == [2, 1]
        rows = everything(store, Query(kind="config"))
        assert rows == [ConfigRow("aaa", "{}", build.at(1))]

    def test_kinds_of_agents_are_counted(self, store: Store) -> None:
        """Those who are away are counted, those who retired or left the queue are not."""
        first = build.agent(1, queues=("general", "sales"))
        store.commit(DESK, build.changes_for(first, build.agent(2, presence="away"), build.agent(3, retired=True)))
        store.commit(DESK, build.changes_for(build.agent(4, grade=3)))
        groups = set(everything(store, Query(kind="group")))
        plain = key_of(first)
        assert groups == {
            AgentGroup("general", plain, 2),
            AgentGroup("sales", plain, 1),
            AgentGroup("general", key_of(build.agent(4, grade=3)), 1),
        }
        store.commit(DESK, ChangeSet(puts=(Put(build.agent(1, version=2, queues=("sales",)), 1),)))
        sales = everything(store, Query(kind="group", where=(("queue", "sales"),)))
        assert sales == [AgentGroup("sales", plain, 1)]
        assert AgentGroup("general", plain, 1) in everything(store, Query(kind="group"))

    def test_lines_of_tickets_that_wait(self, store: Store) -> None:
        """New and open ones without a worker and an offer, by queue and priority."""
        worker = Worker(kind=WorkerKind.AGENT, id=AGT[1], fence=1)
        offer = Offer(agent=AGT[1], queue="general", made_at=build.at(0))
        store.commit(
            DESK,
            build.changes_for(
                build.ticket(1, created_at=build.at(5)),
                build.ticket(2, created_at=build.at(3)),
                build.ticket(3, priority=Priority.URGENT),
                build.ticket(4, queue="sales", worker=worker),
                build.ticket(5, queue="sales", offer=offer),
                build.ticket(6, queue="sales", category=Category.WAITING_CUSTOMER),
            ),
        )
        lines = set(everything(store, Query(kind="line")))
        assert lines == {
            WaitingLine("general", Priority.NORMAL, 2, build.at(3)),
            WaitingLine("general", Priority.URGENT, 1, build.at(0)),
        }
        found = store.load(DESK, Needs(waiting=("general", "sales", "none")))
        assert dict(found.waiting) == {"general": ((Priority.NORMAL, build.at(3)), (Priority.URGENT, build.at(0)))}
        both = store.load(
            DESK, Needs(waiting=("general",), candidates=(CandidateNeed("x"),), tickets=(build.ticket(1).id,))
        )
        assert sorted(both.waiting) == ["general"]
        assert (both.candidates["x"], set(both.tickets)) == ((), {build.ticket(1).id})
        claimed = store.load(DESK, Needs(waiting=("general",), claims=("nobody's",)))
        assert sorted(claimed.waiting) == ["general"]

    def test_what_agents_carry(self, store: Store) -> None:
        """By the counter, and by the units of their tickets and offers that are active."""
        mine = Worker(kind=WorkerKind.AGENT, id=AGT[1], fence=1)
        offer = Offer(agent=AGT[2], queue="general", made_at=build.at(0), units=2)
        store.commit(
            DESK,
            build.changes_for(
                build.agent(1),
                build.agent(2),
                build.agent(3, retired=True),
                build.ticket(1, worker=mine, units=3),
                build.ticket(2, worker=mine, category=Category.WAITING_CUSTOMER, offer=offer),
                build.ticket(3, worker=mine, category=Category.SNOOZED),
                build.ticket(4, offer=offer, category=Category.CLOSED),
                build.ticket(5, worker=mine, category=Category.RESOLVED),
                build.ticket(6, worker=mine, category=Category.MERGED, merged_into=build.ticket(1).id),
            ),
        )
        _give(store, 1, amount=4)
        store.commit(DESK, ChangeSet(deltas=(Delta("work/general", 1), Delta("work/gone", 2), Delta("words", 3))))
        rows = everything(store, Query(kind="burden"))
        assert rows == [
            Burden(f"load/{AGT[1]}", 4, 4),
            Burden(f"load/{AGT[2]}", 0, 2),
            Burden(f"load/{AGT[3]}", 0, 0),
            Burden("work/general", 1, 4),
            Burden("work/gone", 2, 0),
        ]
