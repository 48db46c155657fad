"""Flags, what customers do, segments that follow from it, and the rules that ask for them."""

from datetime import timedelta

import pytest

from csdesk import Actor, ConfigError, DeskConfig, InvalidInput, NotFound, Viewer, render
from csdesk.domain.policy.config import FlagPolicy, LevelPolicy, SegmentPolicy, TagPolicy
from csdesk.domain.records import events as ev
from csdesk.errors import StoreBusy
from csdesk.rules import AddTags, F, FlagCustomer, LiftFlag, Macro, Rule
from csdesk.testing import Fault, FaultyStore

AGENT = Actor.agent("agt_1")
TAGS = (TagPolicy(name="seen"), TagPolicy(name="often"), TagPolicy(name="hot"))
RISK = SegmentPolicy(name="vip-risk", when=(F.customer.level == "vip") & (F.customer.refunds(days=30) >= 2))
ASKED = SegmentPolicy(
    name="asked-not-bought", when=(F.customer.tickets(days=7) >= 1) & (F.customer.orders(days=30) == 0)
)
SILENT = SegmentPolicy(name="silent", when=F.customer.order_at.older_than("30d"))


def config(*segments, rules=(), **given):
    return DeskConfig(
        levels=(LevelPolicy(name="vip"), LevelPolicy(name="basic")),
        tags=TAGS,
        segments=segments,
        rules=rules,
        zone="Asia/Shanghai",
        **given,
    )


def inside(desk, customer):
    return [one.name for one in desk.customers.segments(customer)]


def turns(desk, customer):
    """Entering (+) and leaving (-), in order."""
    signs = {ev.SegmentEntered: "+", ev.SegmentLeft: "-"}
    events = [event for entry in desk.explain(customer) for event in entry.events]
    return [f"{signs[type(one)]}{one.segment}" for one in events if type(one) in signs]


def test_flags_warn_until_they_end(world):
    desk = world.open(config(flags=(FlagPolicy(name="bad-payer"), FlagPolicy(name="rude"))))
    customer = desk.receive(world.said()).customer.id
    until = world.clock.now() + timedelta(days=30)
    desk.customers.flag(customer, "bad-payer", reason="两次拒付", evidence=("tkt_1", "A1001"), until=until, actor=AGENT)
    desk.customers.flag(customer, "rude", actor=AGENT)
    first, second = desk.customers.brief(customer).flags
    assert (first.name, first.reason, first.evidence, first.until, first.by) == (
        "bad-payer",
        "两次拒付",
        ("tkt_1", "A1001"),
        until,
        "agent:agt_1",
    )
    assert desk.customers.flag(customer, "rude", reason="again", actor=AGENT).flag("rude").reason == "again"
    assert len(desk.customers.lift_flag(customer, "rude", actor=AGENT).flags) == 1
    assert desk.customers.lift_flag(customer, "rude", actor=AGENT).version == desk.customers.get(customer).version
    with pytest.raises(InvalidInput, match="did you mean 'rude'"):
        desk.customers.flag(customer, "rud", actor=AGENT)
    with pytest.raises(InvalidInput, match="past"):
        desk.customers.flag(customer, "rude", until=world.clock.now(), actor=AGENT)
    assert second.by == "agent:agt_1"
    world.later(days=30)
    assert desk.customers.brief(customer).flags == (), "nobody has lifted it yet, and it no longer counts"
    assert desk.run_due().customers == 1
    assert desk.customers.get(customer).flags == ()


def test_rules_see_and_set_flags(world):
    rules = (
        Rule(name="warn", when=F.message.text.contains("告你"), then=(FlagCustomer(flag="threat", span="7d"),)),
        Rule(name="calm", when=F.message.text.contains("抱歉"), then=(LiftFlag(flag="threat"),)),
        Rule(name="seen", when=F.customer.flags.contains("threat"), then=(AddTags(tags=("seen",)),)),
    )
    desk = world.open(config(rules=rules))
    got = desk.receive(world.said("我要告你"))
    assert [flag.by for flag in got.customer.flags] == ["rule:warn"]
    assert not got.ticket.tags, "it was not there yet when the rules were tried"
    assert desk.receive(world.said("在吗")).ticket.has_tag("seen")
    assert desk.receive(world.said("我要告你")).customer.flags == got.customer.flags, "the flag stays as it is"
    assert desk.receive(world.said("抱歉")).customer.flags == ()
    happened = [event for entry in desk.explain(got.customer.id) for event in entry.events]
    flags = (ev.CustomerFlagged, ev.CustomerUnflagged, ev.TicketFlagged, ev.TicketUnflagged)
    assert [type(one) for one in happened if isinstance(one, flags)] == [ev.CustomerFlagged, ev.CustomerUnflagged]
    with pytest.raises(ConfigError) as caught:
        config(rules=rules, flags=(FlagPolicy(name="threats"),))
    assert caught.value.path == "rules.warn.then.0.flag"
    assert "did you mean 'threats'" in str(caught.value)


def test_a_segment_is_entered_and_left_as_things_happen(world):
    desk = world.open(config(RISK))
    customer = desk.receive(world.said()).customer.id
    desk.customers.set_profile(customer, level="vip", actor=AGENT)
    desk.customers.record(customer, "refund", reference="A1", idempotency_key="r1")
    desk.customers.record(customer, "refund", reference="A1", idempotency_key="r1")
    assert inside(desk, customer) == [], "the same refund told twice is one"
    desk.customers.record(customer, "refund", at=world.clock.now() - timedelta(days=10))
    assert inside(desk, customer) == ["vip-risk"]
    assert [one.id for one in desk.segments.members("vip-risk").items] == [customer]
    assert [one.id for one in desk.customers.list(segment="vip-risk").items] == [customer]
    desk.customers.set_profile(customer, level="basic", actor=AGENT)
    desk.customers.set_profile(customer, level="vip", actor=AGENT)
    assert turns(desk, customer) == ["+vip-risk", "-vip-risk", "+vip-risk"]
    assert desk.customers.brief(customer).segments == ("vip-risk",)
    assert desk.segments.count("vip-risk") == 1
    world.later(days=19)
    assert desk.run_due().customers == 0, "the tenth day back still counts"
    world.later(days=1)
    assert desk.run_due().customers == 1
    assert (inside(desk, customer), desk.segments.members("vip-risk").items) == ([], ())
    assert [one.name for one in desk.segments.list()] == ["vip-risk"]
    with pytest.raises(InvalidInput, match="did you mean 'vip-risk'"):
        desk.segments.members("vip-rsk")
    with pytest.raises(InvalidInput, match="future"):
        desk.customers.record(customer, "order", at=world.clock.now() + timedelta(hours=1))


def test_members_come_page_by_page(world):
    desk = world.open(config(SegmentPolicy(name="all", when=F.customer.created_at.older_than("0.001s"))))
    people = [desk.receive(world.said(by=name)).customer.id for name in "abcde"]
    assert desk.segments.count("all") == 0
    world.later(seconds=1)
    assert desk.run_due().customers == 5
    first = desk.segments.members("all", limit=3)
    rest = desk.segments.members("all", limit=3, cursor=first.cursor)
    assert [one.id for one in (*first.items, *rest.items)] == people
    assert rest.cursor is None


def test_who_asked_and_did_not_buy(world):
    desk = world.open(config(ASKED, SILENT))
    customer = desk.receive(world.said()).customer.id
    assert inside(desk, customer) == ["asked-not-bought"], "the ticket at hand counts"
    desk.customers.record(customer, "order", amount=9900, reference="A1001", product="fan")
    assert inside(desk, customer) == []
    (act,) = desk.customers.acts(customer).items
    assert (act.did, act.amount, act.reference, act.product, act.at) == (
        "order",
        9900,
        "A1001",
        "fan",
        world.clock.now(),
    )
    world.later(days=30)
    desk.run_due()
    assert inside(desk, customer) == ["silent"], "30 days after the order, to the second"
    assert desk.customers.get(customer).segments_at is None


def test_rules_ask_for_segments_as_they_are_now(world):
    rules = (
        Rule(name="first", when=F.customer.segments.contains("asked-not-bought"), then=(AddTags(tags=("seen",)),)),
        Rule(name="often", when=F.customer.tickets(days=30) >= 2, then=(AddTags(tags=("often",)),)),
    )
    desk = world.open(config(ASKED, rules=rules))
    first = desk.receive(world.said())
    assert [tag.name for tag in first.ticket.tags] == ["seen"]
    world.later(days=8)
    other = desk.receive(world.said(conversation="other"))
    assert [tag.name for tag in other.ticket.tags] == ["seen", "often"]
    world.later(days=8)
    late = desk.receive(world.said(conversation="third", by="bob"))
    assert [tag.name for tag in late.ticket.tags] == ["seen"]
    why = desk.tickets.explain_rule(late.ticket.id, "often")
    assert why.because[0].seen.value == 1
    world.later(days=9)
    last = desk.receive(world.said(by="bob", conversation="third"))
    assert not last.trace.find("rules.fired"), "out of the segment since, though nobody looked"
    assert inside(desk, last.customer.id) == []


def test_a_rule_that_moves_a_customer_into_a_segment_calls_the_next_round(world):
    rules = (
        Rule(name="heat", when=F.message.text.contains("热"), then=({"do": "tag_customer", "tags": ["hot"]},)),
        Rule(
            name="follow",
            on=("change",),
            when=F.customer.segments.contains("hot-ones"),
            then=(AddTags(tags=("seen",)),),
        ),
    )
    desk = world.open(config(SegmentPolicy(name="hot-ones", when=F.customer.tags.contains("hot")), rules=rules))
    got = desk.receive(world.said("热"))
    assert got.ticket.has_tag("seen")
    assert inside(desk, got.customer.id) == ["hot-ones"]


def test_why_and_why_not(world):
    named = SegmentPolicy(name="ann", when=F.customer.name.contains("Ann") & (F.customer.spent(days=90) >= 10_000))
    desk = world.open(config(named))
    customer = desk.receive(world.said()).customer.id
    desk.customers.set_profile(customer, name="Ann", actor=AGENT)
    desk.customers.record(customer, "payment", amount=9_900)
    why = desk.segments.explain(customer, "ann")
    assert (why.holds, why.member_since) == (False, None)
    (blamed,) = why.because
    assert (blamed.test.field, blamed.seen.value) == ("customer.spent_90d", 9_900)
    assert why.condition.below[0].seen.state == "hidden"
    assert "does not belong" in render(why.trace, "en")
    desk.customers.record(customer, "payment", amount=100)
    seen = desk.segments.explain(customer, "ann", viewer=Viewer(actor=AGENT, personal=True))
    assert (seen.holds, seen.member_since, seen.condition.below[0].seen.value) == (True, world.clock.now(), "ann")
    assert seen.next_at is not None
    assert seen.because == ()
    with pytest.raises(NotFound):
        desk.segments.explain("cus_none", "ann")


TWICE = SegmentPolicy(name="twice", when=F.customer.tickets(days=30) >= 2)
TIMED = Rule(name="silent", timer={"of": "ticket.customer_at", "after": "3d"}, then=(AddTags(tags=("seen",)),))


def test_another_definition_is_worked_out_for_everybody_bit_by_bit(world):
    desk = world.open(config())
    people = [desk.receive(world.said(by=f"c{number}")).customer.id for number in range(120)]
    world.later(days=3)
    desk.receive(world.said(by="c0", conversation="again"))
    assert desk.segments.list() == ()
    desk.config.activate(config(TWICE))
    assert inside(desk, people[0]) == []
    first = desk.run_due(limit=40)
    assert first.more
    assert first.rebuilt >= 40
    total = first.rebuilt
    while (done := desk.run_due(limit=40)).rebuilt:
        total += done.rebuilt
    assert total == 120
    assert [one.id for one in desk.segments.members("twice").items] == [people[0]]
    assert {one.did for one in desk.customers.get(people[1]).acts} == {"ticket"}
    desk.config.activate(config())
    while desk.run_due().rebuilt:
        pass
    assert turns(desk, people[0]) == ["+twice", "-twice"]
    left = [event for entry in desk.explain(people[0]) for event in entry.events if isinstance(event, ev.SegmentLeft)]
    assert [one.ended for one in left] == [True], "not they changed, the segment did"
    assert desk.run_due().rebuilt == 0


def test_what_a_round_has_no_room_for_is_there_for_the_next_at_once(world):
    desk = world.open(config())
    for number in range(60):
        desk.receive(world.said(by=f"c{number}"))
    desk.config.activate(config(TWICE, rules=(TIMED,)))
    total = 0
    while (done := desk.run_due(limit=20)).more:
        total += done.rebuilt
    assert total + done.rebuilt == 120, "customers and tickets"
    world.later(hours=1)
    assert desk.run_due().rebuilt == 0


def test_a_walk_goes_on_after_the_last_page_that_was_committed(world):
    desk = world.open(config())
    for number in range(60):
        desk.receive(world.said(by=f"c{number}"))
    desk.config.activate(config(SILENT))
    seen = []

    def falls(call):
        seen.append(call)
        return Fault.BUSY if call == "query" and "commit" in seen else None

    falling = world.open(wrap=lambda store: FaultyStore(store, falls))
    seen.clear()
    with pytest.raises(StoreBusy):
        falling.run_due()
    world.later(hours=1)
    assert desk.run_due().rebuilt == 10


def test_a_day_with_several_tickets_is_counted_with_its_last_instant(world):
    desk = world.open(config())
    customer = desk.receive(world.said()).customer.id
    world.later(minutes=20)
    desk.receive(world.said(conversation="again"))
    desk.config.activate(config(TWICE))
    desk.run_due()
    (day,) = [one for one in desk.customers.get(customer).acts if one.did == "ticket"]
    assert (day.count, day.last_at) == (2, world.clock.now())


def test_tickets_that_no_condition_asks_for_are_not_counted(world):
    desk = world.open(config(RISK))
    customer = desk.receive(world.said()).customer.id
    desk.config.activate(config(SILENT))
    assert desk.run_due().rebuilt == 1
    assert counted(desk, customer) == []


def test_who_was_merged_is_counted_with_the_survivor_alone(world):
    desk = world.open(config())
    ann, bob = (desk.receive(world.said(by=by)).customer.id for by in ("ann", "bob"))
    desk.customers.merge(bob, ann, actor=AGENT)
    desk.config.activate(config(TWICE))
    desk.run_due()
    assert [one.id for one in desk.segments.members("twice").items] == [ann]
    assert [type(event) for event in desk.explain(bob)[-1].events] == [ev.CustomerMerged]


def test_what_changes_nothing_in_segments_starts_no_walk(world):
    desk = world.open(config(RISK))
    desk.receive(world.said())
    desk.config.activate(config(RISK, name="other"))
    assert desk.run_due().rebuilt == 0


def test_merged_customers_count_together_and_apart_again(world):
    desk = world.open(config(RISK, ASKED))
    ann = desk.receive(world.said(by="ann")).customer.id
    bob = desk.receive(world.said(by="bob")).customer.id
    desk.customers.set_profile(ann, level="vip", actor=AGENT)
    desk.customers.record(ann, "refund")
    desk.customers.record(bob, "refund")
    assert inside(desk, bob) == ["asked-not-bought"]
    desk.customers.flag(bob, "rude", actor=AGENT)
    desk.customers.merge(bob, ann, actor=AGENT)
    assert inside(desk, ann) == ["asked-not-bought", "vip-risk"]
    assert desk.customers.get(ann).id == ann
    assert [one.id for one in desk.segments.members("asked-not-bought").items] == [ann]
    desk.receive(world.said(by="bob", conversation="while merged"))
    assert [flag.name for flag in desk.customers.brief(ann).flags] == ["rude"]
    desk.customers.unmerge(bob, actor=AGENT)
    desk.run_due()
    tickets = {who: sum(one.count for one in desk.customers.get(who).acts if one.did == "ticket") for who in (ann, bob)}
    assert tickets == {ann: 1, bob: 2}
    assert (inside(desk, ann), inside(desk, bob)) == (["asked-not-bought"], ["asked-not-bought"])
    assert turns(desk, bob) == ["+asked-not-bought", "-asked-not-bought", "+asked-not-bought"]


def test_an_erased_customer_leaves_everything(world):
    desk = world.open(config(ASKED))
    customer = desk.receive(world.said()).customer.id
    desk.customers.record(customer, "browse", product="秘密礼物")
    desk.customers.flag(customer, "rude", reason="secret", actor=AGENT)
    if world.kind == "memory":
        return
    desk.customers.erase(customer, actor=AGENT)
    while desk.run_due().more:
        pass
    gone = desk.customers.get(customer)
    assert (gone.flags, gone.acts, gone.segments, gone.segments_at) == ((), (), (), None)
    assert turns(desk, customer) == ["+asked-not-bought", "-asked-not-bought"]
    assert [one.product for one in desk.customers.acts(customer).items] == [""]


@pytest.mark.parametrize(
    ("when", "path"),
    [
        (F.ticket.messages > 3, "when.field"),
        (F.customer.is_new.is_true(), "when.field"),
        (F.customer.segments.contains("a"), "when.field"),
        (F.customer.level.changed(), "when.op"),
        (F.customer.created_at.in_working_time("shop"), "when.op"),
        (F.customer.flags.contains("nobody"), "when.value"),
    ],
)
def test_what_segments_cannot_ask(when, path):
    with pytest.raises(ConfigError) as caught:
        config(SegmentPolicy(name="a", when=when), flags=(FlagPolicy(name="rude"),))
    assert caught.value.path == f"segments.a.{path}"


def test_macros_and_service_levels_ask_too(world):
    macro = Macro(name="care", when=F.customer.segments.contains("asked-not-bought"), then=(AddTags(tags=("seen",)),))
    desk = world.open(config(ASKED, macros=(macro,)))
    got = desk.receive(world.said())
    assert desk.tickets.run_macro(got.ticket.id, "care", actor=AGENT).ticket.has_tag("seen")
    desk.customers.record(got.customer.id, "order")
    with pytest.raises(InvalidInput):
        desk.tickets.run_macro(got.ticket.id, "care", actor=AGENT)


def test_mood_and_the_phrase_that_answers(world):
    rules = (
        Rule(name="cross", when=F.message.mood <= -0.5, then=(AddTags(tags=("hot",)),)),
        Rule(name="known", when=F.message.text.like_phrase("物流", 0.9), then=(AddTags(tags=("seen",)),)),
        Rule(
            name="sure",
            when=(F.message.phrase == "物流") & (F.message.phrase_score >= 0.9),
            then=(AddTags(tags=("often",)),),
        ),
    )
    desk = world.open(config(rules=rules))
    desk.replies.add("物流", "在路上", questions=("我的快递到哪了",), actor=AGENT)
    got = desk.receive(world.said("我的快递到哪了"))
    assert sorted(tag.name for tag in got.ticket.tags) == ["often", "seen"]
    cross = desk.receive(world.said("垃圾,我要投诉", by="bob"))
    assert [tag.name for tag in cross.ticket.tags] == ["hot"]
    for wrong in (
        {"macros": (Macro(name="m", when=F.message.phrase == "物流", then=(AddTags(tags=("hot",)),)),)},
        {"rules": (Rule(name="m", on=("change",), when=F.message.phrase == "物流", then=(AddTags(tags=("hot",)),)),)},
    ):
        with pytest.raises(ConfigError, match="messages alone"):
            config(**wrong)


def counted(desk, customer):
    return [(one.day, one.count) for one in desk.customers.get(customer).acts if one.did == "ticket"]


def test_tickets_are_counted_for_the_one_whom_others_were_merged_into_again(world):
    desk = world.open(config(ASKED))
    ann, bob = (desk.receive(world.said(by=by)).customer.id for by in ("ann", "bob"))
    desk.customers.merge(bob, ann, actor=AGENT)
    desk.customers.unmerge(bob, actor=AGENT)
    desk.customers.merge(bob, ann, actor=AGENT)
    assert desk.run_due().rebuilt == 2
    ((_, count),) = counted(desk, ann)
    assert count == 2
    world.later(hours=1)
    assert desk.run_due().rebuilt == 0
