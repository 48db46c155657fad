"""One inbound message: dedupe, who wrote, when, which ticket."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from tests.integration.desk.conftest import events_of

from csdesk import DeskConfig, Sender
from csdesk.domain.policy.config import AccountPolicy, ReopenPolicy, SlaPolicy, TargetPolicy, TypePolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.clocks import ClockPhase, Metric
from csdesk.domain.records.messages import Automatic
from csdesk.domain.records.queues import InboxState
from csdesk.domain.records.tickets import Category, LinkKind, Role
from csdesk.domain.rules.actions import SetType
from csdesk.errors import InvalidInput, StoreError
from csdesk.ports.store import Query

AGENT = Actor.agent("agt_1")
MAIL = {"account": "mail"}


def mail(world, by, *, conversation, **given):
    return world.said(sender=Sender(kind="email", external_id=by), conversation=conversation, **MAIL, **given)


# Dedupe


def test_a_replay_gives_the_first_outcome(world):
    desk = world.open()
    message = world.said("hi")
    first, second = desk.receive(message), desk.receive(message)
    assert (first.state, second.state) == ("stored", "duplicate")
    assert second.message_id == first.message_id
    assert second.ticket == first.ticket
    assert second.customer.id == first.customer.id
    assert second.trace.find("dedupe.replay") is not None
    assert len(all_of(desk, "message")) == 1


def test_a_replay_inside_one_batch_and_across_batches(world):
    desk = world.open()
    one, two = world.said("hi"), world.said("again")
    got = desk.receive_many([one, one, two, one])
    assert [each.state for each in got] == ["stored", "duplicate", "stored", "duplicate"]
    assert {got[0].message_id} == {got[1].message_id, got[3].message_id}
    assert got[1].ticket.id == got[3].ticket.id == got[0].ticket.id
    again = desk.receive_many([two, one])
    assert [each.state for each in again] == ["duplicate", "duplicate"]
    assert [each.message_id for each in again] == [got[2].message_id, got[0].message_id]


def test_the_same_key_on_another_account_is_another_delivery(world):
    desk = world.open()
    first = desk.receive(world.said("hi", dedupe_key="k"))
    second = desk.receive(world.said("hi", dedupe_key="k", account="other"))
    assert second.state == "stored"
    assert second.message_id != first.message_id


def test_racing_first_messages_make_one_customer_and_one_ticket(world):
    desks = [world.open(), world.open()]
    barrier = Barrier(4)

    def receive(number):
        barrier.wait()
        return desks[number % 2].receive(world.said(f"hi {number}", by="ann", dedupe_key=f"r{number}"))

    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(receive, range(4)))
    assert len({one.customer.id for one in got}) == 1
    assert len({one.ticket.id for one in got}) == 1
    assert len(all_of(desks[0], "customer")) == 1
    assert desks[0].tickets.get(got[0].ticket.id).messages == 4


def all_of(desk, kind):
    return desk._store.query(desk.name, Query(kind=kind, limit=1000)).items


# Who


def test_other_identities_that_the_provider_vouches_for_are_linked(world):
    desk = world.open()
    phone = Sender(kind="phone", external_id="+861380000")
    first = desk.receive(world.said(by="ann", also=(phone,)))
    second = desk.receive(world.said(sender=phone, conversation="phone"))
    assert second.customer.id == first.customer.id
    assert {one.external_id for one in second.customer.identities} == {"ann", "+861380000"}


def test_an_unknown_sender_with_a_known_other_identity_is_that_customer(world):
    desk = world.open()
    first = desk.receive(world.said(by="ann"))
    second = desk.receive(world.said(by="ann@new", also=(Sender(external_id="ann"), Sender(external_id="ann@new"))))
    assert second.customer.id == first.customer.id
    assert second.trace.find("identity.linked") is not None
    third = desk.receive(world.said(by="ann", also=(Sender(kind="phone", external_id="138"),)))
    assert third.trace.find("identity.linked") is not None
    assert third.customer.id == second.customer.id


def test_mail_addresses_compare_without_case(world):
    desk = world.open()
    first = desk.receive(mail(world, "Ann@Example.org", conversation="a"))
    second = desk.receive(mail(world, "ann@example.ORG", conversation="b"))
    assert second.customer.id == first.customer.id


def test_a_blocked_sender_reaches_the_inbox_and_no_further(world):
    desk = world.open()
    first = desk.receive(world.said("rude"))
    desk.customers.block(first.customer.id, actor=AGENT, reason="rude")
    message = world.said("ruder")
    got = desk.receive(message)
    assert (got.state, got.ticket, got.message) == ("blocked", None, None)
    assert got.customer.id == first.customer.id
    assert got.trace.find("identity.blocked") is not None
    (item,) = desk.inbox.list(state=InboxState.BLOCKED).items
    assert item.id == got.message_id
    assert desk.receive(message).message_id == got.message_id
    assert desk.tickets.get(first.ticket.id).messages == 1


def test_a_block_ends_at_its_instant_and_by_hand(world):
    desk = world.open()
    first = desk.receive(world.said())
    desk.customers.block(first.customer.id, actor=AGENT, until=world.clock.now() + timedelta(hours=1))
    got = desk.receive(world.said())
    assert got.state == "blocked"
    world.later(hours=1)
    assert desk.receive(world.said()).state == "stored"
    back = desk.inbox.retry(got.message_id, actor=AGENT)
    assert back.state == "stored"
    assert back.ticket.id == first.ticket.id
    assert desk.inbox.list().items == ()


def test_a_blocked_message_retried_too_early_stays_in_the_inbox(world):
    desk = world.open()
    first = desk.receive(world.said())
    desk.customers.block(first.customer.id, actor=AGENT)
    got = desk.receive(world.said())
    assert desk.inbox.retry(got.message_id, actor=AGENT).state == "blocked"
    assert [one.state for one in desk.inbox.list().items] == [InboxState.BLOCKED]
    desk.customers.block(first.customer.id, blocked=False, actor=AGENT)
    assert desk.inbox.retry(got.message_id, actor=AGENT).state == "stored"


# When


@pytest.mark.parametrize("ahead", [timedelta(seconds=1), timedelta(days=4000)])
def test_a_time_in_the_future_is_clamped_to_the_arrival(world, ahead):
    desk = world.open()
    got = desk.receive(world.said(sent_at=world.clock.now() + ahead))
    assert got.message.occurred_at == world.clock.now()
    assert got.message.sent_at == world.clock.now() + ahead
    assert not got.message.backlog
    assert got.trace.find("time.clamped").param("seconds") == -int(ahead.total_seconds())


def test_an_ancient_time_is_clamped_to_the_backlog_limit_and_flagged(world):
    desk = world.open(DeskConfig(accounts=(AccountPolicy(name="web", backlog=timedelta(hours=2)),)))
    now = world.clock.now()
    old = desk.receive(world.said(sent_at=now.replace(year=1)))
    assert old.message.occurred_at == now - timedelta(hours=2)
    assert old.message.backlog
    edge = desk.receive(world.said(sent_at=now - timedelta(hours=2)))
    assert not edge.message.backlog
    assert edge.trace.find("time.clamped") is None


def test_a_naive_time_is_refused(world):
    with pytest.raises(InvalidInput, match="sent_at"):
        world.said(sent_at=world.clock.now().replace(tzinfo=None))


def test_a_clock_that_steps_back_rejects_nobody(world):
    desk = world.open()
    first = desk.receive(world.said())
    world.later(hours=-5)
    got = desk.receive(world.said())
    assert got.state == "stored"
    assert got.ticket.updated_at == first.ticket.updated_at


# Which ticket


def test_evidence_counts_in_order(world):
    desk = world.open()
    first = desk.receive(mail(world, "ann@x", conversation="one", provider_id="<m1@x>"))
    second = desk.receive(mail(world, "ann@x", conversation="two", provider_id="<m2@x>"))
    third = desk.receive(mail(world, "ann@x", conversation="three", provider_id="<m3@x>"))
    everything = desk.receive(
        mail(world, "ann@x", conversation="three", ticket_hint=first.ticket.id, references=("m2@x",))
    )
    assert everything.ticket.id == first.ticket.id
    assert everything.trace.find("thread.hint") is not None
    by_reference = desk.receive(mail(world, "ann@x", conversation="three", references=("nobody@x", "<m2@x>")))
    assert by_reference.ticket.id == second.ticket.id
    assert by_reference.trace.find("thread.reference") is not None
    assert desk.receive(mail(world, "ann@x", conversation="three")).ticket.id == third.ticket.id


def test_a_message_is_stored_as_it_was_said(world):
    desk = world.open()
    given = world.said(
        "Hello", subject="Cup", provider_id="p1", provider_order=7, language="de", automatic="bulk", raw="raw"
    ).model_copy(update={"sent_at": world.clock.now() - timedelta(days=400)})
    stored = desk.receive(given).message
    said = {"account", "conversation", "subject", "parts", "provider_id", "provider_order", "sent_at", "language"}
    for name in (*said, "automatic", "raw"):
        assert getattr(stored, name) == getattr(given, name), name
    assert (stored.direction, stored.backlog) == ("in", True)
    elsewhere = desk.receive(world.said("Hello", author="elsewhere")).message
    assert (elsewhere.direction, elsewhere.author) == ("out", "elsewhere")


def test_so_many_in_copy_take_part_and_so_many_references_are_looked_up(world):
    desk = world.open()
    crowd = tuple(Sender(kind="email", external_id=f"c{number}@x") for number in range(22))
    first = desk.receive(mail(world, "ann@x", conversation="one", provider_id="<m1@x>", cc=crowd)).ticket
    assert len(first.participants) == 1 + 20
    for before, is_found in ((19, True), (20, False)):
        others = [f"<{number}@{before}>" for number in range(before)]
        got = desk.receive(mail(world, "ann@x", conversation=f"c{before}", references=(*others, "<m1@x>")))
        assert (got.ticket.id == first.id) is is_found


def test_a_hint_to_nothing_or_to_another_kind_is_ignored(world):
    desk = world.open()
    first = desk.receive(world.said())
    for hint in ("tkt_00000000000000000000000999", "nonsense", first.customer.id, first.message_id):
        assert desk.receive(world.said(ticket_hint=hint)).ticket.id == first.ticket.id


def test_mails_that_answer_the_same_one_belong_together(world):
    desk = world.open()
    first = desk.receive(mail(world, "ann@x", conversation="one", references=("<lost@x>",)))
    second = desk.receive(mail(world, "ann@x", conversation="two", references=("<lost@x>",)))
    assert second.ticket.id == first.ticket.id
    assert second.trace.find("thread.reference") is not None


def test_a_stranger_is_never_admitted_whatever_the_evidence(world):
    desk = world.open()
    first = desk.receive(mail(world, "ann@x", conversation="one", provider_id="<m1@x>"))
    for given in (
        {"conversation": "two", "ticket_hint": first.ticket.id},
        {"conversation": "three", "references": ("<m1@x>",)},
        {"conversation": "one"},
    ):
        got = desk.receive(mail(world, "eve@x", **given))
        assert got.ticket.id != first.ticket.id
        assert (LinkKind.RELATED, first.ticket.id) in {(link.kind, link.ticket) for link in got.ticket.links}
        assert got.trace.find("thread.stranger").param("ticket") == first.ticket.id
        desk.tickets.set_status(got.ticket.id, "closed", actor=AGENT)
    assert desk.tickets.get(first.ticket.id).messages == 1


def test_a_participant_is_no_stranger(world):
    desk = world.open()
    bob = Sender(kind="email", external_id="bob@x")
    first = desk.receive(mail(world, "ann@x", conversation="one", provider_id="<m1@x>", cc=(bob,)))
    assert [one.role for one in first.ticket.participants] == [Role.REQUESTER, Role.CC]
    got = desk.receive(mail(world, "bob@x", conversation="two", references=("<m1@x>",)))
    assert got.ticket.id == first.ticket.id
    assert got.customer.id != first.customer.id


def test_who_is_put_in_copy_later_takes_part_from_then_on(world):
    desk = world.open()
    bob, eve = (Sender(kind="email", external_id=f"{name}@x") for name in ("bob", "eve"))
    first = desk.receive(mail(world, "ann@x", conversation="one", provider_id="<m1@x>"))
    later = desk.receive(mail(world, "ann@x", conversation="one", references=("<m1@x>",), cc=(bob,)))
    assert [one.role for one in later.ticket.participants] == [Role.REQUESTER, Role.CC]
    again = desk.receive(mail(world, "ann@x", conversation="one", references=("<m1@x>",), cc=(bob,)))
    assert again.ticket.participants == later.ticket.participants
    assert len(events_of(desk, first.ticket.id, ev.ParticipantsChanged)) == 1
    assert desk.receive(mail(world, "bob@x", conversation="two", references=("<m1@x>",))).ticket.id == first.ticket.id
    machine = mail(world, "ann@x", conversation="one", references=("<m1@x>",), cc=(eve,), automatic="reply")
    assert len(desk.receive(machine).ticket.participants) == 2
    stranger = desk.receive(mail(world, "eve@x", conversation="three", references=("<m1@x>",), cc=(bob,)))
    assert stranger.ticket.id != first.ticket.id


def test_a_merged_ticket_leads_to_its_survivor(world):
    desk = world.open()
    first = desk.receive(mail(world, "ann@x", conversation="one", provider_id="<m1@x>"))
    second = desk.receive(mail(world, "ann@x", conversation="two"))
    desk.tickets.merge(first.ticket.id, second.ticket.id, actor=AGENT)
    for given in ({"conversation": "one"}, {"conversation": "new", "references": ("<m1@x>",)}):
        assert desk.receive(mail(world, "ann@x", **given)).ticket.id == second.ticket.id
    hinted = desk.receive(mail(world, "ann@x", conversation="newer", ticket_hint=first.ticket.id))
    assert hinted.ticket.id == second.ticket.id
    assert hinted.trace.find("thread.merged") is not None


REOPEN = ReopenPolicy(window=timedelta(hours=3), grace=timedelta(hours=1))


def finish(desk, ticket, status):
    return desk.tickets.set_status(ticket.id, status, actor=AGENT)


@pytest.mark.parametrize(("status", "hours"), [("resolved", 3), ("closed", 1)])
def test_a_finished_ticket_reopens_up_to_the_end_of_its_window(world, status, hours):
    desk = world.open(DeskConfig(reopen=REOPEN))
    first = desk.receive(world.said())
    finish(desk, first.ticket, status)
    world.later(hours=hours)
    got = desk.receive(world.said())
    assert got.ticket.id == first.ticket.id
    assert (got.ticket.category, got.ticket.cycle) == (Category.OPEN, 2)
    assert (got.ticket.resolved_at, got.ticket.closed_at, got.ticket.close_reason) == (None, None, "")
    finish(desk, first.ticket, status)
    world.later(hours=hours, microseconds=1)
    late = desk.receive(world.said())
    assert late.ticket.id != first.ticket.id
    assert [(link.kind, link.ticket) for link in late.ticket.links] == [(LinkKind.FOLLOW_UP_OF, first.ticket.id)]
    assert desk.receive(world.said()).ticket.id == late.ticket.id


def test_each_type_has_its_own_reopening(world):
    desk = world.open(
        DeskConfig(
            reopen=REOPEN,
            types=(TypePolicy(name="order", reopen=ReopenPolicy(mode="follow_up")),),
            rules=({"name": "orders", "when": {"field": "message.text", "op": "contains", "value": "order"},
                    "then": [SetType(type="order")]},),
        )
    )  # fmt: skip
    first = desk.receive(world.said("my order"))
    assert first.ticket.type == "order"
    finish(desk, first.ticket, "resolved")
    got = desk.receive(world.said("thanks"))
    assert got.ticket.id != first.ticket.id
    assert got.trace.find("thread.follow_up") is not None


@pytest.mark.parametrize("keep", [True, False])
def test_reopening_keeps_the_worker_if_the_policy_says_so(world, keep):
    desk = world.open(DeskConfig(reopen=ReopenPolicy(keep_worker=keep)))
    one = desk.agents.add("One", queues=("default",))
    first = desk.receive(world.said())
    assert first.worker.id == one.id
    finish(desk, first.ticket, "resolved")
    desk.agents.add("Two", queues=("default",))
    desk.agents.set_presence(one.id, "busy")
    got = desk.receive(world.said())
    assert (got.worker.id == one.id) is keep


@pytest.mark.parametrize("given", [{"automatic": Automatic.REPLY}, {"author": "bot"}, {"author": "elsewhere"}])
def test_what_no_customer_wrote_joins_but_never_reopens(world, given):
    desk = world.open(DeskConfig(reopen=REOPEN))
    first = desk.receive(world.said())
    finish(desk, first.ticket, "resolved")
    got = desk.receive(world.said("I am away", **given))
    assert got.ticket.id == first.ticket.id
    assert got.ticket.category is Category.RESOLVED
    assert got.ticket.messages == 2


def test_spam_does_not_open_a_resolved_ticket_again(world):
    desk = world.open()
    ticket = desk.receive(world.said()).ticket
    desk.tickets.set_status(ticket.id, "resolved", actor=AGENT)
    got = desk.receive(world.said("buy", spam=True))
    assert (got.ticket.id, got.ticket.category) == (ticket.id, Category.RESOLVED)
    assert desk.receive(world.said("and my parcel?")).ticket.category is Category.OPEN


@pytest.mark.parametrize(("spam", "takes_part"), [(False, True), (True, False)])
def test_spam_brings_nobody_into_a_ticket(world, spam, takes_part):
    desk = world.open()
    first = desk.receive(world.said("Where is it?"))
    got = desk.receive(world.said("And?", cc=(Sender(external_id="eve"),), spam=spam))
    assert got.ticket.id == first.ticket.id
    assert (len(got.ticket.participants) == 2) == takes_part


def test_spam_closes_a_new_ticket_and_a_person_can_take_that_back(world):
    desk = world.open()
    desk.agents.add("One", queues=("default",))
    got = desk.receive(world.said("buy", spam=True))
    assert (got.ticket.category, got.ticket.close_reason, got.worker) == (Category.CLOSED, "spam", None)
    again = desk.receive(world.said("buy more", spam=True))
    assert again.ticket.id == got.ticket.id
    back = desk.tickets.set_status(got.ticket.id, "open", actor=AGENT)
    assert (back.category, back.close_reason) == (Category.OPEN, "")


# Clocks

SLA = SlaPolicy(
    name="gold",
    targets=(
        TargetPolicy(metric="first_reply", within=timedelta(hours=1)),
        TargetPolicy(metric="next_reply", within=timedelta(hours=2)),
        TargetPolicy(metric="resolution", within=timedelta(days=1)),
    ),
)


def phases(ticket):
    return {clock.metric: clock.phase for clock in ticket.clocks}


def test_clocks_start_are_answered_and_start_again(world):
    desk = world.open(DeskConfig(sla=(SLA,)))
    first = desk.receive(world.said())
    assert phases(first.ticket) == {Metric.FIRST_REPLY: ClockPhase.RUNNING, Metric.RESOLUTION: ClockPhase.RUNNING}
    assert first.ticket.clocks[0].due_at == world.clock.now() + timedelta(hours=1)
    sent = desk.reply(first.ticket.id, "hello", actor=AGENT)
    assert phases(sent.ticket)[Metric.FIRST_REPLY] is ClockPhase.MET
    world.later(hours=1)
    again = desk.receive(world.said())
    assert phases(again.ticket)[Metric.NEXT_REPLY] is ClockPhase.RUNNING


def test_one_of_ours_who_answers_elsewhere_answers_the_clocks(world):
    desk = world.open(DeskConfig(sla=(SLA,)))
    first = desk.receive(world.said())
    world.later(minutes=5)
    got = desk.receive(world.said("hello", author="elsewhere"))
    assert got.ticket.id == first.ticket.id
    assert phases(got.ticket)[Metric.FIRST_REPLY] is ClockPhase.MET
    assert got.ticket.replied_at == world.clock.now()
    assert got.ticket.waiting_since is None
    assert got.message.direction == "out"


def test_automatic_mail_starts_no_clock(world):
    desk = world.open(DeskConfig(sla=(SLA,)))
    got = desk.receive(world.said("away", automatic=Automatic.REPLY))
    assert got.ticket.clocks == ()
    assert got.ticket.waiting_since is None


def test_warnings_and_breaches_come_with_run_due_each_once(world):
    desk = world.open(DeskConfig(sla=(SLA,)))
    first = desk.receive(world.said())
    report = desk.run_due()
    assert (report.tickets, report.more) == (0, False)
    assert report.next_due_at == world.clock.now() + timedelta(minutes=45)
    world.clock.set(report.next_due_at)
    report = desk.run_due()
    assert report.tickets == 1
    assert report.next_due_at > world.clock.now()
    world.clock.set(report.next_due_at)
    report = desk.run_due()
    assert desk.tickets.get(first.ticket.id).clocks[0].breached_at is not None
    assert desk.run_due().tickets == 0
    kinds = [type(event).__name__ for entry in desk.explain(first.ticket.id) for event in entry.events]
    assert kinds.count("ClockBreached") == 1
    assert kinds.count("ClockWarned") == 1


# Hostile contents


def test_texts_that_no_encoding_can_hold_are_stored(world):
    desk = world.open()
    got = desk.receive(
        world.said("\ud83d broken \0", sender=Sender(external_id="x", name="\udc00", scope="\ud800"), subject="\ud800",
                   provider_id="\ud800", references=("\ud800",), ticket_hint="\ud800", language="\ud800")
    )  # fmt: skip
    assert got.state == "stored"
    assert "\ud83d" not in got.message.text


@pytest.mark.parametrize("order", [2**63, -(2**63) - 1])
def test_numbers_that_no_store_can_hold_are_refused_at_the_edge(world, order):
    with pytest.raises(InvalidInput, match="provider_order"):
        world.said(provider_order=order)


def test_an_empty_message_is_stored(world):
    desk = world.open()
    assert desk.receive(world.said(parts=())).state == "stored"


def test_oversized_bodies_go_to_the_media_store(world):
    desk = world.open()
    text = "好" * 3_500_000
    got = desk.receive(world.said(text))
    (part,) = got.message.parts
    assert len(part.text) == 16_384
    assert part.full.size == len(text.encode())
    with desk._core.media.open(part.full) as stream:
        assert stream.read() == text.encode()


def test_oversized_raw_payloads_do_not_reach_the_rows_of_the_inbox(world, monkeypatch):
    desk = world.open()
    first = desk.receive(world.said())
    desk.customers.block(first.customer.id, actor=AGENT)
    desk.receive(world.said("x" * 10_000_000))
    (item,) = desk.inbox.list().items
    assert len(item.payload) < 200_000


def test_a_busy_store_is_tried_again_and_a_dead_one_is_told(world):
    from csdesk.testing import Fault, FaultyStore

    plan = {"commit": iter([None, Fault.BUSY, Fault.UNKNOWN_DONE])}
    desk = world.open(wrap=lambda store: FaultyStore(store, lambda name: next(plan.get(name, iter(())), None)))
    got = desk.receive(world.said("once"))
    assert (got.state, got.ticket.messages) == ("stored", 1)
    plan["commit"] = iter([Fault.UNKNOWN_UNDONE] * 2)
    assert desk.receive(world.said("twice")).ticket.messages == 2
    plan["commit"] = iter([Fault.BUSY] * 100)
    with pytest.raises(StoreError):
        desk.receive(world.said("never"))
