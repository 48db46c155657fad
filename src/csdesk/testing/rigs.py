"""The bundled channels as the contract wants them: ``csdesk conform csdesk.testing.rigs:WeComRig``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from types import MappingProxyType
from typing import Any, Final, Literal

from csdesk.channels.loopback import LoopbackChannel
from csdesk.domain.records.messages import TextPart
from csdesk.engine.core import AnyChannel
from csdesk.ports.channel import EchoEvent, InboundMessage, RawRequest, Sender, UnknownEvent
from csdesk.ports.http import Http
from csdesk.testing.channel_contract import Arrival, ChannelRig, Expected, HealthState
from csdesk.testing.wecom import FakeKf


class LoopbackRig(ChannelRig):
    """The channel inside the process: its host hands everything over."""

    def __init__(self) -> None:
        super().__init__()
        self._channels: dict[str, LoopbackChannel] = {}
        self._numbers = count(1)

    def channel(self, account: str) -> AnyChannel:
        """The channel of an account, the same each time: it keeps what it is sent."""
        return self._channels.setdefault(account, LoopbackChannel(account))

    def customer_writes(
        self, text: str, *, account: str, customer: str = "c1", sent_at: datetime | None = None
    ) -> Arrival:
        """What the host hands to ``desk.take``."""
        return InboundMessage(
            account=account,
            dedupe_key=f"in-{next(self._numbers)}",
            conversation=customer,
            sender=Sender(kind="loopback", external_id=customer),
            text=text,
            sent_at=sent_at,
        )

    def arrived(self) -> Sequence[tuple[str, str]]:
        """What the channel keeps."""
        sent = self._channels[self.account].sent()
        return [(one.key, part.text) for one in sent for part in one.parts if isinstance(part, TextPart)]

    def statuses(self, key: str) -> Sequence[Arrival]:
        """Delivered, then read."""
        channel = self._channels[self.account]
        return (*channel.delivered(key), *channel.read(key))

    def unknown_kind(self) -> Sequence[Arrival]:
        """Something that the host does not know."""
        number = next(self._numbers)
        return (UnknownEvent(account=self.account, dedupe_key=f"u-{number}", raw=b"{}", occurred_at=self.clock.now()),)

    def colleague_writes(self, text: str, *, customer: str = "c1") -> Sequence[Arrival]:
        """A colleague answers in another tool of the host."""
        return (self._echo(text, customer, ""),)

    def echoes(self, key: str) -> Sequence[Arrival]:
        """Our own message comes back."""
        return (self._echo("reply", "c1", key),)

    def _echo(self, text: str, customer: str, key: str) -> EchoEvent:
        return EchoEvent(
            account=self.account,
            dedupe_key=f"e-{next(self._numbers)}",
            conversation=customer,
            to=Sender(kind="loopback", external_id=customer),
            key=key,
            parts=(TextPart(text=text),),
        )


_TOKEN: Final = "contractToken"  # noqa: S105  invented
_KEY: Final = "0123456789abcdefghijABCDEFGHIJ0123456789abc"


class WeComRig(ChannelRig):
    """WeCom customer service against the fake platform. Needs the extra ``wecom``."""

    tolerance = timedelta(minutes=5)
    faults: Mapping[str, Expected] = MappingProxyType(
        {
            "reset": "once",
            "slow": "once",
            "half": "once",
            "html": "once",
            "empty": "once",
            "down": "retry",
            "lost": "retry",
            "limited": "retry",
            "-1": "retry",
            "45009": "retry",
            "42001": "retry",
            "40001": "operator",
            "95001": "customer_message",
            "95008": "other_content",
        }
    )

    def __init__(self) -> None:
        super().__init__()
        import httpx

        from csdesk.channels.wecom.crypto import WeComCrypto
        from csdesk.system.http import HttpxHttp

        self.platform = FakeKf(self.clock.now)
        self._crypto = WeComCrypto(_TOKEN, _KEY, self.platform.corp_id)
        self._client = httpx.Client(transport=self.platform.transport())
        self._http = HttpxHttp(self._client, sleep=lambda _: None)
        self._kfids: dict[str, str] = {}

    def http(self) -> Http:
        """A client that reaches the fake platform."""
        return self._http

    def _kfid(self, account: str) -> str:
        known = self._kfids.setdefault(account, f"wk{len(self._kfids) + 1}")
        self.platform.accounts.setdefault(known, account)
        return known

    def channel(self, account: str) -> AnyChannel:
        """The channel of an account of its own."""
        return self._made(account)

    def _made(self, account: str, **given: Any) -> AnyChannel:
        from csdesk.channels.wecom import WeComKf

        settings = {
            "corp_id": self.platform.corp_id,
            "secret": self.platform.secret,
            "open_kfid": self._kfid(account),
            "token": _TOKEN,
            "encoding_aes_key": _KEY,
            **given,
        }
        return WeComKf(account, **settings)

    def _callback(self, kfid: str, at: datetime | None = None) -> RawRequest:
        inner = (
            f"<xml><Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[{self.platform.hint()}]]></Token>"
            f"<OpenKfId><![CDATA[{kfid}]]></OpenKfId></xml>"
        )
        return self._envelope(inner, at)

    def _envelope(self, inner: str, at: datetime | None = None) -> RawRequest:
        when = int((at or self.clock.now()).timestamp())
        reply = self._crypto.encrypt(inner, when, "nonce1")
        url = f"https://desk.example/kf?msg_signature={reply.msg_signature}&timestamp={when}&nonce=nonce1"
        return RawRequest(method="POST", url=url, body=reply.xml)

    def customer_writes(
        self, text: str, *, account: str, customer: str = "c1", sent_at: datetime | None = None
    ) -> Arrival:
        """The platform keeps the message, and calls back."""
        kfid = self._kfid(account)
        fields = {} if sent_at is None else {"send_time": int(sent_at.timestamp())}
        self.platform.writes(customer, text, open_kfid=kfid, **fields)
        return self._callback(kfid)

    def arrived(self) -> Sequence[tuple[str, str]]:
        """What the platform was sent, with the heads of menus."""
        return [(one.msgid, str(one.body[one.body["msgtype"]].get("content"))) for one in self.platform.sent]

    def fail(self, *faults: str) -> None:
        """Let the platform misbehave, or refuse with a number."""
        for one in faults:
            self.platform.plan("kf/send_msg", int(one) if one.lstrip("-").isdecimal() else one)  # type: ignore[arg-type]

    def signed(self, *, at: datetime | None = None) -> RawRequest:
        """A callback."""
        return self._callback(self._kfid(self.account), at)

    def tampered(self) -> Iterable[RawRequest]:
        """The signature covers the cipher text, the time and the nonce; the rest of the envelope says nothing."""
        good = self.signed()
        start = good.body.index(b"<Encrypt><![CDATA[") + 18
        for at in (start, start + 40, start + 100):
            body = good.body[:at] + bytes([good.body[at] ^ 1]) + good.body[at + 1 :]
            yield good.model_copy(update={"body": body})
        for before, after in (("msg_signature=", "msg_signature=0"), ("nonce1", "nonce2"), ("msg_signature", "other")):
            yield good.model_copy(update={"url": good.url.replace(before, after)})
        yield good.model_copy(update={"url": good.url.partition("?")[0]})

    def without_secrets(self) -> Iterable[Callable[[], object]]:
        """Each of its secrets, empty."""
        return [
            lambda name=name: self._made(self.account, **{name: ""})  # type: ignore[misc]
            for name in ("secret", "corp_id", "token", "encoding_aes_key", "open_kfid")
        ]

    def handshake(self) -> tuple[RawRequest, bytes]:
        """The check of the address."""
        from urllib.parse import quote

        when = int(self.clock.now().timestamp())
        reply = self._crypto.encrypt("5927782489442352469", when, "nonce1")
        url = f"https://desk.example/kf?msg_signature={reply.msg_signature}&timestamp={when}&nonce=nonce1"
        return RawRequest(method="GET", url=f"{url}&echostr={quote(reply.encrypt, safe='')}"), b"5927782489442352469"

    def unknown_kind(self) -> Sequence[Arrival]:
        """A message of a type that is not documented yet."""
        kfid = self._kfid(self.account)
        self.platform.writes("c1", open_kfid=kfid, msgtype="hologram", hologram={"new": True})
        return (self._callback(kfid),)

    def colleague_writes(self, text: str, *, customer: str = "c1") -> Sequence[Arrival]:
        """A servicer in the WeCom client."""
        kfid = self._kfid(self.account)
        self.platform.servicer_writes(customer, text, open_kfid=kfid)
        return (self._callback(kfid),)

    def statuses(self, key: str) -> Sequence[Arrival]:
        """All that the platform tells of a message is that it failed, here twice."""
        kfid = self._kfid(self.account)
        told = []
        for kind in (0, 10):
            self.platform.event("msg_send_fail", "c1", open_kfid=kfid, fail_msgid=key, fail_type=kind)
            told.append(self._callback(kfid))
        return told

    def batch(self, texts: Sequence[str]) -> Sequence[Arrival]:
        """One page with broken items between."""
        kfid = self._kfid(self.account)
        for one in texts:
            self.platform.writes("c1", one, open_kfid=kfid)
            self.platform.item({"open_kfid": kfid, "origin": 3, "msgtype": "text", "text": 7})
            self.platform.item({"open_kfid": kfid, "msgtype": ["x"], "event": None})
        return (self._callback(kfid),)

    def misbehave(self, how: Literal["repeat", "empty", "reversed"]) -> bool:
        """Let the next page be wrong."""
        self.platform.page_size = 2
        self.platform.shape(how)
        return True

    def opens(self, *, customer: str = "c9") -> tuple[Arrival, str]:
        """A customer opens the conversation, and the platform gives a welcome code."""
        kfid = self._kfid(self.account)
        self.platform.enters(customer, open_kfid=kfid)
        return self._callback(kfid), "greeting"

    def media_arrives(self, content: bytes, *, type: str, name: str) -> Sequence[Arrival]:
        """A customer sends a picture."""
        kfid = self._kfid(self.account)
        media = self.platform.media(content, type=type, name=name)
        self.platform.writes("c1", open_kfid=kfid, msgtype="image", image={"media_id": media})
        return (self._callback(kfid),)

    def forget_uploads(self) -> bool:
        """Three days later."""
        self.platform.forget_media()
        return True

    def uploads(self) -> int:
        """Calls of ``media/upload``."""
        return self.platform.calls["media/upload"]

    def revoke(self, *, askers: int) -> bool:
        """The token ends early."""
        self.platform.revoke_tokens(askers=askers)
        return True

    def token_calls(self) -> int:
        """Calls of ``gettoken``."""
        return self.platform.calls["gettoken"]

    def health(self, state: HealthState) -> AnyChannel:
        """Good, with a wrong secret, with a platform that is down, and of an account that is there no longer."""
        if state == "degraded":
            return self._made(self.account, open_kfid="wk_gone")
        if state == "unreachable":
            self.platform.plan("gettoken", "lost", "lost", "lost")
        return self._made(self.account, **({"secret": "wrong"} if state == "auth" else {}))

    def secrets(self) -> Sequence[str]:
        """The secret, the key, and every token."""
        return (self.platform.secret, _KEY, _TOKEN, *self.platform.tokens)

    def payloads(self) -> Iterable[bytes]:
        """An envelope, and a page."""
        self.platform.writes("c1", "你好", open_kfid=self._kfid(self.account))
        self.platform.event("enter_session", "c1", scene="s", welcome_code="W")
        page = {"errcode": 0, "next_cursor": "C", "has_more": 1, "msg_list": self.platform.items}
        return (self.signed().body, json.dumps(page, ensure_ascii=False).encode())

    def mutated(self, payload: bytes) -> object:
        """A body of a callback, or the content of one with a good signature, or a page."""
        from csdesk.errors import ChannelError
        from csdesk.parsing.wecom import parse_page

        channel = self.channel(self.account)
        result = channel.receive(self.signed().model_copy(update={"body": payload}))
        inner = payload.decode("utf-8", "replace").replace("\0", "")
        signed = channel.receive(self._envelope(inner))
        try:
            return result, signed, parse_page(payload, received_at=self.clock.now())
        except ChannelError:
            return result, signed

    def close(self) -> None:
        """Close the client."""
        self._client.close()
