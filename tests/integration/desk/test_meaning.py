"""A model of meaning beside the words: for suggestions that somebody asks for, and for nothing else."""

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.desk.conftest import AGENT
from tests.integration.desk.test_answers import answering
from tests.integration.desk.test_library import phrase
from tests.integration.desk.test_suggesting import SHOP

from csdesk import InboundMessage, Sender, Wording, open_async_desk, open_desk
from csdesk.domain.matching.confidence import DENSE_PRIOR
from csdesk.engine import meanings
from csdesk.errors import ChannelError, InvalidInput, MissingExtra
from csdesk.flows.knowledge import meaning
from csdesk.ports import steps
from csdesk.rules import F, Rule
from csdesk.stores.memory import MemoryStore
from csdesk.testing import AwaitedStore, CountingStore, FixedClock, ScriptedChannel, SerialIds

MEANINGS = {"退款": 0, "ersetzt": 0, "发货": 1, "geliefert": 1, "发票": 2, "会员": 3, "treue": 3}


class Meanings:
    """Knows words of two languages by what they mean; ``fails`` is raised instead, ``says`` is said instead."""

    def __init__(self, name: str = "meanings/1") -> None:
        self.name = name
        self.asked: list[str] = []
        self.fails: Exception | None = None
        self.says: object = None
        self.slow = lambda: None

    def encode(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        self.asked += texts
        self.slow()
        if self.fails is not None:
            raise self.fails
        if self.says is not None:
            return self.says
        return [
            [float(any(at == place and word in text for word, at in MEANINGS.items())) for place in range(4)]
            for text in texts
        ]

    def told(self) -> list[str]:
        """What it was asked since the last look."""
        asked, self.asked = self.asked, []
        return asked


class Untouchable:
    """An embedder for a desk that must not ask it: after ``armed`` even its name raises."""

    armed = False

    @property
    def name(self) -> str:
        assert not self.armed
        return "untouchable"

    def encode(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        raise AssertionError(texts)


@pytest.fixture
def numpy():
    return pytest.importorskip("numpy", reason="numpy (extra embed) is not installed")


def ids(decision) -> list[str]:
    return [one.phrase.id for one in decision.suggestions]


def meant(world, model=None, **given):
    """A desk with a model and the phrases of a shop."""
    desk = world.open(embedder=model or Meanings(), **given)
    desk.replies.import_(SHOP)
    return desk


def test_meaning_finds_what_shares_no_word(world, numpy):
    desk = meant(world)
    plain = world.open()
    assert ids(plain.replies.suggest_for("geliefert")) == []
    told = desk.replies.suggest_for("geliefert")
    assert (ids(told)[0], told.action, told.embedder, told.embedder_failure) == (
        "phr_ship",
        "suggest",
        "meanings/1",
        "",
    )
    got = desk.receive(world.said("ersetzt"))
    assert ids(desk.replies.suggest(got.message.id))[0] == "phr_refund"
    assert ids(plain.replies.suggest(got.message.id)) == []
    assert plain.replies.suggest(got.message.id).embedder == ""


def test_each_text_is_asked_for_once(world, numpy):
    model = Meanings()
    desk = meant(world, model)
    got = desk.receive(world.said("geliefert"))
    assert model.told() == []
    first = desk.replies.suggest(got.message.id)
    asked = model.told()
    assert sorted(asked[:-1]) == sorted({text for one in SHOP for text in (one.title, *one.questions)})
    assert asked[-1] == "geliefert"
    assert desk.replies.suggest(got.message.id) == first
    assert model.told() == []
    desk.replies.suggest_for("")
    assert model.told() == []
    desk.replies.add("会员", "积分。", name="vip", questions=("会员积分",))
    assert ids(desk.replies.suggest_for("treue"))[0] == "phr_vip"
    assert model.told() == ["会员", "会员积分", "treue"]
    desk.replies.change("vip", questions=("会员积分", "会员等级"))
    desk.replies.retire("ship")
    assert "phr_ship" not in ids(desk.replies.suggest_for("geliefert"))
    assert model.told() == ["会员等级", "geliefert"]
    known = desk._core.model()._known
    assert (len(known.rows), known.vectors.gone) == (9, {"phr_ship"})


def test_receiving_and_answering_never_touch_the_model(world, numpy):
    model = Untouchable()
    rule = Rule(name="sure", when=F.message.phrase_score > 0.3, then=({"do": "add_tags", "tags": ["clear"]},))
    config = answering(rules=(rule,), tags=({"name": "clear"},))
    desk = world.open(config, channels=[ScriptedChannel("web")], embedder=model)
    desk.replies.import_(SHOP)
    desk.replies.change("refund", auto_reply=True)
    model.armed = True
    answered = desk.receive(world.said("我要退款"))
    assert (answered.reply.action, answered.reply.embedder) == ("auto_reply", "")
    assert [one.name for one in answered.ticket.tags] == ["clear"]
    asked = desk.receive(world.said("发票呢", by="bob"))
    desk.run_due()
    desk.learning.optimize()
    desk.replies.lint()
    desk.replies.send(asked.ticket.id, "invoice", actor=AGENT, shown=("phr_invoice",))
    assert desk.replies.suggest(asked.message.id).embedder_failure == "AssertionError"
    model.armed = False
    assert desk.replies.suggest(asked.message.id).embedder_failure == "AssertionError"


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (ValueError("token abc"), "ValueError"),
        (TimeoutError(), "late"),
        (ChannelError("models.test/small", "status 503", disposition="retry"), "error.channel"),
    ],
)
def test_a_model_that_fails_leaves_the_words_and_says_so(world, numpy, raised, reason):
    model = Meanings()
    desk = meant(world, model)
    plain = world.open()
    got = desk.receive(world.said("怎么退款"))
    model.fails = raised
    told = desk.replies.suggest(got.message.id)
    assert (told.embedder, told.embedder_failure) == ("", reason)
    shown = [(one.phrase.id, one.score, one.confidence) for one in told.suggestions]
    assert shown == [
        (one.phrase.id, one.score, one.confidence) for one in plain.replies.suggest(got.message.id).suggestions
    ]
    model.fails = None
    world.later(seconds=31)
    again = desk.replies.suggest(got.message.id)
    assert (again.embedder, again.embedder_failure) == ("meanings/1", "")
    assert [one.score for one in again.suggestions] != [one.score for one in told.suggestions]
    model.fails = raised
    assert desk.replies.suggest(got.message.id) == again  # it need not be asked
    assert desk.replies.suggest_for("发货").embedder_failure == reason


@pytest.mark.parametrize(
    "said", ["vectors", 5, [None], [[1.0], [1.0, 2.0]], [[float("nan")] * 4] * 9, [[]] * 9, [[1.0] * 4], [["x"]] * 9]
)
def test_something_else_than_vectors_is_refused(world, numpy, said):
    model = Meanings()
    desk = meant(world, model)
    model.says = said
    assert desk.replies.suggest_for("发货").embedder_failure == "wrong"
    model.says = None
    world.later(seconds=31)
    assert desk.replies.suggest_for("发货").embedder_failure == ""
    model.says = [[1.0] * 5]
    assert desk.replies.suggest_for("发货").embedder_failure == "wrong"


def test_a_slow_model_has_its_time_and_goes_on_later(world, numpy, monkeypatch):
    monkeypatch.setattr(meaning, "_PART", 2)
    model = Meanings()
    desk = meant(world, model)
    model.slow = lambda: world.later(seconds=3)
    told = desk.replies.suggest_for("geliefert")
    assert (told.embedder_failure, told.embedder_paused_until) == ("late", None)  # it only needs more time
    assert len(model.told()) == 4
    assert desk.replies.suggest_for("geliefert").embedder_failure == "late"
    assert desk.replies.suggest_for("geliefert").embedder == "meanings/1"
    assert len(model.told()) == 9 - 4 + 1


def test_a_model_that_failed_is_left_alone_longer_and_longer(world, numpy):
    model = Meanings()
    desk = meant(world, model)
    desk.replies.suggest_for("")
    model.fails = ValueError("x")
    pauses = []
    for _ in range(7):
        model.told()
        first, again = desk.replies.suggest_for("发货"), desk.replies.suggest_for("geliefert")
        assert model.told() == ["发货"]  # nobody waits for it again
        assert first.embedder_failure == again.embedder_failure == "ValueError"
        assert first.embedder_paused_until == again.embedder_paused_until
        pauses.append((again.embedder_paused_until - world.clock.now()).total_seconds())
        world.later(seconds=pauses[-1])
    assert pauses == [30, 60, 120, 240, 480, 600, 600]
    model.fails = None
    back = desk.replies.suggest_for("geliefert")
    assert (ids(back)[0], back.embedder_failure, back.embedder_paused_until) == ("phr_ship", "", None)
    model.fails = ValueError("x")
    once = desk.replies.suggest_for("发货")
    assert (once.embedder_paused_until - world.clock.now()).total_seconds() == 30
    model.name = "meanings/2"
    assert desk.replies.suggest_for("发货").embedder_paused_until == once.embedder_paused_until  # asked, and failed


def test_one_tries_a_model_that_failed_while_others_go_on(world, numpy):
    model = Meanings()
    desk = meant(world, model)
    desk.replies.suggest_for("")
    model.fails = ValueError("x")
    desk.replies.suggest_for("发货")
    world.later(seconds=31)
    meanwhile = []

    def ask_too():
        model.slow = lambda: None
        meanwhile.append(desk.replies.suggest_for("geliefert"))

    model.fails, model.slow = None, ask_too
    model.told()
    assert desk.replies.suggest_for("ersetzt").embedder == "meanings/1"
    assert [(one.embedder, one.embedder_failure) for one in meanwhile] == [("", "ValueError")]
    assert model.told() == ["ersetzt"]
    assert desk.replies.suggest_for("geliefert").embedder == "meanings/1"


def test_what_was_worked_out_is_shown_while_the_model_is_left_alone(world, numpy):
    model = Meanings()
    desk = meant(world, model)
    got = desk.receive(world.said("geliefert"))
    before = desk.replies.suggest(got.message.id)
    model.fails = ValueError("x")
    assert desk.replies.suggest_for("发货").embedder_paused_until is not None
    assert desk.replies.suggest(got.message.id) == before


def test_another_model_begins_afresh(world, numpy):
    model = Meanings()
    desk = meant(world, model)
    got = desk.receive(world.said("geliefert"))
    assert desk.replies.suggest(got.message.id).embedder == "meanings/1"
    model.told()
    model.name = "meanings/2"
    assert desk.replies.suggest(got.message.id).embedder == "meanings/2"
    assert len(model.told()) == 10

    def renamed():
        model.name += "0"

    model.slow, model.name = renamed, "x"
    assert desk.replies.suggest_for("geliefert").embedder_failure == "late"


def test_what_another_model_told_meanwhile_is_not_kept(world, numpy):
    desk = meant(world)
    desk.replies.suggest_for("")
    model = desk._core.model()
    model.keep(steps.KeepVectors("meanings/0", ("x",), [[1.0] * 4]))
    assert "x" not in model._known.rows
    model.keep(steps.KeepVectors("meanings/1", ("x",), [[1.0] * 4]))
    assert "x" in model._known.rows


def test_how_sure_it_is_rests_on_no_evidence_from_before_vectors(world, numpy):
    desk = meant(world)
    for name, more in (("ship", "今天发货吗"), ("refund", "退款多久到"), ("invoice", "要发票")):
        known = desk.replies.get(name)
        desk.replies.change(name, questions=(*known.questions, more))
    desk.learning.optimize()
    desk.replies.suggest_for("")
    known = desk._core.model()._known
    assert known.plain._judge.own_rows
    assert known.fused._judge.calibration == DENSE_PRIOR


def test_a_training_goes_on_counting(world, numpy, monkeypatch):
    moved = []
    monkeypatch.setattr(meanings, "told_apart", lambda vectors: moved.append(len(vectors.packed.texts)) or vectors)
    desk = meant(world)
    got = desk.receive(world.said("geliefert"))
    before = desk.replies.suggest(got.message.id)
    desk.learning.optimize()
    after = desk.replies.suggest(got.message.id)
    assert (before.trained, after.trained, after.embedder) == (0, 1, "meanings/1")
    assert ids(after)[0] == "phr_ship"
    desk.replies.add("会员", "积分。", name="vip", questions=("会员积分",))
    assert ids(desk.replies.suggest_for("treue"))[0] == "phr_vip"
    assert ids(desk.replies.suggest_for("ersetzt"))[0] == "phr_refund"
    assert moved == [9]
    desk.learning.use_training(None)
    assert desk.replies.suggest(got.message.id).trained == 0
    assert moved == [9]


def test_lessons_go_on_counting(world, numpy):
    desk = meant(world)

    def score(decision):
        return next(one.score for one in decision.suggestions if one.phrase.id == "phr_invoice")

    before = score(desk.replies.suggest_for("要抬头"))
    got = desk.receive(world.said("要抬头"))
    desk.reply(got.ticket.id, "自动开的。", actor=AGENT, phrase="invoice", shown=("phr_ship", "phr_invoice"))
    after = desk.replies.suggest_for("要抬头")
    assert (after.learned, after.embedder) == (1, "meanings/1")
    assert score(after) > before


def meant_in_memory():
    desk = open_desk("memory://", embedder=Meanings(), clock=FixedClock(), ids=SerialIds())
    desk.replies.import_(SHOP)
    return desk


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["发货", "退款", "会员", None])), max_size=6))
def test_vectors_follow_the_library_however_it_changes(numpy, changes):
    kept, fresh = meant_in_memory(), meant_in_memory()
    kept.replies.suggest_for("")
    for name, title in changes:
        for desk in (kept, fresh):
            known = {one.id for one in desk.replies.export(retired=True)}
            if title is not None:
                record = phrase(f"phr_{name}", title, questions=(f"{title}吗",), wordings=(Wording(text="好。"),))
                desk.replies.import_([record])
            elif f"phr_{name}" in known:
                desk.replies.retire(name)
        kept.replies.suggest_for("")
    for text in ("geliefert", "treue"):
        one, other = kept.replies.suggest_for(text), fresh.replies.suggest_for(text)
        assert {(phrase.phrase.title) for phrase in one.suggestions[:1]} == {
            (phrase.phrase.title) for phrase in other.suggestions[:1]
        }
    kept.close()
    fresh.close()


def test_after_many_changes_vectors_are_made_afresh(world, numpy, monkeypatch):
    monkeypatch.setattr(meanings, "_MANY_LOOSE", 2)
    model = Meanings()
    desk = meant(world, model)
    desk.replies.suggest_for("")
    for number in range(4):
        desk.replies.add("会员", "积分。", name=f"vip{number}")
        assert ids(desk.replies.suggest_for("treue"))[0] == "phr_vip0"
        assert desk._core.model()._known.loose <= 2
    assert model.asked.count("会员") == 1


def test_vectors_of_a_large_library_are_not_told_apart(world, numpy, monkeypatch):
    monkeypatch.setattr(meanings, "_TOLD_APART", 8)
    monkeypatch.setattr(meanings, "told_apart", None)
    desk = meant(world)
    desk.learning.optimize()
    assert desk.replies.suggest_for("geliefert").embedder == "meanings/1"


def test_many_ask_at_once(numpy):
    desk = meant_in_memory()
    together = Barrier(4)

    def ask(number):
        together.wait()
        desk.replies.add("会员", "积分。", name=f"vip{number}")
        return desk.replies.suggest_for("geliefert")

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(ask, range(4)))
    assert {(ids(one)[0], one.embedder) for one in told} == {("phr_ship", "meanings/1")}
    assert ids(desk.replies.suggest_for("treue"))[:4] == [f"phr_vip{number}" for number in range(4)]
    desk.close()


def test_in_a_host_s_transaction_that_is_rolled_back(numpy, tmp_path):
    connection = sqlite3.connect(tmp_path / "host.db", isolation_level=None)
    desk = open_desk(connection, embedder=Meanings(), clock=FixedClock(), ids=SerialIds())
    connection.execute("BEGIN")
    desk.replies.import_(SHOP)
    assert ids(desk.replies.suggest_for("geliefert"))[0] == "phr_ship"
    connection.execute("ROLLBACK")
    assert ids(desk.replies.suggest_for("geliefert")) == []
    desk.close()
    connection.close()


def test_a_desk_without_phrases_asks_nobody(world, numpy):
    model = Meanings()
    desk = world.open(embedder=model)
    assert desk.replies.suggest_for("发货").embedder_failure == ""
    assert model.asked == []


def test_it_costs_no_statement(world, numpy):
    stores = []

    def counting(store):
        stores.append(CountingStore(store))
        return stores[-1]

    desk, plain = meant(world, wrap=counting), world.open(wrap=counting)
    for one in (desk, plain):
        one.replies.suggest_for("发货")
    counts = []
    for one, store in zip((desk, plain), stores, strict=True):
        before = sum(store.calls.values())
        one.replies.suggest_for("发货")
        counts.append(sum(store.calls.values()) - before)
    assert counts[0] == counts[1]


@pytest.mark.parametrize("url", ["memory://", AwaitedStore(MemoryStore())])
def test_the_same_with_await(numpy, url):
    async def story():
        model = Meanings()
        async with await open_async_desk(url, embedder=model, clock=FixedClock(), ids=SerialIds()) as desk:
            await desk.replies.import_(SHOP)
            told = await desk.replies.suggest_for("geliefert")
            assert (ids(told)[0], told.embedder) == ("phr_ship", "meanings/1")
            model.fails = ValueError("x")
            assert (await desk.replies.suggest_for("geliefert")).embedder_failure == "ValueError"

    asyncio.run(story())


def test_with_await_nobody_waits_for_a_model_that_hangs(numpy, monkeypatch):
    monkeypatch.setattr(meaning, "WITHIN", meaning.WITHIN / 500)
    let_go = Event()

    async def story():
        model = Meanings()
        model.slow = lambda: let_go.wait() and None
        async with await open_async_desk("memory://", embedder=model, clock=FixedClock(), ids=SerialIds()) as desk:
            await desk.replies.import_(SHOP)
            told = await desk.replies.suggest_for("发货")
            assert (ids(told)[0], told.embedder_failure) == ("phr_ship", "late")
            assert told.embedder_paused_until is not None
            model.told()
            assert (await desk.replies.suggest_for("发货")).embedder_failure == "late"
            assert model.told() == []
            let_go.set()

    asyncio.run(story())


def test_with_await_a_model_that_hangs_leaves_threads_to_the_others(numpy, monkeypatch):
    monkeypatch.setattr(meaning, "WITHIN", meaning.WITHIN / 50)
    monkeypatch.setattr(meanings, "_FOR_ROOM", 0)
    let_go = Event()

    async def story():
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(3))
        model = Meanings()
        async with await open_async_desk("memory://", embedder=model, clock=FixedClock(), ids=SerialIds()) as desk:
            await desk.replies.import_(SHOP)
            model.slow = lambda: let_go.wait() and None
            try:
                async with asyncio.timeout(10):
                    told = await asyncio.gather(*[desk.replies.suggest_for("发货") for _ in range(6)])
                    got = await desk.receive(said())
            finally:
                let_go.set()
            assert {one.embedder_failure for one in told} == {"late"}
            assert got.state == "stored"

    def said():
        return InboundMessage(account="web", dedupe_key="1", conversation="1", sender=Sender(external_id="1"), text="x")

    asyncio.run(story())


class Awaited:
    name = "awaited"

    async def encode(self, texts):
        raise AssertionError


@pytest.mark.parametrize("wrong", [object(), Meanings, Awaited()])
def test_what_is_no_embedder_is_refused(wrong):
    async def story():
        await open_async_desk("memory://", embedder=wrong)

    with pytest.raises(InvalidInput, match=r"^embedder: "):
        open_desk("memory://", embedder=wrong)
    with pytest.raises(InvalidInput, match=r"^embedder: "):
        asyncio.run(story())


def test_without_numpy_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "numpy", None)
    with pytest.raises(MissingExtra, match="embed"):
        open_desk("memory://", embedder=Meanings())
