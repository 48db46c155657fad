"""Where desks disagree: each case with the public issue that taught it, and what csdesk does."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from csdesk import CalendarError, NoWorkingTime, WorkingCalendar
from csdesk.domain.records import events as ev
from csdesk.domain.records.clocks import ClockPhase
from csdesk.domain.records.messages import Automatic
from csdesk.domain.records.tickets import Category, Priority
from csdesk.domain.sla.life import readopted
from csdesk.testing.miniature import HOUR, T0, Miniature, book_of

DAY = (("09:00", "17:00"),)
SPLIT = (("09:00", "12:00"), ("13:00", "18:00"))
WEEK = ("mon", "tue", "wed", "thu", "fri")
OFFICE = {"name": "office", "weekly": dict.fromkeys(WEEK, DAY)}
FRIDAY = 4 * 24  # hours from T0, a Monday 09:00 in Shanghai, to Friday 09:00


def desk(*targets: dict[str, Any], calendar: dict[str, Any] = OFFICE, **settings: Any) -> Miniature:
    return Miniature(book_of(*targets, calendars=[calendar], **settings), opened=False)


def resolution(within: str, **values: Any) -> dict[str, Any]:
    return {"metric": "resolution", "within": within, "warn_at": [], **values}


@pytest.mark.parametrize(("boundary", "due"), [("nearest", 8), ("snap", 24)])
def test_an_amount_that_uses_up_the_day(boundary: str, due: int) -> None:
    """Most desks say the close, zendesk/biz and zammad the next opening (zammad's own fixture moved by 15 hours)."""
    life = desk(resolution("1h"), policy_boundary=boundary).says(7).applies(7)
    assert life.due("resolution") == due
    if boundary == "nearest":
        assert ("breached", "resolution", 8) in life.looks(9).told
    else:
        assert life.looks(23.9).told == []


def test_the_boundary_holds_after_a_pause_and_for_another_amount() -> None:
    paused = resolution("7h", pause_on=["waiting_customer"], by_priority={"urgent": "4h"})
    life = desk(paused, policy_boundary="snap").says(0).applies(0)
    life.goes(2, Category.WAITING_CUSTOMER).goes(3, Category.OPEN)
    assert life.due("resolution") == 24
    assert life.is_set(6, "priority", Priority.URGENT).due("resolution") == 6


def test_a_pause_across_a_weekend_costs_nothing() -> None:
    """frappe/helpdesk PR 2449, erpnext 47884: a hold in wall time pushed the date too far."""
    life = desk(resolution("4h", pause_on=["waiting_customer"])).says(FRIDAY + 6).applies(FRIDAY + 6)
    assert life.due("resolution") == 7 * 24 + 2  # Monday 11:00
    life.goes(FRIDAY + 8, Category.WAITING_CUSTOMER).goes(7 * 24, Category.OPEN)
    assert life.due("resolution") == 7 * 24 + 2
    longer = desk(resolution("4h", pause_on=["waiting_customer"])).says(FRIDAY + 6).applies(FRIDAY + 6)
    longer.goes(FRIDAY + 7, Category.WAITING_CUSTOMER).goes(7 * 24 + 1, Category.OPEN)
    assert longer.due("resolution") == 7 * 24 + 4  # an hour on Friday and one on Monday later


def test_from_a_pause_straight_to_the_solution_counts_no_pause() -> None:
    """frappe/helpdesk PR 3776: the last hold was dropped when a paused ticket was resolved."""
    life = desk(resolution("4h", pause_on=["waiting_customer"])).says(0).applies(0)
    life.goes(2, Category.WAITING_CUSTOMER).goes(7, Category.RESOLVED)
    clock = life.clock("resolution")
    assert (clock.phase, clock.used, clock.breached_at) == (ClockPhase.MET, 2 * HOUR, None)
    assert life.looks(99).told == [], "paused at the old due instant, so nothing was due then"


def test_shown_as_paused_is_paused() -> None:
    """frappe/helpdesk 1554, 1675: the ticket said "paused" while its clock ran on."""
    life = desk(resolution("4h", pause_on=["waiting_customer"])).says(0).applies(0).goes(1, Category.WAITING_CUSTOMER)
    assert (life.due("resolution"), life.ticket.wake_at) == (None, None)
    assert life.looks(99).clock("resolution").used == HOUR


def test_another_policy_while_pending_forgets_no_pause() -> None:
    """glpi 6902, 15605: the waiting time was lost and the ticket breached at once."""
    silver = {"name": "silver", "targets": [resolution("6h", pause_on=["waiting_customer"])]}
    life = desk(resolution("8h", pause_on=["waiting_customer"]), sla=[silver]).says(0).applies(0)
    life.goes(2, Category.WAITING_CUSTOMER).applies(30, "silver")
    clock = life.clock("resolution")
    assert (clock.phase, clock.used, clock.amount, clock.breached_at) == (ClockPhase.PAUSED, 2 * HOUR, 6 * HOUR, None)
    assert life.goes(48, Category.OPEN).due("resolution") == 52


def test_a_shorter_target_begins_with_the_group_where_the_policy_says_so() -> None:
    """glpi 1911: moved to a team with a shorter target, already overdue."""
    tech = {"name": "tech", "targets": [resolution("1h", start="policy_applied")]}
    life = desk(resolution("40h"), sla=[tech]).says(0).applies(0).applies(5, "tech")
    assert life.due("resolution") == 6


def test_a_priority_keeps_what_was_used_and_breaks_no_promise_before_it_is_made() -> None:
    """glpi 1911: under a shorter target the ticket was overdue at once. Here it is due when the promise is made."""
    life = desk(resolution("8h", by_priority={"urgent": "1h"})).says(0).applies(0)
    life.is_set(5, "priority", Priority.URGENT)
    assert (life.clock("resolution").used, life.due("resolution")) == (5 * HOUR, 5)
    assert life.looks(5).told == []


def test_a_reopened_ticket_is_counted_right() -> None:
    """zammad 188, 2082; znuny PR 369: reset on reopen is the policy's choice."""
    resumed = desk(resolution("8h")).says(0).applies(0).goes(3, Category.RESOLVED).goes(24, Category.OPEN)
    assert resumed.due("resolution") == 29
    reset = desk(resolution("8h", on_reopen="restart")).says(0).applies(0)
    assert reset.goes(3, Category.RESOLVED).goes(24, Category.OPEN).due("resolution", 2) == 32


def test_solved_with_the_customers_last_word() -> None:
    """chatwoot 10178: the clock went on after resolving when the customer wrote "thanks!" last."""
    life = desk({"metric": "next_reply", "within": "1h"}).says(0).applies(0).replies(1).says(2)
    assert life.goes(2.5, Category.RESOLVED).phase("next_reply") is ClockPhase.MET
    life.says(3)
    assert not life.has("next_reply", 2)
    assert life.looks(99).told == []


def test_the_agent_who_answered_last_owes_nothing() -> None:
    """zammad 3140: the update target escalated although the agent had answered last."""
    life = desk({"metric": "next_reply", "within": "1h"}).says(0).applies(0).replies(1)
    assert life.looks(99).told == []


def test_no_update_is_owed_before_the_first_reply() -> None:
    """zammad 5177: an update target shorter than the first reply's overruled it."""
    targets = (
        {"metric": "first_reply", "within": "4h", "by_bot": False},
        {"metric": "periodic_update", "within": "1h"},
    )
    life = desk(*targets).says(0).applies(0).replies(0.5, by_person=False).says(0.6)
    assert [clock.metric for clock in life.ticket.clocks] == ["first_reply"]


def test_the_channel_does_not_decide_what_a_contact_is() -> None:
    """zammad 1322: a reply as a portal note did not count. Here the author decides; a machine's notice is nobody's."""
    life = desk({"metric": "next_reply", "within": "1h"}).says(0).applies(0).replies(1)
    life.says(2, automatic=Automatic.REPLY)
    assert not life.has("next_reply")
    assert life.says(3).has("next_reply")


def test_closing_computes_first_and_disables_after() -> None:
    """zammad 2579, 4777: closing skipped its own statistics."""
    life = desk(resolution("2h")).says(0).applies(0).goes(5, Category.RESOLVED)
    clock = life.clock("resolution")
    assert (clock.met_at, clock.breached_at, clock.used) == (T0 + 5 * HOUR, T0 + 2 * HOUR, 5 * HOUR)
    assert life.told == [("breached", "resolution", 2)]


def test_a_merged_ticket_escalates_no_more() -> None:
    """zammad 4353, 4359, 904."""
    life = desk(resolution("2h")).says(0).applies(0).happens(1, ev.TicketMerged(into="tkt_2"))  # type: ignore[arg-type]
    assert (life.phase("resolution"), life.ticket.wake_at, life.looks(99).told) == (ClockPhase.CANCELLED, None, [])


def test_a_calendar_edit_moves_a_clock_when_somebody_says_so() -> None:
    """zammad 534: an edit did not recompute. Here a promise stays until it is reassessed, then it moves."""
    before = desk(resolution("10h")).says(0).applies(0)
    tuesday = (T0 + timedelta(days=1)).date().isoformat()
    edited = book_of(resolution("10h"), calendars=[{**OFFICE, "holidays": [tuesday]}])
    before.book = edited
    assert before.due("resolution") == 26
    (moved,) = readopted(edited, before.ticket, T0 + 2 * HOUR)
    assert (moved.due_at, moved.used) == (T0 + 50 * HOUR, 2 * HOUR)


def test_no_warning_at_midnight_or_on_a_sunday() -> None:
    """zammad 4432: reminders came at midnight and on weekends although service hours were set."""
    life = desk(resolution("10h", warn_at=[0.5, "1h"])).says(FRIDAY + 7).applies(FRIDAY + 7)
    life.looks(FRIDAY + 200)
    assert [told[2] for told in life.told] == [7 * 24 + 4, 7 * 24 + 8, 8 * 24 + 1]


def test_a_lunch_break_is_a_break() -> None:
    """chatwoot 14009, frappe/helpdesk 2212, osTicket 6847: one span a day gives false breaches."""
    life = desk(resolution("4h"), calendar={"name": "office", "weekly": dict.fromkeys(WEEK, SPLIT)})
    assert life.says(1).applies(1).due("resolution") == 6


def test_met_exactly_when_due_is_met() -> None:
    """libredesk leaves it open: neither met nor breached."""
    life = desk(resolution("2h")).says(0).applies(0).goes(2, Category.RESOLVED)
    assert (life.phase("resolution"), life.clock("resolution").breached_at) == (ClockPhase.MET, None)


def test_seconds_count() -> None:
    """libredesk drops each day's odd seconds, zammad cuts pauses to the minute."""
    life = desk(resolution("8h", pause_on=["waiting_customer"])).says(1 / 3600).applies(1 / 3600)
    life.goes(1 + 1 / 3600, Category.WAITING_CUSTOMER).goes(1 + 8 / 3600, Category.OPEN)
    assert life.clock("resolution").due_at == T0 + timedelta(hours=24, seconds=8)


def test_the_first_crossing_is_the_breach() -> None:
    """dbt_zendesk 142: the breach time was the last crossing, not the first."""
    life = desk(resolution("2h", by_priority={"low": "8h"})).says(0).applies(0)
    life.is_set(3, "priority", Priority.LOW).looks(99)
    assert life.clock("resolution").breached_at == T0 + 2 * HOUR
    assert [told for told in life.told if told[0] == "breached"] == [("breached", "resolution", 2)]


def test_a_calendar_without_hours_is_refused_and_one_that_ended_is_no_loop() -> None:
    """zammad 2497; biz 31, 130: an endless loop in a worker."""
    with pytest.raises(CalendarError, match="weekly"):
        WorkingCalendar(weekly={})
    over = WorkingCalendar(dates={date(2026, 3, 2): DAY})
    with pytest.raises(NoWorkingTime):
        over.add(T0 + timedelta(days=2), HOUR)


def test_time_between_is_signed_and_needs_no_holiday_ahead() -> None:
    """businesstimedelta 8, 9, 10, 12: an endless loop past the last holiday, and a difference without its sign."""
    calendar = WorkingCalendar(weekly=dict.fromkeys(WEEK, DAY), holidays=[date(2026, 3, 3)])
    later = T0 + timedelta(days=9 * 365)
    assert calendar.between(later, T0) == -calendar.between(T0, later) < timedelta()
    assert calendar.add(later, 8 * HOUR) > later


def test_what_is_promised_in_working_time_is_counted_in_it() -> None:
    """chatwoot 13392: "business hours only" was stored, and clocks ran by the wall all the same."""
    life = desk(resolution("2h")).says(FRIDAY + 7).applies(FRIDAY + 7)
    assert life.looks(FRIDAY + 60).told == []
    assert life.due("resolution") == 7 * 24 + 1


def test_a_schedule_follows_the_clock_change() -> None:
    """dbt_zendesk 25: schedules in UTC with today's offset put all history off by an hour."""
    new_york = WorkingCalendar(zone="America/New_York", weekly={"fri": DAY, "mon": DAY})
    friday = datetime.fromisoformat("2026-03-06T16:00-05:00")
    assert new_york.add(friday, 2 * HOUR) == datetime.fromisoformat("2026-03-09T10:00-04:00")


def test_holidays_are_observed_and_told() -> None:
    """dbt_zendesk 92; zammad 390: users need to know why a due date is days off."""
    calendar = WorkingCalendar(weekly={"mon": DAY, "tue": DAY, "wed": DAY}, holidays=[date(2026, 3, 3)])
    told = calendar.explain(T0 + 7 * HOUR, 2 * HOUR)
    assert told.due == T0 + 49 * HOUR
    assert [(skip.on, skip.code) for skip in told.skipped] == [(date(2026, 3, 3), "holiday")]


def test_an_escalation_is_told_once_however_often_somebody_looks() -> None:
    """glpi 1996, 2408: the mail came again with every tick, for ever."""
    life = desk(resolution("2h", escalate=[{"after": "0s", "tell": ["lead"]}])).says(0).applies(0)
    for hour in (1, 2.5, 2.5, 3, 40):
        life.looks(hour)
    assert [told[0] for told in life.told] == ["breached", "escalated"]
