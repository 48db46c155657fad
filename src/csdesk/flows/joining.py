"""A channel vouches that two identities are one person: they are linked, or their customers become one."""

from __future__ import annotations

from csdesk.domain.core.customer_links import merge_customers
from csdesk.domain.core.identity import known_identity, link_identity
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import channels as ch
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.customers import Customer
from csdesk.flows.permission import require
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope


def join(event: ch.IdentityEvent, scope: Scope) -> Flow[None]:
    """Do what the event says, as far as the desk knows anybody: whom nobody knows is linked with their first message.

    The customer who was ``sender`` becomes part of the one who is ``also``; either side can be taken out again.
    """
    claims = tuple(scope.keys.identity(one.kind, one.scope, one.external_id) for one in (event.sender, event.also))
    loaded = yield from steps.load(Needs(claims=claims, parties=True))
    work = Workspace(loaded.snapshot, loaded.policy, scope.keys, scope.now, scope.ids)
    before, after = (work.person(known_identity(work, one)) for one in (event.sender, event.also))
    actor = Actor.adapter(event.account)
    if before is None and after is None:
        return
    if before is None or after is None:
        customer, other = (after, event.sender) if before is None else (before, event.also)
        assert customer is not None
        if other is event.also and _is_another(customer, event.also):
            return
        work.begin(event.dedupe_key, actor)
        yield from require(work, actor, "receive", ev.DESK)
        link_identity(work, customer, other)
        work.end(customer.id)
    elif before.id != after.id and not _is_another(before, event.also):
        work.begin(event.dedupe_key, actor)
        yield from require(work, actor, "receive", ev.DESK)
        command = cmd.MergeCustomers(customer=before.id, into=after.id, evidence=event.also.evidence, actor=actor)
        merge_customers(work, before, command)
        work.end(before.id)
    yield from steps.commit(work.changes())


def _is_another(customer: Customer, also: ch.Sender) -> bool:
    """True if the customer is known by another identity of that kind: then it is another person, on the same device."""
    return any(
        (one.kind, one.scope) == (also.kind, also.scope) and one.external_id != also.external_id
        for one in customer.identities
    )
