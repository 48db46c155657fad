"""How events change the tags of a ticket or customer: what is decided is simply so, whoever it came from."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from csdesk.domain.records import events as ev
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tags import TagAssignment, TagRemoval, TagSource, with_tag, without_tag
from csdesk.domain.records.tickets import Ticket

_ON_PURPOSE: Final = (TagSource.HAND, TagSource.RULE)
"""Whose removals are remembered: what outside systems and models take away they may put back."""


def tagged(record: Ticket | Customer, new: tuple[TagAssignment, ...]) -> dict[str, Any]:
    """What changes when tags are put on; ``Any``: the values of fields."""
    tags = record.tags
    for tag in new:
        tags = with_tag(tags, tag)
    if not record.withheld:
        return {"tags": tags}
    names = {tag.name for tag in new}
    return {"tags": tags, "withheld": tuple(one for one in record.withheld if one.name not in names)}


def untagged(record: Ticket | Customer, event: ev.TicketUntagged | ev.CustomerUntagged, at: datetime) -> dict[str, Any]:
    """What changes when a tag goes; ``Any``: the values of fields."""
    gone: dict[str, Any] = {"tags": without_tag(record.tags, event.tag)}
    if not event.why and event.source in _ON_PURPOSE:
        kept = tuple(one for one in record.withheld if one.name != event.tag)
        gone["withheld"] = (*kept, TagRemoval(name=event.tag, source=event.source, at=at))
    return gone
