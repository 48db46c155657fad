import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.text import query_tokens, search_tokens, tokens_match


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("退货流程", ["退货", "货流", "流程"]),
        ("订单A1001退貨", ["订单", "a1001", "退货"]),
        ("去 li.na@shop.cn", ["去", "li", "na", "shop", "cn"]),
        ("SO-2024-001", ["so", "2024", "001"]),
        ("don't stop", ["don", "t", "stop"]),
        ("はい。ｶﾞｲﾄﾞ", ["はい", "ガイ", "イド"]),
        ("हिन्दी text", ["हिन्दी", "text"]),
        ("a_b __", ["a", "b"]),
        ("？！", []),
        ("", []),
    ],
)
def test_search_tokens(text: str, tokens: list[str]) -> None:
    assert search_tokens(text) == tokens


@pytest.mark.parametrize(
    ("query", "phrases"),
    [
        ("發票", [("发票",)]),
        ("退货流程", [("退货", "货流", "流程")]),
        ("退货a1001", [("退货",), ("a1001",)]),
        ("li.na@shop.cn 退货", [("li", "na", "shop", "cn"), ("退货",)]),
        ("refund order", [("refund",), ("order",)]),
        ('" OR *', [("or",)]),
        ("--", []),
    ],
)
def test_query_tokens(query: str, phrases: list[tuple[str, ...]]) -> None:
    assert query_tokens(query) == phrases


@pytest.mark.parametrize("query", ["發票", "发票", "A1001", "a1001", "li.na@shop.cn", "shop", "na", "票 开", "开票吗"])
def test_a_message_is_found(query: str) -> None:
    tokens = search_tokens("订单A1001可以開發票嗎？能开票吗？请寄到 Li.Na@Shop.CN")
    assert tokens_match(tokens, query_tokens(query)) == (query != "票 开")


@pytest.mark.parametrize("query", ["A100", "吗请", "退货", "shop.na", "", "?"])
def test_what_is_not_in_a_message_is_not_found(query: str) -> None:
    tokens = search_tokens("订单A1001可以開發票嗎？能开票吗？请寄到 Li.Na@Shop.CN")
    assert not tokens_match(tokens, query_tokens(query))


def test_output_is_bounded() -> None:
    assert len(search_tokens("退货" * 100_000)) == 20_000
    assert len(search_tokens("退货" * 10, limit=7)) == 7
    assert search_tokens("x" * 1000) == ["x" * 64]
    assert tokens_match(search_tokens("x" * 1000), query_tokens("x" * 1000))
    assert len(query_tokens("a " * 1000)) == 32
    assert len(query_tokens("退货" * 100_000)[0]) < 1000


@given(st.text(string.printable))
def test_plain_text_is_cut_as_among_other_scripts(text: str) -> None:
    """Text that is ASCII alone takes a shorter way to the same tokens."""
    assert search_tokens(text) == search_tokens(text + " 中")[:-1]
