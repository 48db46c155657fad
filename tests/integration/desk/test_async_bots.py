"""Bots under ``AsyncDesk``: awaited, cancelled after their time, blocking ones in a thread."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from csdesk import DeskConfig, InboundMessage, InvalidInput, Sender, open_async_desk, open_desk
from csdesk.domain.policy.config import BotPolicy, QueuePolicy
from csdesk.ports.bots import BotAnswer
from csdesk.testing import FixedClock, SerialIds

CONFIG = DeskConfig(
    queues=(QueuePolicy(name="default", reception="bot_first", bot="one"),),
    bots=(BotPolicy(name="one", timeout="0.01s"),),
)
MESSAGE = InboundMessage(account="web", dedupe_key="1", conversation="a", sender=Sender(external_id="a"), text="hello")


class Awaited:
    name = "one"

    def __init__(self, *, hangs=False):
        self.hangs, self.cancelled = hangs, False

    async def answer(self, turn):
        try:
            if self.hangs:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return BotAnswer(text=f"re {turn.text}")


class Blocking:
    name = "one"

    def answer(self, turn):
        return BotAnswer(text=f"re {turn.text}")


def play(bot, config=CONFIG):
    async def main():
        desk = await open_async_desk("memory://", config=config, bots=[bot], clock=FixedClock(), ids=SerialIds())
        async with desk:
            received = await desk.receive(MESSAGE)
            report = await desk.run_due()
            brief = await desk.tickets.brief(received.ticket.id)
            return report, brief

    return asyncio.run(main())


PATIENT = CONFIG.model_copy(update={"bots": (BotPolicy(name="one"),)})


@pytest.mark.parametrize("bot", [Awaited(), Blocking()], ids=["awaited", "blocking"])
def test_both_kinds_answer(bot):
    report, brief = play(bot, PATIENT)
    assert report.answered == 1
    assert [one.text for one in brief.said] == ["hello", "re hello"]


def test_one_that_hangs_is_cancelled_and_people_take_over():
    bot = Awaited(hangs=True)
    report, brief = play(bot)
    assert (report.answered, report.handed_off, brief.reason, bot.cancelled) == (0, 1, "timeout", True)


def test_a_blocking_desk_takes_no_awaited_bot():
    with pytest.raises(InvalidInput, match="open_async_desk"):
        open_desk("memory://", config=CONFIG, bots=[Awaited()])


@pytest.mark.parametrize("bot", [object(), Blocking, "one"], ids=["object", "class", "name"])
def test_what_is_no_bot_is_refused(bot):
    with pytest.raises(InvalidInput, match="is no bot"):
        open_desk("memory://", config=CONFIG, bots=[bot])


def test_turns_are_taken_and_finished():
    async def main():
        async with await open_async_desk("memory://", config=PATIENT, clock=FixedClock(), ids=SerialIds()) as desk:
            await desk.receive(MESSAGE)
            (turn,) = await desk.bots.take("one")
            return (await desk.bots.finish(turn, BotAnswer(text="hi"))).outcome

    assert asyncio.run(main()) == "answered"


class Stuck(Blocking):
    def __init__(self):
        self.asked, self.go = Event(), Event()

    def answer(self, turn):
        self.asked.set()
        assert self.go.wait(10)
        return super().answer(turn)


def test_a_bot_that_hangs_holds_up_nobody_else():
    bot = Stuck()

    async def main():
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        async with await open_async_desk("memory://", config=PATIENT, bots=[bot]) as desk:
            await desk.receive(MESSAGE)
            working = asyncio.ensure_future(desk.run_due())
            while not bot.asked.is_set():  # noqa: ASYNC110  its thread sets it
                await asyncio.sleep(0)
            got = await asyncio.wait_for(desk.receive(MESSAGE), 5)
            bot.go.set()
            return got.state, (await working).answered

    assert asyncio.run(main()) == ("duplicate", 1)


def test_a_bot_that_stops_as_iterators_do_has_failed():
    class Stops(Blocking):
        def answer(self, turn):
            raise StopIteration

    report, brief = play(Stops(), PATIENT)
    assert (report.answered, report.handed_off, brief.reason) == (0, 1, "error")
