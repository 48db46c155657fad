"""What waits to be sent, and whether this process can send it at all."""

from __future__ import annotations

from dataclasses import replace

from csdesk.domain.records.queues import OutboxItem, OutboxState
from csdesk.flows.reading.known_names import listed
from csdesk.ports import steps
from csdesk.ports.steps import Flow
from csdesk.ports.store import Page, Query

NO_CHANNEL = "no_channel"
"""The reason of a message that waits for a process with the channel of its account."""


def outbox(query: Query) -> Flow[Page[OutboxItem]]:
    """A page of the outbox. Of one that waits for a channel which this process lacks the listing says so."""
    page = yield from listed(OutboxItem, query)
    able = (yield from steps.attempt(0)).channels
    told = (one if one.account in able or one.state is not OutboxState.PENDING else _lacking(one) for one in page.items)
    return Page(tuple(told), page.cursor)


def _lacking(item: OutboxItem) -> OutboxItem:
    return replace(item, reason=item.reason or NO_CHANNEL, needs="channel")
