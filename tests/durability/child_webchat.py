"""A shop with a web chat that kills itself at a point; run by test_kill_webchat.py.

``python child_webchat.py <database> <life> <die at>``: a point is passed before and after each call of the store, also
between storing a message and answering the page that posted it. The pages try everything again in the next life.
"""

import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from csdesk import Actor, open_desk
from csdesk.channels.webchat import WebChat
from csdesk.stores.sqlite import SqliteStore
from csdesk.system.clock import SimulatedClock
from csdesk.testing import FaultyStore
from csdesk.testing.webchats import Page

START = datetime(2026, 3, 10, 9, tzinfo=UTC)
VISITORS, MESSAGES = 3, 3


class Points:
    """Dies at one of them; 0: at none."""

    def __init__(self, die_at):
        self.left = die_at

    def passed(self, *_):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class Names:
    """Gives visitors the same ids in every life."""

    def __init__(self):
        self.number = 0

    def new(self, prefix):
        self.number += 1
        return f"{prefix}{self.number:026}"

    def salt(self):
        return "0" * 16


def chat():
    return WebChat("shop", secrets=["s" * 32], ids=Names())


def pages(channel):
    """The pages of all visitors, with the tokens that they got once and for all."""
    found = [Page("shop") for _ in range(VISITORS)]
    for page in found:
        page.opened(channel.receive(page.opens().model_copy(update={"received_at": START})).reply)
    return found


def main(database, life, die_at):
    points = Points(die_at)
    store = FaultyStore(SqliteStore(Path(database), synchronous="NORMAL"), points.passed)
    channel = chat()
    with open_desk(store, channels=[channel], clock=SimulatedClock(START + timedelta(minutes=20) * life)) as desk:
        for visitor, page in enumerate(pages(channel)):
            for number in range(MESSAGES):
                request = page.writes(f"{visitor}/{number}", key=f"message-{number:04}")
                assert desk.handle("shop", request).status == 200
                points.passed()
        for ticket in desk.tickets.list(limit=200).items:
            text = f"re {desk.tickets.timeline(ticket.id)[0].message.text}"
            desk.reply(ticket.id, text, actor=Actor.agent("agt_1"), idempotency_key="reply")
        desk.run_due()
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
