"""Claims are unique keys with an owner."""

from __future__ import annotations

from datetime import datetime

import pytest

from csdesk.domain.records.changes import ChangeSet, Claim, ClaimMode, ClaimMove
from csdesk.errors import ClaimTaken
from csdesk.ports.store import Store
from csdesk.testing.builders import at
from csdesk.testing.store_contract.base import DESK, ContractBase, claim, owner_of


def _expiring(store: Store, key: str, owner: str, until: datetime | None) -> None:
    store.commit(DESK, ChangeSet(claims=(Claim(key, owner, expires_at=until),)))


class ClaimPromises(ContractBase):
    """Both kinds, moves, and the end of their time."""

    def test_a_required_claim_is_taken_once(self, store: Store) -> None:
        """The second owner is told the first."""
        claim(store, "command/1", "cmd_a")
        with pytest.raises(ClaimTaken) as caught:
            claim(store, "command/1", "cmd_b")
        assert (caught.value.key, caught.value.owner) == ("command/1", "cmd_a")
        assert owner_of(store, "command/1") == "cmd_a"

    def test_taking_ones_own_claim_again_is_fine(self, store: Store) -> None:
        """A commit that is repeated meets its own claim."""
        claim(store, "command/1", "cmd_a")
        claim(store, "command/1", "cmd_a")
        again = claim(store, "command/1", "cmd_a", ClaimMode.FIRST_WINS)
        assert again.owners.get("command/1", "cmd_a") == "cmd_a"
        assert owner_of(store, "command/1") == "cmd_a"

    def test_the_first_wins(self, store: Store) -> None:
        """The commit goes on, and is told who owns what it did not get."""
        claims = (Claim("mail/1", "msg_a", ClaimMode.FIRST_WINS), Claim("mail/2", "msg_a", ClaimMode.FIRST_WINS))
        assert dict(store.commit(DESK, ChangeSet(claims=claims)).owners) == {}
        later = (Claim("mail/2", "msg_b", ClaimMode.FIRST_WINS), Claim("mail/3", "msg_b", ClaimMode.FIRST_WINS))
        assert dict(store.commit(DESK, ChangeSet(claims=later)).owners) == {"mail/2": "msg_a"}
        assert [owner_of(store, f"mail/{n}") for n in (1, 2, 3)] == ["msg_a", "msg_a", "msg_b"]

    def test_the_first_wins_within_one_commit(self, store: Store) -> None:
        """Grouped messages may name the same key."""
        claims = (Claim("mail/1", "msg_a", ClaimMode.FIRST_WINS), Claim("mail/1", "msg_b", ClaimMode.FIRST_WINS))
        assert dict(store.commit(DESK, ChangeSet(claims=claims)).owners) == {"mail/1": "msg_a"}
        assert owner_of(store, "mail/1") == "msg_a"

    def test_a_move_hands_a_key_over(self, store: Store) -> None:
        """From its owner only, and in order."""
        claim(store, "conversation/1", "tkt_a")
        store.commit(DESK, ChangeSet(moves=(ClaimMove("conversation/1", "tkt_a", "tkt_b"),)))
        assert owner_of(store, "conversation/1") == "tkt_b"
        for before in ("tkt_a", "tkt_c"):
            with pytest.raises(ClaimTaken) as caught:
                store.commit(DESK, ChangeSet(moves=(ClaimMove("conversation/1", before, "tkt_d"),)))
            assert caught.value.owner == "tkt_b"
        both = (ClaimMove("conversation/1", "tkt_b", "tkt_c"), ClaimMove("conversation/1", "tkt_c", "tkt_d"))
        store.commit(DESK, ChangeSet(moves=both))
        assert owner_of(store, "conversation/1") == "tkt_d"

    def test_a_released_key_is_free(self, store: Store) -> None:
        """For anybody."""
        claim(store, "conversation/1", "tkt_a")
        store.commit(DESK, ChangeSet(moves=(ClaimMove("conversation/1", "tkt_a", None),)))
        assert owner_of(store, "conversation/1") is None
        claim(store, "conversation/1", "tkt_b")
        assert owner_of(store, "conversation/1") == "tkt_b"

    def test_a_claim_may_be_moved_in_the_commit_that_takes_it(self, store: Store) -> None:
        """Claims count before moves."""
        changes = ChangeSet(claims=(Claim("k", "a"),), moves=(ClaimMove("k", "a", "b"),))
        store.commit(DESK, changes)
        assert owner_of(store, "k") == "b"

    def test_an_expired_claim_ends_with_upkeep(self, store: Store) -> None:
        """Not by itself: until then it is held, and seen."""
        _expiring(store, "effect/1", "tkt_a", at(60))
        _expiring(store, "effect/2", "tkt_a", at(61))
        _expiring(store, "effect/3", "tkt_a", None)
        with pytest.raises(ClaimTaken):
            claim(store, "effect/1", "tkt_b")
        assert store.maintain(DESK, at(59), 100).claims_expired == 0
        assert store.maintain(DESK, at(60), 100).claims_expired == 1
        assert [owner_of(store, f"effect/{n}") for n in (1, 2, 3)] == [None, "tkt_a", "tkt_a"]
        claim(store, "effect/1", "tkt_b")
        assert store.maintain(DESK, at(10_000), 100).claims_expired == 1
        assert [owner_of(store, f"effect/{n}") for n in (1, 2, 3)] == ["tkt_b", None, "tkt_a"]

    def test_taking_it_again_sets_its_end_anew(self, store: Store) -> None:
        """Later, or never; a move leaves the end as it is."""
        _expiring(store, "a", "x", at(10))
        _expiring(store, "a", "x", at(100))
        _expiring(store, "b", "x", at(10))
        _expiring(store, "b", "x", None)
        _expiring(store, "c", "x", at(10))
        store.commit(DESK, ChangeSet(moves=(ClaimMove("c", "x", "y"),)))
        assert store.maintain(DESK, at(50), 100).claims_expired == 1
        assert [owner_of(store, key) for key in "abc"] == ["x", "x", None]

    def test_upkeep_is_bounded_and_says_what_is_left(self, store: Store) -> None:
        """About ``limit`` rows at a time, until nothing is left."""
        for number in range(7):
            _expiring(store, f"effect/{number}", "tkt_a", at(number))
        rounds = [store.maintain(DESK, at(100), 2)]
        while rounds[-1].more:
            assert len(rounds) < 20, "upkeep never comes to its end"
            rounds.append(store.maintain(DESK, at(100), 2))
        assert sum(one.claims_expired for one in rounds) == 7
        assert len(rounds) > 1
