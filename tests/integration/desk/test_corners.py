"""What happens seldom: limits, races, deferred messages of a batch, several workers at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from csdesk import Actor, DeskConfig, Sender
from csdesk import commands as cmd
from csdesk.domain.policy.config import AccountPolicy, QueuePolicy, SlaPolicy, TargetPolicy, TypePolicy
from csdesk.domain.records.channels import EchoEvent, PullHint, RawRequest, ReactionEvent, Receipt
from csdesk.domain.records.messages import Delivery, HtmlPart, TextPart
from csdesk.domain.records.queues import InboxState
from csdesk.domain.records.tickets import Category
from csdesk.errors import InvalidInput, NotFound, StoreDamaged
from csdesk.flows.outbound.sending import MOST_AHEAD
from csdesk.ports.store import Page, Query
from csdesk.testing import CountingStore, FixedClock, ScriptedChannel

AGENT = Actor.agent("agt_1")


class Ticking(FixedClock):
    """A clock that moves by a second each time it is asked."""

    def now(self):
        self.advance(timedelta(seconds=1))
        return super().now()


def test_the_same_key_for_another_command_or_record_is_another_run(world):
    desk = world.open()
    one, two = (desk.receive(world.said(by=by)).ticket for by in "ab")
    first = desk.note(one.id, "one", actor=AGENT, idempotency_key="k")
    second = desk.note(two.id, "two", actor=AGENT, idempotency_key="k")
    assert (first.ticket, second.ticket) == (one.id, two.id)
    assert desk.tickets.tag(one.id, "x", actor=AGENT, idempotency_key="k").has_tag("x")
    done = desk.execute(cmd.AddNote(ticket=one.id, parts=(TextPart(text="z"),), actor=AGENT, idempotency_key="k"))
    assert (done.duplicate, done.message.id) == (True, first.id)


def test_only_so_many_ahead_of_a_reply_are_sent_on_its_way(world):
    channel = ScriptedChannel("web")
    desk = world.open(channels=[channel])
    ticket = desk.receive(world.said()).ticket
    for number in range(MOST_AHEAD):
        desk.reply(ticket.id, str(number), actor=AGENT, deliver=False)
    assert desk.reply(ticket.id, "last", actor=AGENT).delivery is Delivery.PENDING
    assert channel.texts == [str(number) for number in range(MOST_AHEAD)]
    assert desk.run_due().sent == 1


def test_run_due_stops_in_time_whatever_it_is_doing(world):
    channels = [ScriptedChannel(name) for name in ("web", "other")]
    sla = SlaPolicy(name="all", targets=(TargetPolicy(metric="first_reply", within=timedelta(hours=1)),))
    desk = world.open(
        DeskConfig(queues=(QueuePolicy(name="default"), QueuePolicy(name="vip")), sla=(sla,)), channels=channels
    )
    for number in range(6):
        got = desk.receive(world.said(by=str(number)))
        desk.reply(got.ticket.id, "x", actor=AGENT, deliver=False)
        desk.receive(world.said(by=f"new {number}"))
    for channel in channels:
        desk.handle(channel.account, channel.report(pulls=[PullHint(account=channel.account)]))
    world.later(hours=2)
    done = {"tickets": 0, "sent": 0, "pulled": 0}
    desk._core.clock = clock = Ticking(world.clock.now())
    rounds = 0
    while True:
        report = desk.run_due(max_time=timedelta(seconds=45))
        rounds += 1
        done = {name: done[name] + getattr(report, name) for name in done}
        if not report.more:
            break
        assert rounds < 200
        clock.advance(timedelta(minutes=2))
    assert rounds > 2
    assert (done["tickets"], done["sent"]) == (6, 6)
    assert all(channel.pulled for channel in channels)


def test_two_workers_share_the_work(world):
    channel = ScriptedChannel("web")
    desks = [world.open(channels=[channel]) for _ in range(2)]
    agent = desks[0].agents.add("One", queues=("default",), capacity=4)
    for number in range(8):
        got = desks[0].receive(world.said(by=str(number)))
        desks[0].reply(got.ticket.id, str(number), actor=Actor.agent(agent.id), deliver=False)
        desks[0].tickets.assign(got.ticket.id, None, actor=AGENT)
        desks[0].receive(world.said(by=str(number)))
        desks[0].tickets.assign(got.ticket.id, None, actor=AGENT)
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda desk: desk.run_due(), desks))
    assert sum(one.sent for one in reports) == 8
    assert sorted(channel.texts) == [str(number) for number in range(8)]
    assert sum(one.assigned for one in reports) == 4
    assert desks[0].agents.get(agent.id).load == 4


def test_a_waiting_ticket_that_somebody_takes_meanwhile(world):
    desk = world.open()
    ticket = desk.receive(world.said()).ticket
    taken = []

    class Between(CountingStore):
        def query(self, name, query):
            page = super().query(name, query)
            if query.kind == "ticket" and not taken:
                taken.append(desk.tickets.assign(ticket.id, by_hand.id, actor=AGENT))
            return page

    by_hand = desk.agents.add("Hand", queues=())
    desk.agents.add("One", queues=("default",))
    assert world.open(wrap=Between).run_due().assigned == 0
    assert desk.tickets.get(ticket.id).assignee == by_hand.id


def test_a_batch_through_a_merged_ticket_keeps_every_message(world):
    desk = world.open()

    def mail(by, **given):
        return world.said(sender=Sender(kind="email", external_id=by), **given)

    first = desk.receive(mail("ann@x", conversation="one", provider_id="<m1@x>"))
    second = desk.receive(mail("ann@x", conversation="two"))
    desk.tickets.merge(first.ticket.id, second.ticket.id, actor=AGENT)
    got = desk.receive_many(
        [
            mail("ann@x", conversation="two"),
            mail("ann@x", conversation="new", references=("<m1@x>",)),
            mail("ann@x", conversation="newer", ticket_hint=first.ticket.id),
        ]
    )
    assert {one.ticket.id for one in got} == {second.ticket.id}
    assert desk.tickets.get(second.ticket.id).messages == 4
    assert all(one.message is not None for one in got)


def test_a_replay_after_a_merge_leads_to_the_survivor(world):
    desk = world.open()
    message = world.said(conversation="one")
    first, second = desk.receive(message), desk.receive(world.said(conversation="two"))
    desk.tickets.merge(first.ticket.id, second.ticket.id, actor=AGENT)
    again = desk.receive(message)
    assert (again.message.ticket, again.ticket.id) == (first.ticket.id, second.ticket.id)


def test_identities_lead_to_customers(world):
    desk = world.open()
    ann, bob = (desk.receive(world.said(by=by)).customer for by in ("ann", "bob"))
    assert desk.customers.of(ann.identities[0].id).id == ann.id
    desk.customers.merge(ann.id, bob.id, actor=AGENT)
    assert desk.customers.of(ann.identities[0].id).id == bob.id
    assert desk.customers.find("nobody") is None


def test_a_timeline_longer_than_a_page(world):
    desk = world.open()
    got = desk.receive_many([world.said(str(number)) for number in range(520)])
    timeline = desk.tickets.timeline(got[0].ticket.id)
    assert [item.message.text for item in timeline if item.message] == [str(number) for number in range(520)]


def test_large_html_and_raw_payloads_go_to_the_media_store(world):
    desk = world.open()
    got = desk.receive(world.said(parts=(HtmlPart(html="<b>" * 40_000), TextPart(text="small")), raw=b"\xff" * 200_000))
    html, text = got.message.parts
    assert (len(html.html), html.full.size, text.full) == (16_384, 120_000, None)


def test_a_type_set_later_leaves_queue_and_priority(world):
    config = DeskConfig(
        queues=(QueuePolicy(name="default"), QueuePolicy(name="vip")),
        types=(TypePolicy(name="order", queue="vip"),),
        rules=({"name": "r", "when": {"field": "message.text", "op": "contains", "value": "order"},
                "then": [{"do": "set_type", "type": "order"}]},),
    )  # fmt: skip
    desk = world.open(config)
    desk.receive(world.said())
    got = desk.receive(world.said("order"))
    assert (got.ticket.type, got.ticket.queue) == ("order", "default")


def test_an_answer_of_a_person_silences_the_machine_for_what_was_said_before(world):
    config = DeskConfig(
        queues=(QueuePolicy(name="default", auto_reply=True),), accounts=(AccountPolicy(name="web", auto_reply=True),)
    )
    desk = world.open(config)
    desk.replies.add("Hours", "Nine.", questions=("opening hours", "when do you open"), auto_reply=True)
    early = world.clock.now()
    got = desk.receive(world.said("hello"))
    world.later(minutes=5)
    desk.reply(got.ticket.id, "hello", actor=AGENT)
    late = desk.receive(world.said("opening hours", sent_at=early))
    assert late.trace.find("reply.skipped").param("reason") == "answered"
    assert desk.receive(world.said("opening hours", sent_at=world.clock.now())).reply is None
    world.later(seconds=1)
    assert desk.receive(world.said("opening hours")).reply.action == "auto_reply"


def test_reports_that_need_nothing_done(world):
    channel = ScriptedChannel("web")
    desk = world.open(channels=[channel])
    ann = Sender(external_id="ann")
    reaction = ReactionEvent(account="web", dedupe_key="r", provider_id="p", sender=ann, sign="+")
    echo = EchoEvent(account="web", dedupe_key="e", conversation="ann", to=ann, parts=(TextPart(text="hi"),))
    channel.report(reaction, echo)
    desk.handle("web", RawRequest(method="POST", url="/", received_at=world.clock.now()))
    (ticket,) = desk.tickets.list().items
    assert ticket.messages == 1


def test_a_provider_that_names_no_id(world):
    channel = ScriptedChannel("web")
    desk = world.open(channels=[channel])
    channel.answer(Receipt())
    sent = desk.reply(desk.receive(world.said()).ticket.id, "x", actor=AGENT)
    assert (sent.delivery, sent.message.provider_id) == (Delivery.SENT, "")


def test_a_configuration_that_is_gone_from_the_store(world):
    class Without(CountingStore):
        def query(self, name, query):
            return Page(()) if query.kind == "config" else super().query(name, query)

    world.open()
    with pytest.raises(StoreDamaged):
        world.open(wrap=Without).tickets.list()
    world.open().tickets.list()


def test_claims_expire_and_are_reported(world):
    desk = world.open()
    message = world.said()
    first = desk.receive(message)
    world.later(days=91)
    while (report := desk.run_due()).more:
        pass
    assert report.expired >= 1
    again = desk.receive(message)
    assert (again.state, again.ticket.id) == ("stored", first.ticket.id)


def test_nothing_waits_in_the_inbox_of_a_quiet_desk(world):
    desk = world.open()
    assert [desk.inbox.list(state=state).items for state in InboxState] == [()] * 5
    assert desk.tickets.count(category=Category.NEW) == 0
    assert desk._store.query(desk.name, Query(kind="outbox")).items == ()


def test_ids_that_no_store_can_hold_are_told_without_the_text(world):
    desk = world.open()
    for call in (
        lambda: desk.tickets.get("secret\ud800"),
        lambda: desk.customers.get("secret\ud800"),
        lambda: desk.explain("secret\ud800"),
        lambda: desk.receive(world.said(parts=(TextPart(text="x", more="secret\ud800"),))) if world.kind == "sqlite"
        else desk.explain("none"),
    ):  # fmt: skip
        with pytest.raises((InvalidInput, NotFound)) as caught:
            call()
        if isinstance(caught.value, InvalidInput):
            assert "secret" not in str(caught.value)
            assert caught.value.__cause__ is None


def test_a_round_without_end_in_sight(world):
    with pytest.raises(InvalidInput, match="max_time"):
        world.open().run_due(max_time=timedelta.max)
