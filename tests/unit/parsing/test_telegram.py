"""Updates of the Bot API as events."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csdesk.domain.records.channels import (
    ChannelEvent,
    ContactEvent,
    DeleteEvent,
    EchoEvent,
    EditEvent,
    Entrance,
    IgnoredEvent,
    InboundMessage,
    ReactionEvent,
    SessionEvent,
    UnknownEvent,
)
from csdesk.domain.records.messages import (
    ChoicePart,
    ContactPart,
    LinkPart,
    LocationPart,
    MediaKind,
    MediaPart,
    OtherPart,
    Part,
    TextPart,
)
from csdesk.errors import Disposition
from csdesk.parsing.telegram import Place, Reading, parse_update, refusal

AT = 1_760_000_000
NOW = datetime(2026, 3, 10, tzinfo=UTC)
ANN = {"id": 42, "is_bot": False, "first_name": "Ann", "last_name": "Lee", "username": "ann"}
BOB = {"id": 43, "is_bot": False, "first_name": "Bob"}
BOT = {"id": 7000, "is_bot": True, "first_name": "Desk", "username": "desk_bot"}
PRIVATE = {"id": 42, "type": "private", "first_name": "Ann"}
GROUP = {"id": -100500, "type": "supergroup", "title": "Shop"}
Kind = MediaKind


def read(kind: str, fields: Any, **options: Any) -> tuple[ChannelEvent, ...]:
    update = {"update_id": 1, kind: fields}
    reading = Reading(bot=7000, username="desk_bot", **options)
    return parse_update(update, account="tg", reading=reading, received_at=NOW)


def message(**fields: Any) -> dict[str, Any]:
    known = {"message_id": 5, "date": AT, "chat": PRIVATE, "from": ANN}
    return {name: value for name, value in {**known, **fields}.items() if value is not None}


def one(**fields: Any) -> ChannelEvent:
    (event,) = read("message", message(**fields))
    return event


def said(**fields: Any) -> InboundMessage:
    event = one(**fields)
    assert isinstance(event, InboundMessage)
    return event


def test_a_text_with_everything_around_it() -> None:
    got = said(text="你好", reply_to_message={"message_id": 3})
    assert (got.dedupe_key, got.conversation, got.provider_id) == ("update/1", "42", "42/5")
    assert (got.sender.kind, got.sender.external_id, got.sender.name) == ("telegram", "42", "Ann Lee")
    assert got.references == ("42/3",)
    assert got.sent_at == datetime.fromtimestamp(AT, UTC)
    assert (got.text, got.provider_order) == ("你好", 5)
    assert json.loads(got.raw)["message"]["text"] == "你好"


def file(**fields: Any) -> dict[str, Any]:
    return {"file_id": "F", "file_unique_id": "U", "file_size": 9, **fields}


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        (
            {"photo": [file(width=1, height=1, file_id="s"), file(width=9, height=9)], "caption": "broken"},
            (MediaPart(media=Kind.IMAGE, provider_id="F", type="image/jpeg"), TextPart(text="broken")),
        ),
        (
            {"document": file(file_name="a.pdf", mime_type="application/pdf")},
            (MediaPart(media=Kind.FILE, provider_id="F", name="a.pdf", type="application/pdf"),),
        ),
        (
            {"animation": file(mime_type="video/mp4"), "document": file(file_id="same")},
            (MediaPart(media=Kind.VIDEO, provider_id="F", type="video/mp4"),),
        ),
        ({"video": file()}, (MediaPart(media=Kind.VIDEO, provider_id="F"),)),
        ({"video_note": file()}, (MediaPart(media=Kind.VIDEO, provider_id="F"),)),
        ({"voice": file(mime_type="audio/ogg")}, (MediaPart(media=Kind.VOICE, provider_id="F", type="audio/ogg"),)),
        ({"audio": file(file_size=20_000_001)}, (MediaPart(media=Kind.FILE, provider_id="F", problem="too_large"),)),
        ({"sticker": file(emoji="👍")}, (MediaPart(media=Kind.STICKER, provider_id="F", caption="👍"),)),
        ({"sticker": file(is_video=True)}, (MediaPart(media=Kind.VIDEO, provider_id="F"),)),
        ({"sticker": file(is_animated=True)}, (MediaPart(media=Kind.FILE, provider_id="F"),)),
        ({"location": {"latitude": 1.5, "longitude": -2}}, (LocationPart(latitude=1.5, longitude=-2),)),
        (
            {"venue": {"title": "Shop", "address": "Road 1", "location": {"latitude": 1, "longitude": 2}}},
            (LocationPart(latitude=1, longitude=2, name="Shop", address="Road 1"),),
        ),
        (
            {"contact": {"phone_number": "+86139", "first_name": "王", "last_name": "芳"}},
            (ContactPart(external_id="+86139", name="王 芳"),),
        ),
        (
            {"poll": {"question": "Tea?", "options": [{"text": "Yes"}, {"text": "No"}]}},
            (OtherPart(provider_type="poll", text="Tea?\n- Yes\n- No"),),
        ),
        (
            {"checklist": {"title": "Buy", "tasks": [{"text": "Tea"}]}},
            (OtherPart(provider_type="checklist", text="Buy\n- Tea"),),
        ),
        ({"dice": {"emoji": "🎲", "value": 4}}, (OtherPart(provider_type="dice", text="🎲 4"),)),
        (
            {"web_app_data": {"data": "{}", "button_text": "Go"}},
            (OtherPart(provider_type="web_app_data", text="Go {}"),),
        ),
        ({"photo": []}, ()),
    ],
)
def test_each_kind_of_content(fields: dict[str, Any], parts: tuple[Part, ...]) -> None:
    assert said(**fields).parts == parts


def test_links_that_hide_behind_words_are_told() -> None:
    entities = [
        {"type": "text_link", "offset": 3, "length": 4, "url": "https://x.example"},
        {"type": "bold", "offset": 0, "length": 2},
        {"type": "text_link", "offset": 900, "length": 4, "url": "https://y.example"},
    ]
    got = said(text="👍 here", entities=entities)
    assert got.parts == (
        TextPart(text="👍 here"),
        LinkPart(url="https://x.example", title="here"),
        LinkPart(url="https://y.example"),
    )


def test_a_start_brings_its_parameter_as_the_scene() -> None:
    event = one(text="/start ad_1")
    assert isinstance(event, SessionEvent)
    assert (event.what, event.entrance, event.code, event.conversation) == (
        "started",
        Entrance(scene="ad_1"),
        "start",
        "42",
    )
    bare = one(text="/start@desk_bot")
    assert isinstance(bare, SessionEvent)
    assert bare.entrance is None
    assert said(text="/starting").text == "/starting"


def test_a_start_may_open_a_ticket() -> None:
    began, opened = read("message", message(text="/start order-9"), start_opens=True)
    assert isinstance(began, SessionEvent)
    assert isinstance(opened, InboundMessage)
    assert (opened.entrance, opened.dedupe_key) == (Entrance(scene="order-9"), "update/1/start")
    assert opened.parts == (ChoicePart(id="order-9", text="/start order-9"),)
    assert len(read("message", message(text="/start"), start_opens=True)) == 1


def test_a_pressed_button_is_a_choice_in_answer_to_its_message() -> None:
    keyboard = {
        "inline_keyboard": [[{"text": "Other", "callback_data": "b"}], [{"text": "Refund", "callback_data": "a"}]]
    }
    query = {
        "id": "9",
        "from": ANN,
        "data": "a",
        "message": {"message_id": 4, "chat": PRIVATE, "reply_markup": keyboard},
    }
    (event,) = read("callback_query", query)
    assert isinstance(event, InboundMessage)
    assert event.parts == (TextPart(text="Refund"), ChoicePart(id="a", text="Refund"))
    assert (event.conversation, event.references, event.provider_id) == ("42", ("42/4",), "")
    (gone,) = read("callback_query", {**query, "message": {"message_id": 4, "chat": PRIVATE, "date": 0}})
    assert isinstance(gone, InboundMessage)
    assert gone.text == "a"
    (inline,) = read("callback_query", {"id": "9", "from": ANN, "inline_message_id": "x", "data": "a"})
    assert isinstance(inline, IgnoredEvent)


def group(text: str = "hi", **fields: Any) -> dict[str, Any]:
    return message(chat=GROUP, text=text, **fields)


def addressed(kind: str, offset: int, length: int, **more: Any) -> dict[str, Any]:
    return {"entities": [{"type": kind, "offset": offset, "length": length, **more}]}


@pytest.mark.parametrize(
    ("fields", "is_meant"),
    [
        (group(), False),
        (group("@Desk_Bot hi", **addressed("mention", 0, 9)), True),
        (group("@other_bot hi", **addressed("mention", 0, 10)), False),
        (group("/help", **addressed("bot_command", 0, 5)), True),
        (group("/help@desk_bot", **addressed("bot_command", 0, 14)), True),
        (group("/help@other_bot", **addressed("bot_command", 0, 15)), False),
        (group("Desk hi", **addressed("text_mention", 0, 4, user=BOT)), True),
        (group("Bob hi", **addressed("text_mention", 0, 3, user=BOB)), False),
        (group(reply_to_message={"message_id": 1, "from": BOT}), True),
        (group(reply_to_message={"message_id": 1, "from": BOB}), False),
    ],
)
def test_what_is_taken_from_groups(fields: dict[str, Any], is_meant: bool) -> None:
    (off,) = read("message", fields)
    assert isinstance(off, IgnoredEvent)
    assert off.reason == "telegram.group"
    (everything,) = read("message", fields, groups="all")
    assert isinstance(everything, InboundMessage)
    assert everything.conversation == "-100500~42"
    (some,) = read("message", fields, groups="addressed")
    assert isinstance(some, InboundMessage) is is_meant


def test_topics_and_people_of_a_group_are_conversations_of_their_own() -> None:
    (got,) = read("message", group(message_thread_id=8, is_topic_message=True), groups="all")
    (answer,) = read("message", group(message_thread_id=8), groups="all")
    assert isinstance(got, InboundMessage)
    assert isinstance(answer, InboundMessage)
    assert (got.conversation, answer.conversation) == ("-100500#8~42", "-100500~42")
    chat = {"id": -7, "type": "channel", "title": "News"}
    (named,) = read("message", group(sender_chat=chat), groups="all")
    assert isinstance(named, InboundMessage)
    assert (named.sender.external_id, named.sender.name) == ("-7", "News")


def test_colleagues_in_a_group_are_no_customers() -> None:
    staff = frozenset({43})
    answer = group(**{"from": BOB, "reply_to_message": {"message_id": 1, "from": ANN}})
    (echo,) = read("message", answer, groups="addressed", staff=staff)
    assert isinstance(echo, EchoEvent)
    assert (echo.conversation, echo.to.external_id, echo.author) == ("-100500~42", "42", "43")
    for fields in ({"from": BOB}, {"from": BOB, "reply_to_message": {"message_id": 1, "from": BOT}}):
        (event,) = read("message", group(**fields), groups="all", staff=staff)
        assert isinstance(event, IgnoredEvent)
        assert event.reason == "telegram.staff"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"text": "hi", "from": BOT}, "own"),
        ({"text": "hi", "from": {**BOT, "id": 8}}, "bot"),
        ({"text": "hi", "is_automatic_forward": True}, "channel_post"),
        ({"new_chat_members": [ANN]}, "service.new_chat_members"),
        ({"pinned_message": {}}, "service.pinned_message"),
        ({"migrate_to_chat_id": -9}, "service.migrate_to_chat_id"),
    ],
)
def test_what_nobody_said_to_us_is_passed_over_with_its_reason(fields: dict[str, Any], reason: str) -> None:
    event = one(**fields)
    assert isinstance(event, IgnoredEvent)
    assert event.reason == f"telegram.{reason}"


def test_the_account_of_a_business_tells_both_sides() -> None:
    mine = message(text="hi", business_connection_id="BC1")
    (customer,) = read("business_message", mine)
    assert isinstance(customer, InboundMessage)
    assert (customer.conversation, customer.provider_id) == ("42@BC1", "42@BC1/5")
    (owner,) = read("business_message", {**mine, "from": BOB})
    assert isinstance(owner, EchoEvent)
    assert (owner.to.external_id, owner.author, owner.conversation) == ("42", "43", "42@BC1")
    (own,) = read("business_message", {**mine, "from": BOB, "sender_business_bot": BOT})
    assert isinstance(own, EchoEvent)
    assert own.provider_id == "42@BC1/5"
    (edit,) = read("edited_business_message", {**mine, "text": "ho", "edit_date": AT + 1})
    assert isinstance(edit, EditEvent)
    assert edit.provider_id == "42@BC1/5"
    gone = read("deleted_business_messages", {"business_connection_id": "BC1", "chat": PRIVATE, "message_ids": [5, 6]})
    assert [isinstance(event, DeleteEvent) and event.provider_id for event in gone] == ["42@BC1/5", "42@BC1/6"]
    assert len({event.dedupe_key for event in gone}) == 2


def test_edits_and_reactions() -> None:
    (edit,) = read("edited_message", message(text="better", edit_date=AT + 9))
    assert isinstance(edit, EditEvent)
    assert (edit.provider_id, edit.parts) == ("42/5", (TextPart(text="better"),))
    assert edit.occurred_at == datetime.fromtimestamp(AT + 9, UTC)
    told = {"chat": PRIVATE, "message_id": 5, "user": ANN, "date": AT, "old_reaction": []}
    signs = [{"type": "emoji", "emoji": "👍"}, {"type": "custom_emoji", "custom_emoji_id": "1"}, {"type": "paid"}]
    (reaction,) = read("message_reaction", {**told, "new_reaction": signs})
    assert isinstance(reaction, ReactionEvent)
    assert (reaction.provider_id, reaction.sign) == ("42/5", "👍▫⭐")
    (gone,) = read("message_reaction", {**told, "new_reaction": []})
    assert isinstance(gone, ReactionEvent)
    assert gone.sign == ""
    (nobody,) = read("message_reaction", {**told, "user": None, "actor_chat": GROUP, "new_reaction": signs})
    assert isinstance(nobody, IgnoredEvent)


@pytest.mark.parametrize(("status", "allowed"), [("kicked", False), ("member", True)])
def test_who_blocks_the_bot_is_told(status: str, allowed: bool) -> None:
    told = {"chat": PRIVATE, "from": ANN, "date": AT, "new_chat_member": {"status": status}}
    (event,) = read("my_chat_member", told)
    assert isinstance(event, ContactEvent)
    assert (event.allowed, event.sender.external_id) == (allowed, "42")
    (in_group,) = read("my_chat_member", {**told, "chat": GROUP})
    assert isinstance(in_group, IgnoredEvent)


def test_a_number_is_an_identity_only_if_it_is_their_own_and_wanted() -> None:
    card = {"phone_number": "86 139-0000", "first_name": "Ann", "user_id": 42}
    assert said(contact=card).also == ()
    (own,) = read("message", message(contact=card), link_phones=True)
    (other,) = read("message", message(contact={**card, "user_id": 43}), link_phones=True)
    assert isinstance(own, InboundMessage)
    assert isinstance(other, InboundMessage)
    assert [(sender.kind, sender.external_id, sender.evidence) for sender in own.also] == [
        ("phone", "+861390000", "provider")
    ]
    assert other.also == ()


@pytest.mark.parametrize("kind", ["channel_post", "inline_query", "poll_answer", "business_connection", "chat_boost"])
def test_kinds_that_are_nothing_for_a_desk(kind: str) -> None:
    (event,) = read(kind, {})
    assert isinstance(event, IgnoredEvent)
    assert event.reason == f"telegram.{kind}"


@pytest.mark.parametrize(
    "fields",
    [
        None,
        7,
        [],
        {},
        message(hologram={}),
        message(text="x", chat=None),
        message(text="x", **{"from": None}),
        message(text="x", message_id=-1),
        message(text="x", message_id=2**70),
        message(text="x", chat={"id": 10**30, "type": "private"}),
        message(location={"latitude": 500, "longitude": 0}),
        message(text="x", **{"from": {**ANN, "id": 10**400}}),
    ],
)
def test_what_cannot_be_read_is_kept_whole(fields: Any) -> None:
    (event,) = read("message", fields)
    assert isinstance(event, UnknownEvent)
    assert event.raw
    assert event.provider_type == "message"


@pytest.mark.parametrize("update", [None, [], 7, {}, {"update_id": 10**300}, {"update_id": -1, "x": 1}])
def test_what_is_no_update_at_all(update: object) -> None:
    (event,) = parse_update(update, account="tg", reading=Reading(), received_at=None)
    assert isinstance(event, UnknownEvent)
    assert event.dedupe_key.startswith("sha256.")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    (
        *("chat", "from", "message_id", "date", "text", "photo", "entities", "caption", "contact", "venue", "user"),
        *("message", "data", "new_chat_member", "new_reaction", "message_ids", "sticker", "poll", "sender_chat"),
        "reply_to_message",
    )
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member", "message_reaction"]),
    st.dictionaries(NAMES, JSON, max_size=4),
    st.booleans(),
)
def test_nothing_that_stands_in_an_update_raises(kind: str, changes: dict[str, Any], bare: bool) -> None:
    fields = changes if bare else {**message(text="x"), **changes}
    for event in read(kind, fields, groups="all", link_phones=True, start_opens=True):
        assert event.account == "tg"


@pytest.mark.parametrize(
    "place", [Place(42), Place(-1, topic=3, person=9), Place(42, "BC-1_x"), Place(-5, person=-7), Place(1, "b", 2, 3)]
)
def test_a_place_can_be_read_back(place: Place) -> None:
    assert Place.of(place.conversation) == place
    assert Place.of_message(place.message(7)) == (Place(place.chat, place.connection), 7)


@pytest.mark.parametrize("text", ["", "c1", "1#", "1~", "1@", "1/2", "١", "1\n"])
def test_what_is_no_place(text: str) -> None:
    assert Place.of(text) is None
    assert Place.of_message(text if text != "1/2" else "1/") is None


@pytest.mark.parametrize(
    ("code", "description", "disposition", "ours"),
    [
        (429, "Too Many Requests: retry after 9", "retry", "429"),
        (403, "Forbidden: bot was blocked by the user", "recipient_gone", "403.blocked"),
        (403, "Forbidden: user is deactivated", "recipient_gone", "403.deactivated"),
        (403, "Forbidden: something new", "recipient_gone", "403"),
        (400, "Bad Request: chat not found", "recipient_gone", "400.no_chat"),
        (400, "Bad Request: can't parse entities: …", "fix_content", "400.bad_markup"),
        (400, "Bad Request: not enough rights to send text messages to the chat", "operator", "400.no_rights"),
        (400, "Bad Request: something new", "fix_content", "400"),
        (401, "Unauthorized", "operator", "401"),
        (404, "Not Found", "operator", "404"),
        (409, "Conflict: can't use getUpdates method while webhook is active", "operator", "409.webhook_is_set"),
        (409, "Conflict: terminated by other getUpdates request", "operator", "409.polled_elsewhere"),
        (413, "Request Entity Too Large", "fix_content", "413"),
        (418, "", "fix_content", "418"),
        (302, "", "operator", "302"),
    ],
)
def test_each_refusal_has_its_meaning(code: int, description: str, disposition: Disposition, ours: str) -> None:
    error = refusal("tg", {"error_code": code, "description": description}, 0, safe=False)
    assert (error.disposition, error.provider_code) == (disposition, ours)
    assert description not in str(error) or not description


def test_a_broken_server_and_a_wish_to_wait() -> None:
    broken = {"error_code": 500, "description": "Internal Server Error"}
    assert refusal("tg", broken, 0, safe=False).disposition == "unknown_outcome"
    assert refusal("tg", broken, 0, safe=True).disposition == "retry"
    waits = [
        refusal("tg", {"error_code": 429, "parameters": {"retry_after": one}}, 0, safe=True) for one in (9, -1, 1e9)
    ]
    assert [one.retry_after for one in waits] == [9.0, None, 86_400.0]
    moved = refusal("tg", {"error_code": 400, "parameters": {"migrate_to_chat_id": -9}}, 0, safe=True)
    assert moved.provider_code == "migrated"
