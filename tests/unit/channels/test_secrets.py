"""Addresses that face the internet: who does not know the secret gets nothing read, and learns nothing by the clock."""

import hmac

import pytest

from csdesk import InvalidInput, RawRequest
from csdesk.channels.email import EmailChannel
from csdesk.channels.telegram import Telegram
from csdesk.channels.webchat import WebChat
from csdesk.channels.webhook import WebhookChannel
from csdesk.channels.whatsapp import WhatsAppCloud
from csdesk.testing import FixedClock, SerialIds

NOW = FixedClock().now()
SECONDS = str(int(NOW.timestamp()))
DEEP = b"[" * 100_000
"""A body that a reader would stumble over."""
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def whatsapp(*secrets):
    return WhatsAppCloud("a", phone_number_id="1", token="t", app_secrets=secrets, verify_token="v" * 20)


def mail(*secrets):
    return EmailChannel("a", address="a@x.example", signing_keys=(b"k" * 32,), webhook_secrets=secrets)


ADDRESSES = {
    "mail": (mail("s" * 20), "mail", {"Authorization": "Bearer guess"}),
    "telegram": (
        Telegram("a", token=f"1:{'t' * 35}", secrets=["s" * 20]),
        "telegram",
        {"X-Telegram-Bot-Api-Secret-Token": "guess"},
    ),
    "whatsapp": (whatsapp("s" * 20), "whatsapp", {"X-Hub-Signature-256": "sha256=guess"}),
    "webhook": (
        WebhookChannel("a", secrets=[SECRET]),
        "webhook",
        {"webhook-id": "1", "webhook-timestamp": SECONDS, "webhook-signature": "v1,guess"},
    ),
    "webchat": (
        WebChat("a", secrets=["s" * 32], ids=SerialIds()),
        "messages",
        {"Authorization": "Bearer visit.eyJhIjoxfQ.Z3Vlc3M"},
    ),
}


def shown(headers, path):
    return RawRequest(
        method="POST", url=f"/{path}", headers=tuple(headers.items()), body=DEEP, received_at=NOW, remote="192.0.2.1"
    )


@pytest.mark.parametrize("kind", ADDRESSES)
def test_a_guess_is_compared_in_constant_time_and_the_body_is_not_read(kind, monkeypatch):
    compared = []
    compare = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda ours, theirs: compared.append(theirs) or compare(ours, theirs))
    channel, path, headers = ADDRESSES[kind]
    found = channel.receive(shown(headers, path))
    assert found.rejected is not None
    assert found.rejected.code in ("bad_secret", "bad_signature", "bad_token")
    assert found.reply.status in (401, 403)
    assert any(b"guess" in one for one in compared)


@pytest.mark.parametrize("kind", ADDRESSES)
def test_nothing_shown_is_no_secret(kind):
    channel, path, _ = ADDRESSES[kind]
    found = channel.receive(shown({}, path))
    assert found.rejected is not None
    assert found.reply.status in (401, 403)
    assert found.events == ()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Telegram("a", token=f"1:{'t' * 35}", secrets=[]),
        lambda: Telegram("a", token=f"1:{'t' * 35}", secrets=[""]),
        whatsapp,
        lambda: whatsapp(""),
        lambda: WebhookChannel("a", secrets=[]),
        lambda: WebChat("a", secrets=[]),
        lambda: mail(""),
    ],
)
def test_without_a_secret_there_is_no_address(make):
    with pytest.raises(InvalidInput):
        make()


def test_mail_without_a_secret_takes_no_requests():
    assert mail().receive(shown({"Authorization": "Bearer "}, "mail")).reply.status == 404
