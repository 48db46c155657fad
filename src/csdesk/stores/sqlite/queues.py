"""The work queues (outbox, due, inbox): rows as values, values as rows, and their part of a commit."""

from __future__ import annotations

from typing import Any, Final

from csdesk.domain.records.changes import ChangeSet
from csdesk.domain.records.queues import DueItem, InboxItem, InboxState, OutboxItem, OutboxState
from csdesk.stores.sqlite.connection import Execute
from csdesk.stores.sqlite.values import Cells, instant, micros

OUTBOX: Final = "message,ticket,account,conversation,state,attempts,due_at,reason,created_at,needs"
DUE: Final = "key,kind,due_at,payload,attempts"
INBOX: Final = "id,account,conversation,state,error,detail,told,payload,attempts,created_at"


# ``Any`` in this module: a row of the driver, whose columns are those named above.
def outbox_item(row: tuple[Any, ...]) -> OutboxItem:
    """The item of a row of ``OUTBOX`` columns."""
    message, ticket, account, conversation, state, attempts, due_at, reason, created_at, needs = row
    return OutboxItem(
        message=message,
        ticket=ticket,
        account=account,
        conversation=conversation,
        state=OutboxState(state),
        attempts=attempts,
        due_at=instant(due_at),
        reason=reason,
        created_at=instant(created_at),
        needs=needs,
    )


def outbox_row(item: OutboxItem) -> Cells:
    """The ``OUTBOX`` columns of an item."""
    return (
        item.message,
        item.ticket,
        item.account,
        item.conversation,
        item.state.value,
        item.attempts,
        micros(item.due_at),
        item.reason,
        micros(item.created_at),
        item.needs,
    )


def due_item(row: tuple[Any, ...]) -> DueItem:
    """The item of a row of ``DUE`` columns."""
    key, kind, due_at, payload, attempts = row
    return DueItem(key=key, kind=kind, due_at=instant(due_at), payload=payload, attempts=attempts)


def due_row(item: DueItem) -> Cells:
    """The ``DUE`` columns of an item."""
    return item.key, item.kind, micros(item.due_at), item.payload, item.attempts


def inbox_item(row: tuple[Any, ...]) -> InboxItem:
    """The item of a row of ``INBOX`` columns."""
    key, account, conversation, state, error, detail, told, payload, attempts, created_at = row
    return InboxItem(
        id=key,
        account=account,
        conversation=conversation,
        state=InboxState(state),
        error=error,
        detail=detail,
        told=told,
        payload=payload,
        attempts=attempts,
        created_at=instant(created_at),
    )


def inbox_row(item: InboxItem) -> Cells:
    """The ``INBOX`` columns of an item."""
    return (
        item.id,
        item.account,
        item.conversation,
        item.state.value,
        item.error,
        item.detail,
        item.told,
        item.payload,
        item.attempts,
        micros(item.created_at),
    )


_LIVE: Final = (
    "SELECT pk FROM csdesk_outbox WHERE desk=? AND account=? AND conversation=? AND state IN ('pending','sending')"
)
_FIRST: Final = f"SELECT pk FROM ({_LIVE} ORDER BY created_at,message LIMIT 1)"  # noqa: S608
_RELINK: Final = (
    "UPDATE csdesk_outbox SET head=1-head WHERE pk IN"  # noqa: S608
    " (SELECT pk FROM csdesk_outbox WHERE desk=? AND account=? AND conversation=? AND head=1"
    f" UNION {_FIRST}) AND head<>(pk=coalesce(({_FIRST}),0))"
)
_OUTBOX_DONE: Final = "DELETE FROM csdesk_outbox WHERE desk=? AND message=? RETURNING account,conversation"
_OUTBOX: Final = (
    f"INSERT INTO csdesk_outbox(desk,{OUTBOX}) VALUES(?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(desk,message) DO UPDATE SET"
    " ticket=excluded.ticket, state=excluded.state, attempts=excluded.attempts, due_at=excluded.due_at,"
    " reason=excluded.reason, created_at=excluded.created_at, needs=excluded.needs"
)
_DUE: Final = f"INSERT OR REPLACE INTO csdesk_due(desk,{DUE}) VALUES(?,?,?,?,?,?)"
_INBOX: Final = f"INSERT OR REPLACE INTO csdesk_inbox(desk,{INBOX}) VALUES(?,?,?,?,?,?,?,?,?,?,?)"


def write(execute: Execute, desk: int, changes: ChangeSet) -> None:
    """Remove what is done, then store what is planned."""
    lines: dict[tuple[str, str], None] = {}
    for message in changes.outbox_done:
        lines.update(dict.fromkeys(execute(_OUTBOX_DONE, (desk, message)).fetchall()))
    for key in changes.due_done:
        execute("DELETE FROM csdesk_due WHERE desk=? AND key=?", (desk, key))
    for item_id in changes.inbox_done:
        execute("DELETE FROM csdesk_inbox WHERE desk=? AND id=?", (desk, item_id))
    for item in changes.outbox:
        execute(_OUTBOX, (desk, *outbox_row(item)))
        lines[item.account, item.conversation] = None
    for due in changes.due:
        execute(_DUE, (desk, *due_row(due)))
    for parked in changes.inbox:
        execute(_INBOX, (desk, *inbox_row(parked)))
    for account, conversation in lines:
        line = (desk, account, conversation)
        execute(_RELINK, line * 3)
