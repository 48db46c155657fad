"""Clocks: what starts, pauses, meets and cancels them, and what is due when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from csdesk.domain.core.evolve import evolve
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.clocks import Clock, ClockPhase, Metric, with_clocks
from csdesk.domain.records.tickets import Category, Owner, OwnerKind, Priority, Ticket
from csdesk.domain.sla import clocks as sla
from csdesk.domain.sla.targets import TargetPolicy, TargetSet

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICY = TargetSet(
    name="gold",
    targets=(
        TargetPolicy(metric="first_reply", within="4h", by_priority={"urgent": "1h"}, warn_at=(0.5, 0.75)),
        TargetPolicy(metric="next_reply", within="2h"),
        TargetPolicy(metric="resolution", within="10h", pause_on=["waiting_customer", "snoozed"]),
    ),
)


def ticket(**values: Any) -> Ticket:
    return Ticket(
        id="tkt_1",
        number=1,
        queue="default",
        identity="idn_1",
        account="a",
        conversation="c",
        owner=Owner(kind=OwnerKind.QUEUE, id="default"),
        created_at=T0,
        updated_at=T0,
        **values,
    )


def after(hours: float) -> datetime:
    return T0 + hours * HOUR


def folded(one: Ticket, changed: tuple[Clock, ...]) -> Ticket:
    return replaced(one, clocks=with_clocks(one.clocks, changed))


def opened(policy: TargetSet | None = POLICY, **values: Any) -> Ticket:
    one = ticket(**values)
    return folded(one, sla.opened(policy, one, T0))


def moved(one: Ticket, to: Category, at: datetime) -> Ticket:
    changed = sla.status_changed(POLICY, one, one.category, to, at)
    return replaced(folded(one, changed), category=to)


def answered(one: Ticket, at: datetime) -> Ticket:
    return replaced(folded(one, sla.answered(one, at, by_person=True)), replied_at=at)


def clock(one: Ticket, metric: str, cycle: int = 1) -> Clock:
    return next(kept for kept in one.clocks if kept.key == (metric, cycle))


def looked(one: Ticket, at: datetime) -> tuple[Ticket, list[tuple[str, str, datetime]]]:
    events = sla.due(POLICY, one, at)
    told = [(event.kind, event.clock.metric.value, event.at) for event in events]
    for event in events:
        one = evolve(one, event, at)  # type: ignore[assignment]  # a ticket's event keeps it a ticket
    return one, told


def test_opening_starts_first_reply_and_resolution() -> None:
    one = opened(priority=Priority.URGENT)
    assert [kept.metric for kept in one.clocks] == [Metric.FIRST_REPLY, Metric.RESOLUTION]
    assert clock(one, "first_reply").due_at == after(1)
    assert clock(one, "resolution").due_at == after(10)
    assert clock(one, "resolution").policy == "gold"
    assert sla.opened(None, ticket(), T0) == ()


def test_a_ticket_born_waiting_starts_paused() -> None:
    one = opened(category=Category.SNOOZED)
    assert clock(one, "resolution").phase is ClockPhase.PAUSED
    assert clock(one, "resolution").due_at is None
    assert clock(one, "first_reply").phase is ClockPhase.RUNNING


def test_a_person_answers_and_a_machine_does_not() -> None:
    one = opened()
    assert sla.answered(one, after(1), by_person=False) == ()
    (met,) = sla.answered(one, after(1), by_person=True)
    assert (met.metric, met.phase, met.met_at, met.used) == (Metric.FIRST_REPLY, ClockPhase.MET, after(1), HOUR)
    assert met.breached_at is None
    assert met.warn_at is None


def test_met_exactly_at_due_is_met_and_later_is_late() -> None:
    assert clock(answered(opened(), after(4)), "first_reply").breached_at is None
    late = clock(answered(opened(), after(4.5)), "first_reply")
    assert (late.phase, late.breached_at) == (ClockPhase.MET, after(4))


def test_next_reply_waits_for_the_first_one_and_has_one_cycle_at_a_time() -> None:
    one = opened()
    assert sla.customer_wrote(POLICY, one, after(1)) == ()
    one = answered(one, after(2))
    one = folded(one, sla.customer_wrote(POLICY, one, after(3)))
    assert clock(one, "next_reply").due_at == after(5)
    assert sla.customer_wrote(POLICY, one, after(4)) == ()
    one = answered(one, after(4))
    assert clock(one, "next_reply").phase is ClockPhase.MET
    one = folded(one, sla.customer_wrote(POLICY, one, after(6)))
    assert clock(one, "next_reply", 2).due_at == after(8)
    assert sla.customer_wrote(None, answered(one, after(7)), after(8)) == ()


def test_a_pause_counts_nothing() -> None:
    one = moved(opened(), Category.WAITING_CUSTOMER, after(2))
    assert clock(one, "resolution").phase is ClockPhase.PAUSED
    assert clock(one, "resolution").used == 2 * HOUR
    assert clock(one, "first_reply").phase is ClockPhase.RUNNING
    assert sla.status_changed(POLICY, one, Category.WAITING_CUSTOMER, Category.SNOOZED, after(3)) == ()
    one = moved(one, Category.OPEN, after(5))
    assert clock(one, "resolution").due_at == after(13)
    assert clock(one, "resolution").warn_at == after(10.5)


def test_solving_meets_resolution_and_next_reply_and_gives_up_the_first_reply() -> None:
    one = moved(opened(), Category.RESOLVED, after(3))
    assert clock(one, "resolution").met_at == after(3)
    assert clock(one, "first_reply").phase is ClockPhase.CANCELLED
    one = answered(opened(), after(1))
    one = folded(one, sla.customer_wrote(POLICY, one, after(2)))
    one = moved(one, Category.RESOLVED, after(3))
    assert clock(one, "next_reply").phase is ClockPhase.MET
    assert sla.customer_wrote(POLICY, one, after(4)) == ()


def test_solving_out_of_a_pause_counts_no_pause() -> None:
    one = moved(moved(opened(), Category.SNOOZED, after(2)), Category.RESOLVED, after(50))
    assert clock(one, "resolution").used == 2 * HOUR
    assert clock(one, "resolution").breached_at is None


@pytest.mark.parametrize("end", [Category.CLOSED, Category.MERGED])
def test_closing_and_merging_cancel(end: Category) -> None:
    one = moved(opened(), end, after(3))
    assert {kept.phase for kept in one.clocks} == {ClockPhase.CANCELLED}
    assert {kept.met_at for kept in one.clocks} == {None}
    assert sla.due(POLICY, one, after(99)) == ()


def test_reopening_resumes_resolution_where_it_stood() -> None:
    one = moved(moved(opened(), Category.RESOLVED, after(4)), Category.OPEN, after(20))
    resumed = clock(one, "resolution")
    assert (resumed.phase, resumed.due_at, resumed.met_at) == (ClockPhase.RUNNING, after(26), None)
    assert clock(one, "first_reply").phase is ClockPhase.CANCELLED
    one = folded(one, sla.customer_wrote(POLICY, one, after(21)))
    assert clock(one, "next_reply").phase is ClockPhase.RUNNING


def test_a_breach_stays_after_reopening_and_is_not_told_twice() -> None:
    one, _ = looked(opened(), after(11))
    one = moved(moved(one, Category.RESOLVED, after(12)), Category.OPEN, after(20))
    assert clock(one, "resolution").breached_at == after(10)
    assert looked(one, after(40))[1] == []


def test_another_priority_swaps_the_amount_and_keeps_what_was_used() -> None:
    one = replaced(opened(), priority=Priority.URGENT)
    (first,) = sla.reprioritised(POLICY, one, after(0.5))
    assert (first.due_at, first.amount, first.used) == (after(1), HOUR, HOUR / 2)
    (late,) = sla.reprioritised(POLICY, one, after(3))
    assert (late.due_at, late.breached_at) == (after(3), None)
    assert sla.reprioritised(POLICY, opened(), after(1)) == ()
    assert sla.reprioritised(None, one, after(1)) == ()


def test_another_priority_during_a_pause_counts_when_the_clock_runs_again() -> None:
    policy = TargetSet(
        name="p",
        targets=(TargetPolicy(metric="resolution", within="10h", by_priority={"urgent": "3h"}, pause_on=["snoozed"]),),
    )
    one = folded(ticket(), sla.opened(policy, ticket(), T0))
    one = folded(one, sla.status_changed(policy, one, Category.NEW, Category.SNOOZED, after(1)))
    one = replaced(one, priority=Priority.URGENT, category=Category.SNOOZED)
    one = folded(one, sla.reprioritised(policy, one, after(2)))
    assert clock(one, "resolution").due_at is None
    one = folded(one, sla.status_changed(policy, one, Category.SNOOZED, Category.OPEN, after(5)))
    assert clock(one, "resolution").due_at == after(7)


def test_due_tells_all_that_was_missed_in_time_order_and_once() -> None:
    one, told = looked(opened(), after(11))
    assert told == [
        ("sla.warned", "first_reply", after(2)),
        ("sla.warned", "first_reply", after(3)),
        ("sla.breached", "first_reply", after(4)),
        ("sla.warned", "resolution", after(7.5)),
        ("sla.breached", "resolution", after(10)),
    ]
    assert clock(one, "first_reply").breached_at == after(4)
    assert clock(one, "first_reply").warned_at == after(3)
    assert looked(one, after(11))[1] == []
    assert looked(one, after(99))[1] == []
    assert one.wake_at is None


def test_a_warning_is_given_at_its_instant_and_a_breach_after_its_own() -> None:
    assert looked(opened(), after(2))[1] == [("sla.warned", "first_reply", after(2))]
    assert not any(kind == "sla.breached" for kind, _, _ in looked(opened(), after(4))[1])
    tick = timedelta(microseconds=1)
    assert ("sla.breached", "first_reply", after(4)) in looked(opened(), after(4) + tick)[1]


def test_working_time_slots_in() -> None:
    class HalfSpeed:
        def add(self, start: datetime, amount: timedelta) -> datetime:
            return start + 2 * amount

        def between(self, start: datetime, end: datetime) -> timedelta:
            return (end - start) / 2

    one = folded(ticket(), sla.opened(POLICY, ticket(), T0, time=HalfSpeed()))
    assert clock(one, "resolution").due_at == after(20)
    assert clock(one, "resolution").warn_at == after(15)
    changed = sla.status_changed(POLICY, one, Category.NEW, Category.SNOOZED, after(4), time=HalfSpeed())
    assert changed[0].used == 2 * HOUR


def test_events_are_the_records_own() -> None:
    event = sla.due(POLICY, opened(), after(2))[0]
    assert isinstance(event, ev.ClockWarned)
