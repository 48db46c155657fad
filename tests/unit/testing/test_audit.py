"""The audit finds what is wrong, and nothing else."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from csdesk.bootstrap import open_desk
from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.records._model import replaced
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.changes import ChangeSet, Claim, Delta, Put
from csdesk.domain.records.channels import InboundMessage, Sender
from csdesk.domain.records.counters import load_counter
from csdesk.domain.records.messages import Delivery, Message
from csdesk.domain.records.queues import InboxItem, InboxState, OutboxItem, OutboxState
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import NotFound
from csdesk.ports.store import Query
from csdesk.stores.memory import MemoryStore
from csdesk.testing import FixedClock
from csdesk.testing import builders as build
from csdesk.testing.audit import problems_of


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    desk = open_desk(store, clock=FixedClock())
    desk.agents.add("Ann", queues=("default",))
    message = InboundMessage(
        account="chat", dedupe_key="d", conversation="c", sender=Sender(external_id="u"), text="hello"
    )
    ticket = desk.receive(message).ticket
    assert ticket is not None
    desk.note(ticket.id, "note", actor=Actor.system())
    desk.reply(ticket.id, "ok", actor=Actor.system())
    desk.tickets.set_status(ticket.id, "open", actor=Actor.system())
    assert problems_of(store) == ()
    return store


def _first(store: MemoryStore, kind: str, cls: type) -> object:
    page = store.query("main", Query(kind=kind))  # type: ignore[arg-type]
    return next(one for one in page.items if isinstance(one, cls))


def _ticket_without_entry(store: MemoryStore) -> ChangeSet:
    ticket = _first(store, "ticket", Ticket)
    assert isinstance(ticket, Ticket)
    return ChangeSet(puts=(Put(replaced(ticket, version=ticket.version + 1), ticket.version),))


def _load(store: MemoryStore) -> ChangeSet:
    agent = _first(store, "agent", Agent)
    assert isinstance(agent, Agent)
    return ChangeSet(deltas=(Delta(load_counter(agent.id), 1),))


def _message_without_story(store: MemoryStore) -> ChangeSet:
    ticket = _first(store, "ticket", Ticket)
    assert isinstance(ticket, Ticket)
    return ChangeSet(puts=(Put(build.message(500, ticket=ticket.id), 0),))


def _message_changed_in_silence(store: MemoryStore) -> ChangeSet:
    page = store.query("main", Query(kind="message"))
    message = next(one for one in page.items if isinstance(one, Message) and one.delivery is Delivery.PENDING)
    return ChangeSet(puts=(Put(replaced(message, version=2, delivery=Delivery.SENT), 1),))


def _outbox(store: MemoryStore) -> ChangeSet:
    return ChangeSet(outbox=(build.outbox_item(500),))


def _lost_reply(store: MemoryStore) -> ChangeSet:
    item = _first(store, "outbox", OutboxItem)
    assert isinstance(item, OutboxItem)
    return ChangeSet(outbox_done=(item.message,))


def _dead_but_pending(store: MemoryStore) -> ChangeSet:
    item = _first(store, "outbox", OutboxItem)
    assert isinstance(item, OutboxItem)
    return ChangeSet(outbox=(replace(item, state=OutboxState.DEAD),))


def _waits_for_nothing(store: MemoryStore) -> ChangeSet:
    return ChangeSet(inbox=(build.inbox_item(500, state=InboxState.WAITING),))


def _in_the_inbox_and_on_a_ticket(store: MemoryStore) -> ChangeSet:
    message = _first(store, "message", Message)
    assert isinstance(message, Message)
    return ChangeSet(inbox=(replace(build.inbox_item(500), id=message.id),))


def _two_homes(store: MemoryStore) -> ChangeSet:
    return build.changes_for(build.customer(500), build.customer(501, identities=(build.identity(500),)))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_ticket_without_entry, "is not the fold of its entries"),
        (_load, "has load"),
        (_message_without_story, "is told of 0 times"),
        (_message_changed_in_silence, "has version 2"),
        (_outbox, "in the outbox and None itself"),
        (_lost_reply, "not in the outbox"),
        (_dead_but_pending, "is dead in the outbox"),
        (_waits_for_nothing, "waits in the inbox for nothing"),
        (_in_the_inbox_and_on_a_ticket, "in the inbox and on a ticket"),
        (_two_homes, "two homes"),
    ],
)
def test_harm_is_found(store: MemoryStore, harm: Callable[[MemoryStore], ChangeSet], said: str) -> None:
    store.commit("main", harm(store))
    assert any(said in problem for problem in problems_of(store))


def test_what_waits_behind_a_parked_message_is_in_order(store: MemoryStore) -> None:
    keys = ClaimKeys(store.open_desk("main", secret=b"").secret)
    item = build.inbox_item(500, state=InboxState.WAITING)
    assert isinstance(item, InboxItem)
    held = Claim(keys.parked(item.account, item.conversation), "msg_before")
    store.commit("main", ChangeSet(inbox=(item,), claims=(held,)))
    assert problems_of(store) == ()


def test_a_desk_that_is_not_there(store: MemoryStore) -> None:
    with pytest.raises(NotFound):
        problems_of(store, "another")
