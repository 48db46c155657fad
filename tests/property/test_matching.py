from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.matching import PhraseIndex, PhraseText

TEXTS = st.text(st.sampled_from("退款发货发票订单怎么不要 refundpay"), max_size=15) | st.text(max_size=15)
PHRASES = st.lists(
    st.builds(PhraseText, st.sampled_from("abcdefgh"), TEXTS, st.lists(TEXTS, max_size=3).map(tuple)),
    unique_by=lambda phrase: phrase.id,
    max_size=8,
)


@given(PHRASES, TEXTS, st.integers(1, 10))
def test_a_ranking_is_ordered_bounded_and_repeatable(phrases: list[PhraseText], text: str, limit: int) -> None:
    index = PhraseIndex(phrases)
    ranked = index.rank(text, limit)
    assert len(ranked) <= limit
    assert len({scored.phrase_id for scored in ranked}) == len(ranked)
    assert all(0 <= scored.margin <= scored.score <= 1 for scored in ranked)
    assert list(ranked) == sorted(ranked, key=lambda scored: (-scored.score, scored.phrase_id))
    assert index.rank(text, limit) == ranked
    assert index.rank(text, 1) == ranked[:1]


@given(PHRASES, TEXTS, TEXTS)
def test_removing_what_was_added_hides_it(phrases: list[PhraseText], title: str, text: str) -> None:
    index = PhraseIndex(phrases).with_phrase(PhraseText("new", title)).without("new")
    assert len(index) == len(phrases)
    assert all(scored.phrase_id != "new" for scored in index.rank(text, 10))
    assert index.optimized().rank(text) == PhraseIndex(phrases).rank(text)
