"""Suggestions, filled in and sent; what became of them, learnt from and undone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.desk.conftest import World, entries
from tests.integration.desk.test_library import phrase

from csdesk import Actor, DeskConfig, InboundMessage, Sender, Variable, Wording, open_desk
from csdesk.domain.core.knowledge import lessons
from csdesk.domain.matching import book
from csdesk.domain.matching.judging import Judge
from csdesk.domain.policy.config import ReplyPolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records.changes import Needs
from csdesk.engine import shelving
from csdesk.errors import GuardFailed, InvalidInput, NotFound
from csdesk.stores.memory import MemoryStore
from csdesk.testing import FixedClock, SerialIds
from csdesk.testing.audit import problems_of

AGENT = Actor.agent("agt_1")
SHOP = (
    phrase("ship", "发货时间", questions=("什么时候发货", "多久能发出"), wordings=(Wording(text="48 小时内发货。"),)),
    phrase("refund", "申请退款", questions=("怎么退款", "我要退款"), wordings=(Wording(text="在订单页申请。"),)),
    phrase("invoice", "开发票", questions=("可以开发票吗", "发票抬头怎么改"), wordings=(Wording(text="自动开票。"),)),
)


def judged(desk):
    found = [event for entry in entries(desk, ev.LEARNING) for event in entry.events]
    return [(one.fate, one.picked, one.shown) for one in found if isinstance(one, ev.SuggestionsJudged)]


def scores(desk, *texts):
    return [
        [(one.phrase.id, one.score, one.confidence) for one in desk.replies.suggest_for(text).suggestions]
        for text in texts
    ]


@pytest.fixture
def desk(world):
    made = world.open()
    made.replies.import_(SHOP)
    return made


def test_a_suggestion_comes_filled_in_for_this_customer_and_says_why(world, desk):
    desk.replies.add(
        "Where is my parcel",
        (
            Wording(text="{{ name }}, order {{ order }} (no. {{ number }}) is on its way, says {{ me }}."),
            Wording(text="Dear {{ name }}, we have called the courier about {{ order }}.", level="gold"),
            Wording(text="{{ name }}，订单 {{ order }} 在路上。", language="zh"),
            Wording(text="By mail: {{ order }}.", channel="web"),
        ),
        name="parcel",
        questions=("where is my parcel", "has my parcel been sent"),
        variables=(
            Variable(name="name", source="customer.name"),
            Variable(name="order", source="ticket.x.order"),
            Variable(name="number", type="number", source="ticket.number"),
            Variable(name="me", source="agent.name"),
        ),
    )
    me = Actor.agent(desk.agents.add("Maple").id)
    got = desk.receive(world.said("please where is my parcel", account="shop", language="en"))
    first = desk.replies.suggest(got.message.id, actor=me).suggestions[0]
    assert first.text == "⟨name⟩, order ⟨order⟩ (no. 1) is on its way, says Maple."
    assert first.missing == ("name", "order")
    assert first.why.spans[0].text == "is my parcel"
    assert first.why.nearest == "where is my parcel"
    desk.customers.set_profile(got.customer.id, name="Ann", level="gold", actor=me)
    desk.tickets.set_field(got.ticket.id, "x.order", "A1", actor=me)
    again = desk.replies.suggest(got.message.id, actor=me).suggestions[0]
    assert (again.text, again.missing) == ("Dear Ann, we have called the courier about A1.", ())
    assert desk.replies.preview("parcel", got.ticket.id, {"order": "B2"}).text.endswith("about B2.")
    on_web = desk.receive(world.said("please where is my parcel", by="bob", language="en"))
    assert desk.replies.suggest(on_web.message.id).suggestions[0].text == "By mail: ⟨order⟩."


def test_a_missing_value_is_an_error_before_anything_is_sent(world, desk):
    desk.replies.add(
        "Parcel",
        "Order {{ order }} leaves on {{ day | date }}.",
        name="parcel",
        variables=(Variable(name="order"), Variable(name="day", type="date")),
    )
    ticket = desk.receive(world.said("where is it")).ticket
    day = world.clock.now()
    for values, field in (({}, "order"), ({"order": "A1"}, "day"), ({"order": "A1", "day": "soon"}, "day")):
        with pytest.raises(InvalidInput, match=field):
            desk.replies.send(ticket.id, "parcel", values, actor=AGENT)
    assert desk.tickets.get(ticket.id).messages == 1
    sent = desk.replies.send(ticket.id, "parcel", {"order": "{{ day }}", "day": day}, actor=AGENT)
    assert sent.message.text == f"Order {{{{ day }}}} leaves on {day:%Y-%m-%d}."
    desk.replies.add("Gold", (Wording(text="x", level="gold"),), name="gold")
    with pytest.raises(InvalidInput, match="wordings"):
        desk.replies.send(ticket.id, "gold", actor=AGENT)
    assert desk.replies.preview("gold", ticket.id).text == ""
    desk.replies.retire("parcel")
    with pytest.raises(InvalidInput, match="retired"):
        desk.replies.send(ticket.id, "parcel", {"order": "A1", "day": day}, actor=AGENT)
    for call in (
        lambda: desk.replies.send(ticket.id, "none", actor=AGENT),
        lambda: desk.replies.preview("gold", "tkt_none"),
        lambda: desk.replies.suggest("msg_none"),
    ):
        with pytest.raises(NotFound):
            call()


def test_suggestions_are_worked_out_once_for_a_message_and_again_when_something_changed(world, desk, monkeypatch):
    calls = []
    original = Judge.match
    monkeypatch.setattr(Judge, "match", lambda *given, **named: calls.append(1) or original(*given, **named))
    got = desk.receive(world.said("怎么退款"))
    for _ in range(3):
        assert desk.replies.suggest(got.message.id).suggestions[0].phrase.id == "phr_refund"
    assert len(calls) == 1
    desk.replies.change("refund", title="退钱")
    desk.replies.suggest(got.message.id)
    assert len(calls) == 2
    end = world.clock.now() + timedelta(hours=1)
    desk.replies.replace(desk.replies.get("refund").model_copy(update={"valid_until": end}))
    assert desk.replies.suggest(got.message.id).shown[0] == "phr_refund"
    world.later(hours=1)
    assert "phr_refund" not in desk.replies.suggest(got.message.id).shown
    assert len(calls) == 4


@pytest.mark.parametrize(
    ("text", "given", "fate"),
    [
        ("在订单页申请。", {"phrase": "refund", "shown": ("refund", "ship")}, "picked"),
        ("亲，在订单页申请哦", {"phrase": "refund", "shown": ("refund",)}, "edited"),
        ("在订单页申请。", {"phrase": "refund"}, "picked"),
        ("我查一下", {"shown": ("ship", "refund")}, "ignored"),
    ],
)
def test_the_fate_of_suggestions_is_recorded_with_the_reply(world, desk, text, given, fate):
    got = desk.receive(world.said("怎么退款"))
    desk.reply(got.ticket.id, text, actor=AGENT, **given)
    picked = "phr_refund" if "phrase" in given else None
    assert judged(desk) == [(fate, picked, tuple(f"phr_{one}" for one in given.get("shown", ())))]
    assert desk.replies.suggest_for("x").learned == 1
    with pytest.raises(InvalidInput, match="phrase"):
        desk.reply(got.ticket.id, "x", actor=AGENT, phrase="none")
    desk.reply(got.ticket.id, "nothing to do with suggestions", actor=AGENT)
    assert len(judged(desk)) == 1


def test_what_was_only_shown_counts_and_teaches_nothing(world, desk):
    got = desk.receive(world.said("怎么退款"))
    before = scores(desk, "怎么退款")
    desk.learning.judge(got.message.id, "shown", shown=("ship", "refund"))
    assert (judged(desk)[0][0], scores(desk, "怎么退款")) == ("shown", before)
    assert {one.phrase.id: one.usage.shown for one in desk.replies.usage()} == {
        "phr_ship": 1,
        "phr_refund": 1,
        "phr_invoice": 0,
    }
    for wrong in (
        {"fate": "picked", "shown": ("ship",)},
        {"fate": "ignored"},
        {"fate": "shown", "picked": "ship", "shown": ("ship",)},
        {"fate": "liked", "shown": ("ship",)},
        {"fate": "ignored", "shown": ("none",)},
    ):
        with pytest.raises(InvalidInput):
            desk.learning.judge(got.message.id, **wrong)
    sent = desk.reply(got.ticket.id, "hello", actor=AGENT)
    with pytest.raises(InvalidInput, match="no customer"):
        desk.learning.judge(sent.message.id, "ignored", shown=("ship",))


def test_people_teach_every_process_and_take_it_back(world, desk):
    other = world.open()
    text = "货呢"
    got = desk.receive(world.said(text))
    before = scores(desk, text, "什么时候发货")
    assert scores(other, text, "什么时候发货") == before
    for _ in range(4):
        desk.learning.judge(got.message.id, "picked", picked="ship", shown=("refund", "ship"))
    assert desk.replies.suggest_for(text).suggestions[0].phrase.id == "phr_ship"
    assert scores(other, text, "什么时候发货") == scores(desk, text, "什么时候发货") != before
    assert other.learning.forget(message=got.message.id) == 4
    assert scores(desk, text, "什么时候发货") == scores(other, text, "什么时候发货") == before
    assert scores(world.open(), text, "什么时候发货") == before
    assert desk.learning.forget(last=9) == 0


def test_lessons_are_forgotten_by_phrase_and_by_number(world, desk):
    got = desk.receive(world.said("货呢"))
    for picked in ("ship", "refund", "ship"):
        desk.learning.judge(got.message.id, "picked", picked=picked)
    assert desk.learning.forget(phrase="refund") == 1
    assert desk.learning.forget(last=1) == 1
    assert desk.learning.forget(phrase="phr_ship") == 1
    assert desk.learning.forget(phrase="phr_ship") == 0
    assert desk.learning.forget(message=got.message.id) == 0
    with pytest.raises(InvalidInput, match="did you mean 'phr_ship'"):
        desk.learning.forget(phrase="shp")
    with pytest.raises(InvalidInput, match="did you mean 'phr_ship'"):
        desk.learning.judge(got.message.id, "ignored", shown=("shp",))
    with pytest.raises(NotFound):
        desk.learning.forget(message="msg_none")
    for wrong in ({}, {"last": 1, "phrase": "ship"}, {"last": 0}):
        with pytest.raises(InvalidInput):
            desk.learning.forget(**wrong)


def test_many_may_judge_at_the_same_instant(world, desk):
    got = desk.receive(world.said("货呢"))
    desk.replies.suggest_for("x")
    start = Barrier(20)

    def teach(_):
        start.wait()
        for _ in range(3):
            desk.learning.judge(got.message.id, "picked", picked="ship", shown=("refund",))

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(teach, range(20)))
    fresh = world.open()
    assert scores(desk, "货呢") == scores(fresh, "货呢")
    assert len(judged(desk)) == len(fresh._core.shelf.book._lessons) == len(desk._core.shelf.book._lessons) == 60
    assert desk._store.load(desk.name, Needs()).epochs.phrases >= 2, "no process was told"
    assert desk.learning.forget(last=2) == 2, "lessons of one number were forgotten together"
    assert desk.learning.forget(message=got.message.id) == 58


class Raced(MemoryStore):
    """A store in which others are faster: before each commit of a lesson they may give some of their own."""

    others = None

    def commit(self, desk, changes):
        if self.others is not None and any(entry.subject == ev.LEARNING for entry in changes.entries):
            others, self.others = self.others, None
            others()
            self.others = others
        return super().commit(desk, changes)


def test_whoever_is_overtaken_by_others_teaches_all_the_same(monkeypatch):
    monkeypatch.setattr(book, "LESSONS", 3)
    monkeypatch.setattr(book, "AT_ONCE", 4)
    monkeypatch.setattr(lessons, "AT_ONCE", 4)
    monkeypatch.setattr(shelving, "AT_ONCE", 4)
    monkeypatch.setattr(shelving, "PAGE", 1)
    clock, store = FixedClock(), Raced()
    desk = open_desk(store, clock=clock, ids=SerialIds())
    other = open_desk(store, clock=clock, ids=SerialIds(1000))
    desk.replies.import_(SHOP)
    ann = Sender(external_id="ann")
    got = desk.receive(InboundMessage(account="web", conversation="c", dedupe_key="d", text="货呢", sender=ann))

    def overtake(times):
        for _ in range(times):
            other.learning.judge(got.message.id, "picked", picked="refund", shown=("invoice",))

    for times in (0, 1, 3, 2, 3, 0, 1):
        store.others = partial(overtake, times)
        desk.learning.judge(got.message.id, "picked", picked="ship", shown=("invoice",))
        store.others = None
        fresh = open_desk(store, clock=clock, ids=SerialIds(2000))
        assert scores(desk, "货呢") == scores(fresh, "货呢")
        assert [one.cause for one in desk._core.shelf.book._lessons] == [
            one.cause for one in fresh._core.shelf.book._lessons
        ]
    told = [event.number for entry in entries(desk, ev.LEARNING) for event in entry.events]
    assert told == [1, 2, 2, 4, 5, 6, 4, 8, 9, 8, 11, 12, 13, 11, 15, 16, 16]
    store.others = partial(overtake, 4)
    with pytest.raises(GuardFailed):
        desk.learning.judge(got.message.id, "picked", picked="ship", shown=("invoice",))


def test_a_desk_may_choose_not_to_learn(world):
    desk = world.open(DeskConfig(reply=ReplyPolicy(learn=False)))
    desk.replies.import_(SHOP)
    got = desk.receive(world.said("货呢"))
    before = scores(desk, "货呢")
    desk.learning.judge(got.message.id, "picked", picked="ship", shown=("refund",))
    assert (len(judged(desk)), desk.replies.suggest_for("货呢").learned) == (1, 0)
    assert scores(desk, "货呢") == before


def test_what_was_learnt_from_somebody_goes_with_them(world, desk):
    other = world.open()
    got = desk.receive(world.said("秘密的货呢", by="ann"))
    kept = desk.receive(world.said("发票在哪", by="bob"))
    desk.learning.judge(kept.message.id, "picked", picked="invoice", shown=("refund", "invoice"))
    before = scores(desk, "秘密的货呢", "发票在哪")
    desk.learning.judge(got.message.id, "picked", picked="ship", shown=("refund", "ship"))
    assert scores(desk, "秘密的货呢", "发票在哪") == scores(other, "秘密的货呢", "发票在哪") != before
    desk.customers.erase(got.customer.id, actor=AGENT)
    for _ in range(50):
        if desk.customers.erasure(got.customer.id).state == "complete":
            break
        world.later(minutes=2)
        desk.run_due()
    for one in (desk, other, world.open()):
        assert scores(one, "秘密的货呢", "发票在哪") == before
    assert "秘密" not in str(entries(desk, ev.LEARNING))
    assert problems_of(desk._store) == ()


def test_lessons_reach_processes_that_only_take_in_messages(world, desk):
    held = world.open()
    held.replies.suggest_for("x")
    got = desk.receive(world.said("货呢"))
    desk.learning.judge(got.message.id, "picked", picked="ship", shown=("refund",))
    assert held._core.shelf.book.learned == 0
    held.run_due()
    assert held._core.shelf.book.learned == 1
    assert world.open().run_due() is not None  # a process without phrases does not begin to read them
    for _ in range(19):
        desk.learning.judge(got.message.id, "ignored", shown=("refund",))
    assert held.replies.get("ship") is not None
    assert held._core.compiled[2].answers is False
    assert desk._store.load(desk.name, Needs()).epochs.phrases == 2


def test_a_good_answer_becomes_a_draft_that_tells_nothing_of_its_customer(world, desk):
    got = desk.receive(world.said("我是李小姐，订单 2026010512345 怎么退款", language="zh"))
    desk.customers.set_profile(got.customer.id, name="李小姐", actor=AGENT)
    world.later(minutes=1)
    said = "李小姐您好，{{订单}} 2026010512345 已退，明细发到 li@example.com，电话 138 0013 8000。"
    answer = desk.reply(got.ticket.id, said, actor=AGENT).message
    desk.receive(world.said("谢谢"))
    draft = desk.learning.draft(answer.id)
    text = draft.phrase.wordings[0].text
    assert text == "{{ name }}您好，{ {订单} } {{ value2 }} 已退，明细发到 {{ value3 }}，电话 {{ value4 }}。"
    assert draft.phrase.questions == ("我是…，订单 … 怎么退款",)
    assert [one.source for one in draft.phrase.variables] == ["customer.name", None, None, None]
    assert draft.similar[0] == "phr_refund"
    assert len(desk.replies.export()) == 3
    assert desk.replies.import_([draft.phrase]).added == 1
    bot = desk.reply(got.ticket.id, "hi", actor=Actor.system("b")).message
    for wrong in (bot.id, got.message.id):
        with pytest.raises(InvalidInput, match="no answer of a person"):
            desk.learning.draft(wrong)
    with pytest.raises(NotFound):
        desk.learning.draft("msg_none")


def test_lessons_count_in_blocks(world, desk, monkeypatch):
    monkeypatch.setattr(book, "LESSONS", 3)
    got = desk.receive(world.said("货呢"))
    for number in range(8):
        desk.learning.judge(got.message.id, "picked", picked="ship" if number < 4 else "refund", shown=("invoice",))
        kept = [one.number for one in desk._core.shelf.book._lessons] if desk.replies.suggest_for("x") else []
        fresh = world.open()
        fresh.replies.suggest_for("x")
        assert kept == [one.number for one in fresh._core.shelf.book._lessons]
        assert scores(fresh, "货呢") == scores(desk, "货呢")
    assert kept == [4, 5, 6, 7, 8]


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["picked", "edited", "ignored", "forget", "retire", "back"]),
        st.sampled_from(["ship", "refund", "invoice"]),
        st.sampled_from(["货呢", "退钱", "票在哪里", "什么时候发货"]),
        st.lists(st.sampled_from(["ship", "refund", "invoice"]), min_size=1, max_size=3, unique=True),
    ),
    max_size=12,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MOVES)
def test_learning_is_a_fold_of_what_was_decided(moves):
    """A process that went along knows what one knows that reads it all, lesson by lesson and weight by weight."""
    store, clock, ids = MemoryStore(), FixedClock(), SerialIds()
    desk = open_desk(store, clock=clock, ids=ids)
    desk.replies.import_(SHOP)
    desk.replies.suggest_for("x")
    asked = {}
    world = World("memory", None)
    for fate, picked, text, shown in moves:
        if text not in asked:
            asked[text] = desk.receive(world.said(text)).message.id
        if fate == "forget":
            desk.learning.forget(last=1)
        elif fate in ("retire", "back"):
            desk.replies.change(picked, retired=fate == "retire")
        else:
            chosen = None if fate == "ignored" else picked
            desk.learning.judge(asked[text], fate, picked=chosen, shown=shown)
        desk.replies.suggest_for(text)
    fresh = open_desk(store, clock=clock, ids=ids)
    fresh.replies.suggest_for("x")
    mine, theirs = desk._core.shelf.book, fresh._core.shelf.book
    assert mine._lessons == theirs._lessons
    if any(fate in ("retire", "back") for fate, *_ in moves):
        return  # how much a word weighs depends on the library that a process packed
    weights = mine._judge.library.learned.weights, theirs._judge.library.learned.weights
    assert weights[0].keys() == weights[1].keys()
    for key, vector in weights[1].items():
        assert weights[0][key] == pytest.approx(vector)


def test_a_draft_needs_a_question_before_the_answer(world):
    desk = world.open()
    ticket = desk.receive(world.said("   ")).ticket
    answer = desk.reply(ticket.id, "we open at nine", actor=Actor.agent("agt_1")).message
    desk.receive(world.said("when do you open"))
    with pytest.raises(InvalidInput, match="answers nothing"):
        desk.learning.draft(answer.id)
