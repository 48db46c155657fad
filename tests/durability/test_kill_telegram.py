"""A worker that polls a bot, killed around poll, store, cursor and send.

Nothing that customers wrote is lost or doubled. Telegram takes no key, so a reply that was under way is sent once at
most, and the desk says that it is in doubt.
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
from csdesk.testing import FakeTelegram, FixedClock
from csdesk.testing.audit import problems_of

CHILD = Path(__file__).with_name("child_telegram.py")
CUSTOMERS = 5


def live(database, address, life, die_at):
    done = run(CHILD, database, address, life, die_at, environment={"no_proxy": "*"})
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


@pytest.mark.parametrize(
    ("seed", "lives"), [(1, 3), *(pytest.param(seed, 12, marks=pytest.mark.soak) for seed in range(2, 6))]
)
def test_killed_around_poll_store_cursor_and_send(tmp_path, seed, lives):
    chance = Random(seed)
    platform = FakeTelegram(FixedClock(datetime(2026, 3, 10, 9, tzinfo=UTC)).now)
    platform.page_size = 3
    for number in range(3 * CUSTOMERS):
        platform.writes(100 + number % CUSTOMERS, f"message {number}")
    database = tmp_path / "desk.db"
    with platform.served() as address:
        deaths = [live(database, address, 5 * life, chance.randrange(3, 90)) for life in range(lives)]
        assert sum(code != 0 for code in deaths) >= lives - 2
        assert live(database, address, 5 * lives, 0) == 0
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
    assert {one.id for one in replies if one.delivery is Delivery.UNKNOWN} == doubted
    whole = Counter("".join(one.text.split()) for one in platform.sent)
    for reply in replies:
        words = "".join(reply.text.split())
        arrived = [text for text in whole.elements() if words.startswith(text) or words.endswith(text)]
        if reply.delivery is Delivery.SENT:
            assert "".join(arrived) == words
        else:
            assert reply.delivery is Delivery.UNKNOWN
            assert len("".join(arrived)) <= len(words)
