"""A shop with a web chat, killed between what pages post and what they are answered.

The pages try again under the same ids: each message is stored once, and each visitor sees everything once.
"""

import json
import signal
from pathlib import Path
from random import Random

import pytest
from tests.processes import run

from csdesk import open_desk
from csdesk.stores.sqlite import SqliteStore
from csdesk.system.clock import SimulatedClock
from csdesk.testing.audit import problems_of

from .child_webchat import MESSAGES, START, VISITORS, chat, pages

CHILD = Path(__file__).with_name("child_webchat.py")


def live(database, life, die_at):
    done = run(CHILD, database, life, die_at)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


@pytest.mark.parametrize(
    ("seed", "lives"), [(1, 4), *(pytest.param(seed, 12, marks=pytest.mark.soak) for seed in range(2, 6))]
)
def test_killed_between_storing_and_answering(tmp_path, seed, lives):
    chance = Random(seed)
    database = tmp_path / "desk.db"
    deaths = [live(database, life, chance.randrange(3, 12 + 8 * life)) for life in range(lives)]
    assert sum(code != 0 for code in deaths) >= lives // 2
    assert live(database, lives, 0) == 0
    store = SqliteStore(database)
    assert problems_of(store) == ()
    channel = chat()
    with open_desk(store, channels=[channel], clock=SimulatedClock(START)) as desk:
        for visitor, page in enumerate(pages(channel)):
            told = json.loads(desk.handle("shop", page.asks()).body)["messages"]
            texts = [part["text"] for one in told for part in one["parts"]]
            assert texts == [*(f"{visitor}/{number}" for number in range(MESSAGES)), f"re {visitor}/0"]
        assert desk.tickets.count() == VISITORS
    store.close()
