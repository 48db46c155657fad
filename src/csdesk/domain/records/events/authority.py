"""What happens to settlements, grants and exceptions.

A settlement has a stream of its own. Its ticket's stream names each turn of it and its customer's what was given and
taken back, so that timelines tell it. Both records then move on, so nothing that merges them in the same moment can
make the ledger count for somebody else.
"""

from __future__ import annotations

from typing import Literal

from csdesk.domain.ids import AgentId, CustomerId, SettlementId, TicketId
from csdesk.domain.records._model import Instant, Name
from csdesk.domain.records.authority import (
    AuthorityGrant,
    CarryState,
    ExceptionAnswer,
    SettlementState,
)
from csdesk.domain.records.events._base import EventBase


class SettlementBegan(EventBase):
    """Something is to be given to a customer; what became of it follows."""

    PERSONAL = frozenset({"subject", "reason", "brief"})
    kind: Literal["authority.began"] = "authority.began"
    id: SettlementId
    action: Name
    ledger: Name
    unit: str
    digits: int
    amount: int
    """In the smallest unit."""
    subject: str | None = ""
    ticket: TicketId | None = None
    customer: CustomerId
    agent: AgentId | None = None
    by: str
    reason: str | None = ""
    brief: str | None = ""
    service: Name | None = None
    exception: int | None = None
    alternative: Name | None = None


class AuthoritySettled(EventBase):
    """It was settled inside somebody's authority; the ledger counts it."""

    kind: Literal["authority.settled"] = "authority.settled"
    under: str
    counted: tuple[str, ...] = ()
    port: Name | None = None
    """The system that carries it out; None: nobody has to."""


class ApprovalAsked(EventBase):
    """Somebody is asked to approve; ``step`` 2 and later: those before did not answer in time."""

    kind: Literal["authority.asked"] = "authority.asked"
    step: int
    to: AgentId | None = None
    due_at: Instant


class ApprovalRefused(EventBase):
    """An approver did not approve."""

    PERSONAL = frozenset({"answer"})
    kind: Literal["authority.refused"] = "authority.refused"
    by: str
    answer: str | None = ""


class ApprovalWithdrawn(EventBase):
    """Who had asked no longer does."""

    PERSONAL = frozenset({"answer"})
    kind: Literal["authority.withdrawn"] = "authority.withdrawn"
    answer: str | None = ""


class ApprovalLapsed(EventBase):
    """Nobody who was asked answered in time, and there is nobody else to ask."""

    kind: Literal["authority.lapsed"] = "authority.lapsed"


class SettlementReversed(EventBase):
    """What was settled was taken back; the ledger has its room again."""

    PERSONAL = frozenset({"answer"})
    kind: Literal["authority.reversed"] = "authority.reversed"
    answer: str | None = ""


class SettlementCarried(EventBase):
    """What the host's system said. After ``failed`` the ledger has its room again."""

    PERSONAL = frozenset({"reference", "reason"})
    kind: Literal["authority.carried"] = "authority.carried"
    state: CarryState
    attempts: int
    reference: str | None = ""
    reason: str | None = ""


class SettlementErased(EventBase):
    """What could tell about a person is gone; what the figures need stays."""

    kind: Literal["authority.erased"] = "authority.erased"


class SettlementNoted(EventBase):
    """A turn in the life of a settlement that belongs to this ticket or customer."""

    kind: Literal["authority.noted"] = "authority.noted"
    settlement: SettlementId
    action: Name
    amount: str
    """As people write it."""
    unit: str = ""
    state: SettlementState
    by: str = ""
    """Who did it, as ``kind:id``."""


class ExceptionAsked(EventBase):
    """The customer wishes something that policy refuses."""

    PERSONAL = frozenset({"wish", "subject"})
    kind: Literal["exception.asked"] = "exception.asked"
    number: int
    wish: str | None = ""
    action: Name | None = None
    amount: int = 0
    subject: str | None = ""
    by: str


class ExceptionAnswered(EventBase):
    """The desk granted the wish, refused it, or offered something else."""

    PERSONAL = frozenset({"reason"})
    kind: Literal["exception.answered"] = "exception.answered"
    number: int
    outcome: ExceptionAnswer
    alternative: Name | None = None
    settlement: SettlementId | None = None
    by: str
    reason: str | None = ""


class AlternativeAnswered(EventBase):
    """The customer took what was offered instead, or did not."""

    kind: Literal["exception.alternative"] = "exception.alternative"
    number: int
    alternative: Name
    accepted: bool
    settlement: SettlementId | None = None


class AuthorityGranted(EventBase):
    """An agent's limits are raised for a while; the grant in it says no reason, which stands apart."""

    PERSONAL = frozenset({"reason"})
    kind: Literal["agent.granted"] = "agent.granted"
    grant: AuthorityGrant
    action: Name
    until: Instant
    by: str
    reason: str | None = ""


class AuthorityRevoked(EventBase):
    """A raise was taken back before its end."""

    PERSONAL = frozenset({"reason"})
    kind: Literal["agent.grant_revoked"] = "agent.grant_revoked"
    number: int
    reason: str | None = ""
