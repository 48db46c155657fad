"""The clocks of a ticket, worked out again from its events: what a reassessment and the proof of the fold go by.

What followed from other events (clocks that changed, warnings, breaches) is skipped and derived anew; what was given
from outside (a split's clocks) is taken as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from csdesk.domain.core.evolve import evolve, sealed
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.clocks import Clock, Metric, Scope, with_clocks
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.sla.clocks import ClockMark, due
from csdesk.domain.sla.life import follow
from csdesk.domain.sla.terms import Book

ClockKey = tuple[Metric, Scope, int]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A ticket as its events make it under some terms, and what its clocks came to on the way, in order."""

    ticket: Ticket
    marks: tuple[ClockMark, ...]
    cycles: Mapping[ClockKey, Clock]
    """Every cycle of every clock as it last stood, those too that the ticket no longer carries."""


def happened(book: Book, ticket: Ticket | None, event: ev.Event, at: datetime) -> Ticket:
    """The ticket after an event, with the clocks that follow it."""
    after = evolve(ticket, event, at)
    assert isinstance(after, Ticket)
    if isinstance(event, ev.TicketUnmerged):
        after, _ = caught_up(book, after, at)
    changed = follow(book, after, event, at)
    return replaced(after, clocks=with_clocks(after.clocks, changed)) if changed else after


def caught_up(book: Book, ticket: Ticket, now: datetime) -> tuple[Ticket, tuple[ClockMark, ...]]:
    """The ticket with everything folded that its clocks have come to, and what that was."""
    marks = due(book, ticket, now)
    for event in marks:
        ticket = replaced(ticket, clocks=with_clocks(ticket.clocks, (event.clock,)))
    return ticket, marks


def replayed(
    entries: Iterable[ev.Entry],
    book_of: Callable[[ev.Epochs], Book],
    *,
    until: datetime | None = None,
    from_scratch: bool = False,
) -> Replayed:
    """What the entries of a ticket, in order, make of its clocks.

    Args:
        entries: all of them.
        book_of: the service levels under which an entry was decided (or, to try others, any).
        until: an instant after the last entry up to which clocks run; None: the last entry's.
        from_scratch: leave out what earlier reassessments set.
    """
    ticket: Ticket | None = None
    marks: list[ClockMark] = []
    cycles: dict[ClockKey, Clock] = {}
    book: Book | None = None
    for version, entry in enumerate(entries, start=1):
        book = book_of(entry.epochs)
        if ticket is not None:
            ticket, found = caught_up(book, ticket, max(entry.at, ticket.updated_at))
            marks += found
        for event in entry.events:
            if not _is_derived(event, from_scratch=from_scratch):
                ticket = happened(book, ticket, event, entry.at)
                cycles.update((clock.key, clock) for clock in ticket.clocks)
        if ticket is not None:
            ticket = sealed(ticket, version, entry.at)  # type: ignore[assignment]  # a ticket stays one
    assert ticket is not None
    if until is not None and book is not None:
        ticket, found = caught_up(book, ticket, until)
        marks += found
        cycles.update((clock.key, clock) for clock in ticket.clocks)
    return Replayed(ticket, tuple(marks), cycles)


def _is_derived(event: ev.Event, *, from_scratch: bool) -> bool:
    if isinstance(event, ev.ClocksChanged):
        return not event.given or (from_scratch and event.given == "reassessed")
    return isinstance(event, ev.ClockWarned | ev.ClockBreached | ev.ClockEscalated | ev.BreachVoided)
