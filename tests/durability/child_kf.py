"""A worker for one customer-service account that kills itself at a point; run by test_kill_kf.py.

``python child_kf.py <database> <address> <life> <die at>``: a point is passed before and after each request to the
platform, and before each call of the store.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from csdesk import Actor, open_desk
from csdesk.channels.wecom import WeComKf
from csdesk.stores.sqlite import SqliteStore
from csdesk.system.clock import SimulatedClock
from csdesk.testing import FaultyStore

from points import Http, Points  # isort: skip  beside this file, which runs as a script

START = datetime(2026, 3, 10, 9, tzinfo=UTC)
ACCOUNT = {
    "corp_id": "ww1",
    "secret": "s3cret",
    "open_kfid": "wk1",
    "token": "tok1",
    "encoding_aes_key": "0123456789abcdefghijABCDEFGHIJ0123456789abc",
}


def text_for(number):
    """A reply; every third one becomes two sendings."""
    return f"re {number}" if number % 3 else f"re {number} " + "好" * 700


def main(database, address, life, die_at):
    points = Points(die_at)
    clock = SimulatedClock(START + timedelta(minutes=20) * life)
    store = FaultyStore(SqliteStore(Path(database), synchronous="NORMAL"), points.passed)
    channel = WeComKf("kf", base_url=address, **ACCOUNT)
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
