"""Good cases: found among finished tickets, drafted, looked over by a person, kept as phrases and articles."""

import asyncio

import pytest

from csdesk import Actor, Article, Sender, open_async_desk
from csdesk.domain.records import events as ev
from csdesk.errors import InvalidInput, NotFound
from csdesk.testing import FixedClock, SerialIds

ME = Actor.agent("agt_1")


def solved(
    world, desk, asked="请问怎么开发票", said="在订单页点“开发票”就可以。", thanks="谢谢，很好", by="ann", **fields
):
    """A ticket that one answer solved."""
    got = desk.receive(world.said(asked, by=by))
    world.later(minutes=1)
    answer = desk.reply(got.ticket.id, said, actor=ME).message
    world.later(minutes=1)
    if thanks:
        desk.receive(world.said(thanks, by=by))
    for name, value in fields.items():
        desk.tickets.set_field(got.ticket.id, f"x.{name}", value, actor=ME)
    desk.tickets.set_status(got.ticket.id, "resolved", actor=ME)
    return got, answer


def cases(desk, *signs, **asked):
    return desk.learning.good_cases(signs=signs, **asked).items


def test_good_cases_are_those_that_one_answer_solved_to_content(world):
    desk = world.open()
    got, answer = solved(world, desk)
    other, _ = solved(world, desk, by="bob", thanks="")
    open_still = desk.receive(world.said("还在吗", by="cid"))
    desk.reply(open_still.ticket.id, "在的", actor=ME)
    (case,) = desk.learning.good_cases().items
    assert (case.ticket.id, case.question, case.answer) == (got.ticket.id, got.message_id, answer.id)
    assert (case.agent, case.signs, case.promoted) == ("agt_1", ("one_touch", "kept", "thanked"), False)
    assert [one.ticket.id for one in cases(desk)] == [other.ticket.id, got.ticket.id]
    with pytest.raises(InvalidInput, match="no queue 'nowhere'"):
        cases(desk, queue="nowhere")
    assert cases(desk, since=world.clock.now()) != cases(desk, until=world.clock.now())
    page = desk.learning.good_cases(signs=(), limit=1)
    rest = desk.learning.good_cases(signs=(), limit=1, cursor=page.cursor)
    assert [one.ticket.id for one in (*page.items, *rest.items)] == [other.ticket.id, got.ticket.id]


def test_what_went_on_was_reopened_or_corrected_is_no_good_case(world):
    desk = world.open()
    twice, _ = solved(world, desk, by="ann")
    desk.tickets.set_status(twice.ticket.id, "open", actor=ME)
    desk.tickets.set_status(twice.ticket.id, "resolved", actor=ME)
    long, _ = solved(world, desk, by="bob", thanks="")
    world.later(minutes=1)
    got = desk.receive(world.said("两次", by="cid"))
    answer = desk.reply(got.ticket.id, "错的", actor=ME).message
    desk.learning.correct(got.ticket.id, answer.id, actor=ME)
    desk.sla.settle(got.ticket.id, name="second_contact", actor=ME)
    desk.tickets.set_status(got.ticket.id, "resolved", actor=ME)
    machine = desk.receive(world.said("机器", by="dan"))
    desk.reply(machine.ticket.id, "好", actor=Actor.system("b"))
    desk.tickets.set_status(machine.ticket.id, "resolved", actor=ME)
    assert [one.ticket.id for one in cases(desk)] == [long.ticket.id]
    both = desk.receive(world.said("问", by="eve"))
    for text in ("一", "二"):
        desk.reply(both.ticket.id, text, actor=ME)
    desk.tickets.set_status(both.ticket.id, "resolved", actor=ME)
    assert [one.ticket.id for one in cases(desk, "one_touch")] == [long.ticket.id]
    assert len(cases(desk, "kept")) == 2


def test_ratings_of_the_host_count_where_it_notes_them(world):
    desk = world.open()
    good, _ = solved(world, desk, csat=5)
    solved(world, desk, by="bob", csat=2)
    solved(world, desk, by="cid")
    assert [one.ticket.id for one in cases(desk, "rated", rating=("csat", 4))] == [good.ticket.id]
    for bad in (
        {"signs": ("rated",)},
        {"rating": "csat"},
        {"rating": ("csat", "4")},
        {"signs": ("happy",)},
        {"limit": 0},
        {"since": world.clock.now().replace(tzinfo=None)},
    ):
        with pytest.raises(InvalidInput):
            desk.learning.good_cases(**bad)


def test_a_person_looks_a_draft_over_and_keeps_it_once(world):
    desk = world.open()
    got, answer = solved(
        world, desk, "我是李小姐，订单 2026010512345 怎么开发票", "李小姐您好，寄到南京西路 100 号，在订单页申请。"
    )
    desk.customers.set_profile(got.customer.id, name="李小姐", actor=ME)
    draft = desk.learning.draft(answer.id)
    assert draft.phrase.wordings[0].text == "{{ name }}您好，寄到南京西路 100 号，在订单页申请。"
    assert draft.article.questions[0].question == "我是…，订单 … 怎么开发票"
    assert [(one.field, one.kind) for one in draft.personal] == [("wordings.0", "address"), ("questions.1", "address")]
    with pytest.raises(InvalidInput, match=r"phrase\.wordings\.0: holds what may be personal \(address\)") as refused:
        desk.learning.promote(answer.id, draft.phrase, actor=ME)
    assert "南京" not in str(refused.value)
    with pytest.raises(InvalidInput, match="actor"):
        desk.learning.promote(answer.id, draft.phrase, actor=Actor.system())
    text = draft.phrase.wordings[0].model_copy(update={"text": "{{ name }}您好，在订单页申请。"})
    better = draft.phrase.model_copy(update={"id": "invoice", "title": "开发票", "wordings": (text,)})
    kept = desk.learning.promote(answer.id, better, actor=ME)
    assert (kept.id, kept.version, kept.owner) == ("phr_invoice", 1, "agt_1")
    assert desk.replies.suggest_for("怎么开发票").suggestions[0].phrase.id == "phr_invoice"
    (case,) = cases(desk)
    assert case.promoted
    with pytest.raises(InvalidInput, match="promoted before"):
        desk.learning.promote(answer.id, better, actor=ME)
    told = [
        one for entry in desk.explain(got.ticket.id) for one in entry.events if isinstance(one, ev.ExemplarPromoted)
    ]
    assert [(one.message, one.phrase, one.article) for one in told] == [(answer.id, "phr_invoice", None)]


def test_a_case_is_worked_into_an_article_and_why_words_may_stand_is_kept(world):
    desk = world.open()
    got, answer = solved(world, desk)
    whole = desk.articles.save(Article(id="invoice", title="发票"))
    draft = desk.learning.draft(answer.id)
    put = whole.model_copy(update={"questions": draft.article.questions, "cautions": ("客服热线 400 820 8820",)})
    with pytest.raises(InvalidInput, match=r"article\.cautions\.0"):
        desk.learning.promote_article(answer.id, put, actor=ME)
    kept = desk.learning.promote_article(answer.id, put, actor=ME, override="our own number", idempotency_key="1")
    assert (kept.version, kept.questions[0].answer) == (2, "在订单页点“开发票”就可以。")
    assert desk.learning.promote_article(answer.id, put, actor=ME, override="again", idempotency_key="1") == kept
    (told,) = [
        one for entry in desk.explain(got.ticket.id) for one in entry.events if isinstance(one, ev.ExemplarPromoted)
    ]
    assert (told.article, told.reason) == ("art_invoice", "our own number")


def test_what_cannot_be_promoted(world):
    desk = world.open()
    got, answer = solved(world, desk)
    draft = desk.learning.draft(answer.id)
    with pytest.raises(InvalidInput, match="no answer of a person"):
        desk.learning.promote(got.message_id, draft.phrase, actor=ME)
    with pytest.raises(NotFound):
        desk.learning.promote("msg_none", draft.phrase, actor=ME)
    for wrong in ("phrase", draft.article):
        with pytest.raises(InvalidInput, match="phrase"):
            desk.learning.promote(answer.id, wrong, actor=ME)
    with pytest.raises(InvalidInput, match="article"):
        desk.learning.promote_article(answer.id, draft.phrase, actor=ME)
    assert desk.replies.export() == ()


def test_an_awaited_desk_does_the_same(world):
    async def story():
        async with await open_async_desk("memory://", clock=FixedClock(), ids=SerialIds()) as desk:
            got = await desk.receive(world.said("怎么开发票"))
            answer = (await desk.reply(got.ticket.id, "在订单页。", actor=ME)).message
            await desk.tickets.set_status(got.ticket.id, "resolved", actor=ME)
            draft = await desk.learning.draft(answer.id)
            kept = await desk.learning.promote_article(answer.id, draft.article, actor=ME)
            phrase = draft.phrase
            other = (await desk.reply(got.ticket.id, "也可以找我。", actor=ME)).message
            await desk.learning.promote(other.id, phrase, actor=ME)
            page = await desk.learning.good_cases(signs=())
            return kept.id == draft.article.id, (await desk.replies.get(phrase.id)).title, len(page.items)

    assert asyncio.run(story())[:2] == (True, "怎么开发票")


@pytest.mark.parametrize("by", ["ann", "some.long.id@mail.example"])
def test_ids_of_the_provider_are_personal_where_they_are_long_enough(world, by):
    desk = world.open()
    got = desk.receive(world.said("annual plan?", by=by, sender=Sender(external_id=by)))
    answer = desk.reply(got.ticket.id, f"Dear {by}, annual plans are in the shop.", actor=ME).message
    text = desk.learning.draft(answer.id).phrase.wordings[0].text
    assert text == (
        "Dear ann, annual plans are in the shop." if by == "ann" else "Dear {{ name }}, annual plans are in the shop."
    )
