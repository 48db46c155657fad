"""Sums in the lanes of whole numbers are those of floats."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.matching.adding import cosines, cosines_at, cosines_leading, cosines_of_some
from csdesk.domain.matching.lanes import POINT, fit, laid_out, taken_apart
from csdesk.domain.matching.learning import Learned
from csdesk.domain.matching.library import Library
from csdesk.domain.matching.phrases import Phrase
from csdesk.domain.text import fold

WORDS = ["退款", "发货怎么", "不要", "refund", "order", "the card", "50元", "😡", "13", "pay"]
TEXTS = (st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join) | st.text(max_size=12)).map(fold)
LIBRARIES = st.builds(
    lambda texts, times: Library(Phrase(f"p{number:04}", text or "-") for number, text in enumerate(texts * times)),
    st.lists(TEXTS, min_size=1, max_size=30),
    st.sampled_from([1, 12]),
)
weights = st.floats(-1, 1, width=32)
rows = st.lists(st.tuples(weights, st.dictionaries(st.integers(0, 40), weights, max_size=20)), max_size=12)


@given(rows)
def test_lanes_add_up_as_floats_do(rows: list[tuple[float, dict[int, float]]]) -> None:
    size = 41
    total = sum(laid_out(size, held.keys(), held.values(), weight) for weight, held in rows)
    plain = [sum(weight * held.get(slot, 0.0) for weight, held in rows) for slot in range(size)]
    assert [one / POINT for one in taken_apart(total, size)] == pytest.approx(plain, abs=1e-9)


def test_what_is_far_below_zero_in_one_lane_leaves_the_next_alone() -> None:
    total = laid_out(3, [0, 1, 2], [-1.0, 0.5, -0.25])
    assert [one / POINT for one in taken_apart(total, 3)] == [-1.0, 0.5, -0.25]


def test_weights_that_could_leave_their_lane_are_told() -> None:
    assert [fit(one) for one in ([], [1.0, -8.0], [0.1, 8.5], [-9.0])] == [True, True, False, False]


def test_a_library_with_such_weights_goes_without_lanes() -> None:
    library = Library(Phrase(f"p{number:02}", f"refund number {number}") for number in range(40))
    row, weights = library.segment.row_weights, library.segment.weights
    for values in (row, weights):
        values[:] = array("f", [weight * 1e6 for weight in values])
    found = library.rank("refund number 7", limit=1).matches[0]
    assert found.cosine == pytest.approx(sum(library.contributions("refund number 7", "p07").values()), rel=1e-6)


@given(library=LIBRARIES, text=TEXTS, wanted=st.integers(1, 40), first=st.booleans())
def test_lanes_give_the_cosines_that_single_postings_give(
    library: Library, text: str, wanted: int, first: bool
) -> None:
    segment, query = library.segment, library.query(text)
    spans = [(weight, segment.starts[place], segment.starts[place + 1]) for place, weight in query.known]
    if first:  # postings cut to a budget leave those of the whole term alone
        cosines(segment, [(weight, begin, max(begin, end - 1)) for weight, begin, end in spans], query.length)
    plain = cosines_of_some(segment, spans, query.length)
    whole = cosines(segment, spans, query.length)
    assert whole == pytest.approx({slot: plain.get(slot, 0.0) for slot in range(segment.size)}, abs=1e-9)
    assert cosines_at(segment, spans, query.length, [0]) == {0: whole[0]}
    leading = cosines_leading(segment, spans, query.length, wanted)
    left_out = [score for slot, score in whole.items() if slot not in leading]
    assert {slot: whole[slot] for slot in leading} == leading
    assert not left_out or (len(leading) >= wanted and max(left_out) < min(leading.values()))


@given(library=LIBRARIES, text=TEXTS)
def test_leading_candidates_rank_as_all_do(library: Library, text: str) -> None:
    found = library.rank(text, 50).matches
    taught = Learned({"p0": {1: 0.0}}, dict.fromkeys(library.query(text).vector, frozenset()))
    assert library.with_learned(taught).rank(text, 50).matches == found  # where something was taught, all are looked at


def test_where_the_leading_are_too_few_all_are_given() -> None:
    """One in eight is looked at first, and here just these lead."""
    library = Library(
        Phrase(f"p{number:03}", "refund" if number % 8 == 0 else f"parcel {number}") for number in range(104)
    )
    query = library.query("refund")
    ((place, weight),) = query.known[:1]
    spans = [(weight, library.segment.starts[place], library.segment.starts[place + 1])]
    assert len(cosines_leading(library.segment, spans, query.length, 24)) == 104
    assert len(cosines_leading(library.segment, spans, query.length, 12)) == 13


def test_who_has_exactly_the_text_comes_first_although_it_does_not_lead_by_its_terms() -> None:
    many = [Phrase(f"p{number:03}", f"refund {number}") for number in range(120)]
    other = tuple(f"where is the parcel of mister {name} now" for name in ("ant", "bee", "cat", "dog", "elk", "fox"))
    library = Library([*many, Phrase("x", "refund", questions=other)])
    assert "x" not in {one.entry.phrase.id for one in library.rank("refund", 50, exact=False).matches}
    assert library.rank("refund").matches[0].entry.phrase.id == "x"


def test_a_small_library_scores_as_its_vectors_say() -> None:
    """Terms that most phrases hold go by lanes, rare ones one by one: the sum of both is the cosine."""
    library = Library(
        Phrase(f"p{number:02}", f"refund of the order number {number}", questions=(f"where is parcel {number}",))
        for number in range(40)
    )
    asked = "where is the refund of my order 7"
    for one in library.rank(asked, limit=50).matches:
        assert one.cosine == pytest.approx(sum(library.contributions(asked, one.entry.phrase.id).values()), abs=1e-6)
