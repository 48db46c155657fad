"""python-telegram-bot as the other side: its reading of updates beside ours, its client against the fake Telegram."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytest.importorskip("telegram", reason="python-telegram-bot is not installed: .ci/run installs it")
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, Conflict, Forbidden, RetryAfter

from csdesk.domain.records.channels import ContactEvent, EditEvent, InboundMessage
from csdesk.domain.records.messages import MediaPart, TextPart
from csdesk.parsing.telegram import Place, Reading, parse_update
from csdesk.testing import FakeTelegram, FixedClock


def world() -> FakeTelegram:
    platform = FakeTelegram(FixedClock().now)
    photo = {"file_id": platform.file(b"x"), "file_unique_id": "u", "width": 9, "height": 9, "file_size": 1}
    platform.writes(
        42, "👍 here", entities=[{"type": "text_link", "offset": 3, "length": 4, "url": "https://x.example"}]
    )
    platform.writes(42, None, photo=[photo], caption="look")
    platform.writes(42, None, location={"latitude": 1.5, "longitude": 2.5})
    platform.writes(42, None, contact={"phone_number": "1", "first_name": "A", "user_id": 42})
    platform.writes(42, "hi", business_connection_id="BC1")
    platform.writes(-100500, "hi", by=42, message_thread_id=8, is_topic_message=True)
    platform.starts(42, "ad1")
    platform.edits(42, 1, "better")
    platform.blocks(42)
    platform.update("message_reaction", {
        "chat": platform.chat(42).told(), "message_id": 1, "user": platform.user(42), "date": 1_760_000_000,
        "old_reaction": [], "new_reaction": [{"type": "emoji", "emoji": "👍"}],
    })  # fmt: skip
    return platform


def test_both_read_the_same_in_every_update_of_the_fake() -> None:
    for told in world().updates:
        theirs = Update.de_json(told, None)
        (ours, *_) = parse_update(told, account="tg", reading=Reading(7000, groups="all"), received_at=None)
        assert ours.dedupe_key == f"update/{theirs.update_id}"
        if isinstance(ours, InboundMessage):
            message = theirs.message or theirs.business_message
            assert message is not None
            place = Place.of(ours.conversation)
            assert place is not None
            assert (place.chat, place.connection) == (message.chat.id, message.business_connection_id or "")
            assert place.topic == (message.message_thread_id or 0)
            assert (ours.sender.external_id, ours.sent_at) == (str(message.from_user.id), message.date)
            assert ours.text == (message.text or message.caption or "")
            entities = message.parse_entities(["text_link"])
            links = [(one.url, text) for one, text in entities.items()]
            assert [(part.url, part.title) for part in ours.parts if part.kind == "link"] == links
            media = [part.provider_id for part in ours.parts if isinstance(part, MediaPart)]
            assert media == [one.file_id for one in message.photo[-1:]]
        elif isinstance(ours, EditEvent):
            assert ours.parts == (TextPart(text=theirs.edited_message.text),)
        elif isinstance(ours, ContactEvent):
            assert theirs.my_chat_member.new_chat_member.status == "kicked"
            assert not ours.allowed


def test_their_client_finds_the_fake_to_be_telegram(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    platform = world()

    async def run(url: str) -> None:
        async with Bot(platform.token, base_url=f"{url}/bot", base_file_url=f"{url}/file/bot") as bot:
            assert bot.username == "desk_bot"
            updates = await bot.get_updates(limit=3)
            assert [one.update_id for one in updates] == [1000, 1001, 1002]
            assert (await bot.get_updates(offset=1003))[0].update_id == 1003
            file = await bot.get_file(updates[1].message.photo[0].file_id)
            assert bytes(await file.download_as_bytearray()) == b"x"
            await sends(bot)
            await bot.set_webhook("https://desk.example/tg", secret_token="s")
            assert (await bot.get_webhook_info()).url == "https://desk.example/tg"
            with pytest.raises(Conflict):
                await bot.get_updates()
            await bot.delete_webhook()

    async def sends(bot: Any) -> None:
        with pytest.raises(Forbidden):
            await bot.send_message(42, "x")
        platform.chat(42).blocked = False
        keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("A", callback_data="a")]])
        sent = await bot.send_message(42, "好", reply_markup=keyboard)
        await bot.edit_message_text("更好", 42, sent.message_id)
        await bot.send_photo(42, b"picture", caption="look")
        await bot.send_location(42, 1.5, 2.5)
        assert await bot.delete_message(42, sent.message_id)
        pressed = platform.presses(42, "a", number=sent.message_id)
        assert await bot.answer_callback_query(pressed)
        platform.plan("sendMessage", 429)
        with pytest.raises(RetryAfter):
            await bot.send_message(42, "x")
        with pytest.raises(BadRequest, match="hat not found"):
            await bot.send_message(43, "x")

    with platform.served() as url:
        asyncio.run(run(url))
    assert [(one.method, one.text) for one in platform.sent] == [
        ("sendMessage", "更好"), ("sendPhoto", "look"), ("sendLocation", ""),
    ]  # fmt: skip
    assert platform.sent[1].file == b"picture"
