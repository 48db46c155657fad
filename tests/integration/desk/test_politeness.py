"""Automatic messages: never to who opted out, unasked ones not at night and not too many; people are never held."""

from datetime import UTC, datetime, timedelta

import pytest

from csdesk import Actor, DeskConfig
from csdesk.domain.records.messages import Delivery, Purpose
from csdesk.domain.records.queues import OutboxState
from csdesk.errors import ConfigError, InvalidInput
from csdesk.ports.channel import StatusEvent
from csdesk.testing import ScriptedChannel

AGENT, SYSTEM = Actor.agent("agt_1"), Actor.system("care")
NIGHT = """
[contact]
quiet_from = "21:00"
quiet_until = "08:00"
unasked_per_day = 2
"""


def desk_with(world, config=NIGHT):
    channel = ScriptedChannel("web")
    return world.open(DeskConfig.from_toml(config), channels=[channel]), channel


def at(world, hour, minute=0, day=6):
    """A time of day in Shanghai, which has no clock changes."""
    world.clock.set(datetime(2026, 1, day, hour, minute, tzinfo=UTC) - timedelta(hours=8))


def silent_customer(world, desk):
    """A ticket whose customer has not written for three days."""
    at(world, 10, day=2)
    return desk.receive(world.said("hi")).ticket


@pytest.mark.parametrize("word", ["退订", "TD", "ｔｄ", "  退訂。", "STOP!", "Unsubscribe"])
def test_a_word_opts_out_of_everything_automatic(world, word):
    desk, channel = desk_with(world)
    ticket = desk.receive(world.said("hi")).ticket
    desk.receive(world.said(word))
    message = desk.reply(ticket.id, "news", actor=SYSTEM).message
    assert (message.delivery_reason, message.delivery_needs) == ("opted_out", "consent")
    assert desk.reply(ticket.id, "from a person", actor=AGENT).delivery is Delivery.SENT
    desk.receive(world.said("恢复订阅"))
    desk.outbox.retry(message.id, actor=AGENT)
    assert desk.run_due().sent == 1
    assert channel.texts == ["from a person", "news"]


@pytest.mark.parametrize("text", ["请不要退订", "stop the order", "T", "非常好"])
def test_a_sentence_is_no_opting_out(world, text):
    desk, _ = desk_with(world)
    ticket = desk.receive(world.said(text)).ticket
    assert desk.reply(ticket.id, "news", actor=SYSTEM).delivery is Delivery.SENT


def test_the_tag_by_hand_does_the_same_until_it_expires(world):
    desk, _ = desk_with(world, "")
    got = desk.receive(world.said())
    until = world.clock.now() + timedelta(days=1)
    desk.customers.tag(got.customer.id, "opted_out", expires_at=until, actor=AGENT)
    assert desk.reply(got.ticket.id, "x", actor=SYSTEM).delivery is Delivery.FAILED
    world.later(days=1)
    assert desk.reply(got.ticket.id, "x", actor=SYSTEM).delivery is Delivery.SENT


def test_a_provider_may_tell_that_the_customer_opted_out(world):
    desk, channel = desk_with(world, "")
    ticket = desk.receive(world.said()).ticket
    sent = desk.reply(ticket.id, "x", actor=AGENT)
    told = StatusEvent(account="web", dedupe_key="s1", key=sent.message.id, status="opted_out")
    desk.handle("web", channel.report(told))
    assert desk.reply(ticket.id, "y", actor=SYSTEM).message.delivery_reason == "opted_out"


@pytest.mark.parametrize(
    ("hour", "minute", "day", "hours"),
    [(20, 59, 6, 0), (21, 0, 6, 11), (23, 30, 6, 8.5), (0, 0, 7, 8), (7, 59, 7, 1 / 60), (8, 0, 7, 0)],
)
def test_unasked_messages_wait_for_the_morning(world, hour, minute, day, hours):
    desk, channel = desk_with(world)
    ticket = silent_customer(world, desk)
    at(world, hour, minute, day)
    sent = desk.reply(ticket.id, "unasked", actor=SYSTEM)
    assert (sent.delivery is Delivery.SENT) is (hours == 0)
    if hours:
        (item,) = desk.outbox.list().items
        assert (item.state, item.reason) == (OutboxState.PENDING, "quiet_hours")
        assert item.due_at == world.clock.now() + timedelta(hours=hours)
        world.clock.set(item.due_at)
        assert desk.run_due().sent == 1
    assert [one.again for one in channel.sent] == [False]  # it was held, never tried


@pytest.mark.parametrize(("hour", "hours"), [(11, 0), (12, 2), (13.5, 0.5), (14, 0), (23, 0)])
def test_quiet_hours_may_lie_inside_one_day(world, hour, hours):
    desk, _ = desk_with(world, '[contact]\nquiet_from = "12:00"\nquiet_until = "14:00"')
    ticket = silent_customer(world, desk)
    at(world, int(hour), int(hour % 1 * 60))
    sent = desk.reply(ticket.id, "unasked", actor=SYSTEM)
    assert (sent.delivery is Delivery.SENT) is (hours == 0)
    assert [one.due_at - world.clock.now() for one in desk.outbox.list().items] == [timedelta(hours=hours)] * bool(
        hours
    )


def test_a_daily_limit_needs_no_quiet_hours(world):
    desk, channel = desk_with(world, "[contact]\nunasked_per_day = 1")
    ticket = silent_customer(world, desk)
    at(world, 23)
    for text in ("one", "two"):
        desk.reply(ticket.id, text, actor=SYSTEM)
    assert channel.texts == ["one"]
    assert [one.reason for one in desk.outbox.list().items] == ["capped"]


def test_what_waits_for_the_morning_holds_nobody_up(world):
    desk, channel = desk_with(world)
    ticket = silent_customer(world, desk)
    at(world, 22)
    desk.reply(ticket.id, "unasked", actor=SYSTEM)
    assert desk.reply(ticket.id, "from a person", actor=AGENT).delivery is Delivery.SENT
    desk.receive(world.said("你好"))
    assert desk.reply(ticket.id, "asked", actor=SYSTEM).delivery is Delivery.SENT
    assert channel.texts == ["from a person", "asked"]


def test_no_more_unasked_messages_a_day_than_allowed(world):
    desk, channel = desk_with(world)
    ticket = silent_customer(world, desk)
    at(world, 10)
    got = [desk.reply(ticket.id, str(number), actor=SYSTEM).delivery for number in range(3)]
    assert got == [Delivery.SENT, Delivery.SENT, Delivery.PENDING]
    (item,) = desk.outbox.list().items
    assert item.reason == "capped"
    at(world, 8, day=7)
    assert desk.run_due().sent == 1
    assert channel.texts == ["0", "1", "2"]


@pytest.mark.parametrize(
    "given", ['quiet_from = "21:00"', 'quiet_from = "25:00"\nquiet_until = "08:00"', 'zone = "Nowhere"',
              'quiet_from = "08:00"\nquiet_until = "08:00"'],
)  # fmt: skip
def test_a_policy_that_means_nothing_is_refused(given):
    with pytest.raises(ConfigError):
        DeskConfig.from_toml(f"[contact]\n{given}\n")


def test_a_wish_that_changes_nothing_is_no_event(world):
    desk = world.open()
    got = desk.receive(world.said("start"))
    before = desk.customers.get(got.customer.id).version
    assert got.trace.find("contact.opted_in") is None
    out = desk.receive(world.said("stop"))
    assert out.trace.find("contact.opted_out") is not None
    again = desk.receive(world.said("TD"))
    assert again.trace.find("contact.opted_out") is None
    assert desk.customers.get(got.customer.id).version == before + 1


def test_opting_out_at_the_provider_twice_tags_once(world):
    channel = ScriptedChannel("web")
    desk = world.open(channels=[channel])
    got = desk.receive(world.said())
    for number in range(2):
        sent = desk.reply(got.ticket.id, "x", actor=AGENT)
        told = StatusEvent(account="web", dedupe_key=f"o{number}", key=sent.message.id, status="opted_out")
        desk.handle("web", channel.report(told))
    assert [one.name for one in desk.customers.get(got.customer.id).tags] == ["opted_out"]
    assert desk.customers.get(got.customer.id).version == got.customer.version + 1


PURPOSES = """
[contact]
quiet_from = "21:00"
quiet_until = "08:00"

[[contact.purposes]]
name = "marketing"
opt_in = true
opt_in_words = ["订阅优惠"]
opt_out_words = ["不要广告", "no ads"]
per_week = 1

[[contact.purposes]]
name = "survey"
per_day = 1
"""


def test_marketing_needs_consent_whoever_writes_it(world):
    desk, channel = desk_with(world, PURPOSES)
    at(world, 10)
    ticket = desk.receive(world.said("hi")).ticket
    for actor in (AGENT, SYSTEM):
        sent = desk.reply(ticket.id, "sale!", actor=actor, purpose="marketing")
        assert (sent.delivery, sent.message.delivery_reason) == (Delivery.FAILED, "no_consent")
    assert desk.reply(ticket.id, "your parcel", actor=SYSTEM).delivery is Delivery.SENT
    agreed = desk.receive(world.said("订阅优惠"))
    assert "agreed_marketing" in [one.name for one in desk.customers.get(agreed.customer.id).tags]
    assert desk.reply(ticket.id, "sale", actor=AGENT, purpose="marketing").delivery is Delivery.SENT
    desk.receive(world.said("No ads"))
    gone = desk.reply(ticket.id, "sale", actor=AGENT, purpose="marketing").message
    assert (gone.delivery_reason, gone.delivery_needs) == ("opted_out", "consent")
    tags = {one.name for one in desk.customers.get(agreed.customer.id).tags}
    assert tags == {"no_marketing"}
    assert channel.texts == ["your parcel", "sale"]
    assert channel.sent[-1].purpose is Purpose.MARKETING


def test_the_caps_of_a_purpose_are_its_own_and_end_with_day_and_week(world):
    desk, channel = desk_with(world, PURPOSES)
    at(world, 10, day=5)  # a Monday
    ticket = desk.receive(world.said("hi")).ticket
    desk.receive(world.said("订阅优惠"))
    for text in ("one", "two"):
        desk.reply(ticket.id, f"ad {text}", actor=AGENT, purpose="marketing")
        desk.reply(ticket.id, f"survey {text}", actor=SYSTEM, purpose=Purpose.SURVEY)
    assert channel.texts == ["ad one", "survey one"]
    at(world, 10, day=6)
    desk.run_due()
    assert channel.texts[2:] == ["survey two"]
    at(world, 23, 59, day=11)
    desk.run_due()
    assert len(channel.texts) == 3
    at(world, 9, day=12)
    desk.run_due()
    assert channel.texts[3:] == ["ad two"]


def test_a_week_counts_from_its_monday(world):
    desk, channel = desk_with(world, PURPOSES)
    at(world, 10, day=7)  # a Wednesday
    ticket = desk.receive(world.said("hi")).ticket
    desk.receive(world.said("订阅优惠"))
    desk.reply(ticket.id, "one", actor=AGENT, purpose="marketing")
    at(world, 10, day=9)
    desk.reply(ticket.id, "two", actor=AGENT, purpose="marketing")
    (item,) = desk.outbox.list().items
    at(world, 0, day=12)
    assert (item.reason, item.due_at) == ("capped", world.clock.now())
    assert channel.texts == ["one"]


def test_a_survey_waits_for_the_morning_though_the_customer_is_there(world):
    desk, channel = desk_with(world, PURPOSES)
    at(world, 22)
    ticket = desk.receive(world.said("hi")).ticket
    desk.reply(ticket.id, "how was it?", actor=AGENT, purpose="survey")
    desk.reply(ticket.id, "an answer", actor=AGENT)
    assert channel.texts == ["an answer"]
    at(world, 8, day=7)
    desk.run_due()
    assert channel.texts == ["an answer", "how was it?"]


def test_opting_out_of_everything_ends_every_purpose(world):
    desk, _ = desk_with(world, PURPOSES)
    at(world, 10)
    ticket = desk.receive(world.said("hi")).ticket
    desk.receive(world.said("TD"))
    sent = desk.reply(ticket.id, "how was it?", actor=AGENT, purpose="survey")
    assert sent.message.delivery_reason == "opted_out"


def test_an_unknown_purpose_is_refused(world):
    desk, _ = desk_with(world)
    ticket = desk.receive(world.said("hi")).ticket
    with pytest.raises(InvalidInput, match="service, marketing, survey"):
        desk.reply(ticket.id, "x", actor=AGENT, purpose="spam")


def test_one_purpose_has_one_table():
    twice = '[[contact.purposes]]\nname = "survey"\n' * 2
    with pytest.raises(ConfigError, match="twice"):
        DeskConfig.from_toml(twice)
