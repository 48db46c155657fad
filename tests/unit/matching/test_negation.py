"""A refusal is never answered with what it refuses; a complaint or a question with a negation in it may be."""

import pytest

from csdesk.matching import Matcher, Phrase

MATCHER = Matcher(
    [
        Phrase("refund", "申请退款", ("怎么退款", "我要退款", "如何申请退款"), ("退款",)),
        Phrase("invoice", "开发票", ("怎么开发票", "可以开发票吗", "我要发票")),
        Phrase("ship", "发货", ("什么时候发货", "几天发货")),
    ]
)
ENGLISH = Matcher(
    [
        Phrase("refund", "Refund", ("How do I get a refund?", "I want my money back", "refund please")),
        Phrase("cancel", "Cancel", ("How can I cancel my order", "cancel order")),
        Phrase("ship", "Ship", ("when does it ship", "where is my parcel")),
    ]
)


@pytest.mark.parametrize(
    "text",
    [
        "我不要发票",
        "不开发票",
        "别开发票",
        "无需开发票",
        "没有要退款",
        "没说要退款",
        "并没有申请退款",
        "我不是要退款",
        "拒绝退款",
        "先不退款",
        "我要退款吗？不，不要",
        "no refund please",
        "refund please? no",
        "I didn't want my money back",
        "How do I avoid a refund",
        "without a refund",
        "How do I NOT get a refund",
        "How can I not cancel my order",
    ],
)
def test_a_refusal_goes_to_a_person(text):
    matcher = ENGLISH if text.isascii() else MATCHER
    assert matcher.decide(text).action != "auto_reply"


@pytest.mark.parametrize(
    "text",
    [
        "我要发票",
        "能不能退款",
        "可不可以开发票",
        "为什么不发货",
        "还没发货",
        "how do i get a refund",
        "why does it not ship",
        "how to cancel my order",
    ],
)
def test_what_only_holds_a_negation_is_answered(text):
    matcher = ENGLISH if text.isascii() else MATCHER
    assert matcher.decide(text).action == "auto_reply"


def test_stopping_something_is_no_refusal_of_it():
    matcher = Matcher([Phrase("end", "Cancel", ("cancel my subscription", "end a subscription"))])
    assert matcher.match("stop my subscription")[0].guards == ()


def test_who_does_not_want_it_meets_the_guard_of_what_gives_it():
    matcher = Matcher(
        [Phrase("a", "申请退款", ("我要退款", "怎么退款")), Phrase("b", "撤销", ("不要退款了", "取消退款申请"))]
    )
    for text in ("我没申请退款", "我不是要退款", "无需退款了"):
        assert {one.phrase_id: one.guards for one in matcher.match(text)}["a"] == ("opposite",), text


def test_a_refused_word_keeps_the_rank_and_bars_the_answer():
    decision = MATCHER.decide("我不是要发票")
    assert (decision.phrase_id, decision.action, decision.reason) == ("invoice", "suggest", "guarded")
    assert decision.matches[0].guards == ("refused",)
    assert decision.matches[0].score > 0.4  # 不要退款, which is the opposite, is halved: below 0.3
    assert MATCHER.match("我不是要退款")[0].score < 0.3
