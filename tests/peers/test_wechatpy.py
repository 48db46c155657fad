"""wechatpy as the other side: its envelope against our callback, its client against the fake platform."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

pytest.importorskip("cryptography", reason="the extra wecom is not installed")
pytest.importorskip("wechatpy", reason="wechatpy is not installed: a pre-release, .ci/run installs it")
pytest.importorskip("wechatpy.work.client.api.kf", reason="this wechatpy has no customer service")
from wechatpy.exceptions import InvalidSignatureException, WeChatClientException
from wechatpy.work import WeChatClient
from wechatpy.work.crypto import WeChatCrypto

from csdesk import RawRequest
from csdesk.channels.wecom import WeComKf
from csdesk.channels.wecom.crypto import WeComCrypto
from csdesk.testing import FixedClock
from csdesk.testing.wecom import FakeKf

TOKEN, KEY, CORP = "sampleToken1", "0123456789abcdefghijABCDEFGHIJ0123456789abc", "ww1"
OURS, THEIRS = WeComCrypto(TOKEN, KEY, CORP), WeChatCrypto(TOKEN, KEY, CORP)
TEXTS = ["", "x", "<xml><a>好</a></xml>", "你" * 700, "a" * 12, "b" * 27, "c" * 44]


def theirs(text: str) -> tuple[bytes, str]:
    xml = THEIRS.encrypt_message(text, "n1", "1760000000")
    found = re.search(r"<MsgSignature><!\[CDATA\[(\w+)", xml)
    assert found is not None
    return xml.encode(), found[1]


@pytest.mark.parametrize("text", TEXTS)
def test_each_opens_what_the_other_sealed(text: str) -> None:
    body, signature = theirs(text)
    assert OURS.decrypt(signature, "1760000000", "n1", body) == text.encode()
    reply = OURS.encrypt(text, "1760000000", "n1")
    opened = THEIRS.decrypt_message(reply.xml, reply.msg_signature, reply.timestamp, reply.nonce)
    assert (opened if isinstance(opened, str) else opened.decode()) == text
    echo = THEIRS.check_signature(reply.msg_signature, reply.timestamp, reply.nonce, reply.encrypt)
    assert (echo if isinstance(echo, str) else echo.decode()) == text


def test_both_refuse_a_wrong_signature() -> None:
    reply = OURS.encrypt("x", "1", "n")
    with pytest.raises(InvalidSignatureException):
        THEIRS.decrypt_message(reply.xml, "0" * 40, "1", "n")


def test_their_envelope_reaches_our_handler() -> None:
    channel = WeComKf(
        "kf", corp_id=CORP, secret="s", open_kfid="wk1", token=TOKEN, encoding_aes_key=KEY
    )  # fmt: skip
    inner = "<xml><Event>kf_msg_or_event</Event><Token>ENC1</Token><OpenKfId>wk1</OpenKfId></xml>"
    body, signature = theirs(inner)
    url = f"https://host/kf?msg_signature={signature}&timestamp=1760000000&nonce=n1"
    result = channel.receive(RawRequest(method="POST", url=url, body=body))
    assert [(one.account, one.token) for one in result.pulls] == [("kf", "ENC1")]


class Client(WeChatClient):  # type: ignore[misc]  # it has no types
    """Its client, with the address and the token of the fake: both are fixed in it."""

    def fetch_access_token(self) -> object:
        got = self._http.get(f"{self.API_BASE_URL}gettoken", params={"corpid": self.corp_id, "corpsecret": self.secret})
        answer = got.json()
        self.session.set(self.access_token_key, answer["access_token"], answer["expires_in"])
        return answer


def test_their_client_finds_the_fake_to_be_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FixedClock(datetime(2026, 3, 10, tzinfo=UTC))
    platform = FakeKf(clock.now)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with platform.served() as url:
        monkeypatch.setattr(Client, "API_BASE_URL", f"{url}/")
        client = Client("ww1", "s3cret")
        platform.writes("wm1", "你好")
        platform.writes("wm1", "在吗")
        page = client.kf.sync_msg(platform.hint(), limit=1)
        assert (page["has_more"], page["msg_list"][0]["text"]["content"]) == (1, "你好")
        page = client.kf.sync_msg("", cursor=page["next_cursor"])
        assert [one["text"]["content"] for one in page["msg_list"]] == ["在吗"]
        assert client.kf_message.send_text("wm1", "wk1", "收到")["errcode"] == 0
        assert client.kf.get_service_state("wk1", "wm1")["service_state"] == 0
        assert client.kf.trans_service_state("wk1", "wm1", 3, "agent_li")["errcode"] == 0
        assert client.kf.get_servicer_list("wk1")["servicer_list"][0]["userid"] == "agent_li"
        assert client.kf.add_servicer("wk1", ["u1"])["result_list"][0]["errcode"] == 0
        assert client.kf.batchget_customer(["wm1"])["customer_list"][0]["external_userid"] == "wm1"
        assert client.kf.get_account_list()["account_list"][0]["open_kfid"] == "wk1"
        assert "work.weixin.qq.com" in client.kf.add_contact_way("wk1", "shop")["url"]
        with pytest.raises(WeChatClientException) as caught:
            client.kf_message.send_text("wm1", "wk1", "x")
        assert caught.value.errcode == 95018
    assert [one.body["text"]["content"] for one in platform.sent] == ["收到"]
