"""Another process acts between any two calls of a flow: both happen, once each, and nothing is out of joint."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import EXAMPLES
from tests.integration.trials.story import Story, Trial
from tests.integration.trials.test_flows import FLOWS, drained

from csdesk import open_desk
from csdesk.desk.shell import Desk
from csdesk.domain.records.authority import SettlementState
from csdesk.errors import UsageError
from csdesk.testing import SerialIds
from csdesk.testing.audit import problems_of

Intruder = Callable[[Desk, Trial], Any]
INTRUDERS: dict[str, Intruder] = {
    "approves": lambda desk, t: desk.authority.approve(t.w.asking, actor=t.w.boss),
    "merges": lambda desk, t: desk.tickets.merge(t.w.ticket, t.w.other, actor=t.w.me),
    "erases": lambda desk, t: desk.customers.erase(t.w.ann, actor=t.w.boss),
    "writes": lambda desk, t: desk.receive(t.story.said("still there", "eve", "chat", dedupe_key="between")),
    "takes over": lambda desk, t: desk.tickets.lease(
        t.w.turn, actor=t.w.me, take_over=True, reason="mine", idempotency_key="between"
    ),
    "gives up": lambda desk, t: desk.outbox.discard(t.w.dead, actor=t.w.me),
    "does what is due": lambda desk, t: desk.run_due(),
}
EVERY = 3 if EXAMPLES == 1 else 1
"""Of how many places one is tried; soaks try them all."""
ROUNDS = ("run_due now", "run_due tomorrow", "retry a parked message", "receive for a bot", "handle")


class Interrupted:
    """A flow before one of whose calls another process acts."""

    def __init__(self, story: Story, who: str, at: int) -> None:
        self.who, self.at = who, at
        self.outcome = ""
        self.trial = Trial(story, self._act)

    def _act(self, number: int, _: str) -> None:
        if number != self.at:
            return
        other = open_desk(self.trial.store, clock=self.trial.clock, ids=SerialIds(200_000))
        try:
            INTRUDERS[self.who](other, self.trial)
            self.outcome = "done"
        except UsageError as error:
            self.outcome = error.code  # it came too late


@pytest.mark.parametrize("who", INTRUDERS)
@pytest.mark.parametrize("name", ROUNDS)
def test_whatever_another_process_does_in_between(story: Story, name: str, who: str) -> None:
    clean = Trial(story)
    assert clean.succeeds(FLOWS[name])
    first = list(INTRUDERS).index(who) % EVERY
    for at in range(first, len(clean.calls), EVERY):
        broken = Interrupted(story, who, at)
        trial = broken.trial
        assert trial.succeeds(FLOWS[name]), at
        assert broken.outcome, at
        for minutes in (3, 60):
            trial.clock.advance(timedelta(minutes=minutes))
            drained(trial)
        assert problems_of(trial.store) == (), at
        if who == "approves":
            settled = trial.state.settlements[trial.w.asking].state is SettlementState.SETTLED
            assert settled == (broken.outcome == "done"), at
        assert len({one.key for one in trial.web.sent}) == len(trial.web.sent), "sent twice"
        assert len(set(trial.bank.done)) == len(trial.bank.done), "carried out twice"
