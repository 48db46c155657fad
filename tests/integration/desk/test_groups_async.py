"""Tags, flags, acts and segments with ``await``."""

from datetime import timedelta

from csdesk import Actor, DeskConfig, InboundMessage, Sender, open_async_desk
from csdesk.rules import F, Segment
from csdesk.testing import FixedClock, SerialIds

AGENT = Actor.agent("agt_1")
BUYERS = Segment(name="buyers", when=F.customer.orders(days=2) >= 1)


async def _day(clock):
    config = DeskConfig(tags=[{"name": "angry", "polarity": "negative"}], segments=(BUYERS,))
    async with await open_async_desk("memory://", config=config, clock=clock, ids=SerialIds()) as desk:
        message = InboundMessage(
            account="web", dedupe_key="1", conversation="c", sender=Sender(external_id="u"), text="hello"
        )
        got = await desk.receive(message)
        customer = got.customer.id
        await desk.customers.flag(customer, "rude", actor=AGENT, until=clock.now() + timedelta(days=1))
        await desk.customers.record(customer, "order", amount=100, reference="A1")
        await desk.tags.sync(customer, "shop", ["gold"])
        await desk.tickets.tag(got.ticket.id, "angry", actor=AGENT)
        (row,) = await desk.tags.top(clock.now() - timedelta(days=1), clock.now() + timedelta(days=1))
        assert (row.tag, row.tickets) == ("angry", 1)
        assert [one.reference for one in (await desk.customers.acts(customer)).items] == ["A1"]
        assert [one.name for one in await desk.customers.segments(customer)] == ["buyers"]
        assert [one.id for one in (await desk.segments.members("buyers")).items] == [customer]
        assert [one.name for one in await desk.segments.list()] == ["buyers"]
        assert (await desk.segments.explain(customer, "buyers")).holds
        clock.advance(timedelta(days=2))
        assert (await desk.run_due()).customers == 1
        assert await desk.segments.count("buyers") == 0
        after = await desk.customers.lift_flag(customer, "rude", actor=AGENT)
        assert after.flags == ()
        ticket = got.ticket.id
        until = clock.now() + timedelta(hours=1)
        assert (await desk.tickets.flag(ticket, "press", actor=AGENT, until=until)).flag("press").until == until
        assert (await desk.tickets.lift_flag(ticket, "press", actor=AGENT)).flags == ()
        aimed = await desk.tickets.set_goal(ticket, "order", actor=AGENT, span=timedelta(hours=1))
        assert aimed.goal.is_open
        await desk.customers.record(customer, "payment", amount=100)
        clock.advance(timedelta(hours=1))
        assert (await desk.run_due()).tickets == 1
        assert (await desk.tickets.get(ticket)).goal.state == "reached"


def test_the_same_with_await():
    import asyncio

    asyncio.run(_day(FixedClock()))
