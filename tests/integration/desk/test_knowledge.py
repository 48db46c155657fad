"""Knowledge bases of the host: asked on demand, one after the other; they answer with sources, or abstain."""

import asyncio
from datetime import timedelta

import pytest

from csdesk import InvalidInput, NotFound, open_async_desk
from csdesk.errors import ChannelError
from csdesk.matching import Matcher, Phrase, PhraseKnowledge
from csdesk.ports.knowledge import Citation, KnowledgeAbstains, KnowledgeAnswer, KnowledgeQuestion
from csdesk.testing import CountingStore, FixedClock, SerialIds


def answer(text, confidence=0.8, **source):
    return KnowledgeAnswer(text=text, confidence=confidence, source=Citation(id="a1", **source))


class Book:
    """A knowledge base that says what it was told to say."""

    def __init__(self, name, said):
        self.name = name
        self.said = said
        self.asked = []

    def look_up(self, question):
        self.asked.append(question)
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


class AwaitedBook(Book):
    async def look_up(self, question):
        await asyncio.sleep(0)
        return super().look_up(question)


class Slow(Book):
    async def look_up(self, question):
        await asyncio.Event().wait()


FAQ = (
    Phrase("returns", "退货", ("怎么退货", "如何退货退款", "退货流程是什么"), answer="七天内可以退货", language="zh"),
    Phrase("invoice", "发票", ("怎么开发票", "发票在哪里开"), answer="在订单里开发票", language="zh"),
)


def test_the_surest_answer_comes_first_and_who_is_silent_is_told(world):
    wiki = Book("wiki", (answer("看说明书", 0.4), answer("七天内", 0.9, title="退货", url="https://kb.example/1")))
    books = [
        wiki,
        Book("shop", (answer("可以", 0.7),)),
        Book("empty", ()),
        Book("dumb", KnowledgeAbstains(reason="out_of_scope")),
        Book("broken", ValueError("no")),
        Book("away", ChannelError("kb", "away", disposition="retry")),
        Book("odd", "七天内"),
    ]
    desk = world.open()
    got = desk.receive(world.said("怎么退货", language="zh-CN"))
    told = desk.replies.consult(got.message_id, books)
    assert [(one.knowledge, one.answer.text) for one in told.hits] == [
        ("wiki", "七天内"),
        ("shop", "可以"),
        ("wiki", "看说明书"),
    ]
    assert told.hits[0].answer.source == Citation(id="a1", title="退货", url="https://kb.example/1")
    assert [(one.knowledge, one.outcome, one.reason) for one in told.silent] == [
        ("empty", "abstained", "no_answer"),
        ("dumb", "abstained", "out_of_scope"),
        ("broken", "failed", "ValueError"),
        ("away", "failed", ChannelError.code),
        ("odd", "wrong", "str"),
    ]
    now = world.clock.now()
    assert wiki.asked == [
        KnowledgeQuestion(
            text="怎么退货",
            language="zh-CN",
            account="web",
            queue="default",
            asked_at=now,
            deadline=now + timedelta(seconds=10),
        )
    ]


def test_nobody_is_asked_while_messages_come_in_and_nothing_is_stored(world):
    stores = []
    desk = world.open(wrap=lambda store: stores.append(CountingStore(store)) or stores[0])
    book = Book("wiki", (answer("七天内"),))
    got = desk.receive(world.said("怎么退货"))
    stores[0].reset()
    desk.replies.consult(got.message_id, [book])
    assert (stores[0].loads, stores[0].commits, len(book.asked)) == (1, 0, 1)
    assert desk.replies.consult_for("  ", [book]).hits == ()
    assert len(book.asked) == 1


def test_phrases_are_a_knowledge_base(world):
    desk = world.open()
    faq = PhraseKnowledge(Matcher(FAQ), name="faq")
    told = desk.replies.consult_for("请问怎么退货", [faq], language="zh")
    assert (told.hits[0].knowledge, told.hits[0].answer.text) == ("faq", "七天内可以退货")
    assert told.hits[0].answer.source == Citation(id="returns", title="退货")
    assert 0 < told.hits[0].answer.confidence <= 1
    told = desk.replies.consult_for("quantum chromodynamics", [faq])
    assert (told.hits, told.silent[0].outcome, told.silent[0].reason) == ((), "abstained", "no_match")
    with pytest.raises(InvalidInput):
        PhraseKnowledge("phrases")


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"knowledge": [object()]}, "knowledge: object is no knowledge base"),
        ({"knowledge": [Book]}, "no knowledge base"),
        ({"knowledge": [AwaitedBook("a", ())]}, "has to be awaited"),
        ({"limit": 0}, "limit"),
        ({"within": timedelta(0)}, "within"),
        ({"within": timedelta(hours=1)}, "within"),
        ({"language": 7}, "language"),
    ],
)
def test_bad_questions_are_told(world, given, match):
    desk = world.open()
    with pytest.raises(InvalidInput, match=match):
        desk.replies.consult_for("x", **{"knowledge": [], **given})


def test_a_message_has_to_be_there(world):
    with pytest.raises(NotFound):
        world.open().replies.consult("msg_none", [])


def test_the_async_desk_awaits_them_and_cuts_off_who_is_late():
    async def run():
        async with await open_async_desk("memory://", clock=FixedClock(), ids=SerialIds()) as desk:
            books = [AwaitedBook("wiki", (answer("七天内"),)), Slow("slow", ()), Book("plain", (answer("可以", 0.5),))]
            return await desk.replies.consult_for("怎么退货", books, within=timedelta(milliseconds=400))

    told = asyncio.run(run())
    assert [one.knowledge for one in told.hits] == ["wiki", "plain"]
    assert [(one.knowledge, one.outcome) for one in told.silent] == [("slow", "late")]
