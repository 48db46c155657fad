"""Taking due work: first in, first out per conversation, and nothing is given twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from csdesk.domain.records.changes import ChangeSet, Needs, Put
from csdesk.domain.records.clocks import Clock, Metric
from csdesk.domain.records.flags import Flag
from csdesk.domain.records.queues import OutboxItem, OutboxState
from csdesk.domain.records.tags import TagAssignment
from csdesk.errors import InvalidInput
from csdesk.ports.store import Leased, LeaseRequest, Store
from csdesk.testing import builders as build
from csdesk.testing.builders import at, due_item, outbox_item
from csdesk.testing.store_contract.base import DESK, ContractBase


def _queue(store: Store, *items: OutboxItem) -> None:
    store.commit(DESK, ChangeSet(outbox=items))


def _take(store: Store, seconds: float, *, limit: int = 10, conversation: str | None = None) -> Leased:
    request = LeaseRequest(what="outbox", now=at(seconds), limit=limit, conversation=conversation)
    return store.lease(DESK, request)


def _numbers(leased: Leased) -> list[int]:
    return [int(item.message[-1], 32) for item in leased.outbox]


class LeasePromises(ContractBase):
    """Outbox, due items, tickets that wake."""

    def test_one_of_each_conversation_oldest_first(self, store: Store) -> None:
        """The next one is free when the first is done."""
        _queue(store, outbox_item(2), outbox_item(1), outbox_item(3, "conversation-2"))
        assert sorted(_numbers(_take(store, 10))) == [1, 3]
        assert _numbers(_take(store, 10)) == []
        store.commit(DESK, ChangeSet(outbox_done=(outbox_item(1).message,)))
        assert _numbers(_take(store, 10)) == [2]

    def test_a_conversation_belongs_to_its_account(self, store: Store) -> None:
        """The same key on two accounts is two conversations."""
        _queue(store, outbox_item(1, "same", "mail"), outbox_item(2, "same", "chat"))
        only = store.lease(DESK, LeaseRequest(what="outbox", now=at(0), limit=9, account="chat"))
        assert _numbers(only) == [2]
        assert _numbers(_take(store, 0)) == [1]

    def test_what_is_given_is_as_it_was_and_held(self, store: Store) -> None:
        """The stored row is being sent, until the lease ends."""
        item = replace(outbox_item(1), attempts=2)
        _queue(store, item)
        request = LeaseRequest(what="outbox", now=at(5), limit=1, hold=timedelta(seconds=30))
        assert store.lease(DESK, request).outbox == (item,)
        held = replace(item, state=OutboxState.SENDING, due_at=at(35))
        assert store.load(DESK, Needs(outbox=(item.message,))).outbox[item.message] == held

    def test_a_lease_that_ran_out_comes_back_as_sending(self, store: Store) -> None:
        """Whoever gets it knows that it may have been sent."""
        _queue(store, outbox_item(1), outbox_item(2))
        assert _numbers(_take(store, 0)) == [1]
        assert _numbers(_take(store, 59.999)) == []
        (again,) = _take(store, 60).outbox
        assert again == replace(outbox_item(1), state=OutboxState.SENDING, due_at=at(60))
        assert _numbers(_take(store, 119)) == []

    def test_a_retry_holds_those_behind_it(self, store: Store) -> None:
        """Order within a conversation outlives failures."""
        _queue(store, outbox_item(1), outbox_item(2))
        (item,) = _take(store, 0).outbox
        _queue(store, replace(item, attempts=1, due_at=at(300)))
        waiting = _take(store, 10)
        assert (_numbers(waiting), waiting.next_due_at) == ([], at(300))
        assert _numbers(_take(store, 300)) == [1]

    @pytest.mark.parametrize("state", [OutboxState.DEAD, OutboxState.UNKNOWN])
    def test_dead_and_unknown_hold_nobody(self, store: Store, state: OutboxState) -> None:
        """They wait for a person; those behind them go on."""
        _queue(store, outbox_item(1), outbox_item(2))
        (item,) = _take(store, 0).outbox
        _queue(store, replace(item, state=state))
        taken = _take(store, 1)
        assert (_numbers(taken), taken.next_due_at) == ([2], None)
        store.commit(DESK, ChangeSet(outbox_done=(outbox_item(2).message,)))
        assert _numbers(_take(store, 9999)) == []
        _queue(store, replace(item, state=OutboxState.PENDING, due_at=at(9999)))
        assert _numbers(_take(store, 9999)) == [1]

    def test_one_conversation_alone(self, store: Store) -> None:
        """What a reply asks for right after its commit."""
        _queue(store, outbox_item(1), outbox_item(2, "conversation-2"), outbox_item(3, "conversation-2"))
        only = _take(store, 0, conversation="conversation-2")
        assert (_numbers(only), only.next_due_at) == ([2], None)
        assert _numbers(_take(store, 0)) == [1]

    def test_the_limit_of_the_outbox(self, store: Store) -> None:
        """What it cuts off is due already, and comes with the next call; the longest due come first."""
        items = [replace(outbox_item(n, f"c-{n}"), due_at=at(10 - n)) for n in range(1, 8)]
        _queue(store, *items)
        first = _take(store, 50, limit=3)
        assert (_numbers(first), first.next_due_at) == ([7, 6, 5], at(6))
        assert _numbers(_take(store, 50, limit=3)) == [4, 3, 2]
        last = _take(store, 50, limit=3)
        assert (_numbers(last), last.next_due_at) == ([1], at(110))
        with pytest.raises(InvalidInput):
            _take(store, 50, limit=0)

    def test_due_items_oldest_first(self, store: Store) -> None:
        """Given as they were, then held; done ones are gone."""
        items = (due_item("b", 2), due_item("a", 1), due_item("c", 3), due_item("later", 100))
        store.commit(DESK, ChangeSet(due=items))
        first = store.lease(DESK, LeaseRequest(what="due", now=at(50), limit=2, hold=timedelta(seconds=20)))
        assert (first.due, first.next_due_at) == ((due_item("a", 1), due_item("b", 2)), at(3))
        second = store.lease(DESK, LeaseRequest(what="due", now=at(50), limit=2, hold=timedelta(seconds=20)))
        assert (second.due, second.next_due_at) == ((due_item("c", 3),), at(70))
        store.commit(DESK, ChangeSet(due_done=("a", "c")))
        again = store.lease(DESK, LeaseRequest(what="due", now=at(70), limit=9))
        assert (again.due, again.next_due_at) == ((due_item("b", 70),), at(100))

    def test_due_items_of_some_kinds(self, store: Store) -> None:
        """Others stay where they are, and don't count for the next instant."""
        items = (due_item("a", 1, "pull"), due_item("b", 2, "fetch"), due_item("c", 3, "clean"), due_item("d", 90))
        store.commit(DESK, ChangeSet(due=items))
        request = LeaseRequest(what="due", now=at(50), limit=9, kinds=("fetch", "clean"))
        some = store.lease(DESK, request)
        assert ([one.key for one in some.due], some.next_due_at) == (["b", "c"], None)
        rest = store.lease(DESK, LeaseRequest(what="due", now=at(50), limit=9))
        assert ([one.key for one in rest.due], rest.next_due_at) == (["a"], at(90))

    def test_tickets_that_wake(self, store: Store) -> None:
        """By their snooze or their clocks; they are given until their version moves on."""
        clock = Clock(
            metric=Metric.FIRST_REPLY,
            policy="standard",
            amount=timedelta(hours=1),
            started_at=at(0),
            warn_at=at(20),
            due_at=at(40),
        )
        tickets = (
            build.ticket(1, snoozed_until=at(30)),
            build.ticket(2, clocks=(clock,)),
            build.ticket(3, snoozed_until=at(99)),
            build.ticket(4),
        )
        store.commit(DESK, build.changes_for(*tickets))
        request = LeaseRequest(what="tickets", now=at(30), limit=9)
        for _ in range(2):
            found = store.lease(DESK, request)
            assert (found.tickets, found.next_due_at) == ((tickets[1].id, tickets[0].id), at(99))
        cut = store.lease(DESK, replace(request, limit=1))
        assert (cut.tickets, cut.next_due_at) == ((tickets[1].id,), at(30))
        store.commit(DESK, ChangeSet(puts=(Put(build.ticket(2, version=2), 1), Put(build.ticket(1, version=2), 1))))
        found = store.lease(DESK, request)
        assert (found.tickets, found.next_due_at) == ((), at(99))

    def test_customers_that_wake(self, store: Store) -> None:
        """By the end of a tag or flag, or when their segments are to be looked at; never those who were merged."""
        tag = TagAssignment(name="vip", at=at(0), expires_at=at(20))
        customers = (
            build.customer(1, segments_at=at(30)),
            build.customer(2, tags=(tag,)),
            build.customer(3, flags=(Flag(name="rude", at=at(0), until=at(99)),)),
            build.customer(4),
            build.customer(5, tags=(tag,), merged_into=build.customer(1).id),
        )
        store.commit(DESK, build.changes_for(*customers))
        request = LeaseRequest(what="customers", now=at(30), limit=9)
        for _ in range(2):
            found = store.lease(DESK, request)
            assert (found.customers, found.next_due_at) == ((customers[1].id, customers[0].id), at(99))
        cut = store.lease(DESK, replace(request, limit=1))
        assert (cut.customers, cut.next_due_at) == ((customers[1].id,), at(30))
        store.commit(DESK, ChangeSet(puts=(Put(build.customer(2, version=2), 1), Put(build.customer(1, version=2), 1))))
        found = store.lease(DESK, request)
        assert (found.customers, found.next_due_at) == ((), at(99))

    def test_nothing_planned(self, store: Store) -> None:
        """An idle desk needs no call at all."""
        for what in ("outbox", "due", "tickets", "customers"):
            assert store.lease(DESK, LeaseRequest(what=what, now=at(0), limit=9)) == Leased()
