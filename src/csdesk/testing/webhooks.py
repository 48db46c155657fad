"""Standard Webhooks as the contract wants them: ``csdesk conform csdesk.testing.webhooks:WebhookRig``."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from csdesk.channels.webhook import WebhookChannel, WebhookSigner
from csdesk.engine.core import AnyChannel
from csdesk.ports.channel import RawRequest
from csdesk.ports.http import Http
from csdesk.testing.channel_contract import Arrival, ChannelRig, Expected

if TYPE_CHECKING:
    import httpx


class WebhookRig(ChannelRig):
    """Standard Webhooks against a system of the host that keeps what is posted to it."""

    tolerance = timedelta(minutes=5)
    faults: Mapping[str, Expected] = MappingProxyType(
        {
            "reset": "once",
            "slow": "once",
            "after": "once",
            "503": "once",
            "down": "retry",
            "429": "retry",
            "500": "retry",
            "400": "other_content",
            "410": "operator",
            "404": "operator",
            "302": "operator",
        }
    )

    def __init__(self) -> None:
        super().__init__()
        import httpx

        from csdesk.system.http import HttpxHttp

        self.taken: dict[str, dict[str, Any]] = {}
        """What was posted, by its id: the same id is taken once."""
        self._planned: list[str] = []
        self._client = httpx.Client(transport=httpx.MockTransport(self._answer))
        self._http = HttpxHttp(self._client, sleep=lambda _: None)
        self._numbers = count(1)

    def http(self) -> Http:
        """A client that reaches the system."""
        return self._http

    def secret_of(self, account: str, *, number: int = 0) -> str:
        """The secret of an account, or the one before it."""
        return "whsec_" + b64encode(f"{account}/{number}/{'0123456789' * 4}".encode()[:40]).decode()

    def channel(self, account: str) -> AnyChannel:
        """The channel of an account, while its secret is being changed."""
        secrets = (self.secret_of(account), self.secret_of(account, number=1))
        return WebhookChannel(account, secrets=secrets, url=f"https://system.example/{account}")

    def _post(
        self, body: bytes, *, account: str | None = None, at: datetime | None = None, number: int = 0
    ) -> RawRequest:

        name = account or self.account
        signer = WebhookSigner([self.secret_of(name, number=number)])
        headers = signer.headers(f"msg_{next(self._numbers)}", at or self.clock.now(), body)
        return RawRequest(method="POST", url=f"https://desk.example/hooks/{name}", headers=headers, body=body)

    def tell(
        self, type: str, *, account: str | None = None, at: datetime | None = None, **values: object
    ) -> RawRequest:
        """A signed request with that event."""
        body = {"type": type, "timestamp": self.clock.now().isoformat(), "data": values, "more": 1}
        if at is not None:
            body["timestamp"] = at.isoformat()
        return self._post(json.dumps(body, ensure_ascii=False).encode(), account=account)

    def customer_writes(
        self, text: str, *, account: str, customer: str = "c1", sent_at: datetime | None = None
    ) -> Arrival:
        """The system posts a message."""
        sender = {"id": customer, "name": "Ann"}
        return self.tell("message", account=account, at=sent_at, conversation=customer, sender=sender, text=text)

    def arrived(self) -> Sequence[tuple[str, str]]:
        """What the system took, in order."""
        return [(key, str(one["data"]["text"])) for key, one in self.taken.items()]

    def fail(self, *faults: str) -> None:
        """Let the system misbehave, or answer with a status."""
        for one in faults:
            self._planned += [one] * (3 if one == "down" else 1)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        import httpx

        fault = self._planned.pop(0) if self._planned else ""
        if fault.isdecimal():
            headers = {"Retry-After": "7"} if fault == "429" else {}
            return httpx.Response(int(fault), headers=headers, content=b"<html>no</html>")
        if fault == "down":
            raise httpx.ConnectError("down", request=request)
        if fault == "slow":
            raise httpx.ReadTimeout("slow", request=request)
        if fault == "reset":
            raise httpx.ReadError("reset", request=request)
        key = self._verified(request)
        self.taken.setdefault(key, json.loads(request.content))
        if fault == "after":
            raise httpx.ReadError("reset after it was taken", request=request)
        return httpx.Response(200, json={"id": f"theirs-{key}"})

    def _verified(self, request: httpx.Request) -> str:

        raw = RawRequest(
            method="POST",
            url=str(request.url),
            headers=tuple(request.headers.items()),
            body=request.content,
            received_at=self.clock.now(),
        )
        return WebhookSigner([self.secret_of(request.url.path.strip("/"))]).verify(raw)

    def signed(self, *, at: datetime | None = None) -> RawRequest:
        """A message."""
        body = {"type": "message", "data": {"conversation": "c1", "sender": {"id": "c1"}, "text": "signed"}}
        return self._post(json.dumps(body).encode(), at=at)

    def rotated(self) -> Iterable[RawRequest]:
        """Signed with the new secret, and with the old one."""
        good = self.signed()
        return (good, self._post(good.body, number=1))

    def without_secrets(self) -> Iterable[Callable[[], object]]:
        """No secret, an empty one, and what is none."""
        wrong: tuple[tuple[str, ...], ...] = ((), ("",), ("whsec_",), ("whsec_c2hvcnQ=",), ("not base64",))
        return [lambda one=one: WebhookChannel("w", secrets=one) for one in wrong]  # type: ignore[misc]

    def unknown_kind(self) -> Sequence[Arrival]:
        """A type that the desk does not know."""
        return (self.tell("hologram", new=True),)

    def colleague_writes(self, text: str, *, customer: str = "c1") -> Sequence[Arrival]:
        """A colleague answers in the system itself."""
        return (self.tell("message.echo", conversation=customer, to={"id": customer}, text=text, author="u7"),)

    def echoes(self, key: str) -> Sequence[Arrival]:
        """The system tells of our own reply."""
        return (self.tell("message.echo", conversation="c1", to={"id": "c1"}, text="reply", key=key),)

    def statuses(self, key: str) -> Sequence[Arrival]:
        """Delivered, then read."""
        return (
            self.tell("message.status", key=key, status="delivered"),
            self.tell("message.status", id=f"theirs-{key}", status="read"),
        )

    def secrets(self) -> Sequence[str]:
        """Both secrets."""
        return (self.secret_of(self.account), self.secret_of(self.account, number=1))

    def payloads(self) -> Iterable[bytes]:
        """One of each type."""
        told = (
            self.signed(),
            *self.unknown_kind(),
            *self.colleague_writes("x"),
            *self.statuses("k"),
            self.tell("message.edited", id="m", text="x"),
            self.tell("message.deleted", id="m"),
        )
        return [one.body for one in told if isinstance(one, RawRequest)]

    def mutated(self, payload: bytes) -> object:
        """A changed body with a good signature."""
        request = self._post(payload).model_copy(update={"received_at": self.clock.now()})
        return self.channel(self.account).receive(request)

    def close(self) -> None:
        """Close the client."""
        self._client.close()
