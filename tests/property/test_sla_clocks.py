"""Clocks: pauses move deadlines by their length, looking more often changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from csdesk.domain.records._model import replaced
from csdesk.domain.records.clocks import Clock, ClockPhase, with_clocks
from csdesk.domain.records.events import ClockBreached, ClockWarned
from csdesk.domain.records.tickets import Category, Owner, OwnerKind, Ticket
from csdesk.domain.sla import clocks as sla
from csdesk.domain.sla.targets import TargetPolicy, TargetSet

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
spans = st.integers(0, 5 * 3600).map(lambda seconds: timedelta(seconds=seconds))
amounts = st.integers(60, 40 * 3600).map(lambda seconds: timedelta(seconds=seconds))
fractions = st.lists(st.sampled_from((0.1, 0.25, 0.5, 0.75, 0.9)), max_size=4, unique=True)
Told = list[tuple[str, datetime]]


def _ticket() -> Ticket:
    return Ticket(
        id="tkt_1",
        number=1,
        queue="default",
        identity="idn_1",
        account="a",
        conversation="c",
        owner=Owner(kind=OwnerKind.QUEUE, id="default"),
        category=Category.OPEN,
        created_at=T0,
        updated_at=T0,
    )


def _policy(amount: timedelta, warn_at: list[float]) -> TargetSet:
    target = TargetPolicy(metric="resolution", within=amount, warn_at=tuple(warn_at), pause_on=(Category.SNOOZED,))
    return TargetSet(name="p", targets=(target,))


def _folded(ticket: Ticket, clocks: tuple[Clock, ...]) -> Ticket:
    return replaced(ticket, clocks=with_clocks(ticket.clocks, clocks))


def _look(policy: TargetSet, ticket: Ticket, now: datetime, told: Told) -> Ticket:
    for event in sla.due(policy, ticket, now):
        assert isinstance(event, ClockWarned | ClockBreached)
        told.append((event.kind, event.at))
        ticket = _folded(ticket, (event.clock,))
    assert sla.due(policy, ticket, now) == ()
    return ticket


def _life(policy: TargetSet, steps: list[tuple[timedelta, bool]], *, often: bool) -> tuple[Ticket, Told]:
    """A ticket that alternates between open and snoozed; ``often`` looks between the changes too."""
    told: Told = []
    ticket = _folded(_ticket(), sla.opened(policy, _ticket(), T0))
    now = T0
    for span, looks in steps:
        if often and looks:
            ticket = _look(policy, ticket, now + span / 2, told)
        now += span
        ticket = _look(policy, ticket, now, told)
        after = Category.OPEN if ticket.category is Category.SNOOZED else Category.SNOOZED
        changed = sla.status_changed(policy, ticket, ticket.category, after, now)
        ticket = replaced(_folded(ticket, changed), category=after)
    return _look(policy, ticket, now + timedelta(days=30), told), told


steps = st.lists(st.tuples(spans, st.booleans()), max_size=7)


@settings(max_examples=100, deadline=None)
@given(amount=amounts, warn_at=fractions, life=steps)
def test_looking_more_often_changes_no_event(
    amount: timedelta, warn_at: list[float], life: list[tuple[timedelta, bool]]
) -> None:
    policy = _policy(amount, warn_at)
    rarely, often = _life(policy, life, often=False), _life(policy, life, often=True)
    assert rarely == often
    assert len(rarely[1]) == len(set(rarely[1]))
    assert rarely[1] == sorted(rarely[1], key=lambda told: told[1])


@settings(max_examples=100, deadline=None)
@given(amount=amounts, life=steps)
def test_pauses_move_the_deadline_by_their_length(amount: timedelta, life: list[tuple[timedelta, bool]]) -> None:
    worked = sum((span for span, _ in life[::2]), timedelta())
    paused = sum((span for span, _ in life[1::2]), timedelta())
    ticket, _ = _life(_policy(amount, []), life, often=False)
    (clock,) = ticket.clocks
    runs = len(life) % 2 == 0
    assert clock.phase is (ClockPhase.RUNNING if runs else ClockPhase.PAUSED)
    assert clock.used == worked
    if runs and worked <= amount:
        assert clock.due_at == T0 + amount + paused
    if not runs:
        assert clock.due_at is None
        assert (clock.breached_at is not None) is (worked > amount)


@settings(max_examples=50, deadline=None)
@given(amount=amounts, warn_at=fractions)
def test_solved_exactly_when_due_is_not_late(amount: timedelta, warn_at: list[float]) -> None:
    policy = _policy(amount, warn_at)
    ticket = _folded(_ticket(), sla.opened(policy, _ticket(), T0))
    told: Told = []
    ticket = _look(policy, ticket, T0 + amount, told)
    (clock,) = sla.status_changed(policy, ticket, Category.OPEN, Category.RESOLVED, T0 + amount)
    assert (clock.phase, clock.breached_at) == (ClockPhase.MET, None)
    assert {kind for kind, _ in told} <= {"sla.warned"}
    assert len(told) == len(warn_at)
