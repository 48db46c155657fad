"""Clocks: what starts, pauses, meets and cancels them, and what is due when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from csdesk.domain.records import events as ev
from csdesk.domain.records.clocks import ClockPhase, Metric, Scope
from csdesk.domain.records.messages import Automatic
from csdesk.domain.records.tickets import Category, Priority
from csdesk.testing.miniature import HOUR, T0, Miniature, book_of

GOLD: tuple[dict[str, Any], ...] = (
    {"metric": "first_reply", "within": "4h", "by_priority": {"urgent": "1h"}, "warn_at": [0.5, 0.75]},
    {"metric": "next_reply", "within": "2h"},
    {"metric": "resolution", "within": "10h", "pause_on": ["waiting_customer", "snoozed"]},
)
BOOK = book_of(*GOLD)


def opened(**values: Any) -> Miniature:
    return Miniature(BOOK, **values)


def one(metric: str, within: str = "10h", **settings: Any) -> Miniature:
    return Miniature(book_of({"metric": metric, "within": within, "warn_at": [], **settings}))


def test_opening_starts_first_reply_and_resolution() -> None:
    life = opened(priority=Priority.URGENT)
    assert [kept.metric for kept in life.ticket.clocks] == [Metric.FIRST_REPLY, Metric.RESOLUTION]
    assert life.due("first_reply") == 1
    assert life.due("resolution") == 10
    assert life.clock("resolution").policy == "gold"
    assert life.clock("resolution").version


def test_a_ticket_without_a_service_level_has_no_clocks() -> None:
    life = Miniature(BOOK, opened=False).says(0).replies(1).says(2).goes(3, Category.RESOLVED)
    assert life.ticket.clocks == ()


def test_a_ticket_born_waiting_starts_paused() -> None:
    life = opened(category=Category.SNOOZED)
    assert life.phase("resolution") is ClockPhase.PAUSED
    assert life.due("resolution") is None
    assert life.phase("first_reply") is ClockPhase.RUNNING


def test_a_person_answers_and_a_machine_does_not() -> None:
    life = opened().replies(1, by_person=False)
    assert life.phase("first_reply") is ClockPhase.RUNNING
    met = life.replies(1).clock("first_reply")
    assert (met.phase, met.met_at, met.used) == (ClockPhase.MET, T0 + HOUR, HOUR)
    assert met.breached_at is None
    assert met.warn_at is None


def test_a_machine_answers_where_the_policy_says_so() -> None:
    life = one("first_reply", by_bot=True).replies(1, by_person=False)
    assert life.phase("first_reply") is ClockPhase.MET


def test_one_of_ours_elsewhere_answers_and_a_machine_elsewhere_asks_nothing() -> None:
    assert opened().says(1, elsewhere=True).phase("first_reply") is ClockPhase.MET
    life = opened().replies(1).says(2, bot=True).says(3, automatic=Automatic.REPLY)
    assert not life.has("next_reply")


def test_met_exactly_at_due_is_met_and_later_is_late() -> None:
    assert opened().replies(4).clock("first_reply").breached_at is None
    late = opened().replies(4.5).clock("first_reply")
    assert (late.phase, late.breached_at) == (ClockPhase.MET, T0 + 4 * HOUR)


def test_next_reply_waits_for_the_first_one_and_has_one_cycle_at_a_time() -> None:
    life = opened().says(1)
    assert not life.has("next_reply")
    life.replies(2).says(3)
    assert life.due("next_reply") == 5
    life.says(4)
    assert life.due("next_reply") == 5
    assert life.replies(4).phase("next_reply") is ClockPhase.MET
    assert life.says(6).due("next_reply", 2) == 8
    assert not life.has("next_reply")  # of ended cycles only the last one stays


def test_without_a_first_reply_target_the_reply_itself_counts() -> None:
    life = one("next_reply", "2h").says(1)
    assert life.ticket.clocks == ()
    assert life.replies(2).says(3).due("next_reply") == 5


def test_solving_meets_what_waits_for_it_and_cancels_the_rest() -> None:
    life = opened().replies(1).says(2).goes(3, Category.RESOLVED)
    assert life.phase("next_reply") is ClockPhase.MET
    assert life.phase("resolution") is ClockPhase.MET
    assert opened().goes(3, Category.RESOLVED).phase("first_reply") is ClockPhase.CANCELLED


def test_closing_answers_a_question_and_cancels_the_rest() -> None:
    life = opened().replies(1).says(2).goes(3, Category.CLOSED)
    assert life.phase("next_reply") is ClockPhase.MET
    assert life.phase("resolution") is ClockPhase.CANCELLED


@pytest.mark.parametrize(
    ("on_reopen", "expected"), [("resume", (1, 22, 8)), ("restart", (2, 30, 0)), ("ignore", (1, None, 8))]
)
def test_what_a_reopened_ticket_does_to_its_resolution(on_reopen: str, expected: tuple[int, int | None, int]) -> None:
    cycle, due, used = expected
    life = one("resolution", on_reopen=on_reopen).goes(8, Category.RESOLVED).goes(20, Category.OPEN)
    clock = life.clock("resolution", cycle)
    assert clock.used == used * HOUR
    assert clock.phase is (ClockPhase.MET if due is None else ClockPhase.RUNNING)
    if due is not None:
        assert life.due("resolution", cycle) == due


def test_a_breach_outlives_the_reopening() -> None:
    life = opened().goes(12, Category.RESOLVED).goes(20, Category.OPEN)
    assert life.clock("resolution").breached_at == T0 + 10 * HOUR
    assert life.looks(99).told.count(("breached", "resolution", 10)) == 1


def test_updates_are_promised_from_reply_to_reply() -> None:
    life = one("periodic_update", "24h")
    assert not life.has("periodic_update")
    life.replies(2)
    assert life.due("periodic_update") == 26
    life.goes(2, Category.WAITING_CUSTOMER)
    assert life.phase("periodic_update") is ClockPhase.PAUSED
    life.goes(12, Category.OPEN)
    assert life.due("periodic_update") == 36
    life.replies(13)
    assert life.due("periodic_update", 2) == 37
    assert life.goes(14, Category.RESOLVED).phase("periodic_update", 2) is ClockPhase.MET


def test_the_customers_wait_and_the_agents_work_differ_by_their_pauses() -> None:
    waits = Miniature(book_of({"metric": "requester_wait", "within": "10h"}, {"metric": "agent_work", "within": "10h"}))
    waits.goes(1, Category.WAITING_INTERNAL).goes(3, Category.WAITING_CUSTOMER).goes(6, Category.OPEN)
    waits.goes(7, Category.RESOLVED)
    assert waits.clock("requester_wait").used == 4 * HOUR
    assert waits.clock("agent_work").used == 2 * HOUR
    waits.goes(9, Category.OPEN)
    assert waits.due("requester_wait") == 15


def test_assignment_is_met_by_the_first_agent() -> None:
    life = one("assignment", "1h").is_given(0.5)
    assert life.phase("assignment") is ClockPhase.MET
    assert life.is_given(5, "agt_2").clock("assignment").met_at == T0 + 0.5 * HOUR


def test_a_clock_may_begin_when_somebody_begins_to_work() -> None:
    life = one("resolution", start="first_active")
    assert not life.has("resolution")
    assert life.goes(3, Category.OPEN).due("resolution") == 13


def test_a_priority_changes_the_amount_and_keeps_what_was_used() -> None:
    life = opened(category=Category.OPEN).is_set(0.5, "priority", Priority.URGENT)
    assert life.due("first_reply") == 1
    life = opened(category=Category.OPEN).is_set(3, "priority", Priority.URGENT)
    assert life.due("first_reply") == 3  # no promise is broken before it is made
    assert life.looks(3).told == [("warned", "first_reply", 2), ("warned", "first_reply", 3)]
    assert ("breached", "first_reply", 3) in life.looks(3.1).told


def test_a_paused_clock_takes_another_priority_too() -> None:
    life = one("resolution", by_priority={"urgent": "5h"}, pause_on=["snoozed"]).goes(1, Category.SNOOZED)
    life.is_set(2, "priority", Priority.URGENT)
    assert life.due("resolution") is None
    assert life.goes(5, Category.OPEN).due("resolution") == 9


def test_due_tells_all_that_was_missed_in_time_order_and_once() -> None:
    life = opened().looks(11)
    assert life.told == [
        ("warned", "first_reply", 2),
        ("warned", "first_reply", 3),
        ("breached", "first_reply", 4),
        ("warned", "resolution", 7.5),
        ("breached", "resolution", 10),
    ]
    assert life.clock("first_reply").breached_at == T0 + 4 * HOUR
    assert life.clock("first_reply").warned_at == T0 + 3 * HOUR
    assert len(life.looks(11).looks(99).told) == 5
    assert life.ticket.wake_at is None


def test_a_warning_is_given_at_its_instant_and_a_breach_after_its_own() -> None:
    assert opened().looks(2).told == [("warned", "first_reply", 2)]
    assert ("breached", "first_reply", 4) not in opened().looks(4).told
    assert ("breached", "first_reply", 4) in opened().looks(4 + 1e-9 * 3600).told


def test_a_warning_may_say_how_much_is_left() -> None:
    life = one("resolution", warn_at=[0.5, "30m", "20h"]).looks(99)
    assert life.told == [("warned", "resolution", 5), ("warned", "resolution", 9.5), ("breached", "resolution", 10)]


def test_the_same_warning_is_not_given_twice_however_the_amount_moves() -> None:
    life = one("resolution", warn_at=[0.5, 0.75], by_priority={"urgent": "4h"})
    life.is_set(0, "priority", Priority.URGENT).looks(2.5)
    life.is_set(2.5, "priority", Priority.LOW).looks(99)
    assert life.told == [("warned", "resolution", 2), ("warned", "resolution", 7.5), ("breached", "resolution", 10)]


def test_amounts_by_level_priority_and_type() -> None:
    book = book_of(
        {
            "metric": "resolution",
            "by_priority": {"urgent": "8h", "*": "24h"},
            "overrides": [
                {"level": "vip", "priority": "urgent", "type": "refund", "within": "1h"},
                {"level": "vip", "within": "4h"},
                {"type": "refund", "within": "12h"},
            ],
        },
        levels=[{"name": "vip"}],
        types=[{"name": "refund"}],
    )

    def due(level: str, **values: Any) -> float | None:
        return Miniature(book, opened=False, **values).applies(0, level=level).due("resolution")

    assert due("vip", priority=Priority.URGENT, type="refund/partial") == 1
    assert due("vip") == 4
    assert due("", type="refund/late") == 12
    assert due("", type="refunds") == 24
    assert due("", priority=Priority.URGENT) == 8


def test_a_policy_of_the_group_runs_beside_the_tickets() -> None:
    group = {
        "name": "desk2",
        "scope": "group",
        "targets": [{"metric": "resolution", "within": "3h"}, {"metric": "group_ownership", "within": "5h"}],
    }
    book = book_of({"metric": "resolution", "within": "10h"}, sla=[group])
    life = Miniature(book, opened=False).says(0).applies(0, group="desk2")
    assert life.due("resolution") == 10
    assert life.clock("resolution", scope=Scope.GROUP).due_at == T0 + 3 * HOUR
    life.applies(2, group="desk2", regrouped=True)
    ownership = life.clock("group_ownership", 2, Scope.GROUP)
    assert ownership.due_at == T0 + 7 * HOUR
    assert life.clock("resolution", 2, Scope.GROUP).due_at == T0 + 5 * HOUR
    assert life.due("resolution") == 10
    life.goes(4, Category.RESOLVED)
    assert life.clock("group_ownership", 2, Scope.GROUP).phase is ClockPhase.MET


def test_another_policy_keeps_what_was_used_and_drops_what_it_does_not_promise() -> None:
    silver = {"name": "silver", "targets": [{"metric": "resolution", "within": "6h"}]}
    life = Miniature(book_of(*GOLD, sla=[silver])).applies(2, "silver")
    assert life.phase("first_reply") is ClockPhase.CANCELLED
    assert life.due("resolution") == 6
    assert life.clock("resolution").used == 2 * HOUR
    again = {"name": "again", "targets": [{"metric": "resolution", "within": "6h", "start": "policy_applied"}]}
    assert Miniature(book_of(*GOLD, sla=[again])).applies(2, "again").due("resolution") == 8
    assert Miniature(BOOK).applies(2, None).phase("resolution") is ClockPhase.CANCELLED


def test_a_clock_may_begin_anew_with_each_group() -> None:
    life = one("resolution", start="group_assigned").is_set(3, "queue", "tech")
    assert life.due("resolution") == 13


def test_amounts_that_no_calendar_ever_works_off_are_never_due() -> None:
    book = book_of(
        {"metric": "resolution", "within": "2h"},
        calendars=[{"name": "fair", "dates": {"2026-03-02": [["09:00", "10:00"]]}}],
    )
    life = Miniature(book).looks(99_999)
    assert (life.phase("resolution"), life.due("resolution"), life.told) == (ClockPhase.RUNNING, None, [])


def test_a_promise_of_a_person_is_due_at_its_instant() -> None:
    life = opened()
    life.happens(1, ev.ClockStarted(metric=Metric.PROMISE, name="call_back", until=T0 + 5 * HOUR, warn_on=(HOUR,)))
    life.happens(2, ev.ClockStarted(metric=Metric.PROMISE, name="refund", within=timedelta(hours=1)))
    assert (life.due("promise"), life.due("promise", 2)) == (5, 3)
    life.happens(2.5, ev.ClockEnded(metric=Metric.PROMISE, cycle=2))
    assert life.goes(3, Category.RESOLVED).phase("promise", 2) is ClockPhase.MET
    told = [one for one in life.looks(9).told if one[1] == "promise"]
    assert told == [("warned", "promise", 4), ("breached", "promise", 5)]
