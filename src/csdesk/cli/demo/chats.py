"""What visitors of the shop's pages post, and how the web chat's own channel reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from csdesk.channels.webchat import Limits, WebChat, sign_user
from csdesk.cli.demo.material import WEB
from csdesk.domain.records.channels import InboundMessage, RawRequest

_SECRET: Final = "demo: signs visits of an invented shop"  # noqa: S105  signs nothing outside the demo
_HOST: Final = "demo: signs users of an invented shop"


class Chats:
    """The pages of one day. Every visitor has signed in to the shop, so the channel gives out no ids of its own."""

    def __init__(self) -> None:
        limits = Limits(messages=1000, reads=1000, visits=None)
        self._channel = WebChat(WEB, secrets=[_SECRET], user_secrets=[_HOST], limits=limits)

    def line(self, visitor: int, line: int, at: datetime, said: str) -> Posted:
        """What the page of a visitor posts: with a visit of that user, and an id of its own for each line."""
        user = sign_user(_HOST, f"visitor-{visitor}", name=f"Visitor {visitor}", expires_at=at + timedelta(minutes=5))
        opened = self._channel.receive(_post("visits", {"user": user}, at))
        token = json.loads(opened.reply.body)["token"]
        message = {"id": f"web-{visitor}-{line}".ljust(8, "-"), "text": said}
        return Posted(self._channel, _post("messages", {"messages": [message]}, at, token))


@dataclass(frozen=True, slots=True)
class Posted:
    """A request of a page, and the channel that reads it."""

    channel: WebChat
    request: RawRequest

    def read(self) -> InboundMessage:
        """The message. The demo hands a stretch of the day over at once, so it keeps its own time."""
        (message,) = self.channel.receive(self.request).events
        assert isinstance(message, InboundMessage), "a page posts messages"
        return message.model_copy(update={"sent_at": self.request.received_at})


def _post(what: str, value: object, at: datetime, token: str = "") -> RawRequest:
    headers = (("Authorization", f"Bearer {token}"),) if token else ()
    body = json.dumps(value, ensure_ascii=False).encode()
    return RawRequest(method="POST", url=f"/{WEB}/{what}", headers=headers, body=body, received_at=at)
