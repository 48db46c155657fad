"""What goes to Telegram."""

import asyncio
import io
import json
import logging
from datetime import timedelta

import httpx
import pytest

from csdesk import Actor, open_async_desk, open_desk
from csdesk.channels._forms import form_of
from csdesk.channels.telegram import Telegram
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
from csdesk.errors import ChannelError, InvalidInput, UnsupportedFeature
from csdesk.ports.channel import HttpResponse, MediaFile, MediaWanted, OutboundMessage, Sender, SentMessage
from csdesk.system.async_http import AsyncHttpxHttp
from csdesk.system.http import HttpxHttp
from csdesk.testing import FakeTelegram, FixedClock, SerialIds

from ..bench import AGENT
from .conftest import CHAT, SECRET

MENU = MenuPart(
    head="Which?",
    items=(
        MenuItem(text="Refund", id="refund"),
        MenuItem(text="Shop", url="https://shop.example"),
        MenuItem(text="App", url="https://app.example", app_id="x"),
        MenuItem(text="or write to us"),
    ),
    tail="Thanks",
)


def put(bot, content=b"x" * 100, type="image/png", name="a.png"):
    return bot.desk._core.media.put(io.BytesIO(content), type=type, name=name)


@pytest.mark.parametrize(
    ("part", "method", "expected"),
    [
        (TextPart(text="<b>1 & 2</b>"), "sendMessage", {"text": "<b>1 & 2</b>"}),
        (LinkPart(title="T", url="https://x"), "sendMessage", {"text": "T\nhttps://x"}),
        (LocationPart(latitude=1, longitude=2), "sendLocation", {"latitude": 1.0, "longitude": 2.0}),
        (
            LocationPart(latitude=1, longitude=2, name="Shop"),
            "sendVenue",
            {"latitude": 1.0, "longitude": 2.0, "title": "Shop", "address": "Shop"},
        ),
        (ContactPart(external_id="+86", name="王"), "sendContact", {"phone_number": "+86", "first_name": "王"}),
        (ContactPart(external_id="+86"), "sendContact", {"phone_number": "+86", "first_name": "+86"}),
        (
            MENU,
            "sendMessage",
            {
                "text": "Which?\nor write to us\nThanks",
                "reply_markup": {
                    "inline_keyboard": [
                        [{"text": "Refund", "callback_data": "refund"}],
                        [{"text": "Shop", "url": "https://shop.example"}],
                        [{"text": "App", "web_app": {"url": "https://app.example"}}],
                    ]
                },
            },
        ),
    ],
)
def test_each_part_is_a_call(bot, part, method, expected):
    sent = bot.desk.reply(bot.said().id, [part], actor=AGENT)
    assert sent.delivery is Delivery.SENT
    (got,) = bot.platform.sent
    assert (got.method, dict(got.params)) == (method, {"chat_id": CHAT, **expected})


@pytest.mark.parametrize(
    ("media", "type", "method"),
    [
        (MediaKind.IMAGE, "image/png", "sendPhoto"),
        (MediaKind.IMAGE, "image/gif", "sendAnimation"),
        (MediaKind.IMAGE, "image/tiff", "sendDocument"),
        (MediaKind.VOICE, "audio/ogg; codecs=opus", "sendVoice"),
        (MediaKind.VOICE, "audio/mpeg", "sendAudio"),
        (MediaKind.VOICE, "audio/amr", "sendDocument"),
        (MediaKind.VIDEO, "video/mp4", "sendVideo"),
        (MediaKind.VIDEO, "video/x-msvideo", "sendDocument"),
        (MediaKind.STICKER, "image/webp", "sendSticker"),
        (MediaKind.FILE, "application/pdf", "sendDocument"),
    ],
)
def test_files_are_sent_as_what_telegram_shows_them_as(bot, media, type, method):
    ref = put(bot, type=type, name='a "name".bin')
    caption = "" if media is MediaKind.STICKER else "好"
    part = MediaPart(media=media, ref=ref, caption=caption)
    assert bot.desk.reply(bot.said().id, [part], actor=AGENT).delivery is Delivery.SENT
    (got,) = bot.platform.sent
    assert (got.method, got.file, got.text) == (method, b"x" * 100, caption)


def test_a_file_that_telegram_has_is_sent_by_its_id(bot):
    known = bot.platform.file(b"x", path="photos/file_1.jpg")
    ticket = bot.said()
    part = MediaPart(media=MediaKind.IMAGE, provider_id=known)
    assert bot.desk.reply(ticket.id, [part], actor=AGENT).delivery is Delivery.SENT
    assert bot.platform.sent[0].params["photo"] == known
    bad = bot.desk.reply(ticket.id, [part.model_copy(update={"provider_id": "none"})], actor=AGENT).message
    assert (bad.delivery_reason, bad.delivery_needs) == ("400.bad_file", "other_content")


@pytest.mark.parametrize(
    "part",
    [
        OtherPart(provider_type="x"),
        ContactPart(name="nobody"),
        MenuPart(items=(MenuItem(text="A", id="x" * 65),)),
        MenuPart(head="好" * 2001, items=(MenuItem(text="A", id="x"),)),
    ],
)
def test_what_telegram_does_not_take_never_leaves(bot, part):
    message = bot.desk.reply(bot.said().id, [part], actor=AGENT).message
    assert (message.delivery, message.delivery_needs) == (Delivery.FAILED, "other_content")
    assert bot.platform.sent == []


def test_long_texts_are_cut_by_utf16_units_and_never_inside_a_character(bot):
    text = "👨‍👩‍👧" * 1000
    sent = bot.desk.reply(bot.said().id, text, actor=AGENT)
    assert sent.delivery is Delivery.SENT
    pieces = [one.text for one in bot.platform.sent]
    assert "".join(pieces) == text
    assert all(len(one.encode("utf-16-le")) // 2 <= 4096 for one in pieces)
    assert all(len(one) % len("👨‍👩‍👧") == 0 for one in pieces)


def test_markup_that_cannot_be_read_is_sent_as_it_is(make_bot):
    bot = make_bot(markup="HTML")
    ticket = bot.said()
    for text in ("<b>yes</b>", "1 < 2"):
        assert bot.desk.reply(ticket.id, text, actor=AGENT).delivery is Delivery.SENT
    assert [(one.text, one.params.get("parse_mode")) for one in bot.platform.sent] == [
        ("<b>yes</b>", "HTML"), ("1 < 2", None),
    ]  # fmt: skip
    bot.desk.reply(ticket.id, [LocationPart(latitude=1, longitude=2)], actor=AGENT)
    assert "parse_mode" not in bot.platform.sent[-1].params


def test_a_group_is_answered_under_what_was_said_and_followed_to_its_new_id(make_bot):
    bot = make_bot(groups="all")
    ticket = bot.said("hi", -100500, by=CHAT, is_topic_message=True, message_thread_id=8)
    bot.desk.reply(ticket.id, "hello", actor=AGENT)
    params = bot.platform.sent[0].params
    assert (params["chat_id"], params["message_thread_id"]) == (-100500, 8)
    assert params["reply_parameters"] == {"message_id": 1, "allow_sending_without_reply": True}
    bot.platform.migrates(-100500, -100900)
    sent = bot.desk.reply(ticket.id, "again", actor=AGENT).message
    assert bot.message(sent.id).provider_id.startswith("-100900/")


def test_private_chats_are_quoted_only_if_wanted(make_bot):
    for quote, expected in (("groups", False), ("always", True), ("never", False)):
        bot = make_bot(quote=quote)
        bot.desk.reply(bot.said().id, "hello", actor=AGENT)
        assert ("reply_parameters" in bot.platform.sent[0].params) is expected


def test_the_account_of_a_business_is_answered_through_its_connection(bot):
    ticket = bot.said("hi", business_connection_id="BC1")
    sent = bot.desk.reply(ticket.id, "hello", actor=AGENT).message
    assert bot.platform.sent[0].params["business_connection_id"] == "BC1"
    bot.desk.channels.recall(sent.id, actor=AGENT)
    assert bot.platform.sent[0].deleted


def test_telegram_says_when_to_come_back(bot):
    ticket = bot.said()
    bot.platform.plan("sendMessage", 429)
    sent = bot.desk.reply(ticket.id, "hello", actor=AGENT)
    assert sent.delivery is Delivery.PENDING
    bot.later(seconds=6)
    bot.desk.run_due()
    assert bot.platform.sent == []
    bot.later(seconds=1)
    bot.desk.run_due()
    assert bot.message(sent.message.id).delivery is Delivery.SENT


def test_a_chat_takes_so_many_messages_a_second(bot):
    bot.platform.per_second = 0.5
    ticket = bot.said()
    for text in ("one", "two"):
        bot.desk.reply(ticket.id, text, actor=AGENT)
    assert [one.text for one in bot.platform.sent] == ["one"]
    bot.later(seconds=5)
    bot.desk.run_due()
    assert [one.text for one in bot.platform.sent] == ["one", "two"]


@pytest.mark.parametrize("fault", ["reset", "slow", "half", "html", "empty", "down", 500])
def test_what_is_in_doubt_is_never_sent_twice(bot, fault):
    ticket = bot.said()
    bot.platform.plan("send", fault)
    sent = bot.desk.reply(ticket.id, "hello", actor=AGENT)
    assert (sent.delivery, sent.message.delivery_needs) == (Delivery.UNKNOWN, "check")
    for _ in range(3):
        bot.later(hours=1)
        bot.desk.run_due()
    assert len(bot.platform.sent) == (0 if fault in ("down", "html", "empty", 500) else 1)
    assert bot.desk.reply(ticket.id, "next", actor=AGENT).delivery is Delivery.SENT


def test_who_deleted_the_chat_cannot_be_reached(bot):
    ticket = bot.said()
    bot.platform.chats.clear()
    message = bot.desk.reply(ticket.id, "hello", actor=AGENT).message
    assert (message.delivery_reason, message.delivery_needs) == ("400.no_chat", "other_recipient")


def test_messages_are_changed_and_taken_back(bot):
    ticket = bot.said()
    sent = bot.desk.reply(ticket.id, "on Friday", actor=AGENT).message
    assert bot.desk.channels.edit(sent.id, "on Monday", actor=AGENT).text == "on Monday"
    assert bot.desk.channels.edit(sent.id, "on Monday", actor=AGENT).text == "on Monday"
    assert bot.platform.sent[0].text == "on Monday"
    bot.desk.channels.recall(sent.id, actor=AGENT)
    assert bot.platform.sent[0].deleted
    with pytest.raises(InvalidInput):
        bot.desk.channels.edit(sent.id, "no", actor=AGENT)
    gone = bot.desk.reply(ticket.id, "x", actor=AGENT).message
    bot.platform.sent[-1].deleted = True
    assert bot.desk.channels.recall(gone.id, actor=AGENT).recalled_at is not None
    with pytest.raises(ChannelError):
        bot.desk.channels.run(bot.channel.edit(_sent("42/99"), TextPart(text="x")))
    with pytest.raises(ChannelError):
        bot.desk.channels.run(bot.channel.recall(_sent("")))
    old = bot.desk.reply(ticket.id, "old", actor=AGENT).message
    bot.later(hours=48, seconds=1)
    with pytest.raises(UnsupportedFeature):
        bot.desk.channels.recall(old.id, actor=AGENT)


def _sent(provider_id):
    return SentMessage(
        key="k", account="tg", conversation="42", to=Sender(external_id="42"), provider_ids=(provider_id,)
    )  # fmt: skip


def test_changed_markup_that_cannot_be_read_is_plain(make_bot):
    bot = make_bot(markup="HTML")
    sent = bot.desk.reply(bot.said().id, "x", actor=AGENT).message
    bot.desk.channels.edit(sent.id, "1 < 2", actor=AGENT)
    assert bot.platform.sent[0].text == "1 < 2"


def test_typing_is_shown(bot):
    bot.said()
    bot.desk.channels.run(bot.channel.typing(str(CHAT)))
    assert bot.platform.calls["sendChatAction"] == 1
    with pytest.raises(ChannelError):
        bot.desk.channels.run(bot.channel.typing("nowhere"))


def test_health_tells_failing_deliveries(bot):
    assert bot.desk.channels.check("tg").status == "ok"
    bot.platform.plan("getMe", "html")
    assert bot.desk.channels.check("tg").status == "unreachable"
    bot.platform.plan("getMe", 400)
    assert bot.desk.channels.check("tg").status == "degraded"


def test_no_error_shows_where_the_token_stands(bot, caplog):
    ticket = bot.said()
    told = []
    with caplog.at_level(logging.DEBUG):
        for fault in ("reset", "slow", "refused", "html", 401, 403, 404, 500):
            bot.platform.plan("send", *[fault] * 3)
            message = OutboundMessage(
                key="k", account="tg", conversation=str(CHAT), to=Sender(external_id=str(CHAT)),
                parts=(TextPart(text="x"),), occurred_at=bot.clock.now(),
            )  # fmt: skip
            with pytest.raises(ChannelError) as caught:
                bot.desk.channels.run(bot.channel.send(message))
            error = caught.value
            told += [repr(error), str(error), json.dumps(error.params), repr(error.__cause__), str(error.__cause__)]
            bot.platform.plans.clear()
    told += [caplog.text, repr(bot.channel), repr(ticket)]
    secret = bot.platform.token.partition(":")[2]
    assert not any(secret in one for one in told)


def test_a_server_of_ones_own_that_is_none(make_bot):
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(302)))
    bot = make_bot(base_url="https://bots.example/")
    message = OutboundMessage(
        key="k", account="tg", conversation="42", to=Sender(external_id="42"),
        parts=(TextPart(text="x"),), occurred_at=bot.clock.now(),
    )  # fmt: skip
    exchange = bot.channel.send(message)
    with pytest.raises(ChannelError) as caught:
        exchange.send(HttpxHttp(client).exchange(next(exchange)))
    assert (caught.value.disposition, caught.value.provider_code) == ("operator", "http_302")
    client.close()


def test_the_same_with_await():
    async def run():
        clock = FixedClock()
        platform = FakeTelegram(clock.now)
        channel = Telegram("tg", token=platform.token, polling=True, poll_every=timedelta(seconds=1))
        client = httpx.AsyncClient(transport=platform.transport())
        http = AsyncHttpxHttp(client)
        desk = await open_async_desk("memory://", channels=[channel], clock=clock, ids=SerialIds(), http=http)
        async with client, desk:
            platform.writes(CHAT, "hi")
            assert (await desk.run_due()).pulled == 1
            (ticket,) = (await desk.tickets.list()).items
            sent = await desk.reply(ticket.id, "hello", actor=Actor.agent("a"))
            await desk.channels.edit(sent.message.id, "bye", actor=Actor.agent("a"))
            assert (await desk.channels.check("tg")).status == "ok"
        return [one.text for one in platform.sent]

    assert asyncio.run(run()) == ["bye"]


def test_the_served_fake_is_the_same(make_bot):
    bot = make_bot()
    bot.said()
    with bot.platform.served() as url:
        channel = Telegram("tg2", token=bot.platform.token, secrets=[SECRET], base_url=url)
        client = httpx.Client(trust_env=False)
        with open_desk("memory://", channels=[channel], clock=bot.clock, http=HttpxHttp(client)) as desk:
            assert desk.channels.check("tg2").status == "ok"
            desk.handle("tg2", bot.platform.delivery(bot.platform.updates[0], secret=SECRET))
            (ticket,) = desk.tickets.list().items
            ref = desk._core.media.put(io.BytesIO(b"x" * 1000), type="image/png", name="a.png")
            part = MediaPart(media=MediaKind.IMAGE, ref=ref)
            assert desk.reply(ticket.id, [part], actor=AGENT).delivery is Delivery.SENT
        client.close()
    assert bot.platform.sent[0].file == b"x" * 1000


def message_of(bot, *parts, conversation=str(CHAT)):
    return OutboundMessage(
        key="k", account="tg", conversation=conversation, to=Sender(external_id="42"),
        parts=parts or (TextPart(text="x"),), occurred_at=bot.clock.now(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "conversation", "code"),
    [
        ((), "nowhere", "bad_conversation"),
        ((TextPart(text="a"), TextPart(text="b")), "42", "content"),
        ((TextPart(text=" "),), "42", "content"),
        ((MediaPart(media=MediaKind.IMAGE),), "42", "content"),
        ((MediaPart(media=MediaKind.IMAGE, ref={"sha256": "0" * 64, "size": 1}),), "42", "content"),
        ((MenuPart(items=(MenuItem(text=" ", id="x"),)),), "42", "content"),
    ],
)
def test_what_cannot_be_asked_for_is_not(bot, parts, conversation, code):
    with pytest.raises(ChannelError) as caught:
        next(bot.channel.send(message_of(bot, *parts, conversation=conversation)))
    assert caught.value.provider_code == code


def answered(exchange, answer):
    """What an exchange ends with, given that answer."""
    next(exchange)
    with pytest.raises(StopIteration) as ended:
        exchange.send(HttpResponse(status=200, body=json.dumps(answer).encode()))
    return ended.value.value


def test_answers_that_tell_less_than_they_should(bot):
    assert answered(bot.channel.send(message_of(bot)), {"ok": True, "result": True}).provider_id == ""
    told = {"ok": True, "result": {"message_id": 7}}
    assert answered(bot.channel.send(message_of(bot)), told).provider_id == "42/7"
    polling = Telegram("tg", token=bot.platform.token, polling=True)
    page = answered(polling.pull(None, "9"), {"ok": True, "result": 7})
    assert (page.events, page.cursor, page.more) == ((), "9", False)
    held = Telegram("tg", token=bot.platform.token, polling=True, poll_seconds=50)
    page = answered(held.pull(None, "junk"), {"ok": True, "result": [{"update_id": 5}, {"update_id": 4}, 7]})
    assert ([one.dedupe_key for one in page.events][1:], page.cursor, page.more) == (
        ["update/4", "update/5"],
        "6",
        False,
    )


@pytest.mark.parametrize(("status", "disposition"), [(404, "retry"), (500, "retry"), (302, "operator"), (429, "retry")])
def test_files_that_do_not_lie_there(bot, status, disposition):
    exchange = bot.channel.fetch(MediaWanted(account="tg", provider_id="F"))
    next(exchange)
    exchange.send(HttpResponse(status=200, body=b'{"ok": true, "result": {"file_path": "photos/a.jpg"}}'))
    with pytest.raises(ChannelError) as caught:
        exchange.send(HttpResponse(status=status))
    assert caught.value.disposition == disposition


def test_names_of_files_cannot_break_out_of_a_form():
    file = MediaFile(sha256="0" * 64, content=b"x", name='x"\r\n.txt', type="text/plain\r\nX: y")
    kind, body = form_of([("a", "b")], [("f", file)])
    assert body.count(kind.partition("boundary=")[2].encode()) == 3
    assert b'filename="x%22%0D%0A.txt"' in body
    assert b"text/plain%0D%0AX: y\r\n\r\nx" in body
