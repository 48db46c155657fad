"""Erasing: what is gone, what stays, who comes next, and how it goes on after anything that goes wrong."""

import asyncio
from datetime import timedelta

import pytest

from csdesk import Actor, Category, Delivery, InboundMessage, Sender, open_async_desk
from csdesk.domain.core.evolve import fold
from csdesk.domain.records import channels as ch
from csdesk.domain.records import events as ev
from csdesk.domain.records.codec import holds_personal
from csdesk.domain.records.erasures import ERASE
from csdesk.errors import (
    IllegalTransition,
    InvalidInput,
    NotFound,
    StoreError,
    UnsupportedFeature,
    VersionConflict,
)
from csdesk.flows.removal import erasing, wiping
from csdesk.ports.store import LeaseRequest, Query
from csdesk.stores.memory import MemoryStore
from csdesk.testing import FaultyStore, FixedClock, ScriptedChannel
from csdesk.testing.audit import problems_of
from csdesk.testing.faults import Fault

AGENT = Actor.agent("agt_1")


def all_entries(desk, subject):
    where = (("subject", subject),)
    return desk._store.query(desk.name, Query(kind="entry", where=where, order="position", limit=1000)).items


def finished(world, desk, customer):
    """Let erasing go on until it is complete."""
    for _ in range(200):
        erasure = desk.customers.erasure(customer)
        if erasure.state == "complete":
            return erasure
        desk.run_due()
        world.later(minutes=2)
    raise AssertionError("never complete")


def erased(world, desk, customer):
    desk.customers.erase(customer, actor=AGENT)
    return finished(world, desk, customer)


def test_what_was_said_is_gone_and_that_it_was_said_stays(world):
    desk = world.open()
    got = desk.receive(world.said("my name is Ann", subject="parcel"))
    desk.reply(got.ticket.id, "hello Ann", actor=AGENT)
    desk.note(got.ticket.id, "Ann again", actor=AGENT)
    desk.tickets.set_field(got.ticket.id, "x.size", "XL", actor=AGENT)
    erasure = desk.customers.erase(got.customer.id, actor=AGENT)
    assert erasure.state == "complete"
    assert (erasure.counts.tickets, erasure.counts.messages, erasure.counts.identities) == (1, 3, 1)
    ticket = desk.tickets.get(got.ticket.id)
    assert (ticket.subject, ticket.conversation, ticket.fields) == ("", "", ())
    assert (ticket.messages, ticket.number, ticket.category) == (3, got.ticket.number, Category.CLOSED)
    customer = desk.customers.get(got.customer.id)
    assert (customer.name, customer.attributes) == ("", ())
    assert [(one.id, one.external_id) for one in customer.identities] == [(got.customer.identities[0].id, "")]
    said = [one.message for one in desk.tickets.timeline(ticket.id) if one.message is not None]
    assert [(one.text, one.erased_at) for one in said] == [("", world.clock.now())] * 3
    assert desk.customers.erasures().items == (erasure,)
    assert desk.tickets.search("Ann").items == ()
    assert problems_of(desk._store) == ()


def test_every_reader_works_on_what_was_erased(world):
    desk = world.open()
    got = desk.receive(world.said("secret"))
    desk.run_due()
    erased(world, desk, got.customer.id)
    assert desk.customers.brief(got.customer.id).tickets == 1
    assert desk.customers.of(got.ticket.identity).erasure is not None
    assert [one.text for one in desk.customers.timeline(got.customer.id).items] == [""]
    assert desk.explain(got.ticket.id)
    assert desk.explain(got.message_id)
    assert desk.tickets.list().items[0].erased_at is not None
    read = desk.events.read("audit", limit=1000)
    assert any(isinstance(one, ev.CustomerErased) for entry in read for one in entry.events)
    names = [one.name for entry in read for one in entry.events if isinstance(one, ev.CustomerCreated)]
    assert names == [None]


def test_streams_tell_the_same_record_at_every_moment_of_the_erasing(world, monkeypatch):
    monkeypatch.setattr(erasing, "INLINE", 0)
    monkeypatch.setattr(erasing, "BATCH", 2)
    monkeypatch.setattr(wiping, "BATCH", 2)
    monkeypatch.setattr(wiping, "ENTRIES", 2)
    desk = world.open()
    got = [desk.receive(world.said(f"text {number}", subject="s")) for number in range(7)].pop()
    desk.tickets.set_field(got.ticket.id, "x.size", "XL", actor=AGENT)
    assert desk.customers.erase(got.customer.id, actor=AGENT).state == "running"
    rounds = 0
    while desk.customers.erasure(got.customer.id).state == "running":
        rounds += 1
        assert problems_of(desk._store) == ()
        desk.run_due(limit=1)
        world.later(minutes=2)
    assert rounds > 8
    for subject in (got.ticket.id, got.customer.id):
        told = all_entries(desk, subject)
        assert not any(holds_personal(one) for entry in told for one in entry.events)
        assert (
            fold(told)
            == desk._store.query(desk.name, Query(kind=(subject[:3] == "tkt" and "ticket") or "customer")).items[0]
        )


def test_the_same_person_is_somebody_new_who_leads_to_nobody(world):
    desk = world.open()
    first = desk.receive(world.said("before", provider_id="<1@x>", sender=Sender(kind="email", external_id="a@x.org")))
    erased(world, desk, first.customer.id)
    again = desk.receive(world.said("after", references=("<1@x>",), sender=Sender(kind="email", external_id="a@x.org")))
    assert again.customer.id != first.customer.id
    assert again.ticket.id != first.ticket.id
    assert (again.ticket.links, again.customer.erasure) == ((), None)
    assert again.trace.find("thread.erased") is not None
    assert desk.customers.find("a@x.org", kind="email").id == again.customer.id


def test_merged_customers_are_erased_together_whichever_is_named(world):
    desk = world.open()
    one, two = (desk.receive(world.said("x", by=by)) for by in ("ann", "bob"))
    desk.customers.merge(two.customer.id, one.customer.id, actor=AGENT)
    erasure = desk.customers.erase(two.customer.id, actor=AGENT)
    assert (erasure.customer, erasure.counts.customers, erasure.counts.tickets) == (one.customer.id, 2, 2)
    assert desk.customers.find("bob") is None


def test_what_others_wrote_stays_and_what_was_written_to_others_too(world):
    desk = world.open()
    ann, bob = Sender(external_id="ann"), Sender(external_id="bob")
    mine = desk.receive(world.said("mine", cc=(bob,)))
    bobs = desk.receive(world.said("I am bob", by="bob", conversation="ann"))
    assert bobs.ticket.id == mine.ticket.id
    his = desk.receive(world.said("his", by="bob", conversation="bob's", cc=(ann,)))
    hers = desk.receive(world.said("hers", by="ann", conversation="bob's"))
    desk.reply(his.ticket.id, "to bob", actor=AGENT)
    assert hers.ticket.id == his.ticket.id
    erased(world, desk, mine.customer.id)
    texts = {
        one.message.text
        for ticket in (mine.ticket.id, his.ticket.id)
        for one in desk.tickets.timeline(ticket)
        if one.message is not None
    }
    assert texts == {"", "I am bob", "his", "to bob"}
    assert desk.tickets.get(his.ticket.id).erased_at is None
    assert desk.receive(world.said("more", by="bob", conversation="bob's")).ticket.id == his.ticket.id


def test_an_identity_that_had_other_homes_leaves_them_with_their_own_values(world):
    desk = world.open()
    got = desk.receive(world.said("x", by="ann", sender=Sender(external_id="ann", name="Ann")))
    second = Sender(external_id="second")
    desk.customers.link(got.customer.id, second, actor=AGENT)
    taken = desk.customers.find("second").identities[-1].id
    new = desk.customers.unlink(taken, actor=AGENT)
    erased(world, desk, new.id)
    told = [one for entry in all_entries(desk, got.customer.id) for one in entry.events]
    linked = [one.external_id for one in told if isinstance(one, ev.IdentityLinked)]
    assert linked == ["ann", None]
    assert [one.name for one in told if isinstance(one, ev.CustomerCreated)] == ["Ann"]
    assert desk.customers.find("ann").name == "Ann"


def test_nothing_happens_any_more_to_what_was_erased(world):
    desk = world.open()
    got = desk.receive(world.said("x"))
    other = desk.receive(world.said("y", by="bob"))
    erased(world, desk, got.customer.id)
    for refused in (
        lambda: desk.reply(got.ticket.id, "x", actor=AGENT),
        lambda: desk.note(got.ticket.id, "x", actor=AGENT),
        lambda: desk.tickets.drafts.save(got.ticket.id, "x", actor=AGENT),
        lambda: desk.tickets.set_status(got.ticket.id, "open", actor=AGENT),
        lambda: desk.tickets.merge(other.ticket.id, got.ticket.id, actor=AGENT),
    ):
        with pytest.raises(IllegalTransition, match="erased"):
            refused()
    for refused in (
        lambda: desk.customers.set_profile(got.customer.id, name="x", actor=AGENT),
        lambda: desk.customers.link(got.customer.id, Sender(external_id="z"), actor=AGENT),
        lambda: desk.customers.merge(other.customer.id, got.customer.id, actor=AGENT),
    ):
        with pytest.raises(InvalidInput, match="was erased"):
            refused()


def test_what_waits_to_be_sent_is_not_sent(world):
    channel = ScriptedChannel("web")
    desk = world.open(channels=[channel])
    got = desk.receive(world.said("x"))
    waits = desk.reply(got.ticket.id, "never", actor=AGENT, deliver=False)
    channel.fail("fix_content")
    erasure = erased(world, desk, got.customer.id)
    desk.run_due()
    assert (channel.sent, erasure.counts.outbox) == ([], 1)
    assert desk.outbox.list().items == ()
    message = desk.explain(waits.message.id)
    assert message
    (stored,) = [
        one.message
        for one in desk.tickets.timeline(got.ticket.id)
        if one.message and one.message.id == waits.message.id
    ]
    assert stored.delivery is Delivery.FAILED


@pytest.mark.parametrize("outcome", ["sent", "retry", "fix_content"])
def test_a_message_that_is_being_sent_meanwhile_leaves_nothing_behind(world, outcome):
    channel = ScriptedChannel("web")
    desk = world.open(channels=[channel])
    got = desk.receive(world.said("x"))

    def erase_and_answer(message):
        erased(world, other, got.customer.id)
        if outcome != "sent":
            channel.fail(outcome, code="what the provider said")
            raise channel._answers.popleft()
        return ch.Receipt(provider_id="theirs")

    other = world.open()
    channel.answer(erase_and_answer)
    desk.reply(got.ticket.id, "x", actor=AGENT)
    assert desk.outbox.list().items == ()
    (message,) = [
        one.message for one in desk.tickets.timeline(got.ticket.id) if one.message and one.message.direction == "out"
    ]
    assert (message.provider_id, message.delivery_reason) == ("", "")
    assert message.delivery is (Delivery.SENT if outcome == "sent" else Delivery.FAILED)
    desk.take("web", [ch.StatusEvent(account="web", dedupe_key="s", key=message.id, status="read", reason="told")])
    told = [
        one for entry in all_entries(desk, message.id) for one in entry.events if isinstance(one, ev.DeliveryChanged)
    ]
    assert {one.reason for one in told[1:]} <= {"", None, "erased"}
    assert problems_of(desk._store) == ()


def test_what_was_decided_before_cannot_be_stored_after(world):
    """A process that has read the customer, and commits after another one has begun to erase, starts again."""
    desk = world.open()
    got = desk.receive(world.said("x", by="ann"))
    done = []

    class Late:
        def __init__(self, store):
            self._store = store

        def __getattr__(self, name):
            return getattr(self._store, name)

        def commit(self, name, changes):
            if not done:
                done.append(True)
                erased(world, desk, got.customer.id)
            return self._store.commit(name, changes)

    late = world.open(wrap=Late)
    done.append(True)
    late.receive(world.said("y", by="bob"))
    done.clear()
    again = late.receive(world.said("in between", by="ann", conversation="another"))
    assert again.customer.id != got.customer.id
    assert again.ticket.id != got.ticket.id


def test_it_is_a_command_like_others(world):
    desk = world.open()
    got = desk.receive(world.said("x"))
    with pytest.raises(VersionConflict):
        desk.customers.erase(got.customer.id, actor=AGENT, expected_version=9)
    with pytest.raises(InvalidInput, match="was not erased"):
        desk.customers.erasure(got.customer.id)
    with pytest.raises(NotFound):
        desk.customers.erase("cus_missing", actor=AGENT)
    first = desk.customers.erase(got.customer.id, actor=AGENT, idempotency_key="k")
    assert desk.customers.erase(got.customer.id, actor=AGENT, idempotency_key="k") == first
    assert desk.customers.erase(got.customer.id, actor=AGENT) == first
    (entry,) = [one for one in all_entries(desk, got.customer.id) if isinstance(one.events[0], ev.CustomerErased)]
    assert (entry.cause, str(entry.actor)) == (first.command, "agent:agt_1")


def test_a_store_without_that_power_refuses_before_anything_is_done(world):
    class Forgetful(MemoryStore):
        scrub = None

    from csdesk import open_desk

    with open_desk(Forgetful(), clock=world.clock, ids=world.ids) as desk:
        got = desk.receive(world.said("x"))
        with pytest.raises(UnsupportedFeature, match="erase without a trace"):
            desk.customers.erase(got.customer.id, actor=AGENT)
        assert desk.customers.get(got.customer.id).erasure is None
        desk.run_due()


@pytest.mark.parametrize("fault", Fault)
def test_whatever_fails_it_goes_on_where_it_was(world, monkeypatch, fault):
    monkeypatch.setattr(erasing, "BATCH", 2)
    monkeypatch.setattr(wiping, "BATCH", 2)
    plain = world.open()
    got = [plain.receive(world.said(f"text {number}")) for number in range(5)].pop()
    plain.run_due()
    calls = []
    faulty = {"commit", "scrub", "media_in_use", "written_by", "load"}

    def plan(name):
        calls.append(name)
        return fault if len(calls) > 20 and len(calls) % 7 == 0 and name in faulty else None

    desk = world.open(wrap=lambda store: FaultyStore(store, plan))
    calls += ["opened"] * 20
    for _ in range(100):
        try:
            desk.customers.erase(got.customer.id, actor=AGENT)
            desk.run_due()
            if desk.customers.erasure(got.customer.id).state == "complete":
                break
        except StoreError as error:
            assert "by plan" in str(error)  # noqa: PT017  every call may fail, none must
        world.later(minutes=2)
    erasure = plain.customers.erasure(got.customer.id)
    assert erasure.state == "complete"
    assert erasure.counts.messages == 5
    assert problems_of(plain._store) == ()
    completed = [
        one
        for entry in all_entries(plain, got.customer.id)
        for one in entry.events
        if isinstance(one, ev.ErasureCompleted)
    ]
    assert len(completed) == 1


def test_two_processes_may_work_on_it_at_once(world, monkeypatch):
    monkeypatch.setattr(erasing, "INLINE", 0)
    monkeypatch.setattr(erasing, "BATCH", 1)
    monkeypatch.setattr(wiping, "BATCH", 1)
    desks = [world.open(), world.open()]
    got = [desks[0].receive(world.said(f"text {number}")) for number in range(5)].pop()
    desks[0].customers.erase(got.customer.id, actor=AGENT)
    for number in range(100):
        desks[number % 2].run_due(limit=1)
        world.later(seconds=1)
        if desks[0].customers.erasure(got.customer.id).state == "complete":
            break
    erasure = desks[1].customers.erasure(got.customer.id)
    assert (erasure.state, erasure.counts.messages) == ("complete", 5)


def test_a_payload_that_is_needed_no_more_holds_nobody(world, monkeypatch):
    """The names that inbox items are compared with leave the due item before the store is scrubbed."""
    monkeypatch.setattr(erasing, "INLINE", 0)
    desk = world.open()
    got = desk.receive(world.said("x", by="external-ann"))
    desk.customers.erase(got.customer.id, actor=AGENT)
    payloads = []
    while desk.customers.erasure(got.customer.id).state == "running":
        desk.run_due(limit=1)
        world.later(minutes=2)
        request = LeaseRequest(what="due", now=world.clock.now(), limit=1, kinds=(ERASE,), hold=timedelta(0))
        payloads += [item.payload for item in desk._store.lease(desk.name, request).due]
    assert any("external-ann" in one for one in payloads)
    assert not any("external-ann" in one for one in payloads if '"scrub"' in one or '"complete"' in one)


def test_parked_messages_of_others_go_on(world, monkeypatch):
    from csdesk.flows.inbound import reading

    desk = world.open()
    known = desk.receive(world.said("x", by="ann", conversation="mine"))
    original = reading.read
    monkeypatch.setattr(reading, "read", lambda *args: 1 / 0)
    held = desk.receive(world.said("boom", by="ann", conversation="group"))
    waits = desk.receive(world.said("me too", by="bob", conversation="group"))
    monkeypatch.setattr(reading, "read", original)
    assert (held.state, waits.state) == ("parked", "parked")
    erasure = erased(world, desk, known.customer.id)
    desk.run_due()
    assert erasure.counts.inbox == 1
    assert desk.inbox.list().items == ()
    assert desk.customers.find("bob") is not None


def test_with_await_it_is_the_same(tmp_path):
    async def erase():
        async with await open_async_desk(f"sqlite:///{tmp_path / 'desk.db'}", clock=FixedClock()) as desk:
            said = InboundMessage(
                account="web", dedupe_key="1", conversation="c", sender=Sender(external_id="ann"), text="my secret"
            )
            got = await desk.receive(said)
            erasure = await desk.customers.erase(got.customer.id, actor=AGENT)
            assert (await desk.customers.erasure(got.customer.id)) == erasure
            assert (await desk.customers.erasures()).items == (erasure,)
            return erasure

    assert asyncio.run(erase()).state == "complete"
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"my secret" in path.read_bytes()]


@pytest.mark.parametrize("windows", [1, 3])
def test_what_they_wrote_for_others_is_looked_for_in_parts(world, monkeypatch, windows):
    """A part without their words leads to the next one, and so does a part whose words are gone already."""
    monkeypatch.setattr(erasing, "INLINE", 0)
    monkeypatch.setattr(erasing, "WINDOW", 2)
    monkeypatch.setattr(erasing, "WINDOWS", windows)
    desk = world.open()
    bob = Sender(external_id="bob")
    for number in range(4):
        desk.receive(world.said(f"hers {number}", cc=(bob,)))
    for number in range(5):
        ticket = desk.receive(world.said(f"his {number}", by="bob", conversation="ann")).ticket
    his = desk.customers.find("bob")
    assert {ticket.id} == {one.id for one in desk.tickets.list().items}, "all on a ticket of hers"
    assert erased(world, desk, his.id).counts.messages == 5
    texts = [one.message.text for one in desk.tickets.timeline(ticket.id) if one.message is not None]
    assert sorted(texts) == [""] * 5 + [f"hers {number}" for number in range(4)]
