"""Web chat as the contract wants it, and a page without a browser.

    csdesk conform csdesk.testing.webchats:WebChatRig

``Page`` makes the requests that the widget makes, and reads the answers; a test carries them to a desk.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode

from csdesk.channels.webchat import Limits, WebChat
from csdesk.desk.shell import Desk
from csdesk.engine.core import AnyChannel
from csdesk.ports.channel import RawRequest, RawResponse
from csdesk.testing.channel_contract import Arrival, ChannelRig
from csdesk.testing.ids import SerialIds

_SECRET: Final = "contract-secret-0123456789abcdefgh"  # noqa: S105  invented
_OLD: Final = "contract-older-0123456789abcdefghij"
_URL: Final = "https://desk.example/hooks"


class Page:
    """A page with the widget: it keeps a token, and numbers what is written on it (``device`` is part of the ids)."""

    def __init__(self, account: str, *, url: str = _URL, origin: str | None = None, device: str = "client") -> None:
        self.account = account
        self.token = ""
        self.mark = ""
        self._url = f"{url}/{account}"
        self._origin = origin
        self._device = device
        self._numbers = count(1)

    def opens(self, *, user: str = "") -> RawRequest:
        """The page is opened, or (``user``) somebody signs in."""
        return self._post("visits", {"token": self.token, "user": user}, token="")

    def opened(self, answer: RawResponse) -> None:
        """Keep the token of the answer."""
        self.token = json.loads(answer.body)["token"]

    def writes(self, *texts: str, key: str | None = None, **more: object) -> RawRequest:
        """The visitor writes; ``key`` is the id of an earlier message that is tried again."""
        messages = [{"id": key or self._key(), "text": one, **more} for one in texts]
        return self._post("messages", {"messages": messages})

    def posts(self, messages: Sequence[object]) -> RawRequest:
        """Messages as they are, each with an id if it has none."""
        given = [{"id": self._key(), **one} if isinstance(one, dict) else one for one in messages]
        return self._post("messages", {"messages": given})

    def attaches(self, content: bytes, *, type: str, name: str) -> RawRequest:
        """The visitor sends a file."""
        request = self._post("files", None, query={"id": self._key(), "name": name})
        headers = (*(one for one in request.headers if one[0] != "Content-Type"), ("Content-Type", type))
        return request.model_copy(update={"body": content, "headers": headers})

    def asks(self, *, stream: bool = False, **query: str) -> RawRequest:
        """The page asks what is new."""
        accept = "text/event-stream" if stream else "application/json"
        headers = (*self._headers(self.token), ("Accept", accept), ("Last-Event-ID", self.mark))
        return RawRequest(method="GET", url=self._to("events", query), headers=headers, streams=stream)

    def has(self, *, delivered: Iterable[str] = (), read: Iterable[str] = ()) -> RawRequest:
        """What arrived and what was seen, by the ids that the page was told."""
        return self._post("receipts", {"delivered": list(delivered), "read": list(read)})

    def types(self) -> RawRequest:
        """The visitor presses a key."""
        return self._post("typing", {})

    def _key(self) -> str:
        return f"{self._device}-{next(self._numbers):06d}"

    def _headers(self, token: str) -> tuple[tuple[str, str], ...]:
        origin = (("Origin", self._origin),) if self._origin else ()
        return (*origin, *((("Authorization", f"Bearer {token}"),) if token else ()))

    def _to(self, what: str, query: Mapping[str, str]) -> str:
        return f"{self._url}/{what}" + (f"?{urlencode(query)}" if query else "")

    def _post(
        self, what: str, value: object, *, query: Mapping[str, str] | None = None, token: str | None = None
    ) -> RawRequest:
        headers = (*self._headers(self.token if token is None else token), ("Content-Type", "application/json"))
        body = b"" if value is None else json.dumps(value, ensure_ascii=False).encode()
        return RawRequest(method="POST", url=self._to(what, query or {}), headers=headers, body=body)


class WebChatRig(ChannelRig):
    """Web chat: its provider is the desk itself, so what arrived is what the desk shows to the page."""

    tolerance = timedelta(hours=1)

    def __init__(self) -> None:
        super().__init__()
        self._ids = SerialIds()
        self._pages: dict[tuple[str, str], Page] = {}
        self._desk: Desk | None = None

    def channel(self, account: str) -> AnyChannel:
        """The channel of an account, with a lifetime that item 1 can pass."""
        return self._made(account)

    def _made(self, account: str, secrets: Sequence[str] = (_SECRET, _OLD)) -> WebChat:
        limits = Limits(messages=100_000, reads=100_000, visits=None)
        return WebChat(
            account, secrets=secrets, lifetime=timedelta(hours=1), limits=limits, file_types=(), ids=self._ids
        )

    def meets(self, desk: Desk) -> None:
        """The desk that pages talk to."""
        self._desk = desk

    def _page(self, account: str, customer: str = "c1") -> Page:
        page = self._pages.get((account, customer))
        if page is None:
            page = self._pages[account, customer] = Page(account)
            self._open(page, self._made(account), self.clock.now())
        return page

    def _open(self, page: Page, channel: WebChat, at: datetime) -> None:
        page.opened(channel.receive(page.opens().model_copy(update={"received_at": at})).reply)

    def customer_writes(
        self,
        text: str,
        *,
        account: str,
        customer: str = "c1",
        sent_at: datetime | None = None,  # noqa: ARG002
    ) -> Arrival:
        """What the page posts; browsers are not asked for the time."""
        return self._page(account, customer).writes(text)

    def arrived(self) -> Sequence[tuple[str, str]]:
        """What the pages show of ours."""
        assert self._desk is not None, "no desk was opened"
        shown: list[tuple[str, str]] = []
        for page in self._pages.values():
            told = self._told(page)
            shown += [
                (one["id"].partition(".")[0], part["text"])
                for one in told
                if one["from"] != "you"
                for part in one["parts"]
                if part["kind"] == "text"
            ]
        return sorted(shown)

    def _told(self, page: Page) -> list[dict[str, Any]]:
        assert self._desk is not None, "no desk was opened"
        found: list[dict[str, Any]] = json.loads(self._desk.handle(page.account, page.asks()).body)["messages"]
        return found

    def statuses(self, key: str) -> Sequence[Arrival]:
        """Delivered, then read."""
        for page in self._pages.values():
            for one in self._told(page):
                if one["id"].startswith(f"{key}."):
                    return (page.has(delivered=[one["id"]]), page.has(read=[one["id"]]))
        raise AssertionError("no page shows the message")

    def signed(self, *, at: datetime | None = None) -> RawRequest:
        """A message with the token of a visit that began then."""
        page = Page(self.account)
        self._open(page, self._made(self.account), at or self.clock.now())
        return page.writes("hello")

    def tampered(self) -> Iterable[RawRequest]:
        """Each character of the token changed, and no token. The body is not signed: the connection guards it."""
        good = self.signed()
        token = dict(good.headers)["Authorization"]
        for at in range(len("Bearer "), len(token)):
            swapped = "A" if token[at] != "A" else "B"
            yield self._with(good, f"{token[:at]}{swapped}{token[at + 1 :]}")
        yield self._with(good, "")
        yield self._with(good, token[: -len(token) // 2])

    def _with(self, good: RawRequest, authorization: str) -> RawRequest:
        others = tuple(one for one in good.headers if one[0] != "Authorization")
        return good.model_copy(update={"headers": (*others, ("Authorization", authorization))})

    def rotated(self) -> Iterable[RawRequest]:
        """Visits that began under the secret before."""
        page = Page(self.account)
        self._open(page, self._made(self.account, [_OLD]), self.clock.now())
        return (self.signed(), page.writes("hello"))

    def without_secrets(self) -> Iterable[Callable[[], object]]:
        """None, an empty one, a short one."""
        return tuple(
            lambda secrets=secrets: WebChat("acct", secrets=secrets) for secrets in ([], [""], ["short"], [_SECRET, ""])
        )

    def unknown_kind(self) -> Sequence[Arrival]:
        """A later widget sends something new."""
        return (self._page(self.account).posts([{"type": "voice-note", "text": "la la la"}]),)

    def batch(self, texts: Sequence[str]) -> Sequence[Arrival]:
        """What was written while the page was offline comes together."""
        first, *others = texts
        messages: list[object] = [{"text": first}, {"text": ""}, 7, *({"text": one} for one in others)]
        return (self._page(self.account).posts(messages),)

    def media_arrives(self, content: bytes, *, type: str, name: str) -> Sequence[Arrival]:
        """The visitor sends a file."""
        return (self._page(self.account).attaches(content, type=type, name=name),)

    def secrets(self) -> Sequence[str]:
        """What is signed with, and what was given out."""
        return (_SECRET, _OLD, *(page.token for page in self._pages.values()))
