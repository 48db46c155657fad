"""Steps and promises that people begin and end, and looking again at what service levels promise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from csdesk.domain.core.casework.replaying import ClockKey, Replayed, replayed
from csdesk.domain.core.casework.tickets import apply_sla, check_ahead, check_live, emit_clocks, facts_now, happen
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.clocks import Clock, ClockPhase, Metric
from csdesk.domain.records.durations import LONGEST
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome, verdict
from csdesk.domain.sla.clocks import ended, live
from csdesk.domain.sla.life import readopted
from csdesk.errors import InvalidInput, sentence


def start_clock(work: Workspace, ticket: Ticket, command: cmd.StartClock, _: str) -> None:
    """Begin a step or make a promise.

    Raises:
        IllegalTransition: the ticket is finished.
        InvalidInput: no amount, two of them, an instant that has passed or lies more than ten years ahead, or a
            calendar that there is not.
    """
    check_live(ticket)
    if command.within is not None and command.until is not None:
        raise InvalidInput("until", "two ends", "pass within or until, not both")
    check_ahead(work, ticket, command.until)
    _check_near(command.until, work.time_of(ticket.id))
    book = work.policy.service
    if command.calendar is not None and command.calendar not in book.calendars:
        raise InvalidInput(
            "calendar",
            sentence("no calendar {calendar!r}", calendar=command.calendar),
            "choose a calendar of the configuration",
        )
    if command.within is None and command.until is None and not _has_target(work, ticket, command):
        raise InvalidInput("within", "nothing says how long it may take", "pass within or until")
    happen(
        work,
        ticket.id,
        ev.ClockStarted(
            metric=command.metric,
            name=command.name or "",
            within=command.within,
            until=command.until,
            calendar=command.calendar or "",
            warn_on=() if command.warn is None else (command.warn,),
        ),
    )


def _check_near(until: datetime | None, now: datetime) -> None:
    if until is not None and until - now > LONGEST:
        raise InvalidInput("until", "lies more than ten years ahead", "pass an earlier instant")


def _has_target(work: Workspace, ticket: Ticket, command: cmd.StartClock) -> bool:
    if command.metric is not Metric.STEP:
        return False
    plans = work.policy.service.plans(ticket)
    return any((command.name or "") in plan.steps or "" in plan.steps for plan in plans[:1])


def end_clock(work: Workspace, ticket: Ticket, command: cmd.EndClock, _: str) -> None:
    """End a step or settle a promise.

    Raises:
        InvalidInput: none is live that fits.
    """
    fitting = [
        clock
        for clock in live(ticket, command.metric)
        if command.cycle in (None, clock.cycle) and command.name in (None, clock.name)
    ]
    if not fitting:
        raise InvalidInput(
            "cycle", sentence("no live {metric} fits", metric=command.metric), "look at the ticket's clocks"
        )
    event = ev.ClockEnded(metric=command.metric, cycle=fitting[0].cycle, kept=command.kept)
    happen(work, ticket.id, event)


def reassess(work: Workspace, ticket: Ticket, command: cmd.ReassessTicket, _: str) -> None:
    """Look at the ticket's promises again; history is appended to, never rewritten."""
    if command.mode == "pin":
        work.tell(verdict("sla.pinned", Outcome.PASSED))
        return
    if command.mode == "forward":
        _forward(work, ticket)
        return
    at, book = work.time_of(ticket.id), work.policy.service
    entries = work.past.streams[ticket.id]
    anew = replayed(entries, lambda _: book, until=at, from_scratch=True)
    changed = tuple(_differing(work, ticket, anew))
    told = _told(entries)
    found = {mark.clock.key: mark for mark in anew.marks if isinstance(mark, ev.ClockBreached)}
    emit_clocks(work, ticket, changed, given="reassessed")
    for key, mark in found.items():
        if key not in told:
            clock = anew.cycles.get(key, mark.clock)
            work.emit(ticket.id, ev.ClockBreached(clock=clock, at=mark.at, retroactive=True))
    for key, was in told.items():
        if key not in found:
            clock = anew.cycles.get(key) or replaced(_over(was.clock), breached_at=None)
            work.emit(ticket.id, ev.BreachVoided(clock=clock, was_at=was.at))
    work.tell(verdict("sla.reassessed", Outcome.CHOSEN, mode=command.mode, clocks=len(changed)))


def _forward(work: Workspace, ticket: Ticket) -> None:
    at, book = work.time_of(ticket.id), work.policy.service
    customer = work.person(ticket.identity)
    if customer is not None and ticket.is_live and ticket.sla is not None:
        ticket = apply_sla(
            work,
            ticket,
            book.match(facts_now(work, ticket, customer), customer.level, ticket.sla),
            at,
            regrouped=False,
        )
    changed = readopted(book, ticket, at)
    emit_clocks(work, ticket, changed, given="reassessed")
    work.tell(verdict("sla.reassessed", Outcome.CHOSEN, mode="forward", clocks=len(changed)))


def _differing(work: Workspace, ticket: Ticket, anew: Replayed) -> Iterator[Clock]:
    """The clocks of the replay that stand otherwise; a live one that nothing promises any more is cancelled."""
    now = {clock.key: clock for clock in ticket.clocks}
    for clock in anew.ticket.clocks:
        if clock != now.pop(clock.key, None):
            yield clock
    for clock in now.values():
        if clock.is_live:
            yield ended(work.policy.service, clock, ClockPhase.CANCELLED, work.time_of(ticket.id))


def _told(entries: tuple[ev.Entry, ...]) -> dict[ClockKey, ev.ClockBreached]:
    """The breaches told so far that were not voided."""
    told: dict[ClockKey, ev.ClockBreached] = {}
    for entry in entries:
        for event in entry.events:
            if isinstance(event, ev.ClockBreached):
                told[event.clock.key] = event
            elif isinstance(event, ev.BreachVoided):
                told.pop(event.clock.key, None)
    return told


def _over(clock: Clock) -> Clock:
    return replaced(clock, phase=ClockPhase.CANCELLED) if clock.is_live else clock
