"""WhatsApp as the contract wants it: ``csdesk conform csdesk.testing.whatsapp.rigs:WhatsAppRig``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from csdesk.channels.whatsapp import WhatsAppCloud
from csdesk.engine.core import AnyChannel
from csdesk.ports.channel import RawRequest
from csdesk.ports.http import Http
from csdesk.testing.channel_contract import Arrival, ChannelRig, Expected, HealthState
from csdesk.testing.whatsapp.platform import FakeWhatsApp

_OLD_SECRET: Final = "the-secret-before"  # noqa: S105  invented
_VERIFY: Final = "contract-verify-token"


class WhatsAppRig(ChannelRig):
    """A number of the Cloud API against the fake."""

    faults: Mapping[str, Expected] = MappingProxyType(
        {
            "reset": "unknown",
            "lost": "unknown",
            "slow": "unknown",
            "half": "unknown",
            "html": "unknown",
            "empty": "unknown",
            "down": "unknown",
            "1": "unknown",
            "refused": "once",
            "limited": "retry",
            "4": "retry",
            "130429": "retry",
            "131056": "retry",
            "131000": "retry",
            "131016": "retry",
            "190": "operator",
            "10": "operator",
            "131031": "operator",
            "131047": "template",
            "131026": "other_recipient",
            "131051": "other_content",
            "132012": "other_content",
            "132001": "operator",
            "999999": "operator",
        }
    )

    def __init__(self) -> None:
        super().__init__()
        import httpx

        from csdesk.system.http import HttpxHttp

        self.platform = FakeWhatsApp(self.clock.now)
        self._client = httpx.Client(transport=self.platform.transport())
        self._http = HttpxHttp(self._client, sleep=lambda _: None)
        self._phones: dict[str, str] = {}

    def http(self) -> Http:
        """A client that reaches the fake."""
        return self._http

    def _phone(self, account: str) -> str:
        known = self._phones.setdefault(account, str(1000 + len(self._phones)))
        self.platform.phones.setdefault(known, account)
        return known

    @staticmethod
    def number(customer: str) -> str:
        """The number of a customer such as ``c1``."""
        return f"86139{customer.removeprefix('c').zfill(8)}"

    def channel(self, account: str) -> AnyChannel:
        """The channel of an account, while its secret is being changed."""
        return self._made(account)

    def _made(self, account: str, **given: Any) -> WhatsAppCloud:
        settings = {
            "phone_number_id": self._phone(account),
            "token": self.platform.token,
            "app_secrets": (self.platform.app_secret, _OLD_SECRET),
            "verify_token": _VERIFY,
            **given,
        }
        return WhatsAppCloud(account, **settings)

    def customer_writes(
        self, text: str, *, account: str, customer: str = "c1", sent_at: datetime | None = None
    ) -> Arrival:
        """The platform delivers a message."""
        fields = {} if sent_at is None else {"timestamp": str(int(sent_at.timestamp()))}
        self.platform.writes(self.number(customer), text, phone=self._phone(account), **fields)
        return self.platform.deliveries()[-1]

    def arrived(self) -> Sequence[tuple[str, str]]:
        """What the platform was sent."""
        return [(one.key, one.text) for one in self.platform.sent]

    def fail(self, *faults: str) -> None:
        """Let the platform misbehave, or refuse with a code."""
        for one in faults:
            fault: Any = int(one) if one.isdecimal() else one
            self.platform.plan("messages", fault)

    def signed(self, *, at: datetime | None = None) -> RawRequest:  # noqa: ARG002  the time is not signed
        """A message."""
        self.platform.writes(self.number("c1"), "signed", phone=self._phone(self.account))
        return self.platform.deliveries()[-1]

    def tampered(self) -> Iterable[RawRequest]:
        """One bit of the body, or of its signature; and without that."""
        return [
            one
            for one in super().tampered()
            if one.header("Content-Type") == "application/json" or one.header("X-Hub-Signature-256") is None
        ]

    def rotated(self) -> Iterable[RawRequest]:
        """Signed with the new secret, and with the old one."""
        good = self.signed()
        return (good, self.platform.posted(good.body, secret=_OLD_SECRET))

    def without_secrets(self) -> Iterable[Callable[[], object]]:
        """Each of its secrets, empty."""
        wrong: list[dict[str, object]] = [{"app_secrets": one} for one in ((), ("",), ("a", ""), ("ö",))]
        wrong += [{"token": one} for one in ("", "a b", "a\nb")]
        wrong += [{"verify_token": ""}, {"phone_number_id": ""}, {"phone_number_id": "x/y"}, {"version": "23"}]
        return [lambda given=given: self._made(self.account, **given) for given in wrong]  # type: ignore[misc]

    def handshake(self) -> tuple[RawRequest, bytes]:
        """The check of the address."""
        url = f"https://desk.example/wa?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={_VERIFY}"
        return RawRequest(method="GET", url=url), b"1158201444"

    def unknown_kind(self) -> Sequence[Arrival]:
        """A message of a type that is not documented yet."""
        phone = self._phone(self.account)
        self.platform.writes(self.number("c1"), None, phone=phone, type="hologram", hologram={"new": True})
        return self.platform.deliveries()

    def colleague_writes(self, text: str, *, customer: str = "c1") -> Sequence[Arrival]:
        """A person of ours writes in the app on the business's own phone."""
        self.platform.phone_writes(self.number(customer), text, phone=self._phone(self.account))
        return self.platform.deliveries()

    def statuses(self, key: str) -> Sequence[Arrival]:
        """Sent, delivered, read."""
        sent = next(one for one in self.platform.sent if one.key == key)
        self.platform.reports(sent, "sent", "delivered", "read")
        return self.platform.deliveries()

    def batch(self, texts: Sequence[str]) -> Sequence[Arrival]:
        """One delivery with broken items between."""
        phone = self._phone(self.account)
        for text in texts:
            self.platform.writes(self.number("c1"), text, phone=phone)
            self.platform.change("messages", phone, contacts=7, messages=[None, 7, {"type": ["x"]}, {"type": "text"}])
            self.platform.changes.append({"field": None, "value": []})
        return self.platform.deliveries("together")

    def media_arrives(self, content: bytes, *, type: str, name: str) -> Sequence[Arrival]:
        """A customer sends a document."""
        media = self.platform.media(content, type=type)
        document = {"id": media, "mime_type": type, "filename": name}
        phone = self._phone(self.account)
        self.platform.writes(self.number("c1"), None, phone=phone, type="document", document=document)
        return self.platform.deliveries()

    def opens(self, *, customer: str = "c9") -> tuple[Arrival, str]:
        """A customer opens the chat for the first time."""
        phone = self._phone(self.account)
        self.platform.writes(self.number(customer), None, phone=phone, type="request_welcome")
        return self.platform.deliveries()[-1], "greeting"

    def forget_uploads(self) -> bool:
        """A month later."""
        self.platform.forget_media()
        return True

    def uploads(self) -> int:
        """Files that were uploaded."""
        return self.platform.calls["media"]

    def health(self, state: HealthState) -> AnyChannel:
        """Good, with a wrong token, with a platform that is down, and of a number that is about to be limited."""
        if state == "degraded":
            self.platform.quality = "RED"
        if state == "unreachable":
            self.platform.plan("phone", "lost", "lost", "lost")
        return self._made(self.account, **({"token": "wrong"} if state == "auth" else {}))

    def secrets(self) -> Sequence[str]:
        """The token, both secrets, and what the check wants to see."""
        return (self.platform.token, self.platform.app_secret, _OLD_SECRET, _VERIFY)

    def payloads(self) -> Iterable[bytes]:
        """One of several kinds."""
        platform, phone = self.platform, self._phone(self.account)
        number = self.number("c1")
        platform.writes(number, "你好", phone=phone, context={"id": "wamid.X"}, referral={"source_id": "ad"})
        platform.writes(number, None, phone=phone, type="location", location={"latitude": 1.5, "longitude": 2})
        platform.writes(number, None, phone=phone, type="contacts", contacts=[{"name": {"formatted_name": "A"}}])
        platform.chooses(number, "a", "A", phone=phone)
        platform.moves(number, "1", phone=phone)
        platform.change(
            "messages", phone, statuses=[{"id": "w", "status": "failed", "errors": [{"code": 1}], "pricing": {"a": 1}}]
        )
        return [one.body for one in platform.deliveries()]

    def mutated(self, payload: bytes) -> object:
        """A changed body under a good signature."""
        channel = self._made(self.account, link_phones=True)
        return channel.receive(self.platform.posted(payload))

    def close(self) -> None:
        """Close the client."""
        self._client.close()
