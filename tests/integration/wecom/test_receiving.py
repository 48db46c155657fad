"""From the callback to the ticket."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from csdesk import Actor, RawRequest
from csdesk.domain.records.messages import AuthorKind, MediaPart
from csdesk.domain.records.queues import InboxState
from csdesk.errors import InvalidInput


def messages(kf, number=None):
    ticket = kf.desk.tickets.numbered(number) if number else kf.ticket()
    return [item.message for item in kf.desk.tickets.timeline(ticket.id) if item.message]


def test_a_customer_who_writes_gets_a_ticket(kf):
    kf.platform.writes("wm1", "退款三天没到")
    report = kf.arrives()
    assert report.pulled == 1
    (message,) = messages(kf)
    assert (message.text, message.account, message.conversation) == ("退款三天没到", "kf", "wm1")
    customer = kf.desk.customers.find("wm1", kind="wecom", scope="ww1")
    assert customer is not None
    assert kf.arrives().pulled == 0
    assert kf.platform.calls["gettoken"] == 1


def test_the_check_of_the_address_is_answered_byte_for_byte(kf):
    reply = kf.crypto.encrypt("5927782489442352469", int(kf.clock.now().timestamp()), "n1")
    url = (
        f"https://host/kf?msg_signature={reply.msg_signature}&timestamp={reply.timestamp}&nonce=n1"
        f"&echostr={quote(reply.encrypt, safe='')}"
    )
    got = kf.desk.handle("kf", RawRequest(method="GET", url=url))
    assert (got.status, got.body) == (200, b"5927782489442352469")
    raw = url.partition("&echostr=")[0] + f"&echostr={reply.encrypt}"
    assert kf.desk.handle("kf", RawRequest(method="GET", url=raw)).body == b"5927782489442352469"
    forged = url.replace("msg_signature=", "msg_signature=0")
    assert kf.desk.handle("kf", RawRequest(method="GET", url=forged)).status == 403


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"body": b"<xml/>"}, 400),
        ({"body": b""}, 400),
        ({"url": "https://host/kf"}, 403),
        ({"url": "https://host/kf?timestamp=x"}, 403),
        ({"url": "https://host/kf?" + "&".join("a=1" for _ in range(100))}, 400),
        ({"method": "PUT"}, 405),
    ],
)
def test_requests_of_strangers(kf, change, status):
    assert kf.desk.handle("kf", kf.callback().model_copy(update=change)).status == status
    assert kf.desk.run_due().pulled == 0


@pytest.mark.parametrize(("minutes", "status"), [(-6, 403), (-5, 200), (0, 200), (5, 200), (6, 403)])
def test_a_callback_may_not_be_stale_or_from_the_future(kf, minutes, status):
    request = kf.callback(at=kf.clock.now() + timedelta(minutes=minutes))
    assert kf.desk.handle("kf", request).status == status


def test_the_same_callback_three_times_is_one_message(kf):
    kf.platform.writes("wm1")
    request = kf.callback()
    for _ in range(3):
        assert kf.desk.handle("kf", request).status == 200
    kf.desk.run_due()
    assert kf.ticket().messages == 1
    kf.desk.handle("kf", request)
    kf.desk.run_due()
    assert kf.ticket().messages == 1


def test_a_callback_without_an_account_asks_all_that_share_the_address(make_kf):
    kf = make_kf(accounts={"wk2": "kf2"})
    inner = "<xml><Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[t]]></Token></xml>"
    result = kf.channel.receive(kf.callback(inner))
    assert [(one.account, one.token) for one in result.pulls] == [("kf2", "t"), ("kf", "t")]
    named = inner.replace("<Token>", "<OpenKfId>wk2</OpenKfId><Token>")
    assert [one.account for one in kf.channel.receive(kf.callback(named)).pulls] == ["kf2"]
    strange = inner.replace("<Token>", "<OpenKfId>wk9</OpenKfId><Token>")
    assert kf.channel.receive(kf.callback(strange)).pulls == ()


def test_other_callbacks_are_answered_and_kept(kf):
    changed = "<xml><Event><![CDATA[kf_account_auth_change]]></Event><AuthAddOpenKfId>wk2</AuthAddOpenKfId></xml>"
    assert kf.desk.handle("kf", kf.callback(changed)).status == 200
    assert kf.desk.inbox.list().items == ()
    assert kf.desk.handle("kf", kf.callback("<xml><Event>new_kind</Event></xml>")).status == 200
    (item,) = kf.desk.inbox.list().items
    assert item.state is InboxState.UNKNOWN


# Pulling


def test_pages_that_are_empty_repeated_or_out_of_order(kf):
    kf.platform.page_size = 2
    for number in range(5):
        kf.platform.writes("wm1", str(number))
    kf.platform.shape("empty", "repeat", "reversed")
    kf.arrives()
    assert sorted(one.text for one in messages(kf)) == ["0", "1", "2", "3", "4"]


def test_the_cursor_goes_on_where_it_stopped_after_a_failure(kf):
    kf.platform.page_size = 1
    for number in range(3):
        kf.platform.writes("wm1", str(number))
    first = kf.channel._page
    pages = []

    def page(token, cursor):
        pages.append(cursor)
        if len(pages) == 2:
            kf.platform.plan("kf/sync_msg", -1)
        return first(token, cursor)

    kf.channel._page = page
    assert kf.arrives().pulled == 1
    kf.later(minutes=1)
    assert kf.desk.run_due().pulled == 2
    assert pages == [None, "CUR1", "CUR1", "CUR2"]
    assert kf.ticket().messages == 3


@pytest.mark.parametrize("fault", ["lost", "reset", "slow", "half", "html", "empty", "down", "limited", -1, 45009])
def test_a_pull_that_fails_is_tried_again_and_loses_nothing(kf, fault):
    kf.platform.writes("wm1")
    kf.platform.plan("kf/sync_msg", fault, fault, fault)
    report = kf.arrives()
    assert (report.pulled, report.retried) in {(0, 1), (1, 0)}
    kf.later(minutes=2)
    kf.desk.run_due()
    kf.later(minutes=2)
    kf.desk.run_due()
    kf.later(minutes=2)
    kf.desk.run_due()
    assert kf.ticket().messages == 1


def test_a_stale_token_of_the_callback_is_left_out(kf):
    kf.platform.writes("wm1")
    kf.desk.handle("kf", kf.callback())
    kf.platform.forget_hints()
    assert kf.desk.run_due().pulled == 1
    assert kf.platform.calls["kf/sync_msg"] == 2


def test_callbacks_that_were_lost_are_made_up_for_by_polling(kf):
    kf.platform.writes("wm1")
    assert kf.desk.run_due().pulled == 1
    kf.platform.writes("wm1")
    assert kf.desk.run_due().pulled == 0
    kf.later(minutes=15)
    assert kf.desk.run_due().pulled == 1


def test_two_accounts_of_one_corporation_do_not_mix(make_kf):
    kf = make_kf()
    kf.platform.accounts["wk2"] = "other"
    kf.platform.writes("wm1", "one")
    kf.platform.writes("wm1", "two", open_kfid="wk2")
    kf.arrives()
    assert [one.text for one in messages(kf)] == ["one"]


# What people say elsewhere, and backlog


def test_a_person_elsewhere_is_no_customer_and_is_never_answered(kf):
    kf.said()
    kf.platform.servicer_writes("wm1", "您好，我来帮您查")
    kf.arrives()
    last = messages(kf)[-1]
    assert (last.author, last.direction) == (AuthorKind.ELSEWHERE, "out")
    ticket = kf.ticket()
    assert ticket.waiting_since is None
    assert kf.platform.sent == []


def test_what_a_customer_sends_beside_text(kf):
    media = kf.platform.media(b"\x89PNG\r\n\x1a\n" + b"x" * 20, name="../发票.png")
    kf.platform.writes("wm1", msgtype="image", image={"media_id": media})
    kf.platform.writes("wm1", text={"content": "转人工", "menu_id": "handoff"})
    kf.platform.writes("wm1", msgtype="something_new", something_new={"a": 1})
    kf.platform.writes("wm1", "last", future_field={"deep": [1]})
    report = kf.arrives()
    assert report.fetched == 1
    image, choice, last = messages(kf)
    assert isinstance(image.parts[0], MediaPart)
    assert (image.parts[0].ref.type, image.parts[0].ref.name) == ("image/png", "发票.png")
    assert choice.parts[1].id == "handoff"
    assert last.text == "last"
    assert len(kf.desk.inbox.list().items) == 1


def test_media_larger_than_one_answer_come_in_ranges(kf):
    content = b"\x00\x00\x00\x20ftypisom" + b"x" * 21_000_000
    media = kf.platform.media(content, type="video/mp4", name="a.mp4")
    kf.platform.writes("wm1", msgtype="video", video={"media_id": media})
    assert kf.arrives().fetched == 1
    assert messages(kf)[0].parts[0].ref.size == len(content)


def test_media_that_are_gone_say_so(kf):
    kf.platform.writes("wm1", msgtype="image", image={"media_id": "gone"})
    report = kf.arrives()
    assert (report.fetched, report.failed) == (0, 1)
    assert messages(kf)[0].parts[0].problem == "40007"


def test_a_recalled_message_and_a_failed_one(kf):
    ticket = kf.said()
    first = messages(kf)[0]
    kf.platform.event("user_recall_msg", "wm1", recall_msgid=first.provider_id)
    sent = kf.desk.reply(ticket.id, "好的", actor=Actor.agent("agt_1"))
    kf.platform.event("msg_send_fail", "wm1", fail_msgid=sent.message.id, fail_type=10)
    kf.arrives()
    after = messages(kf)
    assert after[0].recalled_at is not None
    assert (after[1].delivery, after[1].delivery_reason) == ("failed", "refused_by_customer")
    assert after[1].delivery_needs == "consent"


@pytest.mark.parametrize(
    ("name", "value"),
    [("secret", ""), ("corp_id", ""), ("open_kfid", "a\nb"), ("token", ""), ("encoding_aes_key", "x")],
)
def test_empty_secrets_are_refused_when_it_is_made(kf, name, value):
    with pytest.raises(InvalidInput) as caught:
        kf.make(**{name: value})
    assert caught.value.field == name
