"""Sessions of a conversation: whether the present one has had its automatic answer, wherever its messages go."""

from __future__ import annotations

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import events as ev
from csdesk.domain.records.tickets import Ticket


def go_on(work: Workspace, source: Ticket, target: Ticket) -> None:
    """Let a ticket know of the automatic answer that a conversation had on another one, if it is the later one."""
    answered_at = source.auto_replied_at
    if answered_at is None or source.session_over:
        return
    known = target.auto_replied_at
    if known is None or known < answered_at or target.session_over:
        deflection = source.deflection if target.deflection is None else target.deflection
        work.emit(
            target.id, ev.SessionJoined(answered_at=max(answered_at, known or answered_at), deflection=deflection)
        )
