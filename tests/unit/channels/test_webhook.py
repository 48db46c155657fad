"""Standard Webhooks: the published vector, what is refused and why, what becomes of each type, what goes out."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from csdesk import Actor, ChannelError, InvalidInput, OutboundMessage, RawRequest, Sender, TextPart, open_desk
from csdesk.channels.webhook import WebhookChannel, WebhookSigner
from csdesk.domain.records.customers import Evidence
from csdesk.domain.records.messages import LinkPart
from csdesk.errors import RequestRejected, UnsupportedFeature
from csdesk.ports.channel import (
    Channel,
    DeleteEvent,
    EchoEvent,
    EditEvent,
    HttpResponse,
    InboundMessage,
    StatusEvent,
    TimedChannel,
    UnknownEvent,
)
from csdesk.testing import FixedClock, ScriptedHttp, SerialIds

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "QUFB" * 8
NOW = datetime(2021, 2, 25, 15, 2, 10, tzinfo=UTC)
SIGNER = WebhookSigner([SECRET])


def post(body, *, signer=SIGNER, at=NOW, received_at=NOW, **changes):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = RawRequest(
        method="POST",
        url="/hooks/own",
        headers=signer.headers("msg_1", at, content),
        body=content,
        received_at=received_at,
    )
    return request.model_copy(update=changes)


def channel(**given):
    return WebhookChannel("own", secrets=[SECRET], url="https://system.example/replies", **given)


def event(type, at=None, **values):
    (found,) = channel().receive(post({"type": type, "data": values} | ({"timestamp": at} if at else {}))).events
    return found


def test_the_published_vector():
    headers = SIGNER.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), b'{"test": 2432232314}'
    )
    assert headers == (
        ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp", "1614265330"),
        ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    )


def test_it_is_a_channel_that_takes_the_desks_time():
    assert isinstance(channel(), Channel)
    assert isinstance(channel(), TimedChannel)


@pytest.mark.parametrize("secrets", [(), [""], ["whsec_"], ["whsec_c2hvcnQ="], [SECRET, "x"], [SECRET + "!"], [7]])
def test_a_secret_must_be_one(secrets):
    with pytest.raises(InvalidInput, match="secrets"):
        WebhookSigner(secrets)


def test_one_secret_may_stand_alone_and_its_prefix_is_optional():
    bare = WebhookSigner(SECRET.removeprefix("whsec_"))
    assert bare.verify(post({})) == "msg_1"
    assert "MfKQ" not in repr(bare)


def test_the_time_may_be_off_by_its_tolerance_and_no_more():
    edge = timedelta(minutes=5)
    for sign in (1, -1):
        assert SIGNER.verify(post({}, at=NOW + sign * edge)) == "msg_1"
        with pytest.raises(RequestRejected, match="bad_time"):
            SIGNER.verify(post({}, at=NOW + sign * (edge + timedelta(seconds=1))))
    with pytest.raises(InvalidInput, match="tolerance"):
        WebhookSigner([SECRET], tolerance=timedelta(0))


def test_what_nobody_dated_is_refused():
    with pytest.raises(RequestRejected, match="bad_time"):
        SIGNER.verify(post({}, received_at=None))


def test_while_secrets_change_both_sides_find_one_in_common():
    both = WebhookSigner([OTHER, SECRET])
    assert both.verify(post({})) == "msg_1"
    assert SIGNER.verify(post({}, signer=both)) == "msg_1"
    with pytest.raises(RequestRejected, match="bad_signature"):
        WebhookSigner([OTHER]).verify(post({}))


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("webhook-id", "", "bad_id"),
        ("webhook-id", "a\nb", "bad_id"),
        ("webhook-id", "消息", "bad_id"),
        ("webhook-id", "x" * 201, "bad_id"),
        ("webhook-id", "msg_2", "bad_signature"),
        ("webhook-timestamp", "", "bad_time"),
        ("webhook-timestamp", "-1614265330", "bad_time"),
        ("webhook-timestamp", "１６１４２６５３３０", "bad_time"),
        ("webhook-timestamp", "9" * 13, "bad_time"),
        ("webhook-signature", "", "bad_signature"),
        ("webhook-signature", "v1,é", "bad_signature"),
        ("webhook-signature", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "bad_signature"),
    ],
)
def test_each_header_is_needed(name, value, reason):
    good = post({})
    changed = tuple((key, value if key == name else was) for key, was in good.headers)
    result = channel().receive(good.model_copy(update={"headers": changed}))
    assert (result.rejected.code, result.reply.status, result.events) == (reason, 401, ())


def test_a_message():
    said = event(
        "message", "2021-02-25T15:00:00Z", conversation="c-1", text="在吗？", subject="发票", id="m-1",
        sender={"id": "u-1", "name": "王芳", "kind": "email", "mood": "good"}, references=["m-0"], more=[1],
    )  # fmt: skip
    assert isinstance(said, InboundMessage)
    assert (said.account, said.dedupe_key, said.conversation, said.text) == ("own", "msg_1", "c-1", "在吗？")
    assert (said.subject, said.provider_id, said.references) == ("发票", "m-1", ("m-0",))
    assert said.sender == Sender(kind="email", external_id="u-1", name="王芳", evidence=Evidence.PROVIDER)
    assert said.sent_at == datetime(2021, 2, 25, 15, tzinfo=UTC)
    assert json.loads(said.raw)["data"]["more"] == [1]


def test_the_other_types():
    assert isinstance(event("message.edited", id="m", text="x"), EditEvent)
    assert isinstance(event("message.deleted", id="m"), DeleteEvent)
    status = event("message.status", key="k", status="read")
    assert isinstance(status, StatusEvent)
    assert (status.key, status.status) == ("k", "read")
    echo = event("message.echo", conversation="c", to={"id": "u"}, text="x", author="u7")
    assert isinstance(echo, EchoEvent)
    assert (echo.to, echo.author) == (Sender(kind="webhook", external_id="u", evidence=Evidence.PROVIDER), "u7")
    unknown = event("order.paid", total=7)
    assert isinstance(unknown, UnknownEvent)
    assert unknown.provider_type == "order.paid"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000, b"{}", b'{"type": 7}', b'{"type": ""}']
)
def test_what_is_no_event_is_refused(body):
    result = channel().receive(post(body))
    assert (result.rejected.code, result.reply.status) == ("bad_body", 400)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"type": "message"}, ["data.conversation", "data.sender", "data.text"]),
        ({"type": "message", "data": 7}, ["data"]),
        ({"type": "message", "timestamp": "2021-01-01T00:00:00", "data": {}}, ["timestamp"]),
        ({"type": "message", "data": {"conversation": "c", "sender": {"id": ""}, "text": "x"}}, ["data.sender.id"]),
        ({"type": "message", "data": {"conversation": "c", "sender": {"id": "u"}, "text": ""}}, ["data.text"]),
        ({"type": "message.status", "data": {"status": "eaten", "key": "k"}}, ["data.status"]),
        ({"type": "message.status", "data": {"status": "read"}}, ["data"]),
    ],
)
def test_what_lacks_something_is_told_where(body, fields):
    result = channel().receive(post(body))
    assert result.reply.status == 422
    assert json.loads(result.reply.body) == {"error": "bad_fields", "fields": fields}


def test_only_post_is_taken():
    assert channel().receive(post({}, method="GET")).reply.status == 405


def test_nothing_is_pulled():
    with pytest.raises(UnsupportedFeature):
        next(channel().pull(None, None))


@pytest.mark.parametrize("url", ["", "/replies", "ftp://x", "https://", "https://user:word@x", "https://[x"])
def test_replies_need_an_address(url):
    with pytest.raises(InvalidInput, match="url"):
        WebhookChannel("own", secrets=[SECRET], url=url)


OUT = OutboundMessage(
    key="msg_out", account="own", conversation="c-1", to=Sender(kind="webhook", external_id="u-1", name="王芳"),
    parts=(TextPart(text="好的"), LinkPart(url="https://example.com")), answers=("m-1",), occurred_at=NOW,
)  # fmt: skip


def sent(answer, **given):
    """A reply, posted an hour after it was written: the request, and what came of it."""
    own = channel(clock=FixedClock(NOW + timedelta(hours=1)), **given)
    exchange = own.send(OUT)
    request = next(exchange)
    try:
        if isinstance(answer, Exception):
            exchange.throw(answer)
        exchange.send(answer)
    except StopIteration as end:
        return request, end.value
    except ChannelError as error:
        return request, error
    raise AssertionError


def test_a_reply_is_posted_under_its_key_and_signed_now():
    request, receipt = sent(HttpResponse(status=200, body=b'{"id": "theirs-1"}'))
    assert receipt.provider_id == "theirs-1"
    as_received = RawRequest(
        method="POST", url=request.url, headers=request.headers, body=request.body,
        received_at=NOW + timedelta(hours=1),
    )  # fmt: skip
    assert SIGNER.verify(as_received) == "msg_out"
    told = json.loads(request.body)
    assert (told["type"], told["timestamp"]) == ("message.reply", NOW.isoformat())
    assert told["data"] == {
        "key": "msg_out", "account": "own", "conversation": "c-1", "subject": "", "text": "好的",
        "to": {"kind": "webhook", "scope": "", "id": "u-1", "name": "王芳"},
        "parts": [{"kind": "text", "text": "好的"}, {"kind": "link", "url": "https://example.com"}],
        "answers": ["m-1"], "automatic": False,
    }  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"ok", b'{"id": 7}', b'{"id": ""}', b"[" * 100_000])
def test_an_answer_without_an_id_is_an_answer(body):
    assert sent(HttpResponse(status=202, body=body))[1].provider_id == "msg_out"


@pytest.mark.parametrize(
    ("answer", "disposition"),
    [
        (HttpResponse(status=410), "operator"),
        (HttpResponse(status=401), "operator"),
        (HttpResponse(status=301), "operator"),
        (HttpResponse(status=422), "fix_content"),
        (HttpResponse(status=408), "retry"),
        (HttpResponse(status=500), "retry"),
        (ChannelError("h", "no answer", disposition="unknown_outcome"), "retry"),
        (ChannelError("h", "no connection", disposition="retry"), "retry"),
        (ChannelError("h", "private", disposition="fix_content"), "operator"),
    ],
)
def test_what_a_refusal_means(answer, disposition):
    error = sent(answer)[1]
    assert (error.account, error.disposition) == ("own", disposition)


@pytest.mark.parametrize(
    ("given", "wait"), [("7", 7.0), ("999999", 86_400.0), ("soon", None), ("-1", None), ("", None)]
)
def test_a_busy_side_may_say_how_long(given, wait):
    error = sent(HttpResponse(status=429, headers=(("retry-after", given),)))[1]
    assert (error.disposition, error.retry_after) == ("retry", wait)


def test_without_an_address_a_reply_says_so():
    with pytest.raises(ChannelError, match="no address for replies"):
        next(WebhookChannel("own", secrets=[SECRET]).send(OUT))


def test_the_desk_gives_the_channel_its_time_and_stores_each_id_once():
    clock, http = FixedClock(NOW), ScriptedHttp()
    with open_desk("memory://", channels=[channel()], clock=clock, ids=SerialIds(), http=http) as desk:
        said = {"type": "message", "data": {"conversation": "c-1", "sender": {"id": "u-1"}, "text": "在吗？"}}
        for _ in range(2):
            assert desk.handle("own", post(said, received_at=None)).status == 200
        (ticket,) = desk.tickets.list().items
        clock.advance(timedelta(hours=1))
        desk.reply(ticket.id, "在", actor=Actor.agent("agt_1"))
        ((_, seconds),) = [one for one in http.requests[0].headers if one[0] == "webhook-timestamp"]
        assert int(seconds) == int(clock.now().timestamp())
