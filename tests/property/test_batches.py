"""A batch decides exactly as if its messages had come one by one."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.conftest import many

from csdesk import Actor, DeskConfig, InboundMessage, Sender, open_desk
from csdesk.domain.core.evolve import fold
from csdesk.domain.policy.config import AccountPolicy, QueuePolicy, ReopenPolicy, SlaPolicy, TagPolicy, TargetPolicy
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.counters import load_counter
from csdesk.domain.records.messages import Automatic
from csdesk.ports.store import Query
from csdesk.stores.memory import MemoryStore
from csdesk.testing import FixedClock, SerialIds


def _rule(name, word, **action):
    return {"name": name, "when": {"field": "message.text", "op": "contains", "value": word}, "then": [action]}


CONFIG = DeskConfig(
    queues=(QueuePolicy(name="default", auto_reply=True), QueuePolicy(name="vip", auto_reply=True)),
    accounts=(AccountPolicy(name="mail", auto_reply=True),),
    automatic_per_day=2,
    reopen=ReopenPolicy(grace=timedelta(hours=1)),
    tags=(TagPolicy(name="angry", keywords=("angry",)), TagPolicy(name="gold"), TagPolicy(name="golden")),
    rules=(
        _rule("vip", "vip", do="set_queue", queue="vip"),
        _rule("close", "bye", do="close", reason="done"),
        _rule("urgent", "angry", do="set_priority", priority="urgent"),
        _rule("known", "gold", do="tag_customer", tags=["gold"]),
        _rule("solved", "solved", do="set_status", status="resolved"),
        {"name": "gold", "when": {"field": "customer.tags", "op": "contains", "value": "gold"},
         "then": [{"do": "add_tags", "tags": ["golden"]}]},
    ),
    sla=(
        SlaPolicy(
            name="all",
            targets=(
                TargetPolicy(metric="first_reply", within=timedelta(hours=1)),
                TargetPolicy(metric="next_reply", within=timedelta(hours=1)),
            ),
        ),
    ),
)  # fmt: skip

PEOPLE = ("ann", "bob", "cid")
MESSAGE = st.fixed_dictionaries(
    {
        "account": st.sampled_from(["mail", "web"]),
        "key": st.integers(0, 11),
        "conversation": st.sampled_from(["c1", "c2", "c3"]),
        "by": st.sampled_from(PEOPLE),
        "also": st.lists(st.sampled_from(PEOPLE), max_size=1),
        "cc": st.lists(st.sampled_from(PEOPLE), max_size=1),
        "references": st.lists(st.integers(0, 11), max_size=2),
        "text": st.sampled_from(["hello", "opening hours", "vip", "bye", "angry", "gold", "solved", "boom"]),
        "minutes": st.integers(-2000, 10),
        "author": st.sampled_from(["customer"] * 4 + ["elsewhere", "bot"]),
        "automatic": st.sampled_from([Automatic.NO] * 4 + [Automatic.REPLY]),
        "spam": st.sampled_from([False] * 5 + [True]),
    }
)


def _message(clock, given):
    def sender(name):
        return Sender(kind="email", external_id=f"{name}@example.org")

    return InboundMessage(
        account=given["account"],
        dedupe_key=str(given["key"]),
        conversation=given["conversation"],
        sender=sender(given["by"]),
        also=tuple(map(sender, given["also"])),
        cc=tuple(map(sender, given["cc"])),
        provider_id=f"m{given['key']}@{given['account']}",
        references=tuple(f"m{one}@{given['account']}" for one in given["references"]),
        text=given["text"],
        sent_at=clock.now() + timedelta(minutes=given["minutes"]),
        author=given["author"],
        automatic=given["automatic"],
        spam=given["spam"],
    )


def _open():
    clock = FixedClock()
    desk = open_desk(MemoryStore(), config=CONFIG, clock=clock, ids=SerialIds())
    for number in range(3):
        desk.agents.add(f"Agent {number}", queues=("default",) if number else ("default", "vip"), capacity=2 + number)
    desk.replies.add("Hours", "Nine to five.", questions=("opening hours", "when do you open"), auto_reply=True)
    return desk, clock


def _all(desk, kind):
    order = "position" if kind == "entry" else "id"
    return desk._store.query(desk.name, Query(kind=kind, order=order, limit=1000)).items


class _Names:
    """Gives ids the names of what they stand for, the same in both worlds: the order in which messages made them."""

    def __init__(self, desk, received) -> None:
        self._names: dict[str, str] = {}
        for number, one in enumerate(received):
            self._name(one.message_id, f"message {number}")
            if one.ticket is not None:
                self._name(one.ticket.id, f"ticket {number}")
        for ticket in _all(desk, "ticket"):
            for one in ticket.participants:
                self._name(one.identity, "")
        for customer in _all(desk, "customer"):
            for one in customer.identities:
                self._names[one.id] = one.external_id
            self._names[customer.id] = "customer of " + ",".join(sorted(one.external_id for one in customer.identities))

    def _name(self, key, name) -> None:
        self._names.setdefault(key, name)

    def of(self, thing):
        if isinstance(thing, str):
            return self._names.get(thing, thing)
        if isinstance(thing, dict):
            return {name: self.of(value) for name, value in thing.items() if name != "number"}
        if isinstance(thing, list | tuple):
            return [self.of(one) for one in thing]
        return thing


def _state(desk, received):
    names = _Names(desk, received)
    loads = desk._store.load(
        desk.name, Needs(counters=tuple(load_counter(one.id) for one in _all(desk, "agent")))
    ).counters
    replies = [one for one in _all(desk, "message") if one.author == "bot" and one.delivery != "none"]
    return {
        "tickets": sorted(
            str(names.of({**one.model_dump(mode="json"), "last_message": None})) for one in _all(desk, "ticket")
        ),
        "customers": sorted(str(names.of(one.model_dump(mode="json"))) for one in _all(desk, "customer")),
        "messages": sorted(
            str(names.of(one.model_dump(mode="json"))) for one in _all(desk, "message") if one not in replies
        ),
        "replies": sorted((names.of(one.ticket), one.text) for one in replies),
        "inbox": sorted((names.of(one.id), one.state.value) for one in _all(desk, "inbox")),
        "loads": {key: value for key, value in loads.items() if value},
        "outcomes": [
            (one.state, names.of(one.message_id), names.of(one.ticket.id) if one.ticket else None) for one in received
        ],
    }


def _check_folds(desk) -> None:
    told: dict[str, list] = {}
    for entry in _all(desk, "entry"):
        told.setdefault(entry.subject, []).append(entry)
    for kind in ("ticket", "customer", "agent", "phrase"):
        for record in _all(desk, kind):
            assert fold(told[record.id]) == record
            assert record.version == len(told[record.id])
    tickets = _all(desk, "ticket")
    for agent in _all(desk, "agent"):
        active = sum(one.assignee == agent.id and one.is_live and one.category != "snoozed" for one in tickets)
        assert desk.agents.get(agent.id).load == active


def _chunks(messages, cuts):
    places = sorted({min(cut, len(messages)) for cut in cuts} | {0, len(messages)})
    return [messages[start:end] for start, end in pairwise(places)]


def _plain(text, **given):
    base = {"account": "web", "key": 0, "conversation": "c1", "by": "ann", "also": [], "cc": [], "references": [],
            "minutes": 0, "author": "customer", "automatic": Automatic.NO, "spam": False}  # fmt: skip
    return {**base, "text": text, **given}


@settings(max_examples=many(30))
@given(st.lists(MESSAGE, min_size=1, max_size=14), st.lists(st.integers(0, 14), max_size=3))
@example([_plain("hello"), _plain("vip", key=1)], [])
@example([_plain("vip"), _plain("hello", key=1, conversation="c2")], [])
@example(
    [
        _plain("hello"),
        _plain("hello", conversation="c2"),
        _plain("hello", key=1, conversation="c2"),
        _plain("hello", key=2, conversation="c3", by="bob"),
    ],
    [],
)
@example([_plain("hello"), _plain("bye", key=1), _plain("hello", key=2, conversation="c2")], [])
@example(
    [
        _plain("opening hours", account="mail", key=number, conversation=f"c{number + 1}") for number in range(3)
    ],
    [],
)  # fmt: skip
def test_any_chunking_gives_the_same_state(stream, cuts):
    singly, clock = _open()
    one_by_one = [singly.receive(_message(clock, one)) for one in stream]
    batched, clock = _open()
    in_batches = []
    for chunk in _chunks([_message(clock, one) for one in stream], cuts):
        in_batches += batched.receive_many(chunk)
    try:
        assert _state(batched, in_batches) == _state(singly, one_by_one)
        _check_folds(singly)
        _check_folds(batched)
    finally:
        singly.close()
        batched.close()


def test_actors_stand_in_the_entries_of_a_batch():
    desk, clock = _open()
    desk.receive_many([_message(clock, _plain("hello"))], actor=Actor.adapter("web"))
    assert {entry.actor for entry in _all(desk, "entry")[-1:]} == {Actor.adapter("web")}
    desk.close()
