"""A ticket alone with its service levels: events happen to it at given hours, nothing is stored.

For tests of a service level, with no desk, store or clock around it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from csdesk.domain.core.casework.replaying import caught_up, happened
from csdesk.domain.ids import IdentityId, MessageId, TicketId
from csdesk.domain.policy.compiled import compile_policy
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.policy.service_book import ServiceBook
from csdesk.domain.records import events as ev
from csdesk.domain.records.clocks import Clock, ClockPhase, Scope
from csdesk.domain.records.messages import Automatic
from csdesk.domain.records.tickets import Category, Owner, OwnerKind, Priority, Ticket, Worker, WorkerKind

T0 = datetime(2026, 3, 2, 1, tzinfo=UTC)  # Monday 09:00 in Shanghai
HOUR = timedelta(hours=1)


def book_of(*targets: dict[str, Any], **settings: Any) -> ServiceBook:
    """The service levels of a desk with one policy, ``gold``; ``settings`` are the desk's or (``policy_``) its own."""
    policy = {"name": "gold", "targets": targets}
    policy |= {name.removeprefix("policy_"): settings.pop(name) for name in [*settings] if name.startswith("policy_")}
    levels = [policy, *settings.pop("sla", ())]
    return compile_policy(DeskConfig.model_validate({"sla": levels, **settings})).service


# ``Any``: settings of a configuration and fields of a ticket, checked by their models.
class Miniature:
    """One ticket; hours count from ``T0``.

    Attributes:
        ticket: as it stands now.
        told: warnings and breaches so far: what, which metric, at which hour.
    """

    def __init__(self, book: ServiceBook, *, opened: bool = True, **values: Any) -> None:
        self.book = book
        self.told: list[tuple[str, str, float]] = []
        self.ticket = Ticket(
            id=TicketId("tkt_1"),
            number=1,
            queue="default",
            identity=IdentityId("idn_1"),
            account="a",
            conversation="c",
            owner=Owner(kind=OwnerKind.QUEUE, id="default"),
            created_at=T0,
            updated_at=T0,
            **values,
        )
        if opened:
            self.says(0)
            self.applies(0)

    def happens(self, hours: float, event: ev.Event) -> Miniature:
        """Let an event happen, after what is due by then."""
        at = T0 + hours * HOUR
        self.looks(hours)
        self.ticket = happened(self.book, self.ticket, event, at)
        return self

    def looks(self, hours: float) -> Miniature:
        """Fold what is due by then."""
        self.ticket, marks = caught_up(self.book, self.ticket, T0 + hours * HOUR)
        self.told += [(one.kind.removeprefix("sla."), one.clock.metric.value, (one.at - T0) / HOUR) for one in marks]
        return self

    def applies(self, hours: float, policy: str | None = "gold", **values: Any) -> Miniature:
        """Let a policy apply."""
        return self.happens(hours, ev.SlaApplied(policy=policy, at=T0 + hours * HOUR, **values))

    def says(self, hours: float, *, automatic: Automatic = Automatic.NO, **values: Any) -> Miniature:
        """Let the customer write."""
        at = T0 + hours * HOUR
        event = ev.MessageReceived(message=MessageId(f"msg_{hours}"), occurred_at=at, automatic=automatic, **values)
        return self.happens(hours, event)

    def replies(self, hours: float, *, by_person: bool = True) -> Miniature:
        """Let somebody (or a machine) answer."""
        return self.happens(hours, ev.ReplyQueued(message=MessageId(f"msg_{hours}"), by_person=by_person))

    def goes(self, hours: float, to: Category) -> Miniature:
        """Let the ticket go to a category."""
        return self.happens(hours, ev.StatusChanged(before=self.ticket.category, after=to, status=to.value))

    def is_given(self, hours: float, agent: str = "agt_1") -> Miniature:
        """Let an agent take the ticket."""
        worker = Worker(kind=WorkerKind.AGENT, id=agent, fence=1)
        return self.happens(hours, ev.TicketAssigned(worker=worker))

    def is_set(self, hours: float, name: str, value: str | Priority) -> Miniature:
        """Let a field change."""
        return self.happens(hours, ev.TicketFieldSet(name=name, after=value))

    def clock(self, metric: str, cycle: int = 1, scope: Scope = Scope.TICKET) -> Clock:
        """The clock of that metric and cycle."""
        return next(one for one in self.ticket.clocks if one.key == (metric, scope, cycle))

    def has(self, metric: str, cycle: int = 1, scope: Scope = Scope.TICKET) -> bool:
        """True if there is such a clock."""
        return any(one.key == (metric, scope, cycle) for one in self.ticket.clocks)

    def due(self, metric: str, cycle: int = 1) -> float | None:
        """When it is due, in hours from the beginning; None while it is paused."""
        at = self.clock(metric, cycle).due_at
        return None if at is None else (at - T0) / HOUR

    def phase(self, metric: str, cycle: int = 1) -> ClockPhase:
        """The phase of a clock."""
        return self.clock(metric, cycle).phase
