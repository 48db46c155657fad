"""Phrases that customers will mix up are named before anybody asks."""

import pytest

from csdesk.matching import Matcher, Phrase

APPLY = Phrase("apply", "申请退款", ("怎么申请退款", "如何退款", "我要退钱"))
AGAIN = Phrase("again", "退款怎么弄", ("退款怎么申请", "咋退款呀", "想退钱"))
SHIP = Phrase("ship", "发货时间", ("什么时候发货", "几天发货", "多久能发货"))
BILL = Phrase("bill", "开发票", ("怎么开发票", "要发票", "发票抬头"))


def mixed(*phrases: Phrase) -> list[tuple[str, ...]]:
    found = Matcher(phrases).lint()
    return [tuple(sorted((one.phrase_id, one.other_id or ""))) for one in found if one.problem == "mixed_up"]


def test_a_pair_that_says_the_same_in_other_words_is_named_once() -> None:
    assert mixed(APPLY, AGAIN, SHIP, BILL) == [("again", "apply")]
    (flaw,) = [one for one in Matcher([APPLY, AGAIN, SHIP]).lint() if one.problem == "mixed_up"]
    assert flaw.question in {"怎么申请退款", "退款怎么申请", "申请退款", "退款怎么弄", "如何退款"}


def test_phrases_of_their_own_are_not() -> None:
    assert mixed(APPLY, SHIP, BILL) == []
    assert mixed(APPLY) == []


def test_one_question_astray_is_not_enough() -> None:
    assert mixed(APPLY, SHIP, Phrase("bill", "开发票", ("怎么开发票", "要发票", "退款后发票怎么办"))) == []


@pytest.mark.parametrize("prepare", [bool, Matcher.optimize], ids=["packed", "optimised"])
def test_asking_changes_nothing(prepare) -> None:
    matcher = Matcher([APPLY, AGAIN, SHIP])
    prepare(matcher)
    before = matcher.match("怎么退款")
    matcher.lint()
    assert matcher.match("怎么退款") == before


def test_the_same_question_twice_is_told_as_that_alone() -> None:
    other = Phrase("other", "退款申请", ("怎么申请退款", "如何退款呢"))
    found = {(one.problem, frozenset((one.phrase_id, one.other_id))) for one in Matcher([APPLY, other, SHIP]).lint()}
    assert found == {("same_question", frozenset(("apply", "other")))}


def test_a_single_question_that_finds_another_phrase_is_told_too() -> None:
    returns = Phrase("returns", "退货", ("怎么退货", "退货寄到哪里", "退货地址", "怎么申请退款吧"))
    found = Matcher([APPLY, returns, SHIP]).lint()
    assert [(one.problem in {"hidden", "too_close"}, {one.phrase_id, one.other_id}) for one in found] == [
        (True, {"apply", "returns"})
    ]
