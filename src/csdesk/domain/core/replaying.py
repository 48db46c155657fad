"""The clocks of a ticket, worked out again from its events: what a reassessment and the proof of the fold go by.

What followed from other events (clocks that changed, warnings, breaches) is skipped and derived anew; what was given
from outside (a split's clocks) is taken as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from csdesk.domain.core.evolve import evolve, sealed
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.clocks import with_clocks
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.sla.clocks import due
from csdesk.domain.sla.life import follow
from csdesk.domain.sla.terms import Book

MarkEvent = ev.ClockWarned | ev.ClockBreached
"""What a clock came to."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A ticket as its events make it under some terms, and the warnings and breaches on the way, in order."""

    ticket: Ticket
    marks: tuple[MarkEvent, ...]


def happened(book: Book, ticket: Ticket | None, event: ev.Event, at: datetime) -> Ticket:
    """The ticket after an event, with the clocks that follow it."""
    after = evolve(ticket, event, at)
    assert isinstance(after, Ticket)
    if isinstance(event, ev.TicketUnmerged):
        after, _ = caught_up(book, after, at)
    changed = follow(book, after, event, at)
    return replaced(after, clocks=with_clocks(after.clocks, changed)) if changed else after


def caught_up(book: Book, ticket: Ticket, now: datetime) -> tuple[Ticket, tuple[MarkEvent, ...]]:
    """The ticket with everything folded that its clocks have come to, and what that was."""
    marks = due(book, ticket, now)
    for event in marks:
        ticket = replaced(ticket, clocks=with_clocks(ticket.clocks, (event.clock,)))
    return ticket, marks


def replayed(entries: Iterable[ev.Entry], book_of: Callable[[ev.Epochs], Book]) -> Replayed:
    """What the entries of a ticket, in order, make of its clocks.

    Args:
        entries: all of them.
        book_of: the service levels under which an entry was decided (or, to try others, any).
    """
    ticket: Ticket | None = None
    marks: list[MarkEvent] = []
    for version, entry in enumerate(entries, start=1):
        book = book_of(entry.epochs)
        if ticket is not None:
            ticket, found = caught_up(book, ticket, max(entry.at, ticket.updated_at))
            marks += found
        for event in entry.events:
            if not _is_derived(event):
                ticket = happened(book, ticket, event, entry.at)
        if ticket is not None:
            ticket = sealed(ticket, version, entry.at)  # type: ignore[assignment]  # a ticket stays one
    assert ticket is not None
    return Replayed(ticket, tuple(marks))


def _is_derived(event: ev.Event) -> bool:
    if isinstance(event, ev.ClocksChanged):
        return not event.given
    return isinstance(event, ev.ClockWarned | ev.ClockBreached | ev.BreachVoided)
