import pytest

from csdesk.domain.text import KeywordIndex, fold
from csdesk.errors import InvalidInput

KEYWORDS = [
    ("退款", 1), ("退貨", 2), ("我要退款", 3), ("Refund", 4), ("cat", 5), ("not working", 6), ("vip会员", 7),
    ("C++", 8), ("急", 9), ("7*24", 10), ("退款", 11), (":)", 12), ("升级vip", 13),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("我要退款", (1, 3, 11)),
        ("能退货吗", (2,)),
        ("REFUND, please", (4,)),
        ("refunded", ()),
        ("a category", ()),
        ("cat9 concat cat", (5,)),
        ("cat9 concat", ()),
        ("买cat吗", (5,)),
        ("it's not  working!", (6,)),
        ("not a working one", ()),
        ("knot working", ()),
        ("not, working", ()),
        ("not,working; knot working, not working", (6,)),
        ("ＶＩＰ會員", (7,)),
        ("svip会员", ()),
        ("c++11 and C++", (8,)),
        ("c+", ()),
        ("很急！", (9,)),
        ("7*24服务 :)", (10, 12)),
        ("升级vip吗", (13,)),
        ("升级vip2", ()),
        ("", ()),
    ],
)
def test_find(text: str, ids: tuple[int, ...]) -> None:
    assert KeywordIndex(KEYWORDS).find(fold(text)) == ids


def test_ids_may_be_positions() -> None:
    index = KeywordIndex.of(["发货", "發貨", "到货"])
    assert index.find("发货到货") == (0, 1, 2)
    assert len(index) == 2


@pytest.mark.parametrize("keyword", ["", "  ", "\u200b"])
def test_an_invisible_keyword_is_refused(keyword: str) -> None:
    with pytest.raises(InvalidInput, match=r"^keywords: "):
        KeywordIndex([(keyword, 1)])


def test_an_empty_index_finds_nothing() -> None:
    assert KeywordIndex([]).find("退款") == ()
