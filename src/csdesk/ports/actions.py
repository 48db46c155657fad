"""How the desk lets a system of the host carry out what was settled: one method, called outside every commit.

It is called with a key that is the same for every try: after a time-out, an error, or a process that died in between,
the same order comes again. A system that has done it already under that key says so again and does nothing twice.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, runtime_checkable

from csdesk.domain.ids import CustomerId, SettlementId, TicketId

__all__ = [
    "ActionDone",
    "ActionFailed",
    "ActionOrder",
    "ActionOutcome",
    "ActionPort",
    "AnyActionPort",
    "AsyncActionPort",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionOrder:
    """What is to be carried out."""

    key: str
    """The idempotency key: one settlement, one key, however often it is tried."""
    settlement: SettlementId
    action: str
    amount: Decimal
    unit: str
    subject: str
    """What it is about, such as ``order:123``."""
    customer: CustomerId
    ticket: TicketId | None = None
    service: str | None = None
    """The self-service action it came by."""
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDone:
    """It is done."""

    reference: str = ""
    """What the system calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFailed:
    """It was not done and will not be; the ledger has its room again."""

    reason: str
    """A code of the system."""


ActionOutcome = ActionDone | ActionFailed


@runtime_checkable
class ActionPort(Protocol):
    """A system that carries out, and blocks meanwhile. Under ``AsyncDesk`` it runs in a worker thread."""

    @property
    def name(self) -> str:
        """Its name in the configuration (``port`` of an action)."""
        ...

    def carry_out(self, order: ActionOrder) -> ActionOutcome:
        """Do it once for each ``order.key``, or say that it cannot be done.

        Raising, or taking longer than the action's ``timeout``, means that nobody knows: it is tried again, a few
        times, and then waits for a person as ``unknown``.
        """
        ...


@runtime_checkable
class AsyncActionPort(Protocol):
    """A system that carries out and is awaited, for ``AsyncDesk``; it is cancelled after ``timeout``."""

    @property
    def name(self) -> str:
        """Its name in the configuration (``port`` of an action)."""
        ...

    def carry_out(self, order: ActionOrder) -> Awaitable[ActionOutcome]:
        """As ``ActionPort.carry_out``."""
        ...


AnyActionPort = ActionPort | AsyncActionPort
