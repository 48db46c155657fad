"""What a mail channel refuses, what its ids prove, and what a server's refusal means."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from csdesk.channels.email import EmailChannel, ImapServer, SmtpServer, safe_html
from csdesk.channels.email.delivering import refusal
from csdesk.channels.email.signing import Signer
from csdesk.errors import InvalidInput
from csdesk.ports.channel import RawRequest

KEY = b"k" * 16
TICKET = "tkt_00000000000000000000000001"


def test_ids_prove_what_they_name_and_nothing_else():
    signer = Signer("mail", "shop.example", (KEY, b"o" * 16))
    told = signer.message_id("msg_1", TICKET)
    assert (signer.key_of(told), signer.ticket_of(told)) == ("msg_1", TICKET)
    tagged = signer.reply_address("help@shop.example", TICKET)
    assert signer.ticket_of(tagged) == signer.ticket_of(tagged.upper()) == TICKET
    assert Signer("mail", "shop.example", (b"n" * 16, KEY)).key_of(told) == "msg_1", "an older key is believed"
    for stranger in (Signer("other", "shop.example", (KEY,)), Signer("mail", "shop.example", (b"n" * 16,))):
        assert stranger.key_of(told) == stranger.ticket_of(told) == stranger.ticket_of(tagged) == ""
    assert signer.key_of(told.replace("msg_1", "msg_2")) == ""
    assert signer.ticket_of(tagged.replace("1.", "2.")) == ""


@pytest.mark.parametrize(
    ("code", "said", "stage", "meaning"),
    [
        (421, b"4.3.2 closing", "rcpt", "retry"),
        (450, b"busy", "data", "retry"),
        (535, b"5.7.8 bad", "auth", "operator"),
        (550, b"no such user", "rcpt", "recipient_gone"),
        (550, b"5.7.1 relaying", "rcpt", "operator"),
        (550, b"5.1.8 bad sender", "mail", "operator"),
        (552, b"5.2.2 full", "rcpt", "recipient_gone"),
        (552, b"5.2.3 too long", "data", "fix_content"),
        (552, b"large", "mail", "fix_content"),
        (554, b"spam", "data", "fix_content"),
        (503, b"order", "mail", "operator"),
    ],
)
def test_a_refusal_has_one_meaning(code, said, stage, meaning):
    error = refusal("mail", code, said, stage)
    assert error.disposition == meaning
    assert said.decode().split(" ", 1)[-1] not in str(error) + str(error.provider_code)


@pytest.mark.parametrize(
    "make",
    [
        lambda: SmtpServer(host="mx.example", security="none"),
        lambda: SmtpServer(host="mx.example", user="u"),
        lambda: SmtpServer(host="mx.example", timeout=0),
        lambda: ImapServer(host="mx.example", user="u", password=""),
        lambda: ImapServer(host="mx.example", user="u\r\n", password="p"),
        lambda: EmailChannel("mail", address="nobody", signing_keys=(KEY,)),
        lambda: EmailChannel("mail", address="a@b.example", signing_keys=()),
        lambda: EmailChannel("mail", address="a@b.example", signing_keys=(b"short",)),
        lambda: EmailChannel("mail", address="a@b.example", signing_keys=(KEY,), webhook_secrets=("",)),
        lambda: EmailChannel("mail", address=f"{'a' * 30}@b.example", signing_keys=(KEY,), tagged_replies=True),
    ],
)
def test_impossible_settings_are_refused(make):
    with pytest.raises(InvalidInput):
        make()


@pytest.mark.parametrize(
    ("secret", "body", "status"),
    [
        ("Bearer good", b"From: a@b.example\r\n\r\nhi", 200),
        ("Bearer bad", b"From: a@b.example\r\n\r\nhi", 401),
        ("good", b"From: a@b.example\r\n\r\nhi", 401),
        ("Bearer good", b"", 400),
        ("Bearer good", b'{"a": 1}', 400),
        ("Bearer good", b"From: a@b.example\r\n\r\n" + b"x" * 5000, 413),
    ],
)
def test_web_requests(secret, body, status):
    one = EmailChannel(
        "mail", address="a@shop.example", signing_keys=(KEY,), webhook_secrets=("old", "good"), most_bytes=4000
    )
    now = datetime(2026, 1, 5, tzinfo=UTC)
    headers = (("authorization", secret),)
    result = one.receive(RawRequest(method="POST", url="/", headers=headers, body=body, received_at=now))
    assert result.reply.status == status
    assert len(result.events) == (status == 200)
    assert "good" not in repr(one)
    assert "k" * 16 not in repr(one)


def test_html_is_safe_to_show():
    pytest.importorskip("nh3", reason="nh3 is not installed (extra email)")
    page = (
        '<p onclick="x()">您好<script>x()</script><img src="cid:a"><img src="cid:b"><img src="https://t.example/1"></p>'
    )
    shown = safe_html(page, pictures={"a": "/media/1"})
    assert "您好" in shown
    assert "/media/1" in shown
    assert not [one for one in ("script", "onclick", "cid:", "t.example") if one in shown]
    assert "t.example" in safe_html(page, remote=True)
