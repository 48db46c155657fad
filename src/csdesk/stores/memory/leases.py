"""Taking due work for a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from csdesk.domain.records.customers import Customer
from csdesk.domain.records.queues import DueItem, InboxState, OutboxItem, OutboxState
from csdesk.domain.records.tickets import Ticket
from csdesk.ports.store import Leased, LeaseRequest, Outlook, OutlookRequest
from csdesk.stores.memory.state import DeskState

_HELD_UP_BY_NOBODY: Final = frozenset({OutboxState.DEAD, OutboxState.UNKNOWN})


def lease(desk: DeskState, request: LeaseRequest) -> Leased:
    """Take what is due of the kind that is asked for."""
    if request.what == "outbox":
        return _lease_outbox(desk, request)
    if request.what == "due":
        return _lease_due(desk, request)
    if request.what == "customers":
        keys, next_at = _woken(request, desk.customers)
        return Leased(customers=keys, next_due_at=next_at)
    keys, next_at = _woken(request, desk.tickets)
    return Leased(tickets=keys, next_due_at=next_at)


def outlook(desk: DeskState, request: OutlookRequest) -> Outlook:
    """What lies ahead."""
    heads = [item.due_at for one in request.accounts for item in _heads(desk, one, None)]
    wakes = [*(one.wake_at for one in desk.tickets.values()), *(one.wake_at for one in desk.customers.values())]
    planned = [*heads, *_due_of(desk, request.kinds), *(at for at in wakes if at is not None)]
    return Outlook(
        next_at=min(planned, default=None),
        upkeep_at=min(_due_of(desk, request.upkeep), default=None),
        waits=any(one.waits is not None for one in desk.tickets.values())
        or any(one.state is InboxState.WAITING for one in desk.inbox.values()),
    )


def _due_of(desk: DeskState, kinds: tuple[str, ...]) -> list[datetime]:
    return [item.due_at for item in desk.due.values() if item.kind in kinds]


def _lease_outbox(desk: DeskState, request: LeaseRequest) -> Leased:
    heads = _heads(desk, request.account, request.conversation)
    taken = [item for item in heads if item.due_at <= request.now][: request.limit]
    for item in taken:
        held = replace(item, state=OutboxState.SENDING, due_at=request.now + request.hold)
        desk.outbox[item.message] = held
    left = (item.due_at for item in heads if item not in taken)
    return Leased(outbox=tuple(taken), next_due_at=min(left, default=None))


def _heads(desk: DeskState, account: str | None, conversation: str | None) -> list[OutboxItem]:
    """The oldest message of each conversation that is still to be sent, by due time."""
    heads: dict[tuple[str, str], OutboxItem] = {}
    for item in sorted(desk.outbox.values(), key=lambda one: (one.created_at, one.message)):
        if (
            item.state not in _HELD_UP_BY_NOBODY
            and account in (None, item.account)
            and conversation in (None, item.conversation)
        ):
            heads.setdefault((item.account, item.conversation), item)
    return sorted(heads.values(), key=lambda one: (one.due_at, one.message))


def _lease_due(desk: DeskState, request: LeaseRequest) -> Leased:
    asked = (item for item in desk.due.values() if not request.kinds or item.kind in request.kinds)
    items: list[DueItem] = sorted(asked, key=lambda one: (one.due_at, one.key))
    taken = [item for item in items if item.due_at <= request.now][: request.limit]
    for item in taken:
        desk.due[item.key] = replace(item, due_at=request.now + request.hold)
    return Leased(due=tuple(taken), next_due_at=min((one.due_at for one in items[len(taken) :]), default=None))


def _woken(
    request: LeaseRequest, records: Mapping[str, Ticket] | Mapping[str, Customer]
) -> tuple[tuple[str, ...], datetime | None]:
    """The records whose wake-up has come, and when the next one's will."""
    planned = sorted((at, str(one.id)) for one in records.values() if (at := one.wake_at) is not None)
    taken = tuple(key for at, key in planned if at <= request.now)[: request.limit]
    left = planned[len(taken) :]
    return taken, left[0][0] if left else None
