"""Where conversations and customers come from: links, codes, pages, before anything is written or with a message."""

import pytest
from tests.integration.desk.conftest import AGENT

from csdesk import DeskConfig, Sender
from csdesk.domain.policy.config import AccountPolicy, EntryPointPolicy, QueuePolicy, SegmentPolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records.channels import Entrance, SessionEvent
from csdesk.domain.records.origins import Origin, Source
from csdesk.rules import F, Rule, SetPriority
from csdesk.testing import ScriptedChannel
from csdesk.testing.audit import problems_of

POSTER = EntryPointPolicy(
    code="poster-7",
    queue="stores",
    campaign="spring",
    language="en",
    traffic="private",
    carries="product",
    greeting="Welcome to the spring sale",
    greeting_choices=("Where is it?",),
)
CONFIG = DeskConfig(
    queues=(QueuePolicy(name="default"), QueuePolicy(name="stores")),
    accounts=(AccountPolicy(name="web", traffic="public", greeting="Welcome"),),
    entry_points=(POSTER,),
    segments=(SegmentPolicy(name="spring", when=F.customer.source_campaign == "spring"),),
)


@pytest.fixture
def channel():
    return ScriptedChannel("web")


@pytest.fixture
def desk(world, channel):
    return world.open(CONFIG, channels=[channel])


def enters(desk, channel, key, by="ann", what="started", code="", **entrance):
    event = SessionEvent(
        account="web",
        dedupe_key=key,
        conversation=by,
        sender=Sender(external_id=by),
        what=what,
        code=code,
        entrance=Entrance(**entrance) if entrance else None,
    )
    desk.handle("web", channel.report(event))


def codes(got):
    return [one.code for one in got.trace.verdicts]


def came(desk, customer):
    told = [event for entry in desk.explain(customer) for event in entry.events]
    return [(one.entry, one.message) for one in told if isinstance(one, ev.CustomerEntered)]


def test_a_message_that_says_where_it_comes_from_brings_it_to_its_ticket_and_its_customer(world, desk):
    got = desk.receive(world.said("12345", entrance=Entrance(scene="poster-7", param="cup", live_room="晚八点")))
    origin = Origin(
        scene="poster-7", param="cup", live_room="晚八点", product="cup", entry="poster-7", campaign="spring"
    )
    assert got.ticket.origin == got.message.origin == origin
    assert (got.ticket.queue, got.ticket.language) == ("stores", "en")
    assert got.customer.source == Source(account="web", traffic="private", origin=origin)
    assert got.customer.is_in("spring")
    assert "origin.entry" in codes(got)


def test_a_code_that_no_entry_point_has_is_visible_and_no_error(world, desk):
    got = desk.receive(world.said(entrance=Entrance(scene="poster-8")))
    assert got.ticket.origin == Origin(scene="poster-8")
    assert (got.ticket.queue, got.customer.source.traffic) == ("default", "public")
    assert "origin.unknown" in codes(got)


def test_without_an_entrance_nothing_is_said_and_only_the_traffic_of_the_account_is_known(world, desk):
    got = desk.receive(world.said())
    assert (got.ticket.origin, got.message.origin, got.customer.entered) == (None, None, None)
    assert got.customer.source == Source(account="web", traffic="public")
    assert not [one for one in codes(got) if one.startswith("origin")]
    assert desk.receive(world.said(account="mail", by="bea")).customer.source is None


def test_a_message_that_tells_no_language_has_the_usual_one(world):
    desk = world.open(
        DeskConfig(
            accounts=(AccountPolicy(name="web", language="ja"),),
            entry_points=(EntryPointPolicy(code="fr-page", language="fr"),),
        )
    )
    assert desk.receive(world.said("12345")).ticket.language == "ja"
    assert desk.receive(world.said("12345", by="bea", entrance=Entrance(scene="fr-page"))).ticket.language == "fr"
    known = desk.receive(world.said("12345", by="cleo", language="de"))
    again = desk.receive(world.said("12345", by="cleo", conversation="other"))
    assert (known.customer.language, again.ticket.language) == ("de", "de")
    assert desk.receive(world.said("请问怎么退货", by="dan")).ticket.language == "zh"


def test_the_first_touch_stays_and_later_ones_are_events(world, desk):
    first = desk.receive(world.said(entrance=Entrance(scene="poster-7"))).customer.source
    world.later(hours=1)
    got = desk.receive(world.said(entrance=Entrance(scene="elsewhere")))
    assert got.message.origin == Origin(scene="elsewhere")
    assert got.ticket.origin.scene == "poster-7"  # the matter began there
    desk.tickets.set_status(got.ticket.id, "closed", actor=AGENT)
    world.later(days=9)
    again = desk.receive(world.said(entrance=Entrance(scene="elsewhere")))
    assert again.ticket.origin.scene == "elsewhere"
    assert again.customer.source == first
    assert came(desk, again.customer.id) == [("", again.message_id)]
    assert again.customer.entered.origin == Origin(scene="elsewhere")


def test_who_is_taken_apart_from_a_customer_came_by_the_same_way(world, desk):
    got = desk.receive(world.said(entrance=Entrance(scene="poster-7")))
    desk.customers.link(got.customer.id, Sender(kind="email", external_id="ann@example.com"), actor=AGENT)
    (mail,) = [one for one in desk.customers.get(got.customer.id).identities if one.kind == "email"]
    apart = desk.customers.unlink(mail.id, actor=AGENT)
    assert apart.source == Source(account="web", traffic="private")


def test_who_scans_a_code_is_known_before_they_write(world, desk, channel):
    enters(desk, channel, "s1", code="c", scene="poster-7", param="cup")
    (customer,) = desk.customers.list().items
    assert (customer.source.origin.product, customer.source.traffic) == ("cup", "private")
    assert (customer.entered.is_first, customer.entered.has_written) == (True, False)
    assert channel.sent[0].parts[0].head == "Welcome to the spring sale"
    got = desk.receive(world.said("12345"))
    assert got.customer.id == customer.id
    assert (got.ticket.origin.product, got.message.origin.product, got.ticket.queue) == ("cup", "cup", "stores")
    assert "origin.session" in codes(got)
    more = desk.receive(world.said("more"))
    assert (more.message.origin, more.customer.entered.has_written) == (None, True)
    assert more.ticket.origin == got.ticket.origin
    assert not problems_of(desk._store, desk.name)


def test_the_same_report_again_changes_nothing(desk, channel):
    for _ in range(2):
        enters(desk, channel, "s1", scene="poster-7")
    (customer,) = desk.customers.list().items
    assert customer.version == 1
    enters(desk, channel, "s2")
    enters(desk, channel, "s3", what="window", scene="poster-7")
    assert desk.customers.get(customer.id) == customer


def test_a_visit_lasts_for_a_session(world, desk, channel):
    enters(desk, channel, "s1", scene="poster-7")
    world.later(hours=47)
    first = desk.receive(world.said())
    assert first.ticket.origin.entry == "poster-7"
    desk.tickets.set_status(first.ticket.id, "closed", actor=AGENT)
    world.later(hours=2)
    later = desk.receive(world.said())
    assert (later.ticket.id != first.ticket.id, later.ticket.origin) == (True, None)


def test_a_visit_told_with_a_message_lasts_as_long(world, desk):
    desk.receive(world.said())
    world.later(hours=1)
    told = desk.receive(world.said(entrance=Entrance(scene="poster-7"))).ticket
    entered = desk.customers.list().items[0].entered
    assert (entered.conversation, entered.has_written) == (told.conversation, True)
    origins = []
    for more in ({}, {"conversation": "another"}, {"account": "mail"}):
        desk.tickets.set_status(told.id, "closed", reason="spam", actor=AGENT)
        world.later(hours=1)
        told = desk.receive(world.said(**more)).ticket
        origins.append(told.origin and told.origin.entry)
    assert origins == ["poster-7", None, None]


def test_it_holds_for_its_conversation_alone(world, desk, channel):
    enters(desk, channel, "s1", scene="poster-7")
    got = desk.receive(world.said(conversation="another"))
    assert got.ticket.origin is None


def test_whoever_only_came_is_new_with_their_first_message(world, channel):
    rule = Rule(name="new", when=F.customer.is_new.is_true(), then=(SetPriority(priority="high"),))
    desk = world.open(DeskConfig(rules=(rule,)), channels=[channel])
    enters(desk, channel, "s1", scene="x")
    enters(desk, channel, "s2", scene="y")
    assert desk.receive(world.said()).ticket.priority.name == "HIGH"
    world.later(days=9)
    enters(desk, channel, "s3", scene="z")
    assert desk.receive(world.said(conversation="another")).ticket.priority.name == "NORMAL"


def test_an_account_greets_who_comes_by_no_entry_point(desk, channel):
    enters(desk, channel, "s1", code="c", scene="other")
    assert channel.texts == ["Welcome"]


def test_a_code_may_mean_something_on_one_account_alone(world):
    desk = world.open(
        DeskConfig(entry_points=(EntryPointPolicy(code="7", accounts=("mail",), carries="order", campaign="c"),))
    )
    assert desk.receive(world.said(entrance=Entrance(scene="7"))).ticket.origin.entry == ""
    got = desk.receive(world.said(account="mail", by="bea", entrance=Entrance(scene="order", param="7")))
    assert (got.ticket.origin.entry, got.ticket.origin.order) == ("7", "")


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        (F.message.origin_product == "cup", True),
        (F.message.origin_entry == "poster-7", True),
        (F.ticket.origin_campaign == "spring", True),
        (F.ticket.origin_live_room.is_set(), False),
        (F.customer.source_traffic == "private", True),
        (F.customer.source_scene.starts_with("poster"), True),
        (F.message.origin_order.is_set(), False),
    ],
)
def test_rules_ask_for_it_and_their_reasons_are_told_later(world, when, holds):
    rule = Rule(name="r", when=when, then=(SetPriority(priority="high"),))
    desk = world.open(DeskConfig(**{**CONFIG.__dict__, "rules": (rule,), "segments": ()}))
    got = desk.receive(world.said(entrance=Entrance(scene="poster-7", param="cup")))
    assert (got.ticket.priority.name == "HIGH") is holds
    assert desk.tickets.explain_rule(got.ticket.id, "r").holds is holds


def test_a_split_off_ticket_came_from_the_same_place(world, desk):
    got = desk.receive(world.said(entrance=Entrance(scene="poster-7")))
    more = desk.receive(world.said("another matter"))
    assert desk.tickets.split(got.ticket.id, messages=(more.message_id,), actor=AGENT).origin == got.ticket.origin


def test_a_batch_decides_as_its_messages_one_by_one(world, desk, channel):
    enters(desk, channel, "s1", scene="poster-7")
    one, other = desk.receive_many([world.said("a"), world.said("b")])
    assert (one.message.origin.entry, other.message.origin) == ("poster-7", None)
    assert not problems_of(desk._store, desk.name)
