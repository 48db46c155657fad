"""pywa as the other side: its signatures beside ours, its reading of the fake's deliveries, its client against it."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("pywa", reason="pywa is not installed: .ci/run installs it")
from pywa import WhatsApp
from pywa.errors import ReEngagementMessage
from pywa.types import Button, CallbackButton, Message, MessageStatus
from pywa.utils import webhook_updates_validator

from csdesk.channels.whatsapp import WhatsAppCloud
from csdesk.domain.records.channels import InboundMessage, StatusEvent
from csdesk.domain.records.messages import ChoicePart
from csdesk.ports.channel import RawRequest
from csdesk.testing import FakeWhatsApp, FixedClock

ANN = "8613900000001"


def channel(platform: FakeWhatsApp) -> WhatsAppCloud:
    return WhatsAppCloud(
        "wa", phone_number_id="1000", token=platform.token, app_secrets=[platform.app_secret], verify_token="v"
    )


@pytest.mark.parametrize("body", [b'{"entry": []}', '{"entry": [], "x": "\\u4f60好"}'.encode()])
def test_both_agree_on_signatures(body: bytes) -> None:
    platform = FakeWhatsApp(FixedClock().now)
    ours = channel(platform)
    for secret, changed in ((platform.app_secret, body), ("other", body), (platform.app_secret, body + b" ")):
        posted = platform.posted(body, secret=secret).model_copy(update={"body": changed})
        signature = posted.header("X-Hub-Signature-256")
        assert signature is not None
        theirs = webhook_updates_validator(platform.app_secret, changed, signature)
        assert theirs is (ours.receive(posted).rejected is None)
        assert theirs is (secret == platform.app_secret and changed == body)


def told(request: RawRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.body)
    return found


def test_both_read_the_same_in_a_delivery_of_the_fake() -> None:
    platform = FakeWhatsApp(FixedClock().now)
    platform.person(ANN).user_id = "CN.1"
    client = WhatsApp(phone_id="1000", token=platform.token)
    ours = channel(platform)
    platform.writes(ANN, "你好", context={"id": "wamid.0", "from": "1"})
    platform.writes(
        ANN, None, type="image", image={"id": "9", "mime_type": "image/jpeg", "sha256": "x", "caption": "c"}
    )
    for request in platform.deliveries():
        theirs = Message.from_update(client, told(request))
        (event,) = ours.receive(request).events
        assert isinstance(event, InboundMessage)
        assert (event.provider_id, event.sender.external_id, event.sent_at) == (
            theirs.id, theirs.from_user.wa_id, theirs.timestamp,
        )  # fmt: skip
        assert event.sender.name == theirs.from_user.name
        assert event.text == (theirs.text or theirs.caption)
        assert [one.external_id for one in event.also] == [theirs.from_user.bsuid]
    platform.chooses(ANN, "a", "A")
    (request,) = platform.deliveries()
    (event,) = ours.receive(request).events
    pressed = CallbackButton.from_update(client, told(request))
    assert isinstance(event, InboundMessage)
    assert ChoicePart(id=pressed.data, text=pressed.title) in event.parts


def test_their_client_finds_the_fake_to_be_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    platform = FakeWhatsApp(FixedClock().now)
    with platform.served() as url:
        client = WhatsApp(phone_id="1000", token=platform.token)
        monkeypatch.setattr(client.api._session, "base_url", f"{url}/v23.0/")
        with pytest.raises(ReEngagementMessage):
            client.send_message(ANN, "too early")
        platform.writes(ANN, "hi")
        client.send_message(ANN, "好", tracker="msg_1")
        client.send_message(ANN, "which?", buttons=[Button("A", callback_data="a")])
        client.mark_message_as_read("wamid.IN1")
        client.api._session.close()
    assert [one.text for one in platform.sent] == ["好", "which?"]
    assert (platform.sent[0].key, platform.read) == ("msg_1", ["wamid.IN1"])
    platform.deliveries()
    platform.reports(platform.sent[0], "delivered", conversation={"id": "C", "origin": {"type": "service"}})
    change = platform.changes[0]
    change["value"]["contacts"] = [platform.person(ANN).told()]
    (request,) = platform.deliveries()
    (event,) = channel(platform).receive(request).events
    theirs = MessageStatus.from_update(client, told(request))
    assert isinstance(event, StatusEvent)
    assert (event.key, event.provider_id, event.status) == (theirs.tracker, theirs.id, theirs.status.value)
