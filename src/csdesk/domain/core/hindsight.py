"""A ticket and its customer as the rules saw them: the fold of their streams up to one cause.

What a cause did to its ticket stands in one entry. The trace says after how many of its events the rules came in; where
no rule fired, it is after what the message itself did: joining, reopening, tags by keyword.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from csdesk.domain.core.evolve import evolve, sealed
from csdesk.domain.records import events as ev
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Then:
    """How a ticket stood when the rules looked at it, and just before the cause."""

    entry: ev.Entry
    ticket: Ticket
    before: Ticket | None
    fired: tuple[str, ...]
    """The rules that fired then, as the trace has it."""
    timed: bool = False
    """Was it the time of a rule that came?"""


def ticket_then(entries: Iterable[ev.Entry], cause: str) -> Then | None:
    """The ticket as the rules saw it for that cause; None if the stream does not have the cause."""
    record: Ticket | None = None
    for version, entry in enumerate(entries, start=1):
        if entry.cause == cause:
            seen = record
            for event in entry.events[: _rules_came_in(entry)]:
                seen = evolve(seen, event, entry.at)  # type: ignore[assignment]  # a ticket's stream makes a ticket
            return Then(entry, seen, record, _fired(entry)) if seen is not None else None
        for event in entry.events:
            record = evolve(record, event, entry.at)  # type: ignore[assignment]
        record = sealed(record, version, entry.at) if record is not None else None  # type: ignore[assignment]
    return None


def timed_then(entries: Iterable[ev.Entry], rule: str) -> Then | None:
    """The ticket as a timed rule saw it when it was last due; None if it never was."""
    record: Ticket | None = None
    found: Then | None = None
    for version, entry in enumerate(entries, start=1):
        before = record
        for event in entry.events:
            if isinstance(event, ev.RuleTimed) and event.rule == rule and record is not None:
                found = Then(entry, record, before, (rule,) if event.fired else (), timed=True)
            record = evolve(record, event, entry.at)  # type: ignore[assignment]  # a ticket's stream makes a ticket
        record = sealed(record, version, entry.at) if record is not None else None  # type: ignore[assignment]
    return found


_ARRIVING: Final = (ev.StatusChanged, ev.TicketTagged)
"""What a message does to its ticket before the rules, after it has been received."""


def _rules_came_in(entry: ev.Entry) -> int:
    told = entry.trace.find("rules.fired") if entry.trace is not None else None
    seen = told.param("seen") if told is not None else None
    if isinstance(seen, int):
        return seen
    received = [place for place, event in enumerate(entry.events) if isinstance(event, ev.MessageReceived)]
    if not received:
        return len(entry.events)
    place, is_new = received[0] + 1, any(isinstance(event, ev.TicketOpened) for event in entry.events)
    while place < len(entry.events):
        event, last = entry.events[place], entry.events[place - 1]
        follows = isinstance(event, ev.ClocksChanged) and not isinstance(last, ev.ClocksChanged)
        matched_again = isinstance(event, ev.SlaApplied) and isinstance(last, ev.TicketTagged) and not is_new
        if not (isinstance(event, _ARRIVING) or follows or matched_again):
            break
        place += 1
    return place


def _fired(entry: ev.Entry) -> tuple[str, ...]:
    verdicts = entry.trace.verdicts if entry.trace is not None else ()
    return tuple(
        str(below.param("rule"))
        for one in verdicts
        if one.code in ("rules.fired", "rules.round")
        for below in one.below
        if below.code == "rules.fired"
    )


def customer_then(entries: Iterable[ev.Entry], then: ev.Entry) -> Customer | None:
    """The customer as the rules saw it; ``then`` is what the cause did to the ticket."""
    told = then.trace.find("rules.fired") if then.trace is not None else None
    known = told.param("known") if told is not None else None
    record: Customer | None = None
    for version, entry in enumerate(entries, start=1):
        mine = entry.cause == then.cause
        if not mine and entry.position > then.position:
            break
        for event in entry.events[: known if mine and isinstance(known, int) else None]:
            record = evolve(record, event, entry.at)  # type: ignore[assignment]  # a customer's stream makes one
        record = sealed(record, version, entry.at) if record is not None else None  # type: ignore[assignment]
        if mine:
            break
    return record


def is_first(entries: Iterable[ev.Entry], cause: str) -> bool:
    """True if a stream began with that cause."""
    return next((entry.cause == cause for entry in entries), False)
