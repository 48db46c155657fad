"""``desk.events``."""

from __future__ import annotations

from csdesk.desk._run import Runner
from csdesk.domain.records.events import Entry
from csdesk.errors import InvalidInput
from csdesk.flows import lists
from csdesk.flows.checks import a_number


class Events:
    """What happened, for the rest of an application: each consumer reads at its own pace, at least once."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def read(self, consumer: str, *, limit: int = 100) -> tuple[Entry, ...]:
        """The next entries after what the consumer acknowledged, in order; the same ones until ``ack``."""
        if not consumer:
            raise InvalidInput("consumer", "is empty", "pass the name of the reader")
        a_number(limit, "limit", 1, 10_000)
        return self._runner.run(lists.read_events(consumer, limit))

    def ack(self, consumer: str, position: str) -> None:
        """Remember that the consumer has dealt with everything up to ``position`` (of an entry that was read)."""
        self._runner.run(lists.ack_events(consumer, position))
