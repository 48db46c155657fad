"""Personal values of entries go for good, and the store knows which media are in use."""

from __future__ import annotations

from dataclasses import replace

import pytest

from csdesk.domain.core.evolve import fold
from csdesk.domain.ids import MessageId
from csdesk.domain.records import events as ev
from csdesk.domain.records.changes import ChangeSet, Put, Strip
from csdesk.domain.records.codec import holds_personal
from csdesk.domain.records.events import Entry
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import MediaPart
from csdesk.domain.records.queues import InboxItem
from csdesk.ports.store import Erasing, Query, SearchRequest, Store
from csdesk.testing import builders as build
from csdesk.testing.ids import serial
from csdesk.testing.store_contract.base import DESK, OTHER, SECRET, ContractBase, everything


def _digest(number: int) -> str:
    return f"{number:064x}"


def _ref(number: int) -> MediaRef:
    return MediaRef(sha256=_digest(number), size=1)


def _item(number: int, media: int) -> InboxItem:
    """An inbox item whose payload refers to media."""
    payload = f'{{"raw_media":{{"sha256":"{_digest(media)}","size":1}}}}'
    return replace(build.inbox_item(number), payload=payload)


def _erasing(store: Store) -> Erasing:
    if not isinstance(store, Erasing):
        pytest.skip("the store does not offer to erase")
    return store


def _told(store: Store, subject: str) -> list[Entry]:
    rows = everything(store, Query(kind="entry", where=(("subject", subject),), order="position"))
    return [row for row in rows if isinstance(row, Entry)]


def _linked(store: Store) -> Entry:
    """A customer whose birth is one entry with two personal values and one event without any."""
    customer = build.customer(1, name="Ann")
    born = build.birth(customer)
    store.commit(DESK, ChangeSet(puts=(Put(customer, 0),), entries=(born,)))
    return _told(store, customer.id)[0]


class ErasingPromises(ContractBase):
    """What is stripped reads as None, and only that."""

    def test_stripped_values_read_as_none(self, store: Store) -> None:
        """All of an entry's personal values; everything else of it stays."""
        before = _linked(store)
        store.commit(DESK, ChangeSet(strips=(Strip(before.position),)))
        (after,) = _told(store, before.subject)
        assert not any(map(holds_personal, after.events))
        assert [type(one) for one in after.events] == [type(one) for one in before.events]
        assert (after.position, after.cause, after.at, after.actor) == (
            before.position,
            before.cause,
            before.at,
            before.actor,
        )
        assert after.salt == ""
        (read,) = store.entries(DESK, "reader", 10)
        assert read == after

    def test_values_of_one_event_can_be_stripped(self, store: Store) -> None:
        """The others of the entry stay readable."""
        before = _linked(store)
        places = [place for place, event in enumerate(before.events) if isinstance(event, ev.IdentityLinked)]
        store.commit(DESK, ChangeSet(strips=(Strip(before.position, tuple(places)),)))
        (after,) = _told(store, before.subject)
        linked = [one for one in after.events if isinstance(one, ev.IdentityLinked)]
        assert {one.external_id for one in linked} == {None}
        named = [one.name for one in after.events if isinstance(one, ev.CustomerCreated)]
        assert named == ["Ann"]
        store.commit(DESK, ChangeSet(strips=(Strip(before.position),)))
        (last,) = _told(store, before.subject)
        assert not any(map(holds_personal, last.events))

    def test_stripping_twice_or_nothing_is_fine(self, store: Store) -> None:
        """A step of erasing may be repeated."""
        before = _linked(store)
        twice = ChangeSet(strips=(Strip(before.position), Strip(before.position)))
        store.commit(DESK, twice)
        store.commit(DESK, twice)
        assert len(_told(store, before.subject)) == 1

    def test_a_stripped_stream_makes_the_erased_record(self, store: Store) -> None:
        """Before and after its values are gone."""
        before = _linked(store)
        record = fold([before])
        gone = build.entry(
            before.subject, ev.CustomerErased(survivor=build.customer(1).id, command=serial("cmd_", 1)), seconds=5
        )
        erased = fold([before, gone])
        assert record is not None
        assert erased is not None
        store.commit(DESK, ChangeSet(puts=(Put(erased, record.version),), entries=(gone,)))
        assert fold(_told(store, before.subject)) == erased
        store.commit(DESK, ChangeSet(strips=(Strip(before.position),)))
        assert fold(_told(store, before.subject)) == erased
        assert store.query(DESK, Query(kind="customer", where=(("tag", "csdesk:erased"),))).items == (erased,)

    def test_a_failed_commit_strips_nothing(self, store: Store) -> None:
        """Strips belong to their commit."""
        before = _linked(store)
        bad = ChangeSet(strips=(Strip(before.position),), puts=(Put(build.customer(1), 0),))
        with pytest.raises(Exception, match="version"):
            store.commit(DESK, bad)
        assert _told(store, before.subject) == [before]

    def test_media_are_in_use_while_anything_refers_to_them(self, store: Store) -> None:
        """Messages and inbox items of every desk; assets have a test of their own."""
        power = _erasing(store)
        store.open_desk(OTHER, secret=SECRET)
        message = build.message(1, parts=(MediaPart(ref=_ref(1)),), raw_media=_ref(2))
        store.commit(DESK, ChangeSet(puts=(Put(message, 0),)))
        item = _item(2, 3)
        store.commit(DESK, ChangeSet(inbox=(item,)))
        store.commit(OTHER, ChangeSet(puts=(Put(build.message(5, parts=(MediaPart(ref=_ref(1)),)), 0),)))
        asked = tuple(map(_digest, range(1, 30)))
        assert power.media_in_use(asked) == {_digest(1), _digest(2), _digest(3)}
        assert power.media_in_use(()) == frozenset()
        blank = message.model_copy(update={"parts": (), "raw_media": None, "version": 2})
        store.commit(DESK, ChangeSet(puts=(Put(blank, 1),), inbox_done=(item.id,)))
        assert power.media_in_use(asked) == {_digest(1)}

    def test_a_message_refers_to_what_it_says_now(self, store: Store) -> None:
        """An edit that brings another file keeps that one, and lets go of the one before."""
        power = _erasing(store)
        message = build.message(1, parts=(MediaPart(ref=_ref(1)),))
        store.commit(DESK, ChangeSet(puts=(Put(message, 0),)))
        edited = build.message(1, parts=(MediaPart(ref=_ref(2)),), raw_media=_ref(3), version=2)
        store.commit(DESK, ChangeSet(puts=(Put(edited, 1),)))
        assert power.media_in_use(tuple(map(_digest, range(1, 4)))) == {_digest(2), _digest(3)}

    def test_media_of_assets_are_in_use(self, store: Store) -> None:
        """Those of earlier versions too, which the asset goes on naming."""
        power = _erasing(store)
        asked = (_digest(1), _digest(2))
        store.commit(DESK, build.changes_for(build.asset(1, digest=_digest(1))))
        assert power.media_in_use(asked) == {_digest(1)}
        later = build.asset(1, digest=_digest(2), earlier=(_digest(1),), version=2)
        store.commit(DESK, ChangeSet(puts=(Put(later, 1),)))
        assert power.media_in_use(asked) == {_digest(1), _digest(2)}

    def test_an_item_that_becomes_a_message_keeps_its_media(self, store: Store) -> None:
        """Both have the same id."""
        power = _erasing(store)
        item = _item(1, 1)
        store.commit(DESK, ChangeSet(inbox=(item,)))
        message = build.message(1, id=MessageId(item.id), raw_media=_ref(1))
        store.commit(DESK, ChangeSet(puts=(Put(message, 0),), inbox_done=(item.id,)))
        assert power.media_in_use((_digest(1),)) == {_digest(1)}

    def test_messages_are_found_by_identity_a_stretch_at_a_time(self, store: Store) -> None:
        """In the order in which they were stored, of one desk."""
        power = _erasing(store)
        store.open_desk(OTHER, secret=SECRET)
        mine, other = serial("idn_", 1), serial("idn_", 2)
        made = [build.message(number, identity=mine if number % 3 else other) for number in range(1, 8)]
        store.commit(DESK, ChangeSet(puts=tuple(Put(one, 0) for one in made)))
        store.commit(OTHER, ChangeSet(puts=(Put(build.message(9, identity=mine), 0),)))
        found: list[str] = []
        after, calls = "", 0
        while calls == 0 or after:
            ids, after = power.written_by(DESK, (mine, serial("idn_", 9)), after, 2)
            found += ids
            calls += 1
            assert len(ids) <= 2
            assert calls < 9
        assert found == [one.id for one in made if one.identity == mine]

    def test_scrubbing_ends(self, store: Store) -> None:
        """Nothing is lost by it, and what is erased is not found."""
        power = _erasing(store)
        for number in range(1, 6):
            store.commit(DESK, ChangeSet(puts=(Put(build.message(number, "refund please"), 0),)))
            store.maintain(DESK, build.at(0), 100)
        before = build.message(1, "refund please")
        store.commit(DESK, ChangeSet(puts=(Put(before.model_copy(update={"parts": (), "version": 2}), 1),)))
        states = [power.scrub(1) for _ in range(50)]
        assert states[-1] == "done"
        hits = store.search(DESK, SearchRequest(phrases=(("refund",),))).items
        assert [hit.message for hit in hits] == [serial("msg_", number) for number in (5, 4, 3, 2)]
