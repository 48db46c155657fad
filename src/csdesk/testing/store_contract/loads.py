"""The batched read: what follows what, candidates, and that it is of one moment."""

from __future__ import annotations

from csdesk.domain.ids import AgentId, CustomerId, IdentityId, TicketId
from csdesk.domain.records.agents import Presence
from csdesk.domain.records.changes import CandidateNeed, ChangeSet, Claim, ConfigRow, Delta, Needs, Put, Snapshot
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.events import Epochs
from csdesk.domain.records.tags import TagAssignment
from csdesk.ports.store import Query, Store
from csdesk.testing import builders as build
from csdesk.testing.ids import serial
from csdesk.testing.store_contract.base import DESK, ContractBase

CUS = [CustomerId(serial("cus_", number)) for number in range(9)]
TKT = [TicketId(serial("tkt_", number)) for number in range(9)]
IDN = [serial("idn_", number) for number in range(9)]
MSG = [serial("msg_", number) for number in range(9)]
AGT = [AgentId(serial("agt_", number)) for number in range(9)]


def _family(store: Store) -> None:
    """Customer 1 merged into 2; ticket 1 (through identity 1) into 3; messages in both; customer 3 apart."""
    records = build.changes_for(
        build.customer(1, merged_into=CUS[2]),
        build.customer(2, members=(CUS[1],)),
        build.customer(3),
        build.ticket(1, merged_into=TKT[3]),
        build.ticket(3, absorbed=(TKT[1],)),
        build.message(1),
        build.message(3),
    )
    claims = (
        Claim("identity/1", IDN[1]),
        Claim("inbound/1", MSG[1]),
        Claim("conversation/1", TKT[1]),
        Claim("profile/1", CUS[1]),
        Claim("command/1", "cmd_1"),
        Claim("identity/gone", IDN[8]),
    )
    store.commit(DESK, ChangeSet(puts=records.puts, claims=claims))


def _homes(store: Store) -> dict[str, str]:
    return {str(key): str(home) for key, home in store.load(DESK, Needs(identities=tuple(IDN))).homes.items()}


def _holders(store: Store, number: int) -> list[str]:
    page = store.query(DESK, Query(kind="customer", where=(("identity", IDN[number]),)))
    return [str(one.id) for one in page.items if isinstance(one, Customer)]


def _keys(found: Snapshot) -> tuple[set[str], set[str], set[str]]:
    return set(found.tickets), set(found.customers), set(found.messages)


def _agents(store: Store, capacity: int = 2) -> None:
    """Agents 1 to 3 take work; 4 is away, 5 retired, 6 in another queue, 7 has no capacity."""
    store.commit(
        DESK,
        build.changes_for(
            *(build.agent(number, capacity=capacity, queues=("sales", "general")) for number in (1, 2, 3)),
            build.agent(4, presence=Presence.AWAY),
            build.agent(5, retired=True),
            build.agent(6, queues=("sales-2",)),
            build.agent(7, capacity=0),
        ),
    )


def _give(store: Store, number: int, amount: int = 1) -> None:
    store.commit(DESK, ChangeSet(deltas=(Delta(f"load/{AGT[number]}", amount),)))


def _ranked(store: Store, limit: int = 8, queue: str = "general") -> list[int]:
    found = store.load(DESK, Needs(candidates=(CandidateNeed(queue, limit),))).candidates.get(queue, ())
    return [AGT.index(AgentId(one.agent)) for one in found]


class LoadPromises(ContractBase):
    """Everything that is needed comes in one call."""

    def test_nothing_asked_nothing_given(self, store: Store) -> None:
        """The epochs come always; what does not exist is missing."""
        _family(store)
        found = store.load(DESK, Needs())
        assert found.epochs == Epochs()
        assert _keys(found) == (set(), set(), set())
        missing = store.load(DESK, Needs(claims=("x",), tickets=(TKT[8],), messages=(MSG[8],), inbox=("msg_x",)))
        assert missing == Snapshot()

    def test_an_identity_brings_its_home_and_the_survivor(self, store: Store) -> None:
        """Through its claim, and named by id."""
        _family(store)
        for needs in (Needs(claims=("identity/1",)), Needs(identities=(IDN[1],))):
            found = store.load(DESK, needs)
            assert dict(found.homes) == {IDN[1]: CUS[1]}
            assert _keys(found) == (set(), {CUS[1], CUS[2]}, set())
        assert dict(store.load(DESK, Needs(claims=("identity/1",))).claims) == {"identity/1": IDN[1]}
        gone = store.load(DESK, Needs(claims=("identity/gone",)))
        assert (dict(gone.claims), dict(gone.homes)) == ({"identity/gone": IDN[8]}, {})

    def test_an_identity_follows_the_document(self, store: Store) -> None:
        """Its home is the customer that holds it now."""
        _family(store)
        moved = build.identity(1)
        puts = (
            Put(build.customer(1, version=2, identities=(), merged_into=CUS[2]), 1),
            Put(build.customer(3, version=2, identities=(build.identity(3), moved)), 1),
        )
        store.commit(DESK, ChangeSet(puts=puts))
        assert dict(store.load(DESK, Needs(identities=(IDN[1],))).homes) == {IDN[1]: CUS[3]}
        without = Put(build.customer(3, version=3), 2)
        store.commit(DESK, ChangeSet(puts=(without,)))
        assert dict(store.load(DESK, Needs(identities=(IDN[1],))).homes) == {}

    def test_an_identity_moves_between_documents_of_one_commit(self, store: Store) -> None:
        """Whichever of the two is put first; the query by identity and the home follow alike."""
        store.commit(DESK, build.changes_for(build.customer(1), build.customer(2)))
        one, two, moving = build.identity(1), build.identity(2), build.identity(3)
        gives = Put(build.customer(1, version=2, identities=(one, moving)), 1)
        store.commit(DESK, ChangeSet(puts=(gives,)))
        for version, takes_first in ((2, True), (4, False)):
            left = Put(build.customer(1, version=version + 1, identities=(one,)), version)
            taken = Put(build.customer(2, version=version, identities=(two, moving)), version - 1)
            store.commit(DESK, ChangeSet(puts=(taken, left) if takes_first else (left, taken)))
            assert _homes(store) == {IDN[1]: CUS[1], IDN[2]: CUS[2], IDN[3]: CUS[2]}
            assert _holders(store, 3) == [CUS[2]]
            back = Put(build.customer(1, version=version + 2, identities=(one, moving)), version + 1)
            without = Put(build.customer(2, version=version + 1, identities=(two,)), version)
            store.commit(DESK, ChangeSet(puts=(back, without) if takes_first else (without, back)))
            assert _homes(store) == {IDN[1]: CUS[1], IDN[2]: CUS[2], IDN[3]: CUS[1]}
            assert _holders(store, 3) == [CUS[1]]

    def test_an_identity_moves_to_a_customer_that_is_born_with_it(self, store: Store) -> None:
        """As unlinking does it, in either order; what comes and goes within the commit leaves no home behind."""
        moving = (build.identity(3), build.identity(4))
        store.commit(DESK, build.changes_for(build.customer(1, identities=(build.identity(1), *moving))))
        for number, takes_first in ((3, True), (4, False)):
            kept = (build.identity(1), *moving[number - 2 :])
            born = Put(build.customer(number), 0)
            left = Put(build.customer(1, version=number - 1, identities=kept), number - 2)
            store.commit(DESK, ChangeSet(puts=(born, left) if takes_first else (left, born)))
            assert _homes(store)[IDN[number]] == CUS[number]
        tag = TagAssignment(name="vip", at=build.at(0))
        passing = (
            Put(build.customer(1, version=4, identities=(build.identity(1), build.identity(5)), tags=(tag,)), 3),
            Put(build.customer(1, version=5), 4),
        )
        store.commit(DESK, ChangeSet(puts=passing))
        assert IDN[5] not in _homes(store)
        assert _holders(store, 5) == []
        assert not store.query(DESK, Query(kind="customer", where=(("tag", "vip"),))).items
        again = (Put(build.customer(1, version=6, identities=()), 5), Put(build.customer(1, version=7), 6))
        store.commit(DESK, ChangeSet(puts=again))
        assert (_homes(store)[IDN[1]], _holders(store, 1)) == (CUS[1], [CUS[1]]), "what goes and comes stays"

    def test_tickets_customers_and_messages_bring_what_they_point_to(self, store: Store) -> None:
        """A survivor; a message its ticket."""
        _family(store)
        for needs in (Needs(claims=("conversation/1",)), Needs(tickets=(TKT[1],))):
            assert _keys(store.load(DESK, needs)) == ({TKT[1], TKT[3]}, set(), set())
        for needs in (Needs(claims=("profile/1",)), Needs(customers=(CUS[1],))):
            assert _keys(store.load(DESK, needs)) == (set(), {CUS[1], CUS[2]}, set())
        for needs in (Needs(claims=("inbound/1",)), Needs(messages=(MSG[1],))):
            assert _keys(store.load(DESK, needs)) == ({TKT[1], TKT[3]}, set(), {MSG[1]})
        assert _keys(store.load(DESK, Needs(claims=("command/1",)))) == (set(), set(), set())

    def test_what_claims_bring_where_nobody_was_merged(self, store: Store) -> None:
        """All of it in one answer: owners, what these lead to, counters; the requesters only if they are asked for."""
        customers, tickets = [build.customer(n) for n in (1, 3)], [build.ticket(n) for n in (1, 3)]
        message = build.message(1)
        owners = {"identity/3": IDN[3], "inbound/1": MSG[1], "conversation/3": TKT[3], "command/1": "cmd_1"}
        claims = tuple(Claim(key, owner) for key, owner in owners.items())
        puts = build.changes_for(*customers, *tickets, message).puts
        store.commit(DESK, ChangeSet(puts=puts, claims=claims, deltas=(Delta("n", 2),)))
        store.commit(DESK, ChangeSet(config=ConfigRow("aaa", "{}", build.at(1))))
        needs = Needs(claims=(*owners, "nothing"), counters=("n", "nothing"))
        brought = Snapshot(
            epochs=store.load(DESK, Needs()).epochs,
            claims=owners,
            tickets={one.id: one for one in tickets},
            customers={CUS[3]: customers[1]},
            homes={IdentityId(IDN[3]): CUS[3]},
            messages={message.id: message},
            counters={"n": 2},
        )
        assert store.load(DESK, needs) == brought
        homes = {IdentityId(IDN[n]): CUS[n] for n in (1, 3)}
        everybody = brought._replace(customers={one.id: one for one in customers}, homes=homes)
        assert store.load(DESK, needs._replace(parties=True)) == everybody

    def test_parties_bring_requesters(self, store: Store) -> None:
        """Of every ticket in the snapshot, survivors too."""
        _family(store)
        found = store.load(DESK, Needs(messages=(MSG[1],), parties=True))
        assert _keys(found) == ({TKT[1], TKT[3]}, {CUS[1], CUS[2], CUS[3]}, {MSG[1]})
        assert dict(found.homes) == {IDN[1]: CUS[1], IDN[3]: CUS[3]}

    def test_everything_at_once(self, store: Store) -> None:
        """One batch of all kinds, with repeats."""
        _family(store)
        _agents(store)
        needs = Needs(
            claims=("identity/1", "identity/1", "command/1", "nothing"),
            tickets=(TKT[3], TKT[3]),
            agents=(AGT[1], AGT[8]),
            identities=(IDN[1],),
            candidates=(CandidateNeed("general"), CandidateNeed("sales-2", 1), CandidateNeed("nobody")),
        )
        found = store.load(DESK, needs)
        assert dict(found.claims) == {"identity/1": IDN[1], "command/1": "cmd_1"}
        assert _keys(found) == ({TKT[3]}, {CUS[1], CUS[2]}, set())
        assert set(found.agents) == {AGT[1]}
        assert [one.agent for one in found.candidates["general"]] == [AGT[1], AGT[2], AGT[3]]
        assert [one[:3] for one in found.candidates["sales-2"]] == [(AGT[6], 0, 10)]
        assert found.candidates.get("nobody", ()) == ()

    def test_candidates_by_load_then_idle_then_id(self, store: Store) -> None:
        """Those who take work and have room; the longest without a new ticket first."""
        _agents(store, capacity=3)
        assert _ranked(store) == [1, 2, 3]
        _give(store, 1)
        assert _ranked(store) == [2, 3, 1]
        _give(store, 3)
        _give(store, 2)
        assert _ranked(store) == [1, 3, 2]
        _give(store, 2, -1)
        _give(store, 1, -1)
        assert _ranked(store) == [1, 2, 3], "giving back is no new work"
        _give(store, 1)
        assert _ranked(store) == [2, 3, 1]
        assert _ranked(store, limit=2) == [2, 3]

    def test_who_is_given_work_in_one_commit_stands_in_that_order(self, store: Store) -> None:
        """Whoever was given some last is the least idle, also where nothing is left of it."""
        _agents(store, capacity=3)
        given = {3: (1, 1), 1: (1, 2), 2: (0, 3)}
        deltas = tuple(Delta(f"load/{AGT[one]}", amount, given=place) for one, (amount, place) in given.items())
        store.commit(DESK, ChangeSet(deltas=deltas))
        assert _ranked(store) == [2, 3, 1]
        _give(store, 2)
        assert _ranked(store) == [3, 1, 2], "later commits come after"
        store.commit(DESK, ChangeSet(deltas=(Delta(f"load/{AGT[3]}", 0, given=1),)))
        assert _ranked(store) == [1, 2, 3]

    def test_candidates_have_room(self, store: Store) -> None:
        """Load below capacity, by the counter and the document as they stand."""
        _agents(store, capacity=2)
        _give(store, 1, 2)
        assert _ranked(store) == [2, 3]
        shown = store.load(DESK, Needs(candidates=(CandidateNeed("general", 1),))).candidates["general"]
        assert [one[:3] for one in shown] == [(AGT[2], 0, 2)]
        store.commit(DESK, ChangeSet(puts=(Put(build.agent(1, version=2, capacity=3), 1),)))
        assert _ranked(store) == [2, 3, 1]
        store.commit(DESK, ChangeSet(puts=(Put(build.agent(2, version=2, presence=Presence.BUSY), 1),)))
        store.commit(DESK, ChangeSet(puts=(Put(build.agent(3, version=2, queues=("sales",)), 1),)))
        assert _ranked(store) == [1]
        assert _ranked(store, queue="sales") == [3]

    def test_load_is_there_before_the_agent(self, store: Store) -> None:
        """A counter needs no document."""
        _give(store, 1, 2)
        store.commit(DESK, build.changes_for(build.agent(1), build.agent(2)))
        assert _ranked(store) == [2, 1]

    def test_a_snapshot_stays_as_it_was(self, store: Store) -> None:
        """What is committed later does not reach into it."""
        _family(store)
        before = store.load(DESK, Needs(claims=("command/1",), tickets=(TKT[3],), counters=("n",)))
        changed = Put(build.ticket(3, version=2, subject="Later"), 1)
        store.commit(DESK, ChangeSet(puts=(changed,), deltas=(Delta("n", 5),), claims=(Claim("command/2", "cmd_2"),)))
        assert before.tickets[TKT[3]].subject == "Ticket 3"
        assert (before.counters.get("n", 0), "command/2" in before.claims) == (0, False)
