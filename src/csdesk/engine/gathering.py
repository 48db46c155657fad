"""Group commit for messages: those that arrive while a batch is being committed share one load and one commit.

How callers meet is told in ``csdesk.engine.meeting``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from csdesk.domain.records.channels import Received
from csdesk.engine.meeting import Call, Meeting
from csdesk.flows.inbound.pipeline import BATCH, Arrival

TakeIn = Callable[[Sequence[Arrival]], tuple[Received, ...]]
"""Takes in a batch; the results stand in its order."""


class Gathering(Meeting[Arrival, Received]):
    """Where the messages of one desk meet. Safe between threads."""

    def __init__(self, take_in: TakeIn) -> None:
        super().__init__(BATCH)
        self._take_in = take_in

    def receive(self, arrival: Arrival) -> Received:
        """Take in one message, together with those that wait at the same time."""
        return self._answered(arrival)

    def _work(self, batch: list[Call[Arrival, Received]]) -> None:
        try:
            results = self._take_in([one.brought for one in batch])
        except Exception as error:  # noqa: BLE001  it belongs to the callers, each of whom is told
            if len(batch) == 1:
                batch[0].error = error
                return
            # Whatever broke the batch, each message gets its own answer: its id makes a second try harmless.
            for one in batch:
                self._work([one])
            return
        for one, result in zip(batch, results, strict=True):
            one.answer = result
