"""A desk that settles and has a bank carry out, and kills itself around that; run by test_kill_action.py.

``python child_action.py <database> <bank> <life> <deaths>``: after each answer of the bank that many statements are let
through, then it dies; a negative number: it never does. The bank's book gets a line for every order, and does each key
once.
"""

import os
import signal
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from csdesk import Actor, DeskConfig, InboundMessage, Sender, open_desk
from csdesk.ports.actions import ActionDone
from csdesk.ports.business import Business, StaffMember
from csdesk.stores.sqlite import SqliteStore
from csdesk.system.clock import SimulatedClock
from csdesk.testing import StaffInMemory

START = datetime(2026, 3, 10, 9, tzinfo=UTC)
PEOPLE = 6
CONFIG = DeskConfig.from_toml(
    """
[[authority.actions]]
name = "refund"
unit = "CNY"
port = "bank"
timeout = "1m"
[[authority.limits]]
action = "refund"
system = true
unlimited = true
"""
)


class Death:
    """Comes some statements after it was called."""

    def __init__(self, patience):
        self.patience = patience
        self.left = -1

    def called(self):
        self.left = self.patience
        self.passed()

    def passed(self, *_):
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= self.left > 0


class Bank:
    """Notes every order that comes, and pays each key once."""

    name = "bank"

    def __init__(self, book, death):
        self.book, self.death = Path(book), death

    def carry_out(self, order):
        told = self.book.read_text().split() if self.book.exists() else []
        with self.book.open("a") as book:
            book.write(f"{'asked' if f'paid:{order.key}' in told else 'paid'}:{order.key}\n")
        self.death.called()
        return ActionDone(reference=f"for {order.key}")


def main(database, book, life, patience):
    death = Death(patience)
    clock = SimulatedClock(START + timedelta(hours=1) * life)
    staff = StaffInMemory(StaffMember(external_id=f"e{number}", name=f"E{number}") for number in range(PEOPLE))
    store = SqliteStore(Path(database), synchronous="NORMAL", trace=death.passed)
    with (
        closing(store),
        open_desk(
            store, config=CONFIG, clock=clock, actions=[Bank(book, death)], business=Business(staff=staff)
        ) as desk,
    ):
        ann = desk.receive(
            InboundMessage(
                account="web", dedupe_key="1", conversation="ann", sender=Sender(external_id="ann"), text="money back"
            )
        ).ticket  # fmt: skip
        desk.authority.settle(
            ann.id, "refund", amount=1 + life, subject=f"order:{life}", actor=Actor.system("shop"),
            idempotency_key=f"life {life}",
        )  # fmt: skip
        while desk.run_due().more:
            pass
        if patience >= 0:
            death.called()  # half way through the staff list
        desk.agents.sync()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
