"""Deliveries of WhatsApp's webhook as events."""

from __future__ import annotations

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
    IdentityEvent,
    IgnoredEvent,
    InboundMessage,
    ReactionEvent,
    SessionEvent,
    StatusEvent,
    UnknownEvent,
)
from csdesk.domain.records.messages import (
    ChoicePart,
    ContactPart,
    LocationPart,
    MediaKind,
    MediaPart,
    OtherPart,
    Part,
    TextPart,
)
from csdesk.errors import Disposition
from csdesk.parsing.whatsapp import ERRORS, Reading, parse_delivery, refusal
from csdesk.parsing.whatsapp.errors import needs_of

AT = 1_760_000_000
NOW = datetime(2026, 3, 10, tzinfo=UTC)
ANN = "8613900000001"
READING = Reading("wa", {"1000": "wa", "1001": "wa2"})
Kind = MediaKind


def change(field: str = "messages", phone: str = "1000", **value: Any) -> dict[str, Any]:
    return {"field": field, "value": {"metadata": {"phone_number_id": phone}, **value}}


def read(*changes: Any, reading: Reading = READING) -> tuple[ChannelEvent, ...]:
    body = {"object": "whatsapp_business_account", "entry": [{"id": "WABA1", "changes": list(changes)}]}
    return parse_delivery(body, reading=reading, received_at=NOW)


def message(**fields: Any) -> dict[str, Any]:
    known = {"from": ANN, "id": "wamid.1", "timestamp": str(AT), "type": "text"}
    return {name: value for name, value in {**known, **fields}.items() if value is not None}


def one(reading: Reading = READING, contact: Any = None, **fields: Any) -> ChannelEvent:
    contacts = [{"wa_id": ANN, "profile": {"name": "Ann"}, **(contact or {})}]
    (event,) = read(change(contacts=contacts, messages=[message(**fields)]), reading=reading)
    return event


def said(**fields: Any) -> InboundMessage:
    event = one(**fields)
    assert isinstance(event, InboundMessage)
    return event


def test_a_text_with_everything_around_it() -> None:
    got = said(text={"body": "你好"}, context={"id": "wamid.0", "from": "x"}, contact={"user_id": "CN.1"})
    assert (got.account, got.dedupe_key, got.provider_id, got.conversation) == ("wa", "wamid.1", "wamid.1", ANN)
    assert (got.sender.kind, got.sender.external_id, got.sender.name) == ("whatsapp", ANN, "Ann")
    assert [(sender.scope, sender.external_id) for sender in got.also] == [("WABA1", "CN.1")]
    assert (got.references, got.sent_at) == (("wamid.0",), datetime.fromtimestamp(AT, UTC))
    assert got.text == "你好"


def test_the_number_may_be_an_identity_of_its_own() -> None:
    got = one(Reading("wa", {"1000": "wa"}, link_phones=True), text={"body": "x"})
    assert isinstance(got, InboundMessage)
    assert [(sender.kind, sender.external_id) for sender in got.also] == [("phone", f"+{ANN}")]


def test_somebody_who_shows_no_number_is_known_by_their_id() -> None:
    contacts = [{"user_id": "CN.1", "profile": {"name": "Ann"}}]
    (event,) = read(change(contacts=contacts, messages=[message(text={"body": "x"}, **{"from": None})]))
    assert isinstance(event, InboundMessage)
    assert (event.sender.scope, event.sender.external_id, event.conversation) == ("WABA1", "CN.1", "CN.1")


@pytest.mark.parametrize(
    ("kind", "content", "parts"),
    [
        (
            "image",
            {"id": "9", "mime_type": "image/jpeg", "caption": "broken"},
            (MediaPart(media=Kind.IMAGE, provider_id="9", type="image/jpeg"), TextPart(text="broken")),
        ),
        ("video", {"id": "9"}, (MediaPart(media=Kind.VIDEO, provider_id="9"),)),
        ("audio", {"id": "9", "voice": True}, (MediaPart(media=Kind.VOICE, provider_id="9"),)),
        ("audio", {"id": "9", "voice": False}, (MediaPart(media=Kind.FILE, provider_id="9"),)),
        ("document", {"id": "9", "filename": "a.pdf"}, (MediaPart(media=Kind.FILE, provider_id="9", name="a.pdf"),)),
        ("sticker", {"id": "9", "animated": True}, (MediaPart(media=Kind.STICKER, provider_id="9"),)),
        (
            "location",
            {"latitude": 1.5, "longitude": 2, "name": "Shop", "address": "Road 1"},
            (LocationPart(latitude=1.5, longitude=2, name="Shop", address="Road 1"),),
        ),
        (
            "contacts",
            [
                {"name": {"formatted_name": "王芳"}, "phones": [{"phone": "+86139"}], "addresses": [{"city": "上海"}]},
                {"name": {"formatted_name": "Bob"}},
            ],
            (ContactPart(external_id="+86139", name="王芳", address="上海"), ContactPart(name="Bob")),
        ),
        ("button", {"payload": "yes", "text": "Yes"}, (TextPart(text="Yes"), ChoicePart(id="yes", text="Yes"))),
        (
            "interactive",
            {"type": "list_reply", "list_reply": {"id": "a", "title": "A", "description": "d"}},
            (TextPart(text="A"), ChoicePart(id="a", text="A")),
        ),
        (
            "interactive",
            {"type": "nfm_reply", "nfm_reply": {"body": "Sent", "response_json": '{"a":1}'}},
            (OtherPart(provider_type="interactive.nfm_reply", text='Sent {"a":1}'),),
        ),
        (
            "order",
            {
                "text": "soon",
                "product_items": [{"product_retailer_id": "tea", "quantity": 2, "item_price": 9.5, "currency": "CNY"}],
            },
            (OtherPart(provider_type="order", text="soon\n2 x tea 9.5 CNY"),),
        ),
        ("unsupported", {"type": "poll"}, (OtherPart(provider_type="unsupported", text="poll"),)),
    ],
)
def test_each_kind_of_content(kind: str, content: Any, parts: tuple[Part, ...]) -> None:
    assert said(type=kind, **{kind: content}).parts == parts


def test_who_comes_by_an_advertisement_brings_it_along() -> None:
    referral = {"source_id": "ad-9", "source_type": "ad", "source_url": "https://fb.me/x", "ctwa_clid": "click"}
    assert said(text={"body": "x"}, referral=referral).entrance == Entrance(scene="ad-9", param="ad", code="click")
    post = {"source_url": "https://fb.me/x", "source_type": "post"}
    assert said(text={"body": "x"}, referral=post).entrance == Entrance(scene="https://fb.me/x", param="post")
    assert said(text={"body": "x"}).entrance is None


def test_signs_edits_and_what_is_taken_back() -> None:
    sign = one(type="reaction", reaction={"message_id": "wamid.0", "emoji": "👍"})
    assert isinstance(sign, ReactionEvent)
    assert (sign.provider_id, sign.sign, sign.sender.external_id) == ("wamid.0", "👍", ANN)
    gone = one(type="reaction", reaction={"message_id": "wamid.0"})
    assert isinstance(gone, ReactionEvent)
    assert gone.sign == ""
    inner = {"original_message_id": "wamid.0", "message": {"type": "text", "text": {"body": "better"}}}
    edit = one(type="edit", edit=inner)
    assert isinstance(edit, EditEvent)
    assert (edit.provider_id, edit.parts) == ("wamid.0", (TextPart(text="better"),))
    revoke = one(type="revoke", revoke={"original_message_id": "wamid.0"})
    assert isinstance(revoke, DeleteEvent)
    assert revoke.provider_id == "wamid.0"


def test_a_chat_that_is_opened_wants_a_greeting() -> None:
    event = one(type="request_welcome")
    assert isinstance(event, SessionEvent)
    assert (event.what, event.code, event.conversation) == ("started", "wamid.1", ANN)


@pytest.mark.parametrize(
    ("system", "also"),
    [
        ({"type": "user_changed_number", "wa_id": "2"}, [("", "2")]),
        ({"type": "customer_changed_number", "new_wa_id": "2", "customer": ANN}, [("", "2")]),
        ({"type": "user_changed_user_id", "user_id": "CN.2"}, [("WABA1", "CN.2")]),
    ],
)
def test_a_new_number_is_another_identity(system: dict[str, Any], also: list[tuple[str, str]]) -> None:
    event = one(type="system", system=system)
    assert isinstance(event, IdentityEvent)
    assert event.sender.external_id == ANN
    assert [(sender.scope, sender.external_id) for sender in event.also] == also
    assert {sender.evidence for sender in event.also} == {"provider"}


def test_other_words_of_the_system_are_passed_over() -> None:
    for system in ({"type": "customer_identity_changed"}, {}):
        assert isinstance(one(type="system", system=system), IgnoredEvent)
    assert isinstance(one(type="system", system={"type": "user_changed_number"}), UnknownEvent)
    assert isinstance(one(type="text", text={"body": "x"}, group_id="g"), IgnoredEvent)


def status(kind: str, **fields: Any) -> StatusEvent:
    told = {"id": "wamid.9", "status": kind, "timestamp": str(AT), "recipient_id": ANN, **fields}
    (event,) = read(change(statuses=[told]))
    assert isinstance(event, StatusEvent)
    return event


def test_reports_keep_what_they_tell_of_the_price() -> None:
    event = status(
        "delivered",
        biz_opaque_callback_data="msg_1",
        conversation={"id": "C1", "origin": {"type": "service"}, "expiration_timestamp": "1760086400"},
        pricing={"billable": False, "pricing_model": "PMP", "category": "service", "type": "free_customer_service"},
    )
    assert (event.key, event.provider_id, event.status) == ("msg_1", "wamid.9", "delivered")
    assert dict(event.facts) == {
        "conversation.id": "C1",
        "conversation.expiration_timestamp": "1760086400",
        "conversation.origin": "service",
        "pricing.category": "service",
        "pricing.pricing_model": "PMP",
        "pricing.type": "free_customer_service",
        "pricing.billable": "false",
    }
    assert status("sent").dedupe_key != status("read").dedupe_key
    assert (status("played").status, status("sent").facts) == ("read", ())


@pytest.mark.parametrize(
    ("code", "expected", "needs", "permanent"),
    [
        (131026, "failed", "other_recipient", True),
        (131047, "failed", "template", True),
        (131050, "opted_out", "consent", True),
        (131052, "failed", "other_content", True),
        (131031, "failed", "operator", True),
        (131000, "failed", "retry", False),
        (424242, "failed", "operator", True),
    ],
)
def test_a_failure_says_what_would_help(code: int, expected: str, needs: str, permanent: bool) -> None:
    event = status("failed", errors=[{"code": code, "title": "t"}])
    assert (event.status, event.reason, event.needs, event.permanent) == (expected, str(code), needs, permanent)
    bare = status("failed")
    assert (bare.status, bare.reason, bare.needs) == ("failed", "", "")


def test_the_phone_of_the_business_tells_what_people_of_ours_wrote() -> None:
    echo = {"from": "86138", "to": ANN, "id": "wamid.5", "timestamp": str(AT), "type": "text", "text": {"body": "hi"}}
    (event,) = read(change("smb_message_echoes", message_echoes=[echo]))
    assert isinstance(event, EchoEvent)
    assert (event.conversation, event.to.external_id, event.author, event.provider_id) == (ANN, ANN, "86138", "wamid.5")
    taken = {**echo, "type": "revoke", "revoke": {"original_message_id": "wamid.5"}}
    (gone,) = read(change("smb_message_echoes", message_echoes=[taken]))
    assert isinstance(gone, DeleteEvent)


@pytest.mark.parametrize(("wish", "allowed"), [("stop", False), ("resume", True)])
def test_who_stops_marketing_wants_nothing_automatic(wish: str, allowed: bool) -> None:
    listed = [{"wa_id": ANN, "category": "marketing_messages", "value": wish, "timestamp": AT}]
    (event,) = read(change("user_preferences", user_preferences=listed))
    assert isinstance(event, ContactEvent)
    assert (event.allowed, event.sender.external_id) == (allowed, ANN)


def test_several_numbers_come_to_one_address_and_others_are_kept() -> None:
    contacts = [{"wa_id": ANN, "profile": {"name": "Ann"}}]
    events = read(
        *(
            change("messages", phone, contacts=contacts, messages=[message(text={"body": phone})])
            for phone in ("1000", "1001", "7777")
        ),
        change("message_template_status_update"),
        change("hologram"),
        change(errors=[{"code": 130429, "title": "Rate limit hit"}]),
    )
    assert [(event.account, type(event)) for event in events[:3]] == [
        ("wa", InboundMessage), ("wa2", InboundMessage), ("wa", UnknownEvent),
    ]  # fmt: skip
    ignored, unknown, problem = events[3:]
    assert isinstance(ignored, IgnoredEvent)
    assert isinstance(unknown, UnknownEvent)
    assert isinstance(problem, UnknownEvent)
    assert (ignored.reason, unknown.provider_type, problem.provider_type) == (
        "whatsapp.field.message_template_status_update", "hologram", "errors.130429",
    )  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "hologram"},
        {"type": None},
        {"type": "text", "id": None},
        {"type": "location", "location": {"latitude": 500, "longitude": 0}},
        {"type": "location"},
        {"type": "reaction", "reaction": {}},
        {"type": "edit", "edit": {"message": {}}},
        {"type": "revoke"},
    ],
)
def test_what_cannot_be_read_is_kept_whole(fields: dict[str, Any]) -> None:
    event = one(**fields)
    assert isinstance(event, UnknownEvent)
    assert event.raw


def test_a_broken_item_costs_nobody_else() -> None:
    good = message(text={"body": "x"})
    events = read(change(contacts=[7, None], messages=[None, good, 7, {"type": []}]), None, {"value": 7}, 7)
    assert [type(event) for event in events].count(InboundMessage) == 1
    assert len(events) == 7


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
TYPES = ("text", "image", "contacts", "interactive", "button", "order", "system", "reaction", "edit", "request_welcome")
NAMES = st.sampled_from(
    (*TYPES, "from", "id", "timestamp", "context", "referral", "type", "status", "errors", "pricing")
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(TYPES), st.dictionaries(NAMES, JSON, max_size=4), JSON, st.booleans())
def test_nothing_that_stands_in_a_delivery_raises(kind: str, changes: dict[str, Any], odd: Any, bare: bool) -> None:
    item = changes if bare else {**message(type=kind), **changes}
    value = {"contacts": odd, "messages": [item], "statuses": [{**item, "status": "failed"}], "message_echoes": [item]}
    for field in ("messages", "smb_message_echoes", "user_preferences"):
        for event in read(change(field, user_preferences=[item], **value), {"field": odd, "value": odd}, odd):
            assert event.account in ("wa", "wa2")


@pytest.mark.parametrize(
    ("code", "status", "safe", "disposition"),
    [
        (190, 401, False, "operator"),
        (230, 403, False, "operator"),
        (130429, 429, False, "retry"),
        (131056, 400, False, "retry"),
        (131000, 500, False, "retry"),
        (131047, 400, False, "wait_customer"),
        (131026, 400, False, "recipient_gone"),
        (132001, 404, False, "operator"),
        (132012, 400, False, "fix_content"),
        (424242, 400, False, "operator"),
        (1, 500, False, "unknown_outcome"),
        (1, 500, True, "retry"),
        (None, 500, False, "unknown_outcome"),
        (None, 400, False, "operator"),
    ],
)
def test_each_code_has_its_meaning(code: int | None, status: int, safe: bool, disposition: Disposition) -> None:
    answer = {"error": {"message": "(#1) about 8613900000001", **({} if code is None else {"code": code})}}
    error = refusal("wa", answer, status, safe=safe, wait=9.0)
    assert error.disposition == disposition
    assert error.provider_code == (f"http_{status}" if code is None else str(code))
    assert error.retry_after == (9.0 if disposition == "retry" else None)
    assert "8613900000001" not in str(error)


def test_every_code_of_the_table_says_what_would_help() -> None:
    assert {needs_of(code) for code in ERRORS} == {
        "operator", "retry", "template", "other_recipient", "other_content", "consent",
    }  # fmt: skip
