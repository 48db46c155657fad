import re
from typing import Literal, get_args

from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.text import (
    KeywordIndex,
    clean,
    fold,
    language_of,
    query_tokens,
    search_tokens,
    split_text,
    tokens_match,
)
from csdesk.domain.text.features import SPACED
from csdesk.domain.text.graphemes import graphemes

TRICKY = st.text(
    st.sampled_from(
        "aA1É\u0301\u0316\u0345ﬁßİ好發發后。！.!? \n\r\t\u3000ｶﾞ각ᄀ\u1161\u11a8👨\u200d👩\ufe0f🇨🇳🏽\x00\u200bक\u094dष-@"
    )
    | st.characters(exclude_categories=())
)
HAN = st.text(st.sampled_from("退货發貨订单訂單票几幾天，。 A1好"), min_size=1)
UNITS = st.sampled_from(get_args(Literal["chars", "bytes", "utf16"]))


def size(text: str, unit: str) -> int:
    if unit == "chars":
        return len(text)
    if unit == "bytes":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(TRICKY)
def test_folding_is_idempotent_and_clean(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert fold(clean(text)) == folded
    assert folded.encode().decode() == folded
    assert folded == " ".join(folded.split())


@given(TRICKY, st.integers(4, 30), UNITS)
def test_parts_join_to_the_text_and_fit(text: str, limit: int, unit: Literal["chars", "bytes", "utf16"]) -> None:
    parts = split_text(text, limit, unit=unit)
    assert "".join(parts) == text
    assert all(part and size(part, unit) <= limit for part in parts)


@given(TRICKY, st.integers(4, 30))
def test_cuts_fall_between_graphemes_that_fit(text: str, limit: int) -> None:
    clusters = list(graphemes(text))
    assert "".join(clusters) == text
    if all(len(cluster) <= limit for cluster in clusters):
        boundaries, at = {0}, 0
        for cluster in clusters:
            at += len(cluster)
            boundaries.add(at)
        cut = 0
        for part in split_text(text, limit):
            cut += len(part)
            assert cut in boundaries


@given(HAN, st.data())
def test_a_chinese_substring_is_found(text: str, data: st.DataObject) -> None:
    runs = re.findall(r"[^\s，。A1]{2,}", text)
    if runs:
        run = data.draw(st.sampled_from(runs))
        start = data.draw(st.integers(0, len(run) - 2))
        end = data.draw(st.integers(start + 2, len(run)))
        assert tokens_match(search_tokens(text), query_tokens(run[start:end]))


@given(TRICKY)
def test_whole_words_and_whole_texts_are_found(text: str) -> None:
    tokens = search_tokens(text)
    for word in re.findall(f"{SPACED}+", fold(text)):
        assert tokens_match(tokens, query_tokens(word))
    assert not tokens or tokens_match(tokens, query_tokens(text))


@given(TRICKY)
def test_language_is_a_known_code(text: str) -> None:
    assert language_of(text) in (None, "zh", "ja", "ko", "en")


@given(st.lists(HAN.map(str.strip).filter(fold), max_size=8), HAN)
def test_keywords_are_found_where_a_plain_search_finds_them(keywords: list[str], text: str) -> None:
    folded = fold(text)
    expected = []
    for position, keyword in enumerate(map(fold, keywords)):
        before = "(?<![a1])" if keyword[0] in "a1" else ""
        after = "(?![a1])" if keyword[-1] in "a1" else ""
        if re.search(before + re.escape(keyword) + after, folded):
            expected.append(position)
    assert KeywordIndex.of(keywords).find(folded) == tuple(expected)
