"""``desk.events``, as coroutines."""

from __future__ import annotations

from csdesk.aio._groups import Group
from csdesk.domain.records.events import Entry
from csdesk.flows.reading import lists


class Events(Group):
    """What happened, for the rest of an application: each consumer reads at its own pace, at least once."""

    async def read(self, consumer: str, *, limit: int = 100) -> tuple[Entry, ...]:
        """The next entries after what the consumer acknowledged, in order; the same ones until ``ack``."""
        return await self._runner.run(lists.read_events(consumer, limit))

    async def ack(self, consumer: str, position: str) -> None:
        """Remember that the consumer has dealt with everything up to ``position`` (of an entry that was read)."""
        await self._runner.run(lists.ack_events(consumer, position))
