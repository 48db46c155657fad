"""A worker behind a web hook that kills itself at a point; run by test_kill_whatsapp.py.

``python child_whatsapp.py <database> <address> <folder> <life> <die at>``: the folder holds what the platform delivers
until it is acknowledged. A point is passed before and after each request to the platform, before each call of the
store, and before each acknowledgement.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from csdesk import Actor, open_desk
from csdesk.channels.whatsapp import WhatsAppCloud
from csdesk.stores.sqlite import SqliteStore
from csdesk.system.clock import SimulatedClock
from csdesk.testing import FakeWhatsApp, FaultyStore
from csdesk.testing.whatsapp.world import SECRET, TOKEN

from points import Http, Points  # isort: skip  beside this file, which runs as a script

START = datetime(2026, 3, 10, 9, tzinfo=UTC)


def text_for(number):
    """A reply; every third one becomes two sendings."""
    return f"re {number}" if number % 3 else f"re {number} " + "好" * 4500


def main(database, address, folder, life, die_at):
    points = Points(die_at)
    clock = SimulatedClock(START + timedelta(minutes=20) * life)
    signer = FakeWhatsApp(clock.now)
    store = FaultyStore(SqliteStore(Path(database), synchronous="NORMAL"), points.passed)
    channel = WhatsAppCloud(
        "wa", phone_number_id="1000", token=TOKEN, app_secrets=[SECRET], verify_token="v", base_url=address
    )
    with open_desk(store, channels=[channel], clock=clock, http=Http(points)) as desk:
        for body in sorted(Path(folder).glob("*.json")):
            assert desk.handle("wa", signer.posted(body.read_bytes())).status == 200
            points.passed()
            body.unlink()
        for _ in range(6):
            desk.run_due()
            for ticket in desk.tickets.list(limit=200, descending=False).items:
                key = f"reply {ticket.number}"
                desk.reply(ticket.id, text_for(ticket.number), actor=Actor.agent("agt_1"), idempotency_key=key)
            clock.advance(timedelta(minutes=20))
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
