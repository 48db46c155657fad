"""What goes to WhatsApp."""

import asyncio
import io
import json
import logging

import httpx
import pytest

from csdesk import Actor, TemplateButton, TemplatePart, TemplateValue, open_async_desk, open_desk
from csdesk.domain.records.messages import (
    ContactPart,
    Delivery,
    LinkPart,
    LocationPart,
    MediaKind,
    MediaPart,
    MenuItem,
    MenuPart,
    OtherPart,
    TextPart,
)
from csdesk.errors import ChannelError, UnsupportedFeature
from csdesk.ports.channel import HttpResponse, MediaFile, MediaWanted, OutboundMessage, Sender
from csdesk.system.async_http import AsyncHttpxHttp
from csdesk.system.http import HttpxHttp
from csdesk.testing import SerialIds

from ..bench import AGENT
from .conftest import ANN


def put(wa, content=b"x" * 100, type="image/png", name="a.png"):
    return wa.desk._core.media.put(io.BytesIO(content), type=type, name=name)


def outbound(wa, *parts, conversation=ANN):
    return OutboundMessage(
        key="msg_1", account="wa", conversation=conversation, to=Sender(external_id=conversation),
        parts=parts or (TextPart(text="x"),), occurred_at=wa.clock.now(),
    )  # fmt: skip


def choice(number, text=None):
    return MenuItem(text=text or f"Choice {number}", id=f"c{number}")


@pytest.mark.parametrize(
    ("part", "kind", "content"),
    [
        (TextPart(text="hi"), "text", {"body": "hi", "preview_url": False}),
        (LinkPart(title="T", url="https://x"), "text", {"body": "T\nhttps://x", "preview_url": True}),
        (
            LocationPart(latitude=1, longitude=2, name="Shop"),
            "location",
            {"latitude": 1.0, "longitude": 2.0, "name": "Shop"},
        ),
        (
            ContactPart(external_id="+86", name="王"),
            "contacts",
            [{"name": {"formatted_name": "王", "first_name": "王"}, "phones": [{"phone": "+86", "type": "CELL"}]}],
        ),
        (
            MenuPart(head="Which?", items=(choice(1), choice(2), MenuItem(text="or write")), tail="Thanks"),
            "interactive",
            {
                "type": "button",
                "body": {"text": "Which?\nor write"},
                "footer": {"text": "Thanks"},
                "action": {
                    "buttons": [
                        {"type": "reply", "reply": {"id": "c1", "title": "Choice 1"}},
                        {"type": "reply", "reply": {"id": "c2", "title": "Choice 2"}},
                    ]
                },
            },
        ),
        (
            MenuPart(head="Which?", items=(choice(1, "x" * 21), MenuItem(text="Shop", url="https://s"))),
            "interactive",
            {
                "type": "list",
                "body": {"text": "Which?\nShop: https://s"},
                "action": {"button": "Menu", "sections": [{"rows": [{"id": "c1", "title": "x" * 21}]}]},
            },
        ),
        (
            MenuPart(head="See", items=(MenuItem(text="Shop", url="https://s"),)),
            "interactive",
            {
                "type": "cta_url",
                "body": {"text": "See"},
                "action": {"name": "cta_url", "parameters": {"display_text": "Shop", "url": "https://s"}},
            },
        ),
        (
            MenuPart(
                head="See",
                items=(MenuItem(text="One", url="https://1"), MenuItem(text="Two", url="https://2")),
                tail=".",
            ),
            "text",
            {"body": "See\nOne: https://1\nTwo: https://2\n.", "preview_url": False},
        ),
    ],
)
def test_each_part_is_a_message(wa, part, kind, content):
    sent = wa.desk.reply(wa.said().id, [part], actor=AGENT)
    assert sent.delivery is Delivery.SENT
    (got,) = wa.platform.sent
    assert (got.body["type"], got.body[kind]) == (kind, content)
    assert (got.to, got.key, got.body["recipient_type"]) == (ANN, sent.message.id, "individual")


@pytest.mark.parametrize("count", [3, 4, 10])
def test_more_than_three_choices_are_a_list(wa, count):
    menu = MenuPart(head="Which?", items=tuple(choice(number) for number in range(count)))
    assert wa.desk.reply(wa.said().id, [menu], actor=AGENT).delivery is Delivery.SENT
    assert wa.platform.sent[0].body["interactive"]["type"] == ("button" if count == 3 else "list")


@pytest.mark.parametrize(
    "part",
    [
        OtherPart(provider_type="x"),
        ContactPart(name="nobody"),
        MenuPart(items=(choice(1),)),
        MenuPart(head="x" * 1020, items=(choice(1), MenuItem(text="too many words"))),
        MenuPart(head="x" * 1025, items=(choice(1),)),
        MenuPart(head="x", items=tuple(choice(number) for number in range(11))),
        MenuPart(head="x", items=(choice(1, "x" * 25),)),
    ],
)
def test_what_whatsapp_does_not_take_never_leaves(wa, part):
    message = wa.desk.reply(wa.said().id, [part], actor=AGENT).message
    assert (message.delivery, message.delivery_needs) == (Delivery.FAILED, "other_content")
    assert wa.platform.sent == []


@pytest.mark.parametrize(
    ("media", "type", "kind"),
    [
        (MediaKind.IMAGE, "image/png", "image"),
        (MediaKind.VOICE, "audio/ogg", "audio"),
        (MediaKind.VIDEO, "video/mp4", "video"),
        (MediaKind.STICKER, "image/webp", "sticker"),
        (MediaKind.FILE, "application/pdf", "document"),
    ],
)
def test_files_are_uploaded_once_and_sent_by_their_id(wa, media, type, kind):
    ticket = wa.said()
    part = MediaPart(media=media, ref=put(wa, type=type, name="a.bin"), caption="好")
    for _ in range(2):
        assert wa.desk.reply(ticket.id, [part], actor=AGENT).delivery is Delivery.SENT
    assert wa.platform.calls["media"] == 1
    body = wa.platform.sent[0].body[kind]
    assert ("caption" in body, "filename" in body) == (kind in ("image", "video", "document"), kind == "document")
    assert wa.platform.media_items[body["id"]].content == b"x" * 100


def test_an_upload_that_is_gone_is_made_once_more_and_then_given_up(wa):
    ticket = wa.said()
    part = MediaPart(media=MediaKind.IMAGE, ref=put(wa))
    wa.desk.reply(ticket.id, [part], actor=AGENT)
    wa.platform.forget_media()
    assert wa.desk.reply(ticket.id, [part], actor=AGENT).delivery is Delivery.SENT
    assert wa.platform.calls["media"] == 2
    wa.platform.plan("messages", 131053, 131053)
    message = wa.desk.reply(ticket.id, [part], actor=AGENT).message
    assert (message.delivery_reason, message.delivery_needs) == ("131053", "other_content")
    assert wa.platform.calls["media"] == 3


def test_a_wrong_type_of_file_never_leaves(wa):
    part = MediaPart(media=MediaKind.IMAGE, ref=put(wa, type="image/gif"))
    message = wa.desk.reply(wa.said().id, [part], actor=AGENT).message
    assert message.delivery_reason == "media_type"
    assert wa.platform.calls["media"] == 0


TEMPLATE = TemplatePart(name="order_update", locale="zh_CN", text="您好，王芳", body=(TemplateValue(text="王芳"),))


def test_after_24_hours_only_a_template_goes(wa):
    ticket = wa.said()
    wa.later(hours=24)
    assert wa.desk.tickets.window(ticket.id).is_open
    assert wa.desk.reply(ticket.id, "to the second", actor=AGENT).delivery is Delivery.SENT
    wa.later(seconds=1)
    assert not wa.desk.tickets.window(ticket.id).is_open
    late = wa.desk.reply(ticket.id, "too late", actor=AGENT).message
    assert (late.delivery_reason, late.delivery_needs) == ("window_closed", "template")
    assert wa.platform.calls["messages"] == 1
    sent = wa.desk.reply(ticket.id, [TEMPLATE], actor=AGENT)
    assert (sent.delivery, sent.message.text) == (Delivery.SENT, "您好，王芳")
    assert wa.platform.sent[-1].body["template"] == {
        "name": "order_update",
        "language": {"code": "zh_CN"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "王芳"}]}],
    }
    wa.said("again")
    assert wa.desk.reply(ticket.id, "open", actor=AGENT).delivery is Delivery.SENT


def test_a_clock_that_the_platform_sees_otherwise(wa):
    ticket = wa.said()
    wa.platform.plan("messages", 131047)
    message = wa.desk.reply(ticket.id, "x", actor=AGENT).message
    assert (message.delivery_reason, message.delivery_needs) == ("131047", "template")


def test_a_template_with_everything(wa):
    wa.platform.templates["all", "en"] = 3
    template = TemplatePart(
        name="all",
        locale="en",
        ref=put(wa, type="image/png"),
        body=(
            TemplateValue(text="Ann", name="who"),
            TemplateValue(text="$1.50", currency="USD", amount_1000=1500),
            TemplateValue(text="Monday", is_time=True),
        ),
        buttons=(
            TemplateButton(value="yes"),
            TemplateButton(kind="url", index=1, value="order/9"),
            TemplateButton(kind="code", index=2, value="SAVE"),
        ),
    )
    assert wa.desk.reply(wa.said().id, [template], actor=AGENT).delivery is Delivery.SENT
    header, body, *buttons = wa.platform.sent[0].body["template"]["components"]
    assert wa.platform.media_items[header["parameters"][0]["image"]["id"]].content == b"x" * 100
    assert body["parameters"] == [
        {"type": "text", "parameter_name": "who", "text": "Ann"},
        {"type": "currency", "currency": {"fallback_value": "$1.50", "code": "USD", "amount_1000": 1500}},
        {"type": "date_time", "date_time": {"fallback_value": "Monday"}},
    ]
    assert [(one["sub_type"], one["index"], one["parameters"]) for one in buttons] == [
        ("quick_reply", "0", [{"type": "payload", "payload": "yes"}]),
        ("url", "1", [{"type": "text", "text": "order/9"}]),
        ("copy_code", "2", [{"type": "coupon_code", "coupon_code": "SAVE"}]),
    ]


@pytest.mark.parametrize(
    ("change", "reason", "needs"),
    [
        ({"name": "none"}, "132001", "operator"),
        ({"body": ()}, "132000", "other_content"),
        ({"media": MediaKind.VOICE, "provider_id": "1"}, "content", "other_content"),
    ],
)
def test_templates_that_do_not_fit(wa, change, reason, needs):
    message = wa.desk.reply(wa.said().id, [TEMPLATE.model_copy(update=change)], actor=AGENT).message
    assert (message.delivery_reason, message.delivery_needs) == (reason, needs)


def test_a_template_of_words_alone(wa):
    wa.platform.templates["hello", "en"] = 0
    header = TemplateValue(text="Shop")
    for part in (TemplatePart(name="hello", locale="en"), TemplatePart(name="hello", locale="en", header=header)):
        assert wa.desk.reply(wa.said().id, [part], actor=AGENT).delivery is Delivery.SENT
    bare, headed = (one.body["template"] for one in wa.platform.sent)
    assert "components" not in bare
    assert headed["components"] == [{"type": "header", "parameters": [{"type": "text", "text": "Shop"}]}]


@pytest.mark.parametrize("fault", ["reset", "slow", "half", "html", "empty", "down", 1])
def test_what_is_in_doubt_is_settled_by_the_report(wa, fault):
    ticket = wa.said()
    wa.platform.plan("messages", fault)
    sent = wa.desk.reply(ticket.id, "hello", actor=AGENT)
    assert (sent.delivery, sent.message.delivery_needs) == (Delivery.UNKNOWN, "check")
    wa.later(hours=1)
    wa.desk.run_due()
    if fault in ("reset", "slow", "half"):
        (arrived,) = wa.platform.sent
        wa.platform.reports(arrived, "delivered")
        wa.arrives()
        message = wa.message(sent.message.id)
        assert (message.delivery, message.provider_id) == (Delivery.DELIVERED, arrived.id)
        assert wa.desk.outbox.list().items == ()
    else:
        assert wa.platform.sent == []


def test_a_report_that_comes_before_the_answer_finds_the_message(wa):
    ticket = wa.said()
    wa.platform.plan("messages", "reset")
    sent = wa.desk.reply(ticket.id, "hello", actor=AGENT)
    wa.platform.reports(wa.platform.sent[0], "read")
    wa.arrives()
    assert wa.message(sent.message.id).delivery is Delivery.READ


def test_a_customer_is_left_alone_for_a_while(wa):
    wa.platform.pair_seconds = 4
    ticket = wa.said()
    for text in ("one", "two"):
        wa.desk.reply(ticket.id, text, actor=AGENT)
    assert [one.text for one in wa.platform.sent] == ["one"]
    wa.later(seconds=5)
    wa.desk.run_due()
    assert [one.text for one in wa.platform.sent] == ["one", "two"]


def test_the_platform_says_when_to_come_back(wa):
    ticket = wa.said()
    wa.platform.plan("messages", "limited")
    sent = wa.desk.reply(ticket.id, "hello", actor=AGENT)
    wa.later(seconds=29)
    wa.desk.run_due()
    assert wa.platform.sent == []
    wa.later(seconds=1)
    wa.desk.run_due()
    assert wa.message(sent.message.id).delivery is Delivery.SENT


def test_an_answer_that_names_no_message_leaves_it_in_doubt(wa):
    exchange = wa.channel.send(outbound(wa))
    next(exchange)
    with pytest.raises(ChannelError) as caught:
        exchange.send(HttpResponse(status=200, body=b"{}"))
    assert caught.value.disposition == "unknown_outcome"


def test_who_shows_no_number_is_written_to_by_their_id(wa):
    request = next(wa.channel.send(outbound(wa, conversation="CN.1")))
    assert json.loads(request.body)["recipient"] == "CN.1"


def test_replies_quote_if_wanted(make_wa):
    wa = make_wa(quote=True)
    ticket = wa.said()
    wamid = wa.messages()[0].provider_id
    wa.desk.reply(ticket.id, "hello", actor=AGENT)
    assert wa.platform.sent[0].body["context"] == {"message_id": wamid}


def test_reading_and_typing_are_shown(wa):
    wa.said()
    wamid = wa.messages()[0].provider_id
    wa.desk.channels.run(wa.channel.mark_read(wamid))
    wa.desk.channels.run(wa.channel.mark_read(wamid, typing=True))
    assert (wa.platform.read, wa.platform.typing) == ([wamid, wamid], [wamid])


def test_nothing_is_taken_back_or_changed(wa):
    sent = wa.desk.reply(wa.said().id, "x", actor=AGENT).message
    with pytest.raises(UnsupportedFeature):
        wa.desk.channels.recall(sent.id, actor=AGENT)
    with pytest.raises(UnsupportedFeature):
        wa.desk.channels.edit(sent.id, "y", actor=AGENT)


def test_health_tells_a_number_of_low_quality(wa):
    assert wa.desk.channels.check("wa").status == "ok"
    wa.platform.quality = "RED"
    health = wa.desk.channels.check("wa")
    assert (health.status, health.code) == ("degraded", "low_quality")
    wa.platform.plan("phone", 131047)
    assert wa.desk.channels.check("wa").status == "degraded"


def test_a_server_that_is_none_of_the_platforms(wa):
    for status, disposition in ((404, "operator"), (302, "operator"), (500, "unknown_outcome")):
        client = httpx.Client(transport=httpx.MockTransport(lambda _, status=status: httpx.Response(status)))
        exchange = wa.channel.send(outbound(wa))
        with pytest.raises(ChannelError) as caught:
            exchange.send(HttpxHttp(client).exchange(next(exchange)))
        assert (caught.value.disposition, caught.value.provider_code) == (disposition, f"http_{status}")
        client.close()


def test_no_error_shows_a_secret(wa, caplog):
    told = []
    wa.said()
    with caplog.at_level(logging.DEBUG):
        for fault in ("reset", "slow", "refused", "html", 190, 131047, 131026, 1):
            wa.platform.plan("messages", *[fault] * 3)
            with pytest.raises(ChannelError) as caught:
                wa.desk.channels.run(wa.channel.send(outbound(wa)))
            error = caught.value
            told += [repr(error), str(error), json.dumps(error.params), repr(error.__cause__)]
            wa.platform.plans.clear()
    told += [caplog.text, repr(wa.channel)]
    for secret in (wa.platform.token, wa.platform.app_secret):
        assert not any(secret in one for one in told)


def test_the_same_with_await(wa):
    async def run():
        async with httpx.AsyncClient(transport=wa.platform.transport()) as client:
            desk = await open_async_desk(
                "memory://", channels=[wa.make("wa")], clock=wa.clock, ids=SerialIds(), http=AsyncHttpxHttp(client)
            )
            async with desk:
                wa.platform.writes(ANN, "hi")
                (request,) = wa.platform.deliveries()
                assert (await desk.handle("wa", request)).status == 200
                (ticket,) = (await desk.tickets.list()).items
                sent = await desk.reply(ticket.id, "hello", actor=Actor.agent("a"))
                assert (await desk.channels.check("wa")).status == "ok"
                return sent.delivery

    assert asyncio.run(run()) is Delivery.SENT


def test_the_served_fake_is_the_same(wa):
    with wa.platform.served() as url:
        channel = wa.make("wa", base_url=url)
        client = httpx.Client(trust_env=False)
        with open_desk("memory://", channels=[channel], clock=wa.clock, http=HttpxHttp(client)) as desk:
            assert desk.channels.check("wa").status == "ok"
            media = wa.platform.media(b"%PDF-1.4 x", type="application/pdf")
            wa.platform.writes(ANN, None, type="document", document={"id": media, "mime_type": "application/pdf"})
            desk.handle("wa", wa.platform.deliveries()[0])
            assert desk.run_due().fetched == 1
            (ticket,) = desk.tickets.list().items
            ref = desk._core.media.put(io.BytesIO(b"x" * 1000), type="image/png", name="a.png")
            part = MediaPart(media=MediaKind.IMAGE, ref=ref)
            assert desk.reply(ticket.id, [part], actor=AGENT).delivery is Delivery.SENT
        client.close()


@pytest.mark.parametrize("part", [TextPart(text=" "), LinkPart(), MediaPart(media=MediaKind.IMAGE)])
def test_what_holds_nothing_is_not_asked_for(wa, part):
    with pytest.raises(ChannelError) as caught:
        next(wa.channel.send(outbound(wa, part)))
    assert caught.value.provider_code == "content"


def test_an_upload_that_gets_no_id_is_tried_again(wa):
    exchange = wa.channel.upload(MediaFile(sha256="0" * 64, content=b"x", type="image/png", name="a.png"))
    next(exchange)
    with pytest.raises(ChannelError) as caught:
        exchange.send(HttpResponse(status=200, body=b"{}"))
    assert caught.value.disposition == "retry"


@pytest.mark.parametrize(("status", "disposition"), [(404, "retry"), (500, "retry"), (302, "operator"), (429, "retry")])
def test_media_that_do_not_lie_there(wa, status, disposition):
    exchange = wa.channel.fetch(MediaWanted(account="wa", provider_id="9"))
    next(exchange)
    exchange.send(HttpResponse(status=200, body=b'{"url": "https://lookaside.fbsbx.com/x"}'))
    with pytest.raises(ChannelError) as caught:
        exchange.send(HttpResponse(status=status))
    assert caught.value.disposition == disposition
