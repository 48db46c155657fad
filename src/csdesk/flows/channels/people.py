"""What a channel tells about people rather than messages: who may be written to, who else they are."""

from __future__ import annotations

from csdesk.domain.core.customers.customer_links import merge_customers
from csdesk.domain.core.customers.identity import known_identity, link_identity
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.channels import ContactEvent, IdentityEvent, Sender, SessionEvent
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tags import TagAssignment, TagSource
from csdesk.flows.permission import require
from csdesk.flows.working import workspace
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope


def note_contact(event: ContactEvent, scope: Scope) -> Flow[None]:
    """Note on the customer whether automatic messages may go to them; somebody unknown is nobody's customer yet.

    What a person set by hand, or the customer's own words did, stays: only what a provider told is taken back.
    """
    work = yield from begun(event, (event.sender,), scope)
    customer = None if work is None else work.person(known_identity(work, event.sender))
    if work is None or customer is None or customer.erasure is not None:
        return
    name = work.policy.config.contact.opt_out_tag_for(event.purpose)
    held = next((tag for tag in customer.tags if tag.name == name), None)
    if event.allowed and held is not None and held.source is TagSource.SYNC:
        work.emit(customer.id, ev.CustomerUntagged(tag=name, source=TagSource.SYNC))
    elif not event.allowed:
        opt_out(work, customer, name)
    work.end(customer.id)
    yield from steps.commit(work.changes())


def opt_out(work: Workspace, customer: Customer, tag: str) -> None:
    """Let automatic messages go to a customer no more, as a provider told: the tag says so, unless it did before."""
    if not any(one.name == tag for one in customer.tags):
        assignment = TagAssignment(name=tag, source=TagSource.SYNC, at=work.now)
        work.emit(customer.id, ev.CustomerTagged(tags=(assignment,)))


def note_identity(event: IdentityEvent, scope: Scope) -> Flow[None]:
    """Do what the event says, as far as the desk knows anybody: whom nobody knows is linked with their first message.

    Joined customers can be taken apart again.
    """
    work = yield from begun(event, (event.sender, *event.also), scope)
    if work is None:
        return
    changed: Customer | None = None
    for other in event.also:
        customer, known = (work.person(known_identity(work, one)) for one in (event.sender, other))
        if _may_join(event, customer, known, other):
            yield from require(work, Actor.adapter(event.account), "receive", ev.DESK)
            changed = customer or known
            _join(work, event, other, customer, known)
    if changed is not None:  # otherwise the same event may come again, when somebody is known
        work.end(changed.id)
        yield from steps.commit(work.changes())


def _may_join(event: IdentityEvent, customer: Customer | None, known: Customer | None, other: Sender) -> bool:
    if any(one is not None and one.erasure is not None for one in (customer, known)):
        return False
    if not event.joins:
        return customer is not None and known is None
    if customer is None or known is None:
        return (customer or known) is not None and (customer is None or not _is_another(customer, other))
    return customer.id != known.id and not _is_another(customer, other)


def _join(
    work: Workspace, event: IdentityEvent, other: Sender, customer: Customer | None, known: Customer | None
) -> None:
    if customer is None:
        assert known is not None
        link_identity(work, work.customer(known.id), event.sender)
    elif known is None:
        link_identity(work, work.customer(customer.id), other)
    else:
        actor = Actor.adapter(event.account)
        command = cmd.MergeCustomers(customer=customer.id, into=known.id, evidence=other.evidence, actor=actor)
        merge_customers(work, customer, command)


def _is_another(customer: Customer, also: Sender) -> bool:
    """True if the customer is known by another identity of that kind: then it is another person, on the same device."""
    return any(
        (one.kind, one.scope) == (also.kind, also.scope) and one.external_id != also.external_id
        for one in customer.identities
    )


def begun(
    event: ContactEvent | IdentityEvent | SessionEvent, people: tuple[Sender, ...], scope: Scope
) -> Flow[Workspace | None]:
    """A workspace that knows these people and has begun; None if the event was seen before."""
    seen = scope.keys.inbound(event.account, event.dedupe_key)
    identities = tuple(scope.keys.identity(one.kind, one.scope, one.external_id) for one in people)
    loaded = yield from steps.load(Needs(claims=(seen, *identities), parties=True))
    if seen in loaded.snapshot.claims:
        return None
    work = workspace(loaded, scope)
    # The hashed key as the cause: the provider's own may hold a number, which erasing would not find there.
    work.begin(seen, Actor.adapter(event.account))
    work.claim(seen, seen, keep=loaded.policy.config.retention.inbound_claims)
    return work
