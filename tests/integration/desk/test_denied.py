"""A provider says that a message failed while it still stands in the outbox: it waits for somebody, unsent."""

from datetime import timedelta

import pytest
from tests.integration.desk.conftest import check_sound
from tests.integration.desk.test_outbox import AGENT, KEYED, desk_with, message_of, status

from csdesk.domain.records.messages import Delivery
from csdesk.domain.records.queues import OutboxState
from csdesk.testing import ScriptedChannel


def _denied(desk, channel, sent):
    desk.handle("web", channel.report(status("failed", key=sent.message.id, reason="gone", needs="consent")))


def _check_dead(desk, sent, times, channel):
    assert message_of(desk, sent).delivery is Delivery.FAILED
    (item,) = desk.outbox.list().items
    assert (item.state, item.reason, item.needs) == (OutboxState.DEAD, "gone", "consent")
    check_sound(desk)
    desk.run_due()
    assert len(channel.sent) == times
    desk.outbox.retry(sent.message.id, actor=AGENT)
    assert desk.run_due().sent == 1
    assert message_of(desk, sent).delivery is Delivery.SENT


@pytest.mark.parametrize("trouble", ["retry", "unknown_outcome"])
def test_what_waits_or_is_in_doubt(world, trouble):
    desk, channel, ticket = desk_with(world)
    channel.fail(trouble)
    sent = desk.reply(ticket.id, "x", actor=AGENT)
    _denied(desk, channel, sent)
    world.later(minutes=1)
    _check_dead(desk, sent, 1, channel)


@pytest.mark.parametrize("trouble", ["retry", "unknown_outcome"])
def test_what_is_being_sent(world, trouble):
    desk, channel, ticket = desk_with(world)

    def early(message):
        desk.handle("web", channel.report(status("failed", key=message.key, reason="gone", needs="consent")))
        channel.fail(trouble)
        return channel._sent(message)

    channel.answer(early)
    sent = desk.reply(ticket.id, "x", actor=AGENT)
    channel.sent.pop()
    (item,) = desk.outbox.list().items
    assert (message_of(desk, sent).delivery, item.state) == (Delivery.FAILED, OutboxState.DEAD)
    check_sound(desk)


@pytest.mark.parametrize("keyed", [True, False])
def test_what_a_crash_left_behind(world, keyed):
    desk, channel, ticket = desk_with(world, ScriptedChannel("web", capabilities=KEYED) if keyed else None)
    sent = desk.reply(ticket.id, "x", actor=AGENT, deliver=False)

    def dies(message):
        raise KeyboardInterrupt

    channel.answer(dies)
    with pytest.raises(KeyboardInterrupt):
        desk.run_due()
    _denied(desk, channel, sent)
    check_sound(desk)
    world.clock.advance(timedelta(minutes=3))
    desk.run_due()
    assert len(channel.sent) == 1
    (item,) = desk.outbox.list().items
    assert (message_of(desk, sent).delivery, item.state) == (Delivery.FAILED, OutboxState.DEAD)
