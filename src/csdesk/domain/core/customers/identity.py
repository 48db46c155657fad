"""Who somebody is: find the customer behind what a channel knows of them, or make one."""

from __future__ import annotations

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import CUSTOMER, IDENTITY, CustomerId, IdentityId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import trusted
from csdesk.domain.records.channels import Sender
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.origins import Origin

_IdentityLinked = trusted(ev.IdentityLinked)
_CustomerCreated = trusted(ev.CustomerCreated)


def identity_key(work: Workspace, sender: Sender) -> str:
    """The claim key of an identity."""
    return work.keys.identity(sender.kind, sender.scope, sender.external_id)


def known_identity(work: Workspace, sender: Sender) -> IdentityId | None:
    """The identity of a sender who was seen before."""
    owner = work.claims.get(identity_key(work, sender))
    return None if owner is None else IdentityId(owner)


def link_identity(work: Workspace, customer: Customer, sender: Sender) -> IdentityId:
    """Attach a new identity to a customer and claim it."""
    identity = IdentityId(work.ids.new(IDENTITY))
    work.claim(identity_key(work, sender), identity)
    work.add_home(identity, customer.id)
    work.emit(
        customer.id,
        _IdentityLinked(
            identity=identity,
            identity_kind=sender.kind,
            scope=sender.scope,
            external_id=sender.external_id,
            evidence=sender.evidence,
        ),
    )
    return identity


def create_customer(
    work: Workspace, sender: Sender, *, account: str, language: str | None, origin: Origin | None = None
) -> tuple[Customer, IdentityId]:
    """A new customer with that sender as the first identity, and with the source that they came from."""
    customer_id = CustomerId(work.ids.new(CUSTOMER))
    traffic = work.policy.traffic_of(account, origin.entry if origin is not None else "")
    work.emit(
        customer_id,
        _CustomerCreated(
            id=customer_id, name=sender.name, account=account, language=language, traffic=traffic, origin=origin
        ),
    )
    identity = link_identity(work, work.customer(customer_id), sender)
    return work.customer(customer_id), identity


def add_customer(work: Workspace, command: cmd.AddCustomer) -> CustomerId:
    """The customer whom that identity leads to already, or a new one."""
    holder = work.person(known_identity(work, command.identity))
    if holder is not None:
        return holder.id
    return create_customer(work, command.identity, account="", language=command.language)[0].id
