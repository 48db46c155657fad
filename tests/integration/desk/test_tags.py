"""Tags: whose count for more, exclusive groups, names from outside, ends, and what they say."""

from datetime import timedelta

import pytest
from tests.integration.desk.conftest import events_of

from csdesk import Actor, ConfigError, DeskConfig, InvalidInput
from csdesk.domain.policy.config import TagPolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records.tags import TagSource
from csdesk.rules import AddTags, F, RemoveTags, Rule, SetTags, TagCustomer, UntagCustomer

AGENT = Actor.agent("agt_1")
MACHINE = Actor.system("shop")
TAGS = (
    TagPolicy(name="hot"),
    TagPolicy(name="calm", group="temper", polarity="positive"),
    TagPolicy(name="angry", group="temper", polarity="negative", keywords=("差评",)),
    TagPolicy(name="late", polarity="negative", lasts="2d"),
)


@pytest.fixture
def desk(world):
    def rule(name, *then):
        return Rule(name=name, when=F.message.text.contains(name), then=then)

    return world.open(
        DeskConfig(
            tags=TAGS,
            rules=(
                rule("heat", AddTags(tags=("hot",)), TagCustomer(tags=("hot",))),
                rule("cool", RemoveTags(tags=("hot",)), UntagCustomer(tags=("hot",))),
                rule("soothe", SetTags(tags=("calm",)), TagCustomer(tags=("calm",))),
            ),
        )
    )


def names(record):
    return sorted(tag.name for tag in record.tags)


def kept_back(received):
    return [one.param("reason") for one in received.trace.verdicts if one.code == "tags.kept"]


def test_what_a_person_took_no_rule_puts_back(world, desk):
    first = desk.receive(world.said("heat"))
    assert (names(first.ticket), names(first.customer)) == (["hot"], ["hot"])
    desk.tickets.untag(first.ticket.id, "hot", actor=AGENT)
    desk.customers.untag(first.customer.id, "hot", actor=AGENT)
    again = desk.receive(world.said("heat"))
    assert (names(again.ticket), names(again.customer)) == ([], [])
    assert kept_back(again) == ["withheld", "withheld"]
    desk.tickets.tag(first.ticket.id, "hot", actor=AGENT)
    assert names(desk.receive(world.said("cool")).ticket) == ["hot"], "what a person set, no rule takes"
    assert names(desk.receive(world.said("soothe")).ticket) == ["calm", "hot"]


def test_what_a_rule_took_the_rule_may_put_back(world, desk):
    desk.receive(world.said("heat"))
    assert names(desk.receive(world.said("cool")).ticket) == []
    assert desk.tickets.list().items[0].withheld[0].source is TagSource.RULE
    back = desk.receive(world.said("heat"))
    assert (names(back.ticket), back.ticket.withheld) == (["hot"], ())


def test_a_model_counts_least_unless_the_order_says_otherwise(world):
    given = {"rules": (), "tags": TAGS}
    desk = world.open(DeskConfig(**given))
    ticket = desk.receive(world.said()).ticket
    desk.tickets.tag(ticket.id, "hot", actor=AGENT)
    desk.tickets.untag(ticket.id, "hot", actor=AGENT)
    bot = Actor.bot("guess")
    assert names(desk.tickets.tag(ticket.id, "hot", actor=bot, source=TagSource.MODEL)) == []
    desk.config.activate(DeskConfig(**given, tag_order=("model", "hand", "rule", "sync")))
    assert names(desk.tickets.tag(ticket.id, "hot", actor=bot, source=TagSource.MODEL)) == ["hot"]
    assert names(desk.tickets.untag(ticket.id, "hot", actor=AGENT)) == ["hot"]
    with pytest.raises(ConfigError, match="every source once"):
        DeskConfig(tag_order=("hand", "rule"))


def test_of_a_group_there_is_one(world, desk):
    ticket = desk.receive(world.said("差评")).ticket
    assert names(ticket) == ["angry"]
    assert names(desk.receive(world.said("soothe")).ticket) == ["calm"]
    assert [event.why for event in events_of(desk, ticket.id, ev.TicketUntagged)] == [""], "set_tags took it before"
    desk.tickets.tag(ticket.id, "angry", actor=AGENT)
    assert events_of(desk, ticket.id, ev.TicketUntagged)[-1].why == "group"
    kept = desk.receive(world.said("soothe"))
    assert names(kept.ticket) == ["angry"], "a person's choice of the group stands"
    assert "group" in kept_back(kept)
    customer = desk.customers.tag(kept.customer.id, "angry", actor=AGENT)
    assert names(customer) == ["angry"]


def test_of_several_at_once_each_is_looked_at_by_itself(world, desk):
    """The last of a group stays, and nobody is told of one that came and went; what was taken stands for its name."""
    ticket = desk.receive(world.said("heat")).ticket.id
    desk.tickets.tag(ticket, "calm", "angry", "calm", "angry", actor=AGENT)
    assert names(desk.tickets.get(ticket)) == ["angry", "hot"]
    assert events_of(desk, ticket, ev.TicketUntagged) == []
    desk.tickets.untag(ticket, "hot", "angry", actor=AGENT)
    again = desk.receive(world.said("heat soothe"))
    assert kept_back(again) == ["withheld"]
    assert (names(again.ticket), names(again.customer)) == (["calm"], ["calm", "hot"])


def test_names_from_outside_are_for_the_sync_alone(world, desk):
    got = desk.receive(world.said())
    shop = desk.tags.sync(got.customer.id, "shop", ["vip", "loyal"])
    assert names(shop) == ["shop:loyal", "shop:vip"]
    for wrong in (
        lambda: desk.customers.tag(got.customer.id, "shop:new", actor=AGENT),
        lambda: desk.customers.untag(got.customer.id, "shop:vip", actor=AGENT),
        lambda: desk.customers.tag(got.customer.id, "x", actor=AGENT, source=TagSource.SYNC),
        lambda: desk.tickets.tag(got.ticket.id, "shop:vip", actor=AGENT),
        lambda: desk.tickets.tag(got.ticket.id, ":vip", actor=AGENT),
        lambda: desk.tags.sync(got.customer.id, "shop", ["vip"], actor=AGENT),
    ):
        with pytest.raises(InvalidInput):
            wrong()
    assert names(desk.tags.sync(got.customer.id, "shop", ["vip"])) == ["shop:vip"]
    assert names(desk.tags.sync(got.customer.id, "crm", ["a"])) == ["crm:a", "shop:vip"]
    same = desk.tags.sync(got.customer.id, "shop", ["vip"])
    assert same.version == desk.customers.get(got.customer.id).version
    assert names(desk.tags.sync(got.customer.id, "shop", [])) == ["crm:a"]
    with pytest.raises(ConfigError, match="belongs to a system outside") as caught:
        DeskConfig(rules=[{"name": "r", "then": [{"do": "add_tags", "tags": ["shop:vip"]}]}])
    assert caught.value.path == "rules.r.then.0.tags.0"


def test_tags_end_once_where_anybody_looks(world, desk):
    got = desk.receive(world.said())
    ticket, customer = got.ticket.id, got.customer.id
    until = world.clock.now() + timedelta(hours=5)
    desk.tickets.tag(ticket, "hot", actor=AGENT, expires_at=until)
    desk.customers.tag(customer, "hot", "late", actor=AGENT)
    desk.customers.tag(customer, "hot", actor=AGENT, expires_at=until)
    assert desk.run_due().next_due_at == until
    world.later(hours=5)
    done = desk.run_due()
    assert (done.tickets, done.customers) == (1, 1)
    assert names(desk.tickets.get(ticket)) == []
    assert names(desk.customers.get(customer)) == ["late"], "as its tag says: two days"
    assert [one.why for one in events_of(desk, ticket, ev.TicketUntagged)] == ["expired"]
    world.later(days=2)
    assert desk.run_due().customers == 1
    assert desk.run_due().customers == 0
    assert [(one.tag, one.why) for one in events_of(desk, customer, ev.CustomerUntagged)] == [
        ("hot", "expired"),
        ("late", "expired"),
    ]
    assert desk.customers.get(customer).withheld == (), "nobody took it on purpose"
    with pytest.raises(InvalidInput, match="past"):
        desk.tickets.tag(ticket, "hot", actor=AGENT, expires_at=until)


def test_the_end_of_a_tag_ends_the_service_level_that_holds_for_it(world):
    hot = {"name": "hot", "when": F.ticket.tags.contains("hot"), "targets": [{"metric": "resolution", "within": "1h"}]}
    usual = {"name": "usual", "targets": [{"metric": "resolution", "within": "9h"}]}
    desk = world.open(DeskConfig(tags=({"name": "hot"},), sla=(hot, usual)))
    ticket = desk.receive(world.said()).ticket
    opened = world.clock.now()
    tagged = desk.tickets.tag(ticket.id, "hot", actor=AGENT, expires_at=opened + timedelta(minutes=30))
    assert (tagged.sla.policy, tagged.clocks[-1].due_at) == ("hot", opened + timedelta(hours=1))
    world.later(minutes=30)
    desk.run_due()
    after = desk.tickets.get(ticket.id)
    assert (after.sla.policy, after.clocks[-1].due_at) == ("usual", opened + timedelta(hours=9))


def test_a_command_after_the_end_sees_the_tag_gone(world, desk):
    got = desk.receive(world.said())
    desk.customers.tag(got.customer.id, "late", actor=AGENT)
    world.later(days=3)
    after = desk.customers.set_profile(got.customer.id, level="", stage="loyal", actor=AGENT)
    assert names(after) == []
    assert len(events_of(desk, got.customer.id, ev.CustomerUntagged)) == 1
    assert desk.run_due().customers == 0


def test_what_gathers_negative_tags(world, desk):
    for by, text, kind in (("ann", "差评", "fan"), ("bob", "差评 again", "fan"), ("cem", "差评", "lamp")):
        ticket = desk.receive(world.said(text, by=by)).ticket
        desk.tickets.set_field(ticket.id, "x.product", kind, actor=AGENT)
    desk.tickets.tag(ticket.id, "late", actor=AGENT)
    now = world.clock.now()
    day = (now - timedelta(hours=1), now + timedelta(hours=1))
    rows = desk.tags.top(*day, by="x.product")
    assert [(one.tag, one.value, one.tickets) for one in rows] == [
        ("angry", "fan", 2),
        ("angry", "lamp", 1),
        ("late", "lamp", 1),
    ]
    assert rows[-1].examples == (ticket.id,)
    assert [(one.tag, one.value, one.tickets) for one in desk.tags.top(*day, limit=1)] == [("angry", None, 3)]
    assert {one.value for one in desk.tags.top(*day, by="queue")} == {"default"}
    assert desk.tags.top(now + timedelta(hours=1), now + timedelta(hours=2)) == ()
    assert desk.tags.top(*day, polarity="positive") == ()
    for wrong in ({"by": "moon"}, {"polarity": "odd"}):
        with pytest.raises(InvalidInput):
            desk.tags.top(*day, **wrong)
    with pytest.raises(InvalidInput):
        desk.tags.top(day[1], day[0])
