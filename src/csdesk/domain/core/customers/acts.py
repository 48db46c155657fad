"""What customers do is counted on their records; what cannot be counted as it happens is counted anew in ``run_due``.

Tickets are counted only while some condition asks for them: a desk without such conditions pays nothing.
"""

from __future__ import annotations

from typing import Final

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.customers import Customer, DayCount
from csdesk.domain.records.queues import DueItem

RECOUNT: Final = "recount"
"""The kind of due item that counts the tickets of one customer anew; its payload is a customer or an identity."""


def count_ticket(work: Workspace, customer: str) -> None:
    """Count a ticket that the customer has just opened."""
    if work.policy.counts_tickets:
        work.emit(customer, ev.CustomerActed(did="ticket", at=work.now, day=work.policy.day_of(work.now)))


def recount(work: Workspace, *subjects: str) -> None:
    """Have the tickets of these customers (or of those behind these identities) counted anew soon."""
    if work.policy.counts_tickets:
        for one in subjects:
            work.put_due(DueItem(key=f"{RECOUNT}/{one}", kind=RECOUNT, due_at=work.now, payload=one))


def brought_by(customers: list[Customer]) -> tuple[DayCount, ...]:
    """What customers did before they are merged, as it stands with their survivor."""
    return tuple(replaced(one, of=one.of or customer.id) for customer in customers for one in customer.acts)
