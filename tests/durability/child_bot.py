"""A desk with a bot that kills itself at a point; run by test_kill_bot.py.

``python child_bot.py <database> <sink> <life> <die at>``: a point is passed before each statement, and before and after
each call of the bot. The channel promises to take a key once; the sink gets a line for each sending.
"""

import os
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from csdesk import DeskConfig, InboundMessage, Sender, open_desk
from csdesk.domain.policy.config import BotPolicy, QueuePolicy
from csdesk.domain.records.channels import Capabilities, InboundResult, PullPage, Receipt
from csdesk.ports.bots import BotAbstains, BotAnswer
from csdesk.stores.sqlite import SqliteStore
from csdesk.system.clock import SimulatedClock

from points import Points  # isort: skip  beside this file, which runs as a script

START = datetime(2026, 3, 10, 9, tzinfo=UTC)
CUSTOMERS = 4
ROUNDS = 3
CONFIG = DeskConfig(
    queues=(QueuePolicy(name="default", reception="bot_first", bot="echo"),),
    bots=(BotPolicy(name="echo", answer_within=timedelta(days=1), farewell="a person comes"),),
)


class Echo:
    """Answers with what was said; does not know the last message of the first customer."""

    name = "echo"

    def __init__(self, points):
        self.points = points

    def answer(self, turn):
        self.points.passed()
        outcome = BotAbstains() if turn.text == f"0 {ROUNDS - 1}" else BotAnswer(text=f"re {turn.text}")
        self.points.passed()
        return outcome


class Sink:
    """A channel that writes to a file."""

    account, kind, capabilities = "web", "file", Capabilities(idempotency="key")

    def __init__(self, path, points):
        self.points = points
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def receive(self, request):
        return InboundResult()

    def send_now(self, message):
        os.write(self.file, f"{message.key}\n".encode())
        self.points.passed()
        return Receipt(provider_id=message.key)

    def pull_now(self, hint, cursor):
        return PullPage()


def main(database, sink, life, die_at):
    points = Points(die_at)
    clock = SimulatedClock(START + timedelta(minutes=20) * life)
    store = SqliteStore(Path(database), synchronous="NORMAL", trace=points.passed)
    with (
        closing(store),
        open_desk(store, config=CONFIG, channels=[Sink(sink, points)], bots=[Echo(points)], clock=clock) as desk,
    ):
        for number in range(ROUNDS):
            for person in range(CUSTOMERS):
                desk.receive(
                    InboundMessage(
                        account="web", dedupe_key=f"{person}/{number}", conversation=str(person),
                        sender=Sender(external_id=str(person)), text=f"{person} {number}",
                    )
                )  # fmt: skip
            for _ in range(2):
                while desk.run_due().more:
                    pass
                clock.advance(timedelta(minutes=3))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
