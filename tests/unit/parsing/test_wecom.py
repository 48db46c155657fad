"""Pages of WeCom customer service as events."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from csdesk.domain.records.channels import (
    ChannelEvent,
    DeleteEvent,
    EchoEvent,
    HandoffEvent,
    IgnoredEvent,
    InboundMessage,
    SessionEvent,
    StatusEvent,
    UnknownEvent,
)
from csdesk.domain.records.messages import (
    ChoicePart,
    ContactPart,
    LinkPart,
    LocationPart,
    MediaKind,
    MediaPart,
    MenuItem,
    MenuPart,
    OtherPart,
    Part,
    TextPart,
)
from csdesk.errors import ChannelError, Disposition
from csdesk.parsing.wecom import ERRORS, FAILURES, channel_error, parse_page

SAMPLES = json.loads((Path(__file__).parent.parent.parent / "fixtures" / "wecom_kf_samples.json").read_text())[
    "samples"
]
NOW = datetime(2026, 3, 10, tzinfo=UTC)
ACCOUNT, CUSTOMER = "wkSAMPLEaccount0001", "wmSAMPLEcustomer0001"


def sample(name: str) -> Any:
    return next(one for one in SAMPLES if one["id"] == name)


def item(**fields: Any) -> dict[str, Any]:
    known = {"msgid": "m1", "open_kfid": "wk1", "external_userid": "wm1", "send_time": 1760000000, "origin": 3}
    return {name: value for name, value in {**known, **fields}.items() if value is not None}


def read(*items: Any, **options: Any) -> tuple[ChannelEvent, ...]:
    return parse_page({"errcode": 0, "msg_list": list(items)}, received_at=NOW, **options).events


def event(kind: str, **fields: Any) -> ChannelEvent:
    inside = {"event_type": kind, "open_kfid": "wk1", "external_userid": "wm1", **fields}
    return read({"msgid": "e1", "send_time": 1760000000, "origin": 4, "msgtype": "event", "event": inside})[0]


def test_a_page_of_messages() -> None:
    page = parse_page(json.dumps(sample("sync_response_text_and_image")["body"]), received_at=NOW)
    first, second = page.events
    assert isinstance(first, InboundMessage)
    assert (first.account, first.conversation, first.dedupe_key) == (ACCOUNT, CUSTOMER, "s_text_1")
    assert (first.sender.kind, first.sender.external_id) == ("wecom", CUSTOMER)
    assert first.text == "你好，我的订单 A1001 三天没更新物流了"
    assert first.sent_at == datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)
    assert json.loads(first.raw)["msgid"] == "s_text_1"
    assert isinstance(second, InboundMessage)
    assert second.parts == (MediaPart(media=MediaKind.IMAGE, provider_id="MEDIA_SAMPLE_IMG"),)
    assert first.provider_order < second.provider_order
    assert (page.cursor, page.more) == ("CUR_2", False)


def test_an_empty_page_may_say_that_more_waits() -> None:
    first, second = (parse_page(one, received_at=NOW) for one in sample("sync_response_pages")["pages"])
    assert (first.events, first.more, first.cursor) == ((), True, "CUR_3")
    assert [one.dedupe_key for one in second.events] == ["s_text_1", "s_file_1", "s_loc_1"]


def test_people_of_ours_and_the_life_of_a_session() -> None:
    page = parse_page(sample("sync_response_agent_and_lifecycle")["body"], received_at=NOW)
    echo, handoff, ended, recalled, failed, status = page.events
    assert isinstance(echo, EchoEvent)
    assert (echo.author, echo.to.external_id, echo.provider_id) == ("agent_li", CUSTOMER, "s_agent_1")
    assert isinstance(handoff, HandoffEvent)
    assert (handoff.conversation, handoff.to, handoff.before) == (CUSTOMER, "agent_li", "")
    assert isinstance(ended, SessionEvent)
    assert (ended.what, ended.code) == ("ended", "CODE_SAMPLE_2")
    assert isinstance(recalled, DeleteEvent)
    assert recalled.provider_id == "s_text_1"
    assert isinstance(failed, StatusEvent)
    assert (failed.key, failed.status, failed.reason, failed.permanent) == (
        "out_0001",
        "failed",
        "over_5_messages",
        False,
    )
    assert isinstance(status, IgnoredEvent)
    assert status.reason == "wecom.agent_stopped"
    assert {one.account for one in page.events} == {ACCOUNT}


def test_a_customer_comes_in() -> None:
    (got,) = parse_page(sample("sync_response_enter_session")["body"], received_at=NOW).events
    assert isinstance(got, SessionEvent)
    assert got.what == "started"
    assert got.entrance is not None
    assert (got.entrance.scene, got.entrance.param, got.code) == ("homepage", "from=order_page", "WELCOME_SAMPLE")


@pytest.mark.parametrize(
    ("shop", "scene", "room"),
    [
        ({"scene": 2, "nickname": "灯笼直播间"}, "channels-live", "灯笼直播间"),
        ({"scene": 5, "shop_nickname": "灯笼小店"}, "channels-shop-order", ""),
        ({"scene": 9, "nickname": "x"}, "", ""),
    ],
)
def test_where_in_wechat_channels_somebody_came_from(shop: dict[str, object], scene: str, room: str) -> None:
    page = sample("sync_response_enter_session")["body"]
    inner = page["msg_list"][0]["event"]
    inner.pop("scene", None)
    inner["wechat_channels"] = shop
    (got,) = parse_page(page, received_at=NOW).events
    assert isinstance(got, SessionEvent)
    assert got.entrance is not None
    assert (got.entrance.scene, got.entrance.live_room) == (scene, room)


def test_a_customer_comes_in_from_wechat_channels() -> None:
    event = {"event_type": "enter_session", "open_kfid": "wk1", "external_userid": "wm1", "scene": "s"}
    event["wechat_channels"] = {"nickname": "小店", "scene": 1}
    item = {"msgid": "m1", "send_time": 1773100800, "origin": 4, "msgtype": "event", "event": event}
    (got,) = parse_page({"errcode": 0, "msg_list": [item]}, received_at=NOW).events
    assert isinstance(got, SessionEvent)
    assert got.entrance is not None
    assert (got.entrance.scene, got.entrance.code) == ("s", "小店")


def test_a_tapped_menu_is_a_choice_and_a_text() -> None:
    (got,) = parse_page(sample("sync_response_menu_click")["body"], received_at=NOW).events
    assert isinstance(got, InboundMessage)
    assert got.parts == (TextPart(text="转人工"), ChoicePart(id="handoff", text="转人工"))


@pytest.mark.parametrize(
    ("kind", "inner", "part"),
    [
        ("voice", {"media_id": "x"}, MediaPart(media=MediaKind.VOICE, provider_id="x")),
        ("video", {"media_id": "x"}, MediaPart(media=MediaKind.VIDEO, provider_id="x")),
        ("file", {"media_id": "x"}, MediaPart(media=MediaKind.FILE, provider_id="x")),
        (
            "location",
            {"latitude": "23.1", "longitude": 113.3, "name": "n", "address": "a"},
            LocationPart(latitude=23.1, longitude=113.3, name="n", address="a"),
        ),
        ("link", {"title": "t", "desc": "d", "url": "u"}, LinkPart(url="u", title="t", description="d")),
        ("business_card", {"userid": "u"}, ContactPart(external_id="u")),
        ("miniprogram", {"title": "t", "appid": "a", "pagepath": "p"}, LinkPart(url="p", title="t", app_id="a")),
        (
            "msgmenu",
            {
                "head_content": "h",
                "list": [{"type": "click", "click": {"id": "1", "content": "c"}}, "?"],
                "tail_content": "t",
            },
            MenuPart(head="h", items=(MenuItem(text="c", id="1"),), tail="t"),
        ),
        ("channels_shop_product", {"title": "t", "sales_price": 100}, LinkPart(title="t", description="100")),
        (
            "channels_shop_order",
            {"order_id": "o1", "product_titles": "p", "price_wording": "¥1"},
            OtherPart(provider_type="channels_shop_order", text="o1 p ¥1"),
        ),
        ("channels", {"title": "t", "nickname": "n"}, LinkPart(title="t", description="n")),
        ("meeting", {"title": "t"}, OtherPart(provider_type="meeting", text="t")),
        ("note", None, OtherPart(provider_type="note")),
    ],
)
def test_types_of_messages(kind: str, inner: Any, part: Part) -> None:
    (got,) = read(item(msgtype=kind, **{kind: inner}))
    assert isinstance(got, InboundMessage)
    assert got.parts == (part,)


def test_a_forwarded_chat_with_a_broken_entry() -> None:
    deeper = {
        "title": "inner",
        "item": [{"msgtype": "text", "sender_name": "C", "msg_content": '{"text":{"content":"x"}}'}],
    }
    entries = [
        {"msgtype": "text", "sender_name": "A", "msg_content": json.dumps({"text": {"content": "你好"}})},
        {"msgtype": "image", "sender_name": "B", "msg_content": "{broken"},
        {"msgtype": "merged_msg", "sender_name": "B", "msg_content": json.dumps(deeper)},
        "nonsense",
    ]
    (got,) = read(item(msgtype="merged_msg", merged_msg={"title": "聊天记录", "item": entries}))
    assert isinstance(got, InboundMessage)
    (part,) = got.parts
    assert isinstance(part, OtherPart)
    assert part.text == "聊天记录\nA: 你好\nB: [image]\nB: inner\n  C: x\n: []"


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (item(msgtype="hologram", hologram={}), "hologram"),
        (item(msgtype="text", text={"content": "x"}, origin=9), "text"),
        (item(msgtype="text", text={"content": "x"}, origin=4), "text"),
        (item(msgtype="text", text={"content": "x"}, external_userid=None), "text"),
        (item(msgtype="location", location={"latitude": 123, "longitude": 0}), "location"),
        (item(msgtype="event", event={"event_type": "new_thing"}), "event.new_thing"),
        (item(msgtype="event", event={"event_type": "user_recall_msg"}), "event.user_recall_msg"),
        (
            item(msgtype="event", event={"event_type": "session_status_change", "change_type": 9}),
            "event.session_status_change",
        ),
        (item(msgtype="event", event=[]), "event."),
        ({}, ""),
        (None, ""),
        (["x"], ""),
    ],
)
def test_what_is_unknown_or_broken_is_kept_and_costs_nothing_else(broken: Any, kind: str) -> None:
    good = item(msgid="good", msgtype="text", text={"content": "x"})
    got, other = read(broken, good)
    assert isinstance(got, UnknownEvent)
    assert got.provider_type == kind
    assert json.loads(got.raw) == broken
    assert isinstance(other, InboundMessage)


def test_an_item_without_an_id_gets_a_stable_one() -> None:
    given = item(msgid=None, msgtype="text", text={"content": "x"})
    again = dict(reversed(given.items()))
    other = {**given, "send_time": 1760000001}
    first, second, third = (read(one)[0].dedupe_key for one in (given, again, other))
    assert first == second != third
    assert first.startswith("sha256.")
    assert read({**given, "msgid": "x" * 5000})[0].dedupe_key.startswith("sha256.")


def test_accounts_may_have_names_of_the_host() -> None:
    given = item(msgtype="text", text={"content": "x"})
    assert read(given)[0].account == "wk1"
    assert read(given, accounts={"wk1": "shop"})[0].account == "shop"
    assert read({**given, "open_kfid": None}, account="fallback")[0].account == "fallback"


def test_the_corp_is_the_scope_of_its_customers() -> None:
    (got,) = read(item(msgtype="text", text={"content": "x"}), corp="ww1")
    assert isinstance(got, InboundMessage)
    assert got.sender.scope == "ww1"


@pytest.mark.parametrize("seconds", [None, 0, -1, "x", 10**18, True, 1.5])
def test_an_impossible_time_is_none(seconds: Any) -> None:
    (got,) = read(item(msgtype="text", text={"content": "x"}, send_time=seconds))
    assert isinstance(got, InboundMessage)
    assert got.sent_at in {None, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)}
    inside = {"event_type": "session_status_change", "change_type": 3, "external_userid": "wm1", "open_kfid": "wk1"}
    (ended,) = read({"send_time": seconds, "origin": 4, "msgtype": "event", "event": inside})
    assert isinstance(ended, SessionEvent)
    assert ended.occurred_at is not None


def test_every_kind_of_failure() -> None:
    for number, (reason, permanent) in FAILURES.items():
        got = event("msg_send_fail", fail_msgid="o1", fail_type=number)
        assert isinstance(got, StatusEvent)
        assert (got.reason, got.permanent) == (reason, permanent)
        assert got.status == ("blocked" if number == 10 else "failed")
    unheard = event("msg_send_fail", fail_msgid="o1", fail_type=77)
    assert isinstance(unheard, StatusEvent)
    assert unheard.reason == "unknown"


@pytest.mark.parametrize(
    ("change", "kind"), [(1, HandoffEvent), (2, HandoffEvent), (3, SessionEvent), (4, HandoffEvent)]
)
def test_changes_of_a_session(change: int, kind: type) -> None:
    assert isinstance(event("session_status_change", change_type=change, new_servicer_userid="a"), kind)


@pytest.mark.parametrize(
    ("kind", "fields", "reason"),
    [
        ("servicer_status_change", {"status": 1}, "wecom.agent_receiving"),
        ("reject_customer_msg_switch_change", {"reject_switch": 1}, "wecom.customer_refused"),
        ("reject_customer_msg_switch_change", {"reject_switch": 0}, "wecom.customer_admitted"),
    ],
)
def test_what_needs_nothing_done(kind: str, fields: Any, reason: str) -> None:
    got = event(kind, **fields)
    assert isinstance(got, IgnoredEvent)
    assert got.reason == reason


@pytest.mark.parametrize(("code", "row"), ERRORS.items())
def test_a_refused_page_raises_by_the_table(code: int, row: tuple[str, str]) -> None:
    with pytest.raises(ChannelError) as caught:
        parse_page({"errcode": code, "errmsg": "token=abc"}, received_at=NOW, account="kf")
    assert caught.value.disposition == row[0]
    assert caught.value.disposition in get_args(Disposition)
    assert caught.value.provider_code == str(code)
    assert "abc" not in str(caught.value)


def test_errors_that_no_table_has() -> None:
    assert channel_error("kf", 12345).disposition == "operator"
    assert channel_error("kf", 45009).retry_after == 60
    assert channel_error("kf", -1).retry_after is None


@pytest.mark.parametrize("payload", ["", "[]", "nonsense", b"\xff", "[" * 100_000, "1" * 10_000, '{"errcode":"x"}'])
def test_what_is_no_page_raises(payload: str | bytes) -> None:
    with pytest.raises(ChannelError) as caught:
        parse_page(payload, received_at=NOW)
    assert caught.value.disposition == "retry"
