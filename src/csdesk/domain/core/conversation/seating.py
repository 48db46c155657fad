"""Telling a channel's provider who has a conversation, where the account says that it wants to know.

Each change of hands plans one due item; what is told is looked up when it is told, so late ones tell what holds then.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records.queues import DueItem
from csdesk.domain.records.tickets import Ticket

SEAT: Final = "seat"
"""What the kind of a due item that tells a provider begins with; the account follows."""


def seats(policy: Policy, before: Ticket | None, after: Ticket, now: datetime) -> Iterator[DueItem]:
    """What has to be told after a ticket went from one to another."""
    if after.account not in policy.seated or not after.is_live or after.elsewhere:
        return
    if before is None or _holder(before) != _holder(after) or (after.hand_offs > before.hand_offs):
        yield DueItem(
            key=f"{SEAT}/{after.id}/{after.version}", kind=f"{SEAT}/{after.account}", due_at=now, payload=after.id
        )


def _holder(ticket: Ticket) -> str:
    return str(ticket.worker) if ticket.worker is not None else ""
