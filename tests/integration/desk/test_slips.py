"""Slips in names are told with the nearest right one; none of them is taken for something else in silence."""

import asyncio
from inspect import signature
from operator import attrgetter

import pytest
from tests.test_parity import pairs

from csdesk import (
    Actor,
    DeskConfig,
    InvalidInput,
    NotFound,
    Priority,
    TextPart,
    open_async_desk,
    open_desk,
    render,
)
from csdesk import commands as cmd
from csdesk.channels.loopback import LoopbackChannel
from csdesk.errors import ConfigError, DeskClosed
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


@pytest.mark.parametrize("method", ["list", "count"])
@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        ({"status": "resolvd"}, InvalidInput, "status: no status 'resolvd'; did you mean 'resolved'"),
        ({"type": "genral"}, InvalidInput, "type: no type 'genral'; did you mean 'general'"),
        ({"category": "opn"}, InvalidInput, "category: unknown value; did you mean 'open'"),
        ({"priority": "high"}, InvalidInput, "priority: is a str; pass a csdesk Priority"),
        ({"assignee": "Ann"}, NotFound, "no agent Ann"),
        ({"offered_to": "Ann"}, NotFound, "no agent Ann"),
        ({"customer": "cus_typo"}, NotFound, "no customer cus_typo"),
    ],
)
def test_an_unknown_name_is_no_empty_list(desk, world, method, asked, error, told):
    desk.receive(world.said())
    with pytest.raises(error, match=told):
        getattr(desk.tickets, method)(**asked)


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        ({"queue": "refund"}, InvalidInput, "refund"),
        ({"status": "opn"}, InvalidInput, "did you mean 'open'"),
        ({"assignee": "Ann"}, NotFound, "Ann"),
    ],
)
def test_a_search_among_an_unknown_name_is_no_empty_list(desk, world, asked, error, told):
    desk.receive(world.said("hello"))
    with pytest.raises(error, match=told):
        desk.tickets.search("hello", **asked)
    assert desk.tickets.search("hello", queue="refunds").items == ()


LISTS = (
    "tickets.list",
    "tickets.count",
    "tickets.search",
    "customers.list",
    "agents.list",
    "inbox.list",
    "outbox.list",
    "learning.good_cases",
    "authority.list",
)
NAMED = {
    "queue": "refunds",
    "site": "hangzhou",
    "status": "shipped",
    "type": "delivery",
    "segment": "loyal",
    "action": "refund",
    "account": "shop",
    "level": "gold",
    "tag": "urgent",
}
"""What a configuration names, and lists may be asked for."""
FREE = {"stage", "language", "campaign", "subject", "rating", "cursor"}
"""Words of records that no configuration lists."""
NAMING = DeskConfig.model_validate(
    {
        "queues": [{"name": "default"}, {"name": "refunds"}],
        "sites": [{"name": "hangzhou"}],
        "statuses": [{"name": "shipped", "category": "waiting_internal"}],
        "types": [{"name": "delivery"}],
        "segments": [{"name": "loyal", "when": {"field": "customer.level", "op": "eq", "value": "gold"}}],
        "authority": {"actions": [{"name": "refund", "unit": "CNY"}]},
        "accounts": [{"name": "shop"}],
        "levels": [{"name": "gold"}],
        "tags": [{"name": "urgent"}],
    }
)


def asked_names(ask):
    """The filters of a list that take a name of the configuration."""
    return [name for name, one in signature(ask).parameters.items() if name in NAMED and "str" in str(one.annotation)]


@pytest.mark.parametrize("which", LISTS)
def test_no_filter_takes_a_slip_for_an_empty_list(world, which):
    desk = world.open(NAMING)
    ask = attrgetter(which)(desk)
    text = {"text": "hello"} if which == "tickets.search" else {}
    assert asked_names(ask)
    for name in asked_names(ask):
        meant = NAMED[name]
        assert ask(**text, **{name: meant}) in (0, Page(()))
        with pytest.raises(InvalidInput, match=f"^{name}: no {name} '{meant[:-1]}'; did you mean '{meant}'"):
            ask(**text, **{name: meant[:-1]})


def test_every_name_that_a_list_takes_is_looked_up_or_free(desk):
    found = set()
    for group, _ in pairs():
        for ask in (vars(group).get(method) for method in ("list", "count", "search", "good_cases")):
            given = signature(ask).parameters.items() if ask is not None else ()
            words = {name for name, one in given if one.annotation == "str | None"}
            assert words <= NAMED.keys() | FREE, ask
            found |= {ask.__qualname__} if words & NAMED.keys() else set()
    assert found == {attrgetter(one)(desk).__qualname__ for one in LISTS}


def test_what_need_not_be_listed_is_any_name_where_none_is(world):
    desk = world.open()
    for ask in (desk.customers.list, desk.tickets.list, desk.inbox.list, desk.outbox.list):
        for name in {"level", "tag", "account"} & {*asked_names(ask)}:
            assert ask(**{name: "anything"}) == Page(())


def test_a_name_is_known_while_a_record_has_it(world):
    desk = world.open(NAMING)
    got = desk.receive(world.said(account="elsewhere"))
    desk.tickets.tag(got.ticket.id, "by hand", actor=LEAD)
    desk.customers.set_profile(got.customer.id, level="silver", actor=LEAD)
    assert desk.customers.list(tag="by hand").items == desk.customers.list(level="silver", stage="none").items == ()
    assert desk.outbox.list(account="elsewhere").items == ()
    assert desk.tickets.count(tag="shop:vip") == 0, "what a system outside tags need not be declared"
    assert desk.tickets.count(type="delivery/late") == 0, "a type below one that is listed"


def test_a_name_that_another_process_just_declared_is_known(world):
    desk, other = world.open(DeskConfig()), world.open(None)
    other.config.activate(NAMING, actor=LEAD)
    assert desk.customers.list(segment="loyal").items == ()
    assert desk.tickets.list(site="hangzhou").items == ()


def test_an_account_is_known_to_whoever_has_its_channel(world):
    desk = world.open(NAMING, channels=[LoopbackChannel("night")])
    assert desk.outbox.list(account="night").items == ()
    with pytest.raises(InvalidInput, match="no account 'nigt'"):
        desk.outbox.list(account="nigt")


def test_agents_may_be_kept_elsewhere(desk, world):
    desk.receive(world.said("hello"))
    assert desk.tickets.search("hello", author="agt_ann").items == ()
    desk.agents.add("Ann")
    with pytest.raises(NotFound, match="no agent agt_ann"):
        desk.tickets.search("hello", author="agt_ann")
    with pytest.raises(NotFound, match="no agent agt_ann"):
        desk.authority.list(agent="agt_ann")


def test_what_is_known_may_have_no_tickets(desk):
    ann = desk.agents.add("Ann")
    for asked in ({"status": "resolved"}, {"type": "general"}, {"priority": Priority.LOW}, {"assignee": ann.id}):
        assert desk.tickets.count(**asked) == 0
        assert desk.tickets.list(**asked).items == ()


def test_a_status_that_left_the_configuration_is_known_while_tickets_have_it(desk, world):
    shipped = {"statuses": [{"name": "shipped", "category": "waiting_internal"}], "queues": [{"name": "default"}]}
    desk.config.activate(DeskConfig.model_validate(shipped), actor=LEAD)
    got = desk.receive(world.said())
    desk.tickets.set_status(got.ticket.id, "shipped", actor=LEAD)
    desk.config.activate(DeskConfig(), actor=LEAD)
    assert desk.tickets.count(status="shipped", tag="vip") == 0
    with pytest.raises(InvalidInput, match="no status 'sent'"):
        desk.tickets.count(status="sent")


@pytest.mark.parametrize(
    ("group", "known"), [("inbox", "blocked, discarded, parked, unknown, waiting"), ("outbox", "sending")]
)
def test_only_states_of_the_list_are_offered(desk, group, known):
    with pytest.raises(InvalidInput, match="state: unknown value") as told:
        getattr(desk, group).list(state="gone")
    assert known in str(told.value)
    assert ("parked" in str(told.value)) == (group == "inbox")


def test_a_cursor_is_called_as_its_argument(desk, world):
    desk.receive(world.said())
    with pytest.raises(InvalidInput, match=r"^cursor: not a cursor of this query"):
        desk.tickets.list(cursor="junk")


def test_an_agent_is_found_by_the_name_of_the_staff_system(desk):
    ann = desk.agents.add("Ann", external_id="ann@shop")
    assert desk.agents.find("ann@shop") == ann
    with pytest.raises(InvalidInput, match="external_id: belongs to another agent"):
        desk.agents.add("Ann again", external_id="ann@shop")
    assert desk.agents.list().items == (ann,)


def test_one_message_is_no_list_of_messages(desk, world):
    with pytest.raises(InvalidInput, match="messages: is an InboundMessage; pass a list"):
        desk.receive_many(world.said())


@pytest.mark.parametrize("text", [None, 5, b"hi", TextPart(text="hi")])
def test_a_reply_is_a_text_or_several_parts(desk, world, text):
    ticket = desk.receive(world.said()).ticket
    with pytest.raises(InvalidInput, match=r"text: is .*; pass a str, or a list of parts"):
        desk.reply(ticket.id, text, actor=LEAD)


class Mute:
    account, kind, capabilities = "px", "px", None

    def receive(self, request): ...

    def send_now(self, message): ...


@pytest.mark.parametrize(
    ("channel", "told"),
    [(Mute(), "Mute is no channel: it lacks pull_now;"), (Mute, "is the class Mute; pass an object of it")],
)
def test_a_channel_tells_what_it_lacks(channel, told):
    with pytest.raises(InvalidInput, match=f"^channels: {told}"):
        open_desk("memory://", channels=[channel])


@pytest.mark.parametrize("thing", [None, 5, Actor])
def test_only_what_has_a_text_is_rendered(thing):
    with pytest.raises(InvalidInput, match=r"thing: is .*; pass a trace"):
        render(thing)


def test_a_desk_says_which_one_it_is_and_a_closed_one_is_not_entered():
    desk = open_desk("memory://", desk="shop")
    assert repr(desk) == "<Desk 'shop'>"
    with desk:
        pass
    assert repr(desk) == "<closed Desk 'shop'>"
    with pytest.raises(DeskClosed), desk:
        pass


def test_an_async_desk_says_so_too():
    async def main():
        async with await open_async_desk("memory://") as desk:
            assert repr(desk) == "<AsyncDesk 'main'>"
        assert repr(desk) == "<closed AsyncDesk 'main'>"
        with pytest.raises(DeskClosed):
            async with desk:
                pass

    asyncio.run(main())


@pytest.mark.parametrize("given", ["7", "#7"])
def test_a_number_is_no_id(desk, given):
    with pytest.raises(NotFound, match=r"desk.tickets.numbered\(7\) finds a ticket by its number"):
        desk.tickets.get(given)
    with pytest.raises(NotFound, match=r"in this desk$"):
        desk.tickets.get("tkt_7")
