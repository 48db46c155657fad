"""Lists, search, timelines, briefs, the event stream, configurations."""

from datetime import timedelta

import pytest

from csdesk import Actor, DeskConfig, Sender, open_desk
from csdesk.channels.loopback import LoopbackChannel
from csdesk.domain.policy.config import AccountPolicy, QueuePolicy, TagPolicy
from csdesk.domain.records.tickets import Category, Priority
from csdesk.errors import ConfigMismatch, DeskClosed, InvalidInput, NotFound
from csdesk.testing import CountingStore

AGENT = Actor.agent("agt_1")


def tagging(word):
    return DeskConfig(tags=(TagPolicy(name=word, keywords=(word,)),))


def pages(call):
    found, cursor = [], None
    while True:
        page = call(cursor)
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("order", ["updated_at", "created_at", "number", "priority"])
@pytest.mark.parametrize("descending", [True, False])
def test_lists_come_in_pages(world, order, descending):
    desk = world.open()
    for number in range(7):
        got = desk.receive(world.said(by=str(number)))
        desk.tickets.set_field(got.ticket.id, "priority", 1 + number % 4, actor=AGENT)
        world.later(seconds=1)
    found = pages(lambda cursor: desk.tickets.list(order=order, descending=descending, limit=2, cursor=cursor))
    assert len({one.id for one in found}) == 7
    values = [(getattr(one, order), one.id) for one in found]
    assert values == sorted(values, reverse=descending)


def test_filters(world):
    desk = world.open(DeskConfig(queues=(QueuePolicy(name="default"), QueuePolicy(name="vip"))))
    one, two, three = (desk.receive(world.said(by=by)).ticket for by in "abc")
    desk.tickets.transfer(two.id, "vip", actor=AGENT)
    desk.tickets.tag(three.id, "odd", actor=AGENT)
    desk.tickets.set_status(one.id, "resolved", actor=AGENT)
    world.later(hours=1)
    desk.receive(world.said(by="c"))
    agent = desk.agents.add("One")
    desk.tickets.assign(two.id, agent.id, actor=AGENT)

    def ids(**given):
        return [each.id for each in desk.tickets.list(order="number", descending=False, **given).items]

    assert ids(queue="vip") == ids(assignee=agent.id) == [two.id]
    assert ids(tag="odd") == [three.id]
    assert ids(category=Category.RESOLVED) == ids(status="resolved") == [one.id]
    assert ids(category=[Category.RESOLVED, Category.NEW]) == [one.id, three.id]
    assert ids(since=world.clock.now()) == [two.id, three.id]
    assert ids(until=world.clock.now()) == [one.id]
    assert desk.tickets.count() == 3
    assert desk.tickets.count(category=[Category.RESOLVED, Category.NEW], queue="default") == 2


def test_the_tickets_of_one_customer_and_of_one_account(world):
    desk = world.open()
    first = desk.receive(world.said(by="ann"))
    other = desk.receive(world.said(by="bob", account="mail"))
    second = desk.receive(world.said(by="ann2", account="mail"))
    desk.tickets.set_status(first.ticket.id, "closed", actor=AGENT)
    ann = first.customer.id
    assert [one.id for one in desk.tickets.list(customer=ann).items] == [first.ticket.id]
    desk.customers.merge(second.customer.id, ann, actor=AGENT)
    for asked, found in (
        ({"customer": ann}, [second, first]),
        ({"customer": second.customer.id}, [second, first]),
        ({"customer": ann, "category": Category.CLOSED}, [first]),
        ({"customer": ann, "account": "mail"}, [second]),
        ({"account": "mail"}, [second, other]),
    ):
        assert [one.id for one in desk.tickets.list(**asked).items] == [one.ticket.id for one in found]
        assert desk.tickets.count(**asked) == len(found)


def test_counts_take_the_filters_of_lists(world):
    desk = world.open()
    early = desk.receive(world.said(by="ann"))
    noon = world.later(hours=3)
    late = desk.receive(world.said(by="bob"))
    desk.tickets.set_field(late.ticket.id, "priority", "high", actor=AGENT)
    for asked, found in (
        ({"until": noon}, early),
        ({"since": noon}, late),
        ({"priority": Priority.HIGH}, late),
        ({"priority": Priority.NORMAL, "type": "general", "status": early.ticket.status}, early),
    ):
        assert [one.id for one in desk.tickets.list(**asked).items] == [found.ticket.id]
        assert desk.tickets.count(**asked) == 1


def test_search_finds_words_before_and_after_they_are_indexed(world):
    desk = world.open()
    got = desk.receive(world.said("我要退款 order 12345"))
    desk.receive(world.said("something else", by="bob"))
    for _ in range(2):
        for text in ("退款", "12345", "order 退款"):
            (found,) = desk.tickets.search(text).items
            assert (found.message.id, found.ticket.id) == (got.message_id, got.ticket.id)
        assert desk.tickets.search("missing").items == ()
        assert desk.tickets.search("").items == ()
        desk.run_due()


@pytest.mark.parametrize(
    "text", ['" OR 1', "NEAR(a b)", "a*", "csdesk_search:a", "a AND NOT b", "'; DROP TABLE message", "%", "_", "^a"]
)
def test_a_search_is_words_and_no_language(world, text):
    desk = world.open()
    desk.receive(world.said("hello there"))
    got = desk.receive(world.said(f"see {text} here", by="bob"))
    for _ in range(2):
        found = [one.message.id for one in desk.tickets.search(text).items]
        assert found in ([got.message_id], []), "by its words, if it has any"
        desk.run_due()
    assert desk.tickets.count() == 2


def test_searches_look_where_they_are_told(world):
    queues = (QueuePolicy(name="default"), QueuePolicy(name="vip"))
    accounts = (AccountPolicy(name="web"), AccountPolicy(name="app", queue="vip"))
    desk = world.open(DeskConfig(queues=queues, accounts=accounts), channels=[LoopbackChannel("web")])
    agent = desk.agents.add("李静", queues=("vip",))
    web = desk.receive(world.said("发票怎么开", by="ann"))
    since = world.later(hours=1)
    app = desk.receive(world.said("發票呢", by="bob", account="app"))
    told = desk.reply(web.ticket.id, "发票在订单里开", actor=Actor.agent(agent.id))

    def ids(**given):
        return [one.message.id for one in desk.tickets.search("发票", **given).items]

    assert ids() == [told.message.id, app.message_id, web.message_id]
    assert ids(queue="vip") == ids(account="app") == ids(assignee=agent.id) == [app.message_id]
    assert ids(direction="out") == ids(author=agent.id) == [told.message.id]
    assert ids(customer=web.customer.id, direction="in") == ids(until=since) == [web.message_id]
    assert ids(since=since, direction="in") == [app.message_id]
    assert ids(category=[Category.NEW, Category.OPEN], queue="default") == []
    assert ids(status="waiting_customer") == ids(category=Category.WAITING_CUSTOMER)
    first = desk.tickets.search("发票", direction="in", limit=1)
    assert [one.message.id for one in desk.tickets.search("发票", direction="in", cursor=first.cursor).items] == [
        web.message_id
    ]
    with pytest.raises(InvalidInput, match="cursor of an earlier page"):
        desk.tickets.search("发票", direction="out", cursor=first.cursor)
    with pytest.raises(InvalidInput, match="direction: unknown value"):
        desk.tickets.search("发票", direction="sideways")
    with pytest.raises(NotFound):
        desk.tickets.search("发票", customer="cus_nobody")


def test_a_timeline_tells_messages_and_events_in_order(world):
    desk = world.open()
    got = desk.receive(world.said("one"))
    world.later(minutes=1)
    desk.note(got.ticket.id, "note", actor=AGENT)
    desk.receive(world.said("early", sent_at=world.clock.now() - timedelta(minutes=2)))
    timeline = desk.tickets.timeline(got.ticket.id)
    assert [item.message.text for item in timeline if item.message] == ["early", "one", "note"]
    assert [item.at for item in timeline] == sorted(item.at for item in timeline)


def test_a_customer_at_a_glance(world):
    desk = world.open()
    for number in range(7):
        got = desk.receive(world.said(str(number), conversation=str(number % 2)))
        world.later(minutes=1)
    desk.tickets.set_status(got.ticket.id, "closed", actor=AGENT)
    brief = desk.customers.brief(got.customer.id)
    assert (brief.tickets, len(brief.open_tickets)) == (2, 1)
    assert [one.text for one in brief.last_messages] == ["6", "5", "4", "3", "2"]
    said = pages(lambda cursor: desk.customers.timeline(got.customer.id, limit=3, cursor=cursor))
    assert [one.text for one in said] == list("6543210")


def test_a_consumer_reads_until_it_acknowledges(world):
    desk = world.open()
    desk.receive(world.said())
    first = desk.events.read("crm")
    assert desk.events.read("crm") == first
    desk.events.ack("crm", first[0].position)
    assert desk.events.read("crm") == first[1:]
    desk.events.ack("crm", first[-1].position)
    assert desk.events.read("crm") == ()
    assert desk.events.read("other") == first
    desk.receive(world.said())
    assert desk.events.read("crm")[0].position > first[-1].position
    with pytest.raises(InvalidInput):
        desk.events.ack("crm", "nonsense")


# The configuration of a running desk


def test_activation_and_history(world):
    desk = world.open(tagging("one"))
    assert desk.config.activate(tagging("one")) is False
    world.later(hours=1)
    assert desk.config.activate(tagging("two"), actor=AGENT) is True
    assert desk.config.get() == tagging("two")
    assert [row.digest for row in desk.config.history().items] == [tagging("two").digest, tagging("one").digest]
    world.later(hours=1)
    desk.config.activate(tagging("one"))
    assert [row.digest for row in desk.config.history().items] == [tagging("one").digest, tagging("two").digest]


def test_opening_with_another_configuration(world):
    world.open(tagging("one"))
    with pytest.raises(ConfigMismatch):
        world.open(tagging("two"))
    assert world.open().config.get() == tagging("one")
    assert world.open(tagging("two"), activate=True).config.get() == tagging("two")


def test_another_process_never_decides_on_the_old_rules(world):
    one, two = world.open(tagging("one")), world.open()
    assert one.receive(world.said("one two")).ticket.has_tag("one")
    two.config.activate(tagging("two"))
    got = one.receive(world.said("one two", by="bob"))
    assert [tag.name for tag in got.ticket.tags] == ["two"]


def test_a_change_between_load_and_commit_makes_the_decision_again(world):
    other = world.open(tagging("one"))
    armed = []

    class Between(CountingStore):
        def commit(self, desk, changes):
            if armed:
                armed.pop()
                other.config.activate(tagging("two"))
            return super().commit(desk, changes)

    racing = world.open(wrap=Between)
    armed.append(True)
    got = racing.receive(world.said("one two"))
    assert [tag.name for tag in got.ticket.tags] == ["two"]
    (entry,) = [one for one in racing.explain(got.ticket.id) if one.subject == got.ticket.id]
    assert entry.epochs.config == 2
    armed.append(True)
    other.config.activate(tagging("one"))
    assert racing.tickets.tag(got.ticket.id, "x", actor=AGENT).has_tag("x")


def test_a_closed_desk_says_so(world):
    desk = world.open()
    desk.close()
    desk.close()
    for call in (lambda: desk.receive(world.said()), desk.tickets.list, desk.run_due):
        with pytest.raises(DeskClosed):
            call()


@pytest.mark.parametrize("url", ["", "mysql://x", "sqlite://", "sqlite:///", "memory"])
def test_urls_that_lead_nowhere(url):
    with pytest.raises(InvalidInput, match="url"):
        open_desk(url)


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb"])
def test_names_that_no_desk_has(name):
    with pytest.raises(InvalidInput, match="desk"):
        open_desk("memory://", desk=name)


def test_channels_are_checked_at_opening():
    from csdesk.testing import ScriptedChannel

    with pytest.raises(InvalidInput, match="two channels"):
        open_desk("memory://", channels=[ScriptedChannel("a"), ScriptedChannel("a")])
    with pytest.raises(InvalidInput, match="no channel"):
        open_desk("memory://", channels=[object()])


def test_desks_of_one_store_do_not_meet(world):
    one, two = world.open(), world.open(desk="other")
    message = world.said()
    first, second = one.receive(message), two.receive(message)
    assert (second.state, second.ticket.number) == ("stored", 1)
    assert two.tickets.list().items == (second.ticket,)
    assert first.ticket.id != second.ticket.id


@pytest.mark.parametrize("descending", [True, False])
def test_a_long_conversation_is_read_page_by_page(world, descending):
    """What was merged into the ticket belongs to it, wherever it stands in time; notes do too."""
    desk = world.open()
    first, second = (desk.receive(world.said(f"{by} 0", by=by)).ticket for by in ("li", "wang"))
    for number in range(1, 4):
        world.later(minutes=1)
        desk.receive(world.said(f"li {number}", by="li"))
        desk.receive(world.said(f"wang {number}", by="wang"))
    desk.note(first.id, "both are one", actor=AGENT)
    desk.tickets.merge(second.id, first.id, actor=AGENT)
    found = pages(lambda cursor: desk.tickets.messages(first.id, descending=descending, limit=2, cursor=cursor))
    told = [one.message for one in desk.tickets.timeline(first.id) if one.message is not None]
    assert len(told) == 9
    assert {one.id for one in found} == {one.id for one in told}
    moments = [one.occurred_at for one in found]
    assert moments == sorted(moments, reverse=descending)
    with pytest.raises(NotFound):
        desk.tickets.messages("tkt_none")


def test_a_customer_who_never_wrote_has_an_empty_timeline(world):
    desk = world.open()
    got = desk.receive(world.said("hi"))
    linked = desk.customers.link(got.customer.id, Sender(external_id="second"), actor=AGENT)
    (second,) = (one.id for one in linked.identities if one.external_id == "second")
    other = desk.customers.unlink(second, actor=AGENT)
    assert desk.customers.timeline(other.id).items == ()
    assert [one.text for one in desk.customers.timeline(got.customer.id).items] == ["hi"]
