"""Step 2: who wrote. Finds the customer behind the sender, links what the provider vouches for, or makes a new one."""

from __future__ import annotations

from csdesk.domain.core.customers.identity import create_customer, known_identity, link_identity
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import IdentityId
from csdesk.domain.records.channels import Sender
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.queues import InboxState
from csdesk.domain.records.trace import Outcome
from csdesk.flows.inbound.case import Case
from csdesk.flows.inbound.dedupe import store_item


def identify(case: Case, work: Workspace) -> Customer:
    """The customer who wrote; ``case.identity`` is the identity they came through."""
    sender = case.message.sender
    owner = work.claims.get(case.keys.sender)
    identity = None if owner is None else IdentityId(owner)
    customer = work.person(identity)
    if identity is not None and customer is not None:
        case.say("identity.known", Outcome.PASSED, customer=customer.id)
    else:
        customer = _vouched_for(case, work) if case.message.also else None
        if customer is not None:
            identity = link_identity(work, customer, sender)
            case.say("identity.linked", Outcome.PASSED, customer=customer.id, identity=identity)
        else:
            customer, identity = create_customer(
                work, sender, account=case.message.account, language=case.message.language, origin=case.origin
            )
            case.new_customer = True
            case.say("identity.created", Outcome.PASSED, customer=customer.id)
    if case.message.also:
        _link_others(case, work, customer)
    case.identity, case.customer = identity, customer.id
    work.saw(customer.id, case.occurred_at)
    return work.customer(customer.id)


def _vouched_for(case: Case, work: Workspace) -> Customer | None:
    """The customer behind another identity that the provider vouches for."""
    people = (work.person(known_identity(work, one)) for one in case.message.also)
    return next((one for one in people if one is not None), None)


def _link_others(case: Case, work: Workspace, customer: Customer) -> None:
    for other in case.message.also:
        if known_identity(work, other) is None:
            identity = link_identity(work, work.customer(customer.id), other)
            case.say("identity.linked", Outcome.PASSED, customer=customer.id, identity=identity)


def is_blocked(case: Case, work: Workspace, customer: Customer) -> bool:
    """Store a blocked sender's message and go no further; True if so."""
    if not customer.is_blocked(work.now):
        return False
    case.state = "blocked"
    case.say("identity.blocked", Outcome.REMOVED, customer=customer.id)
    store_item(case, work, InboxState.BLOCKED)
    return True


def identity_of(work: Workspace, person: Sender, *, account: str) -> str:
    """The identity of somebody in copy, who becomes a customer if unknown."""
    known = known_identity(work, person)
    if known is not None:
        return known
    _, identity = create_customer(work, person, account=account, language=None)
    return identity
