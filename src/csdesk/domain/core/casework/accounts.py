"""Why a clock stands where it stands: line by line what was counted, paused and passed over. Codes, never sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from csdesk.domain.core.casework.replaying import ClockKey
from csdesk.domain.core.evolve import evolve
from csdesk.domain.ids import TicketId
from csdesk.domain.records import events as ev
from csdesk.domain.records.clocks import Clock, ClockPhase
from csdesk.domain.records.tickets import AppliedSla, Ticket
from csdesk.domain.sla.terms import Book
from csdesk.domain.time.counting import WorkedTime

LineKind = Literal[
    "began", "counted", "closed", "paused", "changed", "warned", "breached", "escalated", "voided", "met", "cancelled"
]
_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """One line: what happened to the clock from ``since`` to ``until``.

    Attributes:
        kind: ``counted``: time of the clock passed; ``closed``: none did (nobody works then); ``paused``: it stood
            still; ``changed``: other terms hold from here on; the rest are moments.
        since, until: aware, in UTC; equal for a moment.
        counted: how much of the amount the line used.
        reason: for ``counted`` the rule of the hours (``weekly``, ``dates``, ``forced``, ``every_second``), for
            ``closed`` what closes (``holiday``, ``weekday_closed``, ``break``, ...), for ``paused`` the category.
        on: the date whose hours these are, in the calendar's zone; None if no calendar counts.
    """

    kind: LineKind
    since: datetime
    until: datetime
    counted: timedelta = _ZERO
    reason: str = ""
    on: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockAccount:
    """One cycle of one clock, from its beginning to now.

    Attributes:
        clock: as it stands.
        lines: in order of time.
        used: what is used of the amount by now.
        remaining: what is left; negative once the amount is used up.
        level: ``ok``, ``warned`` or ``breached``.
        notes: ``holidays_unknown`` if the due instant lies past the last date whose holidays are known.
    """

    clock: Clock
    lines: tuple[AccountLine, ...]
    used: timedelta
    remaining: timedelta
    level: Literal["ok", "warned", "breached"]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaAccount:
    """What a ticket was promised, and how that went. Every cycle of every clock stands here, in order of beginning."""

    ticket: TicketId
    at: datetime
    sla: AppliedSla | None
    clocks: tuple[ClockAccount, ...]


@dataclass(slots=True)
class _Story:
    clock: Clock
    since: datetime
    """Where the present stretch begins: running or paused."""
    reason: str = ""
    lines: list[AccountLine] = field(default_factory=list)


def account(entries: Iterable[ev.Entry], book: Book, now: datetime) -> SlaAccount:
    """The account of a ticket by its entries, all of them, in order."""
    ticket: Ticket | None = None
    stories: dict[ClockKey, _Story] = {}
    for entry in entries:
        for event in entry.events:
            after = evolve(ticket, event, entry.at)
            assert isinstance(after, Ticket)
            ticket = after
            for clock, kind, at in _states(event, entry.at):
                _tell(stories, book, ticket, clock, kind, at)
    assert ticket is not None
    told = tuple(_closed(book, story, now) for story in stories.values())
    return SlaAccount(ticket=ticket.id, at=now, sla=ticket.sla, clocks=told)


def _states(event: ev.Event, at: datetime) -> Iterator[tuple[Clock, LineKind | None, datetime]]:
    match event:
        case ev.ClocksChanged():
            for clock in event.clocks:
                yield clock, None, at
        case ev.TicketUnmerged():
            for clock in event.clocks:
                yield clock, None, at
        case ev.ClockWarned():
            yield event.clock, "warned", event.at
        case ev.ClockBreached():
            yield event.clock, "breached", event.at
        case ev.ClockEscalated():
            yield event.clock, "escalated", event.at
        case ev.BreachVoided():
            yield event.clock, "voided", at


def _tell(
    stories: dict[ClockKey, _Story], book: Book, ticket: Ticket, clock: Clock, kind: LineKind | None, at: datetime
) -> None:
    story = stories.get(clock.key)
    if story is None:
        began = clock.started_at
        story = stories[clock.key] = _Story(clock, began, ticket.category.value)
        story.lines.append(AccountLine(kind="began", since=began, until=began, reason=clock.policy))
        if clock.is_live:
            return
    if kind is not None:
        story.lines.append(AccountLine(kind=kind, since=at, until=at))
        story.clock = clock
        return
    # A ticket out of a merge counts from before it was in there: what is told already is not told again.
    end = max(_until(clock, at), story.since)
    story.lines += _stretch(book, story, end)
    if _terms(clock) != _terms(story.clock):
        story.lines.append(AccountLine(kind="changed", since=end, until=end, reason=clock.policy))
    if not clock.is_live:
        moment: LineKind = "met" if clock.phase is ClockPhase.MET else "cancelled"
        story.lines.append(AccountLine(kind=moment, since=end, until=end))
    story.clock, story.since, story.reason = clock, end, ticket.category.value


def _until(clock: Clock, at: datetime) -> datetime:
    if clock.phase is ClockPhase.RUNNING:
        return clock.started_at
    return clock.met_at if clock.phase is ClockPhase.MET and clock.met_at is not None else at


def _terms(clock: Clock) -> tuple[object, ...]:
    return (clock.amount, clock.calendar, clock.pause_on, clock.policy, clock.snap)


def _stretch(book: Book, story: _Story, until: datetime) -> Iterator[AccountLine]:
    since, clock = story.since, story.clock
    if until <= since:
        return
    if clock.phase is ClockPhase.RUNNING:
        yield from _counted(book, clock, since, until)
    else:
        reason = story.reason if clock.phase is ClockPhase.PAUSED else clock.phase.value
        yield AccountLine(kind="paused", since=since, until=until, reason=reason)


def _counted(book: Book, clock: Clock, since: datetime, until: datetime) -> Iterator[AccountLine]:
    time = book.time(clock.calendar)
    if not isinstance(time, WorkedTime):
        yield AccountLine(kind="counted", since=since, until=until, counted=until - since, reason="every_second")
        return
    worked, passed = time.parts(since, until)
    lines = [
        AccountLine(
            kind="counted",
            since=span.opens,
            until=span.closes,
            counted=span.worked,
            reason=span.code,
            on=span.on.isoformat(),
        )
        for span in worked
    ]
    for skip in passed:
        first, last = time.day(skip.on)
        begin, end = max(skip.opens or first, since), min(skip.closes or last, until)
        if begin < end:
            on = skip.on.isoformat()
            lines.append(AccountLine(kind="closed", since=begin, until=end, reason=skip.code, on=on))
    yield from sorted(lines, key=lambda line: line.since)


def _closed(book: Book, story: _Story, now: datetime) -> ClockAccount:
    clock = story.clock
    used = clock.used
    if clock.is_live:
        story.lines += _stretch(book, story, now)
        if clock.phase is ClockPhase.RUNNING and now > clock.started_at:
            used += book.time(clock.calendar).between(clock.started_at, now)
    is_guess = clock.due_at is not None and book.time(clock.calendar).is_guess(clock.due_at)
    return ClockAccount(
        clock=clock,
        lines=tuple(sorted(story.lines, key=lambda line: line.since)),
        used=used,
        remaining=clock.amount - used,
        level="breached" if clock.breached_at is not None else "warned" if clock.warned_at is not None else "ok",
        notes=("holidays_unknown",) if is_guess else (),
    )
