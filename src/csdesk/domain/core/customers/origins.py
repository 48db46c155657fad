"""Where somebody came from: what is kept of what a channel tells, and which entry point that is."""

from __future__ import annotations

from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records.channels import Entrance
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.origins import TOLD, Origin


def origin_of(policy: Policy, account: str, entrance: Entrance) -> Origin | None:
    """What is kept of an entrance; None if it says nothing."""
    said = {name: value for name in TOLD if (value := getattr(entrance, name))}
    if not said:
        return None
    point = policy.entry_point(account, entrance.scene, entrance.param) if policy.has_entry_points else None
    if point is not None:
        if point.carries is not None and entrance.param and entrance.param != point.code:
            said.setdefault(point.carries, entrance.param)
        said |= {"entry": point.code, "campaign": point.campaign or ""}
    return Origin(**said)


def is_told_again(customer: Customer, origin: Origin) -> bool:
    """True if the customer came from there the last time, or has come only once, from there."""
    if customer.entered is not None:
        return customer.entered.origin == origin
    return customer.source is not None and customer.source.origin == origin
