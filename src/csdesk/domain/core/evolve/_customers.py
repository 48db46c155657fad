"""How events change a customer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced, trusted
from csdesk.domain.records.customers import ERASED, Attribute, Block, Customer, Erasure, Identity
from csdesk.domain.records.tags import TagAssignment, TagSource, with_tag, without_tag

_Customer = trusted(Customer)
_Identity = trusted(Identity)


def _customer_created(_: Customer | None, event: ev.CustomerCreated, at: datetime) -> Customer:
    return _Customer(
        id=event.id,
        name=event.name or "",
        language=event.language,
        level=event.level,
        first_account=event.account,
        created_at=at,
    )


def _identity_linked(customer: Customer, event: ev.IdentityLinked, at: datetime) -> Customer:
    identity = _Identity(
        id=event.identity,
        kind=event.identity_kind,
        scope=event.scope,
        external_id=event.external_id or "",
        evidence=event.evidence,
        linked_at=at,
        origin=event.origin,
    )
    kept = tuple(one for one in customer.identities if one.id != identity.id)
    return replaced(customer, identities=(*kept, identity))


def _identity_unlinked(customer: Customer, event: ev.IdentityUnlinked, _: datetime) -> Customer:
    return replaced(customer, identities=tuple(one for one in customer.identities if one.id != event.identity))


def _customer_named(customer: Customer, event: ev.CustomerNamed, _: datetime) -> Customer:
    return replaced(customer, name=event.name or "")


def _attributes_set(customer: Customer, event: ev.AttributesSet, _: datetime) -> Customer:
    values: dict[str, Attribute] = {one.name: one for one in customer.attributes}
    for one in event.attributes or ():
        if one.value is None:
            values.pop(one.name, None)
        else:
            values[one.name] = one
    return replaced(customer, attributes=tuple(values.values()))


def _customer_placed(customer: Customer, event: ev.CustomerPlaced, _: datetime) -> Customer:
    given = {
        name: value
        for name in ("level", "stage", "language", "dedicated_agent")
        if (value := getattr(event, name)) is not None
    }
    return replaced(customer, **given)


def _customer_tagged(customer: Customer, event: ev.CustomerTagged, _: datetime) -> Customer:
    tags = customer.tags
    for tag in event.tags:
        tags = with_tag(tags, tag)
    return replaced(customer, tags=tags)


def _customer_untagged(customer: Customer, event: ev.CustomerUntagged, _: datetime) -> Customer:
    return replaced(customer, tags=without_tag(customer.tags, event.tag))


def _customer_blocked(customer: Customer, event: ev.CustomerBlocked, at: datetime) -> Customer:
    return replaced(customer, block=Block(reason=event.reason or "", at=at, until=event.until))


def _customer_unblocked(customer: Customer, _event: ev.CustomerUnblocked, _: datetime) -> Customer:
    return replaced(customer, block=None)


def _customer_merged(customer: Customer, event: ev.CustomerMerged, _: datetime) -> Customer:
    return replaced(customer, merged_into=event.into, members=())


def _customer_absorbed(customer: Customer, event: ev.CustomerAbsorbed, _: datetime) -> Customer:
    return replaced(customer, members=(*customer.members, *event.customers))


def _customer_unmerged(customer: Customer, event: ev.CustomerUnmerged, _: datetime) -> Customer:
    return replaced(customer, merged_into=None, members=event.members)


def _customer_released(customer: Customer, event: ev.CustomerReleased, _: datetime) -> Customer:
    return replaced(customer, members=tuple(one for one in customer.members if one not in event.customers))


def _customer_erased(customer: Customer, event: ev.CustomerErased, at: datetime) -> Customer:
    mark = TagAssignment(name=ERASED, source=TagSource.RULE, at=at)
    return replaced(
        customer,
        name="",
        attributes=(),
        identities=tuple(replaced(one, external_id="") for one in customer.identities),
        tags=(mark,),
        block=None,
        dedicated_agent=None,
        erasure=Erasure(customer=event.survivor, command=event.command, requested_at=at),
    )


def _erasure_completed(customer: Customer, event: ev.ErasureCompleted, at: datetime) -> Customer:
    assert customer.erasure is not None
    return replaced(customer, erasure=replaced(customer.erasure, completed_at=at, counts=event.counts))


# ``Any``: each function takes the record and event of its own row; a test walks the table.
FOLDS: Final[dict[type, Callable[[Any, Any, datetime], Any]]] = {
    ev.CustomerCreated: _customer_created,
    ev.IdentityLinked: _identity_linked,
    ev.IdentityUnlinked: _identity_unlinked,
    ev.CustomerNamed: _customer_named,
    ev.AttributesSet: _attributes_set,
    ev.CustomerPlaced: _customer_placed,
    ev.CustomerTagged: _customer_tagged,
    ev.CustomerUntagged: _customer_untagged,
    ev.CustomerBlocked: _customer_blocked,
    ev.CustomerUnblocked: _customer_unblocked,
    ev.CustomerMerged: _customer_merged,
    ev.CustomerAbsorbed: _customer_absorbed,
    ev.CustomerUnmerged: _customer_unmerged,
    ev.CustomerReleased: _customer_released,
    ev.CustomerErased: _customer_erased,
    ev.ErasureCompleted: _erasure_completed,
}
