"""Entries out: at least once, in order, never missed."""

from __future__ import annotations

import pytest

from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import ChangeSet
from csdesk.domain.records.trace import Outcome, Trace, verdict
from csdesk.errors import InvalidInput
from csdesk.ports.store import Query, Store
from csdesk.testing import builders as build
from csdesk.testing.store_contract.base import DESK, ContractBase, everything


def _note(number: int) -> ev.Entry:
    return build.entry("tkt_1", ev.SubjectSet(subject=f"Subject {number}"), seconds=number, cause=f"cmd_{number}")


def _append(store: Store, *numbers: int) -> str:
    return store.commit(DESK, ChangeSet(entries=tuple(_note(number) for number in numbers))).position


def _causes(entries: tuple[ev.Entry, ...]) -> list[str]:
    return [entry.cause.removeprefix("cmd_") for entry in entries]


def bare(entry: ev.Entry) -> ev.Entry:
    """The entry without what the store adds, and without the salt, which erasing may take away."""
    return entry._replace(position="", salt="")


class ConsumerPromises(ContractBase):
    """Reading, acknowledging, positions."""

    def test_entries_come_back_as_they_were(self, store: Store) -> None:
        """Events, actor, epochs, trace and personal values."""
        trace = Trace(verdicts=(verdict("routing.chosen", Outcome.CHOSEN, verdict("x", at=1), agent="agt_1"),))
        rich = build.entry(
            "tkt_1",
            ev.SubjectSet(subject="發票"),
            ev.CommandDenied(subject="tkt_1", command="close", reason="policy"),
            ev.SubjectSet(subject=""),
            ev.CustomFieldSet(name="size", before=None, after=1.5),
        )._replace(
            actor=Actor.agent("agt_1"),
            epochs=ev.Epochs(config=3, phrases=1),
            trace=trace,
        )
        plain = build.entry(ev.DESK, ev.ConfigActivated(digest="abc"), seconds=1.000001)
        written = (rich, plain, build.birth(build.customer(1)), build.birth(build.agent(1)))
        store.commit(DESK, ChangeSet(entries=written))
        read = store.entries(DESK, "reader", 10)
        assert [bare(one) for one in read] == [bare(one) for one in written]
        assert everything(store, Query(kind="entry", order="position")) == list(read)

    def test_a_consumer_reads_on_from_what_it_acknowledged(self, store: Store) -> None:
        """Until then it gets the same again."""
        _append(store, 1, 2)
        _append(store, 3)
        for _ in range(2):
            assert _causes(store.entries(DESK, "a", 2)) == ["1", "2"]
        store.ack(DESK, "a", store.entries(DESK, "a", 1)[-1].position)
        assert _causes(store.entries(DESK, "a", 9)) == ["2", "3"]
        store.ack(DESK, "a", store.entries(DESK, "a", 9)[-1].position)
        assert store.entries(DESK, "a", 9) == ()
        _append(store, 4)
        assert _causes(store.entries(DESK, "a", 9)) == ["4"]
        assert _causes(store.entries(DESK, "b", 9)) == ["1", "2", "3", "4"]

    def test_an_acknowledgement_never_moves_back(self, store: Store) -> None:
        """An old one that comes late changes nothing."""
        _append(store, 1, 2, 3)
        first, second, _ = store.entries(DESK, "a", 9)
        store.ack(DESK, "a", second.position)
        store.ack(DESK, "a", first.position)
        assert _causes(store.entries(DESK, "a", 9)) == ["3"]

    def test_a_commit_tells_its_position(self, store: Store) -> None:
        """Acknowledging it covers its own entries, and none of later ones."""
        first = _append(store, 1, 2)
        second = _append(store, 3)
        read = store.entries(DESK, "a", 9)
        positions = [entry.position for entry in read]
        assert positions == sorted(set(positions))
        assert positions[1] <= first < positions[2] <= second
        store.ack(DESK, "a", first)
        assert _causes(store.entries(DESK, "a", 9)) == ["3"]

    def test_what_is_no_position(self, store: Store) -> None:
        """It is refused, not taken for the beginning."""
        _append(store, 1)
        with pytest.raises(InvalidInput):
            store.ack(DESK, "a", "no position")
        assert _causes(store.entries(DESK, "a", 9)) == ["1"]

    def test_many_entries_page_by_page(self, store: Store) -> None:
        """Every one, once, in the order of the commits."""
        for start in range(0, 60, 3):
            _append(store, start, start + 1, start + 2)
        read: list[str] = []
        while page := store.entries(DESK, "a", 7):
            read += _causes(page)
            store.ack(DESK, "a", page[-1].position)
        assert read == [str(number) for number in range(60)]

    def test_reopening_keeps_cursors(self, store: Store) -> None:
        """A consumer goes on where it stood, and positions go on growing."""
        self.need_durable()
        _append(store, 1, 2)
        before = store.entries(DESK, "a", 9)
        store.ack(DESK, "a", before[0].position)
        again = self.reopen(store)
        assert again.entries(DESK, "a", 9) == before[1:]
        _append(again, 3)
        assert again.entries(DESK, "a", 9)[-1].position > before[1].position
        again.close()

    def test_numbers_are_given_once(self, store: Store) -> None:
        """From 1, in blocks, each counter for itself, apart from what deltas change."""
        assert [store.allocate(DESK, "ticket", count) for count in (1, 10, 1)] == [1, 2, 12]
        assert store.allocate(DESK, "other", 5) == 1
        assert store.allocate(DESK, "ticket", 1) == 13
        with pytest.raises(InvalidInput):
            store.allocate(DESK, "ticket", 0)
