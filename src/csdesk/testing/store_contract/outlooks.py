"""Looking ahead, where the store has that power: one read tells whether anything is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from csdesk.domain.records.changes import ChangeSet, Put
from csdesk.domain.records.queues import InboxState, OutboxState
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.tickets import Category
from csdesk.ports.store import LeaseRequest, LooksAhead, Outlook, OutlookRequest, Store
from csdesk.testing import builders as build
from csdesk.testing.builders import at, due_item, outbox_item
from csdesk.testing.store_contract.base import DESK, OTHER, SECRET, ContractBase

_NOTHING: Final = Outlook(next_at=None, upkeep_at=None, waits=False)
_ALL: Final = OutlookRequest(kinds=("pull", "erase"), upkeep=("keep",), accounts=("mail",))


def _ahead(store: Store, request: OutlookRequest = _ALL) -> Outlook:
    if not isinstance(store, LooksAhead):
        pytest.skip("the store does not look ahead")
    return store.outlook(DESK, request)


class OutlookPromises(ContractBase):
    """What ``LooksAhead`` promises."""

    def test_nothing_lies_ahead(self, store: Store) -> None:
        """Of an empty desk, or where nothing is asked for."""
        assert _ahead(store) == _NOTHING
        store.commit(DESK, ChangeSet(due=(due_item(),), outbox=(outbox_item(1),)))
        assert _ahead(store, OutlookRequest()) == _NOTHING

    def test_the_earliest_of_everything_lies_ahead(self, store: Store) -> None:
        """Wake-ups of tickets and customers, due items, messages to send."""
        tag = TagAssignment(name="vip", at=at(0), expires_at=at(50))
        ticket = build.ticket(1, category=Category.SNOOZED, snoozed_until=at(40))
        for change, second in (
            (build.changes_for(build.customer(1, tags=(tag,))), 50),
            (build.changes_for(ticket), 40),
            (ChangeSet(due=(due_item(seconds=30),)), 30),
            (ChangeSet(outbox=(replace(outbox_item(1), due_at=at(20)),)), 20),
        ):
            store.commit(DESK, change)
            assert _ahead(store) == replace(_NOTHING, next_at=at(second))

    def test_what_nobody_asked_for_is_passed_over(self, store: Store) -> None:
        """Kinds and accounts of other processes, the rest of a conversation, other desks."""
        behind = replace(outbox_item(2), due_at=at(1))
        dead = replace(outbox_item(3, "conversation-2"), state=OutboxState.DEAD)
        first = replace(outbox_item(1), due_at=at(9))
        foreign = (due_item("x", kind="foreign"), due_item("y", 5, kind="keep"))
        store.commit(DESK, ChangeSet(due=foreign, outbox=(first, behind, dead, outbox_item(4, "c", "chat"))))
        store.open_desk(OTHER, secret=SECRET)
        store.commit(OTHER, ChangeSet(due=(due_item(),)))
        assert _ahead(store) == Outlook(next_at=at(9), upkeep_at=at(5), waits=False)

    def test_what_is_held_lies_ahead_at_the_end_of_its_lease(self, store: Store) -> None:
        """Nothing is taken by looking."""
        store.commit(DESK, ChangeSet(due=(due_item(),)))
        for _ in range(2):
            assert _ahead(store).next_at == at(0)
        store.lease(DESK, LeaseRequest(what="due", now=at(0), limit=1, hold=timedelta(seconds=30)))
        assert _ahead(store).next_at == at(30)

    def test_tickets_that_wait_for_somebody(self, store: Store) -> None:
        """Until they are closed, for example."""
        waiting = build.ticket(1)
        assert waiting.waits is not None
        store.commit(DESK, build.changes_for(waiting))
        assert _ahead(store).waits
        gone = build.ticket(1, version=2, category=Category.CLOSED)
        store.commit(DESK, ChangeSet(puts=(Put(gone, 1),)))
        assert not _ahead(store).waits

    def test_messages_that_wait_in_the_inbox(self, store: Store) -> None:
        """Not the parked one before them: it waits for a person."""
        store.commit(DESK, ChangeSet(inbox=(build.inbox_item(1),)))
        assert not _ahead(store).waits
        store.commit(DESK, ChangeSet(inbox=(build.inbox_item(2, InboxState.WAITING),)))
        assert _ahead(store).waits
