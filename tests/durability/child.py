"""A worker that takes in a deterministic stream from its start, whatever was stored before; run by test_kill.py.

``python child.py <database> <sink> <seed> <messages> <run> <die at>``: before each statement and around each send one
*point* is passed; at the point ``die at`` the process kills itself (0: never; below 0: right after that many sends,
before the last of them is recorded). A line is printed before each step.
"""

import os
import signal
import sys
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from csdesk.bootstrap import open_desk
from csdesk.desk.shell import Desk
from csdesk.domain.policy.config import AccountPolicy, DeskConfig, QueuePolicy, SlaPolicy, TargetPolicy
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.channels import (
    Capabilities,
    InboundMessage,
    InboundResult,
    OutboundMessage,
    PullHint,
    PullPage,
    RawRequest,
    Receipt,
    Sender,
)
from csdesk.domain.records.queues import OutboxState
from csdesk.errors import ChannelError, IllegalTransition
from csdesk.stores.sqlite import SqliteStore
from csdesk.system.clock import SimulatedClock

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
ACCOUNTS = ("keyed", "plain")
"""One account whose channel takes a key once, one whose channel promises nothing."""
TEXTS = ("Where is my parcel?", "我的快递到哪里了？", "Please refund order 4711", "请问什么时候发货")
CONFIG = DeskConfig(
    queues=(QueuePolicy(name="default"), QueuePolicy(name="second")),
    accounts=tuple(AccountPolicy(name=name, queue="second" if name == "plain" else None) for name in ACCOUNTS),
    sla=(SlaPolicy(name="all", targets=(TargetPolicy(metric="first_reply", within=timedelta(minutes=30)),)),),
)


class Points:
    """Counts the points and dies at one of them."""

    def __init__(self, die_at: int) -> None:
        self.left = max(die_at, 0)
        self.sends_left = max(-die_at, 0)

    def sent(self) -> None:
        self.sends_left -= 1
        if self.sends_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def passed(self, *_: object) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class FileChannel:
    """Sends by appending a line to a file, which is on disk when the send returns."""

    def __init__(self, account: str, sink: Path, points: Points) -> None:
        self.account = account
        self.kind = "file"
        self.capabilities = Capabilities(idempotency="key" if account == "keyed" else "none")
        self._points = points
        self._sends = 0
        self._file = os.open(sink, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def receive(self, request: RawRequest) -> InboundResult:
        return InboundResult()

    def send_now(self, message: OutboundMessage) -> Receipt:
        self._points.passed()
        self._sends += 1
        if self._sends % 11 == 0:
            raise ChannelError(self.account, "busy", disposition="retry", retry_after=1.0)
        os.write(self._file, f"{self.account} {message.key}\n".encode())
        os.fsync(self._file)
        self._points.passed()
        self._points.sent()
        return Receipt(provider_id=f"p-{message.key}")

    def pull_now(self, hint: PullHint | None, cursor: str | None) -> PullPage:
        return PullPage()


def stream(seed: int, count: int) -> list[InboundMessage]:
    """About ``count`` messages of a fifth as many conversations; a tenth of them is delivered twice."""
    chance = Random(seed)
    found: list[InboundMessage] = []
    for number in range(count):
        talk = chance.randrange(count // 5 + 1)
        account = ACCOUNTS[talk % 2]
        message = InboundMessage(
            account=account,
            dedupe_key=f"d{number}",
            conversation=f"c{talk}",
            sender=Sender(external_id=f"u{talk}", scope=account),
            text=f"{TEXTS[number % len(TEXTS)]} #{number}",
        )
        found.append(message)
        if chance.random() < 0.1:
            found.append(chance.choice(found[-20:]))
    return found


def work(desk: Desk, messages: list[InboundMessage], clock: SimulatedClock, chance: Random) -> None:
    """Take in everything, with agents, answers, ends and merges on the way."""
    people = [
        desk.agents.add(name, queues=("default", "second"), capacity=10, idempotency_key=f"agent {name}")
        for name in ("Ann", "博文")
    ]
    agent = Actor.agent(people[0].id)
    at = 0
    last = ""
    while at < len(messages):
        size = chance.choice((1,) * 9 + (50,))
        sys.stdout.write(f"{at}\n")
        sys.stdout.flush()
        part = messages[at : at + size]
        received = desk.receive_many(part) if size > 1 else (desk.receive(part[0]),)
        message = received[-1].message
        assert message is not None
        ticket = message.ticket  # where it was stored: a key belongs to its record, and the survivor is another one
        what = chance.randrange(6)
        key = f"step {at}"
        merges = what == 4 and chance.random() < 0.3
        with suppress(IllegalTransition):  # a redelivery led to a ticket that is resolved
            if what < 3:
                desk.reply(ticket, f"好的, {key}", actor=agent, idempotency_key=key, deliver=what < 2)
            elif what == 3:
                desk.tickets.set_status(ticket, "resolved", actor=agent, idempotency_key=key)
            elif merges and last and last != ticket:
                desk.tickets.merge(ticket, last, actor=agent, idempotency_key=key)
        if chance.random() < 0.15:
            desk.run_due(50)
        last = ticket
        clock.advance(timedelta(seconds=1))
        at += size


def main(database: str, sink: str, seed: str, count: str, run: str, die_at: str) -> None:
    points = Points(int(die_at))
    clock = SimulatedClock(START + timedelta(minutes=10) * int(run))
    channels = [FileChannel(account, Path(sink), points) for account in ACCOUNTS]
    with (
        closing(SqliteStore(database, synchronous="NORMAL", trace=points.passed)) as store,
        open_desk(store, config=CONFIG, channels=channels, clock=clock) as desk,
    ):
        work(desk, stream(int(seed), int(count)), clock, Random(int(seed)))
        for _ in range(50):
            clock.advance(timedelta(minutes=5))
            report = desk.run_due()
            if not report.more and not desk.outbox.list(state=OutboxState.PENDING, limit=1).items:
                break
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
