"""What ``receive`` tells of a message whose commit went through although its answer was lost."""

from typing import Any

import pytest
from tests.integration.trials.story import Story, Trial, anonymous

from csdesk.domain.records.channels import Received
from csdesk.flows.inbound import reading
from csdesk.testing import Fault

PEOPLE = {"ann": "stored", "zoe": "stored", "mal": "blocked", "jan": "parked", "boom": "parked"}
"""Somebody known, a stranger, a blocked one, one who waits behind a parked message, and one whose message breaks."""


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> None:
    read = reading.read

    def broken(case: Any, *more: Any) -> Any:
        if "boom" in case.message.text:
            raise ZeroDivisionError
        return read(case, *more)

    monkeypatch.setattr(reading, "read", broken)


def told(got: Received) -> str:
    records = [got.ticket, got.customer, got.message]
    return anonymous(repr([got.state, got.duplicate, got.error, [one and one.id for one in records], got.message_id]))


@pytest.mark.usefixtures("breaking")
@pytest.mark.parametrize("who", PEOPLE)
def test_a_lost_answer_changes_nothing_of_the_outcome(story: Story, who: str) -> None:
    message = story.said(f"hello from {who}", who, dedupe_key="lost")
    clean = Trial(story)
    first = clean.desk.receive(message)
    assert first.state == PEOPLE[who]
    lost = iter([True])
    trial = Trial(story, lambda _, name: Fault.UNKNOWN_DONE if name == "commit" and next(lost, False) else None)
    with trial.failing():
        got = trial.desk.receive(message)
    assert trial.calls.count("commit") == 1
    assert told(got) == told(first)
    assert trial.changes() == clean.changes()
    again = trial.desk.receive(message)
    assert (again.state, again.duplicate, again.message_id) == ("duplicate", True, got.message_id)
    assert trial.changes() == clean.changes()
