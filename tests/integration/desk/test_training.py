"""Training the phrases of a desk: once, outside any commit, for every process; chosen among, and undone."""

import asyncio
from base64 import b64decode, b64encode
from threading import get_ident
from types import SimpleNamespace
from zlib import compress, decompress

import pytest
from tests.integration.desk.conftest import entries
from tests.integration.desk.test_answers import answering
from tests.integration.desk.test_library import phrase
from tests.integration.desk.test_suggesting import scores

from csdesk import Actor, DeskConfig, Wording, open_async_desk
from csdesk.commands import AdoptTraining
from csdesk.domain.core.knowledge import trainings
from csdesk.domain.matching.book import PhraseBook
from csdesk.domain.matching.trainings import Training
from csdesk.domain.policy.sections.access import AccessPolicy
from csdesk.domain.records import events as ev
from csdesk.errors import Denied, InvalidInput, StoreDamaged
from csdesk.matching import Matcher, phrase_of
from csdesk.stores.memory import MemoryStore
from csdesk.testing import AwaitedStore, CountingStore, FixedClock, ScriptedChannel, SerialIds
from csdesk.testing.audit import problems_of

LOST = [f"我的卡{what}怎么办" for what in ("丢了", "不见了", "找不到了", "被偷了", "掉了", "遗失了")]
BROKEN = [f"我的卡{what}怎么办" for what in ("坏了", "刷不了", "用不了", "消磁了", "断了", "读不出")]
CARDS = (
    phrase("lost", "卡丢失", questions=tuple(LOST)),
    phrase("broken", "卡损坏", questions=tuple(BROKEN)),
    phrase("limit", "卡限额", questions=("我的卡能刷多少", "我的卡限额怎么查", "怎么提高限额")),
)
ASKED = ("我的卡不见了", "卡刷不出来怎么办", "限额多少")


@pytest.fixture
def desk(world):
    made = world.open()
    made.replies.import_(CARDS)
    return made


def trained_like_a_matcher(desk, *texts):
    matcher = Matcher(map(phrase_of, desk.replies.export()))
    matcher.optimize()
    return [[(one.phrase_id, one.score, one.confidence) for one in matcher.match(text)] for text in texts]


def flat(found):
    return [part for one in found for suggestion in one for part in suggestion[1:]]


def names(found):
    return [[suggestion[0] for suggestion in one] for one in found]


def test_a_training_gives_what_a_matcher_would_give(world, desk):
    before = scores(desk, *ASKED)
    done = desk.learning.optimize()
    assert (done.number, done.phrases, done.in_use) == (1, 3, True)
    after = scores(desk, *ASKED)
    wanted = trained_like_a_matcher(desk, *ASKED)
    assert after != before
    assert names(after) == names(wanted)
    assert flat(after) == pytest.approx(flat(wanted), abs=1e-5)
    assert problems_of(desk._store) == ()


def test_every_process_goes_along_and_no_message_waits_for_it(world, desk):
    desk.config.activate(answering())
    suggests, takes_in = world.open(), world.open(channels=[ScriptedChannel("web")])
    for one in (suggests, takes_in):
        one.replies.suggest_for("x")
    desk.learning.optimize()
    assert desk._core.shelf.book.trained == 0, "not even the process that trained them"
    assert takes_in.receive(world.said("我的卡不见了")).reply.trained == 0
    desk.replies.change("limit", keywords=("上限",))
    assert takes_in.receive(world.said("我的卡丢了", by="bob")).reply.trained == 0
    takes_in.run_due()
    assert takes_in._core.shelf.book.trained == 1
    wanted = scores(desk, *ASKED)
    for one in (suggests, takes_in, world.open()):
        assert scores(one, *ASKED) == wanted
        assert one.replies.suggest_for("x").trained == 1


def test_what_was_taught_costs_a_suggestion_no_further_read(world, desk):
    stores = []
    other = world.open(wrap=lambda store: stores.append(CountingStore(store)) or stores[-1])
    desk.learning.optimize()
    other.replies.suggest_for("x")
    stores[0].reset()
    assert other.replies.suggest_for("我的卡不见了").trained == 1
    assert stores[0].queries == 1  # the tail of what was learnt


def test_earlier_trainings_can_be_used_again_or_none(world, desk):
    plain = scores(desk, *ASKED)
    desk.learning.optimize(actor=Actor.agent("agt_1"))
    first = scores(desk, *ASKED)
    desk.replies.change("limit", questions=("怎么查限额", "限额多少", "卡可以刷多少"))
    second = desk.learning.optimize()
    assert second.number == 2
    assert scores(desk, *ASKED) != first
    other = world.open()
    assert [(one.number, one.by.id, one.in_use) for one in other.learning.trainings().items] == [
        (2, "desk", True),
        (1, "agt_1", False),
    ]
    desk.replies.replace(CARDS[2])
    other.learning.use_training(1)
    assert [one.number for one in desk.learning.trainings().items if one.in_use] == [1]
    for one in (desk, other, world.open()):
        assert flat(scores(one, *ASKED)) == pytest.approx(flat(first), abs=1e-6)
    other.learning.use_training(None)
    assert not any(one.in_use for one in desk.learning.trainings().items)
    for one in (desk, world.open()):
        assert flat(scores(one, *ASKED)) == pytest.approx(flat(plain), abs=1e-6)
        assert one.replies.suggest_for("x").trained == 0
    with pytest.raises(InvalidInput, match=r"no training 3; choose 1 to 2"):
        desk.learning.use_training(3)


def test_lessons_count_before_and_after_a_training(world, desk):
    got = desk.receive(world.said("磁条花了"))
    before = names(scores(desk, "磁条花了", *ASKED))
    for _ in range(3):
        desk.learning.judge(got.message.id, "picked", picked="broken", shown=("lost", "broken"))
    desk.learning.optimize()
    best = desk.replies.suggest_for("磁条花了")
    assert (best.suggestions[0].phrase.id, best.learned, best.trained) == ("phr_broken", 3, 1)
    assert desk.learning.forget(last=3) == 3
    assert desk.replies.suggest_for("磁条花了").learned == 0
    assert names(scores(desk, "磁条花了"))[0] == before[0]
    assert flat(scores(desk, *ASKED)) == pytest.approx(flat(trained_like_a_matcher(desk, *ASKED)), abs=1e-5)


def test_phrases_that_change_are_found_as_they_are_now(world, desk):
    desk.learning.optimize()
    desk.replies.suggest_for("x")
    desk.replies.change("lost", questions=("找回银行卡", "卡挂失怎么办理"))
    desk.replies.retire("limit")
    desk.replies.import_([phrase("pin", "密码", questions=("忘记密码", "改密码"))])
    for one in (desk, world.open()):
        assert scores(one, "卡挂失怎么办理")[0][0][0] == "phr_lost"
        assert scores(one, "忘记密码")[0][0][0] == "phr_pin"
        assert "phr_limit" not in names(scores(one, "怎么提高限额"))[0]
        assert one.replies.suggest_for("x").trained == 1


def test_a_library_that_was_packed_again_stays_trained(world, desk):
    desk.learning.optimize()
    many = [phrase(f"p{number}", f"第{number}个", questions=(f"问题{number}",)) for number in range(600)]
    desk.replies.suggest_for("x")
    desk.replies.import_(many)
    desk.replies.suggest_for("x")
    book = desk._core.shelf.book
    assert book._judge.library.unpacked == 0, "so many new ones are packed"
    assert book._judge.library.trained
    assert flat(scores(desk, *ASKED)) == pytest.approx(flat(scores(world.open(), *ASKED)), abs=1e-6)


def test_a_training_holds_no_text(world, desk):
    desk.learning.optimize()
    (told,) = [
        one for entry in entries(desk, ev.TRAINING) for one in entry.events if isinstance(one, ev.LibraryTrained)
    ]
    plain = decompress(b64decode(told.body.removeprefix("1:"))).decode("utf-8", "ignore")
    assert "phr_lost" in plain
    assert "卡" not in plain


def test_too_few_questions_are_said_so(world):
    desk = world.open()
    with pytest.raises(InvalidInput, match=r"^phrases: have too few questions"):
        desk.learning.optimize()
    desk.replies.import_([phrase("a"), phrase("b", "B", questions=("one",))])
    with pytest.raises(InvalidInput, match=r"^phrases: have too few questions"):
        desk.learning.optimize()
    with pytest.raises(InvalidInput, match=r"run desk.learning.optimize first"):
        desk.learning.use_training(1)


def test_who_may_not_train_is_refused_before_the_work(world, monkeypatch):
    desk = world.open(DeskConfig(access=AccessPolicy(default="deny")))
    monkeypatch.setattr(PhraseBook, "training", lambda _: pytest.fail("the work was done"))
    with pytest.raises(Denied):
        desk.learning.optimize(actor=Actor.agent("agt_1"))


@pytest.mark.parametrize("body", ["", "1:", "2:abc", "1:abc", "1:" + b64encode(compress(b"x" * 100_000_000)).decode()])
def test_what_is_no_training_is_refused(world, desk, body):
    with pytest.raises(InvalidInput, match=r"^training: "):
        desk.execute(AdoptTraining(body=body, actor=Actor.system()))


def test_a_training_that_broke_in_the_store_is_named(world, desk, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(trainings, "Training", SimpleNamespace(unpacked=lambda _: Training((), (), 0, 0)))
        desk.execute(AdoptTraining(body="1:broken", actor=Actor.system()))
    with pytest.raises(StoreDamaged, match="training 1 of the phrases is broken"):
        desk.replies.suggest_for("x")
    desk.learning.use_training(None)
    assert desk.replies.suggest_for("我的卡丢了怎么办").trained == 0


def test_an_async_desk_trains_off_the_loop(monkeypatch):
    threads, original = [], PhraseBook.training
    monkeypatch.setattr(PhraseBook, "training", lambda book: threads.append(get_ident()) or original(book))

    async def main():
        async with await open_async_desk(AwaitedStore(MemoryStore()), clock=FixedClock(), ids=SerialIds()) as desk:
            await desk.replies.import_(CARDS)
            await desk.replies.suggest_for("x")
            done = await desk.learning.optimize()
            assert (done.number, threads.count(get_ident()), len(threads)) == (1, 0, 1)
            assert (await desk.learning.trainings()).items == (done,)
            assert (await desk.replies.suggest_for("x")).trained == 1
            await desk.learning.use_training(None)
            assert (await desk.replies.suggest_for("x")).trained == 0

    asyncio.run(main())


def test_an_answer_says_what_it_rested_on(world):
    auto = tuple(one.model_copy(update={"auto_reply": True, "wordings": (Wording(text="ok"),)}) for one in CARDS)
    desk = world.open(answering(), channels=[ScriptedChannel("web")])
    desk.replies.import_(auto)
    desk.learning.optimize()
    desk.replies.suggest_for("x")
    got = desk.receive(world.said(LOST[0]))
    decided = [
        one for entry in entries(desk, got.ticket.id) for one in entry.events if isinstance(one, ev.ReplyDecided)
    ]
    assert [(one.action, one.trained) for one in decided] == [("auto_reply", 1)]
