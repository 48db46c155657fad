"""A desk with one channel, beside the fake platform that the channel speaks to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx

from csdesk import Actor, DeskConfig, open_desk
from csdesk.desk.shell import Desk
from csdesk.domain.records.messages import Message
from csdesk.domain.records.tickets import Ticket
from csdesk.stores.memory import MemoryStore
from csdesk.system.http import HttpxHttp
from csdesk.testing import FixedClock, SerialIds

AGENT = Actor.agent("agt_1")


class Bench:
    """What tests of a platform share; each names its account, its fake, how its channel is made, and a customer."""

    account: str
    customer: Any

    def __init__(self, fake: Callable[..., Any], config: dict[str, Any] | None = None, **given: Any) -> None:
        self.clock = FixedClock()
        self.platform = fake(self.clock.now)
        self.store = MemoryStore()
        self.client = httpx.Client(transport=self.platform.transport())
        self.http = HttpxHttp(self.client, sleep=lambda _: None)
        self.channel = self.make(self.account, **given)
        self.desk: Desk = open_desk(
            self.store,
            config=DeskConfig.model_validate(config or {}),
            channels=[self.channel],
            clock=self.clock,
            ids=SerialIds(),
            http=self.http,
        )

    def make(self, account: str, **given: Any) -> Any:
        """A channel of the platform."""
        raise NotImplementedError

    def arrives(self, how: Any = "once") -> list[int]:
        """The platform delivers what happened, and the desk does what is due."""
        statuses = [self.desk.handle(self.account, one).status for one in self.platform.deliveries(how)]
        self.desk.run_due()
        return statuses

    def said(self, text: str | None = "hi", customer: Any = None, **fields: Any) -> Ticket:
        """A customer writes; their newest ticket."""
        self.platform.writes(self.customer if customer is None else customer, text, **fields)
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

    def drained(self, rounds: int, *, every: timedelta = timedelta(0)) -> timedelta:
        """How long it took until nothing waited, by a worker that rests as long as it may, and ``every`` at least."""
        began = self.clock.now()
        for _ in range(rounds):
            report = self.desk.run_due(limit=200)
            if not self.desk.outbox.list(limit=1).items:
                return self.clock.now() - began
            if not report.more:
                assert report.next_due_at is not None
                self.clock.advance(max(report.next_due_at - self.clock.now(), every))
        raise AssertionError("it never ends")

    def close(self) -> None:
        self.desk.close()
        self.client.close()


@contextmanager
def benches(kind: Callable[..., Bench]) -> Iterator[Callable[..., Any]]:
    """Makes benches of a kind, and closes them."""
    made: list[Bench] = []

    def make(**given: Any) -> Bench:
        made.append(kind(**given))
        return made[-1]

    yield make
    for one in made:
        one.close()
