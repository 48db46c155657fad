"""Clocks: pauses move deadlines by their working time, looking changes nothing, one go equals event by event."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import many

from csdesk.domain.core.casework.replaying import replayed
from csdesk.domain.policy.service_book import ServiceBook
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.clocks import ClockPhase
from csdesk.domain.records.tickets import LIVE, Category, Priority
from csdesk.domain.time.counting import Timeline
from csdesk.testing.miniature import T0, Miniature, book_of

# Office hours with a lunch break, a weekend, a holiday; a zone whose clock changes within the span of the tests.
CALENDARS: dict[str, dict[str, Any]] = {
    "": {},
    "office": {
        "weekly": {key: [["09:00", "12:00"], ["13:00", "18:00"]] for key in ("mon", "tue", "wed", "thu", "fri")},
        "holidays": ["2026-03-04"],
    },
    "night": {
        "zone": "America/New_York",
        "weekly": {key: [["00:30", "03:30"], ["21:00", "26:00"]] for key in ("mon", "wed", "sat", "sun")},
    },
    "clock_round": {"zone": "Australia/Lord_Howe", "always_open": True},
}
minutes = st.integers(0, 48 * 60)
amounts = st.integers(1, 40 * 60).map(lambda minute: timedelta(minutes=minute))
marks = st.lists(st.sampled_from((0.1, 0.25, 0.5, 0.75, 0.9, "30m", "2h")), max_size=4, unique=True)
names = st.sampled_from(sorted(CALENDARS))
boundaries = st.sampled_from(("nearest", "snap"))
Spans = list[tuple[int, bool]]
steps = st.lists(st.tuples(minutes, st.booleans()), max_size=7)
law = settings(max_examples=many(40), deadline=None)


@cache
def book(calendar: str, amount: timedelta, warn_at: tuple[Any, ...] = (), boundary: str = "nearest") -> ServiceBook:
    target = {"metric": "resolution", "within": amount, "warn_at": warn_at, "pause_on": ["snoozed"]}
    calendars = [{"name": calendar, **CALENDARS[calendar]}] if calendar else []
    return book_of(target, calendars=calendars, policy_boundary=boundary)


def life_of(service: ServiceBook, spans: Spans, *, looks: bool) -> tuple[Miniature, float]:
    """A ticket that alternates between open and snoozed; perhaps somebody looks between the changes too."""
    life, now = Miniature(service, category=Category.OPEN), 0.0
    for length, is_looked in spans:
        if looks and is_looked:
            life.looks(now + length / 120).looks(now + length / 120)
        now += length / 60
        life.goes(now, Category.OPEN if life.ticket.category is Category.SNOOZED else Category.SNOOZED)
    return life, now


def instants(spans: Spans) -> Iterator[tuple[datetime, datetime, bool]]:
    """Every stretch with its ends; True: the clock runs."""
    at = T0
    for number, (length, _) in enumerate(spans):
        yield at, at + timedelta(minutes=length), number % 2 == 0
        at += timedelta(minutes=length)


def counted(time: Timeline, spans: Spans, *, runs: bool) -> timedelta:
    return sum((time.between(a, b) for a, b, is_run in instants(spans) if is_run is runs), timedelta())


@law
@given(names, amounts, marks, boundaries, steps)
def test_looking_more_often_changes_no_event(
    calendar: str, amount: timedelta, warn_at: list[Any], boundary: str, spans: Spans
) -> None:
    service = book(calendar, amount, tuple(warn_at), boundary)
    (rarely, now), (often, _) = life_of(service, spans, looks=False), life_of(service, spans, looks=True)
    for life in (rarely, often):
        life.looks(now + 2000).looks(now + 2000)
    assert rarely.told == often.told
    assert rarely.ticket == often.ticket
    assert len(rarely.told) == len(set(rarely.told))


@law
@given(names, amounts, steps)
def test_a_pause_moves_the_deadline_by_its_working_time(calendar: str, amount: timedelta, spans: Spans) -> None:
    service = book(calendar, amount)
    time = service.time(calendar)
    life, _ = life_of(service, spans, looks=False)
    clock = life.clock("resolution")
    worked = counted(time, spans, runs=True)
    assert clock.used == worked
    if len(spans) % 2 == 0:
        assert clock.phase is ClockPhase.RUNNING
        if worked <= amount and clock.breached_at is None:
            # The deadline lies where the amount and all pauses together have been worked off.
            pauses = counted(time, spans, runs=False)
            whole = time.add(T0, amount + pauses)
            assert clock.due_at is not None
            assert whole is not None
            assert time.between(whole, clock.due_at) == timedelta()
    else:
        assert (clock.phase, clock.due_at) == (ClockPhase.PAUSED, None)


@law
@given(names, amounts, st.lists(st.tuples(minutes, st.just(False)), min_size=2, max_size=4))
def test_pauses_outside_hours_move_nothing_and_joined_pauses_are_one(
    calendar: str, amount: timedelta, spans: Spans
) -> None:
    service = book(calendar, amount)
    time = service.time(calendar)
    life = Miniature(service, category=Category.OPEN)
    begin, end = spans[0][0] / 60, (spans[0][0] + spans[1][0]) / 60
    middle = (begin + end) / 2
    split = Miniature(service, category=Category.OPEN)
    life.goes(begin, Category.SNOOZED).goes(end, Category.OPEN)
    split.goes(begin, Category.SNOOZED).goes(middle, Category.OPEN).goes(middle, Category.SNOOZED)
    split.goes(end, Category.OPEN)
    one, two = life.clock("resolution"), split.clock("resolution")
    assert (one.used, one.due_at, one.breached_at) == (two.used, two.due_at, two.breached_at)
    paused = time.between(T0 + timedelta(hours=begin), T0 + timedelta(hours=end))
    first = Miniature(service, category=Category.OPEN).clock("resolution").due_at
    if not paused and one.breached_at is None and first is not None and one.due_at is not None:
        assert time.between(first, one.due_at) == timedelta()


@law
@given(names, amounts, boundaries, minutes)
def test_breached_and_used_up_agree(calendar: str, amount: timedelta, boundary: str, minute: int) -> None:
    service = book(calendar, amount, (), boundary)
    life = Miniature(service, category=Category.OPEN).looks(minute / 60)
    clock, now = life.clock("resolution"), T0 + timedelta(minutes=minute)
    used = service.time(calendar).between(T0, now)
    is_late = clock.due_at is not None and now > clock.due_at
    assert (clock.breached_at is not None) is is_late
    if used > amount:
        assert is_late
    if is_late:
        assert used >= amount
        if boundary == "snap":
            assert used > amount
    if clock.due_at is not None:
        at_due = Miniature(service, category=Category.OPEN).goes(
            (clock.due_at - T0) / timedelta(hours=1), Category.RESOLVED
        )
        assert at_due.clock("resolution").breached_at is None


@law
@given(names, amounts, marks, steps, st.lists(st.integers(0, 400 * 60), max_size=6))
def test_looking_at_earlier_instants_again_changes_nothing(
    calendar: str, amount: timedelta, warn_at: list[Any], spans: Spans, ticks: list[int]
) -> None:
    service = book(calendar, amount, tuple(warn_at))
    (plain, now), (jumping, _) = life_of(service, spans, looks=False), life_of(service, spans, looks=False)
    for tick in ticks:  # in no order: by a clock that jumps, or by several processes
        jumping.looks(tick / 60)
    last = max([now, *[tick / 60 for tick in ticks]]) + 1
    plain.looks(last)
    jumping.looks(last)
    assert sorted(jumping.told) == sorted(plain.told)
    assert jumping.ticket == plain.ticket


# One go equals event by event

ALL: tuple[dict[str, Any], ...] = (
    {"metric": "first_reply", "within": "2h", "by_bot": True, "by_priority": {"urgent": "30m"}},
    {"metric": "next_reply", "within": "1h", "warn_at": ["15m"]},
    {"metric": "periodic_update", "within": "6h"},
    {"metric": "requester_wait", "within": "20h", "warn_at": [0.5, 0.9]},
    {"metric": "agent_work", "within": "8h"},
    {"metric": "resolution", "within": "16h", "on_reopen": "restart", "by_priority": {"urgent": "4h"}},
    {"metric": "assignment", "within": "1h", "clock": "calendar"},
    {"metric": "step", "within": "3h"},
)
GROUP = {
    "name": "group",
    "scope": "group",
    "targets": [{"metric": "group_ownership", "within": "5h"}, {"metric": "next_reply", "within": "30m"}],
}
BOOK = book_of(*ALL, sla=[GROUP], calendars=[{"name": "office", **CALENDARS["office"]}])

actions = st.sampled_from(
    ("says", "replies", "bot", "open", "wait", "internal", "snooze", "resolve", "close", "urgent", "low", "assign",
     "queue", "step", "end", "promise", "look")
)  # fmt: skip
stories = st.lists(st.tuples(st.integers(0, 300), actions), max_size=14)
_MOVES = {"open": Category.OPEN, "wait": Category.WAITING_CUSTOMER, "internal": Category.WAITING_INTERNAL,
          "snooze": Category.SNOOZED, "resolve": Category.RESOLVED, "close": Category.CLOSED}  # fmt: skip


def told(action: str, life: Miniature, at: datetime) -> ev.Event | None:  # noqa: PLR0911  one arm each
    ticket = life.ticket
    match action:
        case "says":
            return ev.MessageReceived(message="msg_1", occurred_at=at)
        case "replies" | "bot":
            return ev.ReplyQueued(message="msg_1", by_person=action == "replies")
        case "urgent" | "low":
            return ev.TicketFieldSet(name="priority", after=Priority.URGENT if action == "urgent" else Priority.LOW)
        case "assign":
            return ev.TicketAssigned(worker={"kind": "agent", "id": "agt_1", "fence": 1})  # type: ignore[arg-type]
        case "queue":
            return ev.SlaApplied(policy="gold", group="group", at=at, regrouped=True)
        case "step" if ticket.category in LIVE:
            return ev.ClockStarted(metric="step", name="check")  # type: ignore[arg-type]
        case "promise" if ticket.category in LIVE:
            return ev.ClockStarted(metric="promise", until=at + timedelta(hours=3))  # type: ignore[arg-type]
        case "end":
            running = [one for one in ticket.clocks if one.metric in ("step", "promise") and one.is_live]
            return ev.ClockEnded(metric=running[0].metric, cycle=running[0].cycle) if running else None  # type: ignore[arg-type]
        case _ if action in _MOVES and ticket.category is not Category.CLOSED and _MOVES[action] is not ticket.category:
            after = _MOVES[action]
            return ev.StatusChanged(before=ticket.category, after=after, status=after.value)
    return None


def entries_of(story: list[tuple[int, str]], ticks: list[int]) -> tuple[Miniature, list[ev.Entry]]:
    """The story lived event by event, with somebody looking at these minutes too."""
    life = Miniature(BOOK, opened=False)
    opened = ev.TicketOpened(
        id=life.ticket.id, number=1, queue="default", identity="idn_1", account="a", conversation="c"
    )
    first = ev.SlaApplied(policy="gold", group="group", at=T0)
    entries = [entry(T0, opened, ev.MessageReceived(message="msg_1", occurred_at=T0), first)]
    life.says(0).happens(0, first)
    now, waiting = 0, sorted(ticks)
    for wait, action in story:
        now += wait
        while waiting and waiting[0] <= now:
            life.looks(waiting.pop(0) / 60)
        event = told(action, life, T0 + timedelta(minutes=now))
        if event is not None:
            entries.append(entry(T0 + timedelta(minutes=now), event))
            life.happens(now / 60, event)
    return life.looks(now / 60 + 500), entries


def entry(at: datetime, *events: ev.Event) -> ev.Entry:
    return ev.Entry(subject="tkt_1", at=at, actor=Actor.system(), cause="c", epochs=ev.Epochs(), events=events)


@settings(max_examples=many(80), deadline=None)
@given(stories, st.lists(st.integers(0, 3000), max_size=8), st.randoms(use_true_random=False))
def test_replaying_in_one_go_equals_event_by_event(story: list[tuple[int, str]], ticks: list[int], rng: Random) -> None:
    plain, entries = entries_of(story, [])
    shuffled = ticks + ticks[:3]
    rng.shuffle(shuffled)
    ticked, same = entries_of(story, shuffled)
    assert same == entries
    assert ticked.ticket.clocks == plain.ticket.clocks
    assert ticked.told == plain.told
    end = max(entries[-1].at, T0) + timedelta(days=30)
    again = replayed([*entries, entry(end, ev.SkewSeen(behind=timedelta()))], lambda _: BOOK)
    assert again.ticket.clocks == plain.looks((end - T0) / timedelta(hours=1)).ticket.clocks
    assert [(one.kind.removeprefix("sla."), one.clock.metric.value, (one.at - T0) / timedelta(hours=1))
            for one in again.marks] == plain.told  # fmt: skip
