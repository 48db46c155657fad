"""Messages go out as fast as the platform takes them, and no faster: nothing is refused on the way."""

from datetime import timedelta

from csdesk import Actor

AGENT = Actor.agent("agt_1")


def test_a_burst_to_many_is_spread(wa):
    wa.platform.keep_limits()
    for number in range(200):
        wa.platform.writes(f"8613900{number:06}", "hi")
    wa.arrives()
    for ticket in wa.desk.tickets.list(limit=1000).items:
        wa.desk.reply(ticket.id, "hello", actor=AGENT, deliver=False)
    took = wa.drained(400)
    assert wa.platform.throttled == 0
    assert len({one.to for one in wa.platform.sent}) == 200
    assert timedelta(seconds=200 / 80) < took < timedelta(seconds=8)


def test_one_person_is_not_flooded(wa):
    wa.platform.keep_limits()
    ticket = wa.said()
    for number in range(60):
        wa.desk.reply(ticket.id, f"text {number}", actor=AGENT, deliver=False)
    took = wa.drained(200)
    assert wa.platform.throttled == 0
    assert [one.text for one in wa.platform.sent] == [f"text {number}" for number in range(60)]
    assert timedelta(seconds=40 * 6) <= took <= timedelta(seconds=41 * 6)
