"""The test kit: clocks, ids, builders, and stores that fail or count."""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

import csdesk.testing
from csdesk.domain.core.evolve import fold
from csdesk.domain.ids import TICKET
from csdesk.domain.records.changes import ChangeSet, Claim, Needs, Stored
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.tickets import Participant
from csdesk.errors import ClaimTaken, CommitUnknown, InvalidInput, StoreBusy
from csdesk.ports.clock import Clock
from csdesk.ports.ids import IdSource
from csdesk.ports.store import LeaseRequest, Query, SearchRequest, Store
from csdesk.stores.memory import MemoryStore
from csdesk.testing import CountingStore, Fault, FaultyStore, FixedClock, SerialIds
from csdesk.testing import builders as build

FAULTS = st.lists(st.none() | st.sampled_from(Fault), max_size=12)


def _opened() -> MemoryStore:
    store = MemoryStore()
    store.open_desk("desk", secret=b"s")
    return store


def _take(store: Store, key: str) -> None:
    store.commit("desk", ChangeSet(claims=(Claim(key, "me"),)))


def _is_taken(store: Store, key: str) -> bool:
    return key in store.load("desk", Needs(claims=(key,))).claims


def test_a_fixed_clock_moves_when_told() -> None:
    clock = FixedClock()
    port: Clock = clock
    start = port.now()
    assert start == datetime(2026, 1, 5, 9, tzinfo=UTC)
    port.sleep(3)
    assert (clock.now(), clock.slept) == (start, [3])
    assert clock.advance(timedelta(minutes=5)) == start + timedelta(minutes=5) == clock.now()
    assert clock.advance(timedelta(minutes=-10)) == start - timedelta(minutes=5)
    shanghai = datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    assert clock.set(shanghai).isoformat() == "2026-03-01T00:00:00+00:00"
    with pytest.raises(InvalidInput):
        clock.set(datetime(2026, 1, 1))  # noqa: DTZ001  naive on purpose
    with pytest.raises(InvalidInput):
        FixedClock(datetime(2026, 1, 1))  # noqa: DTZ001  naive on purpose


def test_serial_ids_are_ids_sorted_and_repeatable() -> None:
    source: IdSource = SerialIds()
    made = [source.new(TICKET) for _ in range(100)]
    assert made == sorted(set(made)) == [SerialIds(n).new(TICKET) for n in range(1, 101)]
    assert all(re.fullmatch(r"tkt_[0-9a-hjkmnp-tv-z]{26}", one) for one in made)
    salts = [source.salt() for _ in range(3)]
    assert len(set(salts)) == 3
    assert {len(one) for one in salts} == {16}


def test_a_birth_makes_the_built_record() -> None:
    tags = (TagAssignment(name="vip", at=build.at(0)),)
    ticket = build.ticket(7, queue="sales", tags=tags, participants=(Participant(identity=build.identity(7).id),))
    customer = build.customer(2, level="gold", language="zh-CN", tags=tags)
    records: list[Stored] = [ticket, customer, build.agent(3), build.phrase(4)]
    for record in records:
        assert fold([build.birth(record)]) == record
    assert (ticket.number, ticket.owner.id, ticket.identity) == (7, "sales", build.customer(7).identities[0].id)


def test_builders_give_messages_their_ticket() -> None:
    for message in (build.message(5), build.reply(5), build.message(5, direction="note")):
        assert message.ticket == build.ticket(5).id
        (event,) = build.birth(message).events
        assert event.message == message.id  # type: ignore[union-attr]
    assert build.message(1, "退款").text == "退款"


def test_built_records_can_be_committed() -> None:
    store = _opened()
    store.commit("desk", build.changes_for(build.ticket(1), build.message(1), build.draft(1), build.agent(1)))
    assert [entry.subject[:4] for entry in store.entries("desk", "a", 9)] == ["tkt_", "agt_"]


def test_a_plan_may_be_a_function() -> None:
    store = FaultyStore(_opened(), lambda name: Fault.BUSY if name == "load" else None)
    _take(store, "k")
    with pytest.raises(StoreBusy):
        store.load("desk", Needs())
    assert store.faults == [("load", Fault.BUSY)]


@given(FAULTS)
def test_a_fault_does_what_it_says(faults: list[Fault | None]) -> None:
    inner = _opened()
    store = FaultyStore(inner, iter(faults))
    for number, fault in enumerate([*faults, None]):
        key = f"k{number}"
        try:
            _take(store, key)
        except StoreBusy:
            assert fault is Fault.BUSY
        except CommitUnknown:
            assert fault in (Fault.UNKNOWN_DONE, Fault.UNKNOWN_UNDONE)
        else:
            assert fault is None
        assert _is_taken(inner, key) is (fault in (None, Fault.UNKNOWN_DONE))


def test_a_refused_commit_is_known() -> None:
    store = FaultyStore(_opened(), iter([None, Fault.UNKNOWN_DONE]))
    _take(store, "k")
    with pytest.raises(ClaimTaken):
        store.commit("desk", ChangeSet(claims=(Claim("k", "other"),)))


def test_every_call_can_fail_and_none_does_anything_then() -> None:
    inner = _opened()
    store = FaultyStore(inner, lambda _: Fault.UNKNOWN_DONE)
    calls = (
        lambda: store.open_desk("new", secret=b""),
        lambda: store.load("desk", Needs()),
        lambda: store.lease("desk", LeaseRequest(what="due", now=build.at(0), limit=1)),
        lambda: store.query("desk", Query(kind="ticket")),
        lambda: store.count("desk", Query(kind="ticket")),
        lambda: store.search("desk", SearchRequest(phrases=())),
        lambda: store.entries("desk", "a", 1),
        lambda: store.ack("desk", "a", "0"),
        lambda: store.allocate("desk", "n", 1),
        lambda: store.maintain("desk", build.at(0), 1),
    )
    for call in calls:
        with pytest.raises(StoreBusy):
            call()
    assert inner.allocate("desk", "n", 1) == 1
    store.close()


def test_a_counting_store_counts() -> None:
    store = CountingStore(_opened())
    _take(store, "k")
    with pytest.raises(ClaimTaken):
        store.commit("desk", ChangeSet(claims=(Claim("k", "other"),)))
    store.load("desk", Needs())
    store.lease("desk", LeaseRequest(what="due", now=build.at(0), limit=1))
    store.query("desk", Query(kind="ticket"))
    store.count("desk", Query(kind="ticket"))
    assert (store.loads, store.commits, store.leases, store.queries) == (1, 2, 1, 2)
    assert store.calls["count"] == 1
    store.reset()
    assert (store.loads, store.commits) == (0, 0)


def test_the_kit_names_what_it_has() -> None:
    for name in csdesk.testing.__all__:
        assert getattr(csdesk.testing, name).__name__ == name
    with pytest.raises(AttributeError):
        csdesk.testing.Nothing  # noqa: B018


@pytest.mark.parametrize("package", ["pytest", "hypothesis"])
def test_the_contract_says_what_is_missing(package: str) -> None:
    script = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from csdesk.testing import FixedClock, SerialIds, FaultyStore\n"
        "import csdesk.testing.builders\n"
        "from csdesk.errors import MissingExtra\n"
        "try:\n    from csdesk.testing import StoreContract\n"
        "except MissingExtra as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"StoreContract needs the package {package}: pip install 'csdesk[testing]'"
