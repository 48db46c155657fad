"""The reference library of Standard Webhooks: each side verifies what the other signed, and refuses the rest."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("standardwebhooks", reason="standardwebhooks is not installed: .ci/run installs it")
from standardwebhooks import Webhook, WebhookVerificationError

from csdesk import RawRequest
from csdesk.channels.webhook import WebhookChannel, WebhookSigner

SECRETS = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "QUFB" * 8, "whsec_" + "//79" * 16]
BODY = json.dumps(
    {"type": "message", "data": {"conversation": "c", "sender": {"id": "u"}, "text": "在吗？"}}, ensure_ascii=False
)


@pytest.fixture
def now() -> datetime:
    """The present: their library goes by the machine's clock, five minutes to either side."""
    return datetime.now(UTC)  # noqa: TID251


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("body", ["{}", BODY, '{"text": "\\u0000 👨‍👩‍👧"}'])
def test_both_sign_alike(secret: str, body: str, now: datetime) -> None:
    ours = dict(WebhookSigner([secret]).headers("msg_1", now, body.encode()))
    assert ours["webhook-signature"] == Webhook(secret).sign("msg_1", now, body)
    assert Webhook(secret).verify(body, ours) == json.loads(body)


def test_their_request_is_our_message(now: datetime) -> None:
    headers = {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": f"v1a,x {Webhook(SECRETS[0]).sign('msg_1', now, BODY)}",
    }
    request = RawRequest(
        method="POST", url="/", headers=tuple(headers.items()), body=BODY.encode(), received_at=now
    )  # fmt: skip
    channel = WebhookChannel("own", secrets=[SECRETS[1], SECRETS[0]])
    (event,) = channel.receive(request).events
    assert event.dedupe_key == "msg_1"
    assert WebhookChannel("own", secrets=[SECRETS[1]]).receive(request).rejected is not None


def test_they_take_a_rotation_of_ours_and_refuse_what_is_old(now: datetime) -> None:
    both = WebhookSigner(SECRETS[:2])
    for secret in SECRETS[:2]:
        Webhook(secret).verify("{}", dict(both.headers("msg_1", now, b"{}")))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRETS[0]).verify("{}", dict(both.headers("msg_1", now - timedelta(minutes=6), b"{}")))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRETS[2]).verify("{}", dict(both.headers("msg_1", now, b"{}")))
