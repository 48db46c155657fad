"""How events change the flags of a ticket or customer: the same flag again takes the old one's place."""

from __future__ import annotations

from datetime import datetime

from csdesk.domain.records import events as ev
from csdesk.domain.records.flags import Flag


def flagged(flags: tuple[Flag, ...], event: ev.TicketFlagged | ev.CustomerFlagged, at: datetime) -> tuple[Flag, ...]:
    """The flags with the one that the event brings; what was erased of it is empty."""
    flag = Flag(
        name=event.flag,
        reason=event.reason or "",
        evidence=event.evidence or (),
        by=event.by,
        at=at,
        until=event.until,
    )
    return (*without_flag(flags, event.flag), flag)


def without_flag(flags: tuple[Flag, ...], name: str) -> tuple[Flag, ...]:
    """The flags without the one of that name."""
    return tuple(one for one in flags if one.name != name)
