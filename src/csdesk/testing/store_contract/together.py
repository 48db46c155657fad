"""Several commits in one transaction, where the store has that power: each succeeds or fails by itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from csdesk.domain.records.changes import ChangeSet, Claim, ClaimMode, Committed, Delta, Needs, Put
from csdesk.errors import ClaimTaken, CsdeskError, GuardFailed, InvalidInput, NotFound, VersionConflict
from csdesk.ports.store import CommitsTogether, Store
from csdesk.testing import builders as build
from csdesk.testing.store_contract.base import DESK, ContractBase, counter, owner_of


def _together(store: Store, changes: Sequence[ChangeSet]) -> list[type[CsdeskError] | None]:
    """Commit them; the kind of error of each, None where it succeeded."""
    if not isinstance(store, CommitsTogether):
        pytest.skip("the store commits one change set at a time")
    outcomes = store.commit_together(DESK, changes)
    assert len(outcomes) == len(changes)
    return [None if isinstance(one, Committed) else type(one) for one in outcomes]


def _one(number: int) -> ChangeSet:
    """A ticket with its claim, its entry and a counter."""
    fresh = build.changes_for(build.ticket(number))
    return ChangeSet(
        puts=fresh.puts,
        entries=fresh.entries,
        claims=(Claim(f"command/{number}", f"cmd_{number}"),),
        deltas=(Delta("made", 1),),
    )


class TogetherPromises(ContractBase):
    """What ``CommitsTogether`` promises."""

    def test_nothing_together(self, store: Store) -> None:
        """No change sets, no outcomes."""
        assert _together(store, ()) == []

    def test_all_together(self, store: Store) -> None:
        """All of them are there, and their positions follow their order."""
        assert _together(store, [_one(number) for number in range(1, 6)]) == [None] * 5
        assert counter(store, "made") == 5
        assert [owner_of(store, f"command/{number}") for number in range(1, 6)] == [f"cmd_{n}" for n in range(1, 6)]
        read = store.entries(DESK, "reader", 100)
        assert [entry.subject for entry in read] == [build.ticket(number).id for number in range(1, 6)]
        assert [entry.position for entry in read] == sorted({entry.position for entry in read})

    def test_one_that_fails_takes_no_other_with_it(self, store: Store) -> None:
        """And nothing of it stays, whatever it did before it failed."""
        store.commit(DESK, _one(1))
        stale = ChangeSet(puts=(Put(build.ticket(1, version=9), 8),), deltas=(Delta("lost", 1),))
        taken = ChangeSet(
            puts=(*_one(7).puts, Put(build.ticket(8), 0)),
            claims=(Claim("command/1", "cmd_other"),),
            deltas=(Delta("lost", 1),),
        )
        guarded = ChangeSet(claims=(Claim("lost", "x"),), deltas=(Delta("lost", 1), Delta("made", 1, limit=2)))
        twice = ChangeSet(puts=(Put(build.ticket(1), 0),), deltas=(Delta("lost", 1),))
        outcomes = _together(store, [stale, _one(2), taken, twice, guarded, _one(3)])
        assert outcomes == [VersionConflict, None, ClaimTaken, VersionConflict, GuardFailed, None]
        assert _together(store, [guarded, _one(4), twice]) == [GuardFailed, None, VersionConflict]
        assert (counter(store, "made"), counter(store, "lost")) == (4, 0)
        assert owner_of(store, "lost") is None
        seen = store.load(DESK, Needs(tickets=tuple(build.ticket(number).id for number in range(1, 9))))
        assert sorted(seen.tickets) == sorted(build.ticket(number).id for number in (1, 2, 3, 4))
        assert len(store.entries(DESK, "reader", 100)) == 4

    def test_a_later_one_sees_the_earlier_ones(self, store: Store) -> None:
        """Versions, claims of both kinds, and what failed counts for nothing."""
        store.commit(DESK, _one(1))

        def tagged(mark: str) -> ChangeSet:
            entry = build.entry(build.ticket(1).id, cause=mark)
            return ChangeSet(puts=(Put(build.ticket(1, version=2, x_mark=mark), 1),), entries=(entry,))

        failing = ChangeSet(claims=(Claim("wanted", "failed"),), deltas=(Delta("made", 1, limit=0),))
        first = ChangeSet(claims=(Claim("wanted", "first"),))
        second = ChangeSet(claims=(Claim("wanted", "second"),))
        lenient = ChangeSet(claims=(Claim("wanted", "third", ClaimMode.FIRST_WINS),))
        outcomes = _together(store, [failing, tagged("one"), tagged("two"), first, second, lenient])
        assert outcomes == [GuardFailed, None, VersionConflict, None, ClaimTaken, None]
        ticket = store.load(DESK, Needs(tickets=(build.ticket(1).id,))).tickets[build.ticket(1).id]
        assert ticket.model_extra == {"x_mark": "one"}
        assert owner_of(store, "wanted") == "first"

    def test_one_that_cannot_be_stored(self, store: Store) -> None:
        """A value that no store can hold is its own change set's problem."""
        broken = ChangeSet(deltas=(Delta("made", 2**70),))
        outcomes = _together(store, [_one(1), broken, _one(2)])
        assert outcomes[::2] == [None, None]
        assert outcomes[1] is None or issubclass(outcomes[1], InvalidInput | GuardFailed)

    def test_a_desk_that_is_missing(self, store: Store) -> None:
        """As with ``commit``."""
        if not isinstance(store, CommitsTogether):
            pytest.skip("the store commits one change set at a time")
        with pytest.raises(NotFound):
            store.commit_together("nowhere", (_one(1), _one(2)))

    def test_together_it_is_durable(self, store: Store) -> None:
        """When the call has returned, it is kept."""
        self.need_durable()
        outcomes = _together(store, [_one(1), _one(1), _one(2)])
        assert outcomes == [None, VersionConflict, None]
        again = self.reopen(store)
        assert counter(again, "made") == 2
        again.close()
