"""What the adapter answers, reads and shows, request by request."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk import InvalidInput, RawRequest
from csdesk.channels.webchat import Limits, Look, WebChat, sign_user
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import (
    AuthorKind,
    ChoicePart,
    ContactPart,
    HtmlPart,
    LinkPart,
    LocationPart,
    MediaKind,
    MediaPart,
    MenuItem,
    MenuPart,
    TextPart,
)  # fmt: skip
from csdesk.errors import UnsupportedFeature
from csdesk.ports.channel import (
    Channel,
    Feed,
    FeedChannel,
    FeedPage,
    IdentityEvent,
    InboundMessage,
    NamingChannel,
    RecallingChannel,
    Said,
    Sender,
    StatusEvent,
    UnknownEvent,
)  # fmt: skip
from csdesk.testing import FixedClock, SerialIds
from csdesk.testing.webchats import Page

SECRET, HOST = "s" * 32, "h" * 32
NOW = FixedClock().now()
SHA = "a" * 64


def channel(**given):
    return WebChat("shop", secrets=[SECRET], user_secrets=[HOST], **{"ids": SerialIds(), **given})


def receive(chat, request, at=NOW, remote="192.0.2.1"):
    return chat.receive(request.model_copy(update={"received_at": at, "remote": remote}))


def opened(chat, at=NOW, user="", page=None):
    page = page or Page("shop")
    page.opened(receive(chat, page.opens(user=user), at).reply)
    return page


def user(key="li", **given):
    return sign_user(HOST, key, expires_at=NOW + timedelta(minutes=5), **given)


def code(result):
    assert result.rejected.code == json.loads(result.reply.body)["error"]
    return result.rejected.code, result.reply.status


def test_it_is_what_the_contract_says():
    for power in (Channel, FeedChannel, NamingChannel, RecallingChannel):
        assert isinstance(channel(), power)
    assert repr(channel()) == "WebChat('shop')"


@pytest.mark.parametrize(
    "wrong",
    [
        {"secrets": []}, {"user_secrets": ["short"]}, {"origins": ["shop.example"]}, {"user_kind": ""},
        {"user_kind": "visitor"}, {"lifetime": timedelta(seconds=59)}, {"lifetime": timedelta(days=401)},
        {"account": ""}, {"account": "a\n"},
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_when_it_is_made(wrong):
    account = wrong.pop("account", "shop")
    with pytest.raises(InvalidInput):
        WebChat(account, **{"secrets": [SECRET], **wrong})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("look", {"title": "x"}), ("limits", {"messages": 3}), ("lifetime", 5), ("secrets", None), ("secrets", [None]),
        ("user_secrets", None), ("user_secrets", [SECRET]), ("user_secrets", SECRET), ("file_types", "image/png"),
        ("file_types", ["png"]), ("file_types", [7]), ("file_types", None), ("account", 7), ("user_kind", None),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused_by_the_name_of_its_field(field, value):
    given = {"account": "shop", "secrets": [SECRET], field: value}
    with pytest.raises(InvalidInput) as caught:
        WebChat(**given)
    assert caught.value.field == field
    assert SECRET not in str(caught.value)


def test_a_visit_says_what_the_page_may_and_how_it_looks():
    chat = channel(
        look=Look(title="茶", choices=("退款",)), limits=Limits(text=100, file_bytes=7), file_types=["image/PNG"]
    )
    told = json.loads(receive(chat, Page("shop").opens()).reply.body)
    assert told["look"] == {"title": "茶", "choices": ["退款"]}
    assert (told["text"], told["file_bytes"], told["file_types"]) == (100, 7, ["image/png"])
    assert (told["resumed"], told["lives"]) == (False, 14 * 86_400)


def test_a_visit_goes_on_after_a_reload_and_is_renewed():
    chat = channel()
    page = opened(chat)
    first = receive(chat, page.asks()).feed
    later = NOW + timedelta(days=10)
    again = receive(chat, page.opens(), later)
    assert json.loads(again.reply.body)["resumed"]
    page.opened(again.reply)
    feed = receive(chat, page.asks(), later + timedelta(days=13)).feed
    assert (feed.conversation, feed.sender) == (first.conversation, first.sender)


def test_only_the_hosts_word_for_its_user_moves_the_end_of_a_signed_in_visit():
    chat = channel(lifetime=timedelta(days=1))
    page = opened(chat, user=user())
    later = NOW + timedelta(hours=23)
    answer = json.loads(receive(chat, page.opens(), later).reply.body)
    assert (answer["resumed"], answer["lives"]) == (True, 3600)
    opened(chat, later, page=page)
    end = NOW + timedelta(days=1)
    assert code(receive(chat, page.asks(), end)) == ("expired_token", 401)
    again = sign_user(HOST, "li", expires_at=later + timedelta(minutes=5))
    opened(chat, later, user=again, page=page)
    assert receive(chat, page.asks(), end).rejected is None


def test_who_signs_in_later_stays_no_longer_either():
    chat = channel(lifetime=timedelta(days=1))
    page = opened(chat)
    opened(chat, user=user(), page=page)
    opened(chat, NOW + timedelta(hours=23), page=page)
    assert code(receive(chat, page.asks(), NOW + timedelta(days=1))) == ("expired_token", 401)


def test_a_visit_that_is_over_is_followed_by_another():
    chat = channel()
    page = opened(chat)
    before = receive(chat, page.asks()).feed.conversation
    later = NOW + timedelta(days=14)
    assert code(receive(chat, page.asks(), later)) == ("expired_token", 401)
    opened(chat, later, page=page)
    assert receive(chat, page.asks(), later).feed.conversation != before


def test_a_user_has_one_conversation_on_every_device():
    chat = channel()
    feeds = [receive(chat, opened(chat, user=user(name="李")).asks()).feed for _ in range(2)]
    assert feeds[0] == feeds[1]
    assert feeds[0].sender.external_id == "li"
    assert feeds[0].conversation != receive(chat, opened(chat, user=user("wang")).asks()).feed.conversation


def test_who_signs_in_later_keeps_the_conversation_and_is_joined_to_it():
    chat = channel()
    page = opened(chat)
    before = receive(chat, page.asks()).feed
    signed = receive(chat, page.opens(user=user(ids=[{"kind": "email", "scope": "", "id": "li@example.com"}])))
    (event,) = signed.events
    assert isinstance(event, IdentityEvent)
    assert (event.sender, event.joins) == (before.sender, True)
    assert [(one.kind, one.external_id) for one in event.also] == [("user", "li"), ("email", "li@example.com")]
    page.opened(signed.reply)
    assert receive(chat, page.asks()).feed.conversation == before.conversation
    (message,) = receive(chat, page.writes("在吗")).events
    assert [one.external_id for one in (message.sender, *message.also)] == [
        before.sender.external_id,
        "li",
        "li@example.com",
    ]
    (again,) = receive(chat, page.opens(user=user())).events
    assert again.dedupe_key != event.dedupe_key
    assert receive(chat, page.opens()).events == ()


def test_another_user_on_the_same_device_gets_a_visit_of_their_own():
    chat = channel()
    page = opened(chat, user=user())
    before = receive(chat, page.asks()).feed.conversation
    result = receive(chat, page.opens(user=user("wang")))
    assert result.events == ()
    page.opened(result.reply)
    assert receive(chat, page.asks()).feed.conversation != before


def test_a_user_whom_the_host_did_not_sign_is_nobody():
    chat = channel()
    assert code(receive(chat, Page("shop").opens(user="x.y.z"))) == ("bad_user", 401)
    assert code(receive(chat, Page("shop").opens(user=user()), NOW + timedelta(minutes=5))) == ("expired_user", 401)


def test_messages_are_taken_or_refused_one_by_one():
    chat = channel(limits=Limits(text=10))
    page = opened(chat)
    result = receive(
        chat, page.posts([{"text": "好"}, {"text": "x" * 11}, 7, {"id": "no", "text": "好"}, {"type": "wave"}])
    )
    answer = json.loads(result.reply.body)
    assert answer["taken"] == ["client-000001", "client-000004"]
    assert [one["error"] for one in answer["refused"]] == ["bad_fields"] * 3
    said, unknown = result.events
    assert (said.text, said.dedupe_key) == ("好", f"{said.conversation}/client-000001")
    assert isinstance(unknown, UnknownEvent)
    assert json.loads(unknown.raw)["type"] == "wave"


def test_a_choice_and_the_page_that_it_was_made_on():
    chat = channel()
    page = opened(chat)
    (said,) = receive(
        chat, page.posts([{"type": "choice", "choice": {"text": "退款"}, "page": "https://a.example/b?c"}])
    ).events
    assert said.parts == (ChoicePart(id="退款", text="退款"),)
    assert said.entrance.scene == "https://a.example/b"


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"body": b""}, ("bad_body", 400)),
        ({"body": b"[" * 60_000}, ("bad_body", 400)),
        ({"body": b"\xff"}, ("bad_body", 400)),
        ({"body": b"[]"}, ("bad_fields", 422)),
        ({"body": b'{"messages": []}'}, ("bad_fields", 422)),
        ({"body": b'{"messages": [{"id": "x"}]}'}, ("bad_fields", 422)),
        ({"body": json.dumps({"messages": [{}] * 21}).encode()}, ("bad_fields", 422)),
        ({"body": b"x" * 65_537}, ("too_large", 413)),
        ({"headers": ()}, ("no_token", 401)),
        ({"headers": (("Authorization", "Basic eA=="),)}, ("no_token", 401)),
        ({"headers": (("Authorization", "Bearer x"),)}, ("bad_token", 401)),
        ({"method": "PUT"}, ("bad_method", 405)),
        ({"method": "DELETE"}, ("bad_method", 405)),
        ({"url": "/shop"}, ("not_found", 404)),
        ({"url": "https://["}, ("not_found", 404)),
        ({"headers": (("Origin", "https://evil.example"),)}, ("bad_origin", 403)),
    ],
)
def test_what_is_wrong_with_a_request_is_said_in_a_code(change, wanted):
    chat = channel()
    assert code(receive(chat, opened(chat).writes("好").model_copy(update=change))) == wanted


def test_outside_a_desk_nothing_is_answered():
    assert code(channel().receive(Page("shop").opens())) == ("no_desk", 503)
    assert code(receive(channel(ids=None), Page("shop").opens())) == ("no_desk", 503)


def test_too_much_in_too_short_a_time_is_told_when_to_come_back():
    chat = channel(limits=Limits(messages=3, reads=3, visits=3))
    page = opened(chat)
    assert receive(chat, page.writes("1")).rejected is None
    for request in (page.writes("2"), page.attaches(b"x", type="text/plain", name="a"), page.has()):
        result = receive(chat, request)
        assert code(result) == ("too_many", 429)
        assert result.reply.headers[-2] == ("Retry-After", "21")
    assert receive(chat, page.writes("2"), NOW + timedelta(seconds=21)).rejected is None
    assert receive(chat, page.asks()).rejected is None
    assert code(receive(chat, page.asks())) == ("too_many", 429)
    assert code(receive(chat, Page("shop").opens())) == ("too_many", 429)
    assert receive(chat, Page("shop").opens(), remote="192.0.2.2").rejected is None
    assert receive(chat, page.opens()).rejected is None  # a visit that goes on is no new one


def test_a_network_of_ipv6_is_one_address():
    chat = channel(limits=Limits(visits=3))
    opens = [receive(chat, Page("shop").opens(), remote=f"2001:db8:0:1::{number:x}") for number in range(3)]
    assert [one.rejected is None for one in opens] == [True, False, False]
    assert receive(chat, Page("shop").opens(), remote="2001:db8:0:2::1").rejected is None


def test_many_visits_from_one_address_write_no_more_than_twenty_visitors():
    chat = channel(limits=Limits(messages=3, visits=1000))
    pages = [opened(chat) for _ in range(30)]

    def written(remote):
        return sum(receive(chat, page.writes("x"), remote=remote).rejected is None for page in pages)

    assert written("198.51.100.7") == 20
    assert written("198.51.100.7") == 0


def test_who_comes_through_a_proxy_is_not_counted_by_its_address():
    chat = channel(limits=Limits(messages=3, visits=1000))
    assert all(receive(chat, opened(chat).writes("x"), remote="10.0.0.7").rejected is None for _ in range(30))


def test_files_are_checked_by_size_and_type():
    chat = channel(limits=Limits(file_bytes=10))
    page = opened(chat)
    attach = page.attaches
    wanted = {
        attach(b"x" * 11, type="text/plain", name="a"): ("too_large", 413),
        attach(b"", type="text/plain", name="a"): ("bad_body", 400),
        attach(b"MZ12", type="text/plain", name="a"): ("bad_type", 415),
        attach(b"x", type="application/x-sh", name="a"): ("bad_type", 415),
        attach(b"<script>", type="text/html", name="a"): ("bad_type", 415),
        attach(b"x", type="text/plain", name="a" * 301): ("bad_fields", 422),
    }
    for request, refusal in wanted.items():
        assert code(receive(chat, request)) == refusal
    office = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    for type_, content in (
        ("Text/Plain; charset=utf-8", b"x"),
        (office, b"PK\x03\x04"),
        ("image/png", b"\x89PNG\r\n\x1a\n"),
    ):
        (said,) = receive(chat, attach(content, type=type_, name="a")).events
        assert isinstance(said, InboundMessage)
        assert said.files[0].content == content
    assert said.parts[0].media is MediaKind.IMAGE
    none = channel(limits=Limits(file_bytes=0))
    assert code(receive(none, opened(none).attaches(b"x", type="text/plain", name="a"))) == ("too_large", 413)


# What visitors see


def feed(chat, page, **query):
    return receive(chat, page.asks(**query)).feed


def shown(chat, feed, *said, **page):
    return json.loads(chat.show(feed, FeedPage(said=said, mark="m", **page)))


def said(*parts, author=AuthorKind.AGENT, **more):
    return Said(id="msg_" + "0" * 26, at=NOW, author=author, parts=parts, **more)


def test_every_kind_of_part_is_shown():
    chat = channel()
    asked = feed(chat, opened(chat))
    picture = MediaRef(sha256=SHA, size=7, type="image/png", name="a.png")
    parts = (
        TextPart(text="您好"), LinkPart(url="https://x.example", title="t", description="d"),
        LinkPart(url="javascript:alert(1)", title="bad"), MediaPart(media=MediaKind.IMAGE, ref=picture),
        MediaPart(media=MediaKind.IMAGE, ref=picture.model_copy(update={"type": "image/svg+xml"})),
        MediaPart(name="lost.txt"), ChoicePart(id="a"), ContactPart(name="n", address="a"),
        LocationPart(latitude=1, longitude=2, name="n"), HtmlPart(html="<b>"),
        MenuPart(head="h", tail="t", items=(
            MenuItem(text="1", id="a"), MenuItem(text="2", url="https://x.example"), MenuItem(text="3", url="data:x"),
            MenuItem(text="4"),
        )),
    )  # fmt: skip
    (message,) = shown(chat, asked, said(*parts, name="李娜", read=True))["messages"]
    kinds = [one["kind"] for one in message["parts"]]
    assert kinds == ["text", "link", "link", "image", "file", "file", "text", "text", "text", "menu"]
    assert message["parts"][2]["url"] == ""
    assert message["parts"][-1]["items"] == [
        {"text": "1", "id": "a"}, {"text": "2", "url": "https://x.example"}, {"text": "3"}, {"text": "4"},
    ]  # fmt: skip
    assert (message["from"], message["name"], message["read"]) == ("agent", "李娜", True)


@pytest.mark.parametrize(
    ("author", "word"),
    [
        (AuthorKind.CUSTOMER, "you"),
        (AuthorKind.ELSEWHERE, "agent"),
        (AuthorKind.BOT, "bot"),
        (AuthorKind.SYSTEM, "system"),
    ],
)
def test_who_wrote(author, word):
    chat = channel(names=False)
    (message,) = shown(chat, feed(chat, opened(chat)), said(author=author, name="x", provider_id="vis_1/abc"))[
        "messages"
    ]
    assert message["from"] == word
    assert "name" not in message
    assert message.get("client") == ("abc" if word == "you" else None)


def test_a_stream_is_a_row_of_events():
    chat = channel()
    request = opened(chat).asks(stream=True)
    asked = receive(chat, request).feed
    assert asked.stream
    body = chat.show(asked, FeedPage(said=(said(TextPart(text="a\nb")),), mark="m1"))
    event, mark, data, end, last = body.decode().split("\n")
    assert (event, mark, end, last) == ("event: page", "id: m1", "", "")
    assert json.loads(data.removeprefix("data: "))["messages"][0]["parts"][0]["text"] == "a\nb"
    assert chat.show(asked, FeedPage(mark="m1", fresh=False)) == b": nothing new\n\n"
    assert not receive(chat, request.model_copy(update={"streams": False})).feed.stream


def test_a_file_is_shown_by_a_link_that_ends_and_cannot_be_made():
    chat = channel()
    asked = feed(chat, opened(chat))
    part = MediaPart(ref=MediaRef(sha256=SHA, size=7, type="text/html", name="报告.html"))
    url = shown(chat, asked, said(part))["messages"][0]["parts"][0]["url"]
    result = receive(chat, RawRequest(method="GET", url=f"https://desk.example/chat/shop/{url}"))
    assert result.file.sha256 == SHA
    headers = dict(result.reply.headers)
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''%E6%8A%A5%E5%91%8A.html"
    assert headers["X-Content-Type-Options"] == "nosniff"
    late = RawRequest(method="GET", url=f"/shop/{url}")
    assert code(receive(chat, late, NOW + timedelta(days=14))) == ("expired_token", 401)
    forged = RawRequest(method="GET", url=f"/shop/{url[:-3]}AAA")
    assert code(receive(chat, forged)) == ("bad_token", 401)
    page = opened(chat)
    assert code(receive(chat, RawRequest(method="GET", url=f"/shop/file?ref={page.token}"))) == ("bad_token", 401)


def test_receipts_are_believed_for_messages_that_this_visitor_was_shown():
    chat = channel()
    mine, other = opened(chat), opened(chat)
    key = shown(chat, feed(chat, mine), said())["messages"][0]["id"]
    (event,) = receive(chat, mine.has(read=[key, key, "msg_1", key[:-1] + "~"])).events
    assert isinstance(event, StatusEvent)
    assert (event.status, event.key) == ("read", "msg_" + "0" * 26)
    assert receive(chat, other.has(delivered=[key])).events == ()


@pytest.mark.parametrize(
    "earlier",
    ["yesterday", "2026-01-01T00:00:00", "", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"],
)
def test_an_earlier_page_needs_an_instant(earlier):
    chat = channel(origins=["*"])
    result = receive(chat, opened(chat, page=Page("shop", origin="https://a.example")).asks(before=earlier))
    assert code(result) == ("bad_fields", 422)
    assert dict(result.reply.headers)["Access-Control-Allow-Origin"] == "https://a.example"


def test_a_wrong_method_is_told_the_right_one():
    chat = channel()
    for what, allowed in (("messages", "POST"), ("events", "GET"), ("widget.js", "GET")):
        result = receive(chat, RawRequest(method="DELETE", url=f"https://desk.example/chat/shop/{what}"))
        assert code(result) == ("bad_method", 405)
        assert dict(result.reply.headers)["Allow"] == f"{allowed}, OPTIONS"


def test_an_answer_waits_no_longer_than_the_visit_lasts():
    chat = channel()
    page = opened(chat)
    assert feed(chat, page).wait == 25
    assert feed(chat, page, wait="0").wait == 0
    assert receive(chat, page.asks(stream=True)).feed.wait == 300
    last = NOW + timedelta(days=14, seconds=-9)
    assert receive(chat, page.asks(), last).feed.wait == 9


def test_the_widget_is_served_with_its_tag():
    chat = channel()
    ask = RawRequest(
        method="GET", url="https://desk.example/chat/shop/widget.js?v=1", headers=(("Origin", "https://any.example"),)
    )
    answer = receive(chat, ask).reply
    headers = dict(answer.headers)
    assert answer.status == 200
    assert b"csdesk" in answer.body
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    for known in (headers["ETag"], f'"x", W/{headers["ETag"]}', "*"):
        again = receive(chat, ask.model_copy(update={"headers": (("If-None-Match", known),)})).reply
        assert (again.status, again.body, dict(again.headers)["ETag"]) == (304, b"", headers["ETag"])
    assert receive(chat, ask.model_copy(update={"headers": (("If-None-Match", '"x"'),)})).reply.status == 200


def test_a_preflight_is_answered_for_our_pages_only():
    chat = channel(origins=["https://shop.example"])
    ask = Page("shop", origin="https://shop.example").asks().model_copy(update={"method": "OPTIONS"})
    headers = dict(receive(chat, ask).reply.headers)
    assert headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Authorization" in headers["Access-Control-Allow-Headers"]
    other = Page("shop", origin="https://evil.example").asks().model_copy(update={"method": "OPTIONS"})
    assert code(receive(chat, other)) == ("bad_origin", 403)


def test_nothing_can_be_pulled():
    with pytest.raises(UnsupportedFeature):
        next(channel().pull(None, None))


def test_the_feed_of_somebody_without_an_end_has_links_that_end_at_once():
    chat = channel()
    asked = Feed(account="shop", conversation="c", sender=Sender(external_id="c"))
    url = shown(chat, asked, said(MediaPart(ref=MediaRef(sha256=SHA, size=1))))["messages"][0]["parts"][0]["url"]
    assert code(receive(chat, RawRequest(method="GET", url=f"/shop/{url}"))) == ("expired_token", 401)


NAMES = (
    st.sampled_from(["Authorization", "Origin", "Content-Type", "Accept", "Last-Event-ID", "If-None-Match"]) | st.text()
)
PATHS = st.sampled_from(["visits", "messages", "files", "receipts", "events", "file", "widget.js", ""])
JSONS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda one: st.lists(one, max_size=4) | st.dictionaries(st.sampled_from(["messages", "id", "text", "token"]), one),
    max_leaves=10,
)


@given(
    method=st.sampled_from(["GET", "POST", "OPTIONS", "DELETE"]),
    path=PATHS,
    query=st.text() | st.sampled_from(["id=client-000001&name=a", "ref=file.e30.x", "before=2026", "after=x"]),
    headers=st.lists(st.tuples(NAMES, st.text()), max_size=4),
    body=st.binary() | JSONS.map(lambda one: json.dumps(one).encode()),
    signed=st.booleans(),
)
def test_whatever_a_stranger_asks_is_answered(method, path, query, headers, body, signed):
    token = TOKEN if signed else "x"
    url = f"https://desk.example/chat/shop/{path}?{query}"
    given = (("Authorization", f"Bearer {token}"), *headers)
    result = receive(CHAT, RawRequest(method=method, url=url, headers=given, body=body, streams=True))
    assert 200 <= result.reply.status < 500
    assert (result.rejected is None) == (result.reply.status < 400)


CHAT = channel(limits=Limits(messages=100_000, reads=100_000, visits=None))
TOKEN = opened(CHAT).token
