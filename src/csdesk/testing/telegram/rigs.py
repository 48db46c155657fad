"""Telegram as the contract wants it: ``csdesk conform csdesk.testing.telegram.rigs:TelegramRig``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal

from csdesk.channels.telegram import Telegram
from csdesk.engine.core import AnyChannel
from csdesk.ports.channel import RawRequest
from csdesk.ports.http import Http
from csdesk.testing.channel_contract import Arrival, ChannelRig, Expected, HealthState
from csdesk.testing.channel_contract.rig import tampered
from csdesk.testing.telegram.platform import FakeTelegram

_SECRETS: Final = ("contract-secret", "the-one-before")
_CONNECTION: Final = "BUSINESS1"
_COLLEAGUE: Final = 99
FAULTS: Final[Mapping[str, Expected]] = MappingProxyType(
    {
        "reset": "unknown",
        "lost": "unknown",
        "slow": "unknown",
        "half": "unknown",
        "html": "unknown",
        "empty": "unknown",
        "down": "unknown",
        "500": "unknown",
        "refused": "once",
        "limited": "retry",
        "429": "retry",
        "403": "other_recipient",
        "400": "other_content",
        "401": "operator",
        "404": "operator",
    }
)


class _Rig(ChannelRig):
    """What both ways have in common: a bot for each account."""

    faults: Mapping[str, Expected] = FAULTS

    def __init__(self) -> None:
        super().__init__()
        import httpx

        from csdesk.system.http import HttpxHttp

        self.platform = FakeTelegram(self.clock.now)
        self._others: dict[str, FakeTelegram] = {}
        self._client = httpx.Client(transport=httpx.MockTransport(self._answer))
        self._http = HttpxHttp(self._client, sleep=lambda _: None)

    def _answer(self, request: Any) -> Any:
        """Each bot's calls reach its own platform; which it is stands in the path."""
        for one in (self.platform, *self._others.values()):
            if one.token in request.url.path:
                return one.transport().handler(request)
        return self.platform.transport().handler(request)

    def http(self) -> Http:
        """A client that reaches the fake."""
        return self._http

    def bot(self, account: str) -> FakeTelegram:
        """The platform of an account's bot."""
        if account == self.account:
            return self.platform
        token = f"{8000 + len(self._others)}:AAEexampleTokenOfAnotherFakeBot"
        return self._others.setdefault(account, FakeTelegram(self.clock.now, token=token))

    @staticmethod
    def chat(customer: str) -> int:
        """The chat of a customer such as ``c1``."""
        return 100 + int(customer.removeprefix("c"))

    def arrived(self) -> Sequence[tuple[str, str]]:
        """What the bot sent."""
        return [(str(one.number), one.text) for one in self.platform.sent]

    def fail(self, *faults: str) -> None:
        """Let the fake misbehave, or refuse with a code."""
        for one in faults:
            times = 3 if one == "refused" and self.faults[one] == "retry" else 1
            fault: Any = int(one) if one.isdecimal() else one
            self.platform.plan("send", *[fault] * times)

    def secrets(self) -> Sequence[str]:
        """The token, and both secrets."""
        return (self.platform.token, *_SECRETS)

    def payloads(self) -> Iterable[bytes]:
        """One of several kinds."""
        bot, chat = self.platform, 101
        bot.writes(
            chat, "你好 👍", entities=[{"type": "text_link", "offset": 0, "length": 2, "url": "https://x.example"}]
        )
        bot.writes(chat, None, photo=[{"file_id": "F", "width": 1, "height": 1, "file_size": 9}], caption="c")
        bot.writes(chat, None, location={"latitude": 1.5, "longitude": 2})
        bot.writes(chat, None, contact={"phone_number": "1", "first_name": "A", "user_id": chat})
        bot.writes(-5, "/help", by=chat, entities=[{"type": "bot_command", "offset": 0, "length": 5}])
        bot.starts(chat, "ad")
        bot.blocks(chat)
        bot.edits(chat, 1, "x")
        return [one.body for one in bot.deliveries(secret=_SECRETS[0])]

    def mutated(self, payload: bytes) -> object:
        """A changed update, posted under the good secret."""
        channel = Telegram(self.account, token=self.platform.token, secrets=_SECRETS, groups="all", link_phones=True)
        headers = (("X-Telegram-Bot-Api-Secret-Token", _SECRETS[0]),)
        return channel.receive(RawRequest(method="POST", url="/", headers=headers, body=payload))

    def close(self) -> None:
        """Close the client."""
        self._client.close()


class TelegramRig(_Rig):
    """A bot with a webhook, in private chats."""

    def channel(self, account: str) -> AnyChannel:
        """The channel of an account, while its secret is being changed."""
        return self._made(account)

    def _made(self, account: str, **given: Any) -> AnyChannel:
        settings = {"token": self.bot(account).token, "secrets": _SECRETS, **given}
        channel = Telegram(account, **settings)
        self.bot(account).webhook = {"url": "https://desk.example/hooks/tg", "secret_token": _SECRETS[0]}
        return channel

    def _posted(self, account: str) -> RawRequest:
        return self.bot(account).deliveries()[-1]

    def customer_writes(
        self, text: str, *, account: str, customer: str = "c1", sent_at: datetime | None = None
    ) -> Arrival:
        """Telegram posts a message."""
        fields = {} if sent_at is None else {"date": int(sent_at.timestamp())}
        self.bot(account).writes(self.chat(customer), text, **fields)
        return self._posted(account)

    def signed(self, *, at: datetime | None = None) -> RawRequest:  # noqa: ARG002  the time is not signed
        """A message."""
        self.platform.writes(self.chat("c1"), "signed")
        return self._posted(self.account)

    def tampered(self) -> Iterable[RawRequest]:
        """Only the header shows who posts: the body is not signed."""
        good = self.signed()
        mine = good.model_copy(update={"headers": good.headers[1:], "body": b""})
        return [one.model_copy(update={"body": good.body}) for one in tampered(mine)]

    def rotated(self) -> Iterable[RawRequest]:
        """Under the new secret, and under the old one."""
        good = self.signed()
        changed = (("X-Telegram-Bot-Api-Secret-Token", _SECRETS[1]),)
        return (good, good.model_copy(update={"headers": changed}))

    def without_secrets(self) -> Iterable[Callable[[], object]]:
        """No secret, an empty one, what is none, and no token."""
        wrong: list[dict[str, object]] = [{"secrets": one} for one in ((), ("",), ("a b",), ("x" * 257,))]
        wrong += [{"token": one} for one in ("", "7000", "7000:short", "x:AAEexampleTokenOfTheFakeTelegram00")]
        return [lambda given=given: self._made(self.account, **given) for given in wrong]  # type: ignore[misc]

    def unknown_kind(self) -> Sequence[Arrival]:
        """A kind of update that no program knows."""
        self.platform.update("hologram", {"new": True})
        return (self._posted(self.account),)

    def opens(self, *, customer: str = "c9") -> tuple[Arrival, str]:
        """A customer presses Start."""
        self.platform.starts(self.chat(customer), "ad1")
        return self._posted(self.account), "greeting"

    def media_arrives(self, content: bytes, *, type: str, name: str) -> Sequence[Arrival]:
        """A customer sends a document."""
        file = self.platform.file(content, path="documents/file_7.png")
        document = {"file_id": file, "file_unique_id": "u", "file_name": name, "mime_type": type}
        self.platform.writes(self.chat("c1"), None, document=document)
        return (self._posted(self.account),)

    def health(self, state: HealthState) -> AnyChannel:
        """Good, with a token that was revoked, with a platform that is down, and polling while there is a webhook."""
        channel = self._made(self.account)
        if state == "degraded":
            return self._made(self.account, secrets=(), polling=True)
        if state == "auth":
            self.platform.revoke()
        if state == "unreachable":
            self.platform.plan("getMe", "lost", "lost", "lost")
        return channel


class TelegramPollingRig(_Rig):
    """A bot whose updates are polled, connected to the account of a business."""

    def channel(self, account: str) -> AnyChannel:
        """The channel of an account."""
        return Telegram(account, token=self.bot(account).token, polling=True)

    def customer_writes(
        self, text: str, *, account: str, customer: str = "c1", sent_at: datetime | None = None
    ) -> Arrival:
        """The next poll brings it."""
        fields = {} if sent_at is None else {"date": int(sent_at.timestamp())}
        self.bot(account).writes(self.chat(customer), text, business_connection_id=_CONNECTION, **fields)
        return None

    def unknown_kind(self) -> Sequence[Arrival]:
        """A message of a kind that no program knows."""
        self.platform.writes(self.chat("c1"), None, hologram={"new": True})
        return (None,)

    def colleague_writes(self, text: str, *, customer: str = "c1") -> Sequence[Arrival]:
        """The owner of the business account answers by hand."""
        self.platform.writes(self.chat(customer), text, by=_COLLEAGUE, business_connection_id=_CONNECTION)
        return (None,)

    def echoes(self, key: str) -> Sequence[Arrival]:  # noqa: ARG002  Telegram takes no key
        """What the bot wrote for the business comes back as an update."""
        sent = self.platform.sent[-1]
        told = {
            "message_id": sent.number,
            "sender_business_bot": self.platform.bot,
            "business_connection_id": _CONNECTION,
        }
        self.platform.writes(sent.chat, sent.text, by=_COLLEAGUE, **told)
        return (None,)

    def batch(self, texts: Sequence[str]) -> Sequence[Arrival]:
        """One page with broken updates between."""
        for text in texts:
            self.platform.writes(self.chat("c1"), text)
            self.platform.update("message", 7)
            self.platform.update("message", {"message_id": [], "chat": None})
        return (None,)

    def misbehave(self, how: Literal["repeat", "empty", "reversed"]) -> bool:
        """Let the next page be wrong."""
        self.platform.page_size = 2
        self.platform.shape(how)
        return True

    def health(self, state: HealthState) -> AnyChannel:
        """Good, with a token that was revoked, with a platform that is down, and with a webhook in the way."""
        if state == "degraded":
            self.platform.webhook = {"url": "https://elsewhere.example/tg"}
        if state == "auth":
            self.platform.revoke()
        if state == "unreachable":
            self.platform.plan("getMe", "lost", "lost", "lost")
        return self.channel(self.account)
