"""Automatic answers over a conversation: never twice in a session, and what comes of them; wrong answers; wording."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.desk.conftest import World, entries

from csdesk import Actor, DeskConfig, LibraryPhrase, Sender, Variable, Wording, WordingRefused, open_desk
from csdesk.domain.policy.config import AccountPolicy, QueuePolicy, ReopenPolicy, ReplyPolicy, WordingPolicy, WordRule
from csdesk.domain.records import events as ev
from csdesk.domain.records.channels import SessionEvent
from csdesk.domain.records.clocks import Metric
from csdesk.domain.records.messages import AuthorKind
from csdesk.domain.records.phrases import ArticleLink
from csdesk.errors import ConfigError, IllegalTransition, InvalidInput, NotFound
from csdesk.stores.memory import MemoryStore
from csdesk.testing import FixedClock, ScriptedChannel, SerialIds

AGENT = Actor.agent("agt_1")
ASK, OTHER = "opening hours", "where is my parcel"
PHRASES = (
    LibraryPhrase(
        id="hours",
        title="Hours",
        questions=(ASK, "when do you open"),
        wordings=(Wording(text="Nine to five."),),
        auto_reply=True,
    ),
    LibraryPhrase(
        id="parcel",
        title="Parcel",
        questions=(OTHER, "has my parcel been sent"),
        wordings=(Wording(text="On its way."),),
        auto_reply=True,
    ),
)


def answering(**given) -> DeskConfig:
    return DeskConfig(
        queues=(QueuePolicy(name="default", auto_reply=True),),
        accounts=(AccountPolicy(name="web", auto_reply=True),),
        session_gap=given.pop("session_gap", timedelta(hours=2)),
        **given,
    )


@pytest.fixture
def desk(world):
    made = world.open(answering(), channels=[ScriptedChannel("web")])
    made.replies.import_(PHRASES)
    return made


def test_a_message_with_two_wishes_is_left_to_people_with_both_phrases(world, desk):
    policy = ReplyPolicy(threshold=0.4)
    desk.config.activate(answering(reply=policy))
    got = desk.receive(world.said("when do you open? opening hours please. where is my parcel"))
    assert (got.reply.action, got.reply.reason) == ("suggest", "several")
    assert got.reply.wishes == ("phr_hours", "phr_parcel")
    assert "phr_parcel" in {*got.reply.related, got.reply.suggestions[0].phrase.id}
    assert got.trace.find("reply.hand_over").param("reason") == "several"
    told = desk.replies.suggest(got.message.id)
    assert told.wishes == got.reply.wishes
    assert {told.suggestions[0].phrase.id, *told.related} >= set(told.wishes)
    assert desk.replies.suggest_for(ASK).wishes == ()


def is_answered(got) -> bool:
    return got.reply is not None and got.reply.action == "auto_reply"


def skipped(got) -> str:
    return got.trace.find("reply.skipped").param("reason")


def happened(desk, ticket) -> list[str]:
    return [type(event).__name__ for entry in entries(desk, ticket.id) for event in entry.events]


def test_a_decision_says_what_it_rested_on(world, desk):
    asked = desk.receive(world.said("my parcel", by="bob"))
    desk.learning.judge(asked.message.id, "picked", picked="parcel", shown=("hours",))
    desk.replies.suggest_for("x")
    got = desk.receive(world.said(ASK))
    (told,) = [e for entry in entries(desk, got.ticket.id) for e in entry.events if isinstance(e, ev.ReplyDecided)]
    assert (told.phrase, told.action, told.learned, got.reply.learned) == ("phr_hours", "auto_reply", 1, 1)
    assert got.ticket.deflection.phrase == "phr_hours"


def test_a_value_that_nobody_knows_leaves_the_answer_to_people(world, desk):
    desk.replies.add(
        "Invoice",
        "{{ name }}, it is in your parcel.",
        questions=("where is my invoice", "send me the invoice"),
        variables=(Variable(name="name", source="customer.name"),),
        auto_reply=True,
    )
    got = desk.receive(world.said("where is my invoice"))
    assert (got.reply.action, got.reply.reason) == ("suggest", "missing_value")
    desk.customers.set_profile(got.customer.id, name="Ann", actor=AGENT)
    got = desk.receive(world.said("where is my invoice"))
    assert is_answered(got)
    texts = [item.message.text for item in desk.tickets.timeline(got.ticket.id) if item.message]
    assert texts[-1] == "Ann, it is in your parcel."


def test_a_session_lasts_while_somebody_speaks(world, desk):
    assert is_answered(desk.receive(world.said(ASK)))
    for _ in range(5):
        world.later(minutes=100)
        assert skipped(desk.receive(world.said("hello again"))) == "session"
    world.later(minutes=100)
    desk.reply(desk.tickets.list().items[0].id, "we are here", actor=AGENT)
    world.later(minutes=119)
    assert skipped(desk.receive(world.said(OTHER))) == "session"
    world.later(minutes=120)
    got = desk.receive(world.said(OTHER))
    assert is_answered(got)
    assert got.ticket.session_over is False
    assert happened(desk, got.ticket).count("SessionBegan") == 1


def test_a_session_goes_on_when_a_follow_up_ticket_takes_the_conversation(world):
    desk = world.open(answering(reopen=ReopenPolicy(mode="follow_up")))
    desk.replies.import_(PHRASES)
    first = desk.receive(world.said(ASK))
    assert is_answered(first)
    for _ in range(2):  # also on the follow-up of a follow-up
        desk.tickets.set_status(desk.tickets.list(order="id").items[0].id, "closed", actor=AGENT)
        world.later(minutes=10)
        got = desk.receive(world.said(OTHER))
        assert got.ticket.id != first.ticket.id
        assert skipped(got) == "session"
    desk.tickets.set_status(got.ticket.id, "closed", actor=AGENT)
    world.later(hours=2)
    assert is_answered(desk.receive(world.said(OTHER)))


def test_a_follow_up_in_another_conversation_begins_a_session(world):
    desk = world.open(answering(reopen=ReopenPolicy(mode="follow_up")))
    desk.replies.import_(PHRASES)
    first = desk.receive(world.said(ASK)).ticket
    desk.tickets.set_status(first.id, "closed", actor=AGENT)
    got = desk.receive(world.said(OTHER, conversation="another", ticket_hint=first.id))
    assert [one.ticket for one in got.ticket.links] == [first.id]
    assert is_answered(got)


def test_a_machine_that_repeats_the_question_does_not_bring_it_back(world, desk):
    ticket = desk.receive(world.said(ASK)).ticket
    desk.receive(world.said(ASK, automatic="reply"))
    assert desk.tickets.get(ticket.id).deflection.returned_at is None
    desk.receive(world.said(ASK))
    assert desk.tickets.get(ticket.id).deflection.returned_at == world.clock.now()


def test_the_channel_may_end_a_session(world, desk):
    channel = desk._core.channels["web"]
    assert is_answered(desk.receive(world.said(ASK)))
    assert skipped(desk.receive(world.said(OTHER))) == "session"
    ended = SessionEvent(
        account="web", dedupe_key="e1", conversation="ann", sender=Sender(external_id="ann"), what="ended"
    )
    desk.handle("web", channel.report(ended))
    assert is_answered(desk.receive(world.said(OTHER)))
    assert skipped(desk.receive(world.said(ASK))) in ("session", "returned")


def test_a_session_goes_on_through_a_merge_and_out_of_it(world, desk):
    one = desk.receive(world.said(ASK))
    two = desk.receive(world.said("hm", conversation="second"))
    assert is_answered(one)
    assert not is_answered(two)
    desk.tickets.merge(one.ticket.id, into=two.ticket.id, actor=AGENT)
    world.later(minutes=5)
    got = desk.receive(world.said(OTHER))
    assert (got.ticket.id, skipped(got)) == (two.ticket.id, "session")
    world.later(hours=2)
    assert is_answered(desk.receive(world.said(OTHER)))
    desk.tickets.unmerge(one.ticket.id, actor=AGENT)
    world.later(minutes=5)
    got = desk.receive(world.said(ASK))
    assert (got.ticket.id, skipped(got)) == (one.ticket.id, "session")


def test_a_session_goes_on_in_both_halves_of_a_split(world, desk):
    got = desk.receive(world.said(ASK))
    other = desk.receive(world.said("something else"))
    answer = [item.message for item in desk.tickets.timeline(got.ticket.id) if item.message][1]
    assert answer.author is AuthorKind.BOT
    new = desk.tickets.split(got.ticket.id, [answer.id, other.message.id], actor=AGENT)
    assert (desk.tickets.get(new.id).session_over, desk.tickets.get(new.id).auto_replied_at) == (
        False,
        answer.occurred_at,
    )
    again = desk.receive(world.said(OTHER))
    assert (again.ticket.id, skipped(again)) == (got.ticket.id, "session")


def test_a_batch_is_answered_once_as_well(world, desk):
    got = desk.receive_many([world.said(text) for text in (ASK, OTHER, ASK)])
    assert [is_answered(one) for one in got] == [True, False, False]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.sampled_from([ASK, OTHER, "hm"]), st.sampled_from(["say", "close", "reply"])),
        max_size=10,
    ),
    st.sampled_from(["reopen", "follow_up"]),
)
def test_never_twice_in_a_session(moves, mode):
    """Between two automatic answers of a conversation there is always a silence as long as the gap."""
    clock, world = FixedClock(), World("memory", None)
    desk = open_desk(MemoryStore(), config=answering(reopen=ReopenPolicy(mode=mode)), clock=clock, ids=SerialIds())
    desk.replies.import_(PHRASES)
    last, answered_in_session = None, False
    for minutes, text, move in moves:
        clock.advance(timedelta(minutes=minutes))
        silent = last is not None and clock.now() - last >= timedelta(hours=2)
        tickets = desk.tickets.list(order="id", descending=True).items
        if move == "say" or not tickets:
            got = desk.receive(world.said(text))
            answered_in_session = answered_in_session and not silent
            assert not (is_answered(got) and answered_in_session)
            answered_in_session = answered_in_session or is_answered(got)
            last = clock.now()
        elif move == "close" and tickets[0].category != "closed":
            desk.tickets.set_status(tickets[0].id, "closed", actor=AGENT)
        elif tickets[0].is_live:
            answered_in_session = answered_in_session and not silent
            desk.reply(tickets[0].id, "hello", actor=AGENT)
            last = clock.now()


# A question that comes back


def test_a_question_that_comes_back_counts_as_unresolved(world, desk):
    first = desk.receive(world.said(ASK))
    world.later(minutes=5)
    got = desk.receive(world.said("so when do you open"))
    assert (is_answered(got), skipped(got)) == (False, "session")
    assert got.trace.find("reply.returned").param("phrase") == "phr_hours"
    assert got.ticket.deflection.returned_at == world.clock.now()
    desk.receive(world.said(ASK))
    assert happened(desk, first.ticket).count("QuestionReturned") == 1
    (use,) = desk.replies.usage("returned")
    assert (use.phrase.id, use.usage.returned, use.usage.auto_sent) == ("phr_hours", 1, 1)


@pytest.mark.parametrize("words", ["还是不行", "没解决啊", "转人工", "That did not help.", "can I talk to a human"])
def test_who_says_that_the_answer_did_not_help_counts_as_unresolved(world, desk, words):
    first = desk.receive(world.said(ASK))
    world.later(minutes=5)
    got = desk.receive(world.said(words))
    assert got.trace.find("reply.unsolved").param("phrase") == "phr_hours"
    assert got.ticket.deflection.returned_at == world.clock.now()
    (told,) = [e for one in entries(desk, first.ticket.id) for e in one.events if isinstance(e, ev.QuestionReturned)]
    assert told.said
    assert [use.phrase.id for use in desk.replies.usage("returned")] == ["phr_hours"]


@pytest.mark.parametrize("words", ["thanks, that helped", "解决了，谢谢", "不用转人工了，谢谢", "好的"])
def test_who_is_content_does_not(world, desk, words):
    ticket = desk.receive(world.said(ASK)).ticket
    world.later(minutes=5)
    desk.receive(world.said(words))
    assert "QuestionReturned" not in happened(desk, ticket)


def test_in_a_new_session_it_is_left_to_people_once(world, desk):
    desk.receive(world.said(ASK))
    world.later(hours=3)
    got = desk.receive(world.said(ASK))
    assert (is_answered(got), skipped(got)) == (False, "returned")


@pytest.mark.parametrize("why", ["another question", "a person answered", "too late"])
def test_what_does_not_come_back_is_solved(world, desk, why):
    ticket = desk.receive(world.said(ASK)).ticket
    world.later(minutes=1)
    if why == "a person answered":
        desk.reply(ticket.id, "nine", actor=AGENT)
        world.later(minutes=1)
    if why == "too late":
        world.later(hours=73)
    desk.receive(world.said(OTHER if why == "another question" else ASK))
    assert "QuestionReturned" not in happened(desk, ticket)


def test_a_link_that_a_person_sent_may_fail_too(world, desk):
    desk.replies.replace(
        desk.replies.get("parcel").model_copy(
            update={"article": ArticleLink(title="Parcels", url="https://x.example/p"), "auto_reply": False}
        )
    )
    got = desk.receive(world.said(OTHER))
    desk.replies.send(got.ticket.id, "parcel", actor=AGENT, shown=got.reply.shown)
    world.later(minutes=1)
    again = desk.receive(world.said("but has my parcel been sent"))
    assert again.ticket.deflection.returned_at == world.clock.now()


# Wrong answers


def test_a_wrong_answer_is_assessed_learnt_from_and_followed_up(world, desk):
    got = desk.receive(world.said(ASK))
    answer = [item.message for item in desk.tickets.timeline(got.ticket.id) if item.message][-1]
    assert answer.author is AuthorKind.BOT
    desk.tickets.set_status(got.ticket.id, "resolved", actor=AGENT)
    ticket = desk.learning.correct(got.ticket.id, answer.id, right="parcel", reason="Ann meant hers", actor=AGENT)
    assert ticket.is_live
    (clock,) = [one for one in ticket.clocks if one.metric is Metric.PROMISE]
    assert (clock.name, clock.due_at) == ("second_contact", world.clock.now() + timedelta(hours=24))
    (entry,) = desk.learning.corrections().items
    assert (entry.author, entry.author_id, entry.phrase, entry.right) == ("bot", "phr_hours", "phr_hours", "phr_parcel")
    assert (entry.by, entry.ticket, entry.message) == (AGENT, ticket.id, answer.id)
    assert {one.phrase.id: one.usage.wrong for one in desk.replies.usage("wrong")} == {"phr_hours": 1}
    (lesson,) = [e for one in entries(desk, ev.LEARNING) for e in one.events]
    assert (lesson.fate, lesson.picked, lesson.shown, lesson.question) == (
        "wrong",
        "phr_parcel",
        ("phr_hours",),
        got.message.id,
    )
    with pytest.raises(InvalidInput, match="before"):
        desk.learning.correct(ticket.id, answer.id, actor=AGENT)


def test_a_persons_wrong_answer_counts_for_the_person(world, desk):
    got = desk.receive(world.said("hm"))
    with_phrase = desk.replies.send(got.ticket.id, "hours", actor=AGENT)
    by_hand = desk.reply(got.ticket.id, "no idea", actor=AGENT)
    desk.learning.correct(got.ticket.id, with_phrase.message.id, within=timedelta(hours=1), actor=AGENT)
    ticket = desk.learning.correct(got.ticket.id, by_hand.message.id, actor=AGENT)
    assert [(one.author_id, one.phrase) for one in desk.learning.corrections().items] == [
        ("agt_1", None),
        ("agt_1", "phr_hours"),
    ]
    assert len([one for one in ticket.clocks if one.name == "second_contact"]) == 2
    for wrong, error in ((got.message.id, InvalidInput), ("msg_none", NotFound)):
        with pytest.raises(error, match="message"):
            desk.learning.correct(got.ticket.id, wrong, actor=AGENT)
    world.later(hours=2)
    desk.run_due()
    assert "ClockBreached" in happened(desk, ticket)


def test_what_was_merged_is_corrected_on_its_survivor(world, desk):
    one, two = desk.receive(world.said(ASK)), desk.receive(world.said("hm", conversation="second"))
    answer = [item.message for item in desk.tickets.timeline(one.ticket.id) if item.message][-1]
    desk.tickets.merge(one.ticket.id, into=two.ticket.id, actor=AGENT)
    with pytest.raises((IllegalTransition, InvalidInput)):
        desk.learning.correct(one.ticket.id, answer.id, actor=AGENT)


# What replies say


def worded(world, **given):
    desk = world.open(DeskConfig(wording=WordingPolicy(**given)))
    return desk, desk.receive(world.said("hello")).ticket


def test_cold_words_are_warned_of_and_the_reply_goes_out(world):
    desk, ticket = worded(world)
    sent = desk.reply(ticket.id, "这个不行。", actor=AGENT)
    told = sent.trace.find("wording.found")
    assert (told.param("kind"), told.param("start")) == ("cold", 2)
    assert "可以" in told.param("instead")
    assert "WordingFound" in happened(desk, ticket)
    for fine in ("行不行？", "这款不行，我帮您换一款", "可不可以发图", "好的"):
        assert desk.replies.check(fine) == ()
        assert desk.reply(ticket.id, fine, actor=AGENT).trace.find("wording.found") is None


def test_refused_words_are_not_sent_unless_somebody_says_why(world):
    desk, ticket = worded(
        world,
        forbidden="refuse",
        cold="refuse",
        words=(WordRule(text="最便宜", instead="很划算"), WordRule(text="Guarantee", kind="forbidden")),
    )
    for text, start, end, instead in (
        ("我们最便宜", 2, 5, "很划算"),
        ("we ＧＵＡＲＡＮＴＥＥ it", 3, 12, ""),
        ("這是規定就是這樣", None, None, None),
        ("Impossible.", 0, 10, "That way is closed, but here is what I can do"),
    ):
        with pytest.raises(WordingRefused) as refused:
            desk.reply(ticket.id, text, actor=AGENT)
        (place, *_) = refused.value.places
        if start is not None:
            assert place[1:] == (start, end, instead)
        assert text not in str(refused.value)
    assert desk.tickets.get(ticket.id).messages == 1
    assert desk.reply(ticket.id, "we guaranteed it", actor=AGENT).message  # another word
    sent = desk.reply(ticket.id, "我们最便宜", actor=AGENT, override="a quote of our advertisement")
    (told,) = [
        event for entry in entries(desk, ticket.id) for event in entry.events if isinstance(event, ev.WordingFound)
    ]
    assert (told.message, told.overridden, told.reason) == (sent.message.id, True, "a quote of our advertisement")
    bot = desk.reply(ticket.id, "我们最便宜", actor=Actor.system("helper"))
    assert bot.trace.find("wording.found") is None


def test_a_macro_that_a_person_runs_is_watched_too(world):
    config = DeskConfig(
        wording=WordingPolicy(forbidden="refuse"),
        macros=(
            {"name": "cold", "then": [{"do": "reply", "text": "没办法"}]},
            {
                "name": "rude",
                "then": [{"do": "set_priority", "priority": "high"}, {"do": "reply", "text": "calm down"}],
            },
        ),
    )
    desk = world.open(config)
    ticket = desk.receive(world.said("hello")).ticket
    desk.tickets.run_macro(ticket.id, "cold", actor=AGENT)
    assert "WordingFound" in happened(desk, ticket)
    with pytest.raises(WordingRefused):
        desk.tickets.run_macro(ticket.id, "rude", actor=AGENT)
    assert desk.tickets.get(ticket.id).priority == 2


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("这个我们做不了", "cold"),
        ("本店不支持退货", "cold"),
        ("Sorry, no refunds.", "cold"),
        ("We can't do that.", "cold"),
        ("您自己查吧", "forbidden"),
        ("闭嘴", "forbidden"),
        ("这款100%有效", "forbidden"),
        ("您直接转账给我", "forbidden"),
        ("不支持退货，可以换货", None),
        ("没货了，到货后我通知您", None),
        ("您有病史吗", None),
        ("您可以在官网查到", None),
        ("we can't do that, but we can exchange it", None),
    ],
)
def test_the_standard_lists(world, said, kind):
    desk, _ = worded(world)
    assert [one.kind for one in desk.replies.check(said)] == ([kind] if kind else [])
    assert all(one.instead for one in desk.replies.check(said))


def test_lists_can_be_switched_off_and_own_words_win(world):
    desk, _ = worded(world, standard=False, words=(WordRule(text="不行", kind="cold", instead="再想想"),))
    assert [one.instead for one in desk.replies.check("不行")] == ["再想想"]
    assert desk.replies.check("没办法") == ()
    off, _ = worded(World("memory", None), cold="off", forbidden="off")
    assert off.replies.check("不行 calm down") == ()


def test_pasted_reasons_are_found_with_the_wording_for_customers(world):
    desk, ticket = worded(world, verbatim="refuse")
    desk.replies.import_(
        [
            LibraryPhrase(
                id="refund",
                title="退款",
                wordings=(Wording(text="您可以在订单页申请退款。"),),
                rationale="平台规则第七条规定：签收后七日内且不影响二次销售的商品可以退款，超过则需主管审批。",
            )
        ]
    )
    text = "您好！簽收後七日內且不影響二次銷售的商品可以退款,请知悉"
    (spot,) = desk.replies.check(text)
    assert (spot.kind, spot.phrase, spot.instead) == ("verbatim", "phr_refund", "您可以在订单页申请退款。")
    assert text[spot.start : spot.end].startswith("簽收後七日")
    with pytest.raises(WordingRefused, match="verbatim"):
        desk.reply(ticket.id, text, actor=AGENT)
    assert desk.reply(ticket.id, "签收七天内可以退", actor=AGENT).message
    assert desk.replies.check("商品可以退款，超过") == ()


def test_policy_of_replies_is_checked():
    for wrong in ({"threshold": 1.5}, {"floor": -1}, {"returns_within": "0s"}, {"second_contact": "soon"}):
        with pytest.raises(ConfigError, match="reply"):
            DeskConfig(reply=wrong)
    assert DeskConfig(reply=ReplyPolicy()).digest == DeskConfig().digest
    with pytest.raises(ConfigError, match="wording"):
        DeskConfig(wording={"words": [{"text": "\u200b"}]})
