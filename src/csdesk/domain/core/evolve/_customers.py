"""How events change a customer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from csdesk.domain.core.evolve._flags import flagged, without_flag
from csdesk.domain.core.evolve._tags import tagged, untagged
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced, trusted
from csdesk.domain.records.customers import (
    COUNTED_DAYS,
    ERASED,
    Attribute,
    Block,
    Customer,
    DayCount,
    Erasure,
    Identity,
    SegmentMembership,
)
from csdesk.domain.records.origins import Entered, Origin, Source
from csdesk.domain.records.tags import TagAssignment, TagSource

_Customer = trusted(Customer)
_Identity = trusted(Identity)


def _customer_created(_: Customer | None, event: ev.CustomerCreated, at: datetime) -> Customer:
    return _Customer(
        id=event.id,
        name=event.name or "",
        language=event.language,
        level=event.level,
        first_account=event.account,
        source=_source_of(event),
        created_at=at,
    )


def _source_of(event: ev.CustomerCreated) -> Source | None:
    if event.origin is None and event.traffic is None:
        return None
    return Source(account=event.account, traffic=event.traffic, origin=event.origin)


def _customer_entered(customer: Customer, event: ev.CustomerEntered, _: datetime) -> Customer:
    entered = Entered(
        account=event.account,
        conversation=event.conversation or "",
        at=event.entered_at,
        origin=event.origin or Origin(entry=event.entry, campaign=event.campaign),
        is_first=event.is_first,
        has_written=event.message is not None,
    )
    return replaced(customer, entered=entered)


def _entrance_answered(customer: Customer, _event: ev.EntranceAnswered, _: datetime) -> Customer:
    assert customer.entered is not None, "only an entrance is answered"
    return replaced(customer, entered=replaced(customer.entered, has_written=True))


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
    return replaced(customer, **tagged(customer, event.tags))


def _customer_untagged(customer: Customer, event: ev.CustomerUntagged, at: datetime) -> Customer:
    return replaced(customer, **untagged(customer, event, at))


def _customer_flagged(customer: Customer, event: ev.CustomerFlagged, at: datetime) -> Customer:
    return replaced(customer, flags=flagged(customer.flags, event, at))


def _customer_unflagged(customer: Customer, event: ev.CustomerUnflagged, _: datetime) -> Customer:
    return replaced(customer, flags=without_flag(customer.flags, event.flag))


def _customer_acted(customer: Customer, event: ev.CustomerActed, _: datetime) -> Customer:
    fresh = DayCount(did=event.did, day=event.day, amount=event.amount or 0, last_at=event.at)
    acts = [_joined(one, fresh) if _is_same(one, fresh) else one for one in customer.acts]
    if not any(_is_same(one, fresh) for one in customer.acts):
        acts.append(fresh)
    return replaced(customer, acts=_still_counted(acts))


def _is_same(one: DayCount, other: DayCount) -> bool:
    return (one.did, one.day, one.of) == (other.did, other.day, other.of)


def _joined(one: DayCount, other: DayCount) -> DayCount:
    last = max(one.last_at, other.last_at)
    return replaced(one, count=one.count + other.count, amount=one.amount + other.amount, last_at=last)


def _still_counted(acts: list[DayCount]) -> tuple[DayCount, ...]:
    """Without the days that no window reaches any more, except the last day of each kind."""
    latest = max(one.day for one in acts)
    last = {one.did: one.day for one in sorted(acts, key=lambda one: one.day)}
    oldest = latest - timedelta(days=COUNTED_DAYS)
    return tuple(one for one in acts if one.day > oldest or one.day == last[one.did])


def _acts_recounted(customer: Customer, event: ev.ActsRecounted, _: datetime) -> Customer:
    kept = tuple(one for one in customer.acts if one.did != event.did)
    return replaced(customer, acts=(*kept, *event.days))


def _segment_entered(customer: Customer, event: ev.SegmentEntered, at: datetime) -> Customer:
    return replaced(customer, segments=(*customer.segments, SegmentMembership(name=event.segment, since=at)))


def _segment_left(customer: Customer, event: ev.SegmentLeft, _: datetime) -> Customer:
    return replaced(customer, segments=tuple(one for one in customer.segments if one.name != event.segment))


def _segments_planned(customer: Customer, event: ev.SegmentsPlanned, _: datetime) -> Customer:
    return replaced(customer, segments_at=event.at)


def _customer_blocked(customer: Customer, event: ev.CustomerBlocked, at: datetime) -> Customer:
    return replaced(customer, block=Block(reason=event.reason or "", at=at, until=event.until))


def _customer_unblocked(customer: Customer, _event: ev.CustomerUnblocked, _: datetime) -> Customer:
    return replaced(customer, block=None)


def _customer_merged(customer: Customer, event: ev.CustomerMerged, _: datetime) -> Customer:
    return replaced(customer, merged_into=event.into, members=())


def _customer_absorbed(customer: Customer, event: ev.CustomerAbsorbed, _: datetime) -> Customer:
    return replaced(customer, members=(*customer.members, *event.customers), acts=(*customer.acts, *event.acts))


def _customer_unmerged(customer: Customer, event: ev.CustomerUnmerged, _: datetime) -> Customer:
    return replaced(customer, merged_into=None, members=event.members)


def _customer_released(customer: Customer, event: ev.CustomerReleased, _: datetime) -> Customer:
    members = tuple(one for one in customer.members if one not in event.customers)
    return replaced(
        customer, members=members, acts=tuple(one for one in customer.acts if one.of not in event.customers)
    )


def _customer_erased(customer: Customer, event: ev.CustomerErased, at: datetime) -> Customer:
    mark = TagAssignment(name=ERASED, source=TagSource.RULE, at=at)
    return replaced(
        customer,
        name="",
        attributes=(),
        identities=tuple(replaced(one, external_id="") for one in customer.identities),
        tags=(mark,),
        withheld=(),
        flags=(),
        acts=(),
        segments=(),
        segments_at=None,
        block=None,
        dedicated_agent=None,
        source=None,
        entered=None,
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
    ev.CustomerFlagged: _customer_flagged,
    ev.CustomerUnflagged: _customer_unflagged,
    ev.CustomerActed: _customer_acted,
    ev.ActsRecounted: _acts_recounted,
    ev.SegmentEntered: _segment_entered,
    ev.SegmentLeft: _segment_left,
    ev.SegmentsPlanned: _segments_planned,
    ev.CustomerErased: _customer_erased,
    ev.ErasureCompleted: _erasure_completed,
    ev.CustomerEntered: _customer_entered,
    ev.EntranceAnswered: _entrance_answered,
}
