"""The rates that the adapters declare stay below the platforms' documented limits at every moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("cryptography", reason="the extra wecom is not installed")

from csdesk.channels.telegram.limits import CAPABILITIES as TELEGRAM
from csdesk.channels.wecom.limits import CAPABILITIES as KF
from csdesk.channels.whatsapp.limits import CAPABILITIES as WHATSAPP
from csdesk.domain.core.conversation.pacing import Barred, taken
from csdesk.ports.channel import Capabilities, Rate

START = datetime(2026, 3, 10, 9, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def rate(able: Capabilities, conversation: str | None = None) -> Rate:
    found = able.rate if conversation is None else able.rate_in(conversation)
    assert found is not None
    return found


LIMITS = [
    (rate(TELEGRAM), 30, SECOND),
    (rate(TELEGRAM, "-100200"), 20, MINUTE),
    (rate(TELEGRAM, "42"), 10, 5 * SECOND),
    (rate(WHATSAPP), 80, SECOND),
    (rate(WHATSAPP, "8613900000001"), 45, 6 * SECOND),
    (rate(KF), 10_000, MINUTE),
    (rate(KF), 150_000, HOUR),
]


@pytest.mark.parametrize(("one", "most", "per"), LIMITS)
def test_who_always_sends_as_soon_as_possible_stays_below(one: Rate, most: int, per: timedelta) -> None:
    """After a rest a bucket gives its burst, and what flows in during the span."""
    burst = one.burst or one.amount
    assert burst + per * one.amount / one.per + 2 <= most, "the last message may be cut into three"


@pytest.mark.parametrize(("one", "most", "per"), [one for one in LIMITS if one[1] <= 100])
@given(waits=st.lists(st.integers(0, 3000), min_size=1, max_size=150), sizes=st.lists(st.integers(1, 3), min_size=1))
def test_any_sender_stays_below(one: Rate, most: int, per: timedelta, waits: list[int], sizes: list[int]) -> None:
    now, bucket, sent = START, None, []
    for number, wait in enumerate(waits):
        now += timedelta(milliseconds=wait)
        amount = sizes[number % len(sizes)]
        found = taken(bucket, one, amount, now)
        if isinstance(found, Barred):
            now = found.until
            found = taken(bucket, one, amount, now)
        assert not isinstance(found, Barred), "it may go when it was told to"
        bucket = found
        sent += [now] * amount
        recent = [at for at in sent if at > now - per]
        assert len(recent) <= most
