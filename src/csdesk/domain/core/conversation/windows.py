"""Whether a reply can be sent now: computed by the desk from its own records and what the channel declares.

A window belongs to a conversation, not to a ticket: it opens with the customer's last message on whichever of its
tickets received it, and a quota counts the sendings since then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.records.channels import Capabilities, WindowState
from csdesk.domain.records.tickets import Ticket

SENDINGS: Final = "sendings"
"""The kind of the counters that hold how much of a quota is used."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The customer's last message in a conversation: what opened its window."""

    at: datetime
    message: str
    """Its id, or what stands for it."""
    ticket: str = ""
    """The ticket that received it."""


def opening_of(*tickets: Ticket | None) -> Opening | None:
    """When the customer last wrote in a conversation, by the tickets that have to do with it; None: never."""
    wrote = [one for one in tickets if one is not None and one.customer_at is not None]
    if not wrote:
        return None
    latest = max(wrote, key=lambda one: (one.customer_at, one.customer_message or ""))
    assert latest.customer_at is not None
    return Opening(latest.customer_at, latest.customer_message or latest.customer_at.isoformat(), latest.id)


def quota_counter(keys: ClaimKeys, account: str, conversation: str, opening: Opening) -> str:
    """The counter of sendings since that message of the customer."""
    return keys.counter(SENDINGS, account, conversation, opening.message)


def window_of(opening: Opening | None, used: int, able: Capabilities, now: datetime) -> WindowState:
    """The reply window of a conversation.

    It is open up to and including the customer's last message + ``window``; ``remaining`` counts down from
    ``per_message`` with every sending since then.
    """
    if able.window is None and able.per_message is None:
        return WindowState()
    until = None if able.window is None or opening is None else opening.at + able.window
    left = None if able.per_message is None else max(0, able.per_message - used)
    wrote = opening is not None or able.may_start
    is_open = wrote and (until is None or now <= until) and left != 0
    return WindowState(is_open=is_open, open_until=until, remaining=left, reopens="customer_message")
