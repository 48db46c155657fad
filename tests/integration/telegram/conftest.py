"""A desk, a bot, and a Telegram that can misbehave."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from csdesk import Actor, DeskConfig, open_desk
from csdesk.channels.telegram import Telegram
from csdesk.desk.shell import Desk
from csdesk.domain.records.messages import Message
from csdesk.domain.records.tickets import Ticket
from csdesk.stores.memory import MemoryStore
from csdesk.system.http import HttpxHttp
from csdesk.testing import FakeTelegram, FixedClock, SerialIds

AGENT = Actor.agent("agt_1")
SECRET = "a-secret"
CHAT = 42


class Bot:
    """The channel of one bot in a desk, beside its Telegram."""

    def __init__(self, config: dict[str, Any] | None = None, **given: Any) -> None:
        self.clock = FixedClock()
        self.platform = FakeTelegram(self.clock.now)
        self.store = MemoryStore()
        self.client = httpx.Client(transport=self.platform.transport())
        self.http = HttpxHttp(self.client, sleep=lambda _: None)
        if not given.get("polling"):
            given.setdefault("secrets", [SECRET])
            self.platform.webhook = {"url": "https://desk.example/tg", "secret_token": SECRET}
        self.channel = Telegram("tg", token=self.platform.token, **given)
        self.desk: Desk = open_desk(
            self.store,
            config=DeskConfig.model_validate(config or {}),
            channels=[self.channel],
            clock=self.clock,
            ids=SerialIds(),
            http=self.http,
        )

    def arrives(self, how: Any = "once") -> list[int]:
        """Telegram posts what happened, and the desk does what is due."""
        statuses = [self.desk.handle("tg", one).status for one in self.platform.deliveries(how)]
        self.desk.run_due()
        return statuses

    def polls(self) -> Any:
        """The next poll."""
        self.later(seconds=3)
        return self.desk.run_due()

    def said(self, text: str = "hi", chat: int = CHAT, **fields: Any) -> Ticket:
        """A customer writes; their newest ticket."""
        self.platform.writes(chat, text, **fields)
        self.arrives()
        return self.desk.tickets.list(descending=True).items[0]

    def messages(self) -> list[Message]:
        """The messages of all tickets, oldest ticket first."""
        tickets = self.desk.tickets.list(limit=200, descending=False).items
        return [item.message for one in tickets for item in self.desk.tickets.timeline(one.id) if item.message]

    def message(self, message_id: str) -> Message:
        """A message as it stands now."""
        return next(one for one in self.messages() if one.id == message_id)

    def later(self, **amount: float) -> None:
        self.clock.advance(timedelta(**amount))

    def close(self) -> None:
        self.desk.close()
        self.client.close()


@pytest.fixture
def make_bot() -> Iterator[Any]:
    made: list[Bot] = []

    def make(**given: Any) -> Bot:
        made.append(Bot(**given))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def bot(make_bot: Any) -> Bot:
    return make_bot()
