"""What happens in the fake Telegram, and what goes wrong there."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Literal

from csdesk.ports.channel import RawRequest
from csdesk.testing.platforms import Misbehaviour, Quota
from csdesk.testing.telegram.model import Chat, Sent, Stored

TOKEN = "7000:AAEexampleTokenOfTheFakeTelegram00"  # noqa: S105  invented


class World:
    """The chats, updates and files, and the plan of the misbehaviour."""

    def __init__(self, now: Callable[[], datetime], *, token: str = TOKEN, username: str = "desk_bot") -> None:
        self.token = token
        self.bot = {"id": int(token.partition(":")[0]), "is_bot": True, "first_name": "Desk", "username": username}
        self.now = now
        self.chats: dict[int, Chat] = {}
        self.sent: list[Sent] = []
        self.answered: list[str] = []
        """The ids of the pressed buttons that were acknowledged."""
        self.calls: Counter[str] = Counter()
        """How often each method was called."""
        self.webhook: dict[str, Any] = {}
        """What ``setWebhook`` was called with; empty: updates are polled."""
        self.per_second: float | None = None
        """How many messages a second a chat takes; None: any number."""
        self.quotas: tuple[Quota, ...] = ()
        self.chat_quotas: tuple[Quota, ...] = ()
        self.group_quotas: tuple[Quota, ...] = ()
        self.throttled = 0
        """How many messages were refused because they came too fast."""
        self.page_size = 100
        self.updates: list[dict[str, Any]] = []
        """All that ever happened, by ``update_id``."""
        self.forgotten = 0
        """Updates below this id are acknowledged."""
        self.delivered = 0
        """Updates below this id were posted."""
        self.files: dict[str, Stored] = {}
        self.plans: dict[str, deque[int | Misbehaviour]] = {}
        self.shapes: deque[Literal["repeat", "empty", "reversed"]] = deque()
        self.number = 0
        self.next_update = 1000
        self.lock = Lock()
        self.revoked = False

    # What happens there

    def writes(self, chat: int, text: str | None = "hi", /, *, by: int | None = None, **fields: Any) -> int:
        """Somebody writes in a chat (in a private one, the customer); the message's number.

        ``fields`` replace or add fields; ``text=None`` leaves the text out, ``business_connection_id`` makes it one in
        a chat of a connected business account.
        """
        known = self.chat(chat)
        number = self.next()
        message = {
            "message_id": number,
            "date": int(self.now().timestamp()),
            "chat": known.told(),
            "from": self.user(chat if by is None else by),
            "text": text,
            **fields,
        }
        kind = "business_message" if "business_connection_id" in fields else "message"
        self.update(kind, {name: value for name, value in message.items() if value is not None})
        return number

    def starts(self, chat: int, param: str = "") -> int:
        """A customer opens the chat with the bot, perhaps by a link with a parameter."""
        entity = {"type": "bot_command", "offset": 0, "length": 6}
        return self.writes(chat, f"/start {param}".strip(), entities=[entity])

    def edits(self, chat: int, number: int, text: str, **fields: Any) -> None:
        """A customer changes what they wrote."""
        at = int(self.now().timestamp())
        message = {
            "message_id": number,
            "date": at,
            "edit_date": at,
            "chat": self.chat(chat).told(),
            "from": self.user(chat),
            "text": text,
            **fields,
        }
        self.update("edited_message", message)

    def presses(self, chat: int, data: str, *, number: int | None = None, by: int | None = None) -> str:
        """A customer presses a button with that choice, under a message of the bot (the last one); the press's id."""
        sent = next(one for one in reversed(self.sent) if one.chat == chat and number in (None, one.number))
        pressed = str(self.next())
        query = {
            "id": pressed,
            "from": self.user(chat if by is None else by),
            "chat_instance": "1",
            "data": data,
            "message": self.told(sent),
        }
        self.update("callback_query", query)
        return pressed

    def blocks(self, chat: int, *, blocked: bool = True) -> None:
        """A customer blocks the bot, or lets it in again."""
        self.chat(chat).blocked = blocked
        inside, outside = (
            {"status": "member", "user": self.bot},
            {"status": "kicked", "user": self.bot, "until_date": 0},
        )
        before, after = (inside, outside) if blocked else (outside, inside)
        told = {
            "chat": self.chat(chat).told(),
            "from": self.user(chat),
            "date": int(self.now().timestamp()),
            "old_chat_member": before,
            "new_chat_member": after,
        }
        self.update("my_chat_member", told)

    def update(self, kind: str, fields: object) -> int:
        """Anything that happens; its ``update_id``."""
        number = self.next_update
        self.next_update += 1
        self.updates.append({"update_id": number, kind: fields})
        return number

    def skip(self, count: int) -> None:
        """Leave a gap in the ids of updates."""
        self.next_update += count

    def file(self, content: bytes, *, path: str = "documents/file_1.bin", size: int | None = None) -> str:
        """A file that a customer sent; its id. ``size`` is what is claimed of it."""
        number = f"FILE{self.next()}"
        self.files[number] = Stored(content, path, len(content) if size is None else size)
        return number

    def migrates(self, chat: int, into: int) -> None:
        """A group becomes a supergroup with another id."""
        self.chat(chat).moved = into
        self.chat(into)

    def deliveries(
        self, how: Literal["once", "twice", "reversed"] = "once", *, secret: str | None = None
    ) -> list[RawRequest]:
        """What Telegram posts to the webhook now, a request for each update; also wrongly, or under another secret."""
        waiting = [one for one in self.updates if one["update_id"] >= self.delivered]
        self.delivered = self.next_update
        given = str(self.webhook.get("secret_token", "")) if secret is None else secret
        made = [self.delivery(one, secret=given) for one in waiting]
        return made * 2 if how == "twice" else made[::-1] if how == "reversed" else made

    def delivery(self, update: Mapping[str, Any], *, secret: str) -> RawRequest:
        """The request that brings an update."""
        headers = (("Content-Type", "application/json"), ("X-Telegram-Bot-Api-Secret-Token", secret))
        url = str(self.webhook.get("url") or "https://desk.example/hooks/tg")
        return RawRequest(method="POST", url=url, headers=headers, body=json.dumps(update).encode())

    # What goes wrong there

    def plan(self, method: str, *faults: int | Misbehaviour) -> None:
        """The next answers of a method (``send``: of whatever sends): an ``error_code``, or a misbehaviour."""
        self.plans.setdefault(method, deque()).extend(faults)

    def shape(self, *shapes: Literal["repeat", "empty", "reversed"]) -> None:
        """The next pages: what was acknowledged comes again, nothing though more is left, or in another order."""
        self.shapes.extend(shapes)

    def keep_limits(self) -> None:
        """Refuse what is too fast for Telegram: 30 a second, a few at once in a chat, 20 a minute in a group."""
        self.quotas = (Quota(30, timedelta(seconds=1)),)
        self.chat_quotas = (Quota(10, timedelta(seconds=5)),)
        self.group_quotas = (Quota(20, timedelta(minutes=1)),)

    def revoke(self) -> None:
        """The token is good no more."""
        self.revoked = True

    # What there is

    def chat(self, number: int) -> Chat:
        """A chat; it is made if there is none."""
        return self.chats.setdefault(number, Chat(number))

    def user(self, number: int) -> dict[str, Any]:
        """A person. ``Any``: it is JSON."""
        known = self.chats.get(number)
        name = known.name if known is not None else f"P{number}"
        return {"id": number, "is_bot": False, "first_name": name, "language_code": "en"}

    def told(self, sent: Sent) -> dict[str, Any]:
        """A message of the bot as an object of the Bot API."""
        message = {
            "message_id": sent.number,
            "date": int(sent.at.timestamp()),
            "chat": self.chat(sent.chat).told(),
            "from": self.bot,
        }
        if sent.method == "sendMessage":
            message["text"] = sent.text
        markup = sent.params.get("reply_markup")
        return message if markup is None else {**message, "reply_markup": markup}

    def next(self) -> int:
        """A number that was not used before."""
        self.number += 1
        return self.number
