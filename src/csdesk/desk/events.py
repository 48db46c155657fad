"""``desk.events``."""

from __future__ import annotations

from csdesk.desk._groups import Group
from csdesk.domain.records.events import Entry
from csdesk.flows.reading import lists


class Events(Group):
    """What happened, for the rest of an application: each consumer reads at its own pace, at least once."""

    def read(self, consumer: str, *, limit: int = 100) -> tuple[Entry, ...]:
        """The next entries after what the consumer acknowledged, in order; the same ones until ``ack``."""
        return self._runner.run(lists.read_events(consumer, limit))

    def ack(self, consumer: str, position: str) -> None:
        """Remember that the consumer has dealt with everything up to ``position`` (of an entry that was read)."""
        self._runner.run(lists.ack_events(consumer, position))
