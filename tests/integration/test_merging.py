"""Unmerging, splitting and unlinking through the desk, over both stores."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from csdesk import (
    Actor,
    Category,
    Denied,
    DeskConfig,
    Evidence,
    IllegalTransition,
    InboundMessage,
    InvalidInput,
    NotFound,
    Received,
    Sender,
    Ticket,
    VersionConflict,
    open_async_desk,
    open_desk,
    render,
)
from csdesk.commands import SplitTicket, UnlinkIdentity, UnmergeCustomers, UnmergeTicket
from csdesk.desk.shell import Desk
from csdesk.domain.core.evolve import fold
from csdesk.domain.records.clocks import ClockPhase, Metric
from csdesk.domain.records.tickets import LinkKind, Role
from csdesk.ports.store import Query, Store
from csdesk.stores.memory import MemoryStore
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import Fault, FaultyStore, FixedClock, ScriptedChannel, SerialIds

LIN = Actor.agent("lin")
TARGETS = [
    {"metric": "first_reply", "within": "1h"},
    {"metric": "next_reply", "within": "1h"},
    {"metric": "resolution", "within": "8h", "pause_on": ["waiting_customer"]},
]
CONFIG = {"sla": [{"name": "std", "targets": TARGETS}]}


class Counter:
    """A desk with a clock, and people who write to it by mail."""

    def __init__(self, store: Store, config: dict[str, object] | None = None) -> None:
        self.store = store
        self.clock = FixedClock()
        self.channel = ScriptedChannel("mail")
        self.desk: Desk = open_desk(
            store,
            config=DeskConfig.model_validate(config or CONFIG),
            channels=[self.channel],
            clock=self.clock,
            ids=SerialIds(),
        )
        self._numbers = itertools.count(1)

    def say(self, who: str, text: str = "hello", **values: object) -> Received:
        number = next(self._numbers)
        self.clock.advance(timedelta(minutes=1))
        given = {"conversation": who, "provider_id": f"<{number}@example.org>", **values}
        sender = Sender(kind="email", external_id=f"{who}@example.org")
        message = InboundMessage(account="mail", dedupe_key=str(number), sender=sender, text=text, **given)
        received = self.desk.receive(message)
        assert received.state == "stored"
        return received

    def ticket(self, who: str) -> Ticket:
        ticket = self.say(who).ticket
        assert ticket is not None
        return ticket

    def get(self, ticket: Ticket) -> Ticket:
        """The ticket, which is what its stream makes of it."""
        found = self.desk.tickets.get(ticket.id)
        entries = self.store.query("main", Query(kind="entry", where=(("subject", ticket.id),), order="position"))
        assert fold(entries.items) == found
        return found


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "desk.db", synchronous="NORMAL")


@pytest.fixture
def at(store: Store) -> Iterator[Counter]:
    counter = Counter(store)
    yield counter
    counter.desk.close()


def without(ticket: Ticket, *names: str) -> dict[str, object]:
    left = {"version", "updated_at", "category", "status", *names}
    return {name: value for name, value in ticket if name not in left}


# Unmerging tickets


def test_an_unmerged_ticket_is_what_it_was(at: Counter) -> None:
    agent = at.desk.agents.add("Lin", queues=["default"])
    ticket, into = at.ticket("a"), at.ticket("b")
    at.desk.tickets.assign(ticket.id, agent.id, actor=LIN)
    at.desk.tickets.tag(ticket.id, "vip", actor=LIN)
    before, survivor = at.get(ticket), at.get(into)
    assert before.category is Category.OPEN
    assert at.desk.agents.get(agent.id).load == 2
    at.desk.tickets.merge(ticket.id, into.id, actor=LIN)
    assert at.desk.agents.get(agent.id).load == 1
    done = at.desk.tickets.unmerge(ticket.id, actor=LIN)
    assert without(done.ticket, "worker", "fence") == without(before, "worker", "fence")
    assert (done.ticket.assignee, done.ticket.worker.fence, done.ticket.fence) == (before.assignee, 2, 2)
    assert (done.ticket.category, done.ticket.status) == (before.category, before.status)
    assert without(done.survivor, "clocks") == without(survivor, "clocks")
    assert done.ticket == at.get(ticket)
    assert done.survivor == at.get(into)
    assert done.stayed == ()
    assert at.desk.agents.get(agent.id).load == 2


def test_messages_after_the_merge_stay_and_new_ones_come_back(at: Counter) -> None:
    ticket, into = at.ticket("a"), at.ticket("b")
    at.desk.tickets.merge(ticket.id, into.id, actor=LIN)
    later = [at.say("a"), at.say("b"), at.say("a")]
    assert {one.ticket.id for one in later if one.ticket} == {into.id}
    done = at.desk.tickets.unmerge(ticket.id, actor=LIN)
    assert done.stayed == (later[0].message_id, later[2].message_id)
    assert done.survivor.messages == 4
    assert done.ticket.messages == 1
    text = render(done.trace, "en")
    assert str(later[0].message_id) in text
    again = at.say("a")
    assert again.ticket is not None
    assert again.ticket.id == ticket.id


def test_clocks_never_stopped(at: Counter) -> None:
    ticket, into = at.ticket("a"), at.ticket("b")
    at.desk.tickets.merge(ticket.id, into.id, actor=LIN)
    assert {clock.phase for clock in at.get(ticket).clocks} == {ClockPhase.CANCELLED}
    at.clock.advance(timedelta(hours=2))
    done = at.desk.tickets.unmerge(ticket.id, actor=LIN)
    first = next(clock for clock in done.ticket.clocks if clock.metric is Metric.FIRST_REPLY)
    assert first.phase is ClockPhase.RUNNING
    assert first.breached_at == ticket.clocks[0].due_at
    events = [
        event.kind for entry in at.desk.tickets.timeline(ticket.id) if entry.entry for event in entry.entry.events
    ]
    assert events.count("sla.breached") == 1


def test_a_waiting_ticket_comes_back_open_with_its_clocks_running(at: Counter) -> None:
    ticket, into = at.ticket("a"), at.ticket("b")
    at.desk.reply(ticket.id, "Which order?", actor=LIN, deliver=False)
    assert at.get(ticket).category is Category.WAITING_CUSTOMER
    at.desk.tickets.merge(ticket.id, into.id, actor=LIN)
    after = at.desk.tickets.unmerge(ticket.id, actor=LIN).ticket
    assert after.category is Category.OPEN
    resolution = next(clock for clock in after.clocks if clock.metric is Metric.RESOLUTION)
    assert resolution.phase is ClockPhase.RUNNING


def test_a_resolved_ticket_comes_back_as_if_reopened(at: Counter) -> None:
    ticket, into = at.ticket("a"), at.ticket("b")
    at.desk.tickets.set_status(ticket.id, "resolved", actor=LIN)
    at.desk.tickets.merge(ticket.id, into.id, actor=LIN)
    after = at.desk.tickets.unmerge(ticket.id, actor=LIN).ticket
    assert (after.category, after.cycle, after.resolved_at, after.closed_at) == (Category.OPEN, 2, None, None)
    resolution = [clock.phase for clock in after.clocks if clock.metric is Metric.RESOLUTION]
    assert resolution[-1] is ClockPhase.RUNNING, "it is to be resolved once more"


def test_a_priority_set_while_merged_reaches_the_clocks(at: Counter) -> None:
    targets = [{"metric": "resolution", "within": "8h", "by_priority": {"urgent": "2h"}}]
    at.desk.config.activate(DeskConfig.model_validate({"sla": [{"name": "std", "targets": targets}]}), actor=LIN)
    ticket, into = at.ticket("a"), at.ticket("b")
    at.desk.tickets.merge(ticket.id, into.id, actor=LIN)
    at.desk.tickets.set_field(ticket.id, "priority", "urgent", actor=LIN)
    after = at.desk.tickets.unmerge(ticket.id, actor=LIN).ticket
    assert after.clocks[0].amount == timedelta(hours=2)


def test_who_has_retired_does_not_get_the_ticket_back(at: Counter) -> None:
    agent = at.desk.agents.add("Lin", queues=["default"])
    ticket, into = at.ticket("a"), at.ticket("b")
    at.desk.tickets.assign(ticket.id, agent.id, actor=LIN)
    at.desk.tickets.merge(ticket.id, into.id, actor=LIN)
    at.desk.agents.change(agent.id, retired=True, actor=LIN)
    after = at.desk.tickets.unmerge(ticket.id, actor=LIN).ticket
    assert after.worker is None
    assert after.owner.id == "default"
    assert at.desk.agents.get(agent.id).load == 1


def test_a_bot_does_not_get_its_ticket_back(store: Store) -> None:
    reception = {"queues": [{"name": "default", "reception": "bot_first", "bot": "echo"}], "bots": [{"name": "echo"}]}
    at = Counter(store, {**CONFIG, **reception})
    a, b = at.ticket("a"), at.ticket("b")
    assert str(at.get(a).worker) == "bot:echo"
    at.desk.tickets.merge(a.id, b.id, actor=LIN)
    at.desk.tickets.unmerge(a.id, actor=LIN)
    assert at.get(a).worker is None
    at.desk.close()


def test_a_chain_comes_apart_where_it_is_cut(at: Counter) -> None:
    a, b, c = at.ticket("a"), at.ticket("b"), at.ticket("c")
    at.desk.tickets.merge(a.id, b.id, actor=LIN)
    between = at.get(b)
    at.desk.tickets.merge(b.id, c.id, actor=LIN)
    assert at.get(c).absorbed == (b.id, a.id)
    done = at.desk.tickets.unmerge(b.id, actor=LIN)
    assert without(done.ticket) == without(between)
    assert done.ticket.absorbed == (a.id,)
    assert at.get(a).merged_into == b.id
    assert [one.identity for one in done.survivor.participants] == [c.identity]
    assert at.say("a").ticket == at.get(b)


def test_what_is_inside_comes_out_alone(at: Counter) -> None:
    a, b, c = at.ticket("a"), at.ticket("b"), at.ticket("c")
    at.desk.tickets.merge(a.id, b.id, actor=LIN)
    at.desk.tickets.merge(b.id, c.id, actor=LIN)
    alone = at.desk.tickets.unmerge(a.id, actor=LIN)
    assert alone.ticket.merged_into is None
    assert alone.survivor.absorbed == (b.id,)
    assert [one.identity for one in alone.survivor.participants] == [c.identity, b.identity]
    assert [one.identity for one in at.get(b).participants] == [b.identity]
    assert at.say("a").ticket == at.get(a)
    # Merged into the survivor by itself, it is no part of what was between any more.
    at.desk.tickets.merge(a.id, c.id, actor=LIN)
    done = at.desk.tickets.unmerge(b.id, actor=LIN)
    assert done.ticket.absorbed == ()
    assert done.survivor.absorbed == (a.id,)
    assert at.get(a).merged_into == c.id


def test_participants_whom_others_brought_too_stay(at: Counter) -> None:
    copied = (Sender(kind="email", external_id="boss@example.org"),)
    a, b, c = (at.say(who, cc=copied if who != "c" else ()).ticket for who in "abc")
    boss = at.desk.customers.find("boss@example.org", kind="email")
    assert boss is not None
    for one in (a, b):
        at.desk.tickets.merge(one.id, c.id, actor=LIN)
    by_hand = at.say("d").ticket
    assert by_hand is not None
    at.desk.tickets.participants(c.id, add=[by_hand.identity], actor=LIN)
    after = at.desk.tickets.unmerge(a.id, actor=LIN).survivor
    wanted = [c.identity, boss.identities[0].id, b.identity, by_hand.identity]
    assert [one.identity for one in after.participants] == wanted
    at.desk.tickets.participants(c.id, add=[b.identity], role=Role.FOLLOWER, actor=LIN)
    at.desk.tickets.participants(c.id, remove=[boss.identities[0].id], actor=LIN)
    last = at.desk.tickets.unmerge(b.id, actor=LIN).survivor
    assert [one.identity for one in last.participants] == [c.identity, by_hand.identity, b.identity]


def test_what_lay_deep_inside_leaves_all_that_held_it(at: Counter) -> None:
    a, b, c, d = (at.ticket(who) for who in "abcd")
    for one, into in ((a, b), (b, c), (c, d)):
        at.desk.tickets.merge(one.id, into.id, actor=LIN)
    at.desk.tickets.unmerge(a.id, actor=LIN)
    assert [{one.identity for one in at.get(ticket).participants} for ticket in (b, c, d)] == [
        {b.identity},
        {b.identity, c.identity},
        {b.identity, c.identity, d.identity},
    ]


def test_each_merge_counts_from_its_own_moment(at: Counter) -> None:
    ticket, into, last = at.ticket("a"), at.ticket("b"), at.ticket("c")
    at.desk.tickets.merge(ticket.id, into.id, actor=LIN)
    closed = at.get(ticket).closed_at
    first = at.say("a").message_id
    assert at.desk.tickets.unmerge(ticket.id, actor=LIN).stayed == (first,)
    at.desk.tickets.merge(ticket.id, into.id, actor=LIN)
    merged = at.get(ticket).closed_at
    assert merged > closed
    second = at.say("a").message_id
    at.desk.tickets.merge(at.ticket("d").id, into.id, actor=LIN)
    assert at.desk.tickets.unmerge(ticket.id, actor=LIN).stayed == (second,), "another merge in between is no matter"
    at.desk.tickets.merge(ticket.id, into.id, actor=LIN)
    merged = at.get(ticket).closed_at
    at.clock.advance(timedelta(hours=1))
    at.desk.tickets.merge(into.id, last.id, actor=LIN)
    assert (at.get(ticket).merged_into, at.get(ticket).closed_at) == (last.id, merged)


def test_a_conversation_that_another_ticket_took_stays_there(at: Counter) -> None:
    ticket, into = at.ticket("a"), at.ticket("b")
    at.desk.tickets.merge(ticket.id, into.id, actor=LIN)
    at.desk.tickets.set_status(into.id, "closed", actor=LIN)
    follow_up = at.say("a").ticket
    assert follow_up is not None
    assert follow_up.id != into.id
    done = at.desk.tickets.unmerge(ticket.id, actor=LIN)
    kept = done.trace.find("unmerge.conversation_kept")
    assert kept is not None
    assert kept.param("ticket") == follow_up.id
    assert at.say("a").ticket == at.get(follow_up)


def test_only_merged_tickets_are_unmerged(at: Counter) -> None:
    ticket = at.ticket("a")
    with pytest.raises(IllegalTransition, match="unmerge"):
        at.desk.tickets.unmerge(ticket.id, actor=LIN)
    with pytest.raises(NotFound):
        at.desk.tickets.unmerge("tkt_00000000000000000000000000", actor=LIN)


def test_a_version_that_has_passed_is_refused_and_a_second_run_tells_the_same(at: Counter) -> None:
    ticket, into = at.ticket("a"), at.ticket("b")
    at.desk.tickets.merge(ticket.id, into.id, actor=LIN)
    at.say("a")
    with pytest.raises(VersionConflict):
        at.desk.tickets.unmerge(ticket.id, actor=LIN, expected_version=1)
    now = at.get(ticket).version
    first = at.desk.tickets.unmerge(ticket.id, actor=LIN, expected_version=now, idempotency_key="once")
    assert len(first.stayed) == 1
    assert at.desk.tickets.unmerge(ticket.id, actor=LIN, idempotency_key="once") == first


def test_who_may_not_changes_nothing_and_the_refusal_is_kept(store: Store) -> None:
    commands = ["unmerge_ticket", "split_ticket", "unmerge_customers", "unlink_identity"]
    config = {**CONFIG, "access": {"grants": [{"commands": commands, "allow": False}]}}
    at = Counter(store, config)
    a, b = at.say("a"), at.say("b")
    second = at.say("a")
    at.desk.tickets.merge(b.ticket.id, a.ticket.id, actor=LIN)
    at.desk.customers.merge(b.customer.id, a.customer.id, actor=LIN)
    at.desk.customers.link(a.customer.id, Sender(kind="phone", external_id="1"), actor=LIN)
    refused = (
        UnmergeTicket(ticket=b.ticket.id, actor=LIN),
        SplitTicket(ticket=a.ticket.id, messages=(second.message_id,), actor=LIN),
        UnmergeCustomers(customer=b.customer.id, actor=LIN),
        UnlinkIdentity(identity=a.ticket.identity, actor=LIN),
    )
    for command in refused:
        with pytest.raises(Denied):
            at.desk.execute(command)
    entries = store.query("main", Query(kind="entry", where=(("subject", "desk"),), order="position")).items
    told = [event for entry in entries for event in entry.events if event.kind == "access.denied"]
    assert [event.command for event in told] == commands
    assert [event.subject for event in told] == [b.ticket.id, a.ticket.id, b.customer.id, a.ticket.identity]
    assert at.get(b.ticket).merged_into == a.ticket.id


def test_a_commit_of_unknown_outcome_is_told_by_its_claim() -> None:
    faults: list[Fault | None] = []
    store = FaultyStore(MemoryStore(), lambda name: faults.pop() if name == "commit" and faults else None)
    at = Counter(store)
    ticket, into = at.ticket("a"), at.ticket("b")
    at.desk.tickets.merge(ticket.id, into.id, actor=LIN)
    stays = at.say("a").message_id
    faults[:] = [Fault.UNKNOWN_DONE]
    done = at.desk.tickets.unmerge(ticket.id, actor=LIN)
    assert done.stayed == (stays,)
    more = at.say("a").message_id
    faults[:] = [Fault.UNKNOWN_DONE]
    new = at.desk.tickets.split(ticket.id, [more], actor=LIN)
    assert (new.messages, at.get(ticket).messages) == (1, 1)


# Splitting


def test_a_split_moves_messages_with_what_they_mean(at: Counter) -> None:
    ticket = at.ticket("a")
    at.desk.reply(ticket.id, "Yes?", actor=LIN, deliver=False)
    other, third = at.say("a", "And my refund?", subject="Refund"), at.say("a", "Thanks")
    new = at.desk.tickets.split(ticket.id, [other.message.id], actor=LIN)
    old = at.get(ticket)
    assert at.get(new) == new
    assert [(one.kind, one.ticket) for one in new.links] == [(LinkKind.SPLIT_FROM, ticket.id)]
    assert (new.subject, new.identity, new.category) == ("Refund", ticket.identity, Category.NEW)
    assert [(one.identity, one.role) for one in new.participants] == [(ticket.identity, Role.REQUESTER)]
    assert (new.messages, new.last_message) == (1, other.message.id)
    assert new.customer_at == new.waiting_since == other.message.occurred_at
    assert {clock.metric: clock.started_at for clock in new.clocks} == {
        Metric.FIRST_REPLY: other.message.occurred_at,
        Metric.RESOLUTION: other.message.occurred_at,
    }
    assert (old.messages, old.last_message, old.waiting_since) == (3, third.message.id, third.message.occurred_at)
    awaited = [clock for clock in old.clocks if clock.metric is Metric.NEXT_REPLY]
    assert [(one.phase, one.started_at) for one in awaited] == [(ClockPhase.RUNNING, third.message.occurred_at)]
    moved = [one.message for one in at.desk.tickets.timeline(new.id) if one.message]
    assert [(one.id, one.ticket, one.version) for one in moved] == [(other.message.id, new.id, 2)]


def test_a_note_moves_too(at: Counter) -> None:
    ticket = at.ticket("a")
    moved = at.say("a", "And my refund?")
    note = at.desk.note(ticket.id, "look here", actor=LIN)
    new = at.desk.tickets.split(ticket.id, [moved.message.id, note.id], actor=LIN)
    assert (new.messages, new.category) == (2, Category.NEW)
    assert [one.identity for one in new.participants] == [ticket.identity]
    assert at.get(ticket).messages == 1


def test_conversations_stay_and_answers_to_a_moved_mail_follow_it(at: Counter) -> None:
    ticket = at.ticket("a")
    moved = at.say("a")
    new = at.desk.tickets.split(ticket.id, [moved.message.id], actor=LIN)
    assert at.say("a").ticket == at.get(ticket)
    assert at.say("a", references=(moved.message.provider_id,)).ticket == at.get(new)


def test_a_question_with_its_answer_makes_a_ticket_that_waits(at: Counter) -> None:
    ticket = at.ticket("a")
    asked = at.say("a", "Where is it?")
    answer = at.desk.reply(ticket.id, "On its way", actor=LIN, deliver=False)
    new = at.desk.tickets.split(ticket.id, [answer.message.id, asked.message.id], subject="Parcel", actor=LIN)
    assert (new.subject, new.category, new.waiting_since) == ("Parcel", Category.WAITING_CUSTOMER, None)
    first = next(clock for clock in new.clocks if clock.metric is Metric.FIRST_REPLY)
    assert (first.phase, first.met_at) == (ClockPhase.MET, answer.message.occurred_at)
    # The original was never answered, now that its answer is gone.
    old = at.get(ticket)
    assert (old.replied_at, old.waiting_since) == (None, ticket.waiting_since)
    # A moved reply is still sent, from the ticket that has it now.
    assert at.desk.run_due().sent == 1
    assert [(one.key, one.subject) for one in at.channel.sent] == [(answer.message.id, "Parcel")]


def test_a_ticket_of_whom_nothing_is_asked_any_more_waits_for_no_reply(at: Counter) -> None:
    ticket = at.ticket("a")
    at.desk.note(ticket.id, "look", actor=LIN)
    at.desk.tickets.split(ticket.id, [ticket.last_message], actor=LIN)
    old = at.get(ticket)
    assert (old.messages, old.waiting_since, old.customer_at) == (1, None, None)
    first = next(clock for clock in old.clocks if clock.metric is Metric.FIRST_REPLY)
    assert first.phase is ClockPhase.CANCELLED


def test_overdue_promises_are_breached_at_their_instant_on_the_new_side(at: Counter) -> None:
    ticket = at.ticket("a")
    moved = at.say("a")
    at.clock.advance(timedelta(hours=3))
    new = at.desk.tickets.split(ticket.id, [moved.message.id], actor=LIN)
    first = next(clock for clock in new.clocks if clock.metric is Metric.FIRST_REPLY)
    assert first.breached_at == moved.message.occurred_at + timedelta(hours=1)


def test_the_requester_is_who_asked_what_is_moved(at: Counter) -> None:
    boss = Sender(kind="email", external_id="b@example.org")
    ticket = at.say("a", cc=(boss,)).ticket
    theirs = at.say("b", conversation="a")
    assert theirs.message.ticket == ticket.id
    mine = at.say("a")
    new = at.desk.tickets.split(ticket.id, [mine.message.id, theirs.message.id], actor=LIN)
    roles = [(one.identity, one.role) for one in new.participants]
    assert roles == [(theirs.message.identity, Role.REQUESTER), (ticket.identity, Role.CC)]
    assert new.identity == theirs.message.identity


def test_a_split_of_what_was_answered_leaves_the_clock_of_what_was_not(at: Counter) -> None:
    answered = at.say("a")
    assert answered.ticket is not None
    at.desk.reply(answered.ticket.id, "yes", actor=LIN)
    at.say("a", "and now?")
    before = at.get(answered.ticket)
    at.clock.advance(timedelta(minutes=5))
    at.desk.tickets.split(before.id, [answered.message.id], actor=LIN)
    after = at.get(before)
    assert after.waiting_since == before.waiting_since
    assert [one for one in after.clocks if one.metric is Metric.NEXT_REPLY] == [
        one for one in before.clocks if one.metric is Metric.NEXT_REPLY
    ]


def test_bad_splits_are_refused_in_words(at: Counter) -> None:
    a, b = at.ticket("a"), at.ticket("b")
    with pytest.raises(InvalidInput, match=r"SplitTicket\.messages"):
        at.desk.tickets.split(a.id, [], actor=LIN)
    with pytest.raises(NotFound, match="msg_"):
        at.desk.tickets.split(a.id, ["msg_00000000000000000000000000"], actor=LIN)
    with pytest.raises(InvalidInput, match="another ticket"):
        at.desk.tickets.split(a.id, [b.last_message], actor=LIN)
    with pytest.raises(InvalidInput, match="leave at least one"):
        at.desk.tickets.split(a.id, [a.last_message, a.last_message], actor=LIN)
    at.desk.tickets.merge(a.id, b.id, actor=LIN)
    with pytest.raises(IllegalTransition, match="split_ticket"):
        at.desk.tickets.split(a.id, [a.last_message], actor=LIN)
    with pytest.raises(NotFound):
        at.desk.tickets.split("tkt_00000000000000000000000000", [a.last_message], actor=LIN)


def test_a_split_happens_once_under_its_key(at: Counter) -> None:
    ticket = at.ticket("a")
    moved = at.say("a").message_id
    first = at.desk.tickets.split(ticket.id, [moved], actor=LIN, idempotency_key="once")
    assert at.desk.tickets.split(ticket.id, [moved], actor=LIN, idempotency_key="once") == first
    with pytest.raises(VersionConflict):
        at.desk.tickets.split(ticket.id, [ticket.last_message], actor=LIN, expected_version=1)


def test_a_split_ticket_can_be_split_and_merged_back(at: Counter) -> None:
    ticket = at.ticket("a")
    moved = [at.say("a").message_id for _ in range(3)]
    new = at.desk.tickets.split(ticket.id, moved, actor=LIN)
    newer = at.desk.tickets.split(new.id, moved[:1], actor=LIN)
    assert [at.get(one).messages for one in (ticket, new, newer)] == [1, 2, 1]
    at.desk.tickets.merge(newer.id, ticket.id, actor=LIN)
    done = at.desk.tickets.unmerge(newer.id, actor=LIN)
    assert without(done.ticket) == without(newer)
    assert done.stayed == ()
    assert at.say("a").ticket == at.get(ticket)


# Customers


def test_an_unmerged_customer_has_its_own_again(at: Counter) -> None:
    a, b = at.say("a"), at.say("b")
    at.desk.customers.tag(a.customer.id, "vip", actor=LIN)
    before = at.desk.customers.get(a.customer.id)
    at.desk.customers.merge(a.customer.id, b.customer.id, actor=LIN)
    at.say("a")
    at.desk.customers.tag(b.customer.id, "late", actor=LIN)
    at.desk.customers.set_profile(b.customer.id, name="Bo", level="gold", attributes={"size": "L"}, actor=LIN)
    at.desk.customers.block(b.customer.id, actor=LIN)
    at.desk.customers.link(b.customer.id, Sender(kind="phone", external_id="1"), actor=LIN)
    done = at.desk.customers.unmerge(a.customer.id, actor=LIN, idempotency_key="once")
    own = {name: value for name, value in before if name != "version"}
    assert {name: value for name, value in done.customer if name != "version"} == own
    assert (done.attributes, done.tags, done.fields) == (("size",), ("late",), ("name", "level", "block"))
    assert done.identities == (done.survivor.identities[-1].id,)
    assert done.survivor.members == ()
    assert at.desk.customers.of(a.ticket.identity) == done.customer
    assert len(at.desk.customers.timeline(a.customer.id).items) == 2
    assert len(at.desk.customers.timeline(b.customer.id).items) == 1
    assert at.desk.customers.unmerge(a.customer.id, actor=LIN, idempotency_key="once") == done
    with pytest.raises(InvalidInput, match="not merged"):
        at.desk.customers.unmerge(a.customer.id, actor=LIN)


def test_chains_of_customers_come_apart_too(at: Counter) -> None:
    a, b, c = (one.customer for one in (at.say("a"), at.say("b"), at.say("c")))
    at.desk.customers.merge(a.id, b.id, actor=LIN, evidence=Evidence.VERIFIED)
    at.desk.customers.merge(b.id, c.id, actor=LIN)
    done = at.desk.customers.unmerge(b.id, actor=LIN)
    assert done.customer.members == (a.id,)
    assert done.survivor.members == ()
    assert at.desk.customers.get(a.id).id == b.id
    at.desk.customers.merge(b.id, c.id, actor=LIN)
    alone = at.desk.customers.unmerge(a.id, actor=LIN)
    assert alone.survivor.members == (b.id,)
    at.desk.customers.merge(a.id, c.id, actor=LIN)
    assert at.desk.customers.unmerge(b.id, actor=LIN).customer.members == ()
    assert at.desk.customers.get(a.id).id == c.id


def test_an_unlinked_identity_takes_its_tickets_along(at: Counter) -> None:
    a = at.say("a")
    at.desk.customers.link(a.customer.id, Sender(kind="email", external_id="b@example.org"), actor=LIN)
    theirs = at.say("b")
    assert theirs.customer.id == a.customer.id
    identity = theirs.ticket.identity
    after = at.desk.customers.unlink(identity, actor=LIN, evidence=Evidence.VERIFIED, idempotency_key="once")
    assert after.id != a.customer.id
    (moved,) = after.identities
    assert (moved.id, moved.external_id, moved.evidence) == (identity, "b@example.org", Evidence.VERIFIED)
    assert moved.origin == a.customer.id
    assert at.desk.customers.of(identity) == after
    assert at.desk.customers.find("b@example.org", kind="email") == after
    assert [one.id for one in at.desk.customers.brief(after.id).open_tickets] == [theirs.ticket.id]
    assert len(at.desk.customers.get(a.customer.id).identities) == 1
    again = at.say("b")
    assert again.customer.id == after.id
    assert at.desk.customers.unlink(identity, actor=LIN, idempotency_key="once") == after


def test_an_identity_goes_back_to_where_it_came_from(at: Counter) -> None:
    a = at.say("a").customer
    at.desk.customers.link(a.id, Sender(kind="phone", external_id="1"), actor=LIN)
    identity = at.desk.customers.get(a.id).identities[-1].id
    fresh = at.desk.customers.unlink(identity, actor=LIN)
    with pytest.raises(InvalidInput, match="only one"):
        at.desk.customers.unlink(identity, actor=LIN)
    at.desk.customers.link(fresh.id, Sender(kind="phone", external_id="2"), actor=LIN)
    with pytest.raises(VersionConflict):
        at.desk.customers.unlink(identity, actor=LIN, expected_version=1)
    home = at.desk.customers.unlink(identity, actor=LIN, expected_version=2)
    assert home.id == a.id
    back = home.identity(identity)
    assert back is not None
    assert back.origin is None
    with pytest.raises(NotFound, match="identity"):
        at.desk.customers.unlink("idn_00000000000000000000000000", actor=LIN)


# The other shell


def test_the_async_desk_does_the_same() -> None:
    async def run() -> None:
        desk = await open_async_desk("memory://", clock=FixedClock(), ids=SerialIds())
        sender = [Sender(kind="email", external_id=f"{who}@example.org") for who in "ab"]
        got = [
            await desk.receive(
                InboundMessage(
                    account="mail", dedupe_key=str(n), conversation=str(n % 2), sender=sender[n % 2], text="x"
                )
            )
            for n in range(4)
        ]
        a, b = got[0], got[1]
        await desk.tickets.merge(a.ticket.id, b.ticket.id, actor=LIN)
        assert (await desk.tickets.unmerge(a.ticket.id, actor=LIN)).ticket.category is Category.OPEN
        new = await desk.tickets.split(a.ticket.id, [got[2].message_id], actor=LIN)
        assert new.messages == 1
        await desk.customers.merge(a.customer.id, b.customer.id, actor=LIN)
        assert (await desk.customers.unmerge(a.customer.id, actor=LIN)).survivor.members == ()
        await desk.customers.link(a.customer.id, Sender(kind="phone", external_id="1"), actor=LIN)
        assert (await desk.customers.unlink(a.ticket.identity, actor=LIN)).id != a.customer.id
        await desk.aclose()

    asyncio.run(run())


def test_a_message_that_comes_in_between_makes_the_command_start_again() -> None:
    """The streams are read before the last load: what arrives between them is seen at the next attempt."""
    inner = MemoryStore()
    arrivals: list[str] = []

    def plan(name: str) -> None:
        if name == "query":
            reading.append(name)
        elif name == "load" and reading and arrivals:
            arrived.append(other.say(arrivals.pop()).message_id)

    reading: list[str] = []
    arrived: list[str] = []
    at, other = Counter(FaultyStore(inner, plan)), Counter(inner)
    other.desk._core.ids = SerialIds(1000)
    other._numbers = itertools.count(100)
    ticket, into = at.ticket("a"), at.ticket("b")
    at.desk.tickets.merge(ticket.id, into.id, actor=LIN)
    arrivals.append("a")
    reading.clear()
    done = at.desk.tickets.unmerge(ticket.id, actor=LIN)
    assert not arrivals
    assert len(done.stayed) == 1
    assert done.survivor.messages == 2
    moved = at.say("a").message_id
    arrivals.append("a")
    reading.clear()
    new = at.desk.tickets.split(ticket.id, [moved], actor=LIN)
    assert not arrivals
    assert (new.messages, at.get(ticket).messages, at.get(ticket).last_message) == (1, 2, arrived[-1])
