"""How long, and how often, a customer may be answered."""

from datetime import timedelta

import pytest

from csdesk.domain.core.conversation.windows import Opening, window_of
from csdesk.domain.records.channels import Capabilities
from csdesk.testing.clocks import START

HOUR = timedelta(hours=1)
WROTE = Opening(START, "msg_1")


@pytest.mark.parametrize(
    ("opening", "used", "able", "expected"),
    [
        (None, 9, {}, (True, None, None)),
        (None, 0, {"per_message": 2}, (False, None, 2)),
        (None, 0, {"per_message": 2, "may_start": True}, (True, None, 2)),
        (None, 2, {"per_message": 2, "may_start": True}, (False, None, 0)),
        (None, 0, {"window": HOUR, "may_start": True}, (True, None, None)),
        (None, 0, {"window": HOUR}, (False, None, None)),
        (WROTE, 0, {"window": HOUR}, (True, START + HOUR, None)),
        (WROTE, 1, {"window": HOUR, "per_message": 2}, (True, START + HOUR, 1)),
        (WROTE, 3, {"window": HOUR, "per_message": 2}, (False, START + HOUR, 0)),
    ],
)
def test_until_when_and_how_often(opening, used, able, expected):
    state = window_of(opening, used, Capabilities(**able), START + HOUR)
    assert (state.is_open, state.open_until, state.remaining) == expected


def test_it_closes_after_its_last_instant():
    late = START + HOUR + timedelta(microseconds=1)
    assert not window_of(WROTE, 0, Capabilities(window=HOUR), late).is_open
