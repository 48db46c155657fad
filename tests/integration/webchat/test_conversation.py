"""A desk and its visitors: what is stored once, what they see of it, who they are, what stays between them."""

import json
from datetime import timedelta
from itertools import pairwise

import pytest

from csdesk import Actor, InboundMessage, MediaPart, MenuPart, RawRequest, Sender, TextPart, open_desk
from csdesk.channels.webchat import Limits, WebChat, sign_user
from csdesk.domain.records.messages import ChoicePart, Delivery, MenuItem
from csdesk.errors import NotFound, RequestRejected
from csdesk.flows.channels.feeding import WINDOW
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import FixedClock, SerialIds
from csdesk.testing.audit import problems_of
from csdesk.testing.webchats import Page

SECRET, HOST = "s" * 32, "h" * 32
LI = Actor.agent("agt_li")


class Shop:
    """A desk with a web chat, and pages that talk to it."""

    def __init__(self, store="memory://", ids=None):
        self.clock = FixedClock()
        self.ids = ids or SerialIds()
        self.chat = WebChat(
            "shop", secrets=[SECRET], user_secrets=[HOST], limits=Limits(messages=10_000, reads=10_000, visits=None)
        )
        self.desk = self.opened(store)

    def opened(self, store):
        return open_desk(store, channels=[self.chat], clock=self.clock, ids=self.ids)

    def does(self, request, status=200):
        self.clock.advance(timedelta(seconds=1))
        answer = self.desk.handle("shop", request)
        assert answer.status == status
        return answer

    def page(self, user=""):
        page = Page("shop")
        page.opened(self.does(page.opens(user=user)))
        return page

    def signs_in(self, page, user, **given):
        token = sign_user(HOST, user, expires_at=self.clock.now() + timedelta(minutes=5), **given)
        page.opened(self.does(page.opens(user=token)))
        return page

    def news(self, page, **query):
        told = json.loads(self.does(page.asks(**query)).body)
        if "before" not in query:
            page.mark = told["mark"]
        return told

    def sees(self, page, **query):
        return [texts(one) for one in self.news(page, **query)["messages"]]

    def said(self, page, text):
        self.does(page.writes(text))
        for ticket in self.desk.tickets.list(limit=200).items:
            if any(one.message and one.message.text == text for one in self.desk.tickets.timeline(ticket.id)):
                return ticket
        raise AssertionError(text)

    def reply(self, ticket, what, **given):
        self.clock.advance(timedelta(seconds=1))
        return self.desk.reply(ticket.id, what, actor=LI, **given).message

    def message(self, message):
        return next(
            one.message
            for one in self.desk.tickets.timeline(message.ticket)
            if one.message and one.message.id == message.id
        )


def texts(message):
    return (
        "recalled" if message.get("recalled") else " ".join(part.get("text", part["kind"]) for part in message["parts"])
    )


@pytest.fixture(params=["memory", "sqlite"])
def shop(request, tmp_path):
    store = "memory://" if request.param == "memory" else f"sqlite:///{tmp_path / 'desk.db'}"
    shop = Shop(store)
    yield shop
    shop.desk.close()


def test_a_visitor_writes_and_reads(shop):
    page = shop.page()
    assert shop.news(page) == {"messages": [], "mark": "", "fresh": True, "earlier": False}
    ticket = shop.said(page, "在吗？")
    shop.reply(ticket, "在的")
    shop.desk.note(ticket.id, "a note that nobody outside may see", actor=LI)
    assert shop.sees(page) == ["在吗？", "在的"]
    assert shop.sees(page) == []


def test_a_retry_after_a_lost_answer_is_one_message(shop):
    page = shop.page()
    for _ in range(3):
        shop.does(page.writes("once", key="client-00000x"))
    assert shop.sees(page) == ["once"]
    assert shop.desk.tickets.count() == 1


def test_ids_of_one_visitor_are_nothing_to_another(shop):
    for page in (shop.page(), shop.page()):
        shop.does(page.writes("mine", key="client-00000x"))
        assert shop.sees(page) == ["mine"]
    assert shop.desk.tickets.count() == 2


def test_after_a_reload_the_page_gets_everything_again(shop):
    page = shop.page()
    ticket = shop.said(page, "hello")
    shop.reply(ticket, "hi")
    shop.sees(page)
    page.mark = ""
    assert shop.sees(page) == ["hello", "hi"]


def test_whatever_happens_a_page_that_goes_on_from_its_mark_ends_with_the_same(shop):
    page, ticket = shop.page(), None
    has = []
    for number in range(2 * WINDOW + 5):
        if number % 3 == 0:
            ticket = shop.said(page, f"q{number}")
        else:
            shop.reply(ticket, f"a{number}")
        if number % 7 == 0 or number > 2 * WINDOW:
            told = shop.news(page)
            has = [] if told["fresh"] else has
            has += [texts(one) for one in told["messages"]]
    assert has[-WINDOW:] == [f"{'a' if number % 3 else 'q'}{number}" for number in range(WINDOW + 5, 2 * WINDOW + 5)]


def test_a_page_that_was_away_for_long_gets_the_latest_and_asks_for_earlier(shop):
    page = shop.page()
    ticket = shop.said(page, "first")
    shop.sees(page)
    for number in range(WINDOW + 30):
        shop.reply(ticket, str(number))
    told = shop.news(page)
    assert (told["fresh"], told["earlier"], len(told["messages"])) == (True, True, WINDOW)
    seen = [told["messages"]]
    while told["earlier"]:
        told = shop.news(page, before=seen[0][0]["at"])
        seen.insert(0, told["messages"])
    everything = [texts(one) for part in seen for one in part]
    assert everything == ["first", *(str(number) for number in range(WINDOW + 30))]
    assert all(one["at"] <= other["at"] for one, other in pairwise([one for part in seen for one in part]))


def test_a_recall_reaches_the_page(shop):
    page = shop.page()
    ticket = shop.said(page, "hello")
    shop.reply(ticket, "first")
    wrong = shop.reply(ticket, "wrong")
    shop.reply(ticket, "right")
    assert shop.sees(page) == ["hello", "first", "wrong", "right"]
    shop.desk.channels.recall(wrong.id, actor=LI)
    told = shop.news(page)
    assert told["fresh"]
    assert [texts(one) for one in told["messages"]] == ["hello", "first", "recalled", "right"]
    assert "wrong" not in json.dumps(told)


def test_a_change_of_words_reaches_the_page_and_so_does_the_next(shop):
    page = shop.page()
    message = shop.reply(shop.said(page, "hello"), "frist")
    shop.sees(page)
    for text in ("first", "the first"):
        shop.desk.channels.edit(message.id, text, actor=LI)
        told = shop.news(page)
        assert (texts(told["messages"][-1]), told["messages"][-1]["edited"]) == (text, True)
    assert shop.sees(page) == []


def test_what_comes_late_is_not_missed(shop):
    page = shop.page()
    ticket = shop.said(page, "hello")
    late = shop.reply(ticket, "written first, sent last", deliver=False)
    shop.said(page, "still there?")
    assert shop.sees(page) == ["hello", "still there?"]
    shop.desk.run_due()
    assert shop.message(late).delivery is Delivery.SENT
    assert shop.sees(page) == ["hello", "written first, sent last", "still there?"]


def test_sent_delivered_read(shop):
    page = shop.page()
    message = shop.reply(shop.said(page, "hello"), "hi")
    assert message.delivery is Delivery.SENT
    (ours,) = [one for one in shop.news(page)["messages"] if one["from"] == "agent"]
    assert "read" not in ours
    for receipts, state in (({"delivered": [ours["id"]]}, Delivery.DELIVERED), ({"read": [ours["id"]]}, Delivery.READ)):
        shop.does(page.has(**receipts))
        assert shop.message(message).delivery is state
    shop.does(page.has(delivered=[ours["id"]]))
    assert shop.message(message).delivery is Delivery.READ
    page.mark = ""
    assert [one.get("read") for one in shop.news(page)["messages"]] == [None, True]


def test_another_visitor_sees_nothing_and_acknowledges_nothing(shop):
    page, other = shop.page(), shop.page()
    message = shop.reply(shop.said(page, "hello"), "hi")
    ours = shop.news(page)["messages"][-1]["id"]
    assert shop.sees(other) == []
    shop.does(other.has(read=[ours]))
    assert shop.message(message).delivery is Delivery.SENT


def test_the_names_of_agents_and_buttons_reach_the_page(shop):
    agent = shop.desk.agents.add("李娜", actor=LI)
    page = shop.page()
    ticket = shop.said(page, "hello")
    menu = MenuPart(head="怎么处理？", items=(MenuItem(id="refund", text="退款"),))
    shop.desk.reply(ticket.id, [menu], actor=Actor.agent(agent.id))
    ours = shop.news(page)["messages"][-1]
    assert (ours["name"], ours["parts"][0]["items"]) == ("李娜", [{"text": "退款", "id": "refund"}])
    shop.does(page.posts([{"type": "choice", "choice": {"id": "refund", "text": "退款"}}]))
    said = [one.message for one in shop.desk.tickets.timeline(ticket.id) if one.message][-1]
    assert said.parts == (ChoicePart(id="refund", text="退款"),)


def test_files_go_both_ways_through_the_media_store(shop, tmp_path):
    page = shop.page()
    content = b"\x89PNG\r\n\x1a\n" + b"x" * 100
    shop.does(page.attaches(content, type="image/png", name="../../截图.png"))
    (mine,) = shop.news(page)["messages"]
    part = mine["parts"][0]
    assert (part["kind"], part["name"], part["size"]) == ("image", "截图.png", len(content))
    answer = shop.does(RawRequest(method="GET", url=f"https://desk.example/chat/shop/{part['url']}"))
    assert answer.body == content
    ticket = shop.desk.tickets.list().items[0]
    stored = next(one.message for one in shop.desk.tickets.timeline(ticket.id) if one.message)
    ref = stored.parts[0].ref
    shop.reply(ticket, [TextPart(text="改好了"), MediaPart(ref=ref, type="application/pdf", name="改好.pdf")])
    ours = shop.news(page)["messages"][-1]["parts"]
    assert [one["kind"] for one in ours] == ["text", "file"]
    assert dict(shop.does(RawRequest(method="GET", url=f"/shop/{ours[1]['url']}")).headers)[
        "Content-Disposition"
    ].startswith("attachment")


def test_the_link_of_a_file_ends_with_the_message_that_shows_it(shop):
    page = shop.page()
    shop.does(page.attaches(b"mine", type="text/plain", name="mine.txt"))
    ticket = shop.desk.tickets.list().items[0]
    stored = next(one.message for one in shop.desk.tickets.timeline(ticket.id) if one.message)
    ours = shop.reply(ticket, [MediaPart(ref=stored.parts[0].ref, name="ours.txt")])
    links = [
        RawRequest(method="GET", url=f"https://desk.example/chat/shop/{one['parts'][0]['url']}")
        for one in shop.news(page)["messages"]
    ]
    assert [shop.does(one).body for one in links] == [b"mine", b"mine"]
    shop.desk.channels.recall(ours.id, actor=LI)
    assert shop.does(links[0]).body == b"mine"
    with pytest.raises(NotFound):
        shop.does(links[1])
    shop.desk.customers.erase(shop.desk.customers.list().items[0].id, actor=LI)
    for _ in range(5):
        shop.desk.run_due()
    with pytest.raises(NotFound):
        shop.does(links[0])


# Who they are


def test_who_signs_in_from_the_start_is_the_same_customer_everywhere(shop):
    pages = [shop.signs_in(Page("shop", device=one), "li", name="李") for one in ("desktop", "phone")]
    shop.said(pages[0], "from the desktop")
    shop.said(pages[1], "from the phone")
    assert shop.sees(pages[0]) == shop.sees(pages[1]) == ["from the desktop", "from the phone"]
    customer = shop.desk.customers.find("li", kind="user")
    assert (customer.name, shop.desk.tickets.count()) == ("李", 1)


def test_an_anonymous_visitor_who_signs_in_becomes_a_new_user_of_the_desk(shop):
    page = shop.page()
    ticket = shop.said(page, "hello")
    shop.signs_in(page, "li")
    assert shop.sees(page) == ["hello"]
    customer = shop.desk.customers.find("li", kind="user")
    assert {one.kind for one in customer.identities} == {"visitor", "user"}
    assert shop.said(page, "me again").id == ticket.id


def test_an_anonymous_visitor_who_signs_in_joins_the_customer_who_is_known(shop):
    known = shop.signs_in(Page("shop"), "li", name="李")
    shop.said(known, "last week")
    survivor = shop.desk.customers.find("li", kind="user")
    page = shop.page()
    ticket = shop.said(page, "today")
    visitor = shop.desk.customers.of(ticket.identity)
    shop.signs_in(page, "li")
    shop.signs_in(page, "li")
    assert shop.said(page, "still me").id == ticket.id
    timeline = shop.desk.customers.timeline(survivor.id).items
    assert {one.text for one in timeline} == {"last week", "today", "still me"}
    assert visitor.id != shop.desk.customers.get(visitor.id).id == survivor.id


def test_a_visitor_who_signs_in_before_writing_is_the_customer_who_is_known(shop):
    shop.said(shop.signs_in(Page("shop"), "li", name="李"), "last week")
    page = shop.signs_in(shop.page(), "li")
    shop.said(page, "today")
    customer = shop.desk.customers.find("li", kind="user")
    assert {one.text for one in shop.desk.customers.timeline(customer.id).items} == {"last week", "today"}


def test_identities_that_the_host_has_verified_join_what_the_desk_knew_of_them(shop):
    mail = InboundMessage(
        account="mail", dedupe_key="1", conversation="c", sender=Sender(kind="email", external_id="li@example.com"),
        text="by mail",
    )  # fmt: skip
    shop.desk.receive(mail)
    shop.said(shop.signs_in(Page("shop"), "li"), "by chat")
    assert shop.desk.customers.find("li", kind="user").id != shop.desk.customers.find("li@example.com", kind="email").id
    shop.signs_in(Page("shop"), "li", ids=[{"kind": "email", "scope": "", "id": "li@example.com"}])
    assert shop.desk.customers.find("li", kind="user").id == shop.desk.customers.find("li@example.com", kind="email").id


def test_two_people_on_one_device_stay_two_customers(shop):
    page = shop.page()
    shop.said(page, "hello")
    old = page.token
    shop.signs_in(page, "li")
    shop.said(page, "I am Li")
    page.token = old  # a page that was open all the time
    shop.signs_in(page, "wang")
    li, wang = (shop.desk.customers.find(name, kind="user") for name in ("li", "wang"))
    assert li is not None
    assert wang is None
    shop.said(shop.signs_in(Page("shop"), "wang"), "I am Wang")
    page.token = old
    shop.signs_in(page, "wang")
    ids = {shop.desk.customers.find(name, kind="user").id for name in ("li", "wang")}
    assert len(ids) == 2


def test_once_somebody_has_signed_in_the_token_from_before_opens_nothing(shop):
    page = shop.page()
    ticket = shop.said(page, "hello")
    left = Page("shop", origin="https://desk.example", device="left-behind")
    left.token = page.token
    waiting = shop.does(left.asks()).feed
    shop.signs_in(page, "li")
    shop.reply(ticket, "for Li alone")
    requests = (
        left.asks(), left.asks(stream=True), left.writes("as if I were Li"), left.has(read=["x"]),
        left.attaches(b"x", type="text/plain", name="a.txt"),
    )  # fmt: skip
    for request in requests:
        answer = shop.does(request, 401)
        assert json.loads(answer.body) == {"error": "bad_token"}
        assert dict(answer.headers)["Access-Control-Allow-Origin"] == "https://desk.example"
    with pytest.raises(RequestRejected):
        shop.desk.channels.feed(waiting)
    left.opened(shop.does(left.opens()))  # renewed, it is no better
    shop.does(left.asks(), 401)
    assert shop.sees(page) == ["hello", "for Li alone"]
    assert shop.said(page, "still me").id == ticket.id


@pytest.mark.parametrize("first", ["hello", ""])
def test_another_user_who_signs_in_with_an_old_token_sees_nothing_of_the_first(shop, first):
    page = shop.page()
    if first:
        shop.said(page, first)
    left = Page("shop", device="left-behind")
    left.token = page.token
    shop.signs_in(page, "li")
    shop.said(page, "I am Li")
    shop.signs_in(left, "wang")
    assert shop.sees(left) == []
    shop.said(left, "I am Wang")
    assert shop.sees(page) == [one for one in (first, "I am Li") if one]
    ids = {shop.desk.customers.find(name, kind="user").id for name in ("li", "wang")}
    assert len(ids) == 2


def test_the_same_user_may_sign_in_with_the_old_token_again(shop):
    page = shop.page()
    shop.said(page, "hello")
    tab = Page("shop", device="other-tab")
    tab.token = page.token
    for one in (page, tab, page):
        shop.signs_in(one, "li")
        assert shop.sees(one, after="") in (["hello"], [])
    shop.said(tab, "me again")
    assert shop.sees(page)[-1] == "me again"


def test_an_erased_customer_is_not_shown_any_more(shop):
    page = shop.page()
    ticket = shop.said(page, "my secret")
    shop.reply(ticket, "an answer")
    customer = shop.desk.tickets.list().items[0].identity
    found = shop.desk.customers.list().items[0]
    assert any(one.id == customer for one in found.identities)
    shop.sees(page)
    shop.desk.customers.erase(found.id, actor=LI)
    for _ in range(5):
        shop.desk.run_due()
    told = shop.news(page)
    assert (told["fresh"], told["messages"]) == (True, [])


def test_a_merged_ticket_still_answers_the_visitor(shop):
    page, other = shop.page(), shop.page()
    first, second = shop.said(page, "one"), shop.said(other, "two")
    shop.desk.tickets.merge(first.id, into=second.id, actor=LI)
    shop.said(page, "three")
    assert shop.sees(page) == ["one", "three"]
    assert shop.sees(other) == ["two"]


# The mount's addresses and several processes


def test_addresses_below_the_account_are_the_channels_own(shop):
    page = shop.page()
    assert shop.desk.handle("shop/messages", page.writes("hello")).status == 200
    assert shop.desk.handle("shop/any/depth/widget.js", RawRequest(method="GET", url="/shop/widget.js")).status == 200


def test_the_number_of_a_feed_grows_with_what_its_customer_sees(shop):
    page, other = shop.page(), shop.page()
    feeds = [shop.does(one.asks()).feed for one in (page, other)]
    assert shop.desk.channels.news(feeds) == (0, 0)
    ticket = shop.said(page, "hello")
    message = shop.reply(ticket, "hi")
    shop.desk.note(ticket.id, "x", actor=LI)
    assert shop.desk.channels.news(feeds) == (2, 0)
    shop.desk.channels.recall(message.id, actor=LI)
    assert shop.desk.channels.news(feeds) == (3, 0)
    assert shop.desk.channels.feed(feeds[0]).feed.number == 3


def test_two_desks_over_one_file_show_the_same(tmp_path):
    shop = Shop(f"sqlite:///{tmp_path / 'desk.db'}")
    other = shop.opened(f"sqlite:///{tmp_path / 'desk.db'}")
    page = shop.page()
    ticket = shop.said(page, "hello")
    feed = shop.does(page.asks()).feed
    other.reply(ticket.id, "from the other process", actor=LI)
    assert shop.desk.channels.news([feed]) != (feed.number,)
    assert shop.sees(page) == ["hello", "from the other process"]
    shop.does(page.writes("once", key="client-00000x"))
    assert other.handle("shop", page.writes("once", key="client-00000x")).status == 200
    assert shop.sees(page) == ["once"]
    for desk in (shop.desk, other):
        desk.close()
    store = SqliteStore(tmp_path / "desk.db")
    assert problems_of(store) == ()
    store.close()
