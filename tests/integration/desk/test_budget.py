"""What a message costs: loads, commits, statements, calls of functions."""

import sys
from pathlib import Path

import pytest

import csdesk
from csdesk import DeskConfig, InboundMessage, Sender, open_desk
from csdesk.domain.policy import compiled
from csdesk.domain.policy.config import AccountPolicy, QueuePolicy, TagPolicy
from csdesk.domain.records.changes import Needs
from csdesk.errors import FlowError
from csdesk.ports import steps
from csdesk.stores.memory import MemoryStore
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import CountingStore, FixedClock, SerialIds

AUTO = DeskConfig(
    queues=(QueuePolicy(name="default", auto_reply=True),), accounts=(AccountPolicy(name="web", auto_reply=True),)
)


@pytest.fixture
def counted(world):
    stores = []

    def wrap(store):
        stores.append(CountingStore(store))
        return stores[-1]

    desk = world.open(AUTO, wrap=wrap)
    desk.agents.add("One", queues=("default",), capacity=1000)
    desk.replies.add("Hours", "Nine to five.", questions=("opening hours", "when do you open"), auto_reply=True)
    desk.receive(world.said("warm", by="warm"))
    stores[0].reset()
    return desk, stores[0]


def test_a_message_costs_two_loads_and_one_commit_at_most(world, counted):
    desk, store = counted
    message = world.said("opening hours")
    desk.receive(message)
    assert (store.loads, store.commits, store.queries) == (2, 1, 0)
    store.reset()
    desk.receive(world.said("more"))
    assert (store.loads, store.commits, store.queries) == (1, 1, 0)
    store.reset()
    desk.receive(message)
    assert (store.loads, store.commits, store.queries) == (1, 0, 0)


def test_a_hundred_in_a_batch_cost_no_more(world, counted):
    desk, store = counted
    messages = [world.said("hello", by=str(number % 40)) for number in range(100)]
    desk.receive_many(messages)
    assert store.loads <= 2
    assert (store.commits, store.queries) == (1, 0)
    store.reset()
    assert {one.state for one in desk.receive_many(messages)} == {"duplicate"}
    assert (store.loads, store.commits) == (1, 0)


def test_nothing_comes_to_nothing(counted):
    desk, store = counted
    assert desk.receive_many([]) == ()
    assert store.calls.total() == 0


def test_a_flow_that_loads_once_too_often_is_told(counted):
    desk, _ = counted

    def greedy():
        yield from steps.attempt(0)
        for _ in range(3):
            yield from steps.load(Needs())

    with pytest.raises(FlowError, match="one load too many"):
        desk._runner.run(greedy())


def test_statements_of_a_mixed_stream(tmp_path):
    statements = []
    store = SqliteStore(tmp_path / "desk.db", synchronous="NORMAL", trace=statements.append)
    desk = open_desk(store, config=AUTO, clock=FixedClock(), ids=SerialIds())
    desk.agents.add("One", queues=("default",), capacity=1000)
    statements.clear()
    count = 200
    for number in range(count):
        by = str(number % 30)
        key = number if number % 10 else max(0, number - 1)
        desk.receive(
            InboundMessage(
                account="web",
                dedupe_key=str(key),
                conversation=by,
                sender=Sender(external_id=by),
                text=f"text {number}",
            )
        )
    desk.close()
    store.close()
    assert len(statements) / count <= 15


CLOCKED = DeskConfig.model_validate(
    {
        "tags": [{"name": "money"}],
        "rules": [
            {
                "name": "money",
                "when": {"field": "message.text", "op": "contains", "value": "refund please"},
                "then": [{"do": "add_tags", "tags": ["money"]}],
            }
        ],
        "sla": [
            {
                "name": "all",
                "targets": [{"metric": "first_reply", "within": "1h"}, {"metric": "resolution", "within": "24h"}],
            }
        ],
    }
)
_HOME = str(Path(csdesk.__file__).parent)
_ELSEWHERE = (f"{_HOME}/stores", f"{_HOME}/testing")


def _calls(work):
    """How many functions of the desk itself are called: what a decision costs, whatever store is below."""
    called = 0

    def note(frame, event, _):
        nonlocal called
        place = frame.f_code.co_filename
        called += event == "call" and place.startswith(_HOME) and not place.startswith(_ELSEWHERE)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return called


def test_a_message_costs_so_many_calls_and_no_more():
    # What is not configured here (bots, segments, timed rules, answers, exclusive groups) must add nothing: whoever
    # raises these numbers makes every message of every desk dearer.
    desk = open_desk("memory://", config=CLOCKED, clock=FixedClock(), ids=SerialIds())
    desk.agents.add("One", queues=("default",), capacity=1000)

    def said(key, by):
        return InboundMessage(
            account="web", dedupe_key=key, conversation=by, sender=Sender(external_id=by), text=f"where is {key}"
        )

    for key, by in (("a", "warm"), ("b", "warm"), ("b", "warm"), ("c", "known")):  # what is made only once is made now
        desk.receive(said(key, by))
    first, more = said("first", "new"), said("more", "known")
    assert _calls(lambda: desk.receive(first)) <= 460
    assert _calls(lambda: desk.receive(more)) <= 225
    assert _calls(lambda: desk.receive(more)) <= 100
    together = [said(f"batch {number}", f"customer {number % 50}") for number in range(100)]
    assert _calls(lambda: desk.receive_many(together)) / 100 <= 250
    desk.close()


def test_opening_compiles_the_configuration_once(monkeypatch):
    made, policy = [], compiled.Policy

    def counted(*given):
        made.append(policy(*given))
        return made[-1]

    monkeypatch.setattr(compiled, "Policy", counted)
    store = MemoryStore()
    for opened in (1, 2):
        with open_desk(store, config=DeskConfig(tags=(TagPolicy(name="urgent"),))) as desk:
            desk.tickets.list()
            assert len(made) == opened
