"""What the next one must know of a ticket: read from what stands there already, so an erased word is gone here too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.events import Entry
from csdesk.domain.records.messages import Direction, Message
from csdesk.domain.records.tickets import Offer, OfferPurpose, Ticket
from csdesk.flows.reading.checks import a_number
from csdesk.flows.reading.lists import get_ticket, page_of
from csdesk.ports.steps import Flow
from csdesk.ports.store import Query

_LOOKS: int = 200
"""How many entries are looked through for the last hand-on, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What the next one must know.

    Attributes:
        ticket: as it stands now.
        reason: the code of the last hand-off or transfer (offered ones too); empty if there was none.
        by: who handed it on; None: nobody did.
        at: when; aware, in UTC.
        note: what was noted for the next one; None if nothing was.
        said: the last messages that a customer may see, oldest first.
    """

    ticket: Ticket
    reason: str = ""
    by: Actor | None = None
    at: datetime | None = None
    note: Message | None = None
    said: tuple[Message, ...] = ()


def brief(ticket_id: str, limit: int) -> Flow[Brief]:
    """The brief of a ticket.

    Raises:
        NotFound: this desk has no such ticket.
    """
    a_number(limit, "limit", 0, 200)
    ticket = yield from get_ticket(ticket_id)
    where = (("ticket", ticket_id),)
    page = yield from page_of(
        Message, Query(kind="message", where=where, order="occurred_at", descending=True, limit=2 * limit + 20)
    )
    said = [one for one in page.items if one.direction is not Direction.NOTE][:limit]
    entry, event = yield from _last(ticket_id)
    if entry is None or event is None:
        return Brief(ticket=ticket, said=tuple(reversed(said)))
    noted = next((one for one in page.items if one.id == event.brief), None)
    return Brief(
        ticket=ticket, reason=event.reason, by=entry.actor, at=entry.at, note=noted, said=tuple(reversed(said))
    )


def _last(ticket_id: str) -> Flow[tuple[Entry | None, ev.TicketHandedOff | ev.TicketTransferred | Offer | None]]:
    query = Query(kind="entry", where=(("subject", ticket_id),), order="position", descending=True, limit=_LOOKS)
    page = yield from page_of(Entry, query)
    for entry in page.items:
        for event in reversed(entry.events):
            if isinstance(event, ev.TicketHandedOff | ev.TicketTransferred):
                return entry, event
            if isinstance(event, ev.OfferMade) and event.offer.purpose is OfferPurpose.TRANSFER:
                return entry, event.offer
    return None, None
