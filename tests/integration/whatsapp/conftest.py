"""A desk, a number of the Cloud API, and a WhatsApp that can misbehave."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from csdesk import Actor, DeskConfig, open_desk
from csdesk.channels.whatsapp import WhatsAppCloud
from csdesk.desk.shell import Desk
from csdesk.domain.records.messages import Message
from csdesk.domain.records.tickets import Ticket
from csdesk.stores.memory import MemoryStore
from csdesk.system.http import HttpxHttp
from csdesk.testing import FakeWhatsApp, FixedClock, SerialIds

AGENT = Actor.agent("agt_1")
ANN = "8613900000001"
VERIFY = "verify-me"


class Number:
    """The channel of one number in a desk, beside its platform."""

    def __init__(self, config: dict[str, Any] | None = None, **given: Any) -> None:
        self.clock = FixedClock()
        self.platform = FakeWhatsApp(self.clock.now)
        self.store = MemoryStore()
        self.client = httpx.Client(transport=self.platform.transport())
        self.http = HttpxHttp(self.client, sleep=lambda _: None)
        self.channel = self.make("wa", **given)
        self.desk: Desk = open_desk(
            self.store,
            config=DeskConfig.model_validate(config or {}),
            channels=[self.channel],
            clock=self.clock,
            ids=SerialIds(),
            http=self.http,
        )

    def make(self, account: str, **given: Any) -> WhatsAppCloud:
        settings = {
            "phone_number_id": "1000",
            "token": self.platform.token,
            "app_secrets": [self.platform.app_secret],
            "verify_token": VERIFY,
            **given,
        }
        return WhatsAppCloud(account, **settings)

    def arrives(self, how: Any = "once") -> list[int]:
        """The platform delivers what happened, and the desk does what is due."""
        statuses = [self.desk.handle("wa", one).status for one in self.platform.deliveries(how)]
        self.desk.run_due()
        return statuses

    def said(self, text: str | None = "hi", number: str = ANN, **fields: Any) -> Ticket:
        """A customer writes; their newest ticket."""
        self.platform.writes(number, text, **fields)
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
def make_wa() -> Iterator[Any]:
    made: list[Number] = []

    def make(**given: Any) -> Number:
        made.append(Number(**given))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def wa(make_wa: Any) -> Number:
    return make_wa()
