"""An account sends no faster than it may, and rests when its provider is down; what waits for a channel says so."""

from datetime import timedelta

import pytest

from csdesk import Actor, DeskConfig, Sender, render
from csdesk.domain.core.conversation.pacing import IN_A_ROW
from csdesk.domain.policy.sections.service import AccountPolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records.messages import Delivery
from csdesk.domain.records.queues import OutboxState
from csdesk.errors import ChannelError
from csdesk.ports.channel import Capabilities, ConversationRate, Rate, Receipt, SessionEvent
from csdesk.ports.store import Query
from csdesk.testing import CountingStore, ScriptedChannel

AGENT = Actor.agent("agt_1")
DOWN = ChannelError("web", "down", disposition="retry", provider_code="down")
SLOW = Capabilities(rate=Rate(amount=60, per=timedelta(minutes=1), burst=2))


def events_of(desk, *kinds):
    return [one for entry in entries(desk, ev.DESK) for one in entry.events if isinstance(one, kinds)]


def entries(desk, subject):
    query = Query(kind="entry", where=(("subject", subject),), order="position", limit=1000)
    return desk._store.query(desk.name, query).items


def tickets_of(desk, world, count):
    return [desk.receive(world.said("hi", by=f"c{number}")).ticket for number in range(count)]


def test_two_processes_share_the_rate_of_an_account(world):
    channels = [ScriptedChannel("web", capabilities=SLOW) for _ in range(2)]
    one, other = (world.open(channels=[channel]) for channel in channels)
    tickets = tickets_of(one, world, 4)
    got = [
        desk.reply(ticket.id, "x", actor=AGENT).delivery for desk, ticket in zip((one, other) * 2, tickets, strict=True)
    ]
    assert got == [Delivery.SENT, Delivery.SENT, Delivery.PENDING, Delivery.PENDING]
    assert {(item.reason, item.attempts) for item in one.outbox.list().items} == {("throttled", 0)}
    report = one.run_due()
    assert (report.sent, report.more) == (0, False)
    assert report.next_due_at == world.clock.now() + timedelta(seconds=1)
    world.later(seconds=1)
    assert one.run_due().sent + other.run_due().sent == 1
    world.later(seconds=1)
    assert one.run_due().sent + other.run_due().sent == 1
    assert [len(channel.sent) for channel in channels] != [0, 0]
    assert one.outbox.list().items == ()


def test_messages_of_one_conversation_stay_in_order_when_they_are_throttled(world):
    channel = ScriptedChannel("web", capabilities=SLOW)
    desk = world.open(channels=[channel])
    (ticket,) = tickets_of(desk, world, 1)
    for number in range(5):
        desk.reply(ticket.id, str(number), actor=AGENT)
    for _ in range(6):
        world.later(seconds=1)
        desk.run_due()
    assert channel.texts == ["0", "1", "2", "3", "4"]


def test_an_account_that_fails_rests_and_tells_once(world):
    channel = ScriptedChannel("web")
    desk = world.open(channels=[channel])
    tickets = tickets_of(desk, world, 12)
    channel.answer(*[DOWN] * (IN_A_ROW + 1))
    for ticket in tickets:
        desk.reply(ticket.id, "x", actor=AGENT)
    assert len(channel.sent) == IN_A_ROW, "seven were spared"
    (paused,) = events_of(desk, ev.AccountPaused)
    assert (paused.account, paused.reason) == ("web", "down")
    for _ in range(10):
        desk.run_due()
    assert len(channel.sent) == IN_A_ROW
    world.later(minutes=1)
    desk.run_due()
    desk.run_due()
    assert len(channel.sent) == IN_A_ROW + 1, "one tries, the others wait for what comes of it"
    world.later(minutes=2)
    for _ in range(3):
        desk.run_due()
        world.later(hours=2)
    assert desk.outbox.list().items == ()
    assert len(events_of(desk, ev.AccountPaused)) == 1
    (resumed,) = events_of(desk, ev.AccountResumed)
    assert resumed.account == "web"


def test_a_refused_recipient_is_no_failure_of_the_account(world):
    channel = ScriptedChannel("web")
    desk = world.open(channels=[channel])
    tickets = tickets_of(desk, world, 8)
    channel.answer(*[ChannelError("web", "full", disposition="retry", alone=True)] * 8)
    for ticket in tickets:
        desk.reply(ticket.id, "x", actor=AGENT)
    assert len(channel.sent) == 8
    assert events_of(desk, ev.AccountPaused) == []


def test_a_success_ends_the_row(world):
    channel = ScriptedChannel("web")
    desk = world.open(channels=[channel])
    tickets = tickets_of(desk, world, 9)
    channel.answer(*[DOWN] * (IN_A_ROW - 1), Receipt(), *[DOWN] * (IN_A_ROW - 1))
    for ticket in tickets:
        desk.reply(ticket.id, "x", actor=AGENT)
    assert len(channel.sent) == 9
    assert events_of(desk, ev.AccountPaused) == []


def test_an_ordinary_account_pays_nothing_for_it(world):
    counting = []

    def wrap(store):
        counting.append(CountingStore(store))
        return counting[-1]

    desk = world.open(channels=[ScriptedChannel("web")], wrap=wrap)
    (ticket,) = tickets_of(desk, world, 1)
    counting[0].reset()
    assert desk.reply(ticket.id, "x", actor=AGENT).delivery is Delivery.SENT
    assert counting[0].commits == 2, "the reply, and what became of it"


@pytest.mark.parametrize("deliver", [True, False])
def test_a_reply_without_a_channel_says_what_it_waits_for(world, deliver):
    bare = world.open()
    ticket = bare.receive(world.said("hi")).ticket
    sent = bare.reply(ticket.id, "x", actor=AGENT, deliver=deliver)
    assert sent.delivery is Delivery.PENDING
    assert sent.trace.find("send.no_channel").params == (("account", "web"),)
    assert "no channel for account web" in render(sent.trace, "en")
    (item,) = bare.outbox.list().items
    assert (item.state, item.reason, item.needs) == (OutboxState.PENDING, "no_channel", "channel")
    able = world.open(channels=[ScriptedChannel("web")])
    (item,) = able.outbox.list().items
    assert (item.reason, item.needs) == ("", "")
    assert able.run_due().sent == 1


def test_one_conversation_waits_and_the_others_do_not(world):
    each = ConversationRate(rate=Rate(amount=1, per=timedelta(seconds=10)), begins="c0")
    channel = ScriptedChannel("web", capabilities=Capabilities(conversation_rates=(each,)))
    desk = world.open(channels=[channel])
    slow, quick = tickets_of(desk, world, 2)
    got = [desk.reply(one.id, text, actor=AGENT).delivery for text in ("1", "2", "3") for one in (slow, quick)]
    assert got.count(Delivery.SENT) == 4
    assert channel.texts == ["1", "1", "2", "3"]
    assert {item.reason for item in desk.outbox.list().items} <= {"throttled", ""}
    assert desk.run_due().sent == 0
    for _ in range(2):
        world.later(seconds=10)
        assert desk.run_due().sent == 1
    assert channel.texts == ["1", "1", "2", "3", "2", "3"]


@pytest.mark.parametrize("whose", ["conversation", "account"])
def test_a_round_goes_on_past_a_conversation_that_waits_and_ends_with_an_account_that_does(world, whose):
    rate = Rate(amount=1, per=timedelta(seconds=10))
    able = {"rate": rate} if whose == "account" else {"conversation_rates": (ConversationRate(rate=rate, begins="c0"),)}
    channel = ScriptedChannel("web", capabilities=Capabilities(**able))
    desk = world.open(channels=[channel])
    slow, quick, last = tickets_of(desk, world, 3)
    for ticket, text in ((slow, "1"), (slow, "2"), (quick, "3"), (last, "4")):
        desk.reply(ticket.id, text, actor=AGENT, deliver=False)
    desk.run_due()
    reasons = [one.reason for one in desk.outbox.list().items]
    assert (channel.texts, sorted(reasons)) == (
        (["1"], ["", "", "throttled"]) if whose == "account" else (["1", "3", "4"], ["throttled"])
    )


def test_two_processes_share_the_rate_of_a_conversation(world):
    able = Capabilities(conversation_rates=(ConversationRate(rate=Rate(amount=2, per=timedelta(minutes=1))),))
    channels = [ScriptedChannel("web", capabilities=able) for _ in range(2)]
    one, other = (world.open(channels=[channel]) for channel in channels)
    (ticket,) = tickets_of(one, world, 1)
    for desk in (one, other, one, other):
        desk.reply(ticket.id, "x", actor=AGENT)
    assert sum(len(channel.sent) for channel in channels) == 2
    world.later(seconds=30)
    assert one.run_due().sent + other.run_due().sent == 1


def started(number, code="welcome"):
    return SessionEvent(
        account="web",
        dedupe_key=f"s{number}",
        conversation=f"c{number}",
        sender=Sender(external_id=f"c{number}"),
        what="started",
        code=code,
    )


GREETS = DeskConfig(accounts=(AccountPolicy(name="web", greeting="Welcome"),))


def answers(desk):
    return [one.problem for one in events_of(desk, ev.SessionAnswered)]


def test_a_paused_account_greets_nobody(world):
    channel = ScriptedChannel("web")
    desk = world.open(GREETS, channels=[channel])
    channel.answer(*[DOWN] * IN_A_ROW)
    for ticket in tickets_of(desk, world, IN_A_ROW):
        desk.reply(ticket.id, "x", actor=AGENT)
    desk.take("web", [started(20)])
    assert (len(channel.sent), answers(desk)) == (IN_A_ROW, ["paused"])


def test_greetings_that_fail_pause_the_account_and_one_that_goes_out_ends_it(world):
    channel = ScriptedChannel("web")
    desk = world.open(GREETS, channels=[channel])
    channel.answer(*[DOWN] * (IN_A_ROW - 1), ValueError("a broken adapter"))
    desk.take("web", [started(number) for number in range(IN_A_ROW + 2)])
    assert len(channel.sent) == IN_A_ROW
    assert answers(desk) == ["down"] * (IN_A_ROW - 1) + ["ValueError", "paused", "paused"]
    (paused,) = events_of(desk, ev.AccountPaused)
    assert (paused.account, paused.what) == ("web", "send")
    world.later(minutes=1)
    desk.take("web", [started(30)])
    assert answers(desk)[-1] == ""
    assert [one.what for one in events_of(desk, ev.AccountResumed)] == ["send"]


def test_greetings_take_their_share_of_the_rate(world):
    channel = ScriptedChannel("web", capabilities=SLOW)
    desk = world.open(GREETS, channels=[channel])
    desk.take("web", [started(number) for number in range(3)])
    assert (len(channel.sent), answers(desk)) == (2, ["", "", "throttled"])
    (ticket,) = tickets_of(desk, world, 1)
    assert desk.reply(ticket.id, "x", actor=AGENT).delivery is Delivery.PENDING


PULLED = Capabilities(pull=True, poll_every=timedelta(minutes=1))


def test_an_account_whose_pulls_fail_is_asked_ever_more_seldom(world):
    channel = ScriptedChannel("web", capabilities=PULLED)
    desk = world.open(channels=[channel])
    channel.pages(*[DOWN] * 30)
    for _ in range(120):
        report = desk.run_due()
        assert report.next_due_at is not None
        world.later(minutes=1)
    assert IN_A_ROW + 4 <= len(channel.pulled) <= IN_A_ROW + 8, "two hours with pauses of 1, 2, 4, 8, 16, 30 minutes"
    (paused,) = events_of(desk, ev.AccountPaused)
    assert (paused.account, paused.what, paused.reason) == ("web", "pull", "down")


def test_a_hint_does_not_wake_an_account_that_rests(world):
    channel = ScriptedChannel("web", capabilities=PULLED)
    desk = world.open(channels=[channel])
    channel.pages(*[DOWN] * (IN_A_ROW + 1))
    for _ in range(IN_A_ROW + 1):
        desk.run_due()
        world.later(minutes=1)
    asked = len(channel.pulled)
    assert asked == IN_A_ROW + 1
    desk.channels.pull_soon("web")
    assert desk.run_due().next_due_at == world.clock.now() + timedelta(minutes=1)
    assert len(channel.pulled) == asked
    world.later(minutes=1)
    desk.run_due()
    assert len(channel.pulled) == asked + 1, "one pull meets the hint and the poll"
    (resumed,) = events_of(desk, ev.AccountResumed)
    assert resumed.what == "pull"
    assert "pull" in render(resumed, "zh-CN")
    world.later(minutes=1)
    desk.run_due()
    assert len(channel.pulled) == asked + 2


def test_pulls_and_sendings_rest_apart(world):
    channel = ScriptedChannel("web", capabilities=PULLED)
    desk = world.open(channels=[channel])
    channel.pages(*[DOWN] * IN_A_ROW)
    for _ in range(IN_A_ROW):
        desk.run_due()
        world.later(minutes=1)
    (ticket,) = tickets_of(desk, world, 1)
    assert desk.reply(ticket.id, "x", actor=AGENT).delivery is Delivery.SENT
