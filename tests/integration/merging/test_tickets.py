"""Tickets that were merged come apart again."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import pytest
from tests.integration.merging.conftest import CONFIG, LIN, Counter, without

from csdesk import (
    Category,
    Denied,
    DeskConfig,
    IllegalTransition,
    InboundMessage,
    NotFound,
    Sender,
    VersionConflict,
    open_async_desk,
    render,
)
from csdesk.commands import SplitTicket, UnlinkIdentity, UnmergeCustomers, UnmergeTicket
from csdesk.domain.records.clocks import ClockPhase, Metric
from csdesk.domain.records.tickets import Role
from csdesk.ports.store import Query, Store
from csdesk.stores.memory import MemoryStore
from csdesk.testing import Fault, FaultyStore, FixedClock, SerialIds

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
    assert at.desk.tickets.unmerge(ticket.id, actor=LIN).stayed == (second,)
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
