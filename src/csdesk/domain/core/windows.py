"""Whether a reply can be sent now: computed by the desk from its own records and what the channel declares."""

from __future__ import annotations

from datetime import datetime

from csdesk.domain.records.channels import Capabilities, WindowState
from csdesk.domain.records.tickets import Ticket


def window_of(ticket: Ticket, able: Capabilities, now: datetime) -> WindowState:
    """The reply window of the ticket's conversation.

    It is open up to and including ``customer_at`` + ``window``; ``remaining`` counts down from ``per_message`` with
    every message of ours since the customer's last one.
    """
    if able.window is None and able.per_message is None:
        return WindowState()
    until = None if able.window is None or ticket.customer_at is None else ticket.customer_at + able.window
    left = None if able.per_message is None else max(0, able.per_message - ticket.unanswered)
    wrote = ticket.customer_at is not None or able.may_start
    is_open = wrote and (until is None or now <= until) and left != 0
    return WindowState(is_open=is_open, open_until=until, remaining=left, reopens="customer_message")
