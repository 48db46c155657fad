"""What comes from Telegram: by webhook, and by polling."""

from datetime import timedelta

import pytest

from csdesk import InboundMessage, MenuPart, Priority, Sender, open_desk
from csdesk.channels.telegram import Telegram
from csdesk.domain.records.messages import AuthorKind, ChoicePart, MediaPart, MenuItem
from csdesk.domain.records.queues import InboxState
from csdesk.errors import ChannelError, InvalidInput, StoreError, UnsupportedFeature
from csdesk.ports.channel import RawRequest
from csdesk.rules import F, Rule, SetPriority
from csdesk.testing import Fault, FaultyStore

from ..bench import AGENT
from .conftest import CHAT, SECRET


def test_deliveries_that_come_twice_or_out_of_order_are_stored_once(bot):
    for text in ("one", "two", "three"):
        bot.platform.writes(CHAT, text)
        bot.platform.skip(5)
    assert set(bot.arrives("twice")) == {200}
    bot.platform.writes(CHAT, "four")
    bot.platform.writes(CHAT, "five")
    bot.arrives("reversed")
    assert sorted(one.text for one in bot.messages()) == ["five", "four", "one", "three", "two"]
    assert len(bot.desk.tickets.list().items) == 1


def test_who_does_not_know_the_secret_is_refused(bot):
    bot.platform.writes(CHAT, "forged")
    (request,) = bot.platform.deliveries(secret="wrong")
    assert bot.desk.handle("tg", request).status == 403
    assert bot.desk.handle("tg", request.model_copy(update={"headers": ()})).status == 403
    assert bot.desk.handle("tg", RawRequest(method="GET", url="/")).status == 405
    good = bot.platform.delivery({"no": "number"}, secret=SECRET)
    assert bot.desk.handle("tg", good).status == 400
    assert bot.desk.tickets.list().items == ()


def test_a_polling_bot_takes_no_deliveries(make_bot):
    bot = make_bot(polling=True)
    bot.platform.writes(CHAT, "hi")
    assert bot.arrives() == [404]
    with pytest.raises(UnsupportedFeature):
        next(make_bot().channel.pull(None, None))


def test_polls_store_before_they_acknowledge(make_bot):
    bot = make_bot(polling=True)
    for number in range(5):
        bot.platform.writes(CHAT, f"text {number}")
    faults = iter([Fault.BUSY] * 100)
    broken = FaultyStore(bot.store, lambda name: next(faults, None) if name == "commit" else None)
    with open_desk(broken, channels=[bot.channel], clock=bot.clock, http=bot.http) as desk, pytest.raises(StoreError):
        desk.run_due()
    assert bot.platform.forgotten == 0
    bot.polls()
    assert len(bot.messages()) == 5
    bot.polls()
    assert bot.platform.forgotten == bot.platform.next_update
    bot.platform.skip(1000)
    bot.platform.writes(CHAT, "after a gap")
    bot.polls()
    assert bot.messages()[-1].text == "after a gap"


def test_a_bot_with_a_webhook_cannot_be_polled_and_says_so(make_bot):
    bot = make_bot(polling=True)
    bot.platform.webhook = {"url": "https://elsewhere.example/"}
    with pytest.raises(ChannelError) as caught:
        bot.desk.channels.run(bot.channel.pull(None, None))
    assert (caught.value.provider_code, caught.value.disposition) == ("409.webhook_is_set", "operator")
    health = bot.desk.channels.check("tg")
    assert (health.status, health.code) == ("degraded", "webhook_is_set")
    bot.desk.channels.run(bot.channel.webhook.delete())
    assert bot.desk.channels.check("tg").status == "ok"
    bot.platform.plan("getUpdates", 409)
    with pytest.raises(ChannelError, match="another program polls"):
        bot.desk.channels.run(bot.channel.pull(None, None))


def test_the_address_is_set_with_the_first_secret_and_what_is_wanted(make_bot):
    bot = make_bot(secrets=["new", "old"], username="@desk_bot")
    run, webhook = bot.desk.channels.run, bot.channel.webhook
    run(webhook.set("https://desk.example:8443/tg", max_connections=1, drop_pending=True))
    told = bot.platform.webhook
    assert (told["secret_token"], told["max_connections"], told["drop_pending_updates"]) == ("new", 1, True)
    assert "callback_query" in told["allowed_updates"]
    assert run(webhook.info()).url == "https://desk.example:8443/tg"
    run(webhook.delete())
    assert bot.desk.channels.check("tg").code == "no_webhook"
    for url in ("http://desk.example", "https://desk.example:444", "https://u:p@desk.example", "https://[", "x"):
        with pytest.raises(InvalidInput):
            next(webhook.set(url))
    with pytest.raises(InvalidInput):
        next(webhook.set("https://desk.example", max_connections=0))
    with pytest.raises(InvalidInput):
        next(make_bot(polling=True).channel.webhook.set("https://desk.example"))


def test_a_start_is_greeted_once_and_opens_no_ticket(make_bot):
    bot = make_bot(config={"accounts": [{"name": "tg", "greeting": "您好", "greeting_choices": ["退款", "物流"]}]})
    bot.platform.starts(CHAT, "ad1")
    bot.arrives("twice")
    (sent,) = bot.platform.sent
    assert sent.text == "您好"
    assert [row[0]["text"] for row in sent.params["reply_markup"]["inline_keyboard"]] == ["退款", "物流"]
    assert bot.desk.tickets.list().items == ()
    bot.platform.presses(CHAT, "choice-2")
    bot.arrives()
    (message,) = bot.messages()
    assert message.text == "物流"
    assert ChoicePart(id="choice-2", text="物流") in message.parts


def test_rules_see_the_scene_of_a_start_that_opens_a_ticket(make_bot):
    rule = Rule(name="ad", when=F.message.origin_scene == "ad1", then=(SetPriority(priority=Priority.URGENT),))
    bot = make_bot(start_opens=True, config={"rules": [rule]})
    bot.platform.starts(CHAT, "ad1")
    bot.arrives()
    (ticket,) = bot.desk.tickets.list().items
    assert ticket.priority is Priority.URGENT


def test_a_pressed_button_is_acknowledged_either_way(make_bot):
    bot = make_bot()
    bot.said()
    menu = MenuPart(head="?", items=(MenuItem(id="a", text="A"),))
    bot.desk.reply(bot.desk.tickets.list().items[0].id, [menu], actor=AGENT)
    pressed = bot.platform.presses(CHAT, "a")
    (request,) = bot.platform.deliveries()
    answer = bot.desk.handle("tg", request)
    assert answer.body == b'{"method": "answerCallbackQuery", "callback_query_id": "%s"}' % pressed.encode()
    polled = make_bot(polling=True)
    polled.platform.writes(CHAT, "hi")
    polled.polls()
    polled.desk.reply(polled.desk.tickets.list().items[0].id, [menu], actor=AGENT)
    pressed = polled.platform.presses(CHAT, "a")
    polled.platform.plan("answerCallbackQuery", 400)
    polled.polls()
    assert polled.messages()[-1].text == "A"
    polled.platform.presses(CHAT, "a")
    polled.polls()
    assert len(polled.platform.answered) == 1


def test_edits_change_the_message(bot):
    number = bot.platform.writes(CHAT, "teh order")
    bot.arrives()
    bot.platform.edits(CHAT, number, "the order")
    bot.arrives("twice")
    (message,) = bot.messages()
    assert (message.text, message.parts[0].text) == ("the order", "teh order")


def test_an_answer_to_an_old_message_reaches_its_ticket(bot):
    first = bot.said("about tea")
    sent = bot.desk.reply(first.id, "yes?", actor=AGENT)
    bot.desk.tickets.set_status(first.id, "resolved", actor=AGENT)
    assert sent.message.provider_id == f"{CHAT}/{bot.platform.sent[-1].number}"
    number = bot.platform.sent[-1].number
    bot.platform.writes(CHAT, "still", reply_to_message={"message_id": number})
    bot.arrives()
    assert bot.messages()[-1].ticket == first.id


def test_who_blocks_the_bot_gets_nothing_automatic(bot):
    ticket = bot.said()
    bot.platform.blocks(CHAT)
    bot.arrives()
    customer = bot.desk.customers.list().items[0]
    assert [tag.name for tag in customer.tags] == ["opted_out"]
    sent = bot.desk.reply(ticket.id, "hello?", actor=AGENT).message
    assert (sent.delivery_reason, sent.delivery_needs) == ("403.blocked", "other_recipient")
    bot.platform.blocks(CHAT, blocked=False)
    bot.arrives()
    assert bot.desk.customers.get(customer.id).tags == ()


def test_media_are_fetched_and_what_is_too_large_is_not(bot):
    png = b"\x89PNG\r\n\x1a\n" + b"x" * 100
    photo = {
        "file_id": bot.platform.file(png, path="photos/file_1.jpg"),
        "width": 1,
        "height": 1,
        "file_size": len(png),
    }
    bot.said(text=None, photo=[photo], caption="look")
    large = bot.platform.file(b"x", path="videos/file_2.mp4", size=20_000_001)
    bot.said(text=None, video={"file_id": large, "file_size": 20_000_001})
    hidden = bot.platform.file(b"x", path="videos/file_3.mp4", size=20_000_001)
    bot.said(text=None, video={"file_id": hidden})
    odd = bot.platform.file(b"x", path="../../etc/passwd")
    bot.said(text=None, document={"file_id": odd, "file_name": "a.txt"})
    parts = [part for one in bot.messages() for part in one.parts if isinstance(part, MediaPart)]
    assert [part.problem for part in parts][1:] == ["too_large", "400.too_large", "bad_path"]
    assert parts[0].ref is not None
    assert (parts[0].ref.type, parts[0].problem) == ("image/png", "")
    assert bot.desk._core.media.open(parts[0].ref).read() == png
    assert bot.messages()[0].text == "look"


def test_a_file_that_is_larger_than_it_said_is_not_read_to_its_end(bot):
    file = bot.platform.file(b"x" * 60_000_000, path="documents/file_1.bin", size=10)
    bot.said(text=None, document={"file_id": file, "file_size": 10})
    (part,) = [part for one in bot.messages() for part in one.parts]
    assert part.problem == "too_large"


def test_a_colleague_in_the_account_of_a_business_answers_by_hand(bot):
    bot.said("hi", business_connection_id="BC1")
    bot.platform.writes(CHAT, "from my phone", by=7, business_connection_id="BC1")
    bot.arrives()
    assert [(one.text, one.author) for one in bot.messages()] == [
        ("hi", AuthorKind.CUSTOMER), ("from my phone", AuthorKind.ELSEWHERE),
    ]  # fmt: skip


def test_what_is_new_is_kept_for_later(bot):
    bot.platform.update("hologram", {"new": 1})
    bot.arrives("twice")
    (item,) = bot.desk.inbox.list().items
    assert item.state is InboxState.UNKNOWN


def test_a_phone_number_leads_to_the_customer_of_another_channel(make_bot):
    bot = make_bot(link_phones=True)
    phone = Sender(kind="phone", external_id="+8613900000000")
    other = InboundMessage(account="sms", dedupe_key="1", conversation="x", sender=phone, text="hello")
    known = bot.desk.receive(other).customer
    card = {"phone_number": "8613900000000", "first_name": "Ann", "user_id": CHAT}
    bot.platform.writes(CHAT, None, contact=card)
    bot.arrives()
    assert {one.id for one in bot.desk.customers.list().items} == {known.id}


def test_old_backlog_is_not_answered_automatically(bot):
    old = bot.clock.now() - timedelta(days=40)
    bot.platform.writes(CHAT, "long ago", date=int(old.timestamp()))
    bot.arrives()
    assert bot.messages()[0].backlog


def test_arguments_that_cannot_be_used_are_named(make_bot):
    good = {"token": "7000:AAEexampleTokenOfTheFakeTelegram00", "secrets": ["s"]}
    wrong = [
        {"token": ""}, {"secrets": []}, {"secrets": ["ö"]}, {"polling": True}, {"poll_seconds": 51}, {"base_url": "x"},
    ]  # fmt: skip
    for given in wrong:
        with pytest.raises(InvalidInput) as caught:
            Telegram("tg", **{**good, **given})
        assert good["token"] not in str(caught.value)
    with pytest.raises(InvalidInput):
        Telegram("", **good)
    channel = Telegram("tg", username="@desk_bot", **good)
    assert good["token"] not in repr(channel)
    assert (channel.link("ad_1"), channel.link()) == ("https://t.me/desk_bot?start=ad_1", "https://t.me/desk_bot")
    with pytest.raises(InvalidInput):
        channel.link("no spaces")
    with pytest.raises(InvalidInput):
        Telegram("tg", **good).link()
