"""Instants at the ends of the calendar: refused where they would break something later, kept where they would not."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from csdesk import Actor, DeskConfig
from csdesk.domain.records.durations import LONGEST
from csdesk.errors import InvalidInput

AGENT = Actor.agent("lin")
END = datetime.max.replace(tzinfo=UTC)
BEGIN = datetime.min.replace(tzinfo=UTC)
WESTERN = DeskConfig(zone="America/New_York")


def test_no_promise_is_made_for_the_end_of_time(world):
    desk = world.open()
    ticket = desk.receive(world.said()).ticket.id
    last = world.clock.now() + LONGEST
    for until in (END, last + timedelta(microseconds=1)):
        with pytest.raises(InvalidInput, match="ten years") as caught:
            desk.sla.promise(ticket, until=until, actor=AGENT)
        assert caught.value.field == "until"
    desk.sla.promise(ticket, until=last, actor=AGENT)
    desk.run_due()
    world.clock.set(last)
    assert desk.run_due().tickets == 0, "met exactly then is met"
    assert desk.sla.explain(ticket).clocks[0].clock.breached_at is None
    world.later(seconds=1)
    desk.run_due()
    assert desk.sla.explain(ticket).clocks[0].clock.breached_at is not None


@pytest.mark.parametrize(
    "at", [BEGIN, BEGIN.replace(tzinfo=timezone(timedelta(hours=-12))), datetime(1969, 12, 31, tzinfo=UTC)]
)
def test_nobody_bought_anything_before_1970(world, at):
    desk = world.open(WESTERN)
    customer = desk.customers.of(desk.receive(world.said()).ticket.identity).id
    with pytest.raises(InvalidInput, match="1970"):
        desk.customers.record(customer, "order", at=at, actor=AGENT)
    desk.customers.record(customer, "order", at=datetime(1970, 1, 1, tzinfo=UTC), actor=AGENT)


def test_what_ends_at_the_end_of_time_never_ends(world):
    """Snoozes, blocks, tags and warnings may be meant for good."""
    desk = world.open()
    ticket = desk.receive(world.said()).ticket
    customer = desk.customers.of(ticket.identity).id
    desk.customers.block(customer, until=END, actor=AGENT)
    desk.customers.tag(customer, "x", expires_at=END, actor=AGENT)
    desk.customers.flag(customer, "x", until=END, actor=AGENT)
    desk.tickets.tag(ticket.id, "x", expires_at=END, actor=AGENT)
    desk.tickets.flag(ticket.id, "x", until=END, actor=AGENT)
    desk.tickets.set_status(ticket.id, "snoozed", until=END, actor=AGENT)
    world.clock.set(datetime(9000, 1, 1, tzinfo=UTC))
    desk.run_due()
    stored, person = desk.tickets.get(ticket.id), desk.customers.get(customer)
    assert (stored.status, len(stored.tags), len(stored.flags)) == ("snoozed", 1, 1)
    assert (len(person.tags), len(person.flags), person.block is not None) == (1, 1, True)
