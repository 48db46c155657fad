"""The platform's limits of calls are kept before it refuses any: those of a minute, and those of an hour."""

from datetime import timedelta

import pytest

from csdesk import Actor
from csdesk.channels.wecom import CAPABILITIES
from csdesk.domain.records.messages import Delivery
from csdesk.ports.channel import Rate

AGENT = Actor.agent("agt_1")
SMALL = Rate(amount=140, per=timedelta(hours=1), burst=7)
"""The channel's own rate, a thousandth of it."""


def burst(kf, count):
    for number in range(count):
        kf.platform.writes(f"wm{number}", "hi")
    kf.arrives()
    for ticket in kf.desk.tickets.list(limit=1000).items:
        kf.desk.reply(ticket.id, "hello", actor=AGENT, deliver=False)


@pytest.mark.parametrize("rate", [SMALL, None])
def test_a_burst_is_spread_over_minutes(make_kf, rate):
    kf = make_kf(capabilities=CAPABILITIES.model_copy(update={"rate": rate}))
    burst(kf, 40)
    kf.platform.keep_limits(minute=10, hour=150)
    for _ in range(200):
        report = kf.desk.run_due(limit=100)
        if not kf.desk.outbox.list(limit=1).items:
            break
        if not report.more:
            kf.clock.advance(max(report.next_due_at - kf.clock.now(), timedelta(0)))
    assert sorted(kf.texts()) == ["hello"] * 40
    assert (kf.platform.throttled == 0) == (rate is not None), "without a rate the platform refuses"


def test_what_the_platform_refuses_for_its_speed_waits_as_long_as_it_says(kf):
    ticket = kf.said()
    kf.platform.keep_limits(minute=1)
    kf.platform.quotas[0].wait("kf/send_msg", kf.clock.now())
    sent = kf.desk.reply(ticket.id, "hello", actor=AGENT)
    assert (sent.delivery, kf.platform.throttled) == (Delivery.PENDING, 1)
    kf.later(seconds=61)
    assert kf.desk.run_due().sent == 1
