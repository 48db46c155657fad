"""A worker behind a web hook, killed around delivery, store, acknowledgement and send.

Nothing that customers wrote is lost or doubled. A reply that was under way is sent once at most; the platform's report
of it, which carries our own id, tells whether it went.
"""

import signal
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from tests.processes import run

from csdesk.domain.records.messages import Delivery, Direction, Message
from csdesk.ports.store import Query
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import FakeWhatsApp, FixedClock
from csdesk.testing.audit import problems_of

CHILD = Path(__file__).with_name("child_whatsapp.py")
CUSTOMERS = 5


def live(database, address, folder, life, die_at):
    done = run(CHILD, database, address, folder, life, die_at, environment={"no_proxy": "*"})
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def leave(platform, folder):
    """Put what the platform would deliver into the folder."""
    for at, request in enumerate(platform.deliveries()):
        (folder / f"{at:04}.json").write_bytes(request.body)


@pytest.mark.parametrize(
    ("seed", "lives"), [(1, 3), *(pytest.param(seed, 12, marks=pytest.mark.soak) for seed in range(2, 6))]
)
def test_killed_around_delivery_store_acknowledgement_and_send(tmp_path, seed, lives):
    chance = Random(seed)
    platform = FakeWhatsApp(FixedClock(datetime(2026, 3, 10, 9, tzinfo=UTC)).now)
    for number in range(3 * CUSTOMERS):
        platform.writes(f"8613900000{number % CUSTOMERS:03}", f"message {number}")
    database, folder = tmp_path / "desk.db", tmp_path / "deliveries"
    folder.mkdir()
    leave(platform, folder)
    with platform.served() as address:
        deaths = [live(database, address, folder, 5 * life, chance.randrange(3, 90)) for life in range(lives)]
        assert sum(code != 0 for code in deaths) >= lives - 2
        assert live(database, address, folder, 5 * lives, 0) == 0
        told = 0
        for life in (1, 2):  # what a report lets go on is reported itself
            for sent in platform.sent[told:]:
                platform.reports(sent, "delivered")
            told = len(platform.sent)
            leave(platform, folder)
            assert live(database, address, folder, 5 * (lives + life), 0) == 0
    store = SqliteStore(database)
    assert problems_of(store) == ()
    rows = store.query("main", Query(kind="message", limit=1000)).items
    messages = [one for one in rows if isinstance(one, Message)]
    inbound = [one.text for one in messages if one.direction is Direction.IN]
    assert Counter(inbound) == Counter(f"message {number}" for number in range(3 * CUSTOMERS))
    replies = [one for one in messages if one.direction is Direction.OUT]
    doubted = {one.message for one in store.query("main", Query(kind="outbox")).items}
    store.close()
    assert len(replies) == CUSTOMERS
    keys = Counter(one.key for one in platform.sent)
    assert set(keys.values()) <= {1}
    for reply in replies:
        arrived = "".join(one.text for one in platform.sent if one.key.startswith(reply.id))
        is_whole = "".join(arrived.split()) == "".join(reply.text.split())
        assert reply.delivery is (Delivery.DELIVERED if is_whole else Delivery.UNKNOWN)
        assert (reply.id in doubted) is not is_whole
