import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.matching.evaluating import Asked, area, evaluated

ASKED = [
    Asked("a", ("a", "b"), 0.99),
    Asked("a", ("b", "a"), 0.6),
    Asked("b", ("b",), 0.97),
    Asked("b", ("a", "c"), 0.3),
    Asked("c", (), 0.0),
    Asked(None, ("a",), 0.5),
    Asked(None, ("c",), 0.96),
]


def test_hits_ranks_and_confusions() -> None:
    found = evaluated(ASKED)
    assert (found.questions, found.answerable) == (7, 5)
    assert (found.hit1, found.hit5) == (pytest.approx(0.4), pytest.approx(0.6))
    assert found.mrr10 == pytest.approx((1 + 0.5 + 1) / 5)
    assert found.confusions == (("a", "b", 1), ("b", "a", 1))


def test_rejection_and_automation() -> None:
    found = evaluated(ASKED)
    assert found.auroc == pytest.approx((2 * 2 + 1 + 0 + 0) / 10)
    assert found.auto95 == pytest.approx(2 / 5)
    assert (found.precision, found.coverage) == (pytest.approx(2 / 3), pytest.approx(3 / 7))
    assert [(point.threshold, point.coverage) for point in found.curve][:2] == [
        (0.99, pytest.approx(1 / 7)),
        (0.97, pytest.approx(2 / 7)),
    ]
    assert found.curve[-1].coverage == pytest.approx(6 / 7)
    assert found.curve[-1].precision == pytest.approx(2 / 6)


def test_calibration_error_is_the_mean_gap() -> None:
    sure = [Asked("a", ("a",), 0.75)] * 3 + [Asked("a", ("b",), 0.75)]
    assert evaluated(sure).ece == pytest.approx(0)
    assert evaluated([Asked("a", ("b",), 0.95)] * 4).ece == pytest.approx(0.95)


def test_nothing_to_measure() -> None:
    found = evaluated([])
    assert (found.hit1, found.auroc, found.ece, found.precision) == (None, None, None, None)
    assert (found.auto95, found.coverage, found.curve) == (0.0, 0.0, ())


def test_equal_numbers_count_half_in_the_area() -> None:
    assert area([1.0], [1.0]) == 0.5
    assert area([2.0, 2.0], [1.0]) == 1.0
    assert area([], [1.0]) is None


def test_what_would_be_sent_and_what_settings_would_do() -> None:
    found = evaluated([*ASKED, Asked("a", ("a",), 0.95, sent=True), Asked("a", ("b",), 0.99, sent=True)])
    assert (found.sent, found.sent_right) == (2, 1)
    assert [one.threshold for one in found.settings] == [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98]
    assert (found.settings[0].coverage, found.settings[0].precision) == (pytest.approx(7 / 9), pytest.approx(3 / 7))
    assert [one.threshold for one in evaluated([Asked("a", ("a",), 0.65)]).settings] == [0.5, 0.6]


def test_calibration_says_how_sure_and_how_often_right() -> None:
    rows = evaluated(ASKED).calibration
    assert [(one.above, one.questions) for one in rows] == [(0.0, 1), (0.3, 1), (0.5, 1), (0.6, 1), (0.9, 3)]
    assert (rows[-1].confidence, rows[-1].right) == (pytest.approx((0.99 + 0.97 + 0.96) / 3), pytest.approx(2 / 3))


@given(
    st.lists(
        st.builds(Asked, st.sampled_from(["a", None]), st.just(("a",)), st.floats(0, 1)),
        min_size=1,
    )
)
def test_the_calibration_error_is_that_of_the_bins_shown(asked):
    found = evaluated(asked)
    assert sum(one.questions for one in found.calibration) == len(asked)
    assert [one.above for one in found.calibration] == sorted({one.above for one in found.calibration})
    gaps = [one.questions * abs(one.confidence - one.right) for one in found.calibration]
    assert found.ece == pytest.approx(sum(gaps) / len(asked))
