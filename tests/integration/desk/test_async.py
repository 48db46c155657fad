"""``AsyncDesk``: the same use cases with ``await``, many at once, and what a cancellation leaves."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from csdesk import Actor, DeskConfig, InboundMessage, LibraryPhrase, Sender, Variable, Wording, open_async_desk
from csdesk.domain.records.channels import PullHint, PullPage
from csdesk.domain.records.messages import Delivery
from csdesk.errors import DeskClosed, InvalidInput, NotFound
from csdesk.testing import FixedClock, ScriptedChannel, ScriptedHttpChannel, SerialIds

AGENT = Actor.agent("agt_1")


@pytest.fixture(params=["memory", "sqlite"])
def url(request, tmp_path):
    return "memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/desk.db"


def run(url, work, **given):
    async def main():
        desk = await open_async_desk(url, clock=FixedClock(), ids=SerialIds(), **given)
        async with desk:
            return await work(desk)

    return asyncio.run(main())


def said(text="hello", by="ann", key=None):
    return InboundMessage(
        account="web", dedupe_key=key or text, conversation=by, sender=Sender(external_id=by), text=text
    )


@pytest.mark.parametrize("make", [ScriptedChannel, ScriptedHttpChannel])
def test_the_main_use_cases(url, make):
    channel = make("web")
    channel.pages(PullPage(events=(said("pulled"),), cursor="c1"))

    async def work(desk):
        class Http:
            async def exchange(self, request):
                from csdesk.ports.http import HttpResponse

                return HttpResponse(status=200)

        desk._runner._http = Http()
        agent = await desk.agents.add("One", queues=("default",))
        got = await desk.receive(said())
        assert got.worker.id == agent.id
        sent = await desk.reply(got.ticket.id, "hi", actor=Actor.agent(agent.id))
        assert sent.delivery is Delivery.SENT
        await desk.note(got.ticket.id, "note", actor=AGENT)
        await desk.handle("web", channel.report(said("pushed"), pulls=[PullHint(account="web")]))
        assert (await desk.run_due()).pulled == 1
        assert (await desk.tickets.get(got.ticket.id)).messages == 5
        assert len((await desk.tickets.search("pushed")).items) == 1
        phrase = await desk.replies.add("Hours", "Nine.", questions=("opening hours",))
        assert (await desk.replies.suggest_for("opening hours")).suggestions[0].phrase.id == phrase.id
        assert (await desk.customers.brief(got.customer.id)).tickets == 1
        assert await desk.events.read("x", limit=3)
        assert await desk.config.activate(DeskConfig(name="new"))
        assert (await desk.tickets.drafts.save(got.ticket.id, "x", actor=AGENT)).text == "x"
        assert (await desk.inbox.list()).items == (await desk.outbox.list()).items == ()
        assert await desk.explain(got.ticket.id)
        with pytest.raises(NotFound):
            await desk.tickets.get("tkt_none")
        with pytest.raises(InvalidInput):
            await desk.run_due(0)
        return desk

    desk = run(url, work, channels=[channel])
    assert desk._core.is_closed
    with pytest.raises(DeskClosed):
        asyncio.run(desk.receive(said()))


def test_sixty_four_at_once(url):
    async def work(desk):
        agent = await desk.agents.add("One", queues=("default",), capacity=5)
        got = await asyncio.gather(*(desk.receive(said(str(n), by=str(n % 8))) for n in range(64)))
        assert {one.state for one in got} == {"stored"}
        tickets = (await desk.tickets.list(limit=100)).items
        assert sorted(one.messages for one in tickets) == [8] * 8
        assert len({one.number for one in tickets}) == 8
        assert (await desk.agents.get(agent.id)).load == 5
        assert sum(one.assignee is not None for one in tickets) == 5

    run(url, work)


def test_the_same_delivery_sixteen_times_at_once(url):
    async def work(desk):
        got = await asyncio.gather(*(desk.receive(said()) for _ in range(16)))
        assert sorted(one.state for one in got) == ["duplicate"] * 15 + ["stored"]
        assert len({one.message_id for one in got}) == 1

    run(url, work)


def test_a_cancelled_message_is_stored_whole_or_not_at_all(url):
    async def work(desk):
        for number in range(12):
            task = asyncio.create_task(desk.receive(said(str(number), by=str(number))))
            for _ in range(number % 4):
                await asyncio.sleep(0)
            if task.cancel():
                with pytest.raises(asyncio.CancelledError):
                    await task
        tickets = (await desk.tickets.list(limit=100)).items
        for ticket in tickets:
            assert (
                len([item for item in await desk.tickets.timeline(ticket.id) if item.message]) == ticket.messages == 1
            )
        again = [await desk.receive(said(str(number), by=str(number))) for number in range(12)]
        assert sum(one.duplicate for one in again) == len(tickets)

    run(url, work)


def test_cancelled_twice_while_a_thread_works(url):
    entered, leave = Event(), Event()

    async def work(desk):
        store = desk._store
        original = store.load

        def slow(*given):
            entered.set()
            leave.wait()
            return original(*given)

        store.load = slow
        task = asyncio.create_task(desk.receive(said()))
        await asyncio.to_thread(entered.wait)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
        is_done = task.done()
        leave.set()
        assert not is_done
        with pytest.raises(asyncio.CancelledError):
            await task
        del store.load
        assert (await desk.receive(said())).message is not None

    run(url, work)


def test_cancelled_before_a_thread_is_free(url):
    async def work(desk):
        loop = asyncio.get_running_loop()
        leave = Event()
        loop.set_default_executor(ThreadPoolExecutor(1))
        busy = loop.run_in_executor(None, leave.wait)
        task = asyncio.create_task(desk.receive(said()))
        for _ in range(3):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        leave.set()
        await busy
        assert await desk.tickets.count() == 0
        assert (await desk.receive(said())).state == "stored"

    run(url, work)


def test_a_reply_cancelled_while_it_is_sent_is_in_doubt_and_then_settled(url):
    channel = ScriptedHttpChannel("web")

    async def work(desk):
        started = asyncio.Event()

        class Http:
            async def exchange(self, request):
                started.set()
                await asyncio.Event().wait()

        desk._runner._http = Http()
        ticket = (await desk.receive(said())).ticket
        task = asyncio.create_task(desk.reply(ticket.id, "hi", actor=AGENT))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        (item,) = (await desk.outbox.list()).items
        assert item.state == "sending"
        desk._core.clock.set(item.due_at)
        assert (await desk.run_due()).failed == 1
        (item,) = (await desk.outbox.list()).items
        assert item.state == "unknown"

    run(url, work, channels=[channel])


def test_replies_and_learning_are_the_same_with_await():
    async def go():
        async with await open_async_desk("memory://") as desk:
            phrases = [
                LibraryPhrase(
                    id=name,
                    title=name,
                    questions=(text, f"{text} please"),
                    wordings=(Wording(text="{{ who }}: yes."),),
                    variables=(Variable(name="who"),),
                )
                for name, text in (("hours", "when do you open"), ("parcel", "where is my parcel"))
            ]
            assert (await desk.replies.import_(phrases)).added == 2
            assert await desk.replies.lint() == ()
            got = await desk.receive(said("when do you open"))
            found = await desk.replies.suggest(got.message.id)
            assert (found.shown[0], found.suggestions[0].missing) == ("phr_hours", ("who",))
            assert (await desk.replies.preview("hours", got.ticket.id, {"who": "we"})).text == "we: yes."
            with pytest.raises(InvalidInput, match="who"):
                await desk.replies.send(got.ticket.id, "hours", actor=AGENT)
            sent = await desk.replies.send(got.ticket.id, "hours", {"who": "we"}, actor=AGENT, shown=found.shown)
            assert (await desk.replies.usage())[0].usage.sent == 1
            await desk.learning.judge(got.message.id, "ignored", shown=found.shown)
            assert await desk.learning.forget(last=9) == 2
            assert (await desk.learning.draft(sent.message.id)).phrase.questions == ("when do you open",)
            ticket = await desk.learning.correct(got.ticket.id, sent.message.id, right="parcel", actor=AGENT)
            assert ticket.clocks[0].name == "second_contact"
            assert (await desk.learning.corrections()).items[0].phrase == "phr_hours"
            kept = await desk.replies.replace(
                (await desk.replies.retire("hours")).model_copy(update={"retired": False})
            )
            assert len(await desk.replies.history("hours")) == kept.version == 3
            assert len(await desk.replies.export()) == 2
            assert [spot.kind for spot in await desk.replies.check("calm down")] == ["forbidden"]

    asyncio.run(go())
