"""A process that is killed between the answer of a host's system and its own commit, or half way through a staff list.

The same order comes again under the same key: what the system did once is told to the desk, and nothing is done twice.
"""

import signal
from collections import Counter
from pathlib import Path

import pytest
from tests.processes import run

from csdesk.domain.records.agents import Agent
from csdesk.domain.records.authority import CarryState, Settlement
from csdesk.ports.store import Query
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing.audit import problems_of

CHILD = Path(__file__).with_name("child_action.py")
STAFF = 6


def live(database, book, life, patience):
    done = run(CHILD, database, book, life, patience)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def settlements(store):
    rows = store.query("main", Query(kind="settlement", limit=1000)).items
    return [one for one in rows if isinstance(one, Settlement)]


@pytest.mark.parametrize(
    "patiences", [(0, 4, 9, 16), pytest.param(tuple(range(20)), marks=pytest.mark.soak)], ids=["short", "long"]
)
def test_killed_after_the_answer(tmp_path, patiences):
    database, book = tmp_path / "desk.db", tmp_path / "book"
    unheard = set()
    for life, patience in enumerate(patiences):
        assert live(database, book, life, patience) != 0
        store = SqliteStore(database)
        pending = {one.id for one in settlements(store) if one.carrying.state is CarryState.PENDING}
        unheard |= {one for one in pending if f"paid:{one}" in book.read_text()}
        store.close()
    assert unheard, "nobody died before the answer was stored"
    assert live(database, book, len(patiences), -1) == 0
    store = SqliteStore(database)
    assert problems_of(store) == ()
    made = settlements(store)
    assert len(made) == len(patiences) + 1
    assert {(one.carrying.state, one.carrying.reference) for one in made} == {
        (CarryState.DONE, f"for {one.id}") for one in made
    }
    lines = Counter(book.read_text().split())
    assert [lines[f"paid:{one.id}"] for one in made] == [1] * len(made)
    assert all(lines[f"asked:{one}"] for one in unheard), (lines, unheard)
    people = [one for one in store.query("main", Query(kind="agent", limit=1000)).items if isinstance(one, Agent)]
    assert sorted(one.name for one in people) == [f"E{number}" for number in range(STAFF)]
    store.close()
