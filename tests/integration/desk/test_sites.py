"""Sites: whose customers belong where, who serves them first, whose hours count, and who may touch what."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.desk.conftest import trace_of

from csdesk import Actor, ConfigError, Denied, DeskConfig, InvalidInput, Sender
from csdesk.domain.records import events as ev
from csdesk.domain.records.channels import Entrance
from csdesk.domain.records.tickets import Category
from csdesk.rules import Rule, analyse
from csdesk.testing.audit import problems_of

LEAD = Actor.agent("lead")
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")

CITIES = [
    {"name": "zhejiang", "title": "浙江", "titles": [{"language": "en", "title": "Zhejiang"}], "queue": "head"},
    {
        "name": "hangzhou",
        "title": "杭州",
        "parent": "zhejiang",
        "queue": "hz",
        "regions": ["浙江省杭州市", "330100"],
        "phones": ["86571", "0571"],
        "fallback": ["jiaxing", "zhejiang"],
        "wait": "5m",
    },
    {"name": "jiaxing", "title": "嘉兴", "parent": "zhejiang", "queue": "jx", "phones": ["+86573"], "last": "nobody"},
]
QUEUES = [
    {"name": "head"},
    {"name": "hz", "sites": ["hangzhou"]},
    {"name": "jx", "sites": ["jiaxing"]},
    {"name": "refunds"},
]


def config(**more):
    return DeskConfig.model_validate({"default_queue": "head", "queues": QUEUES, "sites": CITIES, **more})


@pytest.fixture
def desk(world):
    points = [{"code": "hz-door", "site": "hangzhou"}, {"code": "hz-refund", "site": "hangzhou", "queue": "refunds"}]
    yield (made := world.open(config(entry_points=points, accounts=[{"name": "jx-mail", "site": "jiaxing"}])))
    assert problems_of(made._store, made.name) == ()


def of_hangzhou(world, **given):
    return world.said(entrance=Entrance(scene="hz-door"), **given)


# Whose customer it is


def test_the_entry_point_tells_the_site_and_the_site_the_queue(world, desk):
    got = desk.receive(of_hangzhou(world))
    assert (got.ticket.site, got.ticket.queue) == ("hangzhou", "hz")
    elsewhere = desk.receive(world.said(by="b", entrance=Entrance(scene="hz-refund")))
    assert (elsewhere.ticket.site, elsewhere.ticket.queue) == ("hangzhou", "refunds")


@pytest.mark.parametrize(
    ("name", "value", "site"),
    [
        ("site", "jiaxing", "jiaxing"),
        ("city", "嘉興", "jiaxing"),
        ("city", "杭州市西湖区", "hangzhou"),
        ("region", "浙江省杭州市西湖区", "hangzhou"),
        ("region", 330100, "hangzhou"),
        ("region", "浙江省宁波市", "zhejiang"),
        ("region", "四川省", None),
        ("nickname", "杭州", None),
    ],
)
def test_the_profile_tells_the_site(world, desk, name, value, site):
    first = desk.receive(world.said())
    desk.tickets.set_status(first.ticket.id, "closed", actor=LEAD)
    world.later(minutes=1)
    desk.customers.set_profile(first.customer.id, attributes={name: value}, actor=LEAD)
    assert desk.receive(world.said()).ticket.site == site


@pytest.mark.parametrize(
    ("number", "site"), [("+86 571-8888", "hangzhou"), ("057188", "hangzhou"), ("0086573", "jiaxing"), ("+8610", None)]
)
def test_the_telephone_number_tells_the_site(world, desk, number, site):
    got = desk.receive(world.said(sender=Sender(kind="phone", external_id=number)))
    assert got.ticket.site == site


def test_the_entry_point_counts_for_more_than_the_profile_and_that_for_more_than_the_account(world, desk):
    mail = {"account": "jx-mail"}
    first = desk.receive(world.said(**mail))
    assert (first.ticket.site, first.ticket.queue) == ("jiaxing", "jx")
    desk.tickets.set_status(first.ticket.id, "closed", actor=LEAD)
    world.later(minutes=1)
    desk.customers.set_profile(first.customer.id, attributes={"city": "杭州"}, actor=LEAD)
    second = desk.receive(world.said(**mail))
    assert second.ticket.site == "hangzhou"
    assert desk.receive(of_hangzhou(world, by="b", **mail)).ticket.site == "hangzhou"


def test_a_queue_of_one_site_brings_it(world):
    desk = world.open(config(accounts=[{"name": "web", "queue": "jx"}]))
    assert desk.receive(world.said()).ticket.site == "jiaxing"


def test_the_site_tells_the_language_of_who_does_not(world):
    sites = [{"name": "urumqi", "languages": ["ug", "zh"]}]
    desk = world.open(DeskConfig.model_validate({"sites": sites, "accounts": [{"name": "web", "site": "urumqi"}]}))
    assert desk.receive(world.said("12345")).ticket.language == "ug"


# Who serves it


def test_its_own_people_come_first_then_the_neighbours_then_the_head_office(world, desk):
    head = desk.agents.add("Head", queues=["head"], sites=["zhejiang"])
    got = desk.receive(of_hangzhou(world))
    assert got.worker is None
    start = world.clock.now()
    assert desk.run_due().next_due_at == start + timedelta(minutes=5)
    world.later(minutes=5)
    assert desk.run_due().assigned == 0  # Jiaxing's turn, where nobody is
    world.later(minutes=5)
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(got.ticket.id).assignee == head.id
    assert "site hangzhou is no longer asked for" in trace_of(desk, got.ticket.id)
    own = desk.agents.add("Own", queues=["hz"])
    assert desk.receive(of_hangzhou(world, by="b")).worker.id == own.id


def test_a_neighbour_helps_before_the_head_office(world, desk):
    desk.agents.add("Head", queues=["head"], sites=["zhejiang"])
    near = desk.agents.add("Near", queues=["jx"], sites=["jiaxing"])
    got = desk.receive(of_hangzhou(world))
    world.later(minutes=5)
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(got.ticket.id).assignee == near.id


def test_in_a_queue_of_all_sites_its_own_people_come_first(world, desk):
    far = desk.agents.add("Far", queues=["refunds"], sites=["jiaxing"])
    near = desk.agents.add("Near", queues=["refunds"], sites=["hangzhou"], capacity=1)
    said = [world.said(by=one, entrance=Entrance(scene="hz-refund")) for one in "ab"]
    assert desk.receive(said[0]).worker.id == near.id
    got = desk.receive(said[1])
    assert got.worker is None
    assert "1 in queue refunds cannot take it: site (hangzhou)" in trace_of(desk, got.message_id)
    assert "不属于该站点（hangzhou）" in trace_of(desk, got.message_id, "zh-CN")
    world.later(minutes=5)
    assert desk.run_due().assigned == 1
    assert desk.tickets.get(got.ticket.id).assignee == far.id


def test_who_belongs_to_no_site_works_for_every_one(world, desk):
    anybody = desk.agents.add("Any", queues=["refunds"])
    got = desk.receive(world.said(entrance=Entrance(scene="hz-refund")))
    assert got.worker.id == anybody.id


def test_at_last_anybody_of_the_queue_may_take_it_or_nobody(world):
    for last, taken in (("anybody", 1), ("nobody", 0)):
        sites = [{"name": "a", "wait": "5m", "last": last}, {"name": "b"}]
        given = {"name": last, "sites": sites, "accounts": [{"name": "web", "site": "a"}]}
        desk = world.open(DeskConfig.model_validate(given), desk=last)
        desk.agents.add("B", queues=["default"], sites=["b"])
        desk.receive(world.said())
        world.later(minutes=5)
        assert desk.run_due().assigned == taken


def test_without_a_wait_its_own_people_are_only_preferred(world):
    given = {"sites": [{"name": "a", "wait": "0s"}, {"name": "b"}], "accounts": [{"name": "web", "site": "a"}]}
    desk = world.open(DeskConfig.model_validate(given))
    other = desk.agents.add("B", queues=["default"], sites=["b"])
    own = desk.agents.add("A", queues=["default"], sites=["a"], capacity=1)
    assert [desk.receive(world.said(by=one)).worker.id for one in "ab"] == [own.id, other.id]


def test_a_rule_may_set_the_site_and_the_waiting_ticket_follows(world):
    words = {"field": "message.text", "op": "contains", "value": "嘉兴"}
    rules = [{"name": "named", "when": words, "then": [{"do": "set_site", "site": "jiaxing"}]}]
    desk = world.open(config(rules=rules))
    got = desk.receive(world.said("我在嘉兴"))
    assert (got.ticket.site, got.ticket.queue) == ("jiaxing", "jx")


def test_a_person_may_set_the_site_and_a_queue_chosen_otherwise_stays(world, desk):
    ticket = desk.receive(of_hangzhou(world)).ticket
    moved = desk.tickets.set_field(ticket.id, "site", "jiaxing", actor=LEAD)
    assert (moved.site, moved.queue) == ("jiaxing", "jx")
    gone = desk.tickets.set_field(ticket.id, "site", None, actor=LEAD)
    assert (gone.site, gone.queue) == (None, "head")
    assert desk.tickets.list(site="jiaxing").items == ()
    other = desk.receive(world.said(by="b", entrance=Entrance(scene="hz-refund"))).ticket
    assert desk.tickets.set_field(other.id, "site", "jiaxing", actor=LEAD).queue == "refunds"
    with pytest.raises(InvalidInput, match="did you mean 'jiaxing'"):
        desk.tickets.set_field(ticket.id, "site", "jiaxin", actor=LEAD)
    with pytest.raises(InvalidInput, match="did you mean 'jiaxing'"):
        desk.agents.add("X", sites=["jiaxin"])


def test_rules_ask_for_the_site_and_see_it_change(world):
    rules = [
        {"name": "there", "on": ["change"], "when": {"field": "ticket.site", "op": "changed_to", "value": "jiaxing"}}
        | {"then": [{"do": "set_priority", "priority": "high"}]}
    ]
    desk = world.open(config(rules=rules))
    ticket = desk.receive(world.said()).ticket
    assert desk.tickets.set_field(ticket.id, "site", "jiaxing", actor=LEAD).priority.name == "HIGH"


def test_a_split_ticket_stays_where_it_was(world, desk):
    ticket = desk.receive(of_hangzhou(world)).ticket
    second = desk.receive(world.said("and something else"))
    made = desk.tickets.split(ticket.id, [second.message_id], actor=LEAD)
    assert made.site == "hangzhou"


# Hours

EAST = {"name": "east", "zone": "Asia/Shanghai", "weekly": {key: [("09:00", "18:00")] for key in WORKDAYS}}
WEST = {"name": "west", "zone": "Asia/Shanghai", "weekly": {key: [("11:00", "20:00")] for key in WORKDAYS}}
SLA = [{"name": "usual", "targets": [{"metric": "first_reply", "within": "1h"}]}]


def hours(**more):
    sites = [{"name": "shanghai"}, {"name": "xinjiang", "calendar": "west"}, {"name": "urumqi", "parent": "xinjiang"}]
    queues = [{"name": "default"}, {"name": "far", "sites": ["urumqi"], **more}]
    accounts = [{"name": "web", "site": "shanghai"}, {"name": "wx", "site": "urumqi"}]
    given = {"calendars": [EAST, WEST], "calendar": "east", "sla": SLA}
    return DeskConfig.model_validate({**given, "sites": sites, "queues": queues, "accounts": accounts})


def test_service_levels_count_by_the_hours_of_the_site(world):
    desk = world.open(hours())
    world.clock.set(datetime(2026, 1, 5, 0, 30, tzinfo=UTC))  # Monday, 08:30 in Shanghai
    here, there = (desk.receive(world.said(by=one, account=one)).ticket for one in ("web", "wx"))
    assert here.clocks[0].due_at == datetime(2026, 1, 5, 2, tzinfo=UTC)
    assert there.clocks[0].due_at == datetime(2026, 1, 5, 4, tzinfo=UTC)
    assert (here.clocks[0].calendar, there.clocks[0].calendar) == ("east", "west")


def test_a_ticket_that_goes_to_another_site_is_due_by_its_hours(world):
    desk = world.open(hours())
    world.clock.set(datetime(2026, 1, 5, 1, 30, tzinfo=UTC))  # 09:30
    ticket = desk.receive(world.said()).ticket
    world.later(minutes=15)
    moved = desk.tickets.set_field(ticket.id, "site", "urumqi", actor=LEAD)
    assert moved.clocks[0].used == timedelta(minutes=15)
    assert moved.clocks[0].due_at == datetime(2026, 1, 5, 3, 45, tzinfo=UTC)  # 11:00 and three quarters


def test_a_queue_of_one_site_works_in_its_hours(world):
    desk = world.open(hours(after_hours={"notice": True}))
    desk.agents.add("Ann", queues=["far"])
    world.clock.set(datetime(2026, 1, 5, 1, 30, tzinfo=UTC))
    ticket = desk.receive(world.said()).ticket
    assert desk._core.compiled[2].routing.routing("far").hours == "west"
    assert desk._core.compiled[2].closings.closed("far", world.clock.now(), desk._core.compiled[2].service)
    assert ticket.site == "shanghai"


def test_quiet_hours_are_those_of_the_customers_site(world):
    sites = [{"name": "home"}, {"name": "abroad", "zone": "America/New_York"}, {"name": "hall", "parent": "abroad"}]
    desk = world.open(DeskConfig.model_validate({"sites": sites, "contact": {"zone": "Asia/Shanghai"}}))
    policy = desk._core.compiled[2]
    zones = {site: policy.contact_zone(site) for site in (None, "home", "abroad", "hall", "gone")}
    assert zones == {
        None: "Asia/Shanghai",
        "home": "Asia/Shanghai",
        "abroad": "America/New_York",
        "hall": "America/New_York",
        "gone": "Asia/Shanghai",
    }


# Lists and reports


def test_lists_count_and_find_by_site_with_all_below(world, desk):
    here = desk.receive(of_hangzhou(world, text="the lamp is broken")).ticket
    there = desk.receive(world.said("the lamp is broken", by="b", account="jx-mail")).ticket
    nowhere = desk.receive(world.said("the lamp is broken", by="c")).ticket
    assert [one.id for one in desk.tickets.list(site="hangzhou").items] == [here.id]
    assert {one.id for one in desk.tickets.list(site="zhejiang").items} == {here.id, there.id}
    assert nowhere.site is None
    assert desk.tickets.count(site="zhejiang", category=Category.NEW) == 2
    assert [one.ticket.id for one in desk.tickets.search("lamp", site="jiaxing").items] == [there.id]
    for ask in (desk.tickets.list, desk.tickets.count):
        with pytest.raises(InvalidInput, match="did you mean 'hangzhou'"):
            ask(site="hangzou")


def test_what_each_site_has_to_do(world, desk):
    desk.agents.add("Ann", queues=["hz"], sites=["hangzhou"], capacity=1)
    away = desk.agents.add("Bo", queues=["hz"], sites=["hangzhou"])
    desk.agents.set_presence(away.id, "away")
    first = desk.receive(of_hangzhou(world, by="a")).ticket
    world.later(minutes=1)
    since = world.clock.now()
    desk.receive(of_hangzhou(world, by="b"))
    desk.tickets.set_status(first.id, "resolved", actor=LEAD)
    top, here, there = desk.tickets.by_site()
    assert [(one.site, one.parent, one.title) for one in (top, here, there)] == [
        ("zhejiang", None, "浙江"),
        ("hangzhou", "zhejiang", "杭州"),
        ("jiaxing", "zhejiang", "嘉兴"),
    ]
    assert (here.tickets, here.live, here.resolved, here.waiting) == (2, 1, 1, 1)
    assert (here.waiting_since, here.agents, here.online) == (since, 2, 1)
    assert (there.tickets, there.waiting_since) == (0, None)
    assert desk.tickets.by_site(since=since, until=since + timedelta(seconds=1))[1].tickets == 2
    assert desk.tickets.by_site(until=since)[1].tickets == 0


def test_a_desk_without_sites_has_no_lines_and_stores_nothing_of_them(world):
    desk = world.open()
    ticket = desk.receive(world.said()).ticket
    assert desk.tickets.by_site() == ()
    assert "site" not in ticket.model_dump(exclude_defaults=True)
    (opened,) = [one for entry in desk.explain(ticket.id) for one in entry.events if isinstance(one, ev.TicketOpened)]
    assert "site" not in opened.model_dump(exclude_defaults=True)


# Permission


def test_an_agent_limited_to_sites_touches_only_their_tickets(world):
    grants = [
        {"kinds": ["agent"], "actors": ["lead"]},
        {"kinds": ["agent"], "sites": ["zhejiang"], "actors": ["boss"]},
        {"kinds": ["agent"], "sites": ["hangzhou"], "commands": ["note", "merge_tickets", "tag"]},
        {"kinds": ["agent"], "allow": False},
    ]
    points = [{"code": "hz-door", "site": "hangzhou"}]
    accounts = [{"name": "jx-mail", "site": "jiaxing"}, {"name": "web"}]
    desk = world.open(config(entry_points=points, accounts=accounts, access={"grants": grants}))
    here = desk.receive(of_hangzhou(world)).ticket
    there = desk.receive(world.said(by="b", account="jx-mail")).ticket
    nowhere = desk.receive(world.said(by="c")).ticket
    ann, boss = Actor.agent("ann"), Actor.agent("boss")
    desk.note(here.id, "seen", actor=ann)
    for ticket in (there, nowhere):
        with pytest.raises(Denied):
            desk.note(ticket.id, "seen", actor=ann)
    desk.note(there.id, "seen", actor=boss)
    with pytest.raises(Denied):
        desk.note(nowhere.id, "seen", actor=boss)
    with pytest.raises(Denied):
        desk.tickets.merge(here.id, there.id, actor=ann)
    with pytest.raises(Denied):
        desk.agents.add("X", actor=boss)


# What cannot be meant


@pytest.mark.parametrize(
    ("given", "path", "problem"),
    [
        ({"sites": [{"name": "a"}, {"name": "a"}]}, "sites.a", "stands twice"),
        ({"sites": [{"name": "a", "parent": "b"}]}, "sites.a.parent", "unknown site"),
        ({"sites": [{"name": "a", "fallback": ["b"]}]}, "sites.a.fallback.0", "unknown site"),
        ({"sites": [{"name": "a", "fallback": ["a"]}]}, "sites.a.fallback", "falls back on itself"),
        ({"sites": [{"name": "a", "calendar": "x"}]}, "sites.a.calendar", "unknown calendar"),
        ({"sites": [{"name": "a", "queue": "x"}]}, "sites.a.queue", "unknown queue"),
        ({"sites": [{"name": "a", "zone": "Mars/Base"}]}, "sites.a.zone", "no such time zone"),
        (
            {"sites": [{"name": "a", "parent": "b"}, {"name": "b", "parent": "c"}, {"name": "c", "parent": "a"}]},
            "sites.a.parent",
            "a -> b -> c -> a",
        ),
        ({"sites": [{"name": "a", "regions": ["X"]}, {"name": "b", "regions": ["x"]}]}, "sites.b.regions", "'a' too"),
        ({"sites": [{"name": "a", "phones": ["+86571"]}, {"name": "b", "phones": ["86571"]}]}, "sites.b.phones", "too"),
        (
            {"sites": [{"name": "a"}, {"name": "b", "queue": "q"}], "queues": [{"name": "q", "sites": ["a"]}]},
            "sites.b.queue",
            "does not serve",
        ),
        ({"queues": [{"name": "default", "sites": ["a"]}]}, "queues.default.sites.0", "unknown site"),
        ({"accounts": [{"name": "w", "site": "a"}]}, "accounts.w.site", "unknown site"),
        ({"entry_points": [{"code": "w", "site": "a"}]}, "entry_points.w.site", "unknown site"),
        ({"access": {"grants": [{"sites": ["a"]}]}}, "access.grants.0.sites.0", "unknown site"),
        (
            {"sites": [{"name": "a"}], "access": {"grants": [{"sites": ["a"], "commands": ["read"]}]}},
            "access.grants.0.sites",
            "know no sites",
        ),
        (
            {"rules": [{"name": "r", "then": [{"do": "set_site", "site": "a"}]}]},
            "rules.r.then.0.site",
            "unknown site",
        ),
        (
            {"sites": [{"name": "abc"}]}
            | {
                "rules": [
                    {"name": "r", "when": {"field": "ticket.site", "op": "eq", "value": "abd"}}
                    | {"then": [{"do": "no_auto_reply"}]}
                ]
            },
            "rules.r.when.value",
            "unknown site",
        ),
    ],
)
def test_sites_that_cannot_be_meant(given, path, problem):
    given = {**given} if "queues" not in given else {"default_queue": given["queues"][0]["name"], **given}
    with pytest.raises(ConfigError) as refused:
        DeskConfig(**given)
    assert refused.value.path == path
    assert problem in str(refused.value)


def test_a_configuration_with_sites_survives_its_text():
    made = config()
    assert DeskConfig.from_json(made.canonical_json()) == made


# What the check says


def codes(report, *wanted):
    found = {(one.code.removeprefix("check."), one.path) for one in report.findings}
    return {one for one in found if one[0] in wanted}


def test_the_check_tells_queues_without_a_site_and_sites_without_a_queue(world):
    report = analyse(config())
    wanted = ("queue_without_site", "site_without_queue")
    assert codes(report, *wanted) == {("queue_without_site", "queues.head"), ("queue_without_site", "queues.refunds")}
    only = {"queues": [{"name": "q", "sites": ["a"]}], "default_queue": "q", "sites": [{"name": "a"}, {"name": "b"}]}
    report = analyse(DeskConfig.model_validate(only))
    assert codes(report, *wanted) == {("site_without_queue", "sites.b")}
    assert not codes(analyse(DeskConfig()), *wanted)


def test_the_check_tells_sites_that_nobody_serves(world, desk):
    desk.agents.add("Head", queues=["head"], sites=["zhejiang"])
    wanted = ("site_stuck", "site_without_agents")
    report = analyse(config(), agents=desk.agents.groups())
    # Jiaxing's people are gone, and its tickets never go to others than the head office above it.
    assert codes(report, *wanted) == {
        ("site_without_agents", "sites.hangzhou"),
        ("site_without_agents", "sites.jiaxing"),
    }
    (waits,) = [one for one in report.about("check.site_without_agents") if one.path == "sites.hangzhou"]
    assert dict(waits.params)["wait"] == "10m"
    alone = config(sites=[{**one, "fallback": [], "parent": None} for one in CITIES])
    groups = desk.agents.groups()
    assert codes(analyse(alone, agents=groups), "queue_without_agents") == {
        ("queue_without_agents", f"queues.{one}") for one in ("hz", "jx", "refunds")
    }
    shared = {"sites": [{"name": "zhejiang"}, {"name": "other", "last": "nobody"}], "queues": [{"name": "head"}]}
    report = analyse(DeskConfig.model_validate({**shared, "default_queue": "head"}), agents=groups)
    assert codes(report, *wanted) == {("site_stuck", "sites.other")}


def test_the_analysis_knows_what_setting_a_site_may_do():
    there = {"field": "ticket.site", "op": "eq", "value": "hangzhou"}
    rules = [
        Rule.model_validate(
            {"name": "to", "on": ["change"], "when": {"field": "ticket.queue", "op": "eq", "value": "jx"}}
            | {"then": [{"do": "set_site", "site": "hangzhou"}]}
        ),
        Rule.model_validate(
            {"name": "fro", "on": ["change"], "when": there} | {"then": [{"do": "set_site", "site": "jiaxing"}]}
        ),
    ]
    assert analyse(config(rules=rules)).termination in ("loop", "undecided")
