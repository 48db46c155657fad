"""Service levels of a whole desk: calendars, holidays saved meanwhile, promises, accounts, reassessment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.integration.desk.conftest import entries, events_of

from csdesk import Actor, DeskConfig, IllegalTransition, InvalidInput, NotFound, Priority
from csdesk.domain.core.casework.replaying import replayed
from csdesk.domain.records import events as ev
from csdesk.domain.records.clocks import ClockPhase
from csdesk.domain.records.trace import Trace
from csdesk.ports.store import Query

MEI = Actor.agent("agt_1")
HOUR = timedelta(hours=1)
HOURS = (("09:00", "12:00"), ("13:00", "18:00"))
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), HOURS)
OFFICE: dict[str, Any] = {"name": "office", "weekly": WEEK, "observes": "CN"}
HOLIDAYS: dict[str, Any] = {
    "name": "CN",
    "years": [{"year": 2026, "closed": ["2026-01-01"], "working": ["2026-01-04"]}],
}


def config(*targets: dict[str, Any], **settings: Any) -> DeskConfig:
    level = {"name": "gold", "targets": targets or ({"metric": "resolution", "within": "10h"},)}
    given = {"calendars": [OFFICE], "holidays": [HOLIDAYS], "sla": [level], **settings}
    return DeskConfig.model_validate(given)


def beijing(day: int, hour: float) -> datetime:
    return datetime(2026, 1, day, tzinfo=UTC) + timedelta(hours=hour - 8)


def clock_of(desk, ticket: str, metric: str = "resolution"):
    return next(one for one in desk.tickets.get(ticket).clocks if one.metric == metric)


def codes(trace: Trace) -> list[str]:
    return [one.code for one in trace.verdicts]


def test_clocks_count_the_working_time_of_the_calendar(world) -> None:
    world.clock.set(beijing(9, 17))  # a Friday
    desk = world.open(config())
    ticket = desk.receive(world.said()).ticket.id
    assert clock_of(desk, ticket).due_at == beijing(13, 10)
    assert clock_of(desk, ticket).warn_at == beijing(12, 16.5)
    world.clock.set(beijing(13, 10) + timedelta(seconds=1))
    assert desk.run_due().tickets == 1
    assert clock_of(desk, ticket).breached_at == beijing(13, 10)


def test_a_list_begins_with_what_is_late_or_due_first(world) -> None:
    """Page by page; a kept promise presses no more, and what nothing presses stands at the end."""
    promises = [{"metric": "first_reply", "within": "1h"}, {"metric": "resolution", "within": "2d"}]
    desk = world.open(DeskConfig.model_validate({"sla": [{"name": "std", "targets": promises}]}))
    numbers = {}
    for name in ("answered", "late", "next", "done"):
        numbers[name] = desk.receive(world.said(by=name)).ticket
        world.later(minutes=29, seconds=0.25)
    desk.reply(numbers["answered"].id, "on its way", actor=MEI)
    desk.tickets.set_status(numbers["done"].id, "resolved", actor=MEI)
    found, cursor = [], None
    while cursor is not None or not found:
        page = desk.tickets.list(order="due_at", descending=False, limit=1, cursor=cursor)
        found += page.items
        cursor = page.cursor
    assert [one.id for one in found] == [numbers[name].id for name in ("late", "next", "answered", "done")]
    assert [one.due_at for one in found] == [*sorted(one.due_at for one in found[:3]), None]
    assert found[0].due_at < world.clock.now() < found[1].due_at


def test_a_saved_holiday_year_counts_in_every_process(world) -> None:
    world.clock.set(beijing(9, 17))
    one, two = world.open(config()), world.open()
    first = one.receive(world.said()).ticket.id
    two.calendars.save("CN", 2026, closed=[date(2026, 1, 12)], actor=MEI)
    assert not one.calendars.get().is_open(beijing(12, 10))
    second = one.receive(world.said(by="wang")).ticket.id
    assert clock_of(one, first).due_at == beijing(13, 10)  # the promise that runs keeps its instant
    assert clock_of(one, second).due_at == beijing(14, 10)
    moved = one.sla.reassess(first, actor=MEI)
    assert next(one for one in moved.clocks).due_at == beijing(14, 10)
    assert [place.place for place in two.calendars.list().items] == ["CN"]


def test_a_year_that_is_saved_again_takes_the_place_of_what_was_saved(world) -> None:
    desk = world.open(config())
    off, on, later = (date(2026, 2, day) for day in (17, 14, 16))
    desk.calendars.save("CN", 2027, closed=[date(2027, 1, 1)], known=False, actor=MEI)
    desk.calendars.save("CN", 2026, closed=[off], actor=MEI)
    saved = desk.calendars.save("CN", 2026, closed=[off, later], working=[on], actor=MEI)
    assert [(one.year, one.closed, one.working, one.known) for one in saved.years] == [
        (2026, (later, off), (on,), True),
        (2027, (date(2027, 1, 1),), (), False),
    ]


def test_a_saved_year_is_checked_and_kept_by_place(world) -> None:
    desk = world.open(config())
    with pytest.raises(InvalidInput, match="closed"):
        desk.calendars.save("CN", 2026, closed=[date(2027, 1, 1)], actor=MEI)
    with pytest.raises(InvalidInput, match="working"):
        desk.calendars.save("CN", 2026, working=[date(2027, 1, 2)], actor=MEI)
    with pytest.raises(InvalidInput, match="working"):
        desk.calendars.save("CN", 2026, closed=[date(2026, 1, 1)], working=[date(2026, 1, 1)], actor=MEI)
    desk.calendars.save("CN", 2027, closed=[date(2027, 1, 1)], actor=MEI)
    saved = desk.calendars.save("CN", 2026, closed=[date(2026, 1, 1)], actor=MEI)
    assert [year.year for year in saved.years] == [2026, 2027]
    assert saved.version == 2
    with pytest.raises(NotFound):
        desk.calendars.get("night")


def test_a_deadline_past_the_known_holidays_says_so(world) -> None:
    world.clock.set(datetime(2026, 12, 31, 8, tzinfo=UTC))
    desk = world.open(config())
    taken = desk.receive(world.said())
    assert "clocks.holidays_unknown" in codes(taken.trace)
    assert desk.sla.explain(taken.ticket.id).clocks[0].notes == ("holidays_unknown",)


def test_an_account_tells_line_by_line(world) -> None:
    world.clock.set(beijing(9, 17))
    desk = world.open(
        config({"metric": "resolution", "within": "10h", "pause_on": ["waiting_customer"], "warn_at": []})
    )
    ticket = desk.receive(world.said()).ticket.id
    world.clock.set(beijing(12, 10))
    desk.tickets.set_status(ticket, "waiting_customer", actor=MEI)
    world.clock.set(beijing(12, 15))
    desk.tickets.set_status(ticket, "open", actor=MEI)
    world.clock.set(beijing(12, 16))
    told = desk.sla.explain(ticket)
    (account,) = told.clocks
    assert [(line.kind, line.reason, line.counted / HOUR) for line in account.lines] == [
        ("began", "gold", 0),
        ("counted", "weekly", 1),
        ("closed", "weekday_closed", 0),
        ("closed", "weekday_closed", 0),
        ("counted", "weekly", 1),
        ("paused", "waiting_customer", 0),
        ("counted", "weekly", 1),
    ]
    assert (account.used, account.remaining, account.level) == (3 * HOUR, 7 * HOUR, "ok")
    with pytest.raises(NotFound):
        desk.sla.explain("tkt_none")


def test_an_account_tells_what_was_warned_breached_escalated_and_voided(world) -> None:
    target = {
        "metric": "resolution",
        "within": "4h",
        "clock": "calendar",
        "warn_at": [0.5],
        "escalate": [{"after": "1h", "tell": ["lead"]}],
    }
    desk = world.open(config(target))
    ticket = desk.receive(world.said()).ticket.id
    opened = world.clock.now()
    world.later(hours=3)
    desk.run_due()
    assert desk.sla.explain(ticket).clocks[0].level == "warned"
    world.later(hours=3)
    desk.run_due()
    (account,) = desk.sla.explain(ticket).clocks
    assert account.level == "breached"
    assert (account.used, account.remaining) == (6 * HOUR, -2 * HOUR)
    moments = [(line.kind, (line.since - opened) / HOUR) for line in account.lines]
    assert moments == [("began", 0), ("counted", 0), ("warned", 2), ("breached", 4), ("escalated", 5)]
    counted = next(line for line in account.lines if line.kind == "counted")
    assert (counted.reason, counted.counted, counted.on) == ("every_second", 6 * HOUR, None)
    desk.config.activate(config({**target, "within": "20h"}))
    desk.sla.reassess(ticket, "retro", actor=MEI)
    (account,) = desk.sla.explain(ticket).clocks
    assert [line.kind for line in account.lines if line.kind in ("changed", "voided")] == ["changed", "voided"]
    assert account.level == "ok"


def test_an_account_ends_where_its_clock_ends(world) -> None:
    desk = world.open(config({"metric": "resolution", "within": "4h", "clock": "calendar", "warn_at": []}))
    met, off = (desk.receive(world.said(by=by)).ticket.id for by in ("li", "wang"))
    world.later(hours=1)
    desk.tickets.set_status(met, "resolved", actor=MEI)
    desk.sla.promise(off, within=2 * HOUR, actor=MEI)
    desk.sla.settle(off, kept=False, actor=MEI)
    world.later(hours=9)
    (account,) = desk.sla.explain(met).clocks
    assert [line.kind for line in account.lines] == ["began", "counted", "met"]
    assert (account.used, account.remaining) == (HOUR, 3 * HOUR)
    promise = next(one for one in desk.sla.explain(off).clocks if one.clock.metric == "promise")
    assert [line.kind for line in promise.lines] == ["began", "cancelled"]


def test_an_account_past_the_known_holidays_says_so(world) -> None:
    world.clock.set(datetime(2026, 12, 31, 9, tzinfo=UTC))
    desk = world.open(config())
    ticket = desk.receive(world.said()).ticket.id
    (account,) = desk.sla.explain(ticket).clocks
    assert account.notes == ("holidays_unknown",)


def test_an_account_follows_a_ticket_out_of_a_merge(world) -> None:
    desk = world.open(config({"metric": "resolution", "within": "4h", "clock": "calendar", "warn_at": []}))
    one, other = (desk.receive(world.said(by=by)).ticket.id for by in ("li", "wang"))
    world.later(hours=1)
    desk.tickets.merge(one, other, actor=MEI)
    world.later(hours=1)
    desk.tickets.unmerge(one, actor=MEI)
    world.later(hours=1)
    for account in desk.sla.explain(one).clocks:
        assert account.used == sum((line.counted for line in account.lines), timedelta(0))
        assert account.clock in desk.tickets.get(one).clocks


def test_promises_and_steps_are_kept_or_broken(world) -> None:
    world.clock.set(beijing(9, 17))
    desk = world.open(config({"metric": "step", "step": "check", "within": "2h"}))
    ticket = desk.receive(world.said()).ticket.id
    desk.sla.promise(ticket, name="call_back", within=2 * HOUR, calendar="office", warn=HOUR, actor=MEI)
    desk.sla.start_step(ticket, "check", actor=MEI)
    assert clock_of(desk, ticket, "promise").due_at == clock_of(desk, ticket, "step").due_at == beijing(12, 10)
    world.clock.set(beijing(12, 9))
    desk.sla.end_step(ticket, "check", actor=MEI)
    assert clock_of(desk, ticket, "step").phase is ClockPhase.MET
    desk.sla.settle(ticket, kept=False, actor=MEI)
    assert clock_of(desk, ticket, "promise").phase is ClockPhase.CANCELLED
    with pytest.raises(InvalidInput, match="cycle"):
        desk.sla.settle(ticket, actor=MEI)
    for wrong in (
        {},
        {"until": beijing(1, 1)},
        {"within": HOUR, "until": beijing(20, 1)},
        {"within": HOUR, "calendar": "x"},
    ):
        with pytest.raises(InvalidInput):
            desk.sla.promise(ticket, actor=MEI, **wrong)
    desk.tickets.set_status(ticket, "resolved", actor=MEI)
    with pytest.raises(IllegalTransition):
        desk.sla.promise(ticket, within=HOUR, actor=MEI)


def test_an_amount_that_somebody_gave_is_no_policys_to_change(world) -> None:
    """The policy's own amount moves with the priority; that of whoever started a step stays theirs."""
    desk = world.open(config({"metric": "step", "within": "3h", "by_priority": {"urgent": "1h"}}))
    ticket = desk.receive(world.said()).ticket.id
    desk.sla.start_step(ticket, "check", actor=MEI)
    desk.sla.start_step(ticket, "repair", within=5 * HOUR, actor=MEI)
    desk.tickets.set_field(ticket, "priority", "urgent", actor=MEI)

    def amounts() -> dict[str, timedelta]:
        return {one.name: one.amount for one in desk.tickets.get(ticket).clocks if one.metric == "step"}

    assert amounts() == {"check": HOUR, "repair": 5 * HOUR}
    before = desk.tickets.get(ticket)
    assert desk.sla.reassess(ticket, "forward", actor=MEI) == before
    assert desk.sla.reassess(ticket, "retro", actor=MEI) == before


def test_customer_levels_choose_amounts_and_a_new_level_is_seen_at_the_next_message(world) -> None:
    target = {"metric": "resolution", "within": "10h", "overrides": [{"level": "vip", "within": "2h"}]}
    desk = world.open(config(target, levels=[{"name": "vip"}]))
    taken = desk.receive(world.said())
    assert clock_of(desk, taken.ticket.id).amount == 10 * HOUR
    desk.customers.set_profile(taken.customer.id, level="vip", actor=MEI)
    desk.receive(world.said())
    assert clock_of(desk, taken.ticket.id).amount == 2 * HOUR


def test_a_message_that_nobody_wrote_starts_no_promise_and_escalates_nothing(world) -> None:
    urgent = {"field": "message.text", "op": "contains", "value": "投诉"}
    desk = world.open(config(escalations=[{"name": "angry", "when": urgent, "tell": ["supervisor"]}]))
    sent = world.clock.now()
    world.later(minutes=9)
    notice = desk.receive(world.said("我要投诉", automatic="notice", sent_at=sent))
    assert (notice.ticket.sla, notice.ticket.escalations) == (None, ())
    assert "clocks.none" in codes(notice.trace)
    got = desk.receive(world.said("我要投诉", sent_at=sent))
    told = got.trace.find("clocks.started")
    assert (got.ticket.id, told.param("policy"), told.param("clocks")) == (notice.ticket.id, "gold", "resolution")
    assert (got.ticket.escalations, got.ticket.clocks[0].started_at) == (("angry",), sent)
    assert "clocks" not in "".join(codes(desk.receive(world.said("on")).trace))


def test_a_message_after_which_no_service_level_holds_says_so_once(world) -> None:
    """Promises to people of a level end with it; no clocks are said to start under nothing."""
    vip = {"field": "customer.level", "op": "eq", "value": "vip"}
    gold = {"name": "gold", "when": vip, "targets": [{"metric": "resolution", "within": "10h"}]}
    desk = world.open(config(sla=[gold], levels=[{"name": "vip"}]))
    taken = desk.receive(world.said())
    desk.customers.set_profile(taken.customer.id, level="vip", actor=MEI)
    assert "clocks.started" in codes(desk.receive(world.said()).trace)
    desk.customers.set_profile(taken.customer.id, level="", actor=MEI)
    told = [[one for one in codes(desk.receive(world.said()).trace) if "clocks" in one] for _ in range(2)]
    assert told == [["clocks.none"], []]
    assert not [one for one in desk.tickets.get(taken.ticket.id).clocks if one.is_live]


def test_another_queue_brings_the_policy_of_its_group(world) -> None:
    group = {
        "name": "tech-ola",
        "scope": "group",
        "when": {"field": "ticket.queue", "op": "eq", "value": "tech"},
        "targets": [{"metric": "group_ownership", "within": "4h"}, {"metric": "assignment", "within": "30m"}],
    }
    gold = {"name": "gold", "targets": [{"metric": "resolution", "within": "10h"}]}
    queues = [{"name": "default"}, {"name": "tech"}]
    desk = world.open(config(sla=[gold, group], queues=queues))
    ticket = desk.receive(world.said()).ticket.id
    assert len(desk.tickets.get(ticket).clocks) == 1
    desk.tickets.transfer(ticket, "tech", actor=MEI)
    assert clock_of(desk, ticket, "group_ownership").phase is ClockPhase.RUNNING
    desk.tickets.transfer(ticket, "default", actor=MEI)
    assert clock_of(desk, ticket, "group_ownership").phase is ClockPhase.MET
    assert clock_of(desk, ticket, "assignment").phase is ClockPhase.CANCELLED
    assert desk.tickets.get(ticket).sla.group is None


def test_targets_may_have_conditions_of_their_own(world) -> None:
    urgent = {
        "metric": "resolution",
        "within": "1h",
        "when": {"field": "ticket.priority", "op": "eq", "value": "urgent"},
    }
    desk = world.open(config(urgent, {"metric": "resolution", "within": "9h"}))
    ticket = desk.receive(world.said()).ticket.id
    assert clock_of(desk, ticket).amount == 9 * HOUR
    desk.tickets.set_field(ticket, "priority", "urgent", actor=MEI)
    assert clock_of(desk, ticket).amount == HOUR


def test_what_was_asked_about_the_first_message_keeps_its_answer(world) -> None:
    refunds = {
        "name": "refunds",
        "when": {"field": "message.text", "op": "contains", "value": "退款"},
        "targets": [{"metric": "resolution", "within": "2h"}],
    }
    urgent = {**refunds, "name": "urgent", "when": {"field": "ticket.priority", "op": "eq", "value": "urgent"}}
    other = {"name": "other", "targets": [{"metric": "resolution", "within": "9h"}]}
    desk = world.open(config(sla=[refunds, urgent, other]))
    asked = desk.receive(world.said("我要退款", by="li")).ticket.id
    plain = desk.receive(world.said("你好", by="wang")).ticket.id
    for ticket in (asked, plain):
        desk.tickets.set_field(ticket, "priority", "high", actor=MEI)
        desk.tickets.set_field(ticket, "priority", "urgent", actor=MEI)
    desk.receive(world.said("退款", by="wang"))
    assert desk.sla.reassess(asked, actor=MEI).sla.policy == "refunds"
    assert desk.tickets.get(plain).sla.policy == "urgent"


# Reassessment


def test_a_changed_policy_moves_no_promise_until_somebody_says_so(world) -> None:
    desk = world.open(config({"metric": "resolution", "within": "10h", "clock": "calendar", "warn_at": []}))
    ticket = desk.receive(world.said()).ticket.id
    opened = world.clock.now()
    world.later(hours=6)
    desk.config.activate(config({"metric": "resolution", "within": "5h", "clock": "calendar", "warn_at": []}))
    assert desk.sla.reassess(ticket, "pin", actor=MEI).clocks[0].due_at == opened + 10 * HOUR
    assert desk.sla.reassess(ticket, "forward", actor=MEI).clocks[0].due_at == opened + 6 * HOUR
    world.later(hours=1)
    desk.run_due()
    assert clock_of(desk, ticket).breached_at == opened + 6 * HOUR
    again = desk.sla.reassess(ticket, "retro", actor=MEI).clocks[0]
    assert (again.due_at, again.breached_at) == (opened + 5 * HOUR, opened + 5 * HOUR)
    changed = [one for entry in entries(desk, ticket) for one in entry.events if isinstance(one, ev.ClocksChanged)]
    assert [one.given for one in changed] == ["", "reassessed", "reassessed"]


def test_looking_again_finds_the_policy_that_holds_now(world) -> None:
    usual = {"name": "usual", "targets": [{"metric": "resolution", "within": "10h"}]}
    strict = {"name": "strict", "targets": [{"metric": "resolution", "within": "2h"}]}
    desk = world.open(config(sla=[usual]))
    ticket = desk.receive(world.said()).ticket.id
    ended = desk.receive(world.said(by="wang")).ticket.id
    desk.tickets.set_status(ended, "resolved", actor=MEI)
    desk.config.activate(config(sla=[strict, usual]))
    assert desk.sla.reassess(ticket, "forward", actor=MEI).sla.policy == "strict"
    assert desk.sla.reassess(ended, "forward", actor=MEI).sla.policy == "usual"


def test_what_nothing_promises_any_more_is_cancelled_in_hindsight(world) -> None:
    within = {"within": "9h", "clock": "calendar"}
    desk = world.open(config({"metric": "first_reply", **within}, {"metric": "resolution", **within}))
    ticket = desk.receive(world.said()).ticket.id
    desk.config.activate(config({"metric": "resolution", **within}))
    desk.sla.reassess(ticket, "retro", actor=MEI)
    assert clock_of(desk, ticket, "first_reply").phase is ClockPhase.CANCELLED
    assert clock_of(desk, ticket).phase is ClockPhase.RUNNING


def test_a_promise_is_settled_by_its_name_or_its_number(world) -> None:
    desk = world.open(config())
    ticket = desk.receive(world.said()).ticket.id
    for name in ("one", "two", "three"):
        desk.sla.promise(ticket, name=name, within=2 * HOUR, actor=MEI)
    desk.sla.settle(ticket, name="two", actor=MEI)
    desk.sla.settle(ticket, cycle=3, actor=MEI)
    promises = [one for one in desk.tickets.get(ticket).clocks if one.metric == "promise"]
    assert {one.name for one in promises if one.is_live} == {"one"}
    with pytest.raises(InvalidInput, match="cycle"):
        desk.sla.settle(ticket, name="one", cycle=2, actor=MEI)


def test_a_step_that_no_policy_knows_needs_an_end(world) -> None:
    desk = world.open(DeskConfig())
    ticket = desk.receive(world.said()).ticket.id
    with pytest.raises(InvalidInput, match="nothing says how long"):
        desk.sla.start_step(ticket, "check", actor=MEI)


def test_a_retroactive_breach_is_told_and_one_that_no_longer_holds_is_voided(world) -> None:
    strict, mild = (
        config({"metric": "resolution", "within": within, "clock": "calendar", "warn_at": []})
        for within in ("2h", "20h")
    )
    desk = world.open(mild)
    ticket = desk.receive(world.said()).ticket.id
    opened = world.clock.now()
    world.later(hours=6)
    desk.config.activate(strict)
    desk.sla.reassess(ticket, "retro", actor=MEI)
    desk.config.activate(mild)
    desk.sla.reassess(ticket, "retro", actor=MEI)
    told = [event for one in entries(desk, ticket) for event in one.events]
    (breach,) = [one for one in told if isinstance(one, ev.ClockBreached)]
    (voided,) = [one for one in told if isinstance(one, ev.BreachVoided)]
    assert (breach.retroactive, breach.at, voided.was_at) == (True, opened + 2 * HOUR, opened + 2 * HOUR)
    assert clock_of(desk, ticket).breached_at is None
    assert clock_of(desk, ticket).due_at == opened + 20 * HOUR


def test_a_breach_that_was_voided_can_be_told_again(world) -> None:
    strict, mild = (
        config({"metric": "resolution", "within": within, "clock": "calendar", "warn_at": []})
        for within in ("2h", "20h")
    )
    desk = world.open(mild)
    ticket = desk.receive(world.said()).ticket.id
    world.later(hours=6)
    for one in (strict, mild, strict):
        desk.config.activate(one)
        desk.sla.reassess(ticket, "retro", actor=MEI)
    assert len(events_of(desk, ticket, ev.ClockBreached)) == 2
    assert len(events_of(desk, ticket, ev.BreachVoided)) == 1


def test_what_nothing_promises_any_more_is_cancelled_and_its_breach_voided(world) -> None:
    desk = world.open(config({"metric": "resolution", "within": "2h", "clock": "calendar", "warn_at": []}))
    ticket = desk.receive(world.said()).ticket.id
    world.later(hours=6)
    desk.run_due()
    assert clock_of(desk, ticket).breached_at is not None
    desk.config.activate(config({"metric": "first_reply", "within": "90h", "clock": "calendar", "warn_at": []}))
    after = desk.sla.reassess(ticket, "retro", actor=MEI)
    assert {one.metric: one.phase for one in after.clocks}["resolution"] is ClockPhase.CANCELLED
    assert len(events_of(desk, ticket, ev.BreachVoided)) == 1
    assert clock_of(desk, ticket).breached_at is None
    assert clock_of(desk, ticket, "first_reply").phase is ClockPhase.RUNNING


def test_a_clock_that_was_met_before_anybody_promised_is_told_whole(world) -> None:
    desk = world.open(config({"metric": "resolution", "within": "9h", "clock": "calendar", "warn_at": []}))
    ticket = desk.receive(world.said()).ticket.id
    world.later(hours=1)
    desk.reply(ticket, "好的", actor=MEI)
    desk.config.activate(config({"metric": "first_reply", "within": "2h", "clock": "calendar", "warn_at": []}))
    desk.sla.reassess(ticket, "retro", actor=MEI)
    account = next(one for one in desk.sla.explain(ticket).clocks if one.clock.metric == "first_reply")
    assert account.lines[0].kind == "began"
    assert (account.clock.phase, account.used) == (ClockPhase.MET, HOUR)


def test_a_ticket_without_a_promise_has_nothing_to_reassess(world) -> None:
    desk = world.open(DeskConfig(sla=()))
    ticket = desk.receive(world.said()).ticket.id
    desk.tickets.set_status(ticket, "closed", actor=MEI)
    before = desk.tickets.get(ticket)
    assert desk.sla.reassess(ticket, "forward", actor=MEI) == before


def test_a_ticket_for_which_no_service_level_fits_any_more_has_none(world) -> None:
    level = {
        "name": "plain",
        "when": {"field": "ticket.type", "op": "eq", "value": "general"},
        "targets": [{"metric": "resolution", "within": "9h", "clock": "calendar"}],
    }
    desk = world.open(config(sla=[level], types=[{"name": "general"}, {"name": "refund"}]))
    ticket = desk.receive(world.said()).ticket.id
    assert desk.tickets.get(ticket).sla.policy == "plain"
    desk.tickets.set_field(ticket, "type", "refund", actor=MEI)
    assert desk.tickets.get(ticket).sla.policy is None
    assert not [one for one in desk.tickets.get(ticket).clocks if one.is_live]


def test_a_ticket_that_a_rule_closed_is_not_escalated(world) -> None:
    when = {"field": "message.text", "op": "contains", "value": "投诉"}
    desk = world.open(
        config(
            escalations=[{"name": "angry", "when": when, "tell": ["supervisor"], "priority": "urgent"}],
            rules=[{"name": "shut", "when": when, "then": [{"do": "close", "reason": "spam"}]}],
        )
    )
    ticket = desk.receive(world.said("我要投诉")).ticket
    assert (ticket.category, ticket.priority) == ("closed", Priority.NORMAL)
    assert not events_of(desk, ticket.id, ev.TicketEscalated)


def test_a_retro_that_finds_nothing_new_writes_nothing(world) -> None:
    desk = world.open(config({"metric": "first_reply", "within": "1h"}, {"metric": "resolution", "within": "2h"}))
    ticket = desk.receive(world.said()).ticket.id
    world.later(hours=30)
    desk.tickets.set_field(ticket, "priority", "urgent", actor=MEI)
    desk.reply(ticket, "好的", actor=MEI)
    world.later(hours=30)
    desk.run_due()
    before = desk.tickets.get(ticket)
    assert desk.sla.reassess(ticket, "retro", actor=MEI) == before
    assert desk.sla.reassess(ticket, "forward", actor=MEI) == before


def test_what_the_log_makes_is_what_the_ticket_carries(world) -> None:
    targets = [{"metric": "first_reply", "within": "1h"}, {"metric": "next_reply", "within": "1h"},
               {"metric": "resolution", "within": "8h", "pause_on": ["waiting_customer"]},
               {"metric": "periodic_update", "within": "4h"}, {"metric": "assignment", "within": "1h"}]  # fmt: skip
    when = {"field": "message.text", "op": "contains", "value": "急"}
    rule = {"name": "urgent", "when": when, "then": [{"do": "set_priority", "priority": "urgent"}]}
    desk = world.open(config(*targets, rules=[rule]))
    agent = desk.agents.add("梅", queues=["default"], presence="online", actor=MEI)
    ticket = desk.receive(world.said("你好")).ticket.id
    life = [
        lambda: desk.reply(ticket, "请稍等", actor=Actor.agent(agent.id)),
        lambda: desk.receive(world.said("急")),
        desk.run_due,
        lambda: desk.tickets.set_status(ticket, "resolved", actor=MEI),
        lambda: desk.receive(world.said("又来了")),
        lambda: desk.tickets.set_field(ticket, "priority", Priority.LOW, actor=MEI),
        desk.run_due,
    ]
    for number, act in enumerate(life):
        world.later(hours=5 * number + 1)
        act()
        book = desk._core.policy.service
        found = replayed(entries(desk, ticket), lambda _, book=book: book).ticket
        assert found.clocks == desk.tickets.get(ticket).clocks, number


# Timers and escalation


def test_a_resolved_ticket_closes_by_itself_unless_it_reopens(world) -> None:
    desk = world.open(config(close_resolved_after="48h"))
    first, second = (desk.receive(world.said(by=by)).ticket.id for by in ("li", "wang"))
    for ticket in (first, second):
        desk.tickets.set_status(ticket, "resolved", actor=MEI)
    world.later(hours=40)
    desk.receive(world.said(by="li"))
    world.later(hours=8)
    assert desk.run_due().tickets == 1
    assert desk.tickets.get(first).category == "open"
    closed = desk.tickets.get(second)
    assert (closed.category, closed.close_reason, closed.close_at) == ("closed", "resolved", None)


def test_late_timers_fire_in_time_order_with_their_true_instants(world) -> None:
    target = {
        "metric": "resolution",
        "within": "4h",
        "clock": "calendar",
        "warn_at": [0.5],
        "by_priority": {"urgent": "1h"},
    }
    desk = world.open(config(target))
    opened = world.clock.now()
    slow = desk.receive(world.said(by="li")).ticket.id
    fast = desk.receive(world.said(by="wang")).ticket.id
    desk.tickets.set_field(fast, "priority", "urgent", actor=MEI)
    world.later(hours=30)
    report = desk.run_due()
    assert (report.tickets, report.next_due_at) == (2, None)
    assert [one.at for one in events_of(desk, slow, ev.ClockBreached)] == [opened + 4 * HOUR]
    assert [one.at for one in events_of(desk, fast, ev.ClockBreached)] == [opened + HOUR]
    query = Query(kind="entry", where=(), order="position", limit=1000)
    told = [one.subject for one in desk._store.query(desk.name, query).items if one.cause.startswith("wake/")]
    assert told == [fast, slow]
    assert desk.run_due().tickets == 0


@pytest.mark.parametrize(("catch_up", "loud"), [("all", 3), ("latest", 1), ("none", 0)])
def test_after_a_long_silence_the_policy_says_who_is_told(world, catch_up: str, loud: int) -> None:
    target = {"metric": "resolution", "within": "4h", "clock": "calendar", "warn_at": [0.5, 0.75]}
    desk = world.open(config(target, catch_up=catch_up))
    ticket = desk.receive(world.said()).ticket.id
    world.later(hours=30)
    desk.run_due()
    marks = [*events_of(desk, ticket, ev.ClockWarned), *events_of(desk, ticket, ev.ClockBreached)]
    assert len(marks) == 3
    assert len([one for one in marks if not one.quiet]) == loud


def test_next_due_at_lets_a_host_sleep(world) -> None:
    desk = world.open(config({"metric": "resolution", "within": "4h", "clock": "calendar", "warn_at": []}))
    desk.receive(world.said())
    at = desk.run_due().next_due_at
    assert at is not None
    world.clock.set(at)
    assert desk.run_due().tickets == 1


def test_many_tickets_wake_in_one_commit_and_one_that_moved_on_is_left(world) -> None:
    desk = world.open(config({"metric": "resolution", "within": "1h", "clock": "calendar", "warn_at": []}))
    for number in range(30):
        desk.receive(world.said(by=f"c{number}"))
    world.later(hours=2)
    assert desk.run_due().tickets == 30
    assert desk.run_due().tickets == 0


def test_a_clock_that_runs_late_escalates_step_by_step(world) -> None:
    steps = [
        {"left": "1h", "tell": ["worker"]},
        {"after": "0s", "tell": ["lead"], "priority": "urgent"},
        {"after": "2h", "queue": "leads", "tags": ["late"]},
    ]
    target = {"metric": "resolution", "within": "4h", "clock": "calendar", "warn_at": [], "escalate": steps}
    desk = world.open(config(target, queues=[{"name": "default"}, {"name": "leads"}], tags=[{"name": "late"}]))
    agent = desk.agents.add("梅", queues=["default"], actor=MEI)
    ticket = desk.receive(world.said()).ticket.id
    assert desk.tickets.get(ticket).assignee == agent.id
    opened = world.clock.now()
    world.later(hours=3, seconds=1)
    desk.run_due()
    world.later(hours=1)
    desk.run_due()
    assert desk.tickets.get(ticket).priority is Priority.URGENT
    assert desk.run_due().next_due_at == opened + 6 * HOUR + timedelta(microseconds=1)
    world.later(hours=9)
    desk.run_due()
    desk.run_due()
    late = desk.tickets.get(ticket)
    assert (late.queue, late.assignee, late.has_tag("late")) == ("leads", None, True)
    assert [one.tell for one in events_of(desk, ticket, ev.TicketEscalated)] == [("worker",), ("lead",), ()]
    assert [one.at for one in events_of(desk, ticket, ev.ClockEscalated)] == [opened + n * HOUR for n in (3, 4, 6)]


def test_a_condition_escalates_once_and_again_after_a_reopening(world) -> None:
    angry = {
        "name": "angry",
        "when": {"field": "message.text", "op": "contains_any", "value": ["投诉", "complain"]},
        "tell": ["supervisor"],
        "priority": "urgent",
    }
    desk = world.open(config(escalations=[angry]))
    ticket = desk.receive(world.said("你好")).ticket.id
    taken = desk.receive(world.said("我要投诉"))
    assert "escalated" in codes(taken.trace)
    assert desk.tickets.get(ticket).priority is Priority.URGENT
    desk.receive(world.said("投诉！"))
    assert len(events_of(desk, ticket, ev.TicketEscalated)) == 1
    desk.tickets.set_status(ticket, "resolved", actor=MEI)
    desk.receive(world.said("还是要投诉"))
    assert len(events_of(desk, ticket, ev.TicketEscalated)) == 2


@pytest.mark.parametrize(
    ("when", "text"),
    [
        ({"field": "message.mood", "op": "le", "value": -0.3}, "你们太过分了，垃圾客服，气死我了"),
        ({"field": "customer.level", "op": "eq", "value": "vip"}, "你好"),
        ({"field": "ticket.tags", "op": "contains", "value": "fraud"}, "刷单返现的骗局"),
        ({"field": "customer.flags", "op": "contains", "value": "threatens"}, "你好"),
    ],
    ids=["mood", "level", "tag", "risk"],
)
def test_mood_level_tags_and_risks_escalate(world, when, text) -> None:
    step = {"name": "step", "when": when, "tell": ["lead"], "queue": "leads", "tags": ["watched"]}
    tags = [{"name": "fraud", "keywords": ["刷单"]}, {"name": "watched"}]
    queues = [{"name": "default"}, {"name": "leads"}]
    desk = world.open(config(escalations=[step], tags=tags, queues=queues, levels=[{"name": "vip"}]))
    plain = desk.receive(world.said("你好", by="bea")).ticket
    assert (plain.queue, plain.escalations) == ("default", ())
    who = desk.receive(world.said("在吗")).customer.id
    desk.customers.set_profile(who, level="vip", actor=MEI)
    desk.customers.flag(who, "threatens", reason="差评威胁", actor=MEI)
    ticket = desk.receive(world.said(text)).ticket
    assert (ticket.queue, ticket.escalations, ticket.has_tag("watched")) == ("leads", ("step",), True)
    assert [one.tell for one in events_of(desk, ticket.id, ev.TicketEscalated)] == [("lead",)]


def test_an_escalation_to_where_the_ticket_is_takes_it_from_nobody(world) -> None:
    angry = {"field": "message.text", "op": "contains", "value": "投诉"}
    desk = world.open(config(escalations=[{"name": "step", "when": angry, "tell": ["lead"], "queue": "default"}]))
    agent = desk.agents.add("梅", queues=["default"], actor=MEI)
    assert desk.receive(world.said()).ticket.assignee == agent.id
    ticket = desk.receive(world.said("我要投诉")).ticket
    assert (ticket.escalations, ticket.assignee) == (("step",), agent.id)
    assert len(events_of(desk, ticket.id, ev.TicketAssigned)) == 1


def test_a_clock_set_back_rejects_nobody(world) -> None:
    desk = world.open(config())
    ticket = desk.receive(world.said()).ticket.id
    before = desk.tickets.get(ticket).updated_at
    world.later(hours=-5)
    desk.receive(world.said())
    after = desk.tickets.get(ticket)
    assert after.updated_at >= before
    assert events_of(desk, ticket, ev.SkewSeen)


PROMPT = {"metric": "first_reply", "within": "1h"}


def test_the_first_promise_counts_from_when_the_customer_wrote(world) -> None:
    desk = world.open(DeskConfig.model_validate({"sla": [{"name": "all", "targets": [PROMPT]}]}))
    wrote = world.clock.now() - timedelta(minutes=20)
    ticket = desk.receive(world.said(sent_at=wrote)).ticket.id
    assert clock_of(desk, ticket, "first_reply").due_at == wrote + timedelta(hours=1)
