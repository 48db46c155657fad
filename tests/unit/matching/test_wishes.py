"""A message with two wishes is not answered by the phrase of one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.matching.wishes import MOST_CLAUSES, clauses_of
from csdesk.matching import Context, Matcher, Phrase

SHOP = [
    Phrase("refund", "申请退款", ("怎么退款", "我要退款", "如何申请退款", "退款在哪里申请"), related=("keep",)),
    Phrase("ship", "发货时间", ("什么时候发货", "几天发货", "多久能发货", "今天发货吗")),
    Phrase("invoice", "开发票", ("怎么开发票", "我要发票", "可以开发票吗", "发票在哪里开")),
    Phrase("keep", "撤销退款", ("取消退款申请", "不退了", "怎么撤销退款")),
    Phrase("hello", "问候", ("你好", "在吗", "您好")),
    Phrase("where", "Where is it", ("where is my order", "where is my parcel", "track my order"), language="en"),
    Phrase("back", "Refund", ("I want a refund", "how do I get a refund", "money back please"), language="en"),
]
MATCHER = Matcher(SHOP, threshold=0.6)


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("怎么退款？另外可以开发票吗", ("refund", "invoice")),
        ("什么时候发货，我要发票", ("ship", "invoice")),
        ("今天发货吗\n怎么开发票\n如何申请退款", ("ship", "invoice", "refund")),
        ("where is my order? also I want a refund", ("where", "back")),
    ],
)
def test_two_wishes_go_to_a_person_with_both_phrases(text: str, wishes: tuple[str, ...]) -> None:
    decision = MATCHER.decide(text)
    assert (decision.action, decision.wishes) == ("suggest", wishes)
    assert {decision.phrase_id, *decision.related} >= set(wishes)
    assert [one for one in decision.related if one in wishes] == [one for one in wishes if one != decision.phrase_id]


@pytest.mark.parametrize(
    "text",
    [
        "你好，怎么退款",
        "您好！在吗？怎么退款，谢谢",
        "怎么退款，我要退款",
        "怎么退款。",
        "Hi, how do I get a refund? Thanks!",
    ],
)
def test_one_wish_in_polite_words_is_answered(text: str) -> None:
    decision = MATCHER.decide(text)
    assert (decision.action, decision.wishes) == ("auto_reply", ())


def test_what_is_refused_is_no_wish() -> None:
    assert MATCHER.decide("我不要发票，怎么退款").wishes == ()


def test_a_sure_answer_to_one_of_two_wishes_is_held_back_for_that_reason() -> None:
    matcher = Matcher(SHOP, threshold=0)
    decision = matcher.decide("如何申请退款，退款在哪里申请，今天发货吗")
    assert (decision.action, decision.reason) == ("suggest", "several")


def test_conditions_hold_for_wishes_too() -> None:
    text = "where is my order? I want a refund"
    assert MATCHER.decide(text, context=Context(language="zh")).wishes == ()


def test_clauses_are_what_may_ask() -> None:
    assert clauses_of("怎么退款") == ()
    assert clauses_of("你好，怎么退款") == ()
    assert clauses_of("退款 100.5 元，还有发票") == ("退款 100.5 元", "发票")
    assert clauses_of("It costs 3.50. How do I pay? Thanks") == ("It costs 3.50", "How do I pay")
    assert len(clauses_of("退款，发票。" * 40)) == MOST_CLAUSES


@given(st.text(max_size=300))
def test_clauses_stand_in_the_text_in_its_order(text: str) -> None:
    at = 0
    for clause in clauses_of(text):
        at = text.index(clause, at) + len(clause)
