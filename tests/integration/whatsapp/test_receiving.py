"""What comes from WhatsApp."""

import pytest

from csdesk import InboundMessage, RawRequest, Sender, open_desk
from csdesk.domain.records.messages import AuthorKind, ChoicePart, Delivery, MediaPart
from csdesk.domain.records.queues import InboxState
from csdesk.errors import ChannelError, InvalidInput, UnsupportedFeature
from csdesk.ports.channel import MediaWanted

from ..bench import AGENT
from .conftest import ANN, VERIFY


def check(**changes):
    query = {"hub.mode": "subscribe", "hub.challenge": "42", "hub.verify_token": VERIFY, **changes}
    text = "&".join(f"{name}={value}" for name, value in query.items() if value is not None)
    return RawRequest(method="GET", url=f"https://desk.example/wa?{text}")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 200),
        ({"hub.verify_token": "wrong"}, 403),
        ({"hub.verify_token": None}, 403),
        ({"hub.mode": "other"}, 403),
        ({"hub.challenge": None}, 400),
        ({"hub.challenge": "x" * 1001}, 400),
    ],
)
def test_the_check_of_the_address(wa, changes, status):
    answer = wa.desk.handle("wa", check(**changes))
    assert (answer.status, answer.body) == (status, b"42" if status == 200 else b"")


def test_a_check_with_too_many_words_is_refused(wa):
    request = RawRequest(method="GET", url="https://desk.example/wa?" + "&".join(["a=1"] * 60))
    assert wa.desk.handle("wa", request).status == 400


def test_a_challenge_is_never_shown_as_a_page(wa):
    answer = wa.desk.handle("wa", check(**{"hub.challenge": "%3Cscript%3E"}))
    assert answer.body == b"<script>"
    assert dict(answer.headers)["Content-Type"].startswith("text/plain")


def test_only_what_is_signed_is_taken(wa):
    wa.platform.writes(ANN, "你好 👍")
    (good,) = wa.platform.deliveries()
    signature = good.header("X-Hub-Signature-256")
    for headers in (
        (), (("X-Hub-Signature-256", ""),), (("X-Hub-Signature-256", signature.removeprefix("sha256=")),),
        (("X-Hub-Signature-256", "sha256=ö"),), (("X-Hub-Signature", signature),),
    ):  # fmt: skip
        assert wa.desk.handle("wa", good.model_copy(update={"headers": headers})).status == 403
    assert wa.desk.handle("wa", good.model_copy(update={"body": good.body + b" "})).status == 403
    assert wa.desk.handle("wa", wa.platform.posted(b"[]")).status == 400
    assert wa.desk.handle("wa", wa.platform.posted(b'{"entry": 7}')).status == 400
    assert wa.desk.handle("wa", good.model_copy(update={"method": "PUT"})).status == 405
    assert wa.desk.tickets.list().items == ()
    assert wa.desk.handle("wa", good).status == 200
    assert wa.messages()[0].text == "你好 👍"


def test_deliveries_that_come_twice_together_or_out_of_order_are_stored_once(wa):
    for how in ("twice", "together", "reversed"):
        for number in range(3):
            wa.platform.writes(ANN, f"{how} {number}")
        assert set(wa.arrives(how)) == {200}
    assert sorted(one.text for one in wa.messages()) == sorted(
        f"{how} {number}" for how in ("twice", "together", "reversed") for number in range(3)
    )
    assert len(wa.desk.tickets.list().items) == 1


def test_what_was_said_together_keeps_its_order(wa):
    platform = wa.platform
    platform.change(
        "messages",
        contacts=[platform.person(ANN).told()],
        messages=[
            {"from": ANN, "id": f"wamid.{9 - at}", "timestamp": "1767603600", "type": "text", "text": {"body": text}}
            for at, text in enumerate(("one", "two", "three"))
        ],
    )
    wa.arrives()
    assert [one.text for one in wa.messages()] == ["one", "two", "three"]


def test_several_numbers_share_an_address(make_wa):
    wa = make_wa()
    wa.platform.phones["1001"] = "8613800000001"
    both = [wa.make("wa", accounts={"1001": "wa2"}), wa.make("wa2", phone_number_id="1001", accounts={"1000": "wa"})]
    with open_desk("memory://", channels=both, clock=wa.clock, http=wa.http) as desk:
        wa.platform.writes(ANN, "to the first")
        wa.platform.writes(ANN, "to the second", phone="1001")
        for request in wa.platform.deliveries():
            desk.handle("wa", request)
        tickets = {one.account: one for one in desk.tickets.list().items}
        assert set(tickets) == {"wa", "wa2"}
        assert len(desk.customers.list().items) == 1
        desk.reply(tickets["wa2"].id, "from the second", actor=AGENT)
    assert [(one.phone, one.text) for one in wa.platform.sent] == [("1001", "from the second")]


def test_media_are_fetched_within_five_minutes_of_asking(wa):
    png = b"\x89PNG\r\n\x1a\n" + b"x" * 100
    good = wa.platform.media(png, type="image/png")
    wa.said(None, type="image", image={"id": good, "mime_type": "image/png", "caption": "look"})
    large = wa.platform.media(b"x", type="video/mp4", size=30_000_000)
    wa.said(None, type="video", video={"id": large})
    wa.said(None, type="document", document={"id": "../1000", "filename": "x"})
    gone = wa.platform.media(b"x")
    wa.platform.media_items.pop(gone)
    wa.said(None, type="image", image={"id": gone})
    parts = [part for one in wa.messages() for part in one.parts if isinstance(part, MediaPart)]
    assert wa.desk._core.media.open(parts[0].ref).read() == png
    assert parts[0].ref.type == "image/png"
    assert [part.problem for part in parts] == ["", "too_large", "bad_media_id", "100"]
    assert wa.messages()[0].text == "look"


def test_media_whose_address_ran_out_are_asked_for_again(wa):
    media = wa.platform.media(b"x" * 10, type="application/pdf")
    wa.platform.plan("files", 404)
    wa.said(None, type="document", document={"id": media})
    (part,) = wa.messages()[0].parts
    assert part.ref is None
    wa.later(seconds=10)
    wa.desk.run_due()
    (part,) = wa.messages()[0].parts
    assert part.ref is not None
    assert wa.platform.calls["get"] == 2


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example", "http://lookaside.fbsbx.com", "https://lookaside.fbsbx.com:8443",
        "https://fbsbx.com.evil.example", "file:///etc", "https://[",
    ],
)  # fmt: skip
def test_the_token_is_shown_to_no_other_host(wa, address):
    wa.platform.address = address
    media = wa.platform.media(b"x")
    wanted = MediaWanted(account="wa", provider_id=media)
    with pytest.raises(ChannelError) as caught:
        wa.desk.channels.run(wa.channel.fetch(wanted))
    assert (caught.value.provider_code, wa.platform.calls["files"]) == ("foreign_host", 0)


def test_the_hosts_of_the_platform_are_known(wa):
    wa.platform.address = "https://lookaside.fbsbx.com/whatsapp_business"
    media = wa.platform.media(b"x")
    exchange = wa.channel.fetch(MediaWanted(account="wa", provider_id=media))
    request = exchange.send(wa.http.exchange(next(exchange)))
    assert request.url.startswith("https://lookaside.fbsbx.com/")
    assert dict(request.headers)["Authorization"].startswith("Bearer ")


def test_reports_move_a_message_on_and_never_back(wa):
    ticket = wa.said()
    sent = wa.desk.reply(ticket.id, "hello", actor=AGENT)
    wa.platform.reports(
        wa.platform.sent[0], "read", "delivered", "sent", pricing={"category": "service", "billable": False}
    )
    wa.arrives("twice")
    assert wa.message(sent.message.id).delivery is Delivery.READ
    (event,) = [
        one
        for entry in wa.desk.events.read("t", limit=1000)
        for one in entry.events
        if one.kind == "message.delivery" and one.facts
    ]
    assert event.facts == (("pricing.category", "service"), ("pricing.billable", "false"))
    wa.platform.fails(wa.platform.sent[0], 131026)
    wa.arrives()
    assert wa.message(sent.message.id).delivery is Delivery.READ


def test_what_cannot_be_delivered_says_so_later(wa):
    ticket = wa.said()
    wa.platform.person(ANN).reachable = False
    sent = wa.desk.reply(ticket.id, "hello", actor=AGENT)
    assert sent.delivery is Delivery.SENT
    wa.arrives()
    message = wa.message(sent.message.id)
    assert (message.delivery, message.delivery_reason, message.delivery_needs) == (
        Delivery.FAILED, "131026", "other_recipient",
    )  # fmt: skip


def test_a_customer_who_stops_marketing_is_tagged(wa):
    ticket = wa.said()
    sent = wa.desk.reply(ticket.id, "offer", actor=AGENT)
    wa.platform.fails(wa.platform.sent[0], 131050)
    wa.arrives()
    assert wa.message(sent.message.id).delivery_needs == "consent"
    assert [tag.name for tag in wa.desk.customers.list().items[0].tags] == ["opted_out"]
    wa.platform.change("user_preferences", user_preferences=[{"wa_id": ANN, "value": "resume", "timestamp": 1}])
    wa.arrives()
    assert wa.desk.customers.list().items[0].tags == ()


def test_a_new_number_is_the_same_customer(wa):
    first = wa.said()
    wa.platform.moves(ANN, "8613900000002")
    wa.arrives("twice")
    second = wa.said("me again", "8613900000002")
    assert len(wa.desk.customers.list().items) == 1
    assert {first.id, second.id} == {one.id for one in wa.desk.tickets.list().items}


def test_a_number_leads_to_the_customer_of_another_channel(make_wa):
    wa = make_wa(link_phones=True)
    phone = Sender(kind="phone", external_id=f"+{ANN}")
    known = wa.desk.receive(
        InboundMessage(account="sms", dedupe_key="1", conversation="x", sender=phone, text="hello")
    ).customer
    wa.said()
    assert {one.id for one in wa.desk.customers.list().items} == {known.id}


def test_a_choice_and_a_sign_and_an_edit(wa):
    ticket = wa.said("hi")
    wa.desk.reply(ticket.id, "which?", actor=AGENT)
    wa.platform.chooses(ANN, "refund", "Refund")
    wamid = wa.platform.writes(ANN, "teh order")
    wa.platform.writes(ANN, None, type="reaction", reaction={"message_id": wamid, "emoji": "👍"})
    inner = {"original_message_id": wamid, "message": {"type": "text", "text": {"body": "the order"}}}
    wa.platform.writes(ANN, None, type="edit", edit=inner)
    wa.arrives()
    texts = [one.text for one in wa.messages()]
    assert texts == ["hi", "which?", "Refund", "the order"]
    assert ChoicePart(id="refund", text="Refund") in wa.messages()[2].parts


def test_the_phone_of_the_business_answers_by_hand(wa):
    wa.said("hi")
    wa.later(seconds=1)
    wa.platform.phone_writes(ANN, "from the shop")
    wa.arrives("twice")
    assert [(one.text, one.author) for one in wa.messages()] == [
        ("hi", AuthorKind.CUSTOMER), ("from the shop", AuthorKind.ELSEWHERE),
    ]  # fmt: skip


def test_a_chat_that_is_opened_is_greeted(make_wa):
    wa = make_wa(config={"accounts": [{"name": "wa", "greeting": "您好"}]})
    wa.platform.writes(ANN, None, type="request_welcome")
    wa.arrives("twice")
    assert [one.text for one in wa.platform.sent] == ["您好"]


def test_what_is_new_is_kept_for_later(wa):
    wa.platform.writes(ANN, None, type="hologram", hologram={})
    wa.platform.change("messages", "7777", messages=[{"from": ANN, "id": "x", "type": "text", "text": {"body": "x"}}])
    wa.arrives("twice")
    items = wa.desk.inbox.list().items
    assert [item.state for item in items] == [InboxState.UNKNOWN] * 2
    assert wa.desk.tickets.list().items == ()


def test_nothing_is_pulled(wa):
    with pytest.raises(UnsupportedFeature):
        next(wa.channel.pull(None, None))


def test_arguments_that_cannot_be_used_are_named(wa):
    wrong = [
        {"phone_number_id": "x"}, {"token": ""}, {"app_secrets": []}, {"verify_token": ""}, {"version": "latest"},
        {"base_url": "graph"}, {"menu_label": "x" * 21}, {"menu_label": ""},
    ]  # fmt: skip
    for given in wrong:
        with pytest.raises(InvalidInput) as caught:
            wa.make("wa", **given)
        assert next(iter(given)) in str(caught.value)
        assert wa.platform.token not in str(caught.value)
    with pytest.raises(InvalidInput):
        wa.make("")
