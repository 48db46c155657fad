import pytest

from csdesk.domain.text import clean, split_text
from csdesk.domain.text.graphemes import graphemes
from csdesk.errors import InvalidInput

FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("", 5, ()),
        ("short", 5, ("short",)),
        ("One two. Three four", 12, ("One two. ", "Three four")),
        ("您好。已经发货了。请查收", 9, ("您好。已经发货了。", "请查收")),
        ("他说：“好。”然后走了", 8, ("他说：“好。”", "然后走了")),
        ("first para\n\nsecond one. x", 18, ("first para\n\n", "second one. x")),
        ("line one\nline two", 12, ("line one\n", "line two")),
        ("aaaa bbbb cccc", 10, ("aaaa bbbb ", "cccc")),
        ("aaaaaaaaaa", 4, ("aaaa", "aaaa", "aa")),
        ("v1.2.3.4.5", 8, ("v1.2.3.4", ".5")),
    ],
)
def test_split_prefers_good_places(text: str, limit: int, parts: tuple[str, ...]) -> None:
    assert split_text(text, limit) == parts


@pytest.mark.parametrize(
    "cluster",
    ["e\u0301\u0316", FAMILY, "👍🏽", "❤\ufe0f", "🇨🇳", "\u1112\u1161\u11ab", "각\u11a8", "\r\n", "क्षि", "1\ufe0f\u20e3",
     "🏴\U000e0067\U000e0062\U000e007f", "\u0600\u0661", "。\ufe0f"],
)  # fmt: skip
def test_a_cluster_is_never_cut(cluster: str) -> None:
    assert list(graphemes(f"x{cluster}y{cluster}")) == ["x", cluster, "y", cluster]
    for limit in range(len(cluster), 3 * len(cluster) + 2):
        for part in split_text(("x" + cluster) * 9, limit):
            assert part.replace(cluster, "").strip("x") == ""


def test_a_mark_does_not_join_a_line_end() -> None:
    assert list(graphemes("\n\u0301")) == ["\n", "\u0301"]
    assert list(graphemes("\u0915\r")) == ["\u0915", "\r"]


def test_flags_are_paired_from_the_left() -> None:
    assert list(graphemes("🇨🇳🇺🇸🇫")) == ["🇨🇳", "🇺🇸", "🇫"]
    assert split_text("🇨🇳🇺🇸🇫🇷", 3) == ("🇨🇳", "🇺🇸", "🇫🇷")


@pytest.mark.parametrize(
    ("unit", "parts"), [("chars", ("a好😀b", "c")), ("utf16", ("a好😀", "bc")), ("bytes", ("a好", "😀", "bc"))]
)
def test_units(unit: str, parts: tuple[str, ...]) -> None:
    assert split_text("a好😀bc", 4, unit=unit) == parts  # type: ignore[arg-type]


def test_a_cluster_larger_than_the_limit_is_cut_between_code_points() -> None:
    assert "".join(split_text(FAMILY, 4, unit="bytes")) == FAMILY
    assert all(len(part.encode()) <= 4 for part in split_text(FAMILY, 4, unit="bytes"))


@pytest.mark.parametrize(("limit", "unit"), [(0, "chars"), (3, "bytes"), (1, "utf16"), (5, "words")])
def test_bad_limits_are_refused(limit: int, unit: str) -> None:
    with pytest.raises(InvalidInput, match=r"^(limit|unit): "):
        split_text("x", limit, unit=unit)  # type: ignore[arg-type]


def test_clean() -> None:
    assert clean("a\x00b") == "ab"
    assert clean("\ud83d\ude00 \ude00\ud83d") == "😀 \ufffd\ufffd"
    assert clean("good 好") == "good 好"
