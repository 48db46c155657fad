"""Flags on tickets: reason, evidence and end; rules that see and set them."""

from datetime import timedelta

import pytest
from tests.integration.desk.conftest import events_of

from csdesk import Actor, ConfigError, DeskConfig, InvalidInput, Priority, Viewer, render
from csdesk.domain.policy.config import FlagPolicy, TagPolicy
from csdesk.domain.records import events as ev
from csdesk.rules import AddTags, F, FlagTicket, LiftTicketFlag, Macro, Rule, SetPriority

ME = Actor.agent("agt_1")
FLAGS = (FlagPolicy(name="fraud"), FlagPolicy(name="press"))


def desk_of(world, *rules, **given):
    return world.open(DeskConfig(rules=rules, flags=FLAGS, tags=(TagPolicy(name="seen"),), **given), activate=True)


def test_a_flag_warns_until_it_ends(world):
    desk = desk_of(world)
    ticket = desk.receive(world.said()).ticket.id
    until = world.clock.now() + timedelta(days=7)
    flagged = desk.tickets.flag(
        ticket, "fraud", reason="同一地址多次退款", evidence=("A1001", "tkt_9"), until=until, actor=ME
    )
    (flag,) = flagged.flags
    assert (flag.name, flag.reason, flag.evidence, flag.by, flag.until) == (
        "fraud",
        "同一地址多次退款",
        ("A1001", "tkt_9"),
        "agent:agt_1",
        until,
    )
    desk.tickets.flag(ticket, "press", actor=ME)
    again = desk.tickets.flag(ticket, "press", reason="again", actor=ME)
    assert again.flag("press").reason == "again"
    assert desk.run_due().next_due_at == until
    world.later(days=7)
    assert desk.run_due().tickets == 1
    after = desk.tickets.get(ticket)
    assert [one.name for one in after.flags] == ["press"]
    assert [one.expired for one in events_of(desk, ticket, ev.TicketUnflagged)] == [True]
    assert desk.tickets.lift_flag(ticket, "press", actor=ME).flags == ()
    assert desk.tickets.lift_flag(ticket, "press", actor=ME).flags == ()
    assert len(events_of(desk, ticket, ev.TicketUnflagged)) == 2


def test_a_flag_decides_the_service_level_while_it_stands(world):
    press = {
        "name": "press",
        "when": F.ticket.flags.contains("press"),
        "targets": [{"metric": "resolution", "within": "1h"}],
    }
    usual = {"name": "usual", "targets": [{"metric": "resolution", "within": "9h"}]}
    desk = desk_of(world, sla=(press, usual))
    ticket = desk.receive(world.said()).ticket.id
    until = world.clock.now() + timedelta(minutes=30)
    assert desk.tickets.flag(ticket, "press", until=until, actor=ME).sla.policy == "press"
    world.later(minutes=30)
    desk.run_due()
    assert desk.tickets.get(ticket).sla.policy == "usual"


def test_what_cannot_be_meant_is_refused(world):
    desk = desk_of(world)
    ticket = desk.receive(world.said()).ticket.id
    with pytest.raises(InvalidInput, match="fraud"):
        desk.tickets.flag(ticket, "fruad", actor=ME)
    for until in (world.clock.now(), world.clock.now() - timedelta(days=1)):
        with pytest.raises(InvalidInput, match="past"):
            desk.tickets.flag(ticket, "fraud", until=until, actor=ME)
    with pytest.raises(InvalidInput, match="evidence"):
        desk.tickets.flag(ticket, "fraud", evidence="A1001", actor=ME)
    assert desk.tickets.get(ticket).flags == ()


def test_rules_see_set_and_lift_flags(world):
    desk = desk_of(
        world,
        Rule(
            name="warn",
            when=F.message.text.contains("记者"),
            then=(FlagTicket(flag="press", reason="a journalist", span="2d"),),
        ),
        Rule(name="calm", when=F.message.text.contains("算了"), then=(LiftTicketFlag(flag="press"),)),
        Rule(name="seen", when=F.ticket.flags.contains("press"), then=(AddTags(tags=("seen",)),)),
        Rule(
            name="hurry",
            on=("change",),
            when=F.ticket.flags.contains("press") & F.ticket.flags.changed(),
            then=(SetPriority(priority=Priority.URGENT),),
        ),
    )
    got = desk.receive(world.said("我是记者"))
    (flag,) = got.ticket.flags
    assert (flag.by, flag.reason, flag.until) == ("rule:warn", "a journalist", world.clock.now() + timedelta(days=2))
    assert got.ticket.priority is Priority.URGENT
    assert not got.ticket.has_tag("seen"), "a rule sees the ticket as it was before any"
    assert desk.receive(world.said("我是记者")).ticket.flags == got.ticket.flags, "the flag stays as it is"
    assert desk.tickets.get(got.ticket.id).has_tag("seen")
    assert desk.receive(world.said("算了")).ticket.flags == ()


def test_a_flag_whose_time_is_over_does_not_count_though_nobody_has_lifted_it(world):
    desk = desk_of(world, Rule(name="seen", when=F.ticket.flags.is_set(), then=(AddTags(tags=("seen",)),)))
    ticket = desk.receive(world.said()).ticket.id
    desk.tickets.flag(ticket, "press", until=world.clock.now() + timedelta(hours=1), actor=ME)
    world.later(hours=2)
    got = desk.receive(world.said())
    assert (got.ticket.flags, got.ticket.has_tag("seen")) == ((), False)


def test_the_end_of_a_flag_is_a_change(world):
    rule = Rule(
        name="over",
        on=("change",),
        when=F.ticket.flags.changed() & F.ticket.flags.not_set(),
        then=(AddTags(tags=("seen",)),),
    )
    desk = desk_of(world, rule)
    ticket = desk.receive(world.said()).ticket.id
    desk.tickets.flag(ticket, "press", until=world.clock.now() + timedelta(hours=1), actor=ME)
    world.later(hours=2)
    desk.run_due()
    assert desk.tickets.get(ticket).has_tag("seen")


def test_a_survivor_takes_the_warnings_over(world):
    desk = desk_of(world)
    one, other = (desk.receive(world.said(by=by)).ticket.id for by in ("ann", "bob"))
    desk.tickets.flag(one, "fraud", reason="see A1", actor=ME)
    desk.tickets.flag(one, "press", until=world.clock.now() + timedelta(hours=1), actor=ME)
    desk.tickets.flag(other, "fraud", reason="mine", actor=ME)
    world.later(hours=2)
    survivor = desk.tickets.merge(one, into=other, actor=ME)
    survivor = desk.tickets.get(other)
    assert [(flag.name, flag.reason) for flag in survivor.flags] == [("fraud", "mine")]
    third = desk.receive(world.said(by="cid")).ticket.id
    end = world.clock.now() + timedelta(hours=1)
    desk.tickets.flag(other, "press", evidence=("A1",), until=end, actor=ME)
    desk.tickets.merge(other, into=third, actor=ME)
    assert (desk.tickets.get(third).flag("press").evidence, desk.tickets.get(third).flag("press").until) == (
        ("A1",),
        end,
    )
    desk.tickets.lift_flag(third, "press", actor=ME)
    assert [(flag.name, flag.reason, flag.by) for flag in desk.tickets.get(third).flags] == [
        ("fraud", "mine", "agent:agt_1")
    ]


def test_a_macro_flags_in_the_name_of_the_person(world):
    desk = desk_of(world, macros=(Macro(name="fraud", then=(FlagTicket(flag="fraud"),)),))
    ticket = desk.receive(world.said()).ticket.id
    assert desk.tickets.run_macro(ticket, "fraud", actor=ME).ticket.flags[0].by == "agent:agt_1"


def test_reasons_are_personal(world):
    desk = desk_of(world)
    got = desk.receive(world.said())
    desk.tickets.flag(got.ticket.id, "fraud", reason="张三 again", evidence=("A1",), actor=ME)
    covered = desk.seen_by(Viewer(actor=ME, personal=False)).tickets.get(got.ticket.id)
    assert (covered.flags[0].name, covered.flags[0].reason) == ("fraud", "•••")
    desk.customers.erase(got.customer.id, actor=ME)
    desk.run_due()
    assert desk.tickets.get(got.ticket.id).flags == ()
    (event,) = events_of(desk, got.ticket.id, ev.TicketFlagged)
    assert (event.flag, event.reason, event.evidence) == ("fraud", None, None)


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"then": [{"do": "flag_ticket", "flag": "pres"}]}, "then.0.flag"),
        ({"then": [{"do": "flag_ticket", "flag": "press", "span": "-1d"}]}, "then.0.span"),
        ({"when": {"field": "ticket.flags", "op": "contains", "value": "pres"}}, "when.value"),
        ({"when": {"field": "ticket.flag", "op": "contains", "value": "press"}}, "ticket.flags"),
    ],
)
def test_slips_are_told_where_they_stand(settings, path):
    rule = {"name": "r", "then": [{"do": "no_auto_reply"}]} | settings
    with pytest.raises(ConfigError) as caught:
        DeskConfig(rules=[rule], flags=FLAGS)
    told = str(caught.value)
    assert path in told


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_what_happened_is_told(locale):
    line = render(ev.TicketFlagged(flag="press", by="agent:agt_1"), locale)
    assert "press" in line
    assert render(ev.TicketUnflagged(flag="press"), locale) != line
