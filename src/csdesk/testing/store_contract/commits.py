"""Commits are all or nothing; versions and the configuration's epoch are checked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from csdesk.domain.core.evolve import fold
from csdesk.domain.ids import CustomerId, TicketId
from csdesk.domain.records import events as ev
from csdesk.domain.records.changes import (
    ChangeSet,
    Claim,
    ClaimMode,
    ClaimMove,
    ConfigRow,
    Delta,
    EpochName,
    Needs,
    Put,
    Seen,
    Stored,
)
from csdesk.domain.records.events import Entry
from csdesk.domain.records.queues import OutboxState
from csdesk.domain.records.tickets import Category, Ticket
from csdesk.errors import ClaimTaken, CsdeskError, DeskClosed, GuardFailed, NotFound, VersionConflict
from csdesk.ports.store import QUERY_COLUMNS, LeaseRequest, Query, Store
from csdesk.testing import builders as build
from csdesk.testing.ids import serial
from csdesk.testing.store_contract.base import DESK, OTHER, SECRET, ContractBase, counter, everything, owner_of

FAILURES: dict[str, tuple[ChangeSet, type[CsdeskError]]] = {
    "stale version": (ChangeSet(puts=(Put(build.ticket(1, version=9), 8),)), VersionConflict),
    "exists already": (ChangeSet(puts=(Put(build.ticket(1), 0),)), VersionConflict),
    "never existed": (ChangeSet(puts=(Put(build.customer(99, version=2), 1),)), VersionConflict),
    "old configuration": (ChangeSet(config_epoch=0), VersionConflict),
    "claim taken": (ChangeSet(claims=(Claim("command/taken", "msg_other"),)), ClaimTaken),
    "claim taken in this commit": (ChangeSet(claims=(Claim("new/1", "a"), Claim("new/1", "b"))), ClaimTaken),
    "move not owned": (ChangeSet(moves=(ClaimMove("command/taken", "nobody", "msg_other"),)), ClaimTaken),
    "release not owned": (ChangeSet(moves=(ClaimMove("command/taken", "nobody", None),)), ClaimTaken),
    "move of nothing": (ChangeSet(moves=(ClaimMove("command/missing", "x", "y"),)), ClaimTaken),
    "guard": (ChangeSet(deltas=(Delta("quota", 1, limit=5),)), GuardFailed),
    "guard, summed": (ChangeSet(deltas=(Delta("fresh", 3, limit=5), Delta("fresh", 3, limit=5))), GuardFailed),
}
"""What makes a commit fail once ``_seeded`` has run."""


def _seeded(store: Store) -> None:
    first = ChangeSet(
        claims=(Claim("command/taken", "cmd_first"),),
        deltas=(Delta("quota", 5),),
        outbox=(build.outbox_item(1),),
        due=(build.due_item("pull/old"),),
        inbox=(build.inbox_item(1),),
        bumps=(EpochName.CONFIG,),
        config=ConfigRow("digest-1", "{}", build.at(0)),
    )
    records = build.changes_for(build.ticket(1), build.customer(1), build.agent(1))
    store.commit(DESK, first._replace(puts=records.puts, entries=records.entries))


def _big() -> ChangeSet:
    """A commit that touches everything and would succeed after ``_seeded``."""
    people = (build.ticket(2), build.customer(2), build.message(2))
    others = (build.phrase(2), build.article(2), build.asset(2), build.draft(2), build.holidays(2), build.settlement(2))
    fresh = build.changes_for(*people, *others)
    return fresh._replace(
        puts=(*fresh.puts, Put(build.agent(1, version=2, capacity=3), 1)),
        claims=(Claim("command/2", "cmd_2"), Claim("mail/2", "msg_2", ClaimMode.FIRST_WINS)),
        moves=(ClaimMove("command/2", "cmd_2", "cmd_3"),),
        deltas=(Delta("load/" + serial("agt_", 1), 1), Delta("other", 1, limit=1)),
        seen=(Seen(CustomerId(serial("cus_", 1)), build.at(60)),),
        outbox=(build.outbox_item(2, "conversation-2"),),
        outbox_done=(build.outbox_item(1).message,),
        due=(build.due_item("pull/new"),),
        due_done=("pull/old",),
        inbox=(build.inbox_item(2),),
        inbox_done=(build.inbox_item(1).id,),
        bumps=(EpochName.CONFIG, EpochName.AGENTS, EpochName.PHRASES, EpochName.CALENDARS),
        config=ConfigRow("digest-2", '{"new": 1}', build.at(1)),
    )


def _with(big: ChangeSet, bad: ChangeSet) -> ChangeSet:
    """The big commit with the bad pieces at its end, where a store that writes as it goes has written most."""
    return big._replace(
        config_epoch=bad.config_epoch,
        puts=big.puts + bad.puts,
        claims=big.claims + bad.claims,
        moves=big.moves + bad.moves,
        deltas=big.deltas + bad.deltas,
    )


def picture(store: Store, desk: str = DESK) -> dict[str, object]:
    """All that can be read of a desk without changing it."""
    shown: dict[str, object] = {
        kind: everything(store, Query(kind=kind, limit=100), desk)  # type: ignore[arg-type]  # the names are right
        for kind in QUERY_COLUMNS
    }
    keys = ("command/taken", "command/2", "command/missing", "mail/2", "new/1")
    counters = ("quota", "fresh", "other", "load/" + serial("agt_", 1))
    snapshot = store.load(desk, Needs(claims=keys, counters=counters))
    shown["claims"], shown["epochs"] = dict(snapshot.claims), snapshot.epochs
    shown["counters"] = {name: snapshot.counters.get(name, 0) for name in counters}
    shown["desk"] = store.open_desk(desk, secret=b"another")
    shown["marks"] = store.count(desk, Query(kind="customer", where=(("seen_at", None),)))
    # Nothing is due before the start, so this takes nothing and still tells what is planned.
    shown["due"] = store.lease(desk, LeaseRequest(what="due", now=build.at(-10), limit=9)).next_due_at
    return shown


class CommitPromises(ContractBase):
    """All or nothing, versions, desks side by side, opening and closing."""

    @pytest.mark.parametrize("name", sorted(FAILURES))
    def test_a_failed_commit_leaves_nothing_behind(self, store: Store, name: str) -> None:
        """Whatever fails, and however much stands before it."""
        _seeded(store)
        before = picture(store)
        bad, error = FAILURES[name]
        with pytest.raises(error):
            store.commit(DESK, _with(_big(), bad))
        assert picture(store) == before
        store.commit(DESK, _big())

    def test_a_commit_writes_all_of_it(self, store: Store) -> None:
        """Every field of a ChangeSet arrives."""
        _seeded(store)
        store.commit(DESK, _big()._replace(config_epoch=1))
        needs = Needs(
            claims=("command/2", "mail/2"),
            tickets=(build.ticket(2).id,),
            customers=(build.customer(2).id,),
            messages=(build.message(2).id,),
            agents=(build.agent(1).id,),
            phrases=(build.phrase(2).id,),
            articles=(build.article(2).id,),
            assets=(build.asset(2).id,),
            drafts=(build.draft(2).id,),
            holidays=(build.holidays(2).id,),
            settlements=(build.settlement(2).id,),
            counters=("load/" + build.agent(1).id, "other"),
            inbox=(build.inbox_item(1).id, build.inbox_item(2).id),
            outbox=(build.outbox_item(1).message, build.outbox_item(2).message),
        )
        found = store.load(DESK, needs)
        assert dict(found.claims) == {"command/2": "cmd_3", "mail/2": "msg_2"}
        assert dict(found.tickets) == {build.ticket(2).id: build.ticket(2)}
        assert dict(found.customers) == {build.customer(2).id: build.customer(2)}
        assert dict(found.messages) == {build.message(2).id: build.message(2)}
        assert dict(found.agents) == {build.agent(1).id: build.agent(1, version=2, capacity=3)}
        assert dict(found.phrases) == {build.phrase(2).id: build.phrase(2)}
        assert dict(found.articles) == {build.article(2).id: build.article(2)}
        assert dict(found.assets) == {build.asset(2).id: build.asset(2)}
        assert dict(found.drafts) == {build.draft(2).id: build.draft(2)}
        assert dict(found.holidays) == {build.holidays(2).id: build.holidays(2)}
        assert dict(found.settlements) == {build.settlement(2).id: build.settlement(2)}
        assert dict(found.counters) == {"load/" + build.agent(1).id: 1, "other": 1}
        assert dict(found.inbox) == {build.inbox_item(2).id: build.inbox_item(2)}
        assert dict(found.outbox) == {build.outbox_item(2).message: build.outbox_item(2, "conversation-2")}
        assert found.epochs == ev.Epochs(config=2, phrases=1, agents=1, calendars=1)
        assert store.open_desk(DESK, secret=b"another").config == "digest-2"
        due = store.lease(DESK, LeaseRequest(what="due", now=build.at(0), limit=9)).due
        assert due == (build.due_item("pull/new"),)

    def test_an_empty_commit_is_fine(self, store: Store) -> None:
        """It writes nothing and fails for nothing."""
        _seeded(store)
        before = picture(store)
        assert ChangeSet().is_empty
        store.commit(DESK, ChangeSet())
        assert picture(store) == before

    def test_versions_are_those_that_were_put(self, store: Store) -> None:
        """Put, put again at the version that stands, and refuse any other."""
        store.commit(DESK, build.changes_for(build.ticket(1)))
        second = build.ticket(1, version=2, subject="Second")
        store.commit(DESK, ChangeSet(puts=(Put(second, 1),)))
        for stale in (0, 1, 3):
            with pytest.raises(VersionConflict) as caught:
                store.commit(DESK, ChangeSet(puts=(Put(build.ticket(1, version=stale + 1), stale),)))
            assert (caught.value.kind, caught.value.key) == ("ticket", second.id)
        assert store.load(DESK, Needs(tickets=(second.id,))).tickets[second.id] == second

    def test_one_commit_may_put_a_record_twice(self, store: Store) -> None:
        """Each put sees the one before it, as grouped commands need."""
        puts = (Put(build.ticket(1), 0), Put(build.ticket(1, version=2, subject="Second"), 1))
        store.commit(DESK, ChangeSet(puts=puts))
        assert store.load(DESK, Needs(tickets=(build.ticket(1).id,))).tickets[build.ticket(1).id].version == 2

    def test_an_old_configuration_is_refused(self, store: Store) -> None:
        """Nobody commits what was decided under an old policy."""
        store.commit(DESK, ChangeSet(config_epoch=0, bumps=(EpochName.CONFIG,)))
        with pytest.raises(VersionConflict) as caught:
            store.commit(DESK, ChangeSet(config_epoch=0, claims=(Claim("command/1", "cmd_1"),)))
        assert caught.value.kind == "config"
        assert owner_of(store, "command/1") is None
        store.commit(DESK, ChangeSet(config_epoch=1, claims=(Claim("command/1", "cmd_1"),)))

    def test_planned_again_in_the_commit_that_is_done_with_it(self, store: Store) -> None:
        """Removals come before new rows, so a repeated job is never lost."""
        store.commit(DESK, ChangeSet(due=(build.due_item("pull", 0),)))
        store.commit(DESK, ChangeSet(due_done=("pull",), due=(build.due_item("pull", 60),)))
        assert store.lease(DESK, LeaseRequest(what="due", now=build.at(59), limit=9)).next_due_at == build.at(60)

    def test_rows_replace_those_of_the_same_key(self, store: Store) -> None:
        """One outbox row per message, one due item per key, one inbox row per id."""
        item = build.outbox_item(1)
        store.commit(DESK, ChangeSet(outbox=(item,), inbox=(build.inbox_item(1),), due=(build.due_item("k", 0),)))
        tried = replace(item, attempts=3, state=OutboxState.DEAD, reason="refused", due_at=build.at(9))
        parked = replace(build.inbox_item(1), attempts=2, error="error.other")
        store.commit(DESK, ChangeSet(outbox=(tried,), inbox=(parked,), due=(build.due_item("k", 5),)))
        found = store.load(DESK, Needs(outbox=(item.message,), inbox=(parked.id,)))
        assert (found.outbox[item.message], found.inbox[parked.id]) == (tried, parked)
        assert store.lease(DESK, LeaseRequest(what="due", now=build.at(6), limit=9)).due == (build.due_item("k", 5),)

    def test_counters_add_up(self, store: Store) -> None:
        """In order, within one commit and over several; below the limit and back."""
        store.commit(DESK, ChangeSet(deltas=(Delta("load", 2, limit=3), Delta("load", 1, limit=3))))
        with pytest.raises(GuardFailed):
            store.commit(DESK, ChangeSet(deltas=(Delta("load", 1, limit=3),)))
        store.commit(DESK, ChangeSet(deltas=(Delta("load", -1), Delta("load", 1, limit=3))))
        store.commit(DESK, ChangeSet(deltas=(Delta("load", 10),)))
        assert counter(store, "load") == 13

    def test_configurations_are_kept_by_digest(self, store: Store) -> None:
        """The last one is the desk's; one that comes again is the same row with the new instant."""
        one, two = ConfigRow("aaa", '{"a": 1}', build.at(0)), ConfigRow("bbb", '{"b": 1}', build.at(1))
        again = replace(one, activated_at=build.at(2))
        for row, digest in ((one, "aaa"), (two, "bbb"), (again, "aaa")):
            store.commit(DESK, ChangeSet(config=row, bumps=(EpochName.CONFIG,)))
            assert store.open_desk(DESK, secret=SECRET).config == digest
        history = Query(kind="config", order="activated_at", descending=True)
        assert everything(store, history) == [again, two]
        assert everything(store, Query(kind="config", where=(("digest", "bbb"),))) == [two]

    def test_marks_stay_beside_the_document(self, store: Store) -> None:
        """The latest instant stays; the version does not move; a mark of nobody is dropped."""
        who = build.customer(1)
        store.commit(DESK, build.changes_for(who)._replace(seen=(Seen(who.id, build.at(5)),)))
        store.commit(DESK, ChangeSet(seen=(Seen(who.id, build.at(3)), Seen(build.customer(9).id, build.at(3)))))
        assert everything(store, Query(kind="customer", where=(("seen_at", build.at(5)),))) == [who]
        store.commit(DESK, ChangeSet(seen=(Seen(who.id, build.at(8)),)))
        assert everything(store, Query(kind="customer", where=(("seen_at", build.at(8)),))) == [who]
        store.commit(DESK, build.changes_for(build.customer(9)))
        assert everything(store, Query(kind="customer", where=(("seen_at", None),))) == [build.customer(9)]
        second = build.customer(1, version=2, name="Renamed")
        store.commit(DESK, ChangeSet(puts=(Put(second, 1),)))
        assert everything(store, Query(kind="customer", where=(("seen_at", build.at(8)),))) == [second]

    def test_desks_do_not_see_each_other(self, store: Store) -> None:
        """The same ids, keys and counters in two desks."""
        store.open_desk(OTHER, secret=b"secret of desk b")
        _seeded(store)
        _big_elsewhere = picture(store, OTHER)
        store.commit(DESK, _big())
        assert picture(store, OTHER) == _big_elsewhere
        store.commit(OTHER, build.changes_for(build.ticket(1, subject="Theirs")))
        store.commit(OTHER, ChangeSet(claims=(Claim("command/taken", "theirs"),), deltas=(Delta("quota", 1, limit=1),)))
        mine = store.load(DESK, Needs(tickets=(build.ticket(1).id,)))
        assert mine.tickets[build.ticket(1).id].subject == "Ticket 1"
        assert (owner_of(store, "command/taken"), owner_of(store, "command/taken", OTHER)) == ("cmd_first", "theirs")
        assert (counter(store, "quota"), counter(store, "quota", OTHER)) == (5, 1)
        assert store.allocate(DESK, "n", 3) == 1
        assert store.allocate(OTHER, "n", 3) == 1
        assert not store.lease(OTHER, LeaseRequest(what="outbox", now=build.at(99), limit=9)).outbox
        assert not store.lease(OTHER, LeaseRequest(what="due", now=build.at(99), limit=9)).due
        store.maintain(OTHER, build.at(99), 100)
        read = store.entries(OTHER, "reader", 100)
        assert [entry.subject for entry in read] == [build.ticket(1).id]
        store.ack(OTHER, "reader", read[-1].position)
        assert store.entries(DESK, "reader", 100)

    def test_a_desk_keeps_its_secret(self, store: Store) -> None:
        """Opening again changes nothing."""
        again = store.open_desk(DESK, secret=b"another")
        assert (again.name, again.secret, again.epochs, again.config) == (DESK, SECRET, ev.Epochs(), "")
        assert "secret of desk" not in repr(again)

    def test_a_desk_that_was_never_opened(self, store: Store) -> None:
        """Reading and writing name the desk in their error."""
        with pytest.raises(NotFound) as caught:
            store.load("nowhere", Needs())
        assert caught.value.kind == "desk"
        with pytest.raises(NotFound):
            store.commit("nowhere", ChangeSet(claims=(Claim("a", "b"),)))

    def test_closed_is_closed(self, store: Store) -> None:
        """Closing twice is fine; every later call says so."""
        store.close()
        store.close()
        lease = LeaseRequest(what="due", now=build.at(0), limit=1)
        for call in (
            lambda: store.open_desk(DESK, secret=SECRET),
            lambda: store.load(DESK, Needs()),
            lambda: store.commit(DESK, ChangeSet(claims=(Claim("a", "b"),))),
            lambda: store.lease(DESK, lease),
            lambda: store.query(DESK, Query(kind="ticket")),
            lambda: store.count(DESK, Query(kind="ticket")),
            lambda: store.entries(DESK, "reader", 1),
            lambda: store.allocate(DESK, "n", 1),
            lambda: store.maintain(DESK, build.at(0), 1),
        ):
            with pytest.raises(DeskClosed):
                call()

    def test_records_come_back_as_they_were_put(self, store: Store) -> None:
        """Unknown fields of a newer release included."""
        rich: list[Stored] = [
            build.ticket(
                1, subject="退款 \U0001f600", x_new={"deep": [1, None, "é"]}, snoozed_until=build.at(0.000001)
            ),
            build.customer(1, x_new="kept"),
            build.message(1, "發票\n第二行", x_new=[1, 2]),
            build.agent(1, x_new=1.5),
            build.phrase(1, x_new=True),
            build.article(1, x_new="kept"),
            build.asset(1, x_new=True),
            build.draft(1, x_new=None),
            build.holidays(1, x_new="kept"),
            build.settlement(1, x_new="kept"),
        ]
        store.commit(DESK, ChangeSet(puts=tuple(Put(one, 0) for one in rich)))
        self._check_rich(store, rich)
        if self.durable:
            again = self.reopen(store)
            self._check_rich(again, rich)
            again.close()

    def _check_rich(self, store: Store, rich: list[Stored]) -> None:
        kinds = (
            "ticket",
            "customer",
            "message",
            "agent",
            "phrase",
            "article",
            "asset",
            "draft",
            "holidays",
            "settlement",
        )
        for one, kind in zip(rich, kinds, strict=True):
            assert everything(store, Query(kind=kind)) == [one]  # type: ignore[arg-type]  # the names are right
            assert one.model_extra is not None
            assert "x_new" in one.model_extra
        assert isinstance(rich[0], Ticket)
        changed = rich[0].model_copy(update={"version": rich[0].version + 1})
        store.commit(DESK, ChangeSet(puts=(Put(changed, rich[0].version),)))
        found = store.load(DESK, Needs(tickets=(changed.id,))).tickets[TicketId(changed.id)]
        assert found == changed
        assert found.model_extra == {"x_new": {"deep": [1, None, "é"]}}
        rich[0] = changed

    def test_reopening_keeps_everything(self, store: Store) -> None:
        """Durable means: there again."""
        self.need_durable()
        _seeded(store)
        store.commit(DESK, _big())
        store.allocate(DESK, "n", 7)
        before = picture(store)
        again = self.reopen(store)
        assert picture(again) == before
        assert again.allocate(DESK, "n", 1) == 8
        again.close()

    def test_folding_the_entries_gives_the_records(self, store: Store) -> None:
        """What is read back as entries makes the stored records again, personal values included."""
        who, what = build.customer(1, language="zh-CN", level="vip"), build.ticket(1, queue="sales")
        kept = (build.phrase(1), build.article(1), build.asset(1), build.holidays(1), build.settlement(1))
        store.commit(DESK, build.changes_for(who, what, build.agent(1), *kept))
        opened = ev.StatusChanged(before=Category.NEW, after=Category.OPEN, status="open")
        told = build.entry(what.id, ev.SubjectSet(subject="發票"), opened, seconds=5)
        made = fold([build.birth(what), told])
        assert made is not None
        store.commit(DESK, ChangeSet(puts=(Put(made, 1),), entries=(told,)))
        made_ids = (
            ("ticket", what.id),
            ("customer", who.id),
            ("agent", serial("agt_", 1)),
            ("phrase", serial("phr_", 1)),
            ("article", serial("art_", 1)),
            ("asset", serial("ast_", 1)),
            ("holidays", serial("hol_", 1)),
            ("settlement", serial("set_", 1)),
        )
        for kind, key in made_ids:
            entries = everything(store, Query(kind="entry", where=(("subject", key),), order="position"))
            (record,) = everything(store, Query(kind=kind))  # type: ignore[arg-type]  # the names are right
            assert fold([one for one in entries if isinstance(one, Entry)]) == record
