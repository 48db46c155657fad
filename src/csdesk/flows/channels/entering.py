"""Somebody opens a conversation by a link, a code or a page, and has not written yet.

Where they came from is kept on the customer, who may be a new one; their first message brings it to its ticket.
"""

from __future__ import annotations

from csdesk.domain.core.customers.identity import create_customer, known_identity
from csdesk.domain.core.customers.origins import origin_of
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.channels import SessionEvent
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.trace import Outcome, verdict
from csdesk.flows.channels.people import begun
from csdesk.flows.permission import require
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope


def note_entrance(event: SessionEvent, scope: Scope) -> Flow[None]:
    """Keep where somebody came from, if the channel says; a session that tells nothing leaves no mark."""
    if event.entrance is None:
        return
    work = yield from begun(event, (event.sender,), scope)
    origin = None if work is None else origin_of(work.policy, event.account, event.entrance)
    if work is None or origin is None:
        return
    yield from require(work, Actor.adapter(event.account), "receive", ev.DESK)
    customer = work.person(known_identity(work, event.sender))
    is_first = customer is None
    if customer is None:
        customer, _ = create_customer(work, event.sender, account=event.account, language=None, origin=origin)
    if not _counts(work, customer):
        return
    work.emit(
        customer.id,
        ev.CustomerEntered(
            account=event.account,
            conversation=event.conversation,
            entered_at=min(event.occurred_at or work.now, work.now),
            origin=origin,
            entry=origin.entry,
            campaign=origin.campaign,
            is_first=is_first or _has_never_written(customer),
        ),
    )
    if work.policy.has_entry_points:
        known = verdict("origin.entry", Outcome.CHOSEN, entry=origin.entry)
        work.tell(known if origin.entry else verdict("origin.unknown", Outcome.NOTED))
    work.end(customer.id)
    yield from steps.commit(work.changes())


def _counts(work: Workspace, customer: Customer) -> bool:
    return customer.erasure is None and not customer.is_blocked(work.now)


def _has_never_written(customer: Customer) -> bool:
    entered = customer.entered
    return entered is not None and entered.is_first and not entered.has_written
