"""A worker between a customer-service platform and its file, killed around pull, store, cursor and send.

Nothing is lost, and nothing is sent twice: the platform takes our ids once.
"""

import signal
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from tests.processes import run

pytest.importorskip("cryptography", reason="the extra wecom is not installed")

from csdesk.domain.records.messages import Delivery, Direction, Message
from csdesk.ports.store import Query
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import FixedClock
from csdesk.testing.audit import problems_of
from csdesk.testing.wecom import FakeKf

CHILD = Path(__file__).with_name("child_kf.py")
CUSTOMERS = 5
LEAST = 180
"""Points that every life passes, even one that finds little to do."""


def live(database, address, life, die_at):
    done = run(CHILD, database, address, life, die_at, environment={"no_proxy": "*"})
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


@pytest.mark.parametrize(
    ("seed", "lives"), [(1, 5), *(pytest.param(seed, 12, marks=pytest.mark.soak) for seed in range(2, 6))]
)
def test_killed_around_pull_store_cursor_and_send(tmp_path, seed, lives):
    chance = Random(seed)
    platform = FakeKf(FixedClock(datetime(2026, 3, 10, 9, tzinfo=UTC)).now)
    platform.page_size = 3
    for number in range(3 * CUSTOMERS):
        platform.writes(f"wm{number % CUSTOMERS}", f"message {number}")
    database = tmp_path / "desk.db"
    with platform.served() as address:
        for life in range(lives):
            platform.writes(f"wm{life % CUSTOMERS}", f"in life {life}")
            assert live(database, address, 5 * life, chance.randrange(3, min(60 + 40 * life, LEAST))) != 0
        assert live(database, address, 5 * lives, 0) == 0
    store = SqliteStore(database)
    assert problems_of(store) == ()
    rows = store.query("main", Query(kind="message", limit=1000)).items
    messages = [one for one in rows if isinstance(one, Message)]
    inbound = [one.text for one in messages if one.direction is Direction.IN]
    written = [f"message {number}" for number in range(3 * CUSTOMERS)] + [f"in life {life}" for life in range(lives)]
    assert Counter(inbound) == Counter(written)
    replies = [one for one in messages if one.direction is Direction.OUT]
    assert len(replies) == CUSTOMERS
    assert {one.delivery for one in replies} == {Delivery.SENT}
    assert store.query("main", Query(kind="outbox")).items == ()
    store.close()
    sent = Counter(one.msgid for one in platform.sent)
    assert set(sent.values()) == {1}
    for reply in replies:
        arrived = [one.body["text"]["content"] for one in platform.sent if one.msgid.startswith(reply.id)]
        assert "".join("".join(arrived).split()) == "".join(reply.text.split())
