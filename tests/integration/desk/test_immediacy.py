"""Classes of immediacy: by which channel a customer is reached, and what is promised where nothing else is."""

from datetime import UTC, datetime, timedelta

import pytest

from csdesk import Actor, Capabilities, ConfigError, DeskConfig, InvalidInput, NotFound, Sender, render
from csdesk.channels.loopback import LoopbackChannel
from csdesk.domain.records.messages import Purpose
from csdesk.rules import F, Rule, analyse

LEAD = Actor.agent("lead")
CHAT = Capabilities(parts=frozenset({"text", "media"}), window=timedelta(hours=48), per_message=2)
MAIL = Capabilities(parts=frozenset({"text", "media", "link"}), may_start=True)
WHATSAPP = Capabilities(
    window=timedelta(hours=24), parts=frozenset({"text", "template"}), outside_window=frozenset({"template"})
)

CLASSES = [
    {"name": "instant", "channels": ["wecom", "webchat"], "within": "5m", "fallback": "soon"},
    {"name": "soon", "channels": ["wecom", "whatsapp", "sms"], "within": "4h"},
    {"name": "later", "channels": ["email"]},
]
TYPES = [
    {"name": "outage", "immediacy": "instant"},
    {"name": "outage/planned", "immediacy": "later"},
    {"name": "question"},
]


def config(**more):
    return DeskConfig.model_validate({"immediacy": CLASSES, "types": TYPES, **more})


def desk_of(world, **more):
    ways = (("kf", "wecom", CHAT), ("post", "email", MAIL), ("wa", "whatsapp", WHATSAPP))
    channels = [LoopbackChannel(account, kind=kind, capabilities=able) for account, kind, able in ways]
    return world.open(config(**more), channels=channels)


def writes(world, desk, account, kind, key="ann"):
    sender = Sender(kind=kind, external_id=f"{key}@{kind}")
    return desk.receive(world.said(account=account, sender=sender, conversation=f"{account}-{key}"))


def known(world, desk):
    """A customer who has written by three channels: WeCom first, then mail, then WhatsApp."""
    first = writes(world, desk, "kf", "wecom")
    for account, kind in (("post", "email"), ("wa", "whatsapp")):
        world.later(minutes=1)
        other = writes(world, desk, account, kind)
        desk.customers.merge(other.customer.id, first.customer.id, actor=LEAD)
    return first.customer.id


def kinds(reach, *, open_only=False):
    return [one.identity.kind for one in reach.ways if one.is_open or not open_only]


def told(reach, kind, locale="en"):
    way = next(one for one in reach.ways if one.identity.kind == kind)
    return [render(one, locale)[2:] for one in way.reasons]


def test_without_a_class_the_latest_conversation_is_best(world):
    desk = desk_of(world)
    ann = known(world, desk)
    reach = desk.customers.reachable(ann)
    assert (reach.customer, reach.immediacy) == (ann, None)
    assert kinds(reach, open_only=True) == ["whatsapp", "email", "wecom"]
    assert reach.best.account == "wa"
    assert (reach.best.opens_at, reach.best.needs) == (world.clock.now(), "")


def test_a_class_says_which_channels_and_in_which_order(world):
    desk = desk_of(world)
    ann = known(world, desk)
    reach = desk.customers.reachable(ann, immediacy="instant")
    assert kinds(reach) == ["wecom", "whatsapp", "email"]
    assert [one.is_open for one in reach.ways] == [True, True, False]
    assert [one.immediacy for one in reach.ways] == ["instant", "soon", None]
    assert reach.ways[2].needs == "other_recipient"
    assert told(reach, "email") == ["instant does not go by email"]
    assert told(reach, "whatsapp") == [
        "instant does not go by it, soon does, on which it falls back",
        "whatsapp through account wa can be written to, within 4h",
    ]
    assert told(reach, "email", "zh-CN") == ["instant 不使用渠道 email"]
    assert kinds(desk.customers.reachable(ann, immediacy="later"), open_only=True) == ["email"]


def test_the_reply_goes_the_best_way(world):
    desk = desk_of(world)
    ann = known(world, desk)
    best = desk.customers.reachable(ann, immediacy="instant").best
    sent = desk.reply(best.ticket, "on our way", actor=Actor.system("care"))
    assert (sent.message.account, sent.message.conversation) == ("kf", "kf-ann")


def test_the_type_of_the_latest_live_ticket_names_the_class(world):
    desk = desk_of(world)
    ann = known(world, desk)
    latest = desk.customers.brief(ann).open_tickets[0]
    for type_, wanted in (
        ("outage", "instant"),
        ("outage/big", "instant"),
        ("outage/planned", "later"),
        ("question", None),
    ):
        desk.tickets.set_field(latest.id, "type", type_, actor=LEAD)
        assert desk.customers.reachable(ann).immediacy == wanted
    desk.tickets.set_field(latest.id, "type", "outage", actor=LEAD)
    for ticket in desk.customers.brief(ann).open_tickets:
        desk.tickets.set_status(ticket.id, "closed", actor=LEAD)
    assert desk.customers.reachable(ann).immediacy is None


def test_a_closed_window_and_a_used_quota_stand_against_a_way(world):
    desk = desk_of(world)
    ann = known(world, desk)
    kf = next(one for one in desk.customers.reachable(ann).ways if one.account == "kf")
    for _ in range(2):
        desk.reply(kf.ticket, "hm", actor=Actor.system("care"))
    reach = desk.customers.reachable(ann, immediacy="instant")
    assert told(reach, "wecom") == ["as much was said as may be before the customer writes again"]
    assert reach.best.account == "wa"
    world.later(hours=25)
    reach = desk.customers.reachable(ann, immediacy="soon")
    assert reach.best is None
    closed = next(one for one in reach.ways if one.account == "wa")
    assert (closed.needs, closed.opens_at) == ("template", None)
    assert told(reach, "whatsapp") == ["the reply window is closed since 2026-01-06T09:02:00+00:00: it takes template"]
    assert desk.customers.reachable(ann, immediacy="soon", parts=["template"]).best.account == "wa"
    world.later(hours=48)
    closed = next(one for one in desk.customers.reachable(ann).ways if one.account == "kf")
    assert closed.needs == "customer_message"


def test_what_the_channel_does_not_carry(world):
    desk = desk_of(world)
    ann = known(world, desk)
    reach = desk.customers.reachable(ann, parts=["text", "link"])
    assert kinds(reach, open_only=True) == ["email"]
    assert told(reach, "wecom") == ["the channel does not carry link"]
    with pytest.raises(InvalidInput, match="did you mean 'link'"):
        desk.customers.reachable(ann, parts=["lnik"])


def test_quiet_hours_are_waited_for_as_far_as_the_class_allows(world):
    quiet = {"quiet_from": "21:00", "quiet_until": "08:00", "zone": "UTC", "unasked_per_day": 1}
    desk = desk_of(world, contact=quiet)
    ann = known(world, desk)
    world.clock.set(datetime(2026, 1, 6, 5, tzinfo=UTC))
    asked = {"purpose": Purpose.MARKETING}
    reach = desk.customers.reachable(ann, immediacy="soon", **asked)
    assert reach.best.opens_at == datetime(2026, 1, 6, 8, tzinfo=UTC)
    assert told(reach, "wecom")[0] == "not before 2026-01-06T08:00:00+00:00: quiet hours"
    reach = desk.customers.reachable(ann, immediacy="instant", **asked)
    wecom = next(one for one in reach.ways if one.account == "kf")
    assert (wecom.is_open, wecom.needs, wecom.opens_at) == (False, "retry", datetime(2026, 1, 6, 8, tzinfo=UTC))
    assert desk.customers.reachable(ann, immediacy="instant").best.account == "kf"  # a person's answer is not held


def test_who_opted_out_gets_no_automatic_message(world):
    desk = desk_of(world)
    ann = known(world, desk)
    desk.customers.tag(ann, "opted_out", actor=LEAD)
    reach = desk.customers.reachable(ann, automatic=True)
    assert (reach.best, {one.needs for one in reach.ways}) == (None, {"consent"})
    assert told(reach, "email") == ["the customer wants no such messages"]
    assert desk.customers.reachable(ann).best is not None


def test_a_way_without_a_conversation_or_a_channel_is_told(world):
    desk = desk_of(world)
    got = writes(world, desk, "elsewhere", "line")
    desk.customers.link(got.customer.id, Sender(kind="phone", external_id="+86 139"), actor=LEAD)
    reach = desk.customers.reachable(got.customer.id)
    assert reach.best is None
    assert told(reach, "phone") == ["there was never a conversation by phone"]
    assert told(reach, "line") == ["this process has no channel for account elsewhere"]
    assert [one.ticket for one in reach.ways if one.identity.kind == "phone"] == [None]
    assert "+86" not in str([one.reasons for one in reach.ways])


def test_slips(world):
    desk = desk_of(world)
    ann = known(world, desk)
    with pytest.raises(InvalidInput, match="did you mean 'instant'"):
        desk.customers.reachable(ann, immediacy="instnat")
    with pytest.raises(NotFound):
        desk.customers.reachable("cus_00000000000000000000000000")


def test_an_erased_customer_is_reached_by_nothing(world):
    desk = desk_of(world)
    ann = known(world, desk)
    desk.customers.erase(ann, actor=LEAD)
    assert desk.customers.reachable(ann).ways == ()


# Default targets

FIRST = {"metric": "first_reply", "within": "5m", "clock": "calendar"}
PROMISING = [{**CLASSES[0], "targets": [FIRST]}, CLASSES[1], {**CLASSES[2], "targets": [{**FIRST, "within": "8h"}]}]


def due(desk, ticket):
    clocks = desk.tickets.get(ticket).clocks
    return clocks[0].due_at - clocks[0].started_at if clocks else None


def test_a_class_promises_where_no_service_level_does(world):
    vip = {"name": "vip", "when": {"field": "customer.level", "op": "eq", "value": "vip"}}
    sla = [{**vip, "targets": [{**FIRST, "within": "1m"}]}]
    words = [
        {"name": word, "when": {"field": "message.text", "op": "contains", "value": word}}
        for word in ("outage", "planned")
    ]
    then = ([{"do": "set_type", "type": "outage/big"}], [{"do": "set_type", "type": "outage/planned"}])
    rules = [{**one, "then": does} for one, does in zip(words, then, strict=True)]
    desk = world.open(config(immediacy=PROMISING, sla=sla, rules=rules, levels=[{"name": "vip"}]))
    first = desk.receive(world.said("outage"))
    assert first.ticket.sla.policy == "immediacy/instant"
    assert due(desk, first.ticket.id) == timedelta(minutes=5)
    assert due(desk, desk.receive(world.said("planned", by="b")).ticket.id) == timedelta(hours=8)
    assert due(desk, desk.receive(world.said("hello", by="c")).ticket.id) is None
    fourth = desk.receive(world.said("hello", by="d"))
    desk.customers.set_profile(fourth.customer.id, level="vip", actor=LEAD)
    assert due(desk, desk.receive(world.said("outage", by="d")).ticket.id) == timedelta(minutes=1)


def test_rules_may_ask_for_such_a_level(world):
    rule = Rule(name="r", when=F.ticket.sla == "immediacy/instant", then=({"do": "no_auto_reply"},))
    assert config(immediacy=PROMISING, rules=[rule]).rules[0].name == "r"
    with pytest.raises(ConfigError, match="unknown service level"):
        DeskConfig(immediacy=CLASSES, types=TYPES, rules=[rule])


@pytest.mark.parametrize(
    ("given", "path", "problem"),
    [
        ({"types": [{"name": "t", "immediacy": "now"}]}, "types.t.immediacy", "unknown class of immediacy"),
        ({"immediacy": [{"name": "a", "fallback": "b"}]}, "immediacy.a.fallback", "unknown class of immediacy"),
        ({"immediacy": [{"name": "a", "calendar": "c"}]}, "immediacy.a.calendar", "unknown calendar"),
        ({"immediacy": [{"name": "a"}, {"name": "a"}]}, "immediacy.a", "stands twice"),
        ({"immediacy": [{"name": "a", "channels": ["x", "x"]}]}, "immediacy.a.channels", "stands twice"),
        (
            {"immediacy": [{"name": "a", "fallback": "b"}, {"name": "b", "fallback": "a"}]},
            "immediacy.a.fallback",
            "a -> b -> a",
        ),
        (
            {"immediacy": [{"name": "a"}], "sla": [{"name": "immediacy/a", "targets": [FIRST]}]},
            "immediacy.a.name",
            "is a service level",
        ),
        (
            {"immediacy": [{"name": "a", "targets": [{**FIRST, "clock": "business"}]}]},
            "immediacy.a.targets.0.clock",
            "without a calendar",
        ),
    ],
)
def test_classes_that_cannot_be_meant(given, path, problem):
    with pytest.raises(ConfigError) as refused:
        DeskConfig(**given)
    assert refused.value.path == path
    assert problem in str(refused.value)


def test_the_check_tells_classes_without_use():
    report = analyse(config(immediacy=PROMISING))
    found = {(one.code, one.path) for one in report.findings if "immediacy" in one.code}
    assert found == set()
    general = [{"name": "all", "targets": [FIRST]}]
    report = analyse(config(immediacy=[*PROMISING, {"name": "never"}], sla=general))
    assert {(one.code, one.path) for one in report.findings if "immediacy" in one.code} == {
        ("check.immediacy_never_used", "immediacy.never"),
        ("check.immediacy_promises_nothing", "immediacy.instant.targets"),
        ("check.immediacy_promises_nothing", "immediacy.later.targets"),
    }
