"""Words looked for in texts: one spelling, and where each sign of it stands."""

from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.text.comparing import comparable, comparable_places

SIGNS = st.text("ab不行，, \n\r\t　’'é\u0301ｶﾞ!", max_size=12)


@given(SIGNS)
def test_both_ways_give_one_spelling_and_places_lie_in_order(text):
    plain, places = comparable_places(text)
    assert plain.strip() == comparable(text)
    assert len(plain) == len(places)
    assert places == sorted(places)
    assert all(0 <= start < end <= len(text) for start, end in places)
