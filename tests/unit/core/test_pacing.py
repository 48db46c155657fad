"""The rate of an account, and its rest after failures."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.core.conversation.pacing import IN_A_ROW, LONGEST_PAUSE, Barred, Pause, taken
from csdesk.ports.channel import Rate

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def sent_times(rate: Rate, wished: list[datetime]) -> list[datetime]:
    """When each of the wished sendings goes, if each waits as long as it is told."""
    bucket, gone = None, []
    for wish in wished:
        now = max(wish, gone[-1]) if gone else wish
        got = taken(bucket, rate, 1, now)
        if isinstance(got, Barred):
            now = got.until
            got = taken(bucket, rate, 1, now)
        assert isinstance(got, str)
        bucket = got
        gone.append(now)
    return gone


def test_a_burst_goes_at_once_and_then_one_after_the_other():
    rate = Rate(amount=60, per=timedelta(minutes=1), burst=3)
    gone = sent_times(rate, [NOW] * 6)
    assert [(one - NOW) // SECOND for one in gone] == [0, 0, 0, 1, 2, 3]


def test_a_rest_fills_the_bucket_and_no_more():
    rate = Rate(amount=60, per=timedelta(minutes=1), burst=2)
    later = NOW + timedelta(hours=1)
    gone = sent_times(rate, [NOW, NOW, later, later, later])
    assert [one - later for one in gone[2:]] == [timedelta(0), timedelta(0), SECOND]


def test_a_message_in_pieces_takes_what_it_needs():
    rate = Rate(amount=1, per=SECOND, burst=1)
    bucket = taken(None, rate, 4, NOW)
    assert isinstance(bucket, str)
    assert taken(bucket, rate, 1, NOW + SECOND) == Barred(NOW + 4 * SECOND, "throttled")


@given(
    st.integers(1, 50),
    st.integers(1, 20),
    st.lists(st.integers(0, 30_000), min_size=1, max_size=60).map(sorted),
)
def test_no_span_holds_more_than_the_burst_and_what_the_span_brings(amount, burst, milliseconds):
    rate = Rate(amount=amount, per=SECOND, burst=burst)
    gone = sent_times(rate, [NOW + timedelta(milliseconds=one) for one in milliseconds])
    for first, at in enumerate(gone):
        for last in range(first, len(gone)):
            span = (gone[last] - at) / SECOND
            assert last - first + 1 <= burst + span * amount + 1e-4 * (last - first + 1)


def test_an_account_rests_after_failures_in_a_row_and_ever_longer():
    pause, now = Pause(), NOW
    for _ in range(IN_A_ROW - 1):
        pause = pause.failed(now)
        assert pause.until is None
    rests = []
    for _ in range(8):
        pause = Pause.of(str(pause.failed(now)))
        assert pause.until is not None
        rests.append(pause.until - now)
        assert pause.tried(pause.until - SECOND) == Barred(pause.until, "paused")
        now = pause.until
        trying = pause.tried(now)
        assert isinstance(trying, Pause)
        assert isinstance(trying.tried(now), Barred), "one message at a time tries"
    assert rests == [min(timedelta(minutes=2**n), LONGEST_PAUSE) for n in range(8)]
