"""What a channel tells about people rather than messages: who may be written to, who else they are."""

from __future__ import annotations

from csdesk.domain.core.identity import identity_key, known_identity, link_identity
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.channels import ContactEvent, IdentityEvent, Sender
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tags import TagAssignment, TagSource
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope


def note_contact(event: ContactEvent, scope: Scope) -> Flow[None]:
    """Note on the customer whether automatic messages may go to them; somebody unknown is nobody's customer yet.

    What a person set by hand stays: only a tag that a machine put there is taken away.
    """
    work, customer = yield from _known(event, (event.sender,), scope)
    name = work.policy.config.contact.opt_out_tag
    if customer is None or customer.erasure is not None:
        return
    held = next((tag for tag in customer.tags if tag.name == name), None)
    if event.allowed and held is not None and held.source is not TagSource.HAND:
        work.emit(customer.id, ev.CustomerUntagged(tag=name))
    elif not event.allowed and held is None:
        assignment = TagAssignment(name=name, source=TagSource.SYNC, at=work.now)
        work.emit(customer.id, ev.CustomerTagged(tags=(assignment,)))
    work.end(customer.id)
    yield from steps.commit(work.changes())


def note_identity(event: IdentityEvent, scope: Scope) -> Flow[None]:
    """Give a known customer the identities that the provider vouches for.

    One that belongs to another customer stays there: joining two customers is for a person to decide.
    """
    work, customer = yield from _known(event, (event.sender, *event.also), scope)
    if customer is None or customer.erasure is not None:
        return
    for other in event.also:
        if known_identity(work, other) is None:
            link_identity(work, work.customer(customer.id), other)
    work.end(customer.id)
    yield from steps.commit(work.changes())


def _known(
    event: ContactEvent | IdentityEvent, people: tuple[Sender, ...], scope: Scope
) -> Flow[tuple[Workspace, Customer | None]]:
    """The customer behind the first of these, in a workspace that has begun; None too if the event was seen before."""
    seen = scope.keys.inbound(event.account, event.dedupe_key)
    identities = tuple(scope.keys.identity(one.kind, one.scope, one.external_id) for one in people)
    loaded = yield from steps.load(Needs(claims=(seen, *identities), parties=True))
    work = Workspace(loaded.snapshot, loaded.policy, scope.keys, scope.now, scope.ids)
    customer = (
        None if seen in loaded.snapshot.claims else work.person(work.claims.get(identity_key(work, event.sender)))
    )
    if customer is not None:
        work.begin(event.dedupe_key, Actor.adapter(event.account))
        work.claim(seen, event.dedupe_key, keep=loaded.policy.config.retention.inbound_claims)
    return work, customer
