"""A worker that polls a bot and answers, and kills itself at a point; run by test_kill_telegram.py.

``python child_telegram.py <database> <address> <life> <die at>``: a point is passed before and after each request to
Telegram, and before each call of the store.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from csdesk import Actor, open_desk
from csdesk.channels.telegram import Telegram
from csdesk.stores.sqlite import SqliteStore
from csdesk.system.clock import SimulatedClock
from csdesk.testing import FaultyStore
from csdesk.testing.telegram.world import TOKEN

from points import Http, Points  # isort: skip  beside this file, which runs as a script

START = datetime(2026, 3, 10, 9, tzinfo=UTC)


def text_for(number):
    """A reply; every third one becomes two sendings."""
    return f"re {number}" if number % 3 else f"re {number} " + "好" * 4500


def main(database, address, life, die_at):
    points = Points(die_at)
    clock = SimulatedClock(START + timedelta(minutes=20) * life)
    store = FaultyStore(SqliteStore(Path(database), synchronous="NORMAL"), points.passed)
    channel = Telegram("tg", token=TOKEN, polling=True, base_url=address)
    with open_desk(store, channels=[channel], clock=clock, http=Http(points)) as desk:
        for _ in range(6):
            desk.run_due()
            for ticket in desk.tickets.list(limit=200, descending=False).items:
                key = f"reply {ticket.number}"
                desk.reply(ticket.id, text_for(ticket.number), actor=Actor.agent("agt_1"), idempotency_key=key)
            clock.advance(timedelta(minutes=20))
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
