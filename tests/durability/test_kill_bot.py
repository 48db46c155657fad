"""A process that is killed around a bot's turn: before it is asked, while it thinks, before and after its answer.

Each turn is answered once at most, and none is forgotten: what was not answered is asked again.
"""

import signal
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from tests.processes import run

from csdesk.domain.records import events as ev
from csdesk.domain.records.messages import AuthorKind, Direction, Message
from csdesk.domain.records.tickets import Ticket
from csdesk.ports.store import Query
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing.audit import problems_of

CHILD = Path(__file__).with_name("child_bot.py")
CUSTOMERS, ROUNDS = 4, 3


def live(database, sink, life, die_at):
    done = run(CHILD, database, sink, life, die_at)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


@pytest.mark.parametrize(
    ("seed", "lives"), [(1, 4), *(pytest.param(seed, 12, marks=pytest.mark.soak) for seed in range(2, 6))]
)
def test_killed_around_a_turn(tmp_path, seed, lives):
    chance = Random(seed)
    database, sink = tmp_path / "desk.db", tmp_path / "sink"
    deaths = [live(database, sink, life, chance.randrange(40, 320)) for life in range(lives)]
    assert sum(code != 0 for code in deaths) >= lives // 3
    assert live(database, sink, lives, 0) == 0
    store = SqliteStore(database)
    assert problems_of(store) == ()
    entries = store.query("main", Query(kind="entry", limit=1000)).items
    events = [event for entry in entries for event in entry.events]
    ended = Counter(one.message for one in events if isinstance(one, ev.TurnEnded) and one.outcome != "stale")
    assert set(ended.values()) == {1}
    rows = store.query("main", Query(kind="message", limit=1000)).items
    messages = [one for one in rows if isinstance(one, Message)]
    inbound = {one.id: one.text for one in messages if one.direction is Direction.IN}
    assert Counter(inbound.values()) == Counter(f"{person} {n}" for person in range(CUSTOMERS) for n in range(ROUNDS))
    said = Counter(one.text for one in messages if one.direction is Direction.OUT)
    # What came again after a death may have been passed over for the message behind it, but nothing is said twice.
    assert set(said.values()) == {1}
    assert said["a person comes"] == 1
    assert all(said[f"re {person} {ROUNDS - 1}"] == 1 for person in range(1, CUSTOMERS))
    assert all(one.author is AuthorKind.BOT for one in messages if one.direction is Direction.OUT)
    tickets = [one for one in store.query("main", Query(kind="ticket")).items if isinstance(one, Ticket)]
    assert sorted(one.hand_offs for one in tickets) == [0] * (CUSTOMERS - 1) + [1]
    assert store.query("main", Query(kind="outbox")).items == ()
    sent = sink.read_text().split()
    assert set(sent) == {one.id for one in messages if one.direction is Direction.OUT}
    store.close()
