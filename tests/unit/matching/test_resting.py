"""A model that fails is left alone longer and longer, and forgiven at once."""

from datetime import UTC, datetime, timedelta

from csdesk.domain.matching.resting import RESTED

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_pauses_double_up_to_ten_minutes() -> None:
    rest, pauses = RESTED, []
    for _ in range(8):
        rest = rest.after("late", NOW)
        assert rest.until is not None
        pauses.append((rest.until - NOW).total_seconds())
    assert pauses == [30, 60, 120, 240, 480, 600, 600, 600]
    assert (rest.failures, rest.reason) == (8, "late")


def test_a_rest_ends_at_its_instant() -> None:
    rest = RESTED.after("late", NOW)
    assert rest.holds(NOW + timedelta(seconds=29))
    assert not rest.holds(NOW + timedelta(seconds=30))
    assert not RESTED.holds(NOW)


def test_while_one_tries_the_others_wait_and_the_count_stays() -> None:
    rest = RESTED.after("late", NOW).while_tried(NOW + timedelta(seconds=35))
    assert rest.holds(NOW + timedelta(seconds=34))
    assert rest.after("late", NOW).until == NOW + timedelta(seconds=60)
