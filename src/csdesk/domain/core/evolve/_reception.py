"""How leases, a bot's turns, hand-off and hand-back change a ticket."""

from __future__ import annotations

from datetime import datetime

from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced, trusted
from csdesk.domain.records.bots import TurnOutcome
from csdesk.domain.records.tickets import Reception, Ticket, Worker

_Reception = trusted(Reception)


def _received(ticket: Ticket, bot: str) -> Reception:
    known = ticket.reception
    return known if known is not None and known.bot == bot else _Reception(bot=bot)


def _leased_until(ticket: Ticket, until: datetime | None) -> Worker | None:
    return None if ticket.worker is None else replaced(ticket.worker, until=until)


def lease_renewed(ticket: Ticket, event: ev.LeaseRenewed, _: datetime) -> Ticket:
    """The lease goes on."""
    return replaced(ticket, worker=_leased_until(ticket, event.until))


def turn_began(ticket: Ticket, event: ev.TurnBegan, _: datetime) -> Ticket:
    """The bot holds the ticket until its answer is due."""
    before = _received(ticket, event.bot)
    reception = replaced(before, turns=before.turns + 1, asked=event.message, is_over=False)
    return replaced(ticket, reception=reception, worker=_leased_until(ticket, event.until))


def turn_ended(ticket: Ticket, event: ev.TurnEnded, _: datetime) -> Ticket:
    """Between its turns a bot holds the ticket without an end; a stale turn changes nothing."""
    if event.outcome is TurnOutcome.STALE or ticket.reception is None:
        return ticket
    failed = 0 if event.outcome is TurnOutcome.ANSWERED else ticket.reception.failed + 1
    reception = replaced(ticket.reception, asked=None, failed=failed)
    return replaced(ticket, reception=reception, worker=_leased_until(ticket, None))


def handed_off(ticket: Ticket, event: ev.TicketHandedOff, _: datetime) -> Ticket:
    """The bot is out."""
    reception = replaced(_received(ticket, event.bot), asked=None, is_over=True)
    return replaced(ticket, reception=reception, hand_offs=ticket.hand_offs + 1)


def transferred(ticket: Ticket, _event: ev.TicketTransferred, _: datetime) -> Ticket:
    """The work went on; a bot of the new queue may receive the customer anew."""
    return replaced(ticket, reception=None, hand_offs=ticket.hand_offs + 1)


def handed_back(ticket: Ticket, event: ev.TicketHandedBack, _: datetime) -> Ticket:
    """The bot begins anew."""
    return replaced(ticket, reception=_Reception(bot=event.bot), hand_offs=ticket.hand_offs + 1)
