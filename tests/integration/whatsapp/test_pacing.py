"""Messages go out as fast as the platform takes them, and no faster: nothing is refused on the way."""

from datetime import timedelta

from csdesk import Actor

AGENT = Actor.agent("agt_1")


def drained(wa, most):
    """How long it took until nothing waited."""
    began = wa.clock.now()
    for _ in range(most):
        report = wa.desk.run_due(limit=200)
        if not wa.desk.outbox.list(limit=1).items:
            return wa.clock.now() - began
        if not report.more:
            assert report.next_due_at is not None
            wa.clock.advance(max(report.next_due_at - wa.clock.now(), timedelta(0)))
    raise AssertionError("it never ends")


def test_a_burst_to_many_is_spread(wa):
    wa.platform.keep_limits()
    for number in range(200):
        wa.platform.writes(f"8613900{number:06}", "hi")
    wa.arrives()
    for ticket in wa.desk.tickets.list(limit=1000).items:
        wa.desk.reply(ticket.id, "hello", actor=AGENT, deliver=False)
    took = drained(wa, 400)
    assert wa.platform.throttled == 0
    assert len({one.to for one in wa.platform.sent}) == 200
    assert timedelta(seconds=200 / 80) < took < timedelta(seconds=8)


def test_one_person_is_not_flooded(wa):
    wa.platform.keep_limits()
    ticket = wa.said()
    for number in range(60):
        wa.desk.reply(ticket.id, f"text {number}", actor=AGENT, deliver=False)
    took = drained(wa, 200)
    assert wa.platform.throttled == 0
    assert [one.text for one in wa.platform.sent] == [f"text {number}" for number in range(60)]
    assert timedelta(seconds=40 * 6) <= took <= timedelta(seconds=41 * 6)
