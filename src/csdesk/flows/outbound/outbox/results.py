"""What became of a message that was to be sent, and what follows from it: trying again, or what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from csdesk.domain.core.conversation.pacing import Barred
from csdesk.domain.core.conversation.pieces import Unfit
from csdesk.domain.core.conversation.politeness import Held
from csdesk.domain.records.channels import Capabilities, Receipt
from csdesk.domain.records.messages import Delivery
from csdesk.domain.records.queues import OutboxItem, OutboxState
from csdesk.domain.time.waits import doubled
from csdesk.errors import ChannelError, Disposition
from csdesk.flows.backing_off import at_least_asked, may_pass
from csdesk.flows.outbound.outgoing import Arrived
from csdesk.flows.outbound.pacing import is_trouble

MOST_ATTEMPTS = 8
"""How often a message is tried before it is dead."""

FIRST_WAIT = timedelta(seconds=5)
"""The wait after the first failure; it doubles with each further one, up to an hour."""

LONGEST_WAIT = timedelta(hours=1)

_NEEDS: Final[Mapping[Disposition, str]] = MappingProxyType(
    {
        "retry": "retry",
        "refresh_auth": "operator",
        "wait_customer": "customer_message",  # or a template, where the channel has them
        "fix_content": "other_content",
        "operator": "operator",
        "recipient_gone": "other_recipient",
        "unknown_outcome": "check",
    }
)
"""What would make a message possible after an error of that disposition was final."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a message, and what its outbox row says then."""

    delivery: Delivery
    state: OutboxState | None
    """None: the message leaves the outbox."""
    reason: str = ""
    wait: timedelta = timedelta(0)
    receipt: Receipt | None = None
    tried: bool = True
    needs: str = ""
    quota: str = ""
    unasked: tuple[str, ...] = ()
    barred: bool = False
    """The account may not send now: nothing of it is tried for this time."""
    trouble: bool = False
    """It failed for a reason that other messages of the account may meet too."""
    was_failing: bool = False
    until: datetime | None = None
    """For one that waits by our own rules: it goes behind those that are written meanwhile."""

    @property
    def kind(self) -> str:
        """How it is counted."""
        if self.state is None:
            return "sent"
        return "retried" if self.state is OutboxState.PENDING else "failed"


@dataclass(frozen=True, slots=True)
class Piece:
    """A sending that was taken over, with more to follow."""

    number: int
    of: int
    receipt: Receipt
    quota: str


def not_asked(why: Arrived | Held | Barred | Unfit, now: datetime) -> Result:
    """What becomes of a message that the adapter is not asked to send."""
    if isinstance(why, Arrived):
        return Result(why.delivery, None, tried=False)
    if isinstance(why, Held):
        return Result(Delivery.PENDING, OutboxState.PENDING, why.reason, until=why.until, tried=False)
    if isinstance(why, Barred):
        wait = max(why.until - now, timedelta(0))
        return Result(Delivery.PENDING, OutboxState.PENDING, why.reason, wait, tried=False, barred=not why.alone)
    return Result(Delivery.FAILED, OutboxState.DEAD, why.reason, needs=why.needs, tried=False)


def failed(item: OutboxItem, error: ChannelError, able: Capabilities) -> Result:
    """What becomes of a message whose sending failed."""
    result = _consequence(item, error, able)
    return replace(result, trouble=is_trouble(error))


def _consequence(item: OutboxItem, error: ChannelError, able: Capabilities) -> Result:
    code = error.provider_code or error.disposition
    if error.disposition == "unknown_outcome" and able.idempotency != "key":
        return Result(Delivery.UNKNOWN, OutboxState.UNKNOWN, code, needs="check")
    if may_pass(error):
        if item.attempts + 1 >= MOST_ATTEMPTS:
            return Result(Delivery.FAILED, OutboxState.DEAD, code, needs=_needs(error, able))
        wait = at_least_asked(doubled(FIRST_WAIT, item.attempts, LONGEST_WAIT), error)
        return Result(Delivery.PENDING, OutboxState.PENDING, code, wait)
    return Result(Delivery.FAILED, OutboxState.DEAD, code, needs=_needs(error, able))


def _needs(error: ChannelError, able: Capabilities) -> str:
    if error.disposition == "wait_customer" and "template" in able.outside_window:
        return "template"
    return _NEEDS[error.disposition]
