"""What a customer refuses, denies, takes back or wants the other way round is not sent by itself; the rest may be."""

from pathlib import Path

import pytest

from csdesk.matching import Lexicon, Matcher, Phrase

LINES = Path(__file__).with_name("hard_pairs.txt").read_text(encoding="utf-8").splitlines()
PAIRS = [tuple(line.split(" | ")) for line in LINES if line and not line.startswith("#")]
PLAIN = Lexicon()


@pytest.mark.parametrize(("text", "question", "expected"), PAIRS)
def test_a_pair(text: str, question: str, expected: str) -> None:
    found = Matcher([Phrase("it", question)], PLAIN).match(text)
    if found:  # what shares nothing with a phrase is not answered with it either
        assert ("guarded" if found[0].guards else "free") == expected


def test_nearly_all_pairs_share_words() -> None:
    silent = [one for one in PAIRS if not Matcher([Phrase("it", one[1])], PLAIN).match(one[0])]
    assert len(silent) < len(PAIRS) / 10


def test_who_asks_for_what_a_phrase_refuses_is_not_answered_with_it() -> None:
    matcher = Matcher([Phrase("none", "不要发票", ("我不需要发票", "别给我开发票"))], threshold=0)
    decision = matcher.decide("我需要发票")
    assert (decision.action, decision.reason) == ("suggest", "guarded")


def test_the_opposite_loses_its_rank() -> None:
    matcher = Matcher(
        [Phrase("keep", "撤销退款", ("取消退款", "不退了")), Phrase("refund", "申请退款", ("怎么退款", "我要退款"))]
    )
    for text in ("撤回我的退款申请", "退款申请怎么取消", "不想退了", "算了不退了"):
        assert matcher.match(text)[0].phrase_id == "keep", text
    assert matcher.match("我不是不想退款")[0].phrase_id == "refund"
