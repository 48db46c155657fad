"""Slips in names are told with the nearest right one; none of them is taken for something else in silence."""

import pytest

from csdesk import Actor, DeskConfig, InvalidInput
from csdesk import commands as cmd
from csdesk.errors import ConfigError
from csdesk.ports.store import Page

LEAD = Actor.agent("lead")


@pytest.fixture
def desk(world):
    return world.open(
        DeskConfig.model_validate(
            {"queues": [{"name": "orders"}, {"name": "refunds"}], "default_queue": "orders", "tags": [{"name": "vip"}]}
        )
    )


def test_a_dedicated_agent_works_here(desk, world):
    got = desk.receive(world.said())
    ann = desk.agents.add("Ann")
    with pytest.raises(InvalidInput, match="dedicated_agent: no agent 'agt_typo'"):
        desk.customers.set_profile(got.customer.id, dedicated_agent="agt_typo", actor=LEAD)
    placed = desk.customers.set_profile(got.customer.id, dedicated_agent=ann.id, actor=LEAD)
    assert placed.dedicated_agent == ann.id
    desk.agents.change(ann.id, retired=True)
    with pytest.raises(InvalidInput, match="dedicated_agent: has retired"):
        desk.customers.set_profile(got.customer.id, dedicated_agent=ann.id, actor=LEAD)
    assert not desk.customers.set_profile(got.customer.id, dedicated_agent="", actor=LEAD).dedicated_agent


@pytest.mark.parametrize(
    ("given", "meant"), [("chinese", "'zh'"), ("zh_TW", "'zh-TW'"), ("Englsh", "'en'"), ("zz", ""), ("英语", "'en'")]
)
def test_languages_are_tags(desk, given, meant):
    with pytest.raises(InvalidInput, match="languages: no language") as told:
        desk.agents.add("Ann", languages=[given])
    assert f"did you mean {meant}" in str(told.value) if meant else "did you mean" not in str(told.value)
    ann = desk.agents.add("Ann", languages=["zh", "zh-TW", "yue", "EN", "zh-Hant-HK"])
    with pytest.raises(InvalidInput, match="no language"):
        desk.agents.change(ann.id, languages=["en", given])


def test_an_agent_of_an_unknown_queue(desk):
    with pytest.raises(InvalidInput, match="did you mean 'refunds'"):
        desk.agents.add("Ann", queues=["refund"])


@pytest.mark.parametrize("fence", ["2", 2.0, True])
def test_a_fence_is_a_number(desk, world, fence):
    ticket = desk.receive(world.said()).ticket
    with pytest.raises(InvalidInput, match="fence"):
        desk.reply(ticket.id, "hi", actor=LEAD, fence=fence)
    for call in (desk.tickets.release, desk.tickets.renew):
        with pytest.raises(InvalidInput, match="fence"):
            call(ticket.id, fence, actor=LEAD)
    with pytest.raises(InvalidInput, match="fence"):
        desk.execute(cmd.HandOff(ticket=ticket.id, actor=LEAD, fence=fence))


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"routing": {"weights": [{"units": 2, "accounts": ["phnoe"]}]}}, "weights.0.accounts.0.*did you mean 'phone'"),
        ({"tags": [{"name": "shop:vip"}]}, "belongs to a system outside; name it 'vip'"),
    ],
)
def test_names_in_the_configuration(section, told):
    with pytest.raises(ConfigError, match=told):
        DeskConfig(accounts=({"name": "phone"},), **section)


def test_accounts_need_not_be_listed():
    """A desk that lists none takes whatever its channels are called."""
    assert DeskConfig(routing={"weights": [{"units": 2, "accounts": ["phone"]}]}).routing.weights


@pytest.mark.parametrize("method", ["list", "count", "waiting", "groups", "agents", "available"])
def test_an_unknown_queue_is_no_empty_list(desk, method):
    ask = {
        "list": lambda queue: desk.tickets.list(queue=queue),
        "count": lambda queue: desk.tickets.count(queue=queue),
        "waiting": desk.tickets.waiting,
        "groups": desk.agents.groups,
        "agents": lambda queue: desk.agents.list(queue=queue),
        "available": lambda queue: desk.agents.available(queue=queue),
    }[method]
    with pytest.raises(InvalidInput, match="did you mean 'refunds'") as told:
        ask("refund")
    assert told.value.params["field"] == "queue"
    assert ask("refunds") in ((), 0, Page(()))


def test_what_is_left_in_a_queue_that_is_gone_can_be_found(desk, world):
    got = desk.receive(world.said())
    desk.agents.add("Ann", queues=["refunds"])
    later = {"queues": [{"name": "new"}], "default_queue": "new"}
    desk.config.activate(DeskConfig.model_validate(later), actor=LEAD)
    assert [one.id for one in desk.tickets.list(queue="orders").items] == [got.ticket.id]
    assert desk.tickets.count(queue="orders") == 1
    assert [one.tickets for one in desk.tickets.waiting("orders")] == [1]
    assert [one.agents for one in desk.agents.groups("refunds")] == [1]
    with pytest.raises(InvalidInput):
        desk.tickets.list(queue="refnds")
