"""``AsyncDesk`` over a store with coroutines: step by step, and cancelled in the middle of every one of them."""

import asyncio
from datetime import date, timedelta

import pytest

from csdesk import (
    Actor,
    DeskConfig,
    InboundMessage,
    InvalidInput,
    Sender,
    open_async_desk,
    open_desk,
)
from csdesk.aio.shell import AsyncDesk
from csdesk.domain.policy.config import AccountPolicy, QueuePolicy
from csdesk.domain.records.channels import PullHint, PullPage
from csdesk.domain.records.queues import OutboxState
from csdesk.errors import DeskClosed, FlowError, StoreBusy, UnsupportedFeature
from csdesk.ports import steps
from csdesk.ports.store import Query
from csdesk.stores.memory import MemoryStore
from csdesk.testing import AwaitedStore, FixedClock, ScriptedChannel, ScriptedHttpChannel, SerialIds
from csdesk.testing.audit import problems_of

ME = Actor.agent("agt_me")


def said(text="hello", by="ann"):
    return InboundMessage(
        account="web", dedupe_key=f"{by} {text[:50]}", conversation=by, sender=Sender(external_id=by), text=text
    )


class Cutter:
    """Cancels the task that makes the call, at the pause of a given number."""

    def __init__(self):
        self.at = None
        self.passed = 0

    def arm(self, at):
        self.at, self.passed = at, 0

    async def __call__(self, name):
        self.passed += 1
        if self.passed == self.at:
            asyncio.current_task().cancel()
        await asyncio.sleep(0)


class World:
    def __init__(self, **given):
        self.memory = MemoryStore()
        self.cutter = Cutter()
        self.clock = FixedClock()
        self.channel = ScriptedChannel("web")
        self.given = given

    async def open(self) -> AsyncDesk:
        return await open_async_desk(
            AwaitedStore(self.memory, pause=self.cutter),
            clock=self.clock,
            ids=SerialIds(),
            channels=[self.channel],
            **self.given,
        )

    def rows(self, kind):
        return self.memory.query("main", Query(kind=kind, limit=1000)).items


async def every_use_case(world: World, desk: AsyncDesk, ticket) -> None:
    """Each can be done again: its key tells that it was done."""
    again = {"actor": ME, "idempotency_key": "once"}
    await desk.receive(said("more"))
    await desk.note(ticket, "packed", **again)
    await desk.tickets.tag(ticket, "late", **again)
    await desk.reply(ticket, "coming", **again)
    await desk.receive_many([said("one", "bob"), said("two", "cy")])
    await desk.tickets.set_status(ticket, "resolved", **again)
    for entry in await desk.events.read("crm"):
        await desk.events.ack("crm", entry.position)
    await desk.tickets.search("coming")
    await desk.tickets.timeline(ticket)
    await desk.config.history()
    await desk.run_due()


def test_the_use_cases_step_by_step():
    world = World()

    async def main():
        async with await world.open() as desk:
            ticket = (await desk.receive(said())).ticket.id
            await every_use_case(world, desk, ticket)
            assert await desk.tickets.count() == 3
            assert (await desk.tickets.get(ticket)).category == "resolved"
            assert [one.parts[0].text for one in world.channel.sent] == ["coming"]
            assert await desk.events.read("crm") == await desk.events.read("crm")
        with pytest.raises(DeskClosed):
            await desk.tickets.count()

    asyncio.run(main())
    assert problems_of(world.memory) == (), "and the store stays open: it was passed in"


def test_cancelled_at_every_step():
    """Wherever the cancellation falls, doing it again makes everything exist once."""

    async def main(at):
        world = World()
        desk = await world.open()
        ticket = (await desk.receive(said())).ticket.id
        world.cutter.arm(at)
        task = asyncio.create_task(every_use_case(world, desk, ticket))
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        was_cut = isinstance(outcome, asyncio.CancelledError)
        assert was_cut or outcome is None
        assert problems_of(world.memory) == (), at
        world.cutter.arm(None)
        world.clock.advance(timedelta(minutes=10))
        await every_use_case(world, desk, ticket)
        await desk.run_due()
        assert problems_of(world.memory) == (), at
        assert await desk.tickets.count() == 3
        texts = sorted(one.text for one in world.rows("message"))
        assert texts == sorted(["hello", "more", "packed", "coming", "one", "two"]), at
        assert not [one for one in world.rows("outbox") if one.state is OutboxState.SENDING], at
        assert len(world.channel.sent) <= 1
        await desk.aclose()
        return was_cut

    at = 1
    while asyncio.run(main(at)):
        at += 1
    assert at > 60, "the last one ran to its end"


def test_cancelled_while_a_channel_sends():
    """The lease runs out, and nobody knows whether the message left."""
    world = World()
    world.channel = ScriptedHttpChannel("web")
    stuck = asyncio.Event()

    class Http:
        async def exchange(self, request):
            stuck.set()
            await asyncio.Event().wait()

    async def main():
        desk = await world.open()
        desk._runner._http = Http()
        ticket = (await desk.receive(said())).ticket.id
        task = asyncio.create_task(desk.reply(ticket, "coming", actor=ME))
        await stuck.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [one.state for one in world.rows("outbox")] == [OutboxState.SENDING]
        world.clock.advance(timedelta(minutes=10))
        await desk.run_due()
        assert [one.state for one in world.rows("outbox")] == [OutboxState.UNKNOWN]
        await desk.aclose()

    asyncio.run(main())


def test_a_cancelled_flow_cleans_up():
    world = World()
    seen = []

    def flow():
        try:
            yield from steps.attempt(0)
            yield from steps.count(Query(kind="ticket"))
        finally:
            seen.append("closed")

    async def main():
        desk = await world.open()
        world.cutter.arm(1)
        with pytest.raises(asyncio.CancelledError):
            await asyncio.create_task(desk._runner.run(flow()))
        assert seen == ["closed"]
        await desk.aclose()

    asyncio.run(main())


def test_errors_of_the_store_belong_to_the_flow():
    """They are thrown into it: it may start again, or clean up and let them go."""
    world = World()
    left = ["commit", "commit", "load"]

    async def pause(name):
        await asyncio.sleep(0)
        if left and name == left[0]:
            left.pop(0)
            raise StoreBusy("by plan; nothing was done")

    async def main():
        store = AwaitedStore(world.memory)
        async with await open_async_desk(store, clock=world.clock, ids=SerialIds()) as desk:
            store.pause = pause
            assert (await desk.receive(said())).state == "stored"
            assert left == []
            assert len(world.clock.slept) > 0, "the wait is the clock's"

    asyncio.run(main())


def test_a_flow_that_asks_for_too_much():
    world = World()

    def greedy():
        yield from steps.attempt(0, loads=1)
        from csdesk.domain.records.changes import Needs

        for _ in range(2):
            yield from steps.load(Needs())

    async def main():
        async with await world.open() as desk:
            with pytest.raises(FlowError, match="one load too many"):
                await desk._runner.run(greedy())

    asyncio.run(main())


def test_two_desks_one_policy():
    """A configuration that another one activated is followed before the next decision; so are its phrases."""
    world = World()
    kept = DeskConfig(
        queues=(QueuePolicy(name="kept", auto_reply=True),),
        default_queue="kept",
        accounts=(AccountPolicy(name="web", auto_reply=True),),
    )

    async def main():
        first, second = await world.open(), await world.open()
        await first.config.activate(kept, actor=Actor.system())
        await first.replies.add(
            "Hours", "We open at nine.", questions=("when do you open", "opening hours"), auto_reply=True
        )
        received = await second.receive(said("when do you open"))
        assert received.ticket.queue == "kept"
        assert [one.phrase.title for one in received.reply.suggestions] == ["Hours"]
        suggested = await second.replies.suggest_for("when do you open")
        assert [one.phrase.title for one in suggested.suggestions] == ["Hours"]
        await first.calendars.save("CN", 2026, closed=[date(2026, 10, 1)], actor=ME)
        await second.receive(said("after that"))
        assert [one.place for one in (await second.calendars.list()).items] == ["CN"]
        assert second._core.compiled[1] == first._core.compiled[1] + 1, "it follows before it decides"
        await first.aclose()
        await second.aclose()

    asyncio.run(main())


def test_pulls_and_parses_and_media():
    world = World()
    world.channel.pages(PullPage(events=(said("pulled"),), cursor="c1"))

    async def main():
        async with await world.open() as desk:
            await desk.handle("web", world.channel.report(pulls=[PullHint(account="web")]))
            assert (await desk.run_due()).pulled == 1
            received = await desk.receive(said("x" * 300_000, "big"))
            assert received.state == "stored"
            with pytest.raises(UnsupportedFeature, match="backed up"):
                await desk.backup("copy.db")

    asyncio.run(main())


def test_many_tasks_at_once():
    world = World()

    async def main():
        async with await world.open() as desk:
            received = await asyncio.gather(*(desk.receive(said(f"{n}", f"c{n % 7}")) for n in range(40)))
            tickets = sorted({one.ticket.id for one in received})
            assert len(tickets) == 7
            await asyncio.gather(*(desk.note(tickets[n % 7], f"note {n}", actor=ME) for n in range(40)))
            assert len(world.rows("message")) == 80

    asyncio.run(main())
    assert problems_of(world.memory) == ()


def test_the_wrong_door():
    with pytest.raises(InvalidInput, match="open_async_desk"):
        open_desk(AwaitedStore(MemoryStore()))
